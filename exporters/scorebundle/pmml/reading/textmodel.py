"""TextModel: the documents of a corpus that are most like a row's (PMML, Text Models).

With f the frequency of a term in a document, χ whether it is above 0, n documents and sums over
them, a weight is l · g · d:

    l   termFrequency f                   binary χ              logarithmic log(1 + f)
        augmentedNormalizedTermFrequency (χ + f / max f) / 2, the largest of a document's terms
    g   none 1                            inverseDocumentFrequency log(n / Σχ)
        GFIDF Σf / Σχ                     normal 1 / √Σf²
        probabilisticInverse log((n − Σχ) / Σχ)
    d   none 1                            cosine 1 / √Σ(l · g)², over a document's terms
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import (
    Affine,
    Binary,
    Cast,
    Distance,
    Normalize,
    OneHot,
    Order,
    Reduce,
    Select,
    Unary,
    Where,
)

from .convert import by_place
from .expressions import numeric
from .make import Maker
from .matrices import matrix_below
from .prediction import Prediction, model
from .scope import Scope
from .values import MISSING, Field, Number, Text
from .xml import Element, array, child, children, needed, refuse, text, whole

GLOBAL: Final[dict[str, Callable[[Array], Array]]] = {
    "none": lambda f: np.ones(f.shape[1]),
    "inverseDocumentFrequency": lambda f: np.log10(len(f) / (f > 0).sum(0)),
    "GFIDF": lambda f: f.sum(0) / (f > 0).sum(0),
    "normal": lambda f: 1 / np.sqrt(np.square(f).sum(0)),
    "probabilisticInverse": lambda f: np.log10((len(f) - (f > 0).sum(0)) / (f > 0).sum(0)),
}
"""Weights of the terms, from the frequencies in the corpus: a row per document."""
MAX_RANK: Final = 256


@model("TextModel")
def text_model(element: Element, scope: Scope) -> Prediction:
    """The nearest documents by their ids, with the distances or similarities."""
    maker = scope.maker
    terms = array(needed(needed(element, "TextDictionary"), "Array"))
    documents = list(children(needed(element, "TextCorpus"), "TextDocument"))
    counts = matrix_below(needed(element, "DocumentTermMatrix"))
    if counts.shape != (len(documents), len(terms)):
        refuse(element, "its DocumentTermMatrix does not fit the documents and terms")
    row = maker.matrix([numeric(scope.get(term, element), maker) for term in terms])
    weights = _Weights(element, counts)
    points, x = weights.of_corpus(counts), weights.of_row(row, maker)
    kind = needed(element, "TextModelSimiliarity").get("similarityType")
    if kind not in ("cosine", "euclidean"):
        refuse(element, "similarityType must be cosine or euclidean")
    nearness = _cosines(points, x, maker) if kind == "cosine" else _distances(points, x, maker)
    found = _Documents(documents, nearness, kind == "cosine", scope)
    prediction = Prediction(text(element, "functionName"), found.named(1))
    for name in ("entityId", "clusterId"):
        prediction.own[name] = lambda output, *_: found.named(_rank(output))
    for name in ("affinity", "entityAffinity", "clusterAffinity"):
        prediction.own[name] = lambda output, *_: found.near(output)
    prediction.features["shown"] = {
        text(each, "id"): str(each.get("name")) for each in documents if each.get("name")
    }
    return prediction


def _rank(output: Element) -> int:
    rank = whole(output, "rank", 1)
    if not 1 <= rank <= MAX_RANK:
        refuse(output, f"rank must be from 1 to {MAX_RANK}")
    return rank


class _Weights:
    """The weights of a TextModelNormalization; none without one."""

    def __init__(self, element: Element, counts: Array) -> None:
        stated = child(element, "TextModelNormalization")
        get = {"globalTermWeights": "none"}.get if stated is None else stated.get
        self.local = get("localTermWeights", "termFrequency")
        self.unit = get("documentNormalization", "none") == "cosine"
        name = get("globalTermWeights", "inverseDocumentFrequency")
        if self.local not in LOCAL or name not in GLOBAL:
            refuse(element, "its TextModelNormalization is not known")
        with np.errstate(all="ignore"):
            self.terms = GLOBAL[name](counts)
        if not np.isfinite(self.terms).all():
            refuse(element, f"globalTermWeights {name} has no value for a term")

    def of_row(self, row: Value, maker: Maker) -> Value:
        """The weights of a row's frequencies."""
        local = LOCAL[self.local](row, maker)
        weighted = maker.add(Binary("multiply"), local, maker.constant(self.terms))
        return maker.add(Normalize("l2"), weighted) if self.unit else weighted

    def of_corpus(self, counts: Array) -> Array:
        """The weights of the documents of the corpus."""
        largest = counts.max(axis=1, keepdims=True)
        there = (counts > 0).astype(np.float64)
        local = {
            "termFrequency": counts,
            "binary": there,
            "logarithmic": np.log10(1 + counts),
            "augmentedNormalizedTermFrequency": (there + counts / np.maximum(largest, 1e-300)) / 2,
        }[self.local]
        weighted = local * self.terms
        return _unit(weighted) if self.unit else weighted


