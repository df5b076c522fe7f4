"""Collections at which sums of items could differ: the model's own items, and any others."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from scorebundle.bundle.ops import Items

from .probe_texts import ODD

UNSEEN = "item that no training row had"
ODD_CELLS: tuple[Any, ...] = (
    None,
    math.nan,
    [],
    {},
    [None],
    [UNSEEN],
    [1],
    [[UNSEEN, 1.5]],
    [[UNSEEN, None]],
    [[7, "text"]],
    {UNSEEN: 1.5},
    {UNSEEN: "text"},
    {UNSEEN: None},
    {UNSEEN: math.nan},
    {UNSEEN: -math.inf},
    {UNSEEN: 1e300, "other": -1e300},
    [["a", math.inf], ["a", -math.inf]],
)
"""Cells that some models take and others refuse."""
WORDS = tuple(dict.fromkeys(word for text in ODD[:-2] for word in text.split()))
WEIGHTS = (1.0, -2.5, 0.1, 3, True, 1e-3, -0.0, 0, False, "text", "", 1.5, -7, 0.3, 2.0**40)
SIZES = (0, 1, 1, 2, 3, 5, 9, 16, 17, 40, 90)
"""Entries of a cell; beyond 16 their order is no longer that of the cell."""
ROUNDS = 6
SAMPLE = 48
"""Items of the vocabulary that probes are made of."""


def probe_items(op: Items) -> Iterator[Any]:
    """Cells for an Items node."""
    random = np.random.default_rng(len(op.vocabulary))
    known: list[Any] = list(WORDS)
    if op.vocabulary:
        chosen = random.choice(len(op.vocabulary), min(SAMPLE, len(op.vocabulary)), replace=False)
        known = [op.vocabulary[i] for i in chosen]
        yield from ([item] for item in known)
        yield from ([_alike(item)] for item in known)
        known += [UNSEEN, "", -12345, 0.5]
    for _ in range(ROUNDS):
        for size in SIZES:
            items = [known[i] for i in random.integers(0, len(known), size)]
            weights = [WEIGHTS[i] for i in random.integers(0, len(WEIGHTS), size)]
            yield CELLS[op.cells](items, weights)
    if op.cells == "items":
        yield dict.fromkeys(map(str, known[:5]), 0)


def _alike(item: Any) -> Any:
    """An equal item of another type, or a text that looks like it."""
    if isinstance(item, str):
        return f" {item}"
    return float(item) if float(item) == item else str(item)


def _pairs(items: list[Any], weights: list[Any]) -> Any:
    return [[item, weight] for item, weight in zip(items, weights, strict=True)]


def _mapping(items: list[Any], weights: list[Any]) -> Any:
    return {str(item): weight for item, weight in zip(items, weights, strict=True)}


CELLS = {"items": lambda items, weights: items, "pairs": _pairs, "mapping": _mapping}
