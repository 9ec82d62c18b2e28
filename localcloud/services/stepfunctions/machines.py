"""State machines, their revisions and their published versions.

A revision is what an update makes: definition, role and settings as they were at one time. An execution keeps
the revision that it started with; a version is a revision with a number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from localcloud.asl import validation
from localcloud.asl.compiler import compile_machine
from localcloud.asl.machine import Machine
from localcloud.asl.validation.shapes import TaskProblems
from localcloud.door.wire import ServiceError
from localcloud.ids import derived_choice, derived_uuid
from localcloud.services import _ahead
from localcloud.services._regional import Regional
from localcloud.services.stepfunctions import arns, errors, settings, tags
from localcloud.services.stepfunctions.logs import prove_permissions
from localcloud.services.stepfunctions.paging import PAGES
from localcloud.services.stepfunctions.variables import variable_references

if TYPE_CHECKING:
    from localcloud.host import Host, Moment

#: https://docs.aws.amazon.com/step-functions/latest/dg/limits-overview.html
MAX_VERSIONS = 1000

_SETTINGS = {
    "loggingConfiguration": settings.logging,
    "tracingConfiguration": settings.tracing,
    "encryptionConfiguration": settings.encryption,
}

_NOTHING_TO_UPDATE = (
    "Either the definition, the role ARN, the LoggingConfiguration, the EncryptionConfiguration "
    "or the TracingConfiguration must be specified"
)


@dataclass(frozen=True, slots=True)
class Revision:
    """A state machine as it was at one time.

    Args:
        identity: AWS's revisionId; None for the first revision of a machine that was never updated.
        compiled: the definition, ready to be run.
        updated: virtual time at which it came about.
    """

    identity: str | None
    definition: str
    compiled: Machine
    role_arn: str
    settings: Mapping[str, dict[str, Any]]
    updated: float


@dataclass(frozen=True, slots=True)
class Version:
    """A published revision."""

    arn: str
    number: int
    revision: Revision
    description: str | None
    created: float


def version_number(version_arn: str) -> int:
    """The number at the end of a version's ARN."""
    return int(version_arn.rpartition(":")[2])


@dataclass(slots=True)
class Alias:
    """A name for versions of one state machine."""

    arn: str
    name: str
    description: str | None
    routing: list[dict[str, Any]]  # stateMachineVersionArn and weight, as the API has them
    created: float
    updated: float
    starts: int = 0

    def routes(self) -> list[str]:
        """The ARNs of the versions that it leads to."""
        return [each["stateMachineVersionArn"] for each in self.routing]

    def heaviest(self) -> int:
        """The number of the version that most starts go to."""
        return version_number(max(self.routing, key=lambda each: each["weight"])["stateMachineVersionArn"])

    def choose(self, seed: object) -> int:
        """The number of the version that the next start goes to: drawn by weight, the same in every run."""
        self.starts += 1
        weights = [each["weight"] for each in self.routing]
        return version_number(self.routes()[derived_choice(weights, seed, self.arn, self.starts)])


@dataclass(slots=True)
class StateMachine:
    """A state machine and what was published of it."""

    arn: str
    name: str
    type: str
    created: float
    created_with: tuple[Any, ...]  # what CreateStateMachine was called with, as far as its idempotency looks
    revision: Revision
    tags: dict[str, str]
    deleting: bool = False
    revisions: int = 1
    last_version: int = 0  # numbers are never used again
    versions: dict[int, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)

    #: What starts for a while yet after an update, where changes are late; and since when it does not hold.
    before: tuple[Revision, Moment] | None = None

    def published(self) -> Version | None:
        """The version of the current revision, if it was published."""
        return next((each for each in self.versions.values() if each.revision is self.revision), None)


