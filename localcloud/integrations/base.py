"""What every integration is: its place in the history, and no job unless it says so."""

from __future__ import annotations

from typing import Any, Literal

from localcloud.asl.environment import TaskCall, TaskFailure

Pattern = Literal["request", "sync", "callback"]


class Base:
    """An integration that is no job.

    Args:
        resource_type, resource: as in TaskScheduled, e.g. "sqs" and "sendMessage.waitForTaskToken".
        pattern: the service integration pattern.
    """

    kind: Literal["Task", "LambdaFunction", "Activity"] = "Task"

    def __init__(self, resource_type: str, resource: str, pattern: Pattern) -> None:
        self.resource_type, self.resource, self.pattern = resource_type, resource, pattern

    def check(self, arguments: Any) -> None:
        """Nothing is known about them before the call is made."""

    async def submit(self, call: TaskCall) -> Any:
        """Make the call."""
        raise NotImplementedError

    async def complete(self, call: TaskCall, response: Any) -> Any:
        """Never asked: only jobs are completed."""
        raise AssertionError(f"{self.resource} is no job")

    async def cancel(self, call: TaskCall, response: Any) -> None:
        """Nothing goes on once a call has been answered."""


class Refused(Base):
    """A resource that exists on AWS and is not run here: its task fails and says what to do."""

    async def submit(self, call: TaskCall) -> Any:
        """Raise TaskFailure."""
        raise TaskFailure(
            "UnsupportedLocally",
            f'state "{call.state_name}" calls {self.resource_type}:{self.resource}, which the local cloud '
            "does not run. Use a Lambda function or a SageMaker job, or set WORKSHOP_TARGET=aws.",
        )
