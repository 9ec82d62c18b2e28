"""What a project that is not ours uses of this package: `start()`, and the fixture for its tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import localcloud

ROOT = Path(__file__).resolve().parents[2]

THEIR_PROGRAM = """
import boto3, json, localcloud

with localcloud.start() as cloud:
    states = boto3.client("stepfunctions", **cloud.settings())
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    role = f"arn:aws:iam::{cloud.account_id}:role/any"
    machine = states.create_state_machine(name="theirs", definition=json.dumps(definition), roleArn=role)
    arn = states.start_execution(stateMachineArn=machine["stateMachineArn"], input='{"a": 1}')["executionArn"]
    while (execution := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        pass
    print(execution["output"])
assert not cloud.alive
assert not cloud.folder.exists()
"""

THEIR_TESTS = """
import boto3, os

def test_a_message_arrives(cloud):
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="one")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "one"

def test_each_test_has_an_empty_account(cloud):
    assert "QueueUrls" not in boto3.client("sqs").list_queues()
    assert boto3.client("sts").get_caller_identity()["Account"] == cloud.account_id

def test_outside_the_readers_settings_stand():
    assert os.environ["AWS_PROFILE"] == "work"
"""


def ask_python(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Python in another project's folder, which has this package on its path."""
    command, environment = [sys.executable, *words], os.environ | settings
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_names_it_gives_are_these() -> None:
    assert localcloud.__all__ == ["LocalCloud", "LocalCloudDied", "UnsupportedLocally", "start"]
    assert all(hasattr(localcloud, name) for name in localcloud.__all__)


def test_a_program_in_an_empty_folder_starts_a_cloud_and_leaves_nothing(tmp_path: Path) -> None:
    ended = ask_python(tmp_path, "-c", THEIR_PROGRAM)
    assert (ended.returncode, ended.stdout) == (0, '{"a": 1}\n'), ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_project_in_an_empty_folder_tests_with_the_fixture(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["localcloud.pytest_plugin"]')
    (tmp_path / "test_theirs.py").write_text(THEIR_TESTS)
    ended = ask_python(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", AWS_PROFILE="work")
    assert "3 passed" in ended.stdout, ended.stdout + ended.stderr


def test_importing_it_loads_the_standard_library_alone(tmp_path: Path) -> None:
    program = "import sys; before = set(sys.modules); import localcloud; print(*sorted(set(sys.modules) - before))"
    loaded = ask_python(tmp_path, "-c", program).stdout.split()
    own = {name for name in loaded if name.partition(".")[0] == "localcloud"}
    assert own == {
        "localcloud",
        "localcloud.aws_settings",
        "localcloud.errors",
        "localcloud.process",
        "localcloud.scratch",
    }
    assert {name.partition(".")[0] for name in loaded} - {"localcloud"} <= set(sys.stdlib_module_names)


def test_the_clouds_process_loads_nothing_of_the_notebooks_side_nor_of_its_sdks(tmp_path: Path) -> None:
    program = (
        "import sys, localcloud.cloud, localcloud.door.server; localcloud.cloud.Cloud().close(); print(*sys.modules)"
    )
    loaded = {name.partition(".")[0] for name in ask_python(tmp_path, "-c", program).stdout.split()}
    assert not loaded & {"helpers", "draw", "boto3", "stepfunctions", "sagemaker", "IPython", "matplotlib", "numpy"}
