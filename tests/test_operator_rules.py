"""Every rule of every operator, broken one at a time in an otherwise good graph.json."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
import pytest

from scorebundle.bundle import BundleError
from scorebundle.bundle.fields import TENSOR_DTYPES, Attribute, TensorField
from scorebundle.bundle.ops import OPERATORS, contributions
from scorebundle.bundle.types import MAX_WIDTH

from .operator_examples import GOOD, ONE, f32, read


def refuses(kind: str, rule: str, inputs: tuple[str, ...] | None = None, /, **changes: Any) -> None:
    """The good operator with these changes is refused, naming node and rule."""
    good = GOOD[kind]
    feeds = good.inputs if inputs is None else inputs
    with pytest.raises(BundleError, match=rule) as caught:
        read(kind, {**good.fields, **changes}, feeds)
    assert caught.value.member == "graph.json"
    assert caught.value.node == f"node {len(feeds)} ({kind})"


@pytest.mark.parametrize("kind", OPERATORS)
def test_every_operator_has_a_good_example(kind: str) -> None:
    assert read(kind, *GOOD[kind]).nodes[-1].kind == kind


def changed(field: str, value: Any) -> dict[str, Any]:
    return {field: value}


def declared(kind: type[Any]) -> list[tuple[str, str]]:
    return [
        (name, field)
        for name, operator in OPERATORS.items()
        for field, spec in operator.declared.items()
        if isinstance(spec, kind)
    ]


@pytest.mark.parametrize("kind, field", declared(Attribute))
def test_attribute_of_a_wrong_kind_is_refused(kind: str, field: str) -> None:
    values: list[Any] = [None, 1.5, -2, 2**63, {}, [[]], [None], "\ud800", ["\ud800"]]
    for value in values:
        refuses(kind, f"{field}: must|{field}: a category must", **changed(field, value))


@pytest.mark.parametrize("kind, field", declared(TensorField))
def test_tensor_of_a_wrong_kind_is_refused(kind: str, field: str) -> None:
    good: Any = GOOD[kind].fields[field]
    spec = OPERATORS[kind].declared[field]
    assert isinstance(spec, TensorField)
    for dtype in set(TENSOR_DTYPES) - set(spec.dtypes):
        refuses(kind, f"{field}: must have dtype", **changed(field, np.zeros(good.shape, dtype)))
    refuses(kind, f"{field}: must have {good.ndim} dimensions", **changed(field, good[np.newaxis]))


@pytest.mark.parametrize("kind", OPERATORS)
def test_missing_and_unknown_fields_are_refused(kind: str) -> None:
    good = GOOD[kind]
    refuses(kind, "surprise: is not a field of this format", surprise=1)
    refuses(kind, "surprise: is not a field of this format", surprise=np.zeros(1))
    for field in good.fields:
        fewer = {name: value for name, value in good.fields.items() if name != field}
        with pytest.raises(BundleError, match=rf"\({kind}\): {field}: is missing"):
            read(kind, fewer, good.inputs)


@pytest.mark.parametrize("kind", OPERATORS)
def test_number_of_inputs_is_fixed(kind: str) -> None:
    good = GOOD[kind].inputs
    if OPERATORS[kind].arity is None:
        refuses(kind, "takes one or more inputs, not 0", ())
    else:
        refuses(kind, f"inputs, not {len(good) + 1}", (*good, "float64 1"))
        if good:
            refuses(kind, f"inputs, not {len(good) - 1}", good[:-1])


def test_phrase_rules() -> None:
    column = ["column", 0]
    refuses("Phrase", "steps: must be 1 to 256", steps=[])
    refuses("Phrase", "steps: 'eval' is not known", steps=[["eval", 0]])
    refuses("Phrase", "steps: column: 1 is out of range", steps=[["column", 1]])
    refuses("Phrase", "steps: lower: 1 is out of range", steps=[column, ["lower", 1]])
    refuses("Phrase", "steps: lower takes 1 arguments", steps=[column, ["lower"]])
    refuses("Phrase", "steps: text takes a text", steps=[["text", 0]])
    refuses("Phrase", "steps: trim takes an integer", steps=[column, ["trim", "0"]])
    refuses("Phrase", "steps: pattern: ", steps=[column, ["matches", 0, "(a+)+b"]])
    refuses("Phrase", "steps: must hold lists", steps=["column"])
    refuses("Phrase", "column 'x' must be string or boolean or mixed", columns=["x"])
    refuses("Parse", "meaning: must be one of", meaning="month")
    refuses("OptionalLabels", "classes: must not be empty", classes=[])


def test_columns_rules() -> None:
    refuses("Numbers", "columns: must be a non-empty list", columns=[])
    refuses("Numbers", "column 'y' is not an input", columns=["y"])
    refuses("Numbers", "column 'c' must be float64 or float32 or int64", columns=["c"])
    refuses("Numbers", "dtype: must be one of float32, float64, int64", dtype="bool")
    refuses("Encode", "column 'x' must be string or boolean or mixed", column="x")
    refuses("Encode", "categories: must not list a category twice", categories=[1, True])
    refuses("Encode", "categories: NaN cannot be a listed category", categories=[float("nan")])
    refuses("Encode", "categories: an integer category must fit 64 bits", categories=[2**63])
    refuses("Select", "indices: must be below the width 3", indices=[3])
    refuses("Select", "indices: must be a non-empty list", indices=[])
    refuses("Concat", "inputs must have one dtype", ("float64 3", "float32 1"))
    refuses("Require", "rule 'finite' needs float32 or float64", ("int64 3",))
    refuses("Require", "rule 'known' needs int64", rule="known")
    refuses("Labels", "classes: must not be empty", classes=[])
    refuses("Labels", "classes: do not fit dtype float64", dtype="float64")
    refuses("Labels", "classes: do not fit dtype int8", classes=[0, 300], dtype="int8")
    refuses("Labels", r"needs int64\[1\], not int64\[2\]", ("int64 2",))
    refuses("Labels", r"needs int64\[1\], not float64\[1\]", ("float64 1",))


@pytest.mark.parametrize("classes, dtype", [([1.5], "int8"), (["1"], "int64"), ([1], "str")])
def test_labels_must_survive_their_dtype(classes: list[Any], dtype: str) -> None:
    refuses("Labels", "classes: do not fit dtype", classes=classes, dtype=dtype)


def test_labels_of_very_different_length_do_not_exhaust_memory() -> None:
    classes = [*map(str, range(200_000)), "x" * 20_000_000]  # 16 TB as an array
    refuses("Labels", "classes: ", classes=classes)


def test_elementwise_rules() -> None:
    refuses("Unary", "sqrt needs float32 or float64, not int64", ("int64 3",))
    refuses("Unary", "not needs bool, not float32", op="not")
    refuses(
        "Binary", "inputs must have one dtype, not float64 and float32", ("float64 3", "float32 3")
    )
    refuses("Binary", "widths 3 and 2 do not fit", ("float64 3", "float64 2"))
    refuses("Binary", "and needs bool", op="and")
    refuses("Binary", "add needs float32 or float64", ("int64 3", "int64 3"))
    refuses("Binary", "less needs numbers", ("bool 3", "bool 3"), op="less")
    refuses("Missing", "value: must hold one number", value=np.zeros(2))
    refuses("Missing", "needs float32 or float64, not bool", ("bool 3",))
    refuses("Where", "the condition must be bool, not int64", ("int64 3", "bool 3", "bool 3"))
    refuses("Where", "both choices must have one dtype", ("bool 3", "bool 3", "int64 3"))
    refuses("Where", "widths must be equal or 1", ("bool 2", "float64 3", "float64 3"))


def test_category_rules() -> None:
    nan = np.nan
    refuses("Match", "categories: must ascend", categories=np.array([2.0, 1.0]))
    refuses("Match", "categories: must ascend", categories=np.array([0.0, -0.0]))
    refuses("Match", "categories: NaN may only come last", categories=np.array([nan, 1.0]))
    refuses("Match", "categories: NaN may only come last", categories=np.array([nan, nan]))
    refuses("Match", r"needs float64\[1\], not float32\[1\]", ("float32 1",))
    refuses("Match", r"needs float64\[1\], not float64\[2\]", ("float64 2",))
    refuses("Lookup", "default: dimension width must be 2, not 3", default=np.zeros(3))
    refuses("Lookup", "default: must have the table's dtype", default=np.zeros(2, f32))
    refuses("Lookup", r"needs int64, not float64\[1\]", ("float64 1",))
    refuses("Lookup", r"needs int64, not int64\[0\]", ("int64 0",))
    refuses("LookupSum", "table: must have a column", table=np.zeros((3, 0)))
    refuses("LookupSum", "weights must be float64", ("int64 2", "float32 2"))
    for kind in ("LookupSum", "BinCount"):
        refuses(kind, "codes must be int64, not float64", ("float64 2", "float64 2"))
        refuses(kind, "weights must be float32 or float64", ("int64 2", "int64 2"))
        refuses(kind, "needs 2 weights, not 3", ("int64 2", "float64 3"))
    refuses("BinCount", "size: must be an integer from 1 to", size=0)
    refuses("BinCount", "size: must be an integer from 1 to", size=MAX_WIDTH + 1)
    refuses("OneHot", "size: must be an integer from 1 to", size=0)
    refuses("OneHot", "size: must be an integer from 1 to", size=MAX_WIDTH + 1)
    refuses("OneHot", r"needs int64\[1\], not bool\[1\]", ("bool 1",))


def test_row_and_linear_rules() -> None:
    for kind in ("Reduce", "ArgMax", "Order", "Softmax"):
        refuses(kind, "needs float32 or float64, not int64", ("int64 3",))
    refuses("Order", "count: must be an integer from 1 to", count=0)
    refuses("Order", "count: must be at most the width 1", ("float64 1",))
    refuses("WeightedMedian", "weights: must be 2, one per number", ("float64 2",))
    refuses("WeightedMedian", "needs float32 or float64, not int64", ("int64 3",))
    refuses("WeightedMedian", "weights: must be finite", weights=np.array([1.0, np.inf, 0.0]))
    refuses("WeightedMedian", "weights: must not be negative", weights=np.array([1.0, -1.0, 0.0]))
    refuses("Affine", "intercept: must have coef's dtype", intercept=np.zeros(2, f32))
    refuses("Affine", "intercept: dimension outputs must be 2, not 3", intercept=np.zeros(3))
    refuses("Affine", "coef: must have an output", coef=np.zeros((0, 3)), intercept=np.zeros(0))
    refuses("Affine", r"needs float64\[3\], not float64\[2\]", ("float64 2",))
    refuses("Affine", r"needs float64\[3\], not float32\[3\]", ("float32 3",))
    refuses("Coupling", "classes: must be an integer from 2 to 1024", classes=1)
    refuses("Coupling", r"needs float64\[3\], not float64\[4\]", ("float64 4",))
    refuses("Solve", "lower: must not be empty", lower=np.zeros((0, 0)))
    refuses("Solve", "lower: no 0 on the diagonal", lower=np.diag([1.0, 0, 1]))
    refuses("Solve", "lower: must be 0 above the diagonal", lower=np.ones((3, 3)))
    refuses("Solve", "lower: dimension width must be 2, not 3", lower=np.ones((2, 3)))
    refuses("Solve", r"needs float64\[3\], not float32\[3\]", ("float32 3",))
    refuses("Trees", "feature: must be below the width 1", ("float32 1",))
    refuses("Trees", "needs float32 or float64, not int64", ("int64 2",))
    refuses("Trees", "values: must be float64 where the input is", ("float64 2",))
    refuses("Trees", "takes one or two inputs", ("float32 2", "float32 1", "float32 1"))
    refuses("Trees", r"second input must be float32\[1\]", ("float32 2", "float64 1"))
    refuses("Trees", r"second input must be float32\[1\]", ("float32 2", "float32 2"))


def test_contribution_rules() -> None:
    kind = "TreeContributions"
    refuses(kind, "feature: must be below the width 1", ("float32 1",))
    refuses(kind, "needs float32, not float64", ("float64 2",))
    refuses(kind, "values: must have one column", values=np.zeros((5, 2), f32))
    refuses(kind, "values: must be finite", values=np.full((5, 1), np.inf, f32))
    refuses(kind, "weights: must be finite", weights=np.array([1, np.nan], f32))
    refuses(kind, "weights: dimension trees must be 2, not 3", weights=np.ones(3, f32))
    cover = GOOD[kind].fields["cover"]
    refuses(kind, "cover: dimension nodes must be 8, not 7", cover=cover[1:])
    refuses(kind, "cover: must be finite", cover=np.where(cover == 4, f32(np.inf), cover))
    refuses(kind, "cover: must be finite", cover=np.where(cover == 4, f32(np.nan), cover))
    refuses(kind, "cover: must not be negative", cover=np.where(cover == 1, f32(-1), cover))
    refuses(kind, "cover: must be above 0 at splits", cover=np.where(cover == 4, f32(0), cover))
    refuses(kind, "left, right: children must come after", left=np.zeros(8, np.int32))
    assert read(kind, chain(60), ("float32 2",)).types["result"].width == 2
    refuses(kind, "left, right: a way has more than 60 splits", **chain(61))
    with mock.patch.object(contributions, "MAX_SPLITS", 8):  # 1 + 2 + 3 + 3
        refuses(kind, "left, right: the ways have more than 8 splits", **chain(3))
    with mock.patch.object(contributions, "MAX_SPLITS", 9):
        read(kind, chain(3), ("float32 2",))


def chain(levels: int) -> dict[str, Any]:
    """The good operator's fields for one tree whose right children alone are split."""
    nodes, even = 2 * levels + 1, np.arange(2 * levels + 1) % 2 == 0
    split = even & (np.arange(nodes) < nodes - 1)
    place, leaves = np.arange(nodes, dtype=np.int32), np.cumsum(~split).astype(np.int32) - 1
    return {
        **GOOD["TreeContributions"].fields,
        "starts": np.zeros(1, np.int32),
        "feature": np.where(split, 0, -1).astype(np.int32),
        "threshold": np.zeros(nodes, f32),
        "left": np.where(split, place + 1, leaves).astype(np.int32),
        "right": np.where(split, place + 2, -1).astype(np.int32),
        "default_left": np.zeros(nodes, bool),
        "category_set": np.full(nodes, -1, np.int32),
        "values": np.ones((levels + 1, 1), f32),
        "cover": np.ones(nodes, f32),
        "weights": np.ones(1, f32),
    }


