"""A map run: the child executions of one visit of a distributed Map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from localcloud.asl.errors import TOLERATED_FAILURES, StateFailed
from localcloud.time.clock import Clock, Signal

#: How many child executions run at once without MaxConcurrency (developer guide, "Distributed mode").
MAX_CONCURRENCY = 10_000


class Child(Protocol):
    """A child execution; members as of `execution.Execution`, which is what it is."""

    arn: str
    name: str
    state_machine_arn: str
    input: str
    status: str
    output: str | None
    error: str | None
    cause: str | None
    start_date: float
    stop_date: float | None
    redrive_count: int

    def start(self) -> None:
        """Start it. It tells the map run when it has ended."""

    def stop(self) -> None:
        """Stop it; nothing happens when it has ended."""

    def redrive(self) -> None:
        """Go on from the states that did not succeed."""


class MapRun:
    """What DescribeMapRun describes.

    Args:
        clock: the clock on which it runs.
        arn: its own.
        execution_arn: of the execution whose Map state this is.
        state_machine_arn: of the children: the state machine's with the Map's label.
        child: makes a child execution of a map run with an input.

    Attributes:
        inputs: each child execution's input, and how many items are in it.
        max_concurrency, tolerated_count, tolerated_percentage: as UpdateMapRun may change them while it runs.
        children: the child executions started so far.
        status: RUNNING, SUCCEEDED, FAILED or ABORTED.
    """

    def __init__(
        self,
        clock: Clock,
        arn: str,
        execution_arn: str,
        state_machine_arn: str,
        child: Callable[[MapRun, Any], Child],
        *,
        max_concurrency: int,
        tolerated_count: int,
        tolerated_percentage: float,
    ) -> None:
        self._clock, self._child = clock, child
        self.arn, self.execution_arn, self.state_machine_arn = arn, execution_arn, state_machine_arn
        self.max_concurrency = max_concurrency
        self.tolerated_count, self.tolerated_percentage = tolerated_count, tolerated_percentage
        self.inputs: list[tuple[Any, int]] = []
        self.children: list[Child] = []
        self.status = "RUNNING"
        self.start_date = clock.now()
        self.stop_date: float | None = None
        self.redrive_count = 0
        self.redrive_date: float | None = None
        self._ended = 0
        self._total = self._failed_items = 0
        self._sizes: dict[str, int] = {}  # items by child ARN
        self._done: Signal[None] = Signal(clock)

    async def run(self) -> None:
        """Run all children.

        Raises:
            StateFailed: States.ExceedToleratedFailureThreshold; the children still running were stopped.
        """
        try:
            self._total = sum(size for _, size in self.inputs)
            self.fill()
            if self._ended < len(self.inputs):
                await self._done
            self._end("SUCCEEDED")
        except StateFailed:
            self._end("FAILED")
            raise
        finally:
            self._end("ABORTED")  # the parent was stopped: what has ended stays as it ended

    def fail(self) -> None:
        """The run failed before or after its children: reading the items, writing the results."""
        self._end("FAILED")

    async def redrive(self) -> None:
        """Run again what did not succeed, and what never started. Raises StateFailed like `run`."""
        self.redrive_count += 1
        self.redrive_date, self.stop_date, self.status = self._clock.now(), None, "RUNNING"
        self._done = Signal(self._clock)
        unsuccessful = [child for child in self.children if child.status != "SUCCEEDED"]
        self._ended -= len(unsuccessful)
        self._failed_items = 0
        for child in unsuccessful:
            child.redrive()
        await self.run()

    def fill(self) -> None:
        """Start children until as many run as may: at the start, when one ends, and when the limit is raised."""
        limit = self.max_concurrency or MAX_CONCURRENCY
        while self.status == "RUNNING" and len(self.children) < len(self.inputs):
            if len(self.children) - self._ended >= limit:
                break
            self._start(*self.inputs[len(self.children)])

    def counts(self, *, of_items: bool) -> dict[str, int]:
        """ItemCounts or ExecutionCounts of DescribeMapRun, without what only a redrive adds."""
        sizes = [size if of_items else 1 for _, size in self.inputs]
        by_status: Counter[str] = Counter()
        for child, size in zip(self.children, sizes, strict=False):
            by_status[child.status] += size
        total = sum(sizes)
        failed = by_status["FAILED"] + by_status["TIMED_OUT"] + by_status["ABORTED"]
        return {
            "pending": total - sum(by_status.values()) if self.status == "RUNNING" else 0,
            "running": by_status["RUNNING"],
            "succeeded": by_status["SUCCEEDED"],
            "failed": by_status["FAILED"],
            "timedOut": by_status["TIMED_OUT"],
            "aborted": by_status["ABORTED"] + (0 if self.status == "RUNNING" else total - sum(by_status.values())),
            "total": total,
            "resultsWritten": by_status["SUCCEEDED"] + failed if self.status != "RUNNING" else 0,
            "failuresNotRedrivable": 0,
            "pendingRedrive": 0,
        }

    def _start(self, data: Any, size: int) -> None:
        child = self._child(self, data)
        self._sizes[child.arn] = size
        self.children.append(child)
        child.start()

    def child_ended(self, child: Child) -> None:
        """A child execution has ended: count it, and see whether the run can go on."""
        self._ended += 1
        if self.status != "RUNNING":
            return
        if child.status != "SUCCEEDED":
            self._failed_items += self._sizes[child.arn]
        if child.status != "SUCCEEDED" and self._is_too_much():
            cause = "The specified tolerated failure threshold was exceeded"
            self._done.settle(None, StateFailed(TOLERATED_FAILURES, cause))
        elif self._ended == len(self.inputs):
            self._done.settle(None, None)
        else:
            self.fill()

    def _is_too_much(self) -> bool:
        return is_too_much(self._failed_items, self._total, self.tolerated_count, self.tolerated_percentage)

    def _end(self, status: str) -> None:
        if self.status == "RUNNING":
            self.status, self.stop_date = status, self._clock.now()
            for child in self.children:
                child.stop()


def is_too_much(failed: int, total: int, count: int, percentage: float) -> bool:
    """Whether more items failed than a Map tolerates; 0 is what a count or percentage is that is not given.

    With both, passing either one is too much (developer guide, "Tolerated failure threshold").
    """
    if count == 0 and percentage == 0:
        return failed > 0
    return (count > 0 and failed > count) or (percentage > 0 and failed * 100 > percentage * total)
