"""What AWS says of values that moto does not look at and falls over: malformed ARNs, tokens, numbers, expressions.

Sources: the errors of each action in the API references of SNS, SQS, S3, SageMaker, Secrets Manager, Systems Manager,
Glue, Kinesis and DynamoDB; for SNS's words, what its users saw.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.door.constraints import sentence
from localcloud.door.wire import ServiceError, invalid

_TOKENS = ("NextToken", "Marker", "ShardIterator")


#: A new table's name: HowItWorks.NamingRulesDataTypes in DynamoDB's developer guide.
_TABLE = re.compile("[a-zA-Z0-9_.-]+")

#: What SQS and SNS do not take for a message: https://www.w3.org/TR/REC-xml/#charsets, by SendMessage's API reference.
_NO_XML = re.compile("[^\t\n\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_message(service: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a message that SQS or SNS would not take, and moto would.

    Args:
        service: "sqs" or "sns".
        parameters: of SendMessage, SendMessageBatch, Publish or PublishBatch.

    Raises:
        ServiceError: in the service's words.
    """
    name = "MessageBody" if service == "sqs" else "Message"
    entries = parameters.get("Entries") or parameters.get("PublishBatchRequestEntries") or [parameters]
    for text in (entry.get(name) or "" for entry in entries):
        if not text and service == "sqs":
            raise ServiceError("MissingParameter", f"The request must contain the parameter {name}.")
        if not text:
            raise ServiceError("InvalidParameter", "Invalid parameter: Empty message")
        if _NO_XML.search(text):
            allowed = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
            code = "InvalidMessageContents" if service == "sqs" else "InvalidParameter"
            raise ServiceError(code, f"Invalid characters found. Valid unicode characters are {allowed}")


def check_table(action: str, parameters: Mapping[str, Any]) -> None:
    """Refuse what DynamoDB does not take for a new table's name, for a key or for a set, and moto would.

    The words are those that https://github.com/architect/dynalite has recorded.

    Args:
        action: botocore's name.
        parameters: the request's.

    Raises:
        ServiceError: ValidationException.
    """
    name = parameters.get("TableName")
    if action == "CreateTable" and isinstance(name, str):
        if not 3 <= len(name) <= 255:
            words = "TableName must be at least 3 characters long and at most 255 characters long"
            raise ServiceError("ValidationException", words)
        if not _TABLE.fullmatch(name):
            rule = f"Member must satisfy regular expression pattern: {_TABLE.pattern}"
            raise invalid("dynamodb", sentence(name, "TableName", rule))
    if parameters.get("Key") == {}:
        raise ServiceError("ValidationException", "The provided key element does not match the schema")
    for values in _sets(parameters):
        if len(set(values)) != len(values):
            words = f"Input collection [{', '.join(values)}] contains duplicates."
            raise ServiceError("ValidationException", f"One or more parameter values were invalid: {words}")


def _sets(value: Any) -> Iterator[list[str]]:
    """All sets of texts, numbers or bytes in a request of DynamoDB's."""
    if isinstance(value, list):
        for each in value:
            yield from _sets(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in ("SS", "NS", "BS") and isinstance(each, list) and all(isinstance(one, str) for one in each):
                yield each
            else:
                yield from _sets(each)


def refusal(service: str, action: str, parameters: Mapping[str, Any], problem: Exception) -> ServiceError | None:
    """The service's error, or None where the fault may be ours.

    Args:
        service, action: botocore's names.
        parameters: the request's.
        problem: what moto raised.
    """
    found = _of_service(service, action, parameters, problem)
    if found is not None:
        return found
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


def _of_service(service: str, action: str, parameters: Mapping[str, Any], problem: Exception) -> ServiceError | None:
    if service == "dynamodb":
        return _of_dynamodb(action, parameters, problem)
    if service == "s3":
        return _of_s3(action, problem)
    if service == "sns":
        if (arn := parameters.get("TopicArn")) is not None and arn.count(":") < 5:
            parts = arn.count(":") + 1
            reason = f"Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not {parts}"
            return ServiceError("InvalidParameter", reason)
        if action == "Publish" and not parameters.keys() & {"TopicArn", "TargetArn", "PhoneNumber"}:
            reason = "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"
            return ServiceError("InvalidParameter", reason)
    if service == "sqs":
        for name, value in (parameters.get("Attributes") or {}).items():
            if isinstance(problem, ValueError) and str(value) in str(problem):
                return ServiceError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
        if action == "ListQueues":
            words = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
            return ServiceError("InvalidParameterValue", words)
    if service == "secretsmanager" and isinstance(problem, KeyError):
        if "SecretId" in parameters:
            return ServiceError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        return ServiceError("InvalidParameterException", f"You must provide a value for the {problem} parameter.")
    if service == "secretsmanager" and action == "GetRandomPassword":
        return ServiceError("InvalidParameterException", "All characters of the desired type have been excluded")
    if service == "glue" and "TableInput" not in parameters:
        return ServiceError("InvalidInputException", "Required parameter TableInput is missing.")
    if service == "kinesis" and action == "CreateStream" and "ShardCount" not in parameters:
        return ServiceError("InvalidArgumentException", "ShardCount is required for a stream in PROVISIONED mode.")
    if service == "kinesis" and (start := parameters.get("ExclusiveStartStreamName")) is not None:
        return ServiceError("InvalidArgumentException", f"ExclusiveStartStreamName {start} is the name of no stream.")
    if service == "ssm" and "ResourceId" in parameters:
        return ServiceError("InvalidResourceId", f"The resource ID {parameters['ResourceId']} is not valid.")
    return None


def _of_dynamodb(action: str, parameters: Mapping[str, Any], problem: Exception) -> ServiceError | None:
    if action == "ExecuteStatement":
        words = "Statement wasn't well formed, can't be processed: Expected a SELECT, INSERT, UPDATE or DELETE"
        return ServiceError("ValidationException", words)
    if action == "CreateTable" and isinstance(problem, KeyError):
        return ServiceError("ValidationException", f"One or more parameter values were invalid: {problem} is missing")
    if {} in parameters.get("TransactItems", ()):
        words = "TransactItems can only contain one of Check, Put, Update or Delete"
        return ServiceError("ValidationException", words)
    if "Expression'" in str(parameters):
        return ServiceError("ValidationException", f"Invalid expression: Syntax error; {problem}")
    return None


def _of_s3(action: str, problem: Exception) -> ServiceError | None:
    if action in ("CompleteMultipartUpload", "UploadPart") and isinstance(problem, KeyError):
        words = (
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted "
        )
        return ServiceError("NoSuchUpload", f"{words}or completed.", 404)
    if action == "UploadPartCopy" and isinstance(problem, ValueError):
        words = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        return ServiceError("InvalidArgument", words)
    if action in ("PutBucketEncryption", "PutBucketTagging"):
        words = "The XML you provided was not well-formed or did not validate against our published schema"
        return ServiceError("MalformedXML", words)
    if isinstance(problem, AttributeError) and action in ("CreateBucket", "CreateMultipartUpload", "PutObject"):
        return ServiceError("InvalidArgument", "Argument format not recognized")  # of a x-amz-grant- header
    return None
