"""Several processes: a change reaches all or none; dead workers come back; SIGTERM drains."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest

from .servers import (
    FIRST,
    FIRST_BUNDLE,
    ROW,
    SECOND,
    SECOND_BUNDLE,
    Server,
    environment,
    put,
)

DIGESTS = {FIRST_BUNDLE.digest, SECOND_BUNDLE.digest}


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """The processes whose parent this is."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def workers_of(server: Server) -> list[int]:
    """The children that have a checker of their own: the workers."""
    return [child for child in children(server.process.pid) if children(child)]


def answers(server: Server, times: int = 40) -> set[str]:
    """Digests that answer, each asked on a new connection, so that every worker is met."""
    found = set()
    for _ in range(times):
        answer = httpx.post(f"{server.http.base_url}/models/churn/score", json=ROW)
        found.add(answer.headers["model-digest"] if answer.status_code == 200 else "none")
    return found


def test_a_change_reaches_every_worker(tmp_path: Path) -> None:
    server = Server("--workers", "3", "--state", str(tmp_path))
    try:
        wait_for(lambda: len(workers_of(server)) == 3)
        assert put(server, FIRST_BUNDLE, "churn").status_code == 201
        assert answers(server) == {FIRST_BUNDLE.digest}
        assert put(server, SECOND_BUNDLE, "churn").status_code == 200
        assert answers(server) == {SECOND_BUNDLE.digest}
        damaged = bytearray(FIRST_BUNDLE.to_bytes())
        damaged[len(damaged) // 2] ^= 1
        assert server.http.put("/models/churn", content=bytes(damaged)).status_code == 422
        assert answers(server) == {SECOND_BUNDLE.digest}
        assert server.http.post("/models/churn/rollback").status_code == 200
        assert answers(server) == {FIRST_BUNDLE.digest}
        text = server.http.get("/metrics").text
        lines = [x for x in text.splitlines() if x.startswith("bundle_serve_rows_total")]
        assert sum(float(line.split()[-1]) for line in lines) == 160
        assert server.http.delete("/models/churn").status_code == 200
        assert answers(server) == {"none"}
    finally:
        assert server.stop() == 0


def test_a_killed_worker_comes_back_with_the_current_models(tmp_path: Path) -> None:
    server = Server("--workers", "2", "--state", str(tmp_path))
    try:
        put(server, FIRST_BUNDLE, "churn")
        put(server, SECOND_BUNDLE, "churn")
        wait_for(lambda: len(workers_of(server)) == 2)
        before = workers_of(server)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(set(workers_of(server)) - set(before)) == 2)
        assert answers(server) == {SECOND_BUNDLE.digest}
        assert put(server, FIRST_BUNDLE, "churn").status_code == 200
        assert answers(server) == {FIRST_BUNDLE.digest}
    finally:
        server.stop()


def test_a_frozen_worker_cannot_stop_a_change(tmp_path: Path) -> None:
    options = ("--workers", "2", "--state", str(tmp_path), "--load-timeout", "1")
    server = Server(*options)
    try:
        put(server, FIRST_BUNDLE, "churn")
        wait_for(lambda: len(workers_of(server)) == 2)
        frozen = workers_of(server)[0]
        os.kill(frozen, signal.SIGSTOP)
        deadline = threading.Timer(40, lambda: os.kill(frozen, signal.SIGCONT))
        deadline.start()
        # New connections go to whichever worker accepts; the frozen one accepts none.
        url = f"{server.http.base_url}/models/churn"
        assert httpx.put(url, content=SECOND_BUNDLE.to_bytes(), timeout=60).status_code == 200
        deadline.cancel()
        wait_for(lambda: frozen not in workers_of(server))
        assert answers(server) == {SECOND_BUNDLE.digest}
    finally:
        server.stop()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_requests_in_flight_end_before_the_server_does(workers: str) -> None:
    server = Server("--workers", workers, "--drain-delay", "2")
    put(server, FIRST_BUNDLE, "churn")
    body = [ROW] * 20_000
    found: list[int] = []

    def ask() -> None:
        answer = httpx.post(f"{server.http.base_url}/models/churn/score", json=body)
        found.append(answer.status_code)

    asker = threading.Thread(target=ask)
    asker.start()
    time.sleep(0.1)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.15)
    ready = httpx.get(f"{server.http.base_url}/health/ready")
    assert ready.status_code == 503
    assert ready.headers["connection"] == "close"
    asker.join()
    assert found == [200]
    assert server.process.wait(20) == 0


def test_nothing_is_left_when_the_server_is_killed() -> None:
    server = Server("--workers", "2")

    def everyone() -> list[int]:
        found = [server.process.pid]
        for pid in found:
            found += children(pid)
        return found

    wait_for(lambda: len(everyone()) == 6)  # supervisor and checker, two workers with one each
    family = everyone()
    server.stop(signal.SIGKILL)
    wait_for(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in family))


