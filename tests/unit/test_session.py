"""connect(): the same face for AWS on this machine and for an account."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest

from helpers import LocalCloudDied, WorkshopError, connect, deploy, run, session
from tests.conftest import LocalCloud

ROOT = Path(__file__).resolve().parents[2]
PASS = {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}


def test_every_client_of_the_process_then_reaches_the_local_cloud_and_nothing_else(
    workshop: session.Session,
) -> None:
    assert workshop.target == "local"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", os.environ["AWS_ENDPOINT_URL"])
    assert os.environ["AWS_SHARED_CREDENTIALS_FILE"] == os.environ["AWS_CONFIG_FILE"] == os.devnull
    names = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    assert names == [workshop.bucket]
    assert boto3.Session().get_credentials().access_key == "local"


def test_the_readers_own_settings_are_out_of_reach(unconnected: pytest.MonkeyPatch) -> None:
    unconnected.setenv("AWS_PROFILE", "payroll")
    unconnected.setenv("AWS_SESSION_TOKEN", "secret")
    connect()
    assert "AWS_PROFILE" not in os.environ
    assert "AWS_SESSION_TOKEN" not in os.environ


def test_it_says_where_it_is_in_one_line_that_is_the_same_each_time(workshop: session.Session) -> None:
    assert repr(workshop) == (
        "Connected to AWS on this machine: region us-east-1, account 123456789012, "
        "bucket workshop-123456789012-us-east-1"
    )


def test_roles_are_there_to_be_used(workshop: session.Session) -> None:
    iam = workshop.client("iam")
    for arn in (workshop.roles.states, workshop.roles.functions):
        role = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]
        assert role["Arn"] == arn
        assert {"Key": "workshop", "Value": "serverless-ml"} in role["Tags"]


def test_a_second_call_gives_the_same_cloud(workshop: session.Session) -> None:
    assert connect() is workshop


def test_without_connecting_nothing_is_deployed(unconnected: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorkshopError, match=r"helpers\.connect\(\) first"):
        deploy(PASS, "workshop-pass")


def test_a_target_that_does_not_exist_is_named(unconnected: pytest.MonkeyPatch) -> None:
    unconnected.setenv("WORKSHOP_TARGET", "azure")
    with pytest.raises(WorkshopError, match=r'"azure"\. Set it to local or aws'):
        connect()


def test_a_cloud_that_was_killed_is_reported_with_the_end_of_its_log(unconnected: pytest.MonkeyPatch) -> None:
    workshop = connect()
    machine = deploy(PASS, "workshop-pass")
    cloud = workshop._cloud
    assert cloud is not None
    with cloud.log.open("a") as log:
        log.write("the last words\n")
    cloud.process.kill()
    cloud.process.wait()
    with pytest.raises(LocalCloudDied, match=r"Restart the kernel[^$]*the last words"):
        run(machine)
    assert connect() is not workshop


def test_a_cloud_that_cannot_start_says_why(unconnected: pytest.MonkeyPatch) -> None:
    unconnected.setenv("WORKSHOP_SPEED", "fast")
    with pytest.raises(LocalCloudDied, match="invalid _speed value: 'fast'"):
        connect()


def test_the_cloud_ends_when_the_kernel_is_killed() -> None:
    program = "import os, helpers; w = helpers.connect(); print(w._cloud.process.pid, flush=True); os._exit(9)"
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 9, told.stderr
    assert _ends(int(told.stdout), 10)


def _ends(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z":
            return True  # over; nobody has asked how it ended
    return False


def test_aws_gives_the_same_face(unconnected: pytest.MonkeyPatch, local_cloud: LocalCloud) -> None:
    """An account as boto3 finds it: here, credentials and an endpoint that stand for one."""
    waits: list[float] = []
    unconnected.setattr(session.time, "sleep", waits.append)
    for name, value in {
        "WORKSHOP_TARGET": "aws",
        "AWS_ACCESS_KEY_ID": "mine",
        "AWS_SECRET_ACCESS_KEY": "mine",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": local_cloud.endpoint,
    }.items():
        unconnected.setenv(name, value)
    workshop = connect()
    assert repr(workshop).startswith("Connected to AWS: region eu-west-1, account 123456789012")
    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"
    assert waits  # new roles take a while to be known everywhere
    assert run(deploy(PASS, "workshop-on-aws"), {"a": 1}).output == {"a": 1}


def test_aws_without_a_region_or_without_credentials_says_what_to_do(unconnected: pytest.MonkeyPatch) -> None:
    unconnected.setenv("WORKSHOP_TARGET", "aws")
    unconnected.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(WorkshopError, match="Set AWS_DEFAULT_REGION"):
        connect()
    unconnected.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(WorkshopError, match="unset WORKSHOP_TARGET to run on this machine"):
        connect()
