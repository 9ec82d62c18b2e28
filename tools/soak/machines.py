"""Random state machines and their executions, for what has to hold of every one: forks and comparisons.

A task answers by what it is asked: two executions differ where their inputs or definitions do. One of
a random machine also fails by it.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from typing import Any

from localcloud.asl.compiler import compile_machine
from localcloud.asl.environment import Environment, TaskCall, TaskFailure
from localcloud.asl.execution import Origin, StateMachineExecution
from localcloud.asl.past import Change, Diverged, moment
from localcloud.time.clock import Clock, Signal

Json = dict[str, Any]
ARN = "arn:aws:states:us-east-1:123456789012"
MOST_STATES = 4  # in a row


def machine(seed: int) -> Json:
    """A definition: tasks with retries, waits, choices, Parallels, Maps, variables, random numbers."""
    return _Maker(random.Random(seed)).scope(0)


def input_of(seed: int) -> Json:
    """An input for the machine of this seed."""
    chance = random.Random(seed)
    return {
        "n": chance.randint(0, 5),
        "items": [chance.randint(0, 5) for _ in range(chance.randint(1, 3))],
        "who": seed,
    }


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self.chance, self.count = chance, 0

    def scope(self, depth: int) -> Json:
        """A machine, a branch or a processor."""
        names = [self.name() for _ in range(self.chance.randint(1, MOST_STATES))]
        states: Json = {}
        for name, following in zip(names, [*names[1:], None], strict=True):
            kinds = ["task", "task", "task", "pass", "wait", "jsonata", "choice"]
            kind = self.chance.choice(kinds + (["parallel", "map", "map"] if depth < 2 else []))
            way = {"Next": following} if following else {"End": True}
            states |= getattr(self, f"a_{kind}")(name, way, depth)
        return {"StartAt": names[0], "States": states}

    def name(self) -> str:
        self.count += 1
        return f"S{self.count}"

    def a_task(self, name: str, way: Json, _: int) -> Json:
        retry: Json = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": self.chance.randint(1, 3), "MaxAttempts": 2}
        retry |= {"JitterStrategy": "FULL"} if self.chance.random() < 0.3 else {}
        state: Json = {"Type": "Task", "Resource": f"arn:aws:states:::{self.chance.choice(RESOURCES)}", **way}
        asked = {"n.$": "$.n", "tries.$": "$$.State.RetryCount"} | {"who.$": "$$.Execution.Input.who"}
        state |= {"Parameters": asked, "ResultPath": f"$.{name}", "Retry": [retry]}
        if self.chance.random() < 0.3:
            state["TimeoutSeconds"] = self.chance.randint(1, 6)
        if "Next" in way and self.chance.random() < 0.7:
            state["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": f"$.{name}", "Next": way["Next"]}]
        return {name: state}

    def a_pass(self, name: str, way: Json, _: int) -> Json:
        made = {"id.$": "States.UUID()"} if self.chance.random() < 0.3 else {"at.$": "$$.State.EnteredTime"}
        return {name: {"Type": "Pass", "Parameters": made, "ResultPath": f"$.{name}", **way}}

    def a_wait(self, name: str, way: Json, _: int) -> Json:
        return {name: {"Type": "Wait", "Seconds": self.chance.randint(0, 5), **way}}

    def a_jsonata(self, name: str, way: Json, _: int) -> Json:
        says = {"Assign": {"v": "{% $exists($v) ? $v + 1 : 1 %}", "t": "{% $millis() %}"}}
        output = f"{{% $merge([$states.input, {{'{name}': $now()}}]) %}}"
        return {name: {"Type": "Pass", "QueryLanguage": "JSONata", **says, "Output": output, **way}}

    def a_choice(self, name: str, way: Json, depth: int) -> Json:
        other = self.name()
        following = way.get("Next") or f"{name}-end"
        rule = {"Variable": "$.n", "NumericGreaterThan": self.chance.randint(0, 4), "Next": other}
        states: Json = {name: {"Type": "Choice", "Choices": [rule], "Default": following}}
        states |= self.a_task(other, {"Next": following}, depth)
        return states | ({} if "Next" in way else {following: {"Type": "Succeed"}})

    def a_parallel(self, name: str, way: Json, depth: int) -> Json:
        branches = [self.scope(depth + 1) for _ in range(self.chance.randint(2, 3))]
        return {name: {"Type": "Parallel", "Branches": branches, "ResultPath": f"$.{name}", **self.handled(way)}}

    def a_map(self, name: str, way: Json, depth: int) -> Json:
        state: Json = {"Type": "Map", "ItemsPath": "$$.Execution.Input.items", "ResultPath": f"$.{name}"}
        state |= {"ItemProcessor": self.scope(depth + 1), "MaxConcurrency": self.chance.randint(0, 2)}
        return {name: state | {"ItemSelector": {"n.$": "$$.Map.Item.Value"}} | self.handled(way)}

    def handled(self, way: Json) -> Json:
        """The way on of a state that holds others, which may fail."""
        retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 1}]
        catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Next": way.get("Next")}]
        found = dict(way)
        found |= {"Retry": retry} if self.chance.random() < 0.3 else {}
        return found | ({"Catch": catch} if "Next" in way and self.chance.random() < 0.6 else {})


RESOURCES = ("lambda:invoke", "sagemaker:createTrainingJob.sync", "sqs:sendMessage.waitForTaskToken")


class World:
    """A clock, and what executions on it call.

    Attributes:
        calls: what was called, in this order.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.clock.start()
        self.calls: list[str] = []
        self._open: dict[str, _Answer] = {}
        world: Any = self
        self.environment = Environment(self.clock, world, world, world)

    def close(self) -> None:
        """End the clock."""
        self.clock.close()

    def run(
        self,
        definition: Json,
        input: Json,
        name: str = "one",
        origin: Callable[[Callable[[str | None], None]], Origin] | None = None,
    ) -> StateMachineExecution:
        """Run an execution to its end."""
        problems: list[str | None] = []
        execution = StateMachineExecution(
            compile_machine(definition),
            arn=f"{ARN}:execution:m:{name}",
            name=name,
            input=json.dumps(input),
            role_arn="arn:aws:iam::123456789012:role/role",
            state_machine_arn=f"{ARN}:stateMachine:m",
            state_machine_name="m",
            environment=self.environment,
            origin=origin(problems.append) if origin else None,
        )

        async def run() -> None:
            execution.start()
            await self.clock.timeout(_ended(execution, problems), 100_000)

        fiber = self.clock.spawn(run())
        if not fiber.join(20):
            raise TimeoutError(f"it stands still, after {len(execution.history.events)} events")
        fiber.result()
        if any(problems):
            raise Diverged(str(next(filter(None, problems))))
        return execution

    def fork(
        self, one: StateMachineExecution, definition: Json, state: str, visit: int | None = None, **change: Any
    ) -> StateMachineExecution:
        """Fork an execution of `run`'s at a visit, with what is different as in `Change`."""
        events = one.history.events
        at, task = moment(events, state, visit, of_result="result" in change)
        origin = Change(at, task, **change)
        return self.run(
            definition,
            json.loads(one.input),
            "fork",
            lambda settled: Origin(one.arn, one.name, events, origin, settled),
        )

    # ---- integrations and tokens

    def resolve(self, resource: str) -> Any:
        """What answers by what it is asked."""
        return _Service(self, resource)

    def create(self, *_: object, external: bool) -> tuple[str, Any]:
        """A token, answered by its task."""
        token, answer = f"token {len(self._open)}", _Answer(self.clock)
        self._open[token] = answer
        return token, answer

    def answer_of(self, token: str | None) -> _Answer:
        """What a token's task waits for."""
        return self._open[token or ""]

    def discard(self, token: str) -> None:
        """It is of no use any more."""


