"""import_model: from another library's model file to a bundle."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scorebundle.bundle import Bundle

from .api import export_bundle


def import_model(
    source: str | os.PathLike[str],
    path: str | os.PathLike[str] | None = None,
    *,
    X: Any = None,
    extras: Sequence[str] = (),
    name: str | None = None,
    version: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Bundle:
    """Turn a model that XGBoost 1.7 or newer saved (JSON or UBJSON) into a bundle.

    XGBoost need not be installed. Where it is, the bundle is compared with the model as it
    loads it, as `export_bundle` does; where not, the certificate says so.

    Args:
        source: the model file.
        path: where to write the zip.
        name: the model's name; by default the file's.
        X, extras, version, metadata: as for `export_bundle`.

    Raises:
        ExportError: if the file is not such a model, or does not agree.
        OSError: if it cannot be read.
    """
    from .xgboost.saved import SavedModel

    return export_bundle(
        SavedModel(Path(source).read_bytes()),
        path,
        X=X,
        extras=extras,
        name=name or Path(source).stem,
        version=version,
        metadata=metadata,
    )
