"""Predicates as conditions that are true, false or unknown (PMML, TreeModel: predicates)."""

from __future__ import annotations

from collections.abc import Sequence

from scorebundle.bundle import BundleError

from .convert import cast
from .fields import among
from .make import Maker
from .nodes import PREDICATES, Predicate, predicate
from .scope import Scope
from .types import number
from .values import MISSING, Bool, Number, Text, Truth
from .xml import MEMBER, Element, children

COMPARISONS = {
    "equal": "equal",
    "notEqual": "not_equal",
    "lessThan": "less",
    "lessOrEqual": "less_equal",
    "greaterThan": "greater",
    "greaterOrEqual": "greater_equal",
}
OPPOSITES = {
    "lessThan": "greaterOrEqual",
    "lessOrEqual": "greaterThan",
    "greaterThan": "lessOrEqual",
    "greaterOrEqual": "lessThan",
    "equal": "notEqual",
    "notEqual": "equal",
    "isIn": "isNotIn",
    "isNotIn": "isIn",
    "isMissing": "isNotMissing",
    "isNotMissing": "isMissing",
}
ALWAYS, NEVER = Truth(True, False), Truth(False, True)


def refused(what: Predicate, rule: str) -> BundleError:
    """The error for a predicate that cannot be scored."""
    return BundleError(rule, member=MEMBER, node=f"{what.kind} (line {what.line})")


def condition_of(parent: Element, scope: Scope) -> Truth:
    """The condition of the predicate below an element; without one, true."""
    for each in children(parent, *PREDICATES):
        return truth(predicate(each), scope)
    return ALWAYS


def truth(what: Predicate, scope: Scope) -> Truth:
    """The condition of a predicate."""
    if what.kind == "True":
        return ALWAYS
    if what.kind == "False":
        return NEVER
    if what.kind == "CompoundPredicate":
        return _compound(what, [truth(part, scope) for part in what.parts], scope.maker)
    if what.kind == "SimpleSetPredicate":
        return _set(what, scope)
    return _simple(what, scope)


def unknown(what: Truth, maker: Maker) -> Bool:
    """Where a condition is unknown."""
    return maker.negated(maker.either(what.yes, what.no))


def opposite(what: Truth) -> Truth:
    """not."""
    return Truth(what.no, what.yes)


def conjunction(parts: Sequence[Truth], maker: Maker) -> Truth:
    """and: false if one is, else unknown if one is."""
    return Truth(maker.both(*(p.yes for p in parts)), maker.either(*(p.no for p in parts)))


def disjunction(parts: Sequence[Truth], maker: Maker) -> Truth:
    """or: true if one is, else unknown if one is."""
    return Truth(maker.either(*(p.yes for p in parts)), maker.both(*(p.no for p in parts)))


def _compound(what: Predicate, parts: list[Truth], maker: Maker) -> Truth:
    if not parts:
        raise refused(what, "holds no predicates")
    if what.operator == "and":
        return conjunction(parts, maker)
    if what.operator == "or":
        return disjunction(parts, maker)
    if what.operator == "xor":
        result = parts[0]
        for other in parts[1:]:
            result = Truth(
                maker.either(maker.both(result.yes, other.no), maker.both(result.no, other.yes)),
                maker.either(maker.both(result.yes, other.yes), maker.both(result.no, other.no)),
            )
        return result
    if what.operator == "surrogate":
        result = parts[-1]
        for other in reversed(parts[:-1]):
            open_ = unknown(other, maker)
            result = Truth(
                maker.either(other.yes, maker.both(open_, result.yes)),
                maker.either(other.no, maker.both(open_, result.no)),
            )
        return result
    raise refused(what, f"booleanOperator {what.operator!r:.40} is not known")


def _simple(what: Predicate, scope: Scope) -> Truth:
    maker, field = scope.maker, field_of(what, scope)
    if what.operator in ("isMissing", "isNotMissing"):
        absent = (
            maker.code_is(field.code, MISSING)
            if isinstance(field, Text)
            else maker.absent(field.value)
        )
        found = Truth(absent, maker.negated(absent))
        return found if what.operator == "isMissing" else opposite(found)
    if what.operator not in COMPARISONS:
        raise refused(what, f"operator {what.operator!r:.40} is not known")
    if what.value is None:
        raise refused(what, "needs the attribute value")
    if isinstance(field, Text):
        return _simple_text(what, field, scope)
    threshold = literal_of(what, what.value, field)
    if what.operator in ("equal", "notEqual"):
        found = Truth(
            maker.compare("equal", field.value, threshold),
            maker.both(
                maker.compare("not_equal", field.value, threshold), maker.present(field.value)
            ),
        )
        return found if what.operator == "equal" else opposite(found)
    yes = maker.compare(COMPARISONS[what.operator], field.value, threshold)
    no = maker.compare(COMPARISONS[OPPOSITES[what.operator]], field.value, threshold)
    return Truth(yes, no)


def _simple_text(what: Predicate, field: Text, scope: Scope) -> Truth:
    maker = scope.maker
    if what.operator not in ("equal", "notEqual"):
        number = cast(field, "double", maker)
        assert isinstance(number, Number)
        threshold = literal_of(what, what.value, number)
        yes = maker.compare(COMPARISONS[what.operator], number.value, threshold)
        no = maker.compare(COMPARISONS[OPPOSITES[what.operator]], number.value, threshold)
        return Truth(yes, no)
    found = among_words(field, [what.value], maker)
    return found if what.operator == "equal" else opposite(found)


def among_words(field: Text, words: Sequence[str], maker: Maker) -> Truth:
    """Whether a text is one of the words; unknown if it is missing."""
    yes = maker.one_of(field, words)
    absent = maker.code_is(field.code, MISSING)
    return Truth(yes, maker.negated(maker.either(yes, absent)))


def _set(what: Predicate, scope: Scope) -> Truth:
    maker, field = scope.maker, field_of(what, scope)
    if isinstance(field, Text):
        found = among_words(field, what.value, maker)
    else:
        numbers = [literal_of(what, each, field) for each in what.value]
        yes = among(field.value, numbers, maker)
        found = Truth(yes, maker.negated(maker.either(yes, maker.absent(field.value))))
    if what.operator not in ("isIn", "isNotIn"):
        raise refused(what, f"booleanOperator {what.operator!r:.40} is not known")
    return found if what.operator == "isIn" else opposite(found)


def field_of(what: Predicate, scope: Scope) -> Number | Text:
    """The field that a predicate asks."""
    field = scope.find(what.field)
    if field is None:
        raise refused(what, f"there is no field {what.field!r:.80}")
    return field


def literal_of(what: Predicate, source: str, field: Number) -> float:
    """The number that a predicate compares a field with."""
    kind = "double" if field.kind == "integer" else field.kind
    try:
        value = number(source, kind)
    except ValueError:
        raise refused(what, f"{source!r:.40} is not of type {field.kind}") from None
    if kind == "float":
        from .make import nearest

        return nearest(value)
    return value
