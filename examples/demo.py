"""The main job on real data: train, export, score without the training library, compare.

    python examples/demo.py --runtime-python PATH --report DIR

PATH is a Python that has scorebundle but no training library; DIR gets the bundles and
`index.html`. Fails if a label differs, or a number by more than the bundle's contract.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from examples import demo_compare, demo_report
from examples.demo_models import CASES, Case

from scorebundle.bundle import Bundle
from scorebundle.exporters import export_bundle

BATCH = 20_000


def main() -> int:
    """Run the demo; 1 if a result is not the training library's."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runtime-python", required=True, help="has no training library")
    parser.add_argument("--report", type=Path, required=True, help="folder for the report")
    arguments = parser.parse_args()
    folder: Path = arguments.report
    folder.mkdir(parents=True, exist_ok=True)
    cases, bundles = _trained(folder)
    print("\nscore, in an environment of its own", flush=True)
    script = Path(__file__).with_name("demo_score.py")
    subprocess.run([arguments.runtime_python, str(script), str(folder)], check=True)
    print("\ncompare with the training library", flush=True)
    results = [_result(case, bundles[case.name], folder) for case in cases]
    print("\n" + "\n".join(_table(results)))
    report = folder / "index.html"
    report.write_text(demo_report.page(results), encoding="utf-8")
    print(f"\nreport: {report}\nbundles: {folder}/*.zip; try `scorebundle inspect` on one")
    broken = sum(item.broken for result in results for item in result.agreements)
    if broken:
        print(f"demo: {broken} scores are not the training library's", file=sys.stderr)
    return 1 if broken else 0


def _trained(folder: Path) -> tuple[list[Case], dict[str, Bundle]]:
    """Train, export, and write each model's rows."""
    cases, bundles = [], {}
    for title, make in CASES.items():
        with _step(f"train {title}"):
            case = make()
        with _step(f"export {title}, compared with the pipeline on probe rows"):
            path = folder / f"{case.name}.zip"
            bundles[case.name] = export_bundle(case.pipeline, path, name=case.name)
        _write_rows(case, folder / f"{case.name}.jsonl")
        cases.append(case)
    methods = {case.name: case.method for case in cases}
    (folder / "models.json").write_text(json.dumps(methods))
    return cases, bundles


def _write_rows(case: Case, path: Path) -> None:
    """JSON lines: every float with digits that read back as the same float; null is missing."""
    rows = case.rows.to_dict("records")
    plain = [{k: None if v != v else v for k, v in row.items()} for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in plain), encoding="utf-8")


def _result(case: Case, bundle: Bundle, folder: Path) -> demo_report.Result:
    scored = json.loads((folder / f"{case.name}.scores.json").read_text())
    agreements = demo_compare.compare(bundle, case.pipeline, case.rows, scored["outputs"])
    with _step(f"time {case.name} in the training library"):
        row_us, rows_per_s = _library_speed(case)
    return demo_report.Result(
        title=case.title,
        bundle=bundle,
        agreements=agreements,
        rows=scored["rows"],
        first_ms=scored["first_ms"],
        dict_us=scored["dict_us"],
        array_us=scored["array_us"],
        rows_per_s=scored["rows_per_s"],
        library_us=row_us,
        library_rows_per_s=rows_per_s,
    )


def _library_speed(case: Case) -> tuple[float, float]:
    """Median microseconds of one row, and rows a second of a batch, from DataFrames."""
    import pandas as pd

    call = getattr(case.pipeline, case.method)
    single = [case.rows.iloc[i : i + 1] for i in range(30)]
    batch = pd.concat([case.rows] * -(-BATCH // len(case.rows)), ignore_index=True)
    one = median([_seconds(call, row) for row in single])
    many = median([_seconds(call, batch) for _ in range(3)])
    return one * 1e6, len(batch) / many


def _seconds(call: Any, rows: Any) -> float:
    start = time.perf_counter()
    call(rows)
    return time.perf_counter() - start


def _table(results: list[demo_report.Result]) -> Iterator[str]:
    yield (
        f"{'model':<15}{'rows':>6}{'labels equal':>14}{'largest difference':>22}"
        f"{'one row':>12}{'library':>12}{'ratio':>8}{'rows/s':>14}{'library':>12}{'ratio':>8}"
    )
    for result in results:
        yield (
            f"{result.bundle.name:<15}{result.rows:>6}{result.labels_equal:>14}"
            f"{result.largest:>22}{result.dict_us:>9.1f} µs{result.library_us:>9,.0f} µs"
            f"{result.library_us / result.dict_us:>7,.0f}×{result.rows_per_s:>14,.0f}"
            f"{result.library_rows_per_s:>12,.0f}"
            f"{result.rows_per_s / result.library_rows_per_s:>7.1f}×"
        )


@contextmanager
def _step(what: str) -> Iterator[None]:
    """A line that says what takes the time, and how much of it."""
    print(f"{what} … ", end="", flush=True)
    start = time.perf_counter()
    yield
    print(f"{math.ceil((time.perf_counter() - start) * 10) / 10} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
