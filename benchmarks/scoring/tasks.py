"""Everything a run consists of: one entry per process, each with a result file of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from . import processes
from .measure import Order, Say, measured, threaded
from .models import MODELS, ON_REQUEST


@dataclass(frozen=True)
class Task:
    """One measuring process.

    Attributes:
        name: of its result file.
        run: what it does.
        threads: and cores it may use.
        model: that it measures, for `--model`.
    """

    name: str
    run: Callable[[Order, Say], dict[str, Any]]
    threads: int = 1
    model: str = ""


def _registry() -> dict[str, Task]:
    models = [Task(name, partial(measured, spec), 1, name) for name, spec in MODELS.items()]
    pairs = [
        Task(f"{name}-2-threads", partial(threaded, spec), 2, name)
        for name, spec in MODELS.items()
        if spec.threads
    ]
    whole = [
        Task("process-start", processes.starts),
        Task("memory", processes.memory),
        Task("first-build", processes.first_build),
        Task("preparation", processes.preparation),
        Task("load", processes.load_large),
    ]
    return {task.name: task for task in models + pairs + whole}


TASKS = _registry()


def chosen(models: list[str]) -> list[Task]:
    """The named models' tasks, and all else that a run has if none is named."""
    if not models:
        return [task for task in TASKS.values() if task.model not in ON_REQUEST]
    unknown = sorted(set(models) - {task.model or task.name for task in TASKS.values()})
    if unknown:
        raise ValueError(f"no such model: {', '.join(unknown)}; there are {', '.join(TASKS)}")
    return [task for task in TASKS.values() if (task.model or task.name) in models]
