"""PMML TimeSeriesModels: the reader against their formulas, computed here."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest

from scorebundle.bundle import BundleError
from scorebundle.pmml.reader import read_graph

from .pmml_documents import document, scores

SERIES = {"h": "integer", "y": "double"}


def series(algorithm: str, name: str, *, values: str = "", output: str = "") -> bytes:
    observed = "".join(f'<TimeValue index="1" value="{value}"/>' for value in values.split())
    stored = f"<TimeSeries>{observed}</TimeSeries>" if values else ""
    return document(
        f'<TimeSeriesModel functionName="timeSeries" bestFit="{name}">MINING'
        f"<Output>{output}</Output>{stored}{algorithm}</TimeSeriesModel>",
        SERIES,
    )


def ahead(made: bytes, *steps: float | None) -> list[float]:
    return [row["y"] for row in scores(made, *({"h": step} for step in steps))]


def cells(matrix: np.ndarray) -> str:
    lines = "".join(f'<Array type="real">{" ".join(map(str, row))}</Array>' for row in matrix)
    return f'<Matrix nbRows="{len(matrix)}" nbCols="{len(matrix[0])}">{lines}</Matrix>'


T = np.array([[0.5, 1.0, 0.0], [0.25, 0.0, 1.0], [0.0, 0.125, 0.75]])
Z = np.array([[1.0, 0.5, -0.25]])
STATE = np.array([3.0, -1.0, 2.0])
P = np.diag([0.5, 0.25, 1.0])
Q = np.diag([0.125, 0.0, 0.25])


def state_space(extra: str = "", attributes: str = "", intercept: str = "observation") -> str:
    vector = "7" if intercept == "observation" else "0.5 0.25 -1"
    return (
        f'<StateSpaceModel {attributes}><StateVector><Array type="real">3 -1 2</Array>'
        f"</StateVector><TransitionMatrix>{cells(T)}</TransitionMatrix>"
        f"<MeasurementMatrix>{cells(Z)}</MeasurementMatrix>"
        f'<InterceptVector type="{intercept}"><Array type="real">{vector}</Array>'
        f"</InterceptVector>{extra}</StateSpaceModel>"
    )


@pytest.mark.parametrize("intercept", ["observation", "state"])
def test_the_state_steps_ahead(intercept: str) -> None:
    made = series(state_space(intercept=intercept), "StateSpaceModel")
    level, drift = (7.0, 0.0) if intercept == "observation" else (0.0, np.array([0.5, 0.25, -1]))
    state, expected = STATE, []
    for _ in range(4):
        expected.append((Z @ state)[0] + level)
        state = T @ state + drift
    assert ahead(made, 1, 2, 3, 4) == pytest.approx(expected, rel=1e-14)


def test_without_a_horizon_the_first_step_is_predicted() -> None:
    made = series(state_space(), "StateSpaceModel")
    (row,) = scores(made.replace(b'<MiningField name="h"/>', b""), {})
    assert row["y"] == (Z @ STATE)[0] + 7


def test_several_series_at_once() -> None:
    """As a VARMAX has them: a row of the MeasurementMatrix for each target."""
    both = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]])
    model = state_space(intercept="state").replace(cells(Z), cells(both))
    made = document(
        f'<TimeSeriesModel functionName="timeSeries" bestFit="StateSpaceModel">MINING{model}'
        "</TimeSeriesModel>",
        {"h": "integer", "v": "double", "y": "double"},
    )
    given = b'<MiningField name="%s"/>', b'<MiningField name="%s" usageType="%s"/>'
    made = made.replace(given[0] % b"v", given[1] % (b"v", b"target"))
    made = made.replace(given[0] % b"h", given[1] % (b"h", b"supplementary"))
    (row,) = scores(made, {"h": 2})
    second = both @ (T @ STATE + np.array([0.5, 0.25, -1.0]))
    assert [row["v"], row["y"]] == pytest.approx(second, rel=1e-14)


def test_a_horizon_is_a_whole_number_in_range() -> None:
    made = series(state_space(), "StateSpaceModel")
    rows = scores(made, {"h": 0}, {"h": 1.5}, {"h": 1025}, {"h": None}, {"h": 1})
    assert ["status" in row for row in rows] == [True, True, True, False, False]
    assert math.isnan(rows[3]["y"])
    assert rows[4]["y"] == (Z @ STATE)[0] + 7


@pytest.mark.parametrize("variance", [None, 2.0])
def test_intervals_of_a_state_space(variance: float | None) -> None:
    """With a variance, as R writes it, the covariance is that of the step before."""
    covariances = (
        f"<PredictedStateCovarianceMatrix>{cells(P)}</PredictedStateCovarianceMatrix>"
        f"<SelectedStateCovarianceMatrix>{cells(Q)}</SelectedStateCovarianceMatrix>"
        f"<ObservationVarianceMatrix>{cells(np.array([[0.5]]))}</ObservationVarianceMatrix>"
    )
    outputs = "".join(
        f'<OutputField name="{end}" dataType="double" feature="confidenceInterval{end}" '
        'value="80"/>'
        for end in ("Lower", "Upper")
    )
    attributes = "" if variance is None else f'variance="{variance}"'
    made = series(state_space(covariances, attributes), "StateSpaceModel", output=outputs)
    covariance = P if variance is None else T @ P @ T.T + Q
    covariance = T @ covariance @ T.T + Q
    deviation = math.sqrt(((Z @ covariance @ Z.T)[0, 0] + 0.5) * (variance or 1.0))
    (row,) = scores(made, {"h": 2})
    z = NormalDist().inv_cdf(0.9)
    assert row["Lower"] == pytest.approx(row["y"] - z * deviation, rel=1e-13)
    assert row["Upper"] == pytest.approx(row["y"] + z * deviation, rel=1e-13)


@pytest.mark.parametrize(
    ("trend", "formula"),
    [
        ("additive", lambda h: 10 + 2 * h),
        ("damped_additive", lambda h: 10 + 2 * sum(0.5**i for i in range(1, h + 1))),
        ("multiplicative", lambda h: 10 * 2.0**h),
        ("damped_multiplicative", lambda h: 10 * 2.0 ** sum(0.5**i for i in range(1, h + 1))),
    ],
)
@pytest.mark.parametrize("season", ["additive", "multiplicative"])
def test_exponential_smoothing(trend: str, formula: object, season: str) -> None:
    model = (
        '<ExponentialSmoothing><Level alpha="0.1" smoothedValue="10"/>'
        f'<Trend_ExpoSmooth trend="{trend}" phi="0.5" smoothedValue="2"/>'
        f'<Seasonality_ExpoSmooth type="{season}" period="3" phase="1">'
        '<Array type="real">1 2 4</Array></Seasonality_ExpoSmooth></ExponentialSmoothing>'
    )
    factors = [2.0, 4.0, 1.0, 2.0]
    lines = [float(formula(h)) for h in (1, 2, 3, 4)]  # type: ignore[operator]
    pairs = list(zip(lines, factors, strict=True))
    expected = [a + b if season == "additive" else a * b for a, b in pairs]
    found = ahead(series(model, "ExponentialSmoothing"), 1, 2, 3, 4)
    assert found == pytest.approx(expected, rel=1e-14)


def test_arima_goes_on_from_the_stored_series() -> None:
    """(1 − 0.5 B)(1 − 0.25 B²)((1 − B) y − 1) = (1 + 0.75 B) e."""
    model = (
        '<ARIMA constantTerm="1"><NonseasonalComponent p="1" d="1" q="1"><AR>'
        '<Array type="real">0.5</Array></AR><MA><MACoefficients><Array type="real">0.75</Array>'
        '</MACoefficients><Residuals><Array type="real">0.5</Array></Residuals></MA>'
        '</NonseasonalComponent><SeasonalComponent P="1" period="2"><AR>'
        '<Array type="real">0.25</Array></AR></SeasonalComponent></ARIMA>'
    )
    past = [1.0, 2.0, 4.0, 7.0, 11.0]
    w = [b - a - 1 for a, b in pairwise(past)]
    last, error, expected = past[-1], 0.5, []
    for _ in range(4):
        w.append(0.5 * w[-1] + 0.25 * w[-2] - 0.125 * w[-3] + 0.75 * error)
        error, last = 0.0, last + w[-1] + 1
        expected.append(last)
    made = series(model, "ARIMA", values="1 2 4 7 11")
    assert ahead(made, 1, 2, 3, 4) == pytest.approx(expected, rel=1e-13)


def test_intervals_of_arima() -> None:
    """y = y₋₁ + 0.5 (y₋₁ − y₋₂) + e + 0.75 e₋₁: what one error does to the steps after it."""
    model = (
        '<ARIMA RMSE="2"><NonseasonalComponent p="1" d="1" q="1"><AR><Array type="real">0.5'
        '</Array></AR><MA><MACoefficients><Array type="real">0.75</Array></MACoefficients>'
        '<Residuals><Array type="real">0</Array></Residuals></MA></NonseasonalComponent></ARIMA>'
    )
    output = '<OutputField name="sd" dataType="double" feature="standardDeviation"/>'
    made = series(model, "ARIMA", values="1 2 4", output=output)
    y = [0.0, 0.0, 1.0]
    for error in (0.75, 0.0, 0.0):
        y.append(y[-1] + 0.5 * (y[-1] - y[-2]) + error)
    rows = scores(made, *({"h": step} for step in (1, 2, 3, 4)))
    expected = [2 * math.sqrt(sum(v * v for v in y[2 : 3 + step])) for step in range(4)]
    assert [row["sd"] for row in rows] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    ("algorithm", "name", "rule"),
    [
        ("<GARCH/>", "GARCH", "algorithm 'GARCH' is not supported"),
        ('<ARIMA predictionMethod="exactLeastSquares"/>', "ARIMA", "needs MaximumLikelihoodStat"),
        (state_space('<DynamicRegressor field="h"/>'), "StateSpaceModel", "is not supported"),
    ],
)
def test_series_that_cannot_be_scored(algorithm: str, name: str, rule: str) -> None:
    with pytest.raises(BundleError, match=rule):
        read_graph(series(algorithm, name))
