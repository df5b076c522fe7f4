"""Which function lowers which operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scorebundle.bundle.fields import Operator
from scorebundle.bundle.graph import Node

from ..assembler import Assembler, Fused

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


Fusion = Callable[[Node, Assembler], Fused]
FUSIONS: dict[type[Operator], Fusion] = {}
"""Which nodes are computed in one step with an operator's node, so that what lies between them
never exists."""


def fuses(operator: type[Operator]) -> Callable[[Fusion], Fusion]:
    """Register what finds the nodes that an operator's node is fused with."""

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
