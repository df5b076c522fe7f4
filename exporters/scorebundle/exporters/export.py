"""Export: the state of one export, and what exporters build graphs with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import numpy as np

from scorebundle.bundle.errors import Blocker, Violation
from scorebundle.bundle.fields import Array, Operator
from scorebundle.bundle.graph import CATEGORY_INPUTS, Builder, Input, Value
from scorebundle.bundle.ops import (
    ArgMax,
    Binary,
    Cast,
    Concat,
    Constant,
    Encode,
    Labels,
    Lookup,
    Numbers,
    Require,
    Select,
    Unary,
    Where,
    missing,
)
from scorebundle.bundle.types import Type

from .columns import Columns, Raw
from .registry import Outputs, Result, exporter_of


class Blocked(Exception):
    """Raised by `Export.block`; compositions catch it and go on to find other blockers."""


class Export:
    """Grows the graph of one pipeline.

    Attributes:
        names: the input columns in order.
        kinds: type of each input column that a step has read.
        declared: dtypes of numeric columns known from real rows; float64 otherwise.
        categoricals: columns that the library wants as pandas categoricals, with categories.
        known_categories: category values of columns that real rows hold as categoricals.
        missing: category columns of which the pipeline knows one kind of missing value only,
            None or NaN; a bundle takes both as that one.
        alone: whether the library lets rows of one call influence each other; the bundle then
            gives for each row what the library gives for that row alone.
        extras: outputs and inputs asked for beyond the usual ones.
        blockers: why the pipeline cannot be exported, so far.
        notes: (step, remark) on what is exported, but deserves a second look.
    """

    def __init__(
        self, names: Sequence[str], declared: dict[str, str], extras: Sequence[str] = ()
    ) -> None:
        self.names = tuple(names)
        self.declared = declared
        self.extras = frozenset(extras)
        self.notes: list[tuple[str, str]] = []
        self.kinds: dict[str, str] = {}
        self.categoricals: dict[str, list[Any]] = {}
        self.known_categories: dict[str, list[Any]] = {}
        self.missing: dict[str, Any] = {}
        self.alone = False
        self.blockers: list[Blocker] = []
        self._builder = Builder()
        self._constants: dict[tuple[str, bytes], Value] = {}

    @property
    def nodes(self) -> Any:
        """The nodes so far."""
        return tuple(self._builder.nodes)

    def inputs(self) -> tuple[Input, ...]:
        """The graph's inputs; columns nobody read are accepted and ignored."""
        return tuple(Input(name, self.kinds.get(name, "any")) for name in self.names)

    def export(self, estimator: Any, x: Columns, *path: str) -> Outputs:
        """Export a part of the pipeline as the step of that path.

        Raises:
            Blocked: after the blocker was noted.
        """
        with self._builder.within(*path):
            function = exporter_of(estimator)
            if function is None:
                kind = type(estimator)
                self.block(
                    f"{kind.__module__}.{kind.__qualname__} has no exporter",
                    "README lists what can be exported; replace the step or leave it out",
                )
            try:
                return function(estimator, x, self)
            except AttributeError as error:
                if error.obj is not estimator:
                    raise
                self.block(f"it has no {error.name}: it is not fitted", "call fit first")
            except Violation as broken:
                self.block(f"it cannot be stored: {broken}", "report it with the pipeline")

    def transform(self, estimator: Any, x: Columns, *path: str) -> Columns:
        """Export a transformer and return its output columns."""
        outputs = self.export(estimator, x, *path)
        result = outputs.get("transform")
        if not isinstance(result, Columns):
            with self._builder.within(*path):
                self.block(f"{type(estimator).__name__} does not transform", "use a transformer")
        return result

    def block(self, problem: str, remedy: str) -> NoReturn:
        """Note a blocker at the current step and leave the step.

        Raises:
            Blocked: always.
        """
        self.blockers.append(Blocker(self._builder.step, problem, remedy))
        raise Blocked

    def note(self, remark: str) -> None:
        """Remark on the current step."""
        self.notes.append((self._builder.step, remark))

    def asked(self, extra: str) -> bool:
        """Whether an extra output or input was asked for."""
        return extra in self.extras

    def extra_input(self, name: str, kind: str) -> str:
        """Add an input column that is no feature of the pipeline; returns its name."""
        if name in self.names:
            self.block(f"column {name!r} is a feature and an extra input", "rename the feature")
        self.names = (*self.names, name)
        self.kinds[name] = kind
        return name

    @contextmanager
    def survey(self) -> Iterator[None]:
        """Go on after a blocked part, to find all blockers."""
        with suppress(Blocked):
            yield

    def add(self, op: Operator, *inputs: Value) -> Value:
        """Append an operator."""
        return self._builder.add(op, *inputs)

    def placeholder(self, width: int) -> Columns:
        """Columns that stand for a blocked step's output."""
        return Columns.of(self, self.constant(np.zeros(max(1, width))))

    # Values -------------------------------------------------------------------------------

    def constant(self, numbers: Any, dtype: str | None = None) -> Value:
        """The same numbers for every row."""
        array = np.atleast_1d(np.asarray(numbers, dtype))
        key = (array.dtype.name, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self.add(Constant(array))
        return self._constants[key]

    def cast(self, x: Value, dtype: str) -> Value:
        """Convert, if it is not of that dtype already."""
        return x if x.type.dtype == dtype else self.add(Cast(dtype), x)

    def concat(self, values: Sequence[Value]) -> Value:
        """Side by side, if there is more than one."""
        return values[0] if len(values) == 1 else self.add(Concat(), *values)

    def select(self, x: Value, indices: Sequence[int]) -> Value:
        """Columns by index, if not all of them in order."""
        if list(indices) == list(range(x.type.width)):
            return x
        return self.add(Select(tuple(int(i) for i in indices)), x)

    def binary(self, op: str, a: Value, b: Any) -> Value:
        """Arithmetic or comparison; a number or array becomes a constant of a's dtype."""
        return self.add(Binary(op), a, self._operand(b, a))

    def unary(self, op: str, x: Value) -> Value:
        """An elementwise function."""
        return self.add(Unary(op), x)

    def where(self, condition: Value, a: Any, b: Any) -> Value:
        """Choice; a number becomes a constant of the other choice's dtype."""
        like = a if isinstance(a, Value) else b
        return self.add(Where(), condition, self._operand(a, like), self._operand(b, like))

    def complement(self, p: Value) -> Value:
        """1 − p."""
        return self.add(Binary("subtract"), self.constant(1, p.type.dtype), p)

    def require(self, rule: str, x: Value) -> Value:
        """Rows that break the rule are refused, as the fitted pipeline does."""
        return self.add(Require(rule), x)

    def finite(self, x: Value, allow_nan: bool = False) -> Value:
        """What check_array(ensure_all_finite=…) demands of the rows."""
        if x.type.dtype not in ("float32", "float64"):
            return x
        return self.require("not infinite" if allow_nan else "finite", x)

    def labels(self, code: Value, classes: Array) -> Value:
        """Class labels by position."""
        kind = classes.dtype.kind
        dtype = {"U": "str", "S": "str", "O": "object"}.get(kind, classes.dtype.name)
        values = [scalar(item) for item in classes.tolist()]
        if not all(isinstance(item, (str, int, float, bool)) for item in values):
            self.block(
                f"class labels {classes[:3]!r}… are not text, numbers or booleans",
                "use such labels",
            )
        return self.add(Labels(tuple(values), dtype), code)

    def unlabelled(self, labels: Value) -> tuple[Value, Labels]:
        """The code behind class labels, and the operator that made them of it."""
        node = self._builder.nodes[int(labels.name[1:])]
        assert isinstance(node.op, Labels)
        return Value(node.inputs[0], Type("int64", 1)), node.op

    def argmax_labels(self, scores: Value, classes: Array) -> Result:
        """The class with the largest score."""
        return Result((self.labels(self.add(ArgMax(), scores), classes),), "vector")

    def positive_labels(self, positive: Value, classes: Array) -> Result:
        """classes[1] where a bool is true, else classes[0]."""
        return Result((self.labels(self.cast(positive, "int64"), classes),), "vector")

    def _operand(self, b: Any, like: Value) -> Value:
        return b if isinstance(b, Value) else self.constant(b, like.type.dtype)

    # Input columns ------------------------------------------------------------------------

    def raw_numbers(self, raws: Sequence[Raw]) -> Value:
        """Raw columns with the same replacements, read as numbers."""
        dtype = self._read(raws)
        value = self.add(Numbers(tuple(raw.name for raw in raws), dtype))
        for key, new in raws[0].replace:
            if isinstance(key, str) or not isinstance(new, (int, float)):
                self.block(
                    f"column {raws[0].name!r} is imputed as text and used as numbers",
                    "give the imputer a numeric column",
                )
            mark = math.nan if key is None else float(key)
            value = self.where(self.add(missing(mark), value), float(new), value)
        return value

    def _read(self, raws: Sequence[Raw]) -> str:
        kinds = {self.declared.get(raw.name, "float64") for raw in raws}
        if len(kinds) > 1:
            kinds = {"float64"}
        dtype = kinds.pop()
        for raw in raws:
            before = self.kinds.setdefault(raw.name, self.declared.get(raw.name, "float64"))
            if before not in ("float64", "float32", "int64"):
                self._mixed_use(raw.name)
        return dtype

    def text(self, x: Columns) -> str:
        """Name of the one column that a step reads as text."""
        return self._only(x, "string", "text")

    def items(self, x: Columns) -> str:
        """Name of the one column that a step reads as collections of items."""
        return self._only(x, "items", "collections")

    def _only(self, x: Columns, kind: str, what: str) -> str:
        (raw, *others) = x.items or (None,)
        if others or not isinstance(raw, Raw) or raw.replace:
            self.block(f"it takes one column of {what} as it came in", "give it that column alone")
        if self.kinds.setdefault(raw.name, kind) != kind:
            self._mixed_use(raw.name)
        return raw.name

    def codes(self, raw: Raw, categories: Sequence[Any]) -> Value:
        """A raw column's position in a list of categories (which may hold None and NaN)."""
        listed = [scalar(item) for item in categories]
        plain = [item for item in listed if not is_missing(item)]
        order = {item: code for code, item in enumerate(listed) if not is_missing(item)}
        none = next((i for i, item in enumerate(listed) if item is None), -1)
        nan = next(
            (i for i, item in enumerate(listed) if isinstance(item, float) and item != item), -1
        )
        # A missing value is one notion at the door unless the encoder knows both kinds.
        if (none < 0) != (nan < 0):
            self.missing[raw.name] = None if none >= 0 else math.nan
        none, nan = (none if none >= 0 else nan), (nan if nan >= 0 else none)
        extra = []
        for key, new in raw.replace:
            code = order.get(scalar(new), -1)
            if is_missing(key):
                none = nan = code
                self.missing[raw.name] = key if isinstance(key, float) else None
            else:
                extra.append((key, code))
        encoded = self._encode(raw.name, plain, order, none, nan, extra)
        return self._whole(raw.name, encoded) if raw.whole else encoded

    def _whole(self, name: str, code: Value) -> Value:
        """The code; a row whose cell is missing is refused."""
        absent = self.add(Encode(name, (), 0, 0))  # 0 for a missing cell, else −1
        turned = self.add(Lookup(np.array([[-1]]), np.array([0])), absent)
        both = self.concat([self.require("known", turned), code])
        return self.select(both, [1])

    def _encode(
        self,
        name: str,
        plain: list[Any],
        order: dict[Any, int],
        none: int,
        nan: int,
        extra: list[tuple[Any, int]],
    ) -> Value:
        if any(not isinstance(item, (str, int, float, bool)) for item in plain):
            self.block(
                f"categories of column {name!r} are not text, numbers or booleans", "convert them"
            )
        self._read_categories(name, plain)
        table = [order[item] for item in plain]
        if extra or table != list(range(len(plain))):
            table += [code for _, code in extra]
            position = {code: i for i, code in enumerate(table) if code >= 0}
            table += [code for code in (none, nan) if code >= 0 and code not in position]
            op = Encode(
                name,
                (*plain, *(key for key, _ in extra)),
                table.index(none) if none >= 0 else -1,
                table.index(nan) if nan >= 0 else -1,
            )
            rows = np.array(table, np.int64)[:, None]
            return self.add(Lookup(rows, np.array([-1], np.int64)), self.add(op))
        return self.add(Encode(name, tuple(plain), none, nan))

    def _read_categories(self, name: str, plain: Sequence[Any]) -> None:
        if plain and all(isinstance(item, str) for item in plain):
            kind = "string"
        elif plain and all(isinstance(item, bool) for item in plain):
            kind = "boolean"
        else:
            kind = "mixed"
        before = self.kinds.get(name, kind)
        if before not in CATEGORY_INPUTS:
            self._mixed_use(name)
        self.kinds[name] = kind if before == kind else "mixed"

    def _mixed_use(self, name: str) -> None:
        self.block(
            f"column {name!r} is read as {self.kinds[name]} by one step and otherwise by another",
            "give each step its own column",
        )


def scalar(value: Any) -> Any:
    """A Python scalar of a numpy one."""
    return value.item() if isinstance(value, np.generic) else value


def is_missing(value: Any) -> bool:
    """None, NaN and pandas' NA."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return True
