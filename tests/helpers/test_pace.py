"""How long an execution is on screen, whatever its clock says."""

from __future__ import annotations

from itertools import pairwise

import pytest

from helpers.pace import LONGEST, SHORTEST, Pace

TICK = 0.2


def play(times: list[float], watched: float = 0.0) -> tuple[float, list[tuple[int, float]]]:
    """Plays an execution that has ended; the seconds it took on screen, and what was seen at each tick."""
    pace = Pace()
    pace.know(times)
    rate = pace.rate(watched)
    seen, took = [pace.seen()[:2]], watched
    while not pace.done:
        pace.move(TICK, rate)
        took += TICK
        seen.append(pace.seen()[:2])
    return took, seen


BLINK = [0.02 * number for number in range(5)]
HOURS = [0.0, 0.02, 3600.02, 3600.04, 90000.0, 90000.02]
MANY = [0.1 * number for number in range(2000)]


@pytest.mark.parametrize("times", [BLINK, HOURS, MANY], ids=["blink", "hours", "many"])
def test_an_execution_takes_a_few_seconds_on_screen_however_long_its_clock_says(times: list[float]) -> None:
    took, seen = play(times)
    assert SHORTEST - TICK <= took <= LONGEST + TICK
    assert seen[-1] == (len(times), times[-1])


@pytest.mark.parametrize("times", [BLINK, HOURS, MANY], ids=["blink", "hours", "many"])
def test_time_and_events_only_go_forward(times: list[float]) -> None:
    _, seen = play(times)
    assert all(before <= after for before, after in pairwise(seen))


def test_a_wait_shows_a_clock_that_runs_in_several_pictures() -> None:
    _, seen = play([0.0, 0.02, 30.02, 30.04])
    inside = [seconds for count, seconds in seen if count == 2]
    assert len({round(seconds) for seconds in inside}) >= 4
    assert max(inside) <= 30.02


def test_a_longer_wait_takes_longer_but_not_by_as_much() -> None:
    def on_screen(wait: float) -> float:
        pace = Pace()
        pace.know([0.0, wait])
        return pace.end

    assert on_screen(1) < on_screen(30) < on_screen(3600) < 3 * on_screen(1)


def test_what_is_known_later_moves_nothing_that_was_known() -> None:
    pace = Pace()
    pace.know([0.0, 10.0])
    pace.move(0.5)
    before = pace.seen()
    pace.know([0.0, 10.0, 10.02, 70.0])
    assert pace.seen() == before


def test_after_long_real_work_what_is_left_is_shown_at_once() -> None:
    took, seen = play(HOURS, watched=14.0)
    assert took <= 15.0
    assert seen[-1] == (len(HOURS), HOURS[-1])


def test_nothing_is_seen_before_anything_is_known() -> None:
    assert Pace().seen() == (0, 0.0, 1.0)
    assert Pace().done
