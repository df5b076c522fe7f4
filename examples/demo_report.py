"""The demo's report: one HTML page that needs nothing else, no script, font or network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from examples import demo_svg
from examples.demo_compare import Agreement

from scorebundle.bundle import Bundle

STYLE = """
:root { color-scheme: light dark; --paper: #fcfcfb; --ink: #1d1d1f; --dim: #6b6f76;
  --line: #dcdcd8; --box: #f3f3f0; --ours: #0b6e75; --theirs: #b9bcc2; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e9e9e6; --dim: #9a9ea6;
  --line: #35383d; --box: #1f2226; --ours: #4db6bd; --theirs: #5b6068; } }
body { margin: 0 auto; max-width: 62rem; padding: 3rem 1.5rem 5rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; font-weight: 600; margin: 0 0 .4rem; }
h2 { font-size: 1.2rem; font-weight: 600; margin: 3.5rem 0 .3rem; }
h3 { font-size: .95rem; font-weight: 600; margin: 1.8rem 0 .6rem; }
p { margin: .3rem 0; } .dim, figcaption { color: var(--dim); }
code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem;
  font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .4rem .9rem .4rem 0;
  border-bottom: 1px solid var(--line); }
th { font-weight: 500; color: var(--dim); white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
figure { margin: 0; } figcaption { font-size: .85rem; margin-top: .3rem; }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 12.5px; }
svg text.dim { fill: var(--dim); } svg text.title { font-weight: 600; }
.box { fill: var(--box); stroke: var(--line); } .edge { fill: none; stroke: var(--dim); }
.frame { fill: none; stroke: var(--line); } .diagonal { stroke: var(--dim); stroke-dasharray: 3 4; }
.dot { fill: var(--ours); fill-opacity: .55; } .ours { fill: var(--ours); }
.theirs { fill: var(--theirs); }
"""


class Result(NamedTuple):
    """What the demo found out about one model; speeds are medians."""

    title: str
    bundle: Bundle
    agreements: list[Agreement]
    rows: int
    first_ms: float
    dict_us: float
    array_us: float | None
    rows_per_s: float
    library_us: float
    library_rows_per_s: float

    @property
    def labels_equal(self) -> str:
        """Equal labels of all, or a dash for a model without labels."""
        found = [item for item in self.agreements if item.labels]
        return f"{found[0].equal} of {found[0].rows}" if found else "–"

    @property
    def largest(self) -> str:
        """The largest difference of any number, absolute and in ulp."""
        numbers = [item for item in self.agreements if not item.labels]
        gap = max((item.difference for item in numbers), default=0.0)
        ulp = max((item.ulp for item in numbers), default=0.0)
        return f"{gap:.2g} ({ulp:.0f} ulp)"


def page(results: Sequence[Result]) -> str:
    """The whole report."""
    broken = sum(item.broken for result in results for item in result.agreements)
    verdict = (
        "Every score is the training library’s own, within the contract its bundle states."
        if not broken
        else f"{broken} scores are not the training library’s."
    )
    body = [
        "<h1>scorebundle: the same scores, without the training library</h1>",
        f"<p>{verdict}</p>",
        '<p class="dim">Three pipelines were trained, exported to one zip each, and scored by a '
        "Python that has neither scikit-learn nor XGBoost. The rows are test rows of real "
        "datasets; of <i>wine</i>, two columns were put into named bands and some cells taken "
        "away, to have text and missing values.</p>",
        _summary(results),
        _speed(results),
        *map(_section, results),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>scorebundle demo</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> str:
    """An HTML table whose cells from the second to number `numbers` are aligned right."""

    def cells(tag: str, row: Sequence[str]) -> str:
        kinds = [' class="number"' if 0 < i <= numbers else "" for i in range(len(row))]
        return "".join(
            f"<{tag}{kind}>{escape(cell)}</{tag}>" for kind, cell in zip(kinds, row, strict=True)
        )

    lines = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    head = f"<thead><tr>{cells('th', header)}</tr></thead>"
    return f'<div class="wide"><table>{head}<tbody>\n{lines}\n</tbody></table></div>'


def _summary(results: Sequence[Result]) -> str:
    header = ("model", "rows", "labels equal", "largest difference", "load + first scores")
    rows = [
        (r.bundle.name, f"{r.rows}", r.labels_equal, r.largest, f"{r.first_ms:.0f} ms")
        for r in results
    ]
    return f"<h2>Results</h2>{table(header, rows, 4)}"


def _speed(results: Sequence[Result]) -> str:
    latency, throughput = [], []
    for r in results:
        name = r.bundle.name
        latency.append((f"{name}, from a dict", r.dict_us, _micro(r.dict_us), True))
        if r.array_us is not None:
            latency.append((f"{name}, from an array", r.array_us, _micro(r.array_us), True))
        latency.append((f"{name}, training library", r.library_us, _micro(r.library_us), False))
        ours, theirs = r.rows_per_s, r.library_rows_per_s
        throughput.append((f"{name}, scorebundle", ours, f"{ours:,.0f}", True))
        throughput.append((f"{name}, training library", theirs, f"{theirs:,.0f}", False))
    return (
        "<h2>Speed</h2>"
        f"<h3>Time for one row</h3>{demo_svg.bars(latency)}"
        f"<h3>Rows per second, in batches of 20,000, one thread</h3>{demo_svg.bars(throughput)}"
        '<p class="dim">Medians on this machine, both scales logarithmic. The training library '
        "was given DataFrames, as it was fitted on them.</p>"
    )


def _micro(value: float) -> str:
    return f"{value:.1f} µs" if value < 1000 else f"{value / 1000:.1f} ms"


def _section(result: Result) -> str:
    manifest = result.bundle.manifest
    libraries = ", ".join(f"{name} {version}" for name, version in manifest.libraries.items())
    drawn = next(
        (item for item in reversed(result.agreements) if item.output == "predict_proba"), None
    ) or next(item for item in result.agreements if not item.labels)
    caption = f"{drawn.output}, {drawn.equal} of {drawn.rows} rows equal bit for bit"
    return (
        f"<h2>{escape(result.title)}</h2>"
        f'<p class="dim">{escape(libraries)} · digest <code>{result.bundle.digest}</code></p>'
        f'<h3>The bundle’s graph</h3><div class="wide">{demo_svg.graph(result.bundle.graph)}</div>'
        "<h3>Ours against the training library’s</h3>"
        f"<figure>{demo_svg.scatter(drawn.pairs)}<figcaption>{escape(caption)}</figcaption></figure>"
        f"<h3>These test rows</h3>{_compared(result)}"
        f"<h3>Certificate, measured at export on probe rows</h3>{_certificate(result)}"
    )


def _compared(result: Result) -> str:
    header = ("output", "rows", "equal", "beyond contract", "largest difference", "ulp")
    rows = [
        (a.output, f"{a.rows}", f"{a.equal}", f"{a.broken}", f"{a.difference:.3g}", f"{a.ulp:.3g}")
        for a in result.agreements
    ]
    return table(header, rows, 5)


def _certificate(result: Result) -> str:
    header = ("output", "rows", "values", "max ulp", "max difference", "ties", "contract")
    rows = [
        (
            name,
            f"{item.rows:,}",
            f"{item.values:,}",
            f"{item.max_ulp:.3g}",
            f"{item.max_difference:.3g}",
            f"{item.ties}",
            item.contract,
        )
        for name, item in result.bundle.manifest.certificate.items()
    ]
    return table(header, rows, 5)
