"""The process inside a function's worker: runs one Lambda handler. Standard library only, nothing of ours.

It does what AWS's own client in the managed Python runtimes does
(aws-lambda-python-runtime-interface-client): imports the handler, then asks the Lambda Runtime API for one
event after the other and posts what the handler returned or raised
(https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). AWS's client has wheels for Linux only,
hence this one; a test holds the two against each other. Known difference: a namedtuple in a response becomes
an array here, an object there (AWS's client encodes with simplejson).

Started as `python -I -u -X utf8 function_client.py` with Lambda's environment variables. It ends when its
standard input does, so that it never outlives the cloud that started it, however that one ended.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import socket
import sys
import time
from _thread import start_new_thread
from collections.abc import Callable
from decimal import Decimal
from types import TracebackType
from typing import Any, NoReturn

_API = "/2018-06-01/runtime"

_TASK = os.environ["LAMBDA_TASK_ROOT"]
_LAYERS = os.environ.pop("_LAYERS")  # what is /opt on Lambda

Handler = Callable[[Any, "Context"], Any]


class Fault(Exception):
    """An error that Lambda names itself, e.g. Runtime.ImportModuleError."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind, self.message, self.trace = kind, message, trace or []


class Context:
    """What a handler gets as its second argument.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    def __init__(self, headers: dict[str, str]) -> None:
        env = os.environ.get
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.log_group_name = env("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = env("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = env("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = env("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        client = headers.get("lambda-runtime-client-context")
        self.client_context = ClientContext(json.loads(client)) if client else None
        self.identity = CognitoIdentity()
        self._deadline = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left before the function times out; real ones."""
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message: object) -> None:
        """Write to the function's log."""
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        shown = ",".join(f"{name}={value}" for name, value in vars(self).items() if name[0] != "_")
        return f"LambdaContext([{shown}])"


class CognitoIdentity:
    """Who called, when that was a mobile app; it never is here."""

    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None


class ClientContext:
    """What the caller passed as ClientContext."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.custom, self.env, self.client = value.get("custom"), value.get("env"), value.get("client")


class RuntimeApi:
    """One keep-alive connection to the Runtime API, which speaks HTTP/1.1."""

    def __init__(self, address: str) -> None:
        self._host, _, secret = address.partition("/")
        self._path = f"/{secret}{_API}"
        host, port = self._host.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")

    def next(self) -> tuple[dict[str, str], bytes]:
        """The next invocation's headers (names in lower case) and event; waits for it."""
        return self._call("GET", "/invocation/next", b"", "")

    def respond(self, request_id: str, body: bytes, content_type: str) -> None:
        """Post what the handler returned."""
        self._call("POST", f"/invocation/{request_id}/response", body, f"Content-Type: {content_type}\r\n")

    def fail(self, request_id: str, error: dict[str, Any]) -> None:
        """Post what the handler raised."""
        self._call("POST", f"/invocation/{request_id}/error", *self._error(error))

    def fail_init(self, error: dict[str, Any]) -> None:
        """Post why there is no handler to call."""
        self._call("POST", "/init/error", *self._error(error))

    def _error(self, error: dict[str, Any]) -> tuple[bytes, str]:
        return encode(error).encode(), (
            f"Lambda-Runtime-Function-Error-Type: {error['errorType']}\r\nContent-Type: application/json\r\n"
        )

    def _call(self, method: str, path: str, body: bytes, headers: str) -> tuple[dict[str, str], bytes]:
        first = f"{method} {self._path}{path} HTTP/1.1\r\nHost: {self._host}"
        head = f"{first}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        try:
            self._socket.sendall(head.encode() + body)
            answer = self._answers
            if not answer.readline():
                raise ConnectionError
            found: dict[str, str] = {}
            while (line := answer.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode("latin-1").partition(":")
                found[name.lower()] = value.strip()
            return found, answer.read(int(found.get("content-length", 0)))
        except OSError:  # the cloud is gone, and with it whoever might care
            end()


def load(handler: str) -> Handler:
    """The function that "module.function" names.

    Raises:
        Fault: there is none, in the words of AWS's client.
    """
    module_name, dot, name = handler.rpartition(".")
    if not dot:
        raise Fault(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)",
        )
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise Fault(
            "Runtime.UserCodeSyntaxError",
            f"Syntax error in module '{module_name}': {error}",
            [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'],
        ) from error
    try:
        found: Handler = getattr(module, name)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'") from None
    return found


def encode(value: Any) -> str:
    """JSON as AWS's client writes it: Decimals (DynamoDB's numbers) as numbers, other types refused."""
    decimals: list[str] = []

    def default(item: Any) -> Any:
        if not isinstance(item, Decimal):
            raise TypeError(f"Object of type {type(item).__name__} is not JSON serializable")
        if item.is_nan():
            return float("nan")
        decimals.append(str(item))
        return f"{_MARK}{len(decimals) - 1}\x00"

    text = json.dumps(value, default=default, ensure_ascii=_ASCII)
    # json cannot write a number's digits as they are, so each Decimal went in as a marked string.
    for index, digits in enumerate(decimals):
        text = text.replace(json.dumps(f"{_MARK}{index}\x00"), digits, 1)
    return text


_MARK = f"\x00{os.urandom(8).hex()}:"

#: The runtimes up to 3.11 escape what is not ASCII; the later ones do not.
_ASCII = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2] in ("8", "9", "10", "11")


