"""Identifiers that AWS draws at random, and that are the same here in every run.

They are drawn from a seeded source where the order of the draws is certain, and derived where it is not: from what they
name and from its number, so that what other requests do at the same time does not change them.
"""

from __future__ import annotations

import hashlib
import random
import uuid


def uuid4(source: random.Random) -> str:
    """A version 4 UUID out of a seeded source."""
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def uuid_of(digest: bytes) -> str:
    """A version 4 UUID of the first 16 bytes of a digest."""
    return str(uuid.UUID(bytes=digest[:16], version=4))


def derived_uuid(*parts: object) -> str:
    """A version 4 UUID that is the same for the same parts."""
    return uuid_of(_digest(parts))


def derived_choice(weights: list[int], *parts: object) -> int:
    """An index chosen by weight; the same for the same parts."""
    return random.Random(_digest(parts)).choices(range(len(weights)), weights)[0]


def _digest(parts: tuple[object, ...]) -> bytes:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
