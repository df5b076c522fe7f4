"""Which regular expressions a bundle may hold, and how much work one can make of a text.

Python's `re` tries again where a match fails. For a pattern without repetition inside repetition
that takes a number of steps that is a polynomial of the longest run of characters that one match
can cover: its degree is the number of its unbounded repetitions, and one more for the places to
begin. It is less where nothing can fail behind the repetition, or where each word is begun once.
What has no such bound, or too high a degree, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any, Final, NamedTuple

from .errors import Violation
from .fields import require

MAX_LENGTH: Final = 200
MAX_DEGREE: Final = 3
MAX_STEPS: Final = 100_000_000
"""Most steps that one text may cost: about a second."""
FEW: Final = 16
"""Repetitions up to which {m,n} counts by its steps; above, as unbounded."""
WORDS: Final = {"CATEGORY_WORD", "CATEGORY_DIGIT"}
NO_SPACE_INSIDE: Final = {"CATEGORY_SPACE", "CATEGORY_NOT_WORD"}
"""Categories that hold all white space, so that what excludes one has none."""
SPACES: Final = [c for c in range(0x3001) if chr(c).isspace()]
CHARACTERS: Final = {"LITERAL", "NOT_LITERAL", "ANY", "IN"}
REPEATS: Final = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}

Item = tuple[Any, Any]
"""A node of Python's own parser: what it is, and its arguments."""


_DOLLARS: Final = re.compile(r"[$\\]\$|\$(\d)")


def template(replacement: str) -> str:
    """What replaces a match, in Python's spelling: $1 is a group, $$ and \\$ a dollar."""
    return _DOLLARS.sub(lambda found: "$" if found[1] is None else f"\\{found[1]}", replacement)


class Work(NamedTuple):
    """A bound of the steps per text.

    Attributes:
        degree: steps grow with this power of the longest run.
        factor: and with this number.
        spaces: whether a match can cover white space: a run is the whole text then.
    """

    degree: int
    factor: int
    spaces: bool

    def admits(self, text: str) -> bool:
        """Whether the pattern takes no more than MAX_STEPS on a text."""
        if self.degree < 2:
            return len(text) * self.factor <= MAX_STEPS
        runs = [len(text)] if self.spaces else map(len, text.split())
        longest = max(runs, default=0)
        steps: int = len(text) * longest ** (self.degree - 1) * self.factor
        return steps <= MAX_STEPS


def work_of(pattern: str, groups: int = 1) -> Work:
    """The bound for a pattern.

    Args:
        pattern: in Python's spelling.
        groups: most capturing groups; of several, `findall` makes tuples.

    Raises:
        Violation: if it is no regular expression, or has no bound.
    """
    require(len(pattern) <= MAX_LENGTH, f"is longer than {MAX_LENGTH} characters")
    parser: Any = import_module("re._parser")
    try:
        tree = parser.parse(pattern)
        most = "one capturing group" if groups == 1 else f"{groups} capturing groups"
        require(re.compile(pattern).groups <= groups, f"has more than {most}")
    except (re.error, RecursionError, OverflowError) as error:
        raise Violation(f"is not a regular expression: {error}") from None
    branches = [_total(branch) for branch in _branches(_items(tree))]
    result = Work(
        degree=max(branch.degree for branch in branches),
        factor=sum(branch.factor for branch in branches),
        spaces=any(branch.spaces for branch in branches),
    )
    require(result.degree <= MAX_DEGREE, "could take very long: it repeats too much")
    require(result.factor <= 1000, "could take very long: it has too many choices")
    return result


def _items(tree: Any) -> list[Item]:
    return [(str(kind), arguments) for kind, arguments in tree]


def _branches(items: list[Item]) -> list[list[Item]]:
    """The alternatives of a whole pattern, also if one group encloses it."""
    while len(items) == 1 and items[0][0] == "SUBPATTERN":
        items = _items(items[0][1][3])
    if len(items) == 1 and items[0][0] == "BRANCH":
        return [branch for part in items[0][1][1] for branch in _branches(_items(part))]
    return [items]


def _total(items: list[Item]) -> Work:
    """The bound of one alternative, the places to begin included."""
    inner = _sequence(items)
    if not inner.degree:
        return inner._replace(degree=1)
    starts = 0 if _never_fails(items) or _begins_words(items) else 1
    return inner._replace(degree=max(1, inner.degree + starts))


def _sequence(items: Iterable[Item]) -> Work:
    degree, factor, spaces = 0, 1, False
    for item in items:
        part = _cost(item)
        degree, factor = degree + part.degree, factor * part.factor
        spaces = spaces or part.spaces
    return Work(degree, factor, spaces)


