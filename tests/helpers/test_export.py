"""What `export` writes: a definition of no account, which its templates bind to one again."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from samtranslator.translator.transform import transform
from stepfunctions import steps as sdk
from stepfunctions.steps.integration_resources import IntegrationPattern
from stepfunctions.workflow import Workflow

from helpers import WorkshopError, deploy, steps
from helpers.export import export
from helpers.resources import Function, StateMachine
from helpers.session import Session
from tools import export as export_all

HANDLER = "def handler(event, context):\n    return event\n"


@pytest.fixture(scope="module")
def function(workshop: Session, tmp_path_factory: pytest.TempPathFactory) -> Function:
    source = tmp_path_factory.mktemp("src") / "say_it.py"
    source.write_text(HANDLER)
    return deploy(source, "workshop-99-say-it", Environment={"Variables": {"MOOD": "glad"}})


@pytest.fixture(scope="module")
def machine(workshop: Session, function: Function) -> StateMachine:
    """A workflow that calls a function, a distributed Map over a bucket, and a child by its ARN."""
    child = f"arn:aws:states:{workshop.region}:{workshop.account_id}:stateMachine:workshop-99-child"
    say = sdk.LambdaStep("Say it", parameters={"FunctionName": function.arn, "Payload": {"a.$": "$"}})
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": workshop.bucket}}
    each = steps.DistributedMap("Each", iterator=say, item_reader=reader)
    start = sdk.StepFunctionsStartExecutionStep(
        "Start", integration_pattern=IntegrationPattern.WaitForCompletion, parameters={"StateMachineArn": child}
    )
    deploy(sdk.Pass("Nothing"), "workshop-99-child")
    return deploy(Workflow("workshop-99-all", sdk.Chain([each, start]), workshop.roles.states))


@pytest.fixture(scope="module")
def folder(machine: StateMachine, function: Function, tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = export(machine, folder := tmp_path_factory.mktemp("exported"), [function])
    assert sorted(written) == sorted(path for path in folder.rglob("*") if path.is_file())
    return folder


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def bound(template: Any, values: dict[str, str]) -> str:
    """The definition of a CloudFormation template in an account, its parameters and substitutions filled in."""
    properties = template["Resources"]["StateMachine"]["Properties"]
    meant = {name: values[value["Ref"]] for name, value in properties["DefinitionSubstitutions"].items()}
    return re.sub(r"\$\{(\w+)\}", lambda found: meant[found[1]], properties["DefinitionString"])


def test_nothing_in_the_files_is_of_one_account(folder: Path, workshop: Session) -> None:
    for path in folder.rglob("*"):
        text = path.read_text("utf-8") if path.is_file() else ""
        if path.name in ("template.yaml", "cloudformation.yaml"):  # the bucket is offered as a default
            text = text.replace(f"Default: {workshop.bucket}", "")
        assert workshop.account_id not in text, path
        assert workshop.region not in text, path


def test_the_cloudformation_template_gives_the_definition_back(
    folder: Path, machine: StateMachine, function: Function, workshop: Session
) -> None:
    values = {"AWS::Region": workshop.region, "AWS::AccountId": workshop.account_id}
    text = bound(read(folder / "cloudformation.yaml"), values | {"Bucket": workshop.bucket, "SayItArn": function.arn})
    assert json.loads(text) == json.loads(machine.definition)
    checked = workshop.client("stepfunctions").validate_state_machine_definition(definition=text)
    assert checked["result"] == "OK"


def lint(*templates: Path) -> list[Any]:
    """What cfn-lint has against templates; SAM's own are transformed before."""
    from cfnlint.config import ConfigMixIn  # takes seconds, in every worker that collects the tests
    from cfnlint.runner import Runner

    return list(Runner(ConfigMixIn(templates=[str(template) for template in templates])).run())


def test_cfn_lint_has_nothing_against_the_templates(folder: Path) -> None:
    template = folder / "cloudformation.yaml"
    assert [str(problem) for problem in lint(folder / "template.yaml", template)] == []
    template.with_name("wrong.yaml").write_text(template.read_text().replace("AWS::IAM::Role", "AWS::IAM::Rolle"))
    assert {problem.rule.id for problem in lint(template.with_name("wrong.yaml"))} == {"E3006"}
    template.with_name("wrong.yaml").unlink()