def test_distance_rules() -> None:
    none = np.ones((0, 3))
    refuses("Distance", r"needs float64\[3\], not float64\[2\]", ("float64 2",))
    refuses("Distance", r"needs float64\[3\], not float32\[3\]", ("float32 3",))
    refuses("Distance", "points: must not be empty", points=np.zeros((0, 3)))
    refuses(
        "Distance", "points: must not be empty", points=np.zeros((4, 0)), weights=np.ones((1, 0))
    )
    refuses("Distance", "order: must hold one number", order=np.ones(2))
    for order in (0.0, -1.0, np.inf, np.nan):
        refuses("Distance", "order: must be above 0 and finite", order=np.array([order]))
    refuses("Distance", "weights: dimension width must be 3, not 2", weights=np.ones((1, 2)))
    refuses("Distance", "weights: minkowski needs 1 rows", weights=none)
    refuses("Distance", "weights: mahalanobis needs 3 rows", metric="mahalanobis")
    refuses("Distance", "weights: manhattan needs 0 rows", metric="manhattan")
    refuses("Distance", "points: haversine needs latitude and", metric="haversine", weights=none)
    refuses("Distance", "arithmetic: minkowski is not made of products", arithmetic="products")
    refuses("Distance", "arithmetic: cosine is added in any order", metric="cosine", weights=none)


