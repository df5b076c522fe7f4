"""The services that bundle-serve is measured against, as people write them by hand."""

from __future__ import annotations

import json
from pathlib import Path

EMPTY = '''
"""The least that an ASGI server can do: answer two bytes."""

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
'''

FASTAPI = '''
"""FastAPI, pydantic and joblib."""

import joblib
import pandas as pd
from fastapi import FastAPI
from pydantic import create_model

model = joblib.load("model.joblib")
fields = {fields}
Row = create_model("Row", **{{name: (kind, ...) for name, kind in fields.items()}})
app = FastAPI()


@app.post("/score")
def score(row: Row):
    frame = pd.DataFrame([row.model_dump()])
    return {{
        "predict": model.predict(frame).tolist()[0],
        "predict_proba": model.predict_proba(frame).tolist()[0],
    }}
'''


def write_peers(folder: Path, row: dict[str, object]) -> None:
    """The peers' files, beside `model.joblib`: empty.py, service.py, settings of MLServer."""
    kinds = ", ".join(f"{name!r}: {type(value).__name__}" for name, value in row.items())
    (folder / "empty.py").write_text(EMPTY)
    (folder / "service.py").write_text(FASTAPI.format(fields="{" + kinds + "}"))


def write_mlserver(folder: Path, ports: tuple[int, int, int]) -> None:
    """MLServer's settings."""
    server = {
        "http_port": ports[0],
        "grpc_port": ports[1],
        "metrics_port": ports[2],
        "parallel_workers": 0,
        "debug": False,
    }
    model = {
        "name": "mixed",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib", "version": "1"},
    }
    (folder / "settings.json").write_text(json.dumps(server))
    (folder / "model-settings.json").write_text(json.dumps(model))


def mlserver_body(row: dict[str, object]) -> bytes:
    """The row as MLServer takes mixed types: a tensor per column, content type `pd`."""
    inputs = [
        {
            "name": name,
            "shape": [1, 1],
            "datatype": "BYTES" if isinstance(value, str) else "FP64",
            "data": [value],
            **({"parameters": {"content_type": "str"}} if isinstance(value, str) else {}),
        }
        for name, value in row.items()
    ]
    wanted = [{"name": "predict_proba"}]
    parameters = {"content_type": "pd"}
    return json.dumps({"parameters": parameters, "inputs": inputs, "outputs": wanted}).encode()
