"""AWS Lambda: moto keeps the functions, versions, aliases and layers; invoking one really runs its handler.

Ours are Invoke (and what invokes a function from inside moto: SNS subscriptions, S3 notifications, log
subscriptions), what becomes of its asynchronous events (`_lambda_outcomes`), event source mappings
(`_lambda_sources`), CreateFunction and UpdateFunctionCode, which check the code (`_lambda_code`), and DeleteFunction,
which ends the function's workers. Function URLs are refused.

Differences from AWS, on purpose: a handler runs on this Python, whatever `python3.x` its function names, and
may import what is installed beside the workshop; memory is not limited; the concurrency of a function without
reserved concurrency queues instead of being throttled.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import logging
import re
import threading
import uuid
from collections import Counter
from typing import Any

from localcloud import injection
from localcloud.acting import acting_as
from localcloud.door import moto
from localcloud.door.constraints import sentence
from localcloud.door.wire import ServiceError, invalid
from localcloud.errors import UnsupportedLocally
from localcloud.host import Host, Invocation, Service
from localcloud.runtimes.function_code import BadPackage, Function
from localcloud.runtimes.functions import Functions, Outcome
from localcloud.services import _lambda_code
from localcloud.services._lambda_outcomes import Event, Outcomes, Plan
from localcloud.services._lambda_sources import Sources
from localcloud.time import durations

log = logging.getLogger(__name__)

#: Bytes of a request: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html ("6 MB
#: synchronous, 1 MB asynchronous").
_MAX_EVENT = {"RequestResponse": 6 << 20, "DryRun": 6 << 20, "Event": 1 << 20}

#: Bytes of the log that LogType=Tail returns.
_TAIL = 4096

#: Virtual seconds that pass before an asynchronous event's second and its third attempt
#: (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: "one minute", "two
#: minutes").
_RETRY_AFTER = (60.0, 120.0)

#: Virtual seconds that an event waits at most, and those between attempts that are throttled: "increases exponentially
#: from 1 second after the first attempt to a maximum of 5 minutes" (the same page).
_EVENT_AGE, _THROTTLED, _MOST_THROTTLED = 21_600.0, 1.0, 300.0

#: Real seconds that a call stays queued beyond its caller's limit, so that the caller's own timer comes first.
_GRACE = 1.0

#: Variables that the runtime sets, and the most bytes of the others:
#: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_RESERVED = frozenset(
    f"AWS_{name}"
    for name in (
        *("REGION", "DEFAULT_REGION", "EXECUTION_ENV", "ACCESS_KEY", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"),
        *("SESSION_TOKEN", "LAMBDA_FUNCTION_NAME", "LAMBDA_FUNCTION_MEMORY_SIZE", "LAMBDA_FUNCTION_VERSION"),
        *("LAMBDA_INITIALIZATION_TYPE", "LAMBDA_LOG_GROUP_NAME", "LAMBDA_LOG_STREAM_NAME", "LAMBDA_RUNTIME_API"),
    )
) | {"_HANDLER", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"}
_MOST_ENVIRONMENT = 4096

#: No function can be made with them any more: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, those
#: of which it has been true for years, and what to use; the words as in https://github.com/pulumi/pulumi-awsx/issues/714.
_BLOCKED = {
    **dict.fromkeys(("dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1"), "dotnet8"),
    **dict.fromkeys(("nodejs", "nodejs4.3", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x"), "nodejs22.x"),
    **dict.fromkeys(("python2.7", "python3.6"), "python3.13"),
    "ruby2.5": "ruby3.4",
}

#: Of a function, seconds and MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; the words for
#: the second as in https://github.com/ubc-cirrus-lab/parrotfish/issues/38.
_MOST_SECONDS, _MOST_MEMORY = 900, 10_240

_NAME = re.compile(
    r"(?:arn:[^:]+:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


class LocalFunctions:
    """The functions of one local cloud, by name: what Invoke and the integrations call."""

    def __init__(self, cloud: Host) -> None:
        self._cloud = cloud
        environment = cloud.worker_environment()
        self.runtime = Functions(cloud.scratch / "functions", environment, cloud.clock.datetime)
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._requests: Counter[bytes] = Counter()
        self.outcomes = Outcomes(cloud)

    def invoke(
        self,
        name_or_arn: str,
        payload: bytes,
        *,
        qualifier: str | None = None,
        limit: float | None = None,
        request_id: str | None = None,
        client_context: str | None = None,
    ) -> Invocation:
        """Run a function on one event and wait for its end, in real time.

        Args:
            name_or_arn: a name, an ARN or a partial ARN, with or without a qualifier.
            payload: JSON; empty is {}.
            qualifier: a version or an alias.
            limit: real seconds that the caller waits. A call that is still queued for a worker somewhat later is
                dropped (TimeoutError); one that runs goes on to its own end, as on AWS.
            request_id: from `request_id()`, drawn earlier where the order of calls is certain.
            client_context: JSON, as `context.client_context` shows it.

        Raises:
            ServiceError: ResourceNotFoundException, TooManyRequestsException and the other errors of Invoke.
            UnsupportedLocally: the function is none that runs here.
        """
        found, qualifier = self._find(name_or_arn, qualifier)
        function = _function(found)
        payload = payload or b"{}"
        request_id = request_id or self.request_id(name_or_arn, payload)
        fault = injection.take("lambda", "Invoke")
        self._enter(found, function.arn)
        try:
            outcome = self.runtime.invoke(
                function,
                payload,
                request_id=request_id,
                arn=f"{function.arn}:{qualifier}" if qualifier else function.arn,
                client_context=client_context,
                limit=None if limit is None else limit + _GRACE,
                kill=fault.kind == "kill",
            )
        except BadPackage:
            raise ServiceError(
                "InvalidZipFileException", "Lambda could not unzip the deployment package.", 502
            ) from None
        finally:
            with self._lock:
                self._running[function.arn] -= 1
        self._write_log(found, function, outcome)
        return Invocation(
            outcome.payload,
            "Unhandled" if outcome.failed else None,
            function.version,
            "".join(outcome.lines)[-_TAIL:],
            request_id,
        )

    def request_id(self, name_or_arn: str, payload: bytes) -> str:
        """The id of a function's next invocation with this event: the same in every run.

        It is made from the call, not drawn from a sequence, since calls come from many threads in any order.
        Calls that are equal to the byte get ids in the order in which they ask.
        """
        name = name_or_arn.encode(errors="backslashreplace")  # a workflow may pass half of a surrogate pair
        digest = hashlib.blake2b(name + b"\0" + payload, digest_size=16).digest()
        with self._lock:
            number = self._requests[digest]
            self._requests[digest] += 1
        if number:
            digest = hashlib.blake2b(digest + number.to_bytes(8, "big"), digest_size=16).digest()
        return str(uuid.UUID(bytes=digest, version=4))

    def thread_of(self, token: str) -> int | None:
        """The thread that waits for the worker with this session token; None when there is none."""
        return self.runtime.thread_of(token)

    def role_of(self, token: str) -> str | None:
        """The ARN of the role that the function of the worker with this session token runs as."""
        arn = self.runtime.arn_of(token)
        return None if arn is None else str(self._find(arn, None)[0].role)

    def kill(self, token: str) -> None:
        """End the worker with this session token, if there is one, in the middle of what it does."""
        self.runtime.kill(token)

    def check(self, name_or_arn: str, qualifier: str | None) -> None:
        """Raise what the API's Invoke does when there is no such function in the caller's region."""
        match = _NAME.fullmatch(name_or_arn)
        here, there = self._cloud.region, match["region"] if match else None
        if there not in (None, here):
            raise ServiceError(
                "ResourceNotFoundException",
                f"Functions from '{there}' are not reachable in this region ('{here}')",
                404,
                {"Type": "User"},
            )
        self._find(name_or_arn, qualifier)

    def post(self, name_or_arn: str, payload: bytes, *, qualifier: str | None = None) -> None:
        """Hand over an event and return at once: Lambda's asynchronous invocation, up to three attempts.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html

        Raises:
            ServiceError: there is no such function.
            UnsupportedLocally: its events have a destination to which nothing is delivered here.
        """
        found, qualifier = self._find(name_or_arn, qualifier)
        configs = [each.config for each in found.event_invoke_config]
        letters = getattr(found, "dead_letter_config", {}).get("TargetArn")
        plan = self.outcomes.plan(configs[-1] if configs else {}, letters, len(_RETRY_AFTER), _EVENT_AGE)
        request_id = self.request_id(name_or_arn, payload)
        arn = f"{_unqualified(found)}:{qualifier or '$LATEST'}"
        with acting_as(found.role):  # it sends to the destinations, too
            self._cloud.clock.spawn(self._deliver(name_or_arn, payload or b"{}", qualifier, request_id, plan, arn))

    async def _deliver(
        self, name: str, payload: bytes, qualifier: str | None, request_id: str, plan: Plan, arn: str
    ) -> None:
        def attempt() -> Invocation:
            return self.invoke(name, payload, qualifier=qualifier, request_id=request_id)

        def event() -> Event:
            response, error, version = (
                (None, None, None) if last is None else (last.payload, last.function_error, last.executed_version)
            )
            return Event(arn, request_id, payload, attempts, response, error, version)

        clock, last, attempts, throttled = self._cloud.clock, None, 0, _THROTTLED
        until = clock.now() + plan.age
        while True:
            try:
                last = await clock.work(attempt, seconds=durations.LAMBDA)
            except ServiceError as error:
                if error.code != "TooManyRequestsException":
                    log.warning("an event for function %s was dropped: %s", name, error)
                    return
                found, _ = self._find(name, qualifier)
                if found.reserved_concurrency is not None and int(found.reserved_concurrency) == 0:
                    self.outcomes.failed(plan, event(), "ZeroReservedConcurrency")
                    return
                pause, throttled = throttled, min(2 * throttled, _MOST_THROTTLED)
            except UnsupportedLocally as error:
                log.warning("an event for function %s was dropped: %s", name, error)
                return
            else:
                attempts += 1
                if not last.function_error:
                    self.outcomes.succeeded(plan, event())
                    return
                if attempts > plan.retries:
                    self.outcomes.failed(plan, event(), "RetriesExhausted")
                    return
                pause = _RETRY_AFTER[attempts - 1]
            if clock.now() + pause > until:
                self.outcomes.failed(plan, event(), "EventAgeExceeded")
                return
            await clock.sleep(pause)

    # ---- the registry: what moto is to keep is checked first, so that a call that fails leaves nothing

    def create(self, request: dict[str, Any]) -> None:
        """CreateFunction."""
        _check_configuration(request)
        code = request["Code"]
        if request.get("PackageType", "Zip") == "Zip":
            if not request.get("Handler") or not request.get("Runtime"):
                raise _lambda_code.invalid(
                    "Runtime and Handler are mandatory parameters for functions created with deployment packages."
                )
            content = _lambda_code.package(self._cloud, code, "CreateFunction")
            self._check_layers(content, request.get("Layers", []))
        elif not code.get("ImageUri"):
            raise _lambda_code.invalid("Please provide a source for function code.")

    def update_code(self, request: dict[str, Any]) -> None:
        """UpdateFunctionCode."""
        found = self._found(request)
        if found is None or found.package_type == "Zip":
            content = _lambda_code.package(self._cloud, request, "UpdateFunctionCode")
            self._check_layers(content, [layer["Arn"] for layer in found.layers] if found is not None else [])

    def update_configuration(self, request: dict[str, Any]) -> None:
        """UpdateFunctionConfiguration."""
        _check_configuration(request)
        found = self._found(request)
        if "Layers" in request and found is not None and found.package_type == "Zip":
            self._check_layers(found.code_bytes, request["Layers"])

    def publish_layer(self, request: dict[str, Any]) -> None:
        """PublishLayerVersion."""
        _lambda_code.package(self._cloud, request["Content"], "PublishLayerVersion")

    def _found(self, request: dict[str, Any]) -> Any:
        try:
            return self._find(request["FunctionName"], None)[0]
        except ServiceError:  # moto says so, or knows it in the client's region
            return None

    def _check_layers(self, content: bytes, arns: list[str]) -> None:
        account, region = self._cloud.account_id, self._cloud.region
        layers = [layer for arn in arns if (layer := moto.layer_content(account, region, arn)) is not None]
        if layers:
            _lambda_code.check_layers(content, layers)

    def find(self, name_or_arn: str) -> tuple[Any, str]:
        """A function, and its ARN as the call names it.

        Raises:
            ServiceError: there is none.
        """
        found, qualifier = self._find(name_or_arn, None)
        return found, f"{_unqualified(found)}:{qualifier}" if qualifier else _unqualified(found)

    def delete(self, name_or_arn: str, qualifier: str | None) -> None:
        """Delete a function, or one version of it, and end its workers."""
        found, qualifier = self._find(name_or_arn, qualifier)
        function = _function(found)
        name = f"{function.name}:{qualifier}" if qualifier else function.name
        moto.delete_function(self._cloud.account_id, function.region, name)
        self.runtime.retire(function.arn, function.version if qualifier else None)

    def _find(self, name_or_arn: str, qualifier: str | None) -> tuple[Any, str | None]:
        """The function in moto's registry, and the qualifier that the call names, wherever it does."""
        match = _NAME.fullmatch(name_or_arn)
        if match is None:
            rule = f"Member must satisfy regular expression pattern: {_NAME.pattern}"
            raise invalid("lambda", sentence(name_or_arn, "FunctionName", rule))
        region = match["region"] or self._cloud.region
        if match["qualifier"] and qualifier and qualifier != match["qualifier"]:
            raise ServiceError(
                "InvalidParameterValueException",
                "The derived qualifier from the function name does not match the specified qualifier.",
                details={"Type": "User"},
            )
        qualifier = qualifier or match["qualifier"]
        account = match["account"] or self._cloud.account_id
        return moto.find_function(account, region, match["name"], qualifier), qualifier

    def _enter(self, found: Any, arn: str) -> None:
        """Count an invocation in, unless the function's reserved concurrency is used up."""
        reserved = found.reserved_concurrency
        with self._lock:
            if reserved is not None and self._running[arn] >= int(reserved):
                reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
                details = {"Reason": reason, "Type": "User"}
                raise ServiceError("TooManyRequestsException", "Rate Exceeded.", 429, details)
            self._running[arn] += 1

    def _write_log(self, found: Any, function: Function, outcome: Outcome) -> None:
        """Add an invocation's entries to CloudWatch Logs, at virtual time."""
        group = f"arn:aws:logs:{function.region}:{self._cloud.account_id}:log-group:/aws/lambda/{function.name}"
        with acting_as(found.role):
            try:
                self._cloud.require("logs:PutLogEvents", f"{group}:log-stream:{outcome.stream}")
            except ServiceError:  # without it a function runs, and nobody reads what it says
                return
        now = int(self._cloud.clock.now() * 1000)
        events = [{"timestamp": now, "message": line} for line in outcome.lines]
        account, group = self._cloud.account_id, f"/aws/lambda/{function.name}"
        moto.append_log_events(account, function.region, group, outcome.stream, events)


