"""One API operation as Task states call it: request, call, response, errors in an SDK for Java's words."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from localcloud.asl.environment import TaskCall, TaskFailure
from localcloud.door.constraints import compile_check
from localcloud.door.wire import ServiceError, dumps, refuse
from localcloud.ids import uuid_of
from localcloud.injection import MARK, NOTHING, Fault, decided
from localcloud.integrations import naming, shapes
from localcloud.time import durations

if TYPE_CHECKING:
    from localcloud.host import Host

#: What the v1 SDK calls a service: the prefix of its errors, its name in their causes, and the error's name
#: for what the API does not model (AWS SDK for Java 1.x API reference; the guide retries
#: "Lambda.AWSLambdaException").
_V1 = {
    "athena": ("Athena", "AmazonAthena", "AmazonAthenaException"),
    "dynamodb": ("DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException"),
    "events": ("EventBridge", "AmazonEventBridge", "AmazonEventBridgeException"),
    "lambda": ("Lambda", "AWSLambda", "AWSLambdaException"),
    "sagemaker": ("SageMaker", "AmazonSageMaker", "AmazonSageMakerException"),
    "sns": ("SNS", "AmazonSNS", "AmazonSNSException"),
    "sqs": ("SQS", "AmazonSQS", "AmazonSQSException"),
    "stepfunctions": ("StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException"),
}

#: Errors that S3 cannot word, since a HEAD request has no body; the SDK takes them for these.
_HEADLESS = {"HeadObject": "NoSuchKey", "HeadBucket": "NoSuchBucket"}

#: S3 encrypts every object since January 2023 and says so in these answers (user guide, "Default encryption
#: FAQ"); moto does not say it, nor, of an object put in one piece, that its checksum is of the whole.
_ENCRYPTED = frozenset({"CopyObject", "CreateMultipartUpload", "GetObject", "HeadObject", "PutObject"})


class Ids:
    """Request ids that follow from who asks, when, and how often: the same in every run."""

    def __init__(self) -> None:
        self._now = 0.0
        self._drawn: dict[tuple[str, str], int] = {}

    def draw(self, call: TaskCall, now: float) -> str:
        """A UUID. Clock thread only."""
        if now != self._now:
            self._now, self._drawn = now, {}
        key = (call.execution_arn, call.state_name)
        number = self._drawn[key] = self._drawn.get(key, -1) + 1
        digest = hashlib.blake2b(repr((*key, now, number)).encode(), digest_size=16).digest()
        return uuid_of(digest)


class Operation:
    """One operation of one service.

    Args:
        cloud: where it is called.
        service, name: botocore's names, e.g. "dynamodb" and "PutItem".
        optimised: spelled as by optimised integrations (SDK v1), else as by `aws-sdk` ones (SDK v2).
        ids: where request ids come from.
    """

    def __init__(self, cloud: Host, service: str, name: str, *, optimised: bool, ids: Ids) -> None:
        self.cloud, self.service, self.name = cloud, service, name
        self._optimised, self._ids = optimised, ids
        self._spell: Callable[[str], str] = naming.capitalised if optimised else naming.member
        self._date: Callable[[datetime], Any] = shapes.milliseconds if optimised else shapes.iso

    @property
    def _model(self) -> Any:
        return self.cloud.client(self.service).meta.service_model

    @property
    def _model_of_input(self) -> Any:
        return self._model.operation_model(self.name).input_shape

    # ---- request

    def request(self, arguments: Any) -> dict[str, Any]:
        """The request in botocore's shape.

        Raises:
            TaskFailure: States.Runtime, for fields that the API does not have or misses.
        """
        shape = self._model_of_input
        problems: list[str] = []
        given = arguments if isinstance(arguments, dict) else {}
        if shape is not None:
            given = shapes.to_request(shape, given, self._spell, problems)
        if problems:
            raise unusable(arguments, problems)
        return given

    # ---- call

    async def call(
        self, call: TaskCall, request: dict[str, Any], begun: Callable[[dict[str, Any]], None] = lambda response: None
    ) -> dict[str, Any]:
        """Call it, take the time that it takes on AWS, and return the response as the workflow sees it.

        Args:
            call, request: what is called, with what.
            begun: is handed the plain response of a quick call before its time has passed.

        Raises:
            TaskFailure: the API's error, by the SDK's name.
        """
        clock = self.cloud.clock
        request_id = self._ids.draw(call, clock.now())
        fault = self.cloud.faults.draw(self.service, self.name, killable=False)
        seconds = durations.of(self.service) + fault.delay
        try:
            self._check_values(request)
            if self.service in durations.COMPUTING:
                limit = call.limit if self.service in durations.RUNS_CODE else None
                response = await clock.work(self.send, request, fault, seconds=seconds, limit=limit)
            else:
                response = await self._quick(request, fault, seconds, begun)
        except ClientError as error:
            raise self._failure(call, error, request_id) from None
        except ParamValidationError:
            raise self._invalid(call, request, request_id) from None
        except BotoCoreError as problem:
            raise self._not_sent(str(problem)) from None
        answer = self.answer(response)
        if self._optimised:
            answer |= self._metadata(response, request_id)
        return answer

    def _check_values(self, request: dict[str, Any]) -> None:
        """Raise for values that boto3, or moto, would fall over."""
        if _holds_null(request):
            raise ParamValidationError(report="a required parameter, or one of a list, is null")
        if self.service == "dynamodb" and (problem := _attribute_problem(self._model_of_input, request)):
            error = {"Code": "ValidationException", "Message": problem}
            raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, self.name)

    async def _quick(
        self, request: dict[str, Any], fault: Fault, seconds: float, begun: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Call at once, on the clock thread, so that calls keep their order; then let the time pass."""
        try:
            response = self.send(request, fault)
            begun(response)
            return response
        finally:
            await self.cloud.clock.sleep(seconds)

    def send(self, request: dict[str, Any], fault: Fault = NOTHING) -> dict[str, Any]:
        """The plain call, botocore's shapes on both sides, and what happens to it on purpose."""
        with decided(fault):
            response: dict[str, Any] = getattr(self.cloud.client(self.service), xform_name(self.name))(**request)
        return response

    def answer(self, response: dict[str, Any]) -> dict[str, Any]:
        """A response as the workflow sees it, without the SDK's metadata."""
        shape = self._model.operation_model(self.name).output_shape
        if shape is None:
            return {}
        if self.service == "s3" and self.name in _ENCRYPTED:
            response = {"ServerSideEncryption": "AES256", **response}
        if self.service == "s3" and self.name == "PutObject":
            response = {"ChecksumType": "FULL_OBJECT", **response}
        answer: dict[str, Any] = shapes.from_response(shape, response, self._spell, self._date)
        return answer

    def _metadata(self, response: dict[str, Any], request_id: str) -> dict[str, Any]:
        """SdkHttpMetadata and SdkResponseMetadata, which only optimised integrations show."""
        meta = response["ResponseMetadata"]
        given = meta["HTTPHeaders"]
        content = {key: value for key, value in response.items() if key != "ResponseMetadata"}
        body = dumps(content)  # JSON is written more compactly by AWS than by moto
        metadata, kind = self._model.metadata, given.get("content-type", "").partition(";")[0]
        length = given.get("content-length", "0")
        if metadata["protocol"] == "json":  # moto calls some of it HTML
            kind, length = f"application/x-amz-json-{metadata['jsonVersion']}", str(len(body))
        elif metadata["protocol"] == "query":
            length = str(_query_length(metadata["xmlNamespace"], self.name, content, request_id))
        if self.service == "dynamodb":
            headers = {"Server": "Server", "Connection": "keep-alive", "x-amzn-RequestId": request_id}
            headers["x-amz-crc32"] = str(zlib.crc32(body))
        else:
            headers = {"x-amzn-RequestId": request_id, "connection": "keep-alive"}
        headers["Content-Length"] = length
        headers["Date"] = http_date(self.cloud.clock.datetime())
        headers["Content-Type"] = kind
        return sdk_metadata(headers, request_id, meta["HTTPStatusCode"])

    # ---- errors

    def failure(self, call: TaskCall, error: ClientError) -> TaskFailure:
        """An error of a plain call, as the workflow sees it. Clock thread only."""
        return self._failure(call, error, self._ids.draw(call, self.cloud.clock.now()))

    def _invalid(self, call: TaskCall, request: dict[str, Any], request_id: str) -> TaskFailure:
        """What the service says of a request that boto3 does not even send, which AWS's own client does."""
        shape = self._model_of_input
        for name, member in shape.members.items():
            if name in request and request[name] is None and member.serialization.get("location") == "uri":
                return self._not_sent(f"Parameter '{name}' must not be null")
        error = ServiceError("InvalidBucketName", "The specified bucket is not valid.")
        try:
            refuse(self.service, compile_check(shape), request)
        except ServiceError as refusal:
            error = refusal
        response = {
            "Error": {"Code": error.code, "Message": error.message},
            "ResponseMetadata": {"HTTPStatusCode": error.status},
        }
        return self._failure(call, ClientError(response, self.name), request_id)

    def _not_sent(self, message: str) -> TaskFailure:
        """An error of the client, for a request that never reaches the service.

        That Step Functions calls it so: https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html;
        what the SDK for Java says of a null in a path: https://github.com/apache/pinot/issues/5835.
        """
        prefix = _V1[self.service][0] if self._optimised else naming.service(self._model.service_id)
        return TaskFailure(f"{prefix}.SdkClientException", message)

    def _failure(self, call: TaskCall, error: ClientError, request_id: str) -> TaskFailure:
        details = error.response["Error"]
        code, message = details.get("Code", ""), details.get("Message", "")
        if self.service == "sns" and "TopicArn" in call.arguments:
            message = message.replace("Endpoint does not exist", "Topic does not exist")  # moto has one text for both
        if self.service == "sns" and "values to unpack" in message:  # moto took no look at an ARN before it cut it up
            parts = str(call.arguments.get("TopicArn", "")).count(":") + 1
            message = f"Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not {parts}"
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if code == "UnsupportedLocally":
            return TaskFailure(code, f'state "{call.state_name}": {message}')
        modelled = self._modelled(details.get("QueryErrorCode", code))  # SQS keeps its old codes beside the names
        if self._optimised:
            return v1_failure(self.service, modelled, code, message, status, request_id)
        service = naming.service(self._model.service_id)
        name = naming.exception(modelled) if modelled else f"{service}Exception"
        facts = [f"Service: {service}", f"Status Code: {status}", f"Request ID: {request_id}"]
        if self.service == "s3":
            host = hashlib.blake2b(request_id.encode(), digest_size=28).hexdigest()
            facts.append(f"Extended Request ID: {host}")
        return TaskFailure(f"{service}.{name}", f"{message} ({', '.join(facts)}) (SDK Attempt Count: 1)")

    def turned_away(self, call: TaskCall) -> TaskFailure:
        """The failure of a call when there are too many of them, by the name that the service has for it."""
        own = self._model.operation_model(self.name).error_shapes
        names = [shape.name for shape in (*own, *self._model.error_shapes) if not shape.name.startswith("KMS")]
        wanted = ("Throttl", "TooManyRequests", "ThroughputExceeded", "LimitExceeded")
        code = next((name for word in wanted for name in names if word in name), "ThrottlingException")
        error = {"Code": code, "Message": f"Rate exceeded {MARK}"}
        response: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}
        return self._failure(call, ClientError(response, self.name), self._ids.draw(call, self.cloud.clock.now()))

    def _modelled(self, code: str) -> str | None:
        """The error shape that a code on the wire belongs to."""
        if self.service == "s3" and code == "404":
            return _HEADLESS.get(self.name)
        for shape in self._model.error_shapes:
            if code in (shape.name, shape.error_code):
                return str(shape.name)
        return None


