"""Tests of the line beside this file: TestState, one state at a time."""

import json

import boto3
import line

DEFINITION = line.definition("bucket")
EACH = DEFINITION["States"]["Each reading"]["ItemProcessor"]["States"]


def trial(state, item, **request):
    return boto3.client("stepfunctions").test_state(
        definition=json.dumps({**EACH[state], "QueryLanguage": "JSONata"}),
        input=json.dumps({}),
        variables=json.dumps({"item": item, "folder": "kept/run/id"}),
        **request,
    )


def test_s3_is_asked_again_when_it_is_busy():
    busy = {"errorOutput": {"error": "S3.SlowDown", "cause": "for the test"}}
    assert trial("Keep the reading", line.ITEMS[0], mock=busy)["status"] == "RETRIABLE"


def test_what_is_no_number_is_set_aside():
    mock = {"result": "{}", "fieldValidationMode": "NONE"}
    assert trial("Keep the conversion", line.BAD, mock=mock)["nextState"] == "Set aside"
    assert trial("Keep the conversion", line.ITEMS[0], mock=mock)["nextState"] == "Done"
