"""sklearn.decomposition: rows as sparse combinations of the atoms of a dictionary."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn.decomposition import DictionaryLearning, MiniBatchDictionaryLearning, SparseCoder
from sklearn.linear_model import enet_path

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Reduce, SparseCode

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .linear_model import affine

WORST = 1e3
"""Largest condition number of a dictionary's products that float32 can do with."""

METHODS = {
    "omp": "pursuit",
    "lars": "angle",
    "lasso_lars": "lasso angle",
    "lasso_cd": "lasso descent",
}


@exports(DictionaryLearning, MiniBatchDictionaryLearning)
def dictionary_learning(estimator: Any, x: Columns, to: Export) -> Outputs:
    """sparse_encode with components_ as the dictionary."""
    return _coded(estimator, estimator.components_, x, to)


@exports(SparseCoder)
def sparse_coder(estimator: Any, x: Columns, to: Export) -> Outputs:
    """sparse_encode with the given dictionary."""
    return _coded(estimator, np.asarray(estimator.dictionary), x, to)


def _coded(estimator: Any, dictionary: Array, x: Columns, to: Export) -> Outputs:
    value = to.finite(x.floats())
    if dictionary.dtype.kind != "f":
        dictionary = dictionary.astype(np.float64)
    mixed = value.type.dtype != dictionary.dtype.name
    if mixed and estimator.transform_algorithm != "threshold":
        problem = f"its dictionary is {dictionary.dtype.name} and its rows are {value.type.dtype}"
        to.block(f"{problem}: the library computes half in each", "give it both of one dtype")
    code = _code(estimator, dictionary, value, to)
    if estimator.split_sign:
        positive = to.binary("maximum", code, 0)
        negative = to.unary("negative", to.binary("minimum", code, 0))
        code = to.cast(to.concat([positive, negative]), "float64")
    return {"transform": Columns.of(to, code)}


def _code(estimator: Any, dictionary: Array, value: Value, to: Export) -> Value:
    method, width = estimator.transform_algorithm, dictionary.shape[1]
    penalty = _penalty(estimator)
    products = affine(value, dictionary, 0.0, to)
    if method == "threshold":
        return _threshold(products, penalty, estimator.positive_code, to)
    if method == "lasso_cd" and not _screens():
        to.block(
            "this scikit-learn's coordinate descent does not screen, and takes other steps",
            "use a newer release, or transform_algorithm='lasso_lars'",
        )
    gram = np.dot(dictionary, dictionary.T)
    _refuse_noise(method, gram, to)
    lasso = method in ("lasso_lars", "lasso_cd")
    alpha = penalty / width  # sparse_encode divides what Lasso multiplies again
    if method == "lasso_cd":
        alpha = alpha * 1.0 * width
    op = SparseCode(
        gram=gram,
        method=METHODS[method],
        alpha=np.array([alpha if lasso else 0.0]),
        positive="positive" if lasso and estimator.positive_code else "any sign",
        samples=width,
        rounds=int(estimator.transform_max_iter if lasso else _atoms(estimator, dictionary, to)),
    )
    inputs = [products]
    if method == "lasso_cd":
        inputs.append(to.add(Reduce("sum"), to.unary("square", value)))
    return to.add(op, *inputs)


def _screens() -> bool:
    """Whether the library's coordinate descent leaves out atoms that no solution can use."""
    return "do_screening" in inspect.unwrap(enet_path).__code__.co_varnames


def _refuse_noise(method: str, gram: Array, to: Export) -> None:
    """In float32 rounding decides the result of problems that float64 solves."""
    if gram.dtype != np.float32:
        return
    if method == "lasso_cd":
        to.block("in float32 rounding decides where lasso_cd stops", "give it float64")
    if np.linalg.cond(gram.astype(np.float64)) > WORST:
        to.block("its atoms depend on each other: rounding decides in float32", "give it float64")


def _penalty(estimator: Any) -> float:
    """transform_alpha, else the alpha it was fitted with, else 1."""
    for alpha in (estimator.transform_alpha, getattr(estimator, "alpha", None)):
        if alpha is not None:
            return float(alpha)
    return 1.0


def _atoms(estimator: Any, dictionary: Array, to: Export) -> int:
    """How many atoms a row may use: by default a tenth of its columns."""
    atoms, width = dictionary.shape
    wanted = estimator.transform_n_nonzero_coefs
    if wanted is None:
        wanted = min(max(width / 10, 1), atoms)
    if estimator.transform_algorithm == "omp":
        most, why = atoms, "are more than there are"
    else:
        most, why = int(np.linalg.matrix_rank(dictionary)), "depend on each other: rounding decides"
    if int(wanted) > most:
        to.block(
            f"transform_n_nonzero_coefs={int(wanted)} atoms {why}",
            f"set it to at most {most}, or use transform_algorithm='lasso_lars'",
        )
    return int(wanted)


def _threshold(products: Value, alpha: float, positive: bool, to: Export) -> Value:
    """sign(b) · max(|b| − alpha, 0)."""
    above = to.binary("subtract", to.unary("absolute", products), alpha)
    code = to.binary("multiply", to.unary("sign", products), to.binary("maximum", above, 0))
    return to.binary("maximum", code, 0) if positive else code
