"""ItemBatcher: several items in one child execution (developer guide, "ItemBatcher (Map)")."""

from __future__ import annotations

from typing import Any

from localcloud.asl.data import to_json
from localcloud.asl.history import MAX_PAYLOAD
from localcloud.asl.language import Expression, Fields, Language
from localcloud.asl.running import Visit


class ItemBatcher:
    """The ItemBatcher field of a Map state."""

    def __init__(self, fields: Fields, language: Language) -> None:
        self._max_items = language.number(fields, "MaxItemsPerBatch")
        self._max_bytes = language.number(fields, "MaxInputBytesPerBatch")
        shared = fields.get("BatchInput")
        self._input = language.template(shared, "ItemBatcher/BatchInput") if shared is not None else None

    def batches(self, visit: Visit, effective: Any, items: list[Any]) -> list[tuple[dict[str, Any], int]]:
        """The inputs of the child executions, each with how many items are in it."""
        max_items = self._positive(visit, effective, self._max_items, "MaxItemsPerBatch") or len(items) or 1
        max_bytes = self._positive(visit, effective, self._max_bytes, "MaxInputBytesPerBatch") or MAX_PAYLOAD
        head = {"BatchInput": self._input(visit, effective)} if self._input is not None else {}
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
    def _positive(visit: Visit, effective: Any, expression: Expression | None, field: str) -> int | None:
        if expression is None:
            return None
        value: int = expression(visit, effective)
        if value <= 0:
            raise visit.failure(f"{field} must be greater than zero.")
        return value
