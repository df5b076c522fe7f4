"""The specification's own examples, with the results it states, or that evaluators agree on."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from .pmml_documents import document, scores

CLASSES = ("100", "500", "1000", "5000", "10000")
CLAIMS = {
    "0": (4698, 623, 1259, 550, 40),
    "1": (3526, 1798, 227, 152, 40),
    "2": (225, 10, 9, 0, 10),
    ">2": (112, 5, 1, 1, 8),
}
GENDERS = {"male": (4273, 1321, 780, 405, 42), "female": (4325, 1212, 742, 292, 48)}
CARS = {"0": (927, 183, 221, 50, 10), "1": (830, 182, 51, 26, 6), "2": (6251, 1901, 919, 623, 71)}
AGES = (
    (32.006, 0.352),
    (24.936, 0.516),
    (24.588, 0.635),
    (24.428, 0.379),
    (24.77, 0.314),
)


def _counts(counts: tuple[int, ...]) -> str:
    each = "".join(
        f'<TargetValueCount value="{value}" count="{count}"/>'
        for value, count in zip(CLASSES, counts, strict=True)
    )
    return f"<TargetValueCounts>{each}</TargetValueCounts>"


def _pairs(table: Mapping[str, tuple[int, ...]]) -> str:
    return "".join(
        f'<PairCounts value="{value.replace(">", "&gt;")}">{_counts(counts)}</PairCounts>'
        for value, counts in table.items()
    )


def test_naive_bayes() -> None:
    """Amounts of claims: an age's distribution, counts with a zero, a discretised field."""
    ages = "".join(
        f'<TargetValueStat value="{value}"><GaussianDistribution mean="{mean}" '
        f'variance="{variance}"/></TargetValueStat>'
        for value, (mean, variance) in zip(CLASSES, AGES, strict=True)
    )
    bins = "".join(
        f'<DiscretizeBin binValue="{i}"><Interval closure="closedOpen" {margins}/></DiscretizeBin>'
        for i, margins in enumerate(
            ('leftMargin="0" rightMargin="1"', 'leftMargin="1" rightMargin="5"', 'leftMargin="5"')
        )
    )
    body = f"""<NaiveBayesModel functionName="classification" threshold="0.001">MINING<BayesInputs>
    <BayesInput fieldName="age"><TargetValueStats>{ages}</TargetValueStats></BayesInput>
    <BayesInput fieldName="gender">{_pairs(GENDERS)}</BayesInput>
    <BayesInput fieldName="claims">{_pairs(CLAIMS)}</BayesInput>
    <BayesInput fieldName="car"><DerivedField name="car" optype="categorical" dataType="string">
    <Discretize field="car">{bins}</Discretize></DerivedField>{_pairs(CARS)}</BayesInput>
    </BayesInputs><BayesOutput fieldName="y">{_counts((8723, 2557, 1530, 709, 100))}</BayesOutput>
    </NaiveBayesModel>"""
    fields = {"age": "double", "gender": "string", "claims": "string", "car": "double"}
    values = {"y": "".join(f'<Value value="{each}"/>' for each in CLASSES)}
    made = document(body, {**fields, "y": "string"}, values=values)
    row = {"age": 24, "gender": "male", "claims": "2", "car": 1}
    result = scores(made, row)[0]
    assert result["y"] == "500"
    expected = [0.0404322168, 0.3577224807531526, 0.2637218044, 0.0267001937, 0.3114233043]
    assert result["predict_proba"] == pytest.approx(expected, rel=1e-8)


