"""PMML model composition: Regressions and DecisionTrees inside of Nodes and MiningModels."""

from __future__ import annotations

import math
from typing import Any

import pytest

from .pmml_documents import document, scores

LESS = '<SimplePredicate field="{}" operator="lessThan" value="{}"/>'
MORE = '<SimplePredicate field="{}" operator="greaterOrEqual" value="{}"/>'
ROWS: list[dict[str, Any]] = [{"x": x, "z": z} for x in (-1.0, 0.5, 2.0) for z in (-3.0, 7.0)]
NOTHING: dict[str, Any] = {"x": None, "z": None}


def line(intercept: float, coefficient: float) -> str:
    """A Regression: intercept + coefficient · z."""
    return (
        f'<Regression functionName="regression"><RegressionTable intercept="{intercept}">'
        f'<NumericPredictor name="z" coefficient="{coefficient}"/></RegressionTable></Regression>'
    )


def test_models_inside_of_nodes_predict_for_their_rows() -> None:
    inner = (
        '<DecisionTree functionName="regression"><Node score="0"><True/>'
        f'<Node id="low" score="11">{LESS.format("z", 0)}</Node>'
        f'<Node id="high" score="12">{MORE.format("z", 0)}</Node></Node></DecisionTree>'
    )
    model = (
        '<TreeModel functionName="regression">MINING<Output><OutputField name="id" '
        'dataType="string" feature="entityId"/></Output><Node score="3"><True/>'
        f'<Node id="a">{LESS.format("x", 0)}{line(1, 2)}</Node>'
        f'<Node id="b" score="7">{LESS.format("x", 1)}</Node>'
        f'<Node id="c">{MORE.format("x", 1)}{inner}</Node></Node></TreeModel>'
    )
    found = scores(document(model, {"x": "double", "z": "double", "y": "double"}), *ROWS, NOTHING)
    assert [row["y"] for row in found[:-1]] == [-5.0, 15.0, 7.0, 7.0, 11.0, 12.0]
    assert [row["id"] for row in found[:-1]] == ["a", "a", "b", "b", "low", "high"]
    assert math.isnan(found[-1]["y"])


def test_a_decision_tree_selects_a_classification() -> None:
    def logit(intercept: float, coefficient: float) -> str:
        return (
            '<Regression functionName="classification" normalizationMethod="logit">'
            f'<RegressionTable intercept="{intercept}" targetCategory="a"><NumericPredictor '
            f'name="z" coefficient="{coefficient}"/></RegressionTable>'
            '<RegressionTable intercept="0" targetCategory="b"/></Regression>'
        )

    model = (
        '<MiningModel functionName="classification">MINING<Output><OutputField name="p" '
        'dataType="double" feature="probability" value="a"/></Output>'
        '<DecisionTree functionName="classification"><Node><True/>'
        f"<Node>{LESS.format('x', 0)}{logit(1, 2)}</Node>"
        f"<Node>{MORE.format('x', 0)}{logit(-1, 0.5)}</Node></Node></DecisionTree></MiningModel>"
    )
    found = scores(document(model, {"x": "double", "z": "double", "y": "string"}), *ROWS, NOTHING)
    sums = [1 + 2 * r["z"] if r["x"] < 0 else -1 + 0.5 * r["z"] for r in ROWS]
    assert [row["p"] for row in found[:-1]] == pytest.approx([1 / (1 + math.exp(-s)) for s in sums])
    assert [row["y"] for row in found[:-1]] == ["a" if s > 0 else "b" for s in sums]
    assert math.isnan(found[-1]["p"])
    assert found[-1]["y"] is None


def test_models_in_sequence_read_the_result_fields_of_those_before() -> None:
    first = line(0.5, 3).replace(
        '"regression">', '"regression"><ResultField name="u" feature="predictedValue"/>', 1
    )
    second = line(0.25, 2).replace('name="z"', 'name="u"')
    model = f'<MiningModel functionName="regression">MINING{first}{second}</MiningModel>'
    found = scores(document(model, {"x": "double", "z": "double", "y": "double"}), *ROWS)
    assert [row["y"] for row in found] == [0.25 + 2 * (0.5 + 3 * row["z"]) for row in ROWS]


def test_trees_with_models_inside_are_averaged() -> None:
    tree = (
        f'<TreeModel functionName="regression">MINING<Node><True/>{line(1, 2)}</Node></TreeModel>'
    )
    plain = '<TreeModel functionName="regression">MINING<Node score="5"><True/></Node></TreeModel>'
    segments = "".join(f"<Segment><True/>{each}</Segment>" for each in (tree, plain))
    model = (
        '<MiningModel functionName="regression">MINING<Segmentation multipleModelMethod="average">'
        f"{segments}</Segmentation></MiningModel>"
    )
    found = scores(document(model, {"x": "double", "z": "double", "y": "double"}), *ROWS)
    assert [row["y"] for row in found] == [(1 + 2 * row["z"] + 5) / 2 for row in ROWS]
