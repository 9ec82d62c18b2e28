"""What is kept of every execution, and where it is found again.

A record leads to the interpreter's object for as long as that is of use: while the execution runs, and when
it did not succeed, since only that object knows where a redrive goes on. Of what succeeded, the few members
that descriptions show are kept, and the history in the archive. Express executions are forgotten when they
end: AWS keeps nothing of them either, but their logs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.host import Host
from localcloud.services._regional import Regional
from localcloud.services.stepfunctions import errors
from localcloud.services.stepfunctions.archive import Archive

if TYPE_CHECKING:
    from localcloud.asl.distributed.run import MapRun
    from localcloud.asl.execution import StateMachineExecution
    from localcloud.services.stepfunctions.logs import ExecutionLog
    from localcloud.services.stepfunctions.machines import Revision


@dataclass(frozen=True, slots=True)
class Ended:
    """What is kept of an execution that succeeded; members as of the interpreter's object."""

    status: str
    input: str
    output: str | None
    error: str | None
    cause: str | None
    start_date: float
    stop_date: float | None
    redrive_count: int
    redrive_date: float | None
    map_runs: tuple[dict[str, Any], ...]  # as described


@dataclass(slots=True)
class Record:
    """One execution, as the API sees it.

    Args:
        order: counts executions by their start; decides between equal times.
        revision: what it runs; for DescribeStateMachineForExecution.
        run: the interpreter's object, or what is kept of it.
        map_run_arn, item_count: of the Map Run that started it, and how many items it got; else None.
        redrive_tokens: client token -> redrive date.
    """

    arn: str
    name: str
    machine_arn: str
    order: int
    revision: Revision
    log: ExecutionLog
    run: StateMachineExecution | Ended
    version_arn: str | None = None
    alias_arn: str | None = None
    trace_header: str | None = None
    map_run_arn: str | None = None
    item_count: int | None = None
    redrive_tokens: dict[str, float] = field(default_factory=dict)

    @property
    def is_express(self) -> bool:
        """Whether it is an execution of an Express workflow (one that no Map Run started)."""
        return ":express:" in self.arn

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.run.status == "RUNNING"

    def sort_key(self) -> tuple[float, int]:
        """Ascending in AWS's order: newest first, running ones by start or redrive, others by their end."""
        run = self.run
        time = (run.redrive_date or run.start_date) if self.is_running else run.stop_date
        return (-(time or 0.0), -self.order)


class Records:
    """All executions, by ARN and by what they belong to.

    Args:
        cloud: whose region it is.
        describe_map_run: how a Map Run is described; what is kept of one when its execution is let go.
    """

    def __init__(self, cloud: Host, describe_map_run: Callable[[MapRun], dict[str, Any]]) -> None:
        self._describe = describe_map_run
        self._records: Regional[str, Record] = Regional(cloud)
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

    def all(self) -> list[Record]:
        """Every execution, in the order of their start."""
        return list(self._records.values())

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
        return self._archive.get(record.arn) if isinstance(record.run, Ended) else record.run.history.events

    def succeeded(self, record: Record) -> None:
        """The execution needs its interpreter no more: keep what is asked for, let go of the rest."""
        run = record.run
        if not isinstance(run, Ended):
            self._archive.put(record.arn, run.history.events)
            record.run = Ended(
                run.status,
                run.input,
                run.output,
                run.error,
                run.cause,
                run.start_date,
                run.stop_date,
                run.redrive_count,
                run.redrive_date,
                tuple(self._describe(each) for each in run.map_runs),
            )

    def map_runs(self, record: Record) -> Sequence[MapRun | dict[str, Any]]:
        """The Map Runs of an execution, in the order of their start; of a kept execution, as described."""
        return record.run.map_runs

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
    if record.map_run_arn is not None:  # of a child, of which there may be thousands
        return [record.machine_arn, record.map_run_arn]
    owners = (record.machine_arn, record.version_arn, record.alias_arn)
    return [owner for owner in owners if owner is not None]
