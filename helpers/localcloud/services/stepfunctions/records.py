"""What is kept of every execution, and where it is found again.

While an execution runs, its record leads to the interpreter's object. When it has ended, the record holds the
few members that descriptions show, the history moves to the archive, and the interpreter's object goes,
unless it can still be redriven. Express executions are forgotten when they end: AWS keeps nothing of them
either, but their logs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from helpers.localcloud.services.stepfunctions import errors
from helpers.localcloud.services.stepfunctions.archive import Archive

if TYPE_CHECKING:
    from helpers.localcloud.asl.distributed.run import MapRun
    from helpers.localcloud.asl.execution import Execution
    from helpers.localcloud.services.stepfunctions.logs import ExecutionLog
    from helpers.localcloud.services.stepfunctions.machines import Revision


@dataclass(slots=True)
class Record:
    """One execution, as the API sees it. Times are virtual seconds since the epoch.

    Args:
        order: counts executions by their start; decides between equal times.
        revision: what it runs; for DescribeStateMachineForExecution.
        map_run_arn: of the Map Run that started it, or None.
        execution: the interpreter's object while it is of use.
    """

    arn: str
    name: str
    machine_arn: str
    order: int
    revision: Revision
    log: ExecutionLog
    input: str
    start_date: float
    version_arn: str | None = None
    alias_arn: str | None = None
    trace_header: str | None = None
    map_run_arn: str | None = None
    item_count: int | None = None
    map_runs: list[dict[str, Any]] = field(default_factory=list)  # as described, once the execution is gone
    execution: Execution | None = None
    status: str = "RUNNING"
    stop_date: float | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    events: int = 0  # the length of the history, once it has ended
    redrive_count: int = 0
    redrive_date: float | None = None
    redrive_tokens: dict[str, float] = field(default_factory=dict)  # client token -> redrive date

    @property
    def is_express(self) -> bool:
        """Whether it is an execution of an Express workflow."""
        return ":express:" in self.arn

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.status == "RUNNING"

    def sort_key(self) -> tuple[float, int]:
        """Ascending in AWS's order: newest first, running ones by start or redrive, others by their end."""
        time = (self.redrive_date or self.start_date) if self.is_running else self.stop_date
        return (-(time or 0.0), -self.order)

    def settle(self, execution: Execution) -> None:
        """Take over what the interpreter says of it."""
        self.status, self.stop_date, self.output = execution.status, execution.stop_date, execution.output
        self.error, self.cause = execution.error, execution.cause
        self.events = len(execution.history.events)


class Records:
    """All executions, by ARN and by what they belong to.

    Args:
        describe_map_run: how a Map Run is described; what is kept of one when its execution is let go.
    """

    def __init__(self, describe_map_run: Callable[[MapRun], dict[str, Any]]) -> None:
        self._describe = describe_map_run
        self._records: dict[str, Record] = {}
        self._by_owner: dict[str, dict[str, Record]] = {}  # machine, version, alias and map run ARNs
        self._orders = itertools.count(1)
        self._archive = Archive()

    def next_order(self) -> int:
        """The number of an execution that starts now."""
        return next(self._orders)

    def add(self, record: Record) -> None:
        """A new execution."""
        self._records[record.arn] = record
        for owner in _owners(record):
            self._by_owner.setdefault(owner, {})[record.arn] = record

    def get(self, arn: str) -> Record | None:
        """The execution, or None."""
        return self._records.get(arn)

    def find(self, arn: str) -> Record:
        """The execution.

        Raises:
            ServiceError: ExecutionDoesNotExist.
        """
        record = self._records.get(arn)
        if record is None:
            raise errors.execution_does_not_exist(arn)
        return record

    def of(self, owner: str) -> list[Record]:
        """The executions of a state machine, version, alias or Map Run, in AWS's order."""
        return sorted(self._by_owner.get(owner, {}).values(), key=Record.sort_key)

    def running(self, machine_arn: str) -> Iterator[Record]:
        """The executions of a state machine that run."""
        return (each for each in list(self._by_owner.get(machine_arn, {}).values()) if each.is_running)

    def events(self, record: Record) -> list[dict[str, Any]]:
        """The whole history of an execution; not to be changed."""
        if record.is_running and record.execution is not None:
            return record.execution.history.events
        return self._archive.get(record.arn)

    def pack(self, record: Record) -> None:
        """The execution has ended: its history goes to the archive, and the interpreter's object with it.

        What did not succeed keeps that object, less the history, since it knows where a redrive would go on.
        """
        if record.execution is not None:
            self._archive.put(record.arn, record.execution.history.events)
            record.execution.history.events = []
            if record.status == "SUCCEEDED":
                record.map_runs = [self._describe(run) for run in record.execution.map_runs]
                record.execution = None

    def unpack(self, record: Record) -> None:
        """The execution goes on: give the interpreter's object its history back."""
        if record.execution is not None:
            record.execution.history.events = self._archive.get(record.arn)
            self._archive.drop(record.arn)

    def map_runs(self, record: Record) -> Sequence[MapRun | dict[str, Any]]:
        """The Map Runs of an execution, in the order of their start; of a kept execution, as described."""
        return record.map_runs if record.execution is None else record.execution.map_runs

    def map_run(self, arn: str) -> MapRun | dict[str, Any] | None:
        """A Map Run by its ARN, or None."""
        for record in self._records.values():
            for run in self.map_runs(record):
                if arn == (run["mapRunArn"] if isinstance(run, dict) else run.arn):
                    return run
        return None

    def drop(self, record: Record) -> None:
        """Forget an execution."""
        self._records.pop(record.arn, None)
        self._archive.drop(record.arn)
        for owner in _owners(record):
            mine = self._by_owner.get(owner, {})
            mine.pop(record.arn, None)
            if not mine:
                self._by_owner.pop(owner, None)

    def drop_all_of(self, machine_arn: str) -> None:
        """Forget the executions of a state machine and those that its Map Runs started."""
        labelled = [owner for owner in self._by_owner if owner.startswith(f"{machine_arn}/")]
        for owner in [machine_arn, *labelled]:
            for record in list(self._by_owner.get(owner, {}).values()):
                self.drop(record)


def _owners(record: Record) -> list[str]:
    owners = (record.machine_arn, record.version_arn, record.alias_arn, record.map_run_arn)
    return [owner for owner in owners if owner is not None]
