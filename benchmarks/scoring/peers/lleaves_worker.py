"""lleaves' process: answers one JSON line per request; arrays travel by files in its folder.

Runs in an environment without the rest of this benchmark, hence stands alone.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any


class Worker:
    """A compiled model and the inputs it is timed with."""

    def __init__(self) -> None:
        self.model: Any = None
        self.inputs: list[Any] = []

    def prepare(self, trees: int, leaves: int, depth: int) -> None:
        """Train, unless a model is there, and load it."""
        import lightgbm
        import numpy as np

        if not Path("model.txt").exists():
            table = np.load("train.npz")
            options = {
                "objective": "binary", "num_leaves": leaves, "max_depth": depth or -1,
                "learning_rate": 0.1, "num_threads": 1, "verbose": -1, "seed": 0,
            }  # fmt: skip
            trained = lightgbm.train(options, lightgbm.Dataset(table["X"], table["y"]), trees)
            trained.save_model("model.txt")
        self.load()

    def load(self) -> float:
        """Compile, or read what was compiled before; returns the seconds."""
        import lleaves

        started = time.perf_counter()
        self.model = lleaves.Model("model.txt")
        self.model.compile(cache="compiled.o")
        return time.perf_counter() - started

    def read(self) -> None:
        """Take over inputs."""
        import numpy as np

        self.inputs = list(np.load("inputs.npy"))

    def score(self) -> None:
        """Score the first input."""
        import numpy as np

        np.save("output.npy", self.model.predict(self.inputs[0], n_jobs=1))

    def total(self, number: int) -> float:
        """Seconds of that many calls."""
        predict = self.model.predict
        todo = list(itertools.islice(itertools.cycle(self.inputs), number))
        started = time.perf_counter()
        for rows in todo:
            predict(rows, n_jobs=1)
        return time.perf_counter() - started

    def each(self, number: int) -> list[float]:
        """Seconds of each of that many calls."""
        found = []
        for rows in itertools.islice(itertools.cycle(self.inputs), number):
            started = time.perf_counter()
            self.model.predict(rows, n_jobs=1)
            found.append(time.perf_counter() - started)
        return found


def main() -> None:
    """Serve requests until the input ends."""
    worker = Worker()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": getattr(worker, request.pop("do"))(**request)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
