"""Runs in one account of AWS, for which a local cloud stands: their names, what they leave, and who deletes what."""

from __future__ import annotations

import functools
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from stepfunctions import steps
from stepfunctions.workflow import Workflow

from helpers import WorkshopError, clean_up, connect, deploy, manifest, names, run
from helpers.cleaning import Account, clean_aws
from helpers.granting import SETTLES
from helpers.session import Session, reach_aws

NewKernel = Callable[[str], None]


def notebook() -> Session:
    """What a notebook makes: a function, a workflow that is updated, a table."""
    workshop = connect()
    source = manifest.folder() / "say.py"
    source.write_text("def handler(event, context):\n    return 1\n")
    deploy(source, "workshop-99-say")
    for value in (1, 2):
        machine = deploy(Workflow("workshop-99-one", steps.Pass("Only", result=value), workshop.roles.states))
        assert run(machine).output == value
    workshop.client("dynamodb").create_table(
        TableName=workshop.name("workshop-99-table"),
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=workshop.tags,
    )
    return workshop


onlooker = functools.cache(reach_aws)  # its clients are made once


def left(*runs: str) -> list[str]:
    """What these runs have in the account, as `clean_aws` would find it."""
    return [found.said for found in Account(onlooker(), runs).found() if found.run in runs]


def test_readers_and_runs_share_an_account_and_each_deletes_its_own(
    new_kernel: NewKernel, capsys: pytest.CaptureFixture[str]
) -> None:
    new_kernel("ada")
    killed = notebook().run
    new_kernel("ada")
    second = notebook().run
    new_kernel("ben")
    other = notebook().run
    assert len({killed, second, other}) == 3
    clean_up()
    said = capsys.readouterr().out
    assert "7 resources deleted.\n" in said
    assert f"Deleted state machine workshop-99-one-{other}\n" in said
    assert re.search(rf"workshop-functions-{other} may now\n(  \+ logs:.* on arn:aws:logs:eu-west-1:\S+\n)+", said)
    assert not list(manifest.runs())
    assert len(left(killed, second, other)) == 14

    new_kernel("ada")  # not connected
    questions: list[str] = []
    assert not clean_aws([], lambda question: bool(questions.append(question)))
    assert questions == ["Delete these 14 in eu-west-1?"]
    clean_up()
    assert "14 resources deleted." in capsys.readouterr().out
    assert not left(killed, second)
    assert not list(manifest.runs())


def test_what_has_no_manifest_here_is_named_and_deleted_only_on_demand(
    new_kernel: NewKernel, capsys: pytest.CaptureFixture[str]
) -> None:
    new_kernel("ada")
    lost = connect().run
    new_kernel("ben")
    assert clean_aws([])
    assert f"(4 of run {lost}, which has no manifest here: `workshop.py clean-aws {lost}`)" in capsys.readouterr().out
    assert len(left(lost)) == 4
    assert clean_aws([lost])
    assert not left(lost)


def test_a_start_after_an_update_is_of_the_version_that_was_published(new_kernel: NewKernel) -> None:
    new_kernel("ada")
    workshop = connect()
    states = workshop.client("stepfunctions")
    versions = []
    for value in (1, 2, 3):
        ended = run(deploy(steps.Pass("Only", result=value), "workshop-99-version"))
        described = states.describe_execution(executionArn=ended.arn)
        versions.append(described.get("stateMachineVersionArn", "").rpartition(":")[2])
    assert versions == ["", "1", "2"]
    states.delete_state_machine(stateMachineArn=ended.machine.arn)
    assert run(deploy(steps.Pass("Only", result=4), "workshop-99-version")).output == 4
    clean_up()


