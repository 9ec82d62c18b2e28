"""Feedback on exercises: what is missing, what is wrong, why it is right; never an exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from stepfunctions.steps import ChoiceRule, Retry, Wait

from helpers import checks
from helpers.session import Session

Said = Callable[..., str]
BUSY = ["Textract.ThrottlingException"]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def say(check: Callable[[Any], None], answer: object) -> str:
        check(answer)
        return capsys.readouterr().out

    return say


@pytest.mark.parametrize("check", [checks.patient_retry, checks.manager_rule])
def test_a_stub_is_not_done_yet(check: Callable[[Any], None], said: Said) -> None:
    assert said(check, ...).startswith("Not done yet")


@pytest.mark.parametrize(
    ("retry", "remark"),
    [
        (3, "that is no retrier"),
        (Retry(error_equals=["States.ALL"]), "repeats every failure"),
        (Retry(error_equals=["Textract.BadDocumentException"]), "is not what Textract says"),
        (Retry(error_equals=BUSY, backoff_rate=1, interval_seconds=20), "at the same pace"),
        (Retry(error_equals=BUSY), "gives up after 7 seconds"),
    ],
)
def test_a_retry_that_would_not_do(retry: object, remark: str, said: Said) -> None:
    told = said(checks.patient_retry, retry)
    assert told.startswith("Not yet")
    assert remark in told


def test_a_patient_retry(said: Said) -> None:
    told = said(checks.patient_retry, Retry(error_equals=BUSY, interval_seconds=2, max_attempts=3))
    assert told.startswith("Right: it waits 2, 4, 8 seconds")


ADDS_UP = ChoiceRule.BooleanEquals("$.adds_up", True)


@pytest.mark.parametrize(
    ("rule", "remark"),
    [
        (ChoiceRule.NumericGreaterThan("$.total", 100), "does not add up is rejected anyway"),
        (ChoiceRule.And([ADDS_UP, ChoiceRule.NumericGreaterThanEquals("$.total", 100)]), "exactly 100"),
        (ADDS_UP, "exactly 100"),
        (ChoiceRule.NumericGreaterThan("$.sum", 100), "the rule itself fails"),
        ("over 100", "Not yet"),
    ],
)
def test_a_rule_that_would_not_do(workshop: Session, rule: object, remark: str, said: Said) -> None:
    told = said(checks.manager_rule, rule)
    assert told.startswith("Not yet")
    assert remark in told


def test_a_rule_for_the_manager(workshop: Session, said: Said) -> None:
    rule = ChoiceRule.And([ChoiceRule.NumericGreaterThan("$.total", 100), ADDS_UP])
    assert said(checks.manager_rule, rule).startswith("Right")


@pytest.mark.parametrize(
    ("tolerance", "remark"),
    [
        ({"ToleratedFailureCount": 1}, "2 of 40 may fail"),
        ({"ToleratedFailureCount": 2}, "2 of 20 may not fail"),
        ({"ToleratedFailurePercentage": 4}, "1 of 20 may fail"),
        ({"ToleratedFailurePercentage": 10}, "2 of 20 may not fail"),
        ({}, "1 of 20 may fail"),
        (5, "Not yet"),
    ],
)
def test_a_tolerance_that_would_not_do(workshop: Session, tolerance: object, remark: str, said: Said) -> None:
    told = said(checks.one_in_twenty, tolerance)
    assert told.startswith("Not yet")
    assert remark in told


def test_one_in_twenty_may_fail(workshop: Session, said: Said) -> None:
    assert said(checks.one_in_twenty, {"ToleratedFailurePercentage": 5}).startswith("Right")


@pytest.mark.parametrize(
    ("rule", "remark"),
    [
        (ChoiceRule.IsPresent("$.unsafe", True), "unsafe = [] is published, but your rule says yes"),
        (ChoiceRule.IsPresent("$.unsafe[1]", True), "unsafe = ['Violence'] goes to a person, but your rule says no"),
        (ChoiceRule.StringEquals("$.unsafe[0]", "Alcohol"), "the rule itself fails"),
        ("unsafe", "Not yet"),
    ],
)
def test_a_rule_that_publishes_what_it_should_not(workshop: Session, rule: object, remark: str, said: Said) -> None:
    told = said(checks.doubtful_photo, rule)
    assert told.startswith("Not yet")
    assert remark in told


def test_a_rule_for_doubtful_photos(workshop: Session, said: Said) -> None:
    assert said(checks.doubtful_photo, ChoiceRule.IsPresent("$.unsafe[0]", True)).startswith("Right")


FROM_PROCESSED = ChoiceRule.StringEquals("$.from", "processed")


@pytest.mark.parametrize(
    ("rule", "remark"),
    [
        (FROM_PROCESSED, "there the rule itself fails"),
        (ChoiceRule.IsPresent("$.from", True), "from raw on"),
        (ChoiceRule.IsPresent("$.from", False), "nothing is transcribed again"),
        ("from", "Not yet"),
    ],
)
def test_a_rule_that_starts_in_the_wrong_place(workshop: Session, rule: object, remark: str, said: Said) -> None:
    told = said(checks.start_in_the_middle, rule)
    assert told.startswith("Not yet")
    assert remark in told


def test_a_rule_that_starts_in_the_middle(workshop: Session, said: Said) -> None:
    rule = ChoiceRule.And([ChoiceRule.IsPresent("$.from", True), FROM_PROCESSED])
    assert said(checks.start_in_the_middle, rule).startswith("Right")


TUNED = "$.tuned.BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value"
FAILED = "$.tuned.TrainingJobStatusCounters.NonRetryableError"


@pytest.mark.parametrize(
    ("rule", "remark"),
    [
        (ChoiceRule.NumericGreaterThan(TUNED, 0.6), "2 failed jobs, is not good enough, but your rule says yes"),
        (ChoiceRule.NumericLessThanEquals(FAILED, 1), "an accuracy of 0.6"),
        (ChoiceRule.NumericGreaterThan("$.accuracy", 0.6), "the rule itself fails"),
    ],
)
def test_a_bar_that_would_not_do(workshop: Session, rule: object, remark: str, said: Said) -> None:
    told = said(checks.higher_bar, rule)
    assert told.startswith("Not yet")
    assert remark in told


@pytest.mark.parametrize(
    ("wait", "remark"),
    [
        (30, "that is no Wait state"),
        (Wait("Wait", seconds=30), "the same for every recording"),
        (Wait("Wait", seconds_path="$.minutes"), "the Wait itself fails"),
        ({"Type": "Wait", "SecondsPath": "$$.State.RetryCount"}, "Not yet"),
    ],
)
def test_a_wait_that_would_not_do(workshop: Session, wait: object, remark: str, said: Said) -> None:
    told = said(checks.wait_by_estimate, wait)
    assert told.startswith("Not yet")
    assert remark in told


def test_a_wait_by_the_estimate(workshop: Session, said: Said) -> None:
    assert said(checks.wait_by_estimate, Wait("Wait", seconds_path="$.estimate")).startswith("Right")


@pytest.mark.parametrize(
    ("timeout", "heartbeat", "remark"),
    [
        (3600, 180, "has two hours"),
        (7200, 7200, "says nothing"),
        (7200, 60, "a little late"),
        (7200, 600, "within five minutes"),
        ("long", 180, "TypeError"),
    ],
)
def test_limits_that_would_not_do(timeout: object, heartbeat: int, remark: str, said: Said) -> None:
    told = said(checks.signs_of_life, {"timeout_seconds": timeout, "heartbeat_seconds": heartbeat})
    assert told.startswith("Not yet")
    assert remark in told


def test_limits_need_both(said: Said) -> None:
    assert "it takes both" in said(checks.signs_of_life, {"timeout_seconds": 7200})


def test_limits_with_signs_of_life(said: Said) -> None:
    assert said(checks.signs_of_life, {"timeout_seconds": 7200, "heartbeat_seconds": 300}).startswith("Right")
