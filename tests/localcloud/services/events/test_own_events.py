"""The events that AWS's services send by themselves, as their guides show them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from moto.moto_api._internal.models import moto_api_backend

from localcloud.cloud import Cloud
from tests.localcloud.services.waiting import ROLE, Queue, create_function, settle


def hear(cloud: Cloud, source: str) -> Queue:
    """A queue that gets all events of a source."""
    heard, events = Queue(cloud), cloud.client("events")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": heard.arn}])
    return heard


def start(cloud: Cloud, states: dict[str, Any], kind: str = "STANDARD", **request: Any) -> str:
    client = cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    machine = client.create_state_machine(name="m", definition=definition, roleArn=ROLE, type=kind)["stateMachineArn"]
    arn: str = client.start_execution(stateMachineArn=machine, name="e", **request)["executionArn"]
    return arn


def test_an_execution_tells_that_it_runs_and_how_it_ended(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html shows."""
    heard = hear(cloud, "aws.states")
    arn = start(cloud, {"Hello": {"Type": "Wait", "Seconds": 2, "End": True}}, input='{"a": 1}')
    settle(cloud, 5)
    running, succeeded = heard.bodies()
    assert running["detail-type"] == "Step Functions Execution Status Change"
    assert running["resources"] == [arn]
    assert running["detail"] == {
        "executionArn": arn,
        "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m",
        "name": "e",
        "status": "RUNNING",
        "startDate": 1767603600000,
        "stopDate": None,
        "input": '{"a": 1}',
        "output": None,
        "inputDetails": {"included": True},
        "outputDetails": None,
        "error": None,
        "cause": None,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is RUNNING and cannot be redriven",
    }
    assert (succeeded["detail"]["status"], succeeded["detail"]["output"]) == ("SUCCEEDED", '{"a": 1}')
    assert 1767603602000 <= succeeded["detail"]["stopDate"] < 1767603603000


def test_a_failed_execution_says_why_and_a_redriven_one_that_it_runs_again(cloud: Cloud) -> None:
    heard = hear(cloud, "aws.states")
    arn = start(cloud, {"No": {"Type": "Fail", "Error": "Sold out", "Cause": "No tea"}})
    settle(cloud)
    failed = heard.bodies()[-1]["detail"]
    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "Sold out", "No tea")
    assert failed["redriveStatus"] == "REDRIVABLE"
    cloud.client("stepfunctions").redrive_execution(executionArn=arn)
    settle(cloud)
    assert [(body["detail"]["status"], body["detail"]["redriveCount"]) for body in heard.bodies()] == [
        ("RUNNING", 1),
        ("FAILED", 1),
    ]


def test_what_is_too_long_is_left_out(cloud: Cloud) -> None:
    """The guide: beyond 248 KB, escaped, first the input is left out."""
    heard = hear(cloud, "aws.states")
    start(cloud, {"Hello": {"Type": "Pass", "Result": 1, "End": True}}, input=json.dumps({"text": "x" * 254_000}))
    settle(cloud)
    details = [body["detail"] for body in heard.bodies()]
    assert [detail["inputDetails"] for detail in details] == [{"included": False}, {"included": False}]
    assert (details[1]["input"], details[1]["output"]) == (None, "1")


def test_express_executions_send_none(cloud: Cloud) -> None:
    heard = hear(cloud, "aws.states")
    start(cloud, {"Hello": {"Type": "Pass", "End": True}}, "EXPRESS")
    settle(cloud)
    assert heard.bodies() == []


