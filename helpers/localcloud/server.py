"""The front door on a loopback port: HTTP/1.1 with kept connections, one thread each.

werkzeug's own handler closes the connection after each answer and sends headers and body as separate packets,
which costs a new connection, or the 40 ms of a delayed acknowledgement, on every call. This one reads a
request whole, answers in one write and keeps the connection.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from helpers.localcloud.front import PRESERVED_NAMES


class Handler(WSGIRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one write for an answer's head and body

    def handle(self) -> None:
        """Answer until the client hangs up, which is no error."""
        try:
            super(WSGIRequestHandler, self).handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Say at once that the body may come; boto3 waits a second for it."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def make_environ(self) -> dict[str, Any]:
        """Add S3 metadata whose names have underscores, which werkzeug drops (moto's server does the same)."""
        environ = super().make_environ()
        names = {}
        for name, value in self.headers.items():
            if "_" in name and name.lower().startswith("x-amz-meta-"):
                key = f"HTTP_{name.upper().replace('-', '_')}"
                names[key], environ[key] = name, value
        environ[PRESERVED_NAMES] = names
        return environ

    def run_wsgi(self) -> None:
        """Read the whole request, run the application, send the whole answer."""
        environ = self.make_environ()
        # What is left unread would be taken for the next request of this connection.
        stream = environ["wsgi.input"]
        length = self.headers.get("Content-Length", "0")
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        body = stream.read() if chunked else stream.read(int(length) if length.isdecimal() else 0)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        answer: list[Any] = []
        written: list[bytes] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /
        ) -> Callable[[bytes], object]:
            answer[:] = [status, headers]
            return written.append

        payload = b"".join([*self.server.app(environ, start_response), *written])
        status, headers = answer
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        names = set()
        for name, value in headers:
            names.add(name.lower())
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


class Server(ThreadedWSGIServer):
    """The socket. werkzeug's server ends the process when the port is taken; this one raises.

    Raises:
        OSError: the port cannot be bound.
    """

    allow_reuse_address = sys.platform != "win32"  # on Windows it would let two servers share a port

    def __init__(self, port: int, app: Any) -> None:
        import socket

        with socket.socket() as probe:
            if self.allow_reuse_address:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
        super().__init__("127.0.0.1", port, app, Handler)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Errors only."""
        if type == "error":
            print(message % args if args else message, file=sys.stderr)
