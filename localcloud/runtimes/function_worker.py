"""One function worker: a process that runs a handler, and the Lambda Runtime API that this process talks to.

Nothing runs in the background: whoever invokes reads and writes the worker's connection on its own thread, so
that a warm invocation costs two writes and two reads. Each worker has a port of its own, hence any client of
the Runtime API will do, AWS's too (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import selectors
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.runtimes.process import Process

_CLIENT = Path(__file__).with_name("function_client.py")

#: -I: nothing of the reader's Python settings or user site; -u: what a killed handler printed is in its log.
CLIENT_COMMAND: Sequence[str] = (sys.executable, "-I", "-u", "-X", "utf8", str(_CLIENT))

#: Bytes of a response that Lambda passes on
#: (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, "6 MB each for request and
#: response"; the exact figure is the one in the error that AWS gives).
MAX_RESPONSE = 6_291_556

#: Real seconds that importing the handler's module may take; then Lambda starts over, within the function's timeout
#: (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, "Init phase"). What the first start
#: has read from disk, the second finds in memory: that helps a slow laptop.
INIT_SECONDS = 10.0

#: Bytes of each end of what one event prints that are kept; in between there may be any number more.
_LOG_BYTES = 1 << 20
_LOG_CHUNK = 1 << 14

#: Real seconds that a worker has to come for its next event once it has answered one.
_READY_SECONDS = 60.0

#: How often (real seconds) a process is looked at that might have ended without closing its connection.
_TICK = 0.1

_ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'
_TOO_LARGE = b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Result:
    """How an invocation ended.

    Args:
        payload: the response, or the error object, as JSON bytes.
        failed: True for an error object.
        ended: why the worker is of no use any more, as Lambda logs it ("Runtime exited with ..."), else None.
        status: what REPORT says about it: None, "error" or "timeout".
    """

    payload: bytes
    failed: bool = False
    ended: str | None = None
    status: str | None = None


class _Connection:
    """What has arrived on one connection and was not yet understood."""

    __slots__ = ("buffer", "socket")

    def __init__(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = client
        self.buffer = bytearray()

    def request(self) -> tuple[str, bytes] | None:
        """The next whole request as ("METHOD /path", body), or None while it is not all there."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self.buffer[:end].decode("latin-1")
        first, *lines = head.split("\r\n")
        length, chunked = 0, False
        for line in lines:
            name, _, value = line.partition(":")
            name = name.lower()
            if name == "content-length":
                length = int(value)
            elif name == "transfer-encoding":
                chunked = "chunked" in value.lower()
        if chunked:
            body = self._chunks(end + 4)
        elif len(self.buffer) < end + 4 + length:
            body = None
        else:
            body = bytes(self.buffer[end + 4 : end + 4 + length])
            del self.buffer[: end + 4 + length]
        return None if body is None else (first.rpartition(" ")[0], body)

    def _chunks(self, at: int) -> bytes | None:
        body = bytearray()
        while True:
            end = self.buffer.find(b"\r\n", at)
            if end < 0:
                return None
            size = int(self.buffer[at:end].partition(b";")[0], 16)
            if len(self.buffer) < end + 2 + size + 2:
                return None
            body += self.buffer[end + 2 : end + 2 + size]
            at = end + 2 + size + 2
            if size == 0:
                del self.buffer[:at]
                return bytes(body)


