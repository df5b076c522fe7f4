"""Which function exports which estimator class; exact classes only, as a subclass may differ."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scorebundle.bundle import plugins
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

Exporter = Callable[[Any, Columns, "Export"], Outputs]

EXPORTERS: dict[type, Exporter] = {}
INVERSES: dict[type, Callable[[Any, Value, Export], Value]] = {}
"""inverse_transform of a value, for TransformedTargetRegressor."""

_LIBRARIES: Final = {
    "sklearn": "scorebundle.exporters.sklearn",
    "xgboost": "scorebundle.exporters.xgboost.estimators",
    "lightgbm": "scorebundle.exporters.lightgbm",
    "catboost": "scorebundle.exporters.catboost",
    "sklearn_pandas": "scorebundle.exporters.sklearn_pandas",
}
"""Exporters of a library are imported when an estimator of it is first met."""

_loaded: set[str] = set()


def exports(*classes: type) -> Callable[[Exporter], Exporter]:
    """Register a function as the exporter of estimator classes."""

    def register(function: Exporter) -> Exporter:
        EXPORTERS.update(dict.fromkeys(classes, function))
        return function

    return register


def exporter_of(estimator: Any) -> Exporter | None:
    """The exporter of an estimator's class, or None."""
    load_library(estimator)
    return EXPORTERS.get(type(estimator))


def load_library(estimator: Any) -> None:
    """Import the exporters of the estimator's library: ours, and those of plug-ins."""
    root = type(estimator).__module__.partition(".")[0]
    if root in _loaded:
        return
    _loaded.add(root)
    if root in _LIBRARIES:
        import_module(_LIBRARIES[root])
    plugins.load(plugins.EXPORTERS, root)
