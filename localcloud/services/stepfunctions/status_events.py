"""What Step Functions tells EventBridge when the status of a Standard execution changes.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html: the detail is what
DescribeExecution says, with null for what is not there and times in milliseconds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.host import Host

_MEMBERS = (
    *("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate", "input", "output"),
    *("inputDetails", "outputDetails", "error", "cause", "stateMachineVersionArn", "stateMachineAliasArn"),
    *("redriveCount", "redriveDate", "redriveStatus", "redriveStatusReason"),
)

#: Bytes of input and output, escaped, beyond which one or both are left out.
_MOST = 248 * 1024


def publish(cloud: Host, description: dict[str, Any]) -> None:
    """Put the event on the default bus.

    Args:
        cloud: whose bus.
        description: as DescribeExecution gives it.
    """
    detail: dict[str, Any] = {name: description.get(name) for name in _MEMBERS}
    for name in ("startDate", "stopDate", "redriveDate"):
        detail[name] = None if detail[name] is None else round(detail[name] * 1000)
    output = _size(detail["output"])
    if output > _MOST:
        detail |= {"output": None, "outputDetails": {"included": False}}
    if _size(detail["input"]) + output > _MOST:
        detail |= {"input": None, "inputDetails": {"included": False}}
    cloud.publish("aws.states", "Step Functions Execution Status Change", detail, [detail["executionArn"]])


def _size(text: str | None) -> int:
    return 0 if text is None else len(json.dumps(text, ensure_ascii=False).encode(errors="surrogatepass"))
