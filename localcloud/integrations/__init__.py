"""Task resources of one local cloud: a Resource field to what calls it.

functions     a Lambda function's ARN, lambda:invoke
optimised     the optimised integrations that are one API call; every aws-sdk one
executions    states:startExecution
jobs          .sync
api           one API operation: request, call, response, errors
naming, shapes   how Step Functions spells and converts what goes in and out
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from localcloud.asl.environment import Integration, TaskFailure
from localcloud.integrations import naming
from localcloud.integrations.api import Ids, Operation
from localcloud.integrations.base import Pattern, Refused
from localcloud.integrations.executions import StartExecution
from localcloud.integrations.functions import FunctionTask, Invoke
from localcloud.integrations.jobs import JOBS, JobTask
from localcloud.integrations.optimised import SERVICES, ApiTask, PutEvents

if TYPE_CHECKING:
    from localcloud.host import Host

_FUNCTION = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:.+")
_SERVICE = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:(?P<type>(?:aws-sdk:)?[^:]+):(?P<resource>[^:.]+(?:\..+)?)")
_PATTERNS = {"": "request", "sync": "sync", "sync:2": "sync", "waitForTaskToken": "callback"}

#: Optimised integrations of AWS for whose work there is nothing here
#: (https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html).
_NOT_RUN = frozenset(
    {
        "apigateway",
        "batch",
        "bedrock",
        "codebuild",
        "databrew",
        "ecs",
        "eks",
        "elasticmapreduce",
        "emr-containers",
        "emr-serverless",
        "glue",
        "http",
        "mediaconvert",
    }
)


class LocalIntegrations:
    """Finds the integration of a Resource.

    Args:
        cloud: whose services are called.
    """

    def __init__(self, cloud: Host) -> None:
        self._cloud = cloud
        self._ids = Ids()
        self._known: dict[str, Integration] = {}

    def resolve(self, resource: str) -> Integration:
        """The integration of a Resource, as written.

        Raises:
            TaskFailure: AWS has no such resource.
        """
        found = self._known.get(resource)
        if found is None:
            found = self._known[resource] = self._find(resource)
        return found

    def _find(self, resource: str) -> Integration:
        if _FUNCTION.fullmatch(resource):
            return FunctionTask(self._cloud, resource)
        match = _SERVICE.fullmatch(resource)
        if match is None:
            raise _unknown(resource)
        service, name = match["type"], match["resource"]
        action, _, suffix = name.partition(".")
        if suffix not in _PATTERNS:
            raise _unknown(resource)
        pattern = cast(Pattern, _PATTERNS[suffix])
        if service.startswith("aws-sdk:"):
            found = self._aws_sdk(service, name, action, pattern)
        elif service == "lambda" and action == "invoke" and pattern != "sync":
            found = Invoke(self._cloud, name, pattern)
        elif service == "states" and action == "startExecution":
            found = StartExecution(self._cloud, self._operation("stepfunctions", "StartExecution"), name, pattern)
        elif service in SERVICES:
            found = self._optimised(service, name, action, suffix)
        elif service in _NOT_RUN:
            found = Refused(service, name, pattern)
        else:
            found = None
        if found is None:
            raise _unknown(resource)
        return found

    def _optimised(self, service: str, name: str, action: str, suffix: str) -> Integration | None:
        boto_name, actions, with_token = SERVICES[service]
        if action not in actions:
            return None
        operation = self._operation(boto_name, naming.capitalised(action))
        if suffix == "sync" and (job := JOBS.get((service, action))) is not None:
            describe, stop = self._operation(boto_name, job.describe), self._operation(boto_name, job.stop)
            return JobTask(job, operation, describe, stop, service, name)
        if suffix.startswith("sync") or (suffix == "waitForTaskToken" and not with_token):
            return None
        task = PutEvents if service == "events" else ApiTask
        return task(operation, service, name, "callback" if suffix else "request")

    def _aws_sdk(self, service: str, name: str, action: str, pattern: Pattern) -> Integration | None:
        available = self._cloud.session.get_available_services()
        boto_name = naming.boto_service(service.removeprefix("aws-sdk:"), available)
        if boto_name is None or pattern == "sync":
            return None
        wanted = action.lower()
        model = self._cloud.client(boto_name).meta.service_model
        operation = next((each for each in model.operation_names if each.lower() == wanted), None)
        if operation is None or not action[:1].islower():
            return None
        return ApiTask(self._operation(boto_name, operation, optimised=False), service, name, pattern)

    def _operation(self, service: str, name: str, *, optimised: bool = True) -> Operation:
        return Operation(self._cloud, service, name, optimised=optimised, ids=self._ids)


def _unknown(resource: str) -> TaskFailure:
    return TaskFailure(
        "States.Runtime",
        f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the "
        "resource is not available in this region.",
    )
