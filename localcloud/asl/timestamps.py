"""Timestamps of the language: RFC 3339 with a capital T and a zone (specification, "Timestamps")."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_SHAPE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|([+-])(\d{2}):?(\d{2}))", re.ASCII
)


def parse_timestamp(text: str) -> float | None:
    """Seconds since the epoch of an ISO-8601 extended offset date-time, or None when the text is none."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone, sign, zone_hours, zone_minutes = match.groups()
    offset = timedelta(0)
    if zone != "Z":
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes)) * (-1 if sign == "-" else 1)
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=timezone(offset)
        )
    except ValueError:
        return None
    return moment.timestamp() + float(f"0.{fraction or 0}")
