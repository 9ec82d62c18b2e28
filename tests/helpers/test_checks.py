"""Feedback on exercises: what is missing, what is wrong with an example, why it is right; never an exception.

For each check: the stub, wrong answers of different kinds with the remark they get, right ones that differ from the
solution, and the solution that the notebook loads.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from stepfunctions import steps
from stepfunctions.steps import ChoiceRule, Retry
from stepfunctions.steps.integration_resources import IntegrationPattern

from helpers import ExecutionFailed, checks, deploy, faults, run
from helpers import steps as newer
from helpers.checks import _judge
from helpers.session import Session

LATER = datetime(2100, 1, 1, tzinfo=UTC)
SOLUTIONS = Path(__file__).resolve().parents[2] / "notebooks" / "solutions"
Said = Callable[..., str]
pytestmark = pytest.mark.usefixtures("workshop")  # a check asks the connected cloud


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def say(check: Callable[..., None], answer: object, *material: object) -> str:
        capsys.readouterr()
        check(answer, *material)
        return capsys.readouterr().out

    return say


def solution(name: str, **names: Any) -> dict[str, Any]:
    """What a solution defines, run as the notebook's cell would run it, where these names are known."""
    cell: dict[str, Any] = {"steps": steps, **names}
    exec((SOLUTIONS / f"{name}.py").read_text("utf-8"), cell)
    return cell


def test_every_check_that_is_exported_is_tested() -> None:
    here = Path(__file__).parent
    sources = [(here / f"test_{name}.py").read_text("utf-8") for name in ("checks", "capstone", "incidents")]
    assert [name for name in checks.__all__ if f"checks.{name}" not in "".join(sources)] == []


def test_an_error_inside_a_check_is_a_remark(said: Said) -> None:
    @_judge.check
    def failing(answer: Any) -> str:
        return answer.nothing  # type: ignore[no-any-return]

    assert said(failing, 3).startswith("Not yet: AttributeError")


# ---- Notebook 00


@pytest.mark.parametrize(
    ("path", "remark"),
    [
        ("$", "takes the place of the whole review"),
        ("$.text", "overwrites `text`"),
        ("$.customer.found", "the state fails"),
        (None, "None drops Comprehend's answer"),
        ("found", "refuses it"),
        ("", "refuses it"),
        (3, "a path is text"),
        (["$.found"], "a path is text"),
    ],
)
def test_a_result_path_that_loses_something(path: object, remark: str, said: Said) -> None:
    words = said(checks.keeps_the_review, path)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize("path", ["$.found", "$.comprehend.answer"])
def test_a_result_path_that_keeps_the_review(path: object, said: Said) -> None:
    assert said(checks.keeps_the_review, path).startswith("Right")


def passing(**fields: Any) -> Callable[[], Any]:
    return lambda: steps.Pass("Mark as new", **fields)


@pytest.mark.parametrize(
    ("make", "remark"),
    [
        (passing(result="new"), "the review is lost"),
        (passing(result="new", result_path="$.text"), "the review is lost"),
        (passing(result="New", result_path="$.status"), '"status": "new" is asked for'),
        (passing(result="new", result_path="$.state"), '"status": "new" is asked for'),
        (passing(), '"status": "new" is asked for'),
        (passing(result="new", result_path="status"), "refuses it"),
        (lambda: None, "returns nothing"),
        (lambda: "new", "A state is asked for"),
        ("new", "a function is asked for"),
    ],
)
def test_a_state_that_does_not_mark_a_review(make: object, remark: str, said: Said) -> None:
    words = said(checks.marks_as_new, make)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize(
    "make",
    [
        passing(parameters={"customer.$": "$.customer", "text.$": "$.text", "status": "new"}),
        lambda: {"Type": "Pass", "Result": "new", "ResultPath": "$.status", "Next": "Find sentiment"},
    ],
)
def test_other_states_that_mark_a_review(make: object, said: Said) -> None:
    assert said(checks.marks_as_new, make).startswith("Right")


def test_an_open_state_of_00_is_not_done_yet(said: Said) -> None:
    assert said(checks.marks_as_new, lambda: ...) == _judge.OPEN + "\n"


# ---- Notebook 03


@pytest.mark.parametrize(
    ("retry", "remark"),
    [
        (3, "A retrier is asked for"),
        ({"ErrorEquals": ["BooksBusy"], "IntervalSeconds": 5}, "not a dict"),
        (Retry(error_equals=["States.ALL"], interval_seconds=5), "also repeats UnreadableReceipt"),
        (Retry(error_equals=["BooksBusy", "UnreadableReceipt"], interval_seconds=5), "also repeats UnreadableReceipt"),
        (Retry(error_equals=["States.TaskFailed"], interval_seconds=5), "also repeats"),
        (Retry(error_equals=["Lambda.BooksBusy"], interval_seconds=5), "BooksBusy is not retried"),
        (Retry(error_equals=["Busy"]), "BooksBusy is not retried"),
        (Retry(error_equals=["BooksBusy"], interval_seconds=5, max_attempts=0), "BooksBusy is not retried"),
        (Retry(error_equals=["BooksBusy"], backoff_rate=1, interval_seconds=20), "not longer each time"),
        (Retry(error_equals=["BooksBusy"]), "7 in all"),
        (Retry(error_equals=["BooksBusy"], interval_seconds=20, max_attempts=1), "gives up"),
        (Retry(error_equals=["BooksBusy"], interval_seconds=2.5), "refuses it"),
        (Retry(error_equals=["BooksBusy"], interval_seconds="2"), "refuses it"),
        (Retry(error_equals="BooksBusy", interval_seconds=4), "refuses it"),
    ],
)
def test_a_retry_that_would_not_do(retry: object, remark: str, said: Said) -> None:
    words = said(checks.patient_retry, retry)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize(
    ("retry", "waits"),
    [
        (Retry(error_equals=["BooksBusy"], interval_seconds=1, max_attempts=4), "1, 2, 4, 8"),
        (Retry(error_equals=["BooksBusy"], interval_seconds=4, backoff_rate=1.5), "4, 6, 9"),
    ],
)
def test_a_patient_retry(retry: object, waits: str, said: Said) -> None:
    assert said(checks.patient_retry, retry).startswith(f"Right: it waits {waits} seconds")


def rule_over(*rules: Any) -> Callable[..., Any]:
    """A function that makes a Choice of (rule, name of the way) pairs, and rejects the rest."""

    def choose(approve: Any, reject: Any, hold: Any) -> Any:
        choice = steps.Choice("Sum agrees?")
        for rule, to in rules:
            choice.add_choice(rule, next_step={"approve": approve, "hold": hold}[to])
        choice.default_choice(reject)
        return choice

    return choose


ADDS_UP = ChoiceRule.BooleanEquals("$.adds_up", True)


def over(rule: Any) -> Any:
    return (ChoiceRule.And([ADDS_UP, rule]), "hold")


@pytest.mark.parametrize(
    ("choose", "remark"),
    [
        (3, "a function is asked for"),
        (lambda approve: approve, "TypeError"),
        (lambda approve, reject, hold: None, "returns nothing"),
        (lambda approve, reject, hold: hold, "of type Pass"),
        (rule_over((ADDS_UP, "approve")), "266.50 that adds up should go to Hold"),
        (rule_over((ADDS_UP, "approve"), over(ChoiceRule.NumericGreaterThan("$.total", 100))), "should go to Hold"),
        (
            rule_over((ChoiceRule.NumericGreaterThan("$.total", 100), "hold"), (ADDS_UP, "approve")),
            "266.50 that does not add up should go to Reject",
        ),
        (rule_over(over(ChoiceRule.NumericGreaterThanEquals("$.total", 100)), (ADDS_UP, "approve")), "of 100.00"),
        (rule_over(over(ChoiceRule.NumericGreaterThanEquals("$.total", 101)), (ADDS_UP, "approve")), "of 100.01"),
        (rule_over(over(ChoiceRule.NumericGreaterThan("$.total", 200)), (ADDS_UP, "approve")), "of 100.01"),
        (rule_over(over(ChoiceRule.NumericGreaterThan("$.sum", 100)), (ADDS_UP, "approve")), "it fails"),
    ],
)
def test_a_choice_that_would_not_do(choose: object, remark: str, said: Said) -> None:
    words = said(checks.manager_choice, choose)
    assert words.startswith("Not yet")
    assert remark in words


def test_an_open_choice_is_not_done_yet(said: Said) -> None:
    assert said(checks.manager_choice, lambda approve, reject, hold: ...) == _judge.OPEN + "\n"


@pytest.mark.parametrize(
    "choose",
    [
        rule_over(
            (ChoiceRule.And([ADDS_UP, ChoiceRule.NumericLessThanEquals("$.total", 100)]), "approve"), (ADDS_UP, "hold")
        ),
        rule_over(over(ChoiceRule.Not(ChoiceRule.NumericLessThanEquals("$.total", 100))), (ADDS_UP, "approve")),
    ],
)
def test_a_choice_with_a_manager(choose: object, said: Said) -> None:
    assert said(checks.manager_choice, choose).startswith("Right")


