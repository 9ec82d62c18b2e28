"""The picture as a whole: its story and its bytes.

After a wanted change of the pictures, look at them, then: python -m tests.draw.test_graph
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

import draw
from tests.draw.machines import LONG_NAME, MACHINES, ONE, TRAIN, History
from tests.draw.pictures import PICTURES, failed_training, golden, keep, one_element_a_line, polled_training

HISTORIES = Path(__file__).parent / "histories"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_has_the_same_bytes_as_when_it_was_looked_at(name: str) -> None:
    assert one_element_a_line(PICTURES[name]().svg) == golden(name)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small_well_formed_and_has_presentation_attributes_only(name: str) -> None:
    drawn = PICTURES[name]()
    assert len(drawn.svg.encode()) < 60_000
    elements = list(ElementTree.fromstring(drawn.svg).iter())
    assert {element.tag.rpartition("}")[2] for element in elements} <= {"svg", "g", "rect", "path", "circle", "text"}
    forbidden = {"style", "class", "id", "href", "onload"}
    assert not forbidden & {attribute for element in elements for attribute in element.attrib}


def test_markup_in_names_stays_text() -> None:
    drawn = draw.graph(MACHINES["odd"], [], name="<script>alert(2)</script>")
    html = drawn._repr_mimebundle_()["text/html"]
    assert "<script" not in drawn.svg
    assert "<script" not in html
    assert "&lt;script&gt;alert(2)" in drawn.svg


def test_control_characters_do_not_break_the_picture() -> None:
    odd = {"StartAt": "a\x00\ud800b", "States": {"a\x00\ud800b": {"Type": "Succeed"}}}
    assert ElementTree.fromstring(draw.graph(odd).svg) is not None


def test_quotes_in_a_name_stay_as_they_are_in_the_image() -> None:
    drawn = draw.graph({"StartAt": 'Say "it\'s" & go', "States": {'Say "it\'s" & go': {"Type": "Succeed"}}})
    source = re.search('charset=utf-8,([^"]+)"', drawn._repr_mimebundle_()["text/html"])
    assert source is not None
    words = [element.text for element in ElementTree.fromstring(unquote(html.unescape(source[1]))).iter()]
    assert 'Say "it\'s" & go' in words


def test_jupyter_gets_an_image_with_a_sentence_and_a_terminal_gets_a_trace() -> None:
    drawn = draw.graph(TRAIN, failed_training(), name="train-and-publish")
    bundle = drawn._repr_mimebundle_()
    image = re.fullmatch(
        r'<img alt="([^"]+)" width="(\d+)" height="(\d+)" style="max-width:100%;height:auto" '
        r'src="data:image/svg\+xml;charset=utf-8,([^"]+)">',
        bundle["text/html"],
    )
    assert image is not None
    assert image[1] == (
        "train-and-publish failed after 12 s: Validate input, then Start training (3 retries, caught: task "
        "failed), then Notify failure, then Rejected (failed: Rejected)."
    )
    assert unquote(html.unescape(image[4])).replace("'", '"') == drawn.svg
    assert bundle["text/plain"].splitlines() == [
        "train-and-publish: failed after 12 s",
        "       0.0 s  Validate input       2 s  succeeded",
        "       2.0 s  Start training       8 s  caught, 4 tries: States.TaskFailed",
        "      10.0 s  Notify failure       2 s  succeeded",
        "      12.0 s  Rejected             0 s  failed: Rejected",
        "Rejected: not good enough",
    ]


def test_a_map_is_told_state_by_state() -> None:
    recording = History()
    begun = recording.add("MapStateStarted", recording.enter("Each", "Map"), length=2)
    for index in range(2):
        opened = recording.add("MapIterationStarted", begun, name="Each", index=index)
        last = recording.visit("Work", previous=opened, tries=("Boom",) if index else (None,))
        recording.add("MapIterationSucceeded", last, name="Each", index=index)
    machine = {
        "StartAt": "Each",
        "States": {"Each": {"Type": "Map", "End": True, "Iterator": {"StartAt": "Work", "States": {}}}},
    }
    assert draw.graph(machine, recording.events).text.splitlines()[1:] == [
        "       0.0 s  Each              …  running, 2 of 2 items",
        "       0.0 s    Work \N{MULTIPLICATION SIGN}2       2 s  1 succeeded, 1 caught: Boom",
    ]


def test_every_prefix_of_a_history_draws_and_nothing_moves() -> None:
    events = polled_training()
    sizes = set()
    for end in range(1, len(events) + 1):
        drawn = draw.graph(TRAIN, events[:end], name="t")
        sizes.add((drawn.width, drawn.height))
    assert len(sizes) == 1


@pytest.mark.parametrize("landscape", [False, True])
@pytest.mark.parametrize("name", ["train", "refused", "night", "plain", "jsonata"])
def test_every_prefix_of_a_recorded_history_draws_and_nothing_moves(name: str, landscape: bool) -> None:
    recorded = json.loads((HISTORIES / f"{name}.json").read_text(encoding="utf-8"))
    definition, events = recorded["definition"], recorded["events"]
    drawn = [draw.graph(definition, events[: end + 1], name="t", landscape=landscape) for end in range(len(events))]
    assert len({(picture.width, picture.height) for picture in drawn}) == 1
    assert len({picture.svg for picture in drawn}) > 1


def test_a_long_name_is_wrapped_and_heard_in_full() -> None:
    drawn = draw.graph(MACHINES["odd"])
    assert {"A very long state name that", "goes on and on until it is", "eighty characters in all!"} <= set(
        re.findall(">([^<]+)</text>", drawn.svg)
    )
    assert "until it is eighty char…</text>" in draw.graph(MACHINES["odd"], landscape=True).svg
    assert LONG_NAME in drawn.alt


def test_no_definition_is_refused() -> None:
    with pytest.raises(ValueError, match="StartAt and States"):
        draw.graph({"States": {}})


def test_one_state_is_enough() -> None:
    assert draw.graph(ONE).text == "workflow\n  Only: succeed; -> End"


if __name__ == "__main__":
    for picture, draw_it in PICTURES.items():
        keep(picture, draw_it().svg)
