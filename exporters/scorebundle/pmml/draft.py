"""The document while it grows: fields by stage, and the forms that fill it.

A derived field that depends on the result of trees can only be computed after them. So the
fields lie in stages: stage 0 needs input columns alone, and a field that needs an ensemble of
stage s is in stage s + 1. Each stage is a model that encloses the next one (see `models.py`),
so that every field sees all fields of its own and of earlier stages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from scorebundle.bundle.fields import Operator
from scorebundle.bundle.graph import Graph, Node
from scorebundle.bundle.ops import Encode, Trees
from scorebundle.bundle.types import Scalar, Type

from .elements import DATA_TYPES, Element, Unsupported, element, optype
from .expressions import Cell, Expression, Ref, as_element
from .names import Names, field_name

MAX_STAGES = 50
"""Each stage nests three elements deeper, and common XML parsers stop at 256."""

BEFORE = -1
"""Home of the input columns: before every stage."""


class Ensemble(NamedTuple):
    """The sum of the trees of one output column, without its base.

    Attributes:
        op: the trees.
        column: which output column.
        trees: positions of the trees that add to it.
        fields: per feature, the field that holds it.
        category_fields: per feature that is split by category sets, the field of its codes.
        single: whether the features are float32.
        unrounded: features whose field is the float64 number before it becomes a float32.
        output: name of the field that holds the sum.
    """

    op: Trees
    column: int
    trees: tuple[int, ...]
    fields: dict[int, str]
    category_fields: dict[int, str]
    single: bool
    unrounded: tuple[int, ...]
    output: str

    @property
    def reads(self) -> list[str]:
        """Every field that a split reads."""
        return [*self.fields.values(), *self.category_fields.values()]


class Derived(NamedTuple):
    """A DerivedField: its name, the fields it reads, the element."""

    name: str
    reads: list[str]
    element: Element


class Stage:
    """Derived fields and ensembles that can be computed at one point of the chain.

    Attributes:
        fields, ensembles: in an order in which they can be computed.
        reads: the fields that they read, once `Draft.finish` was called.
    """

    def __init__(self) -> None:
        self.fields: list[Derived] = []
        self.ensembles: list[Ensemble] = []
        self.reads: dict[str, None] = {}


class Place(NamedTuple):
    """Where a field is defined (`home`) and from which stage on it may be used (`stage`)."""

    home: int
    stage: int
    label: str


class Draft:
    """What the forms of the operators fill.

    Attributes:
        names: of all fields.
        stages: in order; the last has no ensembles.
        declared: the graph's type of every input column.
        inputs: type of the input columns that are read; `mixed` is settled as text, or as
            numbers where all known categories are.
        categories: the known values of the category columns that are read.
        rounded: fields that round a float64 field to float32, and that field.
    """

    def __init__(self, graph: Graph, names: Names) -> None:
        self.names = names
        self.declared = dict(graph.inputs)
        self.stages = [Stage()]
        self.inputs: dict[str, str] = {}
        self.categories = _categories(graph)
        self.rounded: dict[str, str] = {}
        self._places: dict[str, Place] = {}

    def read(self, column: str) -> Ref:
        """An input column."""
        if column not in self.inputs:
            kind = self.declared[column]
            if kind == "mixed":
                numeric = all(type(c) in (int, float) for c in self.categories[column])
                kind = "float64" if numeric and self.categories[column] else "string"
            self.inputs[column] = kind
            self._places[column] = Place(BEFORE, 0, column)
        return Ref(column)

    def read_nothing(self) -> None:
        """Declare a column although nothing reads one."""
        name = next(iter(self.declared), None) or self.names.unique("unused")
        kind = self.declared.get(name, "any")
        self.inputs[name] = kind if kind in DATA_TYPES or kind == "boolean" else "string"
        self._places[name] = Place(BEFORE, 0, name)

    def derive(
        self, expression: Expression, dtype: str, step: str, kind: str, part: int | None
    ) -> Ref:
        """Add a DerivedField in the earliest stage that can compute it."""
        tree = as_element(expression)
        found = (each.get(name) for each in tree.iter() for name in ("field", "textField"))
        used = list(dict.fromkeys(str(field) for field in found if field is not None))
        places = [self._places[name] for name in used]
        labels = {place.label for place in places} - {""}
        stage = max((place.stage for place in places), default=0)
        name = self.names.unique(field_name(step, kind, labels, part))
        label = next(iter(labels)) if len(labels) == 1 else ""
        self._places[name] = Place(stage, stage, label)
        kind_of_data = DATA_TYPES[dtype]
        attributes = {"name": name, "optype": optype(kind_of_data), "dataType": kind_of_data}
        made = element("DerivedField", attributes, tree)
        self.stages[stage].fields.append(Derived(name, used, made))
        return Ref(name)

    def field(self, cell: Cell, dtype: str, step: str = "constant") -> str:
        """Name of the field that holds a cell; a constant becomes one."""
        return (cell if isinstance(cell, Ref) else self.derive(cell, dtype, step, "", None)).name

    def sum_trees(self, ensemble: Ensemble) -> Ref:
        """Add an ensemble in the earliest stage that knows its features."""
        stage = max((self._places[name].stage for name in ensemble.reads), default=0)
        if stage + 1 == len(self.stages):
            if stage == MAX_STAGES:
                raise Unsupported(f"has trees behind trees, more than {MAX_STAGES} times")
            self.stages.append(Stage())
        self.stages[stage].ensembles.append(ensemble)
        self._places[ensemble.output] = Place(stage, stage + 1, "")
        return Ref(ensemble.output)

    def finish(self, wanted: Iterable[str]) -> None:
        """Drop the derived fields that neither these fields nor an ensemble need."""
        needed = dict.fromkeys(wanted)
        self.stages[-1].reads.update(needed)
        for stage in reversed(self.stages):
            for ensemble in stage.ensembles:
                stage.reads.update(dict.fromkeys(ensemble.reads))
            needed.update(stage.reads)
            kept = []
            for field in reversed(stage.fields):
                if field.name in needed:
                    kept.append(field)
                    stage.reads.update(dict.fromkeys(field.reads))
                    needed.update(dict.fromkeys(field.reads))
            stage.fields = kept[::-1]

    def taken_by(self, stage: int) -> list[str]:
        """Fields that the model of a stage takes from outside, for its MiningSchema."""
        reads = {name for later in self.stages[stage:] for name in later.reads}
        places = self._places.items()
        return [name for name, place in places if name in reads and place.home < stage]


def _categories(graph: Graph) -> dict[str, tuple[Scalar, ...]]:
    """Every value that an Encode of the column knows, in order of appearance."""
    known: dict[str, dict[Scalar, None]] = {}
    for node in graph.nodes:
        if isinstance(node.op, Encode):
            known.setdefault(node.op.column, {}).update(dict.fromkeys(node.op.categories))
    return {column: tuple(values) for column, values in known.items()}


class Call(NamedTuple):
    """One node, as its form sees it.

    Attributes:
        node: the node.
        cells: of each input.
        types: of each input.
        type: of the result.
        draft: where fields go.
    """

    node: Node
    cells: tuple[list[Cell], ...]
    types: tuple[Type, ...]
    type: Type
    draft: Draft

    def derive(
        self, expression: Expression, part: int | None = None, dtype: str | None = None
    ) -> Ref:
        """A field named after this node's step, by default of the result's dtype."""
        dtype = dtype or self.type.dtype
        return self.draft.derive(expression, dtype, self.node.step, self.node.kind, part)

    def field(self, cell: Cell) -> str:
        """Name of the field that holds a cell of the first input."""
        return self.draft.field(cell, self.types[0].dtype)


Op = TypeVar("Op", bound=Operator)
Form = Callable[[Any, Call], list[Cell]]

FORMS: dict[type[Operator], Form] = {}
"""How each operator is written: its cells, after their fields were added to the draft."""


def form(operator: type[Op]) -> Callable[[Callable[[Op, Call], list[Cell]]], Form]:
    """Register the PMML form of an operator."""

    def register(function: Callable[[Op, Call], list[Cell]]) -> Form:
        FORMS[operator] = function
        return function

    return register


def drafted(graph: Graph, names: Names) -> tuple[Draft, dict[str, list[Cell]]]:
    """Write every node that an output needs; the draft, and the cells of each value.

    Raises:
        Unsupported: naming the node that has no PMML form.
    """
    draft = Draft(graph, names)
    cells: dict[str, list[Cell]] = {}
    for node in graph.needed(output.name for output in graph.outputs):
        inputs = tuple(cells[name] for name in node.inputs)
        types = tuple(graph.types[name] for name in node.inputs)
        call = Call(node, inputs, types, graph.types[node.output], draft)
        if type(node.op) not in FORMS:
            raise Unsupported(f"{node.kind} has no PMML form (step {node.step or 'pipeline'})")
        try:
            cells[node.output] = FORMS[type(node.op)](node.op, call)
        except Unsupported as reason:
            raise Unsupported(f"{node.kind} (step {node.step or 'pipeline'}): {reason}") from None
    return draft, cells
