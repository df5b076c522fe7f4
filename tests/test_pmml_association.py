"""PMML AssociationModel: the reader against the standard's definition, worked out with sets."""

from __future__ import annotations

import random
from typing import Any

import pytest

from scorebundle.bundle import BundleError

from .pmml_documents import document, scores

ITEMS = {"w": "Water", "b": "Bread", "c": "Coke", "m": "Day=Monday", "s": "Day=Sunday"}
SETS = {"0": "", "1": "w", "2": "b c", "3": "w b", "4": "m", "5": "s w", "6": "c"}
RULES = [
    ("R1", "1", "2", {"confidence": 0.5, "support": 0.3, "lift": 1.5, "leverage": 0.1}),
    ("", "3", "4", {"confidence": 0.9, "support": 0.2, "lift": 1.2, "leverage": 0.3}),
    ("R3", "4", "1", {"confidence": 0.5, "support": 0.1, "lift": 2.5, "leverage": 0.2}),
    ("R4", "0", "6", {"confidence": 0.5, "support": 0.15, "lift": 1.0, "leverage": 0.0}),
    ("R5", "5", "3", {"confidence": 0.25, "support": 0.3, "lift": 1.5, "leverage": -0.5}),
]
FIELDS = {"Water": "boolean", "Bread": "string", "Coke": "integer", "Day": "string"}
ALGORITHMS = ["recommendation", "exclusiveRecommendation", "ruleAssociation"]


def model(outputs: str, items: dict[str, str] | None = None) -> bytes:
    """An AssociationModel of those rules."""
    parts = [f'<Item id="{key}" value="{value}"/>' for key, value in (items or ITEMS).items()]
    for key, held in SETS.items():
        references = "".join(f'<ItemRef itemRef="{item}"/>' for item in held.split())
        parts.append(f'<Itemset id="{key}">{references}</Itemset>')
    for name, before, after, measures in RULES:
        stated = "".join(f' {measure}="{x}"' for measure, x in measures.items())
        name = f' id="{name}"' if name else ""
        parts.append(f'<AssociationRule antecedent="{before}" consequent="{after}"{name}{stated}/>')
    body = (
        '<AssociationModel functionName="associationRules" numberOfTransactions="10" '
        f'minimumSupport="0.1" minimumConfidence="0.1">MINING{outputs}{"".join(parts)}'
        "</AssociationModel>"
    )
    return document(body, FIELDS)


def output(name: str, feature: str, **attributes: Any) -> str:
    """An OutputField."""
    given = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<OutputField name="{name}" feature="{feature}"{given}/>'


def basket(row: dict[str, Any]) -> set[str]:
    """The ids of the items of a row."""
    held = {key for key, flag in (("w", row["Water"]), ("c", row["Coke"])) if flag}
    held |= {"b"} if row["Bread"] in ("true", "T") else set()
    return held | {"m": {"m"}, "s": {"s"}}.get(str(row["Day"])[:1].lower(), set())


def ranked(held: set[str], algorithm: str, basis: str, ascending: bool) -> list[int]:
    """Places of the rules that a basket meets, by rank."""
    found = []
    for place, (_, before, after, _) in enumerate(RULES):
        antecedent, consequent = set(SETS[before].split()), set(SETS[after].split())
        wanted = algorithm == "recommendation" or (
            (consequent <= held) == (algorithm == "ruleAssociation")
        )
        if antecedent <= held and wanted:
            found.append(place)
    sign = 1 if ascending else -1
    return sorted(found, key=lambda place: sign * RULES[place][3][basis])


def rows() -> list[dict[str, Any]]:
    """Rows of all kinds."""
    chance = random.Random(3)
    return [
        {
            "Water": chance.choice([True, False, None]),
            "Bread": chance.choice(["true", "T", "false", "F", None]),
            "Coke": chance.choice([0, 1, None]),
            "Day": chance.choice(["Monday", "Sunday", "Friday", None]),
        }
        for _ in range(60)
    ]


