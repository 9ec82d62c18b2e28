"""GetExecutionHistory: pages of events, which are in AWS's shape already."""

from __future__ import annotations

from typing import Any

from localcloud.services.stepfunctions import arns
from localcloud.services.stepfunctions.logs import without_data
from localcloud.services.stepfunctions.paging import PAGES
from localcloud.services.stepfunctions.records import Records

_CALL = "GetExecutionHistory"


class Histories:
    """Reads what the interpreter wrote; events are handed through as they are."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def get_execution_history(self, request: dict[str, Any]) -> dict[str, Any]:
        """A page of the history, from the start or from the end."""
        record = self._records.find(arns.execution(request["executionArn"]))
        events = self._records.events(record)
        size = PAGES.length(request)
        first = PAGES.position(request, _CALL)
        if request.get("reverseOrder"):
            last = first or len(events)  # the token of a reversed history counts what is left of it
            found, following = events[max(last - size, 0) : last][::-1], last - size
            token = PAGES.write(following, request, _CALL) if following > 0 else None
        else:
            found, following = events[first : first + size], first + size
            token = PAGES.write(following, request, _CALL) if following < len(events) else None
        if request.get("includeExecutionData") is False:
            found = [
                {key: without_data(value) if isinstance(value, dict) else value for key, value in event.items()}
                for event in found
            ]
        return {"events": found, "nextToken": token}
