"""The server's promises, each as a short slice here and at full length by `make serving-test`.

| promise | slice | full |
|---|---|---|
| swaps under load: none fails, none is mixed | 40 | 1,000 |
| kill -9 in a PUT, restart: the old or the new model, whole | 6 | 200 |
| refused bundles: the old model serves on, memory stays flat | 60 | 1,000 |
| requests made from our own OpenAPI document: no server error, no broken contract | 150 | 2,500 |
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest

from scorebundle.bundle import Bundle, BundleError

from .servers import FIRST, FIRST_BUNDLE, ROW, SECOND, SECOND_BUNDLE, Server, environment, put

BUNDLES = (FIRST_BUNDLE, SECOND_BUNDLE)
EXPECTED = {
    bundle.digest: model.predict_proba(pd.DataFrame([ROW]))[0]
    for bundle, model in ((FIRST_BUNDLE, FIRST), (SECOND_BUNDLE, SECOND))
}


class Askers:
    """Sixteen clients that score one row all the time, and check value against digest."""

    def __init__(self, server: Server, clients: int = 16, pause: float = 0.02) -> None:
        self.asked, self.failed, self.mixed = 0, 0, 0
        self._url, self._pause = str(server.http.base_url), pause
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> Askers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with httpx.Client(base_url=self._url, timeout=30) as client:
            while not self._stop.is_set():
                answer = client.post("/models/churn/score", json=ROW)
                self.asked += 1
                if answer.status_code != 200:
                    self.failed += 1
                    continue
                wanted = EXPECTED[answer.headers["model-digest"]]
                if not np.allclose(answer.json()["predict_proba"], wanted, rtol=1e-12):
                    self.mixed += 1
                time.sleep(self._pause)


def memory_of(server: Server) -> float:
    """Resident memory in MB."""
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    line = next(line for line in text.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.mark.parametrize("workers", ["1", "2"])
def test_swaps_under_load(tmp_path: Path, full: bool, workers: str) -> None:
    server = Server("--state", str(tmp_path), "--workers", workers)
    swaps = 500 if full else 20
    try:
        put(server, FIRST_BUNDLE, "churn")
        start = time.monotonic()
        with Askers(server) as askers:
            for turn in range(swaps):
                assert put(server, BUNDLES[turn % 2], "churn").status_code == 200
        rate = askers.asked / (time.monotonic() - start)
        print(f"{swaps} swaps, {askers.asked} requests at {rate:.0f}/s, {workers} workers: "
              f"{askers.failed} failed, {askers.mixed} mixed")  # fmt: skip
        assert (askers.failed, askers.mixed) == (0, 0)
        assert askers.asked > swaps
    finally:
        server.stop()


def test_refused_bundles(tmp_path: Path, full: bool) -> None:
    server = Server("--state", str(tmp_path))
    draw = random.Random(0)
    number = 1000 if full else 60
    try:
        put(server, FIRST_BUNDLE, "churn")
        good = SECOND_BUNDLE.to_bytes()
        before = 0.0
        with Askers(server) as askers:
            for turn in range(number):
                bad = bytearray(good)
                if turn % 3 == 0:
                    bad = bad[: draw.randrange(len(bad))]
                else:
                    for _ in range(draw.choice((1, 3, 30))):
                        bad[draw.randrange(len(bad))] ^= 1 << draw.randrange(8)
                if _is_good(bytes(bad)):  # e.g. another time stamp
                    continue
                answer = server.http.put("/models/churn", content=bytes(bad))
                assert answer.status_code in (400, 422), answer.text
                assert "/" not in answer.json()["error"].replace("and/or", "")
                if turn == number // 5:
                    before = memory_of(server)
        assert (askers.failed, askers.mixed) == (0, 0)
        assert server.http.get("/models/churn").json()["digest"] == FIRST_BUNDLE.digest
        grown = memory_of(server) - before
        print(f"{number} refused bundles, {askers.asked} requests, memory {grown:+.1f} MB")
        assert grown < 8
        assert list((tmp_path / "incoming").iterdir()) == []
        assert len(list((tmp_path / "models" / "churn").iterdir())) == 2
    finally:
        server.stop()


def _is_good(data: bytes) -> bool:
    try:
        Bundle.open(data).check()
    except BundleError:
        return False
    return True


def test_kills_in_a_put(tmp_path: Path, full: bool) -> None:
    draw = random.Random(0)
    number = 200 if full else 6
    seen = dict.fromkeys(EXPECTED, 0)
    current = FIRST_BUNDLE.digest
    server = Server("--state", str(tmp_path))
    put(server, FIRST_BUNDLE, "churn")
    for turn in range(number):
        following = BUNDLES[(turn + 1) % 2]
        sender = threading.Thread(target=_put_and_lose, args=(server, following))
        sender.start()
        time.sleep(draw.uniform(0, 0.06))
        server.stop(signal.SIGKILL)
        sender.join()
        server = Server("--state", str(tmp_path))
        ready = server.http.get("/health/ready")
        assert ready.status_code == 200, ready.text
        answer = server.http.post("/models/churn/score", json=ROW)
        digest = answer.headers["model-digest"]
        assert digest in (current, following.digest)
        np.testing.assert_allclose(answer.json()["predict_proba"], EXPECTED[digest], rtol=1e-12)
        seen[digest] += 1
        current = digest
    server.stop()
    print(f"{number} kills: {sorted(seen.values())} times each model, whole")


def _put_and_lose(server: Server, bundle: Bundle) -> None:
    with contextlib.suppress(httpx.TransportError):
        httpx.put(f"{server.http.base_url}/models/churn", content=bundle.to_bytes())


def test_two_puts_that_race_have_one_winner(tmp_path: Path, full: bool) -> None:
    server = Server("--state", str(tmp_path))
    number = 200 if full else 10
    try:
        put(server, FIRST_BUNDLE, "churn")
        for _ in range(number):
            active = server.http.get("/models/churn").json()["digest"]
            found: list[int] = []

            def race(bundle: Bundle, tag: str, found: list[int]) -> None:
                url = f"{server.http.base_url}/models/churn"
                data = bundle.to_bytes()
                answer = httpx.put(url, content=data, headers={"if-match": f'"{tag}"'})
                found.append(answer.status_code)

            other = SECOND_BUNDLE if active == FIRST_BUNDLE.digest else FIRST_BUNDLE
            racers = [threading.Thread(target=race, args=(other, active, found)) for _ in range(2)]
            for racer in racers:
                racer.start()
            for racer in racers:
                racer.join()
            assert sorted(found) == [200, 412]
    finally:
        server.stop()


SCHEMATHESIS = """
# No schema can say that data has as many values as its shape, or a row as many as there are fields.
[[operations]]
include-path-regex = "(infer|transform)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 404, 413, 415, 422]

