"""Schedule expressions, against the examples of the guides of EventBridge and EventBridge Scheduler."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from localcloud.services.events import schedules
from localcloud.services.events.schedules import At, BadSchedule, Cron, Rate

START = datetime(2026, 1, 5, 9, tzinfo=UTC)  # a Monday


def following(text: str, count: int, start: datetime = START, zone: str = "UTC") -> list[str]:
    """The next times, as the wall clock shows them."""
    found = []
    plan, when = schedules.parse(text, once=True), start.timestamp()
    assert not isinstance(plan, At)
    for _ in range(count):
        after = plan.after(when, ZoneInfo(zone))
        assert after is not None
        when = after
        found.append(f"{datetime.fromtimestamp(when, ZoneInfo(zone)):%Y-%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("rate(1 minute)", ["2026-01-05 09:01", "2026-01-05 09:02"]),
        ("rate(5 hours)", ["2026-01-05 14:00", "2026-01-05 19:00"]),
        ("rate(2 days)", ["2026-01-07 09:00", "2026-01-09 09:00"]),
        ("cron(0 10 * * ? *)", ["2026-01-05 10:00", "2026-01-06 10:00"]),
        ("cron(15 12 * * ? *)", ["2026-01-05 12:15", "2026-01-06 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-05 18:00", "2026-01-06 18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-02-01 08:00", "2026-03-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-01-05 09:15", "2026-01-05 09:30"]),
        ("cron(0/10 * ? * MON-FRI *)", ["2026-01-05 09:10", "2026-01-05 09:20"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", ["2026-01-05 09:05", "2026-01-05 09:10"]),
        ("cron(0/30 20-2 ? * MON-FRI *)", ["2026-01-05 20:00", "2026-01-05 20:30"]),
        ("cron(0 0 L * ? *)", ["2026-01-31 00:00", "2026-02-28 00:00"]),
        ("cron(0 0 3W * ? *)", ["2026-02-03 00:00", "2026-03-03 00:00"]),
        ("cron(0 0 31W * ? *)", ["2026-01-30 00:00", "2026-03-31 00:00"]),
        ("cron(0 9 ? * 3#2 *)", ["2026-01-13 09:00", "2026-02-10 09:00"]),
        ("cron(0 9 ? * 6L *)", ["2026-01-30 09:00", "2026-02-27 09:00"]),
        ("cron(0 9 ? * L *)", ["2026-01-10 09:00", "2026-01-17 09:00"]),
        ("cron(0 9 ? * 1,7 *)", ["2026-01-10 09:00", "2026-01-11 09:00"]),
        ("cron(0 0 29 FEB ? *)", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(0 0 1 jan ? 2027,2030)", ["2027-01-01 00:00", "2030-01-01 00:00"]),
        ("cron(0 8,12-13 ? 2,4-5 MON,WED-FRI *)", ["2026-02-02 08:00", "2026-02-02 12:00"]),
        ("cron(0 0 1,15,L * ? 2026-2027)", ["2026-01-15 00:00", "2026-01-31 00:00"]),
        ("cron(0-15/5 8-8 ? * 2,3,4,5,6 *)", ["2026-01-06 08:00", "2026-01-06 08:05"]),
    ],
)
def test_the_next_times(text: str, times: list[str]) -> None:
    assert following(text, 2) == times


@pytest.mark.parametrize(
    "text",
    [
        *("rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(1.5 hours)", "rate(5 weeks)", "rate(5minutes)"),
        *(
            "cron(0 10 * * *)",
            "cron(0 10 * * * *)",
            "cron(7 20 * * 1-7 *)",
            "cron(0 10 ? * ? *)",
            "cron(60 10 * * ? *)",
        ),
        *(
            "cron(0 24 * * ? *)",
            "cron(0 0 32 * ? *)",
            "cron(0 0 ? * 8 *)",
            "cron(0 0 ? * MON#6 *)",
            "cron(a 0 * * ? *)",
            "cron(0 0 ? * 3#1,6#3 *)",
        ),
        *("cron(0 0 * 13 ? *)", "cron(0 0 * * ? 1960)", "at(2026-01-05T10:00:00)", "every day", "", "cron()"),
    ],
)
def test_what_is_no_expression_of_a_rule_is_refused(text: str) -> None:
    with pytest.raises(BadSchedule):
        schedules.parse(text)


def test_the_scheduler_also_takes_one_time_and_any_plural() -> None:
    assert schedules.parse("at(2026-01-05T10:00:00)", once=True) == At(datetime.fromisoformat("2026-01-05T10:00:00"))
    assert schedules.parse("rate(1 minutes)", once=True) == Rate(60, 0)
    with pytest.raises(BadSchedule):
        schedules.parse("at(2026-02-30T10:00:00)", once=True)


def test_a_year_that_is_over_never_comes_again() -> None:
    plan = schedules.parse("cron(0 0 1 1 ? 2020)")
    assert isinstance(plan, Cron)
    assert plan.after(START.timestamp()) is None


def test_a_time_that_daylight_saving_skips_is_left_out_and_one_that_comes_twice_comes_once() -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html, "Daylight savings time"."""
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert following("cron(30 2 * * ? *)", 2, spring, "Europe/Berlin") == ["2026-03-30 02:30", "2026-03-31 02:30"]
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert following("cron(30 2 * * ? *)", 2, autumn, "Europe/Berlin") == ["2026-10-25 02:30", "2026-10-26 02:30"]


def test_a_rate_in_days_keeps_its_time_of_day_over_daylight_saving() -> None:
    zone = ZoneInfo("Europe/Berlin")
    plan, start = schedules.parse("rate(1 day)"), datetime(2026, 3, 28, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    assert isinstance(plan, Rate)
    assert datetime.fromtimestamp(plan.after(start.timestamp(), zone), zone) - start == timedelta(days=1)
    assert plan.after(start.timestamp(), zone) - start.timestamp() == 23 * 3600


def test_cron_agrees_with_a_search_minute_by_minute() -> None:
    plan = schedules.parse("cron(7-50/13 3,14-16 ? * TUE,FRI *)")
    assert isinstance(plan, Cron)
    when = START.timestamp()
    found = []
    for _ in range(20):
        when = plan.after(when) or 0.0
        found.append(when)
    minutes = (START + timedelta(minutes=number) for number in range(1, 60 * 24 * 30))
    wanted = (
        each.timestamp()
        for each in minutes
        if each.minute in (7, 20, 33, 46) and each.hour in (3, 14, 15, 16) and each.weekday() in (1, 4)
    )
    assert found == list(islice(wanted, 20))
