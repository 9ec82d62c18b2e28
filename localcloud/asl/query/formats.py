"""Built-in functions between text and numbers, and between text and moments in time.

Times and integers by picture strings are jsonata-python's; numbers are in pictures.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jsonata.functions import Functions as Library
from jsonata.jexception import JException

from localcloud.asl.query.pictures import format_number
from localcloud.asl.query.values import UNDEFINED, JsonataError, library_error, uncoded_error, whole

if TYPE_CHECKING:
    from localcloud.asl.query.program import Run

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_OTHER_BASE = re.compile(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+")
_MOMENT = re.compile(
    r"(\d{4})(?:-([01]\d))?(?:-([0-3]\d))?(?:T([0-2]\d):([0-5]\d):([0-5]\d))?(?:\.(\d+))?"
    r"(?:([+-])([0-2]\d):?([0-5]\d)|Z)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _number(run: Run, value: Any) -> Any:
    if value is UNDEFINED:
        return UNDEFINED
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return value
    if _NUMBER.fullmatch(value):
        number = float(value)
        if number not in (float("inf"), float("-inf")):
            return whole(number) if "." in value or "e" in value.lower() else int(value)
    elif _OTHER_BASE.fullmatch(value):
        return int(value, 0)
    raise JsonataError("D3030", value=value)


def _format_base(run: Run, value: Any, radix: Any) -> Any:
    if value is UNDEFINED:
        return UNDEFINED
    number, base = round(value), 10 if radix is UNDEFINED else round(radix)
    if not 2 <= base <= 36:
        raise JsonataError("D3100", value=base)
    digits, rest = "", abs(number)
    while rest:
        rest, digit = divmod(rest, base)
        digits = _DIGITS[digit] + digits
    return ("-" if number < 0 else "") + (digits or "0")


def _from_library(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the library's, called with None for undefined."""

    def call(*arguments: Any) -> Any:
        if arguments[0] is UNDEFINED:
            return UNDEFINED
        try:
            result = function(*(None if argument is UNDEFINED else argument for argument in arguments))
        except JException as error:
            raise library_error(error) from error
        except RuntimeError as error:
            raise uncoded_error(error) from error
        except KeyError as error:
            raise JsonataError("D3132", value=error.args[0]) from error
        return UNDEFINED if result is None else result

    return call


_format_integer_ = _from_library(Library.format_integer)
_parse_integer_ = _from_library(Library.parse_integer)
_to_millis_ = _from_library(Library.datetime_to_millis)
_from_millis_ = _from_library(Library.datetime_from_millis)


def _format_number(run: Run, value: Any, picture: Any, options: Any) -> Any:
    if value is UNDEFINED:
        return UNDEFINED
    return format_number(value, picture, None if options is UNDEFINED else options)


def _format_integer(run: Run, value: Any, picture: Any) -> Any:
    return _format_integer_(value, picture)


def _parse_integer(run: Run, text: Any, picture: Any) -> Any:
    return _parse_integer_(text, picture)


def _to_millis(run: Run, text: Any, picture: Any) -> Any:
    if text is UNDEFINED:
        return UNDEFINED
    if picture is not UNDEFINED:
        return _to_millis_(text, picture)
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise JsonataError("D3110", value=text)
    year, month, day, hour, minute, second, fraction, sign, hours, minutes = match.groups()
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError:
        return UNDEFINED
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    return (moment - offset - _EPOCH) // timedelta(milliseconds=1) + int(f"{fraction or 0:0<3}"[:3])


def _from_millis(run: Run, millis: Any, picture: Any, timezone: Any) -> Any:
    return _from_millis_(millis, picture, timezone)


def _now(run: Run, picture: Any, timezone: Any) -> Any:
    return _from_millis_(run.millis, picture, timezone)


def _millis(run: Run) -> int:
    return run.millis


FUNCTIONS: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("number", _number, "<(nsb)-:n>"),
    ("formatBase", _format_base, "<n-n?:s>"),
    ("formatNumber", _format_number, "<n-so?:s>"),
    ("formatInteger", _format_integer, "<n-s:s>"),
    ("parseInteger", _parse_integer, "<s-s:n>"),
    ("toMillis", _to_millis, "<s-s?:n>"),
    ("fromMillis", _from_millis, "<n-s?s?:s>"),
    ("now", _now, "<s?s?:s>"),
    ("millis", _millis, "<:n>"),
)
