"""MLeap's routes of both generations, with frames as its own serialiser writes them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from .servers import FIRST, FIRST_BUNDLE, Server, put

FRAME: dict[str, Any] = {
    "schema": {
        "fields": [
            {"name": "city", "type": "string"},
            {"name": "age", "type": {"type": "basic", "base": "double", "isNullable": False}},
        ]
    },
    "rows": [["Oslo", 0.5], ["Moss", -1.0]],
}
ROWS = pd.DataFrame([{"age": 0.5, "city": "Oslo"}, {"age": -1.0, "city": "Moss"}])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("models")
    FIRST_BUNDLE.save(root / "churn.zip")
    running = Server("--model-root", str(root))
    put(running, FIRST_BUNDLE, "churn")
    running.http.put("/model", json={"path": "churn.zip"})
    yield running
    running.stop()


def predicted(answer: dict[str, Any]) -> list[Any]:
    names = [field["name"] for field in answer["schema"]["fields"]]
    assert names[:2] == ["city", "age"]
    return [row[names.index("predict")] for row in answer["rows"]]


@pytest.mark.parametrize("path", ["/transform", "/models/churn/transform"])
def test_transform(server: Server, path: str) -> None:
    answer = server.http.post(path, json=FRAME).json()
    assert predicted(answer) == FIRST.predict(ROWS).tolist()
    assert answer["schema"]["fields"][:2] == FRAME["schema"]["fields"]
    types = {field["name"]: field["type"] for field in answer["schema"]["fields"]}
    assert types["predict"] == "long"
    assert types["predict_proba"] == {"type": "tensor", "base": "double", "dimensions": [2]}


def test_encoded_frames(server: Server) -> None:
    frame = base64.b64encode(json.dumps(FRAME).encode()).decode()
    wish = {"modelName": "churn", "format": "ml.combust.mleap.json", "tag": 7, "frame": frame}
    answer = server.http.post("/models/transform", json=wish).json()
    assert (answer["status"], answer["tag"]) == ("STATUS_OK", 7)
    assert predicted(json.loads(base64.b64decode(answer["frame"])))
    select = {"select": ["predict", "none"], "selectMode": "SELECT_MODE_RELAXED"}
    relaxed = server.http.post("/models/transform", json={**wish, "options": select}).json()
    fields = json.loads(base64.b64decode(relaxed["frame"]))["schema"]["fields"]
    assert [field["name"] for field in fields] == ["city", "age", "predict"]
    select["selectMode"] = "SELECT_MODE_STRICT"
    for bad in ({"options": select}, {"modelName": "x"}, {"frame": "%"}, {"format": "avro"}):
        failed = server.http.post("/models/transform", json={**wish, **bad})
        assert failed.status_code == 200
        assert failed.json()["status"] == "STATUS_ERROR"
        assert failed.json()["error"]


def test_meta(server: Server) -> None:
    meta = server.http.get("/models/churn/meta").json()
    assert meta["bundle"]["name"] == "churn"
    assert meta["inputSchema"]["fields"][0] == {
        "name": "age",
        "dataType": {"base": "DOUBLE", "shape": {"base": "SCALAR", "isNullable": True}},
    }
    assert server.http.get("/models/nothing/meta").status_code == 404


def test_load_by_uri(server: Server) -> None:
    wish = {"modelName": "loaded", "uri": "file:churn.zip"}
    answer = server.http.post("/models", json=wish)
    assert answer.status_code == 202
    assert answer.json()["name"] == "loaded"
    assert server.http.get("/models/loaded").json()["digest"] == FIRST_BUNDLE.digest
    for uri, status in (
        ("http://elsewhere.example/x.zip", 403),
        ("file://host/x.zip", 403),
        ("file:../x.zip", 403),
        ("file:none.zip", 404),
        ("http://[", 400),
    ):
        assert server.http.post("/models", json={**wish, "uri": uri}).status_code == status


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"schema": {"fields": []}},
        {"schema": {"fields": [{"name": "age"}]}, "rows": []},
        {"schema": {"fields": [{"name": 1, "type": "double"}]}, "rows": []},
        {"schema": {"fields": [{"name": "age", "type": "double"}] * 2}, "rows": []},
        {"schema": {"fields": [{"name": "age", "type": "double"}]}, "rows": [[]]},
        {"schema": {"fields": [{"name": "age", "type": {"type": "list"}}]}, "rows": []},
    ],
)
def test_bad_frames(server: Server, frame: dict[str, Any]) -> None:
    assert server.http.post("/transform", json=frame).status_code == 400


def test_other_encodings_are_named(server: Server) -> None:
    answer = server.http.post(
        "/transform", content=b"x", headers={"content-type": "application/avro"}
    )
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]
