"""sklearn.decomposition: non-negative factors and topics, found for each row by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import NMF, LatentDirichletAllocation, MiniBatchNMF

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Multiplicative, NonNegative, Reduce, Topics

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .linear_model import affine

BETA = {"frobenius": 2.0, "kullback-leibler": 1.0, "itakura-saito": 0.0}


@exports(NMF)
def nmf(estimator: Any, x: Columns, to: Export) -> Outputs:
    """W of X ≈ W · components_, by the solver that fitted it.

    The library stops when the rows of a call have changed little together, and starts
    solver="mu" at their mean: a row's result depends on the others.
    """
    to.alone = True
    beta = _beta(estimator)
    value = _not_negative(x, estimator.components_, to, zero=beta > 0)
    if estimator.solver == "cd":
        return {"transform": Columns.of(to, _descended(estimator, value, to))}
    return {"transform": Columns.of(to, _updated(estimator, value, "divergence", to))}


def _descended(estimator: Any, value: Value, to: Export) -> Value:
    components, penalty = estimator.components_, _settings(estimator)
    gram = np.dot(components, components.T)
    gram.flat[:: len(gram) + 1] += penalty["l2"]
    op = NonNegative(
        gram=gram,
        order=_order(estimator, to),
        tol=penalty["tol"],
        rounds=int(estimator.max_iter),
    )
    less = np.full(len(gram), -penalty["l1"][0]).astype(components.dtype)
    return to.add(op, affine(value, components, less, to))


@exports(MiniBatchNMF)
def mini_batch_nmf(estimator: Any, x: Columns, to: Export) -> Outputs:
    """W of X ≈ W · components_ by multiplicative updates. Negative numbers, for which they mean
    nothing, are refused; the library computes something."""
    to.alone = True
    value = _not_negative(x, estimator.components_, to, zero=True)
    result = _updated(estimator, value, "step", to)
    return {"transform": Columns.of(to, to.finite(result))}  # its norm is taken in each round


def _updated(estimator: Any, value: Value, stop: str, to: Export) -> Value:
    beta = _beta(estimator)
    if value.type.dtype == "float32" and beta not in (1, 2):
        to.block(f"float32 overflows in the powers of beta_loss={beta:g}", "give it float64")
    rounds = getattr(estimator, "transform_max_iter", None) or estimator.max_iter
    op = Multiplicative(
        components=estimator.components_,
        beta=np.array([beta]),
        stop=stop,
        rounds=int(rounds),
        **_settings(estimator),
    )
    return to.add(op, value)


def _beta(estimator: Any) -> float:
    return float(BETA.get(estimator.beta_loss, estimator.beta_loss))


def _settings(estimator: Any) -> dict[str, Array]:
    """_compute_regularization, and tol."""
    width = estimator.components_.shape[1]
    l1 = width * estimator.alpha_W * estimator.l1_ratio
    l2 = width * estimator.alpha_W * (1.0 - estimator.l1_ratio)
    return {
        name: np.array([float(number)])
        for name, number in (("l1", l1), ("l2", l2), ("tol", estimator.tol))
    }


def _order(estimator: Any, to: Export) -> Array:
    """The coordinates in each round's order: shuffled alike in every call if the seed is given."""
    count = len(estimator.components_)
    if not estimator.shuffle:
        return np.arange(count, dtype=np.int32)[np.newaxis]
    if not isinstance(estimator.random_state, (int, np.integer)):
        to.block("shuffle=True without a seed computes at random", "set random_state to a number")
    random = np.random.RandomState(estimator.random_state)
    return np.array([random.permutation(count) for _ in range(estimator.max_iter)], np.int32)


def _not_negative(x: Columns, components: Array, to: Export, zero: bool) -> Value:
    """The columns; rows with a negative number, or a 0 that the loss cannot have, are refused."""
    value = to.finite(x.floats())
    dtype = components.dtype.name
    if value.type.dtype != dtype:
        to.block(f"it was fitted on {dtype} and gets {value.type.dtype}", f"give it {dtype}")
    return refusing(value, "less" if zero else "less_equal", to)


def refusing(value: Value, comparison: str, to: Export) -> Value:
    """The value; rows in which a number compares so with 0 are refused."""
    marked = to.where(to.binary(comparison, value, 0), float("nan"), value)
    return to.require("not missing", marked)


@exports(LatentDirichletAllocation)
def latent_dirichlet_allocation(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The E step's Dirichlet parameters over their sum."""
    topics = estimator.exp_dirichlet_component_
    value = to.finite(to.cast(x.numbers(), topics.dtype.name))
    op = Topics(
        components=topics,
        prior=np.array([float(estimator.doc_topic_prior_)]),
        tol=np.array([float(estimator.mean_change_tol)]),
        rounds=int(estimator.max_doc_update_iter),
    )
    weights = to.add(op, refusing(value, "less", to))
    shares = to.binary("divide", weights, to.add(Reduce("sum"), weights))
    return {"transform": Columns.of(to, shares)}
