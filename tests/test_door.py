"""The door for rows of an array gives what every other way gives, and lets nothing else in."""

from __future__ import annotations

import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scorebundle.bundle import InputError, RowError
from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime
from scorebundle.runtime.door import MOST, Door, known_layout

RANDOM = np.random.default_rng(7)
ROWS = RANDOM.normal(size=(MOST + 9, 6))
COUNTS = [1, 2, 3, 10, 255, 256, 300, MOST, MOST + 1]


@pytest.fixture(scope="module")
def forest() -> tuple[Runtime, Any]:
    y = np.where(ROWS[:600, 0] > 0.3, "yes", np.where(ROWS[:600, 1] > 0, "no", "perhaps"))
    model = RandomForestClassifier(12, random_state=0).fit(ROWS[:600], y)
    return Runtime.load(export_bundle(model)), model


@pytest.fixture(scope="module")
def linear() -> tuple[Runtime, Any]:
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(ROWS, ROWS @ np.arange(6.0))
    return Runtime.load(export_bundle(model)), model


def entered(runtime: Runtime, output: str, rows: Any) -> Any:
    """What the door itself says: None if it lets the rows go another way."""
    getattr(runtime, output)(ROWS[:1])  # the door is built by the first call
    door = runtime._doors[output]
    assert isinstance(door, Door)
    return door.enter(rows)


def layouts(rows: Any) -> dict[str, Any]:
    raw = np.zeros(rows.nbytes + 1, np.uint8)[1:]
    raw[:] = np.frombuffer(rows.tobytes(), np.uint8)
    frozen = rows.copy()
    frozen.flags.writeable = False
    return {
        "C": rows,
        "F": np.asfortranarray(rows),
        "reversed": rows[::-1, ::-1].copy()[::-1, ::-1],
        "strided": np.repeat(np.repeat(rows, 2, axis=0), 3, axis=1)[::2, ::3],
        "misaligned": raw.view(rows.dtype).reshape(rows.shape),
        "read-only": frozen,
        "one row for all": np.broadcast_to(rows[:1], rows.shape),
    }


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="reads CPython's objects")
def test_objects_are_laid_out_as_expected() -> None:
    assert known_layout() or not getattr(sys, "_is_gil_enabled", lambda: True)()


@pytest.mark.skipif(not known_layout(), reason="there is no door here")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", COUNTS)
def test_every_layout_gives_the_librarys_numbers(forest: Any, count: int, dtype: Any) -> None:
    runtime, model = forest
    for name, rows in layouts(ROWS[:count].astype(dtype)).items():
        for output in ("predict_proba", "predict"):
            found = entered(runtime, output, rows)
            assert (found is None) == (count > MOST), (name, output)
            expected = getattr(model, output)(rows)
            scored = getattr(runtime, output)(rows)
            for result in (scored,) if found is None else (scored, found):
                assert (result.dtype, result.shape) == (expected.dtype, expected.shape)
                np.testing.assert_array_equal(result, expected, err_msg=f"{name} {output}")


@pytest.mark.parametrize("count", [1, 40])
def test_vectors_and_both_precisions(linear: Any, count: int) -> None:
    runtime, model = linear
    rows = ROWS[:count].astype(np.float32)  # float64 of the same numbers scores the same
    for given in (rows, rows.astype(np.float64)):
        result = runtime.predict(given)
        by_name = {f"x{i}": given[:, i].astype(np.float64) for i in range(6)}
        np.testing.assert_array_equal(result, runtime.score(by_name)["predict"])
        np.testing.assert_allclose(result, model.predict(rows.astype(np.float64)), rtol=1e-12)


@pytest.mark.skipif(not known_layout(), reason="there is no door here")
@pytest.mark.parametrize(
    "rows",
    [
        ROWS[0],
        ROWS[:2, :5],
        ROWS[:0],
        ROWS[:2, None],
        ROWS[:3].astype(np.float16),
        ROWS[:3].astype(">f8"),
        ROWS[:3].astype(np.longdouble),
        np.ones((2, 6), np.int64),
        ROWS[:2].astype(object),
        np.ma.masked_array(ROWS[:2]),
        ROWS[:2].tolist(),
        {"x0": 1.0},
        None,
        1.5,
        "text",
        np.float64(1),
        np.ndarray,
    ],
    ids=lambda rows: (
        f"{type(rows).__name__}-{getattr(rows, 'dtype', '')}"
        if not isinstance(rows, type)
        else "a type"
    ),
)
def test_everything_else_goes_another_way(forest: Any, rows: Any) -> None:
    assert entered(forest[0], "predict_proba", rows) is None


def test_refused_rows_are_told_as_ever(forest: Any) -> None:
    runtime, _ = forest
    for count in (1, 5, 300):
        rows = ROWS[:count].copy()
        rows[-1, 2] = np.inf
        with pytest.raises(RowError, match="x2"):
            runtime.predict_proba(rows)
        rows[-1, 2] = 0.0
        assert runtime.predict_proba(rows).shape == (count, 3)
    with pytest.raises(InputError):
        runtime.predict_proba(ROWS[:2, :4])


def test_results_are_the_callers_own(forest: Any) -> None:
    runtime, _ = forest
    for output in ("predict_proba", "predict"):
        first = getattr(runtime, output)(ROWS[:1])
        kept = first.copy()
        getattr(runtime, output)(ROWS[5:6])
        np.testing.assert_array_equal(first, kept)
        first[:] = first[::-1]  # writeable


def test_threads_with_batches_of_all_sizes(forest: Any) -> None:
    runtime, model = forest
    expected = model.predict_proba(ROWS)
    barrier = threading.Barrier(6)

    def work(seed: int) -> bool:
        random = np.random.default_rng(seed)
        barrier.wait()
        for _ in range(150):
            count = int(random.choice([1, 1, 2, 17, 300]))
            chosen = random.integers(0, len(ROWS), count)
            if not (runtime.predict_proba(ROWS[chosen]) == expected[chosen]).all():
                return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(6)))


def test_without_a_door_all_is_the_same(forest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime, _ = forest
    monkeypatch.setattr("scorebundle.runtime.calls.known_layout", lambda: False)
    closed = Runtime.load(runtime.bundle)
    for count in (1, 10, 300):
        result = closed.predict_proba(ROWS[:count])
        np.testing.assert_array_equal(result, runtime.predict_proba(ROWS[:count]))
    assert not closed._doors


def test_doors_are_made_and_thrown_away(forest: Any) -> None:
    """A function of Python outlives what made it only as far as it keeps it alive itself."""
    runtime, _ = forest
    expected = runtime.predict_proba(ROWS[:1])
    for turn in range(120):
        fresh = Runtime.load(runtime.bundle)
        assert (fresh.predict_proba(ROWS[:1]) == expected).all()
        fresh.score(ROWS[:1].astype(np.float32))
        if turn % 3 == 0:
            function = fresh._doors["predict_proba"]._one
            del fresh
            gc.collect()
            assert repr(function).startswith("<built-in method row_in")
            del function
        gc.collect()
