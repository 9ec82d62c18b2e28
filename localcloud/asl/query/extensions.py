"""The functions that Step Functions adds to JSONata.

Source: the developer guide, "JSONata functions provided by Step Functions"; what they make of missing, null and odd
arguments was measured on AWS by others: floci pull 2676 and its tests, iwamot/sfnx docs/design.md and its tests.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from localcloud.asl.intrinsic_functions import HASHES
from localcloud.asl.query.operators import MAX_RANGE, MEMORY
from localcloud.asl.query.values import UNDEFINED, JsonataError, LimitExceeded, Sequence, whole
from localcloud.asl.randomness import JavaRandom, uuid4

if TYPE_CHECKING:
    from localcloud.asl.query.run import Run


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'((?:[^\'\\]|\\.)*)\'', re.DOTALL)


def _partition(run: Run, items: Any, size: Any) -> Any:
    """Without a size, one chunk."""
    if items is UNDEFINED:
        return UNDEFINED
    if not isinstance(items, list):
        raise JsonataError("T0412", index=1)
    if size is UNDEFINED:
        return [items]
    length = int(size)
    if length < 0:
        raise JsonataError("D3137", message="Second argument must be zero or greater")
    if length == 0 or not items:
        return UNDEFINED
    return [list(items[start : start + length]) for start in range(0, len(items), length)]


def _range(run: Run, start: Any, end: Any, step: Any) -> Any:
    """A sequence: one number stands for itself."""
    if UNDEFINED in (start, end, step) or int(step) == 0:
        return UNDEFINED
    delta = int(step)
    numbers = range(int(start), int(end) + (1 if delta > 0 else -1), delta)
    if len(numbers) > MAX_RANGE:
        raise LimitExceeded(MEMORY)
    return Sequence(numbers)


def _hash(run: Run, text: Any, algorithm: Any) -> Any:
    if text is UNDEFINED:
        return UNDEFINED
    if algorithm not in HASHES:
        named = "null" if algorithm is UNDEFINED else algorithm
        message = f"Hash algorithm '{named}' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"
        raise JsonataError("D3137", message=message)
    return hashlib.new(HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _uuid(run: Run) -> str:
    return uuid4(run.random)


def _parse(run: Run, text: Any) -> Any:
    """Strict JSON, except that strings may have single quotes."""
    if text is UNDEFINED:
        return UNDEFINED
    try:
        return json.loads(
            _STRING.sub(_double_quoted, text),
            parse_constant=_refused,
            parse_int=_parse_number,
            parse_float=_parse_number,
            object_pairs_hook=_distinct,
        )
    except (ValueError, RecursionError) as error:
        raise JsonataError("D3137", message="Invalid JSON") from error


def _double_quoted(string: re.Match[str]) -> str:
    if string[1] is None:
        return string[0]
    return '"' + re.sub(r'\\\'|(?<!\\)"', lambda quote: "'" if len(quote[0]) == 2 else '\\"', string[1]) + '"'


def _parse_number(digits: str) -> float:
    """An integer is exact while it fits a Java long."""
    number = float(digits)
    if not math.isfinite(number):
        _refused(digits)
    exact = re.fullmatch(r"-?\d{1,19}", digits) and int(digits)
    return exact if exact is not None and -(2**63) <= exact < 2**63 else whole(number)


def _distinct(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    return value if len(value) == len(members) else _refused("a repeated key")


def _refused(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _random(run: Run, seed: Any) -> float:
    """Step Functions' own: a seed gives java.util.Random's first double."""
    return run.random.random() if seed is UNDEFINED else JavaRandom(int(seed)).next_double()


FUNCTIONS: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("partition", _partition, "<jn?:a>"),
    ("range", _range, "<nnn?:a>"),
    ("hash", _hash, "<s-s:s>"),
    ("random", _random, "<n?:n>"),
    ("uuid", _uuid, "<:s>"),
    ("parse", _parse, "<s-:x>"),
)
