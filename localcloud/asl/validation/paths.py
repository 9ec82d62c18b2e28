"""JSONPath inside a definition: paths, Reference Paths, intrinsic functions and payload templates.

Source: Amazon States Language specification, "Paths", "Reference Paths" and "Payload Template"; answers of
ValidateStateMachineDefinition.
"""

from __future__ import annotations

import re
from typing import Any

from localcloud.asl import intrinsics, jsonpath
from localcloud.asl.data import ExpressionSyntaxError
from localcloud.asl.validation.shapes import Check, Scope

_NOT_A_PATH = "Value must be a valid JSONPath."
_NOT_A_REFERENCE = "Value is not a Reference Path"
_LOOKS_DYNAMIC = re.compile(r"\$(\$?[.\[].|\$?$)|States\.\w+\(")
_TYPE_NAMES = {
    bool: "BOOLEAN",
    int: "NUMBER",
    float: "NUMBER",
    list: "ARRAY",
    dict: "OBJECT",
    type(None): "NULL",
}


def path(value: Any, location: str, scope: Scope) -> None:
    """InputPath and OutputPath: any path, or null."""
    if value is not None and _string(value, location, scope) and _parsed(value) is None:
        scope.report.schema(_NOT_A_PATH, location)


def result_path(value: Any, location: str, scope: Scope) -> None:
    """ResultPath: a place in the state's own input, or null."""
    if value is not None and _string(value, location, scope):
        _check_reference(value, location, scope, roots=("$",))


def reference(*, context: bool = True) -> Check:
    """A path to a single value.

    Args:
        context: whether it may start in the context object.
    """

    def check(value: Any, location: str, scope: Scope) -> None:
        if _string(value, location, scope):
            _check_reference(value, location, scope, roots=None if context else ("$", "variable"))

    return check


def reference_or_function(value: Any, location: str, scope: Scope) -> None:
    """ErrorPath and CausePath: a path to a single value, or an intrinsic function."""
    if not _string(value, location, scope):
        return
    if value.startswith("States."):
        if not is_function(value):
            scope.report.schema("The value must be a valid JSONPath or a valid intrinsic function call", location)
    else:
        _check_reference(value, location, scope, roots=None)


def rule_variable(value: Any, location: str, scope: Scope) -> None:
    """The Variable of a Choice rule, and what its ...Path operators compare with."""
    if not _string(value, location, scope):
        return
    if not value.startswith("$"):
        scope.report.schema(f"{_NOT_A_REFERENCE}: Reference path didn't start with '$'", location)
    elif not _is_single(value):
        scope.report.schema(_NOT_A_REFERENCE, location)


def template(value: Any, location: str, scope: Scope) -> None:
    """A payload template: a field whose name ends in `.$` holds a path or an intrinsic function."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            template(item, f"{location}[{index}]", scope)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key.endswith(".$"):
                _check_dynamic(key, item, location, scope)
            elif isinstance(item, str) and looks_dynamic(item):
                scope.report.warning(
                    "NO_DOLLAR",
                    f"The value of field '{key}' looks like a JSONPath or an intrinsic function, but the "
                    "field's name does not end with '.$'",
                    location,
                )
            else:
                template(item, f"{location}/{key}", scope)


def looks_dynamic(value: str) -> bool:
    """Whether text that AWS takes literally reads as if it were meant to be evaluated."""
    return _LOOKS_DYNAMIC.match(value) is not None


def is_function(value: str) -> bool:
    """Whether the text is a well-formed intrinsic function call."""
    try:
        intrinsics.parse(value)
    except ExpressionSyntaxError:
        return False
    return True


def _check_dynamic(key: str, value: Any, location: str, scope: Scope) -> None:
    if not isinstance(value, str):
        scope.report.schema(
            f"The value for the field '{key}' must be a STRING that contains a JSONPath but was "
            f"{_TYPE_NAMES[type(value)]}",
            location,
        )
    elif not (_parsed(value) is not None if value.startswith("$") else is_function(value)):
        scope.report.schema(
            f"The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call",
            location,
        )


def _string(value: Any, location: str, scope: Scope) -> bool:
    if isinstance(value, str):
        return True
    scope.report.schema("Expected value of type [STRING]", location)
    return False


def _parsed(value: str) -> jsonpath.Path | None:
    try:
        return jsonpath.parse(value)
    except ExpressionSyntaxError:
        return None


def _is_single(value: str) -> bool:
    parsed = _parsed(value)
    return parsed is not None and parsed.is_definite


def _check_reference(value: str, location: str, scope: Scope, roots: tuple[str, ...] | None) -> None:
    if not value.startswith("$"):
        scope.report.schema(_NOT_A_PATH, location)
        return
    parsed = _parsed(value)
    root = None if parsed is None else "variable" if parsed.variable else parsed.root
    if parsed is None or not parsed.is_definite or (roots is not None and root not in roots):
        scope.report.schema(_NOT_A_REFERENCE, location)
