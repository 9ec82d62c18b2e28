"""What a service may ask of the cloud that it is part of, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from localcloud.injection import Faults
from localcloud.time.clock import Clock

#: Virtual seconds since the epoch, and real ones.
Moment = tuple[float, float]

Handler = Callable[[dict[str, Any]], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Invocation:
    """What an invocation of a Lambda function came to.

    Args:
        payload: the response, or the error object, as the runtime wrote it (JSON bytes).
        function_error: "Unhandled" when `payload` is an error object, else None.
        executed_version: "$LATEST" or a number.
        log_tail: the last 4 KB of the log, as text.
        request_id: the UUID that the handler saw.
    """

    payload: bytes
    function_error: str | None
    executed_version: str
    log_tail: str
    request_id: str


class Functions(Protocol):
    """The Lambda functions of a cloud, as other services call them; `services/lambda_.py` says more."""

    def invoke(
        self,
        name_or_arn: str,
        payload: bytes,
        *,
        qualifier: str | None = None,
        limit: float | None = None,
        request_id: str | None = None,
        client_context: str | None = None,
    ) -> Invocation:
        """Run a function on one event and wait for its end, in real time."""

    def post(self, name_or_arn: str, payload: bytes, *, qualifier: str | None = None) -> None:
        """Hand over an event and return at once."""

    def request_id(self, name_or_arn: str, payload: bytes) -> str:
        """The id of a function's next invocation with this event: the same in every run."""

    def thread_of(self, token: str) -> int | None:
        """The thread that waits for the worker with this session token; None when there is none."""

    def role_of(self, token: str) -> str | None:
        """The ARN of the role that the function of the worker with this session token runs as."""

    def kill(self, token: str) -> None:
        """End the worker with this session token, if there is one, in the middle of what it does."""


@dataclass(frozen=True, slots=True)
class Service:
    """What a module of `services/` registers.

    Args:
        name: botocore's name of the service, e.g. "stepfunctions".
        actions: API action -> function; it takes the request and returns the response, both in botocore's shape; or
            None once it has checked a request that moto is to answer.
        close: called when the cloud ends, to end what the service started.
        functions: what Lambda, and no other service, lets the others call.
        fork, explore: what Step Functions, and no other service, does that is no action of AWS's; see `Executions`.
    """

    name: str
    actions: Mapping[str, Handler]
    close: Callable[[], None] | None = None
    functions: Functions | None = None
    fork: Handler | None = None
    explore: Handler | None = None


class Host(Protocol):
    """One local cloud, as its services and integrations see it.

    Attributes:
        account_id: whose it is.
        endpoint: where it is served, for code that runs in other processes.
        scratch: a folder that is removed when the cloud ends.
        clock: its virtual time.
        faults: what happens to calls on purpose.
        recalls: whether jobs that ran before on this machine are recalled rather than run.
        on_event: what EventBridge sets to hear of `publish`.
    """

    account_id: str
    endpoint: str
    scratch: Path
    clock: Clock
    faults: Faults
    recalls: bool
    on_event: Callable[[str, str, Mapping[str, Any], Sequence[str]], None] | None

    @property
    def region(self) -> str:
        """Of the client whose request is answered, and of what that request started; else the cloud's own."""

    def asked_in(self, region: str) -> AbstractContextManager[None]:
        """Around the answer to a request that a client of this region makes."""

    @property
    def session(self) -> Any:
        """A botocore session, for its models of AWS's services."""

    @property
    def functions(self) -> Functions:
        """The Lambda functions. Loads the Lambda service at first use."""

    def publish(self, source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str] = ()) -> None:
        """Put an event of AWS's own on the default bus of EventBridge. From any thread.

        Args:
            source: e.g. "aws.states".
            detail_type: e.g. "Step Functions Execution Status Change".
            detail: JSON, as the service's guide shows it.
            resources: the ARNs that it is about.
        """

    def moment(self) -> Moment:
        """Now."""

    def is_recent(self, moment: Moment) -> bool:
        """Whether a change of that moment is not known everywhere yet: only in a cloud that is late."""

    def require(self, action: str, resource: str) -> None:
        """Look whether the role that acts may do what no client is called for; only where policies are looked at.

        Raises:
            ServiceError: AWS's for what is denied.
        """

    def client(self, service_name: str) -> Any:
        """A boto3 client that calls this cloud in process, without a socket; one for each service, for any thread."""

    def service(self, name: str) -> Service:
        """Another service, its module imported at first use. Raises UnsupportedLocally when that fails."""

    def new_id(self) -> str:
        """A UUID from the cloud's seed: the same sequence in every run."""

    def worker_environment(self) -> dict[str, str]:
        """The AWS settings of a process that the cloud runs, with a key of its own."""