def execution(*events: tuple[Any, ...]) -> SimpleNamespace:
    """An execution with these events: type, seconds since its start, details."""
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    listed = []
    for number, (kind, at, details) in enumerate(events, 1):
        family = "stateEnteredEventDetails" if kind.endswith("Entered") else "stateExitedEventDetails"
        if not kind.endswith(("Entered", "Exited")):
            family = f"{kind[0].lower()}{kind[1:]}EventDetails"
        when = start + timedelta(seconds=at)
        listed.append(
            {"id": number, "previousEventId": number - 1, "type": kind, "timestamp": when, family: dict(details)}
        )
    return SimpleNamespace(events=listed)


def task(state: str, *tries: float, pause: float = 2.0) -> list[tuple[Any, ...]]:
    """The events of a task that fails at these seconds, and succeeds at the next try."""
    found: list[tuple[Any, ...]] = [("TaskStateEntered", 0, {"name": state, "input": "{}"})]
    at = 0.0
    for failed in tries:
        found += [("TaskScheduled", at, {}), ("TaskStarted", at, {}), ("TaskFailed", failed, {"error": "BooksBusy"})]
        at = failed + pause
    found += [("TaskScheduled", at, {}), ("TaskStarted", at, {}), ("TaskSucceeded", at + 0.1, {"output": "{}"})]
    return [*found, ("TaskStateExited", at + 0.1, {"name": state, "output": "{}"})]


POSTED = execution(*task("Post to the books", 0.1, 2.2))
ONCE = execution(*task("Post to the books"))
OTHER = execution(*task("Read text"))


@pytest.mark.parametrize(
    ("answer", "of", "remark"),
    [
        (2, POSTED, "not 2"),
        ("3", POSTED, "a number is asked for"),
        (True, ONCE, "a number is asked for"),
        (3, OTHER, "never entered"),
    ],
)
def test_a_wrong_number_of_tries(answer: object, of: object, remark: str, said: Said) -> None:
    assert remark in said(checks.tries_to_post, answer, of)


def test_the_right_number_of_tries(said: Said) -> None:
    assert said(checks.tries_to_post, 3, POSTED).startswith("Right: 3 tries")
    assert said(checks.tries_to_post, 1, ONCE).startswith("Right")


@pytest.mark.parametrize(
    ("answer", "of", "remark"),
    [(3, POSTED, "not 3 s"), ("2 s", POSTED, "a number is asked for"), (2, ONCE, "Write the Retry first")],
)
def test_a_wrong_pause(answer: object, of: object, remark: str, said: Said) -> None:
    assert remark in said(checks.first_pause, answer, of)


@pytest.mark.parametrize("answer", [2, 2.0, 2.02])
def test_the_right_pause(answer: object, said: Said) -> None:
    assert said(checks.first_pause, answer, POSTED).startswith("Right: 2 s")


@pytest.mark.parametrize(("answer", "remark"), [(4, "not 4"), (None, "a number is asked for"), ("five", "a number")])
def test_a_wrong_number_of_events(answer: object, remark: str, said: Said) -> None:
    assert remark in said(checks.events_of_a_task, answer, OTHER)


def test_the_right_number_of_events(said: Said) -> None:
    for answer in (5, 5.0):
        words = said(checks.events_of_a_task, answer, OTHER)
        kinds = "TaskStateEntered, TaskScheduled, TaskStarted, TaskSucceeded, TaskStateExited"
        assert words.startswith(f"Right: 5: {kinds}")


def converted(reason: str, went: str) -> SimpleNamespace:
    return execution(
        ("TaskStateEntered", 0, {"name": "Convert to record", "input": "{}"}),
        ("TaskStateExited", 1, {"name": "Convert to record", "output": json.dumps({"reason": reason})}),
        ("PassStateEntered", 1, {"name": went, "input": "{}"}),
        ("PassStateExited", 1, {"name": went, "output": "{}"}),
    )


REJECTED = converted("Items come to 1, the receipt says 2.", "Reject")
APPROVED = converted("Items come to 2, as the receipt says.", "Approve")


@pytest.mark.parametrize(
    ("answer", "of", "remark"),
    [
        ("Approve", REJECTED, "made `adds_up` false"),
        ("Reject", APPROVED, "made `adds_up` true"),
        ("reject it", REJECTED, "is no state"),
        (False, REJECTED, "is no state"),
    ],
)
def test_a_prediction_that_does_not_come_true(answer: object, of: object, remark: str, said: Said) -> None:
    words = said(checks.way_of_the_receipt, answer, of)
    assert words.startswith("Not yet")
    assert remark in words


def test_a_prediction_that_comes_true(said: Said) -> None:
    assert "the default leads to Reject" in said(checks.way_of_the_receipt, "Reject", REJECTED)
    assert "as the receipt says. So `adds_up` is true" in said(checks.way_of_the_receipt, "Approve", APPROVED)


STORED = execution(*task("Store record"))


@pytest.mark.parametrize(
    ("answer", "of", "remark"), [(11, OTHER, "0 reached"), (0, STORED, "1 reached"), ("all", OTHER, "a number")]
)
def test_a_wrong_number_of_receipts(answer: object, of: object, remark: str, said: Said) -> None:
    assert remark in said(checks.handled_receipts, answer, of)


def test_the_right_number_of_receipts(said: Said) -> None:
    assert said(checks.handled_receipts, 0, OTHER).startswith("Right: 0 reached the table")
    assert said(checks.handled_receipts, 1, STORED).startswith("Right: 1")


def test_the_solutions_of_03_are_right(said: Said) -> None:
    assert said(checks.patient_retry, solution("03_patient_retry")["retry"]).startswith("Right")
    assert said(checks.manager_choice, solution("03_ask_the_manager")["choose"]).startswith("Right")
    history = solution("03_read_the_history")
    assert said(checks.tries_to_post, history["tries"], POSTED).startswith("Right")
    assert said(checks.first_pause, history["pause"], POSTED).startswith("Right")
    assert said(checks.events_of_a_task, history["events"], OTHER).startswith("Right")


# ---- Notebook 00 again: its prediction, and its questions to the history

SENTIMENT_FOUND = json.dumps({"Sentiment": "NEGATIVE", "SentimentScore": {"Negative": 0.8795}})
REVIEWED = execution(
    ("ExecutionStarted", 0, {}),
    ("TaskStateEntered", 0, {"name": "Find sentiment", "input": "{}"}),
    ("TaskScheduled", 0, {}),
    ("TaskSucceeded", 0.2, {"output": SENTIMENT_FOUND}),
    ("TaskStateExited", 0.2, {"name": "Find sentiment", "output": "{}"}),
    ("WaitStateEntered", 0.2, {"name": "Wait 30 seconds", "input": "{}"}),
    ("WaitStateExited", 30.2, {"name": "Wait 30 seconds", "output": "{}"}),
)
LOST = execution(
    ("ExecutionStarted", 0, {}),
    ("TaskStateEntered", 0, {"name": "Store review", "input": "{}"}),
    ("ExecutionFailed", 0, {"error": "States.Runtime", "cause": "no customer"}),
)


@pytest.mark.parametrize(
    ("check", "answer", "of", "remark"),
    [
        (checks.state_that_fails, "Find sentiment", LOST, 'it was "Store review"'),
        (checks.state_that_fails, "Store", LOST, "is none of"),
        (checks.state_that_fails, 3, LOST, "is none of"),
        (checks.state_that_fails, "Store review", REVIEWED, "did not fail"),
        (checks.answer_arrives, 3, REVIEWED, "not 3"),
        (checks.answer_arrives, "TaskSucceeded", REVIEWED, "a number is asked for"),
        (checks.answer_arrives, 5, REVIEWED, "not 5"),
        (checks.seconds_waited, 29, REVIEWED, "not 29"),
        (checks.seconds_waited, "30 s", REVIEWED, "a number is asked for"),
        (checks.seconds_waited, True, REVIEWED, "a number is asked for"),
        (checks.percent_negative, 87, REVIEWED, "not 87"),
        (checks.percent_negative, 0.88, REVIEWED, "not 0.88"),
        (checks.percent_negative, None, REVIEWED, "a number is asked for"),
    ],
)
def test_wrong_answers_about_a_review(check: Any, answer: object, of: object, remark: str, said: Said) -> None:
    words = said(check, answer, of)
    assert words.startswith("Not yet")
    assert remark in words


def test_right_answers_about_a_review(said: Said) -> None:
    assert said(checks.state_that_fails, "Store review", LOST).startswith("Right")
    assert said(checks.answer_arrives, 4, REVIEWED).startswith("Right: 4")
    assert said(checks.answer_arrives, 4.0, REVIEWED).startswith("Right: 4")
    assert said(checks.seconds_waited, 30.0, REVIEWED).startswith("Right: 30 s")
    assert said(checks.percent_negative, 88, REVIEWED).startswith("Right: 88 %")
    assert said(checks.percent_negative, 87.9, REVIEWED).startswith("Right: 88 %")


