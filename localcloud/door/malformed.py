"""What AWS says of values that moto does not look at and falls over: malformed ARNs, tokens, numbers, expressions.

Sources: the errors of each action in the API references of SNS, SQS, S3, SageMaker, Secrets Manager, Systems Manager,
Glue, Kinesis and DynamoDB; for SNS's words, what its users saw.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, unquote_to_bytes
from xml.parsers.expat import ExpatError

from localcloud.door.constraints import sentence
from localcloud.door.wire import ServiceError, invalid, loads

_TOKENS = ("NextToken", "Marker", "ShardIterator")


#: A new table's name: HowItWorks.NamingRulesDataTypes in DynamoDB's developer guide.
_TABLE = re.compile("[a-zA-Z0-9_.-]+")

#: What XML cannot hold, and SQS and SNS do not take for a message: https://www.w3.org/TR/REC-xml/#charsets, by
#: SendMessage's API reference.
NO_XML = re.compile("[^\t\n\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


#: SQS's ranges of a queue's attributes: API_SetQueueAttributes.
_QUEUE = {
    "DelaySeconds": range(901),
    "MaximumMessageSize": range(1024, 1_048_577),
    "MessageRetentionPeriod": range(60, 1_209_601),
    "ReceiveMessageWaitTimeSeconds": range(21),
    "VisibilityTimeout": range(43_201),
}

#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(
    r"(?!xn--|sthree-)(?!.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)(?!\d+(?:\.\d+){3}$)(?!.*\.\.)"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)
_LONGEST_KEY = 1024
_GRANTING = ("CreateBucket", "CreateMultipartUpload", "PutObject")

_SECRET = re.compile(r"[\w/+=.@!-]+", re.ASCII)
_PARAMETER = re.compile(r"[\w/.-]+", re.ASCII)
_ENTRY = re.compile(r"[\w-]{1,80}", re.ASCII)


def check_queue(action: str, parameters: Mapping[str, Any]) -> None:
    """Refuse what SQS does not take for a queue's attributes, or for a batch, and moto would.

    Raises:
        ServiceError: in SQS's words.
    """
    for name, value in (parameters.get("Attributes") or {}).items():
        if name in _QUEUE and not (str(value).isdecimal() and int(value) in _QUEUE[name]):
            raise ServiceError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    if action == "SendMessageBatch" and not parameters.get("Entries"):
        words = "There should be at least one SendMessageBatchRequestEntry in the request."
        raise ServiceError("AWS.SimpleQueueService.EmptyBatchRequest", words)


def check_message(service: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a message that SQS or SNS would not take, and moto would.

    Args:
        service: "sqs" or "sns".
        parameters: of SendMessage, SendMessageBatch, Publish or PublishBatch.

    Raises:
        ServiceError: in the service's words.
    """
    name = "MessageBody" if service == "sqs" else "Message"
    for entry in parameters.get("Entries") or parameters.get("PublishBatchRequestEntries") or [parameters]:
        text = entry.get(name) or ""
        if not text and service == "sqs":
            raise ServiceError("MissingParameter", f"The request must contain the parameter {name}.")
        if not text:
            raise ServiceError("InvalidParameter", "Invalid parameter: Empty message")
        if NO_XML.search(text):
            allowed = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
            code = "InvalidMessageContents" if service == "sqs" else "InvalidParameter"
            raise ServiceError(code, f"Invalid characters found. Valid unicode characters are {allowed}")
        if not (entry.get("Subject") or "").isprintable():  # "no line breaks or control characters": API_Publish
            raise ServiceError("InvalidParameter", "Invalid parameter: Subject")
        if service == "sns" and not _ENTRY.fullmatch(entry.get("Id", "-")):  # of a batch
            words = "The Id of a batch entry in a batch request doesn't abide by the specification."
            raise ServiceError("InvalidBatchEntryId", words)
        if service == "sqs":
            _check_entry(parameters.get("QueueUrl") or "", entry)


def _check_entry(queue: str, entry: Mapping[str, Any]) -> None:
    """A message's attributes and its deduplication, in the words that users of SQS met."""
    attributes = entry.get("MessageAttributes") or {}
    if len(attributes) > 10:
        words = f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [10]."
        raise ServiceError("InvalidParameterValue", words)
    for name, each in attributes.items():
        if each.get("StringValue") == "" or each.get("BinaryValue") == b"":
            words = f"Message (user) attribute '{name}' must contain a non-empty value of type '{each['DataType']}'."
            raise ServiceError("InvalidParameterValue", words)
    if entry.get("MessageDeduplicationId") and not queue.endswith(".fifo"):
        words = "The request include parameter that is not valid for this queue type"
        value = entry["MessageDeduplicationId"]
        words = f"Value {value} for parameter MessageDeduplicationId is invalid. Reason: {words}"
        raise ServiceError("InvalidParameterValue", words)


