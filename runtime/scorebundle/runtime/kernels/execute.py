"""The native loop: runs a whole program over all rows, block by block."""

from __future__ import annotations

from .native import call_kernel, load_i8


def execute(call: int, _b: int, _c: int, _d: int, _e: int) -> int:
    """Run every step on every block of rows.

    call: address of the words program, work, frame, rows, block: one argument, because each
        one costs the caller a third of a microsecond.
    program: number of steps, then per step: kernel address, words of arguments, arguments.
    """
    program, work, frame = load_i8(call), load_i8(call + 8), load_i8(call + 16)
    rows, block = load_i8(call + 24), load_i8(call + 32)
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
