"""Scorecard: partial scores of characteristics, and the reasons for a low or high score."""

from __future__ import annotations

import math

from scorebundle.bundle.ops import ArgMax, OneHot, Reduce, Where

from .expressions import expression_below, numeric
from .output import SEVERAL
from .predicates import condition_of
from .prediction import Prediction, model
from .scope import Scope
from .values import MISSING, Code, Field, Number, Real, Text, Words
from .xml import Element, child, children, flag, needed, real, refuse


@model("Scorecard")
def scorecard(element: Element, scope: Scope) -> Prediction:
    """initialScore + Σ partial scores, each of the first attribute that is true."""
    maker = scope.maker
    total: Real = real(element, "initialScore", 0.0)
    reasons = flag(element, "useReasonCodes", True)
    below = element.get("reasonCodeAlgorithm", "pointsBelow") == "pointsBelow"
    words = Words()
    words.open = True
    parts: list[tuple[Code, Real]] = []
    for each in children(needed(element, "Characteristics"), "Characteristic"):
        score, code = _characteristic(each, words, reasons, scope)
        total = maker.plus(total, score)
        if reasons:
            base = each.get("baselineScore") or element.get("baselineScore")
            if base is None:
                reasons = child(element, "Output") is not None and reasons
                base = "0"
            d = maker.minus(float(base), score) if below else maker.minus(score, float(base))
            parts.append((code, d))
    words.open = False
    prediction = Prediction("regression", Number(total))
    if reasons and words.words:
        prediction.features["reasonCode" + SEVERAL] = _ranked(parts, words, scope)
    return prediction


def _characteristic(
    element: Element, words: Words, reasons: bool, scope: Scope
) -> tuple[Real, Code]:
    """The partial score, and the code of its reason."""
    maker = scope.maker
    score: Real = math.nan
    code: Code = MISSING
    for each in reversed(list(children(element, "Attribute"))):
        here = condition_of(each, scope).yes
        complex_ = child(each, "ComplexPartialScore")
        if complex_ is not None:
            partial = numeric(expression_below(complex_, scope), maker)
        else:
            partial = real(each, "partialScore")
        score = maker.choose(here, partial, score)
        if reasons:
            reason = each.get("reasonCode") or element.get("reasonCode")
            if reason is None:
                refuse(each, "needs a reasonCode")
            code = maker.choose_code(here, words.code(reason), code)
    return score, code


def _ranked(parts: list[tuple[Code, Real]], words: Words, scope: Scope) -> list[Field]:
    """Reasons by the sum of their differences, largest first; negative ones are left out."""
    maker, count = scope.maker, len(words.words)
    sums: list[Real] = []
    for place in range(count):
        found = [(maker.code_is(code, place), difference) for code, difference in parts]
        terms = [maker.choose(here, d, 0.0) for here, d in found if here is not False]
        given = maker.either(*(here for here, _ in found))
        sums.append(maker.choose(given, maker.plus(*terms), -math.inf))
    order = maker.matrix(sums)
    result: list[Field] = []
    for _ in range(min(count, len(parts))):
        best = maker.add(ArgMax(), order)
        highest = maker.add(Reduce("maximum"), order)
        good = maker.compare("greater_equal", highest, 0.0)
        result.append(Text(maker.choose_code(good, best, MISSING), words))
        here = maker.add(OneHot(count, "bool"), best)
        order = maker.add(Where(), here, maker.constant(-math.inf), order)
    return result
