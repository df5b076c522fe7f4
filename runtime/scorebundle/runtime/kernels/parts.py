"""Which kernels are built together. Free of numba: what looks for a kernel needs this too."""

from __future__ import annotations

from typing import Final

PARTS: Final = {
    "core": (
        *("columns", "elementwise", "categories", "rows", "linear"),
        *("trees", "cuts", "heap", "bits", "cells", "objects", "door"),
    ),
    "curves": ("curves",),
    "text": ("text",),
    "points": ("measures", "distance", "nearest", "barycenter", "coupling"),
    "solved": ("factors", "topics", "pursuit", "descent"),
    "contributions": ("contributions",),
}
"""Modules of kernels by the library that they are built into. Those beyond `core` are built when a
model first needs one, so that most machines never wait for them, and no model for another's."""

BEYOND: Final = {
    "curves": ("bin", "interpolate", "spline"),
    "text": (
        *("terms_float32", "terms_float64"),
        *("terms_affine_float32", "terms_affine_float64"),
    ),
    "points": ("measure", "distance", "nearest", "barycenter", "coupling"),
    "solved": ("non_negative", "multiplicative", "topics", "pursuit", "angle", "descent"),
    "contributions": ("contributions_shapley", "contributions_saabas"),
}
"""The kernels that are not in `core`."""

PART_OF: Final = {name: part for part, names in BEYOND.items() for name in names}
