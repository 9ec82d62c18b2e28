"""Runs Lambda functions: keeps their workers warm, starts more when they are needed, retires the outdated.

A worker handles one event at a time, as an execution environment on Lambda does, and is reused for the next
one (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). What differs from AWS: a
call waits a moment for a busy worker before another one is started, and there are at most `MAX_WORKERS` at a
time, after which calls queue.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from localcloud.errors import UnsupportedLocally
from localcloud.injection import MARK
from localcloud.runtimes import function_worker
from localcloud.runtimes.function_code import Function, Packages, variables
from localcloud.runtimes.function_worker import Result, Worker

#: Workers of all functions together. Each is a Python process of 15 MB and more.
MAX_WORKERS = 16

#: Real seconds that a call waits for a busy worker before one more is started: starting one takes longer than
#: that.
_PATIENCE = 0.03

#: Bytes of a worker's output after which it is replaced, so that its file does not grow for ever.
_MAX_OUTPUT = 64 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an invocation.

    Args:
        payload: the response, or the error object, as JSON bytes.
        failed: True for an error object (Lambda's FunctionError "Unhandled").
        stream: the log stream of the worker that ran it.
        lines: what it logged, START to REPORT, each with its line end.
    """

    payload: bytes
    failed: bool
    stream: str
    lines: list[str]


@dataclass(slots=True)
class _Waiting:
    """A thread that waits for a worker, and whether the worker is ended on purpose meanwhile."""

    thread: int
    worker: Worker
    killed: bool = False


@dataclass(slots=True)
class _Warm:
    """A worker with what its log entries need."""

    worker: Worker
    name: str
    stream: str
    places: tuple[tuple[bytes, bytes], ...]  # directories here, and what they are called on Lambda


class _Fleet:
    """The workers of one version of one function."""

    def __init__(self, function: Function, lock: threading.Lock) -> None:
        self.function = function
        self.freed = threading.Condition(lock)
        self.idle: list[_Warm] = []
        self.busy = 0  # at work or starting
        self.starting = 0
        self.retired = False
        self.used = 0.0


@dataclass(slots=True)
class _Call:
    """An invocation: how it went, and what is logged about it.

    Args:
        function: what runs.
        request_id: a UUID.
        result: how it ended, once it has.
        took: real seconds of the handler.
        init: real seconds of the worker's start; None when it was warm.
        before: the log entries of that start.
    """

    function: Function
    request_id: str
    result: Result | None = None
    took: float = 0.0
    init: float | None = None
    before: list[str] = field(default_factory=list)

    def log(self, output: list[str], now: datetime) -> list[str]:
        """The log entries, INIT_START or START to REPORT, with what the worker printed in between."""
        assert self.result is not None
        lines = [*self.before, f"START RequestId: {self.request_id} Version: {self.function.version}\n", *output]
        if self.result.ended and self.result.status == "error":
            lines.append(f"RequestId: {self.request_id} Error: {self.result.ended}\nRuntime.ExitError\n")
        lines.append(f"END RequestId: {self.request_id}\n")
        lines.append(self._report(self.result.status))
        if self.result.status == "timeout":
            stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
            lines.append(f"{stamp}Z {self.request_id} {self.result.ended}\n")
        return lines

    def _report(self, status: str | None) -> str:
        """The REPORT entry; without Max Memory Used, which is not measured here."""
        fields = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {self.took * 1000:.2f} ms",
            f"Billed Duration: {math.ceil(self.took * 1000)} ms",
            f"Memory Size: {self.function.memory} MB",
        ]
        if self.init is not None:
            fields.append(f"Init Duration: {self.init * 1000:.2f} ms")
        if status is not None:
            fields.append(f"Status: {status}")
        return "\t".join(fields) + "\t\n"


