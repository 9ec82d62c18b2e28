"""Previews in the lens: where they stand, what they say, that nothing in them is markup."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

import draw
from draw import Preview
from draw.objects import Box, Place
from draw.previews import captioned, figure
from tests.draw.machines import History

PLACE = Place("workshop", "a/<script>alert(1)</script>.png")
PHOTO = Preview("JPEG, 60 KB", image=(b"\xff\xd8not quite", 200, 100))
FOUND = [
    Box(0.1, 0.2, 0.3, 0.4, "thing", "Dog <script>"),
    Box(0.5, 0.2, 0.3, 0.4, "thing", "Dog <script>"),
    Box(0.9, 0.9, 0.05, 0.05, "line", "TOTAL"),
]


def decoded(html: str) -> str:
    source = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert source
    return base64.b64decode(source[1]).decode()


def test_what_was_found_on_a_photo_is_drawn_over_it() -> None:
    drawn = ElementTree.fromstring(decoded(figure(PLACE, PHOTO, FOUND)))
    tags = [element.tag.rpartition("}")[2] for element in drawn]
    assert tags == ["image", "rect", "rect", "rect", "rect", "text", "rect", "text"]
    frame = next(element for element in drawn if element.get("stroke") == "#d55e00")
    assert [frame.get(side) for side in ("x", "y", "width", "height")] == ["19", "19", "62", "42"]


def test_a_photo_has_an_alt_text_that_says_what_was_found() -> None:
    html = figure(PLACE, PHOTO, FOUND)
    assert 'with 1 line of text, 2 Dog &lt;script&gt; found: Dog &lt;script&gt;; Dog &lt;script&gt;; TOTAL"' in html
    plain = figure(Place("workshop", "a.png"), PHOTO, [])
    assert 'alt="a.png"' in plain
    assert "data:image/jpeg;base64," in plain


@pytest.mark.parametrize(
    "preview",
    [
        PHOTO,
        Preview("sound", wave=(0, 50, 100)),
        Preview("<script>", rows=(("<script>a", "b"), ("1", "<script>"))),
        Preview("text", text="<script>alert(1)</script>"),
        Preview("transcript", text="<script>", spoken=True),
        Preview("<script> is not there"),
    ],
)
def test_nothing_in_an_object_is_markup(preview: Preview) -> None:
    html = figure(PLACE, preview, FOUND)
    assert "<script" not in html
    if "svg+xml" in html:
        assert "<script" not in decoded(html)


def test_names_beside_fields_hide_no_other_field() -> None:
    rows = [Box(0.5, at / 20, 0.2, 0.04, "field", f"FIELD_{at}") for at in range(20)]
    drawn = ElementTree.fromstring(decoded(figure(PLACE, PHOTO, rows)))
    names = [element for element in drawn if element.tag.endswith("rect") and not element.get("stroke")]
    assert 5 < len(names) <= 20
    assert {name.get("x") for name in names} <= {"141", "99"} | {str(x) for x in range(99)}


def test_a_wide_table_is_cut_and_a_row_of_numbers_is_no_head() -> None:
    wide = tuple(tuple(f"{row}.{'0' * 30}{column}" for column in range(13)) for row in range(3))
    html = figure(PLACE, Preview("table", rows=wide), [])
    assert html.count("<td") == 3 * 4
    assert "<th" not in html
    assert figure(PLACE, Preview("table", rows=(("name", "n"), ("a", "1"))), []).count("<th") == 2


def execution(*visits: tuple[str, Any, Any]) -> list[dict[str, Any]]:
    """Pass states in a row, each with its input and output."""
    story = History()
    for name, given, put_out in visits:
        story.enter(name, "Pass")
        story.events[-1]["stateEnteredEventDetails"]["input"] = json.dumps(given)
        story.leave(name, "Pass")
        story.events[-1]["stateExitedEventDetails"]["output"] = json.dumps(put_out)
    return story.events


MACHINE = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": True}}}
PHOTO_AT = {"bucket": "workshop", "key": "a.png"}


def test_an_object_is_asked_for_once_and_stands_where_it_was_named_first() -> None:
    asked = []

    def look(bucket: str, key: str) -> Preview:
        asked.append((bucket, key))
        return Preview("text", text=f"what is in {key}")

    events = execution(("A", PHOTO_AT, PHOTO_AT), ("B", PHOTO_AT, PHOTO_AT | {"at": "s3://workshop/b.txt"}))
    picture = draw.data(MACHINE, events, look=look)
    assert asked == [("workshop", "a.png"), ("workshop", "b.txt")]
    first, second = picture.html.split("<details")[1:]
    assert "what is in a.png" in first
    assert "what is in b.txt" in second
    assert "In S3           b.txt: text: what is in b.txt" in picture.text


def test_without_anyone_to_look_nothing_is_asked_for() -> None:
    assert "In S3" not in draw.data(MACHINE, execution(("A", PHOTO_AT, PHOTO_AT))).html


def test_previews_of_many_objects_leave_a_page_small() -> None:
    big = Preview("photo", image=(b"x" * 8000, 200, 200))
    states: dict[str, Any] = {f"S{at}": {"Type": "Pass", "Next": f"S{at + 1}"} for at in range(40)}
    given: list[tuple[str, Any, Any]] = [
        (f"S{at}", {}, [f"s3://workshop/{at}-{part}" for part in range(9)]) for at in range(40)
    ]
    picture = draw.data({"StartAt": "S0", "States": states}, execution(*given), look=lambda bucket, key: big)
    assert len(picture.html) < 150_000


def test_so_many_objects_are_looked_at_and_no_more() -> None:
    asked = []

    def look(bucket: str, key: str) -> Preview:
        asked.append(key)
        return Preview("is not there")

    states: dict[str, Any] = {f"S{at}": {"Type": "Pass", "Next": f"S{at + 1}"} for at in range(30)}
    given: list[tuple[str, Any, Any]] = [
        (f"S{at}", {}, [f"s3://workshop/{at}-{part}" for part in range(9)]) for at in range(30)
    ]
    draw.data({"StartAt": "S0", "States": states}, execution(*given), look=look)
    assert len(asked) == 24


def test_a_preview_is_told_on_a_line() -> None:
    assert captioned(Place("b", "c.json"), Preview("transcript, 3 KB", text="Good morning", spoken=True), []) == (
        "c.json: transcript, 3 KB: “Good morning”"
    )
    assert (
        captioned(Place("b", "c.csv"), Preview("table", rows=(("a", "b"), ("1", "2"))), []) == "c.csv: table: a b | 1 2"
    )
