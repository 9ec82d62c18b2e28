"""A function may start a workflow and wait for it, although the clock waits for the function."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.cloud import Cloud
from localcloud.door.access import Access
from localcloud.door.server import Server

ROLE = "arn:aws:iam::123456789012:role/r"

# botocore's signer alone: importing boto3 in the handler would cost seconds.
HANDLER = """
import json, os, urllib.request
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

def call(action, **parameters):
    signed = AWSRequest("POST", os.environ["AWS_ENDPOINT_URL"] + "/", data=json.dumps(parameters).encode(), headers={
        "X-Amz-Target": f"AWSStepFunctions.{action}",
        "Content-Type": "application/x-amz-json-1.0",
    })
    key = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(key, "states", "us-east-1").add_auth(signed)
    request = urllib.request.Request(signed.url, signed.data, dict(signed.headers.items()))
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)

def handler(event, context):
    if event["sync"]:
        return call("StartSyncExecution", stateMachineArn=event["machine"], input="{}")["status"]
    execution = call("StartExecution", stateMachineArn=event["machine"], input="{}")["executionArn"]
    polls = 0
    while (status := call("DescribeExecution", executionArn=execution)["status"]) == "RUNNING":
        polls += 1
        assert polls < 1000
    return status
"""


@pytest.fixture
def cloud() -> Iterator[Cloud]:
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


@pytest.mark.parametrize("sync", [True, False])
def test_a_workflow_whose_function_waits_for_another_workflow_succeeds(cloud: Cloud, sync: bool) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("handler.py", HANDLER)
    role = cloud.client("iam").create_role(RoleName="waits", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    function = cloud.client("lambda").create_function(
        FunctionName="waits",
        Runtime="python3.12",
        Role=role,
        Handler="handler.handler",
        Timeout=30,
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    states = cloud.client("stepfunctions")
    inner = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    child = states.create_state_machine(
        name="child", definition=json.dumps(inner), roleArn=ROLE, type="EXPRESS" if sync else "STANDARD"
    )["stateMachineArn"]
    task = {"Type": "Task", "Resource": function, "End": True}
    parent = states.create_state_machine(
        name="parent", definition=json.dumps({"StartAt": "T", "States": {"T": task}}), roleArn=ROLE
    )["stateMachineArn"]
    data = json.dumps({"machine": child, "sync": sync})
    execution = states.start_execution(stateMachineArn=parent, input=data)["executionArn"]
    while (described := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        threading.Event().wait(0.01)
    assert (described["status"], described.get("output")) == ("SUCCEEDED", '"SUCCEEDED"')
