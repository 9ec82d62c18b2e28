"""Forks: up to the moment all is kept and nothing done again, from there on it runs, with what was changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.asl.compiler import compile_machine
from localcloud.asl.past import Diverged
from tools.soak.forks import trouble
from tools.soak.machines import World

TASK = "arn:aws:states:::lambda:invoke"


def task(name: str, following: str | None = None, resource: str = TASK, **fields: Any) -> dict[str, Any]:
    way = {"Next": following} if following else {"End": True}
    return {"Type": "Task", "Resource": resource, "ResultPath": f"$.{name}", **way, **fields}


def chain(**states: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


THREE = chain(
    A=task("A", "B"),
    B=task("B", "V", Parameters={"n.$": "$.n"}),
    V={
        "Type": "Pass",
        "QueryLanguage": "JSONata",
        "Assign": {"v": 1},
        "Next": "C",
    },
    C={"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $merge([$states.input, {'v': $v}]) %}", "End": True},
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.mark.parametrize("seeds", [range(20), range(1000, 1020)])
def test_a_fork_that_changes_nothing_has_the_same_history_and_repeats_no_task(world: World, seeds: range) -> None:
    assert [problem for seed in seeds for problem in trouble(world, seed)] == []


def test_the_new_input_is_that_of_the_state_and_what_follows(world: World) -> None:
    one = world.run(THREE, {"n": 1})
    world.calls.clear()
    two = world.fork(one, THREE, "B", input={"n": 5})
    assert world.calls == ["B"]
    assert two.status == "SUCCEEDED"
    assert json.loads(two.output or "")["n"] == 5
    assert two.history.events[:6] == one.history.events[:6]
    assert two.history.events[6]["timestamp"] == one.history.events[6]["timestamp"]


def test_a_new_variable_is_what_the_state_reads(world: World) -> None:
    two = world.fork(world.run(THREE, {"n": 1}), THREE, "C", variables={"v": 7})
    assert json.loads(two.output or "")["v"] == 7


def test_a_new_result_stands_in_for_the_tasks_own(world: World) -> None:
    one = world.run(THREE, {"n": 1})
    world.calls.clear()
    two = world.fork(one, THREE, "B", result={"mine": True})
    assert world.calls == []
    assert json.loads(two.output or "")["B"] == {"mine": True}


def test_a_callback_that_never_came_comes(world: World) -> None:
    lost = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    limited = task("Ask", "After", lost, TimeoutSeconds=1, Parameters={"n.$": "$.n"})
    definition = chain(Ask=limited, After=task("After"))
    one = next(one for n in range(9) if (one := world.run(definition, {"n": n})).error == "States.Timeout")
    world.calls.clear()
    two = world.fork(one, definition, "Ask", result={"approved": True})
    assert two.status == "SUCCEEDED"
    assert world.calls == ["After"]
    kinds = [event["type"] for event in two.history.events]
    assert kinds[:5] == [event["type"] for event in one.history.events[:5]]
    assert kinds[5] == "TaskSucceeded"


def test_a_task_that_a_stop_cut_short_is_called_again_from_there(world: World) -> None:
    """A Parallel ends the slow branch when the quick one fails; forked inside the quick one, the slow one goes on."""
    quick = chain(W={"Type": "Wait", "Seconds": 1, "Next": "Q"}, Q={"Type": "Fail", "Error": "Odd"})
    slow = chain(S=task("S", resource="arn:aws:states:::lambda:invoke", Parameters={"n.$": "$.n"}))
    definition = chain(P={"Type": "Parallel", "Branches": [quick, slow], "End": True})
    ones = (world.run(definition, {"n": n}) for n in range(9))
    one = next(one for one in ones if any(event["type"] == "TaskStateAborted" for event in one.history.events))
    world.calls.clear()
    kind = {"Type": "Succeed"}
    better = json.loads(json.dumps(definition))
    better["States"]["P"]["Branches"][0]["States"]["Q"] = kind
    world.fork(one, definition, "Q", machine=compile_machine(better))
    assert world.calls == ["S"]


def test_from_the_moment_on_another_definition_runs_inside_a_map_too(world: World) -> None:
    def machine(result: str) -> dict[str, Any]:
        look = {"Type": "Pass", "Next": "Say"}
        say = {"Type": "Pass", "Result": result, "End": True}
        return chain(M={"Type": "Map", "ItemProcessor": chain(Look=look, Say=say), "MaxConcurrency": 1, "End": True})

    one = world.run(machine("old"), [1, 2, 3])
    two = world.fork(one, machine("old"), "Say", 2, machine=compile_machine(machine("new")))
    assert json.loads(two.output or "") == ["old", "new", "new"]


def test_a_distributed_map_that_has_ended_is_kept_and_one_at_work_is_refused(world: World) -> None:
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}} | chain(Each=task("Each"))
    states = chain(
        M={"Type": "Map", "ItemProcessor": inner, "ToleratedFailureCount": 9, "Next": "After"},
        After={"Type": "Pass", "End": True},
    )
    one = world.run(states, [{}, {}])
    world.calls.clear()
    two = world.fork(one, states, "After")
    assert world.calls == []
    assert two.output == one.output
    branches = [states, chain(W={"Type": "Wait", "Seconds": 0, "Next": "X"}, X={"Type": "Succeed"})]
    both = chain(P={"Type": "Parallel", "Branches": branches, "End": True})
    with pytest.raises(Diverged, match='"M" is at work then, in executions of its own'):
        world.fork(world.run(both, [{}, {}]), both, "X")


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (("B", 2), '"B" was visited 1 times. Entered were: A, B, V, C'),
        (("V", None), '"V" called nothing, so it has no result'),
    ],
)
def test_what_cannot_be_forked_is_refused_with_the_reason(world: World, arguments: Any, refusal: str) -> None:
    with pytest.raises(Diverged, match=refusal):
        world.fork(world.run(THREE, {"n": 1}), THREE, *arguments, result={})


def test_a_history_that_the_definition_does_not_lead_to_is_refused(world: World) -> None:
    other = chain(A=task("A", "D"), D={"Type": "Pass", "Next": "C"}, C={"Type": "Pass", "End": True})
    with pytest.raises(Diverged, match="the definition does not lead to event 7"):
        world.fork(world.run(THREE, {"n": 1}), other, "C")
