"""AssociationModel: rules that a basket of items meets, by rank (PMML, Association Rules).

Rules are asked as trees that walk along their items, and numbered by rank when they are read, so
that the first results are the smallest numbers of the rules that are met.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Binary, Cast, Order, Reduce, Where

from .basket import Basket
from .convert import by_place
from .prediction import Feature, Prediction, model
from .scope import Scope
from .values import MISSING, Field, Number
from .walks import Walks
from .xml import Element, child, children, real, refuse, text, whole

ALGORITHMS: Final = ("recommendation", "exclusiveRecommendation", "ruleAssociation")
MEASURES: Final = ("confidence", "support", "lift", "leverage", "affinity")
MAX_RESULTS: Final = 256
MAX_ITEMS: Final = 1 << 22
MAX_CHARACTERS: Final = 1 << 26
"""Most items, and characters of their names, that all rules may have: they share Itemsets."""
MAX_LABELS: Final = 1 << 19
"""Most labels that the results of one OutputField may have between them."""


class Rule(NamedTuple):
    """An AssociationRule; its items by their ids."""

    id: str
    antecedent: tuple[str, ...]
    consequent: tuple[str, ...]
    measures: dict[str, float]


@model("AssociationModel")
def association_model(element: Element, scope: Scope) -> Prediction:
    """The rules that a basket meets; what they say is the matter of OutputFields.

    Without one, the value is what PMML's defaults say: the consequent of the most confident rule
    whose antecedent is in the basket, and whose consequent is not.
    """
    rules = Rules(element, scope)
    prediction = Prediction("associationRules", rules.feature("consequent", element))
    prediction.own = dict.fromkeys(FEATURES, _feature(rules))
    prediction.listed = rules.several
    return prediction


def _feature(rules: Rules) -> Feature:
    def feature(element: Element, prediction: Prediction, scope: Scope) -> Field:
        return rules.feature(_named(element), element)

    return feature


def _named(element: Element) -> str:
    """Which feature of a rule an OutputField asks for."""
    name = element.get("feature", "ruleValue")
    name = element.get("ruleFeature", "consequent") if name == "ruleValue" else name
    name = SAME.get(name, name)
    if name not in FEATURES:
        refuse(element, f"feature {name!r:.40} is not one of a rule")
    return name


class Rules:
    """The rules of a model, and which of them a row meets.

    Attributes:
        rules: in the document's order.
    """

    def __init__(self, element: Element, scope: Scope) -> None:
        self.scope, self.maker = scope, scope.maker
        items = {text(each, "id"): each for each in children(element, "Item")}
        self.names = {key: text(each, "value") for key, each in items.items()}
        self.rules = _rules(element, _itemsets(element, items), self.names)
        self.basket = Basket(element, items, scope)
        self._told_before: dict[str, list[str]] = {}
        output = child(element, "Output")
        ranks = [] if output is None else [whole(each, "rank", 1) for each in children(output)]
        wanted = max([1, *(rank or MAX_RESULTS for rank in ranks)])
        self.results = min(len(self.rules), MAX_RESULTS + 1, wanted + 1)

    def feature(self, name: str, element: Element) -> Field:
        """A feature of the rule of a rank."""
        rank = whole(element, "rank", 1)
        if not 1 <= rank <= MAX_RESULTS:
            refuse(element, f"rank must be from 1 to {MAX_RESULTS}")
        if rank > len(self.rules):
            return self._told(name, self.maker.code(MISSING))
        return self._told(name, self.maker.column(self._ranked(element), rank - 1))

    def several(self, element: Element) -> list[Field]:
        """A feature of the rules of all ranks up to one; 0 stands for all.

        A row that meets more rules than there are results is refused.
        """
        maker, name, rank = self.maker, _named(element), whole(element, "rank", 1)
        labels = 1 if name in MEASURES else len(set(self._texts(name)))
        most = max(1, min(MAX_RESULTS, MAX_LABELS // max(1, labels)))
        if not 0 <= rank <= most:
            refuse(element, f"rank must be from 0 to {most}")
        if not self.rules:
            return [self._told(name, maker.code(MISSING))]
        codes = maker.spread(self._ranked(element))
        if not rank and len(self.rules) > most:
            more = maker.negated(maker.code_is(codes[most], MISSING))
            codes[0] = maker.refuse_where(more, codes[0])
        return [self._told(name, code) for code in codes[: rank or most]]

    def _told(self, name: str, code: Value) -> Field:
        """A feature of the rule that a code stands for."""
        if name in MEASURES:
            numbers = np.array([rule.measures.get(name, math.nan) for rule in self.rules])
            return Number(self.maker.look_up(code, numbers, math.nan))
        return by_place(code, self._texts(name), self.maker)

    def _texts(self, name: str) -> list[str]:
        """What a feature says of each rule."""
        if name not in self._told_before:
            self._told_before[name] = [self._text(name, rule) for rule in self.rules]
        return self._told_before[name]

    def _text(self, name: str, rule: Rule) -> str:
        if name == "ruleId":
            return rule.id
        before, after = (
            ",".join(self.names[item] for item in side)
            for side in (rule.antecedent, rule.consequent)
        )
        return {"antecedent": before, "consequent": after}.get(name, f"{{{before}}}->{{{after}}}")

    def _ranked(self, element: Element) -> Value:
        """Codes of the first rules in the order that an element asks for, MISSING beyond them."""
        maker, count = self.maker, self.results
        met = self._met(element.get("algorithm", "exclusiveRecommendation"), element)
        ranks = maker.constant(self._ranks(element))
        first = maker.add(Order(count), maker.add(Where(), met, ranks, maker.constant(math.inf)))
        total = maker.add(Reduce("sum"), maker.add(Cast("float64"), met))
        there = maker.add(Binary("greater_equal"), total, maker.constant(np.arange(count) + 1.0))
        return maker.add(Where(), there, first, maker.constant(MISSING, "int64"))

    def _ranks(self, element: Element) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The rank of each rule, from 0, by rankBasis and rankOrder; equal ones in their order."""
        basis = element.get("rankBasis", "confidence")
        if basis not in MEASURES:
            refuse(element, f"rankBasis {basis!r:.40} is not known")
        numbers = [rule.measures.get(basis, math.nan) for rule in self.rules]
        if any(number != number for number in numbers):
            refuse(element, f"rankBasis is {basis}, which a rule does not state")
        ascending = element.get("rankOrder", "descending") == "ascending"
        order = np.argsort(np.array(numbers) * (1 if ascending else -1), kind="stable")
        ranks = np.empty(len(order))
        ranks[order] = np.arange(len(order))
        return ranks

    def _met(self, algorithm: str, element: Element) -> Value:
        """Which rules a basket meets.

        recommendation: it has all of the antecedent; exclusiveRecommendation: and not all of the
        consequent; ruleAssociation: and all of the consequent.
        """
        if algorithm not in ALGORITHMS:
            refuse(element, f"algorithm {algorithm!r:.40} is not known")
        walks = Walks()
        for rule in self.rules:
            needed = rule.antecedent
            open_ = None
            if algorithm == "ruleAssociation":
                needed = (*needed, *rule.consequent)
            elif algorithm == "exclusiveRecommendation":
                open_ = rule.consequent
            walks.add(needed, open_)
        held = [self.maker.indicator(self.basket.holds(item)) for item in walks.features]
        found = self.maker.add(walks.trees(), self.maker.matrix(held or [0.0]))
        return self.maker.add(Cast("bool"), found)


