"""RuleSetModel: the first rule, the heaviest, or the sum of weights by score."""

from __future__ import annotations

import math
from typing import NamedTuple

from .choices import largest
from .predicates import condition_of, conjunction
from .prediction import Prediction, model
from .scope import Scope
from .values import MISSING, Bool, Code, Number, Real, Text, Truth, Words
from .xml import Element, children, needed, real, refuse, tag, text


class Rule(NamedTuple):
    """A SimpleRule with all conditions around it; its id, or its place from 1 on."""

    element: Element
    here: Truth
    id: str


@model("RuleSetModel")
def rule_set(element: Element, scope: Scope) -> Prediction:
    """The score of the rules whose conditions hold, by the first selection method."""
    ruleset = needed(element, "RuleSet")
    method = text(needed(ruleset, "RuleSelectionMethod"), "criterion")
    rules = _rules(ruleset, scope)
    if method == "firstHit":
        order = rules
    elif method == "weightedMax":
        order = sorted(rules, key=lambda rule: -real(rule.element, "weight", 1.0))
    elif method == "weightedSum":
        return _weighted_sum(ruleset, rules, scope)
    else:
        refuse(ruleset, f"criterion {method!r:.40} is not known")
    return _first(ruleset, order, scope)


def _rules(parent: Element, scope: Scope) -> list[Rule]:
    """All SimpleRules in order, without recursion."""
    found: list[Rule] = []
    stack = [(each, Truth(True, False)) for each in reversed(list(children(parent)))]
    while stack:
        element, around = stack.pop()
        if tag(element) not in ("SimpleRule", "CompoundRule"):
            continue
        here = conjunction([around, condition_of(element, scope)], scope.maker)
        if tag(element) == "SimpleRule":
            found.append(Rule(element, here, element.get("id", str(len(found) + 1))))
        else:
            stack.extend((each, here) for each in reversed(list(children(element))))
    return found


def _first(ruleset: Element, order: list[Rule], scope: Scope) -> Prediction:
    """The first of the rules that holds; the default without any."""
    maker = scope.maker
    scores, ids = Words(), Words()
    scores.open = ids.open = True
    default = ruleset.get("defaultScore")
    code: Code = MISSING if default is None else scores.code(default)
    rule_code: Code = MISSING
    confidence: Real = real(ruleset, "defaultConfidence", math.nan)
    for rule in reversed(order):
        place = scores.code(text(rule.element, "score"))
        code = maker.choose_code(rule.here.yes, place, code)
        rule_code = maker.choose_code(rule.here.yes, ids.code(rule.id), rule_code)
        stated = real(rule.element, "confidence", 1.0)
        confidence = maker.choose(rule.here.yes, stated, confidence)
    scores.open = ids.open = False
    result = Prediction("classification", Text(code, scores))
    result.features["confidence"] = Number(confidence)
    result.features["entityId"] = Text(rule_code, ids)
    return result


def _weighted_sum(ruleset: Element, rules: list[Rule], scope: Scope) -> Prediction:
    """The score with the largest sum of weights; the sum by the number of rules that hold."""
    maker = scope.maker
    sums: dict[str, Real] = {}
    count: Real = 0.0
    for rule in rules:
        score, weight = text(rule.element, "score"), real(rule.element, "weight", 1.0)
        here = maker.choose(rule.here.yes, weight, 0.0)
        sums[score] = maker.plus(sums.get(score, 0.0), here)
        count = maker.plus(count, maker.indicator(rule.here.yes))
    value = largest(list(sums), list(sums.values()), maker)
    none = maker.compare("equal", count, 0.0)
    default = ruleset.get("defaultScore")
    words = Words(value.words.words)
    words.open = True
    other = MISSING if default is None else words.code(default)
    words.open = False
    code = maker.choose_code(none, other, value.code)
    result = Prediction("classification", Text(code, words))
    confidence: Real = real(ruleset, "defaultConfidence", math.nan)
    for score, x in sums.items():
        here = maker.both(maker.code_is(value.code, words.code(score)), maker.negated(none))
        confidence = maker.choose(here, maker.over(x, count), confidence)
    result.features["confidence"] = Number(confidence)
    result.features["entityId"] = _heaviest(rules, value, none, scope)
    return result


def _heaviest(rules: list[Rule], value: Text, none: Bool, scope: Scope) -> Text:
    """The id of the heaviest rule that holds and has the chosen score."""
    maker = scope.maker
    ids = Words(rule.id for rule in rules)
    code: Code = MISSING
    for rule in sorted(rules, key=lambda rule: real(rule.element, "weight", 1.0)):
        chosen = maker.code_is(value.code, value.words.code(text(rule.element, "score")))
        here = maker.both(rule.here.yes, chosen, maker.negated(none))
        code = maker.choose_code(here, ids.code(rule.id), code)
    return Text(code, ids)
