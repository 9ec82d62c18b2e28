"""JSONata's values on top of JSON's: undefined, sequences and functions; and how values become text and truth."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from collections.abc import Sequence as Items
from decimal import Decimal
from typing import Any

from jsonata.jexception import JException


class Undefined:
    """The type of UNDEFINED: no value at all, which is not null."""

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Any = Undefined()


class Sequence(list[Any]):
    """An array that evaluation made: alone in it, a value stands for itself; empty, it is undefined."""

    keep_singleton = False
    #: Its elements are scopes of bindings ("@" is the value), which `@`, `#` and `%` carry along a path.
    tuple_stream = False


class Constructed(list[Any]):
    """An array written as the first step of a path, which is not flattened into what surrounds it."""


class Function:
    """Anything that can be called.

    Attributes:
        arity: how many arguments it can use; a higher-order function passes no more.
    """

    arity: int

    def apply(self, run: Any, arguments: list[Any], context: Any) -> Any:
        """Its value.

        Args:
            run: the `Run` in which it is called.
            arguments: as many as there are; `context` stands in for one that its signature takes from there.
        """
        raise NotImplementedError


class JsonataError(Exception):
    """An error with a code of JSONata's.

    Args:
        code: "T2001", "D3030", ...
        values: what stands in the message: token, value, value2, index, type, ...
    """

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    @property
    def message(self) -> str:
        """The text, as the reference implementation words it."""
        if "message" in self.values:
            return str(self.values["message"])
        return _FIELD.sub(self._filled, _template(self.code))

    def _filled(self, match: re.Match[str]) -> str:
        raw, name = match.groups()
        value = self.values.get(raw or name, UNDEFINED)
        return str(value) if raw or value is UNDEFINED else "".join(_written(value, "", _plain_number))


class LimitExceeded(Exception):
    """An expression that takes more depth, time or memory than AWS gives one."""


_FIELD = re.compile(r"\{\{(?:\{(\w+)\}|(\w+))\}\}")


def _template(code: str) -> str:
    """The message of a code; the library has other quotes and "Object" where the original has "function"."""
    return str(JException.error_codes.get(code, "")).replace("Object", "function").replace('"', "'")


def library_error(error: JException) -> JsonataError:
    """An error of the library's parser or formatters, with its values put in the order of its message."""
    values = iter((error.current, error.expected, error.extra))
    message = _FIELD.sub(
        lambda match: str(next(values, "")) if match.group(1) else _quoted(next(values, "")), _template(error.error)
    )
    return JsonataError(error.error, message=message or str(error))


def uncoded_error(error: RuntimeError, value: Any = UNDEFINED) -> JsonataError:
    """An error of the library's that has a message's text without its code.

    Args:
        value: what stands in the message; the library loses it.
    """
    text = str(error)
    for code in JException.error_codes:
        start = _template(code).partition("{{")[0]
        if start and text.startswith(start):
            return JsonataError(code, value=value)
    return JsonataError("D3137", message=text)


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def is_number(value: Any) -> bool:
    """Whether a value is a number that arithmetic takes.

    Raises:
        JsonataError: D1001, for infinity.
    """
    kind = type(value)
    if kind is int:
        return True
    if kind is float:
        if math.isinf(value):
            raise JsonataError("D1001", value=value)
        return not math.isnan(value)
    return False


def are_numbers(value: Any) -> bool:
    """Whether a value is an array of numbers."""
    return isinstance(value, list) and all(map(is_number, value))


def whole(value: float) -> float:
    """A result as AWS keeps it: a whole number as an integer where a Java long holds it, all others as doubles.

    JSONata's numbers are doubles: beyond 2**53 an integer loses digits, and its shortest digits are written.
    """
    if type(value) is int:
        if -(2**53) <= value <= 2**53:
            return value
        try:
            value = float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    if type(value) is not float or not value.is_integer() or not -(2.0**63) <= value < 2.0**63:
        return value
    return int(value) if abs(value) < 2**53 else int(Decimal(repr(value)))


def truth(value: Any) -> bool:
    """Whether a value counts as true; undefined does not."""
    if value is True or value is False:
        return bool(value)
    if isinstance(value, list):
        return any(map(truth, value))
    if isinstance(value, (str, dict)):
        return len(value) > 0
    return is_number(value) and value != 0


