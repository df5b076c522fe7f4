"""Text as counts of its terms."""

from __future__ import annotations

from ..errors import Violation
from ..fields import Operator, choice, flag, integer, integers, name, require, text, texts
from ..patterns import work_of
from ..types import MAX_WIDTH, Type

MAX_NGRAM = 32
"""Longest n-gram: a text's work grows with it."""


class Terms(Operator):
    """How often each term occurs in a column of text, one column per term.

    The text is lower-cased (str.lower) if `lowercase`; freed of accents: `unicode` drops combining
    characters after NFKD, `ascii` all that is not ASCII then. Its terms are, by `analyzer`:

    - `word`: matches of `pattern` (re.findall) that are no `stop_words`; n of them in a row,
      joined by spaces, for each n in `ngrams` (lowest, highest);
    - `char`: n characters in a row, white space of several characters first becoming one space;
    - `char_wb`: the same inside each word with a space on both sides; a word shorter than n
      counts once.

    A term's column is its position in `vocabulary`; others are not counted. Or, if `hashed` is not
    0, there are that many columns, and it is |h| mod `hashed` with h the MurmurHash3 (x86, 32 bits,
    seed 0) of the term's UTF-8; if `signed`, a negative h counts −1. `binary` makes each term that
    occurs 1. A missing text is refused.
    """

    arity = 0
    column: str = name()
    lowercase: bool = flag()
    accents: str = choice("keep", "ascii", "unicode")
    analyzer: str = choice("word", "char", "char_wb")
    pattern: str = text()
    stop_words: tuple[str, ...] = texts()
    ngrams: tuple[int, ...] = integers(1, MAX_NGRAM)
    vocabulary: tuple[str, ...] = texts()
    hashed: int = integer(0, MAX_WIDTH)
    signed: bool = flag()
    binary: bool = flag()
    dtype: str = choice("float32", "float64", "int64")

    def validate(self) -> None:
        require(len(self.ngrams) == 2, "ngrams: must be the lowest and the highest n")
        require(self.ngrams[0] <= self.ngrams[1], "ngrams: must ascend")
        require(len(self.vocabulary) <= MAX_WIDTH, "vocabulary: is too long")
        require(bool(self.vocabulary) != bool(self.hashed), "vocabulary: or hashed, not both")
        if self.analyzer == "word":
            _require_pattern(self.pattern)

    def output(self, *inputs: Type) -> Type:
        return Type(self.dtype, self.hashed or len(self.vocabulary))


def _require_pattern(pattern: str) -> None:
    """Refuse a regular expression that could take very long."""
    try:
        work_of(pattern)
    except Violation as broken:
        raise Violation(f"pattern: {broken}") from None