def test_the_solutions_of_00_are_right(said: Said) -> None:
    assert said(checks.keeps_the_review, solution("00_keep_the_review")["answer_goes_to"]).startswith("Right")
    assert said(checks.marks_as_new, solution("00_mark_as_new")["mark_as_new"]).startswith("Right")
    answers = solution("00_read_the_history")
    assert said(checks.seconds_waited, answers["waited"], REVIEWED).startswith("Right")
    assert said(checks.percent_negative, answers["percent"], REVIEWED).startswith("Right")


# ---- Notebook 02

PASSING = [
    f"Textract.{name}Exception" for name in ("Throttling", "ProvisionedThroughputExceeded", "InternalServerError")
]


@pytest.mark.parametrize(
    ("names", "remark"),
    [
        (["States.ALL"], "UnsupportedDocumentException is retried"),
        (["States.TaskFailed"], "UnsupportedDocumentException is retried"),
        ([*PASSING, "Textract.BadDocumentException"], "BadDocumentException is retried"),
        ([*PASSING, "Textract.AccessDeniedException"], "AccessDeniedException is retried"),
        (PASSING[:2], "InternalServerErrorException is not retried"),
        (PASSING[1:], "ThrottlingException is not retried"),
        (["Textract.ThrottlingException"], "ProvisionedThroughputExceededException is not retried"),
        ([*PASSING[:2], "Textract.InternalServerError"], "Mind the names"),
        (["ThrottlingException"], "Mind the names"),
        ([], "refuses it"),
        ("Textract.ThrottlingException", "a list of names"),
        ([3], "a list of names"),
    ],
)
def test_errors_of_which_some_do_not_pass(names: object, remark: str, said: Said) -> None:
    words = said(checks.errors_that_pass, names)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize("names", [PASSING, tuple(reversed(PASSING))])
def test_errors_that_pass(names: object, said: Said) -> None:
    assert said(checks.errors_that_pass, names).startswith("Right")


PROBLEM = {"Error": "Textract.UnsupportedDocumentException", "Cause": "Request has unsupported document format"}
ASKED = execution(
    ("TaskStateEntered", 0, {"name": "Ask for a new photo", "input": json.dumps({"problem": PROBLEM})}),
    ("TaskStateExited", 1, {"name": "Ask for a new photo", "output": "{}"}),
)
HELD = execution(*task("Notify the sender", 0.1, 3.2, pause=3.0))
READ_THRICE = execution(*task("Read fields", 0.1, 2.2))


@pytest.mark.parametrize(
    ("check", "answer", "of", "remark"),
    [
        (checks.records_at_the_end, 0, 1, "1 is in the table"),
        (checks.records_at_the_end, 3, 1, "1 is in the table"),
        (checks.records_at_the_end, "one", 1, "a number is asked for"),
        (checks.tries_to_read, 2, READ_THRICE, "not 2"),
        (checks.tries_to_read, "3", READ_THRICE, "a number is asked for"),
        (checks.tries_to_read, 4, READ_THRICE, "not 4"),
        (checks.error_of_the_file, "UnsupportedDocumentException", ASKED, "under `problem`"),
        (checks.error_of_the_file, 3, ASKED, "under `problem`"),
        (checks.error_of_the_file, PROBLEM["Error"], HELD, "never entered"),
        (checks.longest_pause, 2, HELD, "not 2"),
        (checks.longest_pause, "3 s", HELD, "a number is asked for"),
        (checks.longest_pause, 3, READ_THRICE, "not 3"),
    ],
)
def test_wrong_answers_about_a_monolith(check: Any, answer: object, of: object, remark: str, said: Said) -> None:
    words = said(check, answer, of)
    assert words.startswith("Not yet")
    assert remark in words


def test_right_answers_about_a_monolith(said: Said) -> None:
    assert said(checks.records_at_the_end, 1, 1).startswith("Right: 1")
    assert said(checks.tries_to_read, 3, READ_THRICE).startswith("Right: 3: 1 first ones, and 2")
    assert said(checks.error_of_the_file, PROBLEM["Error"], ASKED).startswith("Right")
    assert said(checks.longest_pause, 3, HELD).startswith("Right: 3 s")


def test_the_solutions_of_02_are_right(said: Said) -> None:
    assert said(checks.errors_that_pass, solution("02_errors_that_pass")["passing"]).startswith("Right")
    answers = solution("02_read_the_history")
    assert said(checks.error_of_the_file, answers["error"], ASKED).startswith("Right")


# ---- Notebook 04

STATUS = "$.job.TranscriptionJob.TranscriptionJobStatus"


def states_entered(*names: str, seconds: float = 1.0) -> SimpleNamespace:
    """An execution that entered these states, a second each, and took so long."""
    events = []
    for at, name in enumerate(names):
        events += [("PassStateEntered", at, {"name": name, "input": "{}"})]
        events += [("PassStateExited", at + 1, {"name": name, "output": "{}"})]
    found = execution(*events)
    found.seconds = seconds
    return found


RARE = states_entered("Start", "Wait", "Get transcription", "Ended?", seconds=60)
OFTEN = states_entered("Start", *("Wait", "Get transcription", "Ended?") * 3, seconds=41)


@pytest.mark.parametrize(
    ("answer", "remark"),
    [
        ("sooner and cheaper", "it was sooner and dearer: 60 s and 4 transitions, against 41 s and 10"),
        ("later and dearer", "it was sooner and dearer"),
        ("dearer", "is none of"),
        (5, "is none of"),
    ],
)
def test_a_wrong_prediction_of_a_short_pause(answer: object, remark: str, said: Said) -> None:
    words = said(checks.looking_often, answer, RARE, OFTEN)
    assert words.startswith("Not yet")
    assert remark in words


def test_a_right_prediction_of_a_short_pause(said: Said) -> None:
    assert said(checks.looking_often, "sooner and dearer", RARE, OFTEN).startswith("Right: 60 s")
    assert said(checks.looking_often, "later and cheaper", OFTEN, RARE).startswith("Right: 41 s")


def by_status(default: str, **ways: str) -> Callable[..., Any]:
    """A function that makes a Choice of statuses and the ways they lead."""

    def choose(wait: Any, done: Any, failed: Any) -> Any:
        states = {"wait": wait, "done": done, "failed": failed}
        choice = steps.Choice("Ended?")
        for status, way in ways.items():
            choice.add_choice(ChoiceRule.StringEquals(STATUS, status), next_step=states[way])
        choice.default_choice(states[default])
        return choice

    return choose


@pytest.mark.parametrize(
    ("choose", "remark"),
    [
        ("wait", "a function is asked for"),
        (lambda wait, done, failed: None, "A Choice state is asked for"),
        (lambda wait, done, failed: wait, "of type Pass"),
        (lambda wait: wait, "TypeError"),
        (by_status("failed", COMPLETED="done"), "IN_PROGRESS should lead to Wait, and leads to Failed"),
        (by_status("failed", COMPLETED="done", IN_PROGRESS="wait"), "QUEUED should lead to Wait"),
        (by_status("wait", COMPLETED="done"), "FAILED should lead to Failed, and leads to Wait"),
        (by_status("wait", FAILED="failed", COMPLETE="done"), "COMPLETED should lead to Done"),
    ],
)
def test_a_choice_that_waits_too_little_or_too_long(choose: object, remark: str, said: Said) -> None:
    words = said(checks.status_choice, choose)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize(
    "choose",
    [
        by_status("failed", COMPLETED="done", IN_PROGRESS="wait", QUEUED="wait"),
        by_status("done", FAILED="failed", QUEUED="wait", IN_PROGRESS="wait"),
    ],
)
def test_a_choice_that_waits_for_the_end(choose: object, said: Said) -> None:
    assert said(checks.status_choice, choose).startswith("Right")


@pytest.mark.parametrize(
    ("timeout", "heartbeat", "remark"),
    [
        (20, 8, "cut off after 20"),
        (10**9, 8, "refuses it"),
        (10**6, 8, "not 60"),
        (61, 8, "not 60"),
        (45, 7, "two late, is missed at 7"),
        (45, 5, "is missed at 5"),
        (45, 11, "noticed after 11 seconds"),
        (45, 45, "refuses it"),
        (45.5, 8.5, "refuses it"),
        ("1m", 8, "a number is asked for"),
        (45, "8", "a number is asked for"),
        (True, 8, "a number is asked for"),
    ],
)
def test_limits_that_would_not_do(timeout: object, heartbeat: object, remark: str, said: Said) -> None:
    words = said(checks.signs_of_life, {"timeout_seconds": timeout, "heartbeat_seconds": heartbeat})
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize("limits", [{"timeout_seconds": 45}, [45, 8], {"timeout": 45, "heartbeat": 8}])
def test_limits_need_both_by_their_names(limits: object, said: Said) -> None:
    assert "it takes both limits" in said(checks.signs_of_life, limits)


def test_limits_are_open_while_one_is(said: Said) -> None:
    assert said(checks.signs_of_life, {"timeout_seconds": 45, "heartbeat_seconds": ...}) == _judge.OPEN + "\n"


@pytest.mark.parametrize(("timeout", "heartbeat"), [(30, 8), (60, 10)])
def test_limits_with_signs_of_life(timeout: int, heartbeat: int, said: Said) -> None:
    limits = {"timeout_seconds": timeout, "heartbeat_seconds": heartbeat}
    assert said(checks.signs_of_life, limits).startswith("Right")


