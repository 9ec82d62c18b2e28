"""The settings of a state machine beside its definition: logging, tracing, encryption."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from localcloud.door.wire import ServiceError

_LOG_GROUP = re.compile(r"arn:aws[a-z0-9-]*:logs:[a-z0-9-]+:[0-9]{12}:log-group:([^:*]+):\*")


def logging(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """A logging configuration with its defaults filled in.

    Raises:
        ServiceError: InvalidLoggingConfiguration.
    """
    given = given or {}
    level, destinations = given.get("level", "OFF"), list(given.get("destinations") or [])
    if len(destinations) > 1 or (level != "OFF" and not destinations):
        raise _invalid_logging("Must specify exactly one Log Destination.")
    for destination in destinations:
        arn = (destination.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn", "")
        if not _LOG_GROUP.fullmatch(arn):
            raise _invalid_logging(f"Log Destination ARN is not valid (it must end with ':*'): {arn}")
    result = {"level": level, "includeExecutionData": bool(given.get("includeExecutionData"))}
    return result | ({"destinations": destinations} if destinations else {})


def log_group(configuration: Mapping[str, Any]) -> str | None:
    """The name of the log group that events go to, or None when nothing is logged."""
    if configuration["level"] == "OFF":
        return None
    match = _LOG_GROUP.fullmatch(configuration["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"])
    return match[1] if match else None


def log_group_missing() -> ServiceError:
    """What AWS answers when the log group does not exist."""
    return _invalid_logging("Log Destination not found.")


def tracing(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """A tracing configuration with its default filled in. Nothing is traced here: there is no X-Ray."""
    return {"enabled": bool((given or {}).get("enabled"))}


def encryption(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """An encryption configuration with its defaults filled in. It is described; nothing is encrypted.

    Raises:
        ServiceError: InvalidEncryptionConfiguration.
    """
    given = given or {"type": "AWS_OWNED_KEY"}
    key = given.get("kmsKeyId")
    if given["type"] == "AWS_OWNED_KEY":
        if key is not None:
            raise _invalid_encryption("KmsKeyId must be null when type is AWS_OWNED_KEY")
        return {"type": "AWS_OWNED_KEY"}
    if key is None:
        raise _invalid_encryption("KmsKeyId must not be null when type is CUSTOMER_MANAGED_KMS_KEY")
    period = given.get("kmsDataKeyReusePeriodSeconds", 300)  # AWS's default: 300 seconds
    return {"kmsKeyId": key, "kmsDataKeyReusePeriodSeconds": period, "type": given["type"]}


def _invalid_logging(reason: str) -> ServiceError:
    return ServiceError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {reason}")


def _invalid_encryption(reason: str) -> ServiceError:
    return ServiceError("InvalidEncryptionConfiguration", f"Invalid Encryption Configuration: {reason}")
