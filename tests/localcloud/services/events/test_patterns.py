"""Event patterns: each operator, as Event Ruler's README and EventBridge's guide describe it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.services.events.patterns import BadPattern, compile_pattern

ANY = {"detail": {"state": "running", "count": 5, "ratio": 3.018e2, "ip": "10.0.0.7", "none": None, "yes": True}}


def matches(pattern: Any, event: Any) -> bool:
    return compile_pattern(json.dumps(pattern)).matches(event)


@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        ("state", ["running"], True),
        ("state", ["Running"], False),
        ("state", ["stopped", "running"], True),
        ("state", [{"prefix": "run"}], True),
        ("state", [{"prefix": "ning"}], False),
        ("state", [{"prefix": {"equals-ignore-case": "RUN"}}], True),
        ("state", [{"suffix": "ning"}], True),
        ("state", [{"suffix": {"equals-ignore-case": "NING"}}], True),
        ("state", [{"equals-ignore-case": "RUNNING"}], True),
        ("state", [{"wildcard": "r*n*g"}], True),
        ("state", [{"wildcard": "*unning"}], True),
        ("state", [{"wildcard": "r*x"}], False),
        ("state", [{"wildcard": "running*"}], True),
        ("state", [{"exactly": "running"}], True),
        ("state", [{"anything-but": "running"}], False),
        ("state", [{"anything-but": "stopped"}], True),
        ("state", [{"anything-but": ["stopped", "running"]}], False),
        ("state", [{"anything-but": {"prefix": "run"}}], False),
        ("state", [{"anything-but": {"prefix": ["x", "run"]}}], False),
        ("state", [{"anything-but": {"suffix": "ed"}}], True),
        ("state", [{"anything-but": {"equals-ignore-case": ["RUNNING"]}}], False),
        ("state", [{"anything-but": {"wildcard": "r*g"}}], False),
        ("state", [{"anything-but": 5}], True),
        ("count", [{"anything-but": [5, 6]}], False),
        ("count", [5], True),
        ("count", ["5"], False),
        ("count", [{"numeric": ["=", 5]}], True),
        ("count", [{"numeric": [">", 5]}], False),
        ("count", [{"numeric": [">=", 5, "<", 6]}], True),
        ("count", [{"numeric": [">", 0, "<=", 4]}], False),
        ("ratio", [{"numeric": ["=", 301.8]}], True),
        ("state", [{"numeric": [">", 0]}], False),
        ("ip", [{"cidr": "10.0.0.0/24"}], True),
        ("ip", [{"cidr": "10.0.1.0/24"}], False),
        ("state", [{"cidr": "10.0.0.0/24"}], False),
        ("state", [{"exists": True}], True),
        ("state", [{"exists": False}], False),
        ("gone", [{"exists": False}], True),
        ("gone", [{"anything-but": "x"}], False),
        ("none", [None], True),
        ("none", [{"exists": True}], True),
        ("state", [None], False),
        ("yes", [True], True),
        ("count", [True], False),
        ("yes", [1], False),
    ],
)
def test_a_value_matches_as_its_operator_says(field: str, values: list[Any], *, expected: bool) -> None:
    assert matches({"detail": {field: values}}, ANY) is expected


def test_an_escaped_star_is_a_star() -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html, "Wildcard"."""
    assert matches({"name": [{"wildcard": r"a\*b*"}]}, {"name": "a*bc"})
    assert not matches({"name": [{"wildcard": r"a\*b"}]}, {"name": "axb"})


def test_all_fields_must_match_and_one_value_of_each_is_enough() -> None:
    pattern = {"source": ["shop", "till"], "detail": {"kind": ["order"]}}
    assert matches(pattern, {"source": "till", "detail": {"kind": "order", "more": 1}})
    assert not matches(pattern, {"source": "till", "detail": {"kind": "refund"}})
    assert not matches(pattern, {"source": "till"})


def test_an_array_in_the_event_matches_when_one_of_its_values_does() -> None:
    assert matches({"tags": ["b"]}, {"tags": ["a", "b"]})
    assert not matches({"tags": ["c"]}, {"tags": ["a", "b"]})
    assert not matches({"tags": [{"exists": True}]}, {"tags": []})


