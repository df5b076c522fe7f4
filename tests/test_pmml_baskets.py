"""PMML AssociationModel of a field that holds collections of items."""

from __future__ import annotations

from typing import Any

import pytest

from scorebundle.bundle import BundleError, InputError
from scorebundle.pmml.reader import read_bundle
from scorebundle.runtime import Runtime

from .pmml_documents import scores

GROUP = '<MiningField name="transaction" usageType="group"/>'
RULES = [("w", "b c"), ("w b", "s"), ("s", "w"), ("", "s"), ("c", "")]
IDS = "".join(
    f'<OutputField name="{name}" feature="ruleId" algorithm="{algorithm}" rank="0" '
    'dataType="string" isMultiValued="1"/>'
    for name, algorithm in (
        ("r", "recommendation"),
        ("x", "exclusiveRecommendation"),
        ("a", "ruleAssociation"),
    )
)
NAMES = {"w": "Water", "b": "Bread", "c": "Coke", "s": "Crackers, salted"}


def model(
    *,
    names: dict[str, str] = NAMES,
    rules: list[tuple[str, str]] = RULES,
    group: str = GROUP,
    item: str = '<MiningField name="item"/>',
    field: str = 'dataType="string"',
    inside: str = "",
    dictionary: str = "",
    output: str = IDS,
    after: str = "",
) -> bytes:
    """A model of transactions; rule i + 1 has confidence 1 / (i + 1)."""
    parts = [f'<Item id="{key}" value="{name}"/>' for key, name in names.items()]
    for place, sides in enumerate(rules):
        for side, held in zip(("before", "after"), sides, strict=True):
            references = "".join(f'<ItemRef itemRef="{key}"/>' for key in held.split())
            parts.append(f'<Itemset id="{side} {place}">{references}</Itemset>')
        parts.append(
            f'<AssociationRule antecedent="before {place}" consequent="after {place}" '
            f'support="0.1" confidence="{1 / (place + 1)}"/>'
        )
    return (
        '<PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4"><Header/><DataDictionary>'
        '<DataField name="transaction" dataType="string" optype="categorical"/>'
        f'<DataField name="item" optype="categorical" {field}>{inside}</DataField>{dictionary}'
        '</DataDictionary><AssociationModel functionName="associationRules" '
        'numberOfTransactions="10" minimumSupport="0.1" minimumConfidence="0.1">'
        f"<MiningSchema>{group}{item}</MiningSchema><Output>{output}</Output>{''.join(parts)}"
        f"{after}</AssociationModel></PMML>"
    ).encode()


def found(made: bytes, *baskets: Any, output: str = "r") -> list[Any]:
    """The rules that baskets meet; None where a row is refused."""
    rows = scores(made, *({"item": basket} for basket in baskets))
    return [
        None if "status" in row else [cell for cell in row[output] if cell is not None]
        for row in rows
    ]


BASKETS = [
    (["Water"], ["1", "4"], ["1", "4"], []),
    (["Water", "Bread", "Coke", "Tea"], ["1", "2", "4", "5"], ["2", "4"], ["1", "5"]),
    (("Crackers, salted", "Water", "Water"), ["1", "3", "4"], ["1"], ["3", "4"]),
    ([], ["4"], ["4"], []),
    (["Tea", None], ["4"], ["4"], []),
    (None, None, None, None),
]


@pytest.mark.parametrize("group", [GROUP, ""])
def test_collections_of_items(group: str) -> None:
    baskets = [basket for basket, *_ in BASKETS]
    for place, output in enumerate("rxa", 1):
        expected = [each[place] for each in BASKETS]
        assert found(model(group=group), *baskets, output=output) == expected


def test_items_may_be_the_numbers_that_texts_spell() -> None:
    made = model(names={"w": "1", "b": "2", "c": "3.0", "s": "40"}, field='dataType="integer"')
    baskets = [[1], ["1"], [1.0, 2, 3], [40, "2"]]
    assert found(made, *baskets) == [["1", "4"], ["1", "4"], ["1", "2", "4", "5"], ["3", "4"]]


