"""One execution of a state machine, from start to end."""

from __future__ import annotations

import json
import logging
import random
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import proxy

from localcloud.acting import acting_as
from localcloud.asl import errors
from localcloud.asl.data import to_json
from localcloud.asl.distributed.run import MapRun
from localcloud.asl.environment import Environment
from localcloud.asl.errors import StateFailed
from localcloud.asl.history import NOT_TRUNCATED, History, HistoryFull
from localcloud.asl.past import Change, Diverged, Past, become
from localcloud.asl.randomness import uuid4
from localcloud.asl.running import Frame, Runnable, Running, iso
from localcloud.time.clock import Fiber, Signal

Details = dict[str, Any]

log = logging.getLogger(__name__)

#: The longest that an Express workflow runs (Step Functions service quotas).
EXPRESS_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Origin:
    """Of a fork, the execution that it forks, and what becomes different.

    Args:
        arn, name: the other execution's.
        events: its history, whole.
        change: where it forks, and what is different from there on.
        settled: told None when the fork has come to stand there, or why it cannot.
    """

    arn: str
    name: str
    events: Sequence[dict[str, Any]]
    change: Change
    settled: Callable[[str | None], None]


@dataclass(frozen=True, slots=True)
class Reports:
    """Who is told of an execution and of the children of its distributed Maps: when they start, when they end."""

    started: Callable[[StateMachineExecution], None] = lambda execution: None
    ended: Callable[[StateMachineExecution], None] = lambda execution: None


_NOBODY = Reports()


