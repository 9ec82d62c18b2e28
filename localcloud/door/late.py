"""A cloud that is late, as AWS is: what changes is not known everywhere at once, and what is deleted blocks its name.

For who has to stand that, such as a teaching kit's helpers. Seen over the socket are, for some seconds: a new queue,
table, bucket or execution as missing; a new role as one that no service may take on, a role's new policies as its old
ones; an updated state machine as before (`services/stepfunctions/machines.py`); and a name that was deleted as taken.
Who asks again for a list, a role or an execution (redriven, stopped) reads what it was before the change.

Sources: IAM User Guide, "Changes that I make are not always immediately visible"; API references of DescribeTable,
DescribeExecution, ListExecutions, ListStateMachines and UpdateStateMachine ("eventually consistent"), CreateQueue and
DeleteQueue (a second, and sixty); S3 User Guide, "Amazon S3 data consistency model" (ListBuckets after DeleteBucket).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from localcloud.door.wire import Request, ServiceError
from localcloud.host import Moment

Parameters = Mapping[str, Any]
Error = Callable[[str], ServiceError]


def _taken(code: str, message: str, status: int = 400) -> Error:
    return lambda name: ServiceError(code, message.format(name), status=status)


#: What makes something, or ends it: service, action -> the member that names it.
_MAKES = {
    ("dynamodb", "CreateTable"): "TableName",
    ("iam", "CreateRole"): "RoleName",
    ("s3", "CreateBucket"): "Bucket",
    ("sqs", "CreateQueue"): "QueueName",
    ("stepfunctions", "StartExecution"): "stateMachineArn",
}
_ENDS = {
    ("s3", "DeleteBucket"): "Bucket",
    ("sqs", "DeleteQueue"): "QueueUrl",
    ("stepfunctions", "DeleteStateMachine"): "stateMachineArn",
}
#: What is said of the new that is looked at too early, by service.
_MISSING: dict[str, Error] = {
    "dynamodb": _taken("ResourceNotFoundException", "Requested resource not found: Table: {} not found"),
    "s3": _taken("NoSuchBucket", "The specified bucket does not exist", 404),
    "sqs": _taken("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."),
    "stepfunctions": _taken("ExecutionDoesNotExist", "Execution Does Not Exist: '{}'"),
}
#: What creates in vain, where the name was deleted a moment ago; and for how many seconds, where that is another time.
_BLOCKED: dict[tuple[str, str], tuple[str, Error]] = {
    ("s3", "CreateBucket"): (
        "Bucket",
        _taken("OperationAborted", "A conflicting conditional operation is currently in progress against {}.", 409),
    ),
    ("sqs", "CreateQueue"): (
        "QueueName",
        _taken(
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
        ),
    ),
    ("stepfunctions", "CreateStateMachine"): ("name", _taken("StateMachineDeleting", "State Machine Deleting: '{}'")),
}
#: Who takes a role on, by which member, and what it says of one that it may not.
_TAKERS: dict[str, tuple[str, Error]] = {
    "lambda": (
        "Role",
        _taken("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
    ),
    "sagemaker": (
        "RoleArn",
        _taken("ValidationException", "Could not assume role {}. Please ensure that the role exists."),
    ),
    "stepfunctions": (
        "roleArn",
        _taken(
            "AccessDeniedException",
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
            "the provided role.",
        ),
    ),
}

#: What is answered as before, by service.
_READS = {
    "iam": re.compile("(Get|List)Role"),
    "s3": re.compile("ListBuckets$"),
    "sqs": re.compile("ListQueues$"),
    "stepfunctions": re.compile("DescribeExecution$|ListExecutions$|ListStateMachines$"),
}
Start = Callable[..., Any]


class Late:
    """What is not known yet.

    Args:
        now: this moment.
        is_recent: whether a moment is so near that it is not known everywhere.
        policies_of: the ARN of a role -> its policies' documents.
    """

    def __init__(
        self,
        now: Callable[[], Moment],
        is_recent: Callable[[Moment], bool],
        policies_of: Callable[[str], list[dict[str, Any]]],
    ) -> None:
        self._now, self._is_recent, self._policies_of = now, is_recent, policies_of
        self._made: dict[tuple[str, str], Moment] = {}
        self._ended: dict[tuple[str, str], Moment] = {}
        self._before: dict[str, tuple[Moment, list[dict[str, Any]]]] = {}
        self._changes: dict[str, list[Moment]] = defaultdict(list)
        self._answers: dict[tuple[object, ...], tuple[int, tuple[Any, ...], list[bytes]]] = {}

    def policies_of(self, role: str) -> list[dict[str, Any]]:
        """The documents of a role's policies, as far as they are known."""
        name = role.rpartition("/")[2]
        if name in self._before and self._is_recent(self._before[name][0]):
            return self._before[name][1]
        return self._policies_of(role)

    def check(self, service: str, action: str, parameters: Parameters) -> None:
        """Before a call that comes over the socket.

        Raises:
            ServiceError: AWS's, for what is too early.
        """
        if service == "iam" and action in ("PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy"):
            role = parameters["RoleName"]
            if role not in self._before or not self._is_recent(self._before[role][0]):
                self._before[role] = self._now(), self._policies_of(role)
            return
        if (service, action) in _BLOCKED:
            member, error = _BLOCKED[service, action]
            if self._recent(self._ended, service, parameters.get(member)):
                raise error(_name(parameters[member]))
        if service in _TAKERS and action.startswith(("Create", "Update")):
            member, error = _TAKERS[service]
            if self._recent(self._made, "iam", parameters.get(member)):
                raise error(parameters[member])
        if service in _MISSING and (service, action) not in _MAKES and not action.startswith(("List", "Delete")):
            for member in ("TableName", "Bucket", "QueueName", "QueueUrl", "executionArn"):
                if self._recent(self._made, service, parameters.get(member)):
                    raise _MISSING[service](str(parameters[member]))

    def answer(
        self, service: str, action: str, request: Request, ask: Callable[[Start], Iterable[bytes]], start: Start
    ) -> Iterable[bytes]:
        """What the same request was answered before the first change of its service that is not known yet."""
        if service not in _READS:
            return ask(start)
        if not _READS[service].match(action):
            if not action.startswith(("Describe", "Get", "List")):
                self._changes[service].append(self._now())
            return ask(start)
        key = service, action, request.path, request.query, request.body
        changes = self._changes[service]
        if key in self._answers:
            number, head, body = self._answers[key]
            if len(changes) > number and self._is_recent(changes[number]):
                start(*head)
                return body
        number, heads = len(changes), list[tuple[Any, ...]]()
        body = list(ask(lambda *head: heads.append(head)))
        self._answers[key] = number, heads[-1], body
        start(*heads[-1])
        return body

    def note(self, service: str, action: str, parameters: Parameters) -> None:
        """After a call that has succeeded."""
        for table, noted in ((_MAKES, self._made), (_ENDS, self._ended)):
            member = table.get((service, action))
            if member is not None and member in parameters:
                noted[service, _name(parameters[member])] = self._now()

    def _recent(self, noted: Mapping[tuple[str, str], Moment], service: str, value: object) -> bool:
        moment = noted.get((service, _name(value))) if isinstance(value, str) else None
        return moment is not None and self._is_recent(moment)


def _name(value: str) -> str:
    """The name in an ARN, a URL, or a name; of an execution's ARN that of its state machine."""
    if ":execution:" in value or ":stateMachine:" in value:
        return value.split(":")[6]
    return value.rpartition("/")[2]
