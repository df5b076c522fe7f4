"""sklearn.decomposition: rows as sparse combinations of the atoms of a dictionary."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import DictionaryLearning, MiniBatchDictionaryLearning, SparseCoder

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Reduce
from scorebundle.bundle.ops import SparseCode as Code

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .linear_model import affine

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
    if value.type.dtype != dictionary.dtype.name:
        problem = f"its dictionary is {dictionary.dtype.name} and its rows are {value.type.dtype}"
        to.block(problem, "give it both of one dtype")
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
    lasso = method in ("lasso_lars", "lasso_cd")
    alpha = penalty / width  # sparse_encode divides what Lasso multiplies again
    if method == "lasso_cd":
        alpha = alpha * 1.0 * width
    op = Code(
        gram=np.dot(dictionary, dictionary.T),
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
    if int(wanted) > atoms and estimator.transform_algorithm == "omp":
        to.block(f"{wanted} atoms are more than the {atoms} there are", "ask for fewer")
    return int(wanted)


def _threshold(products: Value, alpha: float, positive: bool, to: Export) -> Value:
    """sign(b) · max(|b| − alpha, 0)."""
    above = to.binary("subtract", to.unary("absolute", products), alpha)
    code = to.binary("multiply", to.unary("sign", products), to.binary("maximum", above, 0))
    return to.binary("maximum", code, 0) if positive else code