def test_nearest_rules() -> None:
    one = {"starts": np.zeros(1, int), "ends": np.array([4]), "radii": np.zeros(1)}
    refuses("Nearest", r"needs float64\[3\], not float64\[2\]", ("float64 2",))
    refuses("Nearest", "k: must be at most the number of points, 4", k=5)
    refuses("Nearest", "positions: must be from 0 to 2", positions=np.array([0, 1, 2, -1]))
    refuses("Nearest", "positions: must be from 0 to 2", positions=np.array([0, 1, 2, 2**53]))
    refuses("Nearest", "positions: dimension points must be 4, not 3", positions=np.arange(3))
    refuses("Nearest", "ends: dimension nodes must be 3, not 2", ends=np.array([4, 2]))
    refuses("Nearest", "regions: must have no side, one, or two", regions=np.zeros((3, 3, 3)))
    refuses("Nearest", "regions: several nodes need them", regions=np.zeros((0, 3, 3)))
    refuses("Nearest", "regions: boxes do not bound canberra", metric="canberra")
    for ends in ([5, 2, 4], [4, -1, 4], [4, 2, 1]):
        refuses("Nearest", "ends: ranges must lie within the points", ends=np.array(ends))
    refuses("Nearest", "leaves must not hold a point twice", ends=np.array([4, 3, 4]))
    refuses("Nearest", "ends: ranges must lie", starts=np.array([-1, 0, 2]))
    for count in (0, 2):
        wrong = {name: np.resize(value, count) for name, value in one.items()}
        refuses("Nearest", "nodes must be 1, 3, 7", regions=np.zeros((2, count, 3)), **wrong)


