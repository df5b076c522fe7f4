"""The demo's second half: scores the bundles where no training library is installed.

    python examples/demo_score.py FOLDER

FOLDER holds, per model, NAME.zip and NAME.jsonl (rows) and `models.json`; NAME.scores.json is
written beside them. JSON keeps every float: the shortest digits that read back as the same one.
"""

from __future__ import annotations

import importlib.util
import json
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from scorebundle.runtime import Runtime

TRAINING = ("sklearn", "xgboost", "scipy", "pandas", "lxml")
BATCH = 20_000
"""Rows of the throughput measurement: the test rows, again and again."""


def main(folder: Path) -> None:
    """Score every model of `models.json`."""
    found = [name for name in TRAINING if importlib.util.find_spec(name) is not None]
    absent = [name for name in TRAINING if name not in found]
    print(f"  Python {platform.python_version()} at {sys.executable}")
    print(f"  not installed: {', '.join(absent) or 'none'}")
    if found:
        sys.exit(f"demo: {', '.join(found)} can be imported here: this is no scoring environment")
    for name, method in json.loads((folder / "models.json").read_text()).items():
        result = _scored(folder / f"{name}.zip", folder / f"{name}.jsonl", method)
        (folder / f"{name}.scores.json").write_text(json.dumps(result))
        print(f"  {name}: {result['rows']} rows scored, one in {result['dict_us']:.1f} µs")


def _scored(bundle: Path, rows_file: Path, method: str) -> dict[str, Any]:
    rows = [json.loads(line) for line in rows_file.read_text().splitlines()]
    start = time.perf_counter()
    runtime = Runtime.load(bundle)
    scores = runtime.score(rows)
    seconds = time.perf_counter() - start
    columns = {item.name: [row[item.name] for row in rows] for item in runtime.inputs}
    numeric = all(item.type.startswith("float") for item in runtime.inputs)
    matrix = np.array([*columns.values()], np.float64).T.copy() if numeric else None
    outputs = {name: np.asarray(value).tolist() for name, value in scores.items()}
    return {
        "rows": scores.rows,
        "outputs": outputs,
        "first_ms": seconds * 1e3,
        "dict_us": _latency(lambda i: runtime.score(rows[i], select=(method,)), len(rows)),
        "array_us": None if matrix is None else _array_latency(runtime, matrix, method),
        "rows_per_s": _throughput(runtime, columns, matrix, method),
    }


def _array_latency(runtime: Runtime, matrix: Any, method: str) -> float:
    return _latency(lambda i: runtime.score(matrix[i : i + 1], select=(method,)), len(matrix))


def _latency(score: Callable[[int], Any], rows: int, calls: int = 2000) -> float:
    """Median microseconds of a call, after some to warm up."""
    times = []
    for call in range(calls):
        start = time.perf_counter_ns()
        score(call % rows)
        times.append(time.perf_counter_ns() - start)
    return median(times[calls // 10 :]) / 1e3


def _throughput(
    runtime: Runtime, columns: Mapping[str, Sequence[Any]], matrix: Any, method: str
) -> float:
    """Rows a second in one thread: a matrix where all columns are numbers, else columns."""
    repeats = -(-BATCH // len(next(iter(columns.values()))))
    batch: Any = {
        item.name: np.tile(_vector(columns[item.name], item.type), repeats)
        for item in runtime.inputs
    }
    if matrix is not None:
        batch = np.tile(matrix, (repeats, 1))
    times = []
    for _ in range(5):
        start = time.perf_counter()
        scores = runtime.score(batch, select=(method,))
        times.append(time.perf_counter() - start)
    return scores.rows / median(times)


def _vector(values: Sequence[Any], kind: str) -> Any:
    """A column as numpy: numbers with NaN for null, or objects."""
    return np.array(values, np.float64 if kind.startswith("float") else object)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
