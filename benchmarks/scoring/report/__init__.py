"""From task results to results.json, plots and one page."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

from ..results import Results
from .page import page


def write(folder: Path) -> Path:
    """Write everything that is made of the results; returns the page's path."""
    results = Results(folder)
    drawings: dict[str, bytes] = {}
    if importlib.util.find_spec("matplotlib") is not None:  # the page is whole without, but dull
        from .plots import plots

        drawings = plots(results)
        (folder / "plots").mkdir(parents=True, exist_ok=True)
        for name, png in drawings.items():
            (folder / "plots" / f"{name}.png").write_bytes(png)
    _store(folder / "results.json", json.dumps(results.tasks, indent=1) + "\n")
    _store(folder / "index.html", page(results, drawings))
    return folder / "index.html"


def _store(path: Path, text: str) -> None:
    partly = path.with_suffix(".part")
    partly.write_text(text, encoding="utf-8")
    os.replace(partly, path)
