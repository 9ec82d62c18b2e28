"""One problem in a definition, and the list that collects them.

Source: AWS API reference, ValidateStateMachineDefinitionDiagnostic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["ERROR", "WARNING"]


@dataclass(slots=True, frozen=True)
class Diagnostic:
    """One problem, as ValidateStateMachineDefinition reports it.

    Args:
        severity: ERROR refuses the definition; WARNING does not.
        code: AWS's code, such as SCHEMA_VALIDATION_FAILED or MISSING_TRANSITION_TARGET.
        message: what is wrong, in AWS's words where they are known.
        location: a path such as /States/Read/Choices[0]/Next; None where AWS gives none.
    """

    severity: Severity
    code: str
    message: str
    location: str | None = None

    def as_response(self) -> dict[str, str]:
        """The shape of the API's response: `location` is left out when there is none."""
        fields = {"severity": self.severity, "code": self.code, "message": self.message}
        return fields if self.location is None else {**fields, "location": self.location}


class Report:
    """Diagnostics in the order in which they were found."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []

    def error(self, code: str, message: str, location: str | None) -> None:
        self.diagnostics.append(Diagnostic("ERROR", code, message, location))

    def schema(self, message: str, location: str) -> None:
        """The code under which AWS reports everything about fields and their values."""
        self.error("SCHEMA_VALIDATION_FAILED", message, location or "/")

    def warning(self, code: str, message: str, location: str) -> None:
        self.diagnostics.append(Diagnostic("WARNING", code, message, location or "/"))
