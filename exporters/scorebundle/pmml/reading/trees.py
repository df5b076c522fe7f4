"""TreeModel: which Node a row ends in, and what that Node says."""

from __future__ import annotations

import math

import numpy as np

from scorebundle.bundle.graph import Value

from .convert import by_place
from .forest import Forest, Rules
from .nodes import Tree, compact
from .penalty import penalty
from .prediction import Prediction, model
from .scope import Scope
from .scores import categories_of, ids_of, label_of, score_of, shares_of
from .uncertain import STRATEGIES as UNCERTAIN
from .uncertain import uncertain_tree
from .values import MISSING, Number, Real, Text, Words
from .xml import Element, needed, text


@model("TreeModel", "DecisionTree")
def tree_model(element: Element, scope: Scope) -> Prediction:
    """One tree: the position of the Node, and tables by it."""
    tree = tree_of(element, scope)
    function = text(element, "functionName")
    if element.get("missingValueStrategy") in UNCERTAIN and function == "classification":
        return uncertain_tree(element, tree, categories_of([tree]), scope)
    maker = scope.maker
    forest = Forest(scope, 1)
    forest.add(tree, Rules.of(element), scope, np.arange(len(tree.nodes))[:, None])
    place = maker.position(forest.finish())
    if function == "classification":
        prediction = _classified(tree, place, element, scope)
    else:
        scores = [score_of(node) for node in tree.nodes]
        found: Real = maker.look_up(place, np.array(scores, np.float64), math.nan)
        kind = "double"
        if scope.single:
            found, kind = maker.rounded(found), "float"
        prediction = Prediction(function, Number(found, kind))
    prediction.features["entityId"] = by_place(place, ids_of(tree.nodes), maker)
    return _embedded(prediction, tree, place, scope)


def _embedded(prediction: Prediction, tree: Tree, place: Value, scope: Scope) -> Prediction:
    """With what the models inside of Nodes predict for the rows that end there.

    Where a model predicts no number, as a field of it is missing, the Node's score stays.
    """
    from .chains import chosen
    from .models import predict

    maker = scope.maker
    nothing = maker.code_is(place, MISSING)
    for position, node in enumerate(tree.nodes):
        if node.model is None:
            continue
        inner = predict(node.model, scope)
        inner.features.setdefault("entityId", prediction.features["entityId"])
        for category in inner.probabilities:
            other = maker.choose(nothing, math.nan, 0.0)
            prediction.probabilities.setdefault(category, other)
        here = maker.code_is(place, position)
        if isinstance(inner.value, Number) and "score" in node.attributes:
            here = maker.both(here, maker.present(inner.value.value))
        prediction = chosen(here, inner, prediction, maker)
    return prediction


def tree_of(element: Element, scope: Scope) -> Tree:
    """The Nodes of a TreeModel."""
    tree = scope.reading.document.trees.get(element)
    if tree is None:  # inside of another tree's Node
        return Tree.of(compact(needed(element, "Node")))
    return tree


def _classified(tree: Tree, place: Value, element: Element, scope: Scope) -> Prediction:
    maker, categories = scope.maker, categories_of([tree])
    words = Words(categories)
    labels = [label_of(node) for node in tree.nodes]
    codes = [MISSING if each is None else words.code(each) for each in labels]
    value = Text(maker.look_up(place, np.array(codes, np.int64), MISSING), words)
    prediction = Prediction("classification", value)
    rows = [shares_of(node, categories) for node in tree.nodes]
    if categories:
        table = np.array(rows, np.float64)
        found = maker.spread(maker.look_up(place, table, np.full(len(categories), math.nan)))
        prediction.probabilities = dict(zip(categories, found, strict=True))
    stated = [
        {d["value"]: float(d["confidence"]) for d in node.distribution if "confidence" in d}
        for node in tree.nodes
    ]
    if any(stated):
        confidences = np.array(
            [[each.get(category, math.nan) for category in categories] for each in stated]
        )
        found = maker.spread(maker.look_up(place, confidences, np.full(len(categories), math.nan)))
        factor = penalty(element, tree, place, scope)
        prediction.features["confidence"] = {
            category: maker.times(x, factor) for category, x in zip(categories, found, strict=True)
        }
    return prediction
