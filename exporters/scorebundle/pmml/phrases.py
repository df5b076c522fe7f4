"""Forms of what the PMML reader makes of text columns, and of labels that may be missing."""

from __future__ import annotations

from scorebundle.bundle.ops import OptionalLabels, Parse, Phrase

from .columns import label_dtype
from .draft import Call, form
from .elements import DATA_TYPES, Unsupported, spelled
from .expressions import Cell
from .tables import bin_of, discretize


@form(OptionalLabels)
def optional_labels(op: OptionalLabels, call: Call) -> list[Cell]:
    """Discretize: a code's class; below 0 the first, beyond the end missing."""
    dtype = label_dtype(op)
    bins = [
        bin_of(spelled(label), None if code == 0 else code, code)
        for code, label in enumerate(op.classes)
    ]
    field = call.field(call.cells[0][0])
    return [call.derive(discretize(field, bins, DATA_TYPES[dtype]), dtype=dtype)]


@form(Phrase)
def phrase(op: Phrase, call: Call) -> list[Cell]:
    """None: only a document of PMML has such texts, and its bundle needs no second one."""
    raise Unsupported("texts put together of columns come from PMML already")


@form(Parse)
def parse(op: Parse, call: Call) -> list[Cell]:
    """None: in PMML a text that spells no number is an error, here it is −∞."""
    raise Unsupported("PMML cannot tell what a text that spells no number becomes")
