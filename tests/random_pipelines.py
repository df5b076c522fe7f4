"""Random pipelines: the whole table of estimators, nested at will, against the library.

`pipelines` draws one with hypothesis; `judge` fits it, exports it, and compares it with the
bundle on rows that neither has seen. As a program it writes a report of many:

    python -m tests.random_pipelines --count 1000 --report random-pipelines.md
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sklearn import ensemble, multiclass, multioutput
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RANSACRegressor
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from scorebundle.bundle import ExportError
from scorebundle.exporters import export_bundle
from scorebundle.exporters.parity import REMEDY, Gate
from scorebundle.exporters.reference import Reference, quiet
from scorebundle.exporters.registry import exporter_of
from scorebundle.exporters.schema import input_table, unwrapped
from scorebundle.runtime import Runtime

from .estimators import cases

FITTED_ON = 90
SCORED = 1000
ASKED = 12
"""Refused rows of which the pipeline is asked whether it refuses them too."""
SECONDS = 25
"""For one pipeline; a slower one says nothing about the others."""

NUMBERS = {"numbers", "missing", "positive", "regression", "two classes", "three classes"}
WORDS = {"words", "letters"}
CLASSES = {"two classes", "three classes", "text labels", "bool labels"}

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Zoo(NamedTuple):
    """Estimators of the table by what they can be in a pipeline."""

    numeric: list[Any]
    words: list[Any]
    classifiers: list[Any]
    regressors: list[Any]


class Drawn(NamedTuple):
    """A pipeline that is not fitted, and its data."""

    pipeline: Any
    table: Any
    target: Any
    fresh: Any


class Verdict(NamedTuple):
    """What became of a pipeline.

    Attributes:
        kind: `equal`, `refused`, `caught` (the gate saw a difference and refused it), `silent`
            (a difference that only fresh rows show), `crashed`, or `unfit` (scikit-learn does
            not fit or score it).
        reason: of all but `equal`.
        rows: how many fresh rows were compared.
    """

    kind: str
    reason: str = ""
    rows: int = 0


@cache
def zoo() -> Zoo:
    """The table's estimators that have an exporter, sorted by what they do."""
    found = Zoo([], [], [], [])
    for case in cases():
        each = case.estimator
        if not isinstance(each, BaseEstimator) or exporter_of(each) is None:
            continue
        if hasattr(each, "transform") and case.data in NUMBERS:
            found.numeric.append(each)
        if hasattr(each, "transform") and case.data in WORDS:
            found.words.append(each)
        if is_classifier(each) and case.data in CLASSES:
            found.classifiers.append(each)
        if is_regressor(each) and case.data == "regression":
            found.regressors.append(each)
    return found


# Drawing ---------------------------------------------------------------------------------


@st.composite
def pipelines(draw: Draw) -> Drawn:
    """A pipeline of any depth and its data."""
    number = draw(st.integers(0, 2**32 - 1))
    mixed = draw(st.booleans())
    missing = draw(st.booleans())
    classes = draw(st.sampled_from([0, 2, 3]))
    float32 = not mixed and draw(st.integers(0, 4)) == 0
    rng = np.random.default_rng(number)
    train = _rows(rng, FITTED_ON, mixed, missing, unseen=False)
    fresh = _rows(rng, SCORED, mixed, missing, unseen=True)
    target = _target(rng, train, classes)
    if not mixed:
        dtype = np.float32 if float32 else np.float64
        train, fresh = train.to_numpy(dtype), fresh.to_numpy(dtype)
    steps = [("front", _front(draw, mixed, missing))]
    if draw(st.integers(0, 9)):
        labels = _labels(draw, target) if classes else target
        return Drawn(Pipeline([*steps, ("model", _model(draw, classes, 2))]), train, labels, fresh)
    return Drawn(Pipeline(steps), train, target, fresh)


