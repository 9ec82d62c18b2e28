"""The Resource of a Task: what can be judged without asking whether it exists.

A service or an action that is merely unknown is left to run time, where the refusal can say what to do.
Source: developer guide, "Integrating services"; answers of ValidateStateMachineDefinition.
"""

from __future__ import annotations

import re
from typing import Any

from localcloud.asl.validation.shapes import Scope

_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_ACTIVITY = re.compile(r"arn:[^:]+:states:[^:]+:[^:]+:activity:.+", re.DOTALL)
_INTEGRATION = re.compile(
    r"arn:[^:]+:states:[^:]*:[^:]*:(?:(?P<sdk>aws-sdk):)?(?P<service>[^:]+):(?P<action>[^:.]+)"
    r"(?P<pattern>\..+)?",
    re.DOTALL,
)
_PATTERNS = (".sync", ".sync:2", ".waitForTaskToken")

# Optimised integrations that never wait for a job, and those that never wait for a token (developer guide,
# table "Optimized integrations").
_WITHOUT_SYNC = {"lambda", "sns", "sqs", "dynamodb", "events", "apigateway", "http"}
_WITHOUT_TOKEN = {
    "athena",
    "batch",
    "codebuild",
    "databrew",
    "dynamodb",
    "elasticmapreduce",
    "emr-containers",
    "emr-serverless",
    "glue",
    "http",
    "mediaconvert",
    "sagemaker",
}


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
    known = (
        pattern in ("", *_PATTERNS)
        and not (pattern.startswith(".sync") and (match["sdk"] or service in _WITHOUT_SYNC))
        and not (pattern == ".sync:2" and service != "states")
        and not (pattern == ".waitForTaskToken" and not match["sdk"] and service in _WITHOUT_TOKEN)
        and not (match["sdk"] and not match["action"][0].islower())
    )
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
