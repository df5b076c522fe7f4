"""AssociationModel: rules that a basket of items meets, by rank (PMML, Association Rules).

Rules are asked as trees that walk along their items, and numbered by rank when they are read, so
that the first results are the smallest numbers of the rules that are met.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Binary, Cast, Order, Reduce, Select, Trees, Where

from .basket import Basket
from .prediction import Feature, Prediction, model
from .scope import Scope
from .trees import by_place
from .values import MISSING, Field, Number
from .xml import Element, children, real, refuse, text, whole

ALGORITHMS: Final = ("recommendation", "exclusiveRecommendation", "ruleAssociation")
MEASURES: Final = ("confidence", "support", "lift", "leverage", "affinity")
MAX_RESULTS: Final = 256
MAX_LABELS: Final = 1 << 18
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
        self.rules = _rules(element, _itemsets(element, items))
        self.basket = Basket(element, items, scope)

    def feature(self, name: str, element: Element) -> Field:
        """A feature of the rule of a rank."""
        rank = whole(element, "rank", 1)
        if rank < 1:
            refuse(element, "rank must be 1 or more")
        if rank > len(self.rules):
            return self._told(name, MISSING)
        return self._told(name, self._ranked(element, rank)[rank - 1])

    def several(self, element: Element) -> list[Field]:
        """A feature of the rules of all ranks up to one; 0 stands for all."""
        rank, count = whole(element, "rank", 1), len(self.rules)
        if rank < 0:
            refuse(element, "rank must be 0 or more")
        most = max(1, min(count, MAX_RESULTS, MAX_LABELS // max(count, 1)))
        if rank > most and rank < count:
            refuse(element, f"rank must be at most {most}")
        everything = rank == 0 or rank >= count
        rank = min(rank or count, count, most)
        codes = self._ranked(element, rank, everything and rank < count) if count else [MISSING]
        return [self._told(_named(element), code) for code in codes]

    def _told(self, name: str, code: Value | int) -> Field:
        """A feature of the rule that a code stands for."""
        if name in MEASURES:
            numbers = np.array([rule.measures.get(name, math.nan) for rule in self.rules])
            return Number(self.maker.look_up(code, numbers, math.nan))
        return by_place(
            self.maker.code(code), [self._text(name, r) for r in self.rules], self.scope
        )

    def _text(self, name: str, rule: Rule) -> str:
        if name == "ruleId":
            return rule.id
        before, after = (
            ",".join(self.names[item] for item in side)
            for side in (rule.antecedent, rule.consequent)
        )
        return {"antecedent": before, "consequent": after}.get(name, f"{{{before}}}->{{{after}}}")

    def _ranked(self, element: Element, count: int, no_more: bool = False) -> list[Value | int]:
        """Codes of the first rules in the order that an element asks for, MISSING beyond them.

        Args:
            count: how many.
            no_more: whether a row that meets more is refused.
        """
        maker = self.maker
        met = self._met(element.get("algorithm", "exclusiveRecommendation"), element)
        ranks = maker.constant(self._ranks(element))
        order = maker.add(Where(), met, ranks, maker.constant(math.inf))
        first = maker.add(Order(count), order)
        total = maker.add(Reduce("sum"), maker.add(Cast("float64"), met))
        if no_more:
            total = maker.refuse_where(maker.compare("greater", total, float(count)), total)
        there = maker.add(Binary("greater_equal"), total, maker.constant(np.arange(count) + 1.0))
        codes = maker.add(Where(), there, first, maker.constant(MISSING, "int64"))
        return [maker.add(Select((place,)), codes) for place in range(count)]

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
        walks = _Walks()
        for rule in self.rules:
            needed = rule.antecedent
            open_: tuple[str, ...] = ()
            if algorithm == "ruleAssociation":
                needed = (*needed, *rule.consequent)
            elif algorithm == "exclusiveRecommendation":
                open_ = rule.consequent
            walks.add(needed, open_)
        held = [self.maker.indicator(self.basket.holds(item)) for item in walks.features]
        found = self.maker.add(walks.trees(), self.maker.matrix(held or [0.0]))
        return self.maker.add(Cast("bool"), found)


class _Walks:
    """Trees that walk along items: 1 at the end of those that must be there, else 0.

    Attributes:
        features: places of the items.
    """

    def __init__(self) -> None:
        self.features: dict[str, int] = {}
        self.starts: list[int] = []
        self.feature: list[int] = []
        self.left: list[int] = []
        self.right: list[int] = []

    def add(self, needed: Iterable[str], open_: tuple[str, ...]) -> None:
        """A rule: all needed items must be there, and one of the open ones must not, if any."""
        self.starts.append(len(self.feature))
        needed = dict.fromkeys(needed)
        for item in needed:
            self._split(item, absent=0)
        rest = [item for item in dict.fromkeys(open_) if item not in needed]
        for item in rest:
            self._split(item, absent=1)
        self._leaf(0 if open_ else 1)

    def _split(self, item: str, absent: int) -> None:
        place = len(self.feature)
        self.feature.append(self.features.setdefault(item, len(self.features)))
        self.left.append(place + 1)
        self.right.append(place + 2)
        self._leaf(absent)

    def _leaf(self, row: int) -> None:
        self.feature.append(-1)
        self.left.append(row)
        self.right.append(-1)

    def trees(self) -> Trees:
        """One output per rule."""
        nodes, count = len(self.feature), len(self.starts)
        return Trees(
            compare="le",
            categories_go="left",
            outputs=count,
            base=np.zeros(count),
            starts=np.array(self.starts, np.int32),
            target=np.arange(count, dtype=np.int32),
            feature=np.array(self.feature, np.int32),
            threshold=np.full(nodes, 0.5),
            left=np.array(self.left, np.int32),
            right=np.array(self.right, np.int32),
            default_left=np.zeros(nodes, bool),
            category_set=np.full(nodes, -1, np.int32),
            values=np.array([[0.0], [1.0]]),
            set_starts=np.zeros(1, np.int32),
            set_words=np.zeros(0, np.uint32),
        )


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


def _rules(element: Element, itemsets: dict[str, tuple[str, ...]]) -> list[Rule]:
    found = []
    for place, each in enumerate(children(element, "AssociationRule")):
        sides = []
        for side in ("antecedent", "consequent"):
            name = text(each, side)
            if name not in itemsets:
                refuse(each, f"there is no itemset {name!r:.40}")
            sides.append(itemsets[name])
        stated = {name: real(each, name) for name in MEASURES if each.get(name) is not None}
        found.append(Rule(each.get("id", str(place + 1)), sides[0], sides[1], stated))
    return found


SAME: Final = {"entityId": "ruleId", "entityAffinity": "affinity"}
FEATURES: Final = ("antecedent", "consequent", "rule", "ruleId", *MEASURES, *SAME, "ruleValue")
