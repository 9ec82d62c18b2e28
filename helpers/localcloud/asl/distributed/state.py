"""The distributed half of the Map state."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from helpers.localcloud.asl.dataflow import number
from helpers.localcloud.asl.distributed.batcher import ItemBatcher
from helpers.localcloud.asl.distributed.items import map_item
from helpers.localcloud.asl.distributed.reader import ItemReader
from helpers.localcloud.asl.distributed.run import MapRun
from helpers.localcloud.asl.distributed.writer import ResultWriter
from helpers.localcloud.asl.errors import StateFailed
from helpers.localcloud.asl.frame import Visit
from helpers.localcloud.asl.randomness import uuid4

if TYPE_CHECKING:
    from helpers.localcloud.asl.states.map import Map


class Distribution:
    """ItemReader, ItemBatcher, ResultWriter and the tolerated failures of a distributed Map."""

    def __init__(self, state: Map) -> None:
        fields, is_jsonata = state.fields, state.is_jsonata
        self._state = state
        self._reader = ItemReader(fields["ItemReader"], is_jsonata) if "ItemReader" in fields else None
        self._batcher = ItemBatcher(fields["ItemBatcher"], is_jsonata) if "ItemBatcher" in fields else None
        self._writer = ResultWriter(fields["ResultWriter"], is_jsonata) if "ResultWriter" in fields else None
        self._count = number(fields, "ToleratedFailureCount", is_jsonata)
        self._percentage = number(fields, "ToleratedFailurePercentage", is_jsonata, fraction=True)

    async def perform(self, visit: Visit, effective: Any, concurrency: int) -> Any:
        """Read the items, run the children, write the results; the state's result. Raises StateFailed."""
        if visit.progress is not None:
            return await self._redrive(visit, effective, visit.progress)
        frame, state = visit.frame, self._state
        items = None if self._reader else state.items(visit, effective)
        started = {"length": 0 if items is None else len(items)}
        frame.event("MapStateStarted", ("mapStateStartedEventDetails", started))
        count, percentage = self._tolerated(visit, effective)
        limit = self._reader.limit(visit, effective) if self._reader else 0
        execution = frame.execution
        label = state.fields.get("Label") or uuid4(execution.random)
        run = MapRun(
            execution,
            label,
            state.processor,
            state.config.get("ExecutionType", "STANDARD"),
            [],
            max_concurrency=concurrency,
            tolerated_count=count,
            tolerated_percentage=percentage,
        )
        execution.map_runs.append(run)
        frame.event("MapRunStarted", ("mapRunStartedEventDetails", {"mapRunArn": run.arn}))
        return await self._finish(visit, effective, run, self._run(visit, effective, run, items, limit))

    async def _run(self, visit: Visit, effective: Any, run: MapRun, items: list[Any] | None, limit: int) -> None:
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
        return await self._finish(visit, effective, run, run.redrive())

    def _tolerated(self, visit: Visit, effective: Any) -> tuple[int, float]:
        count = self._count(visit, effective) if self._count else 0
        percentage = self._percentage(visit, effective) if self._percentage else 0
        if count < 0:
            raise visit.failure("ToleratedFailureCount cannot be negative.")
        if not 0 <= percentage <= 100:
            raise visit.failure("ToleratedFailurePercentage must be between 0 and 100.")
        return count, percentage

    def _inputs(self, visit: Visit, effective: Any, items: list[Any]) -> list[tuple[Any, int]]:
        selected = [self._state.item_input(visit, effective, map_item(index, item)) for index, item in enumerate(items)]
        if self._batcher is not None:
            return list(self._batcher.batches(visit, effective, selected))
        return [(item, 1) for item in selected]

    def _result(self, visit: Visit, effective: Any, run: MapRun) -> Any:
        if self._writer is not None:
            return self._writer.write(visit, effective, run)
        return [json.loads(child.output) for child in run.children if child.output is not None]
