"""Faults on purpose: a call of a service fails, is late, brings damaged bytes, or ends the function that makes it.

AWS's own service for this (FIS) injects into a few of its APIs; here it is any action that the local cloud runs. Whose
calls count: those of a workflow's tasks, of functions and of the reader, not those of the services among themselves.
Which of a workflow's calls is hit is decided on the clock's thread, in virtual order: two runs have one history.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

Kind = Literal["error", "delay", "corrupt", "kill", "none"]

#: What an error's message ends with, and so its cause in a history: pictures look for it.
MARK = "(injected)"

#: What services say of errors that readers inject the most; of any other its name is said.
_MESSAGES = {
    "ProvisionedThroughputExceededException": "The table's provisioned throughput was exceeded.",
    "ServiceUnavailable": "Please reduce your request rate.",
    "SlowDown": "Please reduce your request rate.",
    "ThrottlingException": "Rate exceeded",
    "TooManyRequestsException": "Rate Exceeded.",
}
_STATUSES = {"InternalServerError": 500, "ServiceException": 500, "ServiceUnavailable": 503, "SlowDown": 503}
_STATUSES["TooManyRequestsException"] = 429


@dataclass(slots=True)
class Fault:
    """What happens to calls of one action.

    Args:
        service, action: botocore's names.
        kind: `error`: the service answers with that error and does nothing. `delay`: it answers so many seconds later;
            virtual ones to a workflow, real ones to a program. `corrupt`: the bytes that it answers with break off in
            the middle. `kill`: the function that calls ends there; of lambda:Invoke, the one that is called. `none`: of
            a call to which nothing happens.
        value: the error's code, or the delay's seconds.
        times: how many calls it happens to; None for all while it lasts.
        probability: of each call, from 0 to 1.
        seed: of what is drawn with that probability.
    """

    service: str
    action: str
    kind: Kind
    value: Any = None
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    hits: int = 0
    chance: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    @property
    def delay(self) -> float:
        """Seconds by which the answer is late."""
        return self.value if self.kind == "delay" else 0

    @property
    def message(self) -> str:
        """Of an error."""
        return f"{_MESSAGES.get(self.value, self.value)} {MARK}"

    @property
    def status(self) -> int:
        """Of an error over HTTP."""
        return _STATUSES.get(self.value, 400)

    def to_json(self) -> dict[str, Any]:
        """As `parse` takes it."""
        shown = {"on": f"{self.service}:{self.action}", self.kind: self.value, "times": self.times}
        return {**shown, "probability": self.probability, "seed": self.seed}


NOTHING = Fault("", "", "none")

_decided: ContextVar[Fault] = ContextVar("decided", default=NOTHING)


class Faults:
    """The faults of one local cloud. For any thread."""

    def __init__(self) -> None:
        self._active: dict[int, Fault] = {}
        self._count = 0
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> int:
        """Begin; returns the number with which to end it."""
        with self._lock:
            self._count += 1
            self._active[self._count] = fault
            return self._count

    def remove(self, number: int) -> Fault | None:
        """End it; returns it, to tell how many calls it happened to."""
        with self._lock:
            return self._active.pop(number, None)

    def active(self) -> Mapping[int, Fault]:
        """Those that have begun and not ended, by their numbers."""
        return dict(self._active)

    def draw(self, service: str, action: str, *, killable: bool) -> Fault:
        """What happens to this call: the newest fault that is for it, or NOTHING.

        Args:
            killable: whether there is a function that could be ended.
        """
        if not self._active:
            return NOTHING
        with self._lock:
            for fault in reversed(self._active.values()):
                if (fault.service, fault.action) != (service, action) or fault.hits == fault.times:
                    continue
                if fault.kind == "kill" and not killable:
                    continue
                if fault.probability >= 1 or fault.chance.random() < fault.probability:
                    fault.hits += 1
                    return fault
        return NOTHING


@contextmanager
def decided(fault: Fault) -> Iterator[None]:
    """Around the one call of this thread to which a fault, drawn earlier, happens."""
    token = _decided.set(fault)
    try:
        yield
    finally:
        _decided.reset(token)


def take(service: str, action: str) -> Fault:
    """The fault that was decided for this call of this thread, once."""
    fault = _decided.get()
    if (fault.service, fault.action) != (service, action):
        return NOTHING
    _decided.set(NOTHING)
    return fault


def parse(text: Mapping[str, Any], session: Any, runs: Any) -> Fault:
    """A fault from JSON.

    Args:
        text: `on` ("service:Action"); `error`, `delay`, `corrupt` or `kill`; and `times`, `probability`, `seed`.
        session: botocore's, for its models.
        runs: (service, action) -> whether the local cloud runs it.

    Raises:
        ValueError: there is no such action, or it cannot have this fault; the message says what to write.
    """
    service, _, action = str(text.get("on", "")).partition(":")
    services = session.get_available_services()
    if service not in services:
        raise ValueError(
            f'"{service}" is no service of boto3.{_near(service, services)} Write "textract:AnalyzeExpense".'
        )
    model = session.get_service_model(service)
    if action not in model.operation_names:
        raise ValueError(f'{service} has no action "{action}".{_near(action, model.operation_names)}')
    if not runs(service, action):
        raise ValueError(f"The local cloud does not run {service}:{action}, so nothing could happen to it.")
    kinds = [kind for kind in ("error", "delay", "corrupt", "kill") if text.get(kind)]
    if len(kinds) != 1:
        raise ValueError(
            'Say one thing that happens: error="ThrottlingException", delay=90, corrupt=True or kill=True.'
        )
    kind: Any = kinds[0]
    value, times, probability = text[kind], text.get("times"), text.get("probability", 1)
    if kind == "error" and not (isinstance(value, str) and value.isidentifier()):
        raise ValueError(f"error is the code of an error, like ThrottlingException, not {value!r}.")
    if kind == "delay" and not (isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0):
        raise ValueError(f"delay is a number of seconds, not {value!r}.")
    if kind == "corrupt" and (service, action) not in _BRING_BYTES:
        listed = ", ".join(":".join(pair) for pair in sorted(_BRING_BYTES))
        raise ValueError(f"{service}:{action} brings no bytes that could be damaged. These do: {listed}.")
    if not (times is None or (isinstance(times, int) and times > 0)):
        raise ValueError(f"times is how many calls it happens to, 1 or more, not {times!r}.")
    if not (isinstance(probability, (int, float)) and 0 < probability <= 1):
        raise ValueError(f"probability is more than 0 and at most 1, not {probability!r}.")
    return Fault(service, action, kind, value, times, probability, int(text.get("seed", 0)))


#: Actions whose answer's body is bytes of the caller's.
_BRING_BYTES = {
    ("lambda", "Invoke"),
    ("polly", "SynthesizeSpeech"),
    ("s3", "GetObject"),
    ("sagemaker-runtime", "InvokeEndpoint"),
}


def _near(name: str, names: Any) -> str:
    near = get_close_matches(name, list(names), 1)
    return f" Did you mean {near[0]}?" if near else ""