def check_object(action: str, path: str, query: str, body: bytes) -> None:
    """Refuse names that S3 does not take for a bucket or a key, a page of less than nothing, and a policy that is none.

    Args:
        action: botocore's name.
        path, query: the request's, percent-encoded.
        body: the request's.

    Raises:
        ServiceError: InvalidBucketName, KeyTooLongError, InvalidArgument or MalformedPolicy, as API/ErrorResponses.html
            has them.
    """
    if action == "PutBucketPolicy" and not _is_policy(body):
        raise ServiceError("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")
    if action == "CreateBucket" and (name := unquote(path).strip("/")) and not _BUCKET.fullmatch(name):
        raise ServiceError("InvalidBucketName", "The specified bucket is not valid.")
    if len(path) > _LONGEST_KEY and len(unquote_to_bytes(path.lstrip("/").partition("/")[2])) > _LONGEST_KEY:
        raise ServiceError("KeyTooLongError", "Your key is too long")
    if "max-keys=-" in query:
        raise ServiceError("InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647")


def _is_policy(body: bytes) -> bool:
    try:
        return isinstance(loads(body)["Statement"], list | dict)
    except (ValueError, LookupError, TypeError, RecursionError, ServiceError):
        return False


def check_named(service: str, action: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a secret's name, and a parameter's name and size, that AWS does not take, and moto would.

    Sources: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name) and
    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html (Name, Value).

    Raises:
        ServiceError: ValidationException.
    """
    if (service, action) == ("secretsmanager", "CreateSecret") and not _SECRET.fullmatch(parameters.get("Name") or "-"):
        words = "Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
        raise ServiceError("ValidationException", f"Invalid name. {words}")
    if (service, action) == ("ssm", "PutParameter") and not _PARAMETER.fullmatch(parameters.get("Name") or "-"):
        words = "each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"
        words = f"If formed as a path, it can consist of sub-paths divided by slash symbol; {words}"
        raise ServiceError("ValidationException", f"Parameter name: {words}")
    standard = (service, action) == ("ssm", "PutParameter") and parameters.get("Tier", "Standard") == "Standard"
    if standard and len(str(parameters.get("Value")).encode()) > 4096:
        words = "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger "
        words += "parameter value, upgrade the parameter to use the advanced-parameter tier."
        raise ServiceError("ValidationException", words)


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
    if action == "CreateTable" and isinstance(name, str) and not _TABLE.fullmatch(name):
        rule = f"Member must satisfy regular expression pattern: {_TABLE.pattern}"
        raise invalid("dynamodb", sentence(name, "TableName", rule))
    for number in filter(lambda each: isinstance(each, str), _values(parameters, "N")):
        digits = re.sub(r"[eE].*|\D", "", number).strip("0")
        if len(digits) > 38:
            words = "Attempting to store more than 38 significant digits in a Number"
            raise ServiceError("ValidationException", words)
    if parameters.get("Key") == {}:
        raise ServiceError("ValidationException", "The provided key element does not match the schema")
    for values in _sets(parameters):
        if len(set(values)) != len(values):
            words = f"Input collection [{', '.join(values)}] contains duplicates."
            raise ServiceError("ValidationException", f"One or more parameter values were invalid: {words}")


def _sets(value: Any) -> Iterator[list[str]]:
    """All sets of texts, numbers or bytes in a request of DynamoDB's."""
    for each in _values(value, "SS", "NS", "BS"):
        if isinstance(each, list) and all(isinstance(one, str) for one in each):
            yield each


def _values(value: Any, *types: str) -> Iterator[Any]:
    """All values of some of DynamoDB's types in a request."""
    if isinstance(value, list):
        for each in value:
            yield from _values(each, *types)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in types:
                yield each
            else:
                yield from _values(each, *types)


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
    if service == "dynamodbstreams" and isinstance(problem, ValueError):
        return ServiceError("ValidationException", "Invalid SequenceNumber")
    if service == "dynamodbstreams" and "StreamArn" in parameters:
        return ServiceError("ResourceNotFoundException", f"Requested resource not found: {parameters['StreamArn']}")
    if service == "cloudwatch" and isinstance(problem, KeyError):
        return ServiceError("MissingParameter", f"The parameter {problem.args[0]} is required.")
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
    if action == "DeleteObjectTagging":
        return ServiceError("NoSuchKey", "The specified key does not exist.", 404)
    if action in ("PutBucketEncryption", "PutBucketTagging") or isinstance(problem, ExpatError):
        words = "The XML you provided was not well-formed or did not validate against our published schema"
        return ServiceError("MalformedXML", words)
    if action == "PutBucketNotificationConfiguration":
        return ServiceError("InvalidArgument", "Unable to validate the following destination configurations")
    if isinstance(problem, AttributeError | AssertionError) and action in _GRANTING:
        return ServiceError("InvalidArgument", "Argument format not recognized")  # of a x-amz-grant- or -acl header
    return None
