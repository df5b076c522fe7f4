"""The Open Inference Protocol, version 2, over REST: health, metadata, infer, repository.

https://github.com/kserve/open-inference-protocol, specification of the REST inference protocol.
Inputs may be one tensor of all columns in the schema's order, or one tensor per column.
"""

from __future__ import annotations

import asyncio
from importlib import metadata
from typing import Any, Final

import numpy as np

from .http import Answer, HttpError, Request, Routes, answer
from .manage import described, served_by
from .repository import Repository, Served
from .rows import labelled, scored

PLATFORM: Final = "scorebundle"
DATATYPES: Final = {
    "float64": "FP64",
    "float32": "FP32",
    "int64": "INT64",
    "bool": "BOOL",
    "boolean": "BOOL",
    "string": "BYTES",
    "mixed": "BYTES",
    "any": "BYTES",
    "labels": "BYTES",
}
"""The protocol's names of our input and output types."""
KINDS: Final = {"b": "BOOL", "i": "INT64", "u": "UINT64", "f": "FP64"}
"""The protocol's names of numpy's kinds of labels; other labels are BYTES."""


class Inference:
    """Handlers over a repository."""

    def __init__(self, repository: Repository, max_rows: int) -> None:
        self._repository, self._max_rows = repository, max_rows

    def register(self, routes: Routes) -> None:
        """Add the routes."""
        routes.add("GET", "/v2", self.server)
        routes.add("GET", "/v2/health/live", self.live)
        routes.add("GET", "/v2/health/ready", self.ready)
        routes.add("GET", "/v2/models", self.listing)
        routes.add("POST", "/v2/repository/index", self.index)
        for path in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
            routes.add("GET", path, self.metadata)
            routes.add("GET", f"{path}/ready", self.model_ready)
            routes.add("POST", f"{path}/infer", self.infer)

    async def server(self, request: Request) -> Answer:
        """Name, version and extensions of the server."""
        version = metadata.version("scorebundle")
        return answer({"name": "bundle-serve", "version": version, "extensions": []})

    async def live(self, request: Request) -> Answer:
        """The process answers."""
        return answer({"live": True})

    async def ready(self, request: Request) -> Answer:
        """Every model that was known is served."""
        ready = not self._repository.problems
        return answer({"ready": ready}, 200 if ready else 503)

    async def listing(self, request: Request) -> Answer:
        """Names of the served models."""
        return answer({"models": [served.name for served in self._repository.all()]})

    async def index(self, request: Request) -> Answer:
        """The served models with their state."""
        states = {"state": "READY", "reason": ""}
        return answer([{**described(served), **states} for served in self._repository.all()])

    async def metadata(self, request: Request) -> Answer:
        """The model's tensors: one per column in, one per output out."""
        served = self._served(request)
        versions = [kept.version for kept in self._repository.versions(served.name)]
        inputs = [
            {"name": item.name, "datatype": DATATYPES[item.type], "shape": [-1, 1]}
            for item in served.runtime.inputs
        ]
        outputs = [
            {"name": item.name, "datatype": DATATYPES[item.type], "shape": [-1, sum(item.widths)]}
            for item in served.runtime.outputs
        ]
        about = {"name": served.name, "versions": versions, "platform": PLATFORM}
        return answer({**about, "inputs": inputs, "outputs": outputs})

    async def model_ready(self, request: Request) -> Answer:
        """The model is served: it has answered its stored rows."""
        return answer({"name": self._served(request).name, "ready": True})

    async def infer(self, request: Request) -> Answer:
        """Score tensors; a row that the model refuses fails the request."""
        served = self._served(request)
        document = await request.json()
        if not isinstance(document, dict) or not isinstance(document.get("inputs"), list):
            raise HttpError(400, 'send {"inputs": [{"name", "shape", "datatype", "data"}, …]}')
        columns, rows = read_inputs(document["inputs"], served)
        if rows > self._max_rows:
            raise HttpError(413, f"a request may have {self._max_rows} rows, not {rows}")
        query = {"errors": "raise", **_selected(document.get("outputs"))}
        scores = await asyncio.to_thread(scored, served, columns, query)
        outputs = [_tensor(name, value) for name, value in scores.items()]
        body: dict[str, Any] = {"model_name": served.name, "model_version": served.version}
        if isinstance(document.get("id"), str):
            body["id"] = document["id"]
        return answer({**body, "outputs": outputs}, headers=labelled(served))

    def _served(self, request: Request) -> Served:
        served = served_by(self._repository, request.parameters["name"])
        version = request.parameters.get("version", served.version)
        if version != served.version:
            raise HttpError(404, f"version {version!r} of {served.name!r} is not the active one")
        return served


def read_inputs(inputs: list[Any], served: Served) -> tuple[dict[str, list[Any]], int]:
    """The tensors as columns by name, and the number of rows.

    Raises:
        HttpError: 400 naming the tensor that is not as it should be.
    """
    names = [item.name for item in served.runtime.inputs]
    columns: dict[str, list[Any]] = {}
    for position, tensor in enumerate(inputs):
        where = tensor.get("name", position) if isinstance(tensor, dict) else position
        rows, width, flat = _checked(tensor, where)
        if len(inputs) == 1 and width == len(names) and (width > 1 or where not in names):
            return {name: flat[i::width] for i, name in enumerate(names)}, rows
        if width != 1:
            raise HttpError(400, f"input {where!r} must be [rows, 1] or [rows, {len(names)}]")
        columns[str(where)] = flat
    return columns, max((len(column) for column in columns.values()), default=0)


def _checked(tensor: Any, where: Any) -> tuple[int, int, list[Any]]:
    """Rows, columns and flat data of a tensor."""
    shape = tensor.get("shape") if isinstance(tensor, dict) else None
    if not isinstance(shape, list) or not 1 <= len(shape) <= 2:
        raise HttpError(400, f"input {where!r} must have a shape of one or two dimensions")
    if not all(type(size) is int and size >= 0 for size in shape):
        raise HttpError(400, f"input {where!r}: a shape holds whole numbers")
    rows, width = shape[0], shape[1] if len(shape) == 2 else 1
    data = tensor.get("data")
    if not isinstance(data, list):
        raise HttpError(400, f"input {where!r} must have data")
    nested = [isinstance(part, list) for part in data]
    if any(nested) and not all(nested):
        raise HttpError(400, f"input {where!r}: data is flat, or a list per row")
    flat = [x for part in data for x in part] if any(nested) else data
    if len(flat) != rows * width:
        raise HttpError(400, f"input {where!r} has {len(flat)} values, not {rows} times {width}")
    return rows, width, flat


def _selected(outputs: Any) -> dict[str, str]:
    """The wanted outputs as a query; all if none are named."""
    if not outputs:
        return {}
    if not isinstance(outputs, list):
        raise HttpError(400, "outputs must be a list")
    names = [item.get("name") if isinstance(item, dict) else None for item in outputs]
    if not all(isinstance(name, str) for name in names):
        raise HttpError(400, "every output must be an object with a name")
    return {"select": ",".join(map(str, names))}


def _tensor(name: str, value: Any) -> dict[str, Any]:
    """An output as a tensor of [rows, columns], data in row-major order."""
    if isinstance(value, list):  # one matrix per target, side by side
        value = np.concatenate(value, axis=1)
    array = value.reshape(len(value), -1)
    kind = DATATYPES.get(array.dtype.name) or KINDS.get(array.dtype.kind, "BYTES")
    flat = array.ravel().tolist()
    return {"name": name, "datatype": kind, "shape": list(array.shape), "data": flat}