@pytest.mark.parametrize(("answer", "remark"), [(1, "not 1"), ("3", "a number"), (None, "a number")])
def test_a_wrong_number_of_looks(answer: object, remark: str, said: Said) -> None:
    assert remark in said(checks.looks_at_the_job, answer, OFTEN)


def test_the_right_number_of_looks(said: Said) -> None:
    assert said(checks.looks_at_the_job, 3, OFTEN).startswith("Right")
    assert said(checks.looks_at_the_job, 1, RARE).startswith("Right")
    assert "is missing" in said(checks.looks_at_the_job, 1, None)


LONG = states_entered("Start", "Wait", "Get", "Wait", seconds=4)


@pytest.mark.parametrize(
    ("answer", "remark"), [("Start", "another state took more"), ("wait", "is no state"), (30, "is no state")]
)
def test_a_state_that_is_not_the_longest(answer: object, remark: str, said: Said) -> None:
    assert remark in said(checks.longest_state, answer, LONG)


def test_the_longest_state(said: Said) -> None:
    assert said(checks.longest_state, "Wait", LONG).startswith("Right: 2 s of 4")
    assert said(checks.longest_state, "Get", states_entered("Get", "Get", "Wait")).startswith("Right")


WAITING = execution(
    ("TaskStateEntered", 0, {"name": "Ask", "input": "{}"}),
    ("TaskScheduled", 0, {}),
    ("TaskStarted", 0, {}),
    ("TaskSubmitted", 0, {}),
    ("TaskTimedOut", 5, {"error": "States.Timeout"}),
)


@pytest.mark.parametrize(
    ("answer", "remark"),
    [("TaskStarted", "not TaskStarted"), ("TaskTimedOut", "not TaskTimedOut"), ("submitted", "is no type of an event")],
)
def test_a_wrong_beginning_of_the_wait(answer: object, remark: str, said: Said) -> None:
    assert remark in said(checks.waiting_begins, answer, WAITING)


def test_the_beginning_of_the_wait(said: Said) -> None:
    assert said(checks.waiting_begins, "TaskSubmitted", WAITING).startswith("Right")
    answered = SimpleNamespace(events=[*WAITING.events[:4], {**WAITING.events[4], "type": "TaskSucceeded"}])
    assert said(checks.waiting_begins, "TaskSubmitted", answered).startswith("Right")


def test_the_solutions_of_04_are_right(said: Said) -> None:
    assert said(checks.status_choice, solution("04_wait_on", STATUS=STATUS)["choose"]).startswith("Right")
    assert said(checks.signs_of_life, solution("04_signs_of_life")["limits"]).startswith("Right")
    history = solution("04_read_the_history")
    twice = states_entered("Start", *("Wait", "Get transcription") * 2)
    assert said(checks.looks_at_the_job, history["looks"], twice).startswith("Right")
    assert said(checks.longest_state, history["longest"], LONG).startswith("Right")
    assert said(checks.waiting_begins, history["begins"], WAITING).startswith("Right")


# ---- Notebook 05


@pytest.mark.parametrize(
    ("tolerance", "remark"),
    [
        ({"tolerated_failure_count": 1}, "2 of 40 may fail"),
        ({"tolerated_failure_count": 2}, "2 of 20 may not fail"),
        ({"tolerated_failure_percentage": 4}, "1 of 20 may fail"),
        ({"tolerated_failure_percentage": 6}, "6 of 100 may not fail"),
        ({"tolerated_failure_percentage": 7}, "6 of 100 may not fail"),
        ({"tolerated_failure_percentage": 10}, "2 of 20 may not fail"),
        ({"tolerated_failure_percentage": "5"}, "refuses it"),
        ({"tolerated_share": 5}, "Field 'tolerated_share' is not supported"),
        ({}, "a dict with one argument is asked for"),
        (5, "a dict with one argument is asked for"),
    ],
)
def test_a_tolerance_that_would_not_do(tolerance: object, remark: str, said: Said) -> None:
    words = said(checks.one_in_twenty, tolerance)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize("tolerance", [{"tolerated_failure_percentage": 5}, {"tolerated_failure_percentage": 5.0}])
def test_one_in_twenty_may_fail(tolerance: object, said: Said) -> None:
    assert said(checks.one_in_twenty, tolerance).startswith("Right")


def fit(rule: Any, default: str = "publish") -> Callable[..., Any]:
    """A function that makes a Choice of one rule and a default."""

    def choose(publish: Any, ask_a_person: Any) -> Any:
        ways = [publish, ask_a_person] if default == "publish" else [ask_a_person, publish]
        choice = steps.Choice("Fit for everybody?")
        choice.add_choice(rule, next_step=ways[1])
        choice.default_choice(ways[0])
        return choice

    return choose


@pytest.mark.parametrize(
    ("choose", "remark"),
    [
        ("unsafe", "a function is asked for"),
        (lambda publish, ask: publish, "of type Pass"),
        (lambda publish: publish, "TypeError"),
        (fit(ChoiceRule.IsPresent("$.unsafe", True)), "unsafe = [] should lead to Publish"),
        (fit(ChoiceRule.IsPresent("$.unsafe[1]", True)), "unsafe = ['Violence'] should lead to Ask a person"),
        (fit(ChoiceRule.StringEquals("$.unsafe[0]", "Alcohol")), "it fails"),
        (fit(ChoiceRule.IsPresent("$.unsafe[0]", True), "ask"), "unsafe = [] should lead to Publish"),
    ],
)
def test_a_choice_that_publishes_what_it_should_not(choose: object, remark: str, said: Said) -> None:
    words = said(checks.doubtful_photo, choose)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize(
    "choose",
    [
        fit(ChoiceRule.IsPresent("$.unsafe[0]", False), "ask"),
        fit(ChoiceRule.Not(ChoiceRule.IsPresent("$.unsafe[0]", False))),
    ],
)
def test_a_choice_for_doubtful_photos(choose: object, said: Said) -> None:
    assert said(checks.doubtful_photo, choose).startswith("Right")


STARTS = "arn:aws:states:::states:startExecution"
SYNC = steps.Task("Tag", resource=f"{STARTS}.sync:2", parameters={"Input.$": "$"}, output_path="$.Output")


def starting(resource: str, **more: Any) -> Callable[[], Any]:
    return lambda: steps.Task("Tag", resource=STARTS + resource, parameters={"Input.$": "$"}, **more)


@pytest.mark.parametrize(
    ("make", "remark"),
    [
        (SYNC, "a function is asked for"),
        (lambda: None, "A state is asked for"),
        (lambda: steps.Pass("Tag"), "starts no execution"),
        (starting(""), "it does not wait"),
        (starting("", output_path="$.Output"), "the state fails"),
        (starting(".sync:2"), "Let the answer alone go on"),
        (starting(".sync", output_path="$.Output"), ".sync gives text"),
        (starting(".sync:2", result_path="$.tagged", output_path="$.tagged"), "Let the answer alone go on"),
        (starting(".sync:2", output_path="$.Status"), "which is text"),
        (starting(".sync:2", output_path=None), "is not in it"),
    ],
)
def test_a_state_that_does_not_put_out_the_childs_answer(make: object, remark: str, said: Said) -> None:
    words = said(checks.childs_answer, make)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize(
    "make",
    [
        lambda: SYNC,
        starting(".sync:2", result_path="$.child", output_path="$.child.Output"),
        lambda: {
            "Type": "Task",
            "Resource": f"{STARTS}.sync:2",
            "Parameters": {},
            "OutputPath": "$.Output",
            "Next": "A",
        },
    ],
)
def test_a_state_that_puts_out_the_childs_answer(make: object, said: Said) -> None:
    assert said(checks.childs_answer, make).startswith("Right")


@pytest.fixture(scope="module")
def parent(workshop: Session) -> Any:
    """An execution that started three children, which wait for a second, and did not wait for them."""
    wait = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}}
    child = deploy(wait, "workshop-05-check-child")
    start = {"Type": "Task", "Resource": STARTS, "Parameters": {"StateMachineArn": child.arn}, "End": True}
    each = {"Type": "Map", "ItemsPath": "$.photos", "ResultPath": "$.tagged", "End": True}
    inside = {"StartAt": "Tag the photo", "States": {"Tag the photo": start}}
    machine = {"StartAt": "Each photo", "States": {"Each photo": {**each, "ItemProcessor": inside}}}
    return run(deploy(machine, "workshop-05-check-parent"), {"photos": [1, 2, 3]})


@pytest.mark.parametrize(("answer", "remark"), [(3, "0 of 3 had"), ("none", "a number is asked for"), (1, "0 of 3")])
def test_a_wrong_number_of_ended_children(answer: object, remark: str, parent: Any, said: Said) -> None:
    assert remark in said(checks.children_at_the_end, answer, parent)


def test_the_right_number_of_ended_children(parent: Any, said: Said) -> None:
    assert said(checks.children_at_the_end, 0, parent).startswith("Right: 0 of 3")
    late = SimpleNamespace(output=parent.output, seconds=parent.seconds, events=[{"timestamp": LATER}])
    assert said(checks.children_at_the_end, 3, late).startswith("Right: 3 of 3")


