"""sklearn.naive_bayes: log P(x, class) as sums over independent features."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Lookup, Reduce

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .likelihoods import naive_bayes, shifted, wide
from .linear_model import affine
from .preprocessing import exceeds


@exports(GaussianNB)
def gaussian(estimator: Any, x: Columns, to: Export) -> Outputs:
    """log prior − ½ Σ log(2π var) − ½ Σ (x − mean)² / var, class by class."""
    value = to.finite(x.numbers())
    parts = [_gaussian_class(estimator, value, i, to) for i in range(len(estimator.classes_))]
    return naive_bayes(to.concat(parts), estimator.classes_, to)


def _gaussian_class(estimator: Any, x: Value, i: int, to: Export) -> Value:
    mean, variance = estimator.theta_[i, :], estimator.var_[i, :]
    with np.errstate(all="ignore"):
        prior = np.log(estimator.class_prior_[i])
        constant = -0.5 * np.sum(np.log(2.0 * np.pi * variance))
    squares = to.unary("square", wide("subtract", x, mean, to))
    total = to.add(Reduce("sum"), wide("divide", squares, variance, to))
    half = to.binary("multiply", total, 0.5)
    inner = to.binary("subtract", to.constant(constant, half.type.dtype), half)
    return shifted(inner, prior, to)


@exports(MultinomialNB)
def multinomial(estimator: Any, x: Columns, to: Export) -> Outputs:
    """x · feature_log_prob_ᵀ + class_log_prior_."""
    value = to.finite(x.numbers())
    joint = affine(value, estimator.feature_log_prob_, estimator.class_log_prior_, to)
    return naive_bayes(joint, estimator.classes_, to)


@exports(ComplementNB)
def complement(estimator: Any, x: Columns, to: Export) -> Outputs:
    """x · feature_log_prob_ᵀ; the prior only matters to a single class."""
    prior: Any = estimator.class_log_prior_ if len(estimator.classes_) == 1 else 0.0
    joint = affine(to.finite(x.numbers()), estimator.feature_log_prob_, prior, to)
    return naive_bayes(joint, estimator.classes_, to)


@exports(BernoulliNB)
def bernoulli(estimator: Any, x: Columns, to: Export) -> Outputs:
    """x · (log p − log(1 − p))ᵀ + prior + Σ log(1 − p), for x > binarize as 0 or 1."""
    value = to.finite(x.numbers())
    if estimator.binarize is not None:
        value = to.cast(exceeds(value, estimator.binarize, to), value.type.dtype)
    with np.errstate(all="ignore"):
        absent = np.log(1 - np.exp(estimator.feature_log_prob_))
        weights = estimator.feature_log_prob_ - absent
    offsets = estimator.class_log_prior_ + absent.sum(axis=1)
    return naive_bayes(affine(value, weights, offsets, to), estimator.classes_, to)


@exports(CategoricalNB)
def categorical(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Per feature the row of its table that the category names, added feature by feature."""
    codes = to.cast(to.finite(x.numbers()), "int64")
    total: Value | None = None
    for feature, table in enumerate(estimator.feature_log_prob_):
        rows = np.ascontiguousarray(np.asarray(table, np.float64).T)
        found = _row(to.select(codes, [feature]), rows, to)
        total = to.binary("add", found, 0) if total is None else to.binary("add", total, found)
    assert total is not None
    return naive_bayes(shifted(total, estimator.class_log_prior_, to), estimator.classes_, to)


def _row(code: Value, rows: Array, to: Export) -> Value:
    """Row of a table; a category beyond it is refused, as numpy's indexing does."""
    positions = np.arange(len(rows), dtype=np.int64)[:, None]
    known = to.require("known", to.add(Lookup(positions, np.array([-1], np.int64)), code))
    return to.add(Lookup(rows, np.zeros(rows.shape[1])), known)
