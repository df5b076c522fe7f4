"""Values: what one column may hold, as numbers or as categories. The rules live here alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import NoneType
from typing import Any, Final

import numpy as np

from scorebundle.bundle import InputError
from scorebundle.bundle.fields import Array

WANTED: Final[dict[str, tuple[type, ...]]] = {"string": (str,), "boolean": (bool, np.bool_)}
NUMPY: Final = {"float64": np.float64, "float32": np.float32, "int64": np.int64}
PLAIN: Final[dict[str, set[type]]] = {
    "string": {str, NoneType},
    "boolean": {bool, NoneType},
    "mixed": {str, bool, int, float, NoneType},
}
"""Types whose values need no closer look."""
PLAIN_NUMBERS: Final = {float, int, bool, NoneType}
SPELLED: Final = {"true": 1.0, "false": 0.0}
"""Texts of truth values, as numbers."""


def numbers(column: Any, kind: str) -> Array:
    """A vector of the declared dtype; None becomes NaN.

    Raises:
        InputError: for text, dates, and whatever else is not a number.
    """
    dtype = NUMPY[kind]
    if isinstance(column, np.ndarray) and column.ndim == 1 and column.dtype == dtype:
        return column
    if isinstance(column, list):
        plain = _plain_numbers(column, dtype)
        if plain is not None:
            return plain
    array = as_array(column)
    if array.ndim != 1:
        raise InputError([f"must be one value per row, not {array.ndim} dimensions"])
    if array.dtype.kind in "fiub":
        return _converted(array, dtype)
    if array.dtype.kind != "O":
        raise InputError([f"must be numbers, not {_kind_name(array.dtype)}"])
    for row, value in enumerate(array):
        if not is_number(value):
            raise InputError([f"must be numbers, not {value!r:.40} (row {row})"])
    # Whole numbers beyond 2**53 would lose digits on their way through float64.
    whole = dtype is np.int64 and all(isinstance(value, (int, np.integer)) for value in array)
    try:
        if whole:
            return np.array(array.tolist(), np.int64)
        floats = np.array([np.nan if is_null(value) else value for value in array], np.float64)
    except OverflowError:
        row = next(i for i, value in enumerate(array) if _is_too_large(value, dtype))
        raise InputError([f"must be {kind}, and this one is too large (row {row})"]) from None
    return _converted(floats, dtype)


def _plain_numbers(column: list[Any], dtype: Any) -> Array | None:
    """A list of Python's own numbers and None, at once; None if it is another, or too large."""
    types = set(map(type, column))
    if not types <= PLAIN_NUMBERS:
        return None
    whole = dtype is np.int64 and types <= {int, bool}
    try:
        array = np.fromiter(column, np.int64 if whole else np.float64, len(column))
    except OverflowError:
        return None
    return _converted(array, dtype)


def unspelled(column: Any) -> Any:
    """A column with the numbers, true and false that its texts spell; an empty text is missing.

    A text that spells none stays, and is refused as every text is.
    """
    array = column if isinstance(column, list) else as_array(column)
    if isinstance(array, np.ndarray):
        if array.dtype.kind not in "OU":
            return column
        array = array.tolist()
    if str not in set(map(type, array)):
        return column
    return [_unspelled(value) if type(value) is str else value for value in array]


def dated(column: Any) -> Any:
    """A column with its dates and times as text, in ISO 8601."""
    array = column if isinstance(column, list) else as_array(column)
    if isinstance(array, np.ndarray):
        if array.dtype.kind == "M":
            return [None if text == "NaT" else text for text in np.datetime_as_string(array)]
        if array.dtype.kind != "O":
            return column
        array = array.tolist()
    if not any(hasattr(kind, "isoformat") for kind in set(map(type, array))):
        return column
    return [v.isoformat() if hasattr(v, "isoformat") and v == v else v for v in array]


def _unspelled(text: str) -> float | str | None:
    if not text.strip():
        return None
    try:
        return text if "_" in text else float(text)
    except ValueError:
        return SPELLED.get(text.strip().lower(), text)