@pytest.mark.parametrize(("answer", "remark"), [(4, "not 4"), ("3", "a number is asked for"), (None, "a number")])
def test_a_wrong_number_of_children(answer: object, remark: str, parent: Any, said: Said) -> None:
    assert remark in said(checks.children_started, answer, parent)


def test_the_right_number_of_children(parent: Any, said: Said) -> None:
    assert said(checks.children_started, 3, parent).startswith("Right")
    assert said(checks.children_started, 0, ONCE).startswith("Right")


@pytest.mark.parametrize(("answer", "remark"), [(1, "not 1"), ("2", "a number is asked for"), (["a"], "a number")])
def test_a_wrong_number_of_words(answer: object, remark: str, said: Said) -> None:
    assert remark in said(checks.words_written, answer, states_entered("Write the word", "Write the word"))


def test_the_right_number_of_words(said: Said) -> None:
    assert said(checks.words_written, 2, states_entered("Write the word", "Write the word")).startswith("Right")
    assert said(checks.words_written, 0, ONCE).startswith("Right")


BAD_IMAGE = "Rekognition.InvalidImageFormatException"
FAILED_PARENT = SimpleNamespace(error="States.TaskFailed", cause=json.dumps({"Error": BAD_IMAGE}))


@pytest.mark.parametrize(
    ("answer", "of", "remark"),
    [
        ("States.TaskFailed", FAILED_PARENT, "is what the parent says"),
        ("InvalidImage", FAILED_PARENT, "Look at the field Error"),
        (BAD_IMAGE, SimpleNamespace(error=None, cause=None), "did not fail"),
    ],
)
def test_a_wrong_error_of_the_child(answer: object, of: object, remark: str, said: Said) -> None:
    assert remark in said(checks.error_of_the_child, answer, of)


def test_the_error_of_the_child(said: Said) -> None:
    assert said(checks.error_of_the_child, BAD_IMAGE, FAILED_PARENT).startswith("Right")
    other = SimpleNamespace(error="States.TaskFailed", cause='{"Error": "Lambda.Unknown"}')
    assert said(checks.error_of_the_child, "Lambda.Unknown", other).startswith("Right")


def test_the_solutions_of_05_are_right(parent: Any, said: Said) -> None:
    assert said(checks.one_in_twenty, solution("05_one_in_twenty")["tolerance"]).startswith("Right")
    names = {"IntegrationPattern": IntegrationPattern, "start_child": start_child}
    make = solution("05_tag_for_front_page", **names)["tag_for_front_page"]
    assert said(checks.childs_answer, make).startswith("Right")
    assert said(checks.doubtful_photo, solution("05_fit_for_everybody")["choose"]).startswith("Right")
    answers = solution("05_read_the_history")
    photos = states_entered(*["Tag the photo"] * 5)
    assert said(checks.children_started, answers["children"], photos).startswith("Right")
    assert said(checks.words_written, answers["words"], states_entered(*["Write the word"] * 39)).startswith("Right")
    assert said(checks.error_of_the_child, answers["error"], FAILED_PARENT).startswith("Right")


def start_child(pattern: Any, **more: Any) -> Any:
    """As in the notebook, in short."""
    parameters = {"StateMachineArn": "arn:child", "Input.$": "$"}
    return steps.StepFunctionsStartExecutionStep("Tag", integration_pattern=pattern, parameters=parameters, **more)


# ---- Notebook 06


def day(**seconds: float) -> SimpleNamespace:
    """A parent whose lines took these seconds."""
    started = [("TaskStateEntered", 0, {"name": name, "input": "{}"}) for name in seconds]
    ended = [
        ("TaskStateExited", took, {"name": name, "output": "{}"})
        for name, took in sorted(seconds.items(), key=lambda pair: pair[1])
    ]
    entered = [("ParallelStateEntered", 0, {"name": "Every line", "input": "{}"})]
    found = execution(*entered, *started, *ended)
    for event in found.events[1 + len(started) :]:  # each branch goes on from its own beginning
        name = event["stateExitedEventDetails"]["name"]
        event["previousEventId"] = next(
            each["id"] for each in found.events if each.get("stateEnteredEventDetails", {}).get("name") == name
        )
    for event in found.events[1 : 1 + len(started)]:
        event["previousEventId"] = 1
    return found


MONDAY = day(Media=2, Calls=62, Receipts=3, Clicks=506)


@pytest.mark.parametrize(
    ("answer", "of", "remark"),
    [
        ("Calls", MONDAY, "Calls took 62 s, and Clicks 8 min 26 s"),
        ("clicks", MONDAY, "is none of the four"),
        (4, MONDAY, "is none of the four"),
        ("Clicks", day(Media=2, Calls=62), "did not start all four"),
        ("Clicks", 3, "the execution is missing"),
    ],
)
def test_a_line_that_does_not_end_last(answer: object, of: object, remark: str, said: Said) -> None:
    words = said(checks.slowest_line, answer, of)
    assert words.startswith("Not yet")
    assert remark in words


def test_the_line_that_ends_last(said: Said) -> None:
    assert said(checks.slowest_line, "Clicks", MONDAY).startswith("Right: Clicks took 8 min 26 s")
    assert said(checks.slowest_line, "Calls", day(Media=2, Calls=62, Receipts=3, Clicks=6)).startswith("Right: Calls")


REDRIVEN = execution(
    *task("Start transcription"),
    ("TaskStateEntered", 3, {"name": "Flag keywords", "input": "{}"}),
    ("TaskScheduled", 3, {"resourceType": "lambda", "resource": "invoke"}),
    ("TaskFailed", 4, {"resourceType": "lambda", "resource": "invoke", "error": "Lambda.ResourceNotFoundException"}),
    ("ExecutionFailed", 4, {"error": "Lambda.ResourceNotFoundException"}),
    ("ExecutionRedriven", 9, {"redriveCount": 1}),
    ("TaskScheduled", 9, {"resourceType": "lambda", "resource": "invoke"}),
    ("TaskSucceeded", 10, {"resourceType": "lambda", "resource": "invoke", "output": "{}"}),
    ("TaskStateExited", 10, {"name": "Flag keywords", "output": "{}"}),
)
REDRIVEN.events[-3]["previousEventId"] = REDRIVEN.events[-6]["id"]  # the second try follows the failure
#: Entered again, as after a new start.
TWICE = execution(
    *task("Start transcription"), ("ExecutionRedriven", 9, {"redriveCount": 1}), *task("Start transcription")
)


@pytest.mark.parametrize(
    ("answer", "of", "remark"),
    [(2, REDRIVEN, "it was 1"), (0, REDRIVEN, "it was 1"), ("one", REDRIVEN, "a number"), (1, OTHER, "not redriven")],
)
def test_a_wrong_number_of_transcriptions(answer: object, of: object, remark: str, said: Said) -> None:
    words = said(checks.transcriptions_in_all, answer, of)
    assert words.startswith("Not yet")
    assert remark in words


def test_the_right_number_of_transcriptions(said: Said) -> None:
    assert said(checks.transcriptions_in_all, 1, REDRIVEN).startswith("Right: 1")
    assert said(checks.transcriptions_in_all, 2, TWICE).startswith("Right: 2")


@pytest.mark.parametrize(
    ("answer", "of", "remark"),
    [
        ("ExecutionFailed", REDRIVEN, "right after ExecutionFailed"),
        ("Redriven", REDRIVEN, "is no type of an event here"),
        (7, REDRIVEN, "is no type"),
        ("ExecutionRedriven", OTHER, "not redriven"),
    ],
)
def test_an_event_that_does_not_go_on(answer: object, of: object, remark: str, said: Said) -> None:
    assert remark in said(checks.goes_on_with, answer, of)


def test_the_event_that_goes_on(said: Said) -> None:
    assert said(checks.goes_on_with, "ExecutionRedriven", REDRIVEN).startswith("Right")
    assert said(checks.goes_on_with, "ExecutionRedriven", TWICE).startswith("Right")


@pytest.mark.parametrize(
    ("answer", "of", "remark"), [(1, REDRIVEN, "not 1"), ("2", REDRIVEN, "a number"), (2, OTHER, "never entered")]
)
def test_a_wrong_number_of_tries_to_flag(answer: object, of: object, remark: str, said: Said) -> None:
    assert remark in said(checks.tries_to_flag, answer, of)


def test_the_right_number_of_tries_to_flag(said: Said) -> None:
    assert said(checks.tries_to_flag, 2, REDRIVEN).startswith("Right: 2")
    assert said(checks.tries_to_flag, 1, execution(*task("Flag keywords"))).startswith("Right: 1")


ANCESTORS: list[tuple[int, str, Any]] = [
    (0, "s3://b/served/x", {}),
    (1, "s3://b/raw/c/one.csv", None),
    (1, "s3://b/raw/v/two.csv", None),
]


@pytest.mark.parametrize(("answer", "remark"), [(3, "not 3"), (None, "a number is asked for"), ("two", "a number")])
def test_a_wrong_number_of_delivered_files(answer: object, remark: str, said: Said) -> None:
    assert remark in said(checks.delivered_files, answer, ANCESTORS)


