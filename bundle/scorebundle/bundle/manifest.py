"""bundle.json: who, what, when and with which digests."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from .errors import Violation
from .fields import check_name, check_scalars
from .graph import INPUT_TYPES, SHAPES, Graph, Input, classes_of, columns_of
from .ops import Binary, Cast, Concat, Encode, Items, Numbers, Require, Select, Terms, Unary
from .ops.elementwise import ARITHMETIC
from .protocol import (
    FORMAT,
    FORMAT_VERSION,
    OPTIONAL_MEMBERS,
    REQUIRED_MEMBERS,
    check_format,
    check_version,
)
from .strict_json import listing, mapping, natural, record, text
from .types import DTYPES, LABELS, Scalar

Json = dict[str, Any]


class InputSchema(NamedTuple):
    """What a column may hold.

    Attributes:
        name, type: as in `graph.Input`.
        categories: the known values of a category column, in order of appearance.
        missing: `accept` or `refuse`: what the fitted pipeline does with a missing value.
    """

    name: str
    type: str
    categories: tuple[Scalar, ...]
    missing: str


class OutputSchema(NamedTuple):
    """What an output holds.

    Attributes:
        name, shape: as in `graph.Output`.
        type: dtype of the numbers, or `labels`.
        widths: columns of each of its values.
        classes: the labels of each of its values; empty for numbers.
    """

    name: str
    shape: str
    type: str
    widths: tuple[int, ...]
    classes: tuple[tuple[Scalar, ...], ...]


class Certificate(NamedTuple):
    """What the parity gate measured for one output before the bundle was written.

    Attributes:
        rows: rows compared with the fitted pipeline.
        values: numbers or labels compared.
        contract: `exact`, or why the last digits may differ.
        max_ulp: largest difference in units in the last place of the expected number.
        max_difference: largest absolute difference.
        ties: labels that the declared bound leaves open because two scores tie.
    """

    rows: int
    values: int
    contract: str
    max_ulp: float
    max_difference: float
    ties: int


class Member(NamedTuple):
    """Size in bytes and SHA-256 (hexadecimal) of an unpacked member."""

    size: int
    sha256: str


class Manifest(NamedTuple):
    """The content of bundle.json.

    Attributes:
        name, model_version: given at export.
        created: UTC time as ISO 8601, or None.
        producer: `scorebundle x.y.z`.
        libraries: versions of the libraries that trained the model.
        source: class of the exported estimator.
        inputs, outputs: the schema, derived from the graph.
        certificate: per output, what the parity gate measured.
        pmml: None if `model.pmml` is present, else why there is none.
        metadata: the user's own, any JSON.
        members: digests of the other members.
        extensions: other tools' and newer minor versions' additions; ignored here.
    """

    name: str
    model_version: str
    producer: str
    source: str
    libraries: Mapping[str, str]
    inputs: tuple[InputSchema, ...]
    outputs: tuple[OutputSchema, ...]
    certificate: Mapping[str, Certificate]
    members: Mapping[str, Member]
    pmml: str | None = None
    created: str | None = None
    metadata: Mapping[str, Any] = MappingProxyType({})
    extensions: Mapping[str, Any] = MappingProxyType({})
    format_version: str = FORMAT_VERSION

    def to_json(self) -> Json:
        """The JSON object of bundle.json."""
        return {
            "format": FORMAT,
            "format_version": self.format_version,
            "name": self.name,
            "model_version": self.model_version,
            "created": self.created,
            "producer": self.producer,
            "libraries": dict(self.libraries),
            "source": self.source,
            "inputs": [_plain(item) for item in self.inputs],
            "outputs": [_plain(item) for item in self.outputs],
            "certificate": {name: item._asdict() for name, item in self.certificate.items()},
            "pmml": self.pmml,
            "members": {name: item._asdict() for name, item in self.members.items()},
            "metadata": dict(self.metadata),
            "extensions": dict(self.extensions),
        }

    @classmethod
    def from_json(cls, value: Any) -> Manifest:
        """Check and read bundle.json's object.

        Raises:
            Violation: naming the field and the rule.
        """
        if isinstance(value, dict):  # say first that a file is of another kind or too new
            check_format(value.get("format"))
            check_version(value.get("format_version"))
        fields = record(value, _FIELDS, {"extensions": mapping})
        del fields["format"]
        if (fields["pmml"] is None) != ("model.pmml" in fields["members"]):
            raise Violation("pmml: must be null exactly if model.pmml is a member")
        return cls(**fields)


def describe(graph: Graph) -> tuple[tuple[InputSchema, ...], tuple[OutputSchema, ...]]:
    """Derive the input and output schema from a graph."""
    refused = _refused_columns(graph)
    categories: dict[str, dict[Scalar, None]] = {}
    for node in graph.nodes:
        if isinstance(node.op, Encode):
            categories.setdefault(node.op.column, {}).update(dict.fromkeys(node.op.categories))
    inputs = tuple(
        InputSchema(name, kind, tuple(categories.get(name, ())), _policy(name, refused))
        for name, kind in graph.inputs
    )
    outputs = []
    for output in graph.outputs:
        types = [graph.types[value] for value in output.values]
        widths = tuple(kind.width for kind in types)
        classes = classes_of(graph, output)
        outputs.append(OutputSchema(output.name, output.shape, types[0].dtype, widths, classes))
    return inputs, tuple(outputs)


def check_schema(manifest: Manifest, graph: Graph) -> None:
    """Refuse a manifest that tells another schema than its graph.

    Raises:
        Violation: naming the field.
    """
    inputs, outputs = describe(graph)
    # The missing-value policy informs people; how well it is derived may differ by release.
    told = tuple(item._replace(missing="") for item in manifest.inputs)
    if repr(tuple(item._replace(missing="") for item in inputs)) != repr(told):
        raise Violation("inputs: differ from what the graph reads")
    if repr(outputs) != repr(manifest.outputs):
        raise Violation("outputs: differ from what the graph computes")
    if set(manifest.certificate) - {output.name for output in outputs}:
        raise Violation("certificate: names an output that the graph does not have")


def graph_inputs(manifest: Manifest) -> tuple[Input, ...]:
    """The graph's inputs, as the manifest stores them."""
    return tuple(Input(item.name, item.type) for item in manifest.inputs)