def test_a_bucket_that_notifies_eventbridge_tells_of_its_objects(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html shows."""
    heard, s3 = hear(cloud, "aws.s3"), cloud.client("s3")
    for bucket in ("inbox", "quiet"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket="inbox", NotificationConfiguration={"EventBridgeConfiguration": {}})
    for bucket in ("inbox", "quiet"):
        s3.put_object(Bucket=bucket, Key="a b/ä.txt", Body=b"tea", Tagging="k=v")
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "a b/ä.txt"})
        s3.put_object_tagging(Bucket=bucket, Key="copy", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
        s3.delete_object(Bucket=bucket, Key="copy")
    settle(cloud)
    bodies = heard.bodies()
    assert [(body["detail-type"], body["detail"].get("reason")) for body in bodies] == [
        ("Object Created", "PutObject"),
        ("Object Created", "CopyObject"),
        ("Object Tags Added", None),
        ("Object Deleted", "DeleteObject"),
    ]
    created = bodies[0]
    assert (created["resources"], created["region"]) == (["arn:aws:s3:::inbox"], "us-east-1")
    detail = created["detail"]
    assert detail["bucket"] == {"name": "inbox"}
    assert {key: detail["object"][key] for key in ("key", "size", "etag")} == {
        "key": "a b/ä.txt",
        "size": 3,
        "etag": hashlib.md5(b"tea").hexdigest(),
    }
    assert bodies[3]["detail"]["deletion-type"] == "Permanently Deleted"


def test_an_object_that_a_version_is_kept_of_is_marked_as_deleted(cloud: Cloud) -> None:
    heard, s3 = hear(cloud, "aws.s3"), cloud.client("s3")
    s3.create_bucket(Bucket="inbox")
    s3.put_bucket_versioning(Bucket="inbox", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket="inbox", NotificationConfiguration={"EventBridgeConfiguration": {}})
    version = s3.put_object(Bucket="inbox", Key="a", Body=b"tea")["VersionId"]
    marker = s3.delete_object(Bucket="inbox", Key="a")["VersionId"]
    settle(cloud)
    created, deleted = (body["detail"] for body in heard.bodies())
    assert created["object"]["version-id"] == version
    assert (deleted["deletion-type"], deleted["object"]["version-id"]) == ("Delete Marker Created", marker)


def test_a_transcription_job_tells_how_it_ended(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html shows."""
    heard, s3 = hear(cloud, "aws.transcribe"), cloud.client("s3")
    s3.create_bucket(Bucket="calls")
    s3.put_object(Bucket="calls", Key="notes.txt", Body=b"no sound")
    cloud.client("transcribe").start_transcription_job(
        TranscriptionJobName="notes", LanguageCode="en-US", Media={"MediaFileUri": "s3://calls/notes.txt"}
    )
    settle(cloud, 120)
    (body,) = heard.bodies()
    assert (body["detail-type"], body["resources"]) == ("Transcribe Job State Change", [])
    assert body["detail"] == {
        "TranscriptionJobName": "notes",
        "TranscriptionJobStatus": "FAILED",
        "FailureReason": "Failed to parse audio file.",
    }


def chain(cloud: Cloud) -> tuple[list[Any], list[Any], list[Any]]:
    """An execution fails, a rule tells a function, which fails too, and its destination hears of that; what is left."""
    heard = Queue(cloud)
    source = "def handler(event, context):\n    raise ValueError(event['detail']['error'])"
    function = create_function(cloud, source)
    wanted = {"OnFailure": {"Destination": heard.arn}}
    cloud.client("lambda").put_function_event_invoke_config(FunctionName="f", DestinationConfig=wanted)
    events = cloud.client("events")
    events.put_rule(Name="failed", EventPattern='{"source": ["aws.states"], "detail": {"status": ["FAILED"]}}')
    events.put_targets(Rule="failed", Targets=[{"Id": "1", "Arn": function}])
    events.put_rule(Name="often", ScheduleExpression="rate(2 minutes)")
    events.put_targets(Rule="often", Targets=[{"Id": "1", "Arn": heard.arn}])
    arn = start(cloud, {"No": {"Type": "Fail", "Error": "Sold out", "Cause": "No tea"}})
    settle(cloud, 600)
    history = cloud.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
    logs = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    marks = [(each["timestamp"], each["message"]) for each in logs if each["message"].startswith(("START", "END"))]
    return heard.bodies(), history, marks


def test_two_runs_of_a_chain_leave_the_same_byte_for_byte() -> None:
    found = []
    for _ in range(2):
        cloud = Cloud()
        found.append(chain(cloud))
        cloud.close()
        moto_api_backend.reset()
    assert repr(found[0]) == repr(found[1])
    assert len(found[0][0]) == 6  # one record of the failure, five times of the schedule
