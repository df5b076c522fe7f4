"""Kernel of the E step of latent Dirichlet allocation."""

from __future__ import annotations

from numba import types

from .native import inline, libm, load_f8, load_i8, store_f8, store_i8, value
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
            store_f8(theta + 8 * c, begin)
            store_f8(gamma + 8 * c, 1.0)
        used = 0
        for j in range(width):
            if load_f8(source + 8 * (j * n + row)) != 0.0:
                store_i8(words + 8 * used, j)
                used += 1
        for _ in range(rounds):
            for i in range(used):
                j, total = load_i8(words + 8 * i), 0.0
                for c in range(count):
                    part = load_f8(components + 8 * (c * width + j))
                    total += load_f8(theta + 8 * c) * part
                x = load_f8(source + 8 * (j * n + row))
                store_f8(share + 8 * i, x / (total + epsilon))
            moved, whole = 0.0, 0.0
            for c in range(count):
                total = 0.0
                for i in range(used):
                    at = components + 8 * (c * width + load_i8(words + 8 * i))
                    total += load_f8(share + 8 * i) * load_f8(at)
                new = load_f8(theta + 8 * c) * total + prior
                moved += abs(load_f8(gamma + 8 * c) - new)
                store_f8(gamma + 8 * c, new)
                whole += new
            base = psi(whole)
            for c in range(count):
                change = psi(load_f8(gamma + 8 * c)) - base
                store_f8(theta + 8 * c, exp(change))
            if moved / count < tol:
                break
        for c in range(count):
            store_f8(target + 8 * (c * n + row), load_f8(gamma + 8 * c))
    return 0
