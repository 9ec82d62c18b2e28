"""Express workflows: synchronous and asynchronous, and what AWS does not tell of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.cloud import Cloud

Refused = Callable[..., str]
MakeMachine = Callable[..., str]

PASS = {"StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "Stop", "States": {"Stop": {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}}}
SLOW = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 301, "End": True}}}


def test_a_synchronous_execution_answers_with_its_end(sfn: Any, machine: MakeMachine) -> None:
    arn = machine(PASS, type="EXPRESS")
    found = sfn.start_sync_execution(stateMachineArn=arn, name="now", input='{"a":1}', traceHeader="Root=1")
    assert found["executionArn"].startswith("arn:aws:states:us-east-1:123456789012:express:machine:now:")
    assert (found["status"], found["output"], found["name"]) == ("SUCCEEDED", '{"a":1}', "now")
    assert (found["stateMachineArn"], found["input"]) == (arn, '{"a":1}')
    assert found["inputDetails"] == found["outputDetails"] == {"included": True}
    assert found["billingDetails"] == {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100}
    assert found["startDate"] <= found["stopDate"]


def test_a_synchronous_failure_is_no_error_of_the_call(sfn: Any, machine: MakeMachine) -> None:
    found = sfn.start_sync_execution(stateMachineArn=machine(FAIL, type="EXPRESS"))
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "Broken", "on purpose")
    assert "output" not in found


def test_an_express_execution_ends_after_five_minutes_of_its_own_time(sfn: Any, machine: MakeMachine) -> None:
    found = sfn.start_sync_execution(stateMachineArn=machine(SLOW, type="EXPRESS"))
    assert found["status"] == "TIMED_OUT"
    assert (found["stopDate"] - found["startDate"]).total_seconds() == 300
    assert found["billingDetails"]["billedDurationInMilliseconds"] == 300_000


def test_synchronous_metadata_leaves_the_data_out(sfn: Any, machine: MakeMachine) -> None:
    arn = machine(PASS, type="EXPRESS")
    found = sfn.start_sync_execution(stateMachineArn=arn, includedData="METADATA_ONLY")
    assert "input" not in found
    assert "output" not in found
    assert found["outputDetails"] == {"included": False}


def test_a_standard_machine_cannot_be_run_synchronously(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    message = refused("StateMachineTypeNotSupported", sfn.start_sync_execution, stateMachineArn=machine(PASS))
    assert message == "This operation is not supported by this type of state machine"


def test_every_start_of_an_express_machine_is_one_of_its_own(sfn: Any, machine: MakeMachine) -> None:
    call = {"stateMachineArn": machine(PASS, type="EXPRESS"), "name": "same", "input": "{}"}
    arns = {sfn.start_execution(**call)["executionArn"] for _ in range(3)}
    assert len(arns) == 3
    assert all(":express:machine:same:" in arn for arn in arns)


def test_nothing_can_be_read_of_an_express_execution(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    arn = machine(PASS, type="EXPRESS")
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    for call in (
        sfn.describe_execution,
        sfn.get_execution_history,
        sfn.stop_execution,
        sfn.redrive_execution,
    ):
        message = refused("InvalidArn", call, executionArn=execution)
        assert message == "Invalid Arn: 'Resource type not valid in this context: express'"
    refused("StateMachineTypeNotSupported", sfn.list_executions, stateMachineArn=arn)


def test_a_wait_for_an_express_execution_on_the_clock_itself_is_refused_not_deadlocked(
    cloud: Cloud, sfn: Any, machine: MakeMachine, refused: Refused
) -> None:
    arn = machine(PASS, type="EXPRESS")
    message = cloud.clock.call(lambda: refused("UnsupportedLocally", sfn.start_sync_execution, stateMachineArn=arn))
    assert "startExecution.sync:2" in message