def test_sam_makes_cloudformation_of_the_template(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    template = read(folder / "template.yaml")
    for resource in template["Resources"].values():  # `sam deploy` puts files into S3 before
        for name in ("CodeUri", "DefinitionUri"):
            if name in resource["Properties"]:
                assert Path(resource["Properties"][name]).exists()
                resource["Properties"][name] = "s3://bucket/key"
    made = transform(template, {"Bucket": "workshop-b"}, NoPolicies())["Resources"]
    kinds = sorted(resource["Type"] for resource in made.values())
    assert kinds == ["AWS::IAM::Role"] * 2 + ["AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"]
    function = made["SayIt"]["Properties"]
    assert (function["Handler"], function["Environment"]) == ("say_it.handler", {"Variables": {"MOOD": "glad"}})
    assert (folder / "functions" / "workshop-99-say-it" / "say_it.py").read_text() == HANDLER


def test_all_that_is_in_the_account_is_one_template(
    machine: StateMachine, workshop: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    key = {"AttributeName": "id", "AttributeType": "S"}
    workshop.client("dynamodb").create_table(
        TableName="workshop-99-records",
        AttributeDefinitions=[key],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    workshop.client("sns").create_topic(Name="workshop-99-said")
    queue = workshop.client("sqs").create_queue(QueueName="workshop-99-asked")["QueueUrl"]
    ask = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
    ask["Parameters"] = {"QueueUrl": queue, "MessageBody": "?"}
    deploy({"StartAt": "Ask", "States": {"Ask": ask}}, "workshop-99-asks")
    files = json.loads(export_all.write(tmp_path))
    assert not any(workshop.account_id in Path(each).read_text("utf-8") for each in files)
    assert "https://sqs.${Region}.amazonaws.com/${AccountId}/" in (tmp_path / "workshop-99-asks.asl.json").read_text()
    assert [str(problem) for problem in lint(tmp_path / "template.yaml")] == []
    template = read(tmp_path / "template.yaml")
    for resource in template["Resources"].values():
        for name in ("CodeUri", "DefinitionUri"):
            if name in resource["Properties"]:
                assert (tmp_path / resource["Properties"][name]).exists()
                resource["Properties"][name] = "s3://bucket/key"
    kinds = Counter(each["Type"] for each in transform(template, {}, NoPolicies())["Resources"].values())
    assert kinds == {
        "AWS::DynamoDB::Table": 1,
        "AWS::IAM::Role": 4,
        "AWS::Lambda::Function": 1,
        "AWS::S3::Bucket": 1,
        "AWS::SNS::Topic": 1,
        "AWS::SQS::Queue": 1,
        "AWS::StepFunctions::StateMachine": 3,
    }


class NoPolicies:
    """The managed policies that SAM asks IAM for."""

    def load(self) -> dict[str, str]:
        return {}


def test_iam_takes_the_roles_and_they_may_call_what_the_workflow_calls(folder: Path, workshop: Session) -> None:
    role = read(folder / "cloudformation.yaml")["Resources"]["Role"]["Properties"]
    (policy,) = role["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    for statement in statements:
        if isinstance(statement["Resource"], dict):
            text = statement["Resource"]["Fn::Sub"].replace("${AWS::Partition}", "aws").replace("${Bucket}", "b")
            statement["Resource"] = text.replace("${AWS::AccountId}", "1" * 12).replace("${AWS::Region}", "eu-west-1")
    iam = workshop.client("iam")
    iam.create_role(RoleName="exported", AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]))
    iam.put_role_policy(RoleName="exported", PolicyName="p", PolicyDocument=json.dumps(policy["PolicyDocument"]))
    allowed = {(action, each["Resource"]) for each in statements for action in each["Action"]}
    assert ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111111111111:function:workshop-99-say-it") in allowed
    assert ("states:StartExecution", "arn:aws:states:eu-west-1:111111111111:stateMachine:workshop-99-all") in allowed
    assert ("s3:ListBucket", "arn:aws:s3:::b") in allowed
    assert {action.partition(":")[0] for action, _ in allowed} == {"lambda", "states", "s3", "events"}


def test_a_function_that_is_not_handed_over_is_named(machine: StateMachine, tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match=r"calls the function workshop-99-say-it\. Hand over"):
        export(machine, tmp_path)


def test_a_service_that_the_workshop_may_not_call_has_no_policy(workshop: Session, tmp_path: Path) -> None:
    task = steps.AwsSdkStep("Ask", "bedrockruntime", "converse", parameters={"ModelId": "any"})
    machine = StateMachine("workshop-99-ask", "arn:any", steps.Graph(task).to_json())
    with pytest.raises(WorkshopError, match="calls bedrockruntime is not known here"):
        export(machine, tmp_path)


def test_what_is_not_deployed_is_not_exported(workshop: Session, tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match="not deployed yet"):
        export(Workflow("workshop-99-no", sdk.Pass("One"), workshop.roles.states), tmp_path)
