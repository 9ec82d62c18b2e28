"""Waiting for an execution, and watching it: what it recorded is played at the pace of its picture."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import draw
from draw import history
from helpers import status
from helpers.asking import Asking, Json, runs_of
from helpers.attended import unseen
from helpers.errors import WorkshopError
from helpers.inspector import kept
from helpers.pace import Pace
from helpers.screen import Screen
from helpers.session import current, refusals

if TYPE_CHECKING:
    from helpers.resources import Execution

TICK = {"local": 0.2, "aws": 1.0}  # seconds between two pictures: each asks about jobs and children
WORKING = 0.5  # where nothing but real work goes on, which needs the processor more than its picture does
WAIT_SECONDS = {"local": (0.01, 0.2), "aws": (0.5, 5.0)}  # between two looks at an execution: first, longest
LIMIT = 7200.0  # real seconds that `run` waits
_PAUSE = {"local": 0.2, "aws": 2.0}  # between two looks at one that is watched


def follow(execution: Execution, *, watch: bool = False, children: bool = True) -> None:
    """Waits until an execution ends.

    Args:
        execution: one that may still run.
        watch: draw its graph in this cell, anew for each change; the last is the one that `show` gives.
        children: open child workflows in it.

    Raises:
        KeyboardInterrupt: the reader interrupted the cell; the execution goes on, and the message says how to stop it.
        WorkshopError: it still runs after two hours, or the reader's temporary credentials have ended.
    """
    screen = Screen() if watch and not unseen() else None
    try:
        if screen and screen.live:
            _watch(execution, screen, AsOf(Asking(children=children)))
        else:
            _wait(execution)
    except KeyboardInterrupt:
        raise _interrupted(execution) from None
    except refusals() as problem:
        if "Expired" not in getattr(problem, "response", {}).get("Error", {}).get("Code", type(problem).__name__):
            raise
        raise WorkshopError(
            f"AWS no longer takes your temporary credentials ({problem}). Sign in again and restart the kernel. The "
            f"execution {_goes_on(execution)}"
        ) from None
    if screen:
        picture = _picture(execution, execution.events, Asking(children=children))
        machine = execution.machine
        screen.draw(kept(picture, machine.definition, execution.events, machine.name), last=True)


def _interrupted(execution: Execution) -> KeyboardInterrupt:
    """An interrupt ends the waiting, as on AWS, and not the execution."""
    return KeyboardInterrupt(f"You stopped waiting. The execution {_goes_on(execution)}")


def _goes_on(execution: Execution) -> str:
    return (
        f"of {execution.machine.name} goes on.\n"
        f'To watch it: show.live("{execution.arn}")\n'
        f'To wait for it, after a restart of the kernel too: run("{execution.arn}")\n'
        f'To stop it: workshop.client("stepfunctions").stop_execution(executionArn="{execution.arn}")'
    )


def _check_limit(execution: Execution, began: float) -> None:
    if time.monotonic() - began > LIMIT:
        raise WorkshopError(f"Waited for {LIMIT / 3600:.0f} hours. The execution {_goes_on(execution)}")


def _picture(execution: Execution, events: Iterable[Json], source: draw.Source, moment: Any = None) -> draw.Picture:
    machine = execution.machine
    return draw.graph(machine.definition, events, name=machine.name, source=source, moment=moment)


def _wait(execution: Execution) -> None:
    pause, longest = WAIT_SECONDS[current().target]
    began = time.monotonic()
    with status.doing(lambda: _at_work(execution)):
        while execution.status == "RUNNING":
            time.sleep(pause)
            pause = min(pause * 1.5, longest)
            execution.refresh()
            _check_limit(execution, began)


def _at_work(execution: Execution) -> str:
    """An execution in a line: its name and the states at work."""
    visits = history.read(execution.events).visits
    states = dict.fromkeys(visit.state for visit in visits if visit.left is None and visit.kind not in _HOLDERS)
    more = f" and {len(states) - 3} more" if len(states) > 3 else ""
    at = f" is at {', '.join(list(states)[:3])}{more}" if states else " runs"
    return f"{execution.machine.name}{at}"


_HOLDERS = ("Map", "Parallel")


def _speed() -> float | None:
    """Seconds of the cloud's clock in one second; None where it jumps over waiting."""
    if current().target == "aws":
        return 1.0
    speed = os.environ.get("WORKSHOP_SPEED", "max")
    return None if speed == "max" else float(speed)


