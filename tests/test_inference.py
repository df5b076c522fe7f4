"""The Open Inference Protocol's REST routes, on the application itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from scorebundle.exporters import export_bundle

from .servers import FIRST, FIRST_BUNDLE, FRAME, Server, put

Ask = Callable[..., httpx.Response]

X = np.random.default_rng(0).normal(size=(40, 3))
MODEL = LogisticRegression().fit(X, np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.4, 0.4])])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server("--max-rows", "100")
    put(running, export_bundle(MODEL, version="3"), "iris")
    put(running, FIRST_BUNDLE, "churn")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def ask(server: Server) -> Ask:
    return server.http.request


def tensor(name: str, kind: str, data: Any, shape: list[int]) -> dict[str, Any]:
    return {"name": name, "datatype": kind, "shape": shape, "data": data}


def test_health_and_metadata(ask: Ask) -> None:
    assert ask("GET", "/v2").json()["name"] == "bundle-serve"
    assert ask("GET", "/v2/health/ready").json() == {"ready": True}
    assert ask("GET", "/v2/models").json() == {"models": ["churn", "iris"]}
    about = ask("GET", "/v2/models/iris").json()
    assert about["inputs"][0] == {"name": "x0", "datatype": "FP64", "shape": [-1, 1]}
    assert ask("GET", "/v2/models/iris/versions/3/ready").json()["ready"]
    assert ask("GET", "/v2/models/iris/versions/4/ready").status_code == 404
    index = ask("POST", "/v2/repository/index", json={}).json()
    assert [(m["name"], m["state"]) for m in index] == [("churn", "READY"), ("iris", "READY")]


@pytest.mark.parametrize("nested", [True, False])
def test_one_tensor_of_all_columns(ask: Ask, nested: bool) -> None:
    data = X.tolist() if nested else X.ravel().tolist()
    document = {"id": "7", "inputs": [tensor("x", "FP64", data, [40, 3])]}
    answer = ask("POST", "/v2/models/iris/infer", json=document).json()
    assert answer["id"] == "7"
    outputs = {output["name"]: output for output in answer["outputs"]}
    assert outputs["predict"]["data"] == MODEL.predict(X).tolist()
    assert outputs["predict"]["datatype"] == "BYTES"
    proba = np.reshape(outputs["predict_proba"]["data"], outputs["predict_proba"]["shape"])
    np.testing.assert_allclose(proba, MODEL.predict_proba(X), rtol=1e-12)


def test_one_tensor_per_column_in_any_order_and_chosen_outputs(ask: Ask) -> None:
    document = {
        "inputs": [
            tensor("city", "BYTES", FRAME["city"].tolist(), [60, 1]),
            tensor("age", "FP64", FRAME["age"].tolist(), [60]),
        ],
        "outputs": [{"name": "predict_proba"}],
    }
    answer = ask("POST", "/v2/models/churn/infer", json=document).json()
    (output,) = answer["outputs"]
    expected = FIRST.predict_proba(pd.DataFrame(FRAME))
    np.testing.assert_allclose(np.reshape(output["data"], (60, 2)), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({}, 400),
        ({"inputs": [5]}, 400),
        ({"inputs": [tensor("x", "FP64", [1.0], [1, 3])]}, 400),
        ({"inputs": [tensor("x", "FP64", [1.0, 2.0], [1, 2])]}, 400),
        ({"inputs": [tensor("x", "FP64", [1.0], [-1])]}, 400),
        ({"inputs": [tensor("x", "FP64", [[1.0], 2.0, 3.0], [1, 3])]}, 400),
        ({"inputs": [tensor("x", "FP64", [0.0] * 3, [1, 3])], "outputs": 5}, 400),
        ({"inputs": [tensor("x9", "FP64", [1.0], [1])]}, 422),
        ({"inputs": [tensor("x", "FP64", [None] * 3, [1, 3])]}, 422),
        ({"inputs": [tensor("x", "FP64", [0.0] * 303, [101, 3])]}, 413),
        ({"inputs": [tensor("x", "FP64", [0.0] * 3, [1, 3])], "outputs": [{"name": "y"}]}, 404),
    ],
)
def test_bad_requests_say_what_is_wrong(ask: Ask, document: Any, status: int) -> None:
    answer = ask("POST", "/v2/models/iris/infer", json=document)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_unknown_model(ask: Ask) -> None:
    assert ask("GET", "/v2/models/none").status_code == 404
    assert ask("POST", "/v2/models/none/infer", json={}).status_code == 404
