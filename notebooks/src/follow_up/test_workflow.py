"""Tests of the workflow beside this file. They share a local cloud of their own, and need no AWS."""

import json
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import boto3
import localcloud
import pytest
from botocore.config import Config
from workflow import follow_up

DEFINITION = follow_up("write-reply").to_json()
TRUST = {"Effect": "Allow", "Principal": {"Service": ["states.amazonaws.com", "lambda.amazonaws.com"]}}
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
RATE, WRITE = "comprehend:DetectSentiment", "lambda:InvokeFunction"
CROSS = {"number": 7, "shop": "Larkspur", "text": "The soup was cold and awful."}


@pytest.fixture(scope="module")
def cloud():
    with localcloud.start(policy=ANYTHING) as started:  # whoever tests may do anything, a role what its policies allow
        yield started


def client(cloud, service):
    # boto3 would send TestState to a host of its own, sync-127.0.0.1
    return boto3.client(service, config=Config(inject_host_prefix=False), **cloud.settings())


def trial(cloud, state, **request):
    """What TestState says of one state of the definition."""
    return client(cloud, "stepfunctions").test_state(
        definition=DEFINITION, stateName=state, input=json.dumps(CROSS), **request
    )


def test_a_throttled_call_is_tried_again_three_times(cloud):
    throttled = {"errorOutput": {"error": "Comprehend.TooManyRequestsException", "cause": "busy"}}
    answers = [
        trial(cloud, "Rate the comment", mock=throttled, stateConfiguration={"retrierRetryCount": retries})
        for retries in range(4)
    ]
    assert [answer["status"] for answer in answers] == ["RETRIABLE", "RETRIABLE", "RETRIABLE", "FAILED"]


def test_only_a_cross_comment_is_answered(cloud):
    following = {
        sentiment: trial(cloud, "Cross?", variables=json.dumps({"sentiment": sentiment}))["nextState"]
        for sentiment in ("NEGATIVE", "MIXED", "NEUTRAL", "POSITIVE")
    }
    assert [sentiment for sentiment, state in following.items() if state == "Write a reply"] == ["NEGATIVE", "MIXED"]


def role_that_may(cloud, name, *actions):
    """The ARN of a new role that may do these and nothing else."""
    iam, trust = client(cloud, "iam"), {"Version": "2012-10-17", "Statement": [TRUST | {"Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName=name, PolicyName="calls", PolicyDocument=policy)
    return arn


def create(cloud, role):
    states, name = client(cloud, "stepfunctions"), role.rpartition("/")[2]
    return states.create_state_machine(name=name, definition=DEFINITION, roleArn=role)["stateMachineArn"]


@pytest.fixture(scope="module")
def machine(cloud):
    """The ARN of the state machine, deployed with its function."""
    role = role_that_may(cloud, "follow-up", RATE, WRITE)
    package = BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.write(Path(__file__).parents[1] / "write_reply.py", "write_reply.py")
    client(cloud, "lambda").create_function(
        FunctionName="write-reply",
        Runtime="python3.12",
        Role=role,
        Handler="write_reply.handler",
        Code={"ZipFile": package.getvalue()},
    )
    return create(cloud, role)


def run(cloud, machine):
    states = client(cloud, "stepfunctions")
    arn = states.start_execution(stateMachineArn=machine, input=json.dumps(CROSS))["executionArn"]
    while (execution := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        pass
    return execution


def test_the_customer_is_asked_again_three_days_after_the_reply(cloud, machine):
    execution = run(cloud, machine)
    assert execution["stopDate"] - execution["startDate"] > timedelta(days=3)
    assert "is sorry" in json.loads(execution["output"])["sent"]


def test_the_customer_is_answered_though_comprehend_throttles_twice(cloud, machine):
    with cloud.faults("comprehend:DetectSentiment", error="TooManyRequestsException", times=2) as fault:
        execution = run(cloud, machine)
    assert fault.hits == 2
    assert "is sorry" in json.loads(execution["output"])["sent"]


def test_without_the_right_to_call_the_function_it_fails_there(cloud, machine):
    execution = run(cloud, create(cloud, role_that_may(cloud, "too-little", RATE)))
    assert execution["error"] == "Lambda.AWSLambdaException"
    assert f"is not authorized to perform: {WRITE}" in execution["cause"]
