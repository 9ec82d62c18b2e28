"""Importing the SDK after helpers: quick, quiet, and without a trace in the rest of the process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def printed_by(program: str, **settings: str) -> str:
    """What a fresh Python prints, on either stream."""
    process = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout
    return process.stdout


def test_the_sdk_loads_without_sagemaker_and_says_nothing() -> None:
    answer = printed_by("""
import logging, sys, warnings
import helpers
before = logging.getLogger().level, sys.excepthook, list(warnings.filters)
import stepfunctions
from stepfunctions import steps
from stepfunctions.workflow import Workflow
steps.LambdaStep("Call", parameters={"FunctionName": "f"})
assert (logging.getLogger().level, sys.excepthook, list(warnings.filters)) == before
heavy = {"sagemaker", "pkg_resources", "pandas", "rich"} & sys.modules.keys()
assert not heavy, heavy
assert stepfunctions.__version__ == "2.3.0", stepfunctions.__version__
""")
    assert answer == ""


#: One process for all that needs sagemaker, which takes three seconds to import. Each part prints what its test reads.
WITH_SAGEMAKER = """
import json, logging, os, pathlib, sys
opened = []
pathlib.Path.home().joinpath(".aws").mkdir()
pathlib.Path.home().joinpath(".aws", "config").write_text("[default]")
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" and ".aws" in str(args[0]) else None)
import helpers
from stepfunctions import steps, template
from stepfunctions.steps import TrainingStep
import stepfunctions.steps.sagemaker
assert TrainingStep is steps.TrainingStep is stepfunctions.steps.sagemaker.TrainingStep
assert isinstance(TrainingStep, type)
assert stepfunctions.template is template
assert opened == [], "the reader's own settings are nobody's business"
assert logging.getLogger().level == logging.WARNING
assert sys.excepthook is sys.__excepthook__
workshop = helpers.connect()
import sagemaker
session = sagemaker.Session()
roles = [sagemaker.get_execution_role(), sagemaker.get_execution_role(session), workshop.roles.jobs]
print(json.dumps([session.default_bucket() == workshop.bucket, session.account_id() == workshop.account_id, *roles]))

import jsonschema
jsonschema.Draft202012Validator.check_schema = None  # asking it fails
from sagemaker.config import validate_sagemaker_config
validate_sagemaker_config({"SchemaVersion": "1.0"})
try:
    validate_sagemaker_config({"SchemaVersion": 7})
except jsonschema.ValidationError as problem:
    print(problem.message)

from sagemaker.telemetry import telemetry_logging
from sagemaker.utils import name_from_base
telemetry_logging._requests_helper = lambda *_: print("asked for")
telemetry_logging._get_accountId = lambda *_: "123456789012"
class Session:
    boto_region_name = "us-east-1"
for endpoint in ("http://127.0.0.1:1", ""):
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    print(endpoint or "on AWS")
    telemetry_logging._send_telemetry_request(1, [1], Session())
    print(*(name_from_base("forest") for _ in range(2)))
"""


@pytest.fixture(scope="module")
def with_sagemaker(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the process prints, on either stream, by lines. Its reader has settings for AWS."""
    home = str(tmp_path_factory.mktemp("home"))
    return printed_by(WITH_SAGEMAKER, HOME=home, USERPROFILE=home).splitlines()


def test_sagemaker_comes_when_a_step_needs_it_and_says_nothing(with_sagemaker: list[str]) -> None:
    assert len(with_sagemaker) == 7, with_sagemaker


def test_sagemaker_asks_the_local_cloud_who_it_is_and_uses_the_workshops_bucket(with_sagemaker: list[str]) -> None:
    """As published, it asks the real STS, whatever AWS_ENDPOINT_URL says."""
    own_bucket, own_account, *roles = json.loads(with_sagemaker[0])
    assert (own_bucket, own_account) == (True, True)
    assert len(set(roles)) == 1


def test_sagemakers_configuration_is_still_checked_but_its_schema_is_not(with_sagemaker: list[str]) -> None:
    assert "7 is not" in with_sagemaker[1]


def test_calls_of_a_local_cloud_are_not_reported_to_sagemakers_makers(with_sagemaker: list[str]) -> None:
    assert [with_sagemaker[2], *with_sagemaker[4:6]] == ["http://127.0.0.1:1", "on AWS", "asked for"]


def test_what_sagemaker_names_on_a_local_cloud_has_the_same_name_in_every_run(with_sagemaker: list[str]) -> None:
    """As published, the time of day is in each name, and with it in every definition and history."""
    assert with_sagemaker[3] == "forest-2026-01-05-09-00-00-001 forest-2026-01-05-09-00-00-002"
    assert re.fullmatch(r"(forest(-\d+){7} ?){2}", with_sagemaker[6])
    assert "2026-01-05" not in with_sagemaker[6]


def test_a_star_import_has_every_step_and_no_hidden_module() -> None:
    printed_by("""
import helpers
from stepfunctions.steps import *
assert TuningStep.__name__ == "TuningStep"
assert LambdaStep and Retry and Chain
""")


def test_a_mistyped_step_is_an_attribute_error() -> None:
    answer = printed_by("""
import helpers
from stepfunctions import steps
try:
    steps.TraningStep
except AttributeError as problem:
    print(problem)
""")
    assert answer == "module 'stepfunctions.steps' has no attribute 'TraningStep'\n"


def test_the_partition_follows_the_region() -> None:
    answer = printed_by("""
import os
import helpers
from stepfunctions import steps
for region in ("eu-west-1", "cn-north-1", "us-gov-west-1"):
    os.environ["AWS_REGION"] = region
    print(steps.LambdaStep("Call", parameters={}).to_dict()["Resource"])
""")
    assert answer.splitlines() == [
        "arn:aws:states:::lambda:invoke",
        "arn:aws-cn:states:::lambda:invoke",
        "arn:aws-us-gov:states:::lambda:invoke",
    ]
