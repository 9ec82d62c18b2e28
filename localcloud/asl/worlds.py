"""One workflow in many worlds: the same execution again and again, with other things going wrong in each.

What the workflow calls is called once for each thing that it is asked; every later world has the answer from memory,
after the same virtual time. So a thousand worlds read each photo once, and send each message once. What is done to the
outside is counted instead, to see what a world lost or did twice.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from localcloud.asl.environment import Environment, Integration, TaskCall, TaskFailure
from localcloud.asl.execution import StateMachineExecution
from localcloud.asl.history import History
from localcloud.time.clock import Signal, TimedOut

YEAR = 365 * 86_400.0  # the longest that an execution lasts (Step Functions service quotas)
HOUR = 3600.0  # by which a slow call is late
MOST_FAULTS = 3  # in one world: what passes by itself does not come more often in a row
ANSWERS_AFTER = 1.0  # seconds, a callback

#: What can go wrong; `applicable` says with which calls.
KINDS = ("throttled", "timed out", "lost callback", "delivered twice", "killed", "slow", "partial batch")
_ACTS = re.compile(r"(put|send|publish|update|delete|create|start|write|batchWrite|transact)", re.IGNORECASE)
#: Doing these twice does what doing them once does.
_SAFE = re.compile(r"(putItem|putObject|delete|startTranscriptionJob|create|batchWriteItem)", re.IGNORECASE)
#: In answers of batches: how many failed, and where the rest stands.
_LEFT = {
    "putRecords": ("FailedRecordCount", "Records"),
    "putRecordBatch": ("FailedPutCount", "RequestResponses"),
    "sendMessageBatch": ("Failed", "Successful"),
    "publishBatch": ("Failed", "Successful"),
    "batchWriteItem": ("UnprocessedItems", ""),
}


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that goes wrong: with which call of a state, counted from 1, and what (of KINDS)."""

    state: str
    call: int
    kind: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What a world came to that it should not have.

    Args:
        kind: "fails", "waits for ever", "does twice", "loses", "takes too long" or "costs too much".
        state: where; "" for the execution as a whole.
        error: with which it failed.
    """

    kind: str
    state: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a world may take.

    Args:
        seconds: of virtual time; None for no limit.
        dollars: for transitions and calls; None for no limit.
        prices: dollars of a call, by its Resource; of a transition, by "".
    """

    seconds: float | None = None
    dollars: float | None = None
    prices: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """How a world ended: the execution, its calls in order, what it did to the outside, how long it took."""

    execution: StateMachineExecution
    calls: list[tuple[str, int, str]] = field(default_factory=list)
    effects: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # state, resource, digest of what was asked
    left: set[str] = field(default_factory=set)  # states whose batch was done in part
    hangs: bool = False
    seconds: float = 0.0

    def dollars(self, prices: Mapping[str, float]) -> float:
        """What it costs: each state that is entered is a transition, and each try more of a task."""
        entered = [each["type"] for each in self.execution.history.events if str(each["type"]).endswith("StateEntered")]
        transitions = len(entered) + len(self.calls) - entered.count("TaskStateEntered")
        return prices.get("", 0.0) * transitions + sum(prices.get(resource, 0.0) for _, _, resource in self.calls)


class Sketch(History):
    """A history without data, which most worlds need not write."""

    def text(self, value: Any) -> str:
        """Nothing: how something is written takes longer than all else."""
        return ""


class Memory:
    """What was asked so far, and what came of it.

    Args:
        environment: where what is asked for the first time is really done.
        answers: what callbacks and activities bring, by state.
        refusal: how the service behind a Resource turns a call away.
    """

    def __init__(
        self, environment: Environment, answers: Mapping[str, Any], refusal: Callable[[str, TaskCall], TaskFailure]
    ) -> None:
        self.environment, self.answers, self.refusal = environment, answers, refusal
        self.known: dict[tuple[str, str, str, int], tuple[float, Any]] = {}
        self._digests: dict[int, tuple[Any, str]] = {}

    def keep(self, value: Any) -> None:
        """An answer, parts of which will be asked about: their digests are computed once."""
        if isinstance(value, dict | list):
            self._digests[id(value)] = value, self.digest(value)
            for each in value.values() if isinstance(value, dict) else value:
                self.keep(each)

    def digest(self, value: Any) -> str:
        """Of a JSON value, the same for the same value."""
        if not isinstance(value, dict | list):
            return json.dumps(value)
        known = self._digests.get(id(value))
        if known is not None:
            return known[1]
        if isinstance(value, dict):
            parts = sorted(f"{json.dumps(name)}:{self.digest(each)}" for name, each in value.items())
        else:
            parts = [self.digest(each) for each in value]
        return hashlib.blake2b("\n".join([type(value).__name__, *parts]).encode(), digest_size=16).hexdigest()


