"""What pictures show besides an execution's own history: child workflows, Map Runs and jobs, asked of the cloud."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from draw import words
from helpers.errors import UnsupportedLocally, WorkshopError
from helpers.session import current

Json = Mapping[str, Any]
MOST_ITEMS = 40  # of a Map Run: with more, only their numbers are shown


def history_of(arn: str) -> list[dict[str, Any]]:
    """The history of an execution so far, every page of it."""
    session = current()
    with session.alive():
        pages = session.client("stepfunctions").get_paginator("get_execution_history")
        return [event for page in pages.paginate(executionArn=arn) for event in page["events"]]


def runs_of(arn: str, most: int = 1000) -> list[Json]:
    """The first child executions of a Map Run, as ListExecutions tells of them; Express ones are not listed."""
    listed: list[Json] = _asked("list_executions", mapRunArn=arn, maxResults=most).get("executions", [])
    return listed


class Asking:
    """A `draw.Source` that asks the connected cloud, once for what does not change any more.

    What the cloud refuses to tell (an Express workflow has no history, a role may lack states:DescribeMapRun) is not
    drawn.

    Args:
        children: whether it tells of child workflows, so that they are opened.
    """

    def __init__(self, *, children: bool = True) -> None:
        self._children = children
        self._kept: dict[str, Any] = {}

    def machine(self, arn: str) -> str | None:
        """The definition of a state machine."""
        if not self._children:
            return None
        if arn not in self._kept:
            described = _asked("describe_state_machine", stateMachineArn=arn)
            self._kept[arn] = described.get("definition")
        found: str | None = self._kept[arn]
        return found

    def execution(self, arn: str) -> tuple[str, Iterable[Json]] | None:
        """The ARN of an execution's state machine, and the execution's history so far."""
        if arn in self._kept:
            kept: tuple[str, Iterable[Json]] = self._kept[arn]
            return kept
        described = _asked("describe_execution", executionArn=arn)
        if not described:
            return None
        try:
            found = described["stateMachineArn"], history_of(arn)
        except current().client("stepfunctions").exceptions.ClientError:  # an Express one of a Map Run
            return None
        if described["status"] != "RUNNING":
            self._kept[arn] = found
        return found

    def map_run(self, arn: str) -> Mapping[str, int] | None:
        """The itemCounts of a Map Run."""
        return _asked("describe_map_run", mapRunArn=arn).get("itemCounts")

    def items(self, arn: str) -> list[Iterable[Json]]:
        """The histories so far of a Map Run's executions; none if they are too many to be asked for."""
        listed = runs_of(arn, MOST_ITEMS + 1)
        if len(listed) > MOST_ITEMS:
            return []
        found = [self.execution(execution["executionArn"]) for execution in listed]
        return [execution[1] for execution in found if execution is not None]

    def job(self, resource: str, request: Json) -> str | None:
        """How far a SageMaker job is: "training, 2 min 40 s", "2 of 6 training jobs done"."""
        action = resource.removeprefix("sagemaker:").removesuffix(".sync")
        if not resource.endswith(".sync") or action not in _JOBS:
            return None
        name, progress = _JOBS[action]
        from botocore import xform_name

        described = _asked(xform_name(f"Describe{name.removesuffix('Name')}"), "sagemaker", **{name: request.get(name)})
        return progress(described) if described else None


def _asked(operation: str, service: str = "stepfunctions", **request: Any) -> Json:
    """The answer, or {} where there is nobody to ask or the cloud refuses."""
    from botocore.exceptions import ClientError, ParamValidationError

    try:
        session = current()
    except WorkshopError:  # a definition is drawn without a cloud too
        return {}
    try:
        with session.alive():
            answer: Json = getattr(session.client(service), operation)(**request)
    except (ClientError, ParamValidationError, UnsupportedLocally):
        return {}
    return answer


def _training(described: Json) -> str:
    return words.camel_to_words(described["SecondaryStatus"]) + _elapsed(described)


def _processing(described: Json) -> str:
    status = next(value for key, value in described.items() if re.fullmatch("(Processing|Transform)JobStatus", key))
    return words.camel_to_words(status) + _elapsed(described)


def _tuning(described: Json) -> str:
    done = described["TrainingJobStatusCounters"].get("Completed", 0)
    limit = described["HyperParameterTuningJobConfig"].get("ResourceLimits", {}).get("MaxNumberOfTrainingJobs")
    return f"{done} of {limit} training jobs done" if limit else f"{done} training jobs done"


def _elapsed(described: Json) -> str:
    """Since the job was made: until now, or on the local cloud, whose clock is its own, until its last change."""
    began = described["CreationTime"]
    changed = described.get("LastModifiedTime", began)
    seconds = round((time.time() if current().target == "aws" else changed.timestamp()) - began.timestamp())
    return f", {words.duration(seconds)}" if seconds > 0 else ""


_JOBS: dict[str, tuple[str, Callable[[Json], str]]] = {
    "createTrainingJob": ("TrainingJobName", _training),
    "createProcessingJob": ("ProcessingJobName", _processing),
    "createTransformJob": ("TransformJobName", _processing),
    "createHyperParameterTuningJob": ("HyperParameterTuningJobName", _tuning),
}
