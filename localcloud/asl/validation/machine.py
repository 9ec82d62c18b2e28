"""State machines and states: which fields each has, and the walk through all of them.

Source: Amazon States Language specification, "Top-level fields" and the table of state types; the fields per
type as ValidateStateMachineDefinition accepts them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from localcloud.asl.validation import jsonata_rules, map_fields, paths, resources, values
from localcloud.asl.validation.choices import check_rule
from localcloud.asl.validation.handlers import check_catch, check_retry
from localcloud.asl.validation.payloads import check_payload
from localcloud.asl.validation.shapes import (
    Check,
    Field,
    Language,
    Scope,
    Shape,
    check_each,
    check_object,
)
from localcloud.asl.validation.variables import assigned_names, check_assign

MAX_STATE_NAME = 80
STATE_TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")


def _with_result(check: Check) -> Check:
    """A field that is evaluated when the state's own result is there."""

    def check_with_result(value: Any, location: str, scope: Scope) -> None:
        check(value, location, scope.with_reserved("result"))

    return check_with_result


def _static_result(value: Any, location: str, scope: Scope) -> None:
    """Result of a Pass: taken literally, so a path in it is probably a mistake."""
    for key, item in value.items() if isinstance(value, dict) else ():
        if key.endswith(".$") and isinstance(item, str) and paths.looks_dynamic(item):
            scope.report.warning(
                "PASS_RESULT_IS_STATIC",
                f"The Result of a Pass state is static: the path in '{key}' is not evaluated",
                location,
            )


def _literal(value: Any, location: str, scope: Scope) -> None:
    """Error and Cause of a Fail state."""
    values.text_or_expression(value, location, scope)
    if scope.language == "JSONPath" and isinstance(value, str) and paths.looks_dynamic(value):
        name = location.rpartition("/")[2]
        scope.report.warning(
            "NO_PATH",
            f"The value looks like a path, but the field is '{name}' and not '{name}Path'",
            location,
        )


def _credentials(value: Any, location: str, scope: Scope) -> None:
    if not isinstance(value, dict):
        scope.report.schema("Expected value of type [OBJECT]", location)
    elif "RoleArn" not in value and not (scope.language == "JSONPath" and "RoleArn.$" in value):
        scope.report.schema("The field 'RoleArn' is required but was missing", location)
    else:
        check_payload(value, location, scope)


def _branch(value: Any, location: str, scope: Scope) -> None:
    _check_machine(_BRANCH, value, location, scope)


def _processor(value: Any, location: str, scope: Scope) -> None:
    inner = scope
    config = value.get("ProcessorConfig") if isinstance(value, dict) else None
    if isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED":
        # Child executions are workflows of their own: they see no variables from outside.
        express = scope.machine_type == "EXPRESS" or config.get("ExecutionType") == "EXPRESS"
        inner = replace(scope, variables=frozenset(), machine_type="EXPRESS" if express else "STANDARD")
        if scope.machine_type == "EXPRESS":
            scope.report.schema(
                "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines",
                f"{location}/ProcessorConfig/Mode",
            )
    _check_machine(_PROCESSOR, value, location, inner)


def _processor_config(value: Any, location: str, scope: Scope) -> None:
    if not check_object(_CONFIG, value, location, scope):
        return
    if value.get("Mode") == "DISTRIBUTED" and "ExecutionType" not in value:
        scope.report.schema("These fields are required: [ExecutionType]", location)
    if value.get("Mode") == "INLINE" and "ExecutionType" in value:
        scope.report.schema("Field 'ExecutionType' is not supported", location)


_CONFIG = Shape(
    {
        "Mode": Field(values.one_of("INLINE", "DISTRIBUTED")),
        "ExecutionType": Field(values.one_of("STANDARD", "EXPRESS")),
    }
)

