"""A picture of services: what it says in its three forms, and what stands out when it has grown."""

from __future__ import annotations

from xml.etree import ElementTree

import draw

STREAM = draw.Service("Stream", "keeps order", "wave", 0, 0, ("Lake", "Nowhere"))
LAKE = draw.Service("Lake", "keeps everything", "bucket", 1, 1)


def test_it_says_what_each_service_does_and_where_its_data_goes() -> None:
    picture = draw.services("Streams to lakes", ["Streams", "Lakes"], [STREAM, LAKE])
    assert picture.text.splitlines() == ["Streams to lakes", "Stream: keeps order -> Lake", "Lake: keeps everything"]
    words = list(ElementTree.fromstring(picture.svg).itertext())
    assert {"Streams", "Lakes", "Stream", "Lake", "keeps order"} <= set(words)
    assert "Nowhere" not in picture.alt + picture.svg


def test_what_is_new_stands_out_and_nothing_else_moves() -> None:
    before = draw.services("Growing", ["Streams", "Lakes"], [STREAM, LAKE])
    after = draw.services("Growing", ["Streams", "Lakes"], [STREAM, LAKE], new={"Lake"})
    assert (before.width, before.height) == (after.width, after.height)
    assert "Lake (new): keeps everything" in after.text
    assert [before.svg.count('stroke-width="3"'), after.svg.count('stroke-width="3"')] == [0, 1]


def test_it_fits_a_projector_with_six_columns_and_eight_rows() -> None:
    last = draw.Service("Last", "is far away", "pass", 5, 7)
    picture = draw.services("Large", ["a", "b", "c", "d", "e", "f"], [STREAM, last])
    assert (picture.width <= 1240, picture.height <= 720) == (True, True)
