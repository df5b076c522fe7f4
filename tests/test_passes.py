"""What passes rewrite gives the same bits and refuses the same rows as what is stored."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scorebundle.bundle.graph import Builder, Graph, Input, Output, Value
from scorebundle.bundle.ops import (
    Affine,
    Binary,
    Cast,
    Concat,
    Constant,
    Encode,
    Lookup,
    Numbers,
    OneHot,
    Require,
    Select,
    Unary,
    Where,
    missing,
)
from scorebundle.runtime import Runtime, model
from scorebundle.runtime.facts import Facts
from scorebundle.runtime.passes import optimised

BOUNDED = settings(max_examples=80, deadline=None, derandomize=True)
WORDS = ("a", "b", "c")
WEIGHTS = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.1, -0.3, 1e300, 5e-324, -1e-310])
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -1e308, 1e308, np.nan, np.inf])


@st.composite
def linear_models(draw: Any) -> Graph:
    """Columns and one-hot codes side by side in any order, checked or not, then coefficients."""
    build = Builder()
    dtype = draw(st.sampled_from(["float64", "float32"]))
    inputs = [Input("w0", "string"), Input("w1", "string"), Input("x", "float64")]
    code = [build.add(Encode(f"w{i}", WORDS, draw(st.integers(-1, 2)), -1)) for i in range(2)]
    x = build.add(Cast("float32"), build.add(Numbers(("x",), "float64")))
    x = build.add(Cast(dtype), x)
    kinds: list[Value] = [
        x,
        *(build.add(OneHot(draw(st.integers(1, 4)), dtype), part) for part in code),
        build.add(Constant(np.array([2.0, -0.0], dtype))),
    ]
    parts = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=5))
    wide = build.add(Concat(), *parts) if len(parts) > 1 else parts[0]
    for rule in draw(st.lists(st.sampled_from(["finite", "not infinite", "not missing"]))):
        wide = build.add(Require(rule), wide)
    outputs = draw(st.integers(1, 3))
    width = wide.type.width
    numbers = draw(
        st.lists(WEIGHTS, min_size=outputs * (width + 1), max_size=outputs * (width + 1))
    )
    with np.errstate(over="ignore"):
        weights = np.nan_to_num(np.array(numbers).astype(dtype), posinf=7.0)
    coef, intercept = np.split(weights, [outputs * width])
    result = build.add(Affine(coef.reshape(outputs, width), intercept), wide)
    other = build.add(Affine(-coef.reshape(outputs, width), intercept), wide)
    outs = tuple(Output(value.name, (value.name,), "matrix") for value in (result, other, wide))
    return Graph(tuple(inputs), tuple(build.nodes), outs)


@BOUNDED
@given(linear_models(), st.lists(st.tuples(NUMBERS, *[st.sampled_from([*WORDS, "z"])] * 2)))
def test_coefficients_looked_up_are_the_sum_with_zeros(graph: Graph, rows: list[Any]) -> None:
    _assert_same(
        graph, {name: [row[i] for row in rows] for i, name in enumerate(("x", "w0", "w1"))}
    )


@BOUNDED
@given(st.lists(st.tuples(NUMBERS, st.sampled_from([*WORDS, "z"]))))
def test_casts_move_into_the_parts(rows: list[Any]) -> None:
    build = Builder()
    code = build.add(Encode("w", WORDS, -1, -1))
    table = np.array([[0.1, 1e300], [np.nan, -0.0], [1 / 3, 5e-324]])
    parts = (
        build.add(Numbers(("x",), "float64")),
        build.add(OneHot(3, "float64"), code),
        build.add(Lookup(table, np.array([np.inf, 0.7])), code),
        build.add(Constant(np.array([0.1]))),
    )
    wide = build.add(Cast("float32"), build.add(Concat(), *parts))
    graph = Graph(
        (Input("w", "string"), Input("x", "float64")),
        tuple(build.nodes),
        (Output("wide", (wide.name,), "matrix"),),
    )
    assert not any(
        isinstance(node.op, Cast) and graph.types[node.inputs[0]].width > 1
        for node in optimised(graph).nodes
    )
    _assert_same(graph, {"x": [row[0] for row in rows], "w": [row[1] for row in rows]})


@st.composite
def computed_from_categories(draw: Any) -> Graph:
    """Chains of operators of one category each, and of what is no category."""
    build = Builder()
    missing_codes = [draw(st.integers(-1, 4)) for _ in range(2)]
    codes = [build.add(Encode(f"w{i}", WORDS, none, none)) for i, none in enumerate(missing_codes)]
    x = build.add(Numbers(("x",), "float64"))
    values = [x, build.add(Constant(np.array([draw(NUMBERS)])))]
    for code in codes:
        table = np.array([[draw(NUMBERS)] for _ in range(draw(st.integers(1, 4)))])
        values.append(build.add(Lookup(table, np.array([draw(NUMBERS)])), code))
    for _ in range(draw(st.integers(1, 8))):
        a, b, c = (draw(st.sampled_from(values)) for _ in range(3))
        kind = draw(st.sampled_from(["unary", "binary", "where", "missing", "check"]))
        if kind == "unary":
            a = build.add(Unary(draw(st.sampled_from(["absolute", "exp", "negative"]))), a)
        elif kind == "binary":
            a = build.add(Binary(draw(st.sampled_from(["add", "multiply", "divide"]))), a, b)
        elif kind == "where":
            less = build.add(Binary("less"), a, b)
            a = build.add(Where(), build.add(Unary("not"), less), b, c)
        elif kind == "missing":
            a = build.add(Cast("float64"), build.add(missing(np.nan), a))
        else:
            a = build.add(Require("not infinite"), a)
        values.append(a)
    chosen = draw(st.lists(st.sampled_from(values), min_size=1, max_size=4, unique=True))
    outs = tuple(Output(f"y{i}", (value.name,), "vector") for i, value in enumerate(chosen))
    inputs = (Input("w0", "string"), Input("w1", "string"), Input("x", "float64"))
    return Graph(inputs, tuple(build.nodes), outs)


@BOUNDED
@given(
    computed_from_categories(),
    st.lists(st.tuples(NUMBERS, *[st.sampled_from([*WORDS, "z", None])] * 2)),
)
def test_what_one_category_decides_is_looked_up(graph: Graph, rows: list[Any]) -> None:
    _assert_same(
        graph, {name: [row[i] for row in rows] for i, name in enumerate(("x", "w0", "w1"))}
    )


def test_a_chain_from_a_category_becomes_one_look_up() -> None:
    build = Builder()
    code = build.add(Encode("w", WORDS, -1, -1))
    table = np.array([[0.0], [1.0], [2.0]])
    number = build.add(Lookup(table, np.array([np.nan])), code)
    one = build.add(Constant(np.array([1.0])))
    same = build.add(Cast("float64"), build.add(Binary("equal"), number, one))
    total = build.add(Binary("add"), same, build.add(Numbers(("x",), "float64")))
    outputs = (Output("y", (total.name,), "vector"),)
    graph = Graph((Input("w", "string"), Input("x", "float64")), tuple(build.nodes), outputs)
    kinds = [node.kind for node in optimised(graph).needed(["y"])]
    assert kinds == ["Encode", "Lookup", "Numbers", "Binary"]


def test_one_hot_columns_are_never_made_for_a_linear_model() -> None:
    build = Builder()
    code = build.add(Encode("w", WORDS, -1, -1))
    wide = build.add(
        Concat(), build.add(Numbers(("x",), "float64")), build.add(OneHot(3, "float64"), code)
    )
    result = build.add(Affine(np.ones((1, 4)), np.zeros(1)), build.add(Require("finite"), wide))
    graph = Graph(
        (Input("w", "string"), Input("x", "float64")),
        tuple(build.nodes),
        (Output("y", (result.name,), "matrix"),),
    )
    kinds = {node.kind for node in optimised(graph).needed(["y"])}
    assert kinds == {"Numbers", "Require", "Encode", "CodedAffine"}


def test_what_is_known_of_columns() -> None:
    build = Builder()
    x = build.add(Numbers(("a", "b"), "float64"))
    bounded = build.add(Require("not infinite"), x)
    filled = build.add(
        Where(), build.add(missing(np.nan), bounded), build.add(Constant(np.zeros(2))), bounded
    )
    narrow = build.add(Cast("float32"), filled)
    chosen = build.add(Select((1,)), x)
    facts = Facts(
        Graph(
            (Input("a", "float64"), Input("b", "float64")),
            tuple(build.nodes),
            (Output("y", (narrow.name,), "matrix"),),
        )
    )
    assert facts.broken(x.name, "finite").all()
    assert facts.broken(bounded.name, "finite").all()
    assert not facts.broken(bounded.name, "not infinite").any()
    assert not facts.broken(filled.name, "finite").any()
    assert facts.broken(narrow.name, "not infinite").all()
    assert facts.broken(chosen.name, "not missing").tolist() == [True]


def _assert_same(graph: Graph, rows: dict[str, list[Any]]) -> None:
    """Bits and refused rows, with the passes and without."""
    scores = Runtime(graph).score(rows, errors="mark")
    with mock.patch.object(model, "optimised", lambda graph: graph):
        plain = Runtime(graph).score(rows, errors="mark")
    assert scores.status == plain.status
    for name, value in plain.items():
        assert scores[name].dtype == value.dtype
        np.testing.assert_array_equal(scores[name].view(np.uint8), value.view(np.uint8))


def test_codes_are_those_of_their_own_node_when_passes_add_nodes() -> None:
    build = Builder()
    results = []
    for word in ("w", "v"):  # the second's Encode comes after what the first's Affine becomes
        hot = build.add(OneHot(3, "float64"), build.add(Encode(word, WORDS, -1, -1)))
        wide = build.add(Concat(), build.add(Numbers(("x",), "float64")), hot)
        weights = np.array([[0.5, 1.0, 2.0, 4.0]])
        checked = build.add(Require("finite"), wide)
        results.append(build.add(Affine(weights, np.zeros(1)), checked))
    graph = Graph(
        (Input("w", "string"), Input("v", "string"), Input("x", "float64")),
        tuple(build.nodes),
        tuple(Output(f"y{i}", (value.name,), "matrix") for i, value in enumerate(results)),
    )
    _assert_same(graph, {"w": ["a", "c", "z"], "v": ["b", "z", "a"], "x": [1.0, 2.0, 3.0]})
