"""Baskets: which items a row of an AssociationModel has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, Items

from .convert import constant
from .fields import among
from .results import aliases
from .scope import Scope
from .types import FALSE, TRUE
from .values import MISSING, Bool, Field, Number, Text
from .xml import Element, children, column, needed, refuse, rows, text

THERE: Final = (*sorted(TRUE), "T")
NOT_THERE: Final = (*sorted(FALSE), "F")
MAX_WORDS: Final = 1 << 18
"""Most values that all items stand for: their own, and those below in a taxonomy."""


class Basket:
    """The items of a row: those of a collection, if there is a group field, or one active field
    that no item names; else those that the active fields tell."""

    def __init__(self, element: Element, items: dict[str, Element], scope: Scope) -> None:
        usages = {
            text(field, "name"): field.get("usageType", "active")
            for schema in children(element, "MiningSchema")
            for field in children(schema, "MiningField")
        }
        active = [name for name, usage in usages.items() if usage == "active"]
        table = _Table(active, items, scope)
        grouped = "group" in usages.values()
        if grouped or (len(active) == 1 and not any(map(table.named, items.values()))):
            if len(active) != 1:
                refuse(element, "needs one active field, which holds the items of a group")
            self._held: _Table | _Collection = _Collection(active[0], items, element, scope)
        else:
            self._held = table

    def holds(self, item: str) -> Bool:
        """Whether a row has an item, by its id."""
        return self._held.holds(item)


class _Table:
    """Fields that tell of items.

    An item is named by its field and category, or its value is a field's name or
    `field=category`; a field alone is an item where it is true.
    """

    def __init__(self, fields: list[str], items: dict[str, Element], scope: Scope) -> None:
        self.items, self.scope, self.maker = items, scope, scope.maker
        self.fields = frozenset(fields)
        self.sizes = sorted({len(field) for field in fields})
        self._flags: dict[str, Bool] = {}

    def holds(self, item: str) -> Bool:
        where = self.items[item]
        named = self.named(where)
        if named is None:
            refuse(where, f"value {text(where, 'value')!r:.40} names no active field")
        field, category = named
        if category is not None:
            return self._equal(self.scope.get(field, where), category, where)
        if field not in self._flags:
            self._flags[field] = self._flag(self.scope.get(field, where))
        return self._flags[field]

    def named(self, item: Element) -> tuple[str, str | None] | None:
        """An item's field, and its category if it is not the field itself; None if it has none."""
        stated, value = item.get("field"), text(item, "value")
        if stated is not None:
            return stated, item.get("category")
        if value in self.fields:
            return value, None
        for size in self.sizes:
            if value[size : size + 1] == "=" and value[:size] in self.fields:
                return value[:size], value[size + 1 :]
        return None

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


class _Collection:
    """A field whose cells are collections of items.

    Of a field with a taxonomy, what a row has includes all that is above its items. Where the
    field lists its values, a row that has another is refused, unless its treatment allows it.
    """

    def __init__(
        self, name: str, items: dict[str, Element], element: Element, scope: Scope
    ) -> None:
        self.scope, self.maker, self.items = scope, scope.maker, items
        mining = scope.reading.data.get(name)
        if mining is None:
            refuse(element, f"there is no field {name!r:.80}")
        lower, left = _children(scope.reading.document.root, mining.element), MAX_WORDS
        self.words: dict[str, list[str]] = {}
        for key, item in items.items():
            self.words[key] = _from(text(item, "value"), lower, left)
            left -= len(self.words[key])
            if left < 0:
                refuse(element, f"its items and all below them are more than {MAX_WORDS} values")
        known = list(dict.fromkeys(word for words in self.words.values() for word in words))
        spelled = aliases(known)
        self.places = {word: [place] for place, word in enumerate(known)}
        for place, word in enumerate(spelled.values()):
            self.places[known[word]].append(len(known) + place)
        self.maker.columns[name] = "items"
        self.counts = self._counts(name, [*known, *spelled])
        self._check(name, mining.valid)

    def holds(self, item: str) -> Bool:
        places = [place for word in self.words[item] for place in self.places[word]]
        found = [self.maker.column(self.counts, place) for place in places]
        return self.maker.either(*(self.maker.compare("greater", x, 0.0) for x in found))

    def _counts(self, name: str, words: Iterable[Any], hashed: int = 0) -> Value:
        return self.maker.add(Items(name, "items", tuple(words), hashed, False, False, "float64"))

    def _check(self, name: str, valid: tuple[str, ...]) -> None:
        """Refuse rows with items that are not listed: there are more items than listed ones."""
        mining, treatment = _mining_field(name, self.scope), "returnInvalid"
        if mining is not None:
            treatment = mining.get("invalidValueTreatment", treatment)
            if treatment == "asValue" or mining.get("missingValueReplacement") is not None:
                refuse(mining, "values of a collection are not replaced")
        if not valid or treatment != "returnInvalid":
            return
        listed = self._counts(name, valid)
        ones = np.ones((1, len(valid)))
        count = self.maker.add(Affine(ones, np.zeros(1)), listed)
        other = self.maker.compare("not_equal", count, self._counts(name, (), 1))
        self.counts = self.maker.refuse_where(other, self.counts)


def _mining_field(name: str, scope: Scope | None) -> Element | None:
    """The innermost MiningField of a name."""
    while scope is not None and name not in scope.mining:
        scope = scope.parent
    return None if scope is None else scope.mining[name]


def _children(root: Element, field: Element) -> dict[str, set[str]]:
    """The values next below each value in the taxonomy of a field (PMML, Taxonomy)."""
    wanted = field.get("taxonomy")
    found: dict[str, set[str]] = {}
    for each in children(needed(root, "DataDictionary"), "Taxonomy"):
        if wanted is None or each.get("name") != wanted:
            continue
        for relation in children(each, "ChildParent"):
            names = column(relation, "childField"), column(relation, "parentField")
            for cells in rows(needed(relation, "InlineTable")):
                if all(name in cells for name in names):
                    found.setdefault(cells[names[1]], set()).add(cells[names[0]])
    return found


def _from(word: str, lower: dict[str, set[str]], left: int) -> list[str]:
    """A value, then all that lies below it; no more than `left`, and one."""
    found, stack = {word}, [word]
    while stack and len(found) <= left:
        more = lower.get(stack.pop(), set()) - found
        found |= more
        stack += more
    return [word, *sorted(found - {word})]
