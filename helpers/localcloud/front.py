"""The front door: each request goes to our service module when we own its action, to moto otherwise.

moto's server finds the service by the request's signature, so its applications are used as they are; what
they cannot do (a service or an action that moto lacks, a crash inside) is answered in AWS's shape, never as
HTML or a traceback.
"""

from __future__ import annotations

import io
import logging
import re
import threading
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from xml.sax.saxutils import escape

from botocore.exceptions import DataNotFoundError, UnknownServiceError

from helpers.errors import UnsupportedLocally
from helpers.localcloud import wire
from helpers.localcloud.wire import Answer, Request, ServiceError, dumps

if TYPE_CHECKING:
    from helpers.localcloud.cloud import Cloud
    from helpers.localcloud.page import Page

log = logging.getLogger(__name__)

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

#: Services for which moto has canned answers only, or state of its own that ours would contradict: what is
#: not registered is refused. The control plane of every other service is moto's, and honest.
_NEVER_MOTO = frozenset(
    {
        "bedrock-runtime",
        "comprehend",
        "events",
        "polly",
        "rekognition",
        "sagemaker-runtime",
        "scheduler",
        "stepfunctions",
        "textract",
        "transcribe",
        "translate",
    }
)

#: Actions whose work moto only says it did. They too are refused unless a module of ours does the work.
_PRETENDED = {
    "athena": frozenset({"StartQueryExecution"}),
    "batch": frozenset({"SubmitJob"}),
    "codebuild": frozenset({"StartBuild", "StartBuildBatch"}),
    "ecs": frozenset({"RunTask", "StartTask"}),
    "emr": frozenset({"RunJobFlow", "AddJobFlowSteps"}),
    "emr-serverless": frozenset({"StartJobRun"}),
    "glue": frozenset({"StartJobRun", "StartCrawler"}),
    "sagemaker": frozenset(
        {
            "CreateEndpoint",
            "CreateHyperParameterTuningJob",
            "CreateProcessingJob",
            "CreateTrainingJob",
            "CreateTransformJob",
            "UpdateEndpoint",
        }
    ),
}

#: Services whose signatures carry another name than botocore's; and those known by X-Amz-Target when
#: unsigned.
_SIGNED_AS = {"states": "stepfunctions", "elasticmapreduce": "emr", "monitoring": "cloudwatch"}

_TARGETS = {
    "AWSEvents": "events",
    "AWSStepFunctions": "stepfunctions",
    "RekognitionService": "rekognition",
    "SageMaker": "sagemaker",
}

#: Paths of the page for a second screen. AWS's requests for a bucket of this name are signed.
_PAGE = ("/workshop", "/workshop/state")

#: In the environ of a request made in process: botocore's name of its service.
INSIDE = "localcloud.service"

#: moto's environ key for S3 metadata names, whose underscores WSGI would lose (moto.core.request).
PRESERVED_NAMES = "moto.preserved_header_names"

#: The access key with which this cloud's Lambda functions sign.
FUNCTION_KEY = "local-function"

_HTML = re.compile(rb"\s*<!doctype html", re.IGNORECASE)


