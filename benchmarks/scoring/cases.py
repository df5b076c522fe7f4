"""Trained models and what peers made of them, kept between runs in a cache that git ignores."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import joblib

from . import data, machine, training, views
from .models import Spec


class Case:
    """One trained model with its rows, as peers see it.

    Attributes:
        spec: the model's entry.
        estimator: fitted.
        threads: that a peer may use.
    """

    def __init__(self, spec: Spec, cache: Path, threads: int) -> None:
        self.spec = spec
        self.threads = threads
        self.folder = cache / f"{spec.name}-{_key(spec)}"
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.artefact("estimator.joblib", lambda to: joblib.dump(spec.train(), to))
        self.path, self.estimator = path, joblib.load(path)

    @cached_property
    def base(self) -> Any:
        """Rows it has not seen, enough for the largest batch."""
        return self.spec.sample(max(2000, *self.spec.batches), data.TEST)

    def inputs(self, view: str, rows: int) -> list[Any]:
        """See `views.inputs`."""
        return views.inputs(view, self.base, rows)

    def artefact(self, name: str, make: Callable[[Path], Any]) -> Path:
        """A file of the cache, made if it is not there; never seen half-written."""
        path = self.folder / name
        if not path.exists():
            partly = self.folder / f"{os.getpid()}-{name}"
            try:
                make(partly)
                os.replace(partly, path)
            finally:
                partly.unlink(missing_ok=True)
        return path

    def bundle(self) -> Path:
        """Our export; proven again whenever exporters or format change."""
        from scorebundle.exporters import export_bundle

        name = f"bundle-{machine.digest('exporters', 'bundle')}.zip"
        return self.artefact(name, partial(export_bundle, self.estimator))


def _key(spec: Spec) -> str:
    """Changes with whatever a trained model depends on: code, options, data, versions."""
    train = spec.train
    options = (train.args, train.keywords) if isinstance(train, partial) else train.__name__
    found = machine.versions()
    libraries = [found.get(name) for name in ("numpy", "scikit-learn", "xgboost")]
    text = inspect.getsource(training) + inspect.getsource(data)
    return hashlib.sha256(f"{text}{options}{libraries}".encode()).hexdigest()[:12]