_EVERYWHERE = {
    "Type": Field(values.text),
    "Comment": Field(values.text),
    "QueryLanguage": Field(values.one_of("JSONPath", "JSONata")),
}
_INPUT_OUTPUT = {
    "InputPath": Field(paths.path, only="JSONPath"),
    "OutputPath": Field(paths.path, only="JSONPath"),
    "Output": Field(jsonata_rules.check_template, only="JSONata"),
}
_TRANSITION = {"Next": Field(values.text), "End": Field(values.boolean)}
_NEXT_OR_END = ("Next", "End")
_PARAMETERS = {
    "Parameters": Field(check_payload, only="JSONPath"),
    "ResultPath": Field(paths.result_path, only="JSONPath"),
}
_WORK = {
    **_EVERYWHERE,
    **_INPUT_OUTPUT,
    **_PARAMETERS,
    **_TRANSITION,
    "Output": Field(_with_result(jsonata_rules.check_template), only="JSONata"),
    "Assign": Field(_with_result(check_assign)),
    "ResultSelector": Field(check_payload, only="JSONPath"),
    "Retry": Field(check_retry),
    "Catch": Field(check_catch),
}
_ARGUMENTS = {"Arguments": Field(jsonata_rules.check_template, only="JSONata")}
_SECONDS = Field(values.integer(1, values.MAX_SECONDS))
_SECONDS_PATH = Field(paths.reference(), only="JSONPath")

SHAPES: dict[str, Shape] = {
    "Pass": Shape(
        {
            **_EVERYWHERE,
            **_INPUT_OUTPUT,
            **_PARAMETERS,
            **_TRANSITION,
            "Assign": Field(check_assign),
            "Result": Field(_static_result, only="JSONPath"),
        },
        one_of=(_NEXT_OR_END,),
    ),
    "Task": Shape(
        {
            **_WORK,
            **_ARGUMENTS,
            "Resource": Field(resources.check_resource),
            "Credentials": Field(_credentials),
            "TimeoutSeconds": _SECONDS,
            "TimeoutSecondsPath": _SECONDS_PATH,
            "HeartbeatSeconds": _SECONDS,
            "HeartbeatSecondsPath": _SECONDS_PATH,
        },
        required=("Resource",),
        one_of=(_NEXT_OR_END,),
        at_most_one_of=(
            ("TimeoutSeconds", "TimeoutSecondsPath"),
            ("HeartbeatSeconds", "HeartbeatSecondsPath"),
        ),
    ),
    "Wait": Shape(
        {
            **_EVERYWHERE,
            **_INPUT_OUTPUT,
            **_TRANSITION,
            "Assign": Field(check_assign),
            "Seconds": Field(values.integer(0, values.MAX_SECONDS)),
            "SecondsPath": _SECONDS_PATH,
            "Timestamp": Field(values.timestamp),
            "TimestampPath": Field(paths.reference(), only="JSONPath"),
        },
        one_of=(_NEXT_OR_END, ("SecondsPath", "Seconds", "TimestampPath", "Timestamp")),
    ),
    "Choice": Shape(
        {
            **_EVERYWHERE,
            **_INPUT_OUTPUT,
            "Assign": Field(check_assign),
            "Choices": Field(check_each(check_rule)),
            "Default": Field(values.text),
        },
        required=("Choices",),
    ),
    "Succeed": Shape({**_EVERYWHERE, **_INPUT_OUTPUT}),
    "Fail": Shape(
        {
            **_EVERYWHERE,
            "Error": Field(_literal),
            "ErrorPath": Field(paths.reference_or_function, only="JSONPath"),
            "Cause": Field(_literal),
            "CausePath": Field(paths.reference_or_function, only="JSONPath"),
        },
        at_most_one_of=(("Error", "ErrorPath"), ("Cause", "CausePath")),
    ),
    "Parallel": Shape(
        {**_WORK, **_ARGUMENTS, "Branches": Field(check_each(_branch))},
        required=("Branches",),
        one_of=(_NEXT_OR_END,),
    ),
    "Map": Shape(
        {**_WORK, **map_fields.FIELDS, "ItemProcessor": Field(_processor), "Iterator": Field(_processor)},
        one_of=(_NEXT_OR_END, ("ItemProcessor", "Iterator")),
        at_most_one_of=map_fields.EXCLUSIVE,
    ),
}


def _states(value: Any, location: str, scope: Scope) -> None:
    if not isinstance(value, dict):
        scope.report.schema("Expected value of type [OBJECT]", location)
        return
    if not value:
        scope.report.schema("Value cannot be empty", location)
    for name, state in value.items():
        _check_name(name, f"{location}/{name}", scope)
        _check_state(state, f"{location}/{name}", scope)


