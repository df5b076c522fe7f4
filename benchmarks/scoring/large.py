"""Large bundles, made of a small one: training hundreds of megabytes of trees takes hours."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from scorebundle.bundle import Bundle, Graph
from scorebundle.bundle.ops import Trees


def large_bundle(source: Path, target: Path, size: int) -> None:
    """A bundle of about that many bytes, whose trees are the source's, over and over.

    Leaf values are divided by the number of copies, so that scores stay what they were, but for
    rounding. It holds no PMML.
    """
    bundle = Bundle.open(source)
    trees = next(node.op for node in bundle.graph.nodes if isinstance(node.op, Trees))
    columns = _columns(trees)
    bytes_of_trees = sum(columns[name].nbytes for name in PER_NODE + PER_TREE)
    copies = max(1, math.ceil(size / bytes_of_trees))
    nodes = tuple(
        node._replace(op=repeated(node.op, copies)) if isinstance(node.op, Trees) else node
        for node in bundle.graph.nodes
    )
    graph = Graph(bundle.graph.inputs, nodes, bundle.graph.outputs)
    manifest = bundle.manifest._replace(pmml="made for a benchmark of loading", members={})
    Bundle.build(manifest, graph, bundle.verification, None).save(target)


PER_NODE = ("feature", "threshold", "left", "right", "default_left", "category_set")
PER_TREE = ("starts", "target")
SHARED = ("base", "values", "set_starts", "set_words")


def _columns(trees: Trees) -> dict[str, Any]:
    return {name: getattr(trees, name) for name in PER_NODE + PER_TREE + SHARED}


def repeated(trees: Trees, copies: int) -> Trees:
    """The trees, that many times."""
    fields = _columns(trees)
    count = len(trees.feature)
    shift = np.repeat(np.arange(copies, dtype=np.int32) * np.int32(count), count)
    split = np.tile(trees.feature, copies) >= 0
    found = {name: np.tile(fields[name], copies) for name in PER_NODE + PER_TREE}
    for name in ("left", "right"):  # of a leaf, these are no node's number
        found[name] = np.where(split, found[name] + shift, found[name]).astype(np.int32)
    begins = np.arange(copies, dtype=np.int32) * np.int32(count)
    found["starts"] = (found["starts"] + np.repeat(begins, len(trees.starts))).astype(np.int32)
    found["values"] = (trees.values / copies).astype(trees.values.dtype)
    rest = {name: fields[name] for name in ("base", "set_starts", "set_words")}
    return Trees(
        compare=trees.compare,
        categories_go=trees.categories_go,
        outputs=trees.outputs,
        **rest,
        **found,
    )
