"""Category splits as masks: what the memberships kernel reads."""

from __future__ import annotations

from typing import Final

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Trees

from ...assembler import Assembler

MAX_CATEGORIES: Final = 4096
"""Categories of one feature; each takes 32 bytes of workspace."""


class Sets:
    """The distinct category splits of an ensemble.

    Attributes:
        splits: the category split nodes.
        number: of each, which distinct split it is.
        count: number of distinct ones.
        scratch: bytes of workspace.
    """

    def __init__(self, op: Trees) -> None:
        self.splits = np.flatnonzero((op.feature >= 0) & (op.category_set >= 0))
        keys = np.stack(
            [
                op.feature[self.splits],
                op.category_set[self.splits],
                ~op.default_left[self.splits],
            ],
            axis=1,
        ).astype(np.int64)
        self._distinct, number = np.unique(keys, axis=0, return_inverse=True)
        self.number = number.ravel()
        self.count = len(self._distinct)
        which = sorted(set(self._distinct[:, 1].tolist()))
        self._members = {number: members(op, number) for number in which}
        self._sizes = {s: int(m.max(initial=-1)) + 1 for s, m in self._members.items()}
        self.fits = max(self._sizes.values(), default=0) <= MAX_CATEGORIES
        self.scratch = 32 * (max(self._sizes.values(), default=0) + 1)

    def packed(self, first: int, to: Assembler) -> Array:
        """The features as the kernel reads them; masks are numbered from `first`."""
        features = sorted(set(self._distinct[:, 0].tolist()))
        result = np.zeros((max(1, len(features)), 8), np.int64)
        for index, feature in enumerate(features):
            words: list[int] = []
            mine = np.flatnonzero(self._distinct[:, 0] == feature)
            for number in mine:
                _, which, right = self._distinct[number].tolist()
                member = self._members[which]
                words += [first + int(number), right, len(member), *member.tolist()]
            categories = max(self._sizes[int(s)] for s in self._distinct[mine, 1])
            address = to.address(np.array(words, np.int32))
            result[index, :5] = feature, categories, 0, address, len(mine)
        return result[: len(features)]


def members(op: Trees, number: int) -> Array:
    """The categories in a set."""
    words = op.set_words[op.set_starts[number] : op.set_starts[number + 1]]
    bits = np.unpackbits(words.astype("<u4").view(np.uint8), bitorder="little")
    return np.flatnonzero(bits)
