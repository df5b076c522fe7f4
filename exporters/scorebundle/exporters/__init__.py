"""Exporters: from a fitted scikit-learn or XGBoost pipeline to a proven bundle."""

from __future__ import annotations

from .api import check, export_bundle

__all__ = ["check", "export_bundle"]
