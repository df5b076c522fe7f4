"""Header, DataDictionary and MiningSchema (PMML 4.4)."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata

from .columns import category_texts
from .draft import Draft
from .elements import DATA_TYPES, Element, element, optype, spelled
from .outputs import Target


def header(name: str, timestamp: str | None) -> Element:
    """Who wrote the document; without a timestamp the same graph gives the same bytes."""
    application = {"name": "scorebundle", "version": metadata.version("scorebundle")}
    made = element("Header", {"description": name}, element("Application", application))
    if timestamp is not None:
        made.append(element("Timestamp", text=timestamp))
    return made


def data_dictionary(draft: Draft, target: Target | None) -> Element:
    """DataFields of the columns that are read, and of what is predicted."""
    fields = [_data_field(name, kind, draft) for name, kind in draft.inputs.items()]
    if target is not None:
        fields.append(_field(target.name, target.dtype, map(spelled, target.classes)))
    return element("DataDictionary", {"numberOfFields": str(len(fields))}, *fields)


def _data_field(name: str, kind: str, draft: Draft) -> Element:
    texts: Iterable[str] = ()
    if kind == "string":
        texts = category_texts(draft.categories.get(name, ()), draft.declared[name])
    return _field(name, "bool" if kind == "boolean" else kind, texts)


def _field(name: str, dtype: str, texts: Iterable[str]) -> Element:
    data_type = DATA_TYPES[dtype]
    values = [element("Value", {"value": text}) for text in texts]
    kind = "categorical" if values else optype(data_type)
    attributes = {"name": name, "optype": kind, "dataType": data_type}
    return element("DataField", attributes, *values)


def mining_schema(names: Iterable[str], draft: Draft, target: Target | None = None) -> Element:
    """The fields a model takes from outside; a value no encoder knows is no error."""
    schema = element("MiningSchema")
    if target is not None:
        schema.append(element("MiningField", {"name": target.name, "usageType": "target"}))
    for name in names:
        attributes = {"name": name}
        if name in draft.inputs:
            attributes["invalidValueTreatment"] = "asIs"
        schema.append(element("MiningField", attributes))
    return schema
