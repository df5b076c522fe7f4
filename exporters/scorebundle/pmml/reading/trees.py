"""TreeModel: which Node a row ends in, and what that Node says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value

from .forest import Forest, Rules
from .nodes import Node, Predicate, Tree, compact
from .passing import Plain
from .penalty import penalty
from .predicates import refused
from .prediction import Prediction, model
from .scope import Scope
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
    prediction.features["entityId"] = by_place(place, ids_of(tree), scope)
    return _embedded(prediction, tree, place, scope)


def ids_of(tree: Tree) -> list[str | None]:
    """The ids of the Nodes that predict, by default their place from 1 on."""
    return [
        node.attributes.get("id", str(i + 1))
        if "score" in node.attributes or node.distribution or node.model is not None
        else None
        for i, node in enumerate(tree.nodes)
    ]


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
        prediction = chosen(here, inner, prediction, maker, node.model)
    return prediction


def tree_of(element: Element, scope: Scope) -> Tree:
    """The Nodes of a TreeModel."""
    tree = scope.reading.document.trees.get(element)
    if tree is None:  # inside of another tree's Node
        return Tree.of(compact(needed(element, "Node")))
    return tree


def score_of(node: Node) -> float:
    """The number that a Node predicts; NaN if it states none."""
    score = node.attributes.get("score")
    try:
        return math.nan if score is None else float(score)
    except ValueError:
        raise refused(
            Predicate("Node", line=node.line), f"score {score!r:.40} is no number"
        ) from None


def by_place(place: Value, texts: list[Any], scope: Scope) -> Text:
    """A text by position; None is missing."""
    words = Words()
    words.open = True
    table = [MISSING if each is None else words.code(each) for each in texts]
    words.open = False
    return Text(scope.maker.look_up(place, np.array(table, np.int64), MISSING), words)


def distribution(node: Node) -> dict[str, float]:
    """The probabilities of a Node: as stated, else its shares of the records."""
    stated = {d["value"]: d.get("probability") for d in node.distribution if "value" in d}
    if stated and all(each is not None for each in stated.values()):
        return {value: float(each or 0) for value, each in stated.items()}
    counts = {d["value"]: float(d.get("recordCount", 0)) for d in node.distribution if "value" in d}
    total = sum(counts.values())
    return {value: count / total for value, count in counts.items()} if total else {}


def label_of(node: Node) -> str | None:
    """The category that a Node predicts: its score, else the one with most records."""
    score = node.attributes.get("score")
    if score is not None:
        return score
    found = distribution(node)
    return max(found, key=found.__getitem__) if found else None


def categories_of(trees: list[Tree]) -> list[str]:
    """Every category that the Nodes mention, in order of appearance."""
    found: dict[str, None] = {}
    scores: dict[str, None] = {}
    for tree in trees:
        if tree.plain is not None:
            found.update(dict.fromkeys(_mentioned(tree.plain, tree.plain.shares[1])))
            scores.update(dict.fromkeys(_mentioned(tree.plain, tree.plain.score)))
            continue
        for node in tree.nodes:
            found.update(dict.fromkeys(d["value"] for d in node.distribution if "value" in d))
            score = node.attributes.get("score")
            if score is not None:
                scores[score] = None
        if len(trees) > 1:
            tree.forget()
    return list(found | scores)


def _mentioned(tree: Plain, places: Array) -> list[str]:
    places = places[places == places].astype(np.int64)
    distinct, first = np.unique(places, return_index=True)
    return [tree.words[place] for place in distinct[np.argsort(first)].tolist()]


def _classified(tree: Tree, place: Value, element: Element, scope: Scope) -> Prediction:
    maker, categories = scope.maker, categories_of([tree])
    words = Words()
    words.open = True
    for each in categories:
        words.code(each)
    words.open = False
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


def shares_of(node: Node, categories: list[str]) -> list[float]:
    """The probabilities of a Node by category; without a distribution, its label's is 1."""
    found = distribution(node)
    if not found:
        score = node.attributes.get("score")
        if score is None:
            return [math.nan] * len(categories)
        found = {score: 1.0}
    return [found.get(category, 0.0) for category in categories]