def _unit(points: Array) -> Array:
    norms = np.sqrt(np.square(points).sum(axis=1, keepdims=True))
    return np.asarray(points / np.where(norms > 0, norms, 1))


def _there(x: Value, maker: Maker) -> Value:
    there = maker.add(Binary("greater"), x, maker.constant(0.0))
    number = maker.add(Cast("float64"), there)
    known = maker.add(Binary("equal"), x, x)
    return maker.add(Where(), known, number, maker.constant(math.nan))


def _logarithmic(x: Value, maker: Maker) -> Value:
    return maker.add(Unary("log10"), maker.add(Binary("add"), x, maker.constant(1.0)))


def _augmented(x: Value, maker: Maker) -> Value:
    largest = maker.add(Reduce("maximum"), x)
    largest = maker.add(Binary("maximum"), largest, maker.constant(1e-300))
    share = maker.add(Binary("divide"), x, largest)
    total = maker.add(Binary("add"), _there(x, maker), share)
    return maker.add(Binary("multiply"), total, maker.constant(0.5))


LOCAL: Final[dict[str, Callable[[Value, Maker], Value]]] = {
    "termFrequency": lambda x, maker: x,
    "binary": _there,
    "logarithmic": _logarithmic,
    "augmentedNormalizedTermFrequency": _augmented,
}
"""localTermWeights of a row."""


def _distances(points: Array, x: Value, maker: Maker) -> Value:
    one, none = np.ones(1), np.zeros((0, points.shape[1]))
    return maker.add(Distance(points, "euclidean", one, none, "ordered"), x)


def _cosines(points: Array, x: Value, maker: Maker) -> Value:
    """x·p / (|x| |p|); missing where x is 0, and 0 where p is."""
    cosines = maker.add(Affine(_unit(points), np.zeros(len(points))), maker.add(Normalize("l2"), x))
    length = maker.add(Reduce("sum"), maker.add(Unary("absolute"), x))
    some = maker.add(Binary("greater"), length, maker.constant(0.0))
    return maker.add(Where(), some, cosines, maker.constant(math.nan))


class _Documents:
    """Documents by rank.

    Attributes:
        nearness: of each document.
        similar: whether the largest is the nearest.
    """

    def __init__(
        self, documents: list[Element], nearness: Value, similar: bool, scope: Scope
    ) -> None:
        self.ids = [text(each, "id") for each in documents]
        self.nearness, self.similar, self.scope = nearness, similar, scope

    def _place(self, rank: int) -> Value:
        """The position of the document of a rank; missing if distances are, or there is none."""
        maker = self.scope.maker
        if rank > len(self.ids):
            return maker.code(MISSING)
        away = maker.add(Unary("negative"), self.nearness) if self.similar else self.nearness
        order = maker.add(Select((rank - 1,)), maker.add(Order(rank), away))
        total = maker.add(Reduce("sum"), self.nearness)
        return maker.code(maker.choose_code(maker.absent(total), MISSING, order))

    def named(self, rank: int) -> Text:
        """The id of the document of a rank."""
        return by_place(self._place(rank), self.ids, self.scope.maker)

    def near(self, output: Element) -> Field:
        """How near a document is: the one that `value` names, or the one of a rank."""
        maker, wanted = self.scope.maker, output.get("value")
        if wanted is not None:
            if wanted not in self.ids:
                refuse(output, f"there is no document {wanted!r:.40}")
            return Number(maker.column(self.nearness, self.ids.index(wanted)))
        place = self._place(_rank(output))
        here = maker.add(OneHot(len(self.ids), "bool"), place)
        only = maker.add(Where(), here, self.nearness, maker.constant(0.0))
        found = maker.add(Reduce("sum"), only)
        return Number(maker.choose(maker.code_is(place, MISSING), math.nan, found))
