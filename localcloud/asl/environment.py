"""What the interpreter needs from the world around it, and nothing more: a clock, integrations, tokens, objects.

Whoever embeds the interpreter implements these protocols; the interpreter knows no HTTP, no moto, no AWS client.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from localcloud.time.clock import Clock, Signal

#: How many events a history can hold (Step Functions service quotas).
MAX_EVENTS = 25_000


class TaskFailure(Exception):
    """What a task raises: `error` is the name that Retry and Catch see, `cause` its text (None: not given)."""

    def __init__(self, error: str | None, cause: str | None = None) -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


@dataclass(slots=True, frozen=True)
class TaskCall:
    """One attempt of a Task state.

    Args:
        resource: the Resource field, as written.
        arguments: the evaluated Parameters or Arguments (for a function's ARN: its payload).
        token: the task token, for every pattern but a plain request.
        execution_arn, state_machine_arn, role_arn, state_name: who calls.
        limit: real seconds after which the caller stops caring (hand it to `Clock.work`).
    """

    resource: str
    arguments: Any
    token: str | None
    execution_arn: str
    state_machine_arn: str
    role_arn: str
    state_name: str
    limit: float | None


class Integration(Protocol):
    """How one Resource is called.

    Attributes:
        kind: which family of history events its attempts leave.
        resource_type, resource: as in TaskScheduled, for instance "lambda" and "invoke.waitForTaskToken".
        pattern: request (the response is the result), sync (the job's end is), callback (the token's answer is).
    """

    kind: Literal["Task", "LambdaFunction", "Activity"]
    resource_type: str
    resource: str
    pattern: Literal["request", "sync", "callback"]

    def check(self, arguments: Any) -> None:
        """Raises TaskFailure for arguments of which no call can be made: the task is not even scheduled."""

    async def submit(self, call: TaskCall) -> Any:
        """Make the call; return the response as AWS puts it in the history. Raises TaskFailure."""

    async def complete(self, call: TaskCall, response: Any) -> Any:
        """Pattern sync only: wait on the clock until the job ends, return its description. Raises TaskFailure."""

    async def cancel(self, call: TaskCall, response: Any) -> None:
        """Pattern sync only: stop the job, since its execution stopped or the task timed out."""


class Integrations(Protocol):
    """Finds the integration of a Resource."""

    def resolve(self, resource: str) -> Integration:
        """Raises TaskFailure when there is none."""


class Tokens(Protocol):
    """Hands out task tokens, whose answers come from outside."""

    def create(self, execution_arn: str, events: int, state_name: str, *, external: bool) -> tuple[str, TokenAnswer]:
        """A new token and what it is answered with.

        Args:
            events: how many events the execution has so far: with its ARN, what makes the token its own.
            external: only the outside can answer it.
        """

    def discard(self, token: str) -> None:
        """Nobody waits for this token any more."""


class TokenAnswer(Protocol):
    """The other end of a task token."""

    signal: Signal[Any]  # set with the output (a JSON value), or failed with TaskFailure
    heartbeat_at: float  # virtual time of the last heartbeat


class Objects(Protocol):
    """The object store that ItemReader reads and ResultWriter writes. All raise TaskFailure."""

    def get(self, bucket: str, key: str, owner: str | None) -> bytes:
        """The object's bytes."""

    def list(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        """Its objects as ListObjectsV2 gives them: Key, Size, ETag, LastModified, StorageClass."""

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object."""


@dataclass(slots=True)
class Environment:
    """Everything an execution runs in.

    Args:
        max_events: the history's quota.
        require: raises TaskFailure when the role that acts may not take an action on a resource.
    """

    clock: Clock
    integrations: Integrations
    tokens: Tokens
    objects: Objects
    region: str = "us-east-1"
    account_id: str = "123456789012"
    seed: int = 0
    max_events: int = field(default_factory=lambda: MAX_EVENTS)
    require: Callable[[str, str], None] = lambda action, resource: None
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
