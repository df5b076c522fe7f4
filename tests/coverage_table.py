"""Writes docs/coverage.md from the table of estimators: `python -m tests.coverage_table`.

Every row is fitted and exported again, without the comparison that `test_estimators.py` makes.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import sklearn
import xgboost
from sklearn.base import clone

from scorebundle.bundle.graph import Graph
from scorebundle.exporters.check import contract_of
from scorebundle.exporters.proof import survey
from scorebundle.exporters.schema import input_table
from scorebundle.pmml.writer import Unsupported, write

from .data import DATA
from .estimators import Case, cases
from .estimators.refused import refused
from .estimators.scope import OUT_OF_SCOPE

PAGE = Path(__file__).parent.parent / "docs" / "coverage.md"
COMMAND = "python -m tests.coverage_table"

HEAD = """# Coverage

Written by `{command}` from `tests/estimators/`, with scikit-learn {sklearn} and XGBoost {xgboost};
a test fails while this page is stale. Every row of the table was fitted, exported, and compared
with its library on rows made from the model; `exact` says that not a bit may differ. Where a
contract depends on options, all that occurred are listed. `XGBRanker` and `Booster`, which are not
fitted on X and y alone, are compared in `tests/test_xgboost.py`; see [xgboost.md](xgboost.md).

"""


class Facts(NamedTuple):
    """What one exported row shows."""

    operators: tuple[str, ...]
    contract: str
    pmml: str


def facts(case: Case) -> Facts:
    """Export a row."""
    X, y = DATA[case.data]()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        estimator = clone(case.estimator)
        estimator = estimator.fit(X) if y is None else estimator.fit(X, y)
        table = input_table(estimator, X)
        export, outputs = survey(estimator, table, ())
    assert not export.blockers, (case.name, export.blockers)
    graph = Graph(export.inputs(), export.nodes, outputs)
    used = {node.kind for node in graph.nodes} - {"Numbers"}
    return Facts(tuple(sorted(used)), contract_of(graph.nodes), _pmml(graph))


def _pmml(graph: Graph) -> str:
    try:
        write(graph, "model")
    except Unsupported as reason:
        return f"no: {str(reason).partition(' (step')[0]}{str(reason).partition(')')[2]}"
    return "yes"


def page() -> str:
    """The whole page."""
    head = HEAD.format(
        command=COMMAND, sklearn=_minor(sklearn.__version__), xgboost=_minor(xgboost.__version__)
    )
    return head + "\n".join([*_table(), "", *_missing(), *_refusals(), ""])


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _table() -> Iterator[str]:
    yield "| estimator | rows | operators | contract | PMML |"
    yield "|---|---|---|---|---|"
    by_class: dict[type, list[Facts]] = {}
    for case in cases():
        by_class.setdefault(type(case.estimator), []).append(facts(case))
    module = ""
    for kind in sorted(by_class, key=lambda kind: (_module(kind), kind.__name__)):
        if _module(kind) != module:
            module = _module(kind)
            yield f"| **{module}** | | | | |"
        found = by_class[kind]
        operators = sorted({name for row in found for name in row.operators})
        contracts = sorted({part for row in found for part in row.contract.split("; ")})
        forms = sorted({row.pmml for row in found}, reverse=True)
        cells = ", ".join(operators), "; ".join(contracts), "; ".join(forms)
        yield f"| {kind.__name__} | {len(found)} | {' | '.join(cells)} |"


def _module(kind: type) -> str:
    """The public module: sklearn.linear_model of sklearn.linear_model._base."""
    return kind.__module__.partition("._")[0]


def _missing() -> Iterator[str]:
    """Estimators of scikit-learn that have no row, by the reason."""
    yield f"## Without an output on new rows ({len(OUT_OF_SCOPE)} of scikit-learn's estimators)"
    yield ""
    for reason in dict.fromkeys(OUT_OF_SCOPE.values()):
        names = [name for name, why in OUT_OF_SCOPE.items() if why == reason]
        yield f"- {', '.join(names)}: {reason}"
    yield ""


def _refusals() -> Iterator[str]:
    yield "## Refused, and why"
    yield ""
    yield "| what | reason | instead |"
    yield "|---|---|---|"
    for case in refused():
        for blocker in case.blockers():
            yield f"| {case.name} | {_cell(blocker.problem)} | {_cell(blocker.remedy)} |"


def _cell(text: str) -> str:
    return inspect.cleandoc(text).replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page())
