"""connect(): the same face for AWS on this machine and for an account."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

import localcloud
from helpers import WorkshopError, clean_up, connect, deploy, run, session
from helpers.errors import LocalCloudDied
from tests.conftest import LocalCloud

ROOT = Path(__file__).resolve().parents[2]
PUBLISH = "arn:aws:states:::sns:publish"
PASS = {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}


def test_every_client_of_the_process_then_reaches_the_local_cloud_and_nothing_else(
    workshop: session.Session,
) -> None:
    assert workshop.target == "local"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", os.environ["AWS_ENDPOINT_URL"])
    assert os.environ["AWS_SHARED_CREDENTIALS_FILE"] == os.environ["AWS_CONFIG_FILE"] == os.devnull
    names = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    assert names == [workshop.bucket]
    assert boto3.Session().get_credentials().access_key.startswith("LOCAL")


def test_a_proxy_gets_no_local_call(unconnected: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        unconnected.setenv(name, "http://127.0.0.1:9")  # nobody answers there
    unconnected.setenv("NO_PROXY", "intranet.example")
    connect()
    assert boto3.client("s3").list_buckets()["Buckets"]
    assert os.environ["NO_PROXY"].startswith("intranet.example,")


def test_every_plain_client_starts_a_synchronous_execution(workshop: session.Session) -> None:
    states = boto3.client("stepfunctions")
    definition = json.dumps(PASS)
    machine = states.create_state_machine(
        name="workshop-plain", definition=definition, roleArn=workshop.roles.states, type="EXPRESS"
    )
    assert states.start_sync_execution(stateMachineArn=machine["stateMachineArn"])["status"] == "SUCCEEDED"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps temporary folders in the user's own profile")
def test_no_other_user_of_the_machine_reads_the_clouds_log(workshop: session.Session) -> None:
    assert workshop.cloud is not None
    assert workshop.cloud.folder.stat().st_mode & 0o077 == 0


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


def test_a_role_may_do_what_was_deployed_and_nothing_before(unconnected: pytest.MonkeyPatch) -> None:
    """The policy's text is tests/helpers/test_permissions.py's affair."""
    workshop = connect()
    iam = workshop.client("iam")
    assert iam.list_role_policies(RoleName="workshop-states")["PolicyNames"] == []
    deploy({"StartAt": "Say", "States": {"Say": {"Type": "Task", "Resource": PUBLISH, "End": True}}}, "workshop-say")
    document = iam.get_role_policy(RoleName="workshop-states", PolicyName="workshop")["PolicyDocument"]
    (statement,) = document["Statement"]
    topics = "arn:aws:sns:us-east-1:123456789012:workshop-*"
    assert (statement["Action"], statement["Resource"]) == (["sns:Publish"], [topics])


def test_a_second_call_gives_the_same_cloud(workshop: session.Session) -> None:
    assert connect() is workshop


def test_the_first_call_waits_for_what_connecting_makes_and_says_why_it_is_not_there(
    unconnected: pytest.MonkeyPatch,
) -> None:
    begin, make = threading.Event(), session._make_bucket

    def unreached(_: object) -> None:
        begin.wait(60)
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    with unconnected.context() as patched:
        patched.setattr(session, "_make_bucket", unreached)
        patched.setattr(session, "_LAST_SECONDS", 0)
        workshop = connect()
        begin.set()
        with pytest.raises(WorkshopError, match="this machine does not reach"):
            boto3.client("s3").list_buckets()
        begin.clear()
        patched.setattr(session, "_make_bucket", lambda of: begin.wait(60) and make(of))
        assert connect() is workshop
        listing = ThreadPoolExecutor(1).submit(boto3.client("s3").list_buckets)
        begin.set()
    assert [bucket["Name"] for bucket in listing.result()["Buckets"]] == [workshop.bucket]


def test_without_connecting_nothing_is_deployed(unconnected: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorkshopError, match=r"helpers\.connect\(\) first"):
        deploy(PASS, "workshop-pass")


def test_a_target_that_does_not_exist_is_named(unconnected: pytest.MonkeyPatch) -> None:
    unconnected.setenv("WORKSHOP_TARGET", "azure")
    with pytest.raises(WorkshopError, match=r'"azure"\. Set it to local or aws'):
        connect()


@pytest.mark.parametrize("speed", ["banana", "0", "-1", "nan", ""])
def test_a_speed_that_is_none_is_named(unconnected: pytest.MonkeyPatch, speed: str) -> None:
    unconnected.setenv("WORKSHOP_SPEED", speed)
    with pytest.raises(WorkshopError, match=rf'WORKSHOP_SPEED is "{speed}"\. Set it to max or to a number above 0'):
        connect()


def test_a_cloud_that_was_killed_is_reported_with_the_end_of_its_log(unconnected: pytest.MonkeyPatch) -> None:
    workshop = connect()
    machine = deploy(PASS, "workshop-pass")
    cloud = workshop.cloud
    assert cloud is not None
    with cloud.log.open("a") as log:
        log.write("the last words\n")
    cloud.process.kill()
    cloud.process.wait()
    with pytest.raises(LocalCloudDied, match=r"Restart the kernel[^$]*the last words"):
        run(machine)
    assert connect() is not workshop


@pytest.mark.parametrize("region", ["banana", "eu-central", "us-east-1 "])
def test_a_region_that_is_none_is_named(unconnected: pytest.MonkeyPatch, region: str) -> None:
    unconnected.setenv("AWS_DEFAULT_REGION", region)
    with pytest.raises(WorkshopError, match=rf'AWS_DEFAULT_REGION is "{region}"\. Unset it or set it to a region'):
        connect()


def test_a_cloud_that_is_not_reached_is_said_to_run(workshop: session.Session, unconnected: pytest.MonkeyPatch) -> None:
    unconnected.setattr(session, "_LAST_SECONDS", 0)
    with pytest.raises(WorkshopError, match=r"runs, but this machine does not reach http://127"), workshop.alive():
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_a_call_that_a_closing_cloud_fails_is_reported_as_its_end(unconnected: pytest.MonkeyPatch) -> None:
    cloud = connect().cloud
    assert cloud is not None
    failed = {"Error": {"Code": "InternalFailure", "Message": "The local cloud is shutting down."}}
    cloud.process.terminate()
    with pytest.raises(LocalCloudDied, match=r"exit code 0"), session.current().alive():
        raise ClientError(failed, "StartExecution")


def test_a_cloud_that_cannot_start_says_why(unconnected: pytest.MonkeyPatch) -> None:
    start = localcloud.start
    unconnected.setattr(localcloud, "start", lambda **_: start(module="no_such_module"))
    with pytest.raises(LocalCloudDied, match="No module named no_such_module"):
        connect()


def test_the_cloud_ends_when_the_kernel_is_killed() -> None:
    program = "import os, helpers; w = helpers.connect(); print(w.cloud.process.pid, flush=True); os._exit(9)"
    process = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 9, process.stderr
    assert _ends(int(process.stdout), 10)


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


def test_aws_gives_the_same_face(unconnected: pytest.MonkeyPatch, local_cloud: LocalCloud, tmp_path: Path) -> None:
    """An account as boto3 finds it: here, credentials and an endpoint that stand for one."""
    from sagemaker import Session as SageMaker  # takes seconds, in every worker that collects the tests
    from sagemaker import get_execution_role

    waits: list[float] = []
    unconnected.setattr(time, "sleep", waits.append)
    for name, value in {
        "WORKSHOP_TARGET": "aws",
        "WORKSHOP_RUNS": str(tmp_path),
        "AWS_ACCESS_KEY_ID": local_cloud.access_key_id,
        "AWS_SECRET_ACCESS_KEY": local_cloud.secret_access_key,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": local_cloud.endpoint,
    }.items():
        unconnected.setenv(name, value)
    workshop = connect()
    assert repr(workshop).startswith("Connected to AWS: region eu-west-1, account 123456789012")
    assert os.environ["AWS_ACCESS_KEY_ID"] == local_cloud.access_key_id
    assert run(deploy(PASS, "workshop-on-aws"), {"a": 1}).output == {"a": 1}
    assert waits[0] == pytest.approx(10, abs=2)  # a new role is not known everywhere at once
    assert SageMaker().default_bucket() == workshop.bucket
    assert get_execution_role() == workshop.roles.jobs
    assert sum(workshop.spent_by_runs.values()) == pytest.approx(0.000025), "one transition"
    for ceiling, words in (("0.00001", "has spent less than a cent, and WORKSHOP_MAX_USD allows"), ("two", '"two"')):
        unconnected.setenv("WORKSHOP_MAX_USD", ceiling)
        with pytest.raises(WorkshopError, match=words):
            run(deploy(PASS, "workshop-on-aws"))


def test_a_notebook_that_costs_more_than_the_ceiling_makes_nothing_until_it_is_higher(
    new_kernel: Callable[[str], None],
    unconnected: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    new_kernel("ada")
    (path,) = (ROOT / "notebooks").glob("03_*.ipynb")
    unconnected.setenv("JPY_SESSION_NAME", str(path))
    unconnected.setenv("WORKSHOP_MAX_USD", "0.01")
    with pytest.raises(WorkshopError, match=r"Nothing was made: this notebook, run once, costs about \$0\.\d+") as over:
        connect()
    assert not (tmp_path / "ada").exists(), "no run has begun"
    unconnected.setenv("WORKSHOP_MAX_USD", re.search(r"%env WORKSHOP_MAX_USD=([\d.]+),", str(over.value))[1])  # type: ignore[index]
    workshop = connect()
    assert capsys.readouterr().out.startswith("This notebook, run once, costs about $0.")
    assert not workshop.can_wait(31)
    assert capsys.readouterr().out == "On AWS this takes 31 days. Run it on your own machine.\n"
    clean_up()


def test_aws_without_a_region_or_without_credentials_says_what_to_do(unconnected: pytest.MonkeyPatch) -> None:
    unconnected.setenv("WORKSHOP_TARGET", "aws")
    unconnected.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(WorkshopError, match="Set AWS_DEFAULT_REGION"):
        connect()
    unconnected.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(WorkshopError, match="unset WORKSHOP_TARGET to run on this machine"):
        connect()
