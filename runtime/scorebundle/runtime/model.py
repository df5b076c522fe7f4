"""Runtime: a loaded model that scores rows."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal

import numpy as np

from scorebundle.bundle import Bundle, InputError, RowError
from scorebundle.bundle.bundle import Source
from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Graph, Node, Output
from scorebundle.bundle.manifest import InputSchema, OutputSchema
from scorebundle.bundle.ops import Encode, Labels, Require

from . import library
from .plan import OneRow, Plan
from .rows import Reader, Table
from .scores import Result, Scores

Errors = Literal["raise", "mark"]


class Runtime:
    """A model, ready to score; immutable and safe to share between threads.

    >>> Runtime.load("model.zip").score({"age": 41.0, "city": "Oslo"})  # doctest: +SKIP
    """

    def __init__(self, graph: Graph, bundle: Bundle | None = None) -> None:
        """Prepare a graph for scoring; `Runtime.load` is the usual way in."""
        self._graph = graph
        self._bundle = bundle
        self._reader = Reader(graph)
        self._packed: dict[Any, Array] = {}
        self._models: dict[tuple[str, ...], _Model] = {}
        self._names = tuple(output.name for output in graph.outputs)
        self._model(self._names)

    @classmethod
    def load(cls, source: Source | Bundle, *, verify: bool = False) -> Runtime:
        """Load a bundle.

        Args:
            source: a path, the zip's bytes, a binary file, or a `Bundle`.
            verify: also check the members that scoring does not read, score the stored rows,
                and compare with the training library's outputs.

        Raises:
            BundleError: if the file breaks a rule of the format, or verification fails.
        """
        bundle = source if isinstance(source, Bundle) else Bundle.open(source)
        runtime = cls(bundle.graph, bundle)
        if verify:
            runtime.verify()
        return runtime

    @property
    def bundle(self) -> Bundle:
        """The bundle it was loaded from."""
        if self._bundle is None:
            raise ValueError("this runtime was made from a graph")
        return self._bundle

    @property
    def name(self) -> str:
        """The model's name."""
        return self.bundle.name

    @property
    def version(self) -> str:
        """The model's version."""
        return self.bundle.version

    @property
    def digest(self) -> str:
        """The bundle's identity: 64 hexadecimal digits."""
        return self.bundle.digest

    @property
    def inputs(self) -> tuple[InputSchema, ...]:
        """The input columns."""
        return self.bundle.manifest.inputs

    @property
    def outputs(self) -> tuple[OutputSchema, ...]:
        """The outputs."""
        return self.bundle.manifest.outputs

    def score(
        self,
        rows: Any,
        *,
        select: Sequence[str] | None = None,
        errors: Errors = "raise",
        threads: int = 1,
    ) -> Scores:
        """Score rows.

        Args:
            rows: a dict (one row), a list of dicts, a dict of columns, a 2-D or structured
                array, a pandas or polars frame, or an Arrow table. Columns are matched by
                name; a 2-D array's by position.
            select: names of the wanted outputs; all by default.
            errors: "raise", or "mark" to score the other rows and give refused ones a status.
            threads: threads that share the rows.

        Raises:
            InputError: columns that are missing, extra, twice there or of a wrong type.
            RowError: rows that the fitted pipeline would have refused.
            KeyError: an output of that name does not exist.
        """
        model = self._models.get(self._names if select is None else tuple(select))
        if model is None:
            model = self._model(tuple(select or ()))
        scores = model.one(rows)
        if scores is not None:
            return scores
        return model.many(rows, errors, threads)

    def predict(self, rows: Any, **options: Any) -> Any:
        """`score(rows, select=["predict"])["predict"]`: scikit-learn's shape and dtype."""
        return self.score(rows, select=("predict",), **options)["predict"]

    def predict_proba(self, rows: Any, **options: Any) -> Any:
        """`score(rows, select=["predict_proba"])["predict_proba"]`."""
        return self.score(rows, select=("predict_proba",), **options)["predict_proba"]

    def decision_function(self, rows: Any, **options: Any) -> Any:
        """`score(rows, select=["decision_function"])["decision_function"]`."""
        return self.score(rows, select=("decision_function",), **options)["decision_function"]

    def transform(self, rows: Any, **options: Any) -> Any:
        """`score(rows, select=["transform"])["transform"]`."""
        return self.score(rows, select=("transform",), **options)["transform"]

    def verify(self) -> int:
        """Score the stored rows and compare with the training library's outputs.

        Returns:
            The number of rows compared.

        Raises:
            BundleError: naming the first output and row that differs beyond its contract.
        """
        from .verify import verify

        return verify(self)

    def __repr__(self) -> str:
        what = repr(self._bundle) if self._bundle else f"{len(self._graph.nodes)} nodes"
        return f"<Runtime {what}>"

    def _model(self, names: tuple[str, ...]) -> _Model:
        known = [output.name for output in self._graph.outputs]
        for name in names:
            if name not in known:
                raise KeyError(f"the model has no output {name!r}; it has {', '.join(known)}")
        plan = Plan(self._graph, names, library.load(), self._packed)
        self._models[names] = _Model(self._graph, plan, self._reader)
        return self._models[names]


