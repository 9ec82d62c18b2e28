"""Importing the SDK after helpers: quick, quiet, and without a trace in the rest of the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def told_by(program: str) -> str:
    """What a fresh Python prints, on either stream."""
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout
    return told.stdout


def test_the_sdk_loads_without_sagemaker_and_says_nothing() -> None:
    told = told_by("""
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
    assert told == ""


def test_sagemaker_comes_when_a_step_needs_it_as_quietly_and_with_the_workshops_bucket() -> None:
    told = told_by("""
import logging, sys
import helpers
from stepfunctions import steps, template
from stepfunctions.steps import TrainingStep
import stepfunctions.steps.sagemaker
assert TrainingStep is steps.TrainingStep is stepfunctions.steps.sagemaker.TrainingStep
assert isinstance(TrainingStep, type)
assert stepfunctions.template is template
assert logging.getLogger().level == logging.WARNING
assert sys.excepthook is sys.__excepthook__
workshop = helpers.connect()
import sagemaker
print(sagemaker.Session().default_bucket() == workshop.bucket)
""")
    assert told == "True\n"


def test_sagemakers_configuration_is_still_checked_but_its_schema_is_not() -> None:
    told = told_by("""
import helpers
import sagemaker
import jsonschema
jsonschema.Draft202012Validator.check_schema = None  # asking it fails
from sagemaker.config import validate_sagemaker_config
validate_sagemaker_config({"SchemaVersion": "1.0"})
try:
    validate_sagemaker_config({"SchemaVersion": 7})
except jsonschema.ValidationError as problem:
    print(problem.message)
""")
    assert "7 is not" in told


def test_calls_of_a_local_cloud_are_not_reported_to_sagemakers_makers() -> None:
    told = told_by("""
import os
import helpers
from sagemaker.telemetry import telemetry_logging
telemetry_logging._requests_helper = lambda *_: print("asked for")
telemetry_logging._get_accountId = lambda *_: "123456789012"
class Session:
    boto_region_name = "us-east-1"
for endpoint in ("http://127.0.0.1:1", ""):
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    print(endpoint or "on AWS")
    telemetry_logging._send_telemetry_request(1, [1], Session())
""")
    assert told == "http://127.0.0.1:1\non AWS\nasked for\n"


def test_a_star_import_has_every_step_and_no_hidden_module() -> None:
    told_by("""
import helpers
from stepfunctions.steps import *
assert TuningStep.__name__ == "TuningStep"
assert LambdaStep and Retry and Chain
""")


def test_a_mistyped_step_is_an_attribute_error() -> None:
    told = told_by("""
import helpers
from stepfunctions import steps
try:
    steps.TraningStep
except AttributeError as problem:
    print(problem)
""")
    assert told == "module 'stepfunctions.steps' has no attribute 'TraningStep'\n"


def test_the_partition_follows_the_region() -> None:
    told = told_by("""
import os
import helpers
from stepfunctions import steps
for region in ("eu-west-1", "cn-north-1", "us-gov-west-1"):
    os.environ["AWS_REGION"] = region
    print(steps.LambdaStep("Call", parameters={}).to_dict()["Resource"])
""")
    assert told.splitlines() == [
        "arn:aws:states:::lambda:invoke",
        "arn:aws-cn:states:::lambda:invoke",
        "arn:aws-us-gov:states:::lambda:invoke",
    ]


def test_sagemaker_asks_the_local_cloud_who_it_is() -> None:
    """As published, it asks the real STS, whatever AWS_ENDPOINT_URL says."""
    told = told_by("""
import helpers
workshop = helpers.connect()
import sagemaker
session = sagemaker.Session()
print(sagemaker.get_execution_role() == sagemaker.get_execution_role(session) == workshop.roles.jobs)
print(session.account_id() == workshop.account_id, session.default_bucket() == workshop.bucket)
""")
    assert told == "True\nTrue True\n"
