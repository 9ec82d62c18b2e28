"""Task resources of one local cloud: a Resource field to what calls it.

functions     a Lambda function's ARN, lambda:invoke
optimised     the optimised integrations that are one API call; every aws-sdk one
executions    states:startExecution
jobs          .sync
api           one API operation: request, call, response, errors
fields        what a task may give its integration
naming, shapes   how Step Functions spells and converts what goes in and out
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, cast

from localcloud.asl.environment import Integration, TaskCall, TaskFailure
from localcloud.asl.validation import catalogue
from localcloud.injection import MARK
from localcloud.integrations import fields, naming
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
        elif catalogue.exists(service, action, suffix and f".{suffix}"):
            found = self._optimised(service, name, action, pattern)
        else:
            found = None
        if found is None:
            raise _unknown(resource)
        return found

    def turned_away(self, resource: str, call: TaskCall) -> TaskFailure:
        """How the service behind a Resource fails a call when there are too many."""
        found = self.resolve(resource)
        if isinstance(found, ApiTask):
            return found.turned_away(call)
        return TaskFailure("Lambda.TooManyRequestsException", f"Rate Exceeded. {MARK}")

    def problems(self, resource: str, arguments: Any) -> Iterator[tuple[Literal["Resource", "Parameters"], str]]:
        """What CreateStateMachine refuses of a task: an action that the service has not, fields that it has not.

        A service of `aws-sdk` that is unknown here is left to run time, when the refusal can say what to do.
        """
        match = _SERVICE.fullmatch(resource)
        if match is None:
            return
        service, (action, _, _) = match["type"], match["resource"].partition(".")
        sdk = service.startswith("aws-sdk:")
        if not sdk and service not in catalogue.OPTIMISED:
            if service != "activity":
                yield "Resource", str(_unknown(resource).cause)
            return
        if not sdk and (own := fields.OWN.get(f"{service}:{action}")) is not None:
            extra = [key.removesuffix(".$") for key in arguments] if isinstance(arguments, dict) else []
            unknown: Iterable[str] = [name for name in extra if name not in own]
        else:
            model = self.model(service)
            if model is None:
                return
            wanted = fields.BOTO_OPERATIONS.get(f"{service}:{action}", action).lower()
            name = next((each for each in model.operation_names if each.lower() == wanted), None)
            if name is None:
                if sdk:  # validation knows which optimised ones there are
                    yield "Resource", str(_unknown(resource).cause)
                return
            shape = model.operation_model(name).input_shape
            unknown = fields.unknown(shape, arguments, naming.member if sdk else naming.capitalised)
        for name in unknown:
            yield "Parameters", f'The field "{name}" is not supported by Step Functions'

    def model(self, service: str) -> Any:
        """Botocore's model of a resource's service, or None."""
        session = self._cloud.session
        if service.startswith("aws-sdk:"):
            boto_name = naming.boto_service(service.removeprefix("aws-sdk:"), session.get_available_services())
        else:
            boto_name = fields.BOTO_SERVICES.get(service, service)
        return session.get_service_model(boto_name) if boto_name in session.get_available_services() else None

    def _optimised(self, service: str, name: str, action: str, pattern: Pattern) -> Integration:
        """One of those that AWS has; refused, when its task starts, where nothing here does its work."""
        if service == "lambda":
            return Invoke(self._cloud, name, pattern)
        if service == "states":
            return StartExecution(self._cloud, self._operation("stepfunctions", "StartExecution"), name, pattern)
        job = JOBS.get((service, action)) if pattern == "sync" else None
        if service not in SERVICES or (pattern == "sync" and job is None):
            return Refused(service, name, pattern)
        operation = self._operation(service, naming.capitalised(action))
        if job is not None:
            describe, stop = self._operation(service, job.describe), self._operation(service, job.stop)
            return JobTask(job, operation, describe, stop, service, name)
        task = PutEvents if service == "events" else ApiTask
        return task(operation, service, name, pattern)

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
