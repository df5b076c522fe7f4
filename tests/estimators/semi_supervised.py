"""sklearn.semi_supervised."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.semi_supervised import LabelPropagation, LabelSpreading

from .case import Case


def cases() -> Iterator[Case]:
    for kind in (LabelPropagation, LabelSpreading):
        for data in ("some labels", "grid with some labels"):
            yield Case(f"{kind.__name__}(knn)", kind(kernel="knn", n_neighbors=5), data)
            yield Case(f"{kind.__name__}(rbf)", kind(kernel="rbf", gamma=0.1), data)
