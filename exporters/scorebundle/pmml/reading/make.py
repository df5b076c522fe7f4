"""Maker: grows a graph, folding what is constant and making equal nodes once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scorebundle.bundle.errors import Violation
from scorebundle.bundle.fields import Array, Operator
from scorebundle.bundle.graph import MAX_NODES, Builder, Value
from scorebundle.bundle.ops import (
    Binary,
    Cast,
    Concat,
    Constant,
    Encode,
    Lookup,
    Numbers,
    Parse,
    Phrase,
    Require,
    Select,
    Terms,
    Unary,
    Where,
    missing,
)
from scorebundle.bundle.types import MAX_WIDTH

from .types import FALSE, NUMBERS, TRUE, since
from .values import MISSING, UNKNOWN, Bool, Code, Real, Source, Text, Words

_FOLD = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "power": np.power,
    "remainder": np.remainder,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
}


class Maker:
    """The graph while it grows.

    Attributes:
        columns: type of each input column that is read.
        converted: what became of texts that were chosen, by their codes and the conversion:
            choices of one text share others, of which each is converted once.
    """

    def __init__(self) -> None:
        self.builder = Builder()
        self.columns: dict[str, str] = {}
        self.converted: dict[Any, Any] = {}
        self._made: dict[Any, Value] = {}
        self._texts: dict[tuple[Source, int | None], Text] = {}
        self._terms: dict[Any, tuple[Value, Words]] = {}
        self._singles: dict[str, Value] = {}

    def add(self, op: Operator, *inputs: Value) -> Value:
        """Append an operator, or return the value of an equal one."""
        key = (
            type(op),
            *(tuple(v) if isinstance(v, list) else v for v in op.attributes().values()),
            *((a.dtype.name, a.shape, a.tobytes()) for a in op.tensors().values()),
            *(x.name for x in inputs),
        )
        value = self._made.get(key)
        if value is None:
            if len(self._made) > MAX_NODES:
                raise Violation(f"needs more than {MAX_NODES} operators")
            value = self._made[key] = self.builder.add(op, *inputs)
        return value

    # Numbers ------------------------------------------------------------------------------

    def constant(self, numbers: Any, dtype: str = "float64") -> Value:
        """The same numbers for every row."""
        return self.add(Constant(np.atleast_1d(np.asarray(numbers, dtype))))

    def real(self, x: Real) -> Value:
        """As a value of the graph."""
        return x if isinstance(x, Value) else self.constant(x)

    def arithmetic(self, op: str, a: Real, b: Real) -> Real:
        """A ufunc of two numbers."""
        if not isinstance(a, Value) and not isinstance(b, Value):
            with np.errstate(all="ignore"):
                return float(_FOLD[op](np.float64(a), np.float64(b)))
        return self.add(Binary(op), self.real(a), self.real(b))

    def unary(self, op: str, x: Real) -> Real:
        """A ufunc of one number."""
        if not isinstance(x, Value):
            with np.errstate(all="ignore"):
                if op == "expit":
                    return float(1 / (1 + np.exp(-np.float64(x))))
                return float(getattr(np, op)(np.float64(x)))
        return self.add(Unary(op), x)

    def plus(self, *terms: Real) -> Real:
        """The terms added from left to right."""
        total: Real = terms[0] if terms else 0.0
        for term in terms[1:]:
            total = self.arithmetic("add", total, term)
        return total

    def clipped(self, x: Real, low: float, high: float) -> Real:
        """The nearest number between two."""
        return self.arithmetic("minimum", self.arithmetic("maximum", x, low), high)

    def highest(self, numbers: Sequence[Real]) -> Real:
        """The largest of numbers; NaN if one is."""
        result = numbers[0]
        for x in numbers[1:]:
            result = self.arithmetic("maximum", result, x)
        return result

    def minus(self, a: Real, b: Real) -> Real:
        """a − b."""
        return self.arithmetic("subtract", a, b)

    def times(self, a: Real, b: Real) -> Real:
        """a · b."""
        if a == 1 or b == 1:
            return b if a == 1 else a
        return self.arithmetic("multiply", a, b)

    def over(self, a: Real, b: Real) -> Real:
        """a / b."""
        return self.arithmetic("divide", a, b)

    def power(self, a: Real, b: Real) -> Real:
        """aᵇ; a missing operand makes it missing, which IEEE's pow does not."""
        if b == 1:
            return a
        if b == 2:
            return self.arithmetic("multiply", a, a)
        known = self.both(self.present(a), self.present(b))
        return self.choose(known, self.arithmetic("power", a, b), math.nan)

    def single(self, x: Value) -> Value:
        """As float32."""
        if x.type.dtype == "float32":
            return x
        return self._singles.get(x.name) or self.add(Cast("float32"), x)

    def rounded(self, x: Real) -> Real:
        """The nearest float32, as float64."""
        if not isinstance(x, Value):
            with np.errstate(over="ignore"):
                return float(np.float32(x))
        if x.name in self._singles:
            return x
        single = self.add(Cast("float32"), x)
        value = self.add(Cast("float64"), single)
        self._singles[value.name] = single
        return value

    def double(self, x: Value) -> Value:
        """As float64."""
        if x.type.dtype == "float64":
            return x
        value = self.add(Cast("float64"), x)
        if x.type.dtype == "float32" and x.type.width == 1:
            self._singles[value.name] = x
        return value

    def matrix(self, items: Sequence[Real]) -> Value:
        """Numbers side by side."""
        values = [self.real(x) for x in items]
        return values[0] if len(values) == 1 else self.add(Concat(), *values)

    def column(self, x: Value, index: int) -> Value:
        """One column of a value."""
        return x if x.type.width == 1 else self.add(Select((index,)), x)

    def spread(self, x: Value) -> list[Value]:
        """Every column of a value."""
        return [self.column(x, index) for index in range(x.type.width)]

    # Conditions ---------------------------------------------------------------------------

    def compare(self, op: str, a: Real, b: Real) -> Bool:
        """A comparison; with NaN all are false but `not_equal`."""
        if not isinstance(a, Value) and not isinstance(b, Value):
            return bool(_FOLD[op](a, b))
        return self.add(Binary(op), self.real(a), self.real(b))

    def absent(self, x: Real) -> Bool:
        """Whether a number is missing."""
        if not isinstance(x, Value):
            return math.isnan(x)
        return self.add(missing(math.nan), x)

    def present(self, x: Real) -> Bool:
        """Whether a number is not missing."""
        return self.compare("equal", x, x)

    def infinite(self, x: Real) -> Bool:
        """Whether a number is an infinity."""
        return self.compare("equal", self.unary("absolute", x), math.inf)

    def both(self, *conditions: Bool) -> Bool:
        """Whether all hold."""
        return self._logic("and", conditions, True)

    def either(self, *conditions: Bool) -> Bool:
        """Whether one holds."""
        return self._logic("or", conditions, False)

    def _logic(self, op: str, conditions: Sequence[Bool], neutral: bool) -> Bool:
        result: Bool = neutral
        for each in dict.fromkeys(conditions):
            if isinstance(each, bool):
                if each is not neutral:
                    return each
            elif isinstance(result, bool):
                result = each
            else:
                result = self.add(Binary(op), result, each)
        return result

    def negated(self, condition: Bool) -> Bool:
        """Whether it does not hold."""
        if isinstance(condition, bool):
            return not condition
        return self.add(Unary("not"), condition)

    def truth(self, condition: Bool) -> Value:
        """As a value of the graph."""
        return self.constant(condition, "bool") if isinstance(condition, bool) else condition

    def choose(self, condition: Bool, a: Real, b: Real) -> Real:
        """`a` where the condition holds, else `b`."""
        if isinstance(condition, bool):
            return a if condition else b
        if a is b or (not isinstance(a, Value) and not isinstance(b, Value) and a == b):
            return a
        return self.add(Where(), condition, self.real(a), self.real(b))

    def indicator(self, condition: Bool) -> Real:
        """1 where it holds, else 0."""
        if isinstance(condition, bool):
            return float(condition)
        return self.add(Cast("float64"), condition)

    def refuse_where(self, condition: Bool, x: Value) -> Value:
        """x; rows where the condition holds are refused."""
        code = self.choose_code(condition, UNKNOWN, 0)
        if isinstance(code, int) and code == 0:
            return x
        checked = self.add(Require("known"), self.code(code))
        number = self.add(Cast(x.type.dtype), checked)
        places = tuple(range(1, 1 + x.type.width))
        return self.add(Select(places), self.add(Concat(), number, x))

    # Texts --------------------------------------------------------------------------------

    def code(self, x: Code) -> Value:
        """As a value of the graph."""
        return x if isinstance(x, Value) else self.constant(x, "int64")

    def choose_code(self, condition: Bool, a: Code, b: Code) -> Code:
        """`a` where the condition holds, else `b`."""
        if isinstance(condition, bool):
            return a if condition else b
        return self.add(Where(), condition, self.code(a), self.code(b))

    def code_is(self, x: Code, code: int) -> Bool:
        """Whether a code is this one."""
        if not isinstance(x, Value):
            return x == code
        return self.add(Binary("equal"), x, self.code(code))

    def same_code(self, a: Code, b: Code) -> Bool:
        """Whether two codes of one list are the same."""
        if not isinstance(a, Value) and not isinstance(b, Value):
            return a == b
        return self.add(Binary("equal"), self.code(a), self.code(b))

    def look_up(self, x: Code, table: Array, default: Any) -> Value:
        """A row of the table by code."""
        rows = table if table.ndim == 2 else table[:, None]
        last = np.broadcast_to(np.asarray(default, rows.dtype), rows.shape[1:]).copy()
        if len(rows) == 0:
            rows = last[None]
        return self.add(Lookup(rows, last), self.code(x))

    def one_of(self, x: Text, words: Sequence[str]) -> Bool:
        """Whether a text is one of the words; a missing one is not."""
        codes = sorted({code for code in map(x.words.code, words) if code >= 0})
        if not isinstance(x.code, Value):
            return x.code in codes
        if not codes:
            return False
        if len(codes) == 1:
            return self.code_is(x.code, codes[0])
        table = np.zeros(codes[-1] + 1, bool)
        table[codes] = True
        return self.look_up(x.code, table, False)

    def position(self, x: Value) -> Value:
        """A whole number as a code; NaN as MISSING."""
        filled = self.choose(self.absent(x), float(MISSING), x)
        return self.add(Cast("int64"), self.real(filled))

    # Input columns ------------------------------------------------------------------------

    def numeric_column(self, name: str) -> Value:
        """An input column of numbers."""
        self.columns[name] = "float64"
        return self.add(Numbers((name,), "float64"))

    def text_column(self, name: str) -> Text:
        """An input column of texts; its list of words grows while the document is read."""
        self.columns.setdefault(name, "mixed")
        return self.text(Source((name,)))

    def text(self, source: Source, words: Words | None = None) -> Text:
        """A text made of input columns, by codes of its own list of words or of another's."""
        key = source, None if words is None else id(words)
        found = self._texts.get(key)
        if found is None:
            column = source.column
            if column is None:
                op: Operator = Phrase(source.columns, source.steps, (), MISSING)
            else:
                op = Encode(column, (), MISSING, MISSING)
            value = self.builder.add(op)
            listed = Words(open=True) if words is None else words
            found = self._texts[key] = Text(value, listed, source)
        return found

    def parsed_column(self, name: str, kind: str) -> Real:
        """An input column of cells that spell values of a type; −∞ is none of them."""
        if kind == "boolean":
            return self._booleans(self.text_column(name))
        self.columns.setdefault(name, "mixed")
        if kind in NUMBERS:
            return self.add(Parse(name, "number", 0))
        what, year = since(kind)
        return self.add(Parse(name, what, year))

    def _booleans(self, field: Text) -> Real:
        true, false = ([field.words.code(word) for word in sorted(each)] for each in (TRUE, FALSE))
        table = np.full(max(true + false) + 1, -math.inf)
        table[true], table[false] = 1.0, 0.0
        found = self.look_up(field.code, table, -math.inf)
        return self.choose(self.code_is(field.code, MISSING), math.nan, found)

    def term(
        self, column: str, pattern: str, lower: bool, term: str, stop: tuple[str, ...] = ()
    ) -> Value:
        """How often a term, of one word or several, occurs in a column of texts."""
        self.columns[column] = "string"
        key = (column, pattern, lower, stop)
        if key not in self._terms:
            op = Terms(
                column,
                lower,
                "keep",
                "word",
                pattern,
                stop,
                (1, 1),
                ("x",),
                0,
                False,
                False,
                "float64",
            )
            value = self.builder.add(op)
            self._terms[key] = (
                value._replace(type=value.type._replace(width=MAX_WIDTH)),
                Words(open=True),
            )
        value, words = self._terms[key]
        return self.add(Select((words.code(term),)), value)

    def growing(self) -> dict[str, tuple[Operator, Words]]:
        """The operators of open lists by their values, with what the lists came to hold."""
        found: dict[str, tuple[Operator, Words]] = {}
        ops = {node.output: node.op for node in self.builder.nodes}
        for text in self._texts.values():
            assert isinstance(text.code, Value)
            found[text.code.name] = ops[text.code.name], text.words
        for value, words in self._terms.values():
            found[value.name] = ops[value.name], words
        return found


def nearest(value: float) -> float:
    """The nearest float32."""
    with np.errstate(over="ignore"):
        return float(np.float32(value))
