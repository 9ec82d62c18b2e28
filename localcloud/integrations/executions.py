"""Workflows as tasks: `states:startExecution`, `.sync`, `.sync:2` and `.waitForTaskToken`.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.asl.environment import TaskCall, TaskFailure
from localcloud.integrations import shapes
from localcloud.integrations.base import Pattern
from localcloud.integrations.jobs import next_look
from localcloud.integrations.naming import capitalised
from localcloud.integrations.optimised import ApiTask

if TYPE_CHECKING:
    from localcloud.host import Host
    from localcloud.integrations.api import Operation

#: What the description of an ended execution consists of; Step Functions has it from an event of EventBridge.
_MEMBERS = (
    "cause",
    "error",
    "executionArn",
    "input",
    "name",
    "output",
    "startDate",
    "stateMachineArn",
    "status",
)


class StartExecution(ApiTask):
    """Starts an execution of another workflow, or of the same."""

    def __init__(self, cloud: Host, operation: Operation, resource: str, pattern: Pattern) -> None:
        super().__init__(operation, "states", resource, pattern)
        self._cloud = cloud
        self._parsed = resource.endswith(":2")

    def request(self, call: TaskCall) -> dict[str, Any]:
        """Without an Input it gets {}. Raises TaskFailure."""
        return {"input": "{}"} | super().request(call)

    async def complete(self, call: TaskCall, response: Any) -> Any:
        """Wait for its end; the result is its description. Raises TaskFailure unless it succeeded."""
        clock, client = self._cloud.clock, self._cloud.client("stepfunctions")
        started = clock.now()
        while True:
            try:
                found = client.describe_execution(executionArn=response["ExecutionArn"])
            except ClientError as error:  # the workflow's role may start the execution and not look at it
                raise self._operation.failure(call, error) from None
            if found["status"] != "RUNNING":
                break
            await clock.sleep(next_look(clock.now() - started))
        description = self._description(found)
        if found["status"] == "SUCCEEDED":
            return description
        raise TaskFailure("States.TaskFailed", shapes.text_of(description))

    async def cancel(self, call: TaskCall, response: Any) -> None:
        """Stop it."""
        self._cloud.client("stepfunctions").stop_execution(executionArn=response["ExecutionArn"])

    def _description(self, found: dict[str, Any]) -> dict[str, Any]:
        """As Step Functions shows it: with `.sync:2`, input and output are JSON rather than text."""
        result = {capitalised(name): found[name] for name in (*_MEMBERS, "stopDate") if name in found}
        for name in ("Input", "Output"):
            if name in result:
                result[f"{name}Details"] = {"Included": True}
                if self._parsed:
                    result[name] = json.loads(result[name])
        for name in ("StartDate", "StopDate"):
            result[name] = shapes.milliseconds(result[name])
        return dict(sorted(result.items()))