def test_barycenter_rules() -> None:
    refuses("Barycenter", "points: must not be empty", points=np.zeros((0, 3)))
    refuses("Barycenter", "reg: must hold one number", reg=np.ones(2))
    for reg in (0.0, -1.0, np.inf, np.nan):
        refuses("Barycenter", "reg: must be above 0 and finite", reg=np.array([reg]))
    refuses("Barycenter", "codes must be int64, not float64", ("float64 2", "float64 3"))
    refuses("Barycenter", "takes at most 256 codes", ("int64 257", "float64 3"))
    refuses("Barycenter", r"the row must be float64\[3\], not float64", ("int64 2", "float64 2"))


def test_tolerance_rules() -> None:
    refuses("Tolerance", "needs float32 or float64, not int64", ("int64 2",))
    two = {"absolute": np.zeros(2), "relative": np.zeros(2)}
    refuses("Tolerance", "absolute: must hold one number", **two)
    refuses("Tolerance", "relative: dimension one must be 1, not 2", relative=np.zeros(2))
    for name in ("absolute", "relative"):
        for number in (-1.0, np.inf, np.nan):
            refuses("Tolerance", f"{name}: must be finite", **{name: np.array([number])})


@pytest.mark.parametrize("kind", ["Multiplicative", "Topics"])
def test_rules_of_factors(kind: str) -> None:
    refuses(kind, r"needs float64\[3\], not float64\[2\]", ("float64 2",))
    refuses(kind, r"needs float64\[3\], not float32\[3\]", ("float32 3",))
    refuses(kind, "components: must not be negative", components=-np.ones((2, 3)))
    refuses(kind, "components: must be finite", components=np.full((2, 3), np.inf))
    refuses(kind, "components: must not be empty", components=np.ones((2, 0)))
    refuses(kind, "rounds: are too many for its size", components=np.ones((2, 9999)), rounds=2**24)
    refuses(kind, "tol: dimension one must be 1, not 2|must be 2, not 1", tol=np.ones(2))
    pairs = {name: np.ones(2) for name, field in GOOD[kind].fields.items() if field is ONE}
    refuses(kind, "must hold one number", **pairs)
    refuses(kind, "tol: must be a finite number from 0 on", tol=-ONE)


