"""Fields, states and transitions: what is refused, in which words, and where it is said to be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.asl.validation import Diagnostic, InvalidDefinition, check, diagnose, summarize

SCHEMA = "SCHEMA_VALIDATION_FAILED"
TARGET = "MISSING_TRANSITION_TARGET"
DONE = {"Type": "Succeed"}
LAMBDA = "arn:aws:states:::lambda:invoke"


def machine(states: dict[str, Any], **fields: Any) -> str:
    """A definition that starts at its first state."""
    return json.dumps({"StartAt": next(iter(states), ""), "States": states, **fields})


def found(definition: str, type: Any = "STANDARD") -> list[tuple[str, str, str | None]]:
    return [(d.code, d.message, d.location) for d in diagnose(definition, type) if d.severity == "ERROR"]


def one_state(state: dict[str, Any], **fields: Any) -> list[tuple[str, str | None]]:
    """Messages and locations for a machine of one state X and a last one."""
    return [(message, location) for _, message, location in found(machine({"X": state, "Z": DONE}, **fields))]


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": LAMBDA, "Next": "Z", **fields}


def map_state(**fields: Any) -> dict[str, Any]:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    return {"Type": "Map", "ItemProcessor": inner, "Next": "Z", **fields}


def choice(*rules: Any, **fields: Any) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": list(rules), "Default": "Z", **fields}


def distributed(**config: Any) -> dict[str, Any]:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    return {**inner, "ProcessorConfig": {"Mode": "DISTRIBUTED", **config}}


def test_a_sound_definition_has_nothing_to_say_and_is_given_back_parsed() -> None:
    definition = machine({"A": {"Type": "Pass", "Next": "B"}, "B": DONE}, Comment="x", Version="1.0")
    assert diagnose(definition) == []
    assert check(definition) == json.loads(definition)


@pytest.mark.parametrize(
    ("text", "message", "location"),
    [
        (" ", "Definition must be a valid JSON object", None),
        ("[]", "Definition must be a valid JSON object", None),
        ("7", "Definition must be a valid JSON object", None),
        ("{}", "These fields are required: [States, StartAt]", "/"),
        ('{"States": {"A": {"Type": "Succeed"}}}', "These fields are required: [StartAt]", "/"),
        ('{"StartAt": "A", "States": {}}', "Value cannot be empty", "/States"),
        ('{"StartAt": "A", "States": []}', "Expected value of type [OBJECT]", "/States"),
        ('{"StartAt": "A", "States": {"A": 1}}', "Expected value of type [OBJECT]", "/States/A"),
        ('{"StartAt": "A", "States": {"A": {}}}', "These fields are required: [Type]", "/States/A"),
    ],
)
def test_what_is_not_even_a_machine_is_a_schema_error(text: str, message: str, location: str | None) -> None:
    assert found(text)[0] == (SCHEMA, message, location)


def test_broken_json_is_worded_as_jackson_words_it() -> None:
    where = '[Source: (String)"not a definition"; line: 1, column: 4]'
    assert diagnose("not a definition") == [
        Diagnostic(
            "ERROR",
            "INVALID_JSON_DESCRIPTION",
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', "
            f"'true' or 'false')\n at {where}",
            where,
        )
    ]


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("{'a':1}", "Unexpected character (''' (code 39)): was expecting double-quote", "line: 1, column: 3"),
        ('{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon", "line: 1, column: 7"),
        ('{"a":[1 2]}', "('2' (code 50)): was expecting comma to separate Array entries", "column: 10"),
        ('{"a":1\n"b":2}', "was expecting comma to separate Object entries", "line: 2, column: 2"),
        ('{"a":', "Unexpected end-of-input", "column: 6"),
        ('{"a":"b', "Unexpected end-of-input in VALUE_STRING", "column: 8"),
        ('{"a":NaN}', "Unrecognized token 'NaN'", "column: 9"),
        ('{"a":"\n"}', "Illegal unquoted character ((CTRL-CHAR, code 10))", "line: 2, column: 1"),
        ('{"a":1} x', "Unrecognized token 'x'", "column: 10"),
        ('{"a":1, "a":2}', "Duplicate field 'a'", "column: 12"),
    ],
)
def test_json_errors_say_what_was_expected_and_where(text: str, message: str, position: str) -> None:
    ((code, said, where),) = found(text)
    assert code == "INVALID_JSON_DESCRIPTION"
    assert message in said
    assert where is not None
    assert position in where


def test_a_long_text_is_quoted_only_at_its_beginning() -> None:
    (problem,) = diagnose("x" * 600)
    assert problem.location is not None
    assert '"[truncated 100 chars]' in problem.location


def test_an_unknown_state_type_lists_those_there_are() -> None:
    assert found(machine({"X": {"Type": "Loop", "End": True}})) == [
        (
            SCHEMA,
            "The field 'Type' should have one of these values: "
            "[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]",
            "/States/X/Type",
        )
    ]


@pytest.mark.parametrize("field", ["TimeoutSeconds", "Catch", "Retry"])
@pytest.mark.parametrize("kind", ["Pass", "Wait", "Choice", "Succeed", "Fail"])
def test_a_field_of_another_state_type_is_not_supported(kind: str, field: str) -> None:
    valid: dict[str, dict[str, Any]] = {
        "Pass": {"End": True},
        "Wait": {"Seconds": 1, "End": True},
        "Choice": {"Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Z"}]},
        "Succeed": {},
        "Fail": {},
    }
    state = {"Type": kind, **valid[kind]}
    before = one_state(state)
    assert one_state({**state, field: 5}) == [(f"Field '{field}' is not supported", "/States/X"), *before]


@pytest.mark.parametrize("field", ["paramters", "next", "Foo", "parameters"])
def test_an_unknown_field_is_not_supported(field: str) -> None:
    assert one_state(task(**{field: 1})) == [(f"Field '{field}' is not supported", "/States/X")]


@pytest.mark.parametrize(
    ("state", "message", "location"),
    [
        ({"Type": "Pass"}, "This object should have only one of the following fields: [Next, End]", ""),
        ({"Type": "Pass", "End": False}, "This object should have only one of the following fields", ""),
        (
            {"Type": "Pass", "Next": "Z", "End": True},
            "There should only be one of the following fields: [Next, End]",
            "",
        ),
        ({"Type": "Pass", "Next": 1}, "Expected value of type [STRING]", "/Next"),
        ({"Type": "Pass", "Next": "Z", "Comment": 1}, "Expected value of type [STRING]", "/Comment"),
        ({"Type": "Task", "Next": "Z"}, "These fields are required: [Resource]", ""),
        (task(Resource="hello"), "Value is not a valid resource ARN", "/Resource"),
        (task(Resource=5), "Expected value of type [STRING]", "/Resource"),
        (
            task(Resource="arn:aws:states:::lambda:invoke.sync"),
            "The resource provided arn:aws:states:::lambda:invoke.sync is not recognized. The value is not a "
            "valid resource ARN, or the resource is not available in this region.",
            "/Resource",
        ),
        (task(Resource="arn:aws:states:::aws-sdk:s3:ListBuckets"), "is not recognized", "/Resource"),
        (task(Resource="arn:aws:states:::glue:startJobRun.sync:2"), "is not recognized", "/Resource"),
        (task(Resource="arn:aws:states:::sqs:sendMessage.later"), "is not recognized", "/Resource"),
        (task(TimeoutSeconds=0), "Minimum value is 1", "/TimeoutSeconds"),
        (task(TimeoutSeconds=100_000_000), "Maximum value is 99999999", "/TimeoutSeconds"),
        (task(TimeoutSeconds="5"), "Expected value of type Integer", "/TimeoutSeconds"),
        (task(TimeoutSeconds=1.5), "Expected value of type Integer", "/TimeoutSeconds"),
        (task(TimeoutSeconds=True), "Expected value of type Integer", "/TimeoutSeconds"),
        (
            task(TimeoutSeconds=5, TimeoutSecondsPath="$.t"),
            "There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath]",
            "",
        ),
        (task(TimeoutSeconds=5, HeartbeatSeconds=5), "HeartbeatSeconds must be smaller", "/HeartbeatSeconds"),
        (task(Credentials={}), "The field 'RoleArn' is required but was missing", "/Credentials"),
        (task(Credentials={"Other": 1}), "The field 'RoleArn' is required but was missing", "/Credentials"),
        (
            {"Type": "Wait", "Next": "Z"},
            "This object should have only one of the following fields: "
            "[SecondsPath, Seconds, TimestampPath, Timestamp]",
            "",
        ),
        (
            {"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "Next": "Z"},
            "There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp]",
            "",
        ),
        ({"Type": "Wait", "Seconds": -1, "Next": "Z"}, "Minimum value is 0", "/Seconds"),
        (
            {"Type": "Wait", "Timestamp": "2016-12-05 21:29:29Z", "Next": "Z"},
            "String does not match RFC3339 timestamp",
            "/Timestamp",
        ),
        (
            {"Type": "Wait", "Timestamp": "2016-12-05T25:29:29Z", "Next": "Z"},
            "String does not match RFC3339 timestamp",
            "/Timestamp",
        ),
        (
            {"Type": "Fail", "Error": "E", "ErrorPath": "$.e"},
            "There should only be one of the following fields: [Error, ErrorPath]",
            "",
        ),
        ({"Type": "Parallel", "Next": "Z"}, "These fields are required: [Branches]", ""),
        ({"Type": "Parallel", "Branches": [], "Next": "Z"}, "Value cannot be empty", "/Branches"),
        (
            {"Type": "Parallel", "Branches": [{"StartAt": "B"}], "Next": "Z"},
            "These fields are required: [States]",
            "/Branches[0]",
        ),
        (
            {"Type": "Map", "Next": "Z"},
            "This object should have only one of the following fields: [ItemProcessor, Iterator]",
            "",
        ),
        (map_state(Iterator={}), "only be one of the following fields: [ItemProcessor, Iterator]", ""),
        (map_state(MaxConcurrency=-1), "Minimum value is 0", "/MaxConcurrency"),
        (map_state(ToleratedFailurePercentage=-1), "Minimum value is 0.0", "/ToleratedFailurePercentage"),
        (map_state(ToleratedFailurePercentage=101), "Maximum value is 100.0", "/ToleratedFailurePercentage"),
        (
            map_state(ItemProcessor=distributed()),
            "These fields are required: [ExecutionType]",
            "/ItemProcessor/ProcessorConfig",
        ),
        (
            map_state(ItemProcessor=distributed(ExecutionType="FAST")),
            "Value should be one of the following: [STANDARD, EXPRESS]",
            "/ItemProcessor/ProcessorConfig/ExecutionType",
        ),
        (
            map_state(ItemProcessor=distributed(Mode="INLINE", ExecutionType="STANDARD")),
            "Field 'ExecutionType' is not supported",
            "/ItemProcessor/ProcessorConfig",
        ),
        (
            map_state(ItemReader={"Resource": "arn:aws:states:::s3:copyObject"}),
            "The field 'Resource' does not match any of the allowed values. Examples: "
            "[arn:<partition>:states:::s3:getObject, arn:<partition>:states:::s3:listObjectsV2]",
            "/ItemReader/Resource",
        ),
        (
            map_state(
                ItemReader={
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "XML"},
                }
            ),
            "The field 'InputType' should have one of these values: [MANIFEST, JSON, CSV, JSONL, PARQUET]",
            "/ItemReader/ReaderConfig/InputType",
        ),
        (
            map_state(
                ItemReader={
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"MaxItems": 1, "MaxItemsPath": "$.n"},
                }
            ),
            "There should only be one of the following fields: [MaxItems, MaxItemsPath]",
            "/ItemReader/ReaderConfig",
        ),
        (
            map_state(
                ItemReader={
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN"},
                }
            ),
            "These fields are required: [CSVHeaders]",
            "/ItemReader/ReaderConfig",
        ),
        (
            map_state(ItemBatcher={"MaxItemsPerBatch": -1}),
            "Minimum value is 0",
            "/ItemBatcher/MaxItemsPerBatch",
        ),
        (
            map_state(Label="x" * 41),
            f"Invalid Label name: Label '{'x' * 41}' exceeds the 40-character limit allowed by the service",
            "/Label",
        ),
    ],
)
def test_fields_of_a_state_are_checked(state: dict[str, Any], message: str, location: str) -> None:
    ((said, where),) = one_state(state)[:1]
    assert message in said
    assert where == "/States/X" + location


@pytest.mark.parametrize(
    ("retrier", "message", "location"),
    [
        ({}, "These fields are required: [ErrorEquals]", ""),
        ({"ErrorEquals": []}, "Value cannot be empty", "/ErrorEquals"),
        ({"ErrorEquals": "States.ALL"}, "Expected value of type [ARRAY]", "/ErrorEquals"),
        ({"ErrorEquals": [1]}, "Expected value of type [STRING]", "/ErrorEquals[0]"),
        ({"ErrorEquals": ["E"], "MaxAttempts": -1}, "Minimum value is 0", "/MaxAttempts"),
        ({"ErrorEquals": ["E"], "MaxAttempts": 100_000_000}, "Maximum value is 99999999", "/MaxAttempts"),
        ({"ErrorEquals": ["E"], "BackoffRate": 0.5}, "Minimum value is 1.0", "/BackoffRate"),
        ({"ErrorEquals": ["E"], "MaxDelaySeconds": 0}, "Minimum value is 1", "/MaxDelaySeconds"),
        (
            {"ErrorEquals": ["E"], "MaxDelaySeconds": 31_622_401},
            "Maximum value is 31622400",
            "/MaxDelaySeconds",
        ),
        (
            {"ErrorEquals": ["E"], "JitterStrategy": "Full"},
            "one of the following: [NONE, FULL]",
            "/JitterStrategy",
        ),
        ({"ErrorEquals": ["E"], "Next": "Z"}, "Field 'Next' is not supported", ""),
        (
            {"ErrorEquals": ["E", "States.ALL"]},
            "States.ALL must appear alone and at end of list",
            "/ErrorEquals[1]",
        ),
    ],
)
def test_a_retrier_is_checked(retrier: dict[str, Any], message: str, location: str) -> None:
    ((said, where),) = one_state(task(Retry=[retrier]))
    assert message in said
    assert where == "/States/X/Retry[0]" + location


def test_states_all_has_to_come_last_and_alone() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}, {"ErrorEquals": ["E"], "Next": "Z"}]
    assert one_state(task(Catch=catch)) == [
        ("States.ALL must appear alone and at end of list", "/States/X/Catch[0]/ErrorEquals[0]")
    ]
    assert one_state(task(Catch=catch[::-1], Retry=[{"ErrorEquals": ["States.ALL"]}])) == []


def test_a_catcher_needs_errors_and_a_target() -> None:
    assert one_state(task(Catch=[{}])) == [("These fields are required: [ErrorEquals, Next]", "/States/X/Catch[0]")]


def test_waiting_zero_seconds_between_attempts_is_accepted_as_aws_accepts_it() -> None:
    assert one_state(task(Retry=[{"ErrorEquals": ["E"], "IntervalSeconds": 0}]), TimeoutSeconds=0) == []


@pytest.mark.parametrize(
    ("rule", "message", "location"),
    [
        ({"Variable": "$.x", "IsNull": True}, "These fields are required: [Next]", ""),
        (
            {"Next": "Z"},
            "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]",
            "",
        ),
        (
            {"Variable": "$.x", "Next": "Z"},
            "This object should have only one of the following fields: [String",
            "",
        ),
        (
            {"Variable": "$.x", "IsNull": True, "IsPresent": True, "Next": "Z"},
            "There should only be one of the following fields: [StringEquals, ",
            "",
        ),
        ({"Variable": "$.x", "IsNull": "yes", "Next": "Z"}, "Expected value of type [BOOLEAN]", "/IsNull"),
        ({"Variable": "$.x", "NumericEquals": "1", "Next": "Z"}, "of type [NUMBER]", "/NumericEquals"),
        ({"Variable": "$.x", "StringEquals": 1, "Next": "Z"}, "of type [STRING]", "/StringEquals"),
        ({"Variable": "$.x", "TimestampEquals": "now", "Next": "Z"}, "RFC3339", "/TimestampEquals"),
        ({"Variable": "$.x", "NumberEquals": 1, "Next": "Z"}, "Field 'NumberEquals' is not supported", ""),
        (
            {"Variable": "x", "IsNull": True, "Next": "Z"},
            "Value is not a Reference Path: Reference path didn't start with '$'",
            "/Variable",
        ),
        ({"Variable": "$.x[*]", "IsNull": True, "Next": "Z"}, "Value is not a Reference Path", "/Variable"),
        ({"And": [], "Next": "Z"}, "Value cannot be empty", "/And"),
        (
            {"And": [{"Variable": "$.x", "IsNull": True, "Next": "Z"}], "Next": "Z"},
            "Field 'Next' is not supported",
            "/And[0]",
        ),
        (
            {"Not": {"Or": [{"Variable": "$.x"}]}, "Next": "Z"},
            "This object should have only one of the following fields: [String",
            "/Not/Or[0]",
        ),
        (7, "Expected value of type [OBJECT]", ""),
    ],
)
def test_a_choice_rule_is_checked(rule: Any, message: str, location: str) -> None:
    (said, where), *_ = one_state(choice(rule))
    assert message in said
    assert where == "/States/X/Choices[0]" + location


def test_a_choice_needs_rules() -> None:
    assert one_state(choice()) == [("Value cannot be empty", "/States/X/Choices")]
    assert one_state({"Type": "Choice", "Default": "Z"}) == [("These fields are required: [Choices]", "/States/X")]


@pytest.mark.parametrize(
    ("state", "location"),
    [
        ({"Type": "Pass", "Next": "Ghost"}, "/States/X/Next"),
        (choice({"Variable": "$.x", "IsNull": True, "Next": "Ghost"}), "/States/X/Choices[0]/Next"),
        (choice({"Variable": "$.x", "IsNull": True, "Next": "Z"}, Default="Ghost"), "/States/X/Default"),
        (task(Catch=[{"ErrorEquals": ["E"], "Next": "Ghost"}]), "/States/X/Catch[0]/Next"),
    ],
)
def test_a_missing_target_is_called_next_wherever_it_stands(state: dict[str, Any], location: str) -> None:
    assert (TARGET, "Missing 'Next' target: Ghost", location) in found(machine({"X": state, "Z": DONE}))


def test_a_start_that_is_no_state_leaves_everything_unreachable() -> None:
    definition = json.dumps({"StartAt": "Nope", "States": {"A": {"Type": "Pass", "End": True}}})
    assert found(definition) == [
        (TARGET, "Missing 'Next' target: Nope", "/StartAt"),
        (TARGET, 'State "A" is not reachable.', "/States/A"),
    ]


def test_a_workflow_that_cannot_end_is_reported_without_a_location() -> None:
    loop = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
    unused = {"C": {"Type": "Pass", "Next": "A"}}
    ending = ("MISSING_END_STATE", "Workflow has no terminal state", None)
    assert found(machine(loop)) == [ending]
    assert found(machine({**loop, **unused})) == [ending], "nothing is said about reachability beside it"
    assert found(machine({**loop, "C": {"Type": "Pass", "End": True}})) == [
        (TARGET, 'State "C" is not reachable.', "/States/C")
    ]
    assert found(machine({"A": {"Type": "Pass", "Next": "NOPE"}})) == [
        (TARGET, "Missing 'Next' target: NOPE", "/States/A/Next"),
        ending,
    ]


def test_inner_machines_are_walked_too_but_need_no_end() -> None:
    inner = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Next": "B"},
            "B": {"Type": "Pass", "Next": "A"},
            "C": {"Type": "Pass", "Next": "Z"},
        },
    }
    place = "/States/X/ItemProcessor/States/C"
    assert found(machine({"X": map_state(ItemProcessor=inner), "Z": DONE})) == [
        (TARGET, "Missing 'Next' target: Z", f"{place}/Next"),
        (TARGET, 'State "C" is not reachable.', place),
    ]
    branch = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}, "Q": {"Type": "Succeed"}}}
    assert found(machine({"X": {"Type": "Parallel", "Branches": [branch], "End": True}})) == [
        (TARGET, 'State "Q" is not reachable.', "/States/X/Branches[0]/States/Q")
    ]


def test_state_names_are_unique_in_the_whole_definition_and_short() -> None:
    inner = {"StartAt": "Z", "States": {"Z": {"Type": "Pass", "End": True}}}
    assert found(machine({"X": map_state(ItemProcessor=inner), "Z": DONE})) == [
        ("DUPLICATE_STATE_NAME", "Duplicate State name: Z", "/States/Z")
    ]
    name = "n" * 81
    assert found(machine({name: DONE})) == [
        (
            "INVALID_STATE_NAME",
            f"Invalid State name: State '{name}' exceeds the 80-character limit allowed by the service",
            f"/States/{name}",
        )
    ]
    assert found(machine({"n" * 80: DONE})) == []


def test_map_labels_are_unique() -> None:
    first, second = map_state(Label="L", Next="Y"), map_state(Label="L", End=True)
    second.pop("Next")
    second["ItemProcessor"] = {"StartAt": "J", "States": {"J": {"Type": "Pass", "End": True}}}
    assert found(machine({"X": first, "Y": second})) == [
        ("DUPLICATE_LABEL_NAME", "Duplicate Label name: L", "/States/Y/Label")
    ]


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (
            "arn:aws:states:::states:startExecution.sync",
            "Express state machine does not support '.sync' service integration",
        ),
        (
            "arn:aws:states:::states:startExecution.sync:2",
            "Express state machine does not support '.sync' service integration",
        ),
        (
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Express state machine does not support '.waitForTaskToken' service integration",
        ),
        (
            "arn:aws:states:us-east-1:123456789012:activity:a",
            "Express state machine does not support Activity ARN",
        ),
    ],
)
def test_express_workflows_wait_for_nothing(resource: str, message: str) -> None:
    definition = machine({"X": {"Type": "Task", "Resource": resource, "End": True}})
    assert found(definition, "STANDARD") == []
    assert found(definition, "EXPRESS") == [(SCHEMA, message, "/States/X/Resource")]


def test_a_distributed_map_is_no_part_of_an_express_workflow() -> None:
    state = map_state(ItemProcessor=distributed(ExecutionType="EXPRESS"))
    definition = machine({"X": state, "Z": DONE})
    assert found(definition) == []
    assert found(definition, "EXPRESS") == [
        (
            SCHEMA,
            "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines",
            "/States/X/ItemProcessor/ProcessorConfig/Mode",
        )
    ]


def test_express_children_of_a_distributed_map_wait_for_nothing_either() -> None:
    waiting = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}
    state = map_state(ItemProcessor={**distributed(ExecutionType="EXPRESS"), "States": {"I": waiting}})
    assert [where for _, _, where in found(machine({"X": state, "Z": DONE}))] == [
        "/States/X/ItemProcessor/States/I/Resource"
    ]


def test_everything_wrong_is_reported_at_once_fields_before_transitions() -> None:
    definition = machine(
        {
            "A": {"Type": "Pass", "Foo": 1, "InputPath": "x", "Next": "Ghost"},
            "B": {"Type": "Wait", "Seconds": -1, "End": True},
        },
        Version="2.0",
    )
    assert [(code, where) for code, _, where in found(definition)] == [
        (SCHEMA, "/States/A"),
        (SCHEMA, "/States/A/InputPath"),
        (SCHEMA, "/States/B/Seconds"),
        (SCHEMA, "/Version"),
        (TARGET, "/States/A/Next"),
        (TARGET, "/States/B"),
    ]


def test_the_exception_has_aws_wording_with_null_for_no_location() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        check(machine({"A": {"Type": "Pass", "Next": "A", "Foo": 1}}))
    assert refused.value.message == (
        "Invalid State Machine Definition: "
        "'SCHEMA_VALIDATION_FAILED: Field 'Foo' is not supported at /States/A, "
        "MISSING_END_STATE: Workflow has no terminal state at null'"
    )
    assert [found.code for found in refused.value.diagnostics] == [SCHEMA, "MISSING_END_STATE"]


def test_the_response_counts_warnings_only_when_asked_and_says_when_it_is_cut() -> None:
    warned = diagnose(machine({"A": {"Type": "Pass", "Parameters": {"x": "$.y"}, "End": True}}))
    assert summarize(warned) == {"result": "OK", "diagnostics": [], "truncated": False}
    (shown,) = summarize(warned, "WARNING")["diagnostics"]
    assert (shown["severity"], shown["code"], shown["location"]) == (
        "WARNING",
        "NO_DOLLAR",
        "/States/A/Parameters",
    )
    many = diagnose(machine({"A": {"Type": "Pass", "a": 1, "b": 2, "c": 3, "End": True}}))
    cut = summarize(many, max_results=2)
    assert (cut["result"], len(cut["diagnostics"]), cut["truncated"]) == ("FAIL", 2, True)
    assert summarize(many)["truncated"] is False


NO_LABEL = ' \t\n<>{}[]?*"#%\\^|~`$&,;:/\x00\x1f\x7f\x85\x9f'


@pytest.mark.parametrize("label", ["", *(f"label{character}" for character in NO_LABEL)])
def test_a_label_is_refused_that_holds_what_no_name_may_hold(label: str) -> None:
    """Developer guide, "Map state in Distributed mode": no space, wildcards, brackets, special, control characters."""
    state = map_state(ItemProcessor=distributed(ExecutionType="STANDARD"), Label=label)
    ((code, _, location),) = found(machine({"X": state, "Z": DONE}))
    assert (code, location) == ("INVALID_LABEL_NAME", "/States/X/Label")


def test_a_label_may_hold_letters_of_any_script_and_what_names_may() -> None:
    assert one_state(map_state(ItemProcessor=distributed(ExecutionType="STANDARD"), Label="Läbel-1_a.(b)@")) == []
