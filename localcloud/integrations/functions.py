"""Lambda functions as tasks: a function's ARN as the Resource, and `lambda:invoke`.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from localcloud.asl.environment import TaskCall, TaskFailure
from localcloud.door.constraints import compile_check
from localcloud.door.wire import ServiceError, refuse
from localcloud.errors import UnsupportedLocally
from localcloud.injection import decided
from localcloud.integrations.api import http_date, sdk_metadata, unusable, v1_failure
from localcloud.integrations.base import Base, Pattern
from localcloud.integrations.fields import INVOKE
from localcloud.integrations.shapes import must_be, text_of
from localcloud.time import durations

if TYPE_CHECKING:
    from localcloud.host import Host, Invocation


class FunctionTask(Base):
    """The Resource is a function's ARN: the state's input is the event, the function's result the output."""

    kind: Literal["Task", "LambdaFunction", "Activity"] = "LambdaFunction"

    def __init__(self, cloud: Host, arn: str) -> None:
        super().__init__("lambda", arn, "request")
        self._cloud = cloud

    async def submit(self, call: TaskCall) -> Any:
        """Run the handler. Raises TaskFailure with the handler's error."""
        done = await _invoke(self._cloud, call, self.resource, text_of(call.arguments).encode(), {})
        return _value(done.payload)


class Invoke(Base):
    """`arn:aws:states:::lambda:invoke`, also with `.waitForTaskToken`."""

    def __init__(self, cloud: Host, resource: str, pattern: Pattern) -> None:
        super().__init__("lambda", resource, pattern)
        self._cloud = cloud
        self._allowed = compile_check(cloud.session.get_service_model("lambda").operation_model("Invoke").input_shape)

    def check(self, arguments: Any) -> None:
        """Raises TaskFailure for fields that `lambda:invoke` does not have or misses."""
        given: dict[str, Any] = arguments if isinstance(arguments, dict) else {}
        problems = [f'The field "{key}" is not supported by Step Functions' for key in given if key not in INVOKE]
        problems += [
            must_be(key, "a STRING")
            for key in given
            if key in INVOKE and key != "Payload" and isinstance(given[key], dict | list)
        ]
        if "FunctionName" not in given:
            problems.append('The field "FunctionName" is required but was missing')
        if problems:
            raise unusable(given, problems)

    async def submit(self, call: TaskCall) -> Any:
        """Run the handler; its result is the response's Payload. Raises TaskFailure."""
        self.check(call.arguments)
        given = {
            key: each if key == "Payload" or isinstance(each, str) else text_of(each)
            for key, each in call.arguments.items()
            if each is not None
        }
        if not given.get("FunctionName"):
            raise TaskFailure("Lambda.SdkClientException", "Parameter 'FunctionName' must not be null")
        payload = _payload(given.get("Payload"))
        try:
            refuse("lambda", self._allowed, given)
        except ServiceError as error:
            request_id = self._cloud.functions.request_id(given["FunctionName"], payload)
            raise _failure(call, error, request_id) from None
        options = {"qualifier": given["Qualifier"]} if given.get("Qualifier") else {}
        if given.get("InvocationType") == "Event":
            return await self._post(call, given["FunctionName"], payload, options)
        if given.get("ClientContext"):
            options["client_context"] = _client_context(given["ClientContext"])
        done = await _invoke(self._cloud, call, given["FunctionName"], payload, options)
        answer = {"ExecutedVersion": done.executed_version, "Payload": _value(done.payload)}
        headers = {
            "X-Amz-Executed-Version": done.executed_version,
            "x-amzn-Remapped-Content-Length": "0",
            "Connection": "keep-alive",
            "x-amzn-RequestId": done.request_id,
            "Content-Length": str(len(done.payload)),
            "Date": http_date(self._cloud.clock.datetime()),
            "X-Amzn-Trace-Id": _trace(done.request_id, self._cloud.clock.now()),
            "Content-Type": "application/json",
        }
        if given.get("LogType") == "Tail":
            answer["LogResult"] = base64.b64encode(done.log_tail.encode()).decode()
            headers["X-Amz-Log-Result"] = answer["LogResult"]
        return answer | sdk_metadata(headers, done.request_id, 200) | {"StatusCode": 200}

    async def _post(self, call: TaskCall, name: str, payload: bytes, options: dict[str, str]) -> Any:
        """InvocationType Event: the function runs later, its result goes nowhere."""
        functions, clock = self._cloud.functions, self._cloud.clock
        request_id = functions.request_id(name, payload)
        try:
            _require(self._cloud, name, options)
            functions.post(name, payload, **options)
        except (ServiceError, UnsupportedLocally) as error:
            raise _failure(call, error, request_id) from None
        await clock.sleep(durations.API_CALL)
        headers = {
            "x-amzn-Remapped-Content-Length": "0",
            "Connection": "keep-alive",
            "x-amzn-RequestId": request_id,
            "Content-Length": "0",
            "Date": http_date(clock.datetime()),
            "X-Amzn-Trace-Id": _trace(request_id, clock.now()),
        }
        return {"Payload": ""} | sdk_metadata(headers, request_id, 202) | {"StatusCode": 202}


