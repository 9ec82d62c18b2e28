"""The front door on a loopback port: HTTP/1.1 with kept connections, one thread each.

werkzeug's own handler closes the connection after each answer and sends headers and body as separate packets,
which costs a new connection, or the 40 ms of a delayed acknowledgement, on every call. This one turns away who may
not call before it reads on, reads a request whole, answers in one write and keeps the connection.
"""

from __future__ import annotations

import io
import logging
import socket
import sys
import time
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from localcloud import memory
from localcloud.door.access import Access, Denied
from localcloud.door.front import PRESERVED_NAMES, error_answer, head_of, identify
from localcloud.door.wire import Answer, Request, ServiceError

log = logging.getLogger(__name__)

#: What is mounted beside the services: a WSGI environ in, its answer out.
Page = Callable[[Mapping[str, Any]], Answer]

#: Real seconds that a kept connection may rest between two requests.
IDLE_SECONDS = 600.0

#: Real seconds that a request may take to arrive, and what each second more has to bring (bytes).
REQUEST_SECONDS = 30.0
_BYTES_A_SECOND = 1 << 18

#: Bytes of a body: the largest that AWS takes in one call is an object of 5 GiB (S3 User Guide, "PUT object").
MAX_BODY = 5 << 30

#: What the services of the query protocol, and S3, call the reasons of `access` (Common Errors in their references).
_CODES = {
    "UnrecognizedClientException": ("InvalidClientTokenId", "InvalidAccessKeyId"),
    "InvalidSignatureException": ("SignatureDoesNotMatch", "SignatureDoesNotMatch"),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", "AccessDenied"),
    "AccessDeniedException": ("AccessDenied", "AccessDenied"),
    "IncompleteSignatureException": ("IncompleteSignature", "AuthorizationHeaderMalformed"),
}


class _BadRequest(Exception):
    """A request that is no HTTP: the status and the sentence to answer with."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Arriving(io.RawIOBase):
    """What a connection brings. A request that has begun must go on arriving.

    Raises:
        TimeoutError: it does not.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = 0
        self._begun = 0.0

    def rest(self) -> None:
        """Nothing has to arrive before the next request begins."""
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._received:
            allowed = REQUEST_SECONDS + self._received / _BYTES_A_SECOND
            left = self._begun + allowed - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._connection.settimeout(left)
        else:
            self._connection.settimeout(IDLE_SECONDS)
        count = self._connection.recv_into(buffer)
        if not self._received:
            self._begun = time.monotonic()
        self._received += count
        return count


