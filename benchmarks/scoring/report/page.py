"""One self-contained HTML page: goals first, then plots, then every figure."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

from ..cells import GOALS, Goal, Verdict
from ..peers import OURS, PEERS
from ..processes import NUMPY
from ..results import Cell, Results, duration, size

STYLE: Final = """
:root{color-scheme:light}body{font:15px/1.45 system-ui,sans-serif;max-width:84rem;margin:2rem auto;
padding:0 1rem;color:#222;background:#fff}h2{margin-top:2.5rem}table{border-collapse:collapse;
font-size:13px;margin:.6rem 0}td,th{padding:.25rem .6rem;text-align:left;border-bottom:1px solid
#ddd;vertical-align:top}td.n{text-align:right;white-space:nowrap}img{max-width:100%;height:auto}
.yes{background:#dff3df}.no{background:#fbdedb}.open{background:#f3f0dc}small{color:#666}
.best{font-weight:700}.off{color:#999}.wide{overflow-x:auto}
"""

METHOD: Final = f"""
Every cell is the median over rounds in which all peers take turns (A B A B …); the small numbers
are its quartiles. A short call is repeated until a sample takes 5 ms; a slow peer leaves after as
many rounds as its time allows, three at least. One thread on one core, to which the process is
pinned; OMP_NUM_THREADS and its like are 1, and OpenMP pools must not spin after a call
(OMP_WAIT_POLICY=PASSIVE), as they would disturb the peer that comes next. Runs with two threads are
processes of their own. One-row calls go through 64 different rows in turn; p50 and p99 are of
calls timed one by one. All get the same rows in the same form, and converting them is part of the
call. Outputs of every cell are compared with the training library's before it is timed: a peer that
differs by more than 1e-5 in any row, or scores a model of its own, is shown but counts for no
ratio. “scikit-learn” is the fitted estimator itself, for XGBoost its scikit-learn interface.
{OURS} is called as its users do: Runtime.predict_proba(rows), bundles exported without sample rows.
"""


def page(results: Results, drawings: dict[str, bytes]) -> str:
    """The whole page."""
    parts = [
        "<h1>scorebundle beside its peers</h1>",
        f"<p>{escape(METHOD)}</p>",
        machine(results),
        "<h2>Goals</h2>",
        goals(results),
        *(picture(title, name, drawings) for name, title in PICTURES.items()),
        "<h2>Process start, memory, loading</h2>",
        processes(results),
        "<h2>Models</h2>",
        *(model(results, name, drawings) for name, _ in results.measured()),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>scorebundle: benchmark'
        f"</title><style>{STYLE}</style>\n" + "\n".join(parts) + "\n</html>\n"
    )


PICTURES: Final = {
    "throughput": "Throughput at the largest batch",
    "growth": "Growth with trees, depth and features",
    "threads": "Two threads",
    "cold-start": "Cold start and memory",
    "load": "Load time",
    "size": "File size",
}


def table(head: Sequence[str], rows: Iterable[str]) -> str:
    """A table of rows that are HTML already."""
    cells = "".join(f"<th>{escape(text)}</th>" for text in head)
    return f'<div class="wide"><table><tr>{cells}</tr>{"".join(rows)}</table></div>'


def row(texts: Iterable[str], kind: str = "") -> str:
    """A table row of plain texts."""
    return f'<tr class="{kind}">' + "".join(f"<td>{escape(t)}</td>" for t in texts) + "</tr>"


def machine(results: Results) -> str:
    """Where it ran, and what was installed."""
    found = dict(results.machine())
    installed = ", ".join(f"{k} {v}" for k, v in found.pop("versions", {}).items())
    facts = "; ".join(f"{name}: {value}" for name, value in found.items())
    return f"<p><small>{escape(facts)}<br>{escape(installed)}</small></p>"


def goals(results: Results) -> str:
    """The table that the benchmark is for."""

    def line(goal: Goal, found: Verdict) -> str:
        kind, word = {True: ("yes", "yes"), False: ("no", "no"), None: ("open", "not judged")}[
            found.reached
        ]
        texts = (goal.title, found.ours, found.peer, found.ratio, goal.text, word, found.outputs)
        return row(texts, kind)

    judged = [(goal, goal.judge(results)) for goal in GOALS]
    reached = sum(found.reached is True for _, found in judged)
    head = ("cell", "ours", "best peer", "ratio", "goal", "reached?", "ours and training library")
    return f"<p>{reached} of {len(judged)} reached.</p>" + table(
        head, (line(goal, found) for goal, found in judged)
    )


def picture(title: str, name: str, drawings: dict[str, bytes]) -> str:
    """A plot with its heading; nothing if it was not drawn."""
    if name not in drawings:
        return ""
    return f"<h2>{escape(title)}</h2>{image(drawings[name], title)}"


def image(png: bytes, title: str) -> str:
    """A PNG inside the page."""
    data = base64.b64encode(png).decode()
    return f'<img alt="{escape(title)}" src="data:image/png;base64,{data}">'


def processes(results: Results) -> str:
    """Figures of whole processes."""
    seconds: dict[str, float] = results.task("process-start").get("seconds", {})
    now: dict[str, float] = results.task("memory").get("resident_mb", {})
    most: dict[str, float] = results.task("memory").get("most_mb", {})
    base = seconds.get(NUMPY)
    rows = [
        row((
            name,
            duration(seconds[name]) if name in seconds else "–",
            f"{seconds[name] / base:.2f}" if base and name in seconds else "–",
            f"{now[name]:.1f} MB" if name in now else "–",
            f"{most[name]:.1f} MB" if name in most else "–",
        ))
        for name in {**seconds, **now}
    ]  # fmt: skip
    head = ("process", "start to exit, one score", "÷ import numpy", "RSS after it", "most")
    return table(head, rows) + "".join(
        f"<p>{escape(text)}</p>" for text in (*_bundles(results), *_failed(results))
    )


def _bundles(results: Results) -> Iterable[str]:
    for name, found in results.task("load").get("bundles", {}).items():
        yield (
            f"Loading a bundle of {name} ({size(found['bytes'])}): "
            f"{duration(found['load seconds'])}; its first row then takes "
            f"{duration(found['first row seconds'])}."
        )
    built = results.task("first-build").get("seconds")
    if built:
        yield f"First score on a machine that has no kernels yet: {duration(built)}."


def _failed(results: Results) -> Iterable[str]:
    for name, task in results.tasks.items():
        if "failed" in task:
            yield f"{name} failed: {task['failed']}"


def model(results: Results, task: str, drawings: dict[str, bytes]) -> str:
    """One model: plot, figures, and what became of each peer."""
    result = results.task(task)
    suffix = f", {result['threads']} threads" if result["threads"] > 1 else ""
    title = result["title"] + suffix
    exported = result["peers"].get(OURS, {})
    refusal = ""
    if exported.get("status") == "failed":
        refusal = f'<p class="no">Not exported: {escape(exported["reason"])}</p>'
    drawn = drawings.get(f"latency-{task}")
    return "".join((
        f'<h3 id="{escape(task)}">{escape(title)}</h3>',
        refusal,
        image(drawn, title) if drawn else "",
        times(results, task),
        statuses(result["peers"]),
    ))  # fmt: skip


def times(results: Results, task: str) -> str:
    """Peers down, cells across."""
    cells = list(results.cells(task))
    columns = list(dict.fromkeys((cell.view, cell.rows) for cell in cells))
    found = {(cell.peer, cell.view, cell.rows): cell for cell in cells}
    best = {
        column: min(c.median for c in cells if (c.view, c.rows) == column) for column in columns
    }
    peers = [name for name in PEERS if any(cell.peer == name for cell in cells)]
    peers += sorted({cell.peer for cell in cells} - set(peers))
    lines = []
    for peer in peers:
        texts = [f"<td>{escape(peer)}</td>"]
        for column in columns:
            cell = found.get((peer, *column))
            texts.append("<td></td>" if cell is None else _figure(cell, best[column]))
        lines.append(f"<tr>{''.join(texts)}</tr>")
    head = [f"{rows:,} row{'s' if rows > 1 else ''}, {view}" for view, rows in columns]
    return table(("peer", *head), lines)


def _figure(cell: Cell, best: float) -> str:
    kind = "n best" if cell.median == best else "n" if cell.counts else "n off"
    small = f"{duration(cell.q1)} … {duration(cell.q3)}"
    if cell.p50 is not None and cell.p99 is not None:
        small += f"<br>p50 {duration(cell.p50)}, p99 {duration(cell.p99)}"
    return f'<td class="{kind}">{duration(cell.median)}<br><small>{small}</small></td>'


def statuses(peers: dict[str, dict[str, Any]]) -> str:
    """Every peer with its outcome, also those that failed."""

    def difference(note: dict[str, Any]) -> str:
        good = [check for check in note.get("checks", ()) if "reason" not in check]
        if not good:
            return "–"
        if all(check["identical"] for check in good):
            return "identical"
        return f"{max(float(check['difference']) for check in good):.2g}"

    def notes(note: dict[str, Any]) -> str:
        texts = [note.get("reason", "")]
        texts += [f"{c['view']}: {c['reason']}" for c in note.get("checks", ()) if "reason" in c]
        return "; ".join(dict.fromkeys(text for text in texts if text))

    rows = [
        row((
            name,
            note["status"],
            difference(note),
            duration(note["prepare_seconds"]) if "prepare_seconds" in note else "–",
            duration(note["load_seconds"]) if "load_seconds" in note else "–",
            size(note["file_bytes"]) if "file_bytes" in note else "–",
            notes(note),
        ))
        for name, note in peers.items()
    ]  # fmt: skip
    head = ("peer", "status", "largest difference", "prepare*", "load", "file", "why")
    foot = "<small>* from the cache if it was converted before</small>"
    return f"<details><summary>peers</summary>{table(head, rows)}{foot}</details>"
