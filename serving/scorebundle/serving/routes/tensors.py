"""Tensors of the Open Inference Protocol (version 2), in JSON or as raw bytes, and our columns.

https://github.com/kserve/open-inference-protocol, and Triton's binary tensor data extension:
little-endian numbers in row-major order; BYTES elements with a four-byte length before each.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.runtime import Scores

from ..models.repository import Served
from ..web.http import HttpError
from .scoring import SPECIAL, with_collections

DTYPES: Final = {
    "BOOL": "?",
    "UINT8": "<u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "<i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
"""numpy's names of the protocol's datatypes; BYTES has none."""
NAMES: Final = {np.dtype(dtype).str: name for name, dtype in DTYPES.items()}
INPUTS: Final = {
    "float64": "FP64",
    "float32": "FP32",
    "int64": "INT64",
    "bool": "BOOL",
    "boolean": "BOOL",
    "string": "BYTES",
    "mixed": "BYTES",
    "items": "BYTES",
    "any": "BYTES",
}
"""The protocol's names of our input and output types; collections come as JSON."""
LABELS: Final = {bool: "BOOL", int: "INT64", float: "FP64"}
"""The protocol's names of the types of class labels; others are BYTES."""
NUMBERS: Final = frozenset({int, float, type(None)})


def read_inputs(document: Any, raw: bytes, served: Served) -> tuple[Any, int]:
    """A request's tensors as rows that the runtime takes, and how many they are.

    Args:
        document: the JSON part.
        raw: the bytes behind it.
        served: the model: one tensor holds all its columns in order, or each holds one, by name.

    Raises:
        HttpError: 400 naming the tensor that is not as it should be.
    """
    inputs = document.get("inputs") if isinstance(document, dict) else None
    if not isinstance(inputs, list):
        raise HttpError(400, 'send {"inputs": [{"name", "shape", "datatype", "data"}, …]}')
    names = [item.name for item in served.runtime.inputs]
    columns: dict[str, Any] = {}
    offset = 0
    for position, tensor in enumerate(inputs):
        if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
            raise HttpError(400, f"input {position} must be an object with a name")
        name = tensor["name"]
        rows, width = _shape(tensor, name)
        size = _parameters(tensor, name).get("binary_data_size")
        if size is None:
            flat = _json_data(tensor, name)
        else:
            if type(size) is not int or size < 0 or offset + size > len(raw):
                raise HttpError(400, f"input {name!r:.80}: binary_data_size is not what was sent")
            flat = _binary_data(tensor, name, raw[offset : offset + size], rows * width)
            offset += size
        if len(flat) != rows * width:
            raise HttpError(
                400, f"input {name!r:.80} has {len(flat)} values, not {rows} times {width}"
            )
        if len(inputs) == 1 and width == len(names) and (width > 1 or name not in names):
            _check_used(offset, raw)
            return with_collections(_all_columns(flat, rows, names), served), rows
        if width != 1:
            raise HttpError(400, f"input {name!r:.80} must be [rows, 1] or [rows, {len(names)}]")
        if name in columns:
            raise HttpError(400, f"input {name!r:.80} appears twice")
        columns[name] = flat
    _check_used(offset, raw)
    rows = max((len(column) for column in columns.values()), default=0)
    return with_collections(columns, served), rows


def wanted_outputs(document: Any) -> tuple[list[str] | None, set[str] | None]:
    """Names of the wanted outputs (None: all), and which are wanted as bytes (None: all).

    Raises:
        HttpError: 400 if `outputs` is not a list of objects with names.
    """
    every = bool(_parameters(document, "request").get("binary_data_output"))
    outputs = document.get("outputs")
    if not outputs:
        return None, None if every else set()
    if not isinstance(outputs, list):
        raise HttpError(400, "outputs must be a list")
    names, binary = [], set()
    for item in outputs:
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            raise HttpError(400, "every output must be an object with a name")
        names.append(name)
        if _parameters(item, name).get("binary_data", every):
            binary.add(name)
    return names, binary


def written_outputs(
    scores: Scores, binary: set[str] | None
) -> tuple[list[dict[str, Any]], list[bytes]]:
    """The outputs as tensors of [rows, columns], and the bytes of those wanted as bytes."""
    tensors, raw = [], []
    for name, value in scores.items():
        if isinstance(value, list):  # one matrix per target, side by side
            value = np.concatenate(value, axis=1)
        array = value.reshape(len(value), -1) if len(value) else value.reshape(0, _width(value))
        kind = NAMES.get(array.dtype.newbyteorder("<").str) or _kind_of_labels(array)
        tensor: dict[str, Any] = {"name": name, "datatype": kind, "shape": list(array.shape)}
        if binary is None or name in binary:
            data = _bytes_of(array, kind)
            tensor["parameters"] = {"binary_data_size": len(data)}
            raw.append(data)
        else:
            tensor["data"] = [_json_number(item) for item in array.ravel().tolist()]
        tensors.append(tensor)
    return tensors, raw


