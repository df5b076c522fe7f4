"""A model file that XGBoost saved, as a pipeline of its own; XGBoost need not be installed."""

from __future__ import annotations

import json
from importlib import metadata
from importlib.util import find_spec
from typing import Any

import numpy as np

from scorebundle.bundle import Blocker, ExportError
from scorebundle.bundle.errors import Violation

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .contributions import contributions_of
from .links import booster_outputs, classifier_outputs
from .margins import base_margin, input_of, leaves_of, margin_of, parsed
from .model import document, read
from .starts import Start, calibrated, guessed

ABSENT = "xgboost was not installed where the model file was imported"
KINDS = {
    "classifier": "XGBClassifier",
    "regressor": "XGBRegressor",
    "ranker": "XGBRanker",
}


class SavedModel:
    """A model file.

    It is what its writer was: a scikit-learn classifier, regressor or ranker of XGBoost where
    its attributes say so, else a raw Booster.

    Attributes:
        saved: the document.
        model: what it says.
        kind: name of the class.
        best_estimator_: the model as XGBoost itself loads it, if it is installed: what the
            import is compared with.
        source, libraries: class and version of the library that wrote it.
        unproven: why there is nothing to compare with, or ''.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self.saved = document(data)
            self.model = read(self.saved, 0)
        except Violation as broken:
            remedy = "save it as .json or .ubj with XGBoost 1.7 or newer"
            raise ExportError([Blocker("", f"the file {broken}", remedy)]) from None
        self.wrapped = self._wrapper()
        self.kind = KINDS.get(str(self.wrapped.get("_estimator_type")), "Booster")
        self.source = f"xgboost.{self.kind}"
        self.libraries = {"xgboost": self.model.version or "unknown"}
        self.n_features_in_ = self.model.features
        if self.model.names:
            self.feature_names_in_ = np.array(self.model.names)
        self.unproven = self._unproven()
        if not self.unproven:
            self.best_estimator_ = self._loaded(data)

    @property
    def iterations(self) -> int:
        """Rounds that predictions use; 0 is all. Only the wrappers stop at the best one."""
        best = self.model.attributes.get("best_iteration")
        return 0 if best is None or self.kind == "Booster" else int(best) + 1

    @property
    def n_classes(self) -> int:
        """Of a classifier."""
        return max(2, int(self.wrapped.get("n_classes_") or self.model.groups))

    def _unproven(self) -> str:
        if not find_spec("xgboost"):
            return ABSENT
        installed = metadata.version("xgboost")
        if _release(installed) < _release(self.model.version):
            # 3.0 reads the vector base_score of 3.1 as another number, without a word.
            return f"xgboost {installed} may misread a model of {self.model.version}"
        vectors = any(tree.values.shape[1] > 1 for tree in self.model.trees)
        if vectors and installed != self.model.version:
            # Their layout changed: 3.2 crashes the process on those of 3.0.
            return f"xgboost {installed} may not load the vector leaves of {self.model.version}"
        return ""

    def _wrapper(self) -> dict[str, Any]:
        """What the scikit-learn wrapper stored."""
        try:
            stored = json.loads(self.model.attributes.get("scikit_learn", "{}"))
        except ValueError:
            return {}
        return stored if isinstance(stored, dict) else {}

    def _loaded(self, data: bytes) -> Any:
        import xgboost

        loaded = getattr(xgboost, self.kind)()
        if self.kind != "Booster":  # XGBoost 3.1 asks for it; scikit-learn 1.8 no longer sets it
            loaded._estimator_type = self.wrapped["_estimator_type"]
        loaded.load_model(bytearray(data))
        return loaded


def _release(version: str) -> tuple[int, ...]:
    """Major and minor number; nothing if there is none."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


@exports(SavedModel)
def saved_model(estimator: SavedModel, x: Columns, to: Export) -> Outputs:
    """The outputs of the class that the file was written by."""
    raw = estimator.kind == "Booster"
    model = parsed(estimator.saved, estimator.iterations, to)
    value = input_of(model, x, np.nan, to)
    if raw or model.linear is not None:  # a DMatrix refuses infinities
        value = to.finite(value, allow_nan=True)
    if estimator.unproven:
        to.note(estimator.unproven)
        start: Start | None = guessed(model, inplace=not raw)
    else:
        loaded = estimator.best_estimator_
        booster = loaded if raw else loaded.get_booster()
        start = calibrated(model, booster, inplace=not raw)
    given = base_margin(model, to)
    extras = leaves_of(model, value, to) | contributions_of(model, start, value, given, to)
    margin = margin_of(model, start, value, given, to)
    if estimator.kind == "XGBClassifier":
        return {**classifier_outputs(model.objective, estimator.n_classes, margin, to), **extras}
    return {**booster_outputs(model.objective, margin, to), **extras}
