"""Model servers: a process that holds a model and answers requests one by one, as a SageMaker container does."""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.runtimes.containers import PYTHON, Container
from localcloud.runtimes.process import Process

_CLIENT = Path(__file__).with_name("model_server_client.py")

#: Real seconds that loading a model may take. SageMaker's ping must answer within some minutes:
#: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
LOAD_SECONDS = 240.0

#: "A customer's model containers must respond to requests within 60 seconds": API_runtime_InvokeEndpoint.
ANSWER_SECONDS = 60.0

_TICK = 0.1


class NotLoaded(Exception):
    """The model server did not come up: the reason, the end of its log."""


class Crashed(Exception):
    """The process ended, or said nothing for too long, while it had a request."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model server answered: an HTTP status, a media type, a body."""

    status: int
    content_type: str
    body: bytes


class ModelServer:
    """One model in one process, started again at the next request when it has crashed.

    Args:
        container: its folder, with the model in /opt/ml/model.
        image: "sklearn" or "xgboost".
        variables: the container's environment.
        code: where the script is, when there is one.
    """

    def __init__(self, container: Container, image: str, variables: Mapping[str, str], code: Path | None) -> None:
        self.container = container
        self._environment = {**variables, "_IMAGE": image, "_CODE": str(code or "")}
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._socket: socket.socket | None = None
        self._incoming: Any = None
        self._starts = 0
        self._logs: list[Path] = []
        self._closed = False

    def start(self) -> None:
        """Start it and wait for the model to be loaded.

        Raises:
            NotLoaded: it could not be.
        """
        with self._lock:
            self._start()

    def invoke(self, body: bytes, content_type: str, accept: str) -> Reply:
        """One request.

        Raises:
            Crashed: the process ended or hangs.
            NotLoaded: it had crashed, and does not come up again.
        """
        with self._lock:
            if self._closed:
                raise Crashed("the model server was closed")
            if self._process is None or not self._process.alive:
                self._start()
            assert self._socket is not None
            request = {"length": len(body), "content_type": content_type, "accept": accept}
            try:
                self._socket.settimeout(ANSWER_SECONDS)
                self._socket.sendall(json.dumps(request).encode() + b"\n" + body)
                header, content = self._receive()
            except (OSError, ValueError, EOFError) as problem:
                self._end()
                raise Crashed(str(problem)) from None
            return Reply(header["status"], header["content_type"], content)

    @property
    def log(self) -> str:
        """All that it printed, of every start."""
        return "".join(self.container.shown(path.read_bytes()) for path in self._logs if path.exists())

    def retire(self) -> None:
        """Let the request under way be answered, take no more, and end. Blocks until then."""
        with self._lock:
            self._closed = True
        self.close()

    def close(self) -> None:
        """End the process, in the middle of a request too. Its folder stays."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:
            self._end()

    def _start(self) -> None:
        self._end()
        if self._closed:
            raise Crashed("the model server was closed")
        self._starts += 1
        log = self.container.root / f"log-{self._starts}"
        self._logs.append(log)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            secret = secrets.token_hex(16)
            environment = self.container.environment(self._environment)
            environment["_MODEL_SERVER"] = f"{listener.getsockname()[1]}:{secret}"
            command = (PYTHON[0], "-P", *PYTHON[1:], str(_CLIENT))
            self._process = Process(command, self.container.root / "home", environment, log)
            self._socket = self._accept(listener, secret, time.monotonic() + LOAD_SECONDS)
        if self._socket is None:
            raise self._failed("its process ended before the model was loaded")
        self._incoming = self._socket.makefile("rb")
        self._socket.settimeout(LOAD_SECONDS)
        try:
            header, _ = self._receive()
        except (OSError, ValueError, EOFError):
            raise self._failed("its process ended before the model was loaded") from None
        if not header["ready"]:
            raise self._failed(header["error"])

    def _accept(self, listener: socket.socket, secret: str, until: float) -> socket.socket | None:
        """The connection of our process, and no other's."""
        listener.settimeout(_TICK)
        while time.monotonic() < until and self._process is not None and self._process.alive:
            with contextlib.suppress(TimeoutError):
                found, _ = listener.accept()
                found.settimeout(LOAD_SECONDS)
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if found.recv(len(secret), socket.MSG_WAITALL) == secret.encode():
                    return found
                found.close()
        return None

    def _receive(self) -> tuple[dict[str, Any], bytes]:
        line = self._incoming.readline()
        if not line:
            raise EOFError("the model server's process ended")
        header: dict[str, Any] = json.loads(line)
        body = self._incoming.read(header["length"])
        if len(body) < header["length"]:
            raise EOFError("the model server's process ended")
        return header, body

    def _failed(self, reason: str) -> NotLoaded:
        self._end()
        return NotLoaded(reason)

    def _end(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._incoming is not None:
            self._incoming.close()
            self._incoming = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