def test_models_from_files_folders_and_a_watched_directory(tmp_path: Path) -> None:
    named, watched = tmp_path / "named", tmp_path / "watched"
    unpacked = watched / "unpacked"
    unpacked.mkdir(parents=True)
    FIRST_BUNDLE.save(tmp_path / "first.zip")
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        archive.extractall(unpacked)
        archive.extractall(named)
    FIRST_BUNDLE.save(watched / "zipped.zip")
    (watched / "broken.zip").write_bytes(b"broken")
    options = ("--models", str(watched), "--watch", "0.2", "--model", f"named={named}")
    server = Server(*options)
    try:
        models = server.http.get("/models").json()["models"]
        assert {model["name"]: model["digest"] for model in models} == dict.fromkeys(
            ["named", "unpacked", "zipped"], FIRST_BUNDLE.digest
        )
        # A broken one keeps the server from being ready, and says so.
        assert "broken" in server.http.get("/health/ready").json()["error"]
        index = server.http.post("/v2/repository/index").json()
        states = {model["name"]: model["state"] for model in index}
        assert states["broken"] == "UNAVAILABLE"
        SECOND_BUNDLE.save(watched / "zipped.zip")
        SECOND_BUNDLE.save(watched / "broken.zip")

        def digest(name: str) -> str | None:
            found: str | None = server.http.get(f"/models/{name}").json().get("digest")
            return found

        wait_for(lambda: digest("zipped") == digest("broken") == SECOND_BUNDLE.digest)
        assert server.http.get("/health/ready").status_code == 200
        (watched / "zipped.zip").write_bytes(b"half a file")
        time.sleep(1)
        assert digest("zipped") == SECOND_BUNDLE.digest
    finally:
        server.stop()


def test_what_was_put_over_http_survives_a_restart_with_the_same_files(tmp_path: Path) -> None:
    FIRST_BUNDLE.save(tmp_path / "a.zip")
    options = ("--state", str(tmp_path / "state"), "--model", f"a={tmp_path / 'a.zip'}")
    server = Server(*options)
    put(server, SECOND_BUNDLE, "a")
    server.stop()
    again = Server(*options)
    try:
        assert again.http.get("/models/a").json()["digest"] == SECOND_BUNDLE.digest
    finally:
        again.stop()


def test_unload_and_load_by_the_inference_protocol(tmp_path: Path) -> None:
    import base64

    FIRST_BUNDLE.save(tmp_path / "a.zip")
    server = Server("--model", f"a={tmp_path / 'a.zip'}")
    try:
        repository = "/v2/repository/models"
        assert server.http.post(f"{repository}/a/unload").status_code == 200
        assert server.http.post("/models/a/score", json=ROW).status_code == 404
        assert server.http.post("/v2/repository/index", json={"ready": True}).json() == []
        SECOND_BUNDLE.save(tmp_path / "a.zip")
        assert server.http.post(f"{repository}/a/load").status_code == 200
        assert server.http.get("/models/a").json()["digest"] == SECOND_BUNDLE.digest
        sent = base64.b64encode(FIRST_BUNDLE.to_bytes()).decode()
        parameters = {"parameters": {"file:1/model.zip": sent}}
        assert server.http.post(f"{repository}/b/load", json=parameters).status_code == 200
        assert server.http.post(f"{repository}/b/unload").status_code == 200
        assert server.http.post(f"{repository}/b/load").status_code == 200
        assert server.http.get("/models/b").json()["digest"] == FIRST_BUNDLE.digest
        assert server.http.post(f"{repository}/c/load").status_code == 404
        for bad in ([1], {"file:x": 1}, {"file:x": "%"}):
            answer = server.http.post(f"{repository}/c/load", json={"parameters": bad})
            assert answer.status_code == 400
    finally:
        server.stop()


def test_a_state_directory_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    command = [sys.executable, "-m", "scorebundle.serving", "--state", str(file / "state")]
    result = subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 2
    assert "bundle-serve: error: state:" in result.stderr


def test_the_access_log(tmp_path: Path) -> None:
    import json

    log = tmp_path / "access.jsonl"
    server = Server("--access-log", str(log))
    put(server, FIRST_BUNDLE, "churn")
    own = server.http.post("/models/churn/score", json=ROW, headers={"x-request-id": "mine-1"})
    assert own.headers["x-request-id"] == "mine-1"
    bad = server.http.get("/health/live", headers={"x-request-id": "x" * 500})
    assert bad.headers["x-request-id"] != "x" * 500
    server.stop()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    scored = next(line for line in lines if line["id"] == "mine-1")
    assert scored["status"] == 200
    assert scored["model"] == "churn"
    assert scored["path"] == "/models/churn/score"


def test_swaps_under_load_with_workers(tmp_path: Path) -> None:
    server = Server("--workers", "2", "--state", str(tmp_path))
    put(server, FIRST_BUNDLE, "churn")
    frame = pd.DataFrame([ROW])
    expected = {
        FIRST_BUNDLE.digest: FIRST.predict_proba(frame)[0],
        SECOND_BUNDLE.digest: SECOND.predict_proba(frame)[0],
    }
    stop, wrong = threading.Event(), []
    seen: set[str] = set()

    def ask() -> None:
        with httpx.Client(base_url=server.http.base_url) as client:
            while not stop.is_set():
                answer = client.post("/models/churn/score", json=ROW)
                digest = answer.headers.get("model-digest", "none")
                seen.add(digest)
                got = answer.json().get("predict_proba", [])
                if answer.status_code != 200 or not np.allclose(got, expected[digest], rtol=1e-12):
                    wrong.append(answer.text)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    try:
        for turn in range(20):
            bundle = (SECOND_BUNDLE, FIRST_BUNDLE)[turn % 2]
            assert put(server, bundle, "churn").status_code == 200
    finally:
        stop.set()
        for asker in askers:
            asker.join()
        server.stop()
    assert wrong == []
    assert seen == DIGESTS


def test_traces_name_the_model(tmp_path: Path) -> None:
    spans = tmp_path / "spans"
    with open(spans, "wb") as out:
        server = Server("--otel", env={"OTEL_TRACES_EXPORTER": "console"}, stdout=out)
        put(server, FIRST_BUNDLE, "churn")
        server.http.post("/models/churn/score", json=ROW)
        server.stop()
    text = spans.read_text()
    assert "/models/churn/score" in text
    assert FIRST_BUNDLE.digest in text
