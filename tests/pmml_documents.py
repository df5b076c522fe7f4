"""Small PMML documents for the reader's tests, and scoring of them."""

from __future__ import annotations

from typing import Any

from scorebundle.pmml.reader import read_bundle
from scorebundle.runtime import Runtime

TARGET = ' usageType="target"'


def document(
    body: str, fields: dict[str, str], *, shared: str = "", version: str = "4.4", values: Any = None
) -> bytes:
    """A document of one model.

    Args:
        body: the model, where MINING stands for a MiningSchema of all fields.
        fields: dataType by name; the one called y is the target.
        shared: a TransformationDictionary.
        version: of PMML.
        values: Values and Intervals by field, as XML.
    """
    dictionary = "".join(
        f'<DataField name="{name}" dataType="{kind}" optype="{_optype(kind)}">'
        f"{(values or {}).get(name, '')}</DataField>"
        for name, kind in fields.items()
    )
    mining = "".join(
        '<MiningField name="y" usageType="target"/>'
        if name == "y"
        else f'<MiningField name="{name}"/>'
        for name in fields
    )
    body = body.replace("MINING", f"<MiningSchema>{mining}</MiningSchema>")
    space = version.replace(".", "_")
    return (
        f'<?xml version="1.0"?>\n<PMML version="{version}" '
        f'xmlns="http://www.dmg.org/PMML-{space}"><Header/>\n'
        f"<DataDictionary>{dictionary}</DataDictionary>\n{shared}\n{body}</PMML>"
    ).encode()


def _optype(kind: str) -> str:
    return "continuous" if kind in ("double", "float", "integer") else "categorical"


def scores(made: bytes, *rows: Any, **options: Any) -> list[dict[str, Any]]:
    """The scores of rows, one dict each; a refused row has a status."""
    runtime = Runtime.load(read_bundle(made))
    return runtime.score(list(rows), errors="mark", **options).to_dicts()


def derived(expression: str, kind: str = "double") -> str:
    """A regression whose output `d` is an expression over the fields."""
    return (
        '<RegressionModel functionName="regression">MINING'
        f'<Output><OutputField name="d" dataType="{kind}" feature="transformedValue">'
        '<FieldRef field="derived"/></OutputField></Output><LocalTransformations>'
        f'<DerivedField name="derived" dataType="{kind}" optype="continuous">{expression}'
        '</DerivedField></LocalTransformations><RegressionTable intercept="0"/>'
        "</RegressionModel>"
    )


def value(expression: str, row: Any, kind: str = "double", **options: Any) -> Any:
    """What an expression gives for a row; types follow the row's values."""
    kinds = {str: "string", bool: "boolean"}
    given = options.pop("types", {})
    fields = {n: given.get(n) or kinds.get(type(v), "double") for n, v in row.items()}
    made = document(derived(expression, kind), fields, **options)
    return scores(made, row)[0]["d"]
