"""deploy, run, show and clean_up, with what the SDK makes and with plain definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from stepfunctions import steps
from stepfunctions.inputs import ExecutionInput
from stepfunctions.workflow import Workflow

from helpers import ExecutionFailed, WorkshopError, clean_up, connect, deploy, run, show
from helpers.deploy import StateMachine
from helpers.errors import UnsupportedLocally
from helpers.session import Session


def passing(result: object) -> dict[str, Any]:
    return {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "Result": result, "End": True}}}


FAILING = {
    "StartAt": "Both",
    "States": {
        "Both": {
            "Type": "Parallel",
            "End": True,
            "Branches": [{"StartAt": "Give up", "States": {"Give up": {"Type": "Fail", "Error": "Odd", "Cause": "7"}}}],
        }
    },
}


def test_a_workflow_is_created_and_then_updated(workshop: Session) -> None:
    """The SDK's own create keeps the old definition."""
    for result in ("old", "new"):
        workflow = Workflow("workshop-same", steps.Pass("Only", result=result), workshop.roles.states)
        deploy(workflow)
        assert run(workflow).output == result


def test_a_definition_is_deployed_from_a_dict_and_from_text(workshop: Session) -> None:
    assert run(deploy(passing(1), "workshop-dict")).output == 1
    text = '{"StartAt": "Only", "States": {"Only": {"Type": "Pass", "Result": 2, "End": true}}}'
    assert run(deploy(text, "workshop-dict")).output == 2


def test_a_definition_that_aws_refuses_is_refused(workshop: Session) -> None:
    with pytest.raises(ClientError, match="InvalidDefinition"):
        deploy({"StartAt": "Nowhere", "States": {}}, "workshop-broken")


