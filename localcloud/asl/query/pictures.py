"""`$formatNumber`: numbers by a picture string, `#,##0.00`.

Source: JSONata's documentation, which follows XPath's "Functions and Operators 3.1", section 4.7; of several rules
that a picture breaks, the last one checked is reported, as the reference implementation does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any

from localcloud.asl.query.values import JsonataError

_DEFAULTS = {
    "decimal-separator": ".",
    "grouping-separator": ",",
    "exponent-separator": "e",
    "minus-sign": "-",
    "percent": "%",
    "per-mille": "\u2030",
    "zero-digit": "0",
    "digit": "#",
    "pattern-separator": ";",
}


class _Symbols:
    """The characters that mean something in a picture."""

    def __init__(self, properties: dict[str, str]) -> None:
        self.decimal, self.grouping = properties["decimal-separator"], properties["grouping-separator"]
        self.exponent, self.minus = properties["exponent-separator"], properties["minus-sign"]
        self.percent, self.per_mille = properties["percent"], properties["per-mille"]
        self.optional, self.pattern = properties["digit"], properties["pattern-separator"]
        self.zero = properties["zero-digit"]
        self.digits = [chr(ord(self.zero) + number) for number in range(10)]
        self.active = {*self.digits, self.decimal, self.exponent, self.grouping, self.optional, self.pattern}

    def count(self, text: str, *, optional: bool = False) -> int:
        """How many digits a part of a picture has, the optional ones included or not."""
        return sum(c in self.digits or (optional and c == self.optional) for c in text)


@dataclass(frozen=True, slots=True)
class _Picture:
    """One sub-picture, analysed."""

    text: str
    prefix: str
    suffix: str
    integer_groups: tuple[int, ...]
    regular_group: int
    fraction_groups: tuple[int, ...]
    least_integer: int
    least_fraction: int
    most_fraction: int
    scaling: int
    exponent: int


def format_number(value: float, picture: str, options: dict[str, str] | None) -> str:
    """`value` by the picture.

    Args:
        options: characters that replace the usual ones ("decimal-separator": ",").

    Raises:
        JsonataError: D3080 to D3093, for a picture that is none.
    """
    symbols, (positive, negative) = _pictures(picture, tuple(sorted({**_DEFAULTS, **(options or {})}.items())))
    chosen = positive if value >= 0 else negative
    if symbols.percent in chosen.text:
        value *= 100
    elif symbols.per_mille in chosen.text:
        value *= 1000
    exponent: int | None = None
    if chosen.exponent:
        value, exponent = _scaled(value, chosen.scaling)
    text = _digits(value, chosen, symbols)
    text = _grouped(text, chosen, symbols)
    if symbols.decimal not in chosen.text or text.endswith(symbols.decimal):
        text = text[:-1]
    if exponent is not None:
        written = _in_family(str(abs(exponent)).rjust(chosen.exponent, "0"), symbols)
        text += symbols.exponent + (symbols.minus if exponent < 0 else "") + written
    return chosen.prefix + text + chosen.suffix


@lru_cache(maxsize=256)
def _pictures(picture: str, properties: tuple[tuple[str, str], ...]) -> tuple[_Symbols, tuple[_Picture, _Picture]]:
    symbols = _Symbols(dict(properties))
    texts = picture.split(symbols.pattern)
    if len(texts) > 2:
        raise JsonataError("D3080")
    pictures = [_analysed(text, symbols) for text in texts]
    if len(pictures) == 1:
        pictures.append(replace(pictures[0], prefix=symbols.minus + pictures[0].prefix))
    return symbols, (pictures[0], pictures[1])


def _analysed(text: str, symbols: _Symbols) -> _Picture:
    marks = [at for at, c in enumerate(text) if c in symbols.active and c != symbols.exponent]
    prefix, suffix = (text[: marks[0]], text[marks[-1] + 1 :]) if marks else ("", "")
    active = text[len(prefix) : len(text) - len(suffix)]
    at = text.find(symbols.exponent, len(prefix))
    exponent: str | None = None
    mantissa = active
    if at != -1 and at <= len(text) - len(suffix):
        mantissa, exponent = active[: at - len(prefix)], active[at - len(prefix) + 1 :]
    integer, point, fraction = mantissa.partition(symbols.decimal)
    if not point:
        fraction = suffix
    _check(text, active, mantissa, integer, fraction, exponent, symbols)

    least_integer = scaling = symbols.count(integer)
    least_fraction, most_fraction = symbols.count(fraction), symbols.count(fraction, optional=True)
    if least_integer == 0 and most_fraction == 0:
        if exponent is not None:
            least_fraction = most_fraction = 1
        else:
            least_integer = 1
    if exponent is not None and least_integer == 0 and symbols.optional in integer:
        least_integer = 1
    if least_integer == 0 and least_fraction == 0:
        least_fraction = 1
    groups = _positions(integer, symbols, lambda left, right: right)
    return _Picture(
        text,
        prefix,
        suffix,
        groups,
        _regular(groups),
        _positions(fraction, symbols, lambda left, right: left),
        least_integer,
        least_fraction,
        most_fraction,
        scaling,
        symbols.count(exponent) if exponent is not None else 0,
    )


def _check(
    text: str, active: str, mantissa: str, integer: str, fraction: str, exponent: str | None, symbols: _Symbols
) -> None:
    percents = text.count(symbols.percent), text.count(symbols.per_mille)
    point = text.find(symbols.decimal)
    beside = text[max(point - 1, 0) : point] + text[point + 1 : point + 2] if point != -1 else ""
    optional, last_optional = integer.find(symbols.optional), fraction.rfind(symbols.optional)
    rules = (
        ("D3081", text.count(symbols.decimal) > 1),
        ("D3082", percents[0] > 1),
        ("D3083", percents[1] > 1),
        ("D3084", all(percents)),
        ("D3085", symbols.count(mantissa, optional=True) == 0),
        ("D3086", any(c not in symbols.active for c in active)),
        ("D3087", symbols.grouping in beside),
        ("D3088", point == -1 and integer.endswith(symbols.grouping)),
        ("D3089", symbols.grouping * 2 in text),
        ("D3090", optional != -1 and symbols.count(integer[:optional]) > 0),
        ("D3091", last_optional != -1 and symbols.count(fraction[last_optional:]) > 0),
        ("D3092", bool(exponent) and any(percents)),
        ("D3093", exponent is not None and (not exponent or symbols.count(exponent) != len(exponent))),
    )
    broken = [code for code, is_broken in rules if is_broken]
    if broken:
        raise JsonataError(broken[-1])


def _positions(part: str, symbols: _Symbols, side: Callable[[str, str], str]) -> tuple[int, ...]:
    """How many digits stand on one side of each grouping separator."""
    return tuple(
        symbols.count(side(part[:at], part[at:]), optional=True)
        for at, character in enumerate(part)
        if character == symbols.grouping
    )


def _regular(groups: tuple[int, ...]) -> int:
    """The size of the groups when all are of one size; 0 otherwise."""
    factor = math.gcd(*groups) if groups else 0
    return factor if factor and all(n * factor in groups for n in range(1, len(groups) + 1)) else 0


def _scaled(value: float, scaling: int) -> tuple[float, int]:
    """Mantissa and exponent, the mantissa with `scaling` digits before the point."""
    exponent = 0
    if value:
        while abs(value) < 10.0 ** (scaling - 1):
            value, exponent = value * 10, exponent - 1
        while abs(value) > 10.0**scaling:
            value, exponent = value / 10, exponent + 1
    return value, exponent


def _digits(value: float, picture: _Picture, symbols: _Symbols) -> str:
    """The number's digits with the least that the picture wants on either side of the point."""
    unit = Decimal(1).scaleb(-picture.most_fraction)
    number = abs(Decimal(repr(value)).quantize(unit, ROUND_HALF_EVEN))
    whole, _, fraction = f"{number:f}".partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    whole = whole.rjust(picture.least_integer, "0")
    fraction = fraction.ljust(picture.least_fraction, "0")
    return _in_family(whole, symbols) + symbols.decimal + _in_family(fraction, symbols)


def _in_family(text: str, symbols: _Symbols) -> str:
    return "".join(symbols.digits[int(digit)] for digit in text)


def _grouped(text: str, picture: _Picture, symbols: _Symbols) -> str:
    whole, _, fraction = text.partition(symbols.decimal)
    positions: Any = picture.integer_groups
    if picture.regular_group:
        positions = range(picture.regular_group, len(whole), picture.regular_group)
    # From the right, so that a separator does not move those still to come.
    length = len(whole)
    for position in sorted(positions):
        at = length - position
        if at >= 0:
            whole = whole[:at] + symbols.grouping + whole[at:]
    for number, position in enumerate(picture.fraction_groups):
        fraction = fraction[: position + number] + symbols.grouping + fraction[position + number :]
    return whole + symbols.decimal + fraction