async def _invoke(cloud: Host, call: TaskCall, name: str, payload: bytes, options: dict[str, str]) -> Invocation:
    """The Invocation, when the handler returned. Raises TaskFailure when it, or the call, failed."""
    functions = cloud.functions
    request_id = functions.request_id(name, payload)
    fault = cloud.faults.draw("lambda", "Invoke", killable=True)

    def run() -> Invocation:
        if fault.kind == "error":
            raise ServiceError(fault.value, fault.message, fault.status)
        _require(cloud, name, options)
        with decided(fault):
            done = functions.invoke(name, payload, limit=call.limit, request_id=request_id, **options)
        if fault.kind == "corrupt":
            done = replace(done, payload=done.payload[: len(done.payload) // 2])
        return done

    try:
        done = await cloud.clock.work(run, seconds=durations.LAMBDA + fault.delay, limit=call.limit)
    except (ServiceError, UnsupportedLocally) as error:
        raise _failure(call, error, request_id) from None
    if done.function_error is not None:
        raise _handler_failure(done.payload)
    return done


def _require(cloud: Host, name: str, options: Mapping[str, str]) -> None:
    """Raises ServiceError when the workflow's role may not invoke the function."""
    arn = name
    if not name.startswith("arn:"):
        arn = f"arn:aws:lambda:{cloud.region}:{cloud.account_id}:function:{name.rpartition('function:')[2]}"
    cloud.require("lambda:InvokeFunction", arn + (f":{options['qualifier']}" if "qualifier" in options else ""))


def _client_context(text: str) -> str:
    try:
        context = base64.b64decode(text, validate=True).decode()
        json.loads(context)
    except ValueError:
        raise TaskFailure(
            "Lambda.InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object."
        ) from None
    return " ".join(context.splitlines())


def _payload(value: Any) -> bytes:
    """The event. Text is taken for JSON text, as Lambda itself takes it; text that is none, for a string."""
    if value is None:
        return b"{}"
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return text_of(value).encode(errors="backslashreplace")
        return value.encode(errors="backslashreplace")
    return text_of(value).encode(errors="backslashreplace")


def _value(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")


def _handler_failure(payload: bytes) -> TaskFailure:
    """The handler's error type is the error's name, its whole error object the cause."""
    value = _value(payload)
    name = value.get("errorType") if isinstance(value, dict) else None
    text = text_of(value)
    if name:
        return TaskFailure(name, text)
    return TaskFailure(
        "Lambda.Unknown",
        f"The cause could not be determined because Lambda did not return an error type. Returned payload: {text}",
    )


def _failure(call: TaskCall, error: ServiceError | UnsupportedLocally, request_id: str) -> TaskFailure:
    if isinstance(error, UnsupportedLocally):
        return TaskFailure("UnsupportedLocally", f'state "{call.state_name}": {error}')
    # No shape of Invoke's: https://github.com/awslabs/aws-deployment-framework/issues/460 has the error and its cause.
    modelled = None if error.code == "AccessDeniedException" else error.code
    return v1_failure("lambda", modelled, error.code, error.message, error.status, request_id)


def _trace(request_id: str, now: float) -> str:
    """An X-Ray header; nothing is traced."""
    digest = hashlib.blake2b(request_id.encode(), digest_size=20).hexdigest()
    return f"root=1-{int(now):08x}-{digest[:24]};parent={digest[24:]};sampled=0"