# Nor that a digest is that of the body.
[[operations]]
include-method = "PUT"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 404, 412, 413, 415, 422]

[checks]
# A row that the model refuses is a 422 with errors=raise, and a bundle of random bytes always is.
positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 406, 412, 415, 422]
# Whatever is not a route of ours is answered as one that is not there.
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 412, 413, 415, 422, 431]
"""


def test_the_openapi_document_keeps_its_word(tmp_path: Path, full: bool) -> None:
    server = Server("--model-root", str(tmp_path))
    put(server, FIRST_BUNDLE, "churn")
    put(server, SECOND_BUNDLE, "other")
    (tmp_path / "schemathesis.toml").write_text(SCHEMATHESIS)
    examples = 60 if full else 4
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.http.base_url}/openapi.json"),
        *("--checks", "all", "--max-examples", str(examples), "--seed", "1"),
        *("--exclude-path-regex", "unload|rollback|activate", "--exclude-method", "DELETE"),
        *("--report", "ndjson", "--report-dir", str(tmp_path / "report")),
    ]
    if not full:
        command += ["--phases", "fuzzing"]
    try:
        run = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=1500,
        )
        assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
        print("\n".join(run.stdout.splitlines()[-25:]))
        assert server.http.get("/models/churn").json()["digest"] == FIRST_BUNDLE.digest
        assert ' 500"' not in server.http.get("/metrics").text
    finally:
        server.stop()


def test_the_document_and_its_page() -> None:
    server = Server()
    try:
        put(server, FIRST_BUNDLE, "churn")
        document = server.http.get("/openapi.json").json()
        operation = document["paths"]["/models/churn/score"]["post"]
        content = operation["requestBody"]["content"]["application/json"]
        row = content["schema"]["anyOf"][0]
        assert list(row["properties"]) == ["age", "city"]
        assert row["properties"]["city"]["examples"] == ["Moss", "Oslo"]
        example = server.http.post("/models/churn/score", json=content["example"])
        assert example.status_code == 200
        own = server.http.get("/models/churn/openapi.json").json()
        assert list(own["paths"]) == ["/models/churn/score"]
        page = server.http.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        assert "http" not in page.text.replace("http-equiv", "")
        json.dumps(document, allow_nan=False)
        assert os.path.basename(page.url.path) == "docs"
    finally:
        server.stop()