def _rows(rng: Any, count: int, mixed: bool, missing: bool, unseen: bool) -> pd.DataFrame:
    columns: dict[str, Any] = {
        "a": rng.normal(size=count),
        "b": rng.normal(size=count) * 100,
        "c": rng.integers(-3, 4, count).astype(float),
        "d": rng.gamma(2.0, 3.0, count).round(2),
    }
    wild = rng.random((count, len(columns))) < (0.02 if unseen else 0)
    for position, name in enumerate(columns):
        columns[name] = np.where(wild[:, position], columns[name] * 1e6, columns[name])
        if missing:
            columns[name][rng.random(count) < 0.1] = np.nan
    if mixed:
        words = ["red", "green", "blé", ""] + (["never seen"] if unseen else [])
        for name, known in (("v", words), ("w", ["x", "y"])):
            columns[name] = rng.choice(np.array(known, object), count)
            if missing:
                columns[name][rng.random(count) < 0.05] = np.nan
    return pd.DataFrame(columns)


def _target(rng: Any, train: pd.DataFrame, classes: int) -> Any:
    base = np.nan_to_num(train["a"]) * 2 + np.sin(np.nan_to_num(train["c"]))
    score = base + rng.normal(size=len(train)) / 3
    if not classes:
        return np.abs(score) + 0.1
    return np.digitize(score, np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1]))


def _labels(draw: Draw, codes: Any) -> Any:
    names = draw(st.sampled_from([None, ["no", "yes", "høy"], [-1.5, 0.0, 7.0], [4, 9, 2]]))
    return codes if names is None else np.array(names)[codes]