def shown(text: str) -> str:
    """A text with this machine's directories as they are called on Lambda."""
    places = [(_TASK, "/var/task"), (_LAYERS, "/opt")]
    library = os.__file__.rpartition(os.sep)[0]
    lang = f"/var/lang/lib/python{sys.version_info[0]}.{sys.version_info[1]}"
    for entry in sys.path:
        if entry.endswith(("site-packages", "dist-packages")) and not entry.startswith((_TASK, _LAYERS)):
            places.append((entry, f"{lang}/site-packages"))
    places.append((library, lang))
    for here, there in places:
        if here and here in text:
            text = text.replace(here + os.sep, there + "/").replace(here, there)
    return text


def describe(error: BaseException, request_id: str = "") -> dict[str, Any]:
    """An error as Lambda reports it, with the reader's frames only."""
    if isinstance(error, Fault):
        return _result(error.message, error.kind, error.trace, request_id)
    import traceback  # slow to import, and most invocations succeed

    frames = traceback.extract_tb(_without_ours(error.__traceback__))
    # Plain tuples, so that no ^^^^ marks are drawn: AWS's client draws none.
    shown = [_CALL if f.filename == __file__ else (f.filename, f.lineno or 0, f.name, f.line) for f in frames]
    lines = traceback.format_list(shown)
    return _result(str(error), type(error).__name__, lines, request_id)


#: The frame of AWS's client that calls a handler, which is left when the call itself fails.
_CALL = ("/var/runtime/bootstrap.py", 131, "handle_event_request", "response = request_handler(event, lambda_context)")


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_next is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _result(message: str, kind: str, trace: list[str], request_id: str) -> dict[str, Any]:
    return {
        "errorMessage": shown(message),
        "errorType": kind,
        "requestId": request_id,
        "stackTrace": [_shown_frame(line) for line in trace],
    }


def _shown_frame(frame: str) -> str:
    where, newline, source = frame.partition("\n")
    where = shown(where)
    if os.sep == "\\":
        where = where.replace("\\", "/")
    return where + newline + source


def log_error(error: dict[str, Any]) -> None:
    """The error's entry in the log: one event, its lines parted by carriage returns, indented by NBSPs."""
    lines = [f"[ERROR] {error['errorType']}" + (f": {error['errorMessage']}" if error["errorMessage"] else "")]
    lines.append("Traceback (most recent call last):")
    for line in "".join(error["stackTrace"]).splitlines():
        text = line.lstrip(" ")
        lines.append("\u00a0" * (len(line) - len(text)) + text)
    sys.stdout.write("\r".join(lines) + "\n")


class _RequestId(logging.Filter):
    current = ""

    def filter(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self.current
        return True


def set_up_logging() -> _RequestId:
    """The root logger as a handler finds it on Lambda: one handler, level WARNING, Lambda's format."""
    logging.Formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stdout)
    handler.terminator = ""
    handler.setFormatter(
        logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
            "%Y-%m-%dT%H:%M:%S",
        )
    )
    request_id = _RequestId()
    handler.addFilter(request_id)
    logging.getLogger().addHandler(handler)
    return request_id


def end() -> NoReturn:
    """End this process, and what it started."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def end_with_parent() -> None:
    """End this process, and what it started, when standard input ends: the cloud holds its other end."""
    pipe = os.dup(0)
    void = os.open(os.devnull, os.O_RDONLY)
    os.dup2(void, 0)  # the handler's own standard input is empty, as on Lambda
    os.close(void)

    def watch() -> None:
        while True:
            try:
                if not os.read(pipe, 64):
                    break
            except OSError:
                break
        end()

    start_new_thread(watch, ())  # not a threading.Thread: the handler sees none that it did not start


def serve(api: RuntimeApi, handler: Handler, request_id: _RequestId) -> None:
    """Handle one event after the other, for ever."""
    while True:
        headers, body = api.next()
        request_id.current = invocation = headers["lambda-runtime-aws-request-id"]
        try:
            try:
                event = json.loads(body)
            except ValueError as problem:
                raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {problem}") from problem
            result = handler(event, Context(headers))
            if isinstance(result, bytes):
                answer, content_type = result, "application/unknown"
            else:
                try:
                    answer, content_type = encode(result).encode(), "application/json"
                except Exception as problem:
                    raise Fault("Runtime.MarshalError", f"Unable to marshal response: {problem}") from problem
        except Exception as problem:
            error = describe(problem, invocation)
            log_error(error)
            api.fail(invocation, error)
        else:
            api.respond(invocation, answer, content_type)


def main() -> None:
    """Be a function's worker; returns only by ending the process."""
    end_with_parent()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
    request_id = set_up_logging()
    layers = f"{_LAYERS}{os.sep}python"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    sys.path[:0] = [_TASK, layers, f"{layers}/lib/{version}/site-packages"]
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as problem:
        error = describe(problem)
        log_error(error)
        api.fail_init(error)
        sys.exit(1)
    serve(api, handler, request_id)


if __name__ == "__main__":
    main()
