"""bundle-serve against an empty handler, FastAPI + joblib and MLServer: `make bench-serving`.

One mixed-type row (eight numbers, two texts) into an imputer, a one-hot encoder and XGBoost with
100 trees of depth 6; one worker each, servers on one core, the load on another, interleaved
rounds. Results go to benchmarks/results/: serving.json and serving.html.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from html import escape
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from load import Load, Result
from serving_peers import mlserver_body, write_mlserver, write_peers
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from tqdm import tqdm
from xgboost import XGBClassifier

from scorebundle.exporters import export_bundle

RESULTS = Path(__file__).parent / "results"
OURS, EMPTY, FASTAPI, MLSERVER = "bundle-serve", "empty ASGI handler", "FastAPI", "MLServer"
CONNECTIONS = 16


class Service:
    """A server process on the first core."""

    def __init__(self, command: list[str], folder: Path, port: int, path: str, body: bytes) -> None:
        started = time.perf_counter()
        pinned = [] if len(os.sched_getaffinity(0)) < 2 else ["taskset", "-c", str(core(0))]
        with open(folder / f"{port}.log", "wb") as log:
            self.process = subprocess.Popen(
                [*pinned, *command], cwd=folder, stdout=log, stderr=subprocess.STDOUT
            )
        self.load = Load(f"http://127.0.0.1:{port}{path}", body, CONNECTIONS)
        self._url, self._body = f"http://127.0.0.1:{port}{path}", body
        for _ in range(60_000):
            try:
                self.first = json.loads(self.ask())
                break
            except OSError:
                assert self.process.poll() is None, (folder / f"{port}.log").read_text()
                time.sleep(0.001)
        self.seconds = time.perf_counter() - started

    def ask(self) -> bytes:
        """One answer."""
        head = {"content-type": "application/json"}
        request = urllib.request.Request(self._url, self._body, head)
        with urllib.request.urlopen(request) as answer:
            return bytes(answer.read())

    def memory(self) -> float:
        """Resident memory in MB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(x for x in text.splitlines() if x.startswith("VmRSS")).split()[1]) / 1024

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()


def core(number: int) -> int:
    """One of the cores that this process may use."""
    return sorted(os.sched_getaffinity(0))[number]


def port() -> int:
    """A free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def trained(folder: Path) -> tuple[Any, dict[str, object]]:
    """The pipeline, and one row; writes model.zip and model.joblib."""
    random, number = np.random.default_rng(0), 4000
    frame = pd.DataFrame({f"n{i}": random.normal(size=number) for i in range(8)})
    frame["city"] = random.choice(["Oslo", "Moss", "Bergen"], number).astype(object)
    frame["kind"] = random.choice(list("abcd"), number).astype(object)
    target = ((frame.n0 + frame.n1 * frame.n2 > 0) ^ (frame.city == "Oslo")).astype(int)
    columns = make_column_transformer(
        (SimpleImputer(), [f"n{i}" for i in range(8)]),
        (OneHotEncoder(handle_unknown="ignore"), ["city", "kind"]),
    )
    model = make_pipeline(columns, XGBClassifier(n_estimators=100, max_depth=6))
    model.fit(frame, target)
    export_bundle(model, folder / "model.zip", name="mixed", version="1")
    joblib.dump(model, folder / "model.joblib")
    return model, frame.iloc[0].to_dict()


def start(folder: Path, row: dict[str, object], peers: str) -> dict[str, Service]:
    """All services, answering."""
    write_peers(folder, row)
    body = json.dumps(row).encode()
    found: dict[str, Service] = {}
    uvicorn = ["-m", "uvicorn", "--log-level", "warning", "--no-access-log", "--port"]
    p = port()
    found[OURS] = Service(ours(p), folder, p, "/models/mixed/score", body)
    p = port()
    found[EMPTY] = Service([sys.executable, *uvicorn, str(p), "empty:app"], folder, p, "/", body)
    p = port()
    found[FASTAPI] = Service([peers, *uvicorn, str(p), "service:app"], folder, p, "/score", body)
    ports = port(), port(), port()
    write_mlserver(folder, ports)
    command = [str(Path(peers).with_name("mlserver")), "start", "."]
    path = "/v2/models/mixed/infer"
    found[MLSERVER] = Service(command, folder, ports[0], path, mlserver_body(row))
    return found


def ours(at: int) -> list[str]:
    """bundle-serve's command."""
    command = [sys.executable, "-m", "scorebundle.serving", "--model", "mixed=model.zip"]
    return [*command, "--port", str(at)]


def check(services: dict[str, Service], model: Any, row: dict[str, object]) -> None:
    """Everybody says what the pipeline says, before anything is timed."""
    wanted = model.predict_proba(pd.DataFrame([row]))[0]
    for name in (OURS, FASTAPI):
        np.testing.assert_allclose(services[name].first["predict_proba"], wanted, rtol=1e-6)
    outputs = services[MLSERVER].first["outputs"]
    np.testing.assert_allclose(outputs[0]["data"], wanted, rtol=1e-6)