def _watch(execution: Execution, screen: Screen, source: AsOf) -> None:
    """Plays an execution: while it runs, what is known of it; once it has ended, the rest.

    A cloud that keeps to real time is shown as it is.
    """
    speed, pace, rate = _speed(), Pace(), 1.0
    events: list[dict[str, Any]] = []
    began = last = fresh = asked = time.monotonic()
    while True:
        now = time.monotonic()
        if execution.status == "RUNNING" and (not events or now - asked >= _PAUSE[current().target]):
            execution.refresh()
            _check_limit(execution, began)
            asked = now
            if len(execution.events) != len(events):
                events, fresh = execution.events, now
                pace.know(_times(events))
            if execution.status != "RUNNING":
                rate = pace.rate(now - began)
        elif not events:
            events = execution.events
            pace.know(_times(events))
            rate = pace.rate(0.0)
        if speed is None:
            pace.move(now - last, rate)
        else:
            pace.at = pace.end
        last = now
        if pace.done and execution.status != "RUNNING":
            return
        count, seconds, faster = pace.seen()
        if pace.done:  # as far as anybody knows
            source.until = None
            waited, clock = now - fresh, speed or 0.0
            moment = draw.Moment(seconds + waited * clock, clock, work=0.0 if speed else waited)
        else:
            source.until = history.seconds(events[0]["timestamp"]) + seconds
            moment = draw.Moment(seconds, faster * rate, _left(events, count))
        screen.draw(_picture(execution, events[:count], source, moment))
        time.sleep(max(TICK[current().target], WORKING if pace.done else 0.0))


def _times(events: Sequence[Json]) -> list[float]:
    """Seconds since the first event."""
    begin = history.seconds(events[0]["timestamp"]) if events else 0.0
    return [history.seconds(event["timestamp"]) - begin for event in events]


def _left(events: Sequence[Json], count: int) -> dict[str, float]:
    """When the states that are at work after so many events are left, as the rest of the history tells."""
    now, later = history.read(events[:count]).visits, history.read(events).visits
    pairs = zip(now, later, strict=False)
    return {visit.state: after.left for visit, after in pairs if visit.left is None and after.left is not None}


class AsOf:
    """A `draw.Source` that tells what the cloud would have told at an earlier time.

    Args:
        asking: tells what it tells now.

    Attributes:
        until: that time, in seconds since 1970; None is now.
    """

    def __init__(self, asking: Asking) -> None:
        self.until: float | None = None
        self._asking = asking

    def machine(self, arn: str) -> str | None:
        """The definition of a state machine."""
        return self._asking.machine(arn)

    def execution(self, arn: str) -> tuple[str, Iterable[Json]] | None:
        """The ARN of an execution's state machine, and its history up to then."""
        execution = self._asking.execution(arn)
        return execution and (execution[0], self._past(execution[1]))

    def map_run(self, arn: str) -> Mapping[str, int] | None:
        """The itemCounts of a Map Run: counted by when its executions started and stopped, where those are listed."""
        whole = self._asking.map_run(arn)
        if whole is None or self.until is None:
            return whole
        counts = dict.fromkeys(whole, 0) | {"total": whole.get("total", 0)}
        listed = runs_of(arn)
        if not listed:
            return whole
        for each in listed:
            if history.seconds(each["startDate"]) > self.until:
                continue
            stop = each.get("stopDate")
            ended = stop is not None and history.seconds(stop) <= self.until
            counts[_COUNTS.get(str(each["status"]), "failed") if ended else "running"] += 1
        counts["pending"] = counts["total"] - sum(counts.get(name, 0) for name in {"running", *_COUNTS.values()})
        return counts

    def items(self, arn: str) -> list[Iterable[Json]]:
        """The histories up to then of a Map Run's executions."""
        return [past for events in self._asking.items(arn) if (past := self._past(events))]

    def job(self, resource: str, request: Json) -> str | None:
        """How far a job is; of an earlier time nobody knows."""
        return self._asking.job(resource, request) if self.until is None else None

    def _past(self, events: Iterable[Json]) -> list[Json]:
        until = self.until
        return [event for event in events if until is None or history.seconds(event["timestamp"]) <= until]


_COUNTS = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timedOut", "ABORTED": "aborted"}
