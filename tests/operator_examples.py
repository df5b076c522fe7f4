"""One accepted example of every operator, and a graph.json that holds it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scorebundle.bundle import Graph, Input, graph_json
from scorebundle.bundle.ops import Forest

from .bundles import node_entry, small_trees
from .pmml_graphs import terms

INPUTS = (Input("x", "float64"), Input("c", "string"), Input("i", "items"))
f32 = np.float32


class Good(NamedTuple):
    """An operator that is accepted: its fields, and the types of its inputs."""

    fields: dict[str, Any]
    inputs: tuple[str, ...]


TREES = small_trees()
ONE = np.ones(1)
FACTORS = {"components": np.ones((2, 3)), "tol": ONE, "rounds": 5}
GOOD = {
    "Numbers": Good({"columns": ["x"], "dtype": "float64"}, ()),
    "Encode": Good({"column": "c", "categories": ["a", 1, 2.5], "none": -1, "nan": -1}, ()),
    "Terms": Good({**terms().attributes(), "column": "c"}, ()),
    "Items": Good(
        {
            "column": "i",
            "cells": "items",
            "vocabulary": ["a", 1, 2.5],
            "hashed": 0,
            "signed": False,
            "binary": True,
            "dtype": "int64",
        },
        (),
    ),
    "Constant": Good({"value": np.zeros(2)}, ()),
    "Select": Good({"indices": [0, 2, 0]}, ("float64 3",)),
    "Concat": Good({}, ("float64 3", "float64 1")),
    "Cast": Good({"dtype": "float32"}, ("int64 3",)),
    "Require": Good({"rule": "finite"}, ("float32 3",)),
    "Labels": Good({"classes": ["no", "yes"], "dtype": "str"}, ("int64 1",)),
    "OptionalLabels": Good({"classes": ["no", "yes"], "dtype": "object"}, ("int64 1",)),
    "Phrase": Good(
        {"columns": ["c"], "steps": [["column", 0], ["lower", 0]], "categories": ["a"], "none": -1},
        (),
    ),
    "Parse": Good({"column": "c", "meaning": "date", "year": 1970}, ()),
    "Unary": Good({"op": "sqrt"}, ("float32 3",)),
    "Binary": Good({"op": "add"}, ("float64 3", "float64 1")),
    "Missing": Good({"value": np.array([np.nan])}, ("float64 3",)),
    "Where": Good({}, ("bool 1", "float64 3", "float64 3")),
    "Match": Good({"categories": np.array([1.0, 2.0, np.nan])}, ("float64 1",)),
    "Lookup": Good({"table": np.zeros((3, 2)), "default": np.zeros(2)}, ("int64 1",)),
    "LookupSum": Good(
        {"table": np.zeros((3, 2)), "arithmetic": "ordered"}, ("int64 2", "float64 2")
    ),
    "BinCount": Good({"size": 3, "arithmetic": "ordered"}, ("int64 2", "float32 2")),
    "OneHot": Good({"size": 3, "dtype": "float64"}, ("int64 1",)),
    "Bin": Good({"edges": np.array([0.0, 1.0, 1.0]), "side": "left"}, ("float64 1",)),
    "Interpolate": Good({"x": np.arange(3.0), "y": np.zeros(3)}, ("float64 1",)),
    "Spline": Good(
        {"degree": 1, "knots": np.arange(5.0), "coef": np.zeros((3, 2))}, ("float64 1",)
    ),
    "Normalize": Good({"norm": "l2"}, ("float32 3",)),
    "Reduce": Good({"op": "sum"}, ("float64 3",)),
    "ArgMax": Good({}, ("float64 3",)),
    "Order": Good({"count": 2}, ("float64 3",)),
    "Softmax": Good({}, ("float64 3",)),
    "Coupling": Good({"classes": 3}, ("float64 3",)),
    "Solve": Good({"lower": np.eye(3)}, ("float64 3",)),
    "WeightedMedian": Good({"weights": np.ones(3)}, ("float64 3",)),
    "Affine": Good({"coef": np.zeros((2, 3)), "intercept": np.zeros(2)}, ("float64 3",)),
    "Distance": Good(
        {
            "points": np.zeros((4, 3)),
            "metric": "minkowski",
            "order": np.array([3.0]),
            "weights": np.ones((1, 3)),
            "arithmetic": "ordered",
        },
        ("float64 3",),
    ),
    "Nearest": Good(
        {
            "points": np.zeros((4, 3)),
            "metric": "euclidean",
            "order": np.array([2.0]),
            "weights": np.ones((0, 3)),
            "arithmetic": "ordered",
            "k": 2,
            "positions": np.arange(4),
            "starts": np.array([0, 0, 2]),
            "ends": np.array([4, 2, 4]),
            "regions": np.zeros((2, 3, 3)),
            "radii": np.zeros(3),
            "ties": "heap",
        },
        ("float64 3",),
    ),
    "Barycenter": Good(
        {"points": np.zeros((4, 3)), "reg": np.array([1e-3])}, ("int64 2", "float64 3")
    ),
    "Tolerance": Good(
        {"absolute": np.zeros(1), "relative": np.array([1e-8]), "scale": "log"}, ("float32 3",)
    ),
    "NonNegative": Good(
        {"gram": np.eye(2), "order": np.array([[0, 1]], np.int32), "tol": ONE, "rounds": 5},
        ("float64 2",),
    ),
    "Multiplicative": Good(
        {**FACTORS, "beta": ONE, "l1": ONE, "l2": ONE, "stop": "step"}, ("float64 3",)
    ),
    "Topics": Good({**FACTORS, "prior": ONE}, ("float64 3",)),
    "SparseCode": Good(
        {
            "gram": np.eye(3),
            "method": "lasso angle",
            "alpha": ONE,
            "positive": "positive",
            "samples": 4,
            "rounds": 5,
        },
        ("float64 3",),
    ),
    "Trees": Good({**TREES.attributes(), **TREES.tensors()}, ("float32 2",)),
    "TreeContributions": Good(
        {
            **{name: getattr(TREES, name) for name in Forest.declared},
            "method": "shapley",
            "cover": np.array([3, 1, 2, 4, 1, 3, 3, 0], f32),
            "weights": np.ones(2, f32),
        },
        ("float32 2",),
    ),
}


def read(kind: str, fields: dict[str, Any], inputs: tuple[str, ...]) -> Graph:
    """Read a graph.json of constants that feed one operator."""
    nodes, tensors = [], {}
    for position, feed in enumerate(inputs):
        dtype, width = feed.split()
        nodes.append(node_entry("Constant", [], f"v{position}", {}, {"value": f"t{position}"}))
        tensors[f"t{position}"] = np.zeros(int(width), dtype)
    arrays = {name: value for name, value in fields.items() if isinstance(value, np.ndarray)}
    plain = {name: value for name, value in fields.items() if name not in arrays}
    feeds = [f"v{position}" for position in range(len(inputs))]
    nodes.append(node_entry(kind, feeds, "result", plain, {name: name for name in arrays}))
    return graph_json.from_json({"nodes": nodes, "outputs": []}, {**tensors, **arrays}, INPUTS)
