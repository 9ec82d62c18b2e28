"""The page /workshop: what it tells, to whom, and that asking it changes nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from draw.screen.page import Page
from localcloud.cloud import Cloud
from localcloud.door.wire import Answer

ROLE = "arn:aws:iam::123456789012:role/workshop"
HOSTILE = "</script><script>alert(1)</script>"
WAIT = {
    "StartAt": HOSTILE,
    "States": {
        HOSTILE: {"Type": "Pass", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 60, "End": True},
    },
}
CHILD = "arn:aws:states:::states:startExecution.sync:2"


@pytest.fixture
def slow() -> Iterator[Cloud]:
    """A cloud whose time passes as fast as ours: what waits a minute runs for the whole of a test."""
    made = Cloud(speed=1)
    yield made
    made.close()


def ask(cloud: Cloud, path: str = "/workshop/state", query: str = "", method: str = "GET") -> Answer:
    """One request as the server hands it over."""
    return Page(cloud)({"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query})


def state_of(cloud: Cloud, **asked: str) -> dict[str, Any]:
    answer = ask(cloud, query="&".join(f"{name}={value}" for name, value in asked.items()))
    assert answer.status == 200
    found: dict[str, Any] = json.loads(answer.body)
    return found


def begin(cloud: Cloud, definition: dict[str, Any], name: str, *, ended: bool = True) -> str:
    """Starts an execution of a machine of this name; waits for its end."""
    states = cloud.client("stepfunctions")
    machine = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
    arn = str(states.start_execution(stateMachineArn=machine["stateMachineArn"], input='{"a": 1}')["executionArn"])
    until = time.monotonic() + 20
    while ended and states.describe_execution(executionArn=arn)["status"] == "RUNNING":
        assert time.monotonic() < until
    return arn


def test_an_empty_cloud_has_nothing_to_show(cloud: Cloud) -> None:
    answer = state_of(cloud)
    assert (answer["executions"], answer["machines"], answer["chosen"]) == ([], [], None)


def test_executions_are_listed_newest_first_and_the_newest_is_shown(cloud: Cloud) -> None:
    first, second = begin(cloud, WAIT, "workshop-first"), begin(cloud, WAIT, "workshop-second")
    answer = state_of(cloud)
    assert [each["arn"] for each in answer["executions"]] == [second, first]
    assert [each["status"] for each in answer["executions"]] == ["succeeded", "succeeded"]
    assert answer["chosen"]["arn"] == second
    assert state_of(cloud, execution=first)["chosen"]["arn"] == first


def test_an_ended_execution_comes_as_a_film_with_timeline_and_events(cloud: Cloud) -> None:
    begin(cloud, WAIT, "workshop-ended")
    chosen = state_of(cloud)["chosen"]
    assert len(chosen["record"]["moments"]) == len(chosen["events"]) == 6
    assert chosen["timeline"]["svg"].startswith("<svg")
    assert "workshop-ended" in chosen["timeline"]["alt"]
    assert chosen["events"][1][1:4] == ["PassStateEntered", HOSTILE, pytest.approx(0, abs=1)]
    assert json.loads(chosen["events"][1][5]) == {"input": {"a": 1}}


def test_a_running_execution_comes_as_its_newest_picture(slow: Cloud) -> None:
    begin(slow, WAIT, "workshop-running", ended=False)
    answer = state_of(slow)
    assert answer["executions"][0]["status"] == "running"
    assert len(answer["chosen"]["record"]["moments"]) == 1
    assert answer["chosen"]["record"]["moments"][0]["status"] == "running"
    assert answer["speed"] == 1


def test_what_the_page_has_is_not_told_again(cloud: Cloud) -> None:
    begin(cloud, WAIT, "workshop-again")
    version = state_of(cloud)["chosen"]["version"].replace(" ", "%20")
    assert state_of(cloud, seen=version)["chosen"] is None
    assert state_of(cloud, seen=version, form="landscape")["chosen"]["record"]["width"] > 0


def test_children_stand_in_the_timeline_of_their_parent(cloud: Cloud) -> None:
    begin(cloud, WAIT, "workshop-child")
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:workshop-child"
    task = {"Type": "Task", "Resource": CHILD, "Parameters": {"StateMachineArn": machine}, "End": True}
    parent = begin(cloud, {"StartAt": "Run", "States": {"Run": task}}, "workshop-parent")
    assert "workshop-child" in state_of(cloud, execution=parent)["chosen"]["timeline"]["svg"]


def test_an_unknown_execution_is_not_found(cloud: Cloud) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:execution:workshop-none:none"
    answer = ask(cloud, query=f"execution={arn}")
    assert answer.status == 404
    assert b"Execution Does Not Exist" in answer.body


def test_asking_takes_no_id_and_holds_up_no_time(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs are equal whether somebody watches or not, and a task token times out as soon."""
    begin(cloud, WAIT, "workshop-watched")
    acted: list[str] = []
    monkeypatch.setattr(cloud.clock, "outside", lambda: acted.append("outside"))
    monkeypatch.setattr(cloud, "new_id", lambda: acted.append("id") or "")
    before = cloud.clock.now()
    ask(cloud, "/workshop")
    state_of(cloud)
    assert acted == []
    assert cloud.clock.now() == before


def test_the_page_is_one_file_that_may_fetch_nothing_but_its_own_news(cloud: Cloud) -> None:
    answer = ask(cloud, "/workshop")
    page = answer.body.decode()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(each.strip().split(" ", 1) for each in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"].startswith("'sha256-")
    assert not re.search(r"\b(src|href)=\"(?!data:)", page)
    assert set(re.findall(r"https?://[^\s\"'`]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "innerHTML" not in page
    assert len(answer.body) < 60_000


def test_nothing_can_be_changed_through_it(cloud: Cloud) -> None:
    assert ask(cloud, "/workshop", method="POST").status == 405


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.close()
