"""Execution events in CloudWatch Logs, as the logging configuration of a state machine asks for them.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html and .../cloudwatch-log-level.html.
Events are written when an execution begins to wait for the outside and when it ends, in one go: AWS too
delivers them with delay, and promises no more than that they come.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.services import _logs
from localcloud.services.stepfunctions import settings

if TYPE_CHECKING:
    from localcloud.host import Host

_FATAL = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})

# The table of log levels in the developer guide; what is not named here is logged at level ALL only.
_ERROR = _FATAL | {
    "FailStateEntered",
    "LambdaFunctionFailed",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "LambdaFunctionTimedOut",
    "MapIterationAborted",
    "MapIterationFailed",
    "MapRunAborted",
    "MapRunFailed",
    "MapStateAborted",
    "MapStateFailed",
    "ParallelStateAborted",
    "ParallelStateFailed",
    "TaskFailed",
    "TaskStartFailed",
    "TaskStateAborted",
    "TaskSubmitFailed",
    "TaskTimedOut",
    "WaitStateAborted",
}

_LEVELS = {"ERROR": _ERROR, "FATAL": _FATAL}

_DATA = ("input", "inputDetails", "output", "outputDetails", "parameters", "assignedVariables")

_COMMON = frozenset({"timestamp", "type", "id", "previousEventId"})

#: Where AWS cuts data for its log events (developer guide, "CloudWatch Logs payloads").
_LARGEST = 248 * 1024

_VALIDATION_STREAM = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"


class ExecutionLog:
    """Where the events of one execution go.

    Args:
        configuration: the state machine's logging configuration.
        machine_name: the state machine's name, which is in the name of the log stream.
    """

    def __init__(self, cloud: Host, configuration: Mapping[str, Any], machine_name: str, execution_arn: str) -> None:
        self._cloud = cloud
        self._group = settings.log_group(configuration)
        self._wanted = _LEVELS.get(configuration["level"])
        self._with_data = configuration["includeExecutionData"]
        self._machine_name, self._execution_arn = machine_name, execution_arn
        self._written = 0

    def write(self, events: list[dict[str, Any]], redrive_count: int) -> None:
        """Write the events that came since the last time. A log group that is gone is no error."""
        if self._group is None:
            return
        fresh, self._written = events[self._written :], len(events)
        lines = [
            {"timestamp": round(event["timestamp"] * 1000), "message": self._message(event, redrive_count)}
            for event in fresh
            if self._wanted is None or event["type"] in self._wanted
        ]
        if lines:
            stream = self._stream(lines[0]["timestamp"])
            _logs.append(self._cloud, self._group, stream, lines, make_group=False)

    def _stream(self, milliseconds: Any) -> str:
        hour = datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d-%H")
        return f"states/{self._machine_name}/{hour}/00000000"

    def _message(self, event: Mapping[str, Any], redrive_count: int) -> str:
        details: Mapping[str, Any] = next((value for key, value in event.items() if key not in _COMMON), {})
        details = _truncated(details) if self._with_data else without_data(details)
        return json.dumps(
            {
                "details": details,
                "redrive_count": str(redrive_count),
                "id": str(event["id"]),
                "type": event["type"],
                "previous_event_id": str(event["previousEventId"]),
                "event_timestamp": str(round(event["timestamp"] * 1000)),
                "execution_arn": self._execution_arn,
            },
            separators=(",", ":"),
            ensure_ascii=False,
        )


def without_data(details: Mapping[str, Any]) -> dict[str, Any]:
    """An event's details without the data of the execution."""
    return {key: value for key, value in details.items() if key not in _DATA}


def prove_permissions(cloud: Host, configuration: Mapping[str, Any]) -> None:
    """What AWS writes into a log group when a state machine is told to log there."""
    group = settings.log_group(configuration)
    if group is not None:
        text = (
            "Permissions are set correctly to allow AWS CloudWatch Logs to write into your logs "
            "while creating a subscription."
        )
        _logs.append(cloud, group, _VALIDATION_STREAM, _logs.events(cloud, [text]), make_group=False)


def _truncated(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """Data too large for a log event is cut, and says so in its ...Details."""
    if sum(len(str(details.get(key, ""))) for key in _DATA) <= _LARGEST:
        return details
    result = dict(details)
    for key in ("input", "output"):
        if key in result:
            result[key] = result[key][:_LARGEST]
            result[f"{key}Details"] = {"truncated": True}
    return result