def told(place: int, feature: str) -> Any:
    """What a rule says of a feature."""
    name, before, after, measures = RULES[place]
    sides = [",".join(ITEMS[item] for item in SETS[side].split()) for side in (before, after)]
    texts = dict(zip(("antecedent", "consequent"), sides, strict=True))
    texts |= {"ruleId": name or str(place + 1), "rule": f"{{{sides[0]}}}->{{{sides[1]}}}"}
    return texts.get(feature, measures.get(feature))


@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize("basis", ["confidence", "support", "lift", "leverage"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_rules_by_rank(algorithm: str, basis: str, order: str) -> None:
    how: dict[str, Any] = {"algorithm": algorithm, "rankBasis": basis, "rankOrder": order}
    features = ["antecedent", "consequent", "rule", "ruleId", "lift", "support"]
    fields = [output(f"{f}{rank}", f, rank=rank, **how) for f in features for rank in (1, 2, 9)]
    fields += [output(f"all {f}", f, rank=0, isMultiValued=1, **how) for f in features]
    fields += [output("two", "ruleId", rank=2, isMultiValued=1, **how)]
    given = rows()
    results = scores(model(f"<Output>{''.join(fields)}</Output>"), *given)
    for row, found in zip(given, results, strict=True):
        places = ranked(basket(row), algorithm, basis, order == "ascending")
        for feature in features:
            expected = [told(place, feature) for place in places]
            for rank in (1, 2, 9):
                assert some([found[f"{feature}{rank}"]]) == expected[rank - 1 : rank]
            assert len(found[f"all {feature}"]) == len(RULES)
            assert some(found[f"all {feature}"]) == expected
        assert some(found["two"]) == [told(place, "ruleId") for place in places[:2]]


def some(cells: list[Any]) -> list[Any]:
    """Cells that are there."""
    return [cell for cell in cells if cell is not None and cell == cell]


def test_old_names_of_features_and_the_value_without_an_output() -> None:
    fields = output("old", "ruleValue") + output("older", "ruleValue", ruleFeature="ruleId")
    fields += output("new", "entityId") + output("most", "confidence", dataType="double")
    given = rows()
    named = scores(model(f"<Output>{fields}</Output>"), *given)
    plain = scores(model(""), *given)
    for row, found, other in zip(given, named, plain, strict=True):
        (first, *_) = [*ranked(basket(row), ALGORITHMS[1], "confidence", False), None]
        consequent = None if first is None else told(first, "consequent")
        assert found["old"] == found["predict"] == other["predict"] == consequent
        assert found["older"] == found["new"] == (None if first is None else told(first, "ruleId"))


def test_an_item_of_a_field_and_a_category() -> None:
    made = model("").replace(b'value="Day=Monday"', b'value="x" field="Day" category="Friday"')
    made = made.replace(b'value="Coke"', b'value="y" field="Coke"')
    row = {"Water": True, "Bread": "T", "Day": "Monday", "Coke": 0}
    assert [each["predict"] for each in scores(made, row, {**row, "Day": "Friday"})] == [
        "x",
        "Bread,y",
    ]


def test_a_field_that_is_neither_true_nor_false_refuses_its_row() -> None:
    row = {"Water": True, "Bread": "T", "Coke": 1, "Day": None}
    found = scores(model(""), row, {**row, "Bread": "perhaps"}, {**row, "Coke": 2})
    assert ["status" in each for each in found] == [False, True, True]


@pytest.mark.parametrize(
    ("outputs", "items", "why"),
    [
        (output("o", "ruleId", rankBasis="affinity"), None, "which a rule does not state"),
        (output("o", "ruleId", rankBasis="size"), None, "rankBasis 'size' is not known"),
        (output("o", "ruleId", algorithm="best"), None, "algorithm 'best' is not known"),
        (output("o", "ruleId", rank=0), None, "rank must be from 1 to 256"),
        (output("o", "ruleId", rank=-1, isMultiValued=1), None, "rank must be from 0 to 256"),
        ("", {**ITEMS, "w": "Wine"}, "'Wine' names no active field"),
        ("", {k: v for k, v in ITEMS.items() if k != "s"}, "there is no item 's'"),
    ],
)
def test_what_cannot_be_scored(outputs: str, items: dict[str, str] | None, why: str) -> None:
    with pytest.raises(BundleError, match=why):
        scores(model(f"<Output>{outputs}</Output>" if outputs else "", items), {})
