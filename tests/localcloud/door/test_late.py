"""A cloud that is late: what was made or changed a moment ago is not known yet, and a deleted name is blocked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud import LocalCloud

Client = Callable[[str], Any]
ROLE = "arn:aws:iam::123456789012:role/old"
READER = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def machine(**state: Any) -> str:
    end = {} if state["Type"] == "Fail" else {"End": True}
    return json.dumps({"StartAt": "It", "States": {"It": {**end, **state}}})


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Of a cloud that is an hour late, on its own clock."""
    with LocalCloud("max", "localcloud", READER, 3600) as cloud:
        config = Config(retries={"max_attempts": 0}, inject_host_prefix=False)
        yield lambda service: boto3.client(service, config=config, **cloud.settings())


@pytest.fixture(scope="module")
def an_hour_passes(client: Client) -> Callable[[], None]:
    states = client("stepfunctions")
    definition = machine(Type="Wait", Seconds=4000)
    waits = states.create_state_machine(name="waits", definition=definition, roleArn=ROLE)["stateMachineArn"]

    def passes() -> None:
        execution = states.start_execution(stateMachineArn=waits)["executionArn"]
        while True:
            found = states.list_executions(stateMachineArn=waits)["executions"]
            if any(each["executionArn"] == execution and each["status"] == "SUCCEEDED" for each in found):
                return

    return passes


def code(call: Callable[..., Any], **parameters: Any) -> str:
    """Of the refusal; "" when there is none."""
    try:
        call(**parameters)
    except ClientError as refusal:
        return str(refusal.response["Error"]["Code"])
    return ""


TABLE = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def test_what_is_new_is_found_later(client: Client, an_hour_passes: Callable[[], None]) -> None:
    sqs, s3, dynamodb, states = map(client, ("sqs", "s3", "dynamodb", "stepfunctions"))
    queue = sqs.create_queue(QueueName="new")["QueueUrl"]
    s3.create_bucket(Bucket="new-bucket")
    dynamodb.create_table(TableName="new", **TABLE)
    quick = states.create_state_machine(name="quick", definition=machine(Type="Pass"), roleArn=ROLE)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=quick)["executionArn"]

    def codes() -> list[str]:
        return [
            code(sqs.get_queue_attributes, QueueUrl=queue),
            code(s3.put_object, Bucket="new-bucket", Key="a"),
            code(dynamodb.describe_table, TableName="new"),
            code(states.describe_execution, executionArn=execution),
        ]

    assert codes() == [
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchBucket",
        "ResourceNotFoundException",
        "ExecutionDoesNotExist",
    ]
    an_hour_passes()
    assert codes() == ["", "", "", ""]


def test_an_update_is_seen_later_and_its_version_at_once(client: Client, an_hour_passes: Callable[[], None]) -> None:
    states = client("stepfunctions")
    named = {"name": "changing", "definition": machine(Type="Pass", Result="old"), "roleArn": ROLE}
    arn = states.create_state_machine(**named)["stateMachineArn"]
    new = machine(Type="Pass", Result="new")
    version = states.update_state_machine(stateMachineArn=arn, definition=new, publish=True)["stateMachineVersionArn"]
    assert "old" in states.describe_state_machine(stateMachineArn=arn)["definition"]
    started = [states.start_execution(stateMachineArn=each)["executionArn"] for each in (arn, version)]
    an_hour_passes()
    outputs = [states.describe_execution(executionArn=each)["output"] for each in started]
    assert outputs == ['"old"', '"new"']
    assert "new" in states.describe_state_machine(stateMachineArn=arn)["definition"]


def test_a_role_can_be_taken_on_later_and_its_policy_holds_later(
    client: Client, an_hour_passes: Callable[[], None]
) -> None:
    iam, states = client("iam"), client("stepfunctions")
    role = iam.create_role(RoleName="fresh", AssumeRolePolicyDocument=json.dumps(READER))["Role"]["Arn"]
    publish = machine(
        Type="Task", Resource="arn:aws:states:::sns:publish", Parameters={"TopicArn": "a", "Message": "b"}
    )
    named = {"name": "tells", "definition": publish, "roleArn": role}
    assert code(states.create_state_machine, **named) == "AccessDeniedException"
    an_hour_passes()
    arn = states.create_state_machine(**named)["stateMachineArn"]
    iam.put_role_policy(RoleName="fresh", PolicyName="p", PolicyDocument=json.dumps(READER))
    started = states.start_execution(stateMachineArn=arn)["executionArn"]
    an_hour_passes()
    assert "not authorized to perform: sns:Publish" in states.describe_execution(executionArn=started)["cause"]
    started = states.start_execution(stateMachineArn=arn)["executionArn"]
    an_hour_passes()
    assert "not authorized" not in states.describe_execution(executionArn=started)["cause"]


def test_a_name_that_was_deleted_is_blocked(client: Client, an_hour_passes: Callable[[], None]) -> None:
    sqs, s3, states = map(client, ("sqs", "s3", "stepfunctions"))
    named = {"name": "gone", "definition": machine(Type="Pass"), "roleArn": ROLE}
    arn, queue = states.create_state_machine(**named)["stateMachineArn"], sqs.create_queue(QueueName="gone")["QueueUrl"]
    s3.create_bucket(Bucket="gone-bucket")
    an_hour_passes()
    states.delete_state_machine(stateMachineArn=arn)
    sqs.delete_queue(QueueUrl=queue)
    s3.delete_bucket(Bucket="gone-bucket")

    def codes() -> list[str]:
        return [
            code(states.create_state_machine, **named),
            code(sqs.create_queue, QueueName="gone"),
            code(s3.create_bucket, Bucket="gone-bucket"),
        ]

    assert codes() == ["StateMachineDeleting", "AWS.SimpleQueueService.QueueDeletedRecently", "OperationAborted"]
    an_hour_passes()
    assert codes() == ["", "", ""]


def test_what_was_read_before_a_change_is_read_after_it(client: Client, an_hour_passes: Callable[[], None]) -> None:
    iam, states, s3 = map(client, ("iam", "stepfunctions", "s3"))
    failing = states.create_state_machine(name="fails", definition=machine(Type="Fail"), roleArn=ROLE)
    failed = states.start_execution(stateMachineArn=failing["stateMachineArn"])["executionArn"]
    iam.create_role(RoleName="leaving", AssumeRolePolicyDocument=json.dumps(READER))
    s3.create_bucket(Bucket="leaving")
    an_hour_passes()

    def read() -> tuple[bool, ...]:
        role = code(iam.get_role, RoleName="leaving") == ""
        listed = "leaving" in [each["RoleName"] for each in iam.list_roles()["Roles"]]
        bucket = "leaving" in [each["Name"] for each in s3.list_buckets()["Buckets"]]
        machines = [each["name"] for each in states.list_state_machines()["stateMachines"]]
        redriven = states.describe_execution(executionArn=failed)["redriveCount"] > 0
        return role, listed, bucket, "arriving" not in machines, not redriven

    assert read() == (True,) * 5
    iam.delete_role(RoleName="leaving")
    s3.delete_bucket(Bucket="leaving")
    states.redrive_execution(executionArn=failed)
    states.create_state_machine(name="arriving", definition=machine(Type="Pass"), roleArn=ROLE)
    assert read() == (True,) * 5
    an_hour_passes()
    assert read() == (False,) * 5