def _holds_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(_holds_null, value)))


def _attribute_problem(shape: Any, value: Any) -> str | None:
    """DynamoDB's words for an AttributeValue that is not of exactly one type."""
    if shape.type_name == "structure" and isinstance(value, dict):
        if shape.name == "AttributeValue" and len(value) != 1:
            state = "has more than one datatypes set" if value else "is empty"
            return f"Supplied AttributeValue {state}, must contain exactly one of the supported datatypes"
        inner = [(shape.members[name], each) for name, each in value.items()]
    elif shape.type_name == "list" and isinstance(value, list):
        inner = [(shape.member, each) for each in value]
    elif shape.type_name == "map" and isinstance(value, dict):
        inner = [(shape.value, each) for each in value.values()]
    else:
        return None
    return next((problem for each in inner if (problem := _attribute_problem(*each))), None)


def _query_length(namespace: str, operation: str, content: dict[str, Any], request_id: str) -> int:
    """How long a response without nested members is in XML as AWS lays it out: indented by two spaces."""
    members = "".join(f"    <{name}>{value}</{name}>\n" for name, value in content.items())
    text = (
        f'<{operation}Response xmlns="{namespace}">\n  <{operation}Result>\n{members}  </{operation}Result>\n'
        f"  <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n"
        f"</{operation}Response>\n"
    )
    return len(text.encode())