def test_what_the_local_cloud_does_not_run_is_caught_as_an_error_of_the_workshop(
    workshop: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever helpers asks of the cloud; boto3's own calls raise its ClientError."""
    glue = workshop.client("glue")
    with pytest.raises(ClientError, match="UnsupportedLocally"):
        glue.start_job_run(JobName="nightly")
    refused = StateMachine("nightly", "arn:nightly", "{}")
    monkeypatch.setitem(workshop._clients, "stepfunctions", Glue(glue))
    with pytest.raises(UnsupportedLocally, match=r"^The local cloud does not run glue:StartJobRun\. Use "):
        run(refused)
    with pytest.raises(WorkshopError):
        run(refused)


class Glue:
    """Starts a job of Glue's for an execution: what the local cloud refuses in each release."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def start_execution(self, **_: Any) -> Any:
        return self._client.start_job_run(JobName="nightly")


def test_an_execution_that_is_refused_in_a_state_failed_with_that_error(workshop: Session) -> None:
    resource = "arn:aws:states:::glue:startJobRun"
    task = {"Type": "Task", "Resource": resource, "Parameters": {"JobName": "nightly"}, "End": True}
    machine = deploy({"StartAt": "Run job", "States": {"Run job": task}}, "workshop-refused")
    with pytest.raises(ExecutionFailed, match='at state "Run job"') as caught:
        run(machine)
    assert caught.value.error == "UnsupportedLocally"


@pytest.mark.parametrize("name", [None, "receipts"])
def test_a_name_that_clean_up_would_not_find_is_refused(workshop: Session, name: str | None) -> None:
    with pytest.raises(WorkshopError, match="starts with workshop-"):
        deploy(passing(1), name)


def test_a_function_is_created_and_then_updated(workshop: Session, tmp_path: Path) -> None:
    source = tmp_path / "greet.py"
    for word in ("Hello", "Good bye"):
        source.write_text(f"def handler(event, context):\n    return '{word} ' + event['name']\n")
        function = deploy(source, "workshop-greet")
        step = steps.LambdaStep(
            "Greet",
            parameters={"FunctionName": function.arn, "Payload.$": "$"},
            output_path="$.Payload",
        )
        workflow = Workflow("workshop-greeting", step, workshop.roles.states)
        deploy(workflow)
        assert run(workflow, {"name": "Ada"}).output == f"{word} Ada"


def test_what_a_function_prints_is_seen(workshop: Session, tmp_path: Path) -> None:
    source = tmp_path / "chat.py"
    source.write_text("def handler(event, context):\n    print('<Hello>', event['name'])\n    return 1 / event['by']\n")
    function = deploy(source, "workshop-chat")
    assert show.logs(function).text == "workshop-chat:\n(printed nothing)"
    step = steps.LambdaStep("Chat", parameters={"FunctionName": function.arn, "Payload.$": "$"})
    workflow = Workflow("workshop-chatting", step, workshop.roles.states)
    deploy(workflow)
    first = run(workflow, {"name": "Ada", "by": 1})
    with pytest.raises(ExecutionFailed) as raised:
        run(workflow, {"name": "Bob", "by": 0})
    assert show.logs(first).text == "workshop-chat:\n<Hello> Ada"
    assert "&lt;Hello&gt; Ada" in show.logs(first).html
    assert "Hello> Bob" in show.logs(raised.value).text
    assert "ZeroDivisionError" in show.logs(raised.value).text
    assert "Ada" in show.logs(function).text
    assert show.logs(run(deploy(passing(1), "workshop-quiet"))).text == "No Lambda function was called."


def test_the_same_source_gives_the_same_package(workshop: Session, tmp_path: Path) -> None:
    source = tmp_path / "same.py"
    source.write_text("def handler(event, context):\n    return 1\n")
    digests = set()
    for _ in range(2):
        function = deploy(source, "workshop-same-code")
        answer = workshop.client("lambda").get_function(FunctionName=function.name)
        digests.add(answer["Configuration"]["CodeSha256"])
    assert len(digests) == 1


def test_an_execution_tells_its_time_on_the_clouds_clock(workshop: Session) -> None:
    hour = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    execution = run(deploy(hour, "workshop-hour"), {"a": 1})
    assert execution.seconds == pytest.approx(3600, abs=1)
    assert (execution.status, execution.input, execution.output) == ("SUCCEEDED", {"a": 1}, {"a": 1})
    assert repr(execution) == "Execution of workshop-hour: SUCCEEDED after 1 h"


def test_a_failure_names_the_state_the_error_and_the_cause_and_can_be_shown(workshop: Session) -> None:
    with pytest.raises(ExecutionFailed) as raised:
        run(deploy(FAILING, "workshop-failing"))
    failure = raised.value
    assert (failure.status, failure.state, failure.error, failure.cause) == ("FAILED", "Give up", "Odd", "7")
    assert 'at state "Give up": Odd: 7' in str(failure)
    assert "workshop-failing failed" in show(failure).alt


def test_an_execution_is_waited_for_again_by_its_arn(workshop: Session) -> None:
    execution = run(deploy({"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}, "workshop-again"), 5)
    again = run(execution.arn)
    assert (again.output, again.machine.name) == (5, "workshop-again")


def test_what_was_not_deployed_is_not_run(workshop: Session) -> None:
    with pytest.raises(WorkshopError, match=r"deploy\(workflow\) first"):
        run(Workflow("workshop-never", steps.Pass("Only"), workshop.roles.states))


def test_what_cannot_run_is_told_from_what_can(workshop: Session, tmp_path: Path) -> None:
    source = tmp_path / "greet.py"
    source.write_text("def handler(event, context):\n    return 1\n")
    with pytest.raises(WorkshopError, match="workshop-no-workflow is a Lambda function"):
        run(deploy(source, "workshop-no-workflow"))
    with pytest.raises(WorkshopError, match="A dict is no workflow that can run"):
        run(passing(1))


def test_input_that_breaks_the_workflows_schema_is_refused(workshop: Session) -> None:
    expected = ExecutionInput(schema={"name": str})
    workflow = Workflow("workshop-schema", steps.Pass("Only"), workshop.roles.states, execution_input=expected)
    deploy(workflow)
    with pytest.raises(WorkshopError, match="does not fit the workflow's schema"):
        run(workflow, {"name": 3})


def test_everything_that_has_a_definition_is_shown(workshop: Session) -> None:
    workflow = Workflow("workshop-show", steps.Pass("Only"), workshop.roles.states)
    machine = deploy(workflow)
    for drawn in (show(workflow), show(machine)):
        assert drawn.text == "workshop-show\n  Only: pass; -> End"
    assert show(passing(1)).text == "workflow\n  Only: pass; -> End"
    with pytest.raises(WorkshopError, match="A int has no definition"):
        show(3)


def test_an_execution_of_the_sdk_is_shown_like_ours(workshop: Session) -> None:
    workflow = Workflow("workshop-show", steps.Pass("Only"), workshop.roles.states)
    deploy(workflow)
    ours = run(workflow)
    assert show(workflow.list_executions(max_items=1)[0]).text == show(ours).text


def test_clean_up_deletes_what_the_workshop_made_and_nothing_else(
    workshop: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    execution = run(deploy(passing(1), "workshop-gone"))
    dynamodb, s3, sns, sqs = (workshop.client(name) for name in ("dynamodb", "s3", "sns", "sqs"))
    for name, tags in {"workshop-table": workshop.tags, "workshop-mine": [{"Key": "a", "Value": "b"}]}.items():
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=tags,
        )
    s3.put_object(Bucket=workshop.bucket, Key="a", Body=b"b")
    s3.create_bucket(Bucket="workshop-of-somebody-else")
    sns.create_topic(Name="workshop-topic", Tags=workshop.tags)
    queue = sqs.create_queue(QueueName="workshop-queue", tags={"workshop": "serverless-ml"})["QueueUrl"]
    sqs.create_queue(QueueName="workshop-kept")
    kinesis, firehose, glue = (workshop.client(name) for name in ("kinesis", "firehose", "glue"))
    destination = {"RoleARN": workshop.roles.jobs, "BucketARN": f"arn:aws:s3:::{workshop.bucket}"}
    for name, tags in {"workshop-stream": workshop.tags, "workshop-kept": []}.items():
        kinesis.create_stream(StreamName=name, ShardCount=1)
        kinesis.add_tags_to_stream(StreamName=name, Tags={each["Key"]: each["Value"] for each in tags} or {"a": "b"})
        firehose.create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration=destination,
            **({"Tags": tags} if tags else {}),
        )
    for name, parameters in {"workshop_lake": {"workshop": "serverless-ml"}, "workshop_kept": {}}.items():
        glue.create_database(DatabaseInput={"Name": name, "Parameters": parameters})
        targets = {"S3Targets": [{"Path": f"s3://{workshop.bucket}/"}]}
        glue.create_crawler(Name=name.replace("_", "-"), Role="r", DatabaseName=name, Targets=targets)
    events = workshop.client("events")
    for name, tags in {"workshop-rule": workshop.tags, "workshop-kept": []}.items():
        events.put_rule(Name=name, EventPattern='{"source": ["a"]}', Tags=tags)
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:workshop-queue"}])
    send = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}
    send["Parameters"] = {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"}
    waiting = deploy({"StartAt": "Ask", "States": {"Ask": send}}, "workshop-waiting")
    workshop.client("stepfunctions").start_execution(stateMachineArn=waiting.arn)  # while it runs its machine cannot go
    clean_up()
    assert kinesis.list_streams()["StreamNames"] == ["workshop-kept"]
    assert firehose.list_delivery_streams()["DeliveryStreamNames"] == ["workshop-kept"]
    assert [each["Name"] for each in events.list_rules()["Rules"]] == ["workshop-kept"]
    assert glue.list_crawlers()["CrawlerNames"] == ["workshop-kept"]
    assert [each["Name"] for each in glue.get_databases()["DatabaseList"]] == ["workshop_kept"]
    said = capsys.readouterr().out
    for gone in ("state machine workshop-gone", "table workshop-table", "topic workshop-topic"):
        assert f"Deleted {gone}\n" in said
    assert dynamodb.list_tables()["TableNames"] == ["workshop-mine"]
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["workshop-of-somebody-else"]
    assert [url.rpartition("/")[2] for url in sqs.list_queues()["QueueUrls"]] == ["workshop-kept"]
    assert workshop.client("stepfunctions").list_state_machines()["stateMachines"] == []
    with pytest.raises(WorkshopError, match="has deleted this execution of workshop-gone"):
        _ = execution.output
    with pytest.raises(WorkshopError, match="has deleted this execution of workshop-gone"):
        _ = execution.events
    clean_up()
    assert capsys.readouterr().out == "Nothing to delete.\n"
    assert connect().bucket in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_a_job_that_failed_is_three_lines_with_its_reason() -> None:
    """`.sync` gives the whole description of the job as the cause."""
    reason = "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage \"KeyError: 'label'\", exit code: 1"
    described = {
        "TrainingJobName": "workshop-clicks",
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/workshop-clicks",
        "TrainingJobStatus": "Failed",
        "FailureReason": reason,
    }
    failure = ExecutionFailed("FAILED", "Train model", "States.TaskFailed", json.dumps(described))
    assert str(failure).splitlines() == [
        'The execution ended FAILED at state "Train model": States.TaskFailed:',
        'training job "workshop-clicks" ended Failed:',
        "AlgorithmError: ExecuteUserScriptError: ExitCode 1 ErrorMessage \"KeyError: 'label'\", exit code: 1",
    ]
    assert json.loads(failure.cause or "") == described
    plain = ExecutionFailed("FAILED", "Look", "KeyError", '{"errorMessage": "label"}')
    assert str(plain) == 'The execution ended FAILED at state "Look": KeyError: {"errorMessage": "label"}'
