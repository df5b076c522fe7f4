"""The ways into and out of a plan: through a door, or rows of any kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Graph, Output
from scorebundle.bundle.ops import Encode, Items, Labels, Operator, Parse, Phrase, Terms

from .assembler import Port
from .door import Door, Entries, Entry, RowDoor, known_layout
from .encode import Categories
from .kernels.codes import DTYPE
from .lenient import REFUSED, reasons, unreadable
from .plan import Plan, address_of
from .refusals import blanked, messages, refusal
from .rows import Reader, Table
from .scores import Result, Scores
from .values import NUMPY

Errors = Literal["raise", "mark"]


class Model:
    """A plan with its ways in and out; for many rows, another plan made when they first come.

    Attributes:
        door: for rows of an array or a dict, if there is one output, of one value.
        row_door: for one of them.
    """

    def __init__(
        self, graph: Graph, plan: Plan, for_many: Callable[[], Plan], reader: Reader
    ) -> None:
        self._graph, self._plan, self._reader = graph, plan, reader
        self._for_many = for_many
        self._many: Plan | None = None
        self._classes = _classes(graph, plan.outputs)
        self._columns = _columns(plan, reader)
        self.door: Door | None = None
        self.row_door: RowDoor | None = None
        if known_layout():
            entries = _entries(graph, plan, reader, self._columns)
            self.row_door = RowDoor(plan, entries, self._results)
            if len(plan.slots) == 1:
                labels = self._classes[0]
                self.door = Door(self._plan_for, entries, labels[0] if labels else None)

    def _plan_for(self, rows: int) -> Plan:
        """The plan that is fastest for so many rows."""
        if rows < self._plan.turn:
            return self._plan
        self._many = self._many or self._for_many()
        return self._many

    def many(self, rows: Any, errors: Errors, threads: int) -> Scores:
        """Score any rows."""
        refused: Mapping[int, tuple[str, Any]] = {}
        matrix = self._matrix(rows)
        if matrix is not None:
            ports, array = matrix
            keep = [array]
            count = len(array)
            columns: Mapping[str, Any] = _Columns(self._reader.names, array)
        else:
            table = self._reader.table(rows)
            ports, columns, keep = self._ports(table)
            count, refused = table.rows, table.refused
        plan = self._plan_for(count)
        results, status = plan.run(ports, count, threads)
        del keep
        values = self._results(results)
        if not refused and not status.any():
            return Scores(values, count)
        if errors == "raise":
            raise unreadable(refused) if refused else refusal(self._graph, status, columns)
        why = messages(self._graph, status, columns) | reasons(refused)
        status[list(refused)] = REFUSED
        return Scores(blanked(values, status), count, dict(sorted(why.items())))

    def _matrix(self, rows: Any) -> tuple[Array, Array] | None:
        """Ports into a 2-D float array, and the array they point into; None if it is none.

        Kernels turn float32 into float64 and back; numbers that float32 cannot hold become
        infinite, as in numpy.
        """
        if self._columns is None or type(rows) is not np.ndarray or rows.dtype.kind != "f":
            return None
        if rows.ndim != 2 or rows.shape[1] != len(self._reader.names):
            return None
        if rows.dtype not in (np.float32, np.float64):  # float16, another byte order
            with np.errstate(over="ignore"):
                rows = rows.astype(np.float64)
        ports = np.empty((len(self._columns), 3), np.int64)
        start = address_of(rows)
        ports[:, 0] = start + self._columns * rows.strides[1]
        ports[:, 1] = rows.strides[0]
        ports[:, 2] = DTYPE[rows.dtype.name]
        return ports, rows

    def _ports(self, table: Table) -> tuple[Array, Mapping[str, Any], list[Array]]:
        """The ports' addresses, the checked columns, and the memory that the ports point to."""
        columns = self._reader.columns(table)
        keep: list[Array] = []
        places = []
        terms: dict[int, tuple[Array, ...]] = {}
        for port in self._plan.ports:
            values = columns[port.column]
            if port.encoder >= 0 and isinstance(self._op(port), (Terms, Items)):
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


def _columns(plan: Plan, reader: Reader) -> Array | None:
    """Which column of an array each port reads; None if not all of them read floats."""
    kinds = {port.dtype for port in plan.ports}
    if not kinds or not kinds <= {"float64", "float32"}:
        return None
    position = {name: i for i, name in enumerate(reader.names)}
    return np.array([position[port.column] for port in plan.ports], np.int64)


def _entries(graph: Graph, plan: Plan, reader: Reader, columns: Array | None) -> Entries:
    """What comes in for each port, and which other keys a dict must have."""
    ports = []
    dicts = bool(plan.ports)
    for number, port in enumerate(plan.ports):
        codes: dict[Any, int] | None = None
        if port.encoder >= 0:
            op = graph.nodes[port.encoder].op
            dicts = dicts and isinstance(op, Encode) and reader.used[port.column] != "boolean"
            if isinstance(op, Encode):
                codes = {category: code for code, category in enumerate(op.categories)}
                codes[None] = op.none
        column = -1 if columns is None else int(columns[number])
        ports.append(Entry(port.column, reader.used[port.column], column, codes))
    width = -1 if columns is None else len(reader.names)
    if reader.lenient:  # other columns are ignored, and a dict that lacks one is completed
        return Entries(tuple(ports), width, (), (), -1 if dicts else 0)
    rest = reader.used.keys() - {port.column for port in plan.ports}
    optional = [name for name in reader.names if name not in reader.used]
    names = len(reader.names) if dicts else 0
    return Entries(tuple(ports), width, tuple(rest), tuple(optional), names)


def _classes(graph: Graph, outputs: Sequence[Output]) -> list[list[Array]]:
    producers = {node.output: node.op for node in graph.nodes}
    result = []
    for output in outputs:
        ops = [producers[name] for name in output.values]
        result.append([op.array() for op in ops if isinstance(op, Labels)])
    return result
