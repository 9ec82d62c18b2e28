"""The data lens: stages of each state, told from the definition and the history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import draw
from draw import lens, paths, values
from draw.paths import UNKNOWN


def story(name: str) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(
        (Path(__file__).parent / "histories" / f"{name}.json").read_text(encoding="utf-8")
    )
    return stored


def seen(name: str, state: str) -> lens.Seen:
    record = story(name)
    return next(seen for seen in lens.read(record["definition"], record["events"]) if seen.visit.state == state)


def stages(name: str, state: str) -> dict[str, Any]:
    return {stage.name: stage.after for stage in seen(name, state).stages}


def test_each_field_of_a_task_is_shown_with_what_it_did() -> None:
    photo = {"bucket": "workshop", "key": "receipts/01.png"}
    read = {"text": "HARBOUR LIGHT COFFEE", "pages": 1}
    record = stages("plain", "Read text")
    assert record["InputPath"] == photo
    assert record["Parameters"] == {"Document": {"S3Object": {"Bucket": "workshop", "Name": "receipts/01.png"}}}
    assert record["Result"]["Blocks"][1]["Text"] == "15.82"
    assert record["ResultSelector"] == read
    assert record["ResultPath"] == {"photo": photo, "sender": "ada@example.com", "read": read}


def test_what_is_worked_out_agrees_with_what_was_recorded() -> None:
    for name in ("plain", "train", "refused"):
        record = story(name)
        assert all(seen.agrees for seen in lens.read(record["definition"], record["events"]))


def test_a_history_that_contradicts_the_definition_is_said_to() -> None:
    record = story("plain")
    record["definition"]["States"]["Label"]["Result"] = "another"
    assert (
        "differs from what the history recorded"
        in draw.data(record["definition"], record["events"], state="Label").text
    )


def test_branches_and_items_are_the_result_of_what_holds_them() -> None:
    assert stages("plain", "Both")["Result"] == [15.82, 0.82]
    each = stages("plain", "Each line")
    assert each["ItemSelector"] == {"line": {"item": "Latte", "price": 4.5}, "vendor": "HARBOUR LIGHT"}
    assert [item["line"]["item"] for item in each["Result"]] == ["Latte", "Scone"]


def test_a_caught_error_is_shown_as_the_data_it_becomes() -> None:
    record = stages("refused", "Start training")
    assert record["Error"] == record["Catch"] == {"Error": "Model.Busy", "Cause": "Start training is busy: try again"}


def test_each_try_that_failed_is_told_with_its_error() -> None:
    tries = stages("refused", "Start training")["Tries"]
    assert tries == 4 * [{"Error": "Model.Busy", "Cause": "Start training is busy: try again"}]
    assert draw.data(story("refused")["definition"], story("refused")["events"]).text.count("x Model.Busy: ") == 5


def test_a_choice_is_told_with_where_it_went_and_why() -> None:
    record = seen("train", "Good enough?").stages
    assert [(stage.says, stage.after) for stage in record] == [("accuracy ≥ 0.9", "Score batches")]


def test_jsonata_is_told_from_the_history_alone() -> None:
    record = seen("jsonata", "Read text")
    assert {stage.name: stage.after for stage in record.stages if stage.name != "Result"} == {
        "Arguments": {"Document": "receipts/01.png"},
        "Assign": {"pages": 2},
        "Output": "HARBOUR LIGHT COFFEE",
    }
    assert all(stage.recorded for stage in record.stages)


def test_what_cannot_be_told_is_said_not_to_be_shown() -> None:
    state = {"Type": "Succeed", "InputPath": "$.items[?(@.price > 3)]"}
    events = story("jsonata")["events"]
    definition = {"StartAt": "Done", "States": {"Done": state}}
    assert "not shown: the history does not record it" in draw.data(definition, events, state="Done").text


def test_a_state_is_shown_on_the_visit_that_failed_or_the_last_and_by_name_on_all() -> None:
    record = story("train")
    assert "Get status at 106 s, visit 3 of 3" in draw.data(record["definition"], record["events"]).text
    all_visits = draw.data(record["definition"], record["events"], state="Get status").text
    assert [f"visit {number} of 3" in all_visits for number in (1, 2, 3)] == [True, True, True]


def test_a_state_that_was_not_entered_is_said_with_those_that_were() -> None:
    record = story("jsonata")
    assert "States entered: Read text, Done." in draw.data(record["definition"], record["events"], state="Read").text


@pytest.mark.parametrize(
    ("path", "found"),
    [
        *(("$", {"a": [{"b c": 1}]}), ("$.a[0]['b c']", 1), ("$.a[*]['b c']", [1]), ("$.a[*].none", [])),
        *(
            ("$.a[1]", UNKNOWN),
            ("$.a[?(@.b)]", UNKNOWN),
            ("$.c", UNKNOWN),
            ("$$.State.Name", UNKNOWN),
            ("$var", UNKNOWN),
        ),
    ],
)
def test_paths_of_names_and_positions_are_worked_out_and_no_others(path: str, found: object) -> None:
    assert paths.look_up({"a": [{"b c": 1}]}, path) == found


def test_variables_and_what_is_known_of_the_context_are_looked_up() -> None:
    names = {"count": {"n": 2}, "$": {"State": {"Name": "Use"}}}
    assert paths.look_up({}, "$count.n", names) == 2
    assert paths.look_up({}, "$$.State.Name", names) == "Use"
    assert paths.look_up({}, "$$.Execution.Id", names) is UNKNOWN


def test_a_result_is_placed_without_touching_the_input() -> None:
    given = {"a": {"b": 1}}
    assert paths.place(given, "$.a.c", 2) == {"a": {"b": 1, "c": 2}}
    assert paths.place(given, None, 2) == given
    assert paths.place(given, "$.a[0]", 2) is UNKNOWN
    assert paths.place(given, "$.a[*]", 2) is UNKNOWN
    assert given == {"a": {"b": 1}}


def test_a_template_with_a_function_in_it_is_not_guessed() -> None:
    assert paths.fill({"n.$": "$.a", "text": "as it is"}, {"a": 1}) == {"n": 1, "text": "as it is"}
    assert paths.fill({"n.$": "States.MathAdd($.a, 1)"}, {"a": 1}) is UNKNOWN


def written(lines: list[values.Line]) -> list[str]:
    return [str(line) for line in lines]


def test_a_change_is_marked_where_it_is_and_what_stays_is_short() -> None:
    before, after = (
        {"keep": {"x": 1}, "gone": 2, "deep": {"n": 0, "m": 1}},
        {"keep": {"x": 1}, "deep": {"n": 1, "m": 1}},
    )
    assert written(values.changes(before, after)) == [
        "  {",
        '-   "gone": 2',
        '    "keep": {"x": 1}',
        '    "deep": {',
        '-     "n": 0',
        '+     "n": 1',
        '      "m": 1',
        "    }",
        "  }",
    ]


def test_true_is_not_one() -> None:
    changed = values.changes({"a": 1, "b": 0}, {"a": True, "b": 0})
    assert [line.sign for line in changed] == [" ", "-", "+", " ", " "]


def test_each_part_of_a_template_says_where_it_was_taken_from() -> None:
    template = {"Document": {"S3Object": {"Bucket.$": "$.bucket", "Name.$": "$.key"}}, "Pages": 1}
    given = {"Document": {"S3Object": {"Bucket": "workshop", "Name": "a.png"}}, "Pages": 1}
    assert written(values.lines(given, template))[3:5] == [
        '        "Bucket": "workshop"  <- $.bucket',
        '        "Name": "a.png"  <- $.key',
    ]
    expression = values.lines({"n": 3, "m": [1]}, {"n": "{% $count($states.result) %}", "m": [1]})
    assert [line.note for line in expression] == ["", "$count($states.result)", "", ""]


def test_what_a_large_template_has_as_it_stands_takes_a_line_each() -> None:
    fixed = {f"Setting {at}": {"a": "x" * 60, "b": "y" * 60} for at in range(20)}
    record = written(values.lines(fixed | {"Name": "one"}, fixed | {"Name.$": "$.name"}))
    assert len(record) == 23
    assert record[-2] == '    "Name": "one"  <- $.name'


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ('{"errorMessage": "no total", "stackTrace": []}', "no total"),
        ('{"FailureReason": "AlgorithmError: exit code 1", "Status": "Failed"}', "AlgorithmError: exit code 1"),
        *(("it did not work", "it did not work"), (None, "no cause given"), ("[1]", "[1]")),
    ],
)
def test_a_cause_is_told_by_its_message(cause: str | None, message: str) -> None:
    assert values.why(cause) == message


def test_what_a_path_leaves_behind_is_named() -> None:
    whole = {"StatusCode": 200, "Payload": {"total": 3, "tax": 1}, "Version": "1"}
    assert written(values.picked(whole, ["Payload", "tax"], 1)) == ["- StatusCode, Version, Payload.total", "  1"]


def test_a_large_value_is_a_few_lines_and_says_what_is_left_out() -> None:
    blocks = [{"Id": f"block-{at}", "Text": "x" * 100, "Page": 1} for at in range(100)]
    record = written(values.lines({"Blocks": blocks, "Numbers": list(range(1000)), "SdkHttpMetadata": {"a": "b" * 99}}))
    assert len(record) < 20
    assert "      … 98 more" in record
    assert any(line.endswith(" more]") and len(line) < 100 for line in record)
    assert '    "SdkHttpMetadata": {…}' in record


def test_a_long_difference_keeps_what_changed() -> None:
    before = {f"name {at}": at for at in range(200)}
    record = written(values.changes(before, before | {"name 150": -1}))
    assert '-   "name 150": 150' in record
    assert "    … 148 lines the same" in record[1]
    assert len(record) < 12


def test_a_long_value_is_cut_and_no_markup_gets_into_the_page() -> None:
    record = story("jsonata")
    record["events"][1]["stateEnteredEventDetails"]["input"] = json.dumps({"a": "<script>" + "x" * 100_000})
    html = draw.data(record["definition"], record["events"]).html
    assert "<script" not in html
    assert len(html) < 60_000


def test_every_prefix_of_a_history_has_its_data() -> None:
    for name in ("plain", "train"):
        record = story(name)
        for end in range(0, len(record["events"]) + 1, 3):
            assert draw.data(record["definition"], record["events"][:end]).text
