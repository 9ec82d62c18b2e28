"""JSONata expressions, `{% ... %}`, as Step Functions evaluates them.

An expression is parsed once and evaluated many times; nothing of one evaluation is left for the next, so
executions may take turns on one thread. What comes out is plain JSON: no wrapper types, no functions,
integers stay integers.

Sources: the developer guide, "Transforming data with JSONata in Step Functions" (JSONata 2.0.6 without
`$eval`, with six functions more); the wording of causes as the service gives them.
"""

from __future__ import annotations

import random as randomness
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from localcloud.asl.data import EvaluationError, ExpressionSyntaxError, to_json

if TYPE_CHECKING:
    from localcloud.asl.query.program import Program


class Expression(Protocol):
    """A compiled expression or template."""

    def __call__(
        self,
        states: Mapping[str, Any],
        variables: Mapping[str, Any],
        random: randomness.Random | None = None,
        now: float | None = None,
    ) -> Any:
        """Evaluate.

        Args:
            states: `$states`: input, context and, where they exist, result and errorOutput.
            variables: the workflow variables in scope, `$name`.
            random: the execution's seeded generator, for `$random`, `$uuid` and `$shuffle`.
            now: seconds since the epoch for `$now` and `$millis`; by default when the state was entered.

        Raises:
            EvaluationError: States.QueryEvaluationError, with the field that failed.
        """


def is_expression(value: Any) -> bool:
    """Whether a value in a JSONata state is meant to be evaluated."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}") and len(value) >= 4


def source(text: str) -> str:
    """The expression without its delimiters, as causes quote it; other text as it is."""
    return text[2:-2].strip() if is_expression(text) else text


def compile_expression(text: str, field: str) -> Expression:
    """Compile one expression.

    Args:
        text: "{% $states.input.total * 2 %}"; the delimiters may be missing.
        field: where it stands in the state, for causes: "Output/total", "Choices[0]/Condition".

    Raises:
        ExpressionSyntaxError: it cannot be parsed; carries JSONata's code and position.
    """
    from localcloud.asl.query.program import QueryFailed
    from localcloud.asl.query.values import UNDEFINED

    expression = source(text)
    program = _program(expression)

    def evaluate(
        states: Mapping[str, Any],
        variables: Mapping[str, Any],
        random: randomness.Random | None = None,
        now: float | None = None,
    ) -> Any:
        try:
            value = program.run(states, variables, random, now)
        except QueryFailed as failure:
            raise EvaluationError(
                "States.QueryEvaluationError", f"{_subject(expression, field)} {failure}", field
            ) from failure
        if value is UNDEFINED:
            raise EvaluationError(
                "States.QueryEvaluationError",
                f"{_subject(expression, field)} returned nothing (undefined).",
                field,
            )
        return value

    return evaluate


def compile_template(template: Any, field: str) -> Expression:
    """Compile a JSON value in which any string may be an expression.

    What it evaluates to is new where an expression stands in it and shared with the template where none does.

    Args:
        field: the field that holds the template; members are named below it: "Arguments/FunctionName",
            "Output[0]".

    Raises:
        ExpressionSyntaxError: one of its expressions cannot be parsed.
    """
    return _compile(template, field) or (lambda states, variables, random=None, now=None: template)


def variables_in(text: str) -> frozenset[str]:
    """The workflow variables that an expression reads, without `states` and what it binds itself.

    Raises:
        ExpressionSyntaxError: as compile_expression.
    """
    return _program(source(text)).free_variables


def check(text: str) -> None:
    """Parse an expression and throw it away.

    Raises:
        ExpressionSyntaxError: as compile_expression.
    """
    _program(source(text))


def wrong_type(text: Any, field: str, expected: str, value: Any) -> str:
    """The message for a value that the field does not take; `expected` is a JSONata type name ("array")."""
    written = source(text) if isinstance(text, str) else to_json(text)
    return (
        f"{_subject(written, field)} returned an unexpected result type. "
        f"Expected '{expected}', but was '{type_name(value)}' for value: {to_json(value)}"
    )


def type_name(value: Any) -> str:
    """JSONata's name of a JSON value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _subject(expression: str, field: str) -> str:
    return f"The JSONata expression '{expression}' specified for the field '{field}'"


@lru_cache(maxsize=4096)
def _program(expression: str) -> Program:
    # Imported here: a machine without JSONata need not pay for the evaluator and its parser.
    from localcloud.asl.query.program import Program

    return Program(expression)


def _compile(template: Any, field: str) -> Expression | None:
    """The template's function; None when there is nothing in it to evaluate."""
    if isinstance(template, str):
        return compile_expression(template, field) if is_expression(template) else None
    if isinstance(template, dict):
        parts: list[tuple[Any, Expression]] = [
            (key, inner) for key, item in template.items() if (inner := _compile(item, f"{field}/{key}"))
        ]
    elif isinstance(template, list):
        parts = [
            (index, inner) for index, item in enumerate(template) if (inner := _compile(item, f"{field}[{index}]"))
        ]
    else:
        return None
    if not parts:
        return None

    def evaluate(
        states: Mapping[str, Any],
        variables: Mapping[str, Any],
        random: randomness.Random | None = None,
        now: float | None = None,
    ) -> Any:
        result = template.copy()
        for key, expression in parts:
            result[key] = expression(states, variables, random, now)
        return result

    return evaluate


__all__ = [
    "Expression",
    "ExpressionSyntaxError",
    "check",
    "compile_expression",
    "compile_template",
    "is_expression",
    "source",
    "type_name",
    "variables_in",
    "wrong_type",
]