def starts(folder: Path, row: dict[str, object], rounds: int) -> list[float]:
    """Seconds from process start to the first score, model on disk."""
    found = []
    for _ in range(rounds):
        p = port()
        service = Service(ours(p), folder, p, "/models/mixed/score", json.dumps(row).encode())
        found.append(service.seconds)
        service.stop()
    return found


def histogram(results: dict[str, Result]) -> str:
    """Latency histograms on a log scale, one line per service, as SVG."""
    width, height, left = 860, 300, 50
    edges = np.logspace(-4, 0, 81)
    lines, legend = [], []
    for position, (name, result) in enumerate(results.items()):
        share = np.histogram(result.latencies, edges)[0] / max(1, len(result.latencies))
        points = " ".join(
            f"{left + i * (width - left) / 80:.1f},{height - 30 - s * 700:.1f}"
            for i, s in enumerate(np.minimum(share, 0.38))
        )
        hue = position * 90 + 210
        colour = f"hsl({hue} 70% 45%)"
        lines.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        legend.append(f'<text x="{width - 220}" y="{20 + 18 * position}" fill="{colour}">'
                      f"{escape(name)}</text>")  # fmt: skip
    ticks = "".join(
        f'<text x="{left + i * (width - left) / 4:.0f}" y="{height - 8}">{label}</text>'
        for i, label in enumerate(("0.1 ms", "1 ms", "10 ms", "100 ms"))
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" font-size="13" fill="currentColor">'
        f"{''.join(lines)}{''.join(legend)}{ticks}</svg>"
    )


def page(figures: dict[str, Any], drawings: dict[str, str]) -> str:
    """One self-contained HTML page."""
    rows = "".join(
        f"<tr><td>{escape(name)}</td>"
        + "".join(f"<td>{escape(str(value))}</td>" for value in figure.values())
        + "</tr>"
        for name, figure in figures["throughput"].items()
    )
    head = "".join(f"<th>{escape(k)}</th>" for k in next(iter(figures["throughput"].values())))
    shown = "".join(f"<h2>{escape(title)}</h2>{svg}" for title, svg in drawings.items())
    return (
        '<!doctype html><meta charset="utf-8"><title>bundle-serve and its peers</title>'
        "<style>:root{color-scheme:light dark}body{font:15px system-ui;max-width:60rem;"
        "margin:2rem auto}td,th{padding:.2rem .8rem;text-align:left}</style>"
        f"<h1>bundle-serve and its peers</h1><p>{escape(__doc__ or '')}</p>"
        f"<table><tr><th>service</th>{head}</tr>{rows}</table>{shown}"
        f"<pre>{escape(json.dumps(figures, indent=2))}</pre>"
    )


def main() -> None:
    """Measure everything and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=sys.executable, help="python with mlserver and fastapi")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="per round")
    parser.add_argument("--paced", type=float, default=30.0, help="seconds at half of our rate")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, row = trained(folder)
        cold = starts(folder, row, options.rounds)
        services = start(folder, row, str(Path(options.peers).absolute()))
        try:
            check(services, model, row)
            idle = {name: round(service.memory(), 1) for name, service in services.items()}
            if len(os.sched_getaffinity(0)) > 1:
                os.sched_setaffinity(0, {core(1)})
            closed: dict[str, list[Result]] = {name: [] for name in services}
            for _ in tqdm(range(options.rounds)):
                for name, service in services.items():
                    closed[name].append(service.load.run(options.seconds))
            half = statistics.median(result.rate for result in closed[OURS]) / 2
            paced = {n: services[n].load.run(options.paced, half) for n in (OURS, EMPTY)}
        finally:
            for service in services.values():
                service.stop()
    figures = summarised(closed, paced, idle, cold, half)
    middle = {n: sorted(r, key=lambda result: result.rate)[len(r) // 2] for n, r in closed.items()}
    drawings = {
        f"Latency, {CONNECTIONS} connections, closed loop": histogram(middle),
        f"Latency at {half:.0f} requests/s, open loop": histogram(paced),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "serving.json").write_text(json.dumps(figures, indent=2) + "\n")
    (RESULTS / "serving.html").write_text(page(figures, drawings))
    print(json.dumps(figures, indent=2))


def summarised(
    closed: dict[str, list[Result]],
    paced: dict[str, Result],
    idle: dict[str, float],
    cold: list[float],
    half: float,
) -> dict[str, Any]:
    """All figures, as medians and ratios."""
    rates = {name: statistics.median(r.rate for r in runs) for name, runs in closed.items()}
    throughput = {
        name: {
            "requests/s": round(rate, 1),
            "spread": f"{min(r.rate for r in closed[name]):.0f}-"
            f"{max(r.rate for r in closed[name]):.0f}",
            "ours/theirs": round(rates[OURS] / rate, 2),
            "failed": sum(r.summary()["failed"] for r in closed[name]),
            "idle MB": idle[name],
        }
        for name, rate in rates.items()
    }
    return {
        "throughput": throughput,
        "paced": {name: result.summary() for name, result in paced.items()},
        "paced at": round(half, 1),
        "start to first score (s)": round(statistics.median(cold), 3),
    }


if __name__ == "__main__":
    main()
