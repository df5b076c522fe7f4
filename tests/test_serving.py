"""bundle-serve over a real socket: put, score, swap, roll back, restart, refuse."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest

from .servers import FIRST, FIRST_BUNDLE, FRAME, ROW, SECOND, SECOND_BUNDLE, Server, put


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    FIRST_BUNDLE.save(folder / "churn.zip")
    (folder / "bad.zip").write_bytes(b"not a zip")
    (folder / "link.zip").symlink_to("/etc/hostname")
    return folder


@pytest.fixture(scope="module")
def server(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state = tmp_path_factory.mktemp("state")
    running = Server("--model-root", str(root), "--state", str(state), "--max-rows", "500")
    yield running
    assert running.stop() == 0 or running.process.returncode == -signal.SIGTERM


def test_mleaps_two_commands_and_transform(server: Server, root: Path) -> None:
    assert server.http.get("/model").status_code == 404
    document = {"path": str(root / "churn.zip")}
    assert server.http.put("/model", json=document).json() == {}
    fields = server.http.get("/model").json()["fields"]
    assert fields[0] == {"name": "age", "type": "double"}
    frame = {
        "schema": {
            "fields": [
                {"name": "city", "type": "string"},
                {"name": "age", "type": {"type": "basic", "base": "double", "isNullable": False}},
            ]
        },
        "rows": [["Oslo", 0.5], ["Moss", -1.0]],
    }
    answer = server.http.post("/transform", json=frame).json()
    names = [field["name"] for field in answer["schema"]["fields"]]
    rows = pd.DataFrame([{"age": 0.5, "city": "Oslo"}, {"age": -1.0, "city": "Moss"}])
    expected = FIRST.predict_proba(rows)
    for line, wanted in zip(answer["rows"], expected, strict=True):
        cell = line[names.index("predict_proba")]
        assert cell["dimensions"] == [2]
        np.testing.assert_allclose(cell["values"], wanted, rtol=1e-12)
    assert server.http.delete("/model").json() == {}
    assert server.http.delete("/model").json() == {}
    assert server.http.post("/transform", json=frame).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("none.zip", 404),
        ("bad.zip", 422),
        ("link.zip", 403),
        ("../x.zip", 403),
        ("/etc/hosts", 403),
    ],
)
def test_paths_outside_the_root_and_bad_files_are_refused(
    server: Server, path: str, status: int
) -> None:
    answer = server.http.put("/model", json={"path": path})
    assert answer.status_code == status
    assert answer.json()["error"]


def test_score_one_row_rows_and_columns(server: Server) -> None:
    assert put(server, FIRST_BUNDLE, "score").status_code == 201
    url = "/models/score/score"
    one = server.http.post(url, json=ROW)
    assert one.headers["model-digest"] == FIRST_BUNDLE.digest
    expected = FIRST.predict_proba(pd.DataFrame([ROW]))[0]
    np.testing.assert_allclose(one.json()["predict_proba"], expected, rtol=1e-12)
    rows = FRAME.to_dict("records")
    several = server.http.post(url, json=rows, params={"select": "predict"}).json()
    assert [line["predict"] for line in several] == FIRST.predict(FRAME).tolist()
    assert list(several[0]) == ["predict"]
    columns = server.http.post(url, json=FRAME.to_dict("list")).json()
    assert [line["predict"] for line in columns] == FIRST.predict(FRAME).tolist()


def test_one_bad_row_does_not_fail_the_others(server: Server) -> None:
    put(server, FIRST_BUNDLE, "rows")
    rows = [ROW, {"age": 1.0, "city": "Atlantis"}, {"age": None, "city": "Oslo"}]
    lines = server.http.post("/models/rows/score", json=rows).json()
    assert lines[0]["predict"] == 1
    assert "city" in lines[1]["status"]
    assert lines[2]["predict_proba"] == [None, None]
    strict = server.http.post("/models/rows/score", json=rows, params={"errors": "raise"})
    assert strict.status_code == 422


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("{", 400),
        ("5", 400),
        ("[" * 100_000, 400),
        ('{"age": 1}', 422),
        ('{"age": "x", "city": "Oslo"}', 422),
        ('{"age": 1, "city": "Oslo", "more": 2}', 422),
        (json.dumps([ROW] * 501), 413),
    ],
)
def test_bad_requests_say_what_is_wrong(server: Server, content: str, status: int) -> None:
    put(server, FIRST_BUNDLE, "strict")
    kind = {"content-type": "application/json"}
    answer = server.http.post("/models/strict/score", content=content, headers=kind)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_unknown_routes_methods_and_types(server: Server) -> None:
    assert server.http.get("/nothing").status_code == 404
    wrong = server.http.post("/model", json={})
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "DELETE, GET, PUT"
    form = server.http.post("/models/strict/score", data={"age": "1"})
    assert form.status_code in (404, 415)


def test_swap_roll_back_activate_and_download(server: Server) -> None:
    put(server, FIRST_BUNDLE, "churn")
    assert put(server, SECOND_BUNDLE, "churn").status_code == 200
    url = "/models/churn"
    shown = server.http.get(url).json()
    assert [v["version"] for v in shown["versions"]] == ["1.0", "0.1"]
    assert server.http.get(f"{url}/bundle").content == SECOND_BUNDLE.to_bytes()
    assert server.http.post(f"{url}/rollback").json()["digest"] == FIRST_BUNDLE.digest
    assert server.http.post(f"{url}/rollback").status_code == 404
    activated = server.http.post(f"{url}/activate", json={"version": "0.1"})
    assert activated.json()["digest"] == SECOND_BUNDLE.digest
    assert server.http.post(f"{url}/activate", json={"version": "9"}).status_code == 404
    assert server.http.delete(url).json()["deleted"]
    assert server.http.get(url).status_code == 404


def test_bad_bundle_leaves_the_old_one_serving(server: Server) -> None:
    put(server, FIRST_BUNDLE, "kept")
    damaged = bytearray(SECOND_BUNDLE.to_bytes())
    damaged[len(damaged) // 2] ^= 1
    answer = server.http.put("/models/kept", content=bytes(damaged))
    assert answer.status_code == 422
    scored = server.http.post("/models/kept/score", json=ROW)
    assert scored.headers["model-digest"] == FIRST_BUNDLE.digest


def test_content_digest_and_if_match_are_honoured(server: Server) -> None:
    data = FIRST_BUNDLE.to_bytes()
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    good = put(server, FIRST_BUNDLE, "match", **{"content-digest": f"sha-256=:{digest}:"})
    assert good.headers["etag"] == f'"{FIRST_BUNDLE.digest}"'
    other = {"content-digest": f"sha-256=:{base64.b64encode(bytes(32)).decode()}:"}
    assert put(server, FIRST_BUNDLE, "match", **other).status_code == 400
    stale = put(server, SECOND_BUNDLE, "match", **{"if-match": f'"{"0" * 64}"'})
    assert stale.status_code == 412
    fresh = put(server, SECOND_BUNDLE, "match", **{"if-match": f'"{FIRST_BUNDLE.digest}"'})
    assert fresh.status_code == 200


@pytest.mark.parametrize("name", [".hidden", "a b", "x" * 200, "\u00f8"])
def test_names_that_could_be_paths_are_refused(server: Server, name: str) -> None:
    assert put(server, FIRST_BUNDLE, name).status_code in (400, 404)


def test_health_and_metrics(server: Server) -> None:
    put(server, FIRST_BUNDLE, "metrics")
    server.http.post("/models/metrics/score", json=ROW)
    assert server.http.get("/health/ready").json()["ready"]
    text = server.http.get("/metrics").text
    assert f'digest="{FIRST_BUNDLE.digest}",model="metrics",version="1.0"}} 1.0' in text
    labels = 'code="200",method="POST",model="metrics",route="/models/{name}/score",version="1.0"'
    assert f"bundle_serve_request_seconds_count{{{labels}}} 1.0" in text
    assert 'bundle_serve_rows_total{model="metrics",version="1.0"} 1.0' in text
    assert 'bundle_serve_changes_total{kind="put",result="done"}' in text


def test_every_answer_during_swaps_is_of_one_model(server: Server) -> None:
    put(server, FIRST_BUNDLE, "swap")
    frame = pd.DataFrame([ROW])
    expected = {
        FIRST_BUNDLE.digest: FIRST.predict_proba(frame)[0],
        SECOND_BUNDLE.digest: SECOND.predict_proba(frame)[0],
    }
    stop, failures, seen = threading.Event(), [], set()

    def ask() -> None:
        with httpx.Client(base_url=server.http.base_url) as client:
            while not stop.is_set():
                answer = client.post("/models/swap/score", json=ROW)
                digest = answer.headers["model-digest"]
                seen.add(digest)
                if not np.allclose(answer.json()["predict_proba"], expected[digest], rtol=1e-12):
                    failures.append(answer.text)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for turn in range(20):
        assert put(server, (FIRST_BUNDLE, SECOND_BUNDLE)[turn % 2], "swap").status_code == 200
    stop.set()
    for asker in askers:
        asker.join()
    assert failures == []
    assert seen == set(expected)


def test_models_survive_a_kill(root: Path, tmp_path: Path) -> None:
    options = ("--model-root", str(root), "--state", str(tmp_path / "state"))
    first = Server(*options)
    put(first, FIRST_BUNDLE, "a")
    put(first, SECOND_BUNDLE, "a")
    put(first, SECOND_BUNDLE, "b")
    first.stop(signal.SIGKILL)
    left = tmp_path / "state" / "models" / "a" / "x.zip.0123.part"
    left.write_bytes(b"half")
    again = Server(*options)
    try:
        assert not left.exists()
        listed = {m["name"]: m["digest"] for m in again.http.get("/models").json()["models"]}
        assert listed == {"a": SECOND_BUNDLE.digest, "b": SECOND_BUNDLE.digest}
        assert again.http.post("/models/a/rollback").json()["digest"] == FIRST_BUNDLE.digest
    finally:
        again.stop()


def test_damaged_active_bundle_falls_back_and_is_reported(root: Path, tmp_path: Path) -> None:
    options = ("--model-root", str(root), "--state", str(tmp_path / "state"))
    first = Server(*options)
    put(first, FIRST_BUNDLE, "a")
    put(first, SECOND_BUNDLE, "a")
    first.stop()
    (tmp_path / "state" / "models" / "a" / f"{SECOND_BUNDLE.digest}.zip").write_bytes(b"")
    again = Server(*options)
    try:
        assert again.http.get("/models/a").json()["digest"] == FIRST_BUNDLE.digest
        ready = again.http.get("/health/ready")
        assert ready.status_code == 503
        assert "a: version 0.1" in ready.json()["error"]
    finally:
        again.stop()


def test_the_server_needs_no_training_library_and_no_numba(server: Server) -> None:
    put(server, FIRST_BUNDLE, "light")
    server.http.post("/models/light/score", json=ROW)
    mapped = Path(f"/proc/{server.process.pid}/maps").read_text()
    heavy = ("sklearn", "xgboost", "scipy", "pandas", "llvmlite", "numba", "lxml", "pyarrow")
    assert [name for name in heavy if f"/{name}/" in mapped] == []


def test_model_that_cannot_be_loaded_at_start_is_an_error(root: Path) -> None:
    command = [sys.executable, "-m", "scorebundle.serving", "--model", f"a={root / 'bad.zip'}"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "bundle-serve: error: model a: is not a zip file" in result.stderr