def test_what_lies_above_an_item_is_in_the_basket_too() -> None:
    cells = [("Bread", "Food"), ("Rye", "Bread"), ("Water", "Drink"), ("Food", "All")]
    rows = "".join(f"<row><c>{low}</c><p>{high}</p></row>" for low, high in cells)
    taxonomy = (
        '<Taxonomy name="t"><ChildParent childField="c" parentField="p" isRecursive="yes">'
        f"<InlineTable>{rows}</InlineTable></ChildParent></Taxonomy>"
    )
    made = model(
        names={**NAMES, "b": "Bread", "c": "Food", "w": "Water"},
        rules=[("b", "w"), ("c", "w"), ("w", "c")],
        field='dataType="string" taxonomy="t"',
        dictionary=taxonomy,
    )
    assert found(made, ["Rye"], ["Food"], ["Water"]) == [["1", "2"], ["2"], ["3"]]
    made = made.replace(b' taxonomy="t"', b"")
    assert found(made, ["Rye"], ["Bread"]) == [[], ["1"]]


def test_items_that_a_field_does_not_list() -> None:
    listed = "".join(f'<Value value="{name}"/>' for name in NAMES.values())
    baskets = [["Water"], ["Water", "Tea"], []]
    assert found(model(inside=listed), *baskets) == [["1", "4"], None, ["4"]]
    for treatment in ("asIs", "asMissing"):
        item = f'<MiningField name="item" invalidValueTreatment="{treatment}"/>'
        assert found(model(inside=listed, item=item), *baskets) == [["1", "4"], ["1", "4"], ["4"]]


def test_a_row_that_meets_more_rules_than_there_are_results_is_refused() -> None:
    names = {f"i{place}": f"item {place}" for place in range(300)}
    made = model(names=names, rules=[(key, "i0") for key in names])
    held = list(names.values())
    few, most, more = found(made, held[:5], held[:256], held[:257])
    assert few == ["1", "2", "3", "4", "5"]
    assert len(most) == 256
    assert more is None


VERIFICATION = """<ModelVerification><VerificationFields>
<VerificationField field="transaction"/><VerificationField field="item"/>
<VerificationField field="r"/><VerificationField field="x"/></VerificationFields><InlineTable>
<row><transaction>1</transaction><item>Water</item><r>1</r><x>1</x></row>
<row><transaction>1</transaction><r>4</r><x>4</x></row>
<row><transaction>2</transaction><item>Water</item><r>1</r><x>2</x></row>
<row><transaction>2</transaction><item>Bread</item><r>2</r><x>{}</x></row>
<row><transaction>2</transaction><item>Coke</item><r>4</r></row>
<row><transaction>2</transaction><r>5</r></row></InlineTable>
</ModelVerification>"""


def test_rows_of_a_transaction_are_verified_together() -> None:
    made = model(after=VERIFICATION.format("4"))
    Runtime.load(made, verify=True)
    runtime = Runtime.load(read_bundle(made).to_bytes(), verify=True)
    row = {"transaction": "1", "item": ["Water"]}
    assert runtime.score(row)["r"].tolist() == [["1", "4", None, None, None]]
    with pytest.raises(BundleError, match="'4' is not the training library's '3'"):
        Runtime.load(model(after=VERIFICATION.format("3")), verify=True)


def test_what_cannot_be_scored() -> None:
    two = '<MiningField name="item"/><MiningField name="transaction"/>'
    group = '<MiningField name="other" usageType="group"/>'
    broken = {
        "needs one active field": model(group=group, item=two),
        "values of a collection are not replaced": model(
            item='<MiningField name="item" missingValueReplacement="Water"/>'
        ),
        "rank must be from 0 to 256": model(output=IDS.replace('rank="0"', 'rank="300"')),
    }
    for why, made in broken.items():
        with pytest.raises(BundleError, match=why):
            scores(made, {})
    with pytest.raises(InputError, match="must be a list or a map of items"):
        scores(model(), {"item": ["Water"]}, {"item": "Water"})
