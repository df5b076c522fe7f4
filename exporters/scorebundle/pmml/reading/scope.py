"""Scopes: which field a name means at a place of the document, computed when first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .fields import DataField, replaced_number, replaced_text, treated
from .make import Maker
from .values import Field, Text
from .xml import Element, child, children, refuse, text

MAX_EXPRESSIONS: Final = 300_000
"""Most expressions that are read, and one more for every eight bytes of the document."""

if TYPE_CHECKING:
    from .parsing import Document


class Reading:
    """What all of a document's scopes share.

    Attributes:
        maker: the graph while it grows.
        document: the parsed document.
        data: DataFields by name.
        functions: DefineFunctions by name.
        inlining: names of the functions whose bodies are being read.
        active: names of the document's model's input fields.
        inlined: results of the document's functions, by name and operands.
        left: how many more expressions may be read, as functions call functions.
    """

    def __init__(self, document: Document, data: dict[str, DataField]) -> None:
        self.maker = Maker()
        self.document = document
        self.data = data
        shared = child(document.root, "TransformationDictionary")
        self.functions: dict[str, Element] = {}
        self.derived: dict[str, Element] = {}
        if shared is not None:
            for each in children(shared, "DefineFunction"):
                self.functions[text(each, "name")] = each
            for each in children(shared, "DerivedField"):
                self.derived[text(each, "name")] = each
        self.inlining: list[str] = []
        self.active: set[str] = set()
        self.left = MAX_EXPRESSIONS + document.size // 8
        self.inlined: dict[object, Field] = {}


class Scope:
    """The fields that a model, or a function's body, sees.

    Attributes:
        reading: what all scopes share.
        parent: the scope around it.
        fields: those that are computed already, by name.
        derived: DerivedFields by name, to be computed when asked for.
        mining: MiningFields by name.
        treats: whether its MiningSchema changes what fields around it hold.
        single: whether arithmetic is in float32 (`x-mathContext="float"`).
    """

    def __init__(self, reading: Reading, parent: Scope | None = None) -> None:
        self.reading, self.parent = reading, parent
        self.maker = reading.maker
        self.fields: dict[str, Field] = {}
        self.derived: dict[str, Element] = {}
        self.mining: dict[str, Element] = {}
        self.treats = False
        self.single: bool = False if parent is None else parent.single
        self._open: set[str] = set()

    def get(self, name: str, where: Element) -> Field:
        """A field by name."""
        found = self.find(name)
        if found is None:
            refuse(where, f"there is no field {name!r:.80}")
        return found

    def find(self, name: str) -> Field | None:
        """A field by name; None if there is none."""
        if name in self.fields:
            return self.fields[name]
        field = self._compute(name)
        if field is not None:
            self.fields[name] = field
        return field

    def _compute(self, name: str) -> Field | None:
        if name in self.derived:
            return self._derive(name, self.derived[name])
        if name in self.mining:
            return self._mined(name)
        if self.treats and self.parent is not None:
            element = self._derived_around(name)
            if element is not None:
                return self._derive(name, element)
        return self.parent.find(name) if self.parent is not None else self._column(name)

    def _column(self, name: str) -> Field | None:
        """In the outermost scope: a DataField that no MiningSchema treats."""
        data = self.reading.data.get(name)
        return None if data is None else treated(data, _AS_IS, self.maker)

    def _mined(self, name: str) -> Field | None:
        mining = self.mining[name]
        data = self.reading.data.get(name)
        inherited = None if self.parent is None else self.parent.known(name)
        if inherited is None:
            return None if data is None else treated(data, mining, self.maker)
        if isinstance(inherited, Text):
            return replaced_text(inherited, mining, self.maker)
        return replaced_number(inherited, data, mining, self.maker)

    def known(self, name: str) -> Field | None:
        """A field by name, if this scope or one around it declares it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.fields or name in scope.derived or name in scope.mining:
                return scope.find(name)
            scope = scope.parent
        return None

    def _derived_around(self, name: str) -> Element | None:
        """A DerivedField of a scope around this one, which sees this one's treatments."""
        scope = self.parent
        while scope is not None and name not in scope.derived:
            if name in scope.fields or name in scope.mining:
                return None
            scope = scope.parent
        return None if scope is None else scope.derived[name]

    def _derive(self, name: str, element: Element) -> Field:
        from .expressions import derived_field

        if name in self._open:
            before = None if self.parent is None else self.parent.known(name)
            if before is None:
                refuse(element, f"field {name!r:.80} is defined by itself")
            return before
        self._open.add(name)
        try:
            return derived_field(element, self)
        finally:
            self._open.discard(name)

    def mine(self, model: Element) -> None:
        """Take a model's MiningSchema."""
        schema = child(model, "MiningSchema")
        if schema is not None:
            for mining in children(schema, "MiningField"):
                self.mining[text(mining, "name")] = mining
            self.treats = any(map(changes, self.mining.values()))

    def localise(self, model: Element) -> None:
        """Take a model's LocalTransformations."""
        local = child(model, "LocalTransformations")
        if local is not None:
            for each in children(local, "DerivedField"):
                self.derived[text(each, "name")] = each


def changes(mining: Element) -> bool:
    """Whether a MiningField changes a value that fields around it were treated for already."""
    return (
        mining.get("missingValueReplacement") is not None
        or mining.get("missingValueTreatment") == "returnInvalid"
        or mining.get("outliers", "asIs") != "asIs"
    )


def _as_is() -> Element:
    from lxml import etree

    return etree.Element("MiningField", invalidValueTreatment="asIs")


_AS_IS = _as_is()
