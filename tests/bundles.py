"""Small valid bundles made without a training library, and tools to break them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from scorebundle.bundle import Bundle, Graph, Input, Output
from scorebundle.bundle.graph import Builder
from scorebundle.bundle.manifest import Certificate, Manifest, describe
from scorebundle.bundle.ops import (
    Affine,
    ArgMax,
    Concat,
    Encode,
    Labels,
    Lookup,
    Numbers,
    OneHot,
    Require,
    Select,
    Softmax,
    Trees,
    Unary,
    missing,
)
from scorebundle.bundle.verification import Column, Expected, Verification

Array = NDArray[Any]
Members = dict[str, bytes]
Json = dict[str, Any]

i32 = np.int32


def small_trees(**changes: Any) -> Trees:
    """Two float32 trees over two columns; the second splits on the category set {1, 33}.

    Tree 0: node 0 splits column 0 at 0.5 into leaves 1 and 2.
    Tree 1: node 3 splits column 1 by category into leaf 4 and node 5, which splits column 0
    at −1 into leaves 6 and 7.
    """
    fields: dict[str, Any] = {
        "compare": "lt",
        "categories_go": "right",
        "outputs": 1,
        "base": np.array([0.5], np.float32),
        "starts": np.array([0, 3], i32),
        "target": np.array([0, 0], i32),
        "feature": np.array([0, -1, -1, 1, -1, 0, -1, -1], i32),
        "threshold": np.array([0.5, 0, 0, 0, 0, -1, 0, 0], np.float32),
        "left": np.array([1, 0, 1, 4, 2, 6, 3, 4], i32),
        "right": np.array([2, -1, -1, 5, -1, 7, -1, -1], i32),
        "default_left": np.array([1, 0, 0, 0, 0, 1, 0, 0], bool),
        "category_set": np.array([-1, -1, -1, 0, -1, -1, -1, -1], i32),
        "values": np.array([[0.25], [-0.25], [1], [2], [-3]], np.float32),
        "set_starts": np.array([0, 2], i32),
        "set_words": np.array([1 << 1, 1 << 1], np.uint32),
    }
    return Trees(**{**fields, **changes})


def tree_bundle() -> Bundle:
    """XGBoost's kind of model: float32 trees with a category set, a regression margin."""
    builder = Builder()
    x = builder.add(Numbers(("x", "colour"), "float32"))
    with builder.within("model"):
        y = builder.add(small_trees(), x)
    outputs = (Output("predict", (y.name,), "vector"),)
    graph = graph_of(builder, [("x", "float32"), ("colour", "float32")], *outputs)
    nan = float("nan")
    rows: dict[str, Column] = {
        "x": np.array([0, 0.5, nan, -2], np.float32),
        "colour": np.array([1, 33, nan, 2], np.float32),
    }
    expected = np.array([[-2.25], [-2.75], [2.75], [1.75]], np.float32)
    return bundle_of(graph, rows, {"predict": [expected]})


def classifier_bundle() -> Bundle:
    """A logistic regression of three string classes: affine, softmax, arg max, labels."""
    builder = Builder()
    with builder.within("scale"):
        x = builder.add(Require("finite"), builder.add(Numbers(("a", "b"), "float64")))
    coef, intercept = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.array([0.0, 0.5, 1.0])
    with builder.within("model"):
        scores = builder.add(Affine(coef, intercept), x)
        proba = builder.add(Softmax(), scores)
        label = builder.add(Labels(("no", "maybe", "yes"), "str"), builder.add(ArgMax(), scores))
    outputs = (
        Output("predict", (label.name,), "vector"),
        Output("predict_proba", (proba.name,), "matrix"),
        Output("decision_function", (scores.name,), "matrix"),
    )
    graph = graph_of(builder, [("a", "float64"), ("b", "float64")], *outputs)
    table = np.array([[2.0, 0.0], [0.0, 3.0], [-1.0, -1.0]])
    margin = table @ coef.T + intercept
    power = np.exp(margin - margin.max(axis=1, keepdims=True))
    rows: dict[str, Column] = {"a": table[:, 0], "b": table[:, 1]}
    answers: dict[str, list[Column]] = {
        "predict": [["no", "maybe", "yes"]],
        "predict_proba": [power / power.sum(axis=1, keepdims=True)],
        "decision_function": [margin],
    }
    return bundle_of(graph, rows, answers, near=frozenset({"predict_proba", "decision_function"}))


