"""The steps that the SDK lacks say what AWS's documentation says, and a service takes them.

Each definition is that of the page named beside it, of https://docs.aws.amazon.com/step-functions/latest/dg/ .
"""

from __future__ import annotations

from typing import Any

import pytest
from stepfunctions import steps as sdk
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps.integration_resources import IntegrationPattern
from stepfunctions.workflow import Workflow

from helpers import steps
from helpers.session import Session

WRITER = {
    "Resource": "arn:aws:states:::s3:putObject",
    "Parameters": {"Bucket": "amzn-s3-demo-bucket", "Prefix": "jobs"},
}
CSV = {
    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
    "Resource": "arn:aws:states:::s3:getObject",
    "Parameters": {
        "Bucket": "amzn-s3-demo-bucket",
        "Key": "csvDataset/ratings.csv",
        "VersionId": "BcK42coT2jE1234VHLUvBV1yLNod2OEt",
    },
}
LAMBDA = "arn:aws:states:::lambda:invoke"
PAYLOAD = {"Payload": "{% $states.input %}", "FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f"}
TITLED = {
    "static": "Hello",
    "title": "{% $states.input.title %}",
    "name": "{% $customerName %}",
    "not-evaluated": "$customerName",
}
SELECTED = {"ClusterId.$": "$.output.ClusterId", "ResourceType.$": "$.resourceType"}
VARIABLES = {"productName": "product1", "count": 42, "available": True}
EMR = "arn:aws:states:::elasticmapreduce:createCluster.sync"
JITTER = {
    "ErrorEquals": ["States.Timeout"],
    "IntervalSeconds": 3,
    "MaxAttempts": 2,
    "MaxDelaySeconds": 5,
    "BackoffRate": 2,
    "JitterStrategy": "FULL",
}
CAUGHT = {
    "ErrorEquals": ["States.ALL"],
    "Assign": {"problem": "{% $states.errorOutput.Error %}"},
    "Output": "{% $states.errorOutput %}",
    "Next": "Note",
}


def checking(**more: Any) -> Any:
    return steps.DistributedMap("Check", iterator=steps.Pass("Each"), **more)


def checked(**more: Any) -> dict[str, Any]:
    processor = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    inside = {"StartAt": "Each", "States": {"Each": {"Type": "Pass", "End": True}}}
    return {"Type": "Map", "ItemProcessor": {"ProcessorConfig": processor, **inside}, **more, "End": True}


def jsonata(step: Any) -> Any:
    return steps.Graph(step, query_language="JSONata")


