"""Which fields a task may give its integration: what CreateStateMachine refuses before anything runs.

An integration has the members of its API's request, spelled as Step Functions spells them; the optimised ones that
are no single operation of an API have fields of their own (developer guide, the page of each).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from localcloud.integrations import naming


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What `lambda:invoke` takes; LogType is not documented, but works.
INVOKE = _names("ClientContext FunctionName InvocationType LogType Payload Qualifier")

#: Fields of optimised integrations that are not, or not only, the members of one operation.
OWN: dict[str, frozenset[str]] = {
    "lambda:invoke": INVOKE,
    "apigateway:invoke": _names(
        "AllowNullValues ApiEndpoint AuthType Headers Method Path QueryParameters RequestBody Stage"
    ),
    "http:invoke": _names(
        "ApiEndpoint Authentication Headers InvocationConfig Method QueryParameters RequestBody Transform"
    ),
    "eks:call": _names("CertificateAuthority ClusterName Endpoint Method Path QueryParameters RequestBody"),
    "eks:runJob": _names("CertificateAuthority ClusterName Endpoint Job LogOptions Namespace"),
    "elasticmapreduce:addStep": _names("ClusterId ExecutionRoleArn Step"),
    "elasticmapreduce:cancelStep": _names("ClusterId StepId"),
    "elasticmapreduce:terminateCluster": frozenset({"ClusterId"}),
    "elasticmapreduce:setClusterTerminationProtection": _names("ClusterId TerminationProtected"),
    "elasticmapreduce:modifyInstanceFleetByName": _names("ClusterId InstanceFleet InstanceFleetName"),
    "elasticmapreduce:modifyInstanceGroupByName": _names("ClusterId InstanceGroup InstanceGroupName"),
    "bedrock:invokeModel": _names(
        "Accept Body ContentType GuardrailIdentifier GuardrailVersion Input ModelId Output PerformanceConfigLatency "
        "ServiceTier Trace"
    ),
}

#: Optimised services whose name, or whose operation's, is not botocore's.
BOTO_SERVICES = {"elasticmapreduce": "emr", "states": "stepfunctions"}
BOTO_OPERATIONS = {"elasticmapreduce:createCluster": "RunJobFlow"}


def unknown(shape: Any, given: Any, spell: Callable[[str], str]) -> Iterator[str]:
    """The fields of a task's Parameters or Arguments, at every depth, that the request does not have.

    Args:
        shape: botocore's shape; None where the request has no members.
        given: as written in the definition, so that a field's name may end in `.$`.
        spell: how Step Functions spells a member.
    """
    kind = None if shape is None else shape.type_name
    if isinstance(given, dict) and kind in (None, "structure"):
        if kind is not None and getattr(shape, "is_document_type", False):
            return
        members = {} if shape is None else shape.members
        names = {spelled: inner for name, inner in members.items() for spelled in (spell(name), naming.title(name))}
        for key, each in given.items():
            name = key.removesuffix(".$")
            if name not in names:
                yield name
            elif name == key:
                yield from unknown(names[name], each, spell) if names[name] is not None else ()
    elif isinstance(given, list) and kind == "list":
        for each in given:
            yield from unknown(shape.member, each, spell)
    elif isinstance(given, dict) and kind == "map":
        for key, each in given.items():
            if not key.endswith(".$"):
                yield from unknown(shape.value, each, spell)
