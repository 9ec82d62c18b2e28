"""The Resource of a Task: what can be judged without asking whether it exists.

A service that is merely unknown is left to those who know the integrations.
Source: developer guide, "Integrating services"; answers of ValidateStateMachineDefinition.
"""

from __future__ import annotations

import re
from typing import Any

from localcloud.asl.validation import catalogue
from localcloud.asl.validation.shapes import Scope

_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_ACTIVITY = re.compile(r"arn:[^:]+:states:[^:]+:[^:]+:activity:.+", re.DOTALL)
_INTEGRATION = re.compile(
    r"arn:[^:]+:states:[^:]*:[^:]*:(?:(?P<sdk>aws-sdk):)?(?P<service>[^:]+):(?P<action>[^:.]+)"
    r"(?P<pattern>\..+)?",
    re.DOTALL,
)


def is_activity(resource: Any) -> bool:
    """Whether a Resource names an activity."""
    return isinstance(resource, str) and _ACTIVITY.fullmatch(resource) is not None


def check_resource(value: Any, location: str, scope: Scope) -> None:
    """The Resource field of a Task."""
    report = scope.report
    if not isinstance(value, str):
        report.schema("Expected value of type [STRING]", location)
    elif not _ARN.fullmatch(value):
        report.schema("Value is not a valid resource ARN", location)
    elif is_activity(value):
        if scope.machine_type == "EXPRESS":
            report.schema("Express state machine does not support Activity ARN", location)
    else:
        _check_integration(value, location, scope)


def _check_integration(value: str, location: str, scope: Scope) -> None:
    match = _INTEGRATION.fullmatch(value)
    if match is None:
        return
    service, pattern = match["service"], match["pattern"] or ""
    if match["sdk"]:
        known = pattern in ("", ".waitForTaskToken") and match["action"][0].islower()
    else:
        known = catalogue.may_exist(service, match["action"], pattern)
    if not known:
        scope.report.schema(
            f"The resource provided {value} is not recognized. The value is not a valid resource ARN, or the "
            "resource is not available in this region.",
            location,
        )
    elif pattern and scope.machine_type == "EXPRESS":
        # AWS names the pattern without the version: .sync:2 is a .sync.
        name = ".sync" if pattern.startswith(".sync") else pattern
        scope.report.schema(f"Express state machine does not support '{name}' service integration", location)
