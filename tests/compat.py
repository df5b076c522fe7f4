"""The contract suite under older releases: `make compat`, or `python -m tests.compat --slice`.

For every pair of scikit-learn and XGBoost an environment is made under .venv-compat/ (once), the
suite is run in it, and compat-report/ says what passed, what was skipped by name and what failed.
Rows of estimators or options that a release lacks are skipped by name. Where a release computes
otherwise than the exporters know, the gate refuses the export: such rows are listed, and are no
failures, as nothing wrong leaves the exporter.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
ENVIRONMENTS = ROOT / ".venv-compat"
REPORT = ROOT / "compat-report"
TOOLS = ("hypothesis", "jsonschema", "lxml", "msgpack", "numba", "pandas")
TESTS = ("pytest", "pytest-xdist")
SUITE = (
    "test_estimators.py",
    "test_xgboost.py",
    "test_xgboost_options.py",
    "test_xgboost_import.py",
    "test_golden_versions.py",
)


class Pair(NamedTuple):
    """Releases that were current together; '' is the newest."""

    sklearn: str
    xgboost: str
    others: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"sklearn-{self.sklearn or 'newest'}-xgboost-{self.xgboost or 'newest'}"


MATRIX = (
    Pair("1.5.2", "2.0.3", ("numpy<2", "scipy<1.14")),
    Pair("1.6.1", "2.1.4", ("numpy<2.3",)),
    Pair("1.7.2", "3.0.5"),
    Pair("1.8.0", "3.1.2", ("pandas<3",)),  # whose DataFrames this XGBoost does not know
    Pair("", ""),
)


class Outcome(NamedTuple):
    """What one environment showed."""

    name: str
    versions: dict[str, str]
    passed: int
    skipped: list[str]
    refused: list[str]
    failed: list[str]


def environment(pair: Pair) -> Path | None:
    """The interpreter of a pair's environment, made if needed; None if it cannot be."""
    folder = ENVIRONMENTS / pair.name
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if ready.exists():
        return python
    wanted = [
        f"{library}=={version}" if version else library
        for library, version in (("scikit-learn", pair.sklearn), ("xgboost", pair.xgboost))
    ]
    install = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    commands = [
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [*install, "--only-binary", ":all:", *wanted, *pair.others, *TOOLS, *TESTS],
        [*install, "--no-deps", "-e", str(ROOT)],
    ]
    for command in commands:
        if subprocess.run(command, check=False).returncode:
            return None
    ready.touch()
    return python


def versions(python: Path) -> dict[str, str]:
    """Of the libraries that matter."""
    script = (
        "import json, sys; from importlib.metadata import version\n"
        "names = ('scikit-learn', 'xgboost', 'numpy', 'scipy', 'pandas', 'numba')\n"
        "print(json.dumps({'python': sys.version.split()[0], **{n: version(n) for n in names}}))"
    )
    shown = subprocess.run([str(python), "-c", script], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(shown.stdout)
    return found


def run(pair: Pair, python: Path, chosen: list[str], workers: str) -> Outcome:
    """Run the suite and read its report."""
    REPORT.mkdir(exist_ok=True)
    result = REPORT / f"{pair.name}.xml"
    files = [str(ROOT / "tests" / file) for file in SUITE]
    command = [str(python), "-m", "pytest", "-q", "-n", workers, f"--junitxml={result}", *chosen]
    # Tests run side by side; threads of their own would only get in each other's way.
    environ = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*command, *files], cwd=ROOT, env=environ, check=False)
    passed, skipped, refused, failed = 0, [], [], []
    for case in ElementTree.parse(result).iter("testcase"):
        name = str(case.get("name"))
        if (skip := case.find("skipped")) is not None:
            skipped.append(f"{name}: {skip.get('message')}")
        elif (broken := case.find("failure")) is not None:
            message = f"{broken.get('message')} {broken.text}"
            if "InvalidParameterError" in message:
                skipped.append(f"{name}: this release has no such option")
            elif "ExportError: the pipeline cannot be exported" in message:
                refused.append(name)
            else:
                failed.append(name)
        elif case.find("error") is not None:
            failed.append(name)
        else:
            passed += 1
    return Outcome(pair.name, versions(python), passed, skipped, refused, failed)


def page(outcomes: list[Outcome]) -> str:
    """The report."""
    lines = [
        "# Compatibility",
        "",
        "| environment | passed | skipped | refused | failed |",
        "|---|---|---|---|---|",
    ]
    for name, found, passed, skipped, refused, failed in outcomes:
        told = ", ".join(f"{library} {version}" for library, version in found.items())
        lines.append(
            f"| {name}: {told} | {passed} | {len(skipped)} | {len(refused)} | {len(failed)} |"
        )
    for outcome in outcomes:
        for title, rows in (
            ("Failed", outcome.failed),
            ("Refused by the gate", outcome.refused),
            ("Skipped", outcome.skipped),
        ):
            if rows:
                lines += ["", f"## {title}: {outcome.name}", ""]
                lines += [f"- {' '.join(row.split())[:300]}" for row in rows]
    return "\n".join([*lines, ""])


def main() -> int:
    """Run the matrix, or what was asked for; 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="pairs whose name contains this")
    parser.add_argument("--slice", action="store_true", help="the oldest pair, a few rows: for CI")
    parser.add_argument("-k", default="", help="pytest's selection of tests")
    parser.add_argument("--workers", default="auto", help="test processes")
    arguments = parser.parse_args()
    pairs = [pair for pair in MATRIX if arguments.only in pair.name]
    selection = arguments.k
    if arguments.slice:
        pairs, selection = pairs[:1], "float32 or text or golden or three or without"
    outcomes = []
    for pair in pairs:
        python = environment(pair)
        if python is None:
            print(f"{pair.name} cannot be installed here: it is left out", file=sys.stderr)
            continue
        chosen = ["-k", selection] if selection else []
        outcomes.append(run(pair, python, chosen, arguments.workers))
        (REPORT / "report.md").write_text(page(outcomes))
    print(page(outcomes))
    return 1 if not outcomes or any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
