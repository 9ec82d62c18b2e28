"""What a run brings into service on AWS does not stand for longer than a day."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpers import clean_up, connect, deploy, run
from helpers.expiry import LASTS

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"


def names_in(scheduler: Any) -> list[str]:
    return [each["Name"] for each in scheduler.list_schedules()["Schedules"]]


def test_an_endpoint_that_nobody_deletes_is_gone_after_a_day(
    new_kernel: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    new_kernel("ada")
    workshop = connect()
    name, sagemaker = workshop.name("workshop-99-forgotten"), workshop.client("sagemaker")
    workshop.client("s3").put_object(Bucket=workshop.bucket, Key="model.tar.gz", Body=b"no archive")
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=workshop.roles.jobs,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{workshop.bucket}/model.tar.gz"},
    )
    variant = {"ModelName": name, "VariantName": "a", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert f"{name} bills by the hour. It is deleted on " in capsys.readouterr().out
    assert names_in(workshop.client("scheduler")) == [name]
    waits = {"Type": "Wait", "Seconds": 25 * 3600, "End": True}
    run(deploy({"StartAt": "A day", "States": {"A day": waits}}, "workshop-99-day"))
    with pytest.raises(sagemaker.exceptions.ClientError, match="Could not find"):
        sagemaker.describe_endpoint(EndpointName=name)
    clean_up()


def test_endpoints_of_a_workflow_and_of_an_input_expire_and_others_do_not(new_kernel: Callable[[str], None]) -> None:
    new_kernel("ben")
    workshop = connect()
    created, named = workshop.name("workshop-99-created"), workshop.name("workshop-99-named")
    create = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createEndpoint",
        "Parameters": {"EndpointName": created, "EndpointConfigName": created},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End"}],
        "End": True,
    }
    states = {"Create": create, "End": {"Type": "Pass", "End": True}}
    workflow = deploy({"StartAt": "Create", "States": states}, "workshop-99-creates")
    scheduler = workshop.client("scheduler")
    assert names_in(scheduler) == [created]
    run(workflow, {"Deploy": {"EndpointName": named}, "Ask": [{"EndpointName": "somebodys"}]})
    assert names_in(scheduler) == [created, named]
    group = workshop.name("workshop-expiry-0")
    schedule = scheduler.get_schedule(Name=named, GroupName=group)
    when = datetime.strptime(schedule["ScheduleExpression"], "at(%Y-%m-%dT%H:%M:%S)").replace(tzinfo=UTC)
    assert (
        timedelta(seconds=-1)
        <= when - scheduler.get_schedule_group(Name=group)["CreationDate"] - LASTS
        < timedelta(hours=1)
    )
    assert json.loads(schedule["Target"]["Input"]) == {"EndpointName": named}
    clean_up()
    assert names_in(scheduler) == []
    names = [role["RoleName"] for role in workshop.client("iam").list_roles()["Roles"]]
    assert not [name for name in names if name.endswith(workshop.run)]
