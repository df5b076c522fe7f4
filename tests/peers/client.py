"""Asks an evaluator of PMML in its own process, under a time limit."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
PYTHON: Final = Path(os.environ.get("PMML_PEERS", ROOT / ".venv-pmml/bin/python"))
"""The environment in which the evaluators are installed (`make pmml-peers`)."""

JAVA: Final = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""Many small documents: what Java would optimise is over by then."""

SECONDS: Final = 30.0

Columns = dict[str, list[Any]]


class Refused(Exception):
    """The evaluator does not take the document; it says why."""


class Late(Exception):
    """The evaluator did not answer in time."""


class Evaluator:
    """One evaluator: started when it is first asked, and again after it was ended."""

    def __init__(self, name: str, seconds: float = SECONDS) -> None:
        self.name, self.seconds = name, seconds
        self._process: subprocess.Popen[bytes] | None = None

    def score(self, document: str, columns: Columns) -> tuple[Columns, dict[int, str]]:
        """The output fields, and what was wrong with some rows.

        Raises:
            Refused: if the evaluator does not take the document.
            Late: if it does not answer.
        """
        answer = self._ask({"document": document, "columns": columns})
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer["columns"], {int(row): text for row, text in answer["errors"].items()}

    def close(self) -> None:
        """End the process and what it started."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        deadline, found = time.monotonic() + self.seconds, b""
        while not found.endswith(b"\n"):
            left = max(0.0, deadline - time.monotonic())
            if not select.select([process.stdout], [], [], left)[0]:
                self.close()
                raise Late(f"no answer after {self.seconds:.0f} s")
            read = os.read(process.stdout.fileno(), 1 << 20)
            if not read:
                self.close()
                raise Refused("it ended")
            found += read
        answer: dict[str, Any] = json.loads(found)
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        script = Path(__file__).with_name("evaluator.py")
        self._process = subprocess.Popen(
            [PYTHON, script, self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "JAVA_TOOL_OPTIONS": JAVA},
        )
        return self._process
