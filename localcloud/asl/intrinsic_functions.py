"""What the eighteen intrinsic functions do with their arguments.

Each takes (data, arguments) and gives a JSON value, or raises IntrinsicError with what is wrong with an
argument.
Source: the Step Functions developer guide, "Intrinsic functions for JSONPath states".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from localcloud.asl.data import Data, java_text, to_json
from localcloud.asl.jsonpath_walk import json_equal
from localcloud.asl.randomness import JavaRandom, uuid4

#: "The input string ... up to 10,000 characters": Base64Encode, Base64Decode, Hash.
MAX_CHARACTERS = 10_000
#: "The newly generated array can't contain more than 1000 elements": ArrayRange.
MAX_RANGE = 1_000
INT_MIN, INT_MAX = -(2**31), 2**31 - 1

HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}

Body = Callable[[Data, list[Any]], Any]


class IntrinsicError(Exception):
    """An argument that the function does not take; becomes States.IntrinsicFailure."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function's body and how many arguments it takes, from `least` to `most`."""

    body: Body
    least: int
    most: float

    @property
    def arity(self) -> str:
        if self.most == math.inf:
            return f"at least {self.least} argument" + "s" * (self.least != 1)
        if self.least == self.most:
            return f"{self.least} argument" + "s" * (self.least != 1)
        return f"{self.least} to {self.most} arguments"


# arguments


def _expect_array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        _refuse("an array", value)
    return value


def _expect_string(value: Any) -> str:
    if not isinstance(value, str):
        _refuse("a string", value)
    return value


def _expect_integer(value: Any) -> int:
    """An integer; AWS rounds a fraction to the nearest one, a half upwards (-1.5 to -1), as Java does."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse("a number", value)
    rounded = value if isinstance(value, int) else math.floor(value + 0.5)
    if not INT_MIN <= rounded <= INT_MAX:
        raise IntrinsicError(f"The number {to_json(value)} is not in the range {INT_MIN} to {INT_MAX}.")
    return rounded


def _expect_short(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise IntrinsicError(f"The argument has {len(text)} characters; {MAX_CHARACTERS} is the most.")
    return text


def _refuse(kind: str, value: Any) -> NoReturn:
    raise IntrinsicError(f"The argument must be {kind}, but was: {to_json(value)}")


# strings


_PLACEHOLDER = re.compile(r"\\([{}'\\])|\{\}")


def format_pieces(pieces: tuple[str, ...]) -> Body:
    """States.Format of a template that is already cut at its `{}`."""

    def body(data: Data, arguments: list[Any]) -> str:
        parts = [pieces[0]]
        for argument, piece in zip(arguments, pieces[1:], strict=True):
            parts.append(argument if isinstance(argument, str) else java_text(argument))
            parts.append(piece)
        return "".join(parts)

    return body


def _format(data: Data, arguments: list[Any]) -> str:
    template = _expect_string(arguments[0])
    pieces, piece, end = [], "", 0
    for match in _PLACEHOLDER.finditer(template):
        piece += template[end : match.start()]
        end = match.end()
        if match.group(1):
            piece += match.group(1)
        else:
            pieces.append(piece)
            piece = ""
    pieces.append(piece + template[end:])
    if len(pieces) != len(arguments):
        raise IntrinsicError(f"The template has {len(pieces) - 1} '{{}}' for {len(arguments) - 1} arguments.")
    return str(format_pieces(tuple(pieces))(data, arguments[1:]))


def _string_split(data: Data, arguments: list[Any]) -> list[str]:
    """Every character of the second argument delimits; empty parts are left out."""
    text, delimiters = _expect_string(arguments[0]), _expect_string(arguments[1])
    if not delimiters:
        return [text]
    return [part for part in re.split("[" + re.escape(delimiters) + "]", text) if part]


def _base64_encode(data: Data, arguments: list[Any]) -> str:
    return base64.b64encode(_expect_short(_expect_string(arguments[0])).encode()).decode()


def _base64_decode(data: Data, arguments: list[Any]) -> str:
    try:
        return base64.b64decode(_expect_short(_expect_string(arguments[0])), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise IntrinsicError(f"The argument is not Base64: {to_json(arguments[0])}") from error


def _hash(data: Data, arguments: list[Any]) -> str:
    value, algorithm = arguments
    if not isinstance(algorithm, str) or algorithm not in HASHES:
        raise IntrinsicError(f"The algorithm must be one of {', '.join(HASHES)}, but was: {to_json(algorithm)}")
    text = value if isinstance(value, str) else to_json(value)
    return hashlib.new(HASHES[algorithm], _expect_short(text).encode(), usedforsecurity=False).hexdigest()


# JSON


def parse_json(text: str) -> Any:
    """The value that a JSON text writes; None for a blank one.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(text, parse_constant=_no_constant) if text.strip() else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _string_to_json(data: Data, arguments: list[Any]) -> Any:
    text = _expect_string(arguments[0])
    try:
        return parse_json(text)
    except ValueError as error:
        raise IntrinsicError(f"The argument is not JSON: {to_json(text)}") from error


