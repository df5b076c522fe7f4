"""PMML BayesianNetworkModel with continuous nodes: the posterior by the formula of Bayes."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest

from scorebundle.bundle import BundleError

from .pmml_documents import document, scores

PRIOR = {"1": 0.3, "2": 0.7}
HIDDEN = {("1", "a"): 0.2, ("1", "b"): 0.8, ("2", "a"): 0.6, ("2", "b"): 0.4}
NORMAL = {"1": (10.0, 4.0), "2": (14.0, 9.0)}
UNIFORM = {("1", "a"): (0.0, 5.0), ("1", "b"): (2.0, 4.0), ("2", "a"): (1.0, 9.0)}
UNIFORM["2", "b"] = (0.0, 10.0)
FIELDS = {"u": "double", "v": "double", "w": "double", "y": "string"}


def given(**parents: str) -> str:
    """ParentValues."""
    return "".join(f'<ParentValue parent="{p}" value="{v}"/>' for p, v in parents.items())


def normal(mean: str, variance: float) -> str:
    """A normal distribution; its mean is an expression."""
    return (
        f"<ContinuousDistribution><NormalDistributionForBN><Mean>{mean}</Mean><Variance>"
        f"<Constant>{variance}</Constant></Variance></NormalDistributionForBN>"
        "</ContinuousDistribution>"
    )


def uniform(lower: float, upper: float) -> str:
    """A uniform distribution."""
    return (
        f"<ContinuousDistribution><UniformDistributionForBN><Lower><Constant>{lower}</Constant>"
        f"</Lower><Upper><Constant>{upper}</Constant></Upper></UniformDistributionForBN>"
        "</ContinuousDistribution>"
    )


def node(name: str, *parts: tuple[str, str]) -> str:
    """A ContinuousNode."""
    inner = "".join(
        f"<ContinuousConditionalProbability>{known}{distribution}"
        "</ContinuousConditionalProbability>"
        for known, distribution in parts
    )
    return f'<ContinuousNode name="{name}">{inner}</ContinuousNode>'


def network(last: str = "") -> str:
    """y → h; u given y; v given y and h; w given u, or `last` in its place."""
    values = "".join(f'<ValueProbability value="{v}" probability="{p}"/>' for v, p in PRIOR.items())
    hidden = "".join(
        f"<DiscreteConditionalProbability>{given(y=y)}"
        + "".join(f'<ValueProbability value="{h}" probability="{HIDDEN[y, h]}"/>' for h in "ab")
        + "</DiscreteConditionalProbability>"
        for y in PRIOR
    )
    mean = '<Apply function="*"><Constant>2</Constant><FieldRef field="u"/></Apply>'
    nodes = [
        f'<DiscreteNode name="y">{values}</DiscreteNode>',
        f'<DiscreteNode name="h">{hidden}</DiscreteNode>',
        node(
            "u",
            *((given(y=y), normal(f"<Constant>{m}</Constant>", s)) for y, (m, s) in NORMAL.items()),
        ),
        node("v", *((given(y=y, h=h), uniform(*ends)) for (y, h), ends in UNIFORM.items())),
        last or f'<ContinuousNode name="w">{normal(mean, 1.0)}</ContinuousNode>',
    ]
    return (
        '<BayesianNetworkModel functionName="classification">MINING<Output><OutputField name="p" '
        'dataType="double" feature="probability" value="1"/></Output><BayesianNetworkNodes>'
        f"{''.join(nodes)}</BayesianNetworkNodes></BayesianNetworkModel>"
    )


def density(row: dict[str, Any], y: str, h: str) -> float:
    """The density of what a row tells, given both discrete nodes."""
    result = 1.0
    if row["u"] is not None:
        mean, variance = NORMAL[y]
        result *= math.exp(-((row["u"] - mean) ** 2) / 2 / variance) / math.sqrt(variance)
    if row["v"] is not None:
        lower, upper = UNIFORM[y, h]
        result *= (lower <= row["v"] <= upper) / (upper - lower)
    return result


def test_the_posterior_of_a_discrete_node() -> None:
    rows = [
        {"u": u, "v": v, "w": w}
        for u, v, w in product([9.0, 12.5, None], [0.5, 3.0, 7.5, None], [22.0, None])
        if w is None or u is not None
    ]
    for row, found in zip(rows, scores(document(network(), FIELDS), *rows), strict=True):
        joint = {y: PRIOR[y] * sum(HIDDEN[y, h] * density(row, y, h) for h in "ab") for y in PRIOR}
        assert found["p"] == pytest.approx(joint["1"] / sum(joint.values()), rel=1e-13)
        assert found["y"] == max(joint, key=joint.__getitem__)


def test_what_no_value_is_known_for() -> None:
    rows = [{"u": None, "v": None, "w": 22.0}, {"u": None, "v": 11.0, "w": None}]
    for found in scores(document(network(), FIELDS), *rows):
        assert math.isnan(found["p"])
        assert found["y"] is None


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (node("w", (given(u="1"), normal("<Constant>1</Constant>", 1.0))), "no DiscreteNode"),
        (node("w", (given(y="1"), uniform(0, 1))), "each combination of its parents' values"),
        (node("w", (given(y="1"), uniform(0, 1) + uniform(1, 2))), "needs one distribution"),
        (
            node(
                "w", *((given(y=y), uniform(0, 1).replace("Uniform", "Triangular")) for y in "12")
            ),
            "needs one distribution, which is one of NormalDistributionForBN",
        ),
    ],
)
def test_what_cannot_be_scored(last: str, why: str) -> None:
    with pytest.raises(BundleError, match=why):
        scores(document(network(last), FIELDS), {})


def test_a_node_that_another_depends_on_must_be_a_field() -> None:
    fields = {name: kind for name, kind in FIELDS.items() if name != "u"}
    with pytest.raises(BundleError, match="is no active field"):
        scores(document(network(), fields), {})


def test_a_discrete_node_needs_a_table_for_each_combination() -> None:
    made = document(network(), FIELDS).decode()
    begin = made.index("<DiscreteConditionalProbability>")
    end = made.index("<DiscreteConditionalProbability>", begin + 1)
    with pytest.raises(BundleError, match=r"DiscreteNode .*table for each combination"):
        scores((made[:begin] + made[end:]).encode(), {})
