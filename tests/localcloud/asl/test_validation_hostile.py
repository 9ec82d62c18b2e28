"""Whatever is handed in, the answer is a list of diagnostics; and what has no error in it can be run."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.asl.compiler import compile_machine
from localcloud.asl.validation import Diagnostic, InvalidDefinition, check, diagnose
from localcloud.asl.validation.shapes import MachineType

LAMBDA = "arn:aws:states:::lambda:invoke"
JSONPATH: dict[str, Any] = {
    "StartAt": "Read",
    "States": {
        "Read": {
            "Type": "Task",
            "Resource": LAMBDA,
            "Parameters": {"FunctionName": "f", "Payload.$": "$.a", "n.$": "States.ArrayLength($.b)"},
            "Retry": [{"ErrorEquals": ["A", "B"], "IntervalSeconds": 1, "BackoffRate": 2.0}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Stop"}],
            "TimeoutSeconds": 5,
            "ResultPath": "$.read",
            "Next": "Check",
        },
        "Check": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.read.total", "NumericGreaterThan": 0},
                        {"Not": {"Variable": "$.x", "IsPresent": True}},
                    ],
                    "Next": "Each",
                }
            ],
            "Default": "Stop",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 2,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                "StartAt": "One",
                "States": {"One": {"Type": "Pass", "Result": {"a": 1}, "End": True}},
            },
            "Next": "Both",
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Hold", "States": {"Hold": {"Type": "Wait", "Seconds": 1, "End": True}}},
                {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}},
            ],
            "End": True,
        },
        "Stop": {"Type": "Fail", "Error": "E", "CausePath": "$.error.Cause"},
    },
}
JSONATA: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Read",
    "States": {
        "Read": {
            "Type": "Task",
            "Resource": LAMBDA,
            "Arguments": {"FunctionName": "f", "Payload": "{% $states.input.a[b > 1].c %}"},
            "Assign": {"total": "{% $sum($states.result.items.price) %}"},
            "Output": "{% $states.result %}",
            "Next": "Check",
        },
        "Check": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $total > 1 %}", "Next": "Each"}],
            "Default": "Hold",
        },
        "Each": {
            "Type": "Map",
            "Items": "{% $states.input.items %}",
            "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}},
            "End": True,
        },
        "Hold": {"Type": "Wait", "Seconds": "{% 5 %}", "End": True},
    },
}

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from(["$", "$.a", "$$.x", "{% 1 + %}", "{%%}", "{%}", "States.Format('{}')", "States.", "Read", ""]),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [place for key, item in items for place in [(value, key), *_places(item)]]


def _judge(text: str) -> None:
    types: tuple[MachineType, ...] = ("STANDARD", "EXPRESS")
    for type in types:
        found = diagnose(text, type)
        assert all(isinstance(item, Diagnostic) and item.message for item in found)
        if any(item.severity == "ERROR" for item in found):
            with pytest.raises(InvalidDefinition, match=r"^Invalid State Machine Definition: '"):
                check(text, type)
        else:
            compile_machine(check(text, type))  # compiles every field, and raises where one cannot be


def test_the_definitions_that_are_mutated_below_are_sound() -> None:
    assert diagnose(json.dumps(JSONPATH)) == []
    assert diagnose(json.dumps(JSONATA)) == []


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_mutated_definition_gives_diagnostics_and_never_an_error_of_ours(data: st.DataObject) -> None:
    machine = copy.deepcopy(data.draw(st.sampled_from([JSONPATH, JSONATA])))
    for _ in range(data.draw(st.integers(1, 3))):
        places = _places(machine)
        if not places:
            break
        container, key = places[data.draw(st.integers(0, len(places) - 1))]
        match data.draw(st.sampled_from(["replace", "drop", "rename", "move"])):
            case "replace":
                container[key] = data.draw(_VALUES)
            case "drop":
                del container[key]
            case "rename" if isinstance(container, dict):
                container[data.draw(st.one_of(st.text(max_size=8), st.sampled_from(sorted(JSONATA))))] = container.pop(
                    key
                )
            case _:
                source, name = places[data.draw(st.integers(0, len(places) - 1))]
                container[key] = copy.deepcopy(source[name])
    _judge(json.dumps(machine))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_text_gives_diagnostics(data: st.DataObject) -> None:
    text = json.dumps(data.draw(st.sampled_from([JSONPATH, JSONATA])))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    _judge(text[:start] + data.draw(st.text(max_size=5)) + text[end:])


def test_the_deepest_nesting_is_an_answer_too() -> None:
    for text in ("[" * 100_000, '{"a":' * 5_000 + "1" + "}" * 5_000, "[" * 150 + "]" * 150):
        _judge(text)
    rule: dict[str, Any] = {"Variable": "$.x", "IsNull": True}
    for _ in range(500):
        rule = {"Not": rule}
    states = {"X": {"Type": "Choice", "Choices": [{**rule, "Next": "X"}]}}
    ((code),) = [found.code for found in diagnose(json.dumps({"StartAt": "X", "States": states}))]
    assert code == "TOO_DEEPLY_NESTED"
    _judge(json.dumps({**JSONATA, "Comment": "{% " + "(" * 5_000 + " %}"}))
    deep = copy.deepcopy(JSONATA)
    deep["States"]["Hold"]["Seconds"] = "{% " + "(" * 5_000 + "1" + ")" * 5_000 + " %}"
    _judge(json.dumps(deep))


def test_numbers_beyond_all_ranges_and_surrogates_are_answered() -> None:
    huge = json.dumps(JSONPATH).replace('"TimeoutSeconds": 5', '"TimeoutSeconds": ' + "9" * 6_000)
    assert [found.location for found in diagnose(huge)] == ["/States/Read/TimeoutSeconds"]
    _judge(json.dumps(JSONPATH).replace('"f"', '"\\ud800"'))
    _judge("\ud800")


def test_a_definition_beyond_the_quota_is_refused() -> None:
    (problem,) = diagnose(json.dumps({**JSONPATH, "Comment": "x" * 1_048_576}))
    assert problem.message == "The definition is longer than 1048576 characters"