class _Model:
    """One plan with its ways in and out."""

    def __init__(self, graph: Graph, plan: Plan, reader: Reader) -> None:
        self._graph, self._plan, self._reader = graph, plan, reader
        self._classes = _classes(graph, plan.outputs)
        self._pool: list[OneRow] = []
        self._fast = _FastRow(graph, plan, reader)

    def one(self, rows: Any) -> Scores | None:
        """Score one plain row quickly; None if it is not one, or the row needs a closer look."""
        fill = self._fast.filler(rows)
        if fill is None:
            return None
        try:
            buffers = self._pool.pop()
        except IndexError:
            buffers = OneRow(self._plan)
        try:
            if not fill(buffers, rows) or buffers.run():
                return None
            return Scores(self._results([array.copy() for array in buffers.results]), 1)
        finally:
            self._pool.append(buffers)

    def many(self, rows: Any, errors: Errors, threads: int) -> Scores:
        """Score any rows."""
        table = self._reader.table(rows)
        ports, keep = self._ports(table)
        results, status = self._plan.run(ports, table.rows, threads)
        del keep
        values = self._results(results)
        if not status.any():
            return Scores(values, table.rows)
        refused = np.flatnonzero(status)
        if errors == "raise":
            node = self._graph.nodes[int(status[refused[0]]) - 1]
            same = refused[status[refused] == status[refused[0]]]
            raise RowError(same.tolist(), self._field(node), node.step, _rule(node))
        messages = {}
        for row in refused.tolist():
            node = self._graph.nodes[int(status[row]) - 1]
            messages[row] = f"{self._field(node)}: {_rule(node)} (step {node.step or 'pipeline'})"
        return Scores(_blanked(values, refused), table.rows, messages)

    def _ports(self, table: Table) -> tuple[Array, list[Any]]:
        problems: list[str] = []
        columns: dict[str, Any] = {}
        for name in self._reader.used:
            columns[name] = self._reader.column(table, name, problems)
        if problems:
            raise InputError(problems)
        ports = np.zeros((max(1, len(self._plan.ports)), 2), np.int64)
        keep = []
        for row, port in enumerate(self._plan.ports):
            values = columns[port.column]
            if port.encoder >= 0:
                values = np.array(self._reader.encode(port.encoder, values), np.int64)
            elif values.dtype.name != port.dtype:
                values = values.astype(port.dtype)
            keep.append(values)
            ports[row] = values.__array_interface__["data"][0], values.strides[0]
        return ports, keep

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

    def _field(self, node: Node) -> str:
        return ", ".join(self._graph.columns_behind(node.output)) or "row"


class _FastRow:
    """Fills the buffers of `OneRow` from one dict of scalars or one row of an array."""

    def __init__(self, graph: Graph, plan: Plan, reader: Reader) -> None:
        self._names = set(reader.used)
        self._all = set(reader.names)
        self._width = len(reader.names)
        self._encode: list[tuple[str, Mapping[Any, int]]] = []
        numeric: dict[str, list[str]] = {"float64": [], "float32": [], "int64": []}
        simple = True
        for port in plan.ports:
            if port.encoder >= 0:
                op = graph.nodes[port.encoder].op
                assert isinstance(op, Encode)
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
        self._array = kinds in ({"float64"}, {"float32"})
        position = {name: i for i, name in enumerate(reader.names)}
        order = [position[port.column] for port in plan.ports]
        self._order = None if order == list(range(self._width)) else np.array(order, np.intp)

    def filler(self, rows: Any) -> Any:
        """The method that takes these rows, or None."""
        kind = type(rows)
        if kind is dict:
            return self._from_dict if self._dicts else None
        if kind is np.ndarray and self._array and rows.shape == (1, self._width):
            return self._from_array if rows.dtype.kind == "f" else None
        return None

    def _from_array(self, to: OneRow, rows: Array) -> bool:
        row = rows[0] if self._order is None else rows[0][self._order]
        buffer = to.floats64 if len(self._f8) else to.floats32
        buffer[:] = row
        return True

    def _from_dict(self, to: OneRow, row: dict[str, Any]) -> bool:
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


def _classes(graph: Graph, outputs: Sequence[Output]) -> list[list[Array]]:
    producers = {node.output: node.op for node in graph.nodes}
    result = []
    for output in outputs:
        ops = [producers[name] for name in output.values]
        result.append([op.array() for op in ops if isinstance(op, Labels)])
    return result


def _rule(node: Node) -> str:
    assert isinstance(node.op, Require)
    return {
        "finite": "must be neither missing nor infinite",
        "not infinite": "must not be infinite (or too large for float32)",
        "not missing": "must not be missing",
        "known": "is a category that was not seen in training",
    }[node.op.rule]


def _blanked(values: dict[str, Result], rows: Array) -> dict[str, Result]:
    def blank(value: Array) -> Array:
        if value.dtype.kind == "f":
            value = value.copy()
            value[rows] = np.nan
        else:
            value = value.astype(object)
            value[rows] = None
        return value

    return {
        name: [blank(part) for part in value] if isinstance(value, list) else blank(value)
        for name, value in values.items()
    }
