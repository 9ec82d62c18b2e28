"""Creating, updating, describing, listing and deleting state machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.cloud import Cloud

ROLE = "arn:aws:iam::123456789012:role/workshop"
PASS = json.dumps({"StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": True}}})
OTHER = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
Refused = Callable[..., str]
MakeMachine = Callable[..., str]


def test_a_created_machine_is_described_with_every_default(sfn: Any, machine: MakeMachine) -> None:
    arn = machine()
    found = sfn.describe_state_machine(stateMachineArn=arn)
    assert arn == "arn:aws:states:us-east-1:123456789012:stateMachine:machine"
    assert found["creationDate"].isoformat() == "2026-01-05T09:00:00+00:00"
    del found["creationDate"], found["ResponseMetadata"]
    assert found == {
        "stateMachineArn": arn,
        "name": "machine",
        "status": "ACTIVE",
        "type": "STANDARD",
        "definition": PASS,
        "roleArn": ROLE,
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False},
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }


def test_creating_the_same_machine_again_changes_nothing(sfn: Any, machine: MakeMachine) -> None:
    first = sfn.create_state_machine(name="same", definition=PASS, roleArn=ROLE, tags=[{"key": "a", "value": "1"}])
    again = sfn.create_state_machine(name="same", definition=PASS, roleArn=ROLE + "-2")
    assert again["stateMachineArn"] == first["stateMachineArn"]
    assert again["creationDate"] == first["creationDate"]
    assert sfn.describe_state_machine(stateMachineArn=first["stateMachineArn"])["roleArn"] == ROLE
    assert sfn.list_tags_for_resource(resourceArn=first["stateMachineArn"])["tags"] == [{"key": "a", "value": "1"}]


@pytest.mark.parametrize(
    "difference",
    [
        {"definition": OTHER},
        {"type": "EXPRESS"},
        {"tracingConfiguration": {"enabled": True}},
        {"publish": True},
    ],
)
def test_another_machine_of_the_same_name_is_refused(
    sfn: Any, machine: MakeMachine, refused: Refused, difference: dict[str, Any]
) -> None:
    arn = machine()
    call = {"name": "machine", "definition": PASS, "roleArn": ROLE} | difference
    message = refused("StateMachineAlreadyExists", sfn.create_state_machine, **call)
    assert message == f"State Machine Already Exists: '{arn}'"


@pytest.mark.parametrize("name", ["two words", "a<b", "a*", "a:b", "a/b", "tab\there", 'quo"te', "a\x7fb"])
def test_a_name_with_a_forbidden_character_is_refused(sfn: Any, refused: Refused, name: str) -> None:
    message = refused("InvalidName", sfn.create_state_machine, name=name, definition=PASS, roleArn=ROLE)
    assert message == f"Invalid Name: '{name}'"


def test_names_may_have_letters_of_any_language(machine: MakeMachine) -> None:
    assert machine(name="Überprüfung_1.2-x").endswith(":stateMachine:Überprüfung_1.2-x")


def test_a_name_that_is_too_long_is_refused_as_coral_words_it(sfn: Any, refused: Refused) -> None:
    message = refused("ValidationException", sfn.create_state_machine, name="n" * 81, definition=PASS, roleArn=ROLE)
    assert message == (
        f"1 validation error detected: Value '{'n' * 81}' at 'name' failed to satisfy constraint: "
        "Member must have length less than or equal to 80"
    )


def test_every_broken_limit_is_told_at_once(sfn: Any, refused: Refused) -> None:
    message = refused("ValidationException", sfn.create_state_machine, name="", definition="", roleArn=ROLE)
    assert message.startswith("2 validation errors detected: ")
    assert "Value '' at 'name' failed" in message
    assert "Value at 'definition' failed" in message  # what is sensitive is not repeated


def test_a_role_that_is_none_is_refused(sfn: Any, refused: Refused) -> None:
    message = refused("InvalidArn", sfn.create_state_machine, name="m", definition=PASS, roleArn="role")
    assert message == "Invalid Role Arn: 'role'"


def test_a_broken_definition_is_refused_with_its_place(sfn: Any, refused: Refused) -> None:
    broken = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}})
    message = refused("InvalidDefinition", sfn.create_state_machine, name="m", definition=broken, roleArn=ROLE)
    assert message.startswith("Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: ")
    assert "/States/A/Next" in message


def test_logging_needs_exactly_one_log_group_that_exists(cloud: Cloud, sfn: Any, refused: Refused) -> None:
    call = {"name": "m", "definition": PASS, "roleArn": ROLE}
    message = refused(
        "InvalidLoggingConfiguration", sfn.create_state_machine, **call, loggingConfiguration={"level": "ALL"}
    )
    assert message == "Invalid Logging Configuration: Must specify exactly one Log Destination."
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:missing"
    for each in (arn, f"{arn}:*"):
        logging = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": each}}]}
        message = refused("InvalidLoggingConfiguration", sfn.create_state_machine, **call, loggingConfiguration=logging)
    assert message == "Invalid Logging Configuration: Log Destination not found."
    assert sfn.list_state_machines()["stateMachines"] == []


def test_a_customer_managed_key_needs_a_key(sfn: Any, refused: Refused, machine: MakeMachine) -> None:
    call = {"name": "m", "definition": PASS, "roleArn": ROLE}
    managed = {"type": "CUSTOMER_MANAGED_KMS_KEY"}
    refused("InvalidEncryptionConfiguration", sfn.create_state_machine, **call, encryptionConfiguration=managed)
    arn = machine(encryptionConfiguration={**managed, "kmsKeyId": "alias/mine"})
    assert sfn.describe_state_machine(stateMachineArn=arn)["encryptionConfiguration"] == {
        "type": "CUSTOMER_MANAGED_KMS_KEY",
        "kmsKeyId": "alias/mine",
        "kmsDataKeyReusePeriodSeconds": 300,
    }


def test_an_update_makes_a_new_revision_only_when_something_differs(sfn: Any, machine: MakeMachine) -> None:
    arn = machine()
    assert "revisionId" not in sfn.update_state_machine(stateMachineArn=arn, definition=PASS)
    changed = sfn.update_state_machine(stateMachineArn=arn, definition=OTHER)
    same = sfn.update_state_machine(stateMachineArn=arn, definition=OTHER, roleArn=ROLE)
    other_role = sfn.update_state_machine(stateMachineArn=arn, roleArn=ROLE + "-2")
    assert changed["revisionId"] == same["revisionId"] != other_role["revisionId"]
    found = sfn.describe_state_machine(stateMachineArn=arn)
    assert (found["definition"], found["roleArn"]) == (OTHER, ROLE + "-2")
    assert found["revisionId"] == other_role["revisionId"]


def test_an_update_of_nothing_is_refused(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    message = refused("MissingRequiredParameter", sfn.update_state_machine, stateMachineArn=machine(), publish=True)
    assert message.startswith("Either the definition, the role ARN, the LoggingConfiguration")


def test_a_refused_update_leaves_the_machine_as_it_was(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    arn = machine()
    refused("InvalidDefinition", sfn.update_state_machine, stateMachineArn=arn, definition="{}")
    assert sfn.describe_state_machine(stateMachineArn=arn)["definition"] == PASS


def test_metadata_only_leaves_the_definition_out(sfn: Any, machine: MakeMachine) -> None:
    found = sfn.describe_state_machine(stateMachineArn=machine(), includedData="METADATA_ONLY")
    assert found["definition"] == "{}"


def test_machines_are_listed_by_name_in_pages(sfn: Any, machine: MakeMachine) -> None:
    for name in ("b", "d", "a", "c"):
        machine(name=name)
    pages = sfn.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 3})
    names = [[each["name"] for each in page["stateMachines"]] for page in pages]
    assert names == [["a", "b", "c"], ["d"]]


def test_a_machine_added_between_two_pages_hides_none(sfn: Any, machine: MakeMachine) -> None:
    for name in ("b", "c"):
        machine(name=name)
    first = sfn.list_state_machines(maxResults=1)
    machine(name="a")
    second = sfn.list_state_machines(maxResults=1, nextToken=first["nextToken"])
    assert [each["name"] for each in first["stateMachines"] + second["stateMachines"]] == ["b", "c"]


@pytest.mark.parametrize("token", ["rubbish", "WyJhIiwgMV0=", "bnVsbA==", "ÿ"])
def test_a_token_that_no_list_gave_is_refused(sfn: Any, refused: Refused, token: str) -> None:
    message = refused("InvalidToken", sfn.list_state_machines, nextToken=token)
    assert message == "Invalid Token: 'Invalid token'"


def test_a_page_of_more_than_a_thousand_is_refused(sfn: Any, refused: Refused) -> None:
    message = refused("ValidationException", sfn.list_state_machines, maxResults=1001)
    assert message == (
        "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 1000"
    )


def test_an_arn_that_is_none_or_of_something_else_is_refused(sfn: Any, refused: Refused) -> None:
    call = sfn.describe_state_machine
    assert refused("InvalidArn", call, stateMachineArn="no") == "Invalid Arn: 'Invalid ARN prefix: no'"
    activity = "arn:aws:states:us-east-1:123456789012:activity:a"
    message = refused("InvalidArn", call, stateMachineArn=activity)
    assert message == "Invalid Arn: 'Resource type not valid in this context: activity'"
    missing = "arn:aws:states:us-east-1:123456789012:stateMachine:missing"
    message = refused("StateMachineDoesNotExist", call, stateMachineArn=missing)
    assert message == f"State Machine Does Not Exist: '{missing}'"


def test_a_deleted_machine_is_gone_and_its_name_free(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    arn = machine(tags=[{"key": "a", "value": "1"}])
    sfn.delete_state_machine(stateMachineArn=arn)
    sfn.delete_state_machine(stateMachineArn=arn)  # a second time does no harm
    refused("StateMachineDoesNotExist", sfn.describe_state_machine, stateMachineArn=arn)
    assert machine(OTHER) == arn
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == []


def test_a_machine_is_deleting_until_its_executions_have_left_their_state(
    sfn: Any, machine: MakeMachine, refused: Refused, time_passes: Callable[[float], None]
) -> None:
    activity = sfn.create_activity(name="work")["activityArn"]
    states = {"Work": {"Type": "Task", "Resource": activity, "Next": "More"}, "More": {"Type": "Succeed"}}
    arn = machine({"StartAt": "Work", "States": states})
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.delete_state_machine(stateMachineArn=arn)
    assert sfn.describe_state_machine(stateMachineArn=arn)["status"] == "DELETING"
    assert sfn.describe_execution(executionArn=execution)["status"] == "RUNNING"
    for call in (sfn.start_execution, sfn.publish_state_machine_version):
        refused("StateMachineDeleting", call, stateMachineArn=arn)
    refused("StateMachineDeleting", sfn.update_state_machine, stateMachineArn=arn, definition=OTHER)
    refused("StateMachineDeleting", sfn.create_state_machine, name="machine", definition=OTHER, roleArn=ROLE)
    sfn.send_task_success(taskToken=token, output="1")
    time_passes(1)
    assert sfn.list_state_machines()["stateMachines"] == []
    refused("ExecutionDoesNotExist", sfn.describe_execution, executionArn=execution)
    assert machine(OTHER) == arn


def test_deleting_an_idle_machine_forgets_its_executions(
    sfn: Any, machine: MakeMachine, ended: Callable[[str], Any], refused: Refused
) -> None:
    arn = machine(PASS)
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    ended(execution)
    sfn.delete_state_machine(stateMachineArn=arn)
    refused("ExecutionDoesNotExist", sfn.describe_execution, executionArn=execution)
    refused("StateMachineDoesNotExist", sfn.start_execution, stateMachineArn=arn)


def test_variables_are_listed_by_the_states_that_refer_to_them(sfn: Any, machine: MakeMachine) -> None:
    definition = {
        "StartAt": "Set",
        "States": {
            "Set": {"Type": "Pass", "Assign": {"a": 1, "b.$": "$.b"}, "Next": "Read"},
            "Read": {
                "Type": "Pass",
                "Parameters": {"x.$": "$a", "y.$": "States.Format('{} $no', $b.c)"},
                "Next": "Ask",
            },
            "Ask": {
                "Type": "Pass",
                "QueryLanguage": "JSONata",
                "Output": "{% ($i := 1; $sum([$a, $i, $states.input.b])) %}",
                "End": True,
            },
        },
    }
    arn = machine(definition)
    found = sfn.describe_state_machine(stateMachineArn=arn)["variableReferences"]
    assert found == {"Read": ["a", "b"], "Ask": ["a"]}


def test_variables_inside_a_jsonata_map_are_read_in_the_language_of_the_machine(machine: MakeMachine, sfn: Any) -> None:
    inner = {"StartAt": "Read", "States": {"Read": {"Type": "Pass", "Parameters": {"x.$": "$a"}, "End": True}}}
    around = {"Type": "Map", "QueryLanguage": "JSONata", "ItemProcessor": inner, "End": True}
    first = {"Type": "Pass", "Assign": {"a": 1}, "Next": "Each"}
    arn = machine({"StartAt": "Set", "States": {"Set": first, "Each": around}})
    assert sfn.describe_state_machine(stateMachineArn=arn)["variableReferences"] == {"Read": ["a"]}