class Machines:
    """The registry. Its methods named as actions take and return what the API does.

    Args:
        task_problems: asked what is wrong with a task's Resource and Parameters.
        is_running: whether a state machine has executions that run; deletion waits for them.
        on_delete: called with a state machine when its deletion begins, to end its executions.
    """

    def __init__(
        self,
        cloud: Host,
        task_problems: TaskProblems,
        is_running: Callable[[str], bool],
        on_delete: Callable[[StateMachine], None],
    ) -> None:
        self._cloud, self._task_problems = cloud, task_problems
        self._is_running = is_running
        self._on_delete = on_delete
        self._machines: Regional[str, StateMachine] = Regional(cloud)

    # ---- finding

    def find(self, arn: str) -> StateMachine:
        """The state machine of an unqualified ARN.

        Raises:
            ServiceError: StateMachineDoesNotExist.
        """
        machine = self._machines.get(arn)
        if machine is None:
            raise errors.machine_does_not_exist(arn)
        return machine

    def living(self, arn: str) -> StateMachine:
        """The same, refused as StateMachineDeleting when it is being deleted."""
        machine = self.find(arn)
        if machine.deleting:
            raise errors.machine_deleting(arn)
        return machine

    def revision(self, machine: StateMachine) -> Revision:
        """The revision that an unqualified ARN means ("eventually consistent", says the API reference)."""
        if machine.before is not None and self._cloud.is_recent(machine.before[1]):
            return machine.before[0]
        return machine.revision

    def get(self, arn: str) -> StateMachine | None:
        """The state machine of an unqualified ARN, or None."""
        return self._machines.get(arn)

    def forget(self, arn: str) -> None:
        """The last execution of a machine that is being deleted has ended: now it is gone."""
        del self._machines[arn]

    # ---- state machines

    def create_state_machine(self, request: dict[str, Any]) -> dict[str, Any]:
        """Idempotent for an equal machine; role and tags are not compared, and stay (API reference)."""
        name = arns.check_name(request["name"])
        _check_description(request)
        kind = request.get("type", "STANDARD")
        configured = {key: check(request.get(key)) for key, check in _SETTINGS.items()}
        role = arns.check_role(request["roleArn"])
        arn = f"arn:aws:states:{self._cloud.region}:{self._cloud.account_id}:stateMachine:{name}"
        created_with = (
            request["definition"],
            kind,
            configured,
            bool(request.get("publish")),
            request.get("versionDescription"),
        )
        machine = self._machines.get(arn)
        if machine is not None:
            if machine.deleting:
                raise errors.machine_deleting(arn)
            if machine.created_with != created_with or machine.revision.identity is not None:
                raise errors.machine_already_exists(arn)
            return _created(machine)
        revision = Revision(
            None,
            request["definition"],
            self.compiled(request["definition"], kind),
            role,
            configured,
            self._cloud.clock.now(),
        )
        self._check_log_group(configured["loggingConfiguration"])
        machine = StateMachine(
            arn,
            name,
            kind,
            revision.updated,
            created_with,
            revision,
            tags.added({}, request.get("tags") or (), arn),
        )
        self._machines[arn] = machine
        if request.get("publish"):
            self._publish(machine, request.get("versionDescription"))
        return _created(machine)

    def update_state_machine(self, request: dict[str, Any]) -> dict[str, Any]:
        """A new revision, when anything differs; executions under way keep theirs."""
        machine = self.living(arns.unqualified(request["stateMachineArn"]))
        _check_description(request)
        if not any(key in request for key in ("definition", "roleArn", *_SETTINGS)):
            raise errors.missing_parameter(_NOTHING_TO_UPDATE)
        old = machine.revision
        given = {key: check(request[key]) for key, check in _SETTINGS.items() if key in request}
        changed = replace(
            old,
            definition=request.get("definition", old.definition),
            role_arn=arns.check_role(request.get("roleArn", old.role_arn)),
            settings={**old.settings, **given},
        )
        now = self._cloud.clock.now()
        if changed != old:
            if changed.definition != old.definition:
                changed = replace(changed, compiled=self.compiled(changed.definition, machine.type))
            self._check_log_group(changed.settings["loggingConfiguration"])
            machine.revisions += 1
            machine.before = old, self._cloud.moment()
            identity = derived_uuid("revision", machine.arn, machine.created, machine.revisions)
            machine.revision = replace(changed, identity=identity, updated=now)
        answer: dict[str, Any] = {"updateDate": now, "revisionId": machine.revision.identity}
        if request.get("publish"):
            answer["stateMachineVersionArn"] = self._publish(machine, request.get("versionDescription")).arn
        return answer

    def describe_state_machine(self, request: dict[str, Any]) -> dict[str, Any]:
        """By the ARN of the machine, a version, an alias (its heavier version), or a Map state in it."""
        arn = request["stateMachineArn"]
        parts = arns.machine(arn)
        machine = self._machines.get(parts.base)
        version = self._version(machine, parts) if machine is not None else None
        if machine is None or (parts.qualifier is not None and version is None):
            raise errors.machine_does_not_exist(arn)
        revision = version.revision if version is not None else self.revision(machine)
        answer = {
            "stateMachineArn": version.arn if version is not None else arn,
            "name": machine.name,
            "status": "DELETING" if machine.deleting else "ACTIVE",
            "type": machine.type,
            "creationDate": version.created if version is not None else machine.created,
            "label": parts.label,
            "description": version.description if version is not None else None,
        }
        return answer | revision_members(revision, request.get("includedData"))

    def list_state_machines(self, request: dict[str, Any]) -> dict[str, Any]:
        """By name."""
        machines = sorted(self._machines.values(), key=lambda each: each.name)
        found, token = PAGES.page(machines, request, "ListStateMachines", lambda each: each.name)
        listed = [
            {
                "stateMachineArn": each.arn,
                "name": each.name,
                "type": each.type,
                "creationDate": each.created,
            }
            for each in found
        ]
        return {"stateMachines": listed, "nextToken": token}

    def delete_state_machine(self, request: dict[str, Any]) -> dict[str, Any]:
        """With its versions, aliases and executions; DELETING while one of these still runs."""
        machine = self._machines.get(arns.unqualified(request["stateMachineArn"]))
        if machine is not None and not machine.deleting:
            machine.deleting = True
            self._on_delete(machine)
            if not self._is_running(machine.arn):
                self._machines.pop(machine.arn, None)
        return {}

    # ---- versions

    def publish_state_machine_version(self, request: dict[str, Any]) -> dict[str, Any]:
        """Idempotent: a revision has one version."""
        machine = self.living(arns.unqualified(request["stateMachineArn"]))
        wanted, current = request.get("revisionId"), machine.revision.identity
        if wanted is not None and wanted != (current or "INITIAL"):
            raise errors.conflict(
                f"Failed to publish the State Machine version for revision {wanted}. "
                f"The current State Machine revision is {current or 'INITIAL'}."
            )
        version = self._publish(machine, request.get("description"))
        return {"creationDate": version.created, "stateMachineVersionArn": version.arn}

    def list_state_machine_versions(self, request: dict[str, Any]) -> dict[str, Any]:
        """The newest first."""
        machine = self.find(arns.unqualified(request["stateMachineArn"]))
        newest = sorted(machine.versions.values(), key=lambda each: -each.number)
        found, token = PAGES.page(newest, request, "ListStateMachineVersions", lambda each: -each.number)
        listed = [{"stateMachineVersionArn": each.arn, "creationDate": each.created} for each in found]
        return {"stateMachineVersions": listed, "nextToken": token}

    def delete_state_machine_version(self, request: dict[str, Any]) -> dict[str, Any]:
        """Nothing happens when it is gone already; refused while an alias leads to it."""
        arn = request["stateMachineVersionArn"]
        parts = arns.machine(arn)
        if parts.version is None:
            raise errors.validation(f"State machine version ARN is expected, but received: '{arn}'")
        machine = self._machines.get(parts.base)
        if machine is None:
            return {}
        names = [alias.name for alias in machine.aliases.values() if arn in alias.routes()]
        if names:
            raise errors.conflict(
                "Version to be deleted must not be referenced by an alias. "
                f"Current list of aliases referencing this version: [{', '.join(names)}]"
            )
        machine.versions.pop(parts.version, None)
        return {}

    # ---- inside

    def _publish(self, machine: StateMachine, description: str | None) -> Version:
        version = machine.published()
        if version is None:
            if len(machine.versions) >= MAX_VERSIONS:
                raise ServiceError(
                    "ServiceQuotaExceededException",
                    f"A state machine may have {MAX_VERSIONS} versions; delete the unused ones.",
                    status=402,
                )
            machine.last_version += 1
            number = machine.last_version
            now = self._cloud.clock.now()
            version = Version(f"{machine.arn}:{number}", number, machine.revision, description, now)
            machine.versions[number] = version
        return version

    def _version(self, machine: StateMachine, parts: arns.MachineArn) -> Version | None:
        if parts.version is not None:
            return machine.versions.get(parts.version)
        alias = machine.aliases.get(parts.alias or "")
        return machine.versions.get(alias.heaviest()) if alias is not None else None

    def _check_log_group(self, configuration: Mapping[str, Any]) -> None:
        name = settings.log_group(configuration)
        if name is None:
            return
        groups = self._cloud.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        if not any(group["logGroupName"] == name for group in groups):
            raise settings.log_group_missing()
        prove_permissions(self._cloud, configuration)

    def compiled(self, definition: str, kind: str) -> Machine:
        """The definition, ready to be run. Raises ServiceError: InvalidDefinition, with every problem and its place."""
        type_: Literal["STANDARD", "EXPRESS"] = "EXPRESS" if kind == "EXPRESS" else "STANDARD"
        try:
            compiled = compile_machine(validation.check(definition, type_, self._task_problems))
        except validation.InvalidDefinition as problem:
            raise ServiceError("InvalidDefinition", problem.message) from None
        _ahead.begin(definition)
        return compiled


def revision_members(revision: Revision, included: str | None) -> dict[str, Any]:
    """What every description of a state machine says of its revision.

    Args:
        included: the request's includedData; METADATA_ONLY leaves the definition out (it becomes "{}").
    """
    whole = included != "METADATA_ONLY"
    return {
        "definition": revision.definition if whole else "{}",
        "roleArn": revision.role_arn,
        **revision.settings,
        "revisionId": revision.identity,
        "variableReferences": variable_references(json.loads(revision.definition)) or None if whole else None,
    }


def _check_description(request: Mapping[str, Any]) -> None:
    if request.get("versionDescription") and not request.get("publish"):
        raise errors.validation("Version description can only be set when publish is true")


def _created(machine: StateMachine) -> dict[str, Any]:
    version = machine.published() if machine.created_with[3] else None
    return {
        "stateMachineArn": machine.arn,
        "creationDate": machine.created,
        "stateMachineVersionArn": version.arn if version is not None else None,
    }
