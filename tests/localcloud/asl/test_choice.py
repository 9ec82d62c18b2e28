"""Choice rules: every operator, unlike types, missing values, And, Or, Not, and JSONata's Condition."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.asl import choice
from localcloud.asl.data import Data, EvaluationError, ExpressionSyntaxError


def holds(rule: dict[str, Any], document: Any, **variables: Any) -> bool:
    return choice.compile_rule(rule)(Data(document, {"State": {"Name": "s"}}, variables))


def test_there_are_thirty_nine_operators() -> None:
    assert len(choice.OPERATORS) == 39


ORDERED = [
    ("String", "a", "b"),
    ("String", "", " "),
    ("String", "A", "AB"),
    ("Numeric", 1, 2),
    ("Numeric", -0.5, 0),
    ("Timestamp", "2012-10-09T19:00:55Z", "2012-10-09T19:00:56Z"),
    ("Timestamp", "2012-10-09T19:00:55+02:00", "2012-10-09T17:00:55.5Z"),
]


@pytest.mark.parametrize("suffix", ["", "Path"])
@pytest.mark.parametrize(("kind", "less", "more"), ORDERED)
def test_ordered_kinds_have_five_comparisons(kind: str, less: Any, more: Any, suffix: str) -> None:
    for order, below, same, above in (
        ("Equals", False, True, False),
        ("LessThan", True, False, False),
        ("GreaterThan", False, False, True),
        ("LessThanEquals", True, True, False),
        ("GreaterThanEquals", False, True, True),
    ):
        for left, right, expected in ((less, more, below), (less, less, same), (more, less, above)):
            operand = "$.right" if suffix else right
            rule = {"Variable": "$.left", kind + order + suffix: operand}
            assert holds(rule, {"left": left, "right": right}) is expected, rule


@pytest.mark.parametrize("suffix", ["", "Path"])
def test_booleans_can_only_be_equal(suffix: str) -> None:
    for left in (True, False):
        for right in (True, False):
            rule = {"Variable": "$.left", "BooleanEquals" + suffix: "$.right" if suffix else right}
            assert holds(rule, {"left": left, "right": right}) is (left == right)


def test_equal_timestamps_may_be_written_differently() -> None:
    rule = {"Variable": "$", "TimestampEquals": "2012-10-09T19:00:55Z"}
    assert holds(rule, "2012-10-09T20:00:55.000+01:00")


def test_whole_numbers_equal_the_same_numbers_with_a_fraction() -> None:
    assert holds({"Variable": "$", "NumericEquals": 1.0}, 1)


VALUES = [None, True, 0, 1.5, "", "text", "2012-10-09T19:00:55Z", [], ["a"], {}, {"a": 1}]
KINDS = {
    "StringLessThanEquals": ("zzz", lambda v: isinstance(v, str)),
    "NumericLessThanEquals": (99, lambda v: isinstance(v, (int, float)) and not isinstance(v, bool)),
    "BooleanEquals": (True, lambda v: v is True),
    "TimestampLessThanEquals": ("2030-01-01T00:00:00Z", lambda v: v == "2012-10-09T19:00:55Z"),
    "StringMatches": ("*", lambda v: isinstance(v, str)),
}


@pytest.mark.parametrize("operator", KINDS)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_of_another_type_compares_as_false(operator: str, value: Any) -> None:
    operand, fits = KINDS[operator]
    assert holds({"Variable": "$", operator: operand}, value) is fits(value)


def test_an_operand_path_to_another_type_compares_as_false() -> None:
    assert not holds({"Variable": "$.a", "NumericLessThanPath": "$.b"}, {"a": 1, "b": "2"})


TYPES = {
    "IsNull": lambda v: v is None,
    "IsString": lambda v: isinstance(v, str),
    "IsNumeric": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "IsBoolean": lambda v: isinstance(v, bool),
    "IsTimestamp": lambda v: v == "2012-10-09T19:00:55Z",
}


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("operator", TYPES)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_types_can_be_asked_for_and_excluded(operator: str, value: Any, wanted: bool) -> None:
    assert holds({"Variable": "$", operator: wanted}, value) is (TYPES[operator](value) is wanted)


@pytest.mark.parametrize("text", ["2012-10-09T19:00:55", "2012-10-09", "2012-13-09T19:00:55Z", "2012-10-09 19:00:55Z"])
def test_a_timestamp_needs_date_time_and_zone(text: str) -> None:
    assert not holds({"Variable": "$", "IsTimestamp": True}, text)


def test_a_time_with_an_offset_is_a_timestamp_and_compares_as_the_moment_it_is() -> None:
    assert holds({"Variable": "$", "TimestampEquals": "2012-10-09T18:00:55Z"}, "2012-10-09T19:00:55+01:00")
    assert holds({"Variable": "$", "IsTimestamp": True}, "2012-10-09T19:00:55+01:00")


def test_presence_is_the_one_question_a_missing_value_answers() -> None:
    document = {"null": None, "list": []}
    for path, present in (("$.null", True), ("$.no", False), ("$.no.deeper", False), ("$.list[0]", False)):
        assert holds({"Variable": path, "IsPresent": True}, document) is present
        assert holds({"Variable": path, "IsPresent": False}, document) is not present


def test_presence_of_variables_and_of_lists() -> None:
    assert holds({"Variable": "$v", "IsPresent": True}, {}, v=None)
    assert not holds({"Variable": "$w", "IsPresent": True}, {}, v=None)
    assert not holds({"Variable": "$.l[*].x", "IsPresent": True}, {"l": [{"y": 1}]})
    assert holds({"Variable": "$.l[*].y", "IsPresent": True}, {"l": [{"y": 1}]})


@pytest.mark.parametrize("rule", [{"IsNull": True}, {"StringEquals": "a"}, {"StringMatches": "*"}])
def test_a_missing_variable_fails_the_state(rule: dict[str, Any]) -> None:
    with pytest.raises(EvaluationError) as caught:
        holds({"Variable": "$.no", **rule}, {})
    assert caught.value.error == "States.Runtime"
    assert caught.value.message == (
        "Invalid path '$.no': The choice state's condition path references an invalid value."
    )


def test_a_missing_operand_fails_the_state() -> None:
    with pytest.raises(EvaluationError, match=r"Invalid path '\$\.b'"):
        holds({"Variable": "$.a", "NumericEqualsPath": "$.b"}, {"a": 1})


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("log-*.txt", "log-a.b.txt", True),
        ("log-*.txt", "log-.txt", True),
        ("log-*.txt", "log-a.txt.gz", False),
        ("*", "", True),
        ("a.c", "abc", False),
        ("a*b*c", "a\nxxbyyc", True),
        ("a\\*c", "a*c", True),
        ("a\\*c", "abc", False),
        ("a\\\\*", "a\\bc", True),
        ("", "", True),
    ],
)
def test_string_matches_knows_one_wildcard_and_its_escape(pattern: str, text: str, matches: bool) -> None:
    assert holds({"Variable": "$", "StringMatches": pattern}, text) is matches


def test_rules_nest() -> None:
    rule = {
        "And": [
            {"Variable": "$.n", "NumericGreaterThanEquals": 20},
            {"Not": {"Or": [{"Variable": "$.n", "NumericEquals": 25}, {"Variable": "$.off", "IsPresent": True}]}},
        ],
        "Next": "Twenties",
    }
    assert [holds(rule, document) for document in ({"n": 22}, {"n": 25}, {"n": 9}, {"n": 22, "off": 1})] == [
        True,
        False,
        False,
        False,
    ]


def test_and_stops_at_the_first_rule_that_fails() -> None:
    rule = {"And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "StringEquals": "x"}]}
    assert not holds(rule, {})


@pytest.mark.parametrize(
    "rule",
    [
        {"StringEquals": "a"},
        {"Variable": "$"},
        {"Variable": "$", "IsNull": True, "IsString": True},
        {"Variable": "x", "IsNull": True},
    ],
)
def test_a_rule_that_is_none_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ExpressionSyntaxError):
        choice.compile_rule(rule)


def condition(text: Any) -> bool:
    rule = choice.compile_condition(text, "Choices[1]/Condition")
    return rule({"input": {"type": "Public", "n": 22}}, {"limit": 30})


def test_a_jsonata_condition_sees_the_input_and_variables() -> None:
    assert condition("{% $states.input.type = 'Public' and $states.input.n < $limit %}")
    assert not condition("{% $states.input.n > $limit %}")
    assert condition(True)


def test_a_jsonata_condition_must_be_a_boolean() -> None:
    with pytest.raises(EvaluationError) as caught:
        condition("{% $states.input.n %}")
    assert caught.value.error == "States.QueryEvaluationError"
    assert caught.value.field == "Choices[1]/Condition"
    assert caught.value.message == (
        "The JSONata expression '$states.input.n' specified for the field 'Choices[1]/Condition' returned an "
        "unexpected result type. Expected 'boolean', but was 'number' for value: 22"
    )
