"""The PMML writer: a form for every operator, valid, deterministic; `peers/` asks evaluators."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree
from scipy.interpolate import BSpline

from scorebundle.bundle.fields import Array, Operator
from scorebundle.bundle.graph import Builder, Graph, Input, Output, Value
from scorebundle.bundle.ops import (
    OPERATORS,
    Barycenter,
    Cast,
    Coupling,
    Encode,
    Items,
    Multiplicative,
    Nearest,
    NonNegative,
    Numbers,
    Order,
    Parse,
    Phrase,
    Reduce,
    SparseCode,
    Spline,
    Topics,
    TreeContributions,
    Unary,
)
from scorebundle.pmml import Unsupported, write
from scorebundle.pmml.curves import intervals, taylor
from scorebundle.pmml.draft import FORMS
from scorebundle.pmml.trees import rounding_limit
from scorebundle.schemas import __file__ as schemas_file

from .bundles import classifier_bundle, encoder_bundle, tree_bundle
from .pmml_graphs import BUILDS, GRAPHS, Make, graph_of, numbers, terms, tree

XSD = etree.XMLSchema(etree.parse(str(Path(schemas_file).with_name("pmml-4.4.xsd"))))
PMML = "{http://www.dmg.org/PMML-4_4}"


def parsed(document: bytes) -> Any:
    """The document's root, after checking it against the DMG's schema."""
    root = etree.fromstring(document, etree.XMLParser(huge_tree=True))
    assert XSD.validate(root), str(XSD.error_log)[:500]
    return root


def test_every_operator_has_a_form() -> None:
    assert set(FORMS) == set(OPERATORS.values())


UNWRITTEN = {
    *(Barycenter, Coupling, Nearest, NonNegative, Multiplicative, Topics, SparseCode),
    *(Items, Order, Parse, Phrase, TreeContributions),
}
"""Operators whose form says why there is none."""


def test_every_operator_is_written_by_a_graph_here() -> None:
    written = {type(node.op) for graph in GRAPHS.values() for node in graph.nodes}
    assert written == set(OPERATORS.values()) - UNWRITTEN


def test_what_is_solved_row_by_row_is_refused() -> None:
    one, rows = np.ones(1), np.ones((2, 2))
    topics = Topics(components=rows, prior=one, tol=one, rounds=3)
    graph = graph_of(lambda to: {"transform": ([to.add(topics, numbers(to, "a", "b"))], "matrix")})
    with pytest.raises(Unsupported, match="PMML has no loops"):
        write(graph, "m")


def test_an_operator_without_form_is_refused() -> None:
    class Strange(Operator):
        arity = 1

        def output(self, *inputs: Any) -> Any:
            return inputs[0]

    graph = graph_of(lambda to: {"transform": ([to.add(Strange(), numbers(to, "a"))], "matrix")})
    with pytest.raises(Unsupported, match="Strange has no PMML form"):
        write(graph, "m")


@pytest.mark.parametrize("name", GRAPHS)
def test_documents_are_valid_standard_and_deterministic(name: str) -> None:
    document = write(GRAPHS[name], name)
    root = parsed(document)
    assert document == write(graph_of(BUILDS[name]), name)
    for element in root.iter():
        assert element.tag != f"{PMML}Extension"
        assert not any(key.startswith("x-") for key in element.keys())  # noqa: SIM118
    defined = [e.get("name") for e in root.iter(f"{PMML}DataField", f"{PMML}DerivedField")]
    assert len(defined) == len(set(defined))


@pytest.mark.parametrize("make", [tree_bundle, classifier_bundle, encoder_bundle])
def test_verification_rows_are_written(make: Any) -> None:
    bundle = make()
    root = parsed(write(bundle.graph, "m", verification=bundle.verification))
    (verification,) = root.iter(f"{PMML}ModelVerification")
    assert 1 <= int(verification.get("recordCount")) <= 5
    assert verification.getparent().get("modelName") == "m"


@pytest.mark.parametrize("degree", range(5))
def test_polynomials_of_a_spline_are_the_spline(degree: int) -> None:
    random = np.random.default_rng(degree)
    knots = np.sort(random.normal(size=degree + 7))
    op = Spline(degree, knots, random.normal(size=(6, 2)))
    spline = BSpline.construct_fast(knots, op.coef, degree, extrapolate=True)
    for at in intervals(op):
        x = np.linspace(knots[at], knots[at + 1], 7)[:-1]
        powers = (x[:, None] - knots[at]) ** np.arange(degree + 1)
        np.testing.assert_allclose(powers @ taylor(op, at), spline(x), rtol=1e-9, atol=1e-9)


def test_a_timestamp_is_written_only_if_given() -> None:
    graph = GRAPHS["affine"]
    assert b"Timestamp" not in write(graph, "m")
    assert b"<Timestamp>2026-11-23T00:00:00Z<" in write(
        graph, "m", timestamp="2026-11-23T00:00:00Z"
    )


def test_fields_are_named_after_step_and_column() -> None:
    root = parsed(write(GRAPHS["exp"], "m"))
    names = [e.get("name") for e in root.iter(f"{PMML}DerivedField")]
    assert names == ["step(a)", "step(b)"]


def test_columns_may_have_the_names_of_outputs_and_fields() -> None:
    builder = Builder()
    with builder.within("step"):
        x = builder.add(
            Unary("exp"), builder.add(Numbers(("predict", "step(predict)", "y"), "float64"))
        )
        y = builder.add(Reduce("sum"), x)
    names = ("predict", "step(predict)", "y")
    graph = Graph(
        tuple(Input(name, "float64") for name in names),
        tuple(builder.nodes),
        (Output("predict", (y.name,), "vector"),),
    )
    root = parsed(write(graph, "m"))
    fields = [e.get("name") for e in root.iter() if e.get("name") and "Field" in e.tag]
    assert "predict.2" in fields
    assert "y.2" in fields


def test_fields_that_nothing_reads_are_left_out() -> None:
    def unread(to: Builder) -> dict[str, tuple[list[Value], str]]:
        x = to.add(Cast("float32"), numbers(to, "a", "b"))
        return {"predict": ([to.add(tree([[1.0], [2.0], [3.0]]), x)], "vector")}

    root = parsed(write(graph_of(unread), "m"))
    assert not list(root.iter(f"{PMML}DerivedField"))  # the thresholds do the rounding


def test_probabilities_are_named_after_classes() -> None:
    root = parsed(write(GRAPHS["classifier"], "m"))
    found = [e.get("name") for e in root.iter(f"{PMML}OutputField")]
    assert found[0] == "predict"
    assert found[-3:] == ["probability(no)", "probability()", "probability(høy & lav)"]


def _refused(make: Make) -> Graph:
    return graph_of(lambda to: {"transform": ([make(to)], "matrix")})


@pytest.mark.parametrize(
    "make, reason",
    [
        (lambda to: to.add(Encode("s", ("x",), 1, 2)), "one missing value"),
        (lambda to: to.add(Encode("m", ("1", 1), -1, -1)), "text '1' and the number"),
        (lambda to: to.add(Encode("s", ("\x00",), -1, -1)), "XML has no characters"),
        (lambda to: to.add(terms(vocabulary=(), hashed=8)), "no hashed terms"),
        (lambda to: to.add(terms(ngrams=(1, 2))), "not n-grams"),
        (lambda to: to.add(terms(analyzer="char_wb")), "not n-grams"),
        (lambda to: to.add(terms(pattern="[a-z]+")), "no pattern of words"),
        (lambda to: to.add(terms(accents="ascii")), "keeps accents"),
        (lambda to: to.add(terms(vocabulary=("the",))), "a stop word is in the vocabulary"),
        (
            lambda to: to.add(tree([[math.inf], [1.0], [0.0]]), numbers(to, "a", "b")),
            "not finite",
        ),
    ],
)
def test_what_has_no_form_is_refused_with_a_reason(make: Make, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        write(_refused(make), "m")


def test_collections_have_no_form() -> None:
    build = Builder()
    value = build.add(Items("c", "items", ("a",), 0, False, True, "int64"))
    outputs = (Output("transform", (value.name,), "matrix"),)
    with pytest.raises(Unsupported, match="no collections"):
        write(Graph((Input("c", "items"),), tuple(build.nodes), outputs), "m")


def test_a_graph_without_outputs_is_refused() -> None:
    with pytest.raises(Unsupported, match="no outputs"):
        write(graph_of(lambda to: {}), "m")


def test_trees_behind_trees_nest_no_deeper_than_parsers_read() -> None:
    def chain(to: Builder) -> Value:
        x = numbers(to, "a", "b")
        for _ in range(60):
            x = to.add(tree([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), x)
        return x

    with pytest.raises(Unsupported, match="more than 50 times"):
        write(_refused(chain), "m")


def test_deep_trees_are_written_without_recursion() -> None:
    depth = 20_000
    nodes = 2 * depth + 1
    feature = np.full(nodes, -1, np.int32)
    feature[0:-1:2] = 0
    left, right = np.zeros(nodes, np.int32), np.full(nodes, -1, np.int32)
    left[0:-1:2] = np.arange(1, nodes, 2)
    right[0:-1:2] = np.arange(2, nodes, 2)
    op = tree(
        [[1.0]],
        feature=feature,
        threshold=np.linspace(0, 1, nodes),
        left=left,
        right=right,
        default_left=np.zeros(nodes, bool),
        category_set=np.full(nodes, -1, np.int32),
    )
    graph = graph_of(lambda to: {"predict": ([to.add(op, numbers(to, "a"))], "vector")})
    assert write(graph, "m").count(b"<Node ") == nodes


def test_rounding_limit_is_the_last_double_that_rounds_to_the_float() -> None:
    bits = np.random.default_rng(0).integers(-(2**31), 2**31, 5000).astype(np.int32)
    singles = bits.view(np.float32)
    largest = np.finfo(np.float32).max
    special = np.array([0, -0.0, 1e-45, -1e-45, largest, -largest, -np.inf, 1, 2], np.float32)
    singles = np.concatenate([singles[np.isfinite(singles)], special])
    limit = rounding_limit(singles)

    def rounded(x: Array) -> Array:
        with np.errstate(over="ignore"):
            return x.astype(np.float32)

    assert (rounded(limit) <= singles).all()
    assert (rounded(np.nextafter(limit, np.inf)) > singles).all()
    assert rounding_limit(np.array([np.inf], np.float32)) == np.inf