def _itemsets(element: Element, items: dict[str, Element]) -> dict[str, tuple[str, ...]]:
    """Item ids by the Itemset's id."""
    found = {}
    for itemset in children(element, "Itemset"):
        held = tuple(text(each, "itemRef") for each in children(itemset, "ItemRef"))
        for item in held:
            if item not in items:
                refuse(itemset, f"there is no item {item!r:.40}")
        found[text(itemset, "id")] = held
    return found


def _rules(
    element: Element, itemsets: dict[str, tuple[str, ...]], names: dict[str, str]
) -> list[Rule]:
    found = []
    lengths = {key: sum(len(names[item]) for item in held) for key, held in itemsets.items()}
    items = characters = 0
    for place, each in enumerate(children(element, "AssociationRule")):
        sides = []
        for side in ("antecedent", "consequent"):
            name = text(each, side)
            if name not in itemsets:
                refuse(each, f"there is no itemset {name!r:.40}")
            sides.append(itemsets[name])
            items, characters = items + len(itemsets[name]), characters + lengths[name]
        if items > MAX_ITEMS or characters > MAX_CHARACTERS:
            refuse(each, "the rules hold too many items")
        stated = {name: real(each, name) for name in MEASURES if each.get(name) is not None}
        found.append(Rule(each.get("id", str(place + 1)), sides[0], sides[1], stated))
    return found


SAME: Final = {"entityId": "ruleId", "entityAffinity": "affinity"}
FEATURES: Final = ("antecedent", "consequent", "rule", "ruleId", *MEASURES, *SAME, "ruleValue")