def test_rules_of_what_is_solved_by_row() -> None:
    refuses("Multiplicative", "l1: must be a finite number from 0 on", l1=-ONE)
    refuses("Multiplicative", "l2: must be a finite number from 0 on", l2=np.array([np.nan]))
    refuses("NonNegative", "tol: must be a finite number from 0 on", tol=-ONE)
    refuses("NonNegative", r"needs float64\[2\], not float64\[3\]", ("float64 3",))
    refuses("NonNegative", "gram: must be symmetric", gram=np.triu(np.ones((2, 2))))
    refuses("NonNegative", "gram: must be finite", gram=np.full((2, 2), np.inf))
    refuses("NonNegative", "order: must be below 2", order=np.array([[0, 2]], np.int32))
    refuses("NonNegative", "order: must be below 2", order=np.array([[0, -1]], np.int32))
    refuses("NonNegative", "order: must have a row", order=np.zeros((0, 2), np.int32))
    refuses(
        "NonNegative", "order: dimension components must be 2", order=np.zeros((1, 3), np.int32)
    )
    refuses("Multiplicative", "beta: must be a finite number from -64 on", beta=np.array([64.0]))
    refuses("Topics", "prior: must be a finite number from 0 on", prior=-ONE)
    refuses("SparseCode", r"needs float64\[3\]", ("float64 2",))
    refuses("SparseCode", r"needs float64\[3\] and float64\[1\]", method="lasso descent")
    refuses("SparseCode", "gram: must not be empty", gram=np.zeros((0, 0)))
    refuses("SparseCode", "gram: must be symmetric", gram=np.triu(np.ones((3, 3))))
    refuses("SparseCode", "gram: must be finite", gram=np.full((3, 3), np.nan))
    refuses("SparseCode", "gram: dimension atoms must be 3, not 2", gram=np.ones((3, 2)))
    refuses("SparseCode", "positive: pursuit has any sign", method="pursuit", rounds=2)
    for rounds in (0, 4):
        signs = {"positive": "any sign", "method": "pursuit"}
        refuses("SparseCode", "rounds: must be 1 to 3", rounds=rounds, **signs)
    refuses("SparseCode", "rounds: are too many", gram=np.eye(129), rounds=2**24)


