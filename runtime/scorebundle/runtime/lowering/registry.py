"""Which function lowers which operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scorebundle.bundle.fields import Operator
from scorebundle.bundle.graph import Node

from ..assembler import Assembler

Lowering = Callable[[Any, Node, Assembler], None]
LOWERINGS: dict[type[Operator], Lowering] = {}


def lowers(operator: type[Operator]) -> Callable[[Lowering], Lowering]:
    """Register the lowering of an operator."""

    def register(function: Lowering) -> Lowering:
        LOWERINGS[operator] = function
        return function

    return register
