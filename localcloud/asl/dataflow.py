"""How data gets into a state and out of it, in each of the two query languages.

JSONPath: InputPath, Parameters, ResultSelector, Assign, ResultPath, OutputPath, in that order. JSONata: Arguments,
then Assign and Output. State types ask a `Dataflow` and need not know which language they are written in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from localcloud.asl import jsonata, jsonpath, templates
from localcloud.asl.data import EvaluationError, to_json
from localcloud.asl.errors import StateFailed
from localcloud.asl.frame import Visit

Fields = dict[str, Any]
Getter = Callable[[Visit, Any], Any]  # (visit, effective input) -> value

_ABSENT: Any = object()


class Dataflow(Protocol):
    """What a state does with its data."""

    def effective(self, visit: Visit) -> Any:
        """The state's input as its other fields see it."""

    def arguments(self, visit: Visit, effective: Any) -> Any:
        """What a task, a branch or a Pass is given."""

    def finish(self, visit: Visit, effective: Any, result: Any) -> tuple[Any, dict[str, Any] | None]:
        """The state's output and its assigned variables, from its result."""

    def passthrough(self, visit: Visit, effective: Any) -> tuple[Any, dict[str, Any] | None]:
        """The same for a state without a result of its own (Choice, Wait, Succeed)."""

    def caught(self, visit: Visit, failure: StateFailed) -> tuple[Any, dict[str, Any] | None]:
        """The same for a Catch, from the error output."""


def dataflow(fields: Fields, is_jsonata: bool) -> Dataflow:
    """The data flow of a state, a Choice rule or a Catch, from its fields."""
    return JSONataFlow(fields) if is_jsonata else JSONPathFlow(fields)


class JSONPathFlow:
    """InputPath, Parameters, ResultSelector, Assign, ResultPath, OutputPath."""

    def __init__(self, fields: Fields) -> None:
        self._input_path = _io_path(fields, "InputPath")
        self._output_path = _io_path(fields, "OutputPath")
        self._parameters = templates.compile_template(fields["Parameters"]) if "Parameters" in fields else None
        self._selector = templates.compile_template(fields["ResultSelector"]) if "ResultSelector" in fields else None
        self._assign = templates.compile_template(fields["Assign"]) if "Assign" in fields else None
        path = fields.get("ResultPath", "$")
        self._discards = path is None
        self._result_path = None if path in (None, "$") else jsonpath.parse(path)

    def effective(self, visit: Visit) -> Any:
        return self._input_path(visit, visit.input) if self._input_path else visit.input

    def arguments(self, visit: Visit, effective: Any) -> Any:
        return visit.evaluate(self._parameters, effective) if self._parameters else effective

    def finish(self, visit: Visit, effective: Any, result: Any) -> tuple[Any, dict[str, Any] | None]:
        if self._selector:
            result = visit.evaluate(self._selector, result)
        assigned = visit.evaluate(self._assign, result) if self._assign else None
        output = self._place(visit, result)
        return (self._output_path(visit, output) if self._output_path else output), assigned

    def passthrough(self, visit: Visit, effective: Any) -> tuple[Any, dict[str, Any] | None]:
        assigned = visit.evaluate(self._assign, effective) if self._assign else None
        return (self._output_path(visit, effective) if self._output_path else effective), assigned

    def caught(self, visit: Visit, failure: StateFailed) -> tuple[Any, dict[str, Any] | None]:
        error_output = failure.output()
        assigned = visit.evaluate(self._assign, error_output) if self._assign else None
        return self._place(visit, error_output), assigned

    def _place(self, visit: Visit, result: Any) -> Any:
        if self._discards:
            return visit.input
        if self._result_path is None:
            return result
        path = self._result_path
        return visit.evaluate(lambda data: path.place(data.document, result), visit.input)


