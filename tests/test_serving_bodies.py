"""Rows in every format, answered in every format, number for number what the runtime says."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime

from .servers import FIRST_BUNDLE, FRAME, ROW, Server, put

URL = "/models/churn/score"
SCORES = Runtime.load(FIRST_BUNDLE).score(FRAME)
LINES = SCORES.to_dicts()
NDJSON = "application/x-ndjson"
MSGPACK = "application/msgpack"
ARROW = "application/vnd.apache.arrow.stream"
X = np.random.default_rng(1).normal(size=(30, 2))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server("--threads", "2")
    put(running, FIRST_BUNDLE, "churn")
    perfect = LogisticRegression(C=1e9).fit(X, X[:, 0] > 0)
    put(running, export_bundle(perfect, name="logs"), "logs")
    yield running
    running.stop()


def arrow_of(frame: pd.DataFrame) -> bytes:
    table, sink = pa.Table.from_pandas(frame, preserve_index=False), io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


BODIES = {
    "application/json": json.dumps(FRAME.to_dict("records")).encode(),
    NDJSON: b"\n".join(json.dumps(row).encode() for row in FRAME.to_dict("records")),
    "text/csv": FRAME.to_csv(index=False).encode(),
    MSGPACK: msgspec.msgpack.encode(FRAME.to_dict("records")),
    ARROW: arrow_of(FRAME),
}


def lines_of(kind: str, content: bytes) -> list[dict[str, Any]]:
    """An answer's rows, without their empty status."""
    if kind == "application/json":
        return list(json.loads(content))
    if kind == NDJSON:
        return [json.loads(line) for line in content.splitlines()]
    if kind == MSGPACK:
        return list(msgspec.msgpack.decode(content))
    if kind == ARROW:
        frame = pa.ipc.open_stream(content).read_all().to_pandas()
    else:
        frame = pd.read_csv(io.BytesIO(content), float_precision="round_trip")
    assert frame.pop("status").isna().all()
    wanted = SCORES.columns()
    assert list(frame) == list(wanted)
    for name, column in wanted.items():
        np.testing.assert_array_equal(frame[name].to_numpy(), column)
    return LINES


@pytest.mark.parametrize("sent", BODIES)
@pytest.mark.parametrize("asked", BODIES)
def test_every_format_in_and_out(server: Server, sent: str, asked: str) -> None:
    headers = {"content-type": sent, "accept": asked}
    answer = server.http.post(URL, content=BODIES[sent], headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == asked
    assert lines_of(asked, answer.content) == LINES


@pytest.mark.parametrize("sent", BODIES)
def test_without_a_wish_the_answer_has_the_type_of_the_question(server: Server, sent: str) -> None:
    answer = server.http.post(URL, content=BODIES[sent], headers={"content-type": sent})
    assert answer.headers["content-type"] == sent


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("image/png", 406),
        ("text/csv;q=0, image/png", 406),
        ("text/*", 200),
        ("image/png, application/json;q=0.5", 200),
        ("text/csv;q=x, */*", 200),
    ],
)
def test_accept_is_negotiated(server: Server, accept: str, status: int) -> None:
    assert server.http.post(URL, json=ROW, headers={"accept": accept}).status_code == status


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("image/png", b"x", 415),
        ("text/csv", b"", 400),
        ("text/csv", b"age,city\n1,Oslo,x\n", 422),
        ("text/csv", b"age\n1\n", 422),
        ("text/csv", b"age,city,more\n1,Oslo,2\n", 422),
        ("text/csv", b"age,city\nold,Oslo\n", 422),
        ("text/csv", b"\xff\xfe\n", 422),
        (NDJSON, b'{"age": 1, "city": "Oslo"}\n{', 400),
        (NDJSON, b"5\n", 400),
        (MSGPACK, b"\xc1", 400),
        (MSGPACK, b"\x05", 400),
        (ARROW, b"no stream", 400),
        ("application/json", b'{"age": 1, "age": 2, "city": "Oslo"}', 400),
        ("application/json", b'[{"age": 1, "city": "a:b", "city": "Oslo"}]', 400),
        ("application/json", b'{"age": NaN, "city": "Oslo"}', 400),
        ("application/json", b'{"age": 1e400, "city": "Oslo"}', 400),
        ("application/json", b'{"age": 1' + b"0" * 400 + b', "city": "Oslo"}', 422),
        ("application/json", b'{"age": [[1]], "city": ["Oslo"]}', 422),
        ("application/json", b'{"age": {}, "city": "Oslo"}', 422),
        ("application/json", b'{"age": 1, "city": "\\ud800"}', 400),
        ("application/json", b"\xff", 400),
        ("application/json", b"[1, 2]", 400),
        ("application/json", b"", 400),
    ],
)
def test_bad_bodies_are_refused(server: Server, kind: str, content: bytes, status: int) -> None:
    answer = server.http.post(URL, content=content, headers={"content-type": kind})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]


def test_colons_in_text_are_not_taken_for_repeated_keys(server: Server) -> None:
    answer = server.http.post(URL, json={"age": 1, "city": "Oslo: east"})
    assert "city" in answer.json()["status"]


def test_numbers_that_are_no_json_travel_as_text(server: Server) -> None:
    row = {"age": "NaN", "city": "Oslo"}
    assert server.http.post(URL, json=row).json()["predict_proba"] == [None, None]
    refused = server.http.post(URL, json=[{"age": "-Infinity", "city": "Oslo"}, ROW]).json()
    assert "infinite" in refused[0]["status"]
    assert refused[1]["predict"] == 1
    assert server.http.post(URL, json={"age": "12", "city": "Oslo"}).status_code == 422
    sure = {"x0": 1e6, "x1": 0.0}
    log = server.http.post("/models/logs/score", json=sure).json()["predict_log_proba"]
    assert log == ["-Infinity", 0.0]
    both = server.http.post("/models/logs/score", json=[sure, sure]).json()
    assert both[1]["predict_log_proba"] == ["-Infinity", 0.0]


def test_no_rows_and_many_rows(server: Server) -> None:
    assert server.http.post(URL, json=[]).json() == []
    many = FRAME.to_dict("records") * 500
    lines = server.http.post(URL, json=many).json()
    assert lines == LINES * 500


def test_status_in_a_table(server: Server) -> None:
    text = "age,city\n1,Oslo\n2,Atlantis\n"
    answer = server.http.post(URL, content=text, headers={"content-type": "text/csv"})
    lines = answer.text.splitlines()
    assert lines[0].endswith(",status")
    assert "Atlantis" not in lines[1]
    assert "not seen in training" in lines[2]
    strict = server.http.post(
        URL, content=text, headers={"content-type": "text/csv"}, params={"errors": "raise"}
    )
    assert strict.status_code == 422


@pytest.mark.parametrize(
    ("query", "status"),
    [("select=nothing", 404), ("errors=maybe", 400), ("select=%ff", 400), ("select=", 404)],
)
def test_bad_queries(server: Server, query: str, status: int) -> None:
    assert server.http.post(f"{URL}?{query}", json=ROW).status_code == status
