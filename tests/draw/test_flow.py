"""How data flows through one state: what each field says, and what becomes of the input."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from draw import flow

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}


def drawn(**fields: object) -> tuple[str, str, str]:
    """The picture's words, its sentence, its lines."""
    svg, alt, text, _, _ = flow.picture("Convert", {**TASK, **fields})
    return " ".join(ElementTree.fromstring(svg).itertext()), alt, text


def test_the_fields_stand_in_the_order_in_which_they_work() -> None:
    _, _, text = drawn()
    names = [line.partition(" (")[0] for line in text.splitlines()]
    assert names == ["InputPath", "Parameters", "Convert", "ResultSelector", "ResultPath", "OutputPath"]


def test_a_field_that_is_not_set_says_so_and_what_then_holds() -> None:
    words, alt, text = drawn()
    assert words.count("not set") == 5
    assert "ResultPath (not set): the result replaces the input" in text
    assert "OutputPath (not set): all of it goes on" in alt


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("InputPath", "$.photo", "$.photo"),
        ("Parameters", {"FunctionName": "f", "Payload.$": "$"}, "{ FunctionName, Payload }"),
        ("ResultSelector", {"words.$": "$.Payload"}, "{ words }"),
        ("ResultPath", "$.readings", "$.readings"),
        ("OutputPath", "$.Payload", "$.Payload"),
    ],
)
def test_a_field_that_is_set_is_quoted(field: str, value: object, said: str) -> None:
    words, _, text = drawn(**{field: value})
    assert words.count("not set") == 4
    assert f"{field} ({said})" in text


def test_the_input_goes_round_the_work_only_where_result_path_keeps_it() -> None:
    kept, lost = "the input goes round the work", "nothing is left of the input"
    assert kept in drawn(ResultPath="$.readings")[0]
    assert kept in drawn(ResultPath=None)[0]
    assert lost in drawn()[0]
    assert lost in drawn(ResultPath="$")[0]


def test_a_result_path_of_null_drops_the_result() -> None:
    assert "ResultPath (null): nowhere: the result is dropped" in drawn(ResultPath=None)[2]


def test_it_fits_a_slide_and_has_presentation_attributes_only() -> None:
    svg, _, _, wide, high = flow.picture("A" * 200, {**TASK, "Parameters": {"k" * 60: 1, "l" * 60: 2}})
    assert wide <= 1100
    assert high <= 300
    attributes = {name for element in ElementTree.fromstring(svg).iter() for name in element.attrib}
    assert not attributes & {"style", "class", "id", "href", "onload"}
