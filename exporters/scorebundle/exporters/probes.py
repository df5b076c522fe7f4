"""Probe rows: inputs at which an exported model would show a difference, taken from the model.

Every number that the graph compares with (thresholds, categories, missing marks) is traced
back to the input column it is compared to, and asked for together with its two neighbours, in
float32 and in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import CATEGORY_INPUTS, Graph, Node
from scorebundle.bundle.ops import (
    Bin,
    Binary,
    Cast,
    Concat,
    Constant,
    Encode,
    Interpolate,
    Items,
    Lookup,
    Match,
    Missing,
    Numbers,
    Require,
    Select,
    Spline,
    Terms,
    Trees,
    Unary,
    Where,
)
from scorebundle.bundle.ops.elementwise import COMPARISONS
from scorebundle.bundle.verification import Column

from .probe_items import ODD_CELLS, probe_items
from .probe_texts import probe_texts

MAX_ROWS = 50_000
"""Most probe rows; a model with more cut points in a column is probed at a sample of them."""
PATHS = 2_000
"""Tree nodes that get a row of their own that reaches them."""
UNSEEN = "value that no training row had"

INVERSES: Mapping[str, Callable[[Any], Any]] = {
    "log1p": np.expm1,
    "expm1": np.log1p,
    "log": np.exp,
    "exp": np.log,
    "sqrt": np.square,
    "cbrt": lambda y: y**3,
    "negative": np.negative,
}
UNDO = {"add": np.subtract, "subtract": np.add, "multiply": np.divide, "divide": np.multiply}

Undo = Callable[[Any], Any]


class Origin(NamedTuple):
    """Where one column of a value comes from: an input column, and the way back to it."""

    column: str
    undo: Undo


Origins = dict[str, list[Origin | None]]


def origins(graph: Graph) -> Origins:
    """For every value, the origin of each of its columns, where there is a single one."""
    found: Origins = {}
    producers = {node.output: node.op for node in graph.nodes}
    for node in graph.nodes:
        found[node.output] = _origins_of(node, graph, found, producers)
    return found


def _origins_of(
    node: Node, graph: Graph, found: Origins, producers: Mapping[str, Any]
) -> list[Origin | None]:
    op, width = node.op, graph.types[node.output].width
    before = [found[name] for name in node.inputs]
    if isinstance(op, Numbers):
        return [Origin(column, _same) for column in op.columns]
    if isinstance(op, Select):
        return [before[0][i] for i in op.indices]
    if isinstance(op, Concat):
        return [origin for part in before for origin in part]
    if isinstance(op, (Cast, Require)):
        return before[0]
    if isinstance(op, Where) and len(before[2]) == width:
        return before[2]  # imputation: the third input is what is there
    if isinstance(op, Unary) and op.op in INVERSES:
        return [_through(origin, INVERSES[op.op]) for origin in before[0]]
    if isinstance(op, Binary) and op.op in UNDO and len(before[0]) == width:
        constant = producers[node.inputs[1]]
        if isinstance(constant, Constant):
            numbers = np.broadcast_to(constant.value, (width,))
            steps = [_with(UNDO[op.op], number) for number in numbers]
            return [_through(o, step) for o, step in zip(before[0], steps, strict=True)]
    return [None] * width


def _same(y: Any) -> Any:
    return y


def _with(function: Any, number: Any) -> Undo:
    return lambda y: function(y, number)


def _through(origin: Origin | None, step: Undo) -> Origin | None:
    if origin is None:
        return None
    return Origin(origin.column, lambda y: origin.undo(step(y)))


def points(graph: Graph) -> dict[str, Column]:
    """Per input column, the values worth asking for."""
    traced = origins(graph)
    numbers: dict[str, list[Array]] = {}
    words: dict[str, dict[Any, None]] = {}
    collections: dict[str, list[Any]] = {}
    codes: dict[str, Array] = {}
    producers = {node.output: node.op for node in graph.nodes}
    for node in graph.nodes:
        if isinstance(node.op, Encode):
            words.setdefault(node.op.column, {}).update(dict.fromkeys(node.op.categories))
            continue
        for origin, rows in _looked_up(node, traced):
            with np.errstate(all="ignore"):
                codes[origin.column] = np.asarray(origin.undo(rows), np.float64)
        if isinstance(node.op, Terms):
            words.setdefault(node.op.column, {}).update(dict.fromkeys(probe_texts(node.op)))
            continue
        if isinstance(node.op, Items):
            collections.setdefault(node.op.column, []).extend(probe_items(node.op))
            continue
        for origin, cuts in _cuts(node, traced, producers):
            with np.errstate(all="ignore"):
                raw = np.asarray(origin.undo(cuts), np.float64)
            numbers.setdefault(origin.column, []).append(raw)
    result: dict[str, Column] = {}
    for name, kind in graph.inputs:
        if kind in CATEGORY_INPUTS:
            result[name] = list(words.get(name, {})) or [UNSEEN]
        elif kind == "items":
            result[name] = collections.get(name) or [[UNSEEN]]
        elif name in codes:
            result[name] = codes[name]
        elif kind != "any":
            result[name] = _numeric_points(numbers.get(name, []), kind)
    return result


def _looked_up(node: Node, traced: Origins) -> Iterator[tuple[Origin, Array]]:
    """Where a number that comes from a column names a row of a table: all rows, also as x.5."""
    if isinstance(node.op, Lookup) and traced[node.inputs[0]][0] is not None:
        rows = np.arange(float(len(node.op.table)))
        yield _known(traced[node.inputs[0]][0]), np.concatenate([rows, rows[::3] + 0.5])


def _cuts(
    node: Node, traced: Origins, producers: Mapping[str, Any]
) -> Iterator[tuple[Origin, Array]]:
    op = node.op
    if isinstance(op, Trees):
        numeric = (op.feature >= 0) & (op.category_set < 0)
        for feature in np.unique(op.feature[op.feature >= 0]):
            origin = traced[node.inputs[0]][feature]
            if origin is None:
                continue
            yield origin, neighbours(np.unique(op.threshold[numeric & (op.feature == feature)]))
            if (op.category_set[op.feature == feature] >= 0).any():
                top = 32 * int(np.diff(op.set_starts).max()) + 2
                yield origin, np.arange(-2.0, min(top, 4096))
    elif isinstance(op, Match) and traced[node.inputs[0]][0] is not None:
        yield _known(traced[node.inputs[0]][0]), neighbours(op.categories)
    elif isinstance(op, (Bin, Interpolate, Spline)):
        knots = {Bin: "edges", Interpolate: "x", Spline: "knots"}[type(op)]
        if traced[node.inputs[0]][0] is not None:
            yield _known(traced[node.inputs[0]][0]), neighbours(getattr(op, knots))
    elif isinstance(op, Missing):
        for origin in traced[node.inputs[0]]:
            if origin is not None:
                yield origin, op.value
    elif isinstance(op, Binary) and op.op in COMPARISONS:
        other = producers[node.inputs[1]]
        numbers = other.value if isinstance(other, Constant) else np.zeros(1)
        for column, origin in enumerate(traced[node.inputs[0]]):
            if origin is not None:
                number = numbers[column % len(numbers)]
                yield origin, neighbours(np.array([number], np.float64))


def _known(origin: Origin | None) -> Origin:
    assert origin is not None
    return origin


def neighbours(cuts: Array) -> Array:
    """Each number with the floats beside it, in its own precision and in float64."""
    with np.errstate(all="ignore"):
        narrow = cuts.astype(np.float32)
        sides = [cuts.astype(np.float64), narrow.astype(np.float64)]
        sides += [
            np.nextafter(kind, kind.dtype.type(side)).astype(np.float64)
            for kind in (narrow, cuts.astype(np.float64))
            for side in (-np.inf, np.inf)
        ]
    return np.concatenate(sides)


def _numeric_points(parts: list[Array], kind: str) -> Array:
    simple = np.array([0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -7.25, 1e3, 1e-3, -1e6])
    numbers = np.unique(np.concatenate([simple, *parts]))
    numbers = numbers[np.isfinite(numbers) & (np.abs(numbers) < 1e30)]
    if kind == "int64":
        numbers = np.unique(np.rint(numbers[np.abs(numbers) < 2**53]))
    return numbers


def table(graph: Graph, specials: bool, seed: int = 0) -> dict[str, Column]:
    """Rows in which every column runs through all of its points, in its own random order.

    Args:
        graph: the exported graph.
        specials: also NaN, None, unseen and empty values, here and there.
    """
    random = np.random.default_rng(seed)
    asked = points(graph)
    rows = min(MAX_ROWS, max([64, *(len(column) for column in asked.values())]))
    result: dict[str, Column] = {}
    for name, column in asked.items():
        order = np.concatenate(
            [random.permutation(len(column)) for _ in range(rows // len(column) + 1)]
        )[:rows]
        if isinstance(column, np.ndarray):
            values = column[order].astype(_dtype(graph, name))
            if specials and values.dtype.kind == "f":
                values[random.random(rows) < 0.1] = np.nan
            result[name] = values
        else:
            chosen = [column[i] for i in order]
            if specials:
                odd = special_words(dict(graph.inputs)[name])
                for row in np.flatnonzero(random.random(rows) < 0.15):
                    chosen[row] = odd[int(row) % len(odd)]
            result[name] = chosen
    return result


def positive(rows: dict[str, Column], zeros: bool) -> dict[str, Column]:
    """The rows without signs, and with 1 for 0 unless there may be zeros: for pipelines that
    refuse the rest."""
    result = {}
    for name, column in rows.items():
        if isinstance(column, np.ndarray):
            column = np.abs(column)
            column = column if zeros else np.where(column == 0, 1, column).astype(column.dtype)
        result[name] = column
    return result


def special_words(kind: str) -> list[Any]:
    """Missing, empty and unseen category values, or collections."""
    if kind == "items":
        return list(ODD_CELLS)
    return [None, math.nan] if kind == "boolean" else [None, math.nan, "", UNSEEN]


def _dtype(graph: Graph, name: str) -> str:
    return dict(graph.inputs)[name]


def reaching(graph: Graph, rows: dict[str, Column], seed: int = 1) -> dict[str, Column]:
    """Rows that each walk down to one tree node and meet its threshold there.

    Starts from copies of given rows and moves only the columns that the path looks at.
    """
    traced = origins(graph)
    random = np.random.default_rng(seed)
    count = len(next(iter(rows.values()))) if rows else 0
    result: dict[str, list[Any]] = {name: [] for name in rows}
    for node in graph.nodes:
        op = node.op
        if not isinstance(op, Trees) or not count or not len(op.feature):
            continue
        parent = np.full(len(op.feature), -1)
        splits = np.flatnonzero(op.feature >= 0)
        parent[op.left[splits]] = parent[op.right[splits]] = splits
        chosen = splits if len(splits) <= PATHS else random.choice(splits, PATHS, replace=False)
        for target in chosen:
            wanted = _path(op, parent, int(target), int(random.integers(3)))
            start = int(random.integers(count))
            for name, column in rows.items():
                result[name].append(column[start])
            for feature, number in wanted.items():
                origin = traced[node.inputs[0]][feature]
                if origin is not None and isinstance(rows[origin.column], np.ndarray):
                    with np.errstate(all="ignore"):
                        result[origin.column][-1] = origin.undo(number)
    return {
        name: _like(column, result[name]) if isinstance(column, np.ndarray) else result[name]
        for name, column in rows.items()
    }


def _like(column: Array, values: list[Any]) -> Array:
    numbers = np.array(values, np.float64)
    if column.dtype.kind != "f":
        numbers = np.where(np.abs(numbers) < 2**53, np.rint(numbers), 0)
    return numbers.astype(column.dtype)


def _path(op: Trees, parent: Array, target: int, side: int) -> dict[int, Any]:
    """Feature values that lead to a node and lie at, below or above its threshold."""
    kind = op.threshold.dtype.type
    cut = op.threshold[target]
    steps = (cut, np.nextafter(cut, kind(-np.inf)), np.nextafter(cut, kind(np.inf)))
    wanted: dict[int, Any] = {int(op.feature[target]): steps[side]}
    low: dict[int, Any] = {}
    high: dict[int, Any] = {}
    node = target
    while parent[node] >= 0:
        above = int(parent[node])
        feature, cut = int(op.feature[above]), op.threshold[above]
        if op.category_set[above] < 0:
            if op.left[above] == node:
                high[feature] = min(high.get(feature, cut), cut)
            else:
                low[feature] = max(low.get(feature, cut), cut)
        node = above
    for feature in {*low, *high} - {int(op.feature[target])}:
        if feature in high:
            wanted[feature] = np.nextafter(high[feature], kind(-np.inf))
        else:
            wanted[feature] = np.nextafter(low[feature], kind(np.inf))
    return wanted
