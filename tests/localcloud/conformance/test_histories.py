"""Histories: the same in every run, within their quota, and gone on with by a redrive."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.asl.environment import TaskFailure
from tests.localcloud.conformance.conftest import World, machine

TASK = {"Type": "Task", "Resource": "arn:aws:states:::test:f"}


def branch(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: {**fields, "End": True}}}


def test_two_runs_leave_the_same_history_byte_for_byte() -> None:
    processor = branch("Double", TASK)
    definition = machine(
        Name={"Type": "Pass", "Parameters": {"id.$": "States.UUID()", "n.$": "States.MathRandom(1, 1000)"}},
        Both={
            "Type": "Parallel",
            "Branches": [branch("A", TASK), branch("B", {"Type": "Wait", "Seconds": 3})],
        },
        Each={
            "Type": "Map",
            "ItemProcessor": processor,
            "MaxConcurrency": 3,
            "Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL"}],
        },
    )
    histories = []
    for _ in range(2):
        world = World()
        world.tasks["f"] = lambda arguments: arguments
        execution = world.run(definition, {"x": 1})
        histories.append(json.dumps(execution.history.events))
        world.clock.close()
    assert histories[0] == histories[1]


def test_event_ids_count_up_and_point_back(world: Any) -> None:
    definition = machine(M={"Type": "Map", "ItemProcessor": branch("P", {"Type": "Pass"})})
    events = world.run(definition, [1, 2, 3]).history.events
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert all(0 <= event["previousEventId"] < event["id"] for event in events)
    assert all(a["timestamp"] <= b["timestamp"] for a, b in itertools.pairwise(events))


def test_the_history_is_held_to_its_quota() -> None:
    world = World()
    world.environment.max_events = 50
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
    states["B"] = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "IsPresent": True, "Next": "A"}],
        "Default": "Z",
    }
    states["Z"] = {"Type": "Succeed"}
    execution = world.run({"StartAt": "A", "States": states}, {"n": 1})
    world.clock.close()
    assert (execution.status, len(execution.history.events)) == ("FAILED", 50)
    assert execution.cause == "The execution reached the maximum number of history events (50)."


def test_an_express_workflow_ends_after_five_minutes(world: Any) -> None:
    execution = world.run(machine(W={"Type": "Wait", "Seconds": 301}), is_express=True)
    assert (execution.status, execution.stop_date - execution.start_date) == ("TIMED_OUT", 300)


def test_a_payload_over_256_kib_is_refused_on_the_way_out(world: Any) -> None:
    text = "x" * 140_000
    error, cause = world.failure({"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}}, text)
    assert error == "States.DataLimitExceeded"
    assert "exceeding the maximum number of bytes service limit" in cause


def test_a_stopped_execution_is_aborted_with_what_it_was_told(world: Any) -> None:
    world.tasks["f"] = lambda arguments: arguments
    state = {**TASK, "Resource": "arn:aws:states:::test:f.waitForTaskToken"}
    execution = world.start(machine(S=state))
    assert world.asked.wait(10)
    world.clock.call(execution.stop, "Enough", "the talk is over")
    assert (execution.status, execution.error, execution.cause) == ("ABORTED", "Enough", "the talk is over")
    assert [e["type"] for e in execution.history.events][-2:] == ["TaskStateAborted", "ExecutionAborted"]


class TestRedrive:
    """RedriveExecution goes on where the execution failed, and runs nothing twice that succeeded."""

    def redrive(self, world: Any, execution: Any) -> Any:
        world.clock.call(execution.redrive)
        return world.wait(execution)

    def flaky(self, world: Any, bad: Any) -> list[Any]:
        """A task that fails for one item until told otherwise; lists what it was called with."""
        seen: list[Any] = []
        broken = [True]

        def task(item: Any) -> Any:
            seen.append(item)
            if item == bad and broken[0]:
                raise TaskFailure("Down", None)
            return item

        world.tasks["f"] = task
        world.mend = lambda: broken.__setitem__(0, False)
        return seen

    def test_a_task_is_tried_again_and_what_came_before_is_not(self, world: Any) -> None:
        seen = self.flaky(world, {"n": 1})
        execution = world.run(machine(A={"Type": "Pass"}, S=TASK, Z={"Type": "Pass"}), {"n": 1})
        assert execution.status == "FAILED"
        world.mend()
        self.redrive(world, execution)
        assert (execution.status, execution.redrive_count, len(seen)) == ("SUCCEEDED", 1, 2)
        kinds = [event["type"] for event in execution.history.events]
        assert kinds.count("PassStateEntered") == 2
        assert kinds[kinds.index("ExecutionRedriven") + 1] == "TaskScheduled"

    @pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
    def test_only_the_failed_items_of_a_map_run_again(self, world: Any, mode: str) -> None:
        seen = self.flaky(world, "b")
        config = {"Mode": mode} | ({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})
        processor = {**branch("T", TASK), "ProcessorConfig": config}
        execution = world.run(
            machine(M={"Type": "Map", "ItemProcessor": processor, "MaxConcurrency": 1}), ["a", "b", "c"]
        )
        assert (execution.status, seen) == ("FAILED", ["a", "b"])
        world.mend()
        self.redrive(world, execution)
        assert (execution.status, seen) == ("SUCCEEDED", ["a", "b", "b", "c"])
        assert json.loads(execution.output) == ["a", "b", "c"]

    def test_only_the_failed_branch_of_a_parallel_runs_again(self, world: Any) -> None:
        seen = self.flaky(world, "bad")
        branches = [
            branch("Good", {**TASK, "InputPath": "$.good"}),
            branch("Bad", {**TASK, "InputPath": "$.bad"}),
        ]
        execution = world.run(machine(P={"Type": "Parallel", "Branches": branches}), {"good": "good", "bad": "bad"})
        assert execution.status == "FAILED"
        world.mend()
        self.redrive(world, execution)
        assert (execution.status, seen) == ("SUCCEEDED", ["good", "bad", "bad"])
        assert json.loads(execution.output) == ["good", "bad"]


def leaves() -> Any:
    return st.sampled_from(
        [
            {"Type": "Pass"},
            {"Type": "Pass", "Parameters": {"v.$": "$"}},
            {"Type": "Pass", "Result": [1, 2], "ResultPath": "$.r"},
            {"Type": "Pass", "InputPath": "$.missing"},
            {"Type": "Wait", "Seconds": 5},
            {"Type": "Fail", "Error": "E"},
            {"Type": "Succeed"},
            TASK,
            {**TASK, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]},
            {**TASK, "TimeoutSeconds": 3, "ResultSelector": {"r.$": "$.x"}},
        ]
    )


@st.composite
def machines(draw: Any, depth: int = 2, prefix: str = "S") -> dict[str, Any]:
    """Random valid machines: chains of leaves, Parallels and Maps of smaller machines."""
    states: dict[str, Any] = {}
    length = draw(st.integers(1, 4))
    for number in range(length):
        name = f"{prefix}{number}"
        kind = draw(st.sampled_from(["leaf", "leaf", "Parallel", "Map"] if depth else ["leaf"]))
        if kind == "leaf":
            fields = draw(leaves())
        elif kind == "Parallel":
            inner = [draw(machines(depth=depth - 1, prefix=f"{name}.{i}.")) for i in range(draw(st.integers(1, 3)))]
            fields = {"Type": "Parallel", "Branches": inner}
        else:
            fields = {"Type": "Map", "ItemProcessor": draw(machines(depth=depth - 1, prefix=f"{name}.i."))}
        if fields["Type"] in ("Parallel", "Map") and draw(st.booleans()):
            fields = {**fields, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": f"{prefix}end"}]}
        states[name] = fields
    states[f"{prefix}end"] = {"Type": "Pass"}
    return machine(**states)


@settings(max_examples=60, deadline=None)
@given(definition=machines(), data=st.sampled_from([{}, [], [1, 2, 3], {"x": 1}, "text"]))
def test_any_valid_machine_ends_with_a_status(definition: dict[str, Any], data: Any) -> None:
    world = World()
    world.tasks["f"] = lambda arguments: {"x": arguments}
    try:
        execution = world.run(_reachable(definition), data)
        assert execution.status in ("SUCCEEDED", "FAILED")
        assert "The local cloud failed" not in (execution.cause or "")
    finally:
        world.clock.close()


def _reachable(definition: dict[str, Any]) -> dict[str, Any]:
    """Without the states after one that ends its machine, which validation refuses as unreachable."""
    states = definition["States"]
    reached: dict[str, Any] = {}
    todo = [definition["StartAt"]]
    while todo:
        name = todo.pop()
        if name in reached:
            continue
        fields = states[name]
        for inner in ("Branches", "ItemProcessor"):
            if inner in fields:
                value = fields[inner]
                cut = [_reachable(m) for m in value] if isinstance(value, list) else _reachable(value)
                fields = {**fields, inner: cut}
        reached[name] = fields
        todo += [fields[key] for key in ("Next",) if key in fields]
        todo += [catcher["Next"] for catcher in fields.get("Catch", [])]
    return {**definition, "States": {name: reached[name] for name in states if name in reached}}
