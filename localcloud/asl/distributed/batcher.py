"""ItemBatcher: several items in one child execution (developer guide, "ItemBatcher (Map)")."""

from __future__ import annotations

from typing import Any

from localcloud.asl import jsonata, templates
from localcloud.asl.data import to_json
from localcloud.asl.dataflow import evaluate_jsonata, number
from localcloud.asl.frame import Visit
from localcloud.asl.history import MAX_PAYLOAD


class ItemBatcher:
    """The ItemBatcher field of a Map state."""

    def __init__(self, fields: dict[str, Any], is_jsonata: bool) -> None:
        self._is_jsonata = is_jsonata
        self._max_items = number(fields, "MaxItemsPerBatch", is_jsonata)
        self._max_bytes = number(fields, "MaxInputBytesPerBatch", is_jsonata)
        given = fields.get("BatchInput")
        self._input: Any = None
        if given is not None:
            self._input = (
                jsonata.compile_template(given, "ItemBatcher/BatchInput")
                if is_jsonata
                else templates.compile_template(given)
            )

    def batches(self, visit: Visit, effective: Any, items: list[Any]) -> list[tuple[dict[str, Any], int]]:
        """The inputs of the child executions, each with how many items are in it."""
        max_items = self._positive(visit, effective, self._max_items, "MaxItemsPerBatch") or len(items) or 1
        max_bytes = self._positive(visit, effective, self._max_bytes, "MaxInputBytesPerBatch") or MAX_PAYLOAD
        head: dict[str, Any] = {}
        if self._input is not None:
            if self._is_jsonata:
                head = {"BatchInput": evaluate_jsonata(visit, self._input)}
            else:
                head = {"BatchInput": visit.evaluate(self._input, effective)}
        empty = len(to_json({**head, "Items": []}).encode()) - 1  # the first item has no comma before it
        batches: list[list[Any]] = []
        size = 0
        for item in items:
            length = len(to_json(item).encode()) + 1
            if not batches or len(batches[-1]) == max_items or size + length > min(max_bytes, MAX_PAYLOAD):
                batches.append([])
                size = empty
            batches[-1].append(item)
            size += length
        return [({**head, "Items": batch}, len(batch)) for batch in batches]

    @staticmethod
    def _positive(visit: Visit, effective: Any, getter: Any, field: str) -> int | None:
        if getter is None:
            return None
        value: int = getter(visit, effective)
        if value <= 0:
            raise visit.failure(f"{field} must be greater than zero.")
        return value
