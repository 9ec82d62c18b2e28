"""The front door: what the registry says is ours goes to our service module, what moto keeps to moto; else it refuses.

What neither can do (a value without effect, a crash inside) is answered in AWS's shape, never as HTML or a traceback.
"""

from __future__ import annotations

import io
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property, partial
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from botocore.exceptions import DataNotFoundError, UnknownServiceError

from localcloud import acting, faults, injection
from localcloud.door import constraints, malformed, moto, registry, wire
from localcloud.door.access import Access
from localcloud.door.guard import FORWARDING, Guard
from localcloud.door.late import Late
from localcloud.door.patience import Patience
from localcloud.door.registry import Registry
from localcloud.door.wire import Answer, Request, ServiceError, dumps, loads
from localcloud.errors import UnsupportedLocally
from localcloud.host import Host

log = logging.getLogger(__name__)

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

#: Services whose signatures carry another name than botocore's; and those known by X-Amz-Target when
#: unsigned.
_SIGNED_AS = {
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "elasticmapreduce": "emr",
    "mobiletargeting": "pinpoint",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}

_TARGETS = {
    "AWSEvents": "events",
    "AWSStepFunctions": "stepfunctions",
    "DynamoDBStreams_20120810": "dynamodbstreams",
    "RekognitionService": "rekognition",
    "SageMaker": "sagemaker",
}

#: Services whose words for a wrong value are their own, and moto has them.
_OWN_WORDS = frozenset({"cloudwatch", "s3", "sns", "sqs", "sts"})

#: What sends messages, and what sets a queue's attributes.
_MESSAGES = {("sns", "Publish"), ("sns", "PublishBatch"), ("sqs", "SendMessage"), ("sqs", "SendMessageBatch")}
_QUEUES = {("sqs", "CreateQueue"), ("sqs", "SetQueueAttributes"), ("sqs", "SendMessageBatch")}

#: In the environ of a request made in process: botocore's name of its service.
INSIDE = "localcloud.service"

#: And its action and region.
ACTION, REGION = "localcloud.action", "localcloud.region"

#: Whether the bytes of the answer break off on purpose.
_CORRUPT = "localcloud.corrupt"

#: moto's environ key for S3 metadata names, whose underscores WSGI would lose (moto.core.request).
PRESERVED_NAMES = "moto.preserved_header_names"

#: The region in a signature's scope, and what is one of AWS's.
_SCOPE = re.compile(r"Credential=[^/]+/[^/]*/([^/]+)/")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d+")


