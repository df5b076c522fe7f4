"""The demo's drawings and page on small data; `make demo` runs the whole."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scorebundle.bundle import Bundle
from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from examples import demo_compare, demo_report, demo_svg

VOID = {"meta", "link", "br"}


class Balanced(HTMLParser):
    """Fails on tags that do not close in order; keeps the attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def rows() -> Any:
    return np.random.default_rng(0).normal(size=(40, 3))


@pytest.fixture(scope="module")
def pipeline(rows: Any) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, rows[:, 0] > 0)


@pytest.fixture(scope="module")
def bundle(pipeline: Any) -> Bundle:
    return export_bundle(pipeline, name="<small> & tidy")


@pytest.fixture
def outputs(bundle: Bundle, rows: Any) -> dict[str, Any]:
    scores = Runtime.load(bundle).score(rows)
    return {name: np.asarray(value).tolist() for name, value in scores.items()}


def result(bundle: Bundle, agreements: list[demo_compare.Agreement]) -> demo_report.Result:
    return demo_report.Result("A <model>", bundle, agreements, 40, 9, 5, None, 1e6, 5000, 1e5)


def test_equal_scores_agree(
    bundle: Bundle, pipeline: Any, rows: Any, outputs: dict[str, Any]
) -> None:
    found = demo_compare.compare(bundle, pipeline, rows, outputs)
    assert {item.output for item in found} == set(outputs)
    assert all(item.broken == 0 for item in found)
    assert next(item for item in found if item.labels).equal == 40


def test_a_wrong_number_and_a_wrong_label_are_found(
    bundle: Bundle, pipeline: Any, rows: Any, outputs: dict[str, Any]
) -> None:
    outputs["predict"][3] = not outputs["predict"][3]
    outputs["predict_proba"][5][1] += 1e-9
    found = {a.output: a.broken for a in demo_compare.compare(bundle, pipeline, rows, outputs)}
    assert found["predict"] == found["predict_proba"] == 1
    assert found["decision_function"] == 0


def test_the_page_is_whole_and_needs_no_network(
    bundle: Bundle, pipeline: Any, rows: Any, outputs: dict[str, Any]
) -> None:
    found = demo_compare.compare(bundle, pipeline, rows, outputs)
    page = demo_report.page([result(bundle, found)])
    attributes = Balanced(page).attributes
    assert not {name for name, _ in attributes} & {"src", "href", "srcset"}
    assert "://" not in page
    assert "url(" not in page
    assert "<script" not in page
    assert "&lt;small&gt; &amp; tidy" in page
    assert "prefers-color-scheme: dark" in page
    assert bundle.digest in page


def test_the_page_says_when_scores_differ(
    bundle: Bundle, pipeline: Any, rows: Any, outputs: dict[str, Any]
) -> None:
    outputs["predict"][3] = not outputs["predict"][3]
    found = demo_compare.compare(bundle, pipeline, rows, outputs)
    assert "1 scores are not" in demo_report.page([result(bundle, found)])


def test_the_graph_draws_every_step(bundle: Bundle) -> None:
    drawn = demo_svg.graph(bundle.graph)
    for words in ("3 input columns", "standardscaler", "logisticregression", "predict_proba"):
        assert words in drawn
    assert drawn.count('class="edge"') == 3


def test_drawings_stand_strange_numbers() -> None:
    for pairs in ([], [(1.0, 1.0)], [(float("nan"), 0.0), (2.0, 3.0)]):
        drawn = demo_svg.scatter(pairs)
        assert "nan" not in drawn
        Balanced(drawn)
    rows = [("ours", 5.0, "5 µs", True), ("theirs", 5.0, "5 µs", False)]
    assert demo_svg.bars(rows).count("<rect") == 2
