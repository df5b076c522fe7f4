"""A dict through the door gives what the same dict gives in a list, or is refused alike."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime
from scorebundle.runtime.door import known_layout

pytestmark = pytest.mark.skipif(not known_layout(), reason="there is no door here")


class Text(str):
    """A str that is none to a reader of objects."""

    __slots__ = ()


class Key(str):
    """A key whose comparison runs Python code."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)


NUMBERS = st.sampled_from(
    [0.0, -0.0, 1.5, -1.0, math.nan, math.inf, -math.inf, 1e300, 3.5e38, None, 3, -1, 2**53 + 1]
    + [10**400, True, np.float64(2.5), np.float32(0.1), np.int64(7), "1.0", "x", 1j]
)
WORDS = st.sampled_from(
    ["Oslo", "Moss", "", "unseen", None, math.nan, Text("Oslo"), b"Oslo", 1, 1.0, True]
)


@pytest.fixture(scope="module")
def runtimes() -> list[Runtime]:
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "age": random.normal(40, 9, 80),
            "rooms": random.integers(1, 9, 80),
            "fare": random.normal(size=80).astype(np.float32),
            "city": random.choice(["Oslo", "Moss", ""], 80).astype(object),
            "note": random.choice(["read by", "no step"], 80).astype(object),
        }
    )
    y = np.where(frame["age"] > 40, "yes", np.where(frame["fare"] > 0, "no", "perhaps"))
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["age", "fare"]),
        (StandardScaler(), ["rooms"]),
        (OneHotEncoder(handle_unknown="ignore"), ["city"]),
    )
    models = (LogisticRegression(), RandomForestClassifier(5, random_state=0))
    fitted = [make_pipeline(columns, model).fit(frame, y) for model in models]
    bundles = [export_bundle(model, X=frame) for model in fitted]
    return [*map(Runtime.load, bundles), Runtime.load(bundles[0].to_pmml())]


def outcome(call: Any) -> Any:
    """The outputs of a call as bytes, or what it raises."""
    try:
        scores = call()
    except Exception as error:
        return type(error), str(error)
    return {name: (v.dtype, v.shape, v.tolist()) for name, v in scores.items()}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(age=NUMBERS, rooms=NUMBERS, fare=NUMBERS, city=WORDS, data=st.data())
def test_a_dict_alone_and_in_a_list(
    runtimes: list[Runtime], age: Any, rooms: Any, fare: Any, city: Any, data: Any
) -> None:
    row: dict[Any, Any] = {"age": age, "rooms": rooms, "fare": fare, "city": city}
    change = data.draw(
        st.sampled_from(["", "", "", "drop", "add", "note", "swap", "number", "key"])
    )
    if change == "drop":
        del row["rooms"]
    elif change == "add":
        row["more"] = 1
    elif change == "note":
        row["note"] = data.draw(WORDS)
    elif change == "swap":
        row["more"] = row.pop("city")
    elif change == "number":
        row[5] = row.pop("fare")
    elif change == "key":
        row[Key("fare")] = row.pop("fare")
    for runtime in runtimes:
        alone = outcome(lambda: runtime.score(row))  # noqa: B023
        listed = outcome(lambda: runtime.score([row]))  # noqa: B023
        assert repr(alone) == repr(listed)
        if isinstance(alone, dict):
            for name in ("predict", "predict_proba"):
                single = getattr(runtime, name)(row)
                assert repr((single.dtype, single.shape, single.tolist())) == repr(alone[name])


def test_a_plain_dict_comes_in(runtimes: list[Runtime]) -> None:
    row = {"city": "Oslo", "age": 30, "rooms": 2, "fare": None}
    for runtime in runtimes:
        runtime.predict_proba(row)
        door = runtime._doors["predict_proba"]
        assert door.enter(row) is not None
        assert door.enter({**row, "city": "unseen"}) is not None
        assert door.enter({**row, "note": 1}) is not None
        lenient = runtime is runtimes[-1]  # of PMML, which ignores what it does not know
        assert (door.enter({**row, "more": 1}) is not None) == lenient
        assert (door.enter({**row, "note": 1, "more": 1}) is not None) == lenient
        assert door.enter({**row, "rooms": True}) is None
        assert door.enter([row]) is None


def test_results_stay_when_the_next_row_comes(runtimes: list[Runtime]) -> None:
    runtime = runtimes[0]
    rows = [{"city": "Oslo", "age": age, "rooms": 2, "fare": 1.0} for age in (20.0, 60.0)]
    first, second = (runtime.score(row) for row in rows)
    assert first["predict_proba"].tolist() != second["predict_proba"].tolist()
    assert first.to_dicts() == runtime.score(rows[:1]).to_dicts()
    first["predict_proba"][:] = 0.0
    assert runtime.score(rows[0])["predict_proba"].sum() == pytest.approx(1.0)


def test_dicts_from_many_threads(runtimes: list[Runtime]) -> None:
    runtime = runtimes[1]
    rows = [
        {"city": city, "age": float(age), "rooms": 2, "fare": 0.5}
        for city in ("Oslo", "Moss", "")
        for age in range(20, 60)
    ]
    expected = runtime.score(rows)["predict_proba"]

    def work(seed: int) -> bool:
        order = np.random.default_rng(seed).permutation(len(rows))
        return all((runtime.predict_proba(rows[i]) == expected[i]).all() for i in order)

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(12)))
