"""Rules over items as trees that walk along them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from scorebundle.bundle.ops import Trees


class Walks:
    """Trees that walk along items: 1 at the end of those that must be there, else 0.

    Attributes:
        features: places of the items.
    """

    def __init__(self) -> None:
        self.features: dict[str, int] = {}
        self.starts: list[int] = []
        self.feature: list[int] = []
        self.left: list[int] = []
        self.right: list[int] = []

    def add(self, needed: Iterable[str], open_: tuple[str, ...] | None) -> None:
        """A rule: all needed items must be there, and one of the open ones, if given, not."""
        self.starts.append(len(self.feature))
        needed = dict.fromkeys(needed)
        for item in needed:
            self._split(item, absent=0)
        rest = [item for item in dict.fromkeys(open_ or ()) if item not in needed]
        for item in rest:
            self._split(item, absent=1)
        self._leaf(1 if open_ is None else 0)

    def _split(self, item: str, absent: int) -> None:
        place = len(self.feature)
        self.feature.append(self.features.setdefault(item, len(self.features)))
        self.left.append(place + 1)
        self.right.append(place + 2)
        self._leaf(absent)

    def _leaf(self, row: int) -> None:
        self.feature.append(-1)
        self.left.append(row)
        self.right.append(-1)

    def trees(self) -> Trees:
        """One output per rule."""
        nodes, count = len(self.feature), len(self.starts)
        return Trees(
            compare="le",
            categories_go="left",
            outputs=count,
            base=np.zeros(count),
            starts=np.array(self.starts, np.int32),
            target=np.arange(count, dtype=np.int32),
            feature=np.array(self.feature, np.int32),
            threshold=np.full(nodes, 0.5),
            left=np.array(self.left, np.int32),
            right=np.array(self.right, np.int32),
            default_left=np.zeros(nodes, bool),
            category_set=np.full(nodes, -1, np.int32),
            values=np.array([[0.0], [1.0]]),
            set_starts=np.zeros(1, np.int32),
            set_words=np.zeros(0, np.uint32),
        )
