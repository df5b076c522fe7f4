"""Baskets: which items a row of an AssociationModel has."""

from __future__ import annotations

from typing import Final

from .convert import constant
from .fields import among
from .scope import Scope
from .types import FALSE, TRUE
from .values import MISSING, Bool, Field, Number, Text
from .xml import Element, children, refuse, text

THERE: Final = (*sorted(TRUE), "T")
NOT_THERE: Final = (*sorted(FALSE), "F")


class Basket:
    """The items of a row.

    Of several active fields an item is named by its field and category, or its value is a
    field's name or `field=category`; a field alone is an item where it is true. One active field
    holds a collection of items.
    """

    def __init__(self, element: Element, items: dict[str, Element], scope: Scope) -> None:
        self.items, self.scope, self.maker = items, scope, scope.maker
        self.fields = [
            text(field, "name")
            for schema in children(element, "MiningSchema")
            for field in children(schema, "MiningField")
            if field.get("usageType", "active") == "active"
        ]
        if len(self.fields) < 2:
            refuse(element, "a field that holds a collection of items is not supported")
        self._flags: dict[str, Bool] = {}

    def holds(self, item: str) -> Bool:
        """Whether a row has an item."""
        field, category = self._named(self.items[item])
        if category is None:
            if field not in self._flags:
                self._flags[field] = self._flag(self.scope.get(field, self.items[item]))
            return self._flags[field]
        return self._equal(self.scope.get(field, self.items[item]), category, self.items[item])

    def _named(self, item: Element) -> tuple[str, str | None]:
        """An item's field, and its category if it is not the field itself."""
        stated, value = item.get("field"), text(item, "value")
        if stated is not None:
            return stated, item.get("category")
        if value in self.fields:
            return value, None
        for place, character in enumerate(value):
            if character == "=" and value[:place] in self.fields:
                return value[:place], value[place + 1 :]
        refuse(item, f"value {value!r:.40} names no active field")

    def _equal(self, field: Field, category: str, where: Element) -> Bool:
        if isinstance(field, Text):
            return self.maker.one_of(field, [category])
        number = constant(category, field.kind, where)
        assert isinstance(number, Number)
        assert isinstance(number.value, float)
        return among(field.value, [number.value], self.maker)

    def _flag(self, field: Field) -> Bool:
        """Whether a field is true; a row is refused where it is neither true nor false."""
        maker = self.maker
        if isinstance(field, Text):
            known = maker.either(
                maker.one_of(field, [*THERE, *NOT_THERE]), maker.code_is(field.code, MISSING)
            )
            code = maker.refuse_where(maker.negated(known), maker.code(field.code))
            return maker.one_of(field._replace(code=code), THERE)
        x = maker.real(field.value)
        known = maker.either(among(x, [0.0, 1.0], maker), maker.absent(x))
        return maker.compare("equal", maker.refuse_where(maker.negated(known), x), 1.0)
