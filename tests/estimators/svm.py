"""sklearn.svm."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.svm import LinearSVC, LinearSVR

from .case import Case

CLASSES = ("two classes", "three classes", "text labels", "bool labels", "float labels")


def cases() -> Iterator[Case]:
    """Every row."""
    for classifier in (
        LinearSVC(random_state=0),
        LinearSVC(random_state=0, fit_intercept=False, loss="hinge"),
        LinearSVC(random_state=0, multi_class="crammer_singer"),
    ):
        for data in (*CLASSES, "three classes float32"):
            yield Case(repr(classifier), classifier, data)
    for regressor in (LinearSVR(random_state=0), LinearSVR(fit_intercept=False, random_state=0)):
        for data in ("regression", "regression float32"):
            yield Case(repr(regressor), regressor, data)
