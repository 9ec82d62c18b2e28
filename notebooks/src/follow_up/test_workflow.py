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
CROSS = {"number": 7, "shop": "Larkspur", "text": "The soup was cold and awful."}


@pytest.fixture(scope="module")
def client():
    """Makes a client of any service."""
    with localcloud.start() as cloud:
        # boto3 would send TestState to a host of its own, sync-127.0.0.1
        settings = {"config": Config(inject_host_prefix=False), **cloud.settings()}
        yield lambda service: boto3.client(service, **settings)


@pytest.fixture(scope="module")
def states(client):
    return client("stepfunctions")


def trial(states, state, **request):
    """What TestState says of one state of the definition."""
    return states.test_state(definition=DEFINITION, stateName=state, input=json.dumps(CROSS), **request)


def test_a_throttled_call_is_tried_again_three_times(states):
    throttled = {"errorOutput": {"error": "Comprehend.TooManyRequestsException", "cause": "busy"}}
    answers = [
        trial(states, "Rate the comment", mock=throttled, stateConfiguration={"retrierRetryCount": retries})
        for retries in range(4)
    ]
    assert [answer["status"] for answer in answers] == ["RETRIABLE", "RETRIABLE", "RETRIABLE", "FAILED"]


def test_only_a_cross_comment_is_answered(states):
    following = {
        sentiment: trial(states, "Cross?", variables=json.dumps({"sentiment": sentiment}))["nextState"]
        for sentiment in ("NEGATIVE", "MIXED", "NEUTRAL", "POSITIVE")
    }
    assert [sentiment for sentiment, state in following.items() if state == "Write a reply"] == ["NEGATIVE", "MIXED"]


def test_the_customer_is_asked_again_three_days_after_the_reply(client, states):
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST | {"Action": "sts:AssumeRole"}]})
    role = client("iam").create_role(RoleName="any", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    package = BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.write(Path(__file__).parents[1] / "write_reply.py", "write_reply.py")
    code, handler = {"ZipFile": package.getvalue()}, "write_reply.handler"
    client("lambda").create_function(
        FunctionName="write-reply", Runtime="python3.12", Role=role, Handler=handler, Code=code
    )
    machine = states.create_state_machine(name="follow-up", definition=DEFINITION, roleArn=role)
    started = states.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(CROSS))
    while (execution := states.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
        pass
    assert execution["stopDate"] - execution["startDate"] > timedelta(days=3)
    assert "is sorry" in json.loads(execution["output"])["sent"]
