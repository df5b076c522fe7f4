"""The report of the peers: cases, supported, agreeing, by evaluator."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from tests.peers.known import WRONG


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print it."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") in ("call", "setup"):
                for name, outcome in getattr(report, "user_properties", ()):
                    found[name][str(outcome)] += 1
    if not found:
        return
    out = terminalreporter
    out.section("PMML: what other evaluators make of it")
    out.write_line(f"cases without a PMML form: {found.pop('pmml', Counter()).total()}")
    for name in WRONG:
        outcomes = found[name]
        cases, taken = outcomes.total(), outcomes.total() - outcomes["not supported"]
        out.write_line(f"{name}: {cases} cases, {taken} supported, {outcomes['agrees']} agree")
        for outcome, count in sorted(outcomes.items()):
            if outcome != "agrees":
                out.write_line(f"    {count} {outcome}")