_MACHINE = {"Comment": Field(values.text), "StartAt": Field(values.text), "States": Field(_states)}
_REQUIRED = ("States", "StartAt")
_ROOT = Shape(
    {
        **_MACHINE,
        "QueryLanguage": Field(values.one_of("JSONPath", "JSONata")),
        # AWS accepts 0 here.
        "TimeoutSeconds": Field(values.integer(0, values.MAX_SECONDS, expressions=False)),
        "Version": Field(values.one_of("1.0")),
    },
    required=_REQUIRED,
)
_BRANCH = Shape(_MACHINE, required=_REQUIRED)
_PROCESSOR = Shape({**_MACHINE, "ProcessorConfig": Field(_processor_config)}, required=_REQUIRED)


def check_root(definition: dict[str, Any], scope: Scope) -> None:
    """Reports on a whole definition.

    Args:
        definition: the JSON object of the outermost machine.
        scope: a fresh one, but for the report and the machine's type.
    """
    language = _language(definition, "JSONPath")
    _check_machine(_ROOT, definition, "", replace(scope, machine_language=language, language=language))


def check_single_state(state: Any, scope: Scope) -> None:
    """Reports on a state that stands alone, as TestState takes it."""
    _check_state(state, "", scope)


def _language(holder: dict[str, Any], inherited: Language) -> Language:
    """AWS takes all for JSONata that is there and not exactly "JSONPath", even where it refuses the word."""
    if "QueryLanguage" not in holder:
        return inherited
    return "JSONPath" if holder["QueryLanguage"] == "JSONPath" else "JSONata"


def _check_machine(shape: Shape, value: Any, location: str, scope: Scope) -> None:
    states = value.get("States") if isinstance(value, dict) else None
    inner = replace(
        scope,
        # The states of a branch or a processor inherit the language of the whole machine, not that of the
        # state around them.
        language=scope.machine_language,
        reserved=frozenset(),
        outer_variables=scope.variables,
        siblings=states,
    )
    check_object(shape, value, location, inner)


def _check_name(name: str, location: str, scope: Scope) -> None:
    report = scope.report
    if len(name) > MAX_STATE_NAME:
        report.error(
            "INVALID_STATE_NAME",
            f"Invalid State name: State '{name}' exceeds the {MAX_STATE_NAME}-character limit allowed by the service",
            location,
        )
    if name in scope.names:
        report.error("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}", location)
    scope.names.add(name)


def _check_state(state: Any, location: str, scope: Scope) -> None:
    report = scope.report
    if not isinstance(state, dict):
        report.schema("Expected value of type [OBJECT]", location)
        return
    kind = state.get("Type")
    if "Type" not in state:
        report.schema("These fields are required: [Type]", location)
    elif not isinstance(kind, str):
        report.schema("Expected value of type [STRING]", f"{location}/Type")
    elif kind not in SHAPES:
        report.schema(
            f"The field 'Type' should have one of these values: [{', '.join(STATE_TYPES)}]",
            f"{location}/Type",
        )
    else:
        language = _language(state, scope.machine_language)
        downgraded = scope.machine_language == "JSONata" and language == "JSONPath"
        if downgraded:
            report.schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", location)
        # End: false says no more than no End at all.
        fields = {name: item for name, item in state.items() if not (name == "End" and item is False)}
        inner = replace(scope, language=language)
        if kind in ("Parallel", "Map"):
            around = assigned_names(scope.siblings, besides=state)
            inner = replace(inner, variables=scope.outer_variables | around)
        check_object(SHAPES[kind], fields, location, inner, languages=not downgraded)
        if kind == "Task":
            _check_task(state, location, inner)


def _check_task(state: dict[str, Any], location: str, scope: Scope) -> None:
    timeout, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
    if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
        scope.report.schema("HeartbeatSeconds must be smaller than TimeoutSeconds", f"{location}/HeartbeatSeconds")
    name = "Arguments" if scope.language == "JSONata" else "Parameters"
    if isinstance(state.get("Resource"), str):
        for field, message in scope.task_problems(state["Resource"], state.get(name, {})):
            scope.report.schema(message, f"{location}/{name if field == 'Parameters' else field}")
    if "Credentials" in state and resources.is_activity(state.get("Resource")):
        scope.report.schema("The field 'Credentials' is not supported for activities", f"{location}/Credentials")