def test_the_right_number_of_delivered_files(said: Said) -> None:
    assert said(checks.delivered_files, 2, ANCESTORS).startswith("Right: 2: one.csv, two.csv")
    twice = [*ANCESTORS, ANCESTORS[1]]
    assert said(checks.delivered_files, 2, iter(twice)).startswith("Right: 2"), "a file counts once"


TEXT = {"Text.$": "$.transcript.results.transcripts[0].transcript", "LanguageCode": "en"}


def feeling(call: str = "detectSentiment", parameters: Any = TEXT, **more: Any) -> Callable[[], Any]:
    more = {"result_path": "$.found", **more}
    return lambda: steps.Task(
        "Mood", resource=f"arn:aws:states:::aws-sdk:comprehend:{call}", parameters=parameters, **more
    )


@pytest.mark.parametrize(
    ("make", "remark"),
    [
        (feeling("detectPiiEntities"), "does not end in comprehend:detectSentiment"),
        (feeling(result_path="$"), "nobody knows which call"),
        (feeling(result_path=None), "at $.found"),
        (feeling(result_path="$.mood"), "at $.found"),
        (feeling(parameters={**TEXT, "Text.$": "$.call"}), 'it sends {"Text": "processed/calls'),
        (feeling(parameters={**TEXT, "Text.$": "$.text"}), "cannot be filled in"),
        (feeling(parameters={"Text": "hello", "LanguageCode": "en"}), 'it sends {"Text": "hello"'),
        (feeling(parameters={"Text.$": TEXT["Text.$"]}), "LanguageCode is missing"),
        (lambda: None, "A state is asked for"),
        ("find_mood", "a function is asked for"),
    ],
)
def test_a_state_that_does_not_ask_for_the_mood(make: Any, remark: str, said: Said) -> None:
    words = said(checks.mood_task, make)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize(
    "make",
    [
        feeling(timeout_seconds=30),
        lambda: {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:comprehend:detectSentiment",
            "Parameters": {"Text.$": "States.Format('{}', $.transcript.results.transcripts[0].transcript)"}
            | {"LanguageCode": "en"},
            "ResultPath": "$.found",
            "Next": "Take the answer",
        },
    ],
)
def test_other_states_that_ask_for_the_mood(make: Any, said: Said) -> None:
    assert said(checks.mood_task, make).startswith("Right")


def test_an_open_state_or_choice_of_06_is_not_done_yet(said: Said) -> None:
    assert said(checks.mood_task, lambda: ...) == _judge.OPEN + "\n"
    assert said(checks.start_in_the_middle, lambda start, read: ...) == _judge.OPEN + "\n"


FROM_PROCESSED = ChoiceRule.StringEquals("$.input.from", "processed")
PRESENT = ChoiceRule.IsPresent("$.input.from", True)


def heading(rule: Any, *, otherwise: bool = False) -> Callable[..., Any]:
    """A function that makes a Choice: where the rule holds, to `read`, or the other way round."""

    def choose(start: Any, read: Any) -> Any:
        choice = steps.Choice("Transcribed already?")
        choice.add_choice(rule, next_step=start if otherwise else read)
        choice.default_choice(read if otherwise else start)
        return choice

    return choose


@pytest.mark.parametrize(
    ("choose", "remark"),
    [
        (heading(FROM_PROCESSED), "it fails"),
        (heading(ChoiceRule.And([FROM_PROCESSED, PRESENT])), "it fails"),
        (heading(PRESENT), '"from": "raw"} should lead to Start'),
        (
            heading(ChoiceRule.And([PRESENT, FROM_PROCESSED]), otherwise=True),
            '"from": "processed"} should lead to Read',
        ),
        (heading(ChoiceRule.StringEquals("$.input.day", "tuesday")), "should lead to Start"),
        (heading(ChoiceRule.StringEquals("$.from", "processed")), "it fails"),
        (lambda start, read: read, "of type Pass"),
        (lambda start: start, "TypeError"),
        ("from", "a function is asked for"),
    ],
)
def test_a_choice_that_starts_in_the_wrong_place(choose: object, remark: str, said: Said) -> None:
    words = said(checks.start_in_the_middle, choose)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize(
    "choose",
    [
        heading(ChoiceRule.And([PRESENT, ChoiceRule.Not(ChoiceRule.StringEquals("$.input.from", "raw"))])),
        heading(
            ChoiceRule.Or(
                [
                    ChoiceRule.IsPresent("$.input.from", False),
                    ChoiceRule.Not(ChoiceRule.StringMatches("$.input.from", "p*")),
                ]
            ),
            otherwise=True,
        ),
    ],
)
def test_a_choice_that_starts_in_the_middle(choose: object, said: Said) -> None:
    assert said(checks.start_in_the_middle, choose).startswith("Right")


def test_the_solutions_of_06_are_right(said: Said) -> None:
    mood = solution("06_find_mood", SDK="arn:aws:states:::aws-sdk", TEXT=TEXT)["find_mood"]
    assert said(checks.mood_task, mood).startswith("Right")
    assert said(checks.start_in_the_middle, solution("06_start_in_the_middle")["choose"]).startswith("Right")
    answers = solution("06_read_the_history")
    assert said(checks.goes_on_with, answers["goes_on"], REDRIVEN).startswith("Right")
    assert said(checks.tries_to_flag, answers["tries"], REDRIVEN).startswith("Right")
    assert said(checks.delivered_files, answers["delivered"], ANCESTORS).startswith("Right")


# ---- Notebook 07

TUNED = "$.tuned.BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value"
FAILED = "$.tuned.TrainingJobStatusCounters.NonRetryableError"
ONE_FAILED = ChoiceRule.NumericLessThanEquals(FAILED, 1)


@pytest.mark.parametrize(
    ("rule", "remark"),
    [
        (ChoiceRule.NumericGreaterThan(TUNED, 0.6), "2 failed jobs, is not good enough"),
        (ONE_FAILED, "an accuracy of 0.6,"),
        (ChoiceRule.And([ONE_FAILED, ChoiceRule.NumericGreaterThan(TUNED, 0.63)]), "an accuracy of 0.601"),
        (ChoiceRule.And([ONE_FAILED, ChoiceRule.NumericGreaterThan(TUNED, 0.605)]), "an accuracy of 0.601"),
        (ChoiceRule.And([ONE_FAILED, ChoiceRule.NumericGreaterThan(TUNED, 0.595)]), "an accuracy of 0.6,"),
        (
            ChoiceRule.And([ChoiceRule.NumericEquals(FAILED, 0), ChoiceRule.NumericGreaterThan(TUNED, 0.6)]),
            "a count of 1 failed jobs, is good enough",
        ),
        (ChoiceRule.And([ONE_FAILED, ChoiceRule.NumericGreaterThanEquals(TUNED, 0.6)]), "an accuracy of 0.6,"),
        (ChoiceRule.NumericGreaterThan("$.accuracy", 0.6), "it fails"),
        (0.6, "A Choice rule is asked for"),
    ],
)
def test_a_bar_that_would_not_do(rule: object, remark: str, said: Said) -> None:
    words = said(checks.higher_bar, rule)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize("failed", [ONE_FAILED, ChoiceRule.NumericLessThan(FAILED, 2)])
def test_a_bar_that_would_do(failed: Any, said: Said) -> None:
    good = ChoiceRule.NumericGreaterThan(TUNED, 0.6)
    assert said(checks.higher_bar, ChoiceRule.And([good, failed])).startswith("Right")


def ended(error: str | None = None, **tuned: Any) -> SimpleNamespace:
    """An execution that ended in this error, or with this result of a tuning job."""
    return SimpleNamespace(error=error, output={"tuned": tuned} if tuned else None)


JOB_FAILED = ended("States.TaskFailed")


@pytest.mark.parametrize(
    ("answer", "of", "remark"),
    [
        ("ValueError", JOB_FAILED, "it was States.TaskFailed. ValueError stands in the cause"),
        ("AlgorithmError", JOB_FAILED, "it was States.TaskFailed"),
        ("TaskFailed", JOB_FAILED, "is none of"),
        (7, JOB_FAILED, "is none of"),
        ("States.TaskFailed", ended(), "did not fail"),
    ],
)
def test_a_wrong_error_of_the_step(answer: object, of: object, remark: str, said: Said) -> None:
    words = said(checks.error_of_the_step, answer, of)
    assert words.startswith("Not yet")
    assert remark in words


def test_the_right_error_of_the_step(said: Said) -> None:
    assert said(checks.error_of_the_step, "States.TaskFailed", JOB_FAILED).startswith("Right")
    assert said(checks.error_of_the_step, "ValueError", ended("ValueError")).startswith("Right")


