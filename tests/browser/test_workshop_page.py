"""The page for a second screen: it shows an execution from its start to its end, by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched, violations
from tools.processes import ROOT

HOSTILE = "<img src=x onerror=hacked=1>"
MACHINE = {
    "StartAt": HOSTILE,
    "States": {
        HOSTILE: {"Type": "Wait", "Seconds": 60, "Next": "Both"},
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Long", "States": {"Long": {"Type": "Wait", "Seconds": 60, "End": True}}},
                {"StartAt": "Short", "States": {"Short": {"Type": "Pass", "End": True}}},
            ],
            "End": True,
        },
    },
}


#: Keeps every picture and every state's words that the page has shown.
REMEMBER = """() => {
    window.shown = { pictures: new Set(), labels: new Set() };
    new MutationObserver(() => {
        document.querySelectorAll(".ws-picture").forEach(image => shown.pictures.add(image.src));
        document.querySelectorAll(".ws-state").forEach(button => shown.labels.add(button.getAttribute("aria-label")));
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


class Running:
    """A local cloud whose minute takes three seconds."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "draw.screen", "--speed", "20", "--parent-pipe"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        ready = json.loads(self.process.stdout.readline())
        self.page = str(ready["page"])
        self.states: Any = boto3.client(
            "stepfunctions",
            endpoint_url=ready["endpoint"],
            aws_access_key_id=ready["access_key_id"],
            aws_secret_access_key=ready["secret_access_key"],
            region_name=ready["region"],
        )

    def start(self, name: str) -> str:
        role = "arn:aws:iam::123456789012:role/workshop"
        machine = self.states.create_state_machine(name=name, definition=json.dumps(MACHINE), roleArn=role)
        arn: str = self.states.start_execution(stateMachineArn=machine["stateMachineArn"], input='{"a": 1}')[
            "executionArn"
        ]
        return arn

    def end(self) -> None:
        self.process.communicate(timeout=20)


@pytest.fixture
def running() -> Iterator[Running]:
    made = Running()
    yield made
    made.end()


def test_an_execution_is_seen_from_its_start_to_its_end(running: Running, watch: Callable[..., Watched]) -> None:
    watched = watch()
    page = watched.page
    page.set_viewport_size({"width": 1600, "height": 900})
    page.goto(running.page)
    expect(page.get_by_text("Nothing has run yet. This kernel has 0 state machines.")).to_be_visible()
    page.evaluate(REMEMBER)
    running.start("workshop-watched")

    listed = page.get_by_label("Executions").get_by_role("button")
    expect(listed).to_contain_text("running")
    expect(page.locator(".ws-picture")).to_be_visible()
    expect(page.get_by_role("slider", name="Event")).to_be_hidden()

    expect(listed).to_contain_text("succeeded", timeout=20_000)
    pictures, labels = page.evaluate("() => [[...shown.pictures], [...shown.labels]]")
    assert len(pictures) >= 3
    assert {
        f"{HOSTILE}, wait 60 s: running, 1 visit",
        "Short, pass: succeeded, 1 visit",
        "Long, wait 60 s: running, 1 visit",
    } <= set(labels)
    expect(page.get_by_role("slider", name="Event")).to_be_visible()
    expect(page.locator("#events tr")).to_have_count(12)
    expect(page.locator("#events tr").last).to_contain_text("Execution succeeded")
    assert all(picture["alt"] and picture["wide"] for picture in watched.pictures())
    assert len(watched.pictures()) == 2
    assert violations(page) == []
    assert page.evaluate("() => window.hacked") is None


def test_another_execution_is_chosen_and_explored(running: Running, watch: Callable[..., Watched]) -> None:
    first, second = running.start("workshop-first"), running.start("workshop-second")
    page = watch(color_scheme="dark").page
    page.goto(running.page)
    listed = page.get_by_label("Executions").get_by_role("button")
    expect(listed).to_have_count(2)
    expect(listed.first).to_contain_text("workshop-second")
    expect(listed.first).to_have_attribute("aria-pressed", "true")
    listed.last.click()
    expect(listed.last).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("checkbox", name="show the newest")).not_to_be_checked()
    page.get_by_role("button", name=HOSTILE).click()
    expect(page.locator(".ws-detail pre").first).to_have_text('{"a": 1}')
    page.get_by_role("checkbox", name="from left to right").set_checked(True)
    expect(page.locator(".ws-wide")).to_be_visible()
    expect(page.locator(".ws-detail h3")).to_have_text(HOSTILE)  # what was chosen stays chosen
    page.get_by_role("checkbox", name="show the newest").set_checked(True)
    expect(listed.first).to_have_attribute("aria-pressed", "true")
    assert violations(page) == []
    assert first != second


def test_a_fault_is_injected_seen_and_ended(running: Running, watch: Callable[..., Watched]) -> None:
    page = watch().page
    page.goto(running.page)
    page.get_by_text("Inject a fault").click()
    page.get_by_label("into").fill("stepfunctions:ListActivitys")
    page.get_by_role("button", name="Inject").click()
    expect(page.locator("#refused")).to_contain_text("Did you mean ListActivities?")
    page.get_by_label("into").fill("stepfunctions:ListActivities")
    page.get_by_role("button", name="Inject").click()
    lasting = page.get_by_role("list", name="Faults that last").get_by_role("listitem")
    expect(lasting).to_contain_text("stepfunctions:ListActivities: ThrottlingException, 0 of 2")
    assert running.states.list_activities()["activities"] == []  # boto3 tries again, and is heard the third time
    expect(lasting).to_contain_text("2 of 2")
    page.get_by_role("button", name="End ThrottlingException").click()
    expect(lasting).to_have_count(0)
    assert running.states.list_activities()["activities"] == []


def test_it_says_when_the_cloud_has_ended(running: Running, chromium: Any) -> None:
    watched = Watched(chromium)
    watched.page.goto(running.page)
    expect(watched.page.get_by_text("Nothing has run yet.")).to_be_visible()
    running.process.terminate()
    expect(watched.page.get_by_role("alert")).to_contain_text("The local cloud has ended")
    assert watched.foreign == []
    watched.page.close()
