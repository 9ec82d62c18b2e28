"""Map Runs: what became of the items of distributed Maps.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html and the API
reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.services.stepfunctions import arns, errors
from localcloud.services.stepfunctions.paging import PAGES
from localcloud.services.stepfunctions.records import Records

if TYPE_CHECKING:
    from localcloud.asl.distributed.run import MapRun

_ITEM = ("executionArn", "mapRunArn", "stateMachineArn", "startDate", "stopDate")


class MapRuns:
    """The Map Run actions. A Map Run is kept with the execution that it is part of."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def describe_map_run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Status, limits and counts."""
        found = self._records.map_run(arns.map_run(request["mapRunArn"]))
        if found is None:
            raise errors.resource_not_found(request["mapRunArn"])
        answer = found if isinstance(found, dict) else describe(found)
        return {key: value for key, value in answer.items() if key != "stateMachineArn"}

    def list_map_runs(self, request: dict[str, Any]) -> dict[str, Any]:
        """Those of an execution; the newest first."""
        record = self._records.find(arns.execution(request["executionArn"]))
        runs = [run if isinstance(run, dict) else describe(run) for run in self._records.map_runs(record)]
        numbered = list(enumerate(runs))[::-1]
        found, token = PAGES.page(numbered, request, "ListMapRuns", lambda each: -each[0])
        listed = [{key: run[key] for key in _ITEM if run.get(key) is not None} for _, run in found]
        return {"mapRuns": listed, "nextToken": token}

    def update_map_run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Change the limits of a Map Run under way; a higher concurrency counts at once."""
        arn = arns.map_run(request["mapRunArn"])
        run = self._records.map_run(arn)
        if run is None:
            raise errors.resource_not_found(arn)
        percentage = request.get("toleratedFailurePercentage")
        if isinstance(run, dict) or run.status != "RUNNING":
            raise errors.validation(f"Map Run is not running and cannot be updated: '{arn}'")
        run.max_concurrency = request.get("maxConcurrency", run.max_concurrency)
        run.tolerated_count = request.get("toleratedFailureCount", run.tolerated_count)
        if percentage is not None:
            run.tolerated_percentage = percentage
        run.fill()
        return {}


def describe(run: MapRun) -> dict[str, Any]:
    """What DescribeMapRun and ListMapRuns tell of a Map Run."""
    return {
        "mapRunArn": run.arn,
        "executionArn": run.execution_arn,
        "stateMachineArn": run.state_machine_arn,
        "status": run.status,
        "startDate": run.start_date,
        "stopDate": run.stop_date,
        "maxConcurrency": run.max_concurrency,
        "toleratedFailurePercentage": float(run.tolerated_percentage),
        "toleratedFailureCount": run.tolerated_count,
        "itemCounts": run.counts(of_items=True),
        "executionCounts": run.counts(of_items=False),
        "redriveCount": run.redrive_count,
        "redriveDate": run.redrive_date,
    }
