"""MurmurHash3, x86, 32 bits (Austin Appleby, public domain algorithm), seed 0."""

from __future__ import annotations

from functools import lru_cache

MASK = 0xFFFFFFFF
SHORT = 64
"""Bytes of what is remembered."""


def murmur3(data: bytes) -> int:
    """The hash as a signed number."""
    return _remembered(data) if len(data) <= SHORT else _hashed(data)


@lru_cache(maxsize=1 << 16)
def _remembered(data: bytes) -> int:
    return _hashed(data)


def _hashed(data: bytes) -> int:
    h = 0
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        h ^= _mixed(int.from_bytes(data[at : at + 4], "little"))
        h = _rotated(h, 13)
        h = (h * 5 + 0xE6546B64) & MASK
    if len(data) > whole:
        h ^= _mixed(int.from_bytes(data[whole:], "little"))
    h ^= len(data)
    h = ((h ^ h >> 16) * 0x85EBCA6B) & MASK
    h = ((h ^ h >> 13) * 0xC2B2AE35) & MASK
    h ^= h >> 16
    return h - (1 << 32) if h >> 31 else h


def _mixed(k: int) -> int:
    return _rotated(k * 0xCC9E2D51 & MASK, 15) * 0x1B873593 & MASK


def _rotated(x: int, bits: int) -> int:
    return (x << bits | x >> 32 - bits) & MASK
