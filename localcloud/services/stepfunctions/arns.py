"""Names and ARNs of Step Functions: how they are made, read and refused.

The kinds of ARN are in https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html;
the rules for names in the reference of each Create action.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from localcloud.door.wire import ServiceError
from localcloud.services.stepfunctions import errors

_FORBIDDEN = re.compile('[\\s<>{}\\[\\]?*"#%\\\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\U0010ffff]')
_PREFIX = re.compile(r"arn:aws[a-z0-9-]*:states:([a-z0-9-]+):([0-9]{12}):([A-Za-z]+):(.+)", re.S)
_MACHINE = re.compile(r"([^:/]+)(?:/([^:/]+))?(?::([^:/]+))?")
_EXECUTION = re.compile(r"[^:/]+(?:/[^:/]+)?:[^:]+(?::[^:]+)?")
_MAP_RUN = re.compile(r"[^:/]+/[^:/]+:[^:/]+")
_ROLE = re.compile(r"arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/.+")


@dataclass(frozen=True, slots=True)
class MachineArn:
    """A state machine's ARN, taken apart.

    Args:
        base: the ARN of the state machine itself.
        label: of a Distributed Map state in it (`.../label`), or None.
        qualifier: a version's number or an alias's name (`...:qualifier`), or None.
    """

    base: str
    label: str | None
    qualifier: str | None

    @property
    def version(self) -> int | None:
        """The number of the version that is meant, or None."""
        return int(self.qualifier) if self.qualifier is not None and self.qualifier.isdecimal() else None

    @property
    def alias(self) -> str | None:
        """The name of the alias that is meant, or None."""
        return self.qualifier if self.version is None else None


def check_name(name: str) -> str:
    """The name, when AWS would take it for a state machine, an execution or an activity.

    Raises:
        ServiceError: InvalidName.
    """
    if _FORBIDDEN.search(name):
        raise errors.invalid_name(name)
    return name


def check_role(arn: str) -> str:
    """The ARN, when it is that of an IAM role. Whether the role exists is not asked (nor does AWS here).

    Raises:
        ServiceError: InvalidArn.
    """
    if not _ROLE.fullmatch(arn):
        raise ServiceError("InvalidArn", f"Invalid Role Arn: '{arn}'")
    return arn


def machine(arn: str) -> MachineArn:
    """Take a state machine's ARN apart, qualified or not.

    Raises:
        ServiceError: InvalidArn.
    """
    rest = _resource(arn, "stateMachine")
    match = _MACHINE.fullmatch(rest)
    if not match:
        raise errors.invalid_arn(arn)
    name, label, qualifier = match.groups()
    return MachineArn(arn[: len(arn) - len(rest)] + name, label, qualifier)


def unqualified(arn: str) -> str:
    """The ARN, when it is that of a state machine itself.

    Raises:
        ServiceError: InvalidArn; ValidationException when it is a version's, an alias's or a Map state's.
    """
    parts = machine(arn)
    if parts.label is not None or parts.qualifier is not None:
        raise errors.validation(f"Qualified state machine ARN is not supported for this operation: '{arn}'")
    return parts.base


def execution(arn: str) -> str:
    """The ARN, when it is that of a Standard execution.

    Raises:
        ServiceError: InvalidArn; also for an Express execution, as AWS keeps nothing that could be read of
        one.
    """
    if not _EXECUTION.fullmatch(_resource(arn, "execution")):
        raise errors.invalid_arn(arn)
    return arn


def activity(arn: str) -> str:
    """The ARN, when it is that of an activity.

    Raises:
        ServiceError: InvalidArn.
    """
    if _FORBIDDEN.search(_resource(arn, "activity")):
        raise errors.invalid_arn(arn)
    return arn


def map_run(arn: str) -> str:
    """The ARN, when it is that of a Map Run.

    Raises:
        ServiceError: InvalidArn.
    """
    if not _MAP_RUN.fullmatch(_resource(arn, "mapRun")):
        raise errors.invalid_arn(arn)
    return arn


def _resource(arn: str, kind: str) -> str:
    if not arn.startswith("arn:"):
        raise errors.invalid_arn(f"Invalid ARN prefix: {arn}")
    match = _PREFIX.fullmatch(arn)
    if not match:
        raise errors.invalid_arn(arn)
    if match[3] != kind:
        raise errors.wrong_resource_type(match[3])
    return match[4]
