"""The only file that touches moto's insides: its server, its log streams, its Lambda and SageMaker registries.

What is used here is no public API of moto, and may change with any release. So `SEAMS` lists all of it, and `gone`
tells at start-up what the installed release no longer has, rather than the first call that needs it.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import string
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote

from localcloud.door.wire import Request, ServiceError

log = logging.getLogger(__name__)

#: The release that this file was written for and tested with.
TESTED = "5.2.5"

#: What is used of moto, as "module:attribute.attribute"; of instances, what their class defines.
SEAMS = (
    "moto.awslambda.models:LambdaBackend.delete_function",
    "moto.awslambda.models:LambdaBackend.get_function",
    "moto.awslambda.models:LambdaBackend.invoke",
    "moto.awslambda.models:LambdaBackend.layers_versions_by_arn",
    "moto.awslambda.models:LambdaBackend.put_function_event_invoke_config",
    "moto.awslambda.models:LambdaFunction._invoke_lambda",
    "moto.awslambda.utils:get_backend",
    "moto.awslambda_simple.models:LambdaSimpleBackend.invoke",
    "moto.backend_index:backend_url_patterns",
    "moto.core.config:default_user_config",
    "moto.core.exceptions:JsonRESTError",
    "moto.core.parse:PROTOCOL_PARSERS",
    "moto.core.request:Request",
    "moto.core.request:determine_request_protocol",
    "moto.core.utils:get_service_model",
    "moto.dynamodb.models.table:StreamShard.add",
    "moto.iam.aws_managed_policies:aws_managed_policies_data",
    "moto.iam.models:AWSManagedPolicy.from_data",
    "moto.dynamodb.models:dynamodb_backends",
    "moto.iam.models:iam_backends",
    "moto.kinesis.models:kinesis_backends",
    "moto.kinesis.models:KinesisBackend.put_records",
    "moto.kinesis.models:Stream.put_record",
    "moto.logs.models:LogGroup.create_log_stream",
    "moto.logs.models:LogStream.put_log_events",
    "moto.logs.models:LogsBackend.ensure_log_group",
    "moto.logs.models:logs_backends",
    "moto.moto_api._internal.models:moto_api_backend.reset",
    "moto.moto_api._internal.moto_random:MotoRandom.uuid4",
    "moto.moto_api._internal:mock_random",
    "moto.moto_server.werkzeug_app:DomainDispatcherApplication.get_backend_for_host",
    "moto.moto_server.werkzeug_app:create_backend_app",
    "moto.s3.models:S3Backend._set_delete_marker",
    "moto.s3.notifications:_send_event_bridge_message",
    "moto.sagemaker.models:SageMakerModelBackend.create_endpoint_config",
    "moto.sagemaker.models:SageMakerModelBackend.create_model",
    "moto.sagemaker.models:SageMakerModelBackend.describe_model",
    "moto.sagemaker.models:sagemaker_backends",
    "moto.sqs.exceptions:ReceiptHandleIsInvalid",
    "moto.sqs.models:Queue.add_message",
    "moto.sqs.models:Queue.delete_message",
    "moto.sqs.models:SQSBackend.send_message_batch",
    "moto.sqs.models:sqs_backends",
    "moto.ssm.models:ssm_backends",
)

_importing = threading.Lock()
_asking = threading.local()
_checked = False


def gone(seams: Iterable[str] = SEAMS) -> list[str]:
    """Those of `seams` that the installed moto does not have. Imports what they name."""
    lost = []
    for seam in seams:
        module, _, path = seam.partition(":")
        try:
            found: Any = importlib.import_module(module)
            for name in path.split("."):
                found = getattr(found, name)
        except (ImportError, AttributeError):
            lost.append(seam)
    return lost


def check(version: str) -> None:
    """Log an error for each seam that another release of moto than `TESTED` has lost."""
    if version == TESTED:
        return
    for seam in gone():
        log.error(
            "moto %s has no %s, which the local cloud needs (it was tested with moto %s): what rests on it will fail. "
            "Install moto==%s (`python3 workshop.py` does).",
            version,
            seam.replace(":", "."),
            TESTED,
            TESTED,
        )


# ---- the server


def load() -> None:
    """Import moto's server, in half a second, unless that is done; wait for another thread that does.

    Two threads that import modules of moto at once meet modules that are half made: they import each other. The first
    time, seams that are gone are told.
    """
    global _checked
    with _importing:
        import moto

        if not _checked:
            check(moto.__version__)
            _checked = True
        import moto.core.parse
        import moto.moto_server.werkzeug_app


def application() -> Any:
    """Moto's services as one WSGI application, which draws its random numbers from what is asked (`asked`)."""
    load()
    from moto.core.config import default_user_config
    from moto.moto_api._internal import mock_random
    from moto.moto_api._internal.moto_random import MotoRandom
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    default_user_config["lambda"]["use_docker"] = False
    default_user_config["batch"]["use_docker"] = False
    times: Counter[bytes] = Counter()

    class Drawn(MotoRandom):
        """What a request draws follows from it and from how often it came: not from others that come meanwhile."""

        def random(self) -> float:
            return self._source().random()

        def getrandbits(self, k: int, /) -> int:
            return self._source().getrandbits(k)

        def get_random_string(self, length: int = 20, include_digits: bool = True, lower_case: bool = False) -> str:
            # All letters at once: each answer of S3 has an id of 52, a thirtieth of the time when drawn one by one.
            letters = string.ascii_letters + (string.digits if include_digits else "")
            drawn = "".join(self._source().choices(letters, k=length))
            return drawn.lower() if lower_case else drawn

        def _source(self) -> MotoRandom:
            request: list[Any] = getattr(
                _asking, "request", [b""]
            )  # outside of requests, one number of its own for each draw
            if isinstance(request[-1], bytes):
                asked = hashlib.sha256(b"\n".join(request)).digest()
                times[asked] += 1
                request.append(MotoRandom(asked + b"%d" % times[asked]))
            source: MotoRandom = request[-1]
            return source

    mock_random.__class__ = Drawn

    class Moto(DomainDispatcherApplication):
        """moto's dispatcher; which backend serves a host is looked up once for each host."""

        known: ClassVar[dict[str, Any]] = {}

        def get_backend_for_host(self, host: str | None) -> Any:
            if host is None:
                return None
            if host not in self.known:
                self.known[host] = super().get_backend_for_host(host)
            return self.known[host]

    return Moto(create_backend_app)


