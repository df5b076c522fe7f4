"""The plots, as PNG. Every peer has one colour and marker on all of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from ..measure import ALONE
from ..models import MODELS
from ..peers import OURS, PEERS
from ..processes import NUMPY
from ..results import Cell, Results, duration

COLOURS: Final = (
    "#d62728", "#1f77b4", "#2ca02c", "#98c379", "#9467bd", "#ff7f0e", "#8c564b", "#e377c2",
    "#7f7f7f", "#17becf", "#bcbd22", "#5b6ee1", "#444444", "#aa8800",
)  # fmt: skip
MARKERS: Final = "osD^vP*X<>phdH"
STYLE: Final = {
    name: (COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)])
    for i, name in enumerate((*PEERS, ALONE))
}
GREY: Final = ("#bbbbbb", "o")

TIME = FuncFormatter(lambda value, _: duration(value))
COUNT = FuncFormatter(lambda value, _: f"{value:,.0f}")

AXES: Final = {
    "trees": "trees of depth 6",
    "depth": "depth of 100 trees",
    "features": "features (100 trees of depth 6)",
}


def plots(results: Results) -> dict[str, bytes]:
    """PNG by name, of whatever has been measured."""
    found: dict[str, bytes] = {}
    for name, draw in DRAWINGS.items():
        figure = draw(results)
        if figure is not None:
            found[name] = png(figure)
    for task, _ in results.measured():
        if task in MODELS and not task.startswith("grow-"):
            found[f"latency-{task}"] = png(latency(results, task))
    return found


def png(figure: Figure) -> bytes:
    """The figure's bytes."""
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=110)
    return target.getvalue()


def latency(results: Results, task: str) -> Figure:
    """Time of a call over the number of rows, one panel per view, one line per peer."""
    views = [v for v in results.views(task) if v != "dict"] or results.views(task)
    figure = Figure(figsize=(5.6 * len(views) + 2.4, 5), layout="constrained")
    panels = figure.subplots(1, len(views), sharey=True, squeeze=False)[0]
    for panel, view in zip(panels, views, strict=True):
        for peer, cells in by_peer(results.cells(task), view):
            line(panel, peer, [(cell.rows, cell.median) for cell in cells], cells[0].same_model)
        panel.set(xscale="log", yscale="log", xlabel=f"rows per call ({view})")
        panel.xaxis.set_major_formatter(COUNT)
        panel.yaxis.set_major_formatter(TIME)
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("median time of a call")
    figure.suptitle(MODELS[task].title)
    legend(figure, panels)
    return figure


def by_peer(cells: Iterator[Cell], view: str) -> Iterator[tuple[str, list[Cell]]]:
    """The cells of a view, peer by peer."""
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.view == view:
            found.setdefault(cell.peer, []).append(cell)
    order = [name for name in STYLE if name in found]
    return ((name, sorted(found[name], key=lambda cell: cell.rows)) for name in order)


def line(panel: Axes, peer: str, points: list[tuple[int, float]], same_model: bool) -> None:
    """One peer's line; dashed if it scores a model of its own."""
    colour, marker = STYLE.get(peer, GREY)
    panel.plot(
        [x for x, _ in points],
        [y for _, y in points],
        color=colour,
        marker=marker,
        markersize=5,
        linewidth=2.6 if peer == OURS else 1.3,
        linestyle="-" if same_model else "--",
        label=peer,
        zorder=3 if peer == OURS else 2,
    )


def legend(figure: Figure, panels: Any) -> None:
    """One for all panels, beside them."""
    entries: dict[str, Any] = {}
    for panel in panels:
        handles, labels = panel.get_legend_handles_labels()
        entries.update(zip(labels, handles, strict=True))
    names = [name for name in STYLE if name in entries]
    if names:
        chosen = [entries[name] for name in names]
        figure.legend(chosen, names, loc="outside right upper", frameon=False)


def throughput(results: Results) -> Figure | None:
    """Rows a second at the largest batch, one panel per model."""
    bars: dict[str, dict[str, float]] = {}
    for task, _ in results.measured():
        if task not in MODELS or task.startswith("grow-"):
            continue
        view = next((v for v in results.views(task) if v != "dict"), None)
        cells = [cell for cell in results.cells(task) if cell.view == view]
        largest = max((cell.rows for cell in cells), default=0)
        title = f"{MODELS[task].title}\n({largest:,} rows, {view})"
        bars[title] = {c.peer: c.rows / c.median for c in cells if c.rows == largest}
    return panels_of_bars(bars, "rows per second", COUNT)


def loading(results: Results) -> Figure | None:
    """From a file until ready to score."""
    return noted(results, "load_seconds", "time to load the model's file", TIME)


def sizes(results: Results) -> Figure | None:
    """What is shipped."""
    text = FuncFormatter(lambda value, _: f"{value / 1e6:g} MB")
    return noted(results, "file_bytes", "size of the model's file", text)


