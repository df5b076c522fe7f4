"""What the Nodes of a tree predict: numbers, categories and their shares, ids."""

from __future__ import annotations

import math

import numpy as np

from scorebundle.bundle.fields import Array

from .nodes import Node, Predicate, Tree
from .passing import Plain
from .predicates import refused


def score_of(node: Node) -> float:
    """The number that a Node predicts; NaN if it states none."""
    score = node.attributes.get("score")
    try:
        return math.nan if score is None else float(score)
    except ValueError:
        raise refused(
            Predicate("Node", line=node.line), f"score {score!r:.40} is no number"
        ) from None


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


def shares_of(node: Node, categories: list[str]) -> list[float]:
    """The probabilities of a Node by category; without a distribution, its label's is 1."""
    found = distribution(node)
    if not found:
        score = node.attributes.get("score")
        if score is None:
            return [math.nan] * len(categories)
        found = {score: 1.0}
    return [found.get(category, 0.0) for category in categories]


def ids_of(nodes: list[Node]) -> list[str | None]:
    """The ids of the Nodes that predict, by default their place from 1 on."""
    return [
        node.attributes.get("id", str(i + 1))
        if "score" in node.attributes or node.distribution or node.model is not None
        else None
        for i, node in enumerate(nodes)
    ]


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
