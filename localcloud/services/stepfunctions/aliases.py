"""Aliases: names that lead to one or two versions, by weight.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.door.wire import ServiceError
from localcloud.services.stepfunctions import arns, errors
from localcloud.services.stepfunctions.machines import Alias, Machines, StateMachine
from localcloud.services.stepfunctions.paging import PAGES

#: https://docs.aws.amazon.com/step-functions/latest/dg/limits-overview.html
MAX_ALIASES = 100


class Aliases:
    """The alias actions."""

    def __init__(self, machines: Machines, now: Callable[[], float]) -> None:
        self._machines = machines
        self._now = now

    def create_state_machine_alias(self, request: dict[str, Any]) -> dict[str, Any]:
        """Idempotent for an equal alias."""
        name, routing = request["name"], request["routingConfiguration"]
        machine = self._check_routing(routing)
        alias = machine.aliases.get(name)
        if alias is not None:
            if alias.routing != routing or alias.description != request.get("description"):
                raise errors.conflict(
                    "Failed to create alias because an alias with the same name and a different routing "
                    "configuration already exists."
                )
        else:
            if len(machine.aliases) >= MAX_ALIASES:
                raise ServiceError(
                    "ServiceQuotaExceededException",
                    f"A state machine may have {MAX_ALIASES} aliases; delete the unused ones.",
                    status=402,
                )
            now = self._now()
            alias = Alias(f"{machine.arn}:{name}", name, request.get("description"), routing, now, now)
            machine.aliases[name] = alias
        return {"stateMachineAliasArn": alias.arn, "creationDate": alias.created}

    def update_state_machine_alias(self, request: dict[str, Any]) -> dict[str, Any]:
        """Change the description, the routing or both."""
        arn = request["stateMachineAliasArn"]
        if "description" not in request and "routingConfiguration" not in request:
            raise errors.missing_parameter("Either the description or the RoutingConfiguration must be specified")
        machine, alias = self._find(arn)
        if "routingConfiguration" in request:
            if self._check_routing(request["routingConfiguration"]) is not machine:
                raise errors.validation(f"Routing configuration must contain versions of '{machine.arn}'")
            alias.routing = request["routingConfiguration"]
        alias.description = request.get("description", alias.description)
        alias.updated = self._now()
        return {"updateDate": alias.updated}

    def describe_state_machine_alias(self, request: dict[str, Any]) -> dict[str, Any]:
        """The alias as it is now."""
        _, alias = self._find(request["stateMachineAliasArn"])
        return {
            "stateMachineAliasArn": alias.arn,
            "name": alias.name,
            "description": alias.description,
            "routingConfiguration": alias.routing,
            "creationDate": alias.created,
            "updateDate": alias.updated,
        }

    def list_state_machine_aliases(self, request: dict[str, Any]) -> dict[str, Any]:
        """In the order of their creation; for a version's ARN those that lead to it."""
        arn = request["stateMachineArn"]
        parts = arns.machine(arn)
        found = list(self._machines.living(parts.base).aliases.values())
        if parts.version is not None:
            found = [each for each in found if arn in each.routes()]
        found.sort(key=lambda each: (each.created, each.name))
        part, token = PAGES.page(found, request, "ListStateMachineAliases", lambda each: (each.created, each.name))
        listed = [{"stateMachineAliasArn": each.arn, "creationDate": each.created} for each in part]
        return {"stateMachineAliases": listed, "nextToken": token}

    def delete_state_machine_alias(self, request: dict[str, Any]) -> dict[str, Any]:
        """Nothing happens when it is gone already."""
        arn = request["stateMachineAliasArn"]
        parts = _alias_arn(arn)
        machine = self._machines.get(parts.base)
        if machine is None:
            raise errors.resource_not_found(arn)
        machine.aliases.pop(parts.alias or "", None)
        return {}

    def _find(self, arn: str) -> tuple[StateMachine, Alias]:
        parts = _alias_arn(arn)
        machine = self._machines.get(parts.base)
        alias = machine.aliases.get(parts.alias or "") if machine is not None else None
        if machine is None or alias is None:
            raise errors.resource_not_found(arn)
        return machine, alias

    def _check_routing(self, routing: list[dict[str, Any]]) -> StateMachine:
        versions = [each["stateMachineVersionArn"] for each in routing]
        shown = f"[{', '.join(versions)}]"
        if len(set(versions)) < len(versions):
            raise errors.validation(
                f"Routing configuration must contain distinct state machine version ARNs. Received: {shown}"
            )
        weights = [each["weight"] for each in routing]
        if sum(weights) != 100:
            raise errors.validation(
                f"Sum of routing configuration weights must equal 100. Received: [{', '.join(map(str, weights))}]"
            )
        parts = [arns.machine(arn) for arn in versions]
        bases = {each.base for each in parts}
        machine = self._machines.get(parts[0].base)
        known = machine is not None and all(each.version in machine.versions for each in parts)
        if machine is None or not known or len(bases) > 1:
            # One message for all: not a version's ARN, no such version, versions of two machines.
            raise errors.validation(f"Routing configuration must contain state machine version ARNs. Received: {shown}")
        if machine.deleting:
            raise errors.machine_deleting(machine.arn)
        return machine


def _alias_arn(arn: str) -> arns.MachineArn:
    parts = arns.machine(arn)
    if parts.alias is None:
        raise errors.invalid_arn(arn)
    return parts
