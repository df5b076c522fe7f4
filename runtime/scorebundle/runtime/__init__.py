"""The runtime: loads a bundle and scores rows, with numpy and native kernels alone."""

from __future__ import annotations

from .model import Runtime
from .scores import Scores

__all__ = ["Runtime", "Scores"]