def test_trees_may_begin_at_a_second_input() -> None:
    assert (
        read("Trees", GOOD["Trees"].fields, ("float32 2", "float32 1")).types["result"].width == 1
    )


def test_curve_rules() -> None:
    nan, inf = np.nan, np.inf
    for kind, field in (("Bin", "edges"), ("Interpolate", "x"), ("Spline", "knots")):
        good: Any = GOOD[kind].fields[field]
        refuses(kind, f"{field}: must not descend", **changed(field, -good))
        refuses(kind, f"{field}: must not hold NaN", **changed(field, good * nan))
        refuses(kind, r"needs float64\[1\], not float32\[1\]", ("float32 1",))
        refuses(kind, r"needs float64\[1\], not float64\[2\]", ("float64 2",))
    refuses("Bin", "side: must be one of left, right", side="both")
    refuses("Interpolate", "x: must not be empty", x=np.zeros(0), y=np.zeros(0))
    refuses("Interpolate", "x: must be finite", x=np.array([0, 1, inf]))
    refuses("Interpolate", "y: must be finite", y=np.array([0, nan, 1]))
    refuses("Interpolate", "y: dimension points must be 3, not 2", y=np.zeros(2))
    refuses("Spline", "knots: must be splines", knots=np.arange(6.0))
    refuses("Spline", "coef: needs more splines than the degree", degree=3)
    refuses("Spline", "coef: must have an output", coef=np.zeros((3, 0)))
    refuses("Spline", "degree: must be an integer from 0 to 32", degree=33)
    refuses("Normalize", "needs float32 or float64, not int64", ("int64 3",))


def test_text_rules() -> None:
    refuses("Terms", "column 'x' must be string", column="x")
    refuses("Terms", "column 'y' is not an input", column="y")
    refuses("Terms", "ngrams: must be the lowest and the highest", ngrams=[1])
    refuses("Terms", "ngrams: must ascend", ngrams=[2, 1])
    refuses("Terms", "ngrams: must hold integers from 1 to 32", ngrams=[1, 33])
    refuses("Terms", "vocabulary: or hashed, not both", hashed=4)
    refuses("Terms", "vocabulary: or hashed, not both", vocabulary=[])
    refuses("Terms", "vocabulary: must not list a text twice", vocabulary=["a", "a"])
    refuses("Terms", "stop_words: must hold text only", stop_words=["a", 1])
    refuses("Terms", "hashed: must be an integer from 0 to", hashed=MAX_WIDTH + 1)
    refuses("Terms", "pattern: is not a regular expression", pattern="(")


def test_items_rules() -> None:
    refuses("Items", "column 'c' must be items", column="c")
    refuses("Items", "column 'y' is not an input", column="y")
    refuses("Items", "cells: must be one of items, pairs, mapping", cells="sets")
    refuses("Items", "vocabulary: or hashed, not both", hashed=4)
    refuses("Items", "vocabulary: or hashed, not both", vocabulary=[])
    refuses("Items", "vocabulary: must not list a category twice", vocabulary=[1, True])
    refuses("Items", "hashed: must be an integer from 0 to", hashed=MAX_WIDTH + 1)
    refuses("Items", "dtype: must be one of float32, float64, int64", dtype="bool")
    for kind in ("Terms", "Encode"):
        refuses(kind, "column 'i' must be string", column="i")


@pytest.mark.parametrize(
    "pattern, rule",
    [
        ("(a+)+b", "repeats what repeats"),
        ("(a|a)*b", "repeats what repeats or has choices"),
        ("(?:a?){30}b", "too many choices|repeats"),
        (r"(a)\1+", "uses groupref"),
        (r"\w*\w*\w*\w*x", "repeats too much"),
        (r"(\w)(\w)", "more than one capturing group"),
        ("a" * 201, "longer than 200"),
        ("a?" * 30 + "a" * 30, "too many choices"),
        ("(?:(?:(?:a{16}){16}){16}){16}", "too many choices"),
        ("(?<=a+)b", "not a regular expression"),
    ],
)
def test_regular_expressions_that_could_take_long_are_refused(pattern: str, rule: str) -> None:
    refuses("Terms", f"pattern: .*({rule})", pattern=pattern)


@pytest.mark.parametrize("kind", ["Reduce", "ArgMax", "Softmax", "Normalize"])
def test_fold_of_nothing_is_refused(kind: str) -> None:
    refuses(kind, "width", ("float64 0",))
