"""Payload templates: Parameters, ResultSelector, ItemSelector and Assign of JSONPath states.

A member whose name ends in ".$" is replaced by what its expression gives; everything else stands as written.
Source: the Amazon States Language specification, "Payload Template".
"""

from __future__ import annotations

from typing import Any

from localcloud.asl import intrinsics, jsonpath
from localcloud.asl.data import Data, EvaluationError, ExpressionSyntaxError, PathExpression, to_json
from localcloud.asl.jsonpath import PathNotFound


def compile_expression(text: str) -> PathExpression:
    """Compile a path ("$.a", "$$.Execution.Id", "$total") or an intrinsic call ("States.UUID()").

    Raises:
        ExpressionSyntaxError: it is neither.
    """
    if intrinsics.is_call(text):
        return intrinsics.parse(text)
    return jsonpath.parse(text).evaluate


def variables_in(text: str) -> frozenset[str]:
    """The workflow variables that an expression reads.

    Raises:
        ExpressionSyntaxError: it is no expression.
    """
    if intrinsics.is_call(text):
        return intrinsics.variables_in(text)
    name = jsonpath.parse(text).variable
    return frozenset([name] if name else ())


def compile_template(template: Any) -> PathExpression:
    """Compile a payload template.

    What it evaluates to is new where an expression stands in it and shared with the template where none does.

    Raises:
        ExpressionSyntaxError: the value of a ".$" member is no expression.
    """
    return _compile(template) or (lambda data: template)


def _compile(template: Any) -> PathExpression | None:
    """The template's function; None when there is nothing in it to evaluate."""
    if isinstance(template, dict):
        return _compile_object(template)
    if isinstance(template, list):
        return _compile_array(template)
    return None


def _compile_object(template: dict[str, Any]) -> PathExpression | None:
    dynamic: list[tuple[str, PathExpression]] = []
    for key, value in template.items():
        if key.endswith(".$"):
            dynamic.append((key[:-2], _compile_member(key, value)))
        elif inner := _compile(value):
            dynamic.append((key, inner))
    if not dynamic:
        return None
    # Members keep their order: the constant ones are laid out first, with a place for each dynamic one.
    layout = {key[:-2] if key.endswith(".$") else key: value for key, value in template.items()}

    def evaluate(data: Data) -> Any:
        result = layout.copy()
        for key, expression in dynamic:
            result[key] = expression(data)
        return result

    return evaluate


def _compile_array(template: list[Any]) -> PathExpression | None:
    dynamic = [(index, inner) for index, item in enumerate(template) if (inner := _compile(item))]
    if not dynamic:
        return None

    def evaluate(data: Data) -> Any:
        result = template.copy()
        for index, expression in dynamic:
            result[index] = expression(data)
        return result

    return evaluate


def _compile_member(key: str, text: Any) -> PathExpression:
    if not isinstance(text, str):
        raise ExpressionSyntaxError(
            to_json(text), 0, f"The value for the field '{key}' must be a string that contains a JSONPath"
        )
    expression = compile_expression(text)
    if intrinsics.is_call(text):
        return expression
    path = jsonpath.parse(text)

    def evaluate(data: Data) -> Any:
        if path.root == "$" and data.document is None:
            raise EvaluationError("States.Runtime", "Unable to apply Path transformation to null or empty input.")
        try:
            return path.evaluate(data)
        except PathNotFound as missing:
            raise EvaluationError(
                "States.Runtime",
                f"The JSONPath '{text}' specified for the field '{key}' could not be found in the input "
                f"'{to_json(missing.root)}'",
            ) from missing

    return evaluate
