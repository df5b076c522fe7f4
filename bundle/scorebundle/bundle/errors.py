"""The errors of scorebundle: few, typed, and each says what to do next.

ScoreBundleError
├── BundleError    a bundle is broken, hostile or too new          (load time)
├── ExportError    a pipeline cannot be exported; all blockers      (export time)
├── InputError     the rows' columns do not fit the model; all of them (score time)
└── RowError       the fitted pipeline would have raised on a row   (score time)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class ScoreBundleError(Exception):
    """Base of every error that scorebundle raises on purpose."""


class Violation(ValueError):
    """A rule of the format is broken; raised by operators, which do not know their node.

    `Graph` and the archive reader turn it into a `BundleError` that names the place.
    """


class BundleError(ScoreBundleError):
    """A bundle file breaks a rule of the format.

    Attributes:
        rule: the rule that is broken, in words.
        member: the zip member it was found in (`graph.json`, …) or None for the container.
        node: position and operator of the graph node, or None.
    """

    def __init__(self, rule: str, *, member: str | None = None, node: str | None = None) -> None:
        self.rule = rule
        self.member = member
        self.node = node
        place = ", ".join(part for part in (member, node) if part)
        super().__init__(f"{place}: {rule}" if place else rule)


class Blocker(NamedTuple):
    """One reason why a pipeline cannot be exported.

    Attributes:
        step: path of the step in the pipeline, e.g. `preprocess/num/impute`; '' is the whole.
        problem: what is in the way, naming the option.
        remedy: what the user can do about it.
    """

    step: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.step or 'pipeline'}: {self.problem} ({self.remedy})"


class ExportError(ScoreBundleError):
    """A fitted pipeline cannot be exported without changing its numbers.

    Attributes:
        blockers: every reason found, not only the first.
    """

    def __init__(self, blockers: Sequence[Blocker]) -> None:
        self.blockers = tuple(blockers)
        lines = "\n".join(f"  - {blocker}" for blocker in self.blockers)
        super().__init__(f"the pipeline cannot be exported:\n{lines}")


class InputError(ScoreBundleError, ValueError):
    """The rows given to `score` do not fit the model's columns.

    Attributes:
        problems: one sentence per column, all of them at once.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class RowError(ScoreBundleError, ValueError):
    """The fitted pipeline would have refused some rows.

    Attributes:
        rows: positions of the refused rows in the input, ascending.
        field: the input columns looked at by the step that refuses the first of them.
        step: path of that step in the source pipeline.
        rule: what the step demands.
    """

    def __init__(self, rows: Sequence[int], field: str, step: str, rule: str) -> None:
        self.rows = tuple(rows)
        self.field = field
        self.step = step
        self.rule = rule
        shown = ", ".join(str(row) for row in self.rows[:10])
        more = f" and {len(self.rows) - 10} more" if len(self.rows) > 10 else ""
        super().__init__(
            f"row {shown}{more}: {field}: {rule} (step {step or 'pipeline'}); "
            'score(..., errors="mark") scores the other rows'
        )
