"""Faults on purpose: what a workflow, a function and a reader see, in which calls, and what is left afterwards."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import LocalCloud

ROLE = "arn:aws:iam::123456789012:role/injected"
SOURCE = """
import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket="injected", Key="half", Body=b"1")
    return {"ok": True}
"""
RETRY = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 7, "MaxAttempts": 3}]


@pytest.fixture(scope="module")
def function(local_cloud: LocalCloud) -> str:
    """A function that puts an object into the bucket "injected"."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    local_cloud.client("iam").create_role(RoleName="injected", AssumeRolePolicyDocument=policy)
    local_cloud.client("s3").create_bucket(Bucket="injected")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("half.py", SOURCE)
    made = local_cloud.client("lambda").create_function(
        FunctionName="injected",
        Runtime="python3.12",
        Role=ROLE,
        Handler="half.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    local_cloud.client("lambda").get_waiter("function_active_v2").wait(FunctionName="injected")
    arn: str = made["FunctionArn"]
    return arn


def run(cloud: LocalCloud, name: str, states: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An execution of a machine of these states, which begins at "Call": how it ended, and its history."""
    client = cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": "Call", "States": states})
    machine = client.create_state_machine(name=f"injected-{name}", definition=definition, roleArn=ROLE)
    arn = client.start_execution(stateMachineArn=machine["stateMachineArn"], name="one")["executionArn"]
    while (ended := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.01)
    return ended, client.get_execution_history(executionArn=arn)["events"]


def call(function: str, **fields: Any) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": function}}
    return {"Call": {**task, "End": True, **fields}}


def seconds(ended: dict[str, Any]) -> float:
    return float((ended["stopDate"] - ended["startDate"]).total_seconds())


def count(events: list[dict[str, Any]], kind: str) -> int:
    return sum(event["type"] == kind for event in events)


def test_a_task_meets_an_error_so_many_times_and_its_retry_carries_it(local_cloud: LocalCloud, function: str) -> None:
    with local_cloud.faults("lambda:Invoke", error="TooManyRequestsException", times=2) as fault:
        ended, events = run(local_cloud, "throttled", call(function, Retry=RETRY))
    assert (ended["status"], fault.hits, count(events, "TaskFailed")) == ("SUCCEEDED", 2, 2)
    failure = next(event["taskFailedEventDetails"] for event in events if event["type"] == "TaskFailed")
    assert failure["error"] == "Lambda.TooManyRequestsException"
    assert failure["cause"].startswith("Rate Exceeded. (injected) (Service: AWSLambda; Status Code: 429;")
    assert seconds(ended) > 7 + 14


def test_a_reader_meets_the_error_in_the_form_of_the_service(local_cloud: LocalCloud, function: str) -> None:
    """S3 speaks XML, Step Functions JSON, SQS its own."""
    asked = {"s3": ("GetObject", {"Bucket": "injected", "Key": "no"}), "sqs": ("ListQueues", {})}
    asked |= {"stepfunctions": ("ListActivities", {}), "iam": ("ListRoles", {})}
    for service, (action, request) in asked.items():
        client = local_cloud.client(service)
        operation = {action: name for name, action in client.meta.method_to_api_mapping.items()}[action]
        with local_cloud.faults(f"{service}:{action}", error="SlowDown", times=1), pytest.raises(ClientError) as met:
            getattr(client, operation)(**request)
        assert met.value.response["Error"]["Code"] == "SlowDown"
        assert met.value.response["Error"]["Message"] == "Please reduce your request rate. (injected)"


def test_what_the_failed_call_asked_for_is_not_done(local_cloud: LocalCloud, function: str) -> None:
    s3 = local_cloud.client("s3")
    with local_cloud.faults("s3:PutObject", error="InternalError"), pytest.raises(ClientError):
        s3.put_object(Bucket="injected", Key="never", Body=b"1")
    assert "never" not in [each["Key"] for each in s3.list_objects_v2(Bucket="injected").get("Contents", [])]


def test_a_delay_takes_virtual_time_of_a_workflow(local_cloud: LocalCloud, function: str) -> None:
    with local_cloud.faults("lambda:Invoke", delay=90):
        ended, _ = run(local_cloud, "late", call(function))
        timed_out, _ = run(local_cloud, "too-late", call(function, TimeoutSeconds=60))
    assert 90 < seconds(ended) < 91
    assert (timed_out["status"], timed_out["error"]) == ("FAILED", "States.Timeout")
    assert 60 <= seconds(timed_out) < 61


def test_bytes_break_off_in_the_middle(local_cloud: LocalCloud, function: str) -> None:
    s3 = local_cloud.client("s3")
    s3.put_object(Bucket="injected", Key="whole", Body=b"0123456789")
    with local_cloud.faults("s3:GetObject", corrupt=True):
        assert s3.get_object(Bucket="injected", Key="whole")["Body"].read() == b"01234"
    assert s3.get_object(Bucket="injected", Key="whole")["Body"].read() == b"0123456789"


def test_a_function_is_killed_as_it_takes_its_event_or_at_a_call_that_it_makes(
    local_cloud: LocalCloud, function: str
) -> None:
    s3 = local_cloud.client("s3")
    for on in ("lambda:Invoke", "s3:PutObject"):
        s3.delete_object(Bucket="injected", Key="half")
        with local_cloud.faults(on, kill=True) as fault:
            ended, _ = run(local_cloud, on.replace(":", "-"), call(function))
        assert (ended["error"], fault.hits) == ("Runtime.ExitError", 1)
        assert "Runtime exited with error: signal: killed (injected)" in ended["cause"]
    assert run(local_cloud, "after-a-kill", call(function))[0]["status"] == "SUCCEEDED"


def test_a_reader_who_calls_is_not_killed(local_cloud: LocalCloud, function: str) -> None:
    with local_cloud.faults("s3:PutObject", kill=True) as fault:
        local_cloud.client("s3").put_object(Bucket="injected", Key="mine", Body=b"1")
    assert fault.hits == 0


def test_the_same_seed_hits_the_same_of_a_maps_calls(local_cloud: LocalCloud, function: str) -> None:
    """Four at a time: which one is hit is decided in virtual order, not by whose thread is first."""
    inside = {"StartAt": "Invoke", "States": {"Invoke": call(function)["Call"]}}
    skip = {"ErrorEquals": ["States.ALL"], "Next": "Skip", "ResultPath": None}
    inside["States"]["Invoke"] |= {"Catch": [skip], "ResultSelector": {"ok": True}}
    inside["States"]["Skip"] = {"Type": "Pass", "Result": "hit", "End": True}
    each = {"Type": "Map", "ItemProcessor": inside, "MaxConcurrency": 4, "End": True}
    start = {"Call": {"Type": "Pass", "Result": list(range(12)), "Next": "Each"}, "Each": each}
    outputs = []
    for run_number in range(2):
        with local_cloud.faults("lambda:Invoke", error="ServiceException", probability=0.5, seed=7) as fault:
            ended, _ = run(local_cloud, f"half-{run_number}", start)
        outputs.append(json.loads(ended["output"]))
        assert 0 < fault.hits == outputs[-1].count("hit") < 12
    assert outputs[0] == outputs[1]


def test_of_two_faults_the_inner_one_comes_first_and_both_end_with_their_blocks(local_cloud: LocalCloud) -> None:
    client = local_cloud.client("stepfunctions")
    on = "stepfunctions:ListActivities"
    with local_cloud.faults(on, error="Outer"), local_cloud.faults(on, error="Inner", times=1):
        for code in ("Inner", "Outer"):
            with pytest.raises(ClientError, match=code):
                client.list_activities()
    assert client.list_activities()["activities"] == []


def test_a_fault_ends_with_a_block_that_fails(local_cloud: LocalCloud) -> None:
    client = local_cloud.client("stepfunctions")
    with pytest.raises(ClientError), local_cloud.faults("stepfunctions:ListActivities", error="Once"):
        client.list_activities()
    assert client.list_activities()["activities"] == []


@pytest.mark.parametrize(
    ("on", "what", "message"),
    [
        ("textract:AnalyseExpense", {"error": "E"}, "no action .* Did you mean AnalyzeExpense?"),
        ("textrat:AnalyzeExpense", {"error": "E"}, "no service of boto3. Did you mean textract?"),
        ("swf:CountOpenWorkflowExecutions", {"error": "E"}, "does not run"),
        ("s3:GetObject", {}, "Say one thing that happens"),
        ("s3:GetObject", {"error": "E", "kill": True}, "Say one thing that happens"),
        ("s3:GetObject", {"error": "not a code"}, "is the code of an error"),
        ("s3:GetObject", {"delay": "90"}, "a number of seconds"),
        ("s3:PutObject", {"corrupt": True}, "brings no bytes"),
        ("s3:GetObject", {"error": "E", "times": 0}, "1 or more"),
        ("s3:GetObject", {"error": "E", "probability": 2}, "at most 1"),
    ],
)
def test_what_could_not_happen_is_refused_at_once(
    local_cloud: LocalCloud, on: str, what: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message), local_cloud.faults(on, **what):
        pass
