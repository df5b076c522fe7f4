"""Which function exports which estimator class; exact classes only, as a subclass may differ."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scorebundle.bundle.graph import Value

from .columns import Columns

if TYPE_CHECKING:
    from .export import Export


class Result(NamedTuple):
    """One output of a predictor: the values it is made of, and its shape (`graph.Output`)."""

    values: tuple[Value, ...]
    shape: str


Outputs = dict[str, Columns | Result]
"""By scikit-learn's method name; `transform` is Columns."""


class Front(NamedTuple):
    """What the first step of a pipeline takes, if that is not a table.

    Attributes:
        form: `column`: one column, as a sequence; `labels`: the same, and what it makes of a row
            may depend on the others, so that it is asked row by row; `dicts`: one dict a row.
        names: of the input columns.
    """

    form: str
    names: tuple[str, ...]


Exporter = Callable[[Any, Columns, "Export"], Outputs]

EXPORTERS: dict[type, Exporter] = {}
FRONTS: dict[type, Callable[[Any], Front]] = {}
INVERSES: dict[type, Callable[[Any, Value, Export], Value]] = {}
"""inverse_transform of a value, for TransformedTargetRegressor."""

_LIBRARIES: Final = {
    "sklearn": "scorebundle.exporters.sklearn",
    "xgboost": "scorebundle.exporters.xgboost",
}
"""Exporters of a library are imported when an estimator of it is first met."""


def exports(*classes: type) -> Callable[[Exporter], Exporter]:
    """Register a function as the exporter of estimator classes."""

    def register(function: Exporter) -> Exporter:
        EXPORTERS.update(dict.fromkeys(classes, function))
        return function

    return register


def takes(
    *classes: type,
) -> Callable[[Callable[[Any], Front]], Callable[[Any], Front]]:
    """Register what tells what estimator classes take, if not a table."""

    def register(function: Callable[[Any], Front]) -> Callable[[Any], Front]:
        FRONTS.update(dict.fromkeys(classes, function))
        return function

    return register


def front_of(estimator: Any) -> Front | None:
    """What an estimator takes, if that is not a table."""
    load_library(estimator)
    function = FRONTS.get(type(estimator))
    return None if function is None else function(estimator)


def exporter_of(estimator: Any) -> Exporter | None:
    """The exporter of an estimator's class, or None."""
    load_library(estimator)
    return EXPORTERS.get(type(estimator))


def load_library(estimator: Any) -> None:
    """Import the exporters of the estimator's library."""
    module = _LIBRARIES.get(type(estimator).__module__.partition(".")[0])
    if module is not None:
        import_module(module)