def _cost(item: Item) -> Work:
    kind, arguments = item
    if kind in CHARACTERS:
        return Work(0, 1, _matches_space(item))
    if kind == "AT":
        return Work(0, 1, False)
    if kind == "SUBPATTERN":
        return _sequence(_items(arguments[3]))
    if kind == "ATOMIC_GROUP":
        return _sequence(_items(arguments))
    if kind in ("ASSERT", "ASSERT_NOT"):
        return _sequence(_items(arguments[1]))
    if kind == "BRANCH":
        parts = [_sequence(_items(part)) for part in arguments[1]]
        return Work(
            max(part.degree for part in parts),
            sum(part.factor for part in parts),
            any(part.spaces for part in parts),
        )
    if kind in REPEATS:
        return _repeated(*arguments)
    raise Violation(f"uses {kind.lower()}, which could take very long")


def _repeated(low: int, high: Any, tree: Any) -> Work:
    inner = _sequence(_items(tree))
    if int(high) > FEW:
        require(not inner.degree and inner.factor == 1, "repeats what repeats or has choices")
        return inner._replace(degree=1)
    require(not inner.degree or int(high) <= 1, "repeats what repeats")
    choices = sum(min(inner.factor, 2000) ** times for times in range(low, int(high) + 1))
    return inner._replace(factor=min(max(choices, int(high) * inner.factor), 2000))


def _never_fails(items: list[Item]) -> bool:
    """Whether characters lead to one repetition of a character, and nothing fails behind it."""
    rest = list(items)
    if rest and rest[-1][0] == "AT":
        end = str(rest.pop()[1])
        last = _repeated_character(rest[-1]) if rest else None
        if end != "AT_BOUNDARY" or last is None or not _is_all_words(last):
            return False
    if not rest or _repeated_character(rest[-1]) is None:
        return False
    return all(kind in CHARACTERS or kind == "AT" for kind, _ in rest[:-1])


def _begins_words(items: list[Item]) -> bool:
    """Whether a match begins where a word begins, and stays in it."""
    if not items or items[0][0] != "AT" or str(items[0][1]) != "AT_BOUNDARY":
        return False
    found = [_repeated_character(item) or item for item in items[1:] if item[0] != "AT"]
    return all(item[0] in CHARACTERS and _is_words(item) for item in found)


def _repeated_character(item: Item) -> Item | None:
    """The character that an item repeats without bound, from few times on, if it does that."""
    if item[0] not in REPEATS or item[1][0] > FEW:
        return None
    inner = _items(item[1][2])
    unbounded = str(item[1][1]) == "MAXREPEAT"
    return inner[0] if unbounded and len(inner) == 1 and inner[0][0] in CHARACTERS else None


def _is_all_words(item: Item) -> bool:
    """Whether it is `\\w` and no less."""
    return item[0] == "IN" and [str(value) for _, value in _items(item[1])] == ["CATEGORY_WORD"]


def _is_words(item: Item) -> bool:
    """Whether it matches nothing but characters of words."""
    kind, value = item
    if kind == "LITERAL":
        return _is_word_character(value)
    if kind != "IN":
        return False
    members = _items(value)
    if members[0][0] == "NEGATE":
        return ("CATEGORY", "CATEGORY_NOT_WORD") in [(k, str(v)) for k, v in members]
    return all(_is_word_member(member) for member in members)


def _is_word_member(member: Item) -> bool:
    kind, value = member
    if kind == "CATEGORY":
        return str(value) in WORDS
    if kind == "RANGE":
        low, high = value
        return high - low < 1000 and all(map(_is_word_character, range(low, high + 1)))
    return kind == "LITERAL" and _is_word_character(value)


def _is_word_character(code: int) -> bool:
    return chr(code).isalnum() or code == ord("_")


def _matches_space(item: Item) -> bool:
    kind, value = item
    if kind == "LITERAL":
        return chr(value).isspace()
    if kind != "IN":
        return True
    members = _items(value)
    if members[0][0] == "NEGATE":
        return not any(str(v) in NO_SPACE_INSIDE for k, v in members if k == "CATEGORY")
    return any(map(_member_matches_space, members))


def _member_matches_space(member: Item) -> bool:
    kind, value = member
    if kind == "CATEGORY":
        return str(value) not in WORDS
    if kind == "RANGE":
        return any(value[0] <= code <= value[1] for code in SPACES)
    return chr(value).isspace()


__all__ = ["MAX_STEPS", "Work", "work_of"]
