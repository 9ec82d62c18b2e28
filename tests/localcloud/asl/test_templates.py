"""Payload templates: what ends in ".$" is evaluated, the rest stands."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from localcloud.asl import templates
from localcloud.asl.data import Data, EvaluationError, ExpressionSyntaxError


def fill(template: Any, document: Any, **variables: Any) -> Any:
    return templates.compile_template(template)(Data(document, {"State": {"Name": "s"}}, variables))


def test_members_that_end_in_dot_dollar_are_replaced_at_every_depth() -> None:
    template = {
        "plain": "$.a",
        "path.$": "$.a",
        "nested": {"list": [1, {"item.$": "$.l[0]"}, [{"deep.$": "$$.State.Name"}]]},
        "call.$": "States.Format('{}!', $.a)",
        "variable.$": "$v.x",
    }
    assert fill(template, {"a": 1, "l": ["first"]}, v={"x": True}) == {
        "plain": "$.a",
        "path": 1,
        "nested": {"list": [1, {"item": "first"}, [{"deep": "s"}]]},
        "call": "1!",
        "variable": True,
    }


def test_members_keep_their_order() -> None:
    assert list(fill({"z": 1, "a.$": "$", "m": 2}, {})) == ["z", "a", "m"]


def test_a_template_is_evaluated_anew_each_time_and_never_changed() -> None:
    template = {"a.$": "$.x", "l": [{"b.$": "$.x"}]}
    before = copy.deepcopy(template)
    compiled = templates.compile_template(template)
    results = [compiled(Data({"x": x}, {}, {})) for x in (1, 2)]
    assert results == [{"a": 1, "l": [{"b": 1}]}, {"a": 2, "l": [{"b": 2}]}]
    assert template == before


@pytest.mark.parametrize("template", [{"a": [1, {"b": None}]}, [], "text", 5, None])
def test_a_template_without_expressions_is_its_own_value(template: Any) -> None:
    assert fill(template, {}) is template


def test_a_path_that_finds_nothing_names_the_field_and_the_input() -> None:
    with pytest.raises(EvaluationError) as caught:
        fill({"o": {"value.$": "$.no.such"}}, {"int-literal": 0, "s": "\u00e9"})
    assert caught.value.error == "States.Runtime"
    assert caught.value.message == (
        "The JSONPath '$.no.such' specified for the field 'value.$' could not be found in the input "
        '\'{"int-literal":0,"s":"\u00e9"}\''
    )


def test_a_path_into_the_context_object_names_what_it_was_applied_to() -> None:
    with pytest.raises(EvaluationError, match=r"could not be found in the input '\{\"State\":\{\"Name\":\"s\"\}\}'"):
        fill({"v.$": "$$.Task.Token"}, {})


def test_a_path_cannot_be_applied_to_a_null_input() -> None:
    with pytest.raises(EvaluationError, match="Unable to apply Path transformation to null or empty input"):
        fill({"v.$": "$"}, None)


@pytest.mark.parametrize("value", [5, None, ["$.a"], "", "a", "$.", "States.Nope()", "$['a"])
def test_a_value_that_is_no_expression_is_refused(value: Any) -> None:
    with pytest.raises(ExpressionSyntaxError):
        templates.compile_template({"a": {"v.$": value}})


def test_the_variables_of_an_expression_are_known() -> None:
    assert templates.variables_in("$total.x") == {"total"}
    assert templates.variables_in("$.total") == set()
    assert templates.variables_in("States.MathAdd($a, $b)") == {"a", "b"}