def test_what_is_refused_stops_nothing_and_is_named(new_kernel: NewKernel, capsys: pytest.CaptureFixture[str]) -> None:
    new_kernel("ada")
    workshop = connect()
    iam, role = workshop.client("iam"), f"workshop-jobs-{workshop.run}"
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    policy = iam.create_policy(PolicyName=workshop.name("workshop-more"), PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    clean_up()
    said = capsys.readouterr().out
    assert f"LEFT role {role}: An error occurred (DeleteConflict)" in said
    assert f"Deleted bucket {workshop.bucket} and what was in it\n" in said
    assert left(workshop.run) == [f"role {role}"]
    assert [each.id for each in manifest.runs()] == [workshop.run]
    iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    clean_up()
    assert not left(workshop.run)
    assert not list(manifest.runs())


def test_a_manifest_names_what_is_created_before_it_is(new_kernel: NewKernel) -> None:
    new_kernel("ada")
    workshop = connect()
    with pytest.raises(ClientError):
        workshop.client("stepfunctions").create_state_machine(name="workshop-99-bad", definition="{}", roleArn="arn:a")
    (begun,) = manifest.runs()
    assert (begun.id, begun.account_id, begun.region) == (workshop.run, "123456789012", "eu-west-1")
    first, *_, last = begun.records()
    assert first == {"action": "s3:CreateBucket", "names": {"Bucket": workshop.bucket}}
    assert last == {"action": "stepfunctions:CreateStateMachine", "names": {"name": "workshop-99-bad"}}
    clean_up()


def test_what_the_sdk_does_not_tag_is_tagged_or_known_by_its_role(new_kernel: NewKernel) -> None:
    new_kernel("ada")
    workshop = connect()
    Workflow(workshop.name("workshop-99-sdk"), steps.Pass("Only"), workshop.roles.states).create()
    sagemaker = workshop.client("sagemaker")
    container = {"Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"}
    for name, role in {
        "training-pipeline-1": workshop.roles.jobs,
        "theirs": "arn:aws:iam::123456789012:role/own",
    }.items():
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)
        variant = {"VariantName": "a", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    assert left(workshop.run)[:3] == [
        f"state machine workshop-99-sdk-{workshop.run}",
        "endpoint config training-pipeline-1",
        "model training-pipeline-1",
    ]
    clean_up()
    assert not left(workshop.run)
    assert [model["ModelName"] for model in sagemaker.list_models()["Models"]] == ["theirs"]


def test_logs_of_a_run_are_deleted_and_those_of_others_in_the_same_group_stay(new_kernel: NewKernel) -> None:
    new_kernel("ada")
    workshop = connect()
    logs, run = workshop.client("logs"), workshop.run
    ours = {
        f"/aws/sagemaker/Endpoints/workshop-99-offers-{run}": "one/i-1",
        "/aws/sagemaker/TrainingJobs": f"estimator-workshop-99-short-{run}-ab/algo-1-5",
        "/aws/sagemaker/TransformJobs": f"workshop-99-{run}-ab/algo-1-5",
        "/aws-glue/crawlers": f"workshop-99-crawler-{run}",
    }
    for group, stream in ours.items():
        logs.create_log_group(logGroupName=group)
        for name in (stream, "workshop-99-zzzzzz"):
            logs.create_log_stream(logGroupName=group, logStreamName=name)
    assert len([each for each in left(run) if each.startswith("log ")]) == 4
    clean_up()
    assert not left(run)
    groups = {each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]}
    assert {group for group in ours if "Endpoints" not in group} == groups & ours.keys()
    (stays,) = logs.describe_log_streams(logGroupName="/aws-glue/crawlers")["logStreams"]
    assert stays["logStreamName"] == "workshop-99-zzzzzz"


def test_what_was_made_a_moment_ago_is_waited_for_before_anything_is_listed(
    new_kernel: NewKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_kernel("ada")
    connect()
    made = max(run.path.stat().st_mtime for run in manifest.runs())
    slept: list[float] = []
    monkeypatch.setattr(time, "time", lambda: made + 1)
    monkeypatch.setattr(time, "sleep", slept.append)
    clean_up()
    assert slept[0] == pytest.approx(SETTLES - 1)


@pytest.mark.parametrize("kind", ["bucket", "role"])
def test_what_has_a_name_of_ours_and_is_not_is_left_as_it_is(
    new_kernel: NewKernel, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    new_kernel("ada")
    account = reach_aws("us-east-1")  # where CreateBucket answers 200 for a bucket that one has
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3, iam = account.client("s3"), account.client("iam")
    monkeypatch.setattr(names, "new_run", lambda: f"{kind}2")
    if kind == "bucket":
        s3.create_bucket(Bucket="workshop-123456789012-us-east-1-bucket2")
    else:
        iam.create_role(RoleName="workshop-jobs-role2", AssumeRolePolicyDocument="{}")
    with pytest.raises(WorkshopError, match=f"The {kind} workshop-.*2 exists, and the workshop has not made it"):
        connect()
    if kind == "bucket":
        with pytest.raises(ClientError, match="NoSuchTagSet"):
            s3.get_bucket_tagging(Bucket="workshop-123456789012-us-east-1-bucket2")
    else:
        assert not iam.list_role_policies(RoleName="workshop-jobs-role2")["PolicyNames"]


def test_a_name_keeps_its_run_once_and_is_short_enough() -> None:
    assert names.of_run("workshop-03-receipts", "") == "workshop-03-receipts"
    once = names.of_run("workshop-03-receipts", "k3x9bc")
    assert once == names.of_run(once, "k3x9bc") == "workshop-03-receipts-k3x9bc"
    assert names.of_run("workshop_01_shop", "k3x9bc") == "workshop_01_shop_k3x9bc"
    with pytest.raises(WorkshopError, match="more than 63"):
        names.of_run("workshop-" + "a" * 50, "k3x9bc")


TAGS: list[Any] = [
    {"workshop": "serverless-ml", "workshop-run": "k3x9bc"},
    [{"Key": "workshop-run", "Value": "k3x9bc"}, {"Key": "workshop", "Value": "serverless-ml"}],
    [{"key": "workshop-run", "value": "k3x9bc"}, {"key": "workshop", "value": "serverless-ml"}],
]


@pytest.mark.parametrize("tags", TAGS)
def test_tags_say_whose_something_is_however_a_service_writes_them(tags: object) -> None:
    assert names.run_of("workshop-a", tags) == "k3x9bc"


def test_without_tags_a_known_run_knows_its_own_names() -> None:
    assert names.run_of("workshop-a-k3x9bc", []) is None
    assert names.run_of("workshop-a-k3x9bc", [], ["k3x9bc"]) == "k3x9bc"
    assert names.run_of("workshop-a-k3x9bc", [{"Key": "workshop", "Value": "other"}]) is None
    assert names.run_of("workshop-a", {"workshop": "serverless-ml"}) == ""


def test_a_manifest_that_a_killed_kernel_began_is_passed_over(new_kernel: NewKernel, tmp_path: Path) -> None:
    new_kernel("ada")
    begun = manifest.begin("k3x9bc", "123456789012", "eu-west-1")
    (manifest.folder() / "bbbbbb.jsonl").touch()
    assert list(manifest.runs()) == [begun]
