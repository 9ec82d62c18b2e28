"""The way of data through a state, in each of the two query languages.

JSONPath: InputPath, Parameters, (the result), ResultSelector, Assign, ResultPath, OutputPath, in that order. JSONata:
Arguments, (the result), Assign, Output. Each step is written here and nowhere else: an execution takes it, TestState
takes it and is told of it (`Visit.note`, with InspectionData's names), and the pictures, which infer from a history
what its steps led to, are tested against it.
"""

from __future__ import annotations

from typing import Any, Protocol

from localcloud.asl import jsonpath
from localcloud.asl.data import EvaluationError
from localcloud.asl.errors import StateFailed
from localcloud.asl.language import Expression, Fields, JSONPath, Language
from localcloud.asl.running import Visit

Leaving = tuple[Any, dict[str, Any] | None]  # output, assigned variables


class Dataflow(Protocol):
    """What a state does with its data."""

    def effective(self, visit: Visit) -> Any:
        """The state's input as its other fields see it."""

    def arguments(self, visit: Visit, effective: Any) -> Any:
        """What a task, a branch or a Pass is given."""

    def finish(self, visit: Visit, effective: Any, result: Any) -> Leaving:
        """The state's output and its assigned variables, from its result."""

    def passed(self, visit: Visit, effective: Any) -> Leaving:
        """The same for a Pass, whose result (in JSONPath) is its Result or what it would be given."""

    def passthrough(self, visit: Visit, effective: Any) -> Leaving:
        """The same for a state without a result of its own (Choice, Wait, Succeed)."""

    def caught(self, visit: Visit, failure: StateFailed) -> Leaving:
        """The same for a Catch, from the error output."""


def dataflow(fields: Fields, language: Language) -> Dataflow:
    """The data flow of a state, a Choice rule or a Catch, from its fields."""
    return JSONPathFlow(fields, language) if isinstance(language, JSONPath) else JSONataFlow(fields, language)


class JSONPathFlow:
    """InputPath, Parameters, ResultSelector, Assign, ResultPath, OutputPath."""

    def __init__(self, fields: Fields, language: JSONPath) -> None:
        self._fields = fields
        self._input_path = _io_path(fields, "InputPath", language)
        self._output_path = _io_path(fields, "OutputPath", language)
        self._parameters = _template(fields, "Parameters", language)
        self._selector = _template(fields, "ResultSelector", language)
        self._assign = _template(fields, "Assign", language)
        path = fields.get("ResultPath", "$")
        self._discards = path is None
        self._result_path = None if path in (None, "$") else jsonpath.parse(path)

    def effective(self, visit: Visit) -> Any:
        effective = self._input_path(visit, visit.input) if self._input_path else visit.input
        if visit.note:
            visit.note("afterInputPath", effective)
        return effective

    def arguments(self, visit: Visit, effective: Any) -> Any:
        arguments = self._parameters(visit, effective) if self._parameters else effective
        if visit.note:
            visit.note("afterParameters", arguments)
        return arguments

    def finish(self, visit: Visit, effective: Any, result: Any) -> Leaving:
        if visit.note:
            visit.note("result", result)
        if self._selector:
            result = self._selector(visit, result)
        if visit.note:
            visit.note("afterResultSelector", result)
        assigned = self._assign(visit, result) if self._assign else None
        output = self._place(visit, result)
        if visit.note:
            visit.note("afterResultPath", output)
        return (self._output_path(visit, output) if self._output_path else output), assigned

    def passed(self, visit: Visit, effective: Any) -> Leaving:
        fields = self._fields
        return self.finish(
            visit, effective, fields["Result"] if "Result" in fields else self.arguments(visit, effective)
        )

    def passthrough(self, visit: Visit, effective: Any) -> Leaving:
        assigned = self._assign(visit, effective) if self._assign else None
        return (self._output_path(visit, effective) if self._output_path else effective), assigned

    def caught(self, visit: Visit, failure: StateFailed) -> Leaving:
        error_output = failure.output()
        assigned = self._assign(visit, error_output) if self._assign else None
        return self._place(visit, error_output), assigned

    def _place(self, visit: Visit, result: Any) -> Any:
        if self._discards:
            return visit.input
        if self._result_path is None:
            return result
        try:
            return self._result_path.place(visit.input, result)
        except EvaluationError as error:
            raise visit.failure(error.message, error.error) from error


class JSONataFlow:
    """Arguments, Assign, Output; `$states` holds input, context and result or errorOutput."""

    def __init__(self, fields: Fields, language: Language) -> None:
        self._arguments = _template(fields, "Arguments", language)
        self._output = _template(fields, "Output", language)
        self._assign = _template(fields, "Assign", language)

    def effective(self, visit: Visit) -> Any:
        return visit.input

    def arguments(self, visit: Visit, effective: Any) -> Any:
        if self._arguments is None:
            return effective
        arguments = self._arguments(visit, effective)
        if visit.note:
            visit.note("afterArguments", arguments)
        return arguments

    def finish(self, visit: Visit, effective: Any, result: Any) -> Leaving:
        if visit.note:
            visit.note("result", result)
        return self._leave(visit, result, {"result": result})

    def passed(self, visit: Visit, effective: Any) -> Leaving:
        return self._leave(visit, effective, {})

    def passthrough(self, visit: Visit, effective: Any) -> Leaving:
        return self._leave(visit, effective, {})

    def caught(self, visit: Visit, failure: StateFailed) -> Leaving:
        error_output = failure.output()
        return self._leave(visit, error_output, {"errorOutput": error_output})

    def _leave(self, visit: Visit, default: Any, reserved: dict[str, Any]) -> Leaving:
        assigned = self._assign(visit, visit.input, reserved) if self._assign else None
        output = self._output(visit, visit.input, reserved) if self._output else default
        return output, assigned


def _template(fields: Fields, name: str, language: Language) -> Expression | None:
    return language.template(fields[name], name) if name in fields else None


def _io_path(fields: Fields, name: str, language: JSONPath) -> Expression | None:
    """InputPath or OutputPath: absent or "$" passes all, null passes an empty object."""
    text = fields.get(name, "$")
    if text == "$":
        return None
    if text is None:
        return lambda visit, document, reserved=None: {}
    return language.path(text)