class StateMachineExecution:
    """One run of a machine: its status, its output or error, and its history.

    Args:
        machine: what runs.
        arn, name, role_arn, state_machine_arn, state_machine_name: as the context object and the history show.
        input: JSON text.
        environment: the world it runs in.
        is_express: an Express workflow: five minutes at the most, no quota of events, no redrive.
        reports: who is told of it.
        map_run: the map run whose child this is.
        origin: of a fork. Its `machine` must be its own: it may become another.
        history: where its events are written, if not in one of its own.

    Attributes:
        status: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        clock: on which it runs.
        history: its events so far.
        running: what its states share.
        output: JSON text, once it succeeded. error, cause: once it did not.
        start_date, stop_date: virtual seconds since the epoch.
        map_runs: the map runs of its distributed Maps, in the order they started.
        finished: set when it ends.
    """

    def __init__(
        self,
        machine: Runnable,
        *,
        arn: str,
        name: str,
        input: str,
        role_arn: str,
        state_machine_arn: str,
        state_machine_name: str,
        environment: Environment,
        is_express: bool = False,
        reports: Reports = _NOBODY,
        map_run: MapRun | None = None,
        origin: Origin | None = None,
        history: History | None = None,
    ) -> None:
        self.machine, self.arn, self.name, self.input = machine, arn, name, input
        self.role_arn, self.state_machine_arn = role_arn, state_machine_arn
        self.state_machine_name, self.environment = state_machine_name, environment
        self.is_express, self.map_run = is_express, map_run
        self._reports = reports
        self.clock = environment.clock
        self._origin, past = origin, None
        most = sys.maxsize if is_express else environment.max_events
        self.history = history or History(most)
        if origin is not None:
            past = self.history = Past(origin.events, origin.change, self.clock, most, self._begin, origin.settled)
        self.running = Running(
            self.clock,
            self.history,
            f"{environment.seed}/{origin.arn if origin else arn}",
            {},
            environment,
            # Not one that keeps this execution: what has ended is to go at once, with its history.
            partial(StateMachineExecution._map_run, proxy(self)),
            past=past,
        )
        self.status = "RUNNING"
        self.output: str | None = None
        self.error: str | None = None
        self.cause: str | None = None
        self.start_date = self.clock.now()
        self.stop_date: float | None = None
        self.redrive_count = 0
        self.redrive_date: float | None = None
        self.map_runs: list[MapRun] = []
        self._own_names: random.Random | None = None
        self.finished: Signal[None] = Signal(self.clock)
        self._root = Frame(self.running, 0, {}, None)
        self._fibers: list[Fiber[None]] = []

    def start(self) -> None:
        """Start it on its clock. Clock thread only."""
        with self._own_time():
            self._start()

    def _own_time(self) -> AbstractContextManager[None]:
        """Around what belongs to it: the time of a fork is behind the clock."""
        past = self.running.past
        return self.clock.shifted(past.shift) if past is not None else nullcontext()

    def _begin(self) -> None:
        """A fork goes on by itself, under its own name."""
        assert self._origin is not None
        self.running.context["Execution"] |= {"Id": self.arn, "Name": self.name}
        if self._origin.change.machine is not None:
            become(self.machine, self._origin.change.machine)
        self._reports.started(self)
        self._origin.settled(None)

    def _start(self) -> None:
        self.start_date = self.clock.now()
        data = json.loads(self.input)
        execution = {
            "Id": self._origin.arn if self._origin else self.arn,
            "Input": data,
            "Name": self._origin.name if self._origin else self.name,
            "RoleArn": self.role_arn,
            "StartTime": iso(self.start_date),
        }
        if not self.is_express:  # which cannot be redriven
            execution["RedriveCount"] = 0
        machine = {"Id": self.state_machine_arn, "Name": self.state_machine_name}
        self.running.context = {"Execution": execution, "StateMachine": machine}
        if self.running.past is None:
            self._reports.started(self)
        else:
            self.running.past.watch()
        details = {"input": self.input, "inputDetails": NOT_TRUNCATED, "roleArn": self.role_arn}
        self._root.event("ExecutionStarted", ("executionStartedEventDetails", details), advance=False)
        self.history.remember(data, self.input)
        self._go(self.machine.run, self._root, data)

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Stop it as StopExecution does. Clock thread only; nothing happens when it has ended."""
        if self.status == "RUNNING":
            with self._own_time():
                self._cut_short("ABORTED", StateFailed(error, cause))

    def stop_at_exit(self) -> None:
        """Stop it as soon as it leaves a state, as DeleteStateMachine does ("on the next state transition")."""

        async def stop() -> None:
            self.stop()

        self.running.on_exit = lambda: self.clock.spawn(stop())

    def redrive(self) -> None:
        """Go on from the states that did not succeed, as RedriveExecution does. Clock thread only.

        What has succeeded (branches, iterations, child executions) is not run again; retries and timeouts start
        anew (developer guide, "Redriving state machine executions").
        """
        with self._own_time():
            self._redrive()

    def _redrive(self) -> None:
        self.redrive_count += 1
        self.redrive_date = self.clock.now()
        self.status, self.stop_date, self.error, self.cause = "RUNNING", None, None, None
        self.finished = Signal(self.clock)
        self.running.context["Execution"] |= {
            "RedriveCount": self.redrive_count,
            "RedriveTime": iso(self.redrive_date),
        }
        details = {"redriveCount": self.redrive_count}
        self._root.event("ExecutionRedriven", ("executionRedrivenEventDetails", details))
        self._root.interrupted, self._root.current = self._root.interrupted or self._root.current, None
        if self._root.interrupted is not None:
            self._go(self.machine.resume, self._root)
        else:  # it was cut short before its first state
            self._go(self.machine.run, self._root, json.loads(self.input))

    def _go(self, run: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> None:
        with acting_as(self.role_arn):
            self._fibers = [self.clock.spawn(self._run(run, *args))]
        seconds = self.machine.timeout_seconds
        if self.is_express:
            seconds = min(seconds or EXPRESS_SECONDS, EXPRESS_SECONDS)
        if seconds is not None:
            self._fibers.append(self.clock.spawn(self._expire(self.clock.now() + seconds)))

    async def _run(self, run: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> None:
        try:
            output = await run(*args)
        except StateFailed as failure:
            self._end("FAILED", "ExecutionFailed", failure)
        except Diverged:  # it has said why
            self.status = "ABORTED"
            for fiber in self._fibers:
                fiber.cancel()
        except HistoryFull:
            cause = f"The execution reached the maximum number of history events ({self.environment.max_events})."
            self._end("FAILED", "ExecutionFailed", StateFailed(errors.RUNTIME, cause))
        except Exception as problem:  # a fault of ours: say so, rather than leave the execution running for ever
            fault = uuid4(self.running.random)
            log.exception("%s: a mistake of ours ended %s", fault, self.arn)
            cause = (
                f"The local cloud failed while it ran this execution: {type(problem).__name__}: {problem}. "
                f"Its log has the traceback, under fault {fault}."
            )
            self._end("FAILED", "ExecutionFailed", StateFailed(errors.RUNTIME, cause))
        else:
            self.output = self.history.text(output)
            details = {"output": self.output, "outputDetails": NOT_TRUNCATED}
            self._end("SUCCEEDED", "ExecutionSucceeded", details=details)

    async def _expire(self, until: float) -> None:
        if self.running.past is not None:
            await self.running.past.began
        await self.clock.sleep_until(until, deadline=True)
        self._cut_short("TIMED_OUT", StateFailed(errors.TIMEOUT, None))

    def _cut_short(self, status: str, failure: StateFailed) -> None:
        self._root.abort()
        event = {"ABORTED": "ExecutionAborted", "TIMED_OUT": "ExecutionTimedOut"}[status]
        self._end(status, event, failure)

    def _end(self, status: str, event: str, failure: StateFailed | None = None, details: Details | None = None) -> None:
        if failure is not None:
            self.error, self.cause = failure.error, failure.cause or None
            details = failure.details()
        member = f"{event[0].lower()}{event[1:]}EventDetails"
        self._root.event(event, (member, details or {}))
        self.status, self.stop_date = status, self.clock.now()
        for fiber in self._fibers:
            fiber.cancel()
        self._fibers = []
        self._reports.ended(self)
        self.finished.set(None)
        if self.map_run is not None:
            self.map_run.child_ended(self)

    def _map_run(
        self,
        processor: Runnable,
        label: str,
        execution_type: str,
        *,
        max_concurrency: int,
        tolerated_count: int,
        tolerated_percentage: float,
    ) -> MapRun:
        home = f"{self.environment.region}:{self.environment.account_id}"
        identity = uuid4(self._names)
        run = MapRun(
            self.clock,
            f"arn:aws:states:{home}:mapRun:{self.state_machine_name}/{label}:{identity}",
            self.arn,
            f"{self.state_machine_arn}/{label}",
            partial(self._child, processor, f"{self.state_machine_name}/{label}", execution_type == "EXPRESS"),
            max_concurrency=max_concurrency,
            tolerated_count=tolerated_count,
            tolerated_percentage=tolerated_percentage,
        )
        self.map_runs.append(run)
        return run

    @property
    def _names(self) -> random.Random:
        """What the names of its map runs and their children are drawn from; a fork's are not those of the other."""
        if self._origin is None:
            return self.running.random
        self._own_names = self._own_names or random.Random(self.arn)
        return self._own_names

    def _child(
        self, processor: Runnable, state_machine_name: str, is_express: bool, run: MapRun, data: Any
    ) -> StateMachineExecution:
        """A child execution of one of its map runs, not started yet."""
        environment, name = self.environment, uuid4(self._names)
        family, suffix = ("express", f"{name}:{name}") if is_express else ("execution", name)
        home = f"{environment.region}:{environment.account_id}"
        return StateMachineExecution(
            processor,
            arn=f"arn:aws:states:{home}:{family}:{state_machine_name}:{suffix}",
            name=name,
            input=to_json(data),
            role_arn=self.role_arn,
            state_machine_arn=run.state_machine_arn,
            state_machine_name=state_machine_name,
            environment=environment,
            is_express=is_express,
            reports=self._reports,
            map_run=run,
        )
