"""Kernel of the E step of latent Dirichlet allocation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from .native import (
    Kernel,
    inline,
    libm,
    load_f4,
    load_f8,
    load_i8,
    store_f4,
    store_f8,
    store_i8,
    value,
)
from .registry import kernel

EULER = 0.577215664901532860606512090082402431


def _topics(load: Any, store: Any, kind: Any, size: int, epsilon: float) -> Kernel:
    zero, one = kind(0), kind(1)
    exp, log = libm("exp", types.float64), libm("log", types.float64)

    @inline
    def psi(x: float) -> float:
        """Digamma of a positive number, as Bernardo's AS 103 approximates it."""
        if x <= 1e-6:
            return kind(-EULER - 1.0 / x)  # type: ignore[no-any-return]
        result = zero
        for _ in range(6):
            if x < 6.0:
                result = kind(result - 1.0 / x)
                x = kind(x + one)
        r = kind(1.0 / x)
        result = kind(result + (log(float(x)) - 0.5 * r))
        r = kind(r * r)
        series = 1.0 / 12.0 - r * (1.0 / 120.0 - r * (1.0 / 252.0))
        return kind(result - r * series)  # type: ignore[no-any-return]

    def topics(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, width, count, address of components, prior, tol, rounds,
        scratch."""
        target, source = value(args, work, n), value(args + 24, work, n)
        width, count = load_i8(args + 48), load_i8(args + 56)
        components, prior = load_i8(args + 64), kind(load_f8(args + 72))
        tol, rounds = load_f8(args + 80), load_i8(args + 88)
        words = work + load_i8(args + 96)
        share = words + 8 * width
        theta = share + size * width
        gamma = theta + size * count
        begin = kind(exp(float(kind(psi(one) - psi(kind(count))))))
        for row in range(n):
            for c in range(count):
                store(theta + size * c, begin)
                store(gamma + size * c, one)
            used = 0
            for j in range(width):
                if load(source + size * (j * n + row)) != zero:
                    store_i8(words + 8 * used, j)
                    used += 1
            for _ in range(rounds):
                for i in range(used):
                    j, total = load_i8(words + 8 * i), zero
                    for c in range(count):
                        part = load(components + size * (c * width + j))
                        total += load(theta + size * c) * part
                    x = load(source + size * (j * n + row))
                    store(share + size * i, x / (total + kind(epsilon)))
                moved, whole = 0.0, zero
                for c in range(count):
                    total = zero
                    for i in range(used):
                        at = components + size * (c * width + load_i8(words + 8 * i))
                        total += load(share + size * i) * load(at)
                    new = kind(load(theta + size * c) * total) + prior
                    moved += abs(float(load(gamma + size * c) - new))
                    store(gamma + size * c, new)
                    whole += new
                base = psi(whole)
                for c in range(count):
                    change = kind(psi(load(gamma + size * c)) - base)
                    store(theta + size * c, kind(exp(float(change))))
                if moved / count < tol:
                    break
            for c in range(count):
                store(target + size * (c * n + row), load(gamma + size * c))
        return 0

    return topics


_EPSILON_F4, _EPSILON_F8 = float(np.finfo(np.float32).eps), float(np.finfo(np.float64).eps)
kernel("topics_float32")(_topics(load_f4, store_f4, types.float32, 4, _EPSILON_F4))
kernel("topics_float64")(_topics(load_f8, store_f8, types.float64, 8, _EPSILON_F8))