def encoder_bundle() -> Bundle:
    """A ColumnTransformer's kind of output: strings, numbers and an unused column, one matrix."""
    builder = Builder()
    with builder.within("onehot"):
        code = builder.add(Encode("city", ("Köln", "Oslo"), -1, -1))
        hot = builder.add(OneHot(2, "float64"), code)
    with builder.within("target"):
        mixed = builder.add(Encode("grade", ("a", 2, 3.5), 3, 3))
        table = np.array([[0.25], [0.5], [0.75], [-1.0]])
        mean = builder.add(Lookup(table, np.array([0.0])), mixed)
    with builder.within("number"):
        size = builder.add(Numbers(("size",), "float64"))
        root = builder.add(Unary("sqrt"), size)
        gap = builder.add(missing(float("nan")), size)
    matrix = builder.add(Concat(), hot, mean, builder.add(Select((0,)), root))
    outputs = (
        Output("transform", (matrix.name,), "matrix"),
        Output("missing", (gap.name,), "vector"),
    )
    columns = [("city", "string"), ("size", "float64"), ("unused", "any"), ("grade", "mixed")]
    graph = graph_of(builder, columns, *outputs)
    nan = float("nan")
    rows: dict[str, Column] = {
        "city": ["Oslo", None, "Köln"],
        "size": np.array([4.0, nan, 9.0]),
        "grade": [2, nan, "a"],
    }
    expected = np.array([[0, 1, 0.5, 2], [0, 0, -1, nan], [1, 0, 0.25, 3]])
    return bundle_of(
        graph, rows, {"transform": [expected], "missing": [np.array([[False], [True], [False]])]}
    )


BUNDLES: dict[str, Callable[[], Bundle]] = {
    "trees": tree_bundle,
    "classifier": classifier_bundle,
    "encoder": encoder_bundle,
}
"""Every small bundle by name, for `parametrize`."""


def graph_of(builder: Builder, columns: Sequence[tuple[str, str]], *outputs: Output) -> Graph:
    """The builder's nodes as a graph over (name, type) columns."""
    return Graph(tuple(Input(*column) for column in columns), tuple(builder.nodes), outputs)


def bundle_of(
    graph: Graph,
    rows: dict[str, Column],
    answers: dict[str, list[Column]],
    near: frozenset[str] = frozenset(),
) -> Bundle:
    """A bundle without PMML around a graph; outputs in `near` get a tolerance of 1e-12."""
    expected = {
        name: Expected(
            tuple(values),
            tuple(np.full(np.shape(v), 1e-12) if name in near else None for v in values),
        )
        for name, values in answers.items()
    }
    count = len(next(iter(rows.values())))
    certificate = {
        name: Certificate(count, sum(map(np.size, values)), "exact", 0.0, 0.0, 0)
        for name, values in answers.items()
    }
    inputs, outputs = describe(graph)
    manifest = Manifest(
        name="small",
        model_version="1",
        producer="scorebundle tests",
        source="none",
        libraries={"numpy": "2"},
        inputs=inputs,
        outputs=outputs,
        certificate=certificate,
        members={},
        pmml="made by hand",
        metadata={"note": ["free", {"form": None}]},
    )
    return Bundle.build(manifest, graph, Verification(rows, expected), None)


def members_of(bundle: Bundle) -> Members:
    """The unpacked members by name."""
    with zipfile.ZipFile(io.BytesIO(bundle.to_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: Members, method: int = zipfile.ZIP_STORED) -> bytes:
    """Members zipped by the standard library, as another tool would."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def redigested(members: Members) -> Members:
    """The members with bundle.json's digests set right, so that a mutation gets past them."""
    manifest = json.loads(members["bundle.json"])
    manifest["members"] = {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in members.items()
        if name != "bundle.json"
    }
    return {**members, "bundle.json": json.dumps(manifest).encode()}


def with_member(members: Members, name: str, data: bytes) -> bytes:
    """The zip with one member replaced and the digests set right."""
    changed = {**members, name: data}
    return zipped(changed if name == "bundle.json" else redigested(changed))


def packed(value: Any) -> bytes:
    """Any value as msgpack."""
    return bytes(msgpack.packb(value, use_bin_type=True))


def node_entry(op: str, inputs: list[str], output: str, attributes: Json, tensors: Json) -> Json:
    """A node as graph.json holds it."""
    return {
        "op": op,
        "inputs": inputs,
        "outputs": [output],
        "attributes": attributes,
        "tensors": tensors,
        "step": "",
    }
