"""scorebundle: through the methods its users call."""

from __future__ import annotations

from typing import Any

from ..cases import Case
from .base import Call, Prepared, peer


@peer("scorebundle")
def prepare(case: Case) -> Prepared:
    """Export, load, and score with `Runtime.predict_proba(rows)`."""
    from scorebundle.runtime import Runtime

    path = case.bundle()
    runtime = Runtime.load(path)
    method: Call = getattr(runtime, case.spec.method)
    threads = case.threads

    def shared(rows: Any) -> Any:
        return getattr(runtime, case.spec.method)(rows, threads=threads)

    return Prepared(
        lambda view: method if threads == 1 else shared, path, lambda: Runtime.load(path)
    )
