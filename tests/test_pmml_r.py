"""PMML that R's packages write: their habits, read against the formulas, computed here."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from scorebundle.bundle import BundleError
from scorebundle.pmml.reader import read_graph

from .pmml_documents import document, scores

BRANCHES = """<Node id="1"{default}><True/>
<Node id="2" score="1"><SimplePredicate field="x" operator="lessThan" value="3"/></Node>
<Node id="3" score="2"><SimplePredicate field="x" operator="greaterOrEqual" value="3"/></Node>
<Node id="4" score="3"><SimplePredicate field="x" operator="isMissing"/></Node></Node>"""


@pytest.mark.parametrize(
    ("strategy", "missing"),
    [("none", 3.0), ("nullPrediction", None), ("lastPrediction", None), ("defaultChild", 2.0)],
)
def test_a_node_for_missing_values_after_a_pair_of_opposites(
    strategy: str, missing: float | None
) -> None:
    """gbm: the second Node is no more true than the first, the third one is."""
    nodes = BRANCHES.format(default=' defaultChild="3"' if strategy == "defaultChild" else "")
    model = (
        f'<TreeModel functionName="regression" missingValueStrategy="{strategy}">MINING'
        f"{nodes}</TreeModel>"
    )
    made = document(model, {"x": "double", "y": "double"})
    found = [row["y"] for row in scores(made, {"x": 1.0}, {"x": 3.0}, {"x": None})]
    assert found[:2] == [1.0, 2.0]
    assert found[2] == missing or (missing is None and math.isnan(found[2]))


def voters(
    votes: str, attributes: str = "", method: str = "majorityVote", plain: bool = True
) -> bytes:
    """Trees that each say a letter; a dash says nothing."""
    segments = ""
    for place, letter in enumerate(votes, 1):
        low = "-9" if letter == "-" else "9"
        segments += (
            f'<Segment id="{place}" weight="{place}"><True/>'
            f'<TreeModel functionName="classification">MINING'
            + (
                ""
                if plain
                else f'<Output><OutputField name="o{place}" isFinalResult="false"/></Output>'
            )
            + '<Node><True/><Node score="'
            + letter.replace("-", "a")
            + '">'
            f'<SimplePredicate field="x" operator="lessThan" value="{low}"/></Node></Node>'
            "</TreeModel></Segment>"
        )
    model = (
        '<MiningModel functionName="classification">MINING<Output>'
        '<OutputField name="p" dataType="double" feature="probability" value="a"/></Output>'
        f'<Segmentation multipleModelMethod="{method}"{attributes}>{segments}</Segmentation>'
        "</MiningModel>"
    )
    stated = "".join(f'<Value value="{letter}"/>' for letter in "abc")
    return document(model, {"x": "double", "y": "string"}, values={"y": stated})


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    ("votes", "winner", "share"),
    [
        ("aab", "a", 2 / 3),
        ("aab--", "a", 2 / 3),  # as many for none as for the first
        ("ab--", None, math.nan),
        ("-a", "a", 1.0),
        ("--a", None, math.nan),
        ("--", None, math.nan),
    ],
)
def test_missing_predictions_vote_for_none(
    votes: str, winner: str | None, share: float, plain: bool
) -> None:
    (row,) = scores(voters(votes, plain=plain), {"x": 0.0})
    assert row["y"] == winner
    assert row["p"] == pytest.approx(share, rel=1e-15, nan_ok=True)


@pytest.mark.parametrize(
    ("attributes", "method", "winner"),
    [
        (' missingPredictionTreatment="skipSegment"', "majorityVote", "a"),
        (' missingPredictionTreatment="returnMissing"', "majorityVote", None),
        (' missingPredictionTreatment="skipSegment" missingThreshold="0.69"', "majorityVote", None),
        (' missingPredictionTreatment="skipSegment" missingThreshold="0.7"', "majorityVote", "a"),
        (
            ' missingPredictionTreatment="skipSegment" missingThreshold="0.75"',
            "majorityVote",
            "a",
        ),  # 3 + 4 of 10
        (' missingThreshold="0.25"', "majorityVote", None),
        ("", "weightedMajorityVote", "a"),  # 4 to 3 + 2
    ],
)
def test_treatments_of_missing_predictions(
    attributes: str, method: str, winner: str | None
) -> None:
    votes = "aba--" if method == "majorityVote" and "0.25" in attributes else "ab--"
    votes = "--ba" if method == "weightedMajorityVote" else votes
    (row,) = scores(voters(votes, attributes, method), {"x": 0.0})
    assert row["y"] == winner


LAYERS = """<NeuralNetwork functionName="classification" activationFunction="logistic">MINING
<Output><OutputField name="id" feature="entityId"/></Output><NeuralInputs><NeuralInput id="1">
<DerivedField optype="continuous" dataType="double"><FieldRef field="x"/></DerivedField>
</NeuralInput></NeuralInputs><NeuralLayer normalizationMethod="softmax"
activationFunction="identity"><Neuron id="7"><Con from="1" weight="1"/></Neuron>
<Neuron id="8" bias="1"><Con from="1" weight="-1"/></Neuron></NeuralLayer><NeuralOutputs>
<NeuralOutput outputNeuron="8"><DerivedField optype="continuous" dataType="double">
<NormDiscrete field="y" value="b"/></DerivedField></NeuralOutput>
<NeuralOutput outputNeuron="7"><DerivedField optype="continuous" dataType="double">
<NormDiscrete field="y" value="a"/></DerivedField></NeuralOutput></NeuralOutputs>
</NeuralNetwork>"""


def test_the_winning_neuron_is_the_entity() -> None:
    made = document(LAYERS, {"x": "double", "y": "string"})
    found = scores(made, {"x": 5.0}, {"x": -5.0}, {"x": None})
    assert [(row["y"], row["id"]) for row in found] == [("a", "7"), ("b", "8"), (None, None)]


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    ("votes", "method", "winner"),
    [
        ("ba", "majorityVote", "b"),
        ("ab", "majorityVote", "a"),
        ("cbbca", "majorityVote", "c"),
        ("abbca", "majorityVote", "a"),
        ("-ba", "majorityVote", "b"),
        ("bca", "weightedMajorityVote", "a"),
        ("bab", "weightedMajorityVote", "b"),
        ("bba", "weightedMajorityVote", "b"),
        ("aab", "weightedMajorityVote", "a"),
    ],
)
def test_of_equal_votes_the_first_counts(votes: str, method: str, winner: str, plain: bool) -> None:
    """JPMML's rule; weights are the trees' places, so that 1 + 2 = 3."""
    made = voters(votes, ' missingPredictionTreatment="skipSegment"', method, plain)
    assert scores(made, {"x": 0.0})[0]["y"] == winner


@pytest.mark.parametrize("method", ["average", "sum", "median"])
def test_what_the_trees_of_a_forest_say(method: str) -> None:
    """Outputs of single segments, beside what they come to together."""
    edges = [1.0, 2.0, 4.0]
    segments = "".join(
        f'<Segment id="{place}"><True/><TreeModel functionName="regression">MINING'
        f'<Node><True/><Node id="low" score="{place}">'
        f'<SimplePredicate field="x" operator="lessOrEqual" value="{edge}"/></Node>'
        f'<Node id="high" score="{10 * place}">'
        f'<SimplePredicate field="x" operator="greaterThan" value="{edge}"/></Node>'
        "</Node></TreeModel></Segment>"
        for place, edge in enumerate(edges, 1)
    )
    output = (
        '<Output><OutputField name="first" feature="predictedValue" segmentId="1"/>'
        '<OutputField name="node" feature="entityId" segmentId="3"/></Output>'
    )
    model = (
        f'<MiningModel functionName="regression">MINING{output}'
        f'<Segmentation multipleModelMethod="{method}">{segments}</Segmentation></MiningModel>'
    )
    combine: Any = {"average": np.mean, "sum": np.sum, "median": np.median}[method]
    xs = [0.0, 1.5, 3.0, 5.0]
    rows = scores(document(model, {"x": "double", "y": "double"}), *({"x": x} for x in xs))
    for x, row in zip(xs, rows, strict=True):
        says = [place if x <= edge else 10.0 * place for place, edge in enumerate(edges, 1)]
        assert row["first"] == says[0]
        assert row["node"] == ("low" if x <= edges[2] else "high")
        assert row["y"] == combine(says)


def test_sets_of_the_first_rattle() -> None:
    """SimpleSetPredicate with operator in place of booleanOperator, fields without dataType."""
    model = (
        '<TreeModel functionName="regression">MINING<Node><True/>'
        '<Node score="1"><SimpleSetPredicate field="x" operator="isIn">'
        '<Array n="2" type="string">a b</Array></SimpleSetPredicate></Node>'
        '<Node score="2"><SimpleSetPredicate field="x" operator="isNotIn">'
        '<Array n="2" type="string">a b</Array></SimpleSetPredicate></Node></Node></TreeModel>'
    )
    made = document(model, {"x": "string", "y": "double"}, version="3.1")
    made = made.replace(b'dataType="string" ', b"")
    assert [row["y"] for row in scores(made, {"x": "b"}, {"x": "c"})] == [1.0, 2.0]


def anomalies(kind: str, inner: str, extra: str, threshold: float) -> bytes:
    model = (
        f'<AnomalyDetectionModel functionName="regression" algorithmType="{kind}">MINING<Output>'
        '<OutputField name="s" feature="predictedValue" dataType="double"/><OutputField '
        f'name="a" feature="anomaly" dataType="boolean" threshold="{threshold}"/><OutputField '
        'name="usual" feature="transformedValue" dataType="boolean"><Apply function="not">'
        f'<FieldRef field="a"/></Apply></OutputField></Output>{extra}{inner}'
        "</AnomalyDetectionModel>"
    )
    made = document(model, {"x": "double"}, version="4.3")
    return made.replace(b'version="4.3"', b'version="4.3Ext"')


def test_anomalies_before_pmml_4_4() -> None:
    forest = (
        '<MiningModel functionName="regression">MINING<Segmentation multipleModelMethod="average">'
        '<Segment><True/><TreeModel functionName="regression">MINING<Node><True/><Node score="2">'
        '<SimplePredicate field="x" operator="lessThan" value="0"/></Node><Node score="6">'
        '<SimplePredicate field="x" operator="greaterOrEqual" value="0"/></Node></Node></TreeModel>'
        "</Segment></Segmentation></MiningModel>"
    )
    rows = '<ParameterList><Parameter name="training_data_count" value="30"/></ParameterList>'
    usual = 2 * (math.log(29) + np.euler_gamma) - 2 * 29 / 30
    found = scores(anomalies("iforest", forest, rows, 0.6), {"x": -1.0}, {"x": 1.0}, {"x": None})
    assert [row["s"] for row in found[:2]] == pytest.approx([2 ** (-h / usual) for h in (2, 6)])
    assert [row["a"] for row in found] == [True, False, None]
    line = (
        '<RegressionModel functionName="regression">MINING<RegressionTable intercept="1">'
        '<NumericPredictor name="x" coefficient="1"/></RegressionTable></RegressionModel>'
    )
    found = scores(anomalies("ocsvm", line, "", 0), {"x": -2.0}, {"x": 1.0}, {"x": None})
    assert [row["usual"] for row in found] == [False, True, None]
    with pytest.raises(BundleError, match="only an AnomalyDetectionModel"):
        read_graph(
            document(
                line.replace(
                    "MINING",
                    'MINING<Output><OutputField name="a" '
                    'feature="anomaly" threshold="0"/></Output>',
                ),
                {"x": "double"},
            )
        )


def test_pairs_of_a_machine_before_pmml_4_1() -> None:
    """ksvm: the other category stands in an Extension; a negative value votes for the first."""
    machines = "".join(
        f'<SupportVectorMachine targetCategory="{first}">'
        f'<Extension name="alternateTargetCategory" value="{second}" extender="ADAPA"/>'
        f'<Coefficients absoluteValue="{-edge}"><Coefficient value="1"/></Coefficients>'
        "</SupportVectorMachine>"
        for first, second, edge in [("a", "b", 1), ("a", "c", 2), ("b", "c", 3)]
    )
    model = (
        '<SupportVectorMachineModel functionName="classification"'
        ' svmRepresentation="Coefficients">MINING<LinearKernelType/>'
        '<VectorDictionary numberOfVectors="0"><VectorFields numberOfFields="1">'
        '<FieldRef field="x"/></VectorFields></VectorDictionary>'
        f"{machines}</SupportVectorMachineModel>"
    )
    made = document(model, {"x": "double", "y": "string"}, version="4.0")
    rows = [{"x": x} for x in (0.0, 1.5, 2.5, 4.0)]
    assert [row["y"] for row in scores(made, *rows)] == ["a", "b", "b", "c"]


def test_of_three_equal_votes_libsvm_takes_its_first_label() -> None:
    """Each machine votes for another category; the dictionary states them in another order."""
    machines = "".join(
        f'<SupportVectorMachine targetCategory="{first}" alternateTargetCategory="{second}">'
        f'<Coefficients absoluteValue="{value}"><Coefficient value="0"/></Coefficients>'
        "</SupportVectorMachine>"
        for first, second, value in [("b", "c", 1), ("b", "a", -1), ("c", "a", 1)]
    )
    model = (
        '<SupportVectorMachineModel functionName="classification"'
        ' svmRepresentation="Coefficients" classificationMethod="OneAgainstOne">MINING'
        '<LinearKernelType/><VectorDictionary numberOfVectors="0"><VectorFields'
        ' numberOfFields="1"><FieldRef field="x"/></VectorFields></VectorDictionary>'
        f"{machines}</SupportVectorMachineModel>"
    )
    stated = "".join(f'<Value value="{letter}"/>' for letter in "abc")
    made = document(model, {"x": "double", "y": "string"}, values={"y": stated})
    (row,) = scores(made, {"x": 0.0})
    assert row["y"] == "b"
    assert row["predict_proba"] == pytest.approx([1 / 3] * 3)


def test_naive_bayes_in_extensions() -> None:
    inputs = "".join(
        f'<Extension><BayesInput fieldName="{name}"><TargetValueStats><TargetValueStat value="a">'
        f'<GaussianDistribution mean="{mean}" variance="4"/></TargetValueStat><TargetValueStat '
        'value="b"><GaussianDistribution mean="5" variance="1"/></TargetValueStat>'
        "</TargetValueStats></BayesInput></Extension>"
        for name, mean in (("x", 1), ("z", 2))
    )
    counts = (
        '<TargetValueCounts><TargetValueCount value="a" count="3"/>'
        '<TargetValueCount value="b" count="1"/></TargetValueCounts>'
    )
    model = (
        '<NaiveBayesModel functionName="classification" threshold="0">MINING<Output><OutputField '
        'name="p" feature="probability" value="a" dataType="double"/></Output>'
        f"<BayesInputs>{inputs}</BayesInputs>"
        f'<BayesOutput fieldName="y">{counts}</BayesOutput></NaiveBayesModel>'
    )
    made = document(model, {"x": "double", "z": "double", "y": "string"}, version="4.1")
    (row,) = scores(made, {"x": 3.0, "z": 4.0})
    a = 3 * NormalDist(1, 2).pdf(3) * NormalDist(2, 2).pdf(4)
    b = NormalDist(5, 1).pdf(3) * NormalDist(5, 1).pdf(4)
    assert row["p"] == pytest.approx(a / (a + b), rel=1e-13)


def arima(body: str, attributes: str, output: str = "") -> bytes:
    past = "".join(f'<TimeValue index="1" value="{value}"/>' for value in (1, 2, 4))
    return document(
        '<TimeSeriesModel functionName="timeSeries" bestFit="ARIMA">MINING'
        f"<Output>{output}</Output><TimeSeries>{past}</TimeSeries>"
        f"<ARIMA {attributes}>{body}</ARIMA></TimeSeriesModel>",
        {"h": "double", "y": "double"},
    )


STATES = """<MaximumLikelihoodStat method="kalman"><KalmanState><FinalStateVector>
<Array type="real">3 -1</Array></FinalStateVector><TransitionMatrix><Matrix nbRows="2" nbCols="2">
<Array type="real">0.5 1</Array><Array type="real">0.25 0</Array></Matrix></TransitionMatrix>
<MeasurementMatrix><Matrix nbRows="1" nbCols="2"><Array type="real">1 0.5</Array></Matrix>
</MeasurementMatrix></KalmanState></MaximumLikelihoodStat>"""


@pytest.mark.parametrize("differences", [0, 1])
def test_arima_of_exact_least_squares_goes_on_from_its_state(differences: int) -> None:
    parts = f'<SeasonalComponent P="0" D="{differences}" Q="0" period="4"/>{STATES}'
    made = arima(parts, 'constantTerm="0.25" predictionMethod="exactLeastSquares"')
    found = [row["y"] for row in scores(made, *({"h": step} for step in (1, 2, 3)))]
    state, expected = np.array([3.0, -1.0]), []
    for step in (1, 2, 3):
        line = 0.25 * (3 + step) if differences else 0.25
        expected.append(state @ [1.0, 0.5] + line)
        state = np.array([[0.5, 1.0], [0.25, 0.0]]) @ state
    assert found == pytest.approx(expected, rel=1e-14)


def test_bounds_of_forecasts_as_extensions() -> None:
    output = "".join(
        f'<OutputField name="{bound}" dataType="double" feature="standardError"><Extension '
        f'extender="ADAPA" name="cpi" value="{bound}"/></OutputField>'
        for bound in ("LOWER80", "UPPER95")
    )
    body = '<NonseasonalComponent p="0" d="1" q="0"/>'
    (row,) = scores(arima(body, 'RMSE="2"', output), {"h": 4})
    spread = 2 * math.sqrt(4)
    assert row["LOWER80"] == pytest.approx(4 + NormalDist().inv_cdf(0.1) * spread, rel=1e-14)
    assert row["UPPER95"] == pytest.approx(4 + NormalDist().inv_cdf(0.975) * spread, rel=1e-14)
    with pytest.raises(BundleError, match="LOWER or UPPER"):
        read_graph(arima(body, 'RMSE="2"', output.replace("LOWER80", "below")))


@pytest.mark.parametrize("rate", [1e-9, 0.5, 30.0])
def test_the_poisson_function_of_hurdle_models(rate: float) -> None:
    model = (
        '<RegressionModel functionName="regression">MINING<Output><OutputField name="d" '
        'dataType="double" feature="transformedValue"><Apply function="stats::ppois"><Constant '
        'dataType="integer">0</Constant><FieldRef field="x"/></Apply></OutputField></Output>'
        '<RegressionTable intercept="0"/></RegressionModel>'
    )
    (row,) = scores(document(model, {"x": "double"}), {"x": rate})
    assert row["d"] == pytest.approx(math.log(-math.expm1(-rate)), rel=1e-14)
    with pytest.raises(BundleError, match="the constant 0 only"):
        read_graph(document(model.replace(">0<", ">1<"), {"x": "double"}))


def test_a_factor_may_be_a_condition() -> None:
    model = (
        '<GeneralRegressionModel functionName="regression" modelType="generalizedLinear">MINING'
        '<ParameterList><Parameter name="p0"/><Parameter name="p1"/></ParameterList><FactorList>'
        '<Predictor name="b"/></FactorList><CovariateList/><PPMatrix><PPCell value="true" '
        'predictorName="b" parameterName="p1"/></PPMatrix><ParamMatrix><PCell parameterName="p0" '
        'beta="1"/><PCell parameterName="p1" beta="2"/></ParamMatrix></GeneralRegressionModel>'
    )
    made = document(model, {"b": "boolean", "y": "double"})
    found = [row["y"] for row in scores(made, {"b": True}, {"b": "FALSE"}, {"b": None})]
    assert found[:2] == [3.0, 1.0]
    assert math.isnan(found[2])


def test_outputs_of_several_targets_go_by_their_names() -> None:
    """neighbr: `Predicted_` and the target's name, without a targetField."""
    fields = {"x": "double", "c": "string", "r": "double"}
    columns = "".join(f'<InstanceField field="{name}" column="{name}"/>' for name in fields)
    rows = "".join(
        f"<row><x>{x}</x><c>{c}</c><r>{r}</r></row>"
        for x, c, r in ((0, "p", 1), (1, "p", 3), (9, "q", 5))
    )
    mining = (
        '<MiningSchema><MiningField name="x"/><MiningField name="c" usageType="predicted"/>'
        '<MiningField name="r" usageType="predicted"/></MiningSchema>'
    )
    model = (
        f'<NearestNeighborModel functionName="mixed" numberOfNeighbors="2">{mining}<Output>'
        '<OutputField name="Predicted_c" feature="predictedValue" dataType="string"/><OutputField '
        'name="Predicted_r" feature="predictedValue" dataType="double"/></Output>'
        f"<TrainingInstances><InstanceFields>{columns}</InstanceFields><InlineTable>{rows}"
        '</InlineTable></TrainingInstances><ComparisonMeasure kind="distance"><euclidean/>'
        '</ComparisonMeasure><KNNInputs><KNNInput field="x"/></KNNInputs></NearestNeighborModel>'
    )
    (row,) = scores(document(model, fields), {"x": 0.25})
    found: dict[str, Any] = {name: row[f"Predicted_{name}"] for name in "cr"}
    assert found == {"c": "p", "r": 2.0}
