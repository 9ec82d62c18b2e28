"""Random numbers that two runs agree on, and that agree with AWS where a workflow gives the seed."""

from __future__ import annotations

import random
import uuid


class JavaRandom:
    """java.util.Random, bit for bit.

    AWS draws seeded numbers from it: `$random(42)` is 0.7275636800328681 there. The algorithm is fixed by
    Java's documentation of the class.

    Args:
        seed: any integer; its low 48 bits count.
    """

    _MULTIPLIER = 0x5DEECE66D
    _MASK = (1 << 48) - 1

    def __init__(self, seed: int) -> None:
        self._state = (seed ^ self._MULTIPLIER) & self._MASK

    def _next(self, bits: int) -> int:
        self._state = (self._state * self._MULTIPLIER + 0xB) & self._MASK
        return self._state >> (48 - bits)

    def next_int(self, bound: int) -> int:
        """An integer from 0 to `bound` - 1; `bound` is from 1 to 2**31 - 1."""
        if bound & -bound == bound:
            return (bound * self._next(31)) >> 31
        while True:
            bits = self._next(31)
            value = bits % bound
            if bits - value + (bound - 1) < 1 << 31:
                return value

    def next_double(self) -> float:
        """A number from 0 (included) to 1 (excluded)."""
        return float((self._next(26) << 27) + self._next(27)) * 2.0**-53


def uuid4(source: random.Random) -> str:
    """A version 4 UUID out of a seeded source."""
    return str(uuid.UUID(int=source.getrandbits(128), version=4))
