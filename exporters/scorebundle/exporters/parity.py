"""The parity gate: an export is compared with the fitted pipeline before a file exists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from scorebundle.bundle.errors import Blocker, ExportError
from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import CATEGORY_INPUTS, Graph, Output
from scorebundle.bundle.manifest import Certificate
from scorebundle.bundle.types import LABELS
from scorebundle.bundle.verification import Column, Expected, Verification
from scorebundle.runtime import Runtime

from . import probes
from .bounds import carried
from .reference import Answer, Reference

STORED = 32
"""Rows kept in the bundle."""
ASKED = 256
"""Most rows that are checked one by one for being refused."""
CHUNK = 2048
MAX_NUMBERS = 1 << 23
"""Most numbers that are held at a time for a value of every node, and that are stored."""
ALONE = 128
"""Most rows of a table where the pipeline is asked for each by itself."""
REMEDY = "this is a defect of scorebundle: please report it with the pipeline"


class Gate:
    """Proves one export.

    Attributes:
        certificate: what was measured, by output.
        stored: rows made from the model that both score.
        failures: where the two do not agree.
        chunk: rows that are compared at a time.
    """

    def __init__(
        self, graph: Graph, reference: Reference, real: Mapping[str, Column] | None
    ) -> None:
        self.graph = graph
        self.runtime = Runtime(graph)
        self.reference = reference
        self.contracts = contracts(graph)
        self.failures: list[Blocker] = []
        self._measured: dict[str, _Measured] = {o.name: _Measured() for o in graph.outputs}
        self._inner = _inner(graph)
        self.chunk = max(1, min(CHUNK, MAX_NUMBERS // _width(graph, graph.types)))
        self._check_refusals()
        if self.failures:
            raise ExportError(self.failures)
        self.stored: dict[str, Column] = {}
        for rows in self._tables():
            self.stored = self._check(rows) or self.stored
        if real is not None:  # never stored unasked: they may be personal data
            self._check(dict(real))
        self.certificate = {
            name: measured.certificate(self.contracts[name])
            for name, measured in self._measured.items()
        }

    def verification(self, rows: Mapping[str, Column]) -> Verification:
        """Up to `STORED` rows with the pipeline's answers and what may differ in them."""
        count = length(rows)
        if not count and any(kind != "any" for _, kind in self.graph.inputs):
            problem = "the pipeline accepts none of the rows that were made from it"
            raise ExportError([Blocker("", problem, "pass real rows as X= with keep_rows=True")])
        names = [name for output in self.graph.outputs for name in output.values]
        stored = max(1, min(STORED, count, MAX_NUMBERS // _width(self.graph, names)))
        rows = take(rows, spread(np.arange(count), stored))
        bounds = self._bounds(rows)
        outputs = {}
        for output in self.graph.outputs:
            answer = self.reference.ask(output.name, rows)
            values, tolerances = [], []
            for part, name in zip(
                _by_value(answer, output, self._labelled(output)), output.values, strict=True
            ):
                bound = bounds.get(name)
                inexact = bound is not None and bound.any()
                if self.graph.types[name].dtype == LABELS:
                    values.append(part.tolist())
                    tolerances.append(
                        np.isinf(bound[:, 0]) if inexact and bound is not None else None
                    )
                else:
                    values.append(part)
                    tolerances.append(2 * bound if inexact and bound is not None else None)
            outputs[output.name] = Expected(tuple(values), tuple(tolerances))
        return Verification(dict(rows), outputs)

    def _tables(self) -> list[dict[str, Column]]:
        plain = probes.table(self.graph, specials=False)
        if not plain:
            return [{}]
        tables = [probes.table(self.graph, specials=True, seed=2), plain]
        if self._refused(plain) > length(plain) // 2:
            tables += [probes.positive(plain, zeros) for zeros in (False, True)]
        paths = probes.reaching(self.graph, plain)
        if length(paths):
            tables.insert(0, paths)
        return tables

    def _refused(self, rows: dict[str, Column]) -> int:
        return len(self.runtime.score(rows, errors="mark").status)

    def _check(self, rows: dict[str, Column]) -> dict[str, Column]:
        """Compare all outputs for the rows that are not refused; returns those rows."""
        if not rows:
            return {}
        if self.reference.alone and length(rows) > ALONE:
            chosen = np.random.default_rng(4).choice(length(rows), ALONE, replace=False)
            rows = take(rows, chosen)
        scores = self.runtime.score(rows, errors="mark")
        accepted = np.setdiff1d(np.arange(scores.rows), np.array([*scores.status], int))
        rows = take(rows, accepted)
        for start in range(0, len(accepted), self.chunk):
            self.compare(take(rows, np.arange(start, min(start + self.chunk, len(accepted)))))
            if self.failures:
                raise ExportError(self.failures)
        return rows if len(accepted) else {}

    def compare(self, rows: Mapping[str, Column], table: Any = None) -> None:
        """Compare all outputs for rows that are not refused; the pipeline may get them as a table
        of other dtypes."""
        bounds = self._bounds(rows)
        got = self.runtime.score(dict(rows))
        for output in self.graph.outputs:
            self._compare(output, rows, got[output.name], bounds, table)

    def _bounds(self, rows: Mapping[str, Column]) -> dict[str, Array]:
        """Bounds of every value, if any operator is not exact; else nothing."""
        if self._inner is None:
            return {}
        values = self._inner.score(dict(rows))
        names = {node.output for node in self.graph.nodes}
        numbers = {
            name: np.asarray(values[name]).reshape(values.rows, -1)
            for name in names
            if name in values
        }
        labels = {
            n.output: numbers[n.inputs[0]] for n in self.graph.nodes if n.output not in numbers
        }
        return carried(self.graph, {**numbers, **labels})

    def _compare(
        self,
        output: Output,
        rows: Mapping[str, Column],
        got: Any,
        bounds: Mapping[str, Array],
        table: Any,
    ) -> None:
        try:
            answer = self.reference.ask(output.name, rows, table)
        except Exception as error:
            self._fail(output, f"the pipeline raises where the bundle scores: {error!r:.300}")
            return
        parts = got if isinstance(got, list) else [got]
        same = [p.dtype for p in parts] == [a.dtype for a in answer]
        if table is None and not same and not _same_words(parts, answer):
            self._fail(
                output,
                f"dtype {parts[0].dtype} is not the pipeline's {answer[0].dtype}",
            )
        measured = self._measured[output.name]
        labels = self._labelled(output)
        ours = _by_value([np.asarray(part) for part in parts], output, labels)
        theirs = _by_value(answer, output, labels)
        for mine, wanted, name in zip(ours, theirs, output.values, strict=True):
            add = measured.labels if labels else measured.numbers
            bad = add(mine, wanted, bounds.get(name))
            if bad.any():
                row = int(np.argmax(bad))
                shown = {column: values[row] for column, values in list(rows.items())[:8]}
                self._fail(
                    output,
                    f"{int(bad.sum())} of {len(bad)} probe rows differ, e.g. {mine[row]!r} for "
                    f"{wanted[row]!r} at {shown!r:.300}",
                )

    def _labelled(self, output: Output) -> bool:
        return self.graph.types[output.values[0]].dtype == LABELS

    def _fail(self, output: Output, problem: str) -> None:
        step = self.graph.nodes[-1].step
        self.failures.append(Blocker(step, f"{output.name}: {problem}", REMEDY))

    def _check_refusals(self) -> None:
        """One strange value at a time: the bundle must refuse it just where the pipeline does."""
        neutral = self._neutral()
        if not neutral:
            return
        method = self.graph.outputs[0].name
        asked = 0
        for name, kind in self.graph.inputs:
            for value in self._specials(name, kind):
                asked += 1
                if asked > ASKED:
                    return
                row = {**neutral, name: _column([value], neutral[name])}
                refused = bool(self.runtime.score(row, select=[method], errors="mark").status)
                raised = ""
                try:
                    self.reference.ask(method, row)
                except Exception as error:
                    raised = str(error)
                if refused != bool(raised):
                    does = f"raises ({raised:.200})" if raised else "accepts it"
                    self.failures.append(
                        Blocker(
                            "",
                            f"column {name!r} with {value!r}: the pipeline {does}, the bundle "
                            f"{'refuses it' if refused else 'scores it'}",
                            REMEDY,
                        )
                    )

    def _specials(self, name: str, kind: str) -> list[Any]:
        if kind in CATEGORY_INPUTS:
            words = probes.special_words(kind)
            if name in self.reference.categoricals:
                return [word for word in words if word is None]
            return words[2:] + [np.nan]
        if kind == "items":
            return probes.special_words(kind)
        if kind == "any" or kind == "int64":
            return []
        if name in self.reference.categoricals:  # a categorical turns unknown values into NaN
            return [np.nan]
        return [np.nan, np.inf, -np.inf, 1e300 if kind == "float64" else 1e30]

    def _neutral(self) -> dict[str, Column]:
        """One row that the bundle accepts."""
        rows = probes.table(self.graph, specials=False, seed=3)
        if not rows:
            return {}
        if self.reference.alone and length(rows) > ALONE:
            chosen = np.random.default_rng(4).choice(length(rows), ALONE, replace=False)
            rows = take(rows, chosen)
        for table in (rows, probes.positive(rows, zeros=True), probes.positive(rows, zeros=False)):
            scores = self.runtime.score(table, errors="mark")
            for row in range(scores.rows):
                if row not in scores.status:
                    return take(table, np.array([row]))
        return {}


class _Measured:
    """Largest differences of one output so far."""

    def __init__(self) -> None:
        self.rows = self.values = self.ties = 0
        self.ulp = self.difference = 0.0

    def labels(self, got: Array, wanted: Array, bound: Array | None) -> Array:
        """Take in labels (rows,); returns which of them differ, ties aside."""
        self.rows += len(got)
        self.values += len(got)
        pairs = zip(got.tolist(), wanted.tolist(), strict=True)
        different = np.array([a != b and (a == a or b == b) for a, b in pairs], bool)
        if bound is None or not different.any():
            return different
        tied: Array = different & np.isinf(bound[:, 0])
        self.ties += int(tied.sum())
        return different & ~tied

    def numbers(self, got: Array, wanted: Array, bound: Array | None) -> Array:
        """Take in numbers (rows, width); returns which rows differ beyond the bound."""
        self.rows += len(got)
        self.values += int(np.size(got))
        if got.shape != wanted.shape:
            return np.ones(len(got), bool)
        with np.errstate(all="ignore"):
            unit = np.spacing(np.abs(wanted)) if wanted.dtype.kind == "f" else np.ones(wanted.shape)
        got, wanted = got.astype(np.float64), wanted.astype(np.float64)
        same: Array = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
        with np.errstate(all="ignore"):
            gap = np.where(same, 0.0, np.abs(got - wanted))
            within: Array = same if bound is None else same | (gap <= 2 * bound)
            finite = np.isfinite(gap)
            if bound is not None:
                finite &= np.isfinite(bound)  # what is open says nothing
            if finite.any():
                self.difference = max(self.difference, float(gap[finite].max()))
                least = np.finfo(np.float64).tiny  # the unit beside 0 says nothing
                ulp = np.where(gap > 0, gap / np.maximum(unit, least), 0)[finite]
                ulp = ulp[np.isfinite(ulp)]  # a difference from 0 may be beyond all numbers
                self.ulp = max(self.ulp, float(ulp.max(initial=0)))
        return np.asarray(~within.all(axis=1))

    def certificate(self, contract: str) -> Certificate:
        return Certificate(self.rows, self.values, contract, self.ulp, self.difference, self.ties)


def contracts(graph: Graph) -> dict[str, str]:
    """Per output `exact`, or the reasons why last digits may differ."""
    result = {}
    for output in graph.outputs:
        bounds = [node.op.bound() for node in graph.needed([output.name])]
        reasons = dict.fromkeys(f"{reason} ({ulp} ulp)" for ulp, reason in bounds if ulp)
        result[output.name] = "; ".join(reasons) or "exact"
    return result


def _inner(graph: Graph) -> Runtime | None:
    """A runtime that returns every value of the graph; None if all operators are exact."""
    if not any(node.op.bound()[0] for node in graph.nodes):
        return None
    outputs = [
        Output(node.output, (node.output,), "matrix")
        for node in graph.nodes
        if graph.types[node.output].dtype != LABELS
    ]
    return Runtime(Graph(graph.inputs, graph.nodes, tuple(outputs)))


def _by_value(answer: Answer, output: Output, labels: bool) -> list[Array]:
    """An output's arrays, one per value: numbers (rows, width), labels (rows,)."""
    if len(answer) == 1 and len(output.values) > 1:
        return [answer[0][:, i] for i in range(answer[0].shape[1])]
    return [part.ravel() if labels else part.reshape(len(part), -1) for part in answer]


def _same_words(ours: Sequence[Array], theirs: Sequence[Array]) -> bool:
    return all(a.dtype.kind == b.dtype.kind == "U" for a, b in zip(ours, theirs, strict=True))


def _width(graph: Graph, names: Iterable[str]) -> int:
    return max(1, sum(graph.types[name].width for name in names))


def length(rows: Mapping[str, Column]) -> int:
    return len(next(iter(rows.values()))) if rows else 0


def take(rows: Mapping[str, Column], indices: Array) -> dict[str, Column]:
    return {
        name: column[indices] if isinstance(column, np.ndarray) else [column[i] for i in indices]
        for name, column in rows.items()
    }


def spread(rows: Array, most: int) -> Array:
    """So many of some rows at most, from the first to the last."""
    places = np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)
    return np.asarray(rows[np.unique(places)])


def _column(values: list[Any], like: Column) -> Column:
    return np.array(values, like.dtype) if isinstance(like, np.ndarray) else values


__all__ = ["Gate", "contracts", "length", "spread", "take"]
