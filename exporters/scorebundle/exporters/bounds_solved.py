"""Bounds of what is solved: triangular systems, and the coupling of probabilities."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Coupling, Solve

from .bounds import bounds_of

EPS = float(np.finfo(np.float64).eps)
DRAWS = 4
"""How often a coupling is asked again with its input moved, to see how far it moves."""
SAFETY = 8.0


@bounds_of(Solve)
def _solve(op: Solve, x: list[Array], e: list[Array], y: Array) -> Array:
    """|L⁻¹| (e + 16 u |L| |z|)."""
    inverse = np.abs(np.linalg.inv(op.lower))
    inner = e[0] + op.bound()[0] * EPS * (np.abs(y) @ np.abs(op.lower).T)
    return np.asarray(inner @ inverse.T)


@bounds_of(Coupling)
def _coupling(op: Coupling, x: list[Array], e: list[Array], y: Array) -> Array:
    """How far the result goes when every pair is moved by its bound and its own rounding."""
    random = np.random.default_rng(0)
    reach = e[0] + op.bound()[0] * EPS * np.abs(x[0])
    moved = np.zeros_like(y)
    for _ in range(DRAWS):
        signs = random.choice([-1.0, 1.0], x[0].shape)
        moved = np.maximum(moved, np.abs(coupled(x[0] + signs * reach, op.classes) - y))
    known = np.isfinite(reach).all(axis=1, keepdims=True)
    return np.where(known, SAFETY * moved, np.inf)


def coupled(pairs: Array, k: int) -> Array:
    """The operator's definition in numpy, all rows at once."""
    r = np.zeros((len(pairs), k, k))
    upper = np.triu_indices(k, 1)
    r[:, upper[0], upper[1]] = pairs
    r[:, upper[1], upper[0]] = 1 - pairs
    q = -r.transpose(0, 2, 1) * r
    q[:, range(k), range(k)] = (r**2).sum(axis=1)
    p = np.full((len(pairs), k), 1.0 / k)
    going = np.ones(len(pairs), bool)
    for _ in range(max(100, k)):
        qp = np.einsum("rtj,rj->rt", q, p)
        total = (p * qp).sum(axis=1)
        going &= np.abs(qp - total[:, None]).max(axis=1) >= 0.005 / k
        if not going.any():
            break
        p[going] = _improved(q[going], qp[going], p[going], total[going])
    return p


def _improved(q: Array, qp: Array, p: Array, total: Array) -> Array:
    """One round over all coordinates."""
    for t in range(p.shape[1]):
        step = (total - qp[:, t]) / q[:, t, t]
        p[:, t] += step
        total = (total + step * (step * q[:, t, t] + 2 * qp[:, t])) / (1 + step) / (1 + step)
        qp = (qp + step[:, None] * q[:, t]) / (1 + step)[:, None]
        p = p / (1 + step)[:, None]
    return p
