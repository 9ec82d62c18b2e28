"""What a reader sees while a cell runs, in the lab: pictures that follow each other, a line where there is nothing."""

from __future__ import annotations

from collections.abc import Callable

import nbformat
from playwright.sync_api import expect

import draw
from bench.lab.listening import IDLE, MINUTES, run_all
from tests.browser.conftest import Lab, Watched
from tests.draw.machines import MACHINES

SET_UP = """from helpers import connect, deploy, run
connect()
hour = {
    "StartAt": "Wait",
    "States": {
        "Wait": {"Type": "Wait", "Seconds": 3600, "Next": "Again"},
        "Again": {"Type": "Wait", "Seconds": 30, "End": True},
    },
}
machine = deploy(hour, "workshop-browser-hour")"""
WATCH = "execution = run(machine, watch=True)"
QUIETLY = "import time\ntime.sleep(4)"
ASK = "answer = input('Approve? ')\nprint('You said', answer)"


def test_an_hour_passes_in_pictures_and_a_silent_cell_says_that_it_is_at_work(
    lab: Lab, watch: Callable[..., Watched]
) -> None:
    page = watch().page
    lab.write("pace.ipynb", *map(nbformat.v4.new_code_cell, (SET_UP, WATCH, QUIETLY, ASK)))
    page.goto(lab.address("pace.ipynb"))
    _, watched, silent, asked = run_all(page, "yes")
    assert not any(cell.error for cell in (watched, silent, asked))
    assert len(watched.outputs) >= 8
    assert len(silent.outputs) >= 3
    expect(page.get_by_text("Done after")).to_have_count(2)  # and under the first cell, which starts the cloud
    expect(page.get_by_text("You said yes")).to_be_visible()
    assert "succeeded after 1 h" in page.locator(".jp-OutputArea-output img").first.get_attribute("alt")


def test_a_recording_plays_where_it_is_spoken_of(lab: Lab, watch: Callable[..., Watched]) -> None:
    page = watch().page
    sound = '<audio controls src="../data/calls/cancellation.wav"></audio> [a call](../data/calls/cancellation.wav)'
    lab.write("sound.ipynb", nbformat.v4.new_markdown_cell(sound))
    page.goto(lab.address("sound.ipynb"))
    page.wait_for_function(IDLE, timeout=MINUTES)
    page.wait_for_function("() => document.querySelector('audio')?.duration > 30", timeout=MINUTES)
    address = page.get_by_role("link", name="a call").get_attribute("href")
    assert page.request.get(address).ok


def test_text_is_as_wide_as_the_layout_takes_it_to_be_whatever_the_font(watch: Callable[..., Watched]) -> None:
    page = watch().page
    for font in ("Helvetica", "DejaVu Sans", "DejaVu Sans Mono"):
        drawn = draw.graph(MACHINES["many"]).svg.replace("Helvetica,", f"{font},")
        page.set_content(drawn)
        widths = page.locator("svg text").evaluate_all(
            "all => all.map(one => [one.getBBox().width, Number(one.getAttribute('textLength'))])"
        )
        assert len(widths) > 10
        assert [pair for pair in widths if abs(pair[0] - pair[1]) > 1] == []