def equal(left: Any, right: Any) -> bool:
    """Deep equality, in which true is not 1 and 1 is 1.0."""
    if left is right:
        return True
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict):
        if not isinstance(right, dict) or left.keys() != right.keys():
            return False
        return all(equal(item, right[key]) for key, item in left.items())
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def same(left: Any, right: Any) -> bool:
    """JavaScript's `===`: equality of scalars, identity of the rest."""
    return left is right or (not isinstance(left, (list, dict)) and equal(left, right))


def append(left: Any, right: Any) -> Any:
    """Both sides' elements in one array, which stays one however few they are; an undefined side does not count."""
    if left is UNDEFINED:
        return right
    if right is UNDEFINED:
        return left
    return [*(left if isinstance(left, list) else [left]), *(right if isinstance(right, list) else [right])]


def collapse(value: Any) -> Any:
    """A sequence as a value: none of its elements is undefined, a single one stands for itself."""
    if type(value) is Sequence and not value.tuple_stream:
        if not value:
            return UNDEFINED
        if len(value) == 1 and not value.keep_singleton:
            return value[0]
    return value


def lookup(value: Any, name: str) -> Any:
    """The member of an object, or of each object of an array."""
    if type(value) is dict:
        return value.get(name, UNDEFINED)
    if isinstance(value, list):
        found = Sequence()
        for item in value:
            member = lookup(item, name)
            if member is UNDEFINED:
                continue
            if isinstance(member, list):
                found.extend(member)
            else:
                found.append(member)
        return found
    return UNDEFINED


def text_of(value: Any, pretty: bool = False, quoted: bool = False) -> str:
    """`value` as `$string` writes it: JSON without spaces, functions as "", fractions with fifteen digits.

    Args:
        pretty: two spaces of indentation and line breaks.
        quoted: whether a string, too, is written as JSON.

    Raises:
        JsonataError: D3001, for infinity and NaN.
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if quoted else value
    if isinstance(value, Function):
        return ""
    if type(value) is float and not math.isfinite(value):
        raise JsonataError("D3001", value=value)
    return "".join(_written(value, "\n" if pretty else "", _rounded_number))


def _written(value: Any, line: str, number: Callable[[float], str]) -> Items[str]:
    """JSON as JavaScript writes it, one line or (`line` begins with a break) indented."""
    if isinstance(value, str):
        return [json.dumps(value, ensure_ascii=False)]
    if value is None or value is True or value is False:
        return [json.dumps(value)]
    if isinstance(value, (int, float)):
        return [number(value)]
    if isinstance(value, Function) or value is UNDEFINED:
        return ['""']
    inner = line + "  " if line else ""
    if isinstance(value, dict):
        colon = ": " if line else ":"
        parts = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}{colon}{''.join(_written(item, inner, number))}"
            for key, item in value.items()
        ]
        return ["{", ",".join(parts), line if parts else "", "}"]
    parts = [inner + "".join(_written(item, inner, number)) for item in value]
    return ["[", ",".join(parts), line if parts else "", "]"]


def _rounded_number(value: float) -> str:
    """A number in `$string`: a fraction has fifteen significant digits, a whole number all of its own.

    Source: AWS writes 2**63 as 9223372036854776000, 1e20 in full and 1/3 as 0.333333333333333 (floci pull 2683).
    """
    if type(value) is float:
        if math.isinf(value):
            raise JsonataError("D1001", value=value)
        if not value.is_integer() and not math.isnan(value):
            value = float(f"{value:.15g}")
    return _plain_number(value)


def _plain_number(value: float) -> str:
    """A number as JavaScript writes it: the shortest digits that read back as the same double; a long as it is."""
    if type(value) is int and -(2**63) <= value < 2**63:
        return str(value)
    value = float(value)
    if not math.isfinite(value):
        return "null"
    if value == 0:
        return "0"
    negative, figures, power = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    exponent = len(digits) - 1 + int(power)
    sign = "-" if negative else ""
    if 0 <= exponent < 21:
        whole_part = digits[: exponent + 1].ljust(exponent + 1, "0")
        fraction = digits[exponent + 1 :]
        return f"{sign}{whole_part}.{fraction}" if fraction else sign + whole_part
    if -7 < exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{exponent:+d}"
