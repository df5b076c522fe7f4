"""sklearn.svm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR, OneClassSVM

from .case import Case

CLASSES = ("two classes", "three classes", "text labels", "bool labels", "float labels")
KERNELS: list[dict[str, Any]] = [
    {},
    {"gamma": "auto"},
    {"gamma": 0.01},
    {"kernel": "linear"},
    {"kernel": "poly"},
    {"kernel": "poly", "degree": 2, "coef0": 1.5, "gamma": 0.2},
    {"kernel": "poly", "degree": 0},
    {"kernel": "poly", "degree": 7, "gamma": 0.1},
    {"kernel": "sigmoid", "gamma": 0.1, "coef0": -0.3},
]


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _linear()
    for kernel in KERNELS:
        for machine in (SVC(**kernel), SVR(**kernel), NuSVR(**kernel), OneClassSVM(**kernel)):
            data = {SVC: "three classes", OneClassSVM: "numbers"}.get(type(machine), "regression")
            yield Case(f"scaled {machine!r}", make_pipeline(StandardScaler(), machine), data)
    yield Case("NuSVC", make_pipeline(StandardScaler(), NuSVC(nu=0.3)), "three classes")
    for option in (
        {"decision_function_shape": "ovo"},
        {"break_ties": True},
        {"probability": True, "random_state": 0},
        {"class_weight": "balanced", "C": 10.0},
    ):
        for data in ("two classes", "text labels", "five classes", "three classes float32"):
            machine = make_pipeline(StandardScaler(), SVC(**option))
            yield Case(f"scaled SVC({option})", machine, data)
    for data in (
        "bool labels",
        "float labels",
        "counts as integers",
        "one feature",
        "two classes float32",
    ):
        yield Case("SVC()", SVC(), data)
    for machine in (
        NuSVC(nu=0.2, probability=True, random_state=0),
        SVC(kernel="poly", probability=True, random_state=0),
        SVC(kernel="linear", decision_function_shape="ovo"),
    ):
        yield Case(f"{machine!r} on sparse rows", machine, "sparse counts")
    yield Case("SVR without support vectors", SVR(epsilon=1e6), "regression")
    for machine in (SVR(), NuSVR(), OneClassSVM(nu=0.2)):
        yield Case(repr(machine), machine, "regression float32")
        yield Case(repr(machine), machine, "sparse counts")


def _linear() -> Iterator[Case]:
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
