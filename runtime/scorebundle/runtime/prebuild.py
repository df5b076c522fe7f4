"""Machine code for other machines: `python -m scorebundle.runtime.prebuild FOLDER [LEVEL...]`.

Put beside the runtime as `prebuilt/`, it serves where nothing can compile: in an image without
numba, or in a wheel for one platform.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import product

from .library import LEVELS, WORDS, cpu_level, portable_key
from .store import Store


def main(arguments: Sequence[str]) -> int:
    """Build the kernels for some CPU levels, e.g. x86-64-v2; 1 if one cannot be built.

    By default those from x86-64-v2 on; on other machines the plain code of their architecture.
    """
    folder, *levels = arguments
    levels = levels or list(LEVELS[1:] if cpu_level() in LEVELS else ["generic"])
    store, notes = Store(folder), list[str]()
    for level, part in product(levels, WORDS):
        key = portable_key(level, part)
        built = store.usable(notes) and store.build(key, level, part, notes)
        if not built or store.find(key, "so", notes) is None:
            print("; ".join(notes) or f"{level}: nothing could link it", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
