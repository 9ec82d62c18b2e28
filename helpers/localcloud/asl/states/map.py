"""Map: the same machine for every item, inline (in this execution) or distributed (in child executions)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helpers.localcloud.asl import jsonata, templates
from helpers.localcloud.asl.data import to_json
from helpers.localcloud.asl.dataflow import evaluate_jsonata, expect_array, number
from helpers.localcloud.asl.distributed.items import pairs
from helpers.localcloud.asl.distributed.state import Distribution
from helpers.localcloud.asl.errors import StateFailed
from helpers.localcloud.asl.frame import Frame, Visit
from helpers.localcloud.asl.machine import Machine
from helpers.localcloud.asl.states.base import Outcome, State

#: How many iterations of an inline Map run at once at the most (developer guide, "Map state in Inline mode").
INLINE_CONCURRENCY = 40


class Map(State):
    """Runs its item processor for every item; its result is the list of the outputs."""

    kind = "Map"
    failed_event = "MapStateFailed"

    def __init__(self, name: str, fields: dict[str, Any], is_jsonata: bool) -> None:
        # Map's Parameters are the old name of ItemSelector, not what the state is given.
        super().__init__(name, {k: v for k, v in fields.items() if k != "Parameters"}, is_jsonata)
        processor = fields.get("ItemProcessor") or fields["Iterator"]
        self.processor = Machine(processor, is_jsonata)
        self.config: dict[str, Any] = processor.get("ProcessorConfig", {})
        self._concurrency = number(fields, "MaxConcurrency", is_jsonata)
        self._items_path = fields.get("ItemsPath", "$")
        self._items: Any = None
        if is_jsonata:
            self._items = jsonata.compile_template(fields["Items"], "Items") if "Items" in fields else None
        elif self._items_path != "$":
            self._items = templates.compile_expression(self._items_path)
        selector = fields.get("ItemSelector", fields.get("Parameters"))
        self._selector: Any = None
        if selector is not None:
            self._selector = (
                jsonata.compile_template(selector, "ItemSelector")
                if is_jsonata
                else templates.compile_template(selector)
            )

        self._distribution = Distribution(self) if self.config.get("Mode") == "DISTRIBUTED" else None

    def machines(self) -> list[Machine]:
        return [self.processor]

    async def perform(self, visit: Visit) -> Outcome:
        effective = self.flow.effective(visit)
        concurrency = self.concurrency(visit, effective)
        if self._distribution is not None:
            result = await self._distribution.perform(visit, effective, concurrency)
        else:
            items = self.items(visit, effective)
            if visit.progress is None:
                visit.frame.event("MapStateStarted", ("mapStateStartedEventDetails", {"length": len(items)}))
                visit.progress = _Iterations(self, visit, effective, items)
            result = await visit.progress.run(concurrency)
        visit.frame.event("MapStateSucceeded", advance=False)
        return Outcome(self.next, *self.flow.finish(visit, effective, result))

    def items(self, visit: Visit, effective: Any) -> list[Any]:
        """What is mapped over: ItemsPath of the input, or Items; of an object, if distributed, its pairs.

        Raises:
            StateFailed: it is no array (nor an object that a distributed Map takes).
        """
        takes_objects = self._distribution is not None
        if self.is_jsonata:
            if "Items" in self.fields:
                value = evaluate_jsonata(visit, self._items)
                if takes_objects and isinstance(value, dict):
                    return pairs(value)
                return expect_array(visit, self.fields["Items"], "Items", value)
            if takes_objects and isinstance(effective, dict):
                return pairs(effective)
            if not isinstance(effective, list):
                message = f"Map state input must be an array but was: {to_json(effective)}"
                raise visit.evaluation_failure(message, None)
            return effective
        value = visit.evaluate(self._items, effective) if self._items else effective
        if takes_objects and isinstance(value, dict):
            return pairs(value)
        if not isinstance(value, list):
            shown = self._items_path.removeprefix("$") if self._items_path.startswith("$$") else self._items_path
            raise visit.failure(f'Reference path "{shown}" must point to array.')
        return value

    def concurrency(self, visit: Visit, effective: Any) -> int:
        """MaxConcurrency; 0 for no limit of its own."""
        value: int = self._concurrency(visit, effective) if self._concurrency else 0
        if value >= 0:
            return value
        if self.is_jsonata:
            raise visit.evaluation_failure("MaxConcurrency cannot be negative.", "MaxConcurrency")
        raise visit.failure("MaxConcurrency cannot be negative.")

    def item_input(self, visit: Visit, effective: Any, map_item: dict[str, Any]) -> Any:
        """What an iteration is given: the item, or what ItemSelector makes of it."""
        if self._selector is None:
            item = map_item["Item"]
            return {"Key": item["Key"], "Value": item["Value"]} if "Key" in item else item["Value"]
        visit.frame.map_item, outer = map_item, visit.frame.map_item
        visit.renew(token=visit.token)
        try:
            if self.is_jsonata:
                return evaluate_jsonata(visit, self._selector)
            return visit.evaluate(self._selector, effective)
        finally:
            visit.frame.map_item = outer
            visit.renew(token=visit.token)


class _Iterations:
    """The iterations of one visit: a number of slots that take the items in order."""

    def __init__(self, state: Map, visit: Visit, effective: Any, items: list[Any]) -> None:
        self.state, self.visit, self.effective, self.items = state, visit, effective, items
        self.results: list[Any] = [None] * len(items)
        self.open: dict[int, Frame | None] = dict.fromkeys(range(len(items)))  # not done yet; its frame, if begun
        self.waiting: Iterator[tuple[int, Frame | None]] = iter(())
        self.last = visit.frame.previous

    async def run(self, concurrency: int) -> list[Any]:
        """Run what is open, at most so many at once; all outputs. Raises StateFailed."""
        frame = self.visit.frame
        self.waiting = iter(list(self.open.items()))
        slots = min(concurrency or INLINE_CONCURRENCY, INLINE_CONCURRENCY, len(self.open))
        frame.children = []
        try:
            await frame.execution.clock.gather(self._slot(frame.child()) for _ in range(slots))
        except StateFailed:
            for thread in frame.children:
                if thread.current is not None:
                    thread.abort()
                    self._event(thread, "Aborted")
            frame.previous = self.last
            raise
        frame.children = []
        frame.previous = self.last
        return self.results

    async def _slot(self, thread: Frame) -> None:
        """Iterations one after the other, in one thread of events."""
        for index, begun in self.waiting:
            if begun is not None and begun.interrupted is not None:
                thread = begun
                self.visit.frame.children.append(thread)
            else:
                thread.map_item = {"Item": {"Index": index, "Value": self.items[index]}}
                thread.variables = dict(self.visit.frame.variables)
                self._event(thread, "Started", advance=True)
            self.open[index] = thread
            try:
                self.results[index] = await self._iterate(thread)
            except StateFailed:
                self._event(thread, "Failed")
                thread.interrupted, thread.current = thread.current, None
                self.last = thread.previous
                raise
            del self.open[index]
            self.last = self._event(thread, "Succeeded")

    async def _iterate(self, thread: Frame) -> Any:
        if thread.interrupted is not None:
            return await self.state.processor.resume(thread)
        data = self.state.item_input(self.visit, self.effective, thread.map_item or {})
        return await self.state.processor.run(thread, data)

    def _event(self, thread: Frame, suffix: str, *, advance: bool = False) -> int:
        details = {"name": self.state.name, "index": (thread.map_item or {})["Item"]["Index"]}
        member = f"mapIteration{suffix}EventDetails"
        return thread.event(f"MapIteration{suffix}", (member, details), advance=advance)
