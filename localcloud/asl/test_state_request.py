"""The request of TestState, read and checked before anything runs.

Sources: API reference, TestState; for the wording of refusals, answers of the service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from localcloud.asl import validation
from localcloud.asl.compiler import compile_machine
from localcloud.asl.machine import Machine, State
from localcloud.asl.states.map import Map
from localcloud.asl.states.parallel import Parallel
from localcloud.asl.validation import json_text

#: What a state is called that comes without a machine, as the service's context object shows it.
NAMELESS = "StateName"

#: What a mocked result breaks of an API's model: (resource, result, whether required fields count) -> problem.
Nonconformity = Callable[[str, Any, bool], str | None]

_MOCKABLE = {"Task", "Map", "Parallel"}
_ONLY_MOCKED = re.compile(r"\.(sync(:\d+)?|waitForTaskToken)$|^arn:[^:]+:states:[^:]*:[^:]*:activity:")
_NO_CONTAINERS = (
    "TestState API does not support Map or Parallel states. Supported state types include: "
    "[Task, Wait, Pass, Succeed, Fail, Choice]"
)


class Refused(Exception):
    """The request is refused before anything runs.

    Args:
        code: the API's error.
        message: its text.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class TrialRequest:
    """What a request asks for.

    Args:
        request: as botocore's TestStateInput.
        nonconformity: what a mocked result of a task breaks of the API's model.

    Attributes:
        machine, state, fields: the state under test, in its machine, and as it was written; a single state gets a
            machine of its own.
        input_text, input: the state's input, as it was written and as a value.
        role_arn: empty when none is given.
        variables: what is assigned before the state runs.
        context: the context object, if the request brings one.
        is_mocked: whether the state's work is not really done.
        result_text, result: the mocked result, if there is one.
        error_output: the mocked error, if there is one.
        retry_count, failed_iterations, reader_data: stateConfiguration. errorCausedByState only tells the reader
            of a test where a mocked error is from: nothing in the answer depends on it.
        wants_inspection: whether inspectionData is asked for.

    Raises:
        validation.InvalidDefinition: the definition, or the single state, is not valid.
        Refused: another part of the request is not.
    """

    def __init__(self, request: dict[str, Any], nonconformity: Nonconformity) -> None:
        self._request = request
        self.machine, self.state, self.fields = _find(request)
        self.role_arn: str = request.get("roleArn", "")
        self.wants_inspection = request.get("inspectionLevel", "INFO") != "INFO"
        configuration = request.get("stateConfiguration", {})
        self.retry_count: int = configuration.get("retrierRetryCount", 0)
        self.failed_iterations: int = configuration.get("mapIterationFailureCount", 0)
        self.reader_data: str | None = configuration.get("mapItemReaderData")
        mock: dict[str, Any] | None = request.get("mock")
        self.is_mocked = mock is not None
        self.error_output: dict[str, str] | None = None
        self.result_text: str | None = None
        self.result: Any = None
        if mock is None:
            self._check_unmocked(configuration)
        else:
            self._read_mock(mock, nonconformity)
        self.context = self._object("context", "Invalid Context object provided") if "context" in request else None
        self.variables = self._object("variables", "Invalid variables provided")
        self.input_text: str = request.get("input", "{}")
        try:
            self.input = _parse(self.input_text)
        except ValueError as problem:
            words = json_text.complaint(self.input_text, problem)
            raise Refused("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{words}'") from None

    def _check_unmocked(self, configuration: dict[str, Any]) -> None:
        for name in [*configuration, *({"context"} & self._request.keys())]:
            _refuse(f"TestState does not support {name[0].upper()}{name[1:]} when a mock is not specified.")
        if self.state.kind in ("Map", "Parallel"):
            raise Refused("InvalidDefinition", _NO_CONTAINERS)
        if self.state.kind != "Task":
            return
        if _ONLY_MOCKED.search(self.state.fields["Resource"]):
            _refuse(
                "TestState supports Activity tasks and the .sync and .waitForTaskToken service integration "
                "patterns only when a mock is specified."
            )
        if not self.role_arn:
            _refuse("RoleArn must be specified when testing a Task state")

    def _read_mock(self, mock: dict[str, Any], nonconformity: Nonconformity) -> None:
        if self.state.kind not in _MOCKABLE:
            _refuse(f"State type '{self.state.kind}' is not supported when a mock is specified")
        if self._request.get("revealSecrets"):
            _refuse("TestState does not support RevealSecrets when a mock is specified.")
        if ("result" in mock) == ("errorOutput" in mock):
            _refuse("A test mock should have only one of the following fields: [result, errorOutput].")
        self.error_output, self.result_text = mock.get("errorOutput"), mock.get("result")
        if self.result_text is None:
            return
        try:
            self.result = _parse(self.result_text)
        except ValueError:
            _refuse("Mocked result must be valid JSON")
        self._check_result(mock.get("fieldValidationMode", "STRICT"), nonconformity)

    def _check_result(self, mode: str, nonconformity: Nonconformity) -> None:
        state, result = self.state, self.result
        if isinstance(state, Map) and "ResultWriter" in state.fields:
            if not isinstance(result, dict):
                _refuse("Mocked result must be a JSON object.")
        elif isinstance(state, Map | Parallel) and not isinstance(result, list):
            _refuse("Mocked result must be an array.")
        if isinstance(state, Parallel) and len(result) != len(state.machines):
            _refuse("Mocked result must contain the same number of items as number of Parallel branches.")
        if isinstance(state, Map) and isinstance(result, list) and self.failed_iterations > len(result):
            _refuse("Map iteration failure count must be less than or equal to the number of Map iterations")
        if state.kind == "Task" and mode != "NONE":
            problem = nonconformity(state.fields["Resource"], result, mode == "STRICT")
            if problem is not None:
                _refuse(f"Mock result schema validation error: {problem}")

    def _object(self, name: str, complaint: str) -> dict[str, Any]:
        """A member of the request that is the text of a JSON object."""
        try:
            value = _parse(self._request.get(name, "{}"))
        except ValueError as problem:
            _refuse(f"{complaint}: {problem}")
        if not isinstance(value, dict):
            _refuse(f"{complaint}: it must be a JSON object")
        return value


def _find(request: dict[str, Any]) -> tuple[Machine, State, dict[str, Any]]:
    name = request.get("stateName")
    if name is None:
        name = NAMELESS
        definition = {"StartAt": name, "States": {name: validation.check_state(request["definition"])}}
    else:
        definition = validation.check(request["definition"])
    machine = _search(compile_machine(definition), name)
    if machine is None:
        _refuse("State not found in definition")
    return machine, machine.states[name], machine.definition["States"][name]


def _search(machine: Machine, name: str) -> Machine | None:
    """The machine that has the state: this one, or one inside it."""
    if name in machine.states:
        return machine
    inner = (_search(each, name) for state in machine.states.values() for each in state.machines)
    return next((found for found in inner if found is not None), None)


def _parse(text: str) -> Any:
    """The JSON value of a text. Raises ValueError."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _refuse(message: str) -> NoReturn:
    raise Refused("ValidationException", message)
