"""What an execution leaves: of a mistake of ours all that is needed to find it, of itself nothing."""

from __future__ import annotations

import gc
import logging
import re
import weakref
from typing import Any

import pytest

from localcloud.asl.compiler import compile_machine
from localcloud.asl.environment import Environment
from localcloud.asl.execution import StateMachineExecution
from localcloud.time.clock import Clock

TASK = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}}}


class Broken:
    """Integrations with a mistake in them."""

    def resolve(self, resource: str) -> Any:
        raise ZeroDivisionError("in our own code")


def made(definition: dict[str, Any], clock: Clock) -> StateMachineExecution:
    broken: Any = Broken()
    return StateMachineExecution(
        compile_machine(definition),
        arn="arn:aws:states:us-east-1:123456789012:execution:machine:run",
        name="run",
        input="{}",
        role_arn="arn:aws:iam::123456789012:role/role",
        state_machine_arn="arn:aws:states:us-east-1:123456789012:stateMachine:machine",
        state_machine_name="machine",
        environment=Environment(clock, broken, broken, broken),
    )


def test_what_has_ended_is_let_go_without_a_collection_of_garbage() -> None:
    clock = Clock()
    clock.start()
    passes = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    states = {
        "I": {"Type": "Pass", "Result": [1, 2, 3], "Next": "M"},
        "M": {"Type": "Map", "ItemProcessor": passes, "Next": "B"},
        "B": {"Type": "Parallel", "Branches": [passes, passes], "End": True},
    }
    histories: list[weakref.ref[Any]] = []

    async def run() -> str:
        execution = made({"StartAt": "I", "States": states}, clock)
        histories.append(weakref.ref(execution.history))
        execution.start()
        await execution.finished
        return execution.status

    gc.collect()
    gc.disable()
    try:
        fiber = clock.spawn(run())
        assert fiber.join(30)
        assert fiber.result() == "SUCCEEDED"
        del fiber
        clock.close()
        assert histories[0]() is None
    finally:
        gc.enable()


def test_a_mistake_of_ours_leaves_its_traceback_in_the_log_under_an_id_that_the_cause_names(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    clock.start()
    execution = made(TASK, clock)

    async def run() -> None:
        execution.start()
        await execution.finished

    with caplog.at_level(logging.ERROR):
        assert clock.spawn(run()).join(30)
    clock.close()
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")
    assert "ZeroDivisionError: in our own code" in (execution.cause or "")
    fault = re.search(r"fault ([0-9a-f-]{36})", execution.cause or "")
    assert fault is not None
    (record,) = caplog.records
    assert fault[1] in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError
