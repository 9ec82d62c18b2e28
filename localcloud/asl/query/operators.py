"""The binary operators: arithmetic, comparison, text, ranges and membership."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from localcloud.asl.query.values import (
    UNDEFINED,
    JsonataError,
    LimitExceeded,
    Sequence,
    equal,
    is_number,
    same,
    text_of,
    whole,
)

#: About as many characters as AWS lets an expression hold: 2**22 succeed there, 2**23 do not.
MAX_CHARACTERS = 6_990_256
#: The longest range that AWS evaluates: `[1..873782]` succeeds there, `[1..873783]` does not.
MAX_RANGE = 873_782
MEMORY = "Expression evaluation memory limit exceeded: Check for excessive memory usage"


def _arithmetic(operate: Callable[[float, float], float]) -> Callable[[Any, Any], Any]:
    def node(left: Any, right: Any) -> Any:
        if left is not UNDEFINED and not is_number(left):
            raise JsonataError("T2001", value=left)
        if right is not UNDEFINED and not is_number(right):
            raise JsonataError("T2002", value=right)
        if left is UNDEFINED or right is UNDEFINED:
            return UNDEFINED
        return operate(left, right)

    return node


def _add(left: float, right: float) -> float:
    return whole(left + right)


def _subtract(left: float, right: float) -> float:
    return whole(left - right)


def _multiply(left: float, right: float) -> float:
    return whole(left * right)


def _divide(left: float, right: float) -> float:
    if right == 0:
        return math.nan if left == 0 else math.copysign(math.inf, left)
    return whole(left / right)


def _remainder(left: float, right: float) -> float:
    return math.nan if right == 0 else whole(math.fmod(left, right))


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def node(left: Any, right: Any) -> Any:
        kinds = [_comparable(left), _comparable(right)]
        if None in kinds:
            raise JsonataError("T2010", value=left if kinds[0] is None else right)
        if UNDEFINED in (left, right):
            return UNDEFINED
        if kinds[0] is not kinds[1]:
            raise JsonataError("T2009", value=left, value2=right)
        return compare(left, right)

    return node


def _comparable(value: Any) -> type | None:
    """What a value can be ordered with: text, numbers, or (undefined) anything; None when with nothing."""
    if isinstance(value, str):
        return str
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float
    return object if value is UNDEFINED else None


def _equals(left: Any, right: Any) -> bool:
    return left is not UNDEFINED and right is not UNDEFINED and equal(left, right)


def _differs(left: Any, right: Any) -> bool:
    return left is not UNDEFINED and right is not UNDEFINED and not equal(left, right)


def _included(left: Any, right: Any) -> bool:
    if left is UNDEFINED or right is UNDEFINED:
        return False
    return any(same(left, item) for item in (right if isinstance(right, list) else [right]))


def _concatenate(left: Any, right: Any) -> str:
    text = ("" if left is UNDEFINED else text_of(left)) + ("" if right is UNDEFINED else text_of(right))
    if len(text) > MAX_CHARACTERS:
        raise LimitExceeded(MEMORY)
    return text


def _range(left: Any, right: Any) -> Any:
    for code, bound in (("T2003", left), ("T2004", right)):
        if bound is not UNDEFINED and not (type(bound) is int or (type(bound) is float and bound.is_integer())):
            raise JsonataError(code, value=bound)
    if left is UNDEFINED or right is UNDEFINED or left > right:
        return UNDEFINED
    size = int(right - left) + 1
    if size > 10_000_000:
        raise JsonataError("D2014", value=size)
    if size > MAX_RANGE:
        raise LimitExceeded(MEMORY)
    return Sequence(range(int(left), int(right) + 1))


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _arithmetic(_add),
    "-": _arithmetic(_subtract),
    "*": _arithmetic(_multiply),
    "/": _arithmetic(_divide),
    "%": _arithmetic(_remainder),
    "=": _equals,
    "!=": _differs,
    "<": _comparison(lambda left, right: bool(left < right)),
    "<=": _comparison(lambda left, right: bool(left <= right)),
    ">": _comparison(lambda left, right: bool(left > right)),
    ">=": _comparison(lambda left, right: bool(left >= right)),
    "&": _concatenate,
    "..": _range,
    "in": _included,
}
