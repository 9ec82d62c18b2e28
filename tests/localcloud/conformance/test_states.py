"""Each state type does what the specification says of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from localcloud.time.clock import EPOCH


def choice(*rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    targets = {rule["Next"] for rule in rules} | ({fields["Default"]} if "Default" in fields else set())
    ends = {name: {"Type": "Pass", "Result": name, "End": True} for name in sorted(targets)}
    return {"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": list(rules), **fields}, **ends}}


def test_choice_takes_the_first_rule_that_holds(world: Any) -> None:
    rules = [
        {"Variable": "$.n", "NumericGreaterThan": 10, "Next": "Big"},
        {"Variable": "$.n", "IsNumeric": True, "Next": "Small"},
    ]
    assert world.output(choice(*rules), {"n": 5}) == "Small"
    assert world.output(choice(*rules), {"n": 50}) == "Big"


def test_choice_without_a_match_goes_to_default_or_fails(world: Any) -> None:
    rule = {"Variable": "$.n", "NumericEquals": 1, "Next": "One"}
    assert world.output(choice(rule, Default="Other"), {"n": 2}) == "Other"
    execution = world.run(choice(rule), {"n": 2})
    assert (execution.status, execution.error) == ("FAILED", "States.NoChoiceMatched")


def test_a_choice_rule_assigns_its_own_variables(world: Any) -> None:
    definition = choice({"Variable": "$.n", "IsPresent": True, "Assign": {"seen": True}, "Next": "Yes"}, Default="No")
    definition["States"]["Yes"] = {"Type": "Pass", "Parameters": {"seen.$": "$seen"}, "End": True}
    assert world.output(definition, {"n": 2}) == {"seen": True}


def test_a_jsonata_choice_needs_a_boolean(world: Any) -> None:
    definition = choice({"Condition": "{% $states.input.n %}", "Next": "Yes"}, Default="No")
    definition["QueryLanguage"] = "JSONata"
    for state in ("Yes", "No"):
        definition["States"][state] = {"Type": "Succeed", "Output": state}
    assert world.output(definition, {"n": True}) == "Yes"
    assert world.output(definition, {"n": False}) == "No"
    assert world.run(definition, {"n": "text"}).error == "States.QueryEvaluationError"


@pytest.mark.parametrize(
    ("fields", "data", "seconds"),
    [
        ({"Seconds": 30}, {}, 30),
        ({"SecondsPath": "$.s"}, {"s": 7}, 7),
        ({"Timestamp": "2026-01-05T09:10:00Z"}, {}, 600 - 0.02),
        ({"TimestampPath": "$.t"}, {"t": "2026-01-05T10:00:00+01:00"}, 0),
        ({"Timestamp": "2001-01-01T00:00:00Z"}, {}, 0),
        ({"QueryLanguage": "JSONata", "Seconds": "{% $states.input.s * 2 %}"}, {"s": 7}, 14),
    ],
)
def test_wait_takes_virtual_time_and_hands_its_input_on(
    world: Any, fields: dict[str, Any], data: Any, seconds: float
) -> None:
    execution = world.run({"StartAt": "W", "States": {"W": {"Type": "Wait", **fields, "End": True}}}, data)
    entered, left = (e["timestamp"] for e in execution.history.events[1:3])
    assert left - entered == pytest.approx(seconds)
    assert json.loads(execution.output) == data


@pytest.mark.parametrize(
    ("fields", "data", "cause"),
    [
        ({"SecondsPath": "$.s"}, {"s": 1.5}, "cannot be parsed as a long value: $.s == 1.5"),
        ({"SecondsPath": "$.s"}, {"s": True}, "cannot be parsed as a long value: $.s == true"),
        ({"SecondsPath": "$.s"}, {"s": -1}, "references a negative value: $.s == -1"),
        ({"SecondsPath": "$.s"}, {}, "does not reference an input value: $.s"),
        ({"TimestampPath": "$.t"}, {"t": "tomorrow"}, "does not reference a valid ISO-8601"),
    ],
)
def test_wait_refuses_what_is_no_time(world: Any, fields: dict[str, Any], data: Any, cause: str) -> None:
    error, text = world.failure({"Type": "Wait", **fields}, data)
    assert error == "States.Runtime"
    assert cause in text


def test_fail_names_its_error_and_cause_fixed_or_from_the_input(world: Any) -> None:
    assert world.failure({"Type": "Fail", "Error": "E", "Cause": "C"}) == ("E", "C")
    assert world.failure({"Type": "Fail"}) == (None, None)
    assert world.failure(
        {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('no {}', $.e)"}, {"e": "E"}
    ) == (
        "E",
        "no E",
    )
    fields = {
        "Type": "Fail",
        "QueryLanguage": "JSONata",
        "Error": "{% $states.input.e %}",
        "Cause": "{% 'c' %}",
    }
    assert world.failure(fields, {"e": "E"}) == ("E", "c")


def test_succeed_ends_the_machine_at_once(world: Any) -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed", "OutputPath": "$.x"}}}
    assert world.output(definition, {"x": 3}) == 3


def test_parallel_gives_every_branch_the_input_and_lists_their_outputs(world: Any) -> None:
    slow = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": True}}}
    quick = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": "quick", "End": True}}}
    execution = world.run(
        {"StartAt": "B", "States": {"B": {"Type": "Parallel", "Branches": [slow, quick], "End": True}}},
        {"n": 1},
    )
    assert json.loads(execution.output) == [{"n": 1}, "quick"]
    assert 100 < execution.stop_date - EPOCH < 101


def test_a_failing_branch_ends_the_others_and_the_parallel_can_be_caught(world: Any) -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1000, "End": True}}}
    fail = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Boom"}}}
    definition = {
        "StartAt": "B",
        "States": {
            "B": {
                "Type": "Parallel",
                "Branches": [wait, fail],
                "Catch": [{"ErrorEquals": ["Boom"], "ResultPath": "$.error", "Next": "Caught"}],
                "End": True,
            },
            "Caught": {"Type": "Pass", "End": True},
        },
    }
    execution = world.run(definition, {"n": 1})
    assert json.loads(execution.output) == {"n": 1, "error": {"Error": "Boom", "Cause": None}}
    kinds = [event["type"] for event in execution.history.events]
    assert kinds.index("WaitStateAborted") < kinds.index("ParallelStateFailed") < kinds.index("ParallelStateExited")
    assert execution.stop_date - EPOCH < 10


@pytest.mark.parametrize(("days", "status"), [(24_855, "SUCCEEDED"), (24_856, "FAILED")])
@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_a_wait_is_no_longer_than_aws_lets_it_be(world: Any, language: str, days: int, status: str) -> None:
    """Recorded from AWS: 24,855 days ahead still wait, 24,856 do not."""
    until = datetime.fromtimestamp(EPOCH + days * 86400, UTC).isoformat().replace("+00:00", "Z")
    field = {"TimestampPath": "$.at"} if language == "JSONPath" else {"Timestamp": "{% $states.input.at %}"}
    state = {"Type": "Wait", "QueryLanguage": language, **field, "End": True}
    execution = world.run({"StartAt": "W", "States": {"W": state}}, {"at": until})
    assert execution.status == status
    if status == "FAILED":
        assert execution.error == "States.Runtime"
        assert execution.cause.endswith("Wait state delay is too long.")


def test_the_context_of_an_express_execution_knows_no_redrive(world: Any) -> None:
    state = {"Type": "Pass", "Parameters": {"execution.$": "$$.Execution"}, "End": True}
    definition = {"StartAt": "P", "States": {"P": state}}
    standard = json.loads(world.run(definition).output)["execution"]
    express = json.loads(world.run(definition, is_express=True).output)["execution"]
    assert standard.pop("RedriveCount") == 0
    assert standard.keys() == express.keys()
