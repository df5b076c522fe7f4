"""PMML models that few producers write: the reader against their formulas, computed here."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from .pmml_documents import document, scores

FOREST = """<MiningModel functionName="regression">MINING
<Segmentation multipleModelMethod="average">
<Segment id="1"><True/><TreeModel functionName="regression">MINING<Node><True/>
 <Node score="1"><SimplePredicate field="x" operator="lessThan" value="0"/></Node>
 <Node score="4"><SimplePredicate field="x" operator="greaterOrEqual" value="0"/></Node>
</Node></TreeModel></Segment>
<Segment id="2"><True/><TreeModel functionName="regression">MINING<Node><True/>
 <Node score="2"><SimplePredicate field="x" operator="lessThan" value="1"/></Node>
 <Node score="5"><SimplePredicate field="x" operator="greaterOrEqual" value="1"/></Node>
</Node></TreeModel></Segment></Segmentation></MiningModel>"""
CLUSTERS = """<ClusteringModel functionName="clustering" modelClass="centerBased"
numberOfClusters="2">MINING<ComparisonMeasure kind="distance"><euclidean/></ComparisonMeasure>
<ClusteringField field="x"/><ClusteringField field="z"/>
<Cluster id="a"><Array type="real" n="2">0 0</Array></Cluster>
<Cluster id="b"><Array type="real" n="2">9 9</Array></Cluster></ClusteringModel>
<MeanClusterDistances><Array type="real" n="2">2 4</Array></MeanClusterDistances>"""
MACHINE = """<SupportVectorMachineModel functionName="regression">MINING
<RadialBasisKernelType gamma="0.5"/><VectorDictionary><VectorFields><FieldRef field="x"/>
</VectorFields><VectorInstance id="1"><Array type="real">1</Array></VectorInstance>
</VectorDictionary><SupportVectorMachine><SupportVectors><SupportVector vectorId="1"/>
</SupportVectors><Coefficients absoluteValue="-0.25"><Coefficient value="2"/></Coefficients>
</SupportVectorMachine></SupportVectorMachineModel>"""
USUAL = 2 * (math.log(255) + np.euler_gamma) - 2 * 255 / 256


@pytest.mark.parametrize(
    ("kind", "inner", "expected"),
    [
        ("iforest", FOREST, [2 ** (-1.5 / USUAL), 2 ** (-4.5 / USUAL)]),
        ("clusterMeanDist", CLUSTERS, [1.5, math.hypot(1, 2) / 4]),
        ("ocsvm", MACHINE, [2 * math.exp(-0.5 * 16) - 0.25, 2 * math.exp(-0.5 * 49) - 0.25]),
        ("other", FOREST, [1.5, 4.5]),
    ],
)
def test_anomalies(kind: str, inner: str, expected: list[float]) -> None:
    model = (
        f'<AnomalyDetectionModel functionName="regression" algorithmType="{kind}" '
        'sampleDataSize="256">MINING<Output><OutputField name="s" feature="predictedValue" '
        f'dataType="double"/></Output>{inner}</AnomalyDetectionModel>'
    )
    made = document(model, {"x": "double", "z": "double"})
    found = [row["s"] for row in scores(made, {"x": -3.0, "z": 0.0}, {"x": 8.0, "z": 7.0})]
    assert found == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    ("distribution", "mean", "variance"),
    [
        ('<GaussianDistribution mean="3" variance="4"/>', 3.0, 4.0),
        ('<PoissonDistribution mean="9"/>', 9.0, 9.0),
        ('<UniformDistribution lower="-6" upper="6"/>', 0.0, 12.0),
    ],
)
def test_a_baseline_of_z_values(distribution: str, mean: float, variance: float) -> None:
    model = (
        '<BaselineModel functionName="regression">MINING<TestDistributions field="x" '
        f'testStatistic="zValue"><Baseline>{distribution}</Baseline></TestDistributions>'
        "</BaselineModel>"
    )
    (row,) = scores(document(model, {"x": "double", "y": "double"}), {"x": 5.0})
    assert row["y"] == (5.0 - mean) / math.sqrt(variance)


A = np.array([[1.0, 3.0], [2.0, 6.0], [4.0, -1.0]])
B = np.array([1.0, 2.0, -1.5])
LAMBDA = np.array([1.5, 2.5])
APART = {
    "RadialBasisKernel": lambda d: 0.5 * ((d / 1.5) ** 2).sum(-1),
    "ARDSquaredExponentialKernel": lambda d: 0.5 * ((d / LAMBDA) ** 2).sum(-1),
    "AbsoluteExponentialKernel": lambda d: (np.abs(d) / LAMBDA).sum(-1),
    "GeneralizedExponentialKernel": lambda d: ((np.abs(d) / LAMBDA) ** 1.5).sum(-1),
}


@pytest.mark.parametrize("kernel", sorted(APART))
def test_gaussian_processes(kernel: str) -> None:
    cells = "".join(
        f"<row><x>{a}</x><z>{b}</z><y>{y}</y></row>" for (a, b), y in zip(A, B, strict=True)
    )
    fields = "".join(f'<InstanceField field="{n}" column="{n}"/>' for n in "xzy")
    scale = "" if kernel == "RadialBasisKernel" else "<Lambda><Array>1.5 2.5</Array></Lambda>"
    model = (
        '<GaussianProcessModel functionName="regression">MINING<Output><OutputField name="sd" '
        f'feature="standardDeviation" dataType="double"/></Output><{kernel} gamma="2" '
        f'noiseVariance="0.125" lambda="1.5" degree="1.5">{scale}</{kernel}><TrainingInstances>'
        f"<InstanceFields>{fields}</InstanceFields><InlineTable>{cells}</InlineTable>"
        "</TrainingInstances></GaussianProcessModel>"
    )
    made = document(model, {"x": "double", "z": "double", "y": "double"})
    (row,) = scores(made, {"x": 1.25, "z": 4.0})

    def covariance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        found: np.ndarray = 2 * np.exp(-APART[kernel](a[:, None] - b[None]))
        return found

    k = covariance(A, np.array([[1.25, 4.0]]))
    inverse = np.linalg.inv(covariance(A, A) + 0.125 * np.eye(3))
    assert row["y"] == pytest.approx((k.T @ inverse @ B)[0], rel=1e-12)
    assert row["sd"] == pytest.approx(math.sqrt(2 - (k.T @ inverse @ k)[0, 0]), rel=1e-12)


DOUBTFUL = """<TreeModel functionName="classification" missingValueStrategy="{strategy}">MINING
<Output><OutputField name="p" dataType="double" feature="probability" value="a"/></Output>
<Node recordCount="100" score="a"><True/>
 <Node recordCount="60" score="a"><SimplePredicate field="x" operator="lessThan" value="0"/>
  <Node recordCount="40" score="b"><SimplePredicate field="z" operator="lessThan" value="5"/>
   <ScoreDistribution value="a" recordCount="10" confidence="0.25"/>
   <ScoreDistribution value="b" recordCount="30" confidence="0.75"/></Node>
  <Node recordCount="20" score="a"><SimplePredicate field="z" operator="greaterOrEqual" value="5"/>
   <ScoreDistribution value="a" recordCount="18" confidence="0.9"/>
   <ScoreDistribution value="b" recordCount="2" confidence="0.1"/></Node></Node>
 <Node recordCount="40" score="a"><SimplePredicate field="x" operator="greaterOrEqual" value="0"/>
   <ScoreDistribution value="a" recordCount="24" confidence="0.6"/>
   <ScoreDistribution value="b" recordCount="16" confidence="0.4"/></Node>
