"""Identifiers that AWS draws at random and we derive, so that two runs are equal byte for byte.

They depend on what they name and on its number, not on a shared sequence: what other requests do at the same
time does not change them.
"""

from __future__ import annotations

import hashlib
import random
import uuid


def derived_uuid(*parts: object) -> str:
    """A version 4 UUID that is the same for the same parts."""
    return str(uuid.UUID(bytes=_digest(parts)[:16], version=4))


def draw(weights: list[int], *parts: object) -> int:
    """An index drawn by weight; the same for the same parts."""
    return random.Random(_digest(parts)).choices(range(len(weights)), weights)[0]


def _digest(parts: tuple[object, ...]) -> bytes:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