DOCUMENTED = {
    "supported-services-awssdk: any action of any service": (
        steps.AwsSdkStep("List", "s3", "listBuckets", parameters={}),
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets", "Parameters": {}, "End": True},
    ),
    "supported-services-awssdk: with a task token": (
        steps.AwsSdkStep(
            "Ask",
            "sqs",
            "sendMessage",
            IntegrationPattern.WaitForTaskToken,
            parameters={"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
        ),
        {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
            "End": True,
        },
    ),
    "input-output-inputpath-params: ResultSelector": (
        steps.Task(
            "Create Cluster",
            resource=EMR,
            parameters={"Name": "any"},
            result_selector=SELECTED,
            result_path="$.EMROutput",
        ),
        {
            "Type": "Task",
            "Resource": EMR,
            "Parameters": {"Name": "any"},
            "ResultSelector": SELECTED,
            "ResultPath": "$.EMROutput",
            "End": True,
        },
    ),
    "input-output-itemreader": (checking(item_reader=CSV), checked(ItemReader=CSV)),
    "input-output-itembatcher": (
        checking(item_batcher={"MaxItemsPerBatch": 100, "BatchInput": {"factCheck": "December 2022"}}),
        checked(ItemBatcher={"MaxItemsPerBatch": 100, "BatchInput": {"factCheck": "December 2022"}}),
    ),
    "input-output-itemselector": (
        checking(item_selector={"size": 2, "value.$": "$$.Map.Item.Value"}, items_path="$.items"),
        checked(ItemSelector={"size": 2, "value.$": "$$.Map.Item.Value"}, ItemsPath="$.items"),
    ),
    "input-output-resultwriter": (
        checking(result_writer={**WRITER, "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}}),
        checked(ResultWriter={**WRITER, "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}}),
    ),
    "state-map-distributed: threshold, label, concurrency": (
        checking(label="check", max_concurrency=3000, tolerated_failure_percentage=5, tolerated_failure_count=10),
        checked(Label="check", MaxConcurrency=3000, ToleratedFailurePercentage=5, ToleratedFailureCount=10),
    ),
    "state-map-distributed: the same from the input": (
        checking(
            max_concurrency_path="$.most",
            tolerated_failure_percentage_path="$.share",
            tolerated_failure_count_path="$.number",
        ),
        checked(
            MaxConcurrencyPath="$.most",
            ToleratedFailurePercentagePath="$.share",
            ToleratedFailureCountPath="$.number",
        ),
    ),
    "state-map-inline: ItemProcessor": (
        steps.Map("Each", iterator=steps.Pass("One"), item_selector={"item.$": "$$.Map.Item.Value"}),
        {
            "Type": "Map",
            "ItemSelector": {"item.$": "$$.Map.Item.Value"},
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "One",
                "States": {"One": {"Type": "Pass", "End": True}},
            },
            "End": True,
        },
    ),
    "transforming-data: Arguments": (
        steps.Task(
            "Greet", resource=LAMBDA, query_language="JSONata", arguments={"FunctionName": "f", "Payload": TITLED}
        ),
        {
            "QueryLanguage": "JSONata",
            "Type": "Task",
            "Resource": LAMBDA,
            "Arguments": {"FunctionName": "f", "Payload": TITLED},
            "End": True,
        },
    ),
    "workflow-variables: Assign": (
        steps.Pass("Set", assign=VARIABLES),
        {"Type": "Pass", "Assign": VARIABLES, "End": True},
    ),
    "concepts-error-handling: MaxDelaySeconds and JitterStrategy": (
        steps.Task(
            "Call",
            resource="arn:aws:lambda:us-east-1:123456789012:function:f",
            retry=steps.Retry(
                error_equals=["States.Timeout"],
                interval_seconds=3,
                max_attempts=2,
                max_delay_seconds=5,
                backoff_rate=2,
                jitter_strategy="FULL",
            ),
        ),
        {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "Retry": [JITTER],
            "End": True,
        },
    ),
}


@pytest.mark.parametrize(("step", "documented"), DOCUMENTED.values(), ids=DOCUMENTED)
def test_a_step_is_what_aws_documents_and_a_service_takes_it(
    step: Any, documented: dict[str, Any], workshop: Session
) -> None:
    assert step.to_dict() == documented
    assert verdict(workshop, step) == ("OK", [])


def verdict(workshop: Session, step: Any) -> tuple[str, list[Any]]:
    workflow = Workflow("workshop-any", step, workshop.roles.states, client=workshop.client("stepfunctions"))
    answer = workshop.client("stepfunctions").validate_state_machine_definition(
        definition=workflow.definition.to_json()
    )
    return answer["result"], answer["diagnostics"]


def processing() -> Any:
    """AWS's starter template "Distributed Map to process CSV files in S3", in JSONata, but for its names."""
    retry = steps.Retry(
        error_equals=["Lambda.TooManyRequestsException", "Lambda.ServiceException"],
        interval_seconds=2,
        max_attempts=6,
        backoff_rate=2,
        jitter_strategy="FULL",
    )
    invoke = steps.Task(
        "Lambda Invoke", retry=retry, resource=LAMBDA, arguments=PAYLOAD, output="{% $states.result.Payload %}"
    )
    listed = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Arguments": {"Bucket": "data"}}
    process = steps.DistributedMap(
        "ProcessNOAAData",
        "EXPRESS",
        iterator=invoke,
        item_reader=listed,
        label="ProcessNOAAData",
        max_concurrency=3000,
        tolerated_failure_percentage=5,
        result_writer={"Resource": WRITER["Resource"], "Arguments": {"Bucket": "results", "Prefix": "results"}},
        item_batcher={"BatchInput": {}, "MaxItemsPerBatch": 500},
    )
    listing = steps.AwsSdkStep(
        "ListObjects",
        "s3",
        "listObjectsV2",
        arguments={"Bucket": "data", "Prefix": "{% $string($states.input.year) %}", "MaxKeys": 1},
        output="{% $states.result.KeyCount %}",
        assign={"year": "{% $string($states.input.year) %}"},
    )
    choice = steps.Choice("Bucket is filled?", output="{% $year %}")
    choice.add_choice(steps.Condition("{% $states.input >= 1 %}", assign={"filled": True}, output={}), process)
    choice.default_choice(steps.Fail("Empty", error="Empty", cause="{% 'nothing of ' & $year %}"))
    return jsonata(sdk.Chain([listing, choice]))


def test_a_whole_workflow_in_jsonata_is_aws_s_starter_template(workshop: Session) -> None:
    definition = processing().to_dict()
    assert definition["QueryLanguage"] == "JSONata"
    assert definition["States"]["ListObjects"] == {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2",
        "Arguments": {"Bucket": "data", "Prefix": "{% $string($states.input.year) %}", "MaxKeys": 1},
        "Output": "{% $states.result.KeyCount %}",
        "Assign": {"year": "{% $string($states.input.year) %}"},
        "Next": "Bucket is filled?",
    }
    assert definition["States"]["Bucket is filled?"] == {
        "Type": "Choice",
        "Output": "{% $year %}",
        "Choices": [
            {
                "Condition": "{% $states.input >= 1 %}",
                "Assign": {"filled": True},
                "Output": {},
                "Next": "ProcessNOAAData",
            }
        ],
        "Default": "Empty",
    }
    assert definition["States"]["ProcessNOAAData"] == {
        "Type": "Map",
        "ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Arguments": {"Bucket": "data"}},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "Lambda Invoke",
            "States": {
                "Lambda Invoke": {
                    "Type": "Task",
                    "Resource": LAMBDA,
                    "Retry": [
                        {
                            "ErrorEquals": ["Lambda.TooManyRequestsException", "Lambda.ServiceException"],
                            "IntervalSeconds": 2,
                            "MaxAttempts": 6,
                            "BackoffRate": 2,
                            "JitterStrategy": "FULL",
                        }
                    ],
                    "Arguments": PAYLOAD,
                    "Output": "{% $states.result.Payload %}",
                    "End": True,
                }
            },
        },
        "Label": "ProcessNOAAData",
        "MaxConcurrency": 3000,
        "ToleratedFailurePercentage": 5,
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Arguments": {"Bucket": "results", "Prefix": "results"},
        },
        "ItemBatcher": {"BatchInput": {}, "MaxItemsPerBatch": 500},
        "End": True,
    }
    assert verdict(workshop, processing()) == ("OK", [])


def test_parallel_map_wait_and_the_ends_take_jsonata_too(workshop: Session) -> None:
    """state-parallel, state-map-inline, state-wait, state-succeed: fields of JSONata."""
    both = steps.Parallel(
        "Both", arguments={"a": "{% $states.input %}"}, output="{% $states.result %}", assign={"both": True}
    )
    both.add_branch(steps.LambdaStep("One", arguments=PAYLOAD, output="{% $states.result.Payload %}"))
    both.add_branch(steps.Wait("Two", seconds="{% $states.input.a.seconds %}", output={"waited": True}))
    both.add_catch(
        steps.Catch(
            steps.Pass("Note", output="{% $problem %}"),
            error_equals=["States.ALL"],
            assign={"problem": "{% $states.errorOutput.Error %}"},
            output="{% $states.errorOutput %}",
        )
    )
    each = steps.Map("Each", iterator=steps.Pass("Item"), items="{% $states.input %}")
    graph = jsonata(sdk.Chain([both, each, steps.Succeed("Done", output={"count": "{% $count($states.input) %}"})]))
    found = graph.to_dict()["States"]
    assert found["Both"]["Catch"] == [CAUGHT]
    assert found["Both"]["Arguments"] == {"a": "{% $states.input %}"}
    assert found["Each"]["Items"] == "{% $states.input %}"
    assert found["Done"] == {"Type": "Succeed", "Output": {"count": "{% $count($states.input) %}"}}
    assert verdict(workshop, graph) == ("OK", [])


def test_they_mix_with_the_sdk_s_own_steps_and_placeholders(workshop: Session) -> None:
    asked = ExecutionInput(schema={"bucket": str})
    reader = steps.AwsSdkStep("Read", "s3", "listObjectsV2", parameters={"Bucket": asked["bucket"]})
    each = steps.DistributedMap(
        "Each", iterator=sdk.Pass("One"), item_selector={"bucket": asked["bucket"], "key.$": "$$.Map.Item.Value.Key"}
    )
    mixed = sdk.Chain([sdk.Pass("First"), reader, each, sdk.Succeed("Last")])
    assert each.to_dict()["ItemSelector"]["bucket.$"] == "$$.Execution.Input['bucket']"
    assert verdict(workshop, mixed) == ("OK", [])


def test_a_field_that_a_state_does_not_have_is_refused_as_the_sdk_refuses_it() -> None:
    with pytest.raises(TypeError, match="arguments"):
        steps.Pass("One", arguments={})
    with pytest.raises(TypeError, match="result_selector"):
        sdk.Task("One", resource=LAMBDA, result_selector={})


def test_a_call_through_the_aws_sdk_that_waits_for_completion_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r'State "Train": .* have no \.sync\. Use the step'):
        steps.AwsSdkStep("Train", "sagemaker", "createTrainingJob", IntegrationPattern.WaitForCompletion)