class Front:
    """The WSGI application of one local cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._creating = threading.Lock()

    # ---- moto and botocore: imported at first use, since that takes a second

    @cached_property
    def session(self) -> Any:
        """A botocore session, for clients and service models."""
        from botocore.session import Session

        return Session()

    @cached_property
    def _moto(self) -> Any:
        with self._creating:
            return self.__dict__.get("_moto") or _moto_application()

    @cached_property
    def _page(self) -> Page:
        from helpers.localcloud.page import Page

        return Page(self._cloud)

    def warm(self) -> None:
        """Import what the first request will need."""
        _ = self._moto, self.session

    def settle(self) -> None:
        """Wait for imports that `warm` has under way: two threads must not import the same modules at once."""
        with self._creating:
            pass

    def close(self) -> None:
        """Empty moto's account, which belongs to the process: its next cloud starts from nothing."""
        if "_moto" in self.__dict__:
            from moto.moto_api._internal.models import moto_api_backend

            moto_api_backend.reset()

    # ---- the WSGI side

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        service = environ.get(INSIDE)
        if service is None and environ.get("PATH_INFO") in _PAGE and "HTTP_AUTHORIZATION" not in environ:
            return _send(self._page.answer(environ), start_response)
        if service is None:
            service = identify(environ)
            if _acts(service, environ):
                self._cloud.clock.outside()
            if "HTTP_AUTHORIZATION" not in environ and "HTTP_X_AMZ_TARGET" in environ:
                # moto knows a service by the signature alone
                environ["HTTP_AUTHORIZATION"] = f"AWS4-HMAC-SHA256 Credential=local/0/us-east-1/{service}/aws4_request"
        owned = self._cloud.owns(service)
        if not owned and service not in _NEVER_MOTO and service not in _PRETENDED:
            return self._from_moto(service, environ, start_response)
        request = read_request(environ)
        if service == "stepfunctions" and _is_from_function(environ):
            with self._cloud.clock.from_work():
                answer = self._answer(service, owned, request)
        else:
            answer = self._answer(service, owned, request)
        if answer is None:
            environ["wsgi.input"] = io.BytesIO(request.body)
            return self._from_moto(service, environ, start_response)
        answer.headers.setdefault("x-amzn-RequestId", self._cloud.new_id())
        return _send(answer, start_response)

    def _answer(self, service: str, owned: bool, request: Request) -> Answer | None:
        """Our own answer, or None when moto is to answer."""
        try:
            if not owned:
                return self._refuse_or_pass(service, self._action_of(service, request))
            loaded = self._cloud.loaded(service)
            action = loaded.protocol.action(request)
            function = loaded.service.actions.get(action or "")
            if action is None or function is None:
                if action is not None and not loaded.protocol.is_action(action):
                    raise ServiceError("UnknownOperationException", f"{service} has no operation {action}.")
                return self._refuse_or_pass(service, action or self._action_of(service, request))
            answer = function(loaded.protocol.read(action, request))
            return None if answer is None else loaded.protocol.write(action, answer)
        except ServiceError as error:
            return error_answer(request, service, error)
        except UnsupportedLocally as error:
            return error_answer(request, service, ServiceError("UnsupportedLocally", str(error)))
        except Exception as problem:
            log.exception("%s: a request ended in a mistake of ours", service)
            return error_answer(request, service, _internal(service, problem))

    @staticmethod
    def _refuse_or_pass(service: str, action: str) -> None:
        """Let moto answer where it does what it says; raise UnsupportedLocally where it does not."""
        if service in _NEVER_MOTO or action in _PRETENDED.get(service, ()):
            raise UnsupportedLocally(_not_run(service, action))

    def _from_moto(self, service: str, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = read_request(environ)
        environ["wsgi.input"] = io.BytesIO(request.body)
        status, headers = "", []

        def keep(status_now: str, headers_now: list[tuple[str, str]], _exc_info: Any = None) -> None:
            nonlocal status, headers
            status, headers = status_now, headers_now

        try:
            body = b"".join(self._moto(environ, keep))
        except Exception as problem:
            return _send(error_answer(request, service, self._failure(service, request, problem)), start_response)
        if service != "s3" and status.startswith(("404", "405")) and _HTML.match(body):
            error = self._failure(service, request, NotImplementedError())
            return _send(error_answer(request, service, error), start_response)
        if service == "sqs" and b"ReceiptHandle" in body and INSIDE not in environ:
            self._cloud.clock.outside()  # a worker has got a message: its answer may follow
        start_response(status, headers)
        return [body]

    def _action_of(self, service: str, request: Request) -> str:
        """The action that a request names, for an error's text; its method and path when it names none."""
        target = request.headers.get("x-amz-target")
        if target:
            return target.rpartition(".")[2]
        named = re.search(rb"(?:^|[&?])Action=(\w+)", request.body + b"?" + request.query.encode())
        if named:
            return named[1].decode()
        model = self._model(service)
        if model is None:
            return f"{request.method} {request.path}"
        known = wire.routes(model.operation_model(name) for name in model.operation_names)
        return wire.route(known, request) or f"{request.method} {request.path}"

    def _model(self, service: str) -> Any:
        """Botocore's model of the service, or None: a name in a signature may be anything."""
        try:
            return self.session.get_service_model(service)
        except (UnknownServiceError, DataNotFoundError):
            return None

    def _failure(self, service: str, request: Request, problem: Exception) -> ServiceError:
        """What AWS would say, or we must say, where moto raised `problem`."""
        action = self._action_of(service, request)
        if "x-amz-target" in request.headers and not isinstance(problem, _NoService):
            model = self._model(service)
            if model is not None and action not in model.operation_names:
                return ServiceError("UnknownOperationException", f"{service} has no operation {action}.")
            if model is not None:
                try:
                    wire.Protocol(model, {action: None}).read(action, request)
                except ServiceError as error:  # no request that the service could read
                    return error
        if isinstance(problem, _NoService):
            text = f"The local cloud has no service {service}, so {action} cannot be called. "
            return ServiceError("UnsupportedLocally", text + _INSTEAD)
        if isinstance(problem, NotImplementedError):
            return ServiceError("UnsupportedLocally", _not_run(service, action))
        log.error("moto failed on %s:%s", service, action, exc_info=problem)
        return _internal(service, problem)


# ---- what a request is


def identify(environ: dict[str, Any]) -> str:
    """Botocore's name of the service that a request is for, by its signature, else by its X-Amz-Target."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    scope = re.search(r"Credential=[^/]+/[^/]*/[^/]*/([^/,\s]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        prefix = target.partition(".")[0]
        return _TARGETS.get(prefix, prefix.partition("_")[0].lower() or "s3")
    name = scope[1].lower()
    path = environ.get("PATH_INFO", "")
    if name == "sagemaker" and not target and path.startswith("/endpoints/"):
        return "sagemaker-runtime"
    if name == "bedrock" and path.startswith("/model/"):
        return "bedrock-runtime"
    return _SIGNED_AS.get(name, name)


def _acts(service: str, environ: dict[str, Any]) -> bool:
    """Whether a request may be a step towards an answer that somebody waits for, and not a mere look.

    Who only looks (whether an execution has ended, whether a message has come) must not hold up virtual time, or
    an execution that waits for a task token would never time out while it is watched.
    """
    if _is_from_function(environ):
        return False  # while it runs, time stands still anyway
    action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    if action:
        return not action.startswith(("BatchGet", "Describe", "Get", "List", "Query", "Receive", "Scan"))
    return environ.get("REQUEST_METHOD") not in ("GET", "HEAD") or service == "sqs"


def _is_from_function(environ: dict[str, Any]) -> bool:
    """Whether a Lambda function of this cloud makes the request."""
    return f"Credential={FUNCTION_KEY}/" in environ.get("HTTP_AUTHORIZATION", "")


def read_request(environ: dict[str, Any]) -> Request:
    """The whole request; its body is read, whatever its length says."""
    stream = environ["wsgi.input"]
    body = stream.getvalue() if isinstance(stream, io.BytesIO) else stream.read(_length(environ))
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    raw = environ.get("RAW_URI") or environ.get("PATH_INFO", "/")
    path = re.sub(r"^https?://[^/]*", "", raw).partition("?")[0]
    return Request(environ["REQUEST_METHOD"], path or "/", environ.get("QUERY_STRING", ""), headers, bytes(body))


def _length(environ: dict[str, Any]) -> int:
    text = environ.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0


# ---- errors, in the shape of the request's protocol


_INSTEAD = "Use a service that it runs (README.md lists them), or set WORKSHOP_TARGET=aws."


def _not_run(service: str, action: str) -> str:
    return f"The local cloud does not run {service}:{action}. {_INSTEAD}"


def _internal(service: str, problem: Exception) -> ServiceError:
    text = f"The local cloud's {service} failed: {type(problem).__name__}: {problem}"
    # Not 500: boto3 would try five times, with pauses, what fails every time.
    return ServiceError("InternalFailure", text.splitlines()[0], status=501)


def error_answer(request: Request, service: str, error: ServiceError) -> Answer:
    """An error as AWS writes it: XML for the query protocols and S3, JSON for the others."""
    content = request.headers.get("content-type", "")
    code, message = escape(error.code), escape(error.message)
    if service == "s3":
        xml = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    elif content.startswith("application/x-www-form-urlencoded"):
        fault = "Sender" if error.status < 500 else "Receiver"
        xml = (
            f"<ErrorResponse><Error><Type>{fault}</Type><Code>{code}</Code>"
            f"<Message>{message}</Message></Error></ErrorResponse>"
        )
    else:
        body = {"__type": error.code, "message": error.message, **error.details}
        kind = content if "json" in content else "application/json"
        return Answer(error.status, dumps(body), {"Content-Type": kind, "x-amzn-ErrorType": error.code})
    return Answer(error.status, xml.encode(), {"Content-Type": "text/xml"})


def _send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
    start_response(f"{answer.status} {'OK' if answer.status < 400 else 'Error'}", headers)
    return [answer.body]


# ---- moto


class _NoService(Exception):
    """moto has no such service."""


def _moto_application() -> Any:
    from moto.core.config import default_user_config
    from moto.moto_api._internal import mock_random
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    default_user_config["lambda"]["use_docker"] = False
    default_user_config["batch"]["use_docker"] = False
    mock_random.seed(20260105)

    class Moto(DomainDispatcherApplication):
        """moto's dispatcher; which backend serves a host is looked up once for each host."""

        known: ClassVar[dict[str, Any]] = {}

        def get_backend_for_host(self, host: str | None) -> Any:
            if host is None:
                return None
            if host not in self.known:
                aws = host.endswith((".amazonaws.com", ".api.aws"))
                if aws and not any(p.match(f"http://{host}") for _, p in self.backend_url_patterns):
                    raise _NoService(host)
                self.known[host] = super().get_backend_for_host(host)
            return self.known[host]

    return Moto(create_backend_app)