def test_fields_within_one_array_must_match_in_the_same_element() -> None:
    """Event Ruler's README, "And and Or With Ruler" and "array consistency"."""
    pattern = {"employees": {"first": ["Zoe"], "last": ["Smith"]}}
    event = {"employees": [{"first": "Zoe", "last": "Jones"}, {"first": "Ann", "last": "Smith"}]}
    assert not matches(pattern, event)
    event["employees"].append({"first": "Zoe", "last": "Smith"})
    assert matches(pattern, event)


def test_or_branches_at_any_depth_and_joins_the_fields_beside_it() -> None:
    pattern = {
        "source": ["metrics"],
        "detail": {"$or": [{"c": [{"numeric": [">", 0]}]}, {"d": [{"numeric": ["<", 10]}]}, {"x": {"y": [1]}}]},
    }
    assert matches(pattern, {"source": "metrics", "detail": {"d": 3}})
    assert matches(pattern, {"source": "metrics", "detail": {"x": {"y": 1}}})
    assert not matches(pattern, {"source": "metrics", "detail": {"c": 0, "d": 10}})
    assert not matches(pattern, {"source": "other", "detail": {"d": 3}})


def test_addresses_are_compared_not_their_spelling() -> None:
    """Event Ruler reads a text that is an address as one (CIDR.ipToRangeIfPossible)."""
    assert matches({"ip": ["2001:db8::1"]}, {"ip": "2001:0db8:0:0:0:0:0:1"})


@pytest.mark.parametrize(
    ("pattern", "problem", "column"),
    [
        ('{"source":"aws.ec2"}', '"source" must be an object or an array', 12),
        ("[1]", "Filter is not an object", 2),
        ("{}", "Empty objects are not allowed", 3),
        ('{"a":[]}', "Empty arrays are not allowed", 8),
        ('{"a":[[1]]}', "Match value must be String, number, true, false, or null", 8),
        ('{"a":[{"like":"x"}]}', "Unrecognized match type like", 16),
        ('{"a":[{"prefix":1}]}', "prefix match pattern must be a string", 18),
        ('{"a":[{"prefix":"x","suffix":"y"}]}', "Only one key allowed in match expression", 31),
        ('{"a":[{"exists":"yes"}]}', "exists match pattern must be either true or false.", 18),
        ('{"a":[{"numeric":[">","x"]}]}', "Value of > must be numeric", 24),
        ('{"a":[{"numeric":["=",1,2]}]}', "Too many elements in numeric expression", 26),
        ('{"a":[{"anything-but":[1,"x"]}]}', "Inside anything but list, either all values are number or string, "
         "mixed type is not supported", 30),
        ('{"a":[{"anything-but":{"prefix":""}}]}', "Null prefix/suffix not allowed", 35),
        ('{"a":[{"wildcard":"a**b"}]}', "Consecutive wildcard characters at pos 2", 25),
        ('{"$or":[{"a":[1]}]}', "There must have at least 2 Objects in $or relationship.", 19),
        ('{"$or":[{"prefix":[1]},{"b":[1]}]}', "prefix is Ruler reserved fieldName which cannot be used "
         "inside $or.", 20),
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused_in_event_rulers_words(pattern: str, problem: str, column: int) -> None:
    """The place is where Jackson's parser stands: behind the opening quote of a text that it has not read yet."""
    with pytest.raises(BadPattern) as caught:
        compile_pattern(pattern)
    assert str(caught.value) == f'{problem}\n at [Source: (String)"{pattern}"; line: 1, column: {column}]'


@pytest.mark.parametrize("cidr", ["1.2.3.4", "1.2.3.4/x", "1.2.3.4/33", "one/8", "1.2.3.400/8"])
def test_a_malformed_range_of_addresses_is_refused(cidr: str) -> None:
    with pytest.raises(BadPattern):
        compile_pattern(json.dumps({"ip": [{"cidr": cidr}]}))


@pytest.mark.parametrize("text", ["", "{", '{"a"}', '{"a":[1}', '{"a":[1],}', "nope", '{"a":["x]}', '{"a":[01]}'])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(BadPattern):
        compile_pattern(text)