def _json_to_string(data: Data, arguments: list[Any]) -> str:
    return to_json(arguments[0])


def _json_merge(data: Data, arguments: list[Any]) -> dict[str, Any]:
    first, second, deep = arguments
    for value in (first, second):
        if not isinstance(value, dict):
            _refuse("an object", value)
    if deep is not False:
        raise IntrinsicError("Only the shallow merging mode is supported: the third argument must be false.")
    return {**first, **second}


# arrays


def _array(data: Data, arguments: list[Any]) -> list[Any]:
    return arguments


def _array_partition(data: Data, arguments: list[Any]) -> list[list[Any]]:
    items, size = _expect_array(arguments[0]), _expect_integer(arguments[1])
    if size <= 0:
        raise IntrinsicError(f"The chunk size must be positive, but was: {size}")
    return [items[start : start + size] for start in range(0, len(items), size)]


def _array_contains(data: Data, arguments: list[Any]) -> bool:
    return any(json_equal(item, arguments[1]) for item in _expect_array(arguments[0]))


def _array_range(data: Data, arguments: list[Any]) -> list[int]:
    start, end, step = map(_expect_integer, arguments)
    if step == 0:
        raise IntrinsicError("The step of a range must not be 0.")
    numbers = range(start, end + (1 if step > 0 else -1), step)
    if len(numbers) > MAX_RANGE:
        raise IntrinsicError(f"The range has {len(numbers)} elements; {MAX_RANGE} is the most.")
    return list(numbers)


def _array_get_item(data: Data, arguments: list[Any]) -> Any:
    items, index = _expect_array(arguments[0]), _expect_integer(arguments[1])
    if not 0 <= index < len(items):
        raise IntrinsicError(f"The index {index} is not in an array of {len(items)} elements.")
    return items[index]


def _array_length(data: Data, arguments: list[Any]) -> int:
    return len(_expect_array(arguments[0]))


def _array_unique(data: Data, arguments: list[Any]) -> list[Any]:
    seen: set[str] = set()
    unique = []
    for item in _expect_array(arguments[0]):
        key = _identity(item)
        if key not in seen:
            seen.add(key)
            unique.append(item)
    return unique


def _identity(value: Any) -> str:
    """A text that equal JSON values share: members in order, 1.0 written as 1."""
    return json.dumps(_canonical(value), sort_keys=True)


def _canonical(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    return value


# numbers


def _math_add(data: Data, arguments: list[Any]) -> int:
    total = _expect_integer(arguments[0]) + _expect_integer(arguments[1])
    if not INT_MIN <= total <= INT_MAX:
        raise IntrinsicError(f"The sum {total} is not in the range {INT_MIN} to {INT_MAX}.")
    return total


def _math_random(data: Data, arguments: list[Any]) -> int:
    """From the first number (included) to the second (excluded), out of a seed when a third is given."""
    start, end = _expect_integer(arguments[0]), _expect_integer(arguments[1])
    if start >= end:
        raise IntrinsicError(f"The start number {start} must be less than the end number {end}.")
    if len(arguments) == 3:
        return start + JavaRandom(_expect_integer(arguments[2])).next_int(min(end - start, INT_MAX))
    return data.random.randrange(start, end)


def _uuid(data: Data, arguments: list[Any]) -> str:
    return uuid4(data.random)


BY_NAME = {
    "Array": Function(_array, 0, math.inf),
    "ArrayContains": Function(_array_contains, 2, 2),
    "ArrayGetItem": Function(_array_get_item, 2, 2),
    "ArrayLength": Function(_array_length, 1, 1),
    "ArrayPartition": Function(_array_partition, 2, 2),
    "ArrayRange": Function(_array_range, 3, 3),
    "ArrayUnique": Function(_array_unique, 1, 1),
    "Base64Decode": Function(_base64_decode, 1, 1),
    "Base64Encode": Function(_base64_encode, 1, 1),
    "Format": Function(_format, 1, math.inf),
    "Hash": Function(_hash, 2, 2),
    "JsonMerge": Function(_json_merge, 3, 3),
    "JsonToString": Function(_json_to_string, 1, 1),
    "MathAdd": Function(_math_add, 2, 2),
    "MathRandom": Function(_math_random, 2, 3),
    "StringSplit": Function(_string_split, 2, 2),
    "StringToJson": Function(_string_to_json, 1, 1),
    "UUID": Function(_uuid, 0, 0),
}
