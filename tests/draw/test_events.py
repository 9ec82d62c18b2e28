"""The events table: what it says, what it leaves out."""

from __future__ import annotations

import draw
from tests.draw.machines import History
from tests.draw.test_timeline import events_of


def test_an_event_is_told_with_its_time_its_state_and_what_there_is_to_know() -> None:
    lines = draw.events(events_of("refused"), name="refused").text.splitlines()
    assert lines[0] == "refused: failed after 30 s, 27 events"
    assert lines[10].split(maxsplit=6) == [
        *("10", "7.04", "s", "Start", "training", "TaskFailed"),
        "Model.Busy: Start training is busy: try again",
    ]


def test_events_are_chosen_by_type_and_by_state() -> None:
    events = events_of("refused")
    chosen = draw.events(events, type="failed", state="Start training").text.splitlines()
    assert chosen[0].endswith("4 of 27 events")
    assert [line.split()[0] for line in chosen[1:]] == ["10", "13", "16", "19"]
    assert draw.events(events, type="Failed").text.splitlines()[-1].split()[3] == "ExecutionFailed"


def test_a_state_that_was_not_entered_is_said_with_those_that_were() -> None:
    text = draw.events(events_of("refused"), state="Start trainin").text
    assert text.startswith('No event is of a state "Start trainin". States entered: Validate input, Start training,')


def test_details_open_on_a_click_and_json_inside_json_is_unpacked() -> None:
    html = draw.events(events_of("plain"), type="TaskScheduled").html
    assert html.count("<details>") == 2
    assert '"Bucket": "workshop"' in html


def test_a_long_history_is_cut_and_says_so() -> None:
    picture = draw.events(events_of("many"))
    assert "more events: give state=… or type=… to see fewer." in picture.text
    assert len(picture.html) < 100_000


def test_no_markup_of_a_workflow_gets_into_the_page() -> None:
    recording = History()
    recording.visit("<script>alert(1)</script>", tries=("<img>",))
    page = draw.events(recording.events, name="<i>")
    assert all(element not in page.html for element in ("<script", "<img", "<i>"))
    assert "&lt;script&gt;" in page.html


def test_no_event_is_no_error() -> None:
    assert draw.events([]).text == "execution: running at 0 s, 0 events"
