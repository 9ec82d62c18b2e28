"""GetExecutionHistory, and the archive that histories end up in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from localcloud.services.stepfunctions.archive import Archive

Refused = Callable[..., str]
MakeMachine = Callable[..., str]
Ended = Callable[[str], dict[str, Any]]


@pytest.fixture
def long(sfn: Any, machine: MakeMachine, ended: Ended) -> str:
    """An execution of 62 events."""
    names = [f"Step {number}" for number in range(30)]
    states: dict[str, Any] = {name: {"Type": "Pass", "Next": after} for name, after in pairwise(names)}
    states[names[-1]] = {"Type": "Pass", "End": True}
    arn = sfn.start_execution(stateMachineArn=machine({"StartAt": names[0], "States": states}))["executionArn"]
    ended(str(arn))
    return str(arn)


def test_a_history_has_the_events_in_order(sfn: Any, long: str) -> None:
    events = sfn.get_execution_history(executionArn=long)["events"]
    assert [event["id"] for event in events] == list(range(1, 63))
    assert events[0]["type"] == "ExecutionStarted"
    assert events[0]["executionStartedEventDetails"] == {
        "input": "{}",
        "inputDetails": {"truncated": False},
        "roleArn": "arn:aws:iam::123456789012:role/workshop",
    }
    assert events[-1]["type"] == "ExecutionSucceeded"
    assert events[0]["timestamp"].isoformat() == "2026-01-05T09:00:00+00:00"


@pytest.mark.parametrize("size", [1, 7, 31, 61, 62, 63])
@pytest.mark.parametrize("reverse", [False, True])
def test_pages_of_any_size_give_each_event_once(sfn: Any, long: str, size: int, reverse: bool) -> None:
    pages = sfn.get_paginator("get_execution_history").paginate(
        executionArn=long, reverseOrder=reverse, PaginationConfig={"PageSize": size}
    )
    found = [[event["id"] for event in page["events"]] for page in pages]
    assert all(len(page) == size for page in found[:-1])
    numbers = [number for page in found for number in page]
    assert numbers == list(range(62, 0, -1) if reverse else range(1, 63))


def test_a_page_has_a_hundred_events_unless_asked_otherwise(sfn: Any, machine: MakeMachine, ended: Ended) -> None:
    items = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": {
        "StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": True}}}, "End": True}}}  # fmt: skip
    arn = sfn.start_execution(stateMachineArn=machine(items), input=str(list(range(40))))["executionArn"]
    ended(arn)
    page = sfn.get_execution_history(executionArn=arn, maxResults=0)
    assert len(page["events"]) == 100
    assert "nextToken" in page


def test_a_foreign_token_is_refused(sfn: Any, long: str, refused: Refused) -> None:
    token = sfn.get_execution_history(executionArn=long, maxResults=1)["nextToken"]
    call = {"executionArn": long, "reverseOrder": True, "nextToken": token}
    assert refused("InvalidToken", sfn.get_execution_history, **call) == "Invalid Token: 'Invalid token'"
    refused("InvalidToken", sfn.get_execution_history, executionArn=long, nextToken="x")


def test_without_execution_data_no_input_and_output_is_told(sfn: Any, long: str) -> None:
    events = sfn.get_execution_history(executionArn=long, includeExecutionData=False)["events"]
    assert events[0]["executionStartedEventDetails"] == {"roleArn": "arn:aws:iam::123456789012:role/workshop"}
    assert events[1]["stateEnteredEventDetails"] == {"name": "Step 0"}
    assert "input" in sfn.get_execution_history(executionArn=long)["events"][1]["stateEnteredEventDetails"]


def test_the_archive_packs_old_histories_and_gives_them_back_equal() -> None:
    archive = Archive(unpacked_events=10)
    histories = {f"arn-{n}": [{"id": i, "text": f"{n}/{i}"} for i in range(4)] for n in range(20)}
    for arn, events in histories.items():
        archive.put(arn, events)
    assert all(archive.get(arn) == events for arn, events in histories.items())
    assert archive.get("arn-19") is archive.get("arn-19")  # what is paged through stays unpacked
    archive.drop("arn-3")
    with pytest.raises(KeyError):
        archive.get("arn-3")


def test_a_history_longer_than_all_that_may_stay_unpacked_is_kept_whole() -> None:
    archive = Archive(unpacked_events=10)
    long = [{"id": number} for number in range(100)]
    archive.put("long", long)
    assert archive.get("long") is long
    archive.put("next", [{"id": 1}])
    assert archive.get("long") == long