class Functions:
    """All function workers of one local cloud.

    Args:
        scratch: an empty directory for code, output and temporary files; its owner removes it.
        environment: what every handler gets besides its own variables: the endpoint, credentials.
        now: virtual time, for the log.
    """

    def __init__(self, scratch: Path, environment: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._scratch = scratch.resolve()  # as the handler's own paths will be, which are shown as Lambda's
        self._packages = Packages(self._scratch)
        self._environment = dict(environment)
        self._now = now
        self._lock = threading.Lock()
        self._fleets: dict[tuple[str, str], _Fleet] = {}
        self._waiting: dict[str, _Waiting] = {}  # by the worker's session token
        self._arns: dict[str, str] = {}  # by session token too
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._workers: set[Worker] = set()
        self._alive = 0  # workers, those included that are about to be started
        self._closed = False

    def invoke(
        self,
        function: Function,
        event: bytes,
        *,
        request_id: str,
        arn: str,
        client_context: str | None = None,
        limit: float | None = None,
        kill: bool = False,
    ) -> Outcome:
        """Run the handler on one event, in a warm worker if there is one.

        Args:
            function: what to run; workers of an earlier value of the same version are retired.
            event: JSON.
            request_id: a UUID.
            arn: what `context.invoked_function_arn` says.
            client_context: JSON without line ends.
            limit: real seconds after which a call that still waits for a worker is dropped. One that runs
                goes on to its own end, as on AWS.
            kill: whether the worker ends as it takes the event.

        Raises:
            UnsupportedLocally: the runtime is not Python.
            BadPackage: the code is no zip file.
            TimeoutError: `limit` seconds passed before there was a worker.
        """
        if re.fullmatch(r"python3\.\d+", function.runtime) is None:
            raise UnsupportedLocally(
                f'function "{function.name}" has the runtime {function.runtime}, which the local cloud does '
                "not run. Write its handler in Python (runtime python3.12), or set WORKSHOP_TARGET=aws."
            )
        until = None if limit is None else time.monotonic() + limit
        fleet, warm = self._acquire(function, until)
        while warm is not None and not warm.worker.ready():  # it ended after its last response
            self._release(fleet, warm, reusable=False)
            fleet, warm = self._acquire(function, until)
        call = _Call(function, request_id)
        reusable, spent = False, 0.0
        try:
            began = time.monotonic()
            if warm is None:
                with self._starting(fleet):
                    call.before.append(
                        f"INIT_START Runtime Version: python:{'.'.join(map(str, sys.version_info[:2]))}\n"
                    )
                    warm = self._start(function)
                    self._wait_for(warm)  # its module may call the cloud too
                    call.result = warm.worker.start(request_id, function_worker.INIT_SECONDS)
                    call.init, began = time.monotonic() - began, time.monotonic()
                    if call.result is not None and call.result.status == "timeout":
                        call.before += [*_lines(warm.worker.read_log(), warm.places), _init_report(call.init, "init")]
                        failed, warm = warm, None
                        warm = self._start_over(function, failed)
                        self._wait_for(warm)
                        call.result = warm.worker.start(request_id, function.timeout)
                        call.init, spent = None, time.monotonic() - began
                        if call.result is not None and call.result.status == "timeout":
                            call.before.append(_init_report(spent, "invoke"))
            if call.result is None:
                self._wait_for(warm)
                if kill:
                    self.kill(warm.name)
                call.result = warm.worker.invoke(
                    event,
                    request_id=request_id,
                    arn=arn,
                    seconds=function.timeout,
                    spent=spent,
                    client_context=client_context,
                )
            if self._waiting[warm.name].killed:
                said = call.result.payload.replace(b"signal: killed", f"signal: killed {MARK}".encode())
                call.result = replace(call.result, payload=said)
            call.took = time.monotonic() - began
            output = warm.worker.read_log()
            reusable = call.result.ended is None and warm.worker.written < _MAX_OUTPUT
            lines = call.log(_lines(output, warm.places), self._now())
            return Outcome(call.result.payload, call.result.failed, warm.stream, lines)
        finally:
            if warm is not None:
                self._waiting.pop(warm.name, None)
            self._release(fleet, warm, reusable=reusable)

    def thread_of(self, token: str) -> int | None:
        """The thread that waits for the worker with this session token; None when there is none."""
        found = self._waiting.get(token)
        return None if found is None else found.thread

    def arn_of(self, token: str) -> str | None:
        """The function of the worker with this session token."""
        return self._arns.get(token)

    def kill(self, token: str) -> None:
        """End the worker with this session token, if somebody waits for it, in the middle of what it does."""
        found = self._waiting.get(token)
        if found is not None:
            found.killed = True
            found.worker.kill()

    def _wait_for(self, warm: _Warm) -> None:
        self._waiting[warm.name] = _Waiting(threading.get_ident(), warm.worker)

    def retire(self, arn: str, version: str | None = None) -> None:
        """End the workers of a function, or of one version of it; those at work end when they are done."""
        with self._lock:
            fleets = [f for (of, v), f in self._fleets.items() if of == arn and version in (None, v)]
            gone = [warm for fleet in fleets for warm in self._retire(fleet)]
        self._end(gone)

    def close(self) -> None:
        """Kill every worker, those at work too, and start no more."""
        with self._lock:
            self._closed = True
            workers = list(self._workers)
            idle = [warm for fleet in list(self._fleets.values()) for warm in self._retire(fleet)]
        for worker in workers:
            worker.kill()
        self._end(idle)  # those at work are ended by the calls that wait for them

    # ---- who gets which worker

    def _acquire(self, function: Function, until: float | None) -> tuple[_Fleet, _Warm | None]:
        """An idle worker of the function, or None and the right to start one."""
        key = function.arn, function.version
        gone: list[_Warm] = []
        try:
            with self._lock:
                waited = False
                while True:
                    if self._closed:
                        raise RuntimeError("The local cloud is shutting down. Start it again and repeat the call.")
                    fleet = self._fleets.get(key)
                    if fleet is not None and fleet.function != function:
                        gone += self._retire(fleet)
                        fleet = None
                    if fleet is None:
                        fleet = self._fleets[key] = _Fleet(function, self._lock)
                    fleet.used = time.monotonic()
                    if fleet.idle:
                        fleet.busy += 1
                        return fleet, fleet.idle.pop()
                    if until is not None and fleet.used >= until:
                        raise TimeoutError(f'No worker of function "{function.name}" came free in time.')
                    # One is started when none is there, or when waiting did not help; then about twice as
                    # many.
                    if fleet.busy == 0 or (waited and fleet.starting * 2 <= fleet.busy):
                        if self._alive >= MAX_WORKERS:
                            gone += self._longest_idle()
                        if self._alive - len(gone) < MAX_WORKERS:
                            fleet.busy += 1
                            fleet.starting += 1
                            self._alive += 1
                            return fleet, None
                    waited = not fleet.freed.wait(_PATIENCE)
        finally:
            self._end(gone)

    def _longest_idle(self) -> list[_Warm]:
        """One idle worker of the fleet that was used the longest ago, taken out of it; or none."""
        fleets = [fleet for fleet in self._fleets.values() if fleet.idle]
        return [min(fleets, key=lambda fleet: fleet.used).idle.pop(0)] if fleets else []

    def _release(self, fleet: _Fleet, warm: _Warm | None, *, reusable: bool) -> None:
        with self._lock:
            fleet.busy -= 1
            if warm is None:  # it could not be started
                self._alive -= 1
            elif reusable and not fleet.retired:
                fleet.idle.append(warm)
                warm = None
            fleet.freed.notify()
        if warm is not None:
            self._end([warm])

    def _retire(self, fleet: _Fleet) -> list[_Warm]:
        """Take a fleet out of use; the caller ends the idle workers returned, once it let go of the lock."""
        fleet.retired = True
        del self._fleets[fleet.function.arn, fleet.function.version]
        idle, fleet.idle = fleet.idle, []
        fleet.freed.notify_all()
        return idle

    def _end(self, gone: Iterable[_Warm]) -> None:
        for warm in gone:
            warm.worker.close()
            with self._lock:
                self._workers.discard(warm.worker)
                self._alive -= 1

    # ---- starting one

    @contextmanager
    def _starting(self, fleet: _Fleet) -> Iterator[None]:
        """Around what `_acquire` gave the right to: until it ends, others wait for the worker that it starts."""
        try:
            yield
        finally:
            with self._lock:
                fleet.starting -= 1

    def _start_over(self, function: Function, failed: _Warm) -> _Warm:
        """Another worker in the place of one whose import took too long."""
        failed.worker.close()
        self._waiting.pop(failed.name, None)
        with self._lock:
            self._workers.discard(failed.worker)
        return self._start(function)

    def _start(self, function: Function) -> _Warm:
        key = function.arn, function.version
        with self._lock:
            self._numbers[key] += 1
            number = self._numbers[key]
        name = hashlib.md5(f"{key}{number}".encode(), usedforsecurity=False).hexdigest()
        stream = f"{self._now():%Y/%m/%d}/[{function.version}]{name}"
        task, layers = self._packages.unzip(function.code), self._packages.unzip(*function.layers)
        own = self._scratch / name
        own.mkdir(parents=True)
        region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), function.region)
        # Its session token tells whose requests a worker's are, as on AWS.
        own_settings = {**self._environment, **region, "AWS_SESSION_TOKEN": name}
        environment = variables(function, stream, task, layers, own) | own_settings
        worker = Worker(environment, task, own / "output", function_worker.CLIENT_COMMAND)
        with self._lock:
            self._workers.add(worker)
            self._arns[name] = function.arn
            closed = self._closed
        if closed:  # meanwhile; close() did not see this one
            worker.kill()
        return _Warm(worker, name, stream, ((os.fsencode(task), b"/var/task"), (os.fsencode(layers), b"/opt")))


def _lines(output: bytes, places: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """A worker's output as log events, one for each line, with Lambda's names for its directories."""
    if not output:
        return []
    for here, there in places:
        output = output.replace(here, there)
    if not output.endswith(b"\n"):
        output += b"\n"
    return [line + "\n" for line in output.decode(errors="replace").split("\n")[:-1]]


def _init_report(took: float, phase: str) -> str:
    """The entry on an import that took too long."""
    return f"INIT_REPORT Init Duration: {took * 1000:.2f} ms\tPhase: {phase}\tStatus: timeout\n"