def _policy(name: str, refused: set[str]) -> str:
    return "refuse" if name in refused else "accept"


def _refused_columns(graph: Graph) -> set[str]:
    """Columns whose missing value reaches a Require that marks the row."""
    origin: dict[str, list[str | None]] = {}
    refused: set[str] = set()
    for node in graph.nodes:
        op = node.op
        before = [origin.get(name, []) for name in node.inputs]
        if isinstance(op, Numbers):
            origin[node.output] = list(op.columns)
        elif isinstance(op, Encode):
            refusable = op.none < 0 and op.nan < 0
            origin[node.output] = list(columns_of(op)) if refusable else [None]
        elif isinstance(op, (Terms, Items)):
            refused.add(op.column)
        elif isinstance(op, Select):
            origin[node.output] = [before[0][i] for i in op.indices] if before[0] else []
        elif isinstance(op, Concat):
            widths = [graph.types[name].width for name in node.inputs]
            padded = [b or [None] * w for b, w in zip(before, widths, strict=True)]
            origin[node.output] = [column for part in padded for column in part]
        elif isinstance(op, (Cast, Require, Unary)):
            origin[node.output] = before[0]
            if isinstance(op, Require) and op.rule != "not infinite":
                refused.update(column for column in before[0] if column is not None)
        elif isinstance(op, Binary) and op.op in ARITHMETIC:  # NaN stays NaN
            found = [b for b in before if len(b) == graph.types[node.output].width]
            origin[node.output] = found[0] if len(found) == 1 else []
    return refused


def _plain(item: InputSchema | OutputSchema) -> Json:
    return {
        key: [list(x) if isinstance(x, tuple) else x for x in value]
        if isinstance(value, tuple)
        else value
        for key, value in item._asdict().items()
    }


def _input(value: Any) -> InputSchema:
    checks = {"name": check_name, "type": _word(*INPUT_TYPES), "categories": check_scalars}
    return InputSchema(**record(value, {**checks, "missing": _word("accept", "refuse")}))


def _output(value: Any) -> OutputSchema:
    checks = {
        "name": check_name,
        "shape": _word(*SHAPES),
        "type": _word(*DTYPES, LABELS),
        "widths": listing(natural),
        "classes": listing(check_scalars),
    }
    return OutputSchema(**record(value, checks))


def _certificate(value: Any) -> Certificate:
    checks = {"rows": natural, "values": natural, "contract": text, "max_ulp": _number}
    return Certificate(**record(value, {**checks, "max_difference": _number, "ties": natural}))


def _member(value: Any) -> Member:
    return Member(**record(value, {"size": natural, "sha256": _digest}))


def _members(value: Any) -> dict[str, Member]:
    required = dict.fromkeys(REQUIRED_MEMBERS, _member)
    return record(value, required, dict.fromkeys(OPTIONAL_MEMBERS, _member))


def _by_name(check: Any) -> Any:
    def check_map(value: Any) -> Json:
        return record(value, {text(name): check for name in mapping(value)})

    return check_map


def _word(*words: str) -> Any:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise Violation(f"must be one of {', '.join(words)}, not {value!r:.40}")
        return value

    return check


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= sys.float_info.max:
        raise Violation(f"must be a number of at least 0, not {value!r:.40}")
    return float(value)


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
        raise Violation("must be 64 hexadecimal digits")
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else text(value)


_FIELDS: Mapping[str, Any] = {
    "format": check_format,
    "format_version": check_version,
    "name": text,
    "model_version": text,
    "created": _optional_text,
    "producer": text,
    "libraries": _by_name(text),
    "source": text,
    "inputs": listing(_input),
    "outputs": listing(_output),
    "certificate": _by_name(_certificate),
    "pmml": _optional_text,
    "members": _members,
    "metadata": mapping,
}