def _front(draw: Draw, mixed: bool, missing: bool) -> Any:
    """Numbers and words side by side, each through steps of their own."""
    numbers = _chain(draw, missing)
    if not mixed:
        return numbers
    words: list[Any] = [draw(st.sampled_from(zoo().words))]
    if draw(st.booleans()):
        words = [SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")]
    return ColumnTransformer(
        [("numbers", numbers, ["a", "b", "c", "d"]), ("words", _in_order(words), ["v", "w"])],
        sparse_threshold=draw(st.sampled_from([0, 0.3, 1])),
        transformer_weights=draw(st.sampled_from([None, {"numbers": 0.5}])),
    )


def _chain(draw: Draw, missing: bool) -> Any:
    steps = [SimpleImputer(strategy=draw(st.sampled_from(["mean", "median"])))] if missing else []
    steps += [_transformer(draw, 1) for _ in range(draw(st.integers(0, 2)))]
    return _in_order(steps or [StandardScaler()])


def _transformer(draw: Draw, depth: int) -> Any:
    kind = draw(st.integers(0, 7))
    if depth and kind == 0:
        parts = [(f"p{i}", _transformer(draw, depth - 1)) for i in range(draw(st.integers(1, 3)))]
        return FeatureUnion(parts, transformer_weights=draw(st.sampled_from([None, {"p0": 2.0}])))
    if depth and kind == 1:
        part = _transformer(draw, depth - 1)
        return ColumnTransformer([("t", part, slice(0, 2))], remainder="passthrough")
    if depth and kind == 2:
        base = draw(st.sampled_from(zoo().regressors))
        return draw(st.sampled_from([SelectFromModel(base), RFE(base, n_features_to_select=1)]))
    return clone(draw(st.sampled_from(zoo().numeric)), safe=False)


def _model(draw: Draw, classes: int, depth: int) -> Any:
    known = zoo().classifiers if classes else zoo().regressors
    leaf = clone(draw(st.sampled_from(known)), safe=False)
    if not depth or draw(st.booleans()):
        return leaf

    def inner() -> Any:
        model = _model(draw, classes, depth - 1)
        return _in_order([_transformer(draw, 0), model]) if draw(st.booleans()) else model

    def several() -> list[tuple[str, Any]]:
        return [(f"m{i}", inner()) for i in range(draw(st.integers(1, 3)))]

    options = _classifiers if classes else _regressors
    wrap = draw(st.sampled_from(options(classes, draw)))
    return wrap(inner, several)


def _classifiers(classes: int, draw: Draw) -> list[Any]:
    method = draw(st.sampled_from(["sigmoid", "isotonic", "temperature"]))
    flag = draw(st.booleans())
    vote = "soft" if flag else "hard"
    wraps = [
        lambda one, some: ensemble.VotingClassifier(some(), voting=vote),
        lambda one, some: ensemble.StackingClassifier(some(), passthrough=flag, cv=2),
        lambda one, some: ensemble.BaggingClassifier(one(), 3, max_features=0.7, random_state=0),
        lambda one, some: ensemble.AdaBoostClassifier(one(), n_estimators=3, random_state=0),
        lambda one, some: CalibratedClassifierCV(one(), method=method, ensemble=flag, cv=2),
        lambda one, some: multiclass.OneVsRestClassifier(one()),
        lambda one, some: multiclass.OneVsOneClassifier(one()),
        lambda one, some: multiclass.OutputCodeClassifier(one(), random_state=0),
        lambda one, some: GridSearchCV(one(), {}, cv=2),
        lambda one, some: SelfTrainingClassifier(one()),
    ]
    if classes == 2:
        wraps.append(lambda one, some: FixedThresholdClassifier(one(), threshold=0.4))
    return wraps


def _regressors(classes: int, draw: Draw) -> list[Any]:
    flag = draw(st.booleans())
    scaler = draw(st.sampled_from([StandardScaler(), MinMaxScaler()]))
    return [
        lambda one, some: ensemble.VotingRegressor(some()),
        lambda one, some: ensemble.StackingRegressor(some(), passthrough=flag, cv=2),
        lambda one, some: ensemble.BaggingRegressor(one(), 3, max_features=0.7, random_state=0),
        lambda one, some: ensemble.AdaBoostRegressor(one(), n_estimators=3, random_state=0),
        lambda one, some: TransformedTargetRegressor(one(), transformer=scaler),
        lambda one, some: TransformedTargetRegressor(one(), func=np.log, inverse_func=np.exp),
        lambda one, some: GridSearchCV(one(), {}, cv=2),
        lambda one, some: RANSACRegressor(one(), min_samples=0.6, random_state=0),
        lambda one, some: multioutput.MultiOutputRegressor(one()),
    ]


def _in_order(steps: list[Any]) -> Any:
    return Pipeline([(f"s{i}", step) for i, step in enumerate(steps)])


# Judging ---------------------------------------------------------------------------------


class Fresh(Gate):
    """The gate on given rows alone."""

    def _check_refusals(self) -> None:
        pass

    def _tables(self) -> list[dict[str, Any]]:
        return []


def judge(drawn: Drawn) -> Verdict:
    """Fit, export, compare on fresh rows."""
    with quiet(), _limited(SECONDS):
        try:
            fitted = drawn.pipeline.fit(drawn.table, drawn.target)
            for method in ("predict", "transform"):
                if hasattr(fitted, method):
                    getattr(fitted, method)(drawn.table)
        except TimeoutError:
            return Verdict("unfit", "slow")
        except Exception as error:
            return Verdict("unfit", type(error).__name__)
        is_float32 = getattr(drawn.table, "dtype", None) == np.float32
        try:
            bundle = export_bundle(fitted, X=drawn.table if is_float32 else None)
        except ExportError as error:
            defect = [b for b in error.blockers if b.remedy == REMEDY]
            chosen = (defect or list(error.blockers))[0]
            return Verdict("caught" if defect else "refused", f"{chosen.problem}")
        except TimeoutError:
            return Verdict("unfit", "slow")
        except Exception:
            return Verdict("crashed", traceback.format_exc())
        try:
            return _compared(fitted, bundle, drawn)
        except TimeoutError:
            return Verdict("unfit", "slow")


def _compared(fitted: Any, bundle: Any, drawn: Drawn) -> Verdict:
    runtime = Runtime.load(bundle.to_bytes())
    table = input_table(fitted, drawn.fresh)
    reference = Reference(unwrapped(fitted), table.names, table.named, {}, {})
    rows = table.columns(drawn.fresh, bundle.graph)
    try:
        if rows:
            Fresh(bundle.graph, reference, rows)
    except ExportError as error:
        return Verdict("silent", error.blockers[0].problem)
    refused = sorted(runtime.score(drawn.fresh, errors="mark").status)
    for row in refused[:ASKED]:
        one = drawn.fresh[row : row + 1]
        if all(_accepts(fitted, output.name, one) for output in bundle.graph.outputs):
            return Verdict("silent", f"refuses a row that the pipeline scores: {one!r:.300}")
    return Verdict("equal", rows=SCORED - len(refused))


def _accepts(fitted: Any, method: str, row: Any) -> bool:
    try:
        if method == "output_margin":
            fitted.predict(row, output_margin=True)
        else:
            getattr(fitted, method)(row)
    except Exception:
        return False
    return True


@contextlib.contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """TimeoutError after that time, where the system has alarms."""
    import signal

    def stop(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# Many ------------------------------------------------------------------------------------


class Run:
    """Verdicts of many pipelines, and the ones to look at."""

    def __init__(self, number: int, seconds: float) -> None:
        self.number = number
        self.until = time.monotonic() + seconds
        self.kinds: Counter[str] = Counter()
        self.reasons: dict[str, Counter[str]] = {}
        self.examples: list[str] = []
        self.rows = 0
        self.parts: Counter[str] = Counter()

    def add(self, drawn: Drawn) -> None:
        """Judge one, if there is time left."""
        if time.monotonic() > self.until:
            return
        verdict = judge(drawn)
        self.kinds[verdict.kind] += 1
        self.rows += verdict.rows
        if verdict.kind == "equal":
            self.parts.update({type(part).__name__ for part in _all_parts(drawn.pipeline)})
        if verdict.reason:
            kind = _general(verdict.reason)
            self.reasons.setdefault(verdict.kind, Counter())[kind] += 1
        if verdict.kind in ("silent", "crashed", "caught"):
            self.examples.append(f"{verdict.kind}: {verdict.reason}\n\n{drawn.pipeline!r}")

    def report(self) -> str:
        """Markdown."""
        lines = [
            "# Random pipelines",
            "",
            f"Seed {self.number}; {self.rows} rows compared that no pipeline was fitted on.",
            "",
            "| verdict | pipelines |",
            "|---|---|",
            *(f"| {kind} | {count} |" for kind, count in self.kinds.most_common()),
            "",
            f"Silent differences: {self.kinds['silent']}.",
        ]
        for kind, counts in self.reasons.items():
            lines += ["", f"## {kind}", ""]
            lines += [f"- {count} × {reason}" for reason, count in counts.most_common()]
        lines += ["", "## In equal pipelines", ""]
        lines += [f"{name} {count}," for name, count in sorted(self.parts.items())]
        lines += ["", "## To look at", ""]
        lines += [f"```\n{example}\n```" for example in self.examples]
        return "\n".join(lines) + "\n"


def _all_parts(value: Any) -> Iterator[Any]:
    if isinstance(value, BaseEstimator):
        yield value
        for part in value.get_params(deep=False).values():
            yield from _all_parts(part)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _all_parts(item)


def _general(reason: str) -> str:
    """A reason without what differs from pipeline to pipeline."""
    last = reason.strip().splitlines()[-1]
    return re.sub(r"\d+(\.\d+)?(e[-+]?\d+)?", "#", last)[:160]


def run(count: int, seconds: float, number: int | None = None) -> Run:
    """Draw and judge so many pipelines, or as many as there is time for."""
    if number is None:
        number = int(os.environ.get("SCOREBUNDLE_SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed {number}: SCOREBUNDLE_SEED={number} draws the same pipelines again")
    result = Run(number, seconds)

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(pipelines())
    def each(drawn: Drawn) -> None:
        result.add(drawn)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        each()
    return result


def main() -> int:
    """Write a report; 1 if there is a silent difference or a crash."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=24 * 3600)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--report", type=Path, default=Path("random-pipelines.md"))
    options = parser.parse_args()
    result = run(options.count, options.seconds, options.seed)
    options.report.write_text(result.report())
    print(dict(result.kinds))
    return int(bool(result.kinds["silent"] or result.kinds["crashed"]))


if __name__ == "__main__":
    sys.exit(main())
