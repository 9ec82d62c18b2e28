"""The functions that Step Functions adds to JSONata.

Source: the developer guide, "JSONata functions provided by Step Functions". Undefined arguments give undefined,
fractions are cut off, and a seed gives java.util.Random's first double, as measured on AWS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from localcloud.asl.intrinsic_functions import HASHES, parse_json
from localcloud.asl.query.operators import MAX_RANGE, MEMORY
from localcloud.asl.query.values import UNDEFINED, JsonataError, LimitExceeded
from localcloud.asl.randomness import JavaRandom, uuid4

if TYPE_CHECKING:
    from localcloud.asl.query.program import Run


def _partition(run: Run, items: Any, size: Any) -> Any:
    if items is UNDEFINED or size is UNDEFINED:
        return UNDEFINED
    length = int(size)
    if length < 0:
        raise JsonataError("T0410", index=2)
    if length == 0:
        return UNDEFINED
    return [list(items[start : start + length]) for start in range(0, len(items), length)]


def _range(run: Run, start: Any, end: Any, step: Any) -> Any:
    if UNDEFINED in (start, end, step) or int(step) == 0:
        return UNDEFINED
    delta = int(step)
    numbers = range(int(start), int(end) + (1 if delta > 0 else -1), delta)
    if len(numbers) > MAX_RANGE:
        raise LimitExceeded(MEMORY)
    return list(numbers)


def _hash(run: Run, text: Any, algorithm: Any) -> Any:
    if text is UNDEFINED or algorithm is UNDEFINED:
        return UNDEFINED
    if algorithm not in HASHES:
        raise JsonataError("T0410", index=2)
    return hashlib.new(HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _uuid(run: Run) -> str:
    return uuid4(run.random)


def _parse(run: Run, text: Any) -> Any:
    return UNDEFINED if text is UNDEFINED or not text.strip() else parse_json(text)


def _random(run: Run, seed: Any) -> float:
    """Step Functions' own: a seed gives java.util.Random's first double."""
    return run.random.random() if seed is UNDEFINED else JavaRandom(int(seed)).next_double()


FUNCTIONS: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("partition", _partition, "<an:a>"),
    ("range", _range, "<nnn:a>"),
    ("hash", _hash, "<s-s:s>"),
    ("random", _random, "<n?:n>"),
    ("uuid", _uuid, "<:s>"),
    ("parse", _parse, "<s-:x>"),
)
