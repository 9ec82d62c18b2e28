"""The optimised integrations that are one API call: DynamoDB, SNS, SQS, EventBridge, Athena, SageMaker.

What an optimised integration adds to the API: spelling and errors of the SDK for Java v1, SdkHttpMetadata in
the result, and JSON where the API takes text.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from __future__ import annotations

from typing import Any

from localcloud.asl.environment import TaskCall, TaskFailure
from localcloud.integrations.api import Operation
from localcloud.integrations.base import Base, Pattern
from localcloud.integrations.shapes import text_of
from localcloud.time.fibers import Cancelled

#: The services (botocore's names are the same) whose actions are called; of SageMaker's jobs, those in jobs.JOBS.
SERVICES = frozenset({"athena", "dynamodb", "events", "sagemaker", "sns", "sqs"})


class ApiTask(Base):
    """A task that is one API call; also every `aws-sdk` one."""

    def __init__(self, operation: Operation, resource_type: str, resource: str, pattern: Pattern) -> None:
        super().__init__(resource_type, resource, pattern)
        self._operation = operation

    def check(self, arguments: Any) -> None:
        """Raises TaskFailure for fields that the API does not have or misses."""
        self._operation.request(arguments)

    def turned_away(self, call: TaskCall) -> TaskFailure:
        """How the service fails a call when there are too many."""
        return self._operation.turned_away(call)

    def request(self, call: TaskCall) -> dict[str, Any]:
        """What the API is called with. Raises TaskFailure."""
        return self._operation.request(call.arguments)

    async def submit(self, call: TaskCall) -> Any:
        """Call the API. Raises TaskFailure. A job whose start has yet to be answered is stopped with its task."""
        begun: dict[str, Any] = {}
        try:
            return await self._operation.call(call, self.request(call), begun.update)
        except Cancelled:
            if begun and self.pattern == "sync":
                self._operation.cloud.clock.spawn_next(self.cancel(call, self._operation.answer(begun)))
            raise


class PutEvents(ApiTask):
    """EventBridge: the workflow is added to each entry's resources, and one refused entry fails the task.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html
    """

    def request(self, call: TaskCall) -> dict[str, Any]:
        """The events, which name the workflow. Raises TaskFailure."""
        request = super().request(call)
        for entry in filter(None, request["Entries"] or ()):
            entry["Resources"] = [*entry.get("Resources", ()), call.state_machine_arn, call.execution_arn]
        return request

    async def submit(self, call: TaskCall) -> Any:
        """Put the events. Raises TaskFailure, EventBridge.FailedEntry among others."""
        answer = await super().submit(call)
        if answer.get("FailedEntryCount"):
            raise TaskFailure("EventBridge.FailedEntry", text_of(answer))
        return answer
