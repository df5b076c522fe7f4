"""ClusteringModel: the nearest of centres."""

from __future__ import annotations

from typing import Final

import numpy as np

from scorebundle.bundle.ops import ArgMax

from .choices import ranked
from .convert import by_place
from .distances import Component, measure
from .expressions import numeric
from .output import SEVERAL
from .prediction import Prediction, model
from .scope import Scope
from .values import MISSING, Number, Real
from .xml import Element, child, children, flag, needed, real, reals, refuse, text, whole

MAX_NUMBERS: Final = 1 << 24
"""Most numbers that the centres may have, which may be sparse."""


@model("ClusteringModel")
def clustering_model(element: Element, scope: Scope) -> Prediction:
    """Distances to all centres, and the smallest; or similarities, and the largest."""
    if element.get("modelClass", "centerBased") != "centerBased":
        refuse(element, "only centerBased clusters are supported")
    maker = scope.maker
    kind = needed(element, "ComparisonMeasure")
    fields = [
        each for each in children(element, "ClusteringField") if flag(each, "isCenterField", True)
    ]
    default = kind.get("compareFunction", "absDiff")
    centres = child(element, "CenterFields")
    if centres is not None:
        components = [
            Component(_derived(each, scope), 1.0, default, 1.0)
            for each in children(centres, "DerivedField")
        ]
    else:
        components = [component(each, "fieldWeight", default, scope) for each in fields]
    weights = child(element, "MissingValueWeights")
    if weights is not None:
        shares = reals(needed(weights, "Array"), len(components))
        pairs = zip(components, shares, strict=True)
        components = [each._replace(share=share) for each, share in pairs]
    clusters = list(children(element, "Cluster"))
    if not clusters or len(clusters) * len(components) > MAX_NUMBERS:
        refuse(element, "has no clusters, or too many")
    arrays = [needed(each, "Array", "REAL-SparseArray") for each in clusters]
    points = np.array([reals(each, len(components)) for each in arrays])
    found = measure(kind, components, points, maker)
    signed: Real = found.values if found.similarity else maker.times(found.values, -1.0)
    place = maker.add(ArgMax(), maker.real(signed))
    ids = [each.get("id", str(i + 1)) for i, each in enumerate(clusters)]
    value = by_place(place, ids, maker)
    known = maker.present(maker.column(found.values, 0))  # none is, or all are
    value = value._replace(code=maker.choose_code(known, value.code, MISSING))
    prediction = Prediction("clustering", value)
    prediction.features["entityId"] = value
    table = dict(zip(ids, maker.spread(found.values), strict=True))
    prediction.features["affinity"] = table
    ranks = min(_ranks(element), len(ids))
    if ranks > 1:
        places, nearness = ranked(maker.real(signed), ranks, maker)
        sign = 1.0 if found.similarity else -1.0
        prediction.features["entityId" + SEVERAL] = [by_place(p, ids, maker) for p in places]
        prediction.features["affinity" + SEVERAL] = [Number(maker.times(x, sign)) for x in nearness]
    names = [each.get("name") for each in clusters]
    if any(names):
        prediction.features["shown"] = {i: name for i, name in zip(ids, names, strict=True) if name}
    return prediction


def _ranks(element: Element) -> int:
    """The largest rank that its Output asks for."""
    output = child(element, "Output")
    fields = () if output is None else children(output, "OutputField")
    return max((whole(each, "rank", 1) for each in fields), default=1)


def component(element: Element, weight: str, default: str, scope: Scope) -> Component:
    """A compared field."""
    x = numeric(scope.get(text(element, "field"), element), scope.maker)
    return Component(
        x,
        real(element, weight, 1.0),
        element.get("compareFunction", default),
        real(element, "similarityScale", 1.0),
    )


def _derived(element: Element, scope: Scope) -> Real:
    from .expressions import derived_field

    return numeric(derived_field(element, scope), scope.maker)
