"""Published versions, aliases that lead to them, and starting executions through both."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

Refused = Callable[..., str]
MakeMachine = Callable[..., str]


def machine_that_says(word: str) -> str:
    return json.dumps({"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": word, "End": True}}})


@pytest.fixture
def two_versions(sfn: Any, machine: MakeMachine) -> str:
    arn = machine(machine_that_says("one"), publish=True)
    sfn.update_state_machine(stateMachineArn=arn, definition=machine_that_says("two"), publish=True)
    return arn


def test_create_can_publish_version_one_with_a_description(sfn: Any, machine: MakeMachine) -> None:
    arn = machine(machine_that_says("one"), publish=True, versionDescription="first")
    found = sfn.describe_state_machine(stateMachineArn=f"{arn}:1")
    assert (found["stateMachineArn"], found["description"]) == (f"{arn}:1", "first")


def test_a_description_without_publish_is_refused(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    message = refused("ValidationException", machine, versionDescription="first")
    assert message == "Version description can only be set when publish is true"


def test_a_version_keeps_its_definition(sfn: Any, two_versions: str) -> None:
    found = [sfn.describe_state_machine(stateMachineArn=f"{two_versions}:{n}")["definition"] for n in (1, 2)]
    assert found == [machine_that_says("one"), machine_that_says("two")]


def test_a_revision_is_published_once(sfn: Any, two_versions: str) -> None:
    again = sfn.publish_state_machine_version(stateMachineArn=two_versions, description="ignored")
    assert again["stateMachineVersionArn"] == f"{two_versions}:2"
    listed = sfn.list_state_machine_versions(stateMachineArn=two_versions)["stateMachineVersions"]
    assert [each["stateMachineVersionArn"] for each in listed] == [f"{two_versions}:2", f"{two_versions}:1"]


def test_only_the_current_revision_can_be_published(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    arn = machine(machine_that_says("one"))
    message = refused("ConflictException", sfn.publish_state_machine_version, stateMachineArn=arn, revisionId="old")
    assert message == (
        "Failed to publish the State Machine version for revision old. The current State Machine revision is INITIAL."
    )
    published = sfn.publish_state_machine_version(stateMachineArn=arn, revisionId="INITIAL")
    assert published["stateMachineVersionArn"] == f"{arn}:1"


def test_the_number_of_a_deleted_version_is_not_used_again(sfn: Any, two_versions: str) -> None:
    for _ in range(2):
        sfn.delete_state_machine_version(stateMachineVersionArn=f"{two_versions}:2")
    sfn.update_state_machine(stateMachineArn=two_versions, definition=machine_that_says("three"))
    published = sfn.publish_state_machine_version(stateMachineArn=two_versions)
    assert published["stateMachineVersionArn"] == f"{two_versions}:3"


def test_versions_come_in_pages(sfn: Any, two_versions: str) -> None:
    first = sfn.list_state_machine_versions(stateMachineArn=two_versions, maxResults=1)
    second = sfn.list_state_machine_versions(stateMachineArn=two_versions, maxResults=1, nextToken=first["nextToken"])
    assert second["stateMachineVersions"][0]["stateMachineVersionArn"] == f"{two_versions}:1"
    assert "nextToken" not in second


def test_an_execution_of_a_version_runs_that_version(sfn: Any, two_versions: str, ended: Any) -> None:
    arn = sfn.start_execution(stateMachineArn=f"{two_versions}:1")["executionArn"]
    found = ended(arn)
    assert found["output"] == '"one"'
    assert found["stateMachineArn"] == two_versions
    assert found["stateMachineVersionArn"] == f"{two_versions}:1"
    assert "stateMachineAliasArn" not in found
    listed = sfn.list_executions(stateMachineArn=f"{two_versions}:1")["executions"]
    assert [each["executionArn"] for each in listed] == [arn]
    assert sfn.list_executions(stateMachineArn=f"{two_versions}:2")["executions"] == []


def test_a_missing_version_cannot_be_started(sfn: Any, two_versions: str, refused: Refused) -> None:
    for arn in (f"{two_versions}:9", f"{two_versions}:PROD"):
        message = refused("StateMachineDoesNotExist", sfn.start_execution, stateMachineArn=arn)
        assert message == f"State Machine Does Not Exist: '{arn}'"


def route(arn: str, **weights: int) -> list[dict[str, Any]]:
    return [{"stateMachineVersionArn": f"{arn}:{name[1:]}", "weight": weight} for name, weight in weights.items()]


def test_an_alias_is_created_described_updated_listed_and_deleted(
    sfn: Any, two_versions: str, refused: Refused
) -> None:
    created = sfn.create_state_machine_alias(name="PROD", routingConfiguration=route(two_versions, v1=100))
    arn = created["stateMachineAliasArn"]
    assert arn == f"{two_versions}:PROD"
    sfn.update_state_machine_alias(
        stateMachineAliasArn=arn, description="live", routingConfiguration=route(two_versions, v1=20, v2=80)
    )
    found = sfn.describe_state_machine_alias(stateMachineAliasArn=arn)
    assert (found["name"], found["description"]) == ("PROD", "live")
    assert found["routingConfiguration"] == route(two_versions, v1=20, v2=80)
    listed = sfn.list_state_machine_aliases(stateMachineArn=two_versions)["stateMachineAliases"]
    assert [each["stateMachineAliasArn"] for each in listed] == [arn]
    for _ in range(2):
        sfn.delete_state_machine_alias(stateMachineAliasArn=arn)
    refused("ResourceNotFound", sfn.describe_state_machine_alias, stateMachineAliasArn=arn)


def test_creating_an_alias_is_idempotent_but_not_for_another_route(
    sfn: Any, two_versions: str, refused: Refused
) -> None:
    call = {"name": "PROD", "routingConfiguration": route(two_versions, v1=100)}
    first, again = sfn.create_state_machine_alias(**call), sfn.create_state_machine_alias(**call)
    assert first["creationDate"] == again["creationDate"]
    call["routingConfiguration"] = route(two_versions, v2=100)
    refused("ConflictException", sfn.create_state_machine_alias, **call)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"v1": 50, "v2": 40}, "Sum of routing configuration weights must equal 100. Received: [50, 40]"),
        ({"v1": 50, "v9": 50}, "Routing configuration must contain state machine version ARNs. Received: ["),
        (
            {"v1": 101},
            "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed",
        ),
    ],
)
def test_a_route_that_cannot_be_is_refused(
    sfn: Any, two_versions: str, refused: Refused, weights: dict[str, int], message: str
) -> None:
    routing = route(two_versions, **weights)
    said = refused("ValidationException", sfn.create_state_machine_alias, name="A", routingConfiguration=routing)
    assert said.startswith(message)


def test_a_route_to_the_same_version_twice_or_to_three_is_refused(
    sfn: Any, two_versions: str, refused: Refused
) -> None:
    call, twice = sfn.create_state_machine_alias, route(two_versions, v1=50) * 2
    said = refused("ValidationException", call, name="A", routingConfiguration=twice)
    assert said.startswith("Routing configuration must contain distinct state machine version ARNs. Received: [")
    said = refused("ValidationException", call, name="A", routingConfiguration=twice + twice)
    assert "RoutingConfigurationListItem(stateMachineVersionArn=" in said
    assert said.endswith("at 'routingConfiguration' failed to satisfy constraint: "
                         "Member must have length less than or equal to 2")  # fmt: skip


@pytest.mark.parametrize("name", ["123", "a b", "ä"])
def test_an_alias_must_have_a_name_that_is_no_number(sfn: Any, two_versions: str, refused: Refused, name: str) -> None:
    said = refused(
        "ValidationException",
        sfn.create_state_machine_alias,
        name=name,
        routingConfiguration=route(two_versions, v1=100),
    )
    assert said == (
        f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$"
    )


def test_a_version_that_an_alias_leads_to_cannot_be_deleted(sfn: Any, two_versions: str, refused: Refused) -> None:
    sfn.create_state_machine_alias(name="PROD", routingConfiguration=route(two_versions, v1=100))
    message = refused("ConflictException", sfn.delete_state_machine_version, stateMachineVersionArn=f"{two_versions}:1")
    assert message == (
        "Version to be deleted must not be referenced by an alias. "
        "Current list of aliases referencing this version: [PROD]"
    )


def test_starts_through_an_alias_follow_its_weights_the_same_way_every_time(
    sfn: Any, two_versions: str, ended: Any
) -> None:
    def starts(name: str) -> list[str]:
        sfn.create_state_machine_alias(name=name, routingConfiguration=route(two_versions, v1=20, v2=80))
        arns = [sfn.start_execution(stateMachineArn=f"{two_versions}:{name}")["executionArn"] for _ in range(50)]
        return [ended(arn)["stateMachineVersionArn"][-1] for arn in arns]

    first = starts("PROD")
    sfn.delete_state_machine_alias(stateMachineAliasArn=f"{two_versions}:PROD")
    assert starts("PROD") == first
    counted = Counter(first)
    assert 3 <= counted["1"] <= 18  # 20 % of 50, as drawn from the seed
    assert counted["1"] + counted["2"] == 50


def test_an_execution_through_an_alias_names_alias_and_version(sfn: Any, two_versions: str, ended: Any) -> None:
    sfn.create_state_machine_alias(name="PROD", routingConfiguration=route(two_versions, v2=100))
    arn = sfn.start_execution(stateMachineArn=f"{two_versions}:PROD")["executionArn"]
    found = ended(arn)
    assert found["stateMachineAliasArn"] == f"{two_versions}:PROD"
    assert found["stateMachineVersionArn"] == f"{two_versions}:2"
    listed = sfn.list_executions(stateMachineArn=f"{two_versions}:PROD")["executions"]
    assert [each["executionArn"] for each in listed] == [arn]


def test_deleting_the_machine_deletes_versions_and_aliases(sfn: Any, two_versions: str, refused: Refused) -> None:
    sfn.create_state_machine_alias(name="PROD", routingConfiguration=route(two_versions, v1=100))
    sfn.delete_state_machine(stateMachineArn=two_versions)
    refused("StateMachineDoesNotExist", sfn.describe_state_machine, stateMachineArn=f"{two_versions}:1")
    refused("ResourceNotFound", sfn.describe_state_machine_alias, stateMachineAliasArn=f"{two_versions}:PROD")


def test_a_qualified_arn_is_refused_where_a_machine_is_meant(sfn: Any, two_versions: str, refused: Refused) -> None:
    refused("ValidationException", sfn.delete_state_machine, stateMachineArn=f"{two_versions}:1")
    refused("ValidationException", sfn.update_state_machine, stateMachineArn=f"{two_versions}:1", roleArn="r")
    refused("ValidationException", sfn.start_execution, stateMachineArn=f"{two_versions}/label")