def test_clustering_of_ages_marital_statuses_and_salaries() -> None:
    statuses = "".join(
        f'<DerivedField name="c{i}" optype="continuous" dataType="double">'
        f'<NormDiscrete field="status" value="{value}"/></DerivedField>'
        for i, value in enumerate("mds", 1)
    )
    centres = [
        (0.524561, 0.486321, 0.128427, 0.459188, 0.412384),
        (0.69946, 0.419037, 0.591226, 0.173521, 0.235253),
    ]
    clusters = "".join(
        f'<Cluster><Array n="5" type="real">{" ".join(map(str, each))}</Array></Cluster>'
        for each in centres
    )
    inputs = "".join(f'<ClusteringField field="{each}"/>' for each in ("a", "s", "c1", "c2", "c3"))
    body = f"""<ClusteringModel functionName="clustering" modelClass="centerBased"
    numberOfClusters="2">MINING<Output><OutputField name="far" feature="clusterAffinity"/></Output>
    <LocalTransformations>
    <DerivedField name="a" optype="continuous" dataType="double"><NormContinuous field="age">
    <LinearNorm orig="45" norm="0"/><LinearNorm orig="82" norm="0.5"/>
    <LinearNorm orig="105" norm="1"/></NormContinuous></DerivedField>
    <DerivedField name="s" optype="continuous" dataType="double"><NormContinuous field="salary">
    <LinearNorm orig="39000" norm="0"/><LinearNorm orig="39800" norm="0.5"/>
    <LinearNorm orig="41000" norm="1"/></NormContinuous></DerivedField>{statuses}
    </LocalTransformations><ComparisonMeasure kind="distance"><squaredEuclidean/>
    </ComparisonMeasure>{inputs}{clusters}</ClusteringModel>"""
    made = document(body, {"status": "string", "age": "double", "salary": "double"})
    result = scores(made, {"status": "s", "age": 20, "salary": 5000})[0]
    assert result["predict"] == "2"
    assert result["far"] == pytest.approx(471.587647006278, rel=1e-12)


def _matrix(cells: list[tuple[str, str, str]], betas: dict[str, float]) -> str:
    parameters = "".join(f'<Parameter name="{name}"/>' for name in betas)
    pairs = "".join(
        f'<PPCell value="{value}" predictorName="{predictor}" parameterName="{name}"/>'
        for value, predictor, name in cells
    )
    estimates = "".join(
        f'<PCell parameterName="{name}" beta="{beta}"/>' for name, beta in betas.items()
    )
    return (
        f"<ParameterList>{parameters}</ParameterList><FactorList>"
        '<Predictor name="sex"/><Predictor name="minority"/></FactorList><CovariateList>'
        '<Predictor name="age"/><Predictor name="work"/></CovariateList>'
        f"<PPMatrix>{pairs}</PPMatrix><ParamMatrix>{estimates}</ParamMatrix>"
    )


def test_a_generalized_linear_model_with_a_power_link_and_an_offset() -> None:
    betas = {
        "P1": -2.30824444845005,
        "P2": -0.268177596945098,
        "P4": -0.169104566719988,
        "P6": -0.219215962160056,
        "P8": 0.00427629446211706,
        "P9": -0.00397117497757107,
    }
    cells = [
        ("0", "sex", "P2"),
        ("0", "minority", "P4"),
        ("0", "sex", "P4"),
        ("0", "minority", "P6"),
        ("1", "sex", "P6"),
        ("1", "age", "P8"),
        ("1", "work", "P9"),
    ]
    body = (
        '<GeneralRegressionModel modelType="generalizedLinear" functionName="regression" '
        'targetVariableName="y" linkFunction="power" linkParameter="-1" offsetValue="3" '
        f'distribution="normal">MINING{_matrix(cells, betas)}</GeneralRegressionModel>'
    )
    fields = {"sex": "string", "minority": "string", "age": "double", "work": "double"}
    made = document(body, {**fields, "y": "double"})
    result = scores(made, {"sex": "1", "minority": "0", "age": 25, "work": 4})[0]
    assert result["y"] == pytest.approx(1.7744268679597344, rel=1e-12)