@pytest.mark.parametrize(
    ("answer", "answers", "remark"),
    [
        ("errors", ["tent", "tent", "stove"], "it was 'old, then new': 3 questions, 0 errors, the answer changed once"),
        ("old, then new", ["tent", "stove", "tent", "stove"], "it was 'old and new by turns'"),
        ("old, then new", ["tent", "ModelError", "stove"], "it was 'errors'"),
        ("nothing", ["tent"], "is none of"),
        (0, ["tent"], "is none of"),
    ],
)
def test_a_wrong_prediction_of_the_swap(answer: object, answers: list[str], remark: str, said: Said) -> None:
    words = said(checks.answers_meanwhile, answer, answers, "tent", "stove")
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize(
    ("answer", "answers"),
    [
        ("old, then new", ["tent", "tent", "stove"]),
        ("old and new by turns", ["tent", "stove", "tent"]),
        ("errors", ["tent", "ModelError"]),
    ],
)
def test_a_right_prediction_of_the_swap(answer: str, answers: list[str], said: Said) -> None:
    assert said(checks.answers_meanwhile, answer, answers, "tent", "stove").startswith("Right")


@pytest.mark.parametrize(
    ("columns", "remark"),
    [
        ("$[0,1,5]", "it leaves session, device, offer predicted."),
        ("$[0,4]", "it leaves session, offer taken."),
        ("$[0,5,4]", "it leaves session, offer predicted, offer taken."),
        ("$", "it leaves session, device, visits"),
        ("$[4]", "it leaves offer taken."),
        ("[0,4,5]", "Not yet"),
        ([0, 4, 5], "a JSONPath is asked for"),
    ],
)
def test_columns_that_do_not_compare(columns: object, remark: str, said: Said) -> None:
    words = said(checks.columns_to_compare, columns)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize("columns", ["$[0, 4, 5]", "$.[0,4,5]"])
def test_columns_to_compare(columns: str, said: Said) -> None:
    assert said(checks.columns_to_compare, columns).startswith("Right: each line has the session, offer taken, ")


BEST = {"TunedHyperParameters": {"max-depth": "7", "trees": "33"}}
TUNED_WELL = ended(TrainingJobStatusCounters={"Completed": 3, "NonRetryableError": 1}, BestTrainingJob=BEST)


@pytest.mark.parametrize(
    ("check", "answer", "of", "remark"),
    [
        (checks.jobs_of_the_tuning, 3, TUNED_WELL, "not 3"),
        (checks.jobs_of_the_tuning, "4", TUNED_WELL, "a number is asked for"),
        (checks.jobs_of_the_tuning, 4, ended(), "has no tuning job"),
        (checks.depth_of_the_best, 33, TUNED_WELL, "not 33"),
        (checks.depth_of_the_best, "7", TUNED_WELL, "a number is asked for"),
        (checks.depth_of_the_best, 9, ended(), "has no tuning job"),
        (checks.longest_step, "One", states_entered("One", "Two", "Two"), "One took 1 s"),
        (checks.longest_step, "Three", states_entered("One", "Two"), "is no state"),
        (checks.longest_step, 2, states_entered("One", "Two"), "is no state"),
    ],
)
def test_wrong_answers_about_a_tuning(check: Any, answer: object, of: object, remark: str, said: Said) -> None:
    words = said(check, answer, of)
    assert words.startswith("Not yet")
    assert remark in words


def test_right_answers_about_a_tuning(said: Said) -> None:
    assert said(checks.jobs_of_the_tuning, 4, TUNED_WELL).startswith("Right: 4")
    assert said(checks.jobs_of_the_tuning, 2, ended(TrainingJobStatusCounters={"Completed": 2})).startswith("Right: 2")
    assert said(checks.depth_of_the_best, 7, TUNED_WELL).startswith("Right: 7")
    assert said(checks.depth_of_the_best, 7.0, TUNED_WELL).startswith("Right: 7")
    assert said(checks.longest_step, "Two", states_entered("One", "Two", "Two")).startswith("Right: Two took 2 s")
    assert said(checks.longest_step, "One", states_entered("One")).startswith("Right: One")


def test_the_solutions_of_07_are_right(said: Said) -> None:
    assert said(checks.higher_bar, solution("07_higher_bar", ACCURACY=TUNED)["higher_bar"]).startswith("Right")
    assert said(checks.columns_to_compare, solution("07_columns_to_compare")["output_filter"]).startswith("Right")
    answers = solution("07_read_the_history")
    assert said(checks.jobs_of_the_tuning, answers["jobs"], TUNED_WELL).startswith("Right")
    assert said(checks.depth_of_the_best, answers["depth"], TUNED_WELL).startswith("Right")
    of = states_entered("Prepare features", "Tune model", "Tune model")
    assert said(checks.longest_step, answers["longest"], of).startswith("Right")


@pytest.mark.parametrize("name", checks.__all__)
def test_a_stub_is_not_done_yet(name: str, said: Said) -> None:
    assert said(getattr(checks, name), ..., POSTED) == _judge.OPEN + "\n"


# ---- Notebook 09

READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "SEMICOLON", "MaxItems": 10},
    "Parameters": {"Bucket": "workshop", "Key": "today.csv"},
}


def configured(**changes: object) -> dict[str, Any]:
    """The reader with other fields in its configuration; None takes one away."""
    config = {**READER["ReaderConfig"], **changes}  # type: ignore[dict-item]
    return READER | {"ReaderConfig": {name: value for name, value in config.items() if value is not None}}


@pytest.mark.parametrize(
    ("reader", "remark"),
    [
        ("today.csv", "a dict is asked for"),
        ({}, "refuses it"),
        (configured(InputType="JSON"), "refuses it"),
        (READER | {"ReaderConfig": {"InputType": "JSON"}}, "not valid JSON"),
        (configured(CSVHeaderLocation=None), "refuses it"),
        (configured(CSVDelimiter=None), "the first item is"),
        (configured(CSVDelimiter="PIPE"), "the first item is"),
        (configured(CSVHeaderLocation="GIVEN", CSVHeaders=["shop", "text"]), "the first item is"),
        (configured(MaxItems=None), "it reads 16, not ten"),
        (configured(MaxItems=9), "it reads 9, not ten"),
        (READER | {"Parameters": {"Bucket": "workshop", "Key": "tomorrow.csv"}}, "the file is today.csv"),
    ],
)
def test_a_reader_that_reads_something_else(reader: object, remark: str, said: Said) -> None:
    words = said(checks.csv_reader, reader)
    assert words.startswith("Not yet")
    assert remark in words


def test_a_reader_of_ten_rows(said: Said, workshop: Session) -> None:
    assert said(checks.csv_reader, READER).startswith("Right")
    answer = solution("09_read_the_file", workshop=workshop)["item_reader"]
    assert said(checks.csv_reader, answer).startswith("Right")


@pytest.mark.parametrize(
    ("expression", "remark"),
    [
        (34, "an expression is text"),
        ("$shops[0].shop", "an expression is text"),
        ("{% $shops[0].shop %}", 'not "Larkspur"'),
        ("{% 'Larkspur' %}", 'not "Pinewood"'),
        ("{% $max($shops.share) %}", "it makes 34"),
        ("{% $shops^(share)[0].shop %}", 'not "Larkspur"'),
        ("{% $shops^(>share) %}", "it makes ["),
        ("{% $shops[ %}", "Not yet"),
        ("{% $unknown.shop %}", "Not yet"),
    ],
)
def test_an_expression_that_names_another_shop(expression: object, remark: str, said: Said) -> None:
    words = said(checks.worst_shop, expression)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize(
    "expression",
    [
        solution("09_worst_shop")["expression"],
        "{% $shops[share = $max($shops.share)].shop %}",
        "{% $sort($shops, function($a, $b) {$a.share < $b.share})[0].shop %}",
    ],
)
def test_an_expression_that_names_the_worst_shop(expression: str, said: Said) -> None:
    assert said(checks.worst_shop, expression).startswith("Right")


@pytest.fixture(scope="module")
def redriven(workshop: Session) -> Any:
    """An execution with four child executions: one succeeded, one failed, which stopped two; and a redrive."""
    choice = newer.Choice("Which?", query_language="JSONata")
    choice.add_choice(newer.Condition("{% $states.input = 2 %}"), steps.Fail("Broken"))
    choice.default_choice(steps.Succeed("Well"))
    each = newer.DistributedMap("Each", iterator=choice, items_path="$.items")
    with pytest.raises(ExecutionFailed) as failed:
        run(deploy(each, "workshop-09-redriven"), {"items": [1, 2, 3, 4]})
    execution = failed.value.execution
    workshop.client("stepfunctions").redrive_execution(executionArn=execution.arn)
    execution.refresh()
    while execution.status == "RUNNING":
        execution.refresh()
    return execution


@pytest.fixture(scope="module")
def throttled(workshop: Session) -> Any:
    """An execution of three days, whose first task was throttled twice."""
    retry = Retry(error_equals=["Comprehend.TooManyRequestsException"])
    parameters = {"Text": "Good", "LanguageCode": "en"}
    rate = newer.AwsSdkStep("Rate the comment", "comprehend", "detectSentiment", parameters=parameters, retry=retry)
    wait = steps.Wait("Give it some days", seconds=3 * 86400)
    with faults("comprehend:DetectSentiment", error="TooManyRequestsException", times=2):
        return run(deploy(steps.Chain([rate, wait]), "workshop-09-throttled"))


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (checks.child_executions, 4, (1, 100)),
        (checks.run_again, 3, (1, 4)),
        (checks.tries_to_rate, 3, (1, 2)),
        (checks.days_of_the_execution, 3, (0, 259206)),
    ],
)
def test_a_question_about_a_map_run_or_a_long_execution(
    check: Callable[..., None], right: int, wrong: tuple[int, int], redriven: Any, throttled: Any, said: Said
) -> None:
    execution = redriven if check in (checks.child_executions, checks.run_again) else throttled
    assert said(check, ..., execution).startswith("Not done yet")
    for answer in (*wrong, "three", True):
        assert said(check, answer, execution).startswith("Not yet")
    assert "the cell" in said(check, right, ...)
    assert said(check, right, execution).startswith("Right")


