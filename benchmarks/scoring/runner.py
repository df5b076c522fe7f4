"""Runs tasks, each in a process of its own, and keeps every finished one: a run resumes."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from . import machine
from .measure import Order, cells_of
from .models import MODELS
from .tasks import Task
from .timing import Effort

SCRIPT: Final = Path(__file__).resolve().parents[1] / "run.py"
ATTEMPTS: Final = 5
"""A peer that kills the process is left out of the next attempt."""


class Runner:
    """Runs what has no valid result yet."""

    def __init__(self, folder: Path, order: Order, fresh: bool) -> None:
        self.folder, self.order, self.fresh = folder / "tasks", order, fresh
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = {
            "harness": machine.HARNESS,
            "versions": machine.versions(),
            "sources": machine.digest("runtime", "bundle"),
            "order": to_json(order),
        }

    def run(self, tasks: list[Task]) -> None:
        """All of them, with one progress bar over their cells."""
        todo = [task for task in tasks if self.fresh or not self.done(task)]
        if len(todo) < len(tasks):
            print(f"{len(tasks) - len(todo)} of {len(tasks)} parts are measured already")
        cells = {task.name: self.cells(task) for task in todo}
        every = 0.1 if sys.stderr.isatty() else 30.0  # a log wants few lines
        with tqdm(
            total=sum(cells.values()), unit="cell", dynamic_ncols=True, mininterval=every
        ) as bar:
            reached = 0
            for task in todo:
                self.one(task, bar)
                reached += cells[task.name]
                bar.update(reached - bar.n)

    def done(self, task: Task) -> bool:
        """Whether a result is there that this code, these versions and options would repeat."""
        path = self.path(task)
        return path.exists() and json.loads(path.read_text())["key"] == self.key

    def path(self, task: Task) -> Path:
        """The task's result file."""
        return self.folder / f"{task.name}.json"

    def cells(self, task: Task) -> int:
        """How many cells a task has, for the progress bar."""
        if task.model in MODELS and task.threads == 1:
            return len(cells_of(MODELS[task.model], self.order))
        return 2 if task.model else 1

    def one(self, task: Task, bar: Any) -> None:
        """Run a task until it ends in a result, leaving out peers that kill it."""
        without: dict[str, str] = {}
        for _ in range(ATTEMPTS):
            order = dataclasses.replace(self.order, without=without)
            code, said, errors = self.attempt(task, order, bar)
            if code == 0:
                return
            culprit = said.partition(":")[0]
            known = code < 0 and culprit not in without and ":" in said
            what = f"killed the process ({signal.Signals(-code).name})" if code < 0 else errors
            if not known:
                break
            without[culprit] = what
        self.write(task, {"failed": f"while {said}: {what}"[:2000]})

    def attempt(self, task: Task, order: Order, bar: Any) -> tuple[int, str, str]:
        """One process; its exit code, what it said last, and the end of its errors."""
        command = [sys.executable, str(SCRIPT), "--task", task.name]
        environment = {**os.environ, **machine.limits(task.threads)}
        log = self.folder / f"{task.name}.log"
        said = "starting"
        with open(log, "w") as errors:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(to_json(order)))
                process.stdin.close()
                for line in process.stdout:
                    message = said_by(line)
                    if "say" in message:
                        said = message["say"]
                        text = f"{task.name}: {said}"[:70]
                        bar.set_description(text, refresh=sys.stderr.isatty())
                        bar.update(message["cells"])
                    if "result" in message:
                        self.write(task, message["result"])
                process.wait()
            except BaseException:
                end(process)
                raise
        last = log.read_text(errors="replace").strip().rpartition("\n")[2]
        if process.returncode == 0:
            log.unlink()
        return process.returncode, said, last

    def write(self, task: Task, result: dict[str, Any]) -> None:
        """Store a result, all at once."""
        text = json.dumps({"key": self.key, "task": task.name, **result}, indent=1)
        partly = self.path(task).with_suffix(".part")
        partly.write_text(text + "\n")
        os.replace(partly, self.path(task))


def end(process: subprocess.Popen[str]) -> None:
    """End a child and what it started; it is given a moment to end its compilers itself."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def said_by(line: str) -> dict[str, Any]:
    """A message of the child; libraries that print are passed over."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def to_json(order: Order) -> dict[str, Any]:
    """Without the folder, which says nothing about the figures."""
    found = dataclasses.asdict(order)
    del found["cache"]
    return {**found, "peers": list(order.peers)}


def from_json(text: str, cache: Path) -> Order:
    """The reverse."""
    found = json.loads(text)
    found["effort"] = Effort(**found["effort"])
    found["peers"] = tuple(found["peers"])
    return Order(cache=cache, **found)
