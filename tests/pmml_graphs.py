"""Graphs that between them use every operator, for the tests of the PMML writer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from scorebundle.bundle.graph import Builder, Graph, Input, Output, Value
from scorebundle.bundle.ops import (
    Affine,
    ArgMax,
    Bin,
    Binary,
    BinCount,
    Cast,
    Concat,
    Constant,
    Distance,
    Encode,
    Interpolate,
    Labels,
    Lookup,
    LookupSum,
    Match,
    Normalize,
    Numbers,
    OneHot,
    OptionalLabels,
    Reduce,
    Require,
    Select,
    Softmax,
    Solve,
    Spline,
    Terms,
    Tolerance,
    Trees,
    Unary,
    WeightedMedian,
    Where,
    missing,
)
from scorebundle.bundle.ops.elementwise import (
    ARITHMETIC,
    COMPARISONS,
    EXACT_UNARY,
    LIBM_UNARY,
    LOGIC,
)

from .bundles import small_trees

NAN = math.nan

INPUTS = (
    Input("a", "float64"),
    Input("b", "float64"),
    Input("f", "float32"),
    Input("n", "int64"),
    Input("s", "string"),
    Input("t", "boolean"),
    Input("m", "mixed"),
    Input("q", "mixed"),
    Input("unused", "any"),
)
ROWS: dict[str, list[Any]] = {
    "a": [0.25, -2.5, 1.0, 0.0, NAN, 7.5, 2.0, 0.5],
    "b": [1.0, 0.5, NAN, -1.25, NAN, 2.0, 2.0, 0.0],
    "f": [0.1, -1.0, 33.0, 1.5, NAN, 7.0, 1.0, 40.0],
    "n": [0, 1, 2, -1, 3, 0, 1, 2],
    "s": ["x", "y", "", "unknown", None, " z", "<&>", "x"],
    "t": [True, False, None, True, False, True, False, True],
    "m": ["one", 2, 2.5, None, "unknown", 3, "one", True],
    "q": [1, 2.5, None, 4, 7, 1, 2.5, 99],
    "unused": [None] * 8,
}

Make = Callable[[Builder], Value]
Build = Callable[[Builder], dict[str, tuple[list[Value], str]]]
BUILDS: dict[str, Build] = {}


def graph_of(build: Build) -> Graph:
    """The graph of named outputs; INPUTS are its columns."""
    builder = Builder()
    with builder.within("pipeline", "step"):
        outputs = build(builder)
    return Graph(
        INPUTS,
        tuple(builder.nodes),
        tuple(
            Output(name, tuple(value.name for value in values), shape)
            for name, (values, shape) in outputs.items()
        ),
    )


def refuses_missing(graph: Graph) -> bool:
    """Whether the library refuses missing numbers there; what the operators make of them is
    their own."""
    kinds = {node.kind for node in graph.nodes}
    codes = any(isinstance(node.op, Cast) and node.op.dtype == "int64" for node in graph.nodes)
    return codes or not kinds.isdisjoint({"Distance", "Nearest", "LookupSum"})


def numbers(to: Builder, *columns: str, dtype: str = "float64") -> Value:
    return to.add(Numbers(columns, dtype))


def transform(name: str) -> Callable[[Make], None]:
    """Register a graph whose only output is the value returned, as `transform`."""

    def register(make: Make) -> None:
        BUILDS[name] = lambda to: {"transform": ([make(to)], "matrix")}

    return register


def _unary(op: str) -> Make:
    return lambda to: to.add(Unary(op), numbers(to, "a", "b"))


def _binary(op: str) -> Make:
    return lambda to: to.add(Binary(op), numbers(to, "a", "b"), numbers(to, "b"))


def _with_constants(op: str) -> Make:
    constants = Constant(np.array([2.0, NAN]))
    return lambda to: to.add(Binary(op), numbers(to, "a", "b"), to.add(constants))


def _logic(op: str) -> Make:
    return lambda to: to.add(Binary(op), _truths(to, "a"), _truths(to, "b"))


def _missing(value: float) -> Make:
    return lambda to: to.add(missing(value), numbers(to, "a", "b"))


def _cast(dtype: str, before: str) -> Make:
    sources: dict[str, Make] = {
        "bool": lambda to: _truths(to, "a"),
        "float": lambda to: numbers(to, "a"),
        "int": lambda to: numbers(to, "n", dtype="int64"),
    }
    return lambda to: to.add(Cast(dtype), sources[before](to))


def _elementwise() -> Iterator[tuple[str, Make]]:
    for op in (*EXACT_UNARY, *LIBM_UNARY):
        yield op, _unary(op)
    for op in (*ARITHMETIC, *COMPARISONS):
        yield op, _binary(op)
        yield f"{op} constant", _with_constants(op)
    for op in LOGIC:
        yield op, _logic(op)
    yield "not", lambda to: to.add(Unary("not"), _truths(to, "a"))
    for value in (NAN, 1.0):
        yield f"missing {value}", _missing(value)
    for dtype in ("float64", "float32", "int64", "bool"):
        for before in ("bool", "float", "int"):
            yield f"{before} to {dtype}", _cast(dtype, before)


def _truths(to: Builder, column: str) -> Value:
    return to.add(Binary("greater"), numbers(to, column), to.add(Constant(np.array([0.5]))))


for _name, _make in _elementwise():
    transform(_name)(_make)


@transform("where")
def _where(to: Builder) -> Value:
    choice = numbers(to, "a", "b")
    never = to.add(Constant(np.array([NAN])))
    gone = to.add(Where(), _truths(to, "a"), never, choice)
    kept = to.add(Where(), _truths(to, "a"), choice, never)
    constant = to.add(Where(), to.add(Constant(np.array([True]))), choice, never)
    return to.add(Concat(), gone, kept, constant)


@transform("arrange")
def _arrange(to: Builder) -> Value:
    both = to.add(Concat(), numbers(to, "a", "b"), to.add(Constant(np.array([3.5, NAN]))))
    chosen = to.add(Select((3, 1, 0, 1, 2)), both)
    return to.add(Require("not infinite"), chosen)


@transform("codes")
def _codes(to: Builder) -> Value:
    text = to.add(Encode("s", ("x", "y", "<&>", 2.5), 4, 4))
    truth = to.add(Encode("t", (True, False), 2, 2))
    mixed = to.add(Encode("m", ("one", 2, 2.5, True), -1, -1))
    numeric = to.add(Encode("q", (1, 2.5, 4), -1, -1))
    match = to.add(Match(np.array([-2.5, 0.25, 2.0, NAN])), numbers(to, "a"))
    plain = to.add(Match(np.array([-2.5])), numbers(to, "b"))
    return to.add(Concat(), text, truth, mixed, numeric, match, plain)


@transform("lookup")
def _lookup(to: Builder) -> Value:
    code = to.add(Encode("s", ("x", "y", "<&>"), 1, 1))
    tables = [
        ([[1.5, NAN], [NAN, 2.0], [3.0, NAN]], [NAN, 9.0]),
        ([[1.0, 2.0], [3.0, 4.0]], [-1.0, NAN]),
        (np.zeros((0, 1)), [4.0]),
        ([[NAN]], [0.5]),
    ]
    looked = [to.add(Lookup(np.array(t), np.array(d)), code) for t, d in tables]
    return to.add(Concat(), *looked)


@transform("curves")
def _curves(to: Builder) -> Value:
    a, b = numbers(to, "a"), numbers(to, "b")
    edges = np.array([-2.5, 0.0, 0.5, 0.5, 2.0])
    bins = [to.add(Bin(edges, side), x) for side in ("left", "right") for x in (a, b)]
    none = to.add(Bin(np.zeros(0), "left"), a)
    codes = to.add(Cast("float64"), to.add(Concat(), *bins, none))
    lines = Interpolate(np.array([-1.0, 0.0, 0.5, 0.5, 2.0]), np.array([3.0, 1.0, 2.0, 7.0, 8.0]))
    single = Interpolate(np.array([0.5]), np.array([2.5]))
    cubic = Spline(3, np.array([-3.0, -2, -1, 0, 0, 1, 2, 3, 4, 5]), np.eye(6)[:, :4])
    flat = Spline(0, np.array([-1.0, 0.5, 2.0]), np.array([[1.0], [5.0]]))
    drawn = [to.add(op, x) for op in (lines, single, cubic, flat) for x in (a, b)]
    return to.add(Concat(), codes, *drawn)


@transform("normalize")
def _normalize(to: Builder) -> Value:
    both = numbers(to, "a", "b")
    return to.add(Concat(), *(to.add(Normalize(norm), both) for norm in ("l1", "l2", "max")))


@transform("terms")
def _terms(to: Builder) -> Value:
    return to.add(terms())


@transform("binary terms")
def _binary_terms(to: Builder) -> Value:
    return to.add(terms(pattern=r"\w+", lowercase=False, binary=True))


def terms(**changes: Any) -> Terms:
    """Counts of a few words in column s."""
    fields: dict[str, Any] = {
        "column": "s",
        "lowercase": True,
        "accents": "keep",
        "analyzer": "word",
        "pattern": r"(?u)\b\w\w+\b",
        "stop_words": ("the",),
        "ngrams": (1, 1),
        "vocabulary": ("unknown", "zz"),
        "hashed": 0,
        "signed": False,
        "binary": False,
        "dtype": "float64",
    }
    return Terms(**{**fields, **changes})


@transform("one hot")
def _one_hot(to: Builder) -> Value:
    code = to.add(Encode("s", ("x", "y", "<&>"), -1, -1))
    hot = to.add(OneHot(3, "float64"), code)
    flags = to.add(Cast("float64"), to.add(OneHot(2, "bool"), code))
    return to.add(Concat(), hot, flags)


@transform("rows")
def _rows(to: Builder) -> Value:
    x = to.add(Concat(), numbers(to, "a", "b"), to.add(Constant(np.array([0.5]))))
    folds = [to.add(Reduce(op), x) for op in ("sum", "minimum", "maximum", "logsumexp")]
    best = to.add(Cast("float64"), to.add(ArgMax(), x))
    median = to.add(WeightedMedian(np.array([1.0, 0.5, 2.0])), x)
    return to.add(Concat(), *folds, best, median, to.add(Softmax(), x))


@transform("affine")
def _affine(to: Builder) -> Value:
    coef = np.array([[0.1, -3.0], [1e-7, 2.0], [0.0, 0.0]])
    return to.add(Affine(coef, np.array([1.0, 0.0, -0.3])), numbers(to, "a", "b"))


@transform("look up two codes and add")
def _lookup_sum(to: Builder) -> Value:
    codes = to.add(Cast("int64"), numbers(to, "a", "b"))
    table = np.array([[1.0, 0.5], [-2.0, 0.25]])
    rows = to.add(Lookup(table, np.zeros(2)), codes)
    weights = numbers(to, "b", "a")
    total = to.add(LookupSum(table, "ordered"), codes, weights)
    return to.add(Concat(), total, rows, to.add(BinCount(3, "ordered"), codes, weights))


@transform("a number that the library leaves open")
def _tolerance(to: Builder) -> Value:
    op = Tolerance(np.array([0.0]), np.array([1e-8]), "linear")
    return to.add(Concat(), to.add(op, numbers(to, "a")), numbers(to, "b"))


@transform("solve")
def _solve(to: Builder) -> Value:
    lower = np.array([[2.0, 0.0, 0.0], [0.5, -3.0, 0.0], [1e-3, 7.0, 0.25]])
    x = to.add(Concat(), numbers(to, "a", "b"), to.add(Constant(np.array([0.5]))))
    return to.add(Solve(lower), x)


def _register_distances() -> None:
    def measured(metric: str, weights: Any) -> Callable[[Builder], Value]:
        points = np.array([[0.5, -1.0], [2.0, 0.0], [0.0, 0.0]])
        op = Distance(points, metric, np.array([3.0]), weights, "ordered")
        return lambda to: to.add(op, numbers(to, "a", "b"))

    weights = np.array([[0.5, 2.0]])
    for metric in ("euclidean", "sqeuclidean", "manhattan", "chebyshev", "hamming"):
        transform(f"distance {metric}")(measured(metric, np.zeros((0, 2))))
    for metric in ("seuclidean", "minkowski"):
        transform(f"distance {metric}")(measured(metric, weights))


_register_distances()


def tree(values: list[list[float]], **changes: Any) -> Trees:
    """One float64 tree: column 0 at 0.5, and below it column 1 at −1."""
    fields: dict[str, Any] = {
        "compare": "le",
        "outputs": len(values[0]),
        "base": np.zeros(len(values[0])),
        "starts": np.array([0], np.int32),
        "target": np.array([0], np.int32),
        "feature": np.array([0, -1, 1, -1, -1], np.int32),
        "threshold": np.array([0.5, 0, -1, 0, 0]),
        "left": np.array([1, 0, 3, 1, 2], np.int32),
        "right": np.array([2, -1, 4, -1, -1], np.int32),
        "default_left": np.array([1, 0, 0, 0, 0], bool),
        "category_set": np.full(5, -1, np.int32),
        "categories_go": "left",
        "values": np.array(values),
        "set_starts": np.zeros(1, np.int32),
        "set_words": np.zeros(0, np.uint32),
    }
    return Trees(**{**fields, **changes})


@transform("trees")
def _trees(to: Builder) -> Value:
    x = numbers(to, "a", "b")
    vector = to.add(tree([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), x)
    on = to.add(tree([[0.25, -1.0], [2.0, 0.0], [1.0, 1.0]]), x, vector)
    single = to.add(tree([[1.0], [2.0], [3.0]], base=np.array([0.5])), to.add(Cast("float32"), x))
    behind = to.add(tree([[-1.0], [-2.0], [-3.0]]), to.add(Unary("negative"), on))
    infinite = [
        to.add(tree([[1.0], [2.0], [3.0]], threshold=np.array([t, 0, -1, 0, 0]), compare=c), x)
        for t, c in ((math.inf, "le"), (math.inf, "lt"), (-math.inf, "le"))
    ]
    return to.add(Concat(), vector, on, single, behind, *infinite)


@transform("category sets")
def _category_sets(to: Builder) -> Value:
    x = numbers(to, "a", "f", dtype="float32")
    left = small_trees(categories_go="left")
    none = small_trees(set_words=np.zeros(2, np.uint32))
    return to.add(Concat(), *(to.add(op, x) for op in (small_trees(), left, none)))


def _register_predictions() -> None:
    def classify(to: Builder, *, proba: bool) -> dict[str, tuple[list[Value], str]]:
        x = to.add(Where(), to.add(missing(NAN), numbers(to, "a")), _zero(to), numbers(to, "a"))
        affine = to.add(Affine(np.array([[1.0], [-1.0], [0.5]]), np.zeros(3)), x)
        label = to.add(Labels(("no", "", "høy & lav"), "str"), to.add(ArgMax(), affine))
        found = {"predict": ([label], "vector"), "decision_function": ([affine], "matrix")}
        if proba:
            found["predict_proba"] = ([to.add(Softmax(), affine)], "matrix")
        return found

    BUILDS["labels that may be missing"] = lambda to: {
        "predict": (
            [to.add(OptionalLabels(("a", "b"), "object"), numbers(to, "n", dtype="int64"))],
            "vector",
        )
    }
    BUILDS["classifier"] = lambda to: classify(to, proba=True)
    BUILDS["labels"] = lambda to: classify(to, proba=False)
    BUILDS["regressor"] = lambda to: {
        "predict": ([to.add(small_trees(), numbers(to, "a", "f", dtype="float32"))], "vector")
    }
    BUILDS["constant"] = lambda to: {"predict": ([_zero(to)], "vector")}
    BUILDS["several labels"] = lambda to: {
        "predict": (
            [
                to.add(Labels(classes, dtype), numbers(to, "n", dtype="int64"))
                for classes, dtype in (
                    ((1, 2, 3), "int64"),
                    ((True, False), "bool"),
                    ((0.5, 2.0), "float64"),
                    (("only",), "str"),
                )
            ],
            "matrix",
        )
    }
    BUILDS["list"] = lambda to: {
        "predict_proba": ([numbers(to, "a", "b"), numbers(to, "f", dtype="float32")], "list")
    }


def _zero(to: Builder) -> Value:
    return to.add(Constant(np.array([0.0])))


_register_predictions()
GRAPHS = {name: graph_of(build) for name, build in BUILDS.items()}
