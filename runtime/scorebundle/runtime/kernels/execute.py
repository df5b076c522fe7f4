"""The native loop: runs a whole program over all rows, block by block."""

from __future__ import annotations

from .native import call_kernel, load_i8


def execute(program: int, work: int, frame: int, rows: int, block: int) -> int:
    """Run every step on every block of rows.

    program: number of steps, then per step: kernel address, words of arguments, arguments.
    """
    count = load_i8(program)
    start = 0
    while start < rows:  # not `range`: it would raise for a step of 0
        n = rows - start if rows - start < block else block
        at = program + 8
        for _ in range(count):
            call_kernel(load_i8(at), at + 16, work, frame, start, n)
            at += 16 + 8 * load_i8(at + 8)
        start += n
    return 0
