"""What executions run in here: the cloud's integrations and S3, and the activities of this service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from localcloud.asl.environment import Integration, TaskCall, TaskFailure
from localcloud.integrations import LocalIntegrations
from localcloud.integrations.base import Base
from localcloud.services.stepfunctions.activities import Activities, Task
from localcloud.time.clock import Signal

if TYPE_CHECKING:
    from localcloud.host import Host

_ACTIVITY = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:activity:")


class ActivityIntegration(Base):
    """A Task state whose Resource is an activity: submitted when a worker takes it, ended by its token."""

    kind: Literal["Task", "LambdaFunction", "Activity"] = "Activity"

    def __init__(self, cloud: Host, activities: Activities, resource: str) -> None:
        super().__init__("activity", resource, "callback")
        self._cloud = cloud
        self._activities = activities

    async def submit(self, call: TaskCall) -> Any:
        """Queue the task; return the name of the worker that took it (None: it gave no name)."""
        taken: Signal[str | None] = Signal(self._cloud.clock, external=True)
        text = json.dumps(call.arguments, separators=(",", ":"), ensure_ascii=False)
        assert call.token is not None  # the pattern is callback
        if not self._activities.schedule(self.resource, Task(call.token, text, taken.set)):
            raise TaskFailure("States.Runtime", f"The activity {self.resource} does not exist.")
        return await taken


class WithActivities:
    """The cloud's integrations, and the activities, which are this service's own."""

    def __init__(self, cloud: Host, integrations: LocalIntegrations, activities: Activities) -> None:
        self._cloud, self._integrations, self._activities = cloud, integrations, activities

    def resolve(self, resource: str) -> Integration:
        """Raises TaskFailure when there is none; for an activity, in the words of AWS."""
        if _ACTIVITY.match(resource):
            if self._activities.get(resource) is None:
                raise TaskFailure("States.Runtime", f"The activity {resource} does not exist.")
            return ActivityIntegration(self._cloud, self._activities, resource)
        return self._integrations.resolve(resource)


class S3Objects:
    """The objects that ItemReader and ResultWriter work on: those of the cloud's S3."""

    def __init__(self, cloud: Host) -> None:
        self._cloud = cloud

    def get(self, bucket: str, key: str, owner: str | None) -> bytes:
        """The object's bytes. Raises TaskFailure."""
        body: bytes = self._call("get_object", Bucket=bucket, Key=key, **_owner(owner))["Body"].read()
        return body

    def list(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        """Its objects as ListObjectsV2 gives them. Raises TaskFailure."""
        token: dict[str, str] = {}
        while True:
            answer = self._call("list_objects_v2", Bucket=bucket, Prefix=prefix, **token)
            yield from answer.get("Contents", ())
            if not answer.get("IsTruncated"):
                return
            token = {"ContinuationToken": answer["NextContinuationToken"]}

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object. Raises TaskFailure."""
        self._call("put_object", Bucket=bucket, Key=key, Body=body, ContentType="application/json")

    def _call(self, operation: str, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._cloud.client("s3"), operation)(**arguments)
        except ClientError as problem:
            error = problem.response["Error"]
            raise TaskFailure(f"S3.{error['Code']}Exception", error.get("Message")) from problem
        except BotoCoreError:  # what boto3 itself does not take for the name of a bucket or an object
            raise TaskFailure("S3.S3Exception", "The specified bucket is not valid.") from None


def _owner(owner: str | None) -> dict[str, str]:
    return {} if owner is None else {"ExpectedBucketOwner": owner}
