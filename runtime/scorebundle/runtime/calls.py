"""The ways into and out of a plan: one row in a few microseconds, or rows of any kind."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Graph, Output
from scorebundle.bundle.ops import Encode, Labels, Operator, Parse, Phrase, Terms

from .assembler import Port
from .door import Door, known_layout
from .encode import Categories
from .kernels.codes import DTYPE
from .plan import OneRow, Plan, address_of
from .refusals import blanked, messages, refusal
from .rows import Reader, Table
from .scores import Result, Scores
from .values import NUMPY

Errors = Literal["raise", "mark"]


class Model:
    """A plan with its ways in and out; for many rows, another plan made when they first come."""

    def __init__(
        self, graph: Graph, plan: Plan, for_many: Callable[[], Plan], reader: Reader
    ) -> None:
        self._graph, self._plan, self._reader = graph, plan, reader
        self._for_many = for_many
        self._many: Plan | None = None
        self._classes = _classes(graph, plan.outputs)
        self._pool: list[OneRow] = []
        self._fast = _FastRow(graph, plan, reader)
        self._exits = _exits(plan, self._classes)
        self.door = self._door()

    def one(self, rows: Any) -> Scores | None:
        """Score one plain row quickly; None if it is not one, or needs a closer look."""
        fill: Any
        kind = type(rows)
        if kind is np.ndarray:
            if rows.shape != self._fast.shape or rows.dtype.char not in "fd":
                return None
            fill = self._fast.fill_array
        elif kind is dict:
            fill = self._fast.fill_dict
        else:
            return None
        try:
            to = self._pool.pop()
        except IndexError:
            to = OneRow(self._plan)
        try:
            to.status.value = 0
            if not fill(to, rows):
                return None
            self._plan.execute(to.call)
            if to.status.value:
                return None
            if self._exits is None:
                return Scores(self._results([a.reshape(1, -1).copy() for a in to.results]), 1)
            values: dict[str, Result] = {}
            for (name, labels), result in zip(self._exits, to.results, strict=True):
                if labels is not None:
                    result = labels[min(max(result.item(), 0), len(labels) - 1)]
                values[name] = result.copy()
            return Scores(values, 1)
        finally:
            self._pool.append(to)

    def _door(self) -> Door | None:
        """The door for rows of an array, if the model is for arrays and has one output."""
        if not self._fast.arrays or len(self._plan.slots) != 1 or not known_layout():
            return None
        (classes,) = self._classes
        return Door(
            self._plan_for,
            len(self._reader.names),
            self._fast.columns.tolist(),
            classes[0] if classes else None,
        )

    def _plan_for(self, rows: int) -> Plan:
        """The plan that is fastest for so many rows."""
        if rows < self._plan.turn:
            return self._plan
        self._many = self._many or self._for_many()
        return self._many

    def many(self, rows: Any, errors: Errors, threads: int) -> Scores:
        """Score any rows."""
        matrix = self._fast.matrix(rows)
        if matrix is not None:
            ports, array = matrix
            keep = [array]
            count = len(array)
            columns: Mapping[str, Any] = _Columns(self._reader.names, array)
        else:
            table = self._reader.table(rows)
            ports, columns, keep = self._ports(table)
            count = table.rows
        plan = self._plan_for(count)
        results, status = plan.run(ports, count, threads)
        del keep
        values = self._results(results)
        if not status.any():
            return Scores(values, count)
        if errors == "raise":
            raise refusal(self._graph, status, columns)
        return Scores(blanked(values, status), count, messages(self._graph, status, columns))

    def _ports(self, table: Table) -> tuple[Array, Mapping[str, Any], list[Array]]:
        """The ports' addresses, the checked columns, and the memory that the ports point to."""
        columns = self._reader.columns(table)
        keep: list[Array] = []
        places = []
        terms: dict[int, tuple[Array, ...]] = {}
        for port in self._plan.ports:
            values = columns[port.column]
            if port.encoder >= 0 and isinstance(self._op(port), Terms):
                if port.encoder not in terms:
                    terms[port.encoder] = self._reader.terms(port.encoder, values)
                array = terms[port.encoder][port.part]
                step = array.strides[0] if port.part == 0 else 0  # all rows share the entries
                places.append((address_of(array), step, 0))
            else:
                if port.encoder >= 0 and isinstance(self._op(port), (Phrase, Parse)):
                    values = self._reader.phrase(port.encoder, columns)
                elif isinstance(values, Categories):
                    values = self._reader.codes(port.encoder, values)
                array = np.asarray(values, NUMPY[port.dtype])
                places.append((address_of(array), array.strides[0], DTYPE[array.dtype.name]))
            keep.append(array)
        return np.array(places, np.int64).reshape(-1, 3), columns, keep

    def _op(self, port: Port) -> Operator:
        """The operator that makes a port's numbers."""
        return self._graph.nodes[port.encoder].op

    def _results(self, arrays: list[Array]) -> dict[str, Result]:
        results: dict[str, Result] = {}
        position = 0
        for output, classes in zip(self._plan.outputs, self._classes, strict=True):
            parts = arrays[position : position + len(output.values)]
            position += len(parts)
            if classes:
                parts = [
                    labels.take(part[:, 0], mode="clip")
                    for labels, part in zip(classes, parts, strict=True)
                ]
                results[output.name] = (
                    parts[0] if output.shape == "vector" else np.stack(parts, axis=1)
                )
            elif output.shape == "list":
                results[output.name] = parts
            else:
                results[output.name] = parts[0][:, 0] if output.shape == "vector" else parts[0]
        return results