def _function(found: Any) -> Function:
    """A function of moto's registry as its workers need it."""
    version = str(found.version)
    arn = _unqualified(found)
    if found.package_type != "Zip":
        raise UnsupportedLocally(
            f'function "{found.function_name}" is a container image, which the local cloud does not run. '
            "Deploy its handler as a zip (Code={'ZipFile': ...}, Runtime='python3.12'), or set "
            "WORKSHOP_TARGET=aws."
        )
    return Function(
        arn=arn,
        version=version,
        handler=str(found.handler),
        runtime=str(found.run_time),
        memory=found.memory_size,
        timeout=found.timeout,
        environment=found.environment_vars,
        code=found.code_bytes,
        layers=tuple(_layer(found, layer["Arn"]) for layer in found.layers),
    )


def _unqualified(found: Any) -> str:
    """A function's ARN without its version."""
    version, arn = str(found.version), str(found.function_arn)
    return arn if version == "$LATEST" else arn.removesuffix(f":{version}")


def _check_configuration(request: dict[str, Any]) -> None:
    if (runtime := request.get("Runtime")) in _BLOCKED:
        raise _lambda_code.invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
            f"We recommend you use the new runtime ({_BLOCKED[runtime]}) while creating or updating functions."
        )
    # The model's limits are those of functions on instances of one's own.
    if request.get("Timeout", 0) > _MOST_SECONDS:
        rule = f"Member must have value less than or equal to {_MOST_SECONDS}"
        raise invalid("lambda", sentence(request["Timeout"], "Timeout", rule))
    if request.get("MemorySize", 0) > _MOST_MEMORY:
        rule = f"Member must have value less than or equal to {_MOST_MEMORY}"
        raise ServiceError("ValidationException", f"'MemorySize' value failed to satisfy constraint: {rule}")
    variables = (request.get("Environment") or {}).get("Variables") or {}
    unable = (
        "Lambda was unable to configure your environment variables because the environment variables you have provided"
    )
    if reserved := [name for name in variables if name in _RESERVED]:
        raise _lambda_code.invalid(
            f"{unable} contains reserved keys that are currently not supported for modification. Reserved keys used in "
            f"this request: {', '.join(reserved)}"
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > _MOST_ENVIRONMENT:
        raise _lambda_code.invalid(f"{unable} exceeded the 4KB limit. String measured: {measured}")
    arn = (request.get("DeadLetterConfig") or {}).get("TargetArn")
    if arn and not re.fullmatch(r"arn:[^:]+:(sqs|sns):[^:]*:\d{12}:.+", arn):
        raise _lambda_code.invalid(f"DeadLetterConfig: {arn} is neither an Amazon SQS queue nor an Amazon SNS topic.")


def _layer(found: Any, arn: str) -> bytes:
    content = moto.layer_content(found.account_id, found.region, arn)
    if content is None:
        raise ServiceError("ResourceNotFoundException", f"The resource you requested does not exist: {arn}", 404)
    return content


def _invoke(functions: LocalFunctions, request: dict[str, Any]) -> dict[str, Any]:
    """Invoke, by https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html and what AWS answers."""
    name, qualifier = request["FunctionName"], request.get("Qualifier")
    kind, payload = request.get("InvocationType", "RequestResponse"), request.get("Payload", b"")
    if len(payload) > _MAX_EVENT[kind]:
        raise ServiceError(
            "RequestEntityTooLargeException",
            f"Request must be smaller than {_MAX_EVENT[kind]} bytes for the InvokeFunction operation",
            413,
        )
    functions.check(name, qualifier)
    try:
        json.loads(payload or b"{}")
    except ValueError as problem:
        raise _bad_request(f"Could not parse payload into json: {problem}") from None
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        functions.post(name, payload, qualifier=qualifier)
        return {"StatusCode": 202}
    done = functions.invoke(
        name, payload, qualifier=qualifier, client_context=_client_context(request.get("ClientContext"))
    )
    return {
        "StatusCode": 200,
        "FunctionError": done.function_error,
        "ExecutedVersion": done.executed_version,
        "LogResult": base64.b64encode(done.log_tail.encode()).decode() if request.get("LogType") == "Tail" else None,
        "Payload": done.payload,
    }


def _client_context(value: str | None) -> str | None:
    """The caller's ClientContext (base64 of a JSON object) as JSON on one line."""
    if not value:
        return None
    try:
        decoded = json.loads(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError) as problem:
        raise _bad_request(f"Client context must be a valid Base64-encoded JSON object: {problem}") from None
    return json.dumps(decoded)


def _bad_request(problem: str) -> ServiceError:
    return ServiceError(
        "InvalidRequestContentException",
        f"Could not parse request body into json: {problem}",
        details={"Type": "User"},
    )


def _delete(functions: LocalFunctions, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteFunction; the function's workers go with it."""
    functions.delete(request["FunctionName"], request.get("Qualifier"))
    return {}


def register(cloud: Host) -> Service:
    """The Lambda actions that moto does not have, or only pretends to have."""
    functions = LocalFunctions(cloud)
    # Posted, not run on the spot: the caller may be the clock thread, which the handler may well need (an SNS topic's
    # subscriber that answers a task token). All of moto's callers are asynchronous on AWS as well.
    undo, forget = moto.take_over_lambda(functions.post), moto.keep_dead_letter_configs()
    sources = Sources(cloud, functions)

    def close() -> None:
        sources.close()
        forget()
        undo()
        functions.runtime.close()

    return Service(
        name="lambda",
        actions={
            "Invoke": lambda request: _invoke(functions, request),
            "CreateFunction": functions.create,
            "UpdateFunctionCode": functions.update_code,
            "UpdateFunctionConfiguration": functions.update_configuration,
            "PublishLayerVersion": functions.publish_layer,
            "DeleteFunction": lambda request: _delete(functions, request),
            **sources.actions,
        },
        close=close,
        functions=functions,
    )