class Worker:
    """A process that runs one version of one function, one event at a time.

    Args:
        environment: the process's whole environment; AWS_LAMBDA_RUNTIME_API is added.
        directory: where it starts, the function's unzipped code.
        log: a new file for its standard output and error.
        command: what to start.

    Attributes:
        written: bytes that it wrote to its log until the last `read_log`.
    """

    def __init__(self, environment: Mapping[str, str], directory: Path, log: Path, command: Sequence[str]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._parked: _Connection | None = None  # waits for its next event
        host, port = self._listener.getsockname()
        # Who does not know it is another process of this machine, and no client of this worker.
        self._secret = secrets.token_hex(16)
        variables = {**environment, "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}/{self._secret}"}
        self.process = Process(command, directory, variables, log)
        self._log = log.open("rb", buffering=0)
        self.written = 0

    # ---- what it does

    def start(self, request_id: str, seconds: float) -> Result | None:
        """Wait until the handler's module is imported.

        Args:
            request_id: of the invocation that waits for it.
            seconds: real seconds that it may take.

        Returns:
            None, or how it failed; then the worker is of no use.
        """
        until = self.process.started + seconds
        while True:
            request = self._receive(until)
            if request is None:
                return self._ended(request_id, until, seconds)
            connection, target, body = request
            if target.endswith("/invocation/next"):
                self._parked = connection
                return None
            if target.endswith("/init/error"):
                self._send(connection, _ACCEPTED)
                return Result(body, failed=True, ended="", status="error")
            self._send(connection, _NOT_FOUND)

    def ready(self) -> bool:
        """Whether it waits for an event: False when it ended since it posted its last response."""
        until = time.monotonic() + _READY_SECONDS
        while self._parked is None:
            request = self._receive(until)
            if request is None:
                return False
            connection, target, _ = request
            if target.endswith("/invocation/next"):
                self._parked = connection
            else:
                self._send(connection, _NOT_FOUND)
        return not self._selector.select(0)  # who waits says nothing: this would be its end

    def invoke(
        self,
        event: bytes,
        *,
        request_id: str,
        arn: str,
        seconds: float,
        spent: float = 0.0,
        client_context: str | None = None,
    ) -> Result:
        """Hand over one event and wait for what becomes of it. Only when `ready`.

        Args:
            event: JSON.
            request_id: a UUID.
            arn: the function's ARN as the caller wrote it, qualifier included.
            seconds: real seconds after which the invocation has timed out.
            spent: those of them that have passed, on an import that had to start over.
            client_context: JSON without line ends, as `context.client_context` shows it.
        """
        assert self._parked is not None
        until = time.monotonic() + seconds - spent
        context = f"Lambda-Runtime-Client-Context: {client_context}\r\n" if client_context else ""
        head = (
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {int((time.time() + seconds - spent) * 1000)}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {arn}\r\n"
            f"{context}Content-Length: {len(event)}\r\n\r\n"
        )
        connection, self._parked = self._parked, None
        self._send(connection, head.encode() + event)
        while True:
            request = self._receive(until)
            if request is None:
                return self._ended(request_id, until, seconds)
            connection, target, body = request
            if target.endswith(f"/invocation/{request_id}/response"):
                if len(body) > MAX_RESPONSE:
                    self._send(connection, _TOO_LARGE)
                    return _error(
                        "Function.ResponseSizeTooLarge",
                        f"Response payload size ({len(body)} bytes) exceeded maximum allowed payload size "
                        f"({MAX_RESPONSE} bytes).",
                    )
                self._send(connection, _ACCEPTED)
                return Result(body)
            if target.endswith(f"/invocation/{request_id}/error"):
                self._send(connection, _ACCEPTED)
                return Result(body, failed=True)
            self._send(connection, _NOT_FOUND)

    def read_log(self) -> bytes:
        """What it wrote to its standard output and error since the last call; of very much both ends."""
        found = (
            self._log.read(_LOG_CHUNK) or b""
        )  # one call for most: at each, other threads contend for the interpreter
        self.written += len(found)
        if len(found) < _LOG_CHUNK:
            return found
        end = os.fstat(self._log.fileno()).st_size
        over = end - self.written + len(found) - 2 * _LOG_BYTES
        if over <= 0:
            found += self._log.read(end - self.written) or b""
        else:
            found += self._log.read(_LOG_BYTES - len(found)) or b""
            found += (
                f"\n[The local cloud keeps {_LOG_BYTES:,} bytes of each end: {over:,} are left out here]\n".encode()
            )
            self._log.seek(end - _LOG_BYTES)
            found += self._log.read(_LOG_BYTES) or b""
        self.written = end
        return found

    def kill(self) -> None:
        """End the process and what it started. From any thread; more than once is fine."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Kill it and free its sockets and files. Not while another thread invokes."""
        self.kill()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()
        self._log.close()
        self.process.log.unlink(missing_ok=True)

    # ---- how

    def _receive(self, until: float) -> tuple[_Connection, str, bytes] | None:
        """The next request on any connection, or None: the process ended, or `until` (monotonic) has come."""
        for key in list(self._selector.get_map().values()):
            if key.data is not None and key.data.buffer and (found := self._request(key.data)):
                return (key.data, *found)
        while True:
            left = until - time.monotonic()
            if left <= 0:
                return None
            ready = self._selector.select(min(left, _TICK))
            for key, _ in ready:
                if key.data is None:
                    self._accept()
                elif self._read(key.data) and (found := self._request(key.data)):
                    return (key.data, *found)
            if (not ready or not self._connected()) and not self.process.alive:
                return None

    def _request(self, connection: _Connection) -> tuple[str, bytes] | None:
        """What has arrived whole, of our own process; who else connects is hung up on."""
        try:
            found = connection.request()
        except ValueError:  # a length that is none
            found = "", b""
        if found is None or found[0].partition(" ")[2].startswith(f"/{self._secret}/"):
            return found
        self._selector.unregister(connection.socket)
        connection.socket.close()
        return None

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        client.setblocking(True)
        self._selector.register(client, selectors.EVENT_READ, _Connection(client))

    def _read(self, connection: _Connection) -> bool:
        try:
            data = connection.socket.recv(1 << 18)
        except OSError:
            data = b""
        if data:
            connection.buffer += data
            return True
        self._selector.unregister(connection.socket)
        connection.socket.close()
        if not self._connected():  # it is ending, most likely: be there when it has
            self.process.ends_within(_TICK)
        return False

    def _connected(self) -> bool:
        return len(self._selector.get_map()) > 1

    def _send(self, connection: _Connection, data: bytes) -> None:
        with contextlib.suppress(OSError):  # it ended; the next read finds out, and how
            connection.socket.sendall(data)

    def _ended(self, request_id: str, until: float, seconds: float) -> Result:
        """There was no answer: tell a process that ended from one that has to be."""
        if time.monotonic() >= until and self.process.alive:
            self.kill()
            message = f"Task timed out after {seconds:.2f} seconds"
            return _error("Sandbox.Timedout", f"RequestId: {request_id} Error: {message}", message, "timeout")
        code = self.process.wait().returncode
        if code < 0:
            message = f"Runtime exited with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"
        elif code:
            message = f"Runtime exited with error: exit status {code}"
        else:
            message = "Runtime exited without providing a reason"
        return _error("Runtime.ExitError", f"RequestId: {request_id} Error: {message}", message, "error")


def _error(kind: str, message: str, ended: str | None = None, status: str | None = None) -> Result:
    """An error that the platform reports, in its order of keys and without spaces."""
    payload = json.dumps({"errorType": kind, "errorMessage": message}, separators=(",", ":")).encode()
    return Result(payload, failed=True, ended=ended, status=status)
