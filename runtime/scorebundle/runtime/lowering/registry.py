"""Which function lowers which operator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scorebundle.bundle.fields import Operator
from scorebundle.bundle.graph import Node

from ..assembler import Assembler

Lowering = Callable[[Any, Node, Assembler], None]
LOWERINGS: dict[type[Operator], Lowering] = {}


Preference = Callable[[Any, str, Assembler], int]
PREFERENCES: dict[type[Operator], Preference] = {}


def prefers(operator: type[Operator]) -> Callable[[Preference], Preference]:
    """Register what tells how many rows per block an operator wants, if it gets many."""

    def register(function: Preference) -> Preference:
        PREFERENCES[operator] = function
        return function

    return register


Fusion = Callable[[Node, Assembler], Sequence[Node]]
FUSIONS: dict[type[Operator], Fusion] = {}
"""Which nodes behind an operator are computed in one step with it, so that what lies between
them never exists."""


def fuses(operator: type[Operator]) -> Callable[[Fusion], Fusion]:
    """Register what finds the nodes behind an operator's node that it is fused with."""

    def register(function: Fusion) -> Fusion:
        FUSIONS[operator] = function
        return function

    return register


def lowers(operator: type[Operator]) -> Callable[[Lowering], Lowering]:
    """Register the lowering of an operator."""

    def register(function: Lowering) -> Lowering:
        LOWERINGS[operator] = function
        return function

    return register
