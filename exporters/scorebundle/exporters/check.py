"""check: what an export would do, step by step, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from scorebundle.bundle import Blocker, ExportError
from scorebundle.bundle.graph import Node
from scorebundle.bundle.manifest import Certificate

from .proof import prove, survey
from .schema import input_table


class Step(NamedTuple):
    """One step of a pipeline.

    Attributes:
        step: its path; '' is the whole.
        operators: names of the operators it becomes, in order of appearance.
        contract: `exact`, or by how much and why the last digits may differ.
    """

    step: str
    operators: tuple[str, ...]
    contract: str


class Report(NamedTuple):
    """What `check` found.

    Attributes:
        blockers: every reason why the pipeline cannot be exported.
        steps: what each step becomes; of blocked steps, what could be told.
        notes: (step, remark) on what deserves a second look.
        certificate: per output, what the comparison with the pipeline measured; empty if there
            are blockers.
    """

    blockers: tuple[Blocker, ...]
    steps: tuple[Step, ...]
    notes: tuple[tuple[str, str], ...]
    certificate: Mapping[str, Certificate]

    @property
    def ok(self) -> bool:
        """Whether the pipeline can be exported."""
        return not self.blockers

    def __str__(self) -> str:
        return "\n\n".join(part for part in _parts(self) if part)


def check(pipeline: Any, *, X: Any = None, extras: Sequence[str] = ()) -> Report:
    """Find all blockers and all declared tolerances of a fitted pipeline; nothing is written.

    Args:
        pipeline: as for `export_bundle`, as are X and extras.

    Example:
        >>> from sklearn.preprocessing import StandardScaler
        >>> report = check(StandardScaler().fit([[1.0], [3.0]]))
        >>> report.ok, report.steps[0].contract
        (True, 'exact')
    """
    try:
        table = input_table(pipeline, X)
    except ExportError as error:
        return Report(error.blockers, (), (), {})
    export, outputs = survey(pipeline, table, extras)
    blockers: Sequence[Blocker] = export.blockers
    certificate: Mapping[str, Certificate] = {}
    try:
        certificate = prove(pipeline, export, outputs, table, X).certificate
    except ExportError as error:
        blockers = error.blockers
    return Report(tuple(blockers), _steps(export.nodes), tuple(export.notes), certificate)


def _steps(nodes: Sequence[Node]) -> tuple[Step, ...]:
    by_step: dict[str, list[Node]] = {}
    for node in nodes:
        by_step.setdefault(node.step, []).append(node)
    return tuple(
        Step(step, tuple(dict.fromkeys(node.kind for node in members)), contract_of(members))
        for step, members in by_step.items()
    )


def contract_of(nodes: Sequence[Node]) -> str:
    """The declared contracts of some nodes, in words."""
    bounds = [node.op.bound() for node in nodes]
    reasons = dict.fromkeys(f"{ulp} ulp ({reason})" for ulp, reason in bounds if ulp)
    return "; ".join(reasons) or "exact"


def _parts(report: Report) -> list[str]:
    rows = [(s.step or "(pipeline)", ", ".join(s.operators), s.contract) for s in report.steps]
    widths = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
    steps = [f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows]
    notes = [f"  {step or '(pipeline)'}: {remark}" for step, remark in report.notes]
    measured = [
        f"  {name}: {item.rows} rows, at most {item.max_ulp:g} ulp; contract: {item.contract}"
        for name, item in report.certificate.items()
    ]
    blockers = [f"  {blocker}" for blocker in report.blockers]
    return [
        _section(f"{len(blockers)} blockers", blockers) if blockers else "no blockers",
        _section("steps, their operators and contracts", steps),
        _section("notes", notes),
        _section("compared with the pipeline", measured),
    ]


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([title, *lines]) if lines else ""