def v1_failure(
    service: str, modelled: str | None, code: str, message: str, status: int, request_id: str
) -> TaskFailure:
    """An error as optimised integrations show it.

    Args:
        service: botocore's name.
        modelled: the error's shape, when the API has one.
        code, message, status: as on the wire.
    """
    prefix, long_name, fallback = _V1[service]
    name = f"{modelled.removesuffix('Exception')}Exception" if modelled else fallback
    cause = (
        f"{message} (Service: {long_name}; Status Code: {status}; Error Code: {code}; "
        f"Request ID: {request_id}; Proxy: null)"
    )
    return TaskFailure(f"{prefix}.{name}", cause)


def sdk_metadata(headers: dict[str, str], request_id: str, status: int) -> dict[str, Any]:
    """What the SDK knows of a response beside its content."""
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": status,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }


def http_date(when: datetime) -> str:
    """A time as HTTP writes it."""
    return format_datetime(when, usegmt=True)


def unusable(arguments: Any, problems: list[str]) -> TaskFailure:
    """What AWS says of arguments that the API cannot take."""
    listed = ", ".join(problem.strip() for problem in problems)
    text = f"The Parameters '{shapes.text_of(arguments)}' could not be used to start the Task: [{listed}]"
    return TaskFailure("States.Runtime", text)
