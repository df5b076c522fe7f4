"""Three small drawings as inline SVG: a graph by step, a parity scatter, bars on a log scale.

Colours are the page's CSS variables, so that the drawings follow its light or dark scheme.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from html import escape

from scorebundle.bundle import Graph
from scorebundle.bundle.graph import columns_of

BOX, GAP, LINE, PAD = 204, 54, 17, 12
"""Width of a box and between boxes, height of a line, padding; in pixels."""
MAX_POINTS = 400


def element(tag: str, body: str = "", **attributes: object) -> str:
    """One SVG element; `_` in attribute names stands for `-`, a trailing one for nothing."""
    pairs = [(name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items()]
    inside = "".join(f' {name}="{escape(str(value))}"' for name, value in pairs)
    return f"<{tag}{inside}>{body}</{tag}>"


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """One line of text."""
    return element(
        "text", escape(words), x=round(x, 1), y=round(y, 1), class_=kind, text_anchor=anchor
    )


def drawing(width: float, height: float, body: str, label: str) -> str:
    """An SVG that shrinks with the page."""
    return element(
        "svg",
        body,
        viewBox=f"0 0 {width:g} {height:g}",
        style=f"max-width:{width:g}px",
        role="img",
        aria_label=label,
    )


class _Step:
    """A box of the graph drawing: a pipeline step with its operators."""

    def __init__(self, title: str, lines: list[str], depth: int) -> None:
        self.title, self.lines, self.depth = title, lines, depth
        self.x = self.y = 0.0

    @property
    def height(self) -> float:
        return LINE * (len(self.lines) + 1) + 2 * PAD

    def draw(self) -> str:
        box = element("rect", x=self.x, y=self.y, width=BOX, height=self.height, rx=6, class_="box")
        left, top = self.x + PAD, self.y + PAD + LINE * 0.75
        rows = [text(left, top, _cut(self.title), "title")]
        rows += [text(left, top + LINE * i, _cut(s), "dim") for i, s in enumerate(self.lines, 1)]
        return box + "".join(rows)


def graph(model: Graph) -> str:
    """The pipeline's steps as boxes, inputs left, outputs right, values as curves."""
    steps, edges = _layout(model)
    layers: dict[int, list[_Step]] = {}
    for step in steps.values():
        layers.setdefault(step.depth, []).append(step)
    heights = {d: sum(s.height + 20 for s in layer) - 20 for d, layer in layers.items()}
    height = max(heights.values()) + 2
    for depth, layer in layers.items():
        y = (height - heights[depth]) / 2
        for step in layer:
            step.x, step.y = 1 + depth * (BOX + GAP), y
            y += step.height + 20
    width = max(s.x for s in steps.values()) + BOX + 1
    curves = "".join(_curve(steps[a], steps[b]) for a, b in edges)
    return drawing(
        width, height, curves + "".join(s.draw() for s in steps.values()), "graph of the bundle"
    )


def _layout(model: Graph) -> tuple[dict[str, _Step], list[tuple[str, str]]]:
    """Boxes by step, and which of them feed which."""
    home = {node.output: node.step for node in model.nodes}
    kinds: dict[str, Counter[str]] = {}
    edges: dict[tuple[str, str], None] = {}
    for node in model.nodes:
        kinds.setdefault(node.step, Counter())[node.kind] += 1
        sources = [home[name] for name in node.inputs]
        sources += ["<inputs>"] if columns_of(node.op) else []
        edges.update({(a, node.step): None for a in sources if a != node.step})
    edges.update({(home[v], "<outputs>"): None for o in model.outputs for v in o.values})
    names = [name for name, kind in model.inputs if kind != "any"]
    steps = {"<inputs>": _Step(f"{len(names)} input columns", _some(names), 0)}
    for name, found in kinds.items():
        before = [steps[a].depth for a, b in edges if b == name and a in steps]
        lines = [f"{kind} × {count}" if count > 1 else kind for kind, count in found.items()]
        steps[name] = _Step(name or "pipeline", lines, max(before, default=0) + 1)
    outputs = [output.name for output in model.outputs]
    last = max(step.depth for step in steps.values()) + 1
    steps["<outputs>"] = _Step("outputs", outputs, last)
    return steps, [e for e in edges if steps[e[0]].depth < steps[e[1]].depth]


def _curve(start: _Step, end: _Step) -> str:
    x1, y1 = start.x + BOX, start.y + start.height / 2
    x2, y2 = end.x, end.y + end.height / 2
    turn, bend = x2 - GAP, GAP * 0.6  # straight past other boxes, then one bend
    curve = f"C{turn + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    path = f"M{x1:g} {y1:g} H{turn:g} {curve}"
    return element("path", d=path, class_="edge")


def _some(names: Sequence[str], most: int = 5) -> list[str]:
    return [*names[:most], *([f"and {len(names) - most} more"] if len(names) > most else [])]


def _cut(words: str, most: int = 26) -> str:
    return words if len(words) <= most else "…" + words[1 - most :]


def scatter(pairs: Sequence[tuple[float, float]], size: float = 300) -> str:
    """Theirs across, ours upward; where they agree, the points lie on the diagonal."""
    pairs = [p for p in pairs if all(map(math.isfinite, p))][:: max(1, len(pairs) // MAX_POINTS)]
    values = [value for pair in pairs for value in pair] or [0.0]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    left, side = 44, size - 60

    def at(value: float) -> float:
        return side * (value - low) / span

    frame = element("rect", x=left, y=8, width=side, height=side, class_="frame")
    diagonal = element("path", d=f"M{left} {8 + side}L{left + side} 8", class_="diagonal")
    points = "".join(
        element("circle", cx=f"{left + at(a):.1f}", cy=f"{8 + side - at(b):.1f}", r=3, class_="dot")
        for a, b in pairs
    )
    labels = [
        text(left, side + 26, f"{low:.3g}", "dim"),
        text(left + side, side + 26, f"{high:.3g}", "dim", "end"),
        text(left + side / 2, side + 44, "training library", "", "middle"),
        text(left - 6, 8 + side, f"{low:.3g}", "dim", "end"),
        text(left - 6, 20, f"{high:.3g}", "dim", "end"),
        text(left + 8, 24, "scorebundle", ""),
    ]
    body = frame + diagonal + points + "".join(labels)
    return drawing(size, size, body, "ours against the training library's")


def bars(rows: Sequence[tuple[str, float, str, bool]], width: float = 720) -> str:
    """Horizontal bars on a logarithmic scale: (label, value, shown as, is it ours)."""
    left, right, line = 250, 110, 26
    low = 10 ** math.floor(math.log10(min(row[1] for row in rows)) - 0.3)
    high = max(row[1] for row in rows)
    scale = (width - left - right) / math.log10(high / low)
    parts = []
    for index, (label, value, shown, ours) in enumerate(rows):
        y, length = index * line, scale * math.log10(value / low)
        kind = "ours" if ours else "theirs"
        parts.append(text(left - 10, y + 17, label, "", "end"))
        parts.append(
            element(
                "rect", x=left, y=y + 4, width=f"{length:.1f}", height=line - 8, rx=2, class_=kind
            )
        )
        parts.append(text(left + length + 8, y + 17, shown, "dim"))
    return drawing(width, line * len(rows), "".join(parts), "bars on a logarithmic scale")
