"""Collections of items through files, bundles and the server's protocols."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MultiLabelBinarizer, StandardScaler

from scorebundle.bundle import Bundle, BundleError
from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime
from scorebundle.runtime.cli import main

from .bundles import packed, with_member
from .data import DATA
from .servers import Server, put

X, Y = DATA["maps and numbers"]()
COLUMNS = ColumnTransformer(
    [
        ("more", FeatureHasher(8), "more"),
        ("tags", FeatureHasher(8, input_type="string"), "tags"),
        ("age", StandardScaler(), ["age"]),
    ]
)
MODEL = make_pipeline(COLUMNS, LogisticRegression()).fit(X, Y)
BUNDLE = export_bundle(MODEL, name="tagged")
LABELS = export_bundle(MultiLabelBinarizer().fit([["a", "b"], ["c"]]), name="labels")
ROWS = [
    {"more": more, "age": age, "tags": sorted(tags)}
    for more, age, tags in zip(X["more"], X["age"], X["tags"], strict=True)
]
RUNTIME = Runtime.load(BUNDLE)
PROBABILITIES = RUNTIME.predict_proba(X)
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    put(running, BUNDLE, "tagged")
    put(running, LABELS, "labels")
    yield running
    running.stop()


def table() -> Any:
    maps = pa.array(
        [[(k, str(v)) for k, v in row["more"].items()] for row in ROWS],
        pa.map_(pa.string(), pa.string()),
    )
    tags: Any = [row["tags"] for row in ROWS]
    return pa.table({"more": maps, "age": [row["age"] for row in ROWS], "tags": tags})


def csv_text() -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(ROWS[0])
    for row in ROWS:
        writer.writerow([json.dumps(row["more"]), row["age"], json.dumps(row["tags"])])
    return file.getvalue()


def probabilities(lines: Any) -> Any:
    return np.array([line["predict_proba"] for line in lines])


def test_json_rows_and_columns(server: Server) -> None:
    url = "/models/tagged/score?select=predict_proba"
    np.testing.assert_array_equal(
        probabilities(server.http.post(url, json=ROWS).json()), PROBABILITIES
    )
    columns = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    np.testing.assert_array_equal(
        probabilities(server.http.post(url, json=columns).json()), PROBABILITIES
    )
    one = server.http.post(url, json=ROWS[3]).json()  # an object: its tags are one cell
    assert one["predict_proba"] == PROBABILITIES[3].tolist()
    empty = server.http.post(url, json={"more": {}, "age": 30, "tags": []}).json()
    assert len(empty["predict_proba"]) == 2


def test_one_column_of_labels(server: Server) -> None:
    url = "/models/labels/score"
    for body, expected in [
        ({"y": ["a", "c", "no"]}, {"transform": [1, 0, 1]}),
        ({"y": {"b": 1}}, {"transform": [0, 1, 0]}),
        ([{"y": []}], [{"transform": [0, 0, 0]}]),
        ({"y": [["a"], ["b"]]}, [{"transform": [1, 0, 0]}, {"transform": [0, 1, 0]}]),
    ]:
        assert server.http.post(url, json=body).json() == expected
    refused = server.http.post(url, json=[{"y": ["a"]}, {"y": None}]).json()
    assert "must be a list of items" in refused[1]["status"]
    answer = server.http.post(url, json=[{"y": ["a"]}, {"y": "a"}])
    assert answer.status_code == 422
    assert "column 'y': must be a list or a map of items, not 'a' (row 1)" in answer.text


def test_other_bodies(server: Server) -> None:
    url = "/models/tagged/score?select=predict_proba"
    for kind, body in [
        ("text/csv", csv_text().encode()),
        ("application/x-ndjson", "\n".join(map(json.dumps, ROWS)).encode()),
        ("application/msgpack", msgspec.msgpack.encode(ROWS)),
    ]:
        headers = {"content-type": kind, "accept": "application/json"}
        answer = server.http.post(url, content=body, headers=headers)
        np.testing.assert_array_equal(probabilities(answer.json()), PROBABILITIES)
    sink, rows = io.BytesIO(), table()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    headers = {"content-type": ARROW, "accept": "application/json"}
    answer = server.http.post(url, content=sink.getvalue(), headers=headers)
    texts = [{k: str(v) for k, v in row["more"].items()} for row in ROWS]
    expected = RUNTIME.predict_proba(X.assign(more=texts))
    np.testing.assert_array_equal(probabilities(answer.json()), expected)


def test_protocols_of_scalars_hold_json(server: Server) -> None:
    about = server.http.get("/v2/models/tagged").json()
    kinds = {item["name"]: item["datatype"] for item in about["inputs"]}
    assert kinds == {"more": "BYTES", "age": "FP64", "tags": "BYTES"}
    data = {
        "more": [json.dumps(row["more"]) for row in ROWS],
        "age": [row["age"] for row in ROWS],
        "tags": [json.dumps(row["tags"]) for row in ROWS],
    }
    inputs = [
        {"name": name, "datatype": kinds[name], "shape": [len(ROWS), 1], "data": values}
        for name, values in data.items()
    ]
    answer = server.http.post("/v2/models/tagged/infer", json={"inputs": inputs}).json()
    outputs = {output["name"]: output["data"] for output in answer["outputs"]}
    assert outputs["predict_proba"] == PROBABILITIES.ravel().tolist()
    inputs[2]["data"] = ["no JSON", *data["tags"][1:]]
    answer = server.http.post("/v2/models/tagged/infer", json={"inputs": inputs})
    assert answer.status_code == 400
    assert "input 'tags': must be JSON of a list or object, not 'no JSON' (row 0)" in answer.text
    fields = [{"name": "y", "type": "string"}]
    frame = {"schema": {"fields": fields}, "rows": [['["a"]'], ['["c", "c"]'], ["[]"]]}
    rows = server.http.post("/models/labels/transform", json=frame).json()["rows"]
    assert [row[1]["values"] for row in rows] == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_the_openapi_document_describes_collections(server: Server) -> None:
    document = server.http.get("/models/tagged/openapi.json").json()
    operation = document["paths"]["/models/tagged/score"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    check = Draft202012Validator(content["schema"]).is_valid
    assert check(ROWS)
    assert check(content["example"])
    assert server.http.post("/models/tagged/score", json=content["example"]).status_code == 200
    refused: list[Any] = ["a", 5, [["a", 1, 2]], [{}], {"a": []}]
    for tags in refused:
        assert not check({**ROWS[0], "tags": tags})


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_files(form: str, tmp_path: Path) -> None:
    source, target = tmp_path / f"rows.{form}", tmp_path / "scores.jsonl"
    expected = PROBABILITIES
    if form == "parquet":
        pq.write_table(table(), source)
        texts = [{k: str(v) for k, v in row["more"].items()} for row in ROWS]
        expected = RUNTIME.predict_proba(X.assign(more=texts))
    else:
        lines = csv_text() if form == "csv" else "\n".join(map(json.dumps, ROWS))
        source.write_text(lines, "utf-8")
    bundle = tmp_path / "tagged.zip"
    BUNDLE.save(bundle)
    assert main(["score", str(bundle), str(source), "-o", str(target)]) == 0
    found = [json.loads(line) for line in target.read_text().splitlines()]
    got = [[line["predict_proba_0"], line["predict_proba_1"]] for line in found]
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    "form, text, problem",
    [
        ("csv", 'y\n"[""a""]"\nb\n', "line 3, column 'y': 'b' is not a list or an object of items"),
        ("csv", 'y\n"{""a"": 1, ""a"": 2}"\n', "is not a list or an object of items"),
        ("csv", 'y\n"[[[]]]"\n', "must hold items, or pairs"),
        ("jsonl", '{"y": "b"}\n', "line 1, column 'y': 'b' is not a list or an object of items"),
        ("jsonl", '{"y": 5}\n', "5 is not a list or an object of items"),
        ("jsonl", '{"y": [{}]}\n', "must hold items, or pairs"),
    ],
)
def test_cells_that_are_no_collection_are_one_line(
    form: str, text: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, source = tmp_path / "labels.zip", tmp_path / f"rows.{form}"
    LABELS.save(bundle)
    source.write_text(text)
    assert main(["score", str(bundle), str(source)]) != 0
    (line,) = capsys.readouterr().err.splitlines()
    assert problem in line


@pytest.mark.parametrize(
    "column",
    [
        ["scalars", [["a"]]],
        ["items", ["a"]],
        ["items", [5]],
        ["items", [[[["a"], 1]]]],
        ["items", [[["a", 1, 2]]]],
        ["items", [[{"a": 1}]]],
        ["items", [{"a": [1, 2]}]],
        ["items", {"a": 1}],
        ["items"],
    ],
    ids=str,
)
def test_stored_cells_are_checked(column: Any) -> None:
    members = {name: LABELS._members[name] for name in LABELS._members}
    content = msgpack.unpackb(members["verification.msgpack"])
    assert content["rows"]["y"][0] == "items"
    content["rows"]["y"] = column
    changed = with_member(members, "verification.msgpack", packed(content))
    with pytest.raises(BundleError, match="rows: column 'y'") as caught:
        _ = Bundle.open(changed).verification
    assert caught.value.member == "verification.msgpack"


def test_a_bundle_proves_itself() -> None:
    assert Runtime.load(BUNDLE.to_bytes(), verify=True).inputs[0].type == "items"