class Front:
    """The WSGI application of one local cloud.

    Args:
        registry: what exists.
        host: the cloud; its clock, ids and models.
        access: tells what the cloud's own functions and jobs ask from what its reader asks.
        guard: looks whether who calls may; None where everybody may.
        late: knows what is not known everywhere yet; None where all is at once.

    Attributes:
        closing: the cloud ends, and answers nobody else: what its executions come to now is not their own end.
    """

    closing = False

    def __init__(
        self, registry: Registry, host: Host, access: Access, guard: Guard | None = None, late: Late | None = None
    ) -> None:
        self._registry, self._host, self._access, self._guard, self._late = registry, host, access, guard, late
        self._patience = Patience(host, access)
        self._routers: dict[str, wire.Router] = {}
        self._readers: dict[str, wire.Protocol] = {}  # of what moto keeps
        self._creating = threading.Lock()

    @cached_property
    def _moto(self) -> Any:
        with self._creating:
            return self.__dict__.get("_moto") or moto.application()

    def warm(self) -> None:
        """Import what the first request will need, which takes a second."""
        _ = self._moto, self._host.session

    def close(self) -> None:
        """Empty moto's account, which belongs to the process: its next cloud starts from nothing."""
        if "_moto" in self.__dict__:
            moto.reset()

    # ---- the WSGI side

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        region = environ.get(REGION) or (scope[1] if scope else "")
        if not _REGION.fullmatch(region):
            return self._answer_to(environ, start_response)
        with self._host.asked_in(region):
            return self._answer_to(environ, start_response)

    def _answer_to(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        service = environ.get(INSIDE)
        if service is None:
            service = identify(environ)
            self._patience.asked(service, environ)
        request = read_request(environ)
        respond = partial(self._respond, service, environ, request)
        if self._late is None or INSIDE in environ:
            return respond(start_response)
        return self._late.answer(service, self._action_of(service, environ, request), request, respond, start_response)

    def _respond(
        self, service: str, environ: dict[str, Any], request: Request, start_response: StartResponse
    ) -> Iterable[bytes]:
        answer = self._patience.answer(service, environ, request, lambda: self._answer(service, environ, request))
        if answer is None:
            return self._from_moto(service, environ, request, start_response)
        answer.headers.setdefault("x-amzn-RequestId", self._host.new_id())
        if environ.get(_CORRUPT):
            answer = replace(answer, body=answer.body[: len(answer.body) // 2])
        return _send(answer, start_response)

    def _answer(self, service: str, environ: dict[str, Any], request: Request) -> Answer | None:
        """Our own answer, or None when moto is to answer."""
        self._registry.called.add(service)
        try:
            if self.closing and INSIDE not in environ:
                raise ServiceError("InternalFailure", "The local cloud is shutting down. Start it again.", 501)
            action = environ[ACTION] = self._action_of(service, environ, request)
            if service in self._registry.names:
                loaded = self._registry.loaded(service)
                function = loaded.service.actions.get(action)
                if function is not None:
                    if action in registry.KEPT.get(service, ()):  # ours to check, moto's to answer
                        self._check(service, action, environ, request)
                    role = self._authorize(service, action, environ, request)
                    fault = self._inject(service, action, environ, request)
                    with injection.decided(fault), acting.acting_as(role if service in FORWARDING else None):
                        answer = function(loaded.protocol.read(action, request))
                    if answer is not None:
                        self._note(service, action, environ, request)
                    return None if answer is None else loaded.protocol.write(action, answer)
            self._check(service, action, environ, request)
            self._authorize(service, action, environ, request)
            self._inject(service, action, environ, request)
        except ServiceError as error:
            return self._error(request, service, error)
        except UnsupportedLocally as error:
            return self._error(request, service, ServiceError("UnsupportedLocally", str(error)))
        except UnicodeEncodeError:  # of what a reader has sent
            words = "A text holds half of a surrogate pair, which is no character."
            return self._error(request, service, ServiceError("SerializationException", words))
        except Exception as problem:
            return self._error(request, service, _internal(service, problem))
        return None

    def _authorize(self, service: str, action: str, environ: dict[str, Any], request: Request) -> str | None:
        """Let pass what its maker may do; the role that makes it, where policies are looked at.

        Raises:
            ServiceError: it may not.
        """
        if self._late is not None and INSIDE not in environ:
            self._late.check(service, action, self._named(service, action, environ, request))
        if self._guard is None:
            return None
        role = acting.role()
        if INSIDE not in environ:
            role = acting.READER
            if self._access.is_worker(environ):
                token = request.headers.get("x-amz-security-token", "")
                role = self._access.role_in(token) or self._host.functions.role_of(token)
        if role is not None or service == "stepfunctions":
            parameters = self._named(service, action, environ, request)
            self._guard.check(role, service, action, self._host.region, parameters)
        return role

    def _note(self, service: str, action: str, environ: dict[str, Any], request: Request) -> None:
        """A call has succeeded."""
        if self._late is not None:
            self._late.note(service, action, self._named(service, action, environ, request))

    def _named(self, service: str, action: str, environ: dict[str, Any], request: Request) -> Mapping[str, Any]:
        """A request's parameters, in which stands what it is about."""
        if service == "s3":
            bucket, _, key = unquote(request.path).lstrip("/").partition("/")
            source = request.headers.get("x-amz-copy-source")
            copied = {"CopySource": unquote(source).lstrip("/").partition("?")[0]} if source else {}
            return {"Bucket": bucket, "Key": key, **copied}
        if service in self._registry.names and action in (loaded := self._registry.loaded(service)).service.actions:
            return loaded.protocol.read(action, request)
        if self._model(service).resolved_protocol == "rest-json":
            return wire.Protocol(self._model(service), {action: None}).read(action, request)
        return moto.parameters(service, action, _again(environ, request))

    def _inject(self, service: str, action: str, environ: dict[str, Any], request: Request) -> injection.Fault:
        """What happens to this call on purpose, and let it happen as far as it comes before the answer.

        Raises:
            ServiceError: that is it.
        """
        if INSIDE in environ:
            fault = injection.take(service, action)
        else:
            worker = self._access.is_worker(environ)
            invokes = (service, action) == ("lambda", "Invoke")
            fault = self._host.faults.draw(service, action, killable=worker or invokes)
            if fault.delay:  # who calls has a clock of its own, which is real
                time.sleep(fault.delay)
            if fault.kind == "kill" and not invokes:
                self._host.functions.kill(request.headers.get("x-amz-security-token", ""))
        if fault.kind == "error":
            raise ServiceError(fault.value, fault.message, fault.status)
        environ[_CORRUPT] = fault.kind == "corrupt"
        return fault

    def _check(self, service: str, action: str, environ: dict[str, Any], request: Request) -> None:
        """Let pass what moto keeps, with what it acts on.

        Raises:
            UnsupportedLocally, ServiceError: it is refused, or there is no such action.
        """
        if action in registry.KEPT.get(service, ()):
            self._check_values(service, action, environ, request)
            if (service, action) in registry.SETTINGS:
                registry.check_settings(service, action, self._parameters(service, action, environ, request))
            return
        known = service in registry.KEPT or service in self._registry.names
        if known and "x-amz-target" in request.headers and action not in self._model(service).operation_names:
            raise ServiceError("UnknownOperationException", f"{service} has no operation {action}.")
        raise UnsupportedLocally(registry.not_run(service, action))

    def _check_values(self, service: str, action: str, environ: dict[str, Any], request: Request) -> None:
        """Let pass a request whose values the API's model allows; moto would keep any.

        Raises:
            ServiceError: it does not, or the request cannot be read.
        """
        model = self._model(service)
        if service == "dynamodb":
            malformed.check_table(action, loads(request.body))
        if service in ("secretsmanager", "ssm"):
            malformed.check_named(service, action, loads(request.body))
        if action == "LabelParameterVersion":
            moto.check_parameter(self._host.account_id, self._host.region, loads(request.body).get("Name"))
        if service == "s3":
            malformed.check_object(action, request.path, request.query, request.body)
        if (service, action) in _QUEUES:
            malformed.check_queue(action, moto.parameters(service, action, _again(environ, request)))
        if (service, action) in _MESSAGES:
            malformed.check_message(service, moto.parameters(service, action, _again(environ, request)))
        if service in _OWN_WORDS or "cbor" in request.headers.get("content-type", ""):
            return
        if model.resolved_protocol != "query":
            if service not in self._readers:
                self._readers[service] = wire.Protocol(model, dict.fromkeys(registry.KEPT[service]))
            self._readers[service].read(action, request)
            return
        try:
            parameters = moto.parameters(service, action, _again(environ, request))
        except Exception as problem:
            raise self._failure(service, action, environ, request, problem) from None
        wire.refuse(service, constraints.compile_check(model.operation_model(action).input_shape), parameters)

    def _parameters(self, service: str, action: str, environ: dict[str, Any], request: Request) -> Mapping[str, Any]:
        """Those parameters of a request, at least, that its settings in the registry are about.

        Raises:
            ServiceError: it cannot be parsed.
        """
        settings = registry.SETTINGS[service, action]
        shapes = self._model(service).operation_model(action).input_shape.members
        places = {path: shapes[path].serialization for path in settings if path in shapes}
        headers = {path: place["name"].lower() for path, place in places.items() if place.get("location") == "header"}
        if len(headers) == len(settings):  # objects of S3: to parse all the rest would take a tenth of the call
            return {path: request.headers.get(name) for path, name in headers.items()}
        try:
            return moto.parameters(service, action, _again(environ, request))
        except Exception as problem:
            raise self._failure(service, action, environ, request, problem) from None

    def _from_moto(
        self, service: str, environ: dict[str, Any], request: Request, start_response: StartResponse
    ) -> Iterable[bytes]:
        status, headers = "", []

        def keep(status_now: str, headers_now: list[tuple[str, str]], _exc_info: Any = None) -> None:
            nonlocal status, headers
            status, headers = status_now, headers_now

        again = _again(environ, request)
        if REGION in environ:
            again["HTTP_AUTHORIZATION"] = moto.signature(environ[REGION], self._model(service).signing_name)
        if service == "iam":
            moto.lend_policies(self._host.account_id, request.body.decode(errors="replace"))
        try:
            over_the_socket = self._patience.kept(service, environ) if INSIDE not in environ else nullcontext()
            with moto.asked(service, request), over_the_socket:
                body = b"".join(self._moto(again, keep))
        except Exception as problem:
            action = self._action_of(service, environ, request)
            failure = self._failure(service, action, environ, request, problem)
            return _send(self._error(request, service, failure), start_response)
        if status < "3":
            action = self._action_of(service, environ, request)
            self._note(service, action, environ, request)
            if (service, action) == ("kinesis", "CreateStream") and b'"Tags"' in request.body:  # moto forgets them
                made = loads(request.body)
                self._host.client(service).add_tags_to_stream(StreamName=made["StreamName"], Tags=made["Tags"])
        if INSIDE not in environ:
            self._patience.answered(service, body)
        sent = len(body)
        if service == "dynamodb" and b'"ConsumedCapacity"' in body and b"ReturnConsumedCapacity" not in request.body:
            answer = loads(body)
            del answer["ConsumedCapacity"]  # moto tells it to who did not ask
            body = dumps(answer)
        if self._model(service).resolved_protocol == "query":  # moto's XML may hold what none can
            body = malformed.NO_XML.sub("\ufffd", body.decode(errors="replace")).encode()
        if environ.get(_CORRUPT):
            body = body[: len(body) // 2]
        if len(body) != sent:
            headers = [pair for pair in headers if not pair[0].lower().startswith(("content-length", "x-amz-c"))]
            headers.append(("Content-Length", str(len(body))))
        start_response(status, headers)
        return [body]

    def _action_of(self, service: str, environ: dict[str, Any], request: Request) -> str:
        """The action that a request names; its method and path when it names none."""
        action: str | None = environ.get(ACTION)
        if action is None:
            router = self._router(service)
            target = request.headers.get("x-amz-target", "").rpartition(".")[2]
            action = router.action(request) if router is not None else target or None
        if action is None and service == "s3" and request.method == "POST" and not request.query:
            action = "PostObject"  # the upload of a form, which is in no model
        return action or f"{request.method} {request.path}"

    def _router(self, service: str) -> wire.Router | None:
        """Of the service, made once; None when AWS has none of this name: in a signature it may be anything."""
        found = self._routers.get(service)
        if found is None:
            try:
                found = self._routers[service] = wire.Router(self._host.session.get_service_model(service))
            except (UnknownServiceError, DataNotFoundError):
                return None
        return found

    def _model(self, service: str) -> Any:
        """Botocore's model of a service, or None."""
        router = self._router(service)
        return router and router.model

    def _failure(
        self, service: str, action: str, environ: dict[str, Any], request: Request, problem: Exception
    ) -> ServiceError:
        """What AWS would say, or we must say, where moto raised `problem`."""
        if "x-amz-target" in request.headers:
            try:
                wire.Protocol(self._model(service), {action: None}).read(action, request)
            except ServiceError as error:  # no request that the service could read
                return error
        if isinstance(problem, NotImplementedError):
            return ServiceError("UnsupportedLocally", registry.not_run(service, action))
        try:
            parameters = moto.parameters(service, action, _again(environ, request))
        except Exception:
            parameters = {}
        refusal = malformed.refusal(service, action, parameters, problem)
        return _internal(f"{service}:{action}", problem) if refusal is None else refusal

    def _error(self, request: Request, service: str, error: ServiceError) -> Answer:
        model = self._model(service)
        return error_answer(request, model.protocol if model is not None else "json", error)


# ---- what a request is


def identify(environ: dict[str, Any]) -> str:
    """Botocore's name of the service that a request is for, by its signature, else by its X-Amz-Target."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    signed = environ.get("HTTP_AUTHORIZATION") or unquote(environ.get("QUERY_STRING", ""))
    scope = re.search(r"Credential=[^/]+/[^/]*/[^/]*/([^/,\s]+)/", signed)
    if scope is None:
        prefix = target.partition(".")[0]
        return _TARGETS.get(prefix, prefix.partition("_")[0].lower() or "s3")
    name = scope[1].lower()
    if name == "dynamodb" and target.startswith("DynamoDBStreams_"):
        return "dynamodbstreams"
    if name == "s3" and environ.get("PATH_INFO", "").startswith("/v20180820/"):
        return "s3control"
    path = environ.get("PATH_INFO", "")
    if name == "sagemaker" and not target and path.startswith("/endpoints/"):
        return "sagemaker-runtime"
    if name == "bedrock" and path.startswith("/model/"):
        return "bedrock-runtime"
    if name == "ses" and path.startswith("/v2/email/"):
        return "sesv2"
    if name == "apigateway" and path.startswith("/v2/"):
        return "apigatewayv2"
    return _SIGNED_AS.get(name, name)


def read_request(environ: dict[str, Any]) -> Request:
    """The whole request; its body is read, whatever its length says."""
    stream = environ["wsgi.input"]
    body = stream.getvalue() if isinstance(stream, io.BytesIO) else stream.read(_length(environ))
    return head_of(environ, bytes(body))


def head_of(environ: dict[str, Any], body: bytes = b"") -> Request:
    """A request, as far as its head tells of it."""
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    raw = environ.get("RAW_URI") or environ.get("PATH_INFO", "/")
    path = re.sub(r"^https?://[^/]*", "", raw).partition("?")[0]
    return Request(environ["REQUEST_METHOD"], path or "/", environ.get("QUERY_STRING", ""), headers, body)


def _again(environ: dict[str, Any], request: Request) -> dict[str, Any]:
    """The same request for one more reader."""
    return environ | {"wsgi.input": io.BytesIO(request.body), "CONTENT_LENGTH": str(len(request.body))}


def _length(environ: dict[str, Any]) -> int:
    text = environ.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0


# ---- errors, in the shape of the request's protocol


def _internal(where: str, problem: Exception) -> ServiceError:
    text = f"The local cloud's {where} failed: {faults.report(where, problem)}"
    return ServiceError("InternalFailure", text, status=501)  # not 500: boto3 would try five times, with pauses


def error_answer(request: Request, protocol: str, error: ServiceError) -> Answer:
    """An error as AWS writes it: XML for the query protocols and S3, JSON for the others.

    Args:
        protocol: of the service, as botocore names it. A service may speak query and JSON: the request says which.
    """
    content = request.headers.get("content-type", "")
    message = malformed.NO_XML.sub("\ufffd", error.message)
    elements = f"<Code>{escape(error.code)}</Code><Message>{escape(message)}</Message>"
    if protocol == "rest-xml":
        xml = f"<Error>{elements}</Error>"
    elif protocol == "ec2":
        xml = f"<Response><Errors><Error>{elements}</Error></Errors></Response>"
    elif protocol == "query" or content.startswith("application/x-www-form-urlencoded"):
        fault = "Sender" if error.status < 500 else "Receiver"
        xml = f"<ErrorResponse><Error><Type>{fault}</Type>{elements}</Error></ErrorResponse>"
    else:
        body = {"__type": error.code, "message": error.message, **error.details}
        kind = content if "json" in content else "application/json"
        return Answer(error.status, dumps(body), {"Content-Type": kind, "x-amzn-ErrorType": error.code})
    return Answer(error.status, xml.encode(), {"Content-Type": "text/xml"})


def _send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
    start_response(f"{answer.status} {'OK' if answer.status < 400 else 'Error'}", headers)
    return [answer.body]
