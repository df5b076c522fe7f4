"""PMML scored by us and by two evaluators on Java, in one run: `make bench-pmml`.

Two models are trained, and written as PMML by us: gradient boosting behind scaled numbers and
one-hot words, and 500 trees of XGBoost. Each scorer has a process of its own; probabilities are
compared first, then all are measured in turns, and medians are printed as a table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier

from scorebundle.exporters import export_bundle

HERE: Final = Path(__file__).resolve().parent
RESULTS: Final = HERE / "results" / "pmml"
OURS: Final = "scorebundle"
PEERS: Final = ("jpmml_evaluator", "pypmml")
ROWS: Final = 2000
GOALS: Final = {"first load": 10, "load": 10, "row": 20, "batch": 20, "memory": 5}
UNITS: Final = {
    "first load": (1e3, "ms"),
    "load": (1e3, "ms"),
    "quickest load": (1e3, "ms"),
    "first row": (1e3, "ms"),
    "row": (1e6, "µs"),
    "batch": (1e6, "µs"),
    "quickest batch": (1e6, "µs"),
    "memory": (1e-6, "MB"),
}

Made = tuple[Any, pd.DataFrame, float]
"""A fitted pipeline, its rows, and how far probabilities may differ."""


def mixed() -> Made:
    """Gradient boosting of 100 trees on four numbers and four columns of words."""
    rng = np.random.default_rng(0)
    words = {
        "employment": ["Private", "Consultant", "PSLocal", "SelfEmp", "PSState"],
        "education": ["Bachelor", "College", "HSgrad", "Master", "Vocational", "Yr11"],
        "marital": ["Absent", "Divorced", "Married", "Unmarried"],
        "gender": ["Female", "Male"],
    }
    numbers: dict[str, Any] = {
        "age": rng.integers(17, 80, ROWS).astype(float),
        "income": rng.gamma(2.0, 40_000.0, ROWS).round(2),
        "deductions": np.where(rng.random(ROWS) < 0.1, rng.gamma(2.0, 500.0, ROWS), 0).round(2),
        "hours": rng.integers(1, 99, ROWS).astype(float),
    }
    table = pd.DataFrame(numbers | {name: rng.choice(w, ROWS) for name, w in words.items()})
    score = table.age / 20 + table.hours / 30 + 2 * (table.marital == "Married") - 5
    target = (score + rng.logistic(size=ROWS) > 0).astype(int)
    front = make_column_transformer(
        (StandardScaler(), list(numbers)),
        (OneHotEncoder(handle_unknown="ignore"), list(words)),
    )
    model = GradientBoostingClassifier(n_estimators=100, random_state=0)
    return make_pipeline(front, model).fit(table, target), table, 1e-9


def boosted() -> Made:
    """XGBoost of 500 trees of depth 6 on 30 numbers."""
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(ROWS, 30)) * 64).round().astype(np.float32) / 64  # pypmml's tables
    # hold ten decimals, and more than a third of the rows would go another way somewhere
    table = pd.DataFrame(x, columns=[f"f{column}" for column in range(30)])
    target = (x[:, :10].sum(axis=1) * x[:, 10] + rng.normal(size=ROWS) > 0).astype(int)
    model = XGBClassifier(n_estimators=500, max_depth=6, n_jobs=1)
    return model.fit(table, target), table, 1e-5


MODELS: Final[dict[str, Callable[[], Made]]] = {
    "GradientBoosting 100, mixed types": mixed,
    "XGBoost 500×6": boosted,
}


class Engine:
    """A scorer in its process."""

    def __init__(self, python: Path, name: str, document: Path, rows: Path) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, HERE / "pmml_engines.py", name, document, rows],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(self, *order: Any) -> Any:
        """Give an order, wait for the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def measured(made: Made, peers: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Seconds and bytes by scorer and quantity."""
    pipeline, table, relative = made
    with tempfile.TemporaryDirectory() as folder:
        document, rows = Path(folder, "model.pmml"), Path(folder, "rows.json")
        bundle = export_bundle(pipeline, X=table)
        document.write_bytes(bundle.to_pmml())
        rows.write_text(json.dumps(table.astype(object).to_dict("records"), default=float))
        pythons = {OURS: Path(sys.executable), **dict.fromkeys(PEERS, peers)}
        engines = [Engine(python, name, document, rows) for name, python in pythons.items()]
        try:
            found = {each.name: _starting(each) for each in engines}
            _compare(engines, relative)
            _in_turns(engines, rounds, found)
        finally:
            for each in engines:
                each.close()
    return found


def _starting(engine: Engine) -> dict[str, float]:
    """What a process does once: its first load and its first row."""
    return {"first load": engine("load"), "first row": engine("first")}


def _compare(engines: list[Engine], relative: float) -> None:
    ours, *others = (np.array(each("outputs", "probability(1)")) for each in engines)
    for engine, theirs in zip(engines[1:], others, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=relative, atol=relative, err_msg=engine.name)


def _in_turns(engines: list[Engine], rounds: int, found: dict[str, dict[str, float]]) -> None:
    """Medians of what can be repeated, after as many calls as Java needs to be at full speed."""
    for each in engines:
        each("row", 1000)
        each("batch")
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for each in engines:
            times.setdefault((each.name, "load"), []).append(each("load"))
            times.setdefault((each.name, "row"), []).append(each("row", 200))
            times.setdefault((each.name, "batch"), []).append(each("batch"))
    for (name, what), values in times.items():
        found[name][what] = statistics.median(values)
        found[name][f"quickest {what}"] = min(values)
    for each in engines:
        found[each.name]["memory"] = each("memory")


def report(model: str, found: dict[str, dict[str, float]]) -> list[str]:
    """Rows of a Markdown table."""
    lines = []
    for what, (factor, unit) in UNITS.items():
        ours = found[OURS][what]
        peers = {name: found[name][what] for name in PEERS}
        ratio = min(peers.values()) / ours
        cells = [f"{value * factor:,.3g} {unit}" for value in (ours, *peers.values())]
        goal = f"{GOALS[what]} ×" if what in GOALS else ""
        lines.append(f"| {model} | {what} | {' | '.join(cells)} | {ratio:.3g} × | {goal} |")
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, required=True, help="Python of the evaluators")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    names = ["scorebundle", *PEERS]
    lines = [
        f"| model | | {' | '.join(names)} | beside the faster | asked |",
        "|---" * (len(names) + 4) + "|",
    ]
    results = {}
    for model, make in MODELS.items():
        results[model] = measured(make(), options.peers, options.rounds)
        lines += report(model, results[model])
        print(f"measured {model}", file=sys.stderr)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "results.json").write_text(json.dumps(results, indent=1))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
