"""tensors.msgpack: arrays by name, each as [dtype, shape, bytes] (little-endian, C order)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import msgpack
import numpy as np

from .errors import Violation
from .fields import TENSOR_DTYPES, Array

MAX_DIMS: Final = 4
MAX_TENSORS: Final = 1 << 20


def pack(tensors: Mapping[str, Array]) -> bytes:
    """Serialise arrays in the mapping's order."""
    packed = {name: encode(array) for name, array in tensors.items()}
    return bytes(msgpack.packb(packed, use_bin_type=True))


def unpack(data: bytes) -> dict[str, Array]:
    """Read arrays; nothing is allocated beyond the bytes that are there.

    Raises:
        Violation: naming the tensor and the rule.
    """
    raw = load(data)
    if not isinstance(raw, dict):
        raise Violation("must be a map of tensors")
    result = {}
    for name, value in raw.items():
        if not isinstance(name, str):
            raise Violation("a tensor's name must be text")
        try:
            result[name] = decode(value)
        except Violation as broken:
            raise Violation(f"tensor {name!r:.80}: {broken}") from None
    return result


def encode(array: Array) -> list[Any]:
    """One array as msgpack-ready [dtype, shape, bytes]."""
    stored = np.ascontiguousarray(array, TENSOR_DTYPES[array.dtype.name])
    return [array.dtype.name, list(array.shape), stored.tobytes()]


def decode(value: Any) -> Array:
    """The array of [dtype, shape, bytes]; a read-only view of the bytes.

    Raises:
        Violation: unknown dtype, bad shape, or a length that does not fit.
    """
    if not isinstance(value, list) or len(value) != 3:
        raise Violation("must be [dtype, shape, bytes]")
    dtype, shape, data = value
    if not isinstance(dtype, str) or dtype not in TENSOR_DTYPES:
        raise Violation(f"dtype must be one of {', '.join(TENSOR_DTYPES)}, not {dtype!r:.40}")
    if not isinstance(shape, list) or len(shape) > MAX_DIMS:
        raise Violation(f"shape must be a list of at most {MAX_DIMS} sizes")
    if not all(type(size) is int and 0 <= size < 2**40 for size in shape):
        raise Violation("shape must hold whole numbers")
    if not isinstance(data, bytes):
        raise Violation("data must be bytes")
    kind = TENSOR_DTYPES[dtype]
    if math.prod(size or 1 for size in shape) >= 2**48:
        raise Violation("length does not fit dtype and shape")
    if math.prod(shape) * kind.itemsize != len(data):
        raise Violation("length does not fit dtype and shape")
    if dtype == "bool" and data.strip(b"\0\1"):
        raise Violation("a bool must be 0 or 1")
    return np.frombuffer(data, kind).reshape(shape)


def load(data: bytes) -> Any:
    """Decode msgpack within limits, refusing extension types and duplicate keys.

    Raises:
        Violation: if the bytes are not one well-formed msgpack object.
    """
    try:
        return msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            object_pairs_hook=_unique,
            max_array_len=MAX_TENSORS * 16,
            max_map_len=MAX_TENSORS,
            max_ext_len=0,
        )
    except Violation:
        raise
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        raise Violation(f"is not valid msgpack: {error}") from None


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Violation("a key appears twice")
    return result