def test_categories_in_order() -> None:
    thresholds = (-0.683, 0.723, 1.104, 1.922, 3.386, 4.006)
    betas = {"P1": 1.096, "P3": 0.957, "P5": 1.149, "P7": -0.067, "P8": 0.060}
    cells = [("0", "sex", "P1"), ("0", "minority", "P3"), ("0", "sex", "P3")]
    cells += [("0", "minority", "P5"), ("1", "sex", "P5"), ("1", "age", "P7"), ("1", "work", "P8")]
    matrix = _matrix(cells, betas).replace(
        "<ParamMatrix>",
        "<ParamMatrix>"
        + "".join(
            f'<PCell targetCategory="{i}" parameterName="P0" beta="{beta}"/>'
            for i, beta in enumerate(thresholds, 1)
        ),
    )
    matrix = matrix.replace("<ParameterList>", '<ParameterList><Parameter name="P0"/>')
    body = (
        '<GeneralRegressionModel modelType="ordinalMultinomial" functionName="classification" '
        'targetVariableName="y" targetReferenceCategory="7" cumulativeLink="logit">MINING'
        f"{matrix}</GeneralRegressionModel>"
    )
    fields = {"sex": "string", "minority": "string", "age": "double", "work": "double"}
    values = {"y": "".join(f'<Value value="{i}"/>' for i in range(1, 8))}
    made = document(body, {**fields, "y": "string"}, values=values)
    result = scores(made, {"sex": "1", "minority": "0", "age": 25, "work": 4})[0]
    assert result["y"] == "2"
    below = [1 / (1 + math.exp(-(each + 1.149 - 0.067 * 25 + 0.06 * 4))) for each in thresholds]
    assert result["predict_proba"] == pytest.approx(
        [high - low for low, high in zip([0.0, *below], [*below, 1.0], strict=True)]
    )


def test_cox_regression_with_strata() -> None:
    body = """<GeneralRegressionModel modelType="CoxRegression" functionName="regression"
    endTimeVariable="childs" baselineStrataVariable="region">MINING<Output>
    <OutputField name="survival" feature="transformedValue" dataType="double">
    <Apply function="exp"><Apply function="*"><Constant>-1</Constant><FieldRef field="hazard"/>
    </Apply></Apply></OutputField></Output><ParameterList><Parameter name="P1"/>
    <Parameter name="P4" referencePoint="12.85536159601"/><Parameter name="P5"/></ParameterList>
    <FactorList><Predictor name="happy"/></FactorList><CovariateList><Predictor name="educ"/>
    </CovariateList><PPMatrix><PPCell value="1" predictorName="happy" parameterName="P1"/>
    <PPCell value="1" predictorName="educ" parameterName="P4"/>
    <PPCell value="1" predictorName="happy" parameterName="P5"/>
    <PPCell value="1" predictorName="educ" parameterName="P5"/></PPMatrix><ParamMatrix>
    <PCell parameterName="P1" beta="1.96429877799117"/>
    <PCell parameterName="P4" beta="0.186388616742954"/>
    <PCell parameterName="P5" beta="-0.0964727062694649"/></ParamMatrix><BaseCumHazardTables>
    <BaselineStratum value="3" maxTime="8"><BaselineCell time="1" cumHazard="0.0795"/>
    <BaselineCell time="5" cumHazard="0.562653812085775"/>
    <BaselineCell time="8" cumHazard="1.28"/></BaselineStratum></BaseCumHazardTables>
    </GeneralRegressionModel>"""
    body = body.replace("<Output>\n", '<Output><OutputField name="hazard"/>\n', 1)
    fields = {"childs": "double", "happy": "string", "educ": "double", "region": "string"}
    made = document(body, {**fields, "y": "double"})
    result = scores(made, {"childs": 5, "happy": "1", "educ": 19, "region": "3"})[0]
    exponent = (
        1.96429877799117 + 0.186388616742954 * (19 - 12.85536159601) - 0.0964727062694649 * 19
    )
    assert result["hazard"] == pytest.approx(0.562653812085775 * math.exp(exponent), rel=1e-12)
    assert result["survival"] == pytest.approx(math.exp(-result["hazard"]))