async def _ended(execution: StateMachineExecution, problems: list[str | None]) -> None:
    while execution.status == "RUNNING" and not any(problems):
        await execution.clock.sleep(0.5)


class _Answer:
    def __init__(self, clock: Clock) -> None:
        self.signal: Signal[Any] = Signal(clock)
        self.heartbeat_at = clock.now()


class _Service:
    kind = "Task"

    def __init__(self, world: World, resource: str) -> None:
        self.world = world
        self.resource_type, _, self.resource = resource.rpartition(":::")[2].partition(":")
        suffix = self.resource.partition(".")[2]
        self.pattern = {"": "request", "sync": "sync", "waitForTaskToken": "callback"}[suffix]

    def luck(self, call: TaskCall) -> float:
        asked = json.dumps([call.state_name, call.arguments])
        return int.from_bytes(hashlib.sha256(asked.encode()).digest()[:4]) / 2**32

    def check(self, arguments: Any) -> None:
        pass

    async def submit(self, call: TaskCall) -> Any:
        self.world.calls.append(call.state_name)
        if self.pattern == "request":
            return await self.work(call)
        if self.pattern == "callback":
            self.world.clock.spawn(self.answer(call))
        return {"begun": True}

    async def answer(self, call: TaskCall) -> None:
        signal = self.world.answer_of(call.token).signal
        try:
            signal.set(await self.work(call))
        except TaskFailure as failure:
            signal.fail(failure)

    async def work(self, call: TaskCall) -> Any:
        luck = self.luck(call)
        await self.world.clock.sleep(round(4 * luck, 2 if luck < 0.5 else 0))
        if "tries" in call.arguments and 1000 * luck % 1 < 0.35:
            raise TaskFailure("Service.Busy", "try again")
        return {"luck": round(luck, 3)}

    async def complete(self, call: TaskCall, response: Any) -> Any:
        return await self.work(call)

    async def cancel(self, call: TaskCall, response: Any) -> None: ...
