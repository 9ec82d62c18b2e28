"""Query languages, paths, intrinsic functions, JSONata and variables in a definition."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.asl.validation import check_state, diagnose
from localcloud.asl.validation.report import Diagnostic

SCHEMA = "SCHEMA_VALIDATION_FAILED"
LAMBDA = "arn:aws:states:::lambda:invoke"


def findings(state: dict[str, Any], **fields: Any) -> list[Diagnostic]:
    kind = state.get("Type")
    ended = state if kind in ("Choice", "Fail", "Succeed") else {"End": True, **state}
    return diagnose(json.dumps({"StartAt": "X", "States": {"X": ended}, **fields}))


def found(state: dict[str, Any], **fields: Any) -> list[tuple[str, str, str | None]]:
    return [(d.code, d.message, d.location) for d in findings(state, **fields) if d.severity == "ERROR"]


def jsonata(output: Any, **fields: Any) -> list[tuple[str, str, str | None]]:
    return found({"Type": "Pass", "Output": output, **fields}, QueryLanguage="JSONata")


def pass_state(**fields: Any) -> dict[str, Any]:
    return {"Type": "Pass", **fields}


def foreign(field: str, language: str, other: str) -> tuple[str, str, str]:
    text = (
        f"The QueryLanguage is set to '{language}', but field '{field}' is only supported for the '{other}' "
        "QueryLanguage"
    )
    return (SCHEMA, text, "/States/X")


@pytest.mark.parametrize("field", ["InputPath", "OutputPath", "ResultPath", "Parameters", "Result"])
def test_a_jsonata_state_has_no_jsonpath_fields(field: str) -> None:
    assert found(pass_state(**{field: "$"}), QueryLanguage="JSONata") == [foreign(field, "JSONata", "JSONPath")]


@pytest.mark.parametrize("field", ["Arguments", "Output"])
def test_a_jsonpath_state_has_no_jsonata_fields(field: str) -> None:
    state = {"Type": "Task", "Resource": LAMBDA, field: {}}
    assert found(state) == [foreign(field, "JSONPath", "JSONata")]
    assert found({**state, "QueryLanguage": "JSONata"}) == []


def test_choice_rules_keep_to_their_language() -> None:
    rule = {"Condition": "{% true %}", "Next": "X"}
    (problem, *_) = found({"Type": "Choice", "Choices": [rule]})
    assert problem[1:] == (foreign("Condition", "JSONPath", "JSONata")[1], "/States/X/Choices[0]")
    rule = {"Variable": "$.x", "IsNull": True, "Next": "X"}
    (problem, *_) = found({"Type": "Choice", "Choices": [rule]}, QueryLanguage="JSONata")
    assert problem[1:] == (foreign("Variable", "JSONata", "JSONPath")[1], "/States/X/Choices[0]")


def test_a_jsonata_machine_has_no_jsonpath_states_and_nothing_more_is_said_of_their_fields() -> None:
    text = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
    state = pass_state(QueryLanguage="JSONPath", Output={"v": "{% 1 %}"})
    assert found(state, QueryLanguage="JSONata") == [(SCHEMA, text, "/States/X")]


@pytest.mark.parametrize("word", ["jsonata", "jsonpath", "foo"])
def test_an_unknown_language_is_refused_and_taken_for_jsonata(word: str) -> None:
    unknown = (SCHEMA, "Value should be one of the following: [JSONPath, JSONata]", "/States/X/QueryLanguage")
    assert found(pass_state(QueryLanguage=word, Output="{% 1 %}")) == [unknown]
    assert found(pass_state(QueryLanguage=word, InputPath="$.a")) == [
        foreign("InputPath", "JSONata", "JSONPath"),
        unknown,
    ]


def test_a_language_that_is_no_text_is_a_type_error() -> None:
    assert found(pass_state(), QueryLanguage=5) == [(SCHEMA, "Expected value of type [STRING]", "/QueryLanguage")]


def test_states_inside_inherit_the_machines_language_not_that_of_the_map_around_them() -> None:
    inner = {"StartAt": "P", "States": {"P": pass_state(Output=1, End=True)}}
    state = {"Type": "Map", "QueryLanguage": "JSONata", "Items": "{% [1] %}", "ItemProcessor": inner}
    ((_, message, location),) = found(state)
    assert message == foreign("Output", "JSONPath", "JSONata")[1]
    assert location == "/States/X/ItemProcessor/States/P"


@pytest.mark.parametrize("field", ["ItemProcessor", "Iterator"])
def test_a_processor_has_no_language_of_its_own(field: str) -> None:
    inner = {"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": pass_state(End=True)}}
    assert found({"Type": "Map", field: inner}) == [
        (SCHEMA, "Field 'QueryLanguage' is not supported", f"/States/X/{field}")
    ]


@pytest.mark.parametrize(
    ("fields", "message", "location"),
    [
        ({"InputPath": "Test"}, "Value must be a valid JSONPath.", "/InputPath"),
        ({"OutputPath": "$.a["}, "Value must be a valid JSONPath.", "/OutputPath"),
        ({"InputPath": 5}, "Expected value of type [STRING]", "/InputPath"),
        ({"ResultPath": "a.b"}, "Value must be a valid JSONPath.", "/ResultPath"),
        ({"ResultPath": "$.a[*]"}, "Value is not a Reference Path", "/ResultPath"),
        ({"ResultPath": "$$.Execution"}, "Value is not a Reference Path", "/ResultPath"),
        ({"ResultPath": "$variable.a"}, "Value is not a Reference Path", "/ResultPath"),
    ],
)
def test_paths_are_checked(fields: dict[str, Any], message: str, location: str) -> None:
    assert found(pass_state(**fields)) == [(SCHEMA, message, f"/States/X{location}")]


@pytest.mark.parametrize(
    "fields",
    [
        {"InputPath": "$.a[?(@.b > 1)]", "OutputPath": "$..c", "ResultPath": "$.a.b['c d'][0]"},
        {"InputPath": None, "OutputPath": None, "ResultPath": None},
        {"InputPath": "$$.Execution.Input", "OutputPath": "$variable.a"},
    ],
)
def test_sound_paths_pass(fields: dict[str, Any]) -> None:
    assert found(pass_state(**fields)) == []


def test_numbers_of_a_map_are_not_read_from_the_context_object_but_its_items_are() -> None:
    inner = {"StartAt": "P", "States": {"P": pass_state(End=True)}}
    state = {"Type": "Map", "ItemProcessor": inner, "ItemsPath": "$$.Execution.Input.items"}
    assert found(state) == []
    assert found({**state, "MaxConcurrencyPath": "$$.Execution.Input.n"}) == [
        (SCHEMA, "Value is not a Reference Path", "/States/X/MaxConcurrencyPath")
    ]
    assert found({**state, "MaxConcurrencyPath": "$limit"}) == []


@pytest.mark.parametrize(
    "value",
    ["Test", "States.format('a', $.b)", "States.Format('a'", "States.Format('{}')", "$.a[", ""],
)
@pytest.mark.parametrize("field", ["Parameters", "Assign"])
def test_a_dollar_field_holds_a_path_or_a_function(field: str, value: str) -> None:
    text = "The value for the field 'v.$' must be a valid JSONPath or a valid intrinsic function call"
    assert found(pass_state(**{field: {"v.$": value}})) == [(SCHEMA, text, f"/States/X/{field}")]


@pytest.mark.parametrize(
    ("value", "type_name"), [(1, "NUMBER"), ([], "ARRAY"), ({}, "OBJECT"), (True, "BOOLEAN"), (None, "NULL")]
)
def test_a_dollar_field_holds_text(value: Any, type_name: str) -> None:
    text = f"The value for the field 'v.$' must be a STRING that contains a JSONPath but was {type_name}"
    assert found(pass_state(Parameters={"a": [{"v.$": value}]})) == [(SCHEMA, text, "/States/X/Parameters/a[0]")]


def test_sound_templates_pass() -> None:
    template = {
        "a.$": "$.b",
        "c": {"d.$": "$$.Task.Token", "e": [{"f.$": "$v"}]},
        "g.$": "States.Format('{} {}', $.h, States.UUID())",
        "i": "{% not JSONata here %}",
    }
    assert found(pass_state(Parameters=template)) == []


def test_error_and_cause_may_be_computed() -> None:
    state = {"Type": "Fail", "ErrorPath": "$$.State.Name", "CausePath": "States.Format('{}', $.a)"}
    assert found(state) == []
    ((_, _, location),) = found({"Type": "Fail", "CausePath": "States.Nope($.a)"})
    assert location == "/States/X/CausePath"


@pytest.mark.parametrize(
    ("state", "code", "location"),
    [
        (pass_state(Parameters={"a": {"b": "$.c"}}), "NO_DOLLAR", "/States/X/Parameters/a"),
        (pass_state(Parameters={"b": "States.UUID()"}), "NO_DOLLAR", "/States/X/Parameters"),
        (pass_state(Result={"a.$": "$.b"}), "PASS_RESULT_IS_STATIC", "/States/X/Result"),
        ({"Type": "Fail", "Cause": "$.cause"}, "NO_PATH", "/States/X/Cause"),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEquals": "$.b", "Next": "X"}]},
            "NO_PATH",
            "/States/X/Choices[0]/StringEquals",
        ),
    ],
)
def test_what_is_probably_a_mistake_is_a_warning(state: dict[str, Any], code: str, location: str) -> None:
    warnings = [(d.code, d.location) for d in findings(state) if d.severity == "WARNING"]
    assert warnings == [(code, location)]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("a[1,2)", 'Expected "]", got ","'),
        ('"unterminated', "String literal must be terminated by a matching quote"),
        ("1 +", "Unexpected end of expression"),
        ('{"a":}', 'The symbol "}" cannot be used as a unary operator'),
        ("$x :=", "Unexpected end of expression"),
        ('$match("a", /abc', "No terminating / in regular expression"),
        ("", "Unexpected end of expression"),
        # JSONata 2.1's operators: AWS has 2.0.6 (developer guide; measured by sfnx, docs/design.md)
        ("$a ?: 1", 'The symbol ":" cannot be used as a unary operator'),
        ("$a ?? 1", 'The symbol "?" cannot be used as a unary operator'),
    ],
)
def test_jsonata_that_does_not_parse_is_refused_in_the_parsers_words(expression: str, message: str) -> None:
    assert jsonata({"v": [f"{{% {expression} %}}"]}) == [
        ("INVALID_JSONATA_EXPRESSION", message, "/States/X/Output/v[0]")
    ]


@pytest.mark.parametrize("value", ["{% 1", "1 %}", " {% 1 %}", "{% 1 %} "])
def test_jsonata_delimiters_stand_at_the_very_ends(value: str) -> None:
    assert jsonata(value) == [(SCHEMA, "JSONata string must start with {% and end with %}", "/States/X/Output")]


def test_fields_that_take_only_an_expression_take_no_other_text() -> None:
    wait = {"Type": "Wait", "Seconds": "soon"}
    ((code, message, location),) = found(wait, QueryLanguage="JSONata")
    assert (code, location) == (SCHEMA, "/States/X/Seconds")
    assert message == "JSONata string must start with {% and end with %}"


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("phone", ["phone"]),
        ("phone[0].number", ["phone"]),
        ("$.phone", ["$"]),
        ("aaa + bbb + aaa", ["aaa", "bbb"]),
        ("{aaa: 1}", ["aaa"]),
        ("$map($states.input.a, function($x){ b })", ["b"]),
        ("(x; $y := z)", ["x", "z"]),
        ("a ? b : c", ["a", "b", "c"]),
        ("$states.input.items[phone > 3].(a & b)", []),
        ("$states.input.a ~> $map(function($x){ $x.phone })", []),
        ("$states.input.items^(>price){kind: $sum(price)}", []),
        ("$undefined.phone", []),
    ],
)
def test_there_is_no_context_item_to_read_names_from(expression: str, names: list[str]) -> None:
    assert jsonata(f"{{% {expression} %}}") == [
        (
            "UNSUPPORTED_JSONATA_EXPRESSION",
            f"Reference to '{name}' at the top level is not supported.",
            "/States/X/Output",
        )
        for name in names
    ]


def test_there_is_no_root_item_either() -> None:
    assert jsonata("{% $$ %}") == [
        ("UNSUPPORTED_JSONATA_EXPRESSION", "Reference to '$$' is not supported.", "/States/X/Output")
    ]


def test_result_and_error_output_exist_only_where_there_is_one() -> None:
    error = (
        "UNSUPPORTED_JSONATA_EXPRESSION",
        "Field '$states.errorOutput' does not exist.",
        "/States/X/Output",
    )
    assert jsonata("{% $states.errorOutput.Cause %}") == [error]
    ((_, message, _),) = jsonata("{% $states.result %}")
    assert message == "Field '$states.result' does not exist."
    catch = {
        "ErrorEquals": ["E"],
        "Output": "{% $states.errorOutput %}",
        "Assign": {"e": "{% $states.errorOutput %}"},
    }
    state = {
        "Type": "Task",
        "Resource": LAMBDA,
        "Output": "{% $states.result %}",
        "Assign": {"r": "{% $states.result.Payload %}"},
        "Catch": [{**catch, "Next": "X"}],
    }
    assert found(state, QueryLanguage="JSONata") == []


def test_states_has_no_other_fields() -> None:
    """Source: sfnx, docs/design.md and its tests, answers of ValidateStateMachineDefinition."""
    ((code, message, _),) = jsonata("{% $states.foo %}")
    assert (code, message) == ("UNSUPPORTED_JSONATA_EXPRESSION", "Field '$states.foo' does not exist.")
    assert jsonata("{% [$states, $states.input, $states.context, ($states).result] %}") == []


def test_comments_and_error_names_are_never_evaluated() -> None:
    state = {
        "Type": "Task",
        "Resource": LAMBDA,
        "Comment": "{% ( %}",
        "Retry": [{"ErrorEquals": ["{% ( %}"]}],
    }
    assert found(state, QueryLanguage="JSONata") == []


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("states", "RESERVED_VARIABLE_NAME", "Cannot assign to reserved variable '$states'."),
        ("a-b", "INVALID_VARIABLE_NAME", "Invalid variable name 'a-b': the variable name contains invalid"),
        ("1a", "INVALID_VARIABLE_NAME", "Invalid variable name '1a'"),
        ("_a", "INVALID_VARIABLE_NAME", "Invalid variable name '_a'"),
        ("a" * 81, "INVALID_VARIABLE_NAME", "exceeds the 80-character limit"),
    ],
)
def test_variable_names_are_checked(name: str, code: str, message: str) -> None:
    ((said_code, said, location),) = found(pass_state(Assign={name: 1}))
    assert said_code == code
    assert message in said
    assert location == f"/States/X/Assign/{name}"


def test_good_variable_names_pass_in_both_languages() -> None:
    names = {"a": 1, "Zähler_2": 2, "a" * 80: 3}
    assert found(pass_state(Assign={**names, "b.$": "$.c"})) == []
    assert found(pass_state(Assign=names), QueryLanguage="JSONata") == []


def test_an_inner_machine_may_not_assign_an_outer_name_unless_its_children_are_executions() -> None:
    inner: dict[str, Any] = {"StartAt": "P", "States": {"P": pass_state(Assign={"v": 2}, End=True)}}

    def problems(processor: dict[str, Any]) -> list[tuple[str, str | None]]:
        states = {
            "A": pass_state(Assign={"v": 1}, Next="M"),
            "M": {"Type": "Map", "ItemProcessor": processor, "End": True},
        }
        return [(d.code, d.location) for d in diagnose(json.dumps({"StartAt": "A", "States": states}))]

    assert problems(inner) == [("DUPLICATE_VARIABLE_NAME", "/States/M/ItemProcessor/States/P/Assign/v")]
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert problems({**inner, "ProcessorConfig": config}) == []


def test_a_single_state_is_checked_without_knowing_its_targets() -> None:
    state = {"Type": "Pass", "Next": "Somewhere"}
    assert check_state(json.dumps(state)) == state