RULES = """<RuleSetModel functionName="classification">MINING
<Output><OutputField name="p" feature="confidence"/></Output>
<RuleSet defaultScore="drugY" recordCount="1000" nbCorrect="149" defaultConfidence="0.0">
<RuleSelectionMethod criterion="{criterion}"/>
<CompoundRule><SimplePredicate field="BP" operator="equal" value="HIGH"/>
<CompoundRule><SimplePredicate field="Age" operator="lessOrEqual" value="50"/>
<SimpleRule id="RULE1" score="drugB" recordCount="79" nbCorrect="76" confidence="0.9" weight="0.9">
<CompoundPredicate booleanOperator="and"><SimplePredicate field="K" operator="greaterThan"
 value="0.045804"/><SimplePredicate field="Na" operator="greaterThan" value="0.504"/>
</CompoundPredicate></SimpleRule>
<SimpleRule id="RULE2" score="drugA" recordCount="278" nbCorrect="168" confidence="0.6"
 weight="0.6"><SimplePredicate field="K" operator="greaterThan" value="0.057789"/></SimpleRule>
<SimpleRule id="RULE3" score="drugA" recordCount="100" nbCorrect="50" confidence="0.36"
 weight="0.36"><SimplePredicate field="Na" operator="greaterThan" value="0.5"/></SimpleRule>
</CompoundRule></CompoundRule></RuleSet></RuleSetModel>"""


@pytest.mark.parametrize(
    ("criterion", "drug", "confidence"),
    [("weightedSum", "drugA", 0.32), ("weightedMax", "drugB", 0.9), ("firstHit", "drugB", 0.9)],
)
def test_rules_that_choose_a_drug(criterion: str, drug: str, confidence: float) -> None:
    fields = {"BP": "string", "Age": "double", "K": "double", "Na": "double", "y": "string"}
    made = document(RULES.format(criterion=criterion), fields)
    result = scores(made, {"BP": "HIGH", "Age": 45, "K": 0.0621, "Na": 0.6})[0]
    assert (result["y"], result["p"]) == (drug, pytest.approx(confidence))


EMBEDDED = """<MiningModel functionName="regression">MINING{models}</MiningModel>"""
FIRST = """<RegressionTable intercept="0.0"><NumericPredictor name="income" coefficient="0.03"/>
<PredictorTerm coefficient="1.23"><FieldRef field="age"/><FieldRef field="rate"/></PredictorTerm>
</RegressionTable>"""
SECOND = """<RegressionTable intercept="2.22"><NumericPredictor name="income" coefficient="0.01"/>
<PredictorTerm coefficient="-0.11"><FieldRef field="age"/><FieldRef field="rate"/></PredictorTerm>
</RegressionTable>"""


def _choice(field: str, bound: int, first: str, second: str) -> str:
    return (
        '<DecisionTree functionName="regression"><Node score="0"><True/><Node score="1">'
        f'<SimplePredicate field="{field}" operator="lessOrEqual" value="{bound}"/>{first}</Node>'
        f'<Node score="2"><SimplePredicate field="{field}" operator="greaterThan" value="{bound}"/>'
        f"{second}</Node></Node></DecisionTree>"
    )


def test_a_tree_that_selects_one_of_two_regressions() -> None:
    models = [
        f'<Regression functionName="regression">{each}</Regression>' for each in (FIRST, SECOND)
    ]
    body = EMBEDDED.format(models=_choice("age", 50, *models))
    fields = {"age": "double", "income": "double", "rate": "double", "y": "double"}
    row = {"age": 30, "income": 1000, "rate": 1}
    young, old, nobody = scores(
        document(body, fields), row, {**row, "age": 60}, {**row, "age": None}
    )
    assert young["y"] == pytest.approx(0.03 * 1000 + 1.23 * 30)
    assert old["y"] == pytest.approx(2.22 + 0.01 * 1000 - 0.11 * 60)
    assert math.isnan(nobody["y"])


def test_a_tree_of_a_regressions_result() -> None:
    first = f'<Regression functionName="regression"><ResultField name="term"/>{FIRST}</Regression>'
    body = EMBEDDED.format(models=first + _choice("term", 100, "", ""))
    fields = {"age": "double", "income": "double", "rate": "double", "y": "double"}
    rows = [{"age": 30, "income": income, "rate": 1} for income in (1000, 9000)]
    assert [row["y"] for row in scores(document(body, fields), *rows)] == [1, 2]