class World:
    """One world: a set of faults, and the environment in which they happen.

    Args:
        memory: shared with the other worlds.
        faults: what goes wrong.
    """

    def __init__(self, memory: Memory, faults: frozenset[Fault]) -> None:
        self.memory, self.clock = memory, memory.environment.clock
        self.faults = {(fault.state, fault.call): fault.kind for fault in faults}
        self.made: Counter[str] = Counter()
        self.asked: Counter[tuple[str, str, str]] = Counter()
        self.tokens: dict[str, _Answer] = {}
        self.outcome: Outcome
        world: Any = self
        self.environment = replace(memory.environment, integrations=world, tokens=world)

    async def run(self, execution: StateMachineExecution) -> Outcome:
        """Run an execution in this world's environment to its end. Clock thread only."""
        self.outcome = Outcome(execution)
        execution.start()
        try:
            await self.clock.timeout(_finished(execution), YEAR)
        except TimedOut:
            self.outcome.hangs = True
            execution.stop()
        self.outcome.seconds = (execution.stop_date or self.clock.now()) - execution.start_date
        return self.outcome

    # ---- integrations and tokens

    def resolve(self, resource: str) -> Any:
        """What is called, between this world and the real one."""
        return _Call(self, self.memory.environment.integrations.resolve(resource), resource)

    def create(self, *_: object, external: bool) -> tuple[str, Any]:
        """A token, which this world answers."""
        token = f"token {len(self.tokens)}"
        self.tokens[token] = _Answer(Signal(self.clock), self.clock.now())
        return token, self.tokens[token]

    def discard(self, token: str) -> None:
        """It is of no use any more."""


@dataclass(slots=True)
class _Answer:
    signal: Signal[Any]
    heartbeat_at: float


async def _finished(execution: StateMachineExecution) -> None:
    await execution.finished


class _Call:
    """The integration of a Resource, in one world."""

    def __init__(self, world: World, real: Integration, resource: str) -> None:
        self.world, self.real, self.name = world, real, resource
        self.kind, self.pattern = real.kind, real.pattern
        self.resource_type, self.resource = real.resource_type, real.resource
        self.fault = ""

    def check(self, arguments: Any) -> None:
        self.real.check(arguments)

    async def submit(self, call: TaskCall) -> Any:
        world, state = self.world, call.state_name
        world.made[state] += 1
        world.outcome.calls.append((state, world.made[state], self.name))
        fault = self.fault = world.faults.get((state, world.made[state]), "")
        if fault == "throttled":
            await world.clock.sleep(0.05)
            raise world.memory.refusal(self.name, call)
        if fault == "killed":
            raise TaskFailure("Runtime.ExitError", "Runtime exited with error: signal: killed (injected)")
        if fault == "timed out" and self.pattern == "request":
            await world.clock.sleep(30)
            raise TaskFailure("Sandbox.Timedout", "Task timed out after 30.00 seconds (injected)")
        if fault == "slow":
            await world.clock.sleep(HOUR)
        response = None if self.kind == "Activity" else await self._remembered(call, "submit", call.arguments)
        if _ACTS.match(self.resource) and "ConditionExpression" not in (call.arguments or ()):  # which makes it once
            world.outcome.effects[state, self.name, world.memory.digest(_own(call.arguments))] += 1
        if fault == "delivered twice":  # the answer is lost, and whoever asked asks again
            prefix = (world.memory.refusal(self.name, call).error or "").partition(".")[0]
            raise TaskFailure(f"{prefix}.SdkClientException", "The answer was lost: Read timed out (injected)")
        if fault == "partial batch":
            response = _partly(self.resource, response)
            world.outcome.left.add(state)
        else:
            world.outcome.left.discard(state)
        if self.pattern == "callback" and fault not in ("lost callback", "timed out"):
            world.clock.spawn(self._answer(call))
        return response

    async def complete(self, call: TaskCall, response: Any) -> Any:
        if self.fault == "timed out":
            await Signal(self.world.clock)
        return await self._remembered(call, "complete", response)

    async def cancel(self, call: TaskCall, response: Any) -> None:
        """The job of another world may be the same: it is left alone."""

    async def _answer(self, call: TaskCall) -> None:
        await self.world.clock.sleep(ANSWERS_AFTER)
        self.world.tokens[call.token or ""].signal.settle(self.world.memory.answers.get(call.state_name, {}), None)

    async def _remembered(self, call: TaskCall, what: str, asked: Any) -> Any:
        world, memory = self.world, self.world.memory
        key = (self.name, what, memory.digest(asked))
        world.asked[key] += 1
        known = memory.known.get((*key, world.asked[key]))
        if known is None:
            begun = world.clock.now()
            work = self.real.submit(call) if what == "submit" else self.real.complete(call, asked)
            try:
                answer: Any = await work
                memory.keep(answer)
            except TaskFailure as failure:
                answer = failure
            known = memory.known[*key, world.asked[key]] = world.clock.now() - begun, answer
        else:
            await world.clock.sleep(known[0])
        if isinstance(known[1], TaskFailure):
            raise TaskFailure(known[1].error, known[1].cause)
        return known[1]