class Handler(WSGIRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one write for an answer's head and body
    server: Server

    def setup(self) -> None:
        """Read through what knows how long a request takes to arrive."""
        super().setup()
        self._arriving = _Arriving(self.connection)
        self.rfile = io.BufferedReader(self._arriving)

    def handle(self) -> None:
        """Answer until the client hangs up, which is no error."""
        try:
            super(WSGIRequestHandler, self).handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def handle_one_request(self) -> None:
        """One request, or the end of the connection."""
        self._arriving.rest()
        super().handle_one_request()

    def handle_expect_100(self) -> bool:
        """Say at once that the body may come; boto3 waits a second for it."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def make_environ(self) -> dict[str, Any]:
        """Add S3 metadata whose names have underscores, which werkzeug drops (moto's server does the same)."""
        environ = super().make_environ()
        names = {}
        for name in self.headers:
            if "_" in name and name.lower().startswith("x-amz-meta-"):
                key = f"HTTP_{name.upper().replace('-', '_')}"
                names[key], environ[key] = name, self.headers[name]
        environ[PRESERVED_NAMES] = names
        return environ

    def run_wsgi(self) -> None:
        """Check who calls, read the whole request, run the application, send the whole answer."""
        environ = self.make_environ()
        access = self.server.access
        try:
            page = access.check_head(environ, self.server.pages)
            # What is left unread would be taken for the next request of this connection.
            body = self._body(environ)
            if page is None:
                access.check_signature(environ, body)
        except Denied as denied:
            self.close_connection = True  # whatever follows is not read
            self._send_answer(_denial(environ, denied))
        except _BadRequest as problem:
            self.close_connection = True
            self._send_answer(Answer(problem.status, f"{problem}\n".encode(), {"Content-Type": "text/plain"}))
        else:
            environ["wsgi.input"] = io.BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
            if page is None:
                self._run(environ)
            else:
                self._send_answer(self.server.pages[page](environ))
            if len(body) > memory.LARGE:
                environ.clear()  # it is kept until the next request, and would keep the body
                del body
                memory.give_back()

    def _body(self, environ: dict[str, Any]) -> bytes:
        """The whole body.

        Raises:
            _BadRequest: its length or its chunks are none.
        """
        if "HTTP_TRANSFER_ENCODING" in environ:
            if "chunked" not in environ["HTTP_TRANSFER_ENCODING"].lower():
                raise _BadRequest(501, "Transfer-Encoding can only be chunked.")
            try:
                return bytes(environ["wsgi.input"].read())
            except TimeoutError:
                raise
            except (OSError, ValueError) as problem:  # werkzeug's words for a size that is none
                raise _BadRequest(400, f"The chunks of the body cannot be read: {problem}.") from None
        text = environ.get("CONTENT_LENGTH", "0").strip()
        if not (text.isascii() and text.isdecimal()):
            raise _BadRequest(400, f"Content-Length {text!r} is no number of bytes.")
        if len(text) > 15 or int(text) > MAX_BODY:
            raise _BadRequest(413, "A request has 5 GiB at most.")
        body = self.rfile.read(int(text))
        if len(body) < int(text):
            raise _BadRequest(400, "The body ended before its Content-Length.")
        return body

    def _run(self, environ: dict[str, Any]) -> None:
        head: list[Any] = []
        written: list[bytes] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /
        ) -> Callable[[bytes], object]:
            head[:] = [status, headers]
            return written.append

        try:
            payload = b"".join([*self.server.app(environ, start_response), *written])
        except Exception:
            log.exception("%s %s: a request ended in a mistake of ours", self.command, self.path)
            raise
        status, headers = head
        code, _, reason = status.partition(" ")
        self._send(code, reason, headers, payload)

    def _send_answer(self, answer: Answer) -> None:
        self._send(str(answer.status), HTTPStatus(answer.status).phrase, [*answer.headers.items()], answer.body)

    def _send(self, code: str, reason: str, headers: Collection[tuple[str, str]], payload: bytes) -> None:
        self.send_response_only(int(code), reason)
        names = set()
        for name, value in headers:
            names.add(name.lower())
            if not name.lower().startswith("access-control-"):  # moto would let any web page read
                self.send_header(name, value)
        bodiless = self.command == "HEAD" or code in ("204", "304")
        if "content-length" not in names and not bodiless:
            self.send_header("Content-Length", str(len(payload)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not bodiless:
            self.wfile.write(payload)
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: a workshop's log is for what went wrong."""


def _denial(environ: dict[str, Any], denied: Denied) -> Answer:
    """A refusal as the service that was asked words it."""
    service = identify(environ)
    request: Request = head_of(environ)
    code = denied.code
    if code in _CODES and service == "s3":
        code = _CODES[code][1]
    elif code in _CODES and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        code = _CODES[code][0]
    protocol = "rest-xml" if service == "s3" else ""  # of the query protocol the request's content type tells
    return error_answer(request, protocol, ServiceError(code, denied.message, 403))


class Server(ThreadedWSGIServer):
    """The socket. werkzeug's server ends the process when the port is taken; this one raises.

    Args:
        port: on 127.0.0.1; 0 for a free one.
        access: who may call.
        app: the WSGI application that answers.
        pages: path -> what answers there and below it, in a browser, to who has the page's token in place of a key.

    Raises:
        OSError: the port cannot be bound.
    """

    allow_reuse_address = sys.platform != "win32"  # on Windows it would let two servers share a port

    def __init__(self, port: int, access: Access, app: Any, pages: Mapping[str, Page] | None = None) -> None:
        with socket.socket() as probe:
            if self.allow_reuse_address:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
        super().__init__("127.0.0.1", port, app, Handler)
        self.access, self.pages = access, dict(pages or {})

    def log(self, type: str, message: str, *args: Any) -> None:
        """Errors only."""
        if type == "error":
            print(message % args if args else message, file=sys.stderr)
