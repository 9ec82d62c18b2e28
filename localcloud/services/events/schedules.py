"""Schedule expressions: rate(...), cron(...) and at(...), and when they come next.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html for rules;
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html for EventBridge Scheduler, which adds at(...)
and time zones. A time that a day does not have, because of daylight saving, is left out; one that it has twice comes
once.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_YEARS = (1970, 2199)

_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")


class BadSchedule(ValueError):
    """No schedule expression."""


@dataclass(frozen=True, slots=True)
class Rate:
    """rate(5 minutes).

    Args:
        seconds: the interval.
        days: the interval in whole days, which daylight saving may make an hour longer or shorter; or 0.
    """

    seconds: float
    days: int

    def after(self, last: float, zone: tzinfo = UTC) -> float:
        """The time after `last`, which was one of its times; both in seconds since the Unix epoch."""
        if not self.days:
            return last + self.seconds
        return (datetime.fromtimestamp(last, zone) + timedelta(days=self.days)).timestamp()


@dataclass(frozen=True, slots=True)
class At:
    """at(2026-01-05T10:00:00): once.

    Args:
        when: the time on the wall, without a zone.
    """

    when: datetime

    def time(self, zone: tzinfo = UTC) -> float:
        """In seconds since the Unix epoch."""
        return self.when.replace(tzinfo=zone).timestamp()


@dataclass(frozen=True, slots=True)
class Cron:
    """cron(minutes hours day-of-month month day-of-week year): the values of each field; and the two kinds of days.

    Args:
        day_of_month, day_of_week: as written, one of them "?".
    """

    minutes: Sequence[int]
    hours: Sequence[int]
    months: frozenset[int]
    years: frozenset[int]
    day_of_month: str
    day_of_week: str

    def after(self, last: float, zone: tzinfo = UTC) -> float | None:
        """The first time later than `last`, in seconds since the Unix epoch; None when there is none any more."""
        start = datetime.fromtimestamp(last, zone)
        for day in self._days(start.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                    when = local.timestamp()
                    if when > last and datetime.fromtimestamp(when, zone).replace(tzinfo=None) == local.replace(
                        tzinfo=None
                    ):
                        return when
        return None

    def _days(self, start: date) -> Iterator[date]:
        year, month, first = start.year, start.month, start.day
        while year <= _YEARS[1]:
            if year in self.years and month in self.months:
                for number in range(first, calendar.monthrange(year, month)[1] + 1):
                    if self._has(date(year, month, number)):
                        yield date(year, month, number)
            month, first = month + 1, 1
            if month > 12:
                year, month = year + 1, 1

    def _has(self, day: date) -> bool:
        if self.day_of_week == "?":
            return any(_is_day_of_month(part, day) for part in self.day_of_month.split(","))
        return any(_is_day_of_week(part, day) for part in self.day_of_week.split(","))


Schedule = Rate | Cron | At


def parse(text: str, *, once: bool = False) -> Schedule:
    """Read a schedule expression.

    Args:
        text: as the API takes it.
        once: as EventBridge Scheduler reads it: at(...) too, and `rate(1 minutes)` passes.

    Raises:
        BadSchedule: it is none.
    """
    if found := _RATE.fullmatch(text):
        number, unit, plural = int(found[1]), found[2], bool(found[3])
        if number < 1 or (not once and plural != (number > 1)):
            raise BadSchedule(text)
        return Rate(number * _SECONDS[unit], number if unit == "day" else 0)
    if found := _CRON.fullmatch(text):
        return _cron(text, found[1].upper().split())
    if once and (found := _AT.fullmatch(text)):
        try:
            return At(datetime.fromisoformat(found[1]))
        except ValueError:
            raise BadSchedule(text) from None
    raise BadSchedule(text)


def _cron(text: str, fields: list[str]) -> Cron:
    if len(fields) != 6 or (fields[2] == "?") == (fields[4] == "?"):
        raise BadSchedule(text)
    minutes, hours, day_of_month, month, day_of_week, year = fields
    try:
        for part in day_of_month.split(",") if day_of_month != "?" else ():
            if not re.fullmatch(r"L(-\d+)?|LW|([1-9]|[12]\d|3[01])W", part):
                _values(part, 1, 31)
        if (
            "#" in day_of_week and "," in day_of_week
        ):  # "3#1,6#3 is not valid": the user guide, of rules and of schedules
            raise BadSchedule(text)
        for part in day_of_week.split(",") if day_of_week != "?" else ():
            name = re.fullmatch(r"(.+)(#[1-5]|L)", part)
            if name is not None:
                _number(name[1], 1, 7, _DAYS)
            elif part != "L":
                _values(part, 1, 7, _DAYS)
        return Cron(
            sorted(_values(minutes, 0, 59)),
            sorted(_values(hours, 0, 23)),
            frozenset(_values(month, 1, 12, _MONTHS)),
            frozenset(_values(year, *_YEARS)),
            day_of_month,
            day_of_week,
        )
    except ValueError:
        raise BadSchedule(text) from None


def _number(text: str, least: int, most: int, names: Sequence[str] = ()) -> int:
    number = names.index(text) + 1 if text in names else int(text) if text.isdecimal() else -1
    if not least <= number <= most:
        raise ValueError(text)
    return number


def _values(text: str, least: int, most: int, names: Sequence[str] = ()) -> set[int]:
    """The numbers of one field: `*`, lists, ranges (which may wrap around, as FRI-MON does) and steps."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        step = _number(step_text, 1, most) if slash else 1
        low_text, dash, high_text = span.partition("-")
        if span == "*":
            low, high = least, most
        else:
            low = _number(low_text, least, most, names)
            high = _number(high_text, least, most, names) if dash else most if slash else low
        if low <= high:
            found.update(range(low, high + 1, step))
        else:
            whole = [*range(low, most + 1), *range(least, high + 1)]
            found.update(whole[::step])
    return found


def _is_day_of_month(part: str, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if part == "LW":
        return day.day == _weekday_near(day, last, last)
    if part.startswith("L"):
        return day.day == last - int(part[2:] or 0)
    if part.endswith("W"):
        return int(part[:-1]) <= last and day.day == _weekday_near(day, int(part[:-1]), last)
    return day.day in _values(part, 1, 31)


def _weekday_near(day: date, number: int, last: int) -> int:
    """The weekday nearest to a day of the month, in the same month."""
    weekday = date(day.year, day.month, number).weekday()
    if weekday == 5:
        return number - 1 if number > 1 else number + 2
    if weekday == 6:
        return number + 1 if number < last else number - 2
    return number


def _is_day_of_week(part: str, day: date) -> bool:
    number = (day.weekday() + 1) % 7 + 1  # Sunday is 1
    if part == "L":
        return number == 7
    if "#" in part:
        name, _, nth = part.partition("#")
        return number == _number(name, 1, 7, _DAYS) and (day.day - 1) // 7 + 1 == int(nth)
    if part.endswith("L"):
        last = calendar.monthrange(day.year, day.month)[1]
        return number == _number(part[:-1], 1, 7, _DAYS) and day.day + 7 > last
    return number in _values(part, 1, 7, _DAYS)
