"""Texts at which counts of terms could differ: the model's own terms, and the world's scripts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from scorebundle.bundle.ops import Terms

ODD = (
    "  ",
    "a",
    "I",
    "x y z",
    "word",
    "WORD word Word",
    "under_score snake_case __init__",
    "don't can't l'été rock'n'roll",
    "e-mail co-operate 3.14 1,000 10% $5 #tag @me",
    "tab\there\nnew\r\nline\x0bform\x0cfeed\x1cend",
    "two  spaces   three",
    "no\u00a0break thin\u2009space zero\u200bwidth \ufeffmark",
    "Stra\u00dfe STRASSE \u1e9e gro\u00df",
    "\u0130stanbul ISTANBUL \u0131",
    "caf\u00e9 cafe\u0301 na\u00efve A\u030angstr\u00f6m \u212b",
    "\u039f\u03b4\u03c5\u03c3\u03c3\u03b5\u03cd\u03c2 \u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
    "\u1f08\u03c1\u03c7\u1fc6 \u1fb3",
    "\u041c\u043e\u0441\u043a\u0432\u0430 \u0401\u043b\u043a\u0430",
    "\u0439\u043e\u0433\u0443\u0440\u0442 \u0438\u0306",
    "\u4e16\u754c \u4f60\u597d\uff0c\u4e16\u754c\u3002",
    "\u3053\u3093\u306b\u3061\u306f \u30ab\u30bf\u30ab\u30ca \uff76\uff9e",
    "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u0645\u064f\u062d\u064e\u0645\u064e\u0651\u062f",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0915\u094d\u0937\u0924\u094d\u0930\u093f\u092f",
    "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
    "\u00bd \u00b2 \u2167 \u0663 \uff11\uff12",
    "\ufb01ne \ufdfa \u01c4 \u01c6",
    "\U0001f600 smile \U0001f468\u200d\U0001f469\u200d\U0001f467 \U00010400\U00010428",
    "nul\x00byte \x7f",
    "word " * 300,
    "w" * 2000,
)
SAMPLE = 48
"""Terms of the vocabulary that probes are made of."""
JOINTS = (" ", "  ", ", ", ". ", "-", "_", "\n", " a ", "'")


def probe_texts(op: Terms) -> Iterator[str]:
    """Texts for a Terms node."""
    yield from ODD
    random = np.random.default_rng(len(op.vocabulary))
    if not op.vocabulary:
        return
    chosen = random.choice(len(op.vocabulary), min(SAMPLE, len(op.vocabulary)), replace=False)
    terms = [op.vocabulary[i] for i in chosen]
    for term in islice(terms, 12):
        yield term
        yield f"{term} {term.upper()}, {term.title()}; {term}"
    for joint in JOINTS * 2:
        picked = random.choice(len(terms), int(random.integers(2, 12)))
        yield joint.join(terms[i] for i in picked)
    for word in islice(op.stop_words, 4):
        yield f"{terms[0]} {word} {terms[-1]} {word.upper()}"
