"""What CreateStateMachine refuses of a task's Resource and Parameters, before anything runs.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html and the pages of the services
there; the wording from aws-step-functions-data-science-sdk#200 and amazon-sagemaker-examples#4492.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.cloud import Cloud

ARN = "arn:aws:states:::"


def refused(cloud: Cloud, resource: str, parameters: Any, **fields: Any) -> list[tuple[str, str]]:
    """The (message, location) of each error of a definition with one task."""
    state = {"Type": "Task", "Resource": ARN + resource, "End": True, **fields}
    if parameters is not None:
        state["Arguments" if fields else "Parameters"] = parameters
    definition = json.dumps({"StartAt": "T", "States": {"T": state}})
    found = cloud.client("stepfunctions").validate_state_machine_definition(definition=definition)
    return [(each["message"], each["location"]) for each in found["diagnostics"]]


@pytest.mark.parametrize(
    "resource",
    [
        "dynamodb:query",
        "dynamodb:putItem.sync",
        "dynamodb:putItem.waitForTaskToken",
        "s3:getObject",
        "teapot:brew",
        "sns:publish.sync",
        "sagemaker:createModel.sync",
        "sagemaker:createEndpoint.sync",
        "glue:startCrawler",
        "batch:submitJob.waitForTaskToken",
        "lambda:invokeFunction",
        "states:startSyncExecution",
        "emr-containers:createVirtualCluster.sync",
        "http:invoke.waitForTaskToken",
        "aws-sdk:s3:boilObject",
        "aws-sdk:s3:listBuckets.sync",
    ],
)
def test_a_resource_that_aws_has_not_is_refused(cloud: Cloud, resource: str) -> None:
    ((message, location),) = refused(cloud, resource, {})
    assert message.startswith(f"The resource provided {ARN}{resource} is not recognized.")
    assert location == "/States/T/Resource"


@pytest.mark.parametrize(
    "resource",
    [
        "sagemaker:createLabelingJob.sync",
        "bedrock:createModelCustomizationJob.sync",
        "eks:runJob.sync",
        "ecs:runTask.waitForTaskToken",
        "emr-serverless:createApplication.sync",
        "elasticmapreduce:addStep.sync",
        "codebuild:startBuildBatch.sync",
        "mediaconvert:createJob.sync",
        "apigateway:invoke.waitForTaskToken",
        "states:startExecution.sync:2",
        "aws-sdk:teapot:brew",  # perhaps a service younger than boto3: the task says so when it starts
    ],
)
def test_what_aws_has_is_accepted_whether_it_is_run_here_or_not(cloud: Cloud, resource: str) -> None:
    assert refused(cloud, resource, None) == []


@pytest.mark.parametrize(
    ("resource", "parameters", "fields"),
    [
        ("lambda:invoke", {"FunctionName": "f", "Paylod": {}}, ["Paylod"]),
        ("lambda:invoke", {"FunctionName": "f", "Paylod.$": "$"}, ["Paylod"]),
        ("sqs:sendMessage.waitForTaskToken", {"QueueURL": "u", "MessageBody": {"any": 1}}, ["QueueURL"]),
        ("sagemaker:createTrainingJob.sync", {"TrainingJobName": "j", "Tags": [{"key": "k", "Value": "v"}]}, ["key"]),
        ("sagemaker:createModel", {"ModelName": "m", "S3Operations": {}}, ["S3Operations"]),
        ("sagemaker:createTrainingJob", {"Environment": {"lower": "case"}, "HyperParameters": {"eta": "1"}}, []),
        ("dynamodb:putItem", {"TableName": "t", "Item": {"id": {"S": "1"}, "flat": "x"}}, []),
        ("dynamodb:putItem", {"TableName": "t", "Item": {"id": {"s": "1"}}}, ["s"]),
        ("aws-sdk:s3:getObject", {"bucket": "b", "Key": "k"}, ["bucket"]),
        ("aws-sdk:sfn:startExecution", {"stateMachineArn": "a", "Input": {"a": 1}}, ["stateMachineArn"]),
        ("aws-sdk:dynamodb:putItem", {"TableName": "t", "Item": {"id": {"Nul": True}}}, []),
        ("events:putEvents", {"Entries": [{"Detail": {"any": 1}, "Sauce": "x"}]}, ["Sauce"]),
        ("ecs:runTask.sync", {"Cluster": "c", "networkConfiguration": {}}, ["networkConfiguration"]),
        ("elasticmapreduce:createCluster.sync", {"Name": "n", "Instances": {"MasterInstanceType": "m"}, "X": 1}, ["X"]),
        ("elasticmapreduce:addStep.sync", {"ClusterId": "c", "Steps": []}, ["Steps"]),
        ("http:invoke", {"ApiEndpoint": "https://a", "Methode": "GET"}, ["Methode"]),
    ],
)
def test_fields_that_an_integration_has_not_are_refused_at_every_depth(
    cloud: Cloud, resource: str, parameters: dict[str, Any], fields: list[str]
) -> None:
    expected = [(f'The field "{name}" is not supported by Step Functions', "/States/T/Parameters") for name in fields]
    assert refused(cloud, resource, parameters) == expected


def test_arguments_of_jsonata_are_looked_at_as_far_as_they_are_known(cloud: Cloud) -> None:
    arguments = {"FunctionName": "{% $f %}", "Paylod": "{% $states.input %}"}
    (found,) = refused(cloud, "lambda:invoke", arguments, QueryLanguage="JSONata")
    assert found == ('The field "Paylod" is not supported by Step Functions', "/States/T/Arguments")
    assert refused(cloud, "lambda:invoke", "{% $states.input %}", QueryLanguage="JSONata") == []


def test_test_state_refuses_them_too(cloud: Cloud) -> None:
    state = {"Type": "Task", "Resource": f"{ARN}lambda:invoke", "Parameters": {"Paylod": 1}, "End": True}
    client = cloud.client("stepfunctions")
    with pytest.raises(client.exceptions.InvalidDefinition, match="Paylod"):
        client.test_state(definition=json.dumps(state), roleArn="arn:aws:iam::123456789012:role/r")
