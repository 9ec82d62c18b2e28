"""What SageMaker tells EventBridge when the status of a job or an endpoint changes.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html: the detail is the
description, times in milliseconds, and endpoints have statuses of their own there (IN_SERVICE).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.host import Host

_NAMES = {
    "Endpoint": "Endpoint",
    "HyperParameterTuningJob": "HyperParameter Tuning Job",
    "ProcessingJob": "Processing Job",
    "TrainingJob": "Training Job",
    "TransformJob": "Transform Job",
}


def publish(cloud: Host, kind: str, description: dict[str, Any]) -> None:
    """Put the event on the default bus.

    Args:
        cloud: whose bus.
        kind: in botocore's names, e.g. "TrainingJob".
        description: as the Describe API gives it; times in seconds since the Unix epoch.
    """
    detail = {**_milliseconds(description), "Tags": {tag["Key"]: tag["Value"] for tag in description.get("Tags", [])}}
    if kind == "Endpoint":
        detail["EndpointStatus"] = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", detail["EndpointStatus"]).upper()
    cloud.publish("aws.sagemaker", f"SageMaker {_NAMES[kind]} State Change", detail, [detail[f"{kind}Arn"]])


def _milliseconds(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _milliseconds(each, key) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_milliseconds(each) for each in value]
    is_time = name.endswith("Time") and isinstance(value, (int, float)) and not isinstance(value, bool)
    return round(value * 1000) if is_time else value
