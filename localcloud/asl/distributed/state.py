"""Distributed Map: items from the input or from S3, each (or each batch) in a child execution of its own."""

from __future__ import annotations

import json
from collections.abc import Coroutine, Sequence
from typing import Any

from localcloud.asl.distributed.batcher import ItemBatcher
from localcloud.asl.distributed.items import map_item
from localcloud.asl.distributed.reader import ItemReader
from localcloud.asl.distributed.run import MapRun
from localcloud.asl.distributed.writer import ResultWriter
from localcloud.asl.environment import TaskFailure
from localcloud.asl.errors import StateFailed
from localcloud.asl.language import Fields, Language
from localcloud.asl.machine import Machine, Outcome
from localcloud.asl.randomness import uuid4
from localcloud.asl.running import Visit
from localcloud.asl.states.map import Map


class DistributedMap(Map):
    """A Map with ItemReader, ItemBatcher, ResultWriter and tolerated failures."""

    takes_objects = True

    def __init__(self, name: str, fields: Fields, language: Language, machines: Sequence[Machine]) -> None:
        super().__init__(name, fields, language, machines)
        config = self.processor.definition["ProcessorConfig"]
        self._execution_type: str = config.get("ExecutionType", "STANDARD")
        self._reader = ItemReader(fields["ItemReader"], language) if "ItemReader" in fields else None
        self._batcher = ItemBatcher(fields["ItemBatcher"], language) if "ItemBatcher" in fields else None
        self._writer = ResultWriter(fields["ResultWriter"], language) if "ResultWriter" in fields else None
        self._count = language.number(fields, "ToleratedFailureCount")
        self._percentage = language.number(fields, "ToleratedFailurePercentage", fraction=True)

    async def perform(self, visit: Visit) -> Outcome:
        past = visit.frame.running.past
        if past is not None and not past.over:  # its children have run
            return Outcome(self.next, *await past.whole(visit.frame, self.name))
        return await super().perform(visit)

    async def results(self, visit: Visit, effective: Any, concurrency: int) -> Any:
        """Read the items, run the children, write the results; the state's result. Raises StateFailed."""
        if visit.progress is not None:
            return await self._redrive(visit, effective, visit.progress)
        frame = visit.frame
        items = None if self._reader else self.items(visit, effective)
        started = {"length": 0 if items is None else len(items)}
        frame.event("MapStateStarted", ("mapStateStartedEventDetails", started))
        count, percentage = self._tolerated(visit, effective)
        limit = self._reader.limit(visit, effective) if self._reader else 0
        run = frame.running.map_run(
            self.processor,
            self.fields.get("Label") or uuid4(frame.running.random),
            self._execution_type,
            max_concurrency=concurrency,
            tolerated_count=count,
            tolerated_percentage=percentage,
        )
        frame.event("MapRunStarted", ("mapRunStartedEventDetails", {"mapRunArn": run.arn}))
        return await self._finish(visit, effective, run, self._run(visit, effective, run, items, limit))

    async def _run(self, visit: Visit, effective: Any, run: MapRun, items: list[Any] | None, limit: int) -> None:
        _require(visit, "states:StartExecution", visit.frame.running.context["StateMachine"]["Id"])
        if items is None:
            assert self._reader is not None
            items = self._reader.read(visit, effective, limit)
        run.inputs = self._inputs(visit, effective, items)
        visit.progress = run
        await run.run()

    async def _finish(self, visit: Visit, effective: Any, run: MapRun, children: Coroutine[Any, Any, None]) -> Any:
        try:
            await children
            result = self._result(visit, effective, run)
        except StateFailed as failure:
            run.fail()
            visit.frame.event("MapRunFailed", ("mapRunFailedEventDetails", failure.details()))
            raise
        visit.frame.event("MapRunSucceeded")
        return result

    async def _redrive(self, visit: Visit, effective: Any, run: MapRun) -> Any:
        details = {"mapRunArn": run.arn, "redriveCount": run.redrive_count + 1}
        visit.frame.event("MapRunRedriven", ("mapRunRedrivenEventDetails", details))
        return await self._finish(visit, effective, run, self._run_again(visit, run))

    async def _run_again(self, visit: Visit, run: MapRun) -> None:
        family = visit.frame.running.context["StateMachine"]["Id"].replace(":stateMachine:", ":execution:")
        _require(visit, "states:RedriveExecution", f"{family}/{run.arn.rpartition('/')[2]}")
        await run.redrive()

    def _tolerated(self, visit: Visit, effective: Any) -> tuple[int, float]:
        count = self._count(visit, effective) if self._count else 0
        percentage = self._percentage(visit, effective) if self._percentage else 0
        if count < 0:
            raise visit.failure("ToleratedFailureCount cannot be negative.")
        if not 0 <= percentage <= 100:
            raise visit.failure("ToleratedFailurePercentage must be between 0 and 100.")
        return count, percentage

    def _inputs(self, visit: Visit, effective: Any, items: list[Any]) -> list[tuple[Any, int]]:
        selected = [self.item_input(visit, effective, map_item(index, item)) for index, item in enumerate(items)]
        if self._batcher is not None:
            return list(self._batcher.batches(visit, effective, selected))
        return [(item, 1) for item in selected]

    def _result(self, visit: Visit, effective: Any, run: MapRun) -> Any:
        if self._writer is not None:
            return self._writer.write(visit, effective, run)
        return [json.loads(child.output) for child in run.children if child.output is not None]


def _require(visit: Visit, action: str, resource: str) -> None:
    """Children are started, and started again, with the workflow's own role. Raises StateFailed."""
    try:
        visit.frame.running.environment.require(action, resource)
    except TaskFailure as failure:
        raise StateFailed(failure.error, failure.cause) from failure
