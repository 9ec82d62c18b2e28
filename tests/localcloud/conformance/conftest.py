"""A world small enough to hold in the hand: the interpreter on a virtual clock, tasks that are functions."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from localcloud.asl.compiler import compile_machine
from localcloud.asl.environment import Environment, TaskCall, TaskFailure
from localcloud.asl.execution import StateMachineExecution
from localcloud.asl.validation import check
from localcloud.time.clock import Clock, Signal

Task = Callable[[Any], Any]


class Resource:
    """A resource that is a Python function of its arguments; `pattern` by the resource's suffix."""

    kind = "Task"
    resource_type = "test"

    def __init__(self, world: World, name: str) -> None:
        self.world, self.resource = world, name.rpartition(":")[2]
        self.pattern = (
            "callback" if name.endswith(".waitForTaskToken") else "sync" if name.endswith(".sync") else "request"
        )

    def check(self, arguments: Any) -> None:
        pass

    async def submit(self, call: TaskCall) -> Any:
        self.world.calls.append(call)
        self.world.asked.set()
        if self.pattern != "request":
            return {"Submitted": True}
        task = self.world.tasks[self.resource]
        return await self.world.clock.work(task, call.arguments, seconds=0.1, limit=call.limit)

    async def complete(self, call: TaskCall, response: Any) -> Any:
        await self.world.clock.sleep(60)
        return self.world.tasks[self.resource.partition(".")[0]](call.arguments)

    async def cancel(self, call: TaskCall, response: Any) -> None:
        self.world.cancelled.append(call)


class Answer:
    def __init__(self, clock: Clock, external: bool) -> None:
        self.signal: Signal[Any] = Signal(clock, external=external)
        self.heartbeat_at = clock.now()


class World:
    """Tasks by name, objects by bucket and key, tokens in the order they were given out."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.clock.start()
        self.tasks: dict[str, Task] = {}
        self.calls: list[TaskCall] = []
        self.asked = threading.Event()
        self.cancelled: list[TaskCall] = []
        self.stored: dict[tuple[str, str], bytes] = {}
        self.answers: dict[str, Answer] = {}
        self.environment = Environment(self.clock, self, self, self)

    # integrations
    def resolve(self, resource: str) -> Any:
        return Resource(self, resource)

    # tokens
    def create(self, execution_arn: str, events: int, state_name: str, *, external: bool) -> tuple[str, Answer]:
        token = f"token-{len(self.answers)}"
        self.answers[token] = Answer(self.clock, external)
        return token, self.answers[token]

    def discard(self, token: str) -> None: ...

    # objects
    def get(self, bucket: str, key: str, owner: str | None) -> bytes:
        try:
            return self.stored[bucket, key]
        except KeyError:
            raise TaskFailure("S3.NoSuchKeyException", "The specified key does not exist.") from None

    def list(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        for (owner, key), body in sorted(self.stored.items()):
            if owner == bucket and key.startswith(prefix):
                moment = datetime(2026, 1, 1, tzinfo=UTC)
                yield {"Key": key, "Size": len(body), "ETag": '"e"', "LastModified": moment}

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self.stored[bucket, key] = body

    # executions
    def start(self, definition: dict[str, Any], data: Any = None, **options: Any) -> StateMachineExecution:
        """Validate a definition and start an execution of it with an input, under a fixed name."""
        text = json.dumps(definition)
        execution = StateMachineExecution(
            compile_machine(check(text, "STANDARD")),
            arn="arn:aws:states:us-east-1:123456789012:execution:machine:run",
            name="run",
            input=json.dumps({} if data is None else data),
            role_arn="arn:aws:iam::123456789012:role/role",
            state_machine_arn="arn:aws:states:us-east-1:123456789012:stateMachine:machine",
            state_machine_name="machine",
            environment=self.environment,
            **options,
        )
        self.clock.call(execution.start)
        return execution

    def wait(self, execution: StateMachineExecution) -> StateMachineExecution:
        """Until it has ended."""

        async def ended() -> None:
            await execution.finished

        assert self.clock.spawn(ended()).join(30), f"still {execution.status}"
        return execution

    def run(self, definition: dict[str, Any], data: Any = None, **options: Any) -> StateMachineExecution:
        """Start and wait."""
        return self.wait(self.start(definition, data, **options))

    def output(self, definition: dict[str, Any], data: Any = None) -> Any:
        """The output of an execution that succeeds."""
        execution = self.run(definition, data)
        assert execution.status == "SUCCEEDED", f"{execution.status}: {execution.error}: {execution.cause}"
        return json.loads(execution.output or "null")

    def one(self, fields: dict[str, Any], data: Any = None) -> Any:
        """The output of a machine of one state, "S"."""
        return self.output(machine(S=fields), data)

    def failure(self, fields: dict[str, Any], data: Any = None) -> tuple[str | None, str | None]:
        """The error and the cause of a machine of one state, "S", that fails."""
        execution = self.run(machine(S=fields), data)
        assert execution.status == "FAILED", execution.output
        return execution.error, execution.cause


def machine(**states: dict[str, Any]) -> dict[str, Any]:
    """States in the order they run: each goes to the next one unless it says where; the last ends."""
    names = list(states)
    for name, following in zip(names, [*names[1:], None], strict=True):
        fields = states[name]
        if fields["Type"] in ("Succeed", "Fail", "Choice") or "Next" in fields or "End" in fields:
            continue
        states[name] = {**fields, "Next": following} if following else {**fields, "End": True}
    return {"StartAt": names[0], "States": states}


def types(execution: StateMachineExecution) -> list[str]:
    """The types of its events, in order."""
    return [event["type"] for event in execution.history.events]


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.clock.close()
