"""Form of Trees: per output column a sum of TreeModels, written without recursion."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Trees

from .draft import Call, Ensemble, form
from .elements import Element, Unsupported, element, spelled
from .expressions import Cell, Const, Expression, Ref, apply, choose, compare, present
from .names import field_name

SET_BITS = 32


@form(Trees)
def trees(op: Trees, call: Call) -> list[Cell]:
    """The ensembles' results, plus `base` or the second input."""
    if not np.isfinite(op.values).all():
        raise Unsupported("a leaf is not finite")
    dtype = call.type.dtype
    starts = call.cells[1] if len(call.cells) > 1 else [Const(b, dtype) for b in op.base.tolist()]
    fields = _Fields(op, call)
    cells: list[Cell] = []
    for column, start in enumerate(starts):
        members = np.flatnonzero((op.target <= column) & (column < op.target + op.values.shape[1]))
        if not len(members):
            cells.append(start)
            continue
        total = call.draft.sum_trees(fields.ensemble(column, members.tolist()))
        if isinstance(start, Const) and start.value == 0:
            cells.append(total)
        else:
            part = column if op.outputs > 1 else None
            cells.append(call.derive(apply("+", start, total), part))
    return cells


class _Fields:
    """The fields that the splits of one Trees node read."""

    def __init__(self, op: Trees, call: Call) -> None:
        self.op, self.call = op, call
        self.tree = np.repeat(np.arange(len(op.starts)), op.sizes())
        self.fields: dict[int, str] = {}
        self.categories: dict[int, str] = {}
        self.unrounded: set[int] = set()

    def ensemble(self, column: int, members: list[int]) -> Ensemble:
        """The sum of these trees."""
        inside = np.isin(self.tree, members) & (self.op.feature >= 0)
        by_set = inside & (self.op.category_set >= 0)
        numeric = np.unique(self.op.feature[inside & ~by_set]).tolist()
        categories = np.unique(self.op.feature[by_set]).tolist()
        step, part = self.call.node.step, column if self.op.outputs > 1 else None
        name = "sum of " + field_name(step, "Trees", set(), part)
        return Ensemble(
            op=self.op,
            column=column,
            trees=tuple(members),
            fields={feature: self._number(feature) for feature in numeric},
            category_fields={feature: self._category(feature) for feature in categories},
            single=self.call.types[0].dtype == "float32",
            unrounded=tuple(f for f in numeric if f in self.unrounded),
            output=self.call.draft.names.unique(name),
        )

    def _number(self, feature: int) -> str:
        """The number's field; before it was rounded, where the thresholds can stand for that."""
        if feature not in self.fields:
            name = self.call.field(self.call.cells[0][feature])
            if name in self.call.draft.rounded:
                self.unrounded.add(feature)
                name = self.call.draft.rounded[name]
            self.fields[feature] = name
        return self.fields[feature]

    def _category(self, feature: int) -> str:
        if feature not in self.categories:
            code = self.call.derive(
                self._code(Ref(self.call.field(self.call.cells[0][feature]))), dtype="int64"
            )
            self.categories[feature] = code.name
        return self.categories[feature]

    def _code(self, x: Ref) -> Expression:
        """The category's number; −1 below 0 and beyond every set; missing stays missing."""
        dtype = self.call.types[0].dtype
        beyond = float(SET_BITS * int(np.diff(self.op.set_starts).max()))
        low = compare("lessThan", x, Const(0.0, dtype))
        high = compare("greaterOrEqual", x, Const(beyond, dtype))
        code = choose(apply("or", low, high), Const(-1.0, dtype), apply("floor", x))
        return present([x], code)


def segments(ensemble: Ensemble, some_field: str) -> Iterator[tuple[int, list[str], Element]]:
    """Position, fields and root Node of each tree of an ensemble.

    Args:
        ensemble: the trees.
        some_field: what a tree without splits is said to read; a MiningSchema is never empty.
    """
    op = ensemble.op
    writer = _Nodes(ensemble)
    ends = (op.starts + op.sizes()).tolist()
    for tree in ensemble.trees:
        inside = slice(int(op.starts[tree]), ends[tree])
        splits, by_set = op.feature[inside] >= 0, op.category_set[inside] >= 0
        used = np.unique(op.feature[inside][splits & ~by_set]).tolist()
        codes = np.unique(op.feature[inside][splits & by_set]).tolist()
        names = [ensemble.fields[f] for f in used] + [ensemble.category_fields[f] for f in codes]
        yield tree, names or [some_field], writer.root(tree)


