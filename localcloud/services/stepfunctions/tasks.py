"""Task tokens: handing them out to the interpreter, taking their answers from outside.

A token carries its own proof, so that a closed one (TaskTimedOut) can be told from one that never was
(InvalidToken) without keeping all that ever were.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.asl.environment import TaskFailure
from localcloud.services.stepfunctions import errors
from localcloud.time.clock import Clock, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

_BODY, _PROOF = 96, 32
_SALT = b"task-token"


@dataclass(slots=True)
class Answer:
    """The other end of a token.

    Args:
        signal: awaited by the interpreter; set with the output, or failed with TaskFailure.
        heartbeat_at: virtual time of the last heartbeat, at first that of the token's making.
    """

    signal: Signal[Any]
    heartbeat_at: float


class TaskTokens:
    """The registry of open tokens; what the interpreter's environment calls `tokens`.

    Args:
        clock: the clock on which tasks wait.
        on_create: told the ARN of the execution that is about to wait for someone.
    """

    def __init__(self, clock: Clock, on_create: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_create = on_create
        self._open: dict[str, Answer] = {}

    # ---- the interpreter's side

    def create(self, execution_arn: str, events: int, state_name: str, *, external: bool) -> tuple[str, Answer]:
        """A new token of a task, and what it will be answered with.

        The token follows from where the execution stands, so that two runs draw the same ones.
        """
        token, attempt = "", 0
        while not token or token in self._open:
            token = _token(execution_arn, events, state_name, attempt)
            attempt += 1
        answer = Answer(Signal(self._clock, external=external), self._clock.now())
        self._open[token] = answer
        self._on_create(execution_arn)
        return token, answer

    def discard(self, token: str) -> None:
        """Nobody waits for this token any more."""
        self._open.pop(token, None)

    def is_open(self, token: str) -> bool:
        """Whether someone still waits for the token's answer."""
        return token in self._open

    def beat(self, token: str) -> None:
        """The task begins, or shows that it lives: its heartbeat is counted from now."""
        self._open[token].heartbeat_at = self._clock.now()

    # ---- the outside's

    def find(self, token: str) -> Answer:
        """What the open token is answered with.

        Raises:
            ServiceError: InvalidToken for what was never a token, TaskTimedOut for a closed one.
        """
        answer = self._open.get(token)
        if answer is not None:
            return answer
        raise errors.task_timed_out() if _is_ours(token) else errors.invalid_token()

    def send_task_success(self, request: dict[str, Any]) -> dict[str, Any]:
        """The task's output; its execution goes on with it."""
        answer = self.find(request["taskToken"])
        try:
            output = json.loads(request["output"], parse_constant=_refuse)
        except (ValueError, RecursionError) as problem:
            raise errors.invalid_output(request["output"], problem) from None
        self.discard(request["taskToken"])
        answer.signal.set(output)
        return {}

    def send_task_failure(self, request: dict[str, Any]) -> dict[str, Any]:
        """The task failed; Retry and Catch of its state see the error."""
        answer = self.find(request["taskToken"])
        self.discard(request["taskToken"])
        answer.signal.fail(TaskFailure(request.get("error"), request.get("cause")))
        return {}

    def send_task_heartbeat(self, request: dict[str, Any]) -> dict[str, Any]:
        """The task lives; its HeartbeatSeconds start anew."""
        self.find(request["taskToken"]).heartbeat_at = self._clock.now()
        return {}


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a JSON value")


def _token(*parts: object) -> str:
    seed = "\n".join(map(str, parts)).encode()
    body = b"".join(hashlib.sha256(bytes([number]) + seed).digest() for number in range(_BODY // 32))
    return base64.b64encode(body + _proof(body)).decode()


def _proof(body: bytes) -> bytes:
    return hashlib.sha256(_SALT + body).digest()


def _is_ours(token: str) -> bool:
    try:
        raw = base64.b64decode(token.encode(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == _BODY + _PROOF and _proof(raw[:_BODY]) == raw[_BODY:]
