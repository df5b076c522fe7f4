"""The figures of the first release, peers side by side in one run: `make bench`.

Every figure is the median over interleaved rounds (A B C A B C …), with the ratio to its
reference; machines are shared and noisy, so trust ratios. Results go to benchmarks/results/.
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tqdm import tqdm
from xgboost import XGBClassifier

from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime

RESULTS = Path(__file__).parent / "results"
ROUNDS = 15
COLUMNS = 30

FIRST_SCORE = """
import sys, numpy
from scorebundle.runtime import Runtime
Runtime.load(sys.argv[1]).score(numpy.zeros((1, int(sys.argv[2])), "f4"))
"""
FIRST_SCORE_ONNX = """
import sys, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
session.run(None, {"x": numpy.zeros((1, int(sys.argv[2])), "f4")})
"""
MEMORY = """
with open("/proc/self/status") as file:
    print(next(line.split()[1] for line in file if line.startswith("VmHWM")))
"""


def main() -> None:
    """Measure everything and print one table."""
    with tempfile.TemporaryDirectory() as folder:
        model, X = trained()
        bundle = Path(folder, "model.zip")
        export_bundle(model, bundle)
        onnx = to_onnx(model, Path(folder, "model.onnx"))
        Runtime.load(bundle)  # builds the kernels, if need be, before anything is timed
        results = {
            "process start to first score (ms)": first_scores(bundle, onnx),
            "memory after first score (MB)": memory(bundle, onnx),
            "first ever score, kernels not built (s)": first_ever(bundle, Path(folder, "empty")),
            "one row from an array (us)": one_row(bundle, onnx, model, X),
            "one dict row, ColumnTransformer (us)": dict_row(Path(folder, "mixed.zip")),
        }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "first.json").write_text(json.dumps(results, indent=2) + "\n")
    for title, figures in results.items():
        print(f"\n{title}")
        for name, figure in figures.items():
            print(f"  {name:<44} {figure:>10.2f}")


def trained() -> tuple[Any, Any]:
    """XGBoost, 100 trees of depth 6, on 20 000 rows of 30 columns."""
    random = np.random.default_rng(0)
    X = random.normal(size=(20_000, COLUMNS)).astype(np.float32)
    y = X[:, :5].sum(axis=1) + random.normal(size=len(X)) > 0
    return XGBClassifier(n_estimators=100, max_depth=6, n_jobs=1).fit(X, y), X


def to_onnx(model: Any, path: Path) -> Path | None:
    """The same model for onnxruntime; None if its converter is not installed."""
    if importlib.util.find_spec("onnxmltools") is None:
        return None
    from onnxmltools.convert import convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    types = [("x", FloatTensorType([None, COLUMNS]))]
    path.write_bytes(convert_xgboost(model, initial_types=types).SerializeToString())
    return path


def first_scores(bundle: Path, onnx: Path | None) -> dict[str, float]:
    """Whole processes, from start to exit."""
    scripts = {
        "import numpy": ["import numpy"],
        "scorebundle": [FIRST_SCORE, str(bundle), str(COLUMNS)],
        "import xgboost": ["import xgboost"],
    }
    if onnx:
        scripts["onnxruntime"] = [FIRST_SCORE_ONNX, str(onnx), str(COLUMNS)]
    calls = {name: partial(process, script) for name, script in scripts.items()}
    return with_ratios(medians(calls, scale=1e3), "import numpy")


def process(script: list[str], **environment: str) -> str:
    """Run Python code in a fresh process; returns what it printed."""
    command = [sys.executable, "-c", *script]
    result = subprocess.run(
        command, env={**os.environ, **environment}, check=True, capture_output=True, text=True
    )
    return result.stdout


def memory(bundle: Path, onnx: Path | None) -> dict[str, float]:
    """Largest resident size of a process that scored one row."""
    scripts = {"scorebundle": [FIRST_SCORE + MEMORY, str(bundle), str(COLUMNS)]}
    scripts["numpy alone"] = ["import numpy\n" + MEMORY]
    if onnx:
        scripts["onnxruntime"] = [FIRST_SCORE_ONNX + MEMORY, str(onnx), str(COLUMNS)]
    return {name: int(process(script)) / 1024 for name, script in scripts.items()}


def first_ever(bundle: Path, store: Path) -> dict[str, float]:
    """A score in a process that finds no kernels."""
    started = time.perf_counter()
    process([FIRST_SCORE, str(bundle), str(COLUMNS)], SCOREBUNDLE_CACHE=str(store))
    return {"scorebundle": time.perf_counter() - started}


def one_row(bundle: Path, onnx: Path | None, model: Any, X: Any) -> dict[str, float]:
    """One float32 row to probabilities; every library on one thread."""
    runtime, row = Runtime.load(bundle), X[:1].copy()
    booster = model.get_booster()
    calls: dict[str, Callable[[], Any]] = {
        "scorebundle predict_proba": lambda: runtime.predict_proba(row),
        "scorebundle predict, predict_proba, margin": lambda: runtime.score(row),
        "xgboost inplace_predict": lambda: booster.inplace_predict(row),
    }
    reference = "scorebundle predict_proba"
    if onnx:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(onnx), options)
        calls["onnxruntime predict, predict_proba"] = lambda: session.run(None, {"x": row})
    return with_ratios(medians(calls, number=1000, scale=1e6), reference)


def dict_row(path: Path) -> dict[str, float]:
    """One dict with numbers and words through imputers, scaler, one-hot and a linear model."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({f"n{i}": random.normal(size=500) for i in range(6)})
    for i in range(4):
        frame[f"c{i}"] = random.choice(["red", "green", "blue"], 500).astype(object)
    numeric = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer(
        [
            ("num", numeric, [f"n{i}" for i in range(6)]),
            ("cat", OneHotEncoder(handle_unknown="ignore"), [f"c{i}" for i in range(4)]),
        ]
    )
    pipeline = make_pipeline(columns, LogisticRegression()).fit(frame, frame["n0"] > 0)
    export_bundle(pipeline, path)
    runtime, row = Runtime.load(path), frame.iloc[0].to_dict()
    calls: dict[str, Callable[[], Any]] = {
        "scorebundle predict_proba": lambda: runtime.predict_proba(row),
        "scikit-learn predict_proba": lambda: pipeline.predict_proba(pd.DataFrame([row])),
    }
    return with_ratios(medians(calls, number=50, scale=1e6), "scorebundle predict_proba")


def medians(
    calls: Mapping[str, Callable[[], Any]], number: int = 1, scale: float = 1.0
) -> dict[str, float]:
    """Median time of each call over interleaved rounds."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in tqdm(range(ROUNDS), leave=False):
        for name, call in calls.items():
            times[name].append(timeit.timeit(call, number=number) / number * scale)
    return {name: statistics.median(values) for name, values in times.items()}


def with_ratios(figures: dict[str, float], reference: str) -> dict[str, float]:
    """The figures, and each one's ratio to the reference."""
    ratios = {
        f"{name} / {reference}": value / figures[reference]
        for name, value in figures.items()
        if name != reference
    }
    return {**figures, **ratios}


if __name__ == "__main__":
    main()