def noted(results: Results, key: str, label: str, text: FuncFormatter) -> Figure | None:
    """Bars of something that is noted once per peer and model."""
    bars = {
        MODELS[task].title: {
            peer: float(note[key])
            for peer, note in result["peers"].items()
            if note.get(key) and note["status"] != "failed"
        }
        for task, result in results.measured()
        if task in MODELS and not task.startswith("grow-")
    }
    return panels_of_bars(bars, label, text)


def panels_of_bars(
    groups: dict[str, dict[str, float]], label: str, text: FuncFormatter
) -> Figure | None:
    """Small panels of horizontal bars on logarithmic axes, two beside each other."""
    groups = {title: bars for title, bars in groups.items() if bars}
    if not groups:
        return None
    columns = 2 if len(groups) > 1 else 1
    lines = -(-len(groups) // columns)
    figure = Figure(figsize=(6.4 * columns, 2.9 * lines), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).flat
    for title, bars in groups.items():
        horizontal(next(panels), bars, title, label, text, log=True)
    for rest in panels:
        rest.axis("off")
    return figure


def horizontal(
    panel: Axes, bars: dict[str, float], title: str, label: str, text: FuncFormatter, log: bool
) -> None:
    """Bars with their values written at their ends."""
    names = [n for n in (NUMPY, *STYLE) if n in bars] + [n for n in bars if n not in STYLE]
    names = list(dict.fromkeys(names))[::-1]
    values = [bars[name] for name in names]
    shown = panel.barh(names, values, color=[STYLE.get(name, GREY)[0] for name in names])
    panel.bar_label(shown, [f" {text(value)}" for value in values], fontsize=8)
    if log:
        panel.set_xscale("log")
        panel.xaxis.set_minor_formatter(NullFormatter())  # between the powers there is no room
        panel.set_xlim(min(values) / 2, max(values) * 8)
    else:
        panel.set_xlim(0, max(values) * 1.2)
    panel.xaxis.set_major_formatter(text)
    panel.tick_params(labelsize=8)
    panel.set_title(title, fontsize=9)
    panel.set_xlabel(label, fontsize=8)
    panel.grid(axis="x", alpha=0.3)
    panel.set_axisbelow(True)


def cold_start(results: Results) -> Figure | None:
    """Whole processes, and what they hold in memory."""
    groups = (
        (results.task("process-start").get("seconds"), "process start to exit, one score", TIME),
        (
            results.task("memory").get("resident_mb"),
            "resident memory after the first score",
            FuncFormatter(lambda value, _: f"{value:.0f} MB"),
        ),
    )
    shown = [group for group in groups if group[0]]
    if not shown:
        return None
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    panels = figure.subplots(1, len(shown), squeeze=False)[0]
    for panel, (bars, label, text) in zip(panels, shown, strict=True):
        assert bars is not None
        horizontal(panel, bars, "", label, text, log=False)
    return figure


def growth(results: Results) -> Figure | None:
    """One row and ten thousand, over trees, depth and features."""
    points: dict[tuple[str, int], dict[str, list[tuple[int, float]]]] = {}
    for task, _ in results.measured():
        for axis, value in MODELS[task].growth if task in MODELS else ():
            for cell in results.cells(task):
                if cell.view == "float32" and cell.counts and cell.rows in (1, 10_000):
                    lines = points.setdefault((axis, cell.rows), {})
                    lines.setdefault(cell.peer, []).append((value, cell.median))
    if not any(len(line) > 1 for lines in points.values() for line in lines.values()):
        return None
    figure = Figure(figsize=(14, 8), layout="constrained")
    panels = figure.subplots(2, 3)
    for column, (axis, label) in enumerate(AXES.items()):
        for row, rows in enumerate((1, 10_000)):
            panel = panels[row][column]
            lines = points.get((axis, rows), {})
            for peer, found in lines.items():
                if len(found) > 1:
                    line(panel, peer, sorted(found), True)
            values = sorted({x for found in lines.values() for x, _ in found})
            panel.set(xscale="log", yscale="log", xlabel=label, ylabel=f"time of {rows:,} row(s)")
            panel.set_xticks(values, [str(value) for value in values])
            panel.minorticks_off()
            panel.yaxis.set_major_formatter(TIME)
            panel.grid(alpha=0.3)
    legend(figure, panels.flat)
    return figure


def two_threads(results: Results) -> Figure | None:
    """The largest batch, everybody with two threads."""
    bars: dict[str, dict[str, float]] = {}
    for task, _ in results.measured():
        if task.endswith("-2-threads"):
            cells = list(results.cells(task))
            largest = max((cell.rows for cell in cells), default=0)
            title = f"{results.task(task)['title']}\n({largest:,} rows, 2 threads)"
            bars[title] = {c.peer: c.rows / c.median for c in cells if c.rows == largest}
    return panels_of_bars(bars, "rows per second", COUNT)


DRAWINGS: Final[dict[str, Callable[[Results], Figure | None]]] = {
    "throughput": throughput,
    "threads": two_threads,
    "growth": growth,
    "cold-start": cold_start,
    "load": loading,
    "size": sizes,
}
"""Besides one latency plot per model."""
