"""What a workflow, a function and a job are let do: enough, and nothing that they could do without."""

from __future__ import annotations

import ast
import io
import json
import re
import textwrap
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
from botocore.exceptions import ClientError
from PIL import Image

from helpers import permissions, policies
from helpers.permissions import Permission
from localcloud.cloud import Cloud
from tools.execute import NOTEBOOKS

HERE = "us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/workshop-"
EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
FILLED = policies.filler("aws", "123456789012", "us-east-1")

#: Needed on AWS, and never missed here, and why.
UNSEEN = {
    "s3:AbortMultipartUpload": "for results of many megabytes",
    "s3:ListMultipartUploadParts": "for results of many megabytes",
    "states:RedriveExecution": "for a redrive: it has a test of its own",
    "states:StopExecution": "when the parent is stopped",
    "s3:GetBucketLocation": "AWS's Athena looks where the bucket is first",
    "glue:GetDatabase": "AWS's Athena looks at the database first",
    "athena:StopQueryExecution": "when the parent is stopped",
    "sagemaker:StopProcessingJob": "when the parent is stopped",
    "logs:": "a job runs without its log",
    "cloudwatch:": "a job runs without its metrics",
}


def task(resource: str, **parameters: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}


def machine(state: dict[str, Any]) -> str:
    return json.dumps({"StartAt": "It", "States": {"It": state}})


IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
PROCESSING = {
    "ProcessingJobName.$": "States.Format('workshop-{}', $$.Execution.Name)",
    "RoleArn": ROLE + "jobs",
    "AppSpecification": {
        "ImageUri": IMAGE,
        "ContainerEntrypoint": ["python3", "-c", "open('/opt/ml/processing/out/a', 'w')"],
    },
    "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
    "ProcessingInputs": [
        {
            "InputName": "in",
            "S3Input": {
                "S3Uri": "s3://workshop-bucket/in/",
                "LocalPath": "/opt/ml/processing/in",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
            },
        }
    ],
    "ProcessingOutputConfig": {
        "Outputs": [
            {
                "OutputName": "out",
                "S3Output": {
                    "S3Uri": "s3://workshop-bucket/out",
                    "LocalPath": "/opt/ml/processing/out",
                    "S3UploadMode": "EndOfJob",
                },
            }
        ]
    },
}
DISTRIBUTED = {
    "Type": "Map",
    "ItemReader": {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": "workshop-bucket", "Prefix": "in/"},
    },
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "One",
        "States": {"One": {"Type": "Pass", "End": True}},
    },
    "ResultWriter": {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "workshop-bucket", "Prefix": "results"},
    },
    "End": True,
}
QUERY = task(
    "athena:startQueryExecution.sync",
    QueryString="SELECT count(*) FROM shop",
    QueryExecutionContext={"Database": "workshop_99"},
    ResultConfiguration={"OutputLocation": "s3://workshop-bucket/athena"},
)

