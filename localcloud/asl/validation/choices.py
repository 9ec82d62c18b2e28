"""The rules of a Choice state.

Source: specification, "Choice State"; answers of ValidateStateMachineDefinition.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localcloud.asl.validation import jsonata_rules, paths, values
from localcloud.asl.validation.shapes import Check, Field, Scope, Shape, check_each, check_object
from localcloud.asl.validation.variables import check_assign


def _operand(check: Check) -> Check:
    """A literal operand, with the hint that AWS gives when it reads like a path."""

    def check_operand(value: Any, location: str, scope: Scope) -> None:
        check(value, location, scope)
        if isinstance(value, str) and paths.looks_dynamic(value):
            scope.report.warning(
                "NO_PATH",
                "The value looks like a path, but the name of its field does not end with 'Path'",
                location,
            )

    return check_operand


def _number(value: Any, location: str, scope: Scope) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        scope.report.schema("Expected value of type [NUMBER]", location)


def _operators() -> Iterator[tuple[str, Check]]:
    order = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
    for kind, check in (
        ("String", _operand(values.text)),
        ("Numeric", _number),
        ("Boolean", values.boolean),
        ("Timestamp", _operand(values.timestamp)),
    ):
        for comparison in order[:1] if kind == "Boolean" else order:
            yield f"{kind}{comparison}", check
            yield f"{kind}{comparison}Path", paths.rule_variable
        if kind == "String":
            yield "StringMatches", _operand(values.text)
    for test in ("Null", "Present", "Numeric", "String", "Boolean", "Timestamp"):
        yield f"Is{test}", values.boolean


OPERATORS = dict(_operators())
_KINDS = ("And", "Or", "Not", "Variable", "Condition")


def _nested(value: Any, location: str, scope: Scope) -> None:
    _check_rule(_NESTED, value, location, scope)


def _condition(value: Any, location: str, scope: Scope) -> None:
    if isinstance(value, str):
        jsonata_rules.check_expression(value, location, scope)
    elif not isinstance(value, bool):
        scope.report.schema("Expected value of type [STRING, BOOLEAN]", location)


_TESTS: dict[str, Field] = {
    "Comment": Field(values.text),
    "Variable": Field(paths.rule_variable, only="JSONPath"),
    **{name: Field(check, only="JSONPath") for name, check in OPERATORS.items()},
    "And": Field(check_each(_nested), only="JSONPath"),
    "Or": Field(check_each(_nested), only="JSONPath"),
    "Not": Field(_nested, only="JSONPath"),
}
_NESTED = Shape(_TESTS)
_RULE = Shape(
    {
        **_TESTS,
        "Condition": Field(_condition, only="JSONata"),
        "Next": Field(values.text),
        "Assign": Field(check_assign),
        "Output": Field(jsonata_rules.check_template, only="JSONata"),
    },
    required=("Next",),
)


def check_rule(value: Any, location: str, scope: Scope) -> None:
    """One element of Choices."""
    _check_rule(_RULE, value, location, scope)


def _check_rule(shape: Shape, value: Any, location: str, scope: Scope) -> None:
    if not check_object(shape, value, location, scope):
        return
    if sum(kind in value for kind in _KINDS) != 1:
        scope.report.schema(f"The object must have only one of the following fields, [{', '.join(_KINDS)}]", location)
    elif "Variable" in value and scope.language == "JSONPath":
        present = [name for name in value if name in OPERATORS]
        if len(present) != 1:
            scope.report.schema(
                f"There should only be one of the following fields: [{', '.join(OPERATORS)}]"
                if present
                else f"This object should have only one of the following fields: [{', '.join(OPERATORS)}]",
                location,
            )