</Node></TreeModel>"""


@pytest.mark.parametrize("strategy", ["aggregateNodes", "weightedConfidence"])
def test_trees_in_doubt_ask_all_children(strategy: str) -> None:
    made = document(
        DOUBTFUL.format(strategy=strategy), {"x": "double", "z": "double", "y": "string"}
    )
    rows = [{"x": -1, "z": 1}, {"x": -1}, {"z": 7}, {}]
    found = scores(made, *({"x": None, "z": None, **row} for row in rows))
    counts = {"left": (10, 30), "right": (18, 2), "other": (24, 16)}
    if strategy == "aggregateNodes":
        ends = [["left"], ["left", "right"], ["right", "other"], ["left", "right", "other"]]
        totals = [[sum(counts[end][i] for end in each) for i in (0, 1)] for each in ends]
        expected = [a / (a + b) for a, b in totals]
    else:
        below = 0.25 * 40 / 60 + 0.9 * 20 / 60
        expected = [0.25, below, 0.9 * 0.6 + 0.6 * 0.4, below * 0.6 + 0.6 * 0.4]
    assert [row["p"] for row in found] == pytest.approx(expected, rel=1e-13)
    assert [row["y"] for row in found] == ["a" if p > 0.5 else "b" for p in expected]


# P(y), P(b | y), P(c | y), P(d | b, c)
TABLES: dict[str, dict[tuple[str, ...], tuple[float, float]]] = {
    "y": {(): (0.3, 0.7)},
    "b": {("1",): (0.8, 0.2), ("2",): (0.25, 0.75)},
    "c": {("1",): (0.6, 0.4), ("2",): (0.1, 0.9)},
    "d": {
        ("1", "1"): (0.9, 0.1),
        ("1", "2"): (0.5, 0.5),
        ("2", "1"): (0.35, 0.65),
        ("2", "2"): (0.05, 0.95),
    },
}
PARENTS = {"y": "", "b": "y", "c": "y", "d": "bc"}


def network() -> str:
    nodes = ""
    for name, table in TABLES.items():
        parts = ""
        for given, row in table.items():
            probabilities = "".join(
                f'<ValueProbability value="{value}" probability="{p}"/>'
                for value, p in zip("12", row, strict=True)
            )
            pairs = zip(PARENTS[name], given, strict=True)
            known = "".join(f'<ParentValue parent="{p}" value="{v}"/>' for p, v in pairs)
            wrapped = f"{known}{probabilities}"
            tag = "DiscreteConditionalProbability"
            parts += f"<{tag}>{wrapped}</{tag}>" if known else probabilities
        nodes += f'<DiscreteNode name="{name}">{parts}</DiscreteNode>'
    return (
        '<BayesianNetworkModel functionName="classification">MINING<Output><OutputField name="p" '
        'dataType="double" feature="probability" value="1"/></Output><BayesianNetworkNodes>'
        f"{nodes}</BayesianNetworkNodes></BayesianNetworkModel>"
    )


@pytest.mark.parametrize("hidden", ["", "c", "bd"])
def test_a_bayesian_network(hidden: str) -> None:
    """P(y | row), by summing the joint probability over all that the row does not tell."""
    fields = {name: "string" for name in "bcdy" if name not in hidden}
    told = [{"b": "1", "c": "2", "d": "1"}, {"b": "2"}, {"d": "2"}, {}, {"b": "7"}]
    rows = [{name: row.get(name) for name in fields if name != "y"} for row in told]
    found = scores(document(network(), fields), *rows)
    for row, result in zip(rows, found, strict=True):
        sums = {"1": 0.0, "2": 0.0}
        for values in product("12", repeat=4):
            world = dict(zip("ybcd", values, strict=True))
            if all(value in (None, world[name]) for name, value in row.items()):
                sums[world["y"]] += math.prod(
                    table[tuple(world[p] for p in PARENTS[name])][int(world[name]) - 1]
                    for name, table in TABLES.items()
                )
        if not sum(sums.values()):
            assert result["y"] is None
            continue
        assert result["p"] == pytest.approx(sums["1"] / sum(sums.values()), rel=1e-14)
        assert result["y"] == max(sums, key=sums.__getitem__)


@pytest.mark.parametrize("strategy", ["aggregateNodes", "weightedConfidence"])
def test_regression_trees_in_doubt_predict_nothing(strategy: str) -> None:
    """Both strategies add up what Nodes say of categories."""
    model = (
        f'<TreeModel functionName="regression" missingValueStrategy="{strategy}">MINING'
        '<Node recordCount="3" score="5"><True/><Node recordCount="1" score="1">'
        '<SimplePredicate field="x" operator="lessThan" value="0"/></Node><Node recordCount="2" '
        'score="2"><SimplePredicate field="x" operator="greaterOrEqual" value="0"/></Node></Node>'
        "</TreeModel>"
    )
    made = document(model, {"x": "double", "y": "double"})
    found = [row["y"] for row in scores(made, {"x": -1.0}, {"x": 1.0}, {"x": None})]
    assert found == pytest.approx([1.0, 2.0, math.nan], nan_ok=True)
