"""Jobs as tasks: `.sync` starts one, waits on the clock until it has ended, and returns its description.

One row for each kind of job. Sources: the developer guide's page of each service ("Run a job (.sync)"), and
the statuses in the services' API references.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.asl.environment import TaskCall, TaskFailure
from localcloud.integrations.optimised import ApiTask
from localcloud.integrations.shapes import text_of
from localcloud.time import durations

if TYPE_CHECKING:
    from localcloud.integrations.api import Operation

#: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html says that it is set; the role must be
#: allowed to (sagemaker:AddTags).
_MANAGED = {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}

Request = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Job:
    """How one kind of job is looked after.

    Args:
        describe, stop: operations of the same service, in botocore's names.
        key: (arguments, response) of the start -> what both take to name the job.
        status: where its status stands in the description.
        succeeded, failed: the statuses at which it has ended.
    """

    describe: str
    stop: str
    key: Request
    status: tuple[str, ...]
    succeeded: frozenset[str]
    failed: frozenset[str]


def _sagemaker(kind: str) -> Job:
    name = f"{kind}Name"
    return Job(
        describe=f"Describe{kind}",
        stop=f"Stop{kind}",
        key=lambda arguments, _: {name: str(arguments[name])},
        status=(f"{kind}Status",),
        succeeded=frozenset({"Completed"}),
        failed=frozenset({"Failed", "Stopped"}),
    )


JOBS = {
    ("athena", "startQueryExecution"): Job(
        describe="GetQueryExecution",
        stop="StopQueryExecution",
        key=lambda _, response: {"QueryExecutionId": response["QueryExecutionId"]},
        status=("QueryExecution", "Status", "State"),
        succeeded=frozenset({"SUCCEEDED"}),
        failed=frozenset({"FAILED", "CANCELLED"}),
    ),
    ("sagemaker", "createHyperParameterTuningJob"): _sagemaker("HyperParameterTuningJob"),
    ("sagemaker", "createProcessingJob"): _sagemaker("ProcessingJob"),
    ("sagemaker", "createTrainingJob"): _sagemaker("TrainingJob"),
    ("sagemaker", "createTransformJob"): _sagemaker("TransformJob"),
}


def next_look(elapsed: float) -> float:
    """Virtual seconds until a job that has run for `elapsed` is looked at again."""
    return max(durations.POLL, elapsed * durations.POLL_SHARE)


class JobTask(ApiTask):
    """A job that the task waits for.

    Args:
        start, describe, stop: its operations.
    """

    def __init__(
        self,
        job: Job,
        start: Operation,
        describe: Operation,
        stop: Operation,
        resource_type: str,
        resource: str,
    ) -> None:
        super().__init__(start, resource_type, resource, "sync")
        self._job, self._describe, self._stop = job, describe, stop

    def request(self, call: TaskCall) -> dict[str, Any]:
        """What starts the job; SageMaker's gets a tag of Step Functions' own. Raises TaskFailure."""
        request = super().request(call)
        if self.resource_type == "sagemaker":
            request["Tags"] = [*request.get("Tags", ()), _MANAGED]
        return request

    async def complete(self, call: TaskCall, response: Any) -> Any:
        """Look until it has ended. Raises TaskFailure, the description as its cause, unless it succeeded."""
        clock = self._describe.cloud.clock
        key = self._job.key(call.arguments, response)
        started = clock.now()
        while True:
            # A description may have to wait for the job's real end: not on the clock thread.
            try:
                found = await clock.work(self._describe.send, key)
            except ClientError as error:  # the workflow's role may start the job and not look at it
                raise self._describe.failure(call, error) from None
            status: Any = found
            for name in self._job.status:
                status = status[name]
            if status in self._job.succeeded:
                return self._describe.answer(found)
            if status in self._job.failed:
                raise TaskFailure("States.TaskFailed", text_of(self._describe.answer(found)))
            await clock.sleep(next_look(clock.now() - started))

    async def cancel(self, call: TaskCall, response: Any) -> None:
        """Stop the job."""
        await self._stop.cloud.clock.work(self._stop.send, self._job.key(call.arguments, response))