def test_the_solution_of_the_questions_to_notebook_09(redriven: Any, throttled: Any, said: Said) -> None:
    answers = solution("09_read_the_history")
    assert said(checks.run_again, answers["again"] - 1, redriven).startswith("Right")  # one batch more than here
    assert said(checks.tries_to_rate, answers["tries"], throttled).startswith("Right")
    assert said(checks.days_of_the_execution, answers["days"], throttled).startswith("Right")


# ---- Notebook 01

FOUR = [f"lake/checkouts/day=2026-01-05/shop={shop}/a.gz" for shop in ("a", "b", "c", "d")]


@pytest.mark.parametrize(("answer", "remark"), [(1, "it was 4, in 4 folders"), ("4", "a number"), (1500, "it was 4")])
def test_a_wrong_number_of_files(answer: object, remark: str, said: Said) -> None:
    assert remark in said(checks.files_in_the_lake, answer, FOUR)


def test_the_right_number_of_files(said: Said) -> None:
    assert said(checks.files_in_the_lake, 4, FOUR).startswith("Right: 4")
    assert said(checks.files_in_the_lake, 1, FOUR[:1]).startswith("Right: 1")


def kinds(hear: float, read: float = 1.5) -> SimpleNamespace:
    """An execution that called the four services; the call's branch goes on until `hear` seconds."""
    quick = {"See the photo": 0.6, "Read the receipt": read, "Understand the review": 0.2, "Hear the call": 0.1}
    found = day(**quick)
    for at, kind in ((hear - 0.1, "ChoiceStateEntered"), (hear, "ChoiceStateExited")):
        family = "stateEnteredEventDetails" if kind.endswith("Entered") else "stateExitedEventDetails"
        number, when = len(found.events) + 1, found.events[0]["timestamp"] + timedelta(seconds=at)
        details = {"name": "Heard?", "input": "{}", "output": "{}"}
        found.events.append(
            {"id": number, "previousEventId": number - 1, "type": kind, "timestamp": when, family: details}
        )
    return found


@pytest.mark.parametrize(
    ("answer", "of", "remark"),
    [
        ("Read the receipt", kinds(46), "Hear the call 46 s"),
        ("hear", kinds(46), "is none of the four"),
        ("Hear the call", day(**{"Read the receipt": 1}), "did not call all four"),
        ("Hear the call", 3, "the execution is missing"),
    ],
)
def test_a_service_that_does_not_answer_last(answer: object, of: object, remark: str, said: Said) -> None:
    words = said(checks.answers_last, answer, of)
    assert words.startswith("Not yet")
    assert remark in words


def test_the_service_that_answers_last(said: Said) -> None:
    assert said(checks.answers_last, "Hear the call", kinds(46)).startswith("Right: Hear the call took 46 s")
    assert said(checks.answers_last, "Read the receipt", kinds(2, read=9)).startswith("Right: Read the receipt")


@pytest.mark.parametrize(("answer", "remark"), [(9, "it was 0"), ("none", "a number is asked for"), (5, "it was 0")])
def test_a_wrong_number_of_orders(answer: object, remark: str, said: Said) -> None:
    assert remark in said(checks.orders_kept, answer, [])


def test_the_right_number_of_orders(said: Said) -> None:
    assert said(checks.orders_kept, 0, []).startswith("Right: 0")
    assert said(checks.orders_kept, 9, list(range(9))).startswith("Right: 9")


def athena(_workshop: object, query: str) -> SimpleNamespace:
    """A tool that scans a file where the query names its partition, else four."""
    if "nope" in query:
        raise ValueError("COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved")
    scanned = 1700 if "shop = " in query else 6600
    return SimpleNamespace(rows=[["7.5" if "harbour" in query else "9.0"]], scanned=scanned, read=f"{scanned} B")


WASTEFUL = "SELECT sum(if(shop LIKE 'harbour', price, 0)) FROM checkouts"


@pytest.mark.parametrize(
    ("query", "remark"),
    [
        (WASTEFUL, "the answer is right, and 6600 B are scanned"),
        ("SELECT sum(price) FROM checkouts WHERE shop = 'pinewood'", 'should be [["7.5"]], and is [["9.0"]]'),
        ("SELECT nope FROM checkouts", "Athena says: COLUMN_NOT_FOUND"),
        (7, "a query is text"),
        ("SELECT 7.5 FROM checkouts WHERE note = 'harbour'", "the answer is right, and 6600 B are scanned"),
    ],
)
def test_a_query_that_is_not_frugal(query: object, remark: str, said: Said) -> None:
    words = said(checks.frugal_query, query, WASTEFUL, athena)
    assert words.startswith("Not yet")
    assert remark in words


@pytest.mark.parametrize(
    "query",
    [
        "SELECT sum(price) FROM checkouts WHERE shop = 'harbour'",
        "WITH ours AS (SELECT price FROM checkouts WHERE shop = 'harbour') SELECT sum(price) AS taken FROM ours",
    ],
)
def test_a_frugal_query_however_it_is_written(query: str, said: Said) -> None:
    assert said(checks.frugal_query, query, WASTEFUL, athena).startswith("Right: the same answer for 1700 B")


def records(*numbers: str) -> list[dict[str, str]]:
    return [{"itemIdentifier": number} for number in numbers]


def numbers(failed: list[Any]) -> list[str]:
    return [each["kinesis"]["sequenceNumber"] for each in failed]


@pytest.mark.parametrize(
    ("report", "remark"),
    [
        (records("1"), "a function is asked for"),
        (lambda failed: None, "the records from 3 on"),
        (lambda failed: {"batchItemFailures": records("3")}, "should try nothing again"),
        (lambda failed: {"batchItemFailures": failed}, "the whole batch"),
        (lambda failed: {"batchItemFailures": numbers(failed)}, "the whole batch"),
        (lambda failed: {"batchItemFailures": records(*numbers(failed)[:1])}, "from 7 on"),
        (lambda failed: numbers(failed), "the whole batch"),
    ],
)
def test_a_report_that_lambda_does_not_understand(report: object, remark: str, said: Said) -> None:
    words = said(checks.reports_failures, report)
    assert words.startswith("Not yet")
    assert remark in words


def test_a_report_of_the_first_failure_alone_is_enough(said: Said) -> None:
    def report(failed: list[Any]) -> dict[str, Any]:
        return {"batchItemFailures": records(*sorted(numbers(failed), key=int)[:1])} if failed else {}

    assert said(checks.reports_failures, report).startswith("Right")


def test_a_report_in_which_lambda_finds_the_first_failure_itself(said: Said) -> None:
    def report(failed: list[Any]) -> dict[str, Any]:
        return {"batchItemFailures": records(*reversed(numbers(failed)), *numbers(failed))}

    assert said(checks.reports_failures, report).startswith("Right")


LOOKED = states_entered(*("Wait for the transcript", "Look for it", "Heard?") * 3)
ENGINE = execution(
    (
        "TaskSucceeded",
        1,
        {
            "resourceType": "athena",
            "output": json.dumps({"QueryExecution": {"Statistics": {"EngineExecutionTimeInMillis": 750}}}),
        },
    )
)


@pytest.mark.parametrize(
    ("check", "answer", "of", "remark"),
    [
        (checks.looks_for_the_transcript, 4, LOOKED, "not 4"),
        (checks.looks_for_the_transcript, "3", LOOKED, "a number is asked for"),
        (checks.looks_for_the_transcript, 3, 3, "the execution is missing"),
        (checks.milliseconds_of_the_engine, 0.75, ENGINE, "not 0.75"),
        (checks.milliseconds_of_the_engine, 750, LOOKED, "asked Athena nothing"),
        (checks.milliseconds_of_the_engine, "750 ms", ENGINE, "a number is asked for"),
    ],
)
def test_a_wrong_answer_to_the_history_of_01(
    check: Callable[..., None], answer: object, of: object, remark: str, said: Said
) -> None:
    assert remark in said(check, answer, of)


def test_the_solutions_of_01_are_right(said: Said) -> None:
    frugal = solution("01_frugal_query")["frugal"]
    assert said(checks.frugal_query, frugal, WASTEFUL, athena).startswith("Right")
    assert said(checks.reports_failures, solution("01_report_failures")["report"]).startswith("Right")
    history = solution("01_read_the_history")
    assert said(checks.looks_for_the_transcript, history["looks"], LOOKED).startswith("Right")
    assert said(checks.milliseconds_of_the_engine, history["milliseconds"], ENGINE).startswith("Right")