def _own(arguments: Any) -> Any:
    """What is asked, without the token, which is another one each time."""
    if isinstance(arguments, dict):
        return {name: _own(each) for name, each in arguments.items()}
    return "token" if isinstance(arguments, str) and re.fullmatch(r"token \d+", arguments) else arguments


def _partly(resource: str, response: Any) -> Any:
    """An answer of a batch of which one entry was not done."""
    counted, entries = _LEFT[resource.partition(".")[0]]
    failed = {"ErrorCode": "InternalFailure", "Code": "InternalFailure", "Id": "1"}
    if counted == "UnprocessedItems":
        return {**response, counted: {"table": [{}]}}
    if counted == "Failed":
        return {**response, counted: [failed], entries: response.get(entries, [])[1:]}
    return {**response, counted: 1, entries: [failed, *response.get(entries, [])[1:]]}


def applicable(call: Integration) -> Iterator[str]:
    """What can go wrong with a call."""
    function = call.resource_type == "lambda"
    if call.kind != "Activity":
        yield "throttled"
    if function or call.pattern == "sync":
        yield "timed out"
    if call.pattern == "callback":
        yield "lost callback"
    if call.pattern == "request" and (function or _ACTS.match(call.resource)):
        yield "delivered twice"
    if function and call.pattern == "request":
        yield "killed"
    if call.pattern == "sync":
        yield "slow"
    if call.resource.partition(".")[0] in _LEFT:
        yield "partial batch"


def problem(outcome: Outcome, calm: Outcome, limits: Limits) -> Problem | None:
    """What is wrong with how a world ended, held against the one in which nothing went wrong.

    A Fail state is an end that the workflow means to have; so is failing where nobody knows whether the call was done.
    """
    execution = outcome.execution
    if outcome.hangs:
        return Problem("waits for ever", _entered_last(execution.history.events))
    if execution.status != "SUCCEEDED":
        state, error, acts = _failed_at(execution.history.events)
        meant = state == "" or (acts and error.endswith("SdkClientException"))
        return None if meant else Problem("fails", state, error)
    for key, _ in (outcome.effects - calm.effects).items():
        if key in calm.effects and not _SAFE.search(key[1]):
            return Problem("does twice", key[0])
    missing = calm.effects - outcome.effects
    if (missing or outcome.left) and not outcome.effects.keys() - calm.effects.keys():
        return Problem("loses", next(iter([*sorted(outcome.left), *(key[0] for key in missing)])))
    if limits.seconds is not None and outcome.seconds > limits.seconds:
        return Problem("takes too long", "")
    costs_more = limits.dollars is not None and outcome.dollars(limits.prices) > limits.dollars
    return Problem("costs too much", "") if costs_more else None


