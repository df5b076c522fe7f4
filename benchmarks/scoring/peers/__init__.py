"""What is measured, one file each; importing this registers them, and imports none of them."""

from __future__ import annotations

from . import (
    lleaves,
    m2cgen,
    onedal,
    onnxruntime,
    ours,
    sklearn,
    tl2cgen,
    treelite,
    xgboost,
    ydf,
)
from .base import PEERS as REGISTERED
from .base import Late, Peer, Prepared, Unsupported, deadline

OURS = "scorebundle"

MODULES = (ours, sklearn, xgboost, onedal, onnxruntime, tl2cgen, treelite, m2cgen, ydf, lleaves)
"""In the order of the page."""

PEERS: dict[str, Peer] = {
    name: found
    for module in MODULES
    for name, found in REGISTERED.items()
    if found.prepare.__module__ == module.__name__
}

__all__ = ["OURS", "PEERS", "Late", "Peer", "Prepared", "Unsupported", "deadline"]
