"""Exporters: from a fitted scikit-learn or XGBoost pipeline to a proven bundle."""

from __future__ import annotations

from .api import export_bundle
from .check import check
from .imported import import_model
from .registry import exports as register_exporter

__all__ = ["check", "export_bundle", "import_model", "register_exporter"]