class JSONataFlow:
    """Arguments, Assign, Output; `$states` holds input, context and result or errorOutput."""

    def __init__(self, fields: Fields) -> None:
        self._arguments = jsonata.compile_template(fields["Arguments"], "Arguments") if "Arguments" in fields else None
        self._output = jsonata.compile_template(fields["Output"], "Output") if "Output" in fields else None
        self._assign = jsonata.compile_template(fields["Assign"], "Assign") if "Assign" in fields else None

    def effective(self, visit: Visit) -> Any:
        return visit.input

    def arguments(self, visit: Visit, effective: Any) -> Any:
        return evaluate_jsonata(visit, self._arguments) if self._arguments else effective

    def finish(self, visit: Visit, effective: Any, result: Any) -> tuple[Any, dict[str, Any] | None]:
        return self._leave(visit, result, {"result": result})

    def passthrough(self, visit: Visit, effective: Any) -> tuple[Any, dict[str, Any] | None]:
        return self._leave(visit, effective, {})

    def caught(self, visit: Visit, failure: StateFailed) -> tuple[Any, dict[str, Any] | None]:
        error_output = failure.output()
        return self._leave(visit, error_output, {"errorOutput": error_output})

    def _leave(self, visit: Visit, default: Any, extra: dict[str, Any]) -> tuple[Any, dict[str, Any] | None]:
        assigned = evaluate_jsonata(visit, self._assign, extra) if self._assign else None
        output = evaluate_jsonata(visit, self._output, extra) if self._output else default
        return output, assigned


def evaluate_jsonata(visit: Visit, expression: jsonata.Expression, extra: dict[str, Any] | None = None) -> Any:
    """Evaluate a JSONata template of a state.

    Raises:
        StateFailed: States.QueryEvaluationError, with its EvaluationFailed event left in the history.
    """
    states = {"input": visit.input, "context": visit.context, **(extra or {})}
    try:
        return expression(states, visit.frame.variables, visit.frame.execution.random)
    except EvaluationError as error:
        raise visit.evaluation_failure(error.message, error.field) from error


def _io_path(fields: Fields, name: str) -> Getter | None:
    """InputPath or OutputPath: absent or "$" passes all, null passes an empty object."""
    text = fields.get(name, "$")
    if text == "$":
        return None
    if text is None:
        return lambda visit, document: {}
    expression = templates.compile_expression(text)
    return lambda visit, document: visit.evaluate(expression, document)


def number(fields: Fields, name: str, is_jsonata: bool, *, fraction: bool = False) -> Getter | None:
    """A numeric field of a state, from `name`, its JSONPath twin `name`Path, or a JSONata string; None if absent.

    Args:
        fraction: whether a number with a fraction will do (ToleratedFailurePercentage).
    """
    kind = "float" if fraction else "integer"

    def is_number(value: Any) -> bool:
        return isinstance(value, int | float if fraction else int) and not isinstance(value, bool)

    if is_jsonata and isinstance(fields.get(name), str):
        template = jsonata.compile_template(fields[name], name)

        def from_jsonata(visit: Visit, _effective: Any) -> Any:
            value = evaluate_jsonata(visit, template)
            if is_number(value):
                return value
            raise wrong_type(visit, fields[name], name, "number", value)

        return from_jsonata
    if name in fields:
        return lambda visit, effective: fields[name]
    if name + "Path" not in fields:
        return None
    text = fields[name + "Path"]
    expression = templates.compile_expression(text)

    def from_path(visit: Visit, effective: Any) -> Any:
        value = visit.evaluate(expression, effective)
        if isinstance(value, str):
            value = parse_number(value, fraction=fraction)
        if is_number(value):
            return value
        shown = value if isinstance(value, str) else to_json(value)
        raise visit.failure(f'The {name}Path field refers to value "{shown}" which is not a valid {kind}: {text}')

    return from_path


def parse_number(text: str, *, fraction: bool = False) -> Any:
    """A number written as text, which the service takes wherever a path gives a number; else the text itself."""
    try:
        return float(text) if fraction else int(text)
    except ValueError:
        return text


def wrong_type(visit: Visit, text: Any, field: str, expected: str, value: Any) -> StateFailed:
    """The failure of a JSONata field whose value is of another type than the field takes."""
    return visit.evaluation_failure(jsonata.wrong_type(text, field, expected, value), field)


def expect_array(visit: Visit, text: Any, field: str, value: Any) -> list[Any]:
    """The value of a JSONata field that must be an array.

    Raises:
        StateFailed: it is something else; worded as recorded for Map's Items.
    """
    if isinstance(value, list):
        return value
    raise wrong_type(visit, text, field, "array", value)
