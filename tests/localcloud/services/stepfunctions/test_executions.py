"""Starting, describing, listing and stopping executions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.cloud import Cloud

Refused = Callable[..., str]
MakeMachine = Callable[..., str]
Ended = Callable[[str], dict[str, Any]]

PASS = {"StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "Stop", "States": {"Stop": {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}}}
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:work"
WAITING = {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": ACTIVITY, "End": True}}}


@pytest.fixture
def waiting(sfn: Any, machine: MakeMachine) -> str:
    """A state machine whose executions wait for a worker."""
    sfn.create_activity(name="work")
    return machine(WAITING)


def test_an_execution_that_succeeded_is_described_whole(sfn: Any, machine: MakeMachine, ended: Ended) -> None:
    arn = machine(PASS)
    started = sfn.start_execution(stateMachineArn=arn, name="one", input='{ "a": 1 }', traceHeader="Root=1-2")
    assert started["executionArn"] == "arn:aws:states:us-east-1:123456789012:execution:machine:one"
    found = ended(started["executionArn"])
    assert found["startDate"] == started["startDate"] <= found["stopDate"]
    del found["ResponseMetadata"], found["startDate"], found["stopDate"]
    assert found == {
        "executionArn": started["executionArn"],
        "stateMachineArn": arn,
        "name": "one",
        "status": "SUCCEEDED",
        "input": '{ "a": 1 }',
        "inputDetails": {"included": True},
        "output": '{ "a": 1 }',
        "outputDetails": {"included": True},
        "traceHeader": "Root=1-2",
        "redriveCount": 0,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
    }


def test_an_execution_that_failed_has_error_and_cause_and_no_output(
    sfn: Any, machine: MakeMachine, ended: Ended
) -> None:
    found = ended(sfn.start_execution(stateMachineArn=machine(FAIL))["executionArn"])
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "Broken", "on purpose")
    assert "output" not in found
    assert found["redriveStatus"] == "REDRIVABLE"


def test_metadata_only_leaves_input_and_output_out(sfn: Any, machine: MakeMachine, ended: Ended) -> None:
    arn = sfn.start_execution(stateMachineArn=machine(PASS))["executionArn"]
    ended(arn)
    found = sfn.describe_execution(executionArn=arn, includedData="METADATA_ONLY")
    assert "input" not in found
    assert "output" not in found
    assert found["inputDetails"] == found["outputDetails"] == {"included": False}


def test_generated_names_are_uuids_and_the_same_in_every_run(
    cloud: Cloud, sfn: Any, machine: MakeMachine, ended: Ended
) -> None:
    def names() -> list[str]:
        arn = machine(PASS)
        arns = [sfn.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(3)]
        return [ended(each)["name"] for each in arns]

    with_this = names()
    other = Cloud()
    try:
        client = other.client("stepfunctions")
        made = client.create_state_machine(
            name="machine", definition=json.dumps(PASS), roleArn="arn:aws:iam::123456789012:role/r"
        )
        arns = [client.start_execution(stateMachineArn=made["stateMachineArn"])["executionArn"] for _ in range(3)]
    finally:
        other.close()
    assert [arn.rpartition(":")[2] for arn in arns] == with_this
    assert len(set(with_this)) == 3
    assert all(len(name) == 36 and name[14] == "4" for name in with_this)


def test_starting_again_with_the_same_input_while_it_runs_is_the_same_start(sfn: Any, waiting: str) -> None:
    call = {"stateMachineArn": waiting, "name": "once", "input": "{}"}
    first, again = sfn.start_execution(**call), sfn.start_execution(**call)
    assert first["executionArn"] == again["executionArn"]
    assert first["startDate"] == again["startDate"]
    assert len(sfn.list_executions(stateMachineArn=waiting)["executions"]) == 1


def test_a_name_is_used_once(sfn: Any, waiting: str, refused: Refused) -> None:
    call = {"stateMachineArn": waiting, "name": "once"}
    arn = sfn.start_execution(**call)["executionArn"]
    message = refused("ExecutionAlreadyExists", sfn.start_execution, **call, input='{"other": 1}')
    assert message == f"Execution Already Exists: '{arn}'"
    sfn.stop_execution(executionArn=arn)
    refused("ExecutionAlreadyExists", sfn.start_execution, **call)


@pytest.mark.parametrize("text", ["", "{", "no", "[1,]", '{"a": NaN}', "{} {}"])
def test_input_that_is_no_json_is_refused(sfn: Any, machine: MakeMachine, refused: Refused, text: str) -> None:
    message = refused("InvalidExecutionInput", sfn.start_execution, stateMachineArn=machine(PASS), input=text)
    assert message.startswith("Invalid State Machine Execution Input: '")


def test_half_of_a_surrogate_pair_can_be_read_again(sfn: Any, machine: MakeMachine, ended: Ended) -> None:
    """UTF-8 has no bytes for it; as an escape it stands in any JSON."""
    half = '{"a":"\\ud800"}'
    passing = {
        "StartAt": half,
        "States": {half: {"Type": "Pass", "Result": "\udfff", "ResultPath": "$.b", "End": True}},
    }
    arn = sfn.start_execution(stateMachineArn=machine(passing), input=half)["executionArn"]
    assert json.loads(ended(arn)["output"]) == {"a": "\ud800", "b": "\udfff"}
    entered = sfn.get_execution_history(executionArn=arn)["events"][1]
    assert entered["stateEnteredEventDetails"]["name"] == half


def test_input_that_is_no_json_is_refused_in_jacksons_words(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    message = refused("InvalidExecutionInput", sfn.start_execution, stateMachineArn=machine(PASS), input='{"a": "b""}')
    assert message == (
        "Invalid State Machine Execution Input: 'com.fasterxml.jackson.core.JsonParseException: Unexpected character "
        "('\"' (code 34)): was expecting comma to separate Object entries\n"
        ' at [Source: (String)"{"a": "b""}"; line: 1, column: 11]\''
    )


def test_input_may_have_256_kib_and_no_byte_more(
    sfn: Any, machine: MakeMachine, refused: Refused, ended: Ended
) -> None:
    arn = machine(PASS)
    most = json.dumps("x" * (262_144 - 2))
    assert ended(sfn.start_execution(stateMachineArn=arn, input=most)["executionArn"])["output"] == most
    for text in (json.dumps("x" * (262_144 - 1)), '"' + "ä" * 131_072 + '"'):
        message = refused("ValidationException", sfn.start_execution, stateMachineArn=arn, input=text)
        assert message == (
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            "Member must have length less than or equal to 262144"
        )


def test_names_of_executions_follow_the_rules_for_names(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    arn = machine(PASS)
    assert refused("InvalidName", sfn.start_execution, stateMachineArn=arn, name="a b") == "Invalid Name: 'a b'"
    refused("ValidationException", sfn.start_execution, stateMachineArn=arn, name="n" * 81)


def test_a_missing_machine_cannot_be_started(sfn: Any, refused: Refused) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:missing"
    message = refused("StateMachineDoesNotExist", sfn.start_execution, stateMachineArn=arn)
    assert message == f"State Machine Does Not Exist: '{arn}'"


def test_an_update_does_not_reach_what_has_started(sfn: Any, waiting: str) -> None:
    arn = sfn.start_execution(stateMachineArn=waiting)["executionArn"]
    sfn.update_state_machine(stateMachineArn=waiting, definition=json.dumps(PASS))
    found = sfn.describe_state_machine_for_execution(executionArn=arn)
    assert json.loads(found["definition"]) == WAITING
    assert (found["stateMachineArn"], found["name"]) == (waiting, "machine")
    assert "revisionId" not in found


def test_a_stopped_execution_is_aborted_with_the_reason_given(sfn: Any, waiting: str) -> None:
    arn = sfn.start_execution(stateMachineArn=waiting)["executionArn"]
    assert sfn.describe_execution(executionArn=arn)["redriveStatusReason"] == (
        "Execution is RUNNING and cannot be redriven"
    )
    stopped = sfn.stop_execution(executionArn=arn, error="Enough", cause="of this")
    found = sfn.describe_execution(executionArn=arn)
    assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Enough", "of this")
    assert found["stopDate"] == stopped["stopDate"]
    assert sfn.stop_execution(executionArn=arn, error="Again")["stopDate"] == stopped["stopDate"]
    assert sfn.describe_execution(executionArn=arn)["error"] == "Enough"


@pytest.mark.parametrize("call", ["describe_execution", "stop_execution", "get_execution_history", "list_map_runs"])
def test_a_missing_execution_is_refused_by_every_action(sfn: Any, refused: Refused, call: str) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:execution:machine:missing"
    message = refused("ExecutionDoesNotExist", getattr(sfn, call), executionArn=arn)
    assert message == f"Execution Does Not Exist: '{arn}'"
    assert refused("InvalidArn", getattr(sfn, call), executionArn="missing").startswith("Invalid Arn: '")


def test_executions_are_listed_newest_first_by_status_and_in_pages(
    sfn: Any, waiting: str, machine: MakeMachine
) -> None:
    arns = [sfn.start_execution(stateMachineArn=waiting, name=f"run-{n}")["executionArn"] for n in range(5)]
    sfn.stop_execution(executionArn=arns[3])
    pages = list(
        sfn.get_paginator("list_executions").paginate(stateMachineArn=waiting, PaginationConfig={"PageSize": 2})
    )
    assert [len(page["executions"]) for page in pages] == [2, 2, 1]
    names = [each["name"] for page in pages for each in page["executions"]]
    assert sorted(names) == [f"run-{n}" for n in range(5)]
    running = sfn.list_executions(stateMachineArn=waiting, statusFilter="RUNNING")["executions"]
    assert [each["name"] for each in running] == ["run-4", "run-2", "run-1", "run-0"]
    (aborted,) = sfn.list_executions(stateMachineArn=waiting, statusFilter="ABORTED")["executions"]
    assert (aborted["name"], aborted["status"], aborted["redriveCount"]) == ("run-3", "ABORTED", 0)
    assert aborted["stateMachineArn"] == waiting


def test_a_page_token_holds_for_the_same_list_only(sfn: Any, waiting: str, refused: Refused) -> None:
    for _ in range(2):
        sfn.start_execution(stateMachineArn=waiting)
    token = sfn.list_executions(stateMachineArn=waiting, maxResults=1)["nextToken"]
    call = {"stateMachineArn": waiting, "statusFilter": "RUNNING", "nextToken": token}
    assert refused("InvalidToken", sfn.list_executions, **call) == "Invalid Token: 'Invalid token'"


def test_a_list_is_of_a_machine_or_of_a_map_run(sfn: Any, waiting: str, refused: Refused) -> None:
    assert "Must provide" in refused("ValidationException", sfn.list_executions)
    run = "arn:aws:states:us-east-1:123456789012:mapRun:machine/label:1"
    refused("ValidationException", sfn.list_executions, stateMachineArn=waiting, mapRunArn=run)
    assert sfn.list_executions(mapRunArn=run)["executions"] == []


def test_parallel_clients_lose_no_execution(sfn: Any, machine: MakeMachine) -> None:
    from concurrent.futures import ThreadPoolExecutor

    arn = machine(PASS)

    def start(number: int) -> str:
        name: str = sfn.start_execution(stateMachineArn=arn, name=f"run-{number}")["executionArn"]
        return name

    with ThreadPoolExecutor(4) as pool:
        arns = set(pool.map(start, range(100)))
    listed = sfn.list_executions(stateMachineArn=arn, maxResults=1000)["executions"]
    assert {each["executionArn"] for each in listed} == arns
    assert len(arns) == 100


def test_closing_the_cloud_ends_what_runs_without_a_complaint(
    cloud: Cloud, sfn: Any, waiting: str, caplog: pytest.LogCaptureFixture
) -> None:
    sfn.start_execution(stateMachineArn=waiting)
    cloud.close()
    assert caplog.records == []
