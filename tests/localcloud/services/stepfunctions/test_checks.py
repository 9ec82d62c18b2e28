"""ValidateStateMachineDefinition and TestState."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Refused = Callable[..., str]

SOUND = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
BROKEN = json.dumps(
    {
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Next": "Nowhere"}, "B": {"Type": "Wait", "Seconds": "x", "End": True}},
    }
)


def test_a_sound_definition_has_no_diagnostics(sfn: Any) -> None:
    found = sfn.validate_state_machine_definition(definition=SOUND)
    del found["ResponseMetadata"]
    assert found == {"result": "OK", "diagnostics": [], "truncated": False}


def test_every_problem_is_named_with_its_place(sfn: Any) -> None:
    found = sfn.validate_state_machine_definition(definition=BROKEN)
    assert found["result"] == "FAIL"
    assert {each["severity"] for each in found["diagnostics"]} == {"ERROR"}
    places = [each["location"] for each in found["diagnostics"]]
    assert "/States/A/Next" in places
    assert any(place.startswith("/States/B") for place in places)


def test_diagnostics_are_cut_at_the_number_asked_for(sfn: Any) -> None:
    found = sfn.validate_state_machine_definition(definition=BROKEN, maxResults=1)
    assert len(found["diagnostics"]) == 1
    assert found["truncated"] is True
    assert found["result"] == "FAIL"


def test_express_machines_are_held_to_their_own_rules(sfn: Any) -> None:
    resource = "arn:aws:states:::states:startExecution.sync"
    state = {"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": "a"}, "End": True}
    definition = json.dumps({"StartAt": "A", "States": {"A": state}})
    assert sfn.validate_state_machine_definition(definition=definition)["result"] == "OK"
    assert sfn.validate_state_machine_definition(definition=definition, type="EXPRESS")["result"] == "FAIL"


def test_text_that_is_no_json_is_a_diagnostic_not_an_error(sfn: Any) -> None:
    found = sfn.validate_state_machine_definition(definition="{")
    assert (found["result"], found["diagnostics"][0]["code"]) == ("FAIL", "INVALID_JSON_DESCRIPTION")


def test_validation_leaves_nothing_behind(sfn: Any, refused: Refused) -> None:
    sfn.validate_state_machine_definition(definition=SOUND)
    assert sfn.list_state_machines()["stateMachines"] == []
    message = refused("ValidationException", sfn.validate_state_machine_definition, definition=SOUND, type="FAST")
    assert message.endswith("Member must satisfy enum value set: [STANDARD, EXPRESS]")


def test_a_state_is_tested_alone(sfn: Any) -> None:
    state = {"Type": "Pass", "Parameters": {"b.$": "$.a"}, "Next": "Later"}
    found = sfn.test_state(definition=json.dumps(state), input='{"a": 1}', inspectionLevel="DEBUG")
    assert (found["status"], found["output"], found["nextState"]) == ("SUCCEEDED", '{"b":1}', "Later")
    assert found["inspectionData"]["input"] == '{"a": 1}'
    assert sfn.list_state_machines()["stateMachines"] == []


def test_a_state_that_cannot_be_is_refused(sfn: Any, refused: Refused) -> None:
    message = refused("InvalidDefinition", sfn.test_state, definition=json.dumps({"Type": "Passs", "End": True}))
    assert message.startswith("Invalid State Machine Definition: '")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f"},
        "End": True,
    }
    message = refused("ValidationException", sfn.test_state, definition=json.dumps(task))
    assert message == "RoleArn must be specified when testing a Task state"


def test_a_mocked_task_calls_nobody(sfn: Any) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True, "Parameters": {}}
    mock = {"errorOutput": {"error": "Busy", "cause": "later"}}
    found = sfn.test_state(definition=json.dumps(state), mock=mock)
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "Busy", "later")
