"""Kernel of the E step of latent Dirichlet allocation."""

from __future__ import annotations

from numba import types

from .native import inline, item_f8, item_i8, libm, load_f8, load_i8, set_f8, set_i8, value
from .registry import kernel

EULER = 0.577215664901532860606512090082402431


exp, log = libm("exp", types.float64), libm("log", types.float64)


@inline
def psi(x: float) -> float:
    """Digamma of a positive number, as Bernardo's AS 103 approximates it."""
    if x <= 1e-6:
        return -EULER - 1.0 / x
    result = 0.0
    for _ in range(6):
        if x < 6.0:
            result -= 1.0 / x
            x += 1.0
    r = 1.0 / x
    result += log(x) - 0.5 * r
    r = r * r
    series = 1.0 / 12.0 - r * (1.0 / 120.0 - r * (1.0 / 252.0))
    return result - r * series  # type: ignore[no-any-return]


@kernel("topics")
def topics(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, width, count, address of components, prior, epsilon, tol,
    rounds, scratch."""
    target, source = value(args, work, n), value(args + 24, work, n)
    width, count = load_i8(args + 48), load_i8(args + 56)
    components, prior = load_i8(args + 64), load_f8(args + 72)
    epsilon, tol = load_f8(args + 80), load_f8(args + 88)
    rounds, words = load_i8(args + 96), work + load_i8(args + 104)
    share = words + 8 * width
    theta = share + 8 * width
    gamma = theta + 8 * count
    begin = exp(psi(1.0) - psi(float(count)))
    for row in range(n):
        for c in range(count):
            set_f8(theta, c, begin)
            set_f8(gamma, c, 1.0)
        used = 0
        for j in range(width):
            if item_f8(source, j * n + row) != 0.0:
                set_i8(words, used, j)
                used += 1
        for _ in range(rounds):
            for i in range(used):
                j, total = item_i8(words, i), 0.0
                for c in range(count):
                    part = item_f8(components, c * width + j)
                    total += item_f8(theta, c) * part
                x = item_f8(source, j * n + row)
                set_f8(share, i, x / (total + epsilon))
            moved, whole = 0.0, 0.0
            for c in range(count):
                total = 0.0
                for i in range(used):
                    at = components + 8 * (c * width + item_i8(words, i))
                    total += item_f8(share, i) * load_f8(at)
                new = item_f8(theta, c) * total + prior
                moved += abs(item_f8(gamma, c) - new)
                set_f8(gamma, c, new)
                whole += new
            base = psi(whole)
            for c in range(count):
                change = psi(item_f8(gamma, c)) - base
                set_f8(theta, c, exp(change))
            if moved / count < tol:
                break
        for c in range(count):
            set_f8(target, c * n + row, item_f8(gamma, c))
    return 0
