"""AWS Lambda: moto keeps the functions, versions, aliases and layers; invoking one really runs its handler.

Ours are Invoke (and what invokes a function from inside moto: SNS subscriptions, S3 notifications,
EventBridge rules, event source mappings, log subscriptions) and DeleteFunction, which ends the function's
workers.

Differences from AWS, on purpose: a handler runs on this Python, whatever `python3.x` its function names, and
may import what is installed beside the workshop; memory is not limited; the concurrency of a function without
reserved concurrency queues instead of being throttled; an SQS batch whose function fails is tried again as an
asynchronous event is, and does not return to the queue.
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

from localcloud.door import moto
from localcloud.door.wire import ServiceError
from localcloud.errors import UnsupportedLocally
from localcloud.host import Host, Invocation, Service
from localcloud.runtimes.function_code import BadPackage, Function
from localcloud.runtimes.functions import Functions, Outcome
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

#: Real seconds that a call stays queued beyond its caller's limit, so that the caller's own timer comes first.
_GRACE = 1.0

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
        self._enter(found, function.arn)
        try:
            outcome = self.runtime.invoke(
                function,
                payload,
                request_id=request_id,
                arn=f"{function.arn}:{qualifier}" if qualifier else function.arn,
                client_context=client_context,
                limit=None if limit is None else limit + _GRACE,
            )
        except BadPackage:
            raise ServiceError(
                "InvalidZipFileException", "Lambda could not unzip the deployment package.", 502
            ) from None
        finally:
            with self._lock:
                self._running[function.arn] -= 1
        self._write_log(function, outcome)
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
        digest = hashlib.blake2b(name_or_arn.encode() + b"\0" + payload, digest_size=16).digest()
        with self._lock:
            number = self._requests[digest]
            self._requests[digest] += 1
        if number:
            digest = hashlib.blake2b(digest + number.to_bytes(8, "big"), digest_size=16).digest()
        return str(uuid.UUID(bytes=digest, version=4))

    def thread_of(self, token: str) -> int | None:
        """The thread that waits for the worker with this session token; None when there is none."""
        return self.runtime.thread_of(token)

    def check(self, name_or_arn: str, qualifier: str | None) -> None:
        """Raise what `invoke` would when there is no such function."""
        self._find(name_or_arn, qualifier)

    def post(self, name_or_arn: str, payload: bytes, *, qualifier: str | None = None) -> None:
        """Hand over an event and return at once: Lambda's asynchronous invocation, up to three attempts.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html

        Raises:
            ServiceError: there is no such function.
        """
        found, _ = self._find(name_or_arn, qualifier)
        retries = len(_RETRY_AFTER)
        for settings in found.event_invoke_config:
            retries = settings.config.get("MaximumRetryAttempts", retries)
        request_id = self.request_id(name_or_arn, payload)
        self._cloud.clock.spawn(self._deliver(name_or_arn, payload, qualifier, request_id, retries))

    async def _deliver(self, name: str, payload: bytes, qualifier: str | None, request_id: str, retries: int) -> None:
        def attempt() -> bool:
            return not self.invoke(name, payload, qualifier=qualifier, request_id=request_id).function_error

        clock = self._cloud.clock
        for pause in (*_RETRY_AFTER[:retries], None):
            try:
                if await clock.work(attempt, seconds=durations.LAMBDA):
                    return
            except ServiceError as error:
                if error.code != "TooManyRequestsException":
                    log.warning("an event for function %s was dropped: %s", name, error)
                    return
            except UnsupportedLocally as error:
                log.warning("an event for function %s was dropped: %s", name, error)
                return
            if pause is not None:
                await clock.sleep(pause)

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
            raise ServiceError(
                "ValidationException",
                f"1 validation error detected: Value '{name_or_arn}' at 'functionName' failed to satisfy "
                f"constraint: Member must satisfy regular expression pattern: {_NAME.pattern}",
            )
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

    def _write_log(self, function: Function, outcome: Outcome) -> None:
        """Add an invocation's entries to CloudWatch Logs, at virtual time."""
        now = int(self._cloud.clock.now() * 1000)
        events = [{"timestamp": now, "message": line} for line in outcome.lines]
        account, group = self._cloud.account_id, f"/aws/lambda/{function.name}"
        moto.append_log_events(account, function.region, group, outcome.stream, events)


def _function(found: Any) -> Function:
    """A function of moto's registry as its workers need it."""
    version = str(found.version)
    arn = found.function_arn
    if arn.endswith(f":{version}") and version != "$LATEST":
        arn = arn.removesuffix(f":{version}")
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
    undo = moto.take_over_lambda(functions.post)

    def close() -> None:
        undo()
        functions.runtime.close()

    return Service(
        name="lambda",
        actions={
            "Invoke": lambda request: _invoke(functions, request),
            "DeleteFunction": lambda request: _delete(functions, request),
        },
        close=close,
        functions=functions,
    )