def categories(column: Any, kind: str) -> list[Any]:
    """Category values as a list of Python scalars.

    Raises:
        InputError: if a value can never be of the declared kind.
    """
    array = column if isinstance(column, list) else as_array(column)
    if isinstance(array, np.ndarray) and array.ndim != 1:
        raise InputError([f"must be one value per row, not {array.ndim} dimensions"])
    values = array if isinstance(array, list) else array.tolist()
    if set(map(type, values)) <= PLAIN[kind]:
        return values
    wanted = WANTED.get(kind, (str, bool, int, float, np.generic))
    for row, value in enumerate(values):
        if not isinstance(value, wanted):
            if not is_null(value):
                raise InputError([f"must be {_wanted(kind)}, not {value!r:.40} (row {row})"])
            if value is not None and not isinstance(value, float):
                values = [None if is_null(v) else v for v in values]
                return categories(values, kind)
    return values


def _wanted(kind: str) -> str:
    return {"string": "text", "boolean": "true or false"}.get(kind, "text, numbers or booleans")


def _converted(array: Array, dtype: Any) -> Array:
    if array.dtype == dtype:
        return array
    if dtype is np.int64 and array.dtype.kind == "f":
        whole = np.isfinite(array) & (array == np.trunc(array))
        if not whole.all():
            row = int(np.argmin(whole))
            raise InputError([f"must be whole numbers, not {array[row]} (row {row})"])
    if dtype is np.int64 and array.dtype.kind in "fu":  # beyond int64 numpy would wrap around
        signed = array.dtype.kind == "f"
        fits = (array < 2.0**63) & (array >= -(2.0**63)) if signed else array <= 2**63 - 1
        if not fits.all():
            row = int(np.argmin(fits))
            raise InputError([f"must be int64, and {array[row]} is too large (row {row})"])
    with np.errstate(over="ignore"):
        return np.asarray(array, dtype)


def as_array(column: Any) -> Array:
    """A column of any kind as numpy's array; of objects where it is a list."""
    if isinstance(column, list):
        return np.fromiter(column, object, len(column))
    kind: Any = type(column)
    return np.asarray(_conversion(kind)(column))


@lru_cache(maxsize=64)
def _conversion(kind: Any) -> Callable[[Any], Any]:
    """How columns of a type become numpy's; asking what one can do may cost microseconds."""
    if not hasattr(kind, "to_numpy"):
        return np.asarray
    if hasattr(kind, "isna"):
        return _of_pandas
    return _of_chunks if hasattr(kind, "combine_chunks") else _of_frame


def _of_pandas(column: Any) -> Any:
    """Whole numbers with nulls as objects: as floats they would lose digits."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return column.to_numpy()
    if str(dtype)[:1] in ("I", "U", "F", "B"):  # pandas' nullable types
        return column.to_numpy(dtype=object, na_value=None)
    text = _few_texts(column)
    return column.to_numpy() if text is None else text


def _of_chunks(column: Any) -> Any:
    """Of dictionaries, Arrow gives the last value for a null unless they are in one piece."""
    return _of_frame(one_piece(column) if hasattr(column.type, "index_type") else column)


def _of_frame(column: Any) -> Any:
    try:
        return column.to_numpy(zero_copy_only=False)  # Arrow
    except TypeError:
        return column.to_numpy()


def one_piece(column: Any) -> Any:
    """Arrow's chunks as one array; still chunks if they are too large."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _few_texts(column: Any) -> Array | None:
    """pandas' categorical of few texts as pandas converts it, but without its fixed cost."""
    known = getattr(column.dtype, "categories", None)
    if known is None or len(known) > 256 or str(known.dtype) not in ("object", "str"):
        return None
    texts = np.empty(len(known) + 1, object)
    texts[:-1] = known.to_numpy()
    texts[-1] = np.nan  # of code -1
    codes: Array = getattr(column, "array", column).codes
    return texts[codes]


def _is_too_large(value: Any, dtype: Any) -> bool:
    try:
        np.array(value, dtype)
    except OverflowError:
        return True
    except (TypeError, ValueError):  # None and NaN are no whole numbers, but not too large
        return False
    return False


def is_null(value: Any) -> bool:
    """None, NaN, pandas' NA and NaT."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas' NA has no truth value
        return True


def is_number(value: Any) -> bool:
    """Whether a value is a number, or missing."""
    if isinstance(value, (float, int, bool, np.number, np.bool_)):
        return True
    if isinstance(value, (str, bytes, list, tuple, dict, np.ndarray, np.generic)):
        return False
    return is_null(value) or hasattr(value, "__float__")


def _kind_name(dtype: Any) -> str:
    names = {"U": "text", "S": "bytes", "M": "dates", "m": "durations", "c": "complex numbers"}
    return names.get(dtype.kind, str(dtype))
