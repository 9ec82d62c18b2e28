"""What AWS says of values that moto does not look at and falls over: malformed ARNs, tokens, numbers, expressions.

Sources: the errors of each action in the API references of SNS, SQS, SageMaker, Secrets Manager, Kinesis and DynamoDB;
for SNS's words, what its users saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.door.wire import ServiceError

_TOKENS = ("NextToken", "Marker", "ShardIterator")


def refusal(service: str, action: str, parameters: Mapping[str, Any], problem: Exception) -> ServiceError | None:
    """The service's error, or None where the fault may be ours.

    Args:
        service, action: botocore's names.
        parameters: the request's.
        problem: what moto raised.
    """
    if service == "sns":
        if (arn := parameters.get("TopicArn")) and arn.count(":") < 5:
            parts = arn.count(":") + 1
            reason = f"Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not {parts}"
            return ServiceError("InvalidParameter", reason)
        if action == "Publish" and not parameters.keys() & {"TopicArn", "TargetArn", "PhoneNumber"}:
            reason = "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"
            return ServiceError("InvalidParameter", reason)
    if service == "sqs" and isinstance(problem, ValueError):
        for name, value in (parameters.get("Attributes") or {}).items():
            if str(value) in str(problem):
                return ServiceError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    if service == "secretsmanager" and isinstance(problem, KeyError) and "SecretId" in parameters:
        return ServiceError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    if service == "dynamodb" and "expression" in " ".join(parameters).lower():
        return ServiceError("ValidationException", f"Invalid expression: Syntax error; {problem}")
    for name in ("ResourceArn", "StreamARN", "StreamArn"):
        if (arn := parameters.get(name)) and ":stream/" not in arn and arn.count(":") < 5:
            field = name[:1].lower() + name[1:]
            pattern = "arn:aws.*:.*:.*:\\d{12}:.+"
            reason = f"Value '{arn}' at '{field}' failed to satisfy constraint: Member must satisfy regular expression"
            return ServiceError("ValidationException", f"1 validation error detected: {reason} pattern: {pattern}")
    for name in _TOKENS:
        if isinstance(problem, ValueError | KeyError) and name in parameters:
            return ServiceError(
                "InvalidArgumentException" if service == "kinesis" else "ValidationException", f"Invalid {name}."
            )
    return None
