"""Clients of every kind: those of another region, and those that put `sync-` before the host."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.utils import parse_timestamp

from localcloud import aws_settings
from localcloud.cloud import Cloud
from localcloud.door import inprocess
from localcloud.door.access import Access
from localcloud.door.server import Server

ROLE = "arn:aws:iam::123456789012:role/r"
PROCESSOR = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "Write",
    "States": {
        "Write": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sns:createTopic",
            "Parameters": {"Name": "made-by-a-task"},
            "End": True,
        }
    },
}
MAP = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": PROCESSOR, "End": True}}}


def client(cloud: Cloud, service: str, region: str) -> Any:
    return inprocess.client(cloud.front, cloud.session, service, endpoint=cloud.endpoint, region=region)


@pytest.mark.parametrize(
    "text", ["2026-01-05T09:00:00Z", "2026-01-05T09:00:00.123Z", "Mon, 05 Jan 2026 09:00:00 GMT", 1767603600.5]
)
def test_a_time_of_a_response_is_what_botocore_makes_of_it(text: Any) -> None:
    assert inprocess._time(text) == parse_timestamp(text)


def test_arns_follow_the_region_of_the_client_and_so_does_what_its_execution_calls(cloud: Cloud) -> None:
    states = client(cloud, "stepfunctions", "eu-west-1")
    machine = states.create_state_machine(name="m", definition=json.dumps(MAP), roleArn=ROLE)["stateMachineArn"]
    assert machine == "arn:aws:states:eu-west-1:123456789012:stateMachine:m"
    execution = states.start_execution(stateMachineArn=machine, input="[1]")["executionArn"]
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        pass
    assert execution.startswith("arn:aws:states:eu-west-1:123456789012:execution:m:")
    (topic,) = json.loads(found["output"])
    assert topic["TopicArn"] == "arn:aws:sns:eu-west-1:123456789012:made-by-a-task"
    (run,) = states.list_map_runs(executionArn=execution)["mapRuns"]
    assert run["mapRunArn"].startswith("arn:aws:states:eu-west-1:123456789012:mapRun:m/")
    assert states.create_activity(name="a")["activityArn"] == "arn:aws:states:eu-west-1:123456789012:activity:a"


def test_the_same_name_in_two_regions_is_two_state_machines(cloud: Cloud) -> None:
    arns = {
        client(cloud, "stepfunctions", region).create_state_machine(name="m", definition=json.dumps(MAP), roleArn=ROLE)[
            "stateMachineArn"
        ]
        for region in ("eu-west-1", "us-east-1")
    }
    assert len(arns) == 2


@pytest.mark.parametrize(
    ("service", "create", "name", "more", "listing"),
    [
        ("stepfunctions", "create_state_machine", "name", {"definition": json.dumps(MAP), "roleArn": ROLE}, "machines"),
        ("stepfunctions", "create_activity", "name", {}, "activities"),
        ("events", "create_event_bus", "Name", {}, "event_buses"),
        ("events", "put_rule", "Name", {"ScheduleExpression": "rate(1 hour)"}, "rules"),
        ("scheduler", "create_schedule_group", "Name", {}, "schedule_groups"),
        ("transcribe", "create_vocabulary", "VocabularyName", {"LanguageCode": "en-US", "Phrases": ["a"]}, ""),
        ("sqs", "create_queue", "QueueName", {}, "queues"),
    ],
)
def test_a_region_sees_only_what_is_its_own(
    cloud: Cloud, service: str, create: str, name: str, more: dict[str, Any], listing: str
) -> None:
    here, elsewhere = client(cloud, service, "us-east-1"), client(cloud, service, "eu-west-1")
    getattr(elsewhere, create)(**{name: "mine"}, **more)
    if listing:
        listing = "list_" + ("state_machines" if listing == "machines" else listing)
        answer = {key: value for key, value in getattr(here, listing)().items() if key != "ResponseMetadata"}
        assert "mine" not in str(answer)
        assert "mine" in str(getattr(elsewhere, listing)())
    getattr(here, create)(**{name: "mine"}, **more)  # the name is free here


def test_an_arn_of_another_region_leads_nowhere(cloud: Cloud) -> None:
    here, elsewhere = (client(cloud, "stepfunctions", region) for region in ("us-east-1", "eu-west-1"))
    machine = here.create_state_machine(name="m", definition=json.dumps(MAP), roleArn=ROLE)["stateMachineArn"]
    execution = here.start_execution(stateMachineArn=machine, input="[1]")["executionArn"]
    with pytest.raises(here.exceptions.StateMachineDoesNotExist):
        elsewhere.describe_state_machine(stateMachineArn=machine)
    with pytest.raises(here.exceptions.ExecutionDoesNotExist):
        elsewhere.describe_execution(executionArn=execution)


def test_a_function_of_another_region_is_not_reachable(cloud: Cloud) -> None:
    """In the words of https://github.com/localstack/localstack's recordings of Lambda."""
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    here = client(cloud, "lambda", "us-east-1")
    with pytest.raises(here.exceptions.ResourceNotFoundException, match="'eu-west-1' are not reachable in this region"):
        here.invoke(FunctionName=arn)


def test_a_request_without_a_region_of_aws_is_answered_in_the_clouds_own(cloud: Cloud) -> None:
    states = client(cloud, "stepfunctions", "aws-global")
    machine = states.create_state_machine(name="m", definition=json.dumps(MAP), roleArn=ROLE)["stateMachineArn"]
    assert machine == f"arn:aws:states:{cloud.region}:123456789012:stateMachine:m"


def test_managed_policies_of_aws_can_be_attached(cloud: Cloud) -> None:
    iam, home = cloud.client("iam"), "arn:aws:iam::aws:policy"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    arns = [f"{home}/AmazonSageMakerFullAccess", f"{home}/service-role/AWSLambdaBasicExecutionRole"]
    for arn in arns:
        iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
    assert {each["PolicyArn"] for each in attached} == set(arns)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.attach_role_policy(RoleName="r", PolicyArn=f"{home}/NoSuchPolicy")


@pytest.fixture
def served() -> Iterator[Cloud]:
    access = Access()
    server = Server(0, access, _never)
    cloud = Cloud(server.port, access=access)
    server.app = cloud.front
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield cloud
    server.shutdown()
    thread.join()
    server.server_close()
    cloud.close()


def _never(environ: Any, start_response: Any) -> Any:
    raise AssertionError("not served yet")


@pytest.mark.parametrize("how", ["environment", "user in the endpoint"])
def test_a_plain_client_of_boto3_starts_synchronous_executions(
    served: Cloud, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """boto3 and the AWS CLI put `sync-` before the host, unless the environment says not to.

    More exactly, before what stands first in the endpoint: a user's name takes it as well, and goes nowhere.
    """
    endpoint = served.endpoint
    if how == "environment":
        monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")  # as connect() and functions have it
    else:
        monkeypatch.delenv("AWS_DISABLE_HOST_PREFIX_INJECTION", raising=False)
        endpoint = aws_settings.prefixable(endpoint)  # as the cloud's line and LocalCloud.settings() have it
    key = served.access.reader
    states = boto3.client(
        "stepfunctions",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
    )
    state = {"Type": "Pass", "End": True}
    express = {"StartAt": "P", "States": {"P": state}}
    machine = states.create_state_machine(name="m", definition=json.dumps(express), roleArn=ROLE, type="EXPRESS")
    assert states.start_sync_execution(stateMachineArn=machine["stateMachineArn"])["status"] == "SUCCEEDED"
    assert states.test_state(definition=json.dumps(state))["status"] == "SUCCEEDED"