#: Workflows, and what is needed: whole for the first, in part for the others.
WORKFLOWS: dict[str, dict[str, Any]] = {
    "lambda": task("lambda:invoke", FunctionName="workshop-99-echo", Payload={}),
    "function's ARN": {"Type": "Task", "Resource": f"arn:aws:lambda:{HERE}:function:workshop-99-echo", "End": True},
    "dynamodb": task("dynamodb:putItem", TableName="workshop-99", Item={"id": {"S": "a"}}),
    "dynamodb, name made": task(
        "dynamodb:getItem", **{"TableName.$": "States.Format('workshop-{}', '99')", "Key": {"id": {"S": "a"}}}
    ),
    "sns": task("sns:publish", TopicArn=f"arn:aws:sns:{HERE}:workshop-99", Message="hello"),
    "sqs": task("sqs:sendMessage", QueueUrl="http://127.0.0.1:4566/123456789012/workshop-99", MessageBody="hello"),
    "events": task("events:putEvents", Entries=[{"Source": "a", "DetailType": "b", "Detail": {}}]),
    "s3": task("aws-sdk:s3:getObject", Bucket="workshop-bucket", Key="in/a.json"),
    "s3 copy": task(
        "aws-sdk:s3:copyObject", Bucket="workshop-bucket", Key="b.json", CopySource="workshop-bucket/in/a.json"
    ),
    "child": task("states:startExecution.sync:2", StateMachineArn=f"arn:aws:states:{HERE}:stateMachine:workshop-child"),
    "distributed": DISTRIBUTED,
    "athena": QUERY,
    "textract": task(
        "aws-sdk:textract:detectDocumentText",
        Document={"S3Object": {"Bucket": "workshop-bucket", "Name": "pictures/a.png"}},
    ),
    "processing": task("sagemaker:createProcessingJob.sync", **PROCESSING),
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """A cloud that looks at policies, with what the workflows work on."""
    made = Cloud(policy=EVERYTHING)
    for kind, service in (("states", "states"), ("functions", "lambda"), ("jobs", "sagemaker")):
        trust = json.dumps(policies.trust(f"{service}.amazonaws.com", "123456789012"))
        made.client("iam").create_role(RoleName=f"workshop-{kind}", AssumeRolePolicyDocument=trust)
    s3 = made.client("s3")
    s3.create_bucket(Bucket="workshop-bucket")
    s3.put_object(Bucket="workshop-bucket", Key="in/a.json", Body=b'{"n": 1}\n')
    s3.put_object(Bucket="workshop-bucket", Key="pictures/a.png", Body=_png())
    made.client("dynamodb").create_table(
        TableName="workshop-99",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    made.client("sns").create_topic(Name="workshop-99")
    made.client("sqs").create_queue(QueueName="workshop-99")
    made.client("lambda").create_function(
        FunctionName="workshop-99-echo",
        Runtime="python3.12",
        Role=ROLE + "functions",
        Handler="handler.handler",
        Code={"ZipFile": _echo()},
    )
    glue = made.client("glue")
    glue.create_database(DatabaseInput={"Name": "workshop_99"})
    columns = [{"Name": "n", "Type": "int"}]
    serde = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
    storage = {"Columns": columns, "Location": "s3://workshop-bucket/in/", "SerdeInfo": serde}
    glue.create_table(
        DatabaseName="workshop_99",
        TableInput={
            "Name": "shop",
            "StorageDescriptor": storage,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": "day", "Type": "string"}],
        },
    )
    partition = {"Values": ["1"], "StorageDescriptor": storage}
    glue.create_partition(DatabaseName="workshop_99", TableName="shop", PartitionInput=partition)
    give(made, "states", [])
    deploy(made, "workshop-child", machine({"Type": "Pass", "End": True}))
    yield made
    made.close()


def _echo() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("handler.py", "def handler(event, context):\n    return event\n")
    return archive.getvalue()


def _png() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (60, 60), "white").save(content, "PNG")
    return content.getvalue()


def give(cloud: Cloud, kind: str, needed: list[Permission]) -> None:
    nothing = {"Statement": [{"Effect": "Deny", "Action": "x:Y", "Resource": "*"}]}
    text = policies.shortest(needed, FILLED) if needed else json.dumps({"Version": "2012-10-17", **nothing})
    cloud.client("iam").put_role_policy(RoleName=f"workshop-{kind}", PolicyName="workshop", PolicyDocument=text)


def deploy(cloud: Cloud, name: str, definition: str) -> str:
    client = cloud.client("stepfunctions")
    arn = f"arn:aws:states:{HERE}:stateMachine:{name}"
    try:
        client.describe_state_machine(stateMachineArn=arn)
    except ClientError:
        client.create_state_machine(name=name, definition=definition, roleArn=ROLE + "states")
    else:
        client.update_state_machine(stateMachineArn=arn, definition=definition, roleArn=ROLE + "states")
    return arn


def outcome(cloud: Cloud, name: str, definition: str) -> str:
    """SUCCEEDED, or what it failed of."""
    client = cloud.client("stepfunctions")
    try:
        arn = deploy(cloud, name, definition)
        started = client.start_execution(stateMachineArn=arn)["executionArn"]
    except ClientError as refusal:
        return str(refusal)
    while (described := client.describe_execution(executionArn=started))["status"] == "RUNNING":
        time.sleep(0.005)
    return f"{described['status']} {described.get('error', '')} {described.get('cause', '')}".strip()


def denied(said: str) -> bool:
    return any(word in said for word in ("not authorized", "AccessDenied", "permissions", "does not have", "No S3"))


@pytest.mark.parametrize("name", list(WORKFLOWS))
def test_a_workflow_can_do_its_work_and_misses_whatever_is_taken_away(cloud: Cloud, name: str) -> None:
    definition, called = machine(WORKFLOWS[name]), f"workshop-{list(WORKFLOWS).index(name)}"
    needed = permissions.of_definition(definition, called)
    assert needed.unknown == []
    give(cloud, "states", needed.states)
    give(cloud, "jobs", needed.jobs)
    assert outcome(cloud, called, definition) == "SUCCEEDED"
    for kind, all_of_it in (("states", needed.states), ("jobs", needed.jobs)):
        for permission in all_of_it:
            if not permission[0].startswith(tuple(UNSEEN)) and not _own_children(name, permission):
                give(cloud, kind, [each for each in all_of_it if each != permission])
                said = outcome(cloud, called, definition + " ")
                assert denied(said), (permission, said)
                outcome(cloud, called, definition)
        give(cloud, kind, all_of_it)


def _own_children(name: str, permission: Permission) -> bool:
    """Of the children of a Distributed Map, Step Functions knows by itself how they stand."""
    return name == "distributed" and permission[0] == "states:DescribeExecution"


def test_children_are_redriven_with_a_permission_of_its_own(cloud: Cloud) -> None:
    fails = {"Type": "Fail", "Error": "Once"}
    each = DISTRIBUTED | {"ItemProcessor": {**DISTRIBUTED["ItemProcessor"], "States": {"One": fails}}}
    definition = machine(each)
    needed = permissions.of_definition(definition, "workshop-redriven").states
    give(cloud, "states", [each for each in needed if each[0] != "states:RedriveExecution"])
    assert "ExceedToleratedFailureThreshold" in outcome(cloud, "workshop-redriven", definition)
    client = cloud.client("stepfunctions")
    machine_arn = f"arn:aws:states:{HERE}:stateMachine:workshop-redriven"
    (execution,) = client.list_executions(stateMachineArn=machine_arn)["executions"]
    for may, error in ((False, "States.Permissions"), (True, "States.ExceedToleratedFailureThreshold")):
        give(cloud, "states", [each for each in needed if may or each[0] != "states:RedriveExecution"])
        client.redrive_execution(executionArn=execution["executionArn"])
        while (described := client.describe_execution(executionArn=execution["executionArn"]))["status"] == "RUNNING":
            time.sleep(0.005)
        assert described["error"] == error


SOURCE = """
    import boto3

    s3 = boto3.client("s3")
    table = boto3.resource("dynamodb").Table("any")

    def handler(event, context):
        s3.get_paginator("list_objects_v2")
        body = s3.get_object(Bucket="a", Key="b")["Body"]
        table.update_item(Key={"id": "a"})
        boto3.client("textract").detect_document_text(Document={"Bytes": body.read()})
        event.get("a")
"""


def test_a_function_is_let_do_what_its_code_calls() -> None:
    needed = permissions.of_function([textwrap.dedent(SOURCE)], "workshop-99-f")
    group = "arn:{partition}:logs:{region}:{account}:log-group:/aws/lambda/workshop-99-f"
    table = "arn:{partition}:dynamodb:{region}:{account}:table/any"
    assert needed == [
        ("dynamodb:UpdateItem", table),
        ("logs:CreateLogGroup", group),
        ("logs:CreateLogStream", f"{group}:*"),
        ("logs:PutLogEvents", f"{group}:*"),
        ("s3:GetObject", "arn:{partition}:s3:::a/*"),
        ("s3:GetObject", "arn:{partition}:s3:::workshop-*{run}*/*"),
        ("s3:ListBucket", "arn:{partition}:s3:::a"),
        ("textract:DetectDocumentText", "*"),
    ]


NAMES = """
    import os, boto3

    table = boto3.resource("dynamodb").Table("workshop-99-literal")
    TABLE, TRIES = os.environ["TABLE"], 2
    TOPIC = os.environ["TOPIC"]
    dynamodb = boto3.client("dynamodb")
    sns = boto3.client("sns")

    def handler(event, context):
        table.get_item(Key={})
        with_retries(dynamodb.put_item, TableName=TABLE, Item={})
        sns.publish(TopicArn=TOPIC, Message="")
        boto3.client("s3").get_object(Bucket=event["bucket"], Key="a")
"""


def test_a_function_is_let_do_it_on_what_its_code_and_its_environment_name() -> None:
    topic = f"arn:aws:sns:{HERE}:workshop-99-topic"
    needed = permissions.of_function(
        [textwrap.dedent(NAMES)], "workshop-99-f", {"TABLE": "workshop-99-table", "TOPIC": topic}
    )
    resources = {resource.rpartition(":")[2] for action, resource in needed if not action.startswith("logs:")}
    assert resources == {
        "table/workshop-99-literal",
        "table/workshop-99-table",
        "workshop-99-topic",
        "workshop-*{run}*/*",
    }
    unknown = {resource for action, resource in permissions.of_function([textwrap.dedent(NAMES)], "workshop-99-f", {})}
    assert "arn:{partition}:dynamodb:{region}:{account}:table/workshop-*{run}*" in unknown


def test_what_a_notebook_calls_of_a_client_its_reader_may() -> None:
    may = {action for action, _ in policies.READER_MAY} | {"sqs:SendMessageBatch"}
    missing = set()
    for path in NOTEBOOKS.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        sources = [cell.source for cell in cells if cell.cell_type == "code"]
        for service, action in permissions._boto3_calls(ast.parse(re.sub(r"(?m)^%.*", "", "\n".join(sources)))):
            permission = f"{permissions._PREFIXES.get(service, service)}:{action}".replace("stepfunctions:", "states:")
            missing |= {permissions._ACTIONS.get(permission, permission)} - may
    assert not missing


@pytest.mark.parametrize(
    ("state", "action", "resource"),
    [
        ("dynamodb, name made", "dynamodb:GetItem", f"arn:aws:dynamodb:{HERE}:table/workshop-*-k3x9bc*"),
        ("sqs", "sqs:SendMessage", f"arn:aws:sqs:{HERE}:workshop-99"),
        ("processing", "iam:PassRole", ROLE + "jobs"),
        ("processing", "sagemaker:AddTags", f"arn:aws:sagemaker:{HERE}:processing-job/workshop-*-k3x9bc*"),
        (
            "processing",
            "events:PutRule",
            f"arn:aws:events:{HERE}:rule/StepFunctionsGetEventsForSageMakerProcessingJobsRule",
        ),
    ],
)
def test_a_permission_is_on_the_thing_that_is_named_or_on_this_runs(state: str, action: str, resource: str) -> None:
    filled = policies.filler("aws", "123456789012", "us-east-1", "k3x9bc")
    needed = permissions.of_definition(machine(WORKFLOWS[state]), "workshop-any").states
    assert resource in [filled(form) for each, form in needed if each == action]


def test_a_role_is_passed_to_sagemaker_alone() -> None:
    needed = permissions.of_definition(machine(WORKFLOWS["processing"]), "workshop-any").states
    document = policies.document(needed, FILLED)
    (passing,) = [each for each in document["Statement"] if "iam:PassRole" in each["Action"]]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
