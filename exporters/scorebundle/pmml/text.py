"""Form of counts of terms (PMML 4.4, TextIndex); collections of items have none."""

from __future__ import annotations

from scorebundle.bundle.ops import Items, Terms

from .draft import Call, form
from .elements import Unsupported, element
from .expressions import Cell, apply

SEPARATORS = {
    r"(?u)\b\w\w+\b": r"[^\p{L}\p{N}_]+",
    r"\b\w\w+\b": r"[^\p{L}\p{N}_]+",
    r"(?u)\b\w+\b": r"[^\p{L}\p{N}_]+",
    r"\b\w+\b": r"[^\p{L}\p{N}_]+",
    r"\w+": r"[^\p{L}\p{N}_]+",
}
"""What lies between the words of a pattern, for those whose words are all between two of it.

Not `\\S+`: PMML's words have no punctuation around them.
"""

MAX_TERMS = 5000
"""Most terms: each is a field of its own in every step."""


@form(Terms)
def terms(op: Terms, call: Call) -> list[Cell]:
    """One TextIndex per term of single words; what PMML has no word for is refused."""
    if op.hashed:
        raise Unsupported("PMML has no hashed terms")
    if op.analyzer != "word" or op.ngrams != (1, 1):
        raise Unsupported("PMML's TextIndex counts words, not n-grams")
    if op.pattern not in SEPARATORS:
        raise Unsupported("PMML's TextIndex splits at separators, and knows no pattern of words")
    if op.accents != "keep":
        raise Unsupported("PMML's TextIndex keeps accents")
    if len(op.vocabulary) > MAX_TERMS:
        raise Unsupported(f"PMML would need a field for each of more than {MAX_TERMS} terms")
    column = call.draft.read(op.column)
    if op.lowercase:  # before it is split: İ becomes two characters, and the second is no letter
        column = call.derive(apply("lowercase", column), dtype="string")
    attributes = {
        "textField": column.name,
        "localTermWeights": "binary" if op.binary else "termFrequency",
        "isCaseSensitive": "true",
        "wordSeparatorCharacterRE": SEPARATORS[op.pattern],
    }
    never = set(op.stop_words)
    cells: list[Cell] = []
    for place, term in enumerate(op.vocabulary):
        if term in never:
            raise Unsupported("a stop word is in the vocabulary")
        word = element("Constant", {"dataType": "string"}, text=term)
        cells.append(call.derive(element("TextIndex", attributes, word), place))
    return cells


@form(Items)
def items(op: Items, call: Call) -> list[Cell]:
    """Refused: only the transactions of an AssociationModel are sets, and they give rules."""
    raise Unsupported("PMML's fields hold single values, and no collections")
