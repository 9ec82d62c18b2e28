"""Functions and workflows as tasks, in executions of the real interpreter."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.localcloud.integrations.integration_calls import failure, perform

ROLE = "arn:aws:iam::123456789012:role/workshop"
SOURCE = """
class OutOfStock(Exception):
    pass
def handler(event, context):
    if event == "fail":
        raise OutOfStock("no tea left")
    if event == "print":
        print("hello from the handler")
    return {"event": event, "custom": context.client_context and context.client_context.custom}
"""
INVOKE = "arn:aws:states:::lambda:invoke"
START = "arn:aws:states:::states:startExecution"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("shop.py", SOURCE)
    made.client("iam").create_role(RoleName="workshop", AssumeRolePolicyDocument="{}")
    made.client("lambda").create_function(
        FunctionName="shop",
        Runtime="python3.12",
        Role=ROLE,
        Handler="shop.handler",
        Timeout=30,
        Code={"ZipFile": archive.getvalue()},
    )
    yield made
    made.close()


def machine(cloud: Cloud, name: str, **state: Any) -> str:
    """A workflow of one state."""
    definition = {"StartAt": "Only", "States": {"Only": state | ({} if state["Type"] in "Fail" else {"End": True})}}
    made = cloud.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE
    )
    return str(made["stateMachineArn"])


# ---- arguments that no call can be made of


@pytest.mark.parametrize(
    ("resource", "parameters", "problem"),
    [
        (START, {"Input": {}}, 'The field "StateMachineArn" is required but was missing'),
        ("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "b"}, 'The field "Key" is required but was missing'),
    ],
)
def test_a_task_that_no_call_can_be_made_for_is_not_scheduled(
    cloud: Cloud, resource: str, parameters: dict[str, Any], problem: str
) -> None:
    client = cloud.client("stepfunctions")
    arn = machine(cloud, f"never-scheduled-{resource[-6:]}", Type="Task", Resource=resource, Parameters=parameters)
    started = client.start_execution(stateMachineArn=arn)["executionArn"]
    history = client.get_execution_history(executionArn=started)["events"]
    while not history[-1]["type"].startswith("Execution") or len(history) == 1:
        history = client.get_execution_history(executionArn=started)["events"]
    assert [event["type"] for event in history] == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    assert history[-1]["executionFailedEventDetails"] == {
        "error": "States.Runtime",
        "cause": "An error occurred while executing the state 'Only' (entered at the event id #2). The Parameters "
        f"'{json.dumps(parameters, separators=(',', ':'))}' could not be used to start the Task: [{problem}]",
    }


# ---- functions


def test_a_functions_arn_gives_the_handlers_result(cloud: Cloud) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:shop"
    assert perform(cloud, arn, {"order": 7}) == {"event": {"order": 7}, "custom": None}


def test_invoke_gives_the_whole_response(cloud: Cloud) -> None:
    done = perform(cloud, INVOKE, {"FunctionName": "shop", "Payload": {"order": 7}})
    assert done["Payload"] == {"event": {"order": 7}, "custom": None}
    assert (done["ExecutedVersion"], done["StatusCode"]) == ("$LATEST", 200)
    headers = done["SdkHttpMetadata"]["HttpHeaders"]
    assert headers["x-amzn-RequestId"] == done["SdkResponseMetadata"]["RequestId"]
    assert headers["X-Amzn-Trace-Id"].startswith("root=1-")


@pytest.mark.parametrize(
    ("payload", "event"),
    [('{"order": 7}', {"order": 7}), ('"tea"', "tea"), ("tea", "tea"), (None, {}), ([1], [1]), (0, 0)],
)
def test_a_payload_of_text_is_taken_for_json_text(cloud: Cloud, payload: Any, event: Any) -> None:
    done = perform(cloud, INVOKE, {"FunctionName": "shop", "Payload": payload})
    assert done["Payload"]["event"] == event


def test_a_client_context_and_the_log_are_passed_on(cloud: Cloud) -> None:
    context = "eyJjdXN0b20iOnsiYSI6MX19"  # {"custom":{"a":1}}
    arguments = {"FunctionName": "shop", "Payload": "print", "ClientContext": context, "LogType": "Tail"}
    done = perform(cloud, INVOKE, arguments)
    assert done["Payload"]["custom"] == {"a": 1}
    assert done["LogResult"] == done["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Log-Result"]


def test_an_event_is_accepted_and_not_waited_for(cloud: Cloud) -> None:
    done = perform(cloud, INVOKE, {"FunctionName": "shop", "Payload": {}, "InvocationType": "Event"})
    assert (done["StatusCode"], done["Payload"]) == (202, "")


@pytest.mark.parametrize("resource", [INVOKE, "arn:aws:lambda:us-east-1:123456789012:function:shop"])
def test_the_handlers_error_type_is_the_errors_name(cloud: Cloud, resource: str) -> None:
    arguments = {"FunctionName": "shop", "Payload": "fail"} if resource == INVOKE else "fail"
    error, cause = failure(cloud, resource, arguments)
    assert error == "OutOfStock"
    details = json.loads(cause)
    assert (details["errorType"], details["errorMessage"]) == ("OutOfStock", "no tea left")
    assert "shop.py" not in details["errorMessage"]
    assert len(details["stackTrace"]) == 1


def test_a_function_that_is_not_there_is_lambdas_error(cloud: Cloud) -> None:
    error, cause = failure(cloud, INVOKE, {"FunctionName": "nobody", "Payload": {}})
    assert error == "Lambda.ResourceNotFoundException"
    assert cause.startswith("Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody")
    assert "(Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: " in cause


def test_invoke_refuses_fields_that_it_has_not(cloud: Cloud) -> None:
    error, cause = failure(cloud, INVOKE, {"Function": "shop"})
    assert error == "States.Runtime"
    assert 'The field "Function" is not supported by Step Functions' in cause
    assert 'The field "FunctionName" is required but was missing' in cause


# ---- workflows


def test_starting_a_workflow_gives_its_execution_and_does_not_wait(cloud: Cloud) -> None:
    arn = machine(cloud, "waiter", Type="Wait", Seconds=3600)
    done = perform(cloud, START, {"StateMachineArn": arn, "Name": "one"})
    assert done["ExecutionArn"].endswith(":execution:waiter:one")
    assert isinstance(done["StartDate"], int)
    found = cloud.client("stepfunctions").describe_execution(executionArn=done["ExecutionArn"])
    assert found["input"] == "{}"


@pytest.mark.parametrize(
    ("suffix", "given", "result"), [(".sync", '{"a":1}', '{"b":2}'), (".sync:2", {"a": 1}, {"b": 2})]
)
def test_a_workflow_that_is_waited_for_gives_its_description(
    cloud: Cloud, suffix: str, given: Any, result: Any
) -> None:
    arn = machine(cloud, "child" + suffix.strip(".").replace(":", "-"), Type="Pass", Result={"b": 2})
    done = perform(cloud, START + suffix, {"StateMachineArn": arn, "Name": "one", "Input": {"a": 1}})
    assert (done["Status"], done["Input"], done["Output"]) == ("SUCCEEDED", given, result)
    assert done["OutputDetails"] == {"Included": True}
    assert done["StopDate"] >= done["StartDate"]
    assert sorted(done) == list(done)


def test_a_workflow_that_fails_fails_the_task_with_its_description(cloud: Cloud) -> None:
    arn = machine(cloud, "failing", Type="Fail", Error="OutOfTea", Cause="drunk")
    error, cause = failure(cloud, START + ".sync:2", {"StateMachineArn": arn})
    assert error == "States.TaskFailed"
    description = json.loads(cause)
    assert (description["Status"], description["Error"], description["Cause"]) == ("FAILED", "OutOfTea", "drunk")
    assert "Output" not in description


def test_a_workflow_that_is_not_there_is_step_functions_own_error(cloud: Cloud) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:nobody"
    error, cause = failure(cloud, START, {"StateMachineArn": arn})
    assert error == "StepFunctions.StateMachineDoesNotExistException"
    assert "Service: AWSStepFunctions;" in cause


def test_the_same_name_twice_is_an_execution_that_exists(cloud: Cloud) -> None:
    arn = machine(cloud, "once", Type="Pass")
    perform(cloud, START + ".sync", {"StateMachineArn": arn, "Name": "one"})
    error, _ = failure(cloud, START, {"StateMachineArn": arn, "Name": "one"})
    assert error == "StepFunctions.ExecutionAlreadyExistsException"


def test_a_workflow_that_starts_itself_ends_when_its_first_execution_is_stopped(cloud: Cloud) -> None:
    """However many have started one another by then, and the one that is being started too."""
    client = cloud.client("stepfunctions")
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:endless"
    machine(cloud, "endless", Type="Task", Resource=START + ".sync", Parameters={"StateMachineArn": arn})
    first = client.start_execution(stateMachineArn=arn)["executionArn"]

    def statuses() -> list[str]:
        pages = client.get_paginator("list_executions").paginate(stateMachineArn=arn)
        return [execution["status"] for page in pages for execution in page["executions"]]

    while len(statuses()) < 20:
        pass
    client.stop_execution(executionArn=first)
    while "RUNNING" in (found := statuses()):
        assert len(found) < 200


def test_a_child_is_stopped_when_its_task_times_out(cloud: Cloud) -> None:
    client = cloud.client("stepfunctions")
    child = machine(cloud, "long-child", Type="Wait", Seconds=10_000)
    task = {"Resource": START + ".sync", "Parameters": {"StateMachineArn": child, "Name": "c"}, "TimeoutSeconds": 60}
    parent = machine(cloud, "parent", Type="Task", **task)
    error, _ = failure(cloud, START + ".sync", {"StateMachineArn": parent, "Name": "p"})
    assert error == "States.TaskFailed"
    found = client.describe_execution(executionArn="arn:aws:states:us-east-1:123456789012:execution:long-child:c")
    assert found["status"] == "ABORTED"
