"""Models to serve, and bundle-serve in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

import httpx
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from scorebundle.bundle import Bundle
from scorebundle.exporters import export_bundle

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {"age": RANDOM.normal(size=60), "city": RANDOM.choice(["Oslo", "Moss"], 60).astype(object)}
)
TARGET = (FRAME["age"] > 0).astype(int)


def trained(regularisation: float) -> tuple[Any, Bundle]:
    columns = make_column_transformer((StandardScaler(), ["age"]), (OneHotEncoder(), ["city"]))
    model = make_pipeline(columns, LogisticRegression(C=regularisation)).fit(FRAME, TARGET)
    return model, export_bundle(model, name="churn", version=str(regularisation))


FIRST, FIRST_BUNDLE = trained(1.0)
SECOND, SECOND_BUNDLE = trained(0.1)
ROW = {"age": 0.5, "city": "Oslo"}


def environment(**more: str) -> dict[str, str]:
    """For a server process."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Server:
    """bundle-serve in a process of its own."""

    def __init__(
        self,
        *options: str,
        scheme: str = "http",
        env: dict[str, str] | None = None,
        stdout: Any = None,
        **http: Any,
    ) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "scorebundle.serving", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, *options], env=environment(**(env or {})), stdout=stdout
        )
        self.http = httpx.Client(base_url=f"{scheme}://127.0.0.1:{self.port}", timeout=30, **http)
        for _ in range(600):
            try:
                self.http.get("/health/live")
                return
            except httpx.TransportError:
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.http.close()
        self.process.send_signal(how)
        return self.process.wait(30)


def put(server: Server, bundle: Bundle, name: str, **headers: str) -> httpx.Response:
    return server.http.put(f"/models/{name}", content=bundle.to_bytes(), headers=headers)