def _entered_last(events: list[dict[str, Any]]) -> str:
    tasks = [each for each in events if str(each["type"]).endswith("StateEntered")]
    return str(tasks[-1]["stateEnteredEventDetails"]["name"]) if tasks else ""


def _failed_at(events: list[dict[str, Any]]) -> tuple[str, str, bool]:
    """The state whose task failed last, its error, and whether it acts; "" if a Fail state came after it."""
    failed = [each for each in events if re.fullmatch("(Task|LambdaFunction|Activity)(Failed|TimedOut)", each["type"])]
    if not failed or any(each["type"] == "FailStateEntered" and each["id"] > failed[-1]["id"] for each in events):
        return "", "", False
    details = next(value for name, value in failed[-1].items() if name.endswith("EventDetails"))
    event = failed[-1]
    while not str(event["type"]).endswith("StateEntered"):
        event = events[event["previousEventId"] - 1]
    name = str(event["stateEnteredEventDetails"]["name"])
    return name, str(details.get("error", "States.Timeout")), bool(_ACTS.match(str(details.get("resource", ""))))


@dataclass(frozen=True, slots=True)
class Found:
    """A problem, the seed of the first world that had it, and the fewest faults that bring it about."""

    problem: Problem
    seed: int
    faults: frozenset[Fault]


class Explorer:
    """Runs one workflow in many worlds.

    Args:
        memory: what they share.
        execution: makes an execution of the workflow in an environment, to be written down or not.
        kinds: what may go wrong.
        limits: what a world may take.
    """

    def __init__(
        self,
        memory: Memory,
        execution: Callable[[Environment, bool], StateMachineExecution],
        kinds: Collection[str],
        limits: Limits,
    ) -> None:
        self.memory, self.kinds, self.limits, self._execution = memory, kinds, limits, execution
        self.calm = self.run(frozenset())

    def run(self, faults: frozenset[Fault], *, written: bool = False) -> Outcome:
        """One world. Not on the clock thread."""
        world = World(self.memory, faults)
        fiber = self.memory.environment.clock.spawn(world.run(self._execution(world.environment, written)))
        fiber.join()
        return fiber.result()

    def possible(self) -> list[Fault]:
        """Every single thing that can go wrong with the first calls of each state, its last, and one try more."""
        resources, counts = {state: name for state, _, name in self.calm.calls}, Counter[str]()
        counts.update(state for state, _, _ in self.calm.calls)
        found = []
        for state, resource in resources.items():
            integration = self.memory.environment.integrations.resolve(resource)
            for kind in applicable(integration):
                calls = sorted({1, 2, counts[state], counts[state] + 1})
                found += [Fault(state, call, kind) for call in calls if kind in self.kinds]
        return sorted(found, key=lambda each: (each.call > 1, KINDS.index(each.kind), each))

    def explore(self, seeds: int) -> Iterator[Found]:
        """Each kind of problem at each state, when it is met first."""
        possible, met = self.possible(), set[Problem]()
        for seed in range(seeds if possible else 0):
            faults = self.world(seed, possible)
            wrong = self.wrong(faults)
            if wrong is not None and wrong not in met:
                met.add(wrong)
                yield Found(wrong, seed, self.smallest(faults, wrong))

    def world(self, seed: int, possible: list[Fault]) -> frozenset[Fault]:
        """The faults of a seed's world: first each by itself, then two and three together."""
        if seed < len(possible):
            return frozenset([possible[seed]])
        chance = random.Random(seed)
        return frozenset(chance.sample(possible, min(len(possible), chance.randint(2, MOST_FAULTS))))

    def wrong(self, faults: frozenset[Fault]) -> Problem | None:
        """What is wrong with a world."""
        return problem(self.run(faults), self.calm, self.limits)

    def smallest(self, faults: frozenset[Fault], wrong: Problem) -> frozenset[Fault]:
        """The faults without those that it does not take."""
        for each in sorted(faults):
            if len(faults) > 1 and self.wrong(faults - {each}) == wrong:
                faults -= {each}
        return faults
