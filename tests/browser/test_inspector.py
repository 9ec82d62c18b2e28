"""The inspector in JupyterLab: reached by keyboard, played, legible in both themes, a picture on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.lab.listening import MINUTES
from tests.browser.conftest import Lab, Watched, violations

CODE = """
import helpers
from helpers import deploy, run, show
helpers.connect()
machine = {
    "StartAt": "Prepare",
    "States": {
        "Prepare": {"Type": "Pass", "Result": {"n": "<img src=x onerror='hacked=1'>"}, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Each"},
        "Each": {"Type": "Map", "ItemsPath": "$$.Execution.Input.items", "ItemProcessor": {
            "StartAt": "<b>Double</b>", "States": {"<b>Double</b>": {"Type": "Pass", "End": True}}}, "End": True},
    },
}
execution = run(deploy(machine, "workshop-inspected"), {"items": [1, 2, 3]})
show.inspector(execution)
"""
CONTRAST = """element => {
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    let ground = element;
    while (parse(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement;
    const below = parse(getComputedStyle(ground).backgroundColor);
    const [r, g, b, a = 1] = parse(getComputedStyle(element).color);
    const above = [r, g, b].map((v, i) => v * a + below[i] * (1 - a));
    const [x, y] = [light(above), light(below)].sort((one, other) => other - one);
    return (x + 0.05) / (y + 0.05);
}"""


@pytest.fixture(scope="module")
def inspected(lab: Lab, chromium: Browser) -> Iterator[Watched]:
    """A notebook whose cell has shown an inspector."""
    watched = Watched(chromium)
    page = watched.page
    lab.run(page, "inspector.ipynb", CODE)
    page.locator(".ws-inspector").wait_for(timeout=MINUTES)
    yield watched
    page.close()
    assert watched.foreign == []
    assert watched.complaints == []


CAUGHT = """
import helpers
from helpers import deploy, run, show
bucket = helpers.connect().bucket
look = {
    "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2", "Parameters": {"Bucket.$": "$"},
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Go on"}], "Next": "Go on",
}
inside = {"StartAt": "Look", "States": {"Look": look, "Go on": {"Type": "Pass", "End": True}}}
each = {"Type": "Map", "ItemProcessor": inside, "End": True}
machine = deploy({"StartAt": "Each", "States": {"Each": each}}, "workshop-caught")
show.inspector(run(machine, [bucket, "workshop-no", bucket]))
"""


def picture(page: Page) -> str:
    return str(page.locator(".ws-picture").get_attribute("src"))


def state(page: Page, name: str) -> Any:
    return page.locator(".ws-state").filter(has=page.locator(f"xpath=self::*[@title={name!r}]"))


def test_arrow_keys_go_from_state_to_state_in_a_notebook(inspected: Watched) -> None:
    page = inspected.page
    state(page, "Prepare").focus()
    page.keyboard.press("ArrowDown")
    expect(state(page, "Wait")).to_be_focused()
    expect(page.locator(".ws-spoken")).to_have_text("Wait, wait 30 s: succeeded, 1 visit")
    assert violations(page, ".ws-inspector") == []
    page.keyboard.press("Escape")


def test_the_keyboard_reaches_a_state_and_selects_it(inspected: Watched) -> None:
    page = inspected.page
    page.locator(".jp-InputPrompt").first.click()  # the cell is selected; nothing in it has the focus
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.title") == "Prepare":
            break
    focused = page.locator(".ws-state:focus-visible")
    expect(focused).to_have_attribute("aria-label", "Prepare, pass: succeeded, 1 visit")
    assert focused.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(focused).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".ws-detail h3")).to_have_text("Prepare")
    expect(page.locator(".ws-detail pre").last).to_contain_text("<img src=x onerror='hacked=1'>")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator(".ws-detail h3")).to_have_text("Wait")
    page.keyboard.press("Escape")
    expect(page.locator(".ws-state[aria-pressed=true]")).to_have_count(0)
    assert page.locator(".jp-Cell").count() == 1  # the notebook took none of these keys for its own


def test_each_item_of_a_map_is_a_visit(inspected: Watched) -> None:
    page = inspected.page
    page.get_by_role("button", name="<b>Double</b>").click()
    chips = page.get_by_role("group", name="Visits").get_by_role("button")
    expect(chips).to_have_count(3)
    chips.nth(1).click()
    expect(page.locator(".ws-detail pre").first).to_have_text("2")
    expect(page.locator(".ws-detail h3")).to_have_text("<b>Double</b>")
    page.keyboard.press("Escape")
    assert page.evaluate("() => window.hacked") is None


def test_of_many_visits_it_shows_the_one_that_the_colour_tells_of(lab: Lab, watch: Callable[..., Watched]) -> None:
    """A state that is drawn as caught opens at the item whose failure was caught, not at the last."""
    page = watch().page
    lab.run(page, "caught.ipynb", CAUGHT)
    page.get_by_role("button", name="Look,").click(timeout=MINUTES)
    chips = page.get_by_role("group", name="Visits").get_by_role("button")
    expect(chips.and_(page.locator("[aria-pressed=true]"))).to_have_attribute("aria-label", "Item 1: caught")
    expect(chips.last).to_have_attribute("aria-label", "Item 2: succeeded")
    chips.first.click()
    expect(chips.first).to_have_attribute("aria-pressed", "true")


def test_the_slider_replays_event_by_event(inspected: Watched) -> None:
    page = inspected.page
    slider = page.get_by_role("slider", name="Event")
    end = picture(page)
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(".ws-said")).to_contain_text("Event 1 of")
    start = picture(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".ws-said")).to_have_text("Event 4 of 22 · 0 s · Wait state entered · Wait")
    expect(page.locator(".ws-state.ws-now")).to_have_attribute("aria-label", "Wait, wait 30 s: running, 1 visit")
    expect(page.locator(".ws-picture")).to_have_attribute("alt", "workshop-inspected at event 4, 0 s: at work: Wait.")
    assert len({start, picture(page), end}) == 3
    page.keyboard.press("End")
    assert picture(page) == end


def test_it_plays_to_the_end_and_can_be_paused(inspected: Watched) -> None:
    page = inspected.page
    end = picture(page)
    page.get_by_label("Speed").select_option("10")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".ws-said")).not_to_contain_text("Execution succeeded")
    page.get_by_role("button", name="One event back").click()
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".ws-said")).to_contain_text("Execution succeeded")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert picture(page) == end


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_it_is_legible_in_both_themes(inspected: Watched, theme: str) -> None:
    page = inspected.page
    inspected.wear(theme)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Prepare,").click()
    for part in ("h3", "h4", ".ws-quiet", "pre", ".ws-key", ".ws-string"):
        assert page.locator(f".ws-detail {part}").first.evaluate(CONTRAST) >= 4.5, part
    assert page.locator(".ws-said").evaluate(CONTRAST) >= 4.5
    page.keyboard.press("Escape")


def test_the_still_picture_stands_under_it_on_paper(inspected: Watched) -> None:
    page = inspected.page
    still = page.locator(".jp-OutputArea-output img:not(.ws-picture)")
    expect(still).to_be_hidden()
    page.emulate_media(media="print")
    expect(still).to_be_visible()
    expect(page.locator(".ws-inspector")).to_be_hidden()
    page.emulate_media(media="screen")
    assert str(still.get_attribute("alt")).startswith("workshop-inspected succeeded after")


FORKED = """
import helpers
from helpers import deploy, fork, run, show
from IPython.display import display
helpers.connect()
rule = {"Variable": "$.total", "NumericGreaterThan": 50, "Next": "Ask"}
machine = {
    "StartAt": "Read",
    "States": {
        "Read": {"Type": "Pass", "Next": "Enough?"},
        "Enough?": {"Type": "Choice", "Choices": [rule], "Default": "Pay"},
        "Ask": {"Type": "Wait", "Seconds": 30, "Next": "Pay"},
        "Pay": {"Type": "Pass", "End": True},
    },
}
execution = run(deploy(machine, "workshop-forked"), {"total": 9})
display(show.compare(execution, fork(execution, "Enough?", input={"total": 70})))
show.inspector(execution)
"""


def test_by_mouse_or_keyboard_a_past_input_is_edited_and_the_new_execution_stands_beside(
    lab: Lab, chromium: Browser
) -> None:
    watched = Watched(chromium)
    page = watched.page
    lab.run(page, "forked.ipynb", FORKED)
    first = page.locator(".ws-inspector").first
    first.wait_for(timeout=MINUTES)
    compared = page.get_by_role("img", name="first and second: ")
    expect(compared).to_have_count(1)
    folded = page.locator("details", has_text="Ask").first
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(folded).to_have_attribute("open", "")

    first.get_by_role("button", name="Enough?, choice: succeeded").click()
    field, go = first.get_by_label("Input, as JSON"), first.get_by_role("button", name="Run from here")
    field.fill('{"total": }')
    go.click()
    expect(first.locator(".ws-from-here [role=status]")).to_contain_text("This is no JSON")
    field.fill('{"total": 80}')
    field.press("Tab")
    page.keyboard.press("Enter")
    second = page.locator(".ws-inspector").nth(1)
    second.wait_for(timeout=MINUTES)
    expect(second.get_by_role("button", name="Ask, wait 30 s: succeeded")).to_have_count(1)
    expect(first.get_by_role("button", name="Ask, wait 30 s: not entered")).to_have_count(1)
    second.get_by_role("button", name="Enough?, choice: succeeded").click()
    expect(second.locator(".ws-detail")).to_contain_text('"total": 80')
    assert second.get_by_role("button", name="Run from here").count() == 0
    page.close()
    assert watched.foreign == []
    assert watched.complaints == []
