"""Installed plug-ins: what a distribution declares under an entry point group.

    scorebundle.exporters   package of the estimators → module that registers their exporters
    scorebundle.operators   prefix of operator names → module with a tuple OPERATORS
    scorebundle.kernels     prefix of operator names → module that registers lowerings, kernels

A bundle holds no code: it names an operator, `prefix.Name`, and whoever scores it must have
installed the plug-in that brings it.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Final

from .errors import Violation
from .fields import Operator

EXPORTERS: Final = "scorebundle.exporters"
OPERATORS: Final = "scorebundle.operators"
KERNELS: Final = "scorebundle.kernels"


def load(group: str, name: str) -> Any:
    """Import the module that an installed distribution declares under this name, or None."""
    from importlib.metadata import entry_points

    modules = {entry.value for entry in entry_points(group=group, name=name)}
    if len(modules) > 1:
        raise Violation(f"{sorted(modules)} all claim to be the plug-in {name!r} of {group}")
    return import_module(modules.pop()) if modules else None


def operator(kind: str) -> type[Operator] | None:
    """The operator `prefix.Name` of an installed plug-in.

    Raises:
        Violation: if no plug-in of that prefix is installed, or it lacks the operator.
    """
    prefix, dot, _ = kind.partition(".")
    if not dot:
        return None
    module = load(OPERATORS, prefix)
    if module is None:
        raise Violation(f"needs the plug-in {prefix!r:.40}: install the package that brings it")
    for found in _operators(module):
        if found.kind == kind:
            return found
    raise Violation(f"is not an operator of the installed plug-in {prefix!r:.40}")


def _operators(module: Any) -> Iterable[type[Operator]]:
    listed: Iterable[type[Operator]] = module.OPERATORS
    return listed
