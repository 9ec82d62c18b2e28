"""Tests of the line beside this file: TestState, one state at a time."""

import json

import boto3
import line

EACH = line.definition("bucket")["States"]["Each review"]["ItemProcessor"]["States"]


def trial(state, error, retries=0):
    return boto3.client("stepfunctions").test_state(
        definition=json.dumps(EACH[state]),
        input=json.dumps(line.ITEMS[0]),
        mock={"errorOutput": {"error": error, "cause": "for the test"}},
        stateConfiguration={"retrierRetryCount": retries},
    )


def test_a_throttled_rating_is_tried_again_four_times():
    answers = [trial("Rate", "Comprehend.TooManyRequestsException", tries)["status"] for tries in range(5)]
    assert answers == ["RETRIABLE"] * 4 + ["CAUGHT_ERROR"]


def test_a_refused_review_is_set_aside_with_its_id():
    answer = trial("Rate", "Comprehend.InvalidRequestException")
    assert answer["nextState"] == "Set aside"
    assert json.loads(answer["output"])["id"] == "r-1"