def output_datatype(kind: str, classes: Any) -> str:
    """The protocol's name of an output's type."""
    if kind != "labels":
        return INPUTS[kind]
    kinds = {type(label) for labels in classes for label in labels}
    return LABELS.get(kinds.pop(), "BYTES") if len(kinds) == 1 else "BYTES"


def _shape(tensor: dict[str, Any], name: str) -> tuple[int, int]:
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not 1 <= len(shape) <= 2:
        raise HttpError(400, f"input {name!r:.80} must have a shape of one or two dimensions")
    if not all(type(size) is int and 0 <= size < 1 << 31 for size in shape):
        raise HttpError(400, f"input {name!r:.80}: a shape holds whole numbers")
    return shape[0], shape[1] if len(shape) == 2 else 1


def _parameters(thing: dict[str, Any], name: str) -> dict[str, Any]:
    parameters = thing.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise HttpError(400, f"parameters of {name!r:.80} must be an object")
    return parameters


def _json_data(tensor: dict[str, Any], name: str) -> Any:
    """Flat values; an array where all are numbers."""
    data, kind = tensor.get("data"), tensor.get("datatype")
    if not isinstance(data, list):
        raise HttpError(400, f"input {name!r:.80} must have data")
    if not isinstance(kind, str) or (kind not in DTYPES and kind != "BYTES"):
        known = ", ".join([*DTYPES, "BYTES"])
        raise HttpError(400, f"input {name!r:.80}: datatype is one of {known}")
    nested = [isinstance(part, list) for part in data]
    if any(nested) and not all(nested):
        raise HttpError(400, f"input {name!r:.80}: data is flat, or a list per row")
    flat = [value for part in data for value in part] if any(nested) else data
    if not kind.startswith("FP"):
        return flat
    if not NUMBERS.issuperset(map(type, flat)):
        flat = [SPECIAL.get(value, value) if type(value) is str else value for value in flat]
        if not NUMBERS.issuperset(map(type, flat)):
            raise HttpError(400, f"input {name!r:.80}: {kind} data is numbers or null")
    try:
        return np.array(flat, np.float64)
    except OverflowError:
        raise HttpError(400, f"input {name!r:.80}: a number is too large for {kind}") from None


def _binary_data(tensor: dict[str, Any], name: str, data: bytes, count: int) -> Any:
    kind = tensor.get("datatype")
    if kind == "BYTES":
        return _split_bytes(data, name)
    if not isinstance(kind, str) or kind not in DTYPES:
        raise HttpError(400, f"input {name!r:.80}: datatype {kind!r:.20} is not known")
    dtype = np.dtype(DTYPES[kind])
    if len(data) != count * dtype.itemsize:
        expected = count * dtype.itemsize
        raise HttpError(400, f"input {name!r:.80} has {len(data)} bytes, not {expected}")
    if kind == "BOOL":  # any other byte is no boolean
        return np.frombuffer(data, np.uint8) != 0
    return np.frombuffer(data, dtype)


def _split_bytes(data: bytes, name: str) -> list[str]:
    found, position = [], 0
    while position < len(data):
        end = position + 4 + int.from_bytes(data[position : position + 4], "little")
        if position + 4 > len(data) or end > len(data):
            raise HttpError(400, f"input {name!r:.80}: a length goes beyond the data")
        try:
            found.append(data[position + 4 : end].decode())
        except UnicodeDecodeError:
            raise HttpError(400, f"input {name!r:.80}: text is UTF-8") from None
        position = end
    return found


def _all_columns(flat: Any, rows: int, names: list[str]) -> Any:
    width = len(names)
    if isinstance(flat, np.ndarray):
        matrix = flat.reshape(rows, width)
        if matrix.dtype.kind == "f" and matrix.dtype.itemsize > 2:
            return matrix
        return {name: matrix[:, i] for i, name in enumerate(names)}
    return {name: flat[i::width] for i, name in enumerate(names)}


def _check_used(offset: int, raw: bytes) -> None:
    if offset != len(raw):
        raise HttpError(400, f"{len(raw) - offset} bytes belong to no input")


def _width(value: Array) -> int:
    return 1 if value.ndim == 1 else value.shape[1]


def _kind_of_labels(array: Array) -> str:
    kinds = {type(item) for item in array.ravel().tolist()}
    return LABELS.get(kinds.pop(), "BYTES") if len(kinds) == 1 else "BYTES"


def _bytes_of(array: Array, kind: str) -> bytes:
    if kind != "BYTES":
        return np.ascontiguousarray(array, DTYPES[kind]).tobytes()
    encoded = [str(item).encode() for item in array.ravel().tolist()]
    return b"".join(len(item).to_bytes(4, "little") + item for item in encoded)


def _json_number(value: Any) -> Any:
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
