"""A map run: the child executions of one visit of a distributed Map."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from helpers.localcloud.asl.data import to_json
from helpers.localcloud.asl.errors import TOLERATED_FAILURES, StateFailed
from helpers.localcloud.asl.randomness import uuid4
from helpers.localcloud.clock import Signal

if TYPE_CHECKING:
    from helpers.localcloud.asl.execution import Execution
    from helpers.localcloud.asl.machine import Machine

#: How many child executions run at once without MaxConcurrency (developer guide, "Distributed mode").
MAX_CONCURRENCY = 10_000


class MapRun:
    """What DescribeMapRun describes.

    Args:
        parent: the execution whose Map state this is.
        label: the Map's Label, or one made for it.
        inputs: each child execution's input, and how many items are in it.

    Attributes:
        max_concurrency, tolerated_count, tolerated_percentage: as UpdateMapRun may change them while it runs.
        children: the child executions started so far.
        status: RUNNING, SUCCEEDED, FAILED or ABORTED.
    """

    def __init__(
        self,
        parent: Execution,
        label: str,
        processor: Machine,
        execution_type: str,
        inputs: list[tuple[Any, int]],
        *,
        max_concurrency: int,
        tolerated_count: int,
        tolerated_percentage: float,
    ) -> None:
        self.parent, self.label, self.processor, self.execution_type = (
            parent,
            label,
            processor,
            execution_type,
        )
        self.max_concurrency = max_concurrency
        self.tolerated_count, self.tolerated_percentage = tolerated_count, tolerated_percentage
        environment = parent.environment
        home = f"{parent.arn.split(':')[3]}:{environment.account_id}"
        self._home = f"{home}:{'express' if execution_type == 'EXPRESS' else 'execution'}:"
        self._home += f"{parent.state_machine_name}/{label}"
        self.arn = f"arn:aws:states:{home}:mapRun:{parent.state_machine_name}/{label}:{uuid4(parent.random)}"
        self.inputs = inputs
        self.children: list[Execution] = []
        self.status = "RUNNING"
        self.start_date = parent.clock.now()
        self.stop_date: float | None = None
        self.redrive_count = 0
        self.redrive_date: float | None = None
        self._ended = 0
        self._total = self._failed_items = 0
        self._sizes: dict[str, int] = {}  # items by child ARN
        self._done: Signal[None] = Signal(parent.clock)

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
        self.redrive_date, self.stop_date, self.status = self.parent.clock.now(), None, "RUNNING"
        self._done = Signal(self.parent.clock)
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
            self._start(self.inputs[len(self.children)][0])

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

    def _start(self, data: Any) -> None:
        name = uuid4(self.parent.random)
        arn = f"arn:aws:states:{self._home}:{name}" + (f":{name}" if self.execution_type == "EXPRESS" else "")
        child = self.parent.child(self, arn, name, to_json(data))
        self._sizes[child.arn] = self.inputs[len(self.children)][1]
        self.children.append(child)
        child.start()

    def child_ended(self, child: Execution) -> None:
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
        failed = self._failed_items
        if self.tolerated_count == 0 and self.tolerated_percentage == 0:
            return failed > 0
        # With both given, passing either one is too much (developer guide, "Tolerated failure threshold").
        over_count = self.tolerated_count > 0 and failed > self.tolerated_count
        over_share = self.tolerated_percentage > 0 and failed * 100 > self.tolerated_percentage * self._total
        return over_count or over_share

    def _end(self, status: str) -> None:
        if self.status == "RUNNING":
            self.status, self.stop_date = status, self.parent.clock.now()
            for child in self.children:
                child.stop()