@contextmanager
def asked(service: str, request: Request) -> Iterator[None]:
    """While the block runs, this thread works on this request for moto."""
    words = (service, request.method, request.path, request.headers.get("x-amz-target", ""), str(len(request.body)))
    _asking.request = [*(word.encode() for word in words), request.body[:65536]]
    try:
        yield
    finally:
        del _asking.request


def signature(region: str, service: str) -> str:
    """The head of a signature (Authorization), from which moto reads a request's service and region.

    Args:
        service: the name that it signs with.
    """
    return (
        f"AWS4-HMAC-SHA256 Credential=local/20260105/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )


def parameters(service: str, action: str, environ: dict[str, Any]) -> dict[str, Any]:
    """The request's parameters as botocore names them, whatever its protocol, but for those in its path.

    Its body is read.

    Args:
        service, action: botocore's names.

    Raises:
        Exception: it is no request that could be parsed.
    """
    load()
    from moto.core.parse import PROTOCOL_PARSERS
    from moto.core.request import Request, determine_request_protocol
    from moto.core.utils import get_service_model

    model, request = get_service_model(service), Request(environ)
    parser = PROTOCOL_PARSERS[determine_request_protocol(model, request.content_type)](model.operation_model(action))
    given: Any = {
        "body": request.data,
        "headers": request.headers,
        "method": request.method,
        "url_params": {},
        "url_path": request.path,
        "values": request.values,
    }
    return dict(parser.parse(given))


def services() -> set[str]:
    """The services that moto implements, by botocore's names."""
    load()
    from botocore.session import Session
    from moto.backend_index import backend_url_patterns

    known = {name.replace("-", ""): name for name in Session().get_available_services()}
    return {known.get("lambda" if name == "awslambda" else name, "") for name, _ in backend_url_patterns} - {""}


def reset() -> None:
    """Empty the account, which belongs to the process: its next cloud starts from nothing."""
    load()
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()


# ---- CloudWatch Logs


def append_log_events(
    account_id: str,
    region: str,
    group: str,
    stream: str,
    events: Sequence[Mapping[str, Any]],
    *,
    make_group: bool = True,
) -> None:
    """Add events to a log stream, which is made when it is missing; no events make no stream.

    Straight to the stream: PutLogEvents would compare virtual times with today's date and drop the events.

    Args:
        events: each with `timestamp` (milliseconds since the Unix epoch, virtual) and `message`, oldest first.
        make_group: whether a group that is missing is made, as AWS makes those of its own services; else nothing is
            written.
    """
    if not events:
        return
    logs = backend("logs", account_id, region)
    if make_group:
        logs.ensure_log_group(group)
    found = logs.groups.get(group)
    if found is None:
        return
    if stream not in found.streams:
        found.create_log_stream(stream)
    found.streams[stream].put_log_events([dict(event) for event in events])


# ---- Lambda


def find_function(account_id: str, region: str, name: str, qualifier: str | None) -> Any:
    """A function, or one of its versions, as moto keeps it.

    Raises:
        ServiceError: there is none.
    """
    from moto.awslambda.utils import get_backend
    from moto.core.exceptions import JsonRESTError

    try:
        return get_backend(account_id, region).get_function(name, qualifier)
    except JsonRESTError as error:
        raise ServiceError(error.error_type, str(error.message), error.code, {"Type": "User"}) from None


def delete_function(account_id: str, region: str, name: str) -> None:
    """Delete a function, or, as NAME:VERSION, one of its versions."""
    from moto.awslambda.utils import get_backend

    get_backend(account_id, region).delete_function(name)


def layer_content(account_id: str, region: str, arn: str) -> bytes | None:
    """The zip of a layer's version; None when there is none."""
    from moto.awslambda.utils import get_backend

    layer = get_backend(account_id, region).layers_versions_by_arn(arn)
    return None if layer is None else bytes(layer.code_bytes)


def take_over_lambda(post: Callable[[str, bytes], None]) -> Callable[[], None]:
    """Hand what invokes functions inside moto (SNS, S3) to `post`, and mend one of its actions.

    moto keeps the first of several event invoke configurations.

    Args:
        post: takes a function's ARN and the event as JSON, and returns at once.

    Returns:
        how to undo that.
    """
    from moto.awslambda.models import LambdaBackend, LambdaFunction
    from moto.awslambda_simple.models import LambdaSimpleBackend

    put = LambdaBackend.put_function_event_invoke_config

    def invoke(function: LambdaFunction, event: str | None = None) -> tuple[str, bool, str]:
        post(function.function_arn, json.dumps(event).encode())
        return "null", False, ""

    def put_config(backend: LambdaBackend, function_name: str, config: dict[str, Any]) -> dict[str, Any]:
        backend.get_function(function_name).event_invoke_config.clear()
        return put(backend, function_name, config)

    patches: list[tuple[Any, str, Any]] = [
        (LambdaFunction, "_invoke_lambda", invoke),
        (LambdaSimpleBackend, "invoke", LambdaBackend.invoke),
        (LambdaBackend, "put_function_event_invoke_config", put_config),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
    for owner, name, value in patches:
        setattr(owner, name, value)

    def undo() -> None:
        for owner, name, value in before:
            setattr(owner, name, value)

    return undo


# ---- SageMaker


def backend(service: str, account_id: str, region: str) -> Any:
    """What moto keeps of a service in one account and region: queues, streams, tables, log groups, models, jobs.

    Args:
        service: "dynamodb", "kinesis", "logs", "sagemaker", "sqs" or "ssm".
    """
    return getattr(importlib.import_module(f"moto.{service}.models"), f"{service}_backends")[account_id][region]


def check_parameter(account_id: str, region: str, name: object) -> None:
    """Refuse a version's label for a parameter that is not there, which moto would half make, and be broken by.

    Raises:
        ServiceError: ParameterNotFound.
    """
    if name not in backend("ssm", account_id, region)._parameters:
        raise ServiceError("ParameterNotFound", f"Parameter {name} not found.")


def create_endpoint_config(sagemaker: Any, **settings: Any) -> Any:
    """Keep an endpoint configuration; moto's object of it.

    Args:
        sagemaker: the `backend`.
        settings: as moto's method takes them.

    Raises:
        ServiceError: moto refuses it.
    """
    from moto.core.exceptions import JsonRESTError

    try:
        return sagemaker.create_endpoint_config(**settings)
    except JsonRESTError as error:
        raise ServiceError("ValidationException", str(error.message)) from None


def delete_message(queue: Any, message: Any) -> None:
    """Delete a message that was received, unless its queue was purged meanwhile."""
    from moto.sqs.exceptions import ReceiptHandleIsInvalid

    try:
        queue.delete_message(message.receipt_handle)
    except ReceiptHandleIsInvalid:
        return


# ---- IAM


def lend_policies(account_id: str, form: str) -> None:
    """Put those of AWS's managed policies into moto's account that a request names, or all for who lists them.

    moto has them and leaves them out, because to load the 1,500 takes a second each time that an account is made.
    """
    asked = parse_qs(form)
    names = {arn.rpartition("/")[2] for arn in asked.get("PolicyArn", []) if ":iam::aws:policy/" in arn}
    lists = asked.get("Action") == ["ListPolicies"] and asked.get("Scope") != ["Local"]
    if not names and not lists:
        return
    from moto.iam.models import AWSManagedPolicy, iam_backends

    iam = iam_backends[account_id]["aws"]
    known = _managed_policies()
    for name in known if lists else names & known.keys():
        policy = AWSManagedPolicy.from_data(name, account_id, iam.region_name, known[name])
        iam.managed_policies.setdefault(policy.arn, policy)


def policies_of(account_id: str, role: str) -> list[dict[str, Any]]:
    """The documents of a role's policies, inline and attached; none for a role that does not exist.

    Args:
        role: its ARN.
    """
    from moto.iam.models import iam_backends

    name = role.rpartition("/")[2]
    roles = iam_backends[account_id]["aws"].roles.values()
    found: Any = next((each for each in roles if each.name == name), None)
    if found is None:
        return []
    attached = [
        version.document
        for policy in found.managed_policies.values()
        for version in policy.versions
        if version.version_id == policy.default_version_id
    ]
    return [json.loads(unquote(text)) for text in (*found.policies.values(), *attached)]


@cache
def _managed_policies() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies


# ---- what happens inside moto that our services must hear of: objects, messages, records, settings that it forgets

Undo = Callable[[], None]

#: What stands in the query of a request whose S3 event this is. moto also sets the tags and the ACL of an object as
#: part of putting it, for which S3 sends one event alone.
_SUBRESOURCES = {"ObjectAcl": "acl", "ObjectTagging": "tagging"}


def on_object(hear: Callable[[Any, str, Any], None]) -> Undo:
    """Be told what happens to objects of buckets that notify EventBridge.

    Args:
        hear: gets moto's bucket, the name of the event ("ObjectCreated:Put") and moto's object or delete marker.
    """
    from flask import has_request_context, request
    from moto.s3 import notifications
    from moto.s3.models import S3Backend

    send, mark = notifications._send_event_bridge_message, S3Backend._set_delete_marker

    def sent(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
        name = getattr(event_name, "value", event_name).removeprefix("s3:")
        asked = _SUBRESOURCES.get(name.partition(":")[0])
        if asked is None or (has_request_context() and asked in request.args):
            hear(bucket, name, key)

    def marked(backend: S3Backend, bucket_name: str, key_name: str) -> Any:
        marker = mark(backend, bucket_name, key_name)
        bucket = backend.get_bucket(bucket_name)
        settings = bucket.notification_configuration
        if settings is not None and settings.event_bridge is not None:
            hear(bucket, "ObjectRemoved:DeleteMarkerCreated", marker)
        return marker

    notifications._send_event_bridge_message = sent
    S3Backend._set_delete_marker = marked  # type: ignore[assignment, method-assign]

    def undo() -> None:
        notifications._send_event_bridge_message = send
        S3Backend._set_delete_marker = mark  # type: ignore[method-assign]

    return undo


_hearers: list[Callable[[str], None]] = []
_unwatch: Undo | None = None


def on_arrival(now: Callable[[], float], hear: Callable[[str], None]) -> Undo:
    """Be told what arrives in queues, Kinesis streams and DynamoDB's streams. Several may be.

    Args:
        now: virtual time, which each message and record gets as `arrived`.
        hear: gets the ARN of the queue or stream, once for each call: what one call sends arrives together.
    """
    global _unwatch

    def tell(arn: str) -> None:
        for each in list(_hearers):
            each(arn)

    if _unwatch is not None:
        _unwatch()
    _unwatch = _watch_arrivals(now, tell)
    _hearers.append(hear)

    def undo() -> None:
        global _unwatch
        _hearers.remove(hear)
        if not _hearers and _unwatch is not None:
            _unwatch()
            _unwatch = None

    return undo


def _watch_arrivals(now: Callable[[], float], hear: Callable[[str], None]) -> Undo:
    from moto.dynamodb.models.table import StreamShard
    from moto.kinesis.models import KinesisBackend, Stream
    from moto.sqs.models import Queue, SQSBackend

    add_message, put_record, add_change = Queue.add_message, Stream.put_record, StreamShard.add
    send_batch, put_records = SQSBackend.send_message_batch, KinesisBackend.put_records
    held = threading.local()

    def tell(arn: str) -> None:
        if getattr(held, "arns", None) is None:
            hear(arn)
        else:
            held.arns[arn] = True

    def together(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            held.arns = {}
            try:
                return call(*args, **named)
            finally:
                arns, held.arns = held.arns, None
                for arn in arns:
                    hear(arn)

        return run

    def message_added(queue: Queue, message: Any) -> None:
        if not hasattr(message, "arrived"):  # one that moves to a dead-letter queue is as old as it was
            message.arrived = now()
        add_message(queue, message)
        tell(queue.queue_arn)

    def record_put(stream: Stream, *args: Any, **named: Any) -> tuple[str, str]:
        sequence_number, shard_id = put_record(stream, *args, **named)
        stream.shards[shard_id].records[int(sequence_number)].arrived = now()  # type: ignore[attr-defined]
        tell(stream.arn)
        return sequence_number, shard_id

    def change_added(shard: StreamShard, old: Any, new: Any) -> None:
        add_change(shard, old, new)
        shard.items[-1].arrived = now()  # type: ignore[attr-defined]
        tell(f"{shard.table.table_arn}/stream/{shard.table.latest_stream_label}")

    Queue.add_message = message_added  # type: ignore[assignment, method-assign]
    Stream.put_record = record_put  # type: ignore[assignment, method-assign]
    StreamShard.add = change_added  # type: ignore[assignment, method-assign]

    SQSBackend.send_message_batch = together(send_batch)  # type: ignore[method-assign]
    KinesisBackend.put_records = together(put_records)  # type: ignore[method-assign]

    def undo() -> None:
        SQSBackend.send_message_batch = send_batch  # type: ignore[method-assign]
        KinesisBackend.put_records = put_records  # type: ignore[method-assign]
        Queue.add_message, Stream.put_record = add_message, put_record  # type: ignore[method-assign]
        StreamShard.add = add_change  # type: ignore[method-assign]

    return undo


def keep_dead_letter_configs() -> Undo:
    """Let functions keep their DeadLetterConfig, which moto drops: as the attribute `dead_letter_config`."""
    from moto.awslambda.models import LambdaFunction

    make, describe, update = (
        LambdaFunction.__init__,
        LambdaFunction.get_configuration,
        LambdaFunction.update_configuration,
    )

    def made(function: Any, *args: Any, **named: Any) -> None:
        make(function, *args, **named)
        spec = named["spec"] if "spec" in named else args[1]
        function.dead_letter_config = spec.get("DeadLetterConfig") or {}

    def described(function: Any, on_create: bool = False) -> dict[str, Any]:
        letters = getattr(function, "dead_letter_config", {})
        return describe(function, on_create) | ({"DeadLetterConfig": letters} if letters.get("TargetArn") else {})

    def updated(function: Any, changes: dict[str, Any]) -> dict[str, Any]:
        if "DeadLetterConfig" in changes:
            function.dead_letter_config = changes["DeadLetterConfig"] or {}
        return update(function, changes)

    LambdaFunction.__init__ = made  # type: ignore[assignment, method-assign]
    LambdaFunction.get_configuration = described  # type: ignore[assignment, method-assign]
    LambdaFunction.update_configuration = updated  # type: ignore[assignment, method-assign]

    def undo() -> None:
        LambdaFunction.__init__ = make  # type: ignore[method-assign]
        LambdaFunction.get_configuration = describe  # type: ignore[method-assign]
        LambdaFunction.update_configuration = update  # type: ignore[method-assign]

    return undo
