"""Built-in functions between text and numbers, and between text and moments in time.

Integers by picture strings are jsonata-python's, numbers are in pictures.py; the library reads the pictures of
moments, what they read is put together here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jsonata.datetimeutils import DateTimeUtils
from jsonata.functions import Functions as Library
from jsonata.jexception import JException

from localcloud.asl.query.pictures import format_number
from localcloud.asl.query.values import UNDEFINED, JsonataError, library_error, uncoded_error, whole

if TYPE_CHECKING:
    from localcloud.asl.query.run import Run

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_OTHER_BASE = re.compile(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+")
_MOMENT = re.compile(
    r"(\d{4})(?:-([01]\d))?(?:-([0-3]\d))?(?:T([0-2]\d):([0-5]\d):([0-5]\d))?(?:\.(\d+))?"
    r"(?:([+-])([0-2]\d):?([0-5]\d)|Z)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: A component of a picture that is to be named and has no names.
_NAMED = re.compile(r"\[\s*([^MxFP\s\]])\s*[Nn]")
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
        if math.isfinite(number):
            return whole(number) if "." in value or "e" in value.lower() else whole(int(value))
    elif _OTHER_BASE.fullmatch(value):
        return whole(int(value, 0))
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


def _by_picture(function: Callable[..., Any], value: Any, picture: Any, *more: Any) -> Any:
    """What a function of the library's makes of a value and a picture string."""
    if value is UNDEFINED:
        return UNDEFINED
    try:
        result = function(value, None if picture is UNDEFINED else picture, *more)
    except JException as error:
        raise library_error(error) from error
    except RuntimeError as error:
        named = _NAMED.search(picture)
        raise uncoded_error(error, named[1] if named else picture.partition(";")[0]) from error
    except KeyError as error:
        raise JsonataError("D3132", value=error.args[0]) from error
    return UNDEFINED if result is None else result


def _format_number(run: Run, value: Any, picture: Any, options: Any) -> Any:
    if value is UNDEFINED:
        return UNDEFINED
    return format_number(value, picture, None if options is UNDEFINED else options)


def _format_integer(run: Run, value: Any, picture: Any) -> Any:
    # A double beyond 2**53 stays one: as an integer, 1e46 would have 46 digits to say.
    exact = value is UNDEFINED or type(value) is int or abs(value) >= 2**53
    return _by_picture(DateTimeUtils.format_integer, value if exact else math.floor(value), picture)


def _parse_integer(run: Run, text: Any, picture: Any) -> Any:
    return whole(_by_picture(Library.parse_integer, text, picture))


def _to_millis(run: Run, text: Any, picture: Any) -> Any:
    if text is UNDEFINED:
        return UNDEFINED
    if picture is not UNDEFINED:
        return _by_picture(lambda value, form: _read_moment(run, value, form), text, picture)
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise JsonataError("D3110", value=text)
    year, month, day, hour, minute, second, fraction, sign, hours, minutes = match.groups()
    if not 1 <= int(month or 1) <= 12 or not 1 <= int(day or 1) <= 31 or int(hour or 0) > 24:
        return UNDEFINED
    parts = {"Y": int(year), "M": int(month or 1), "D": int(day or 1), "H": int(hour or 0)}
    parts |= {"m": int(minute or 0), "s": int(second or 0), "f": _thousandths(fraction or "0")}
    offset = (int(hours or 0) * 60 + int(minutes or 0)) * (-1 if sign == "-" else 1)
    return _millis_of(parts, offset)


def _read_moment(run: Run, text: str, picture: str) -> int | None:
    """A text by a picture of a moment: what is larger than what it says is taken from now, what is smaller is zero."""
    matcher = DateTimeUtils._generate_regex(DateTimeUtils._analyse_datetime_picture(picture))
    match = re.search("^" + "".join(f"({part.regex})" for part in matcher.parts) + "$", text, re.IGNORECASE)
    if match is None:
        return None
    found: dict[str, int] = {}
    for part, value in zip(matcher.parts, match.groups(), strict=True):
        if part.component is not None:
            found[part.component] = _thousandths(value) if part.component == "f" else part.parse(value)
    if not found:
        return None
    if found.keys() & set("XxWw"):
        raise JsonataError("D3136")
    days = "Yd" if "d" in found and not found.keys() & set("MD") else "YMD"
    clock = "Phmsf" if found.keys() & set("Ph") else "Hmsf"
    now = datetime.fromtimestamp(run.millis / 1000, UTC)
    started = ended = False
    for component in days + clock:
        if component in found:
            if ended:
                raise JsonataError("D3136")
            started = True
        else:
            ended = ended or started
            found[component] = int(component in "MDd") if started else _PARTS[component](now)
    if clock[0] == "P":
        found["H"] = found["h"] % 12 + 12 * found["P"]
    if days == "Yd":
        found |= {"M": 1, "D": found["d"]}
    return _millis_of(found, found.get("Z", found.get("z", 0)))


_PARTS: dict[str, Callable[[datetime], int]] = {
    "Y": lambda now: now.year,
    "M": lambda now: now.month,
    "D": lambda now: now.day,
    "d": lambda now: now.timetuple().tm_yday,
    "P": lambda now: now.hour // 12,
    "H": lambda now: now.hour,
    "h": lambda now: now.hour % 12 or 12,
    "m": lambda now: now.minute,
    "s": lambda now: now.second,
    "f": lambda now: now.microsecond // 1000,
}


def _thousandths(digits: str) -> int:
    return int(f"{digits:0<3}"[:3])


def _millis_of(parts: dict[str, int], offset: int) -> int:
    """Milliseconds since the epoch; as in JavaScript, what a month or an hour has too much runs into the next.

    Args:
        offset: of the time zone, in minutes.
    """
    years, month = divmod(max(parts["M"], 1) - 1, 12)
    first = datetime(parts["Y"] + years, month + 1, 1, tzinfo=UTC)
    rest = timedelta(days=parts["D"] - 1, hours=parts["H"], minutes=parts["m"] - offset, seconds=parts["s"])
    return (first + rest - _EPOCH) // timedelta(milliseconds=1) + parts["f"]


def _from_millis(run: Run, millis: Any, picture: Any, timezone: Any) -> Any:
    return _by_picture(Library.datetime_from_millis, millis, picture, _offset(timezone))


def _offset(timezone: Any) -> str | None:
    """A time zone as the library takes it.

    Its leading digits count, as hhmm: "+05:30" is five minutes, and what has none is UTC, on AWS too.
    Source: ministack issue 1519 and sfnx docs/design.md, both measured on AWS; jsonata-js, datetime.js.
    """
    digits = None if timezone is UNDEFINED else re.match(r"\s*([+-]?\d+)", timezone)
    if not digits:
        return None
    number = int(digits[1])
    return str(math.floor(number / 100) * 100 + int(math.fmod(number, 100)))


def _now(run: Run, picture: Any, timezone: Any) -> Any:
    return _from_millis(run, run.millis, picture, timezone)


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