class _Columns(Mapping[str, Any]):
    """A 2-D array's columns by name."""

    def __init__(self, names: Sequence[str], array: Array) -> None:
        self._names, self._array = names, array

    def __getitem__(self, name: str) -> Any:
        return self._array[:, self._names.index(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _FastRow:
    """Fills the buffers of `OneRow` from one dict of scalars or one row of an array."""

    def __init__(self, graph: Graph, plan: Plan, reader: Reader) -> None:
        self._names = set(reader.used)
        self._all = set(reader.names)
        self._width = len(reader.names)
        self.shape: tuple[int, int] | None = None
        self._encode: list[tuple[str, Mapping[Any, int]]] = []
        numeric: dict[str, list[str]] = {"float64": [], "float32": [], "int64": []}
        simple = True
        for port in plan.ports:
            if port.encoder >= 0:
                op = graph.nodes[port.encoder].op
                if not isinstance(op, Encode):
                    simple = False
                    continue
                codes: dict[Any, int] = {c: i for i, c in enumerate(op.categories)}
                codes[None] = op.none
                self._encode.append((port.column, codes))
            elif port.dtype == "int64":
                simple = False
            numeric[port.dtype].append(port.column)
        self._dicts = simple and bool(plan.ports)
        self._f8, self._f4 = numeric["float64"], numeric["float32"]
        self._get8, self._get4 = _getter(self._f8), _getter(self._f4)
        self._pack8: Any = struct.Struct(f"={len(self._f8)}d").pack_into
        self._pack4: Any = struct.Struct(f"={len(self._f4)}f").pack_into
        kinds = {port.dtype for port in plan.ports}
        self.arrays = bool(kinds) and kinds <= {"float64", "float32"}
        position = {name: i for i, name in enumerate(reader.names)}
        order = [position[port.column] for port in plan.ports]
        if self.arrays and len(kinds) == 1:
            self.shape = (1, self._width)
        self.columns = np.array(order, np.int64)
        self._order = None if order == list(range(self._width)) else np.array(order, np.intp)

    def matrix(self, rows: Any) -> tuple[Array, Array] | None:
        """Ports into a 2-D float array, and the array they point into; None if it is none.

        Kernels turn float32 into float64 and back; numbers that float32 cannot hold become
        infinite, as in numpy.
        """
        if type(rows) is not np.ndarray or rows.dtype.kind != "f" or not self.arrays:
            return None
        if rows.ndim != 2 or rows.shape[1] != self._width:
            return None
        if rows.dtype not in (np.float32, np.float64):  # float16, another byte order
            with np.errstate(over="ignore"):
                rows = rows.astype(np.float64)
        ports = np.empty((len(self.columns), 3), np.int64)
        start = address_of(rows)
        ports[:, 0] = start + self.columns * rows.strides[1]
        ports[:, 1] = rows.strides[0]
        ports[:, 2] = DTYPE[rows.dtype.name]
        return ports, rows

    def fill_array(self, to: OneRow, rows: Array) -> bool:
        """Take one row of a float array; its columns in the model's order."""
        buffer = to.floats64 if self._f8 else to.floats32
        buffer[:] = rows if self._order is None else rows[0][self._order]
        return True

    def fill_dict(self, to: OneRow, row: dict[str, Any]) -> bool:
        """Take a dict of plain numbers and known categories; False if it is not one."""
        if not self._dicts:
            return False
        keys = row.keys()
        if keys != self._names and not (self._names <= keys <= self._all):
            return False
        try:
            if self._f8:
                self._pack8(to.floats64, 0, *self._get8(row))
            if self._f4:
                self._pack4(to.floats32, 0, *self._get4(row))
            integers = to.integers
            for position, (name, codes) in enumerate(self._encode):
                integers[position] = codes[row[name]]
        except (struct.error, OverflowError, KeyError, TypeError):
            return False
        return True


def _getter(names: list[str]) -> Any:
    if len(names) == 1:
        (name,) = names
        return lambda row: (row[name],)
    return itemgetter(*names) if names else tuple


def _exits(plan: Plan, classes: list[list[Array]]) -> list[tuple[str, list[Array] | None]] | None:
    """Per output its name, and its labels as arrays of one; None if an output has several
    values."""
    if any(len(output.values) > 1 or output.shape == "list" for output in plan.outputs):
        return None
    return [
        (output.name, [labels[0][i : i + 1] for i in range(len(labels[0]))] if labels else None)
        for output, labels in zip(plan.outputs, classes, strict=True)
    ]


def _classes(graph: Graph, outputs: Sequence[Output]) -> list[list[Array]]:
    producers = {node.output: node.op for node in graph.nodes}
    result = []
    for output in outputs:
        ops = [producers[name] for name in output.values]
        result.append([op.array() for op in ops if isinstance(op, Labels)])
    return result