class _Nodes:
    """Writes Nodes; the arrays are lists, which Python reads faster one by one."""

    def __init__(self, ensemble: Ensemble) -> None:
        op = ensemble.op
        self.op, self.ensemble = op, ensemble
        self.values: dict[int, list[float]] = {}
        self.feature, self.left, self.right = (
            array.tolist() for array in (op.feature, op.left, op.right)
        )
        limits, strict = thresholds(op, ensemble.single, ensemble.unrounded)
        self.threshold, self.strict = limits.tolist(), strict.tolist()
        self.default_left, self.sets = op.default_left.tolist(), op.category_set.tolist()

    def root(self, tree: int) -> Element:
        """The Node tree; a node's id is its position."""
        op = self.op
        values = self._values(self.ensemble.column - int(op.target[tree]))
        start = int(op.starts[tree])
        root = self._node(start, element("True"))
        stack = [(start, root)]
        while stack:
            node, made = stack.pop()
            if self.feature[node] < 0:
                made.set("score", spelled(values[self.left[node]]))
                continue
            left, right = self.left[node], self.right[node]
            made.set("defaultChild", str(left if self.default_left[node] else right))
            for child, predicate in zip((left, right), self._predicates(node), strict=True):
                below = self._node(child, predicate)
                made.append(below)
                stack.append((child, below))
        return root

    def _values(self, column: int) -> list[float]:
        if column not in self.values:
            self.values[column] = self.op.values[:, column].tolist()
        return self.values[column]

    def _node(self, node: int, predicate: Element) -> Element:
        made = element("Node", {"id": str(node)}, predicate)
        made.tail = "\n"
        return made

    def _predicates(self, node: int) -> tuple[Element, Element]:
        """Of the left and the right child; a missing value makes both unknown."""
        if self.sets[node] >= 0:
            return self._set_predicates(node)
        field, threshold = self.ensemble.fields[self.feature[node]], self.threshold[node]
        strict = self.strict[node]
        largest = float(np.finfo(np.float32 if self.ensemble.single else np.float64).max)
        if np.isinf(threshold):  # evaluators do not read INF here
            if threshold > 0 and not strict:
                return self._always(field, node)
            strict, threshold = not strict, largest if threshold > 0 else -largest
        down, up = ("lessThan", "greaterOrEqual") if strict else ("lessOrEqual", "greaterThan")
        return _simple(field, down, threshold), _simple(field, up, threshold)

    def _always(self, field: str, node: int) -> tuple[Element, Element]:
        """Every number is ≤ infinity: only a missing one may go right."""
        if self.default_left[node]:
            return element("True"), element("False")
        return (
            element("SimplePredicate", {"field": field, "operator": "isNotMissing"}),
            element("SimplePredicate", {"field": field, "operator": "isMissing"}),
        )

    def _set_predicates(self, node: int) -> tuple[Element, Element]:
        field = self.ensemble.category_fields[self.feature[node]]
        codes = members(self.op, self.sets[node])
        inside = _set(field, "isIn", codes)
        outside = _set(field, "isNotIn", codes)
        return (inside, outside) if self.op.categories_go == "left" else (outside, inside)


def _simple(field: str, operator: str, threshold: float) -> Element:
    attributes = {"field": field, "operator": operator, "value": spelled(threshold)}
    return element("SimplePredicate", attributes)


def _set(field: str, operator: str, codes: list[int]) -> Element:
    array = element("Array", {"n": str(len(codes)), "type": "int"}, text=" ".join(map(str, codes)))
    return element("SimpleSetPredicate", {"field": field, "booleanOperator": operator}, array)


def members(op: Trees, position: int) -> list[int]:
    """The categories in a set; −2, which no field holds, stands for none."""
    words = op.set_words[op.set_starts[position] : op.set_starts[position + 1]]
    bits = np.unpackbits(words.astype("<u4").view(np.uint8), bitorder="little")
    return np.flatnonzero(bits).tolist() or [-2]


def thresholds(op: Trees, single: bool, unrounded: tuple[int, ...]) -> tuple[Array, Array]:
    """Per node the threshold, and whether it is compared with `<`, not `≤`.

    They decide alike whether an evaluator compares in the field's type or in double: a float32
    is ≤ t exactly if it is ≤ the largest float32 up to t, and < t exactly if it is < the
    smallest one from t on. And they decide alike whether or not it rounds a double to float
    (PMML4S does not): the float32 next to x is ≤ t exactly if x lies up to the middle between t
    and its successor.
    """
    exact = op.threshold.astype(np.float64)
    strict = np.full(len(exact), op.compare == "lt")
    if not single:
        return exact, strict
    with np.errstate(over="ignore"):
        near = exact.astype(np.float32)
    if op.compare == "le":
        near = np.where(near > exact, np.nextafter(near, np.float32(-np.inf)), near)
        below = near
    else:
        near = np.where(near < exact, np.nextafter(near, np.float32(np.inf)), near)
        below = np.nextafter(near, np.float32(-np.inf))
    doubles = np.isin(op.feature, unrounded)
    return np.where(doubles, rounding_limit(below), near.astype(np.float64)), strict & ~doubles


def rounding_limit(single: Array) -> Array:
    """The largest double whose nearest float32 (ties to even) is at most this one."""
    beyond = 2.0**128  # what a float32 infinity is rounded from
    with np.errstate(over="ignore"):
        after = np.nextafter(single, np.float32(np.inf)).astype(np.float64)
    middle = (np.clip(single.astype(np.float64), -beyond, beyond) + np.minimum(after, beyond)) / 2
    even = np.ascontiguousarray(single).view(np.int32) % 2 == 0
    limit = np.where(even, middle, np.nextafter(middle, -np.inf))
    return np.where(single == np.inf, np.inf, limit)
