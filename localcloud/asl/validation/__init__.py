"""Whether a definition is one that AWS would take, and everything that is wrong with it, at once.

    diagnose(definition, "EXPRESS")  every finding, as ValidateStateMachineDefinition gives them
    check(definition)                the parsed definition, or InvalidDefinition in CreateStateMachine's words

Only the definition is looked at: no resource is asked whether it exists.
Sources: AWS API reference (ValidateStateMachineDefinition, CreateStateMachine), the Amazon States Language
specification, the developer guide, and answers of the service.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from localcloud.asl.validation.graph import check_transitions
from localcloud.asl.validation.json_text import BrokenJson, parse
from localcloud.asl.validation.machine import check_root, check_single_state
from localcloud.asl.validation.report import Diagnostic, Report, Severity
from localcloud.asl.validation.shapes import MachineType, Scope, TaskProblems, no_problems

__all__ = [
    "MAX_DEFINITION",
    "Diagnostic",
    "InvalidDefinition",
    "check",
    "check_state",
    "diagnose",
    "summarize",
]

MAX_DEFINITION = 1_048_576  # characters (service quotas)
_MAX_RESULTS = 100


class InvalidDefinition(Exception):
    """The definition is refused.

    Args:
        diagnostics: everything found; at least one of it is an error.

    Attributes:
        message: the text of AWS's InvalidDefinition exception.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = list(diagnostics)
        problems = ", ".join(
            # A finding without a location shows Java's null, as AWS's text does.
            f"{found.code}: {found.message} at {'null' if found.location is None else found.location}"
            for found in self.diagnostics
            if found.severity == "ERROR"
        )
        self.message = f"Invalid State Machine Definition: '{problems}'"
        super().__init__(self.message)


def diagnose(
    definition: str, type: MachineType = "STANDARD", task_problems: TaskProblems = no_problems
) -> list[Diagnostic]:
    """All that is wrong with a definition: first fields and values in document order, then transitions.

    Args:
        definition: the text handed in.
        type: the type of the state machine; Express refuses some integration patterns.
        task_problems: asked what is wrong with each task's Resource and Parameters, beyond their form.
    """
    return _read(definition, type, task_problems)[1]


def check(definition: str, type: MachineType = "STANDARD", task_problems: TaskProblems = no_problems) -> dict[str, Any]:
    """The parsed definition.

    Raises:
        InvalidDefinition: there is an error in it; warnings do not count.
    """
    return _accepted(*_read(definition, type, task_problems))


def check_state(definition: str, task_problems: TaskProblems = no_problems) -> dict[str, Any]:
    """The same for a state that stands alone, whose targets nobody knows.

    Raises:
        InvalidDefinition: there is an error in it.
    """
    report = Report()
    state = _parsed(definition, report)
    if isinstance(state, dict):
        check_single_state(state, Scope(report, task_problems=task_problems))
    return _accepted(state, report.diagnostics)


def summarize(diagnostics: Sequence[Diagnostic], severity: Severity = "ERROR", max_results: int = 0) -> dict[str, Any]:
    """The response of ValidateStateMachineDefinition.

    Args:
        severity: ERROR leaves warnings out.
        max_results: how many diagnostics at most, up to 100; 0 means 100.
    """
    wanted = [found for found in diagnostics if severity == "WARNING" or found.severity == "ERROR"]
    limit = max_results or _MAX_RESULTS
    failed = any(found.severity == "ERROR" for found in diagnostics)
    return {
        "result": "FAIL" if failed else "OK",
        "diagnostics": [found.as_response() for found in wanted[:limit]],
        "truncated": len(wanted) > limit,
    }


def _read(definition: str, type: MachineType, task_problems: TaskProblems) -> tuple[Any, list[Diagnostic]]:
    report = Report()
    machine = _parsed(definition, report)
    if isinstance(machine, dict):
        check_root(machine, Scope(report, machine_type=type, task_problems=task_problems))
        check_transitions(machine, report)
    return machine, report.diagnostics


def _parsed(definition: str, report: Report) -> Any:
    if len(definition) > MAX_DEFINITION:
        report.error("SCHEMA_VALIDATION_FAILED", f"The definition is longer than {MAX_DEFINITION} characters", None)
        return None
    try:
        value = parse(definition)
    except BrokenJson as broken:
        report.diagnostics.append(broken.diagnostic)
        return None
    if not isinstance(value, dict):
        report.error("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", None)
    return value


def _accepted(value: Any, diagnostics: list[Diagnostic]) -> dict[str, Any]:
    if any(found.severity == "ERROR" for found in diagnostics):
        raise InvalidDefinition(diagnostics)
    accepted: dict[str, Any] = value
    return accepted
