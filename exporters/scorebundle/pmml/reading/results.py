"""Results: a model's prediction and Output as the graph's outputs, and the finished graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from scorebundle.bundle.graph import Graph, Input, Node, Output, Value
from scorebundle.bundle.ops import Encode, Lookup, OptionalLabels, Phrase, Require, Terms

from .make import Maker
from .prediction import Prediction
from .scope import Reading
from .types import NUMBERS, number
from .values import MISSING, UNKNOWN, Field, Number, Real, Text, Words

PREDICT, PROBABILITIES = "predict", "predict_proba"


class Results:
    """Collects the graph's outputs.

    Each OutputField is one by its name, and the target field by its own. `predict` is the
    predicted value, `predict_proba` holds all probabilities side by side.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading, self.maker = reading, reading.maker
        self.outputs: dict[str, Output] = {}

    def take(self, prediction: Prediction) -> None:
        """The outputs of the document's model."""
        for name, (field, final) in prediction.outputs.items():
            if final:
                self._vector(name, field, None)
        for name, fields in prediction.lists.items():
            self._listed(name, fields)
        targets: dict[str, Prediction] = prediction.features.get("targets", {})
        for target, each in targets.items():
            self._predicted(target, each)
        if targets and PREDICT not in self.outputs:
            self._side_by_side(targets)
        self._predicted(prediction.target, prediction)
        if prediction.value is not None:
            self._vector(PREDICT, prediction.value, prediction.target)
        if prediction.probabilities and not targets and PROBABILITIES not in self.outputs:
            matrix = self.maker.matrix(self._ordered(prediction))
            self.outputs[PROBABILITIES] = Output(PROBABILITIES, (matrix.name,), "matrix")

    def _side_by_side(self, targets: dict[str, Prediction]) -> None:
        """`predict` of several targets: a column each, if all are numbers or all are labels."""
        values = [prediction.value for prediction in targets.values()]
        if all(isinstance(value, Number) for value in values):
            numbers = [value.value for value in values if isinstance(value, Number)]
            names: tuple[str, ...] = (self.maker.matrix(numbers).name,)
        elif all(isinstance(value, Text) for value in values):
            names = tuple(self.outputs[target].values[0] for target in targets)
        else:
            return
        self.outputs[PREDICT] = Output(PREDICT, names, "matrix")

    def _ordered(self, prediction: Prediction) -> list[Real]:
        """The probabilities in the order of the target's values, then of the model's."""
        table = prediction.probabilities
        data = self.reading.data.get(prediction.target or "")
        stated = [] if data is None else [each for each in data.valid if each in table]
        return [table[each] for each in dict.fromkeys([*stated, *table])]

    def _predicted(self, name: str | None, prediction: Prediction) -> None:
        if name is not None and prediction.value is not None:
            self._vector(name, prediction.value, name)

    def _vector(self, name: str, field: Field, target: str | None) -> None:
        if name in self.outputs or _says_nothing(field):
            return
        value = self._text(field, target) if isinstance(field, Text) else self._number(field)
        self.outputs[name] = Output(name, (value.name,), "vector")

    def _listed(self, name: str, fields: list[Field]) -> None:
        """A column for each rank."""
        values = [self._text(f, None) for f in fields if isinstance(f, Text)]
        numbers = [f.value for f in fields if isinstance(f, Number)]
        if numbers:
            values = [self.maker.matrix(numbers)]
        self.outputs[name] = Output(name, tuple(value.name for value in values), "matrix")

    def _number(self, field: Number) -> Value:
        maker = self.maker
        x = maker.real(field.value)
        if field.kind != "boolean":
            return x
        code = maker.position(x)
        return self._labels(code, [False, True])

    def _text(self, field: Text, target: str | None) -> Value:
        """Labels of the target's type."""
        words: list[Any] = list(field.words.words)
        data = self.reading.data.get(target or "")
        if data is not None and (data.kind in NUMBERS or data.kind == "boolean"):
            typed = [_typed(word, data.kind) for word in words]
            if len(set(typed)) == len(typed):
                words = typed
        code = self.maker.code(field.code)
        if field.words.open:  # a word that the document does not list could only become None
            code = self.maker.add(Require("known"), code)
        return self._labels(code, words)

    def _labels(self, code: Value, words: list[Any]) -> Value:
        if not words:
            words = [""]
        table = np.arange(len(words))
        placed = self.maker.look_up(code, table, len(words))
        return self.maker.add(OptionalLabels(tuple(words), "object"), placed)

    def graph(self) -> Graph:
        """The finished graph; the lists of words no longer grow."""
        nodes = finished(self.maker)
        kinds = self.maker.columns
        active = [name for name in self.reading.data if name in self.reading.active]
        names = dict.fromkeys([*active, *kinds])
        inputs = tuple(Input(name, kinds.get(name, "any")) for name in names)
        return Graph(inputs, nodes, tuple(self.outputs.values()))


def _says_nothing(field: Field) -> bool:
    """Whether a text is the row's own and the document lists no word that it could be."""
    return isinstance(field, Text) and field.words.open and not field.words.words


def _typed(word: str, kind: str) -> Any:
    try:
        value = number(word, kind)
    except ValueError:
        return word
    if kind == "boolean":
        return bool(value)
    return int(value) if kind == "integer" and value == int(value) else value


def finished(maker: Maker) -> tuple[Node, ...]:
    """The nodes, with what the operators of open lists have come to know."""
    growing = maker.growing()
    nodes: list[Node] = []
    for node in maker.builder.nodes:
        op, words = growing.get(node.output, (node.op, None))
        if words is None:
            nodes.append(node)
        elif isinstance(op, Encode):
            nodes.extend(_encoded(node, op, words))
        elif isinstance(op, Phrase):
            known = Phrase(op.columns, op.steps, tuple(words.words), MISSING)
            nodes.append(node._replace(op=known))
        else:
            assert isinstance(op, Terms)
            nodes.append(node._replace(op=_counted(op, words)))
    return tuple(nodes)


def _counted(op: Terms, words: Words) -> Terms:
    """Terms of a list; n-grams are as long as the longest of them."""
    longest = max(len(word.split(" ")) for word in words.words)
    vocabulary = tuple(words.words)
    return Terms(
        op.column,
        op.lowercase,
        op.accents,
        op.analyzer,
        op.pattern,
        op.stop_words,
        (1, longest),
        vocabulary,
        0,
        False,
        False,
        op.dtype,
    )


def _encoded(node: Node, op: Encode, words: Words) -> list[Node]:
    """An Encode of the words; rows may hold the numbers and booleans that they spell, and an
    empty text for a missing value."""
    spelled = aliases(words.words)
    if "" not in words.places:
        spelled[""] = MISSING
    cells = f"{node.output} cells"
    known = (*words.words, *spelled)
    encode = Encode(op.column, known, len(known), len(known))
    table = [*range(len(words.words)), *spelled.values(), MISSING]
    look_up = Lookup(np.array(table, np.int64)[:, None], np.array([UNKNOWN], np.int64))
    return [
        node._replace(op=encode, output=cells),
        Node(look_up, (cells,), node.output, node.step),
    ]


def aliases(words: list[str]) -> dict[Any, int]:
    """Numbers and booleans that a word spells: rows may hold them in place of the text."""
    found: dict[Any, int] = {}
    for code, word in enumerate(words):
        try:
            value: Any = float(word)
        except ValueError:
            if word.lower() not in ("true", "false"):
                continue
            value = word.lower() == "true"
        if value == value and abs(value) != float("inf"):
            found.setdefault(value, code)
    return found
