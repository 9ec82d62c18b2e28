"""What a state did with its data on the way, as TestState shows it in `inspectionData`.

A state under test gets a `Dataflow` that takes the same steps as its own, one by one, and writes each down.
Source: API reference, InspectionData.
"""

from __future__ import annotations

from typing import Any

from localcloud.asl.data import to_json
from localcloud.asl.dataflow import Dataflow, JSONataFlow, JSONPathFlow
from localcloud.asl.errors import StateFailed
from localcloud.asl.frame import Visit

Leaving = tuple[Any, dict[str, Any] | None]  # output, assigned variables

#: Steps that AWS takes but does not show: a Parallel's and a Map's result is the mock itself, and what a
#: Parallel makes of its input is not shown at all.
_NOT_SHOWN = {
    "Map": {"result"},
    "Parallel": {"afterInputPath", "afterParameters", "afterArguments", "result"},
    "Pass": {"result"},
}
#: A Pass that has a Result ignores its effective input.
_NOT_SHOWN_WITH_RESULT = {"afterInputPath", "afterParameters"}


class Inspection:
    """The steps of one visit.

    Args:
        fields: the state's.

    Attributes:
        members: inspectionData so far: JSON text for data, numbers as they are.
    """

    def __init__(self, fields: dict[str, Any]) -> None:
        self.members: dict[str, Any] = {}
        self._not_shown: set[str] = _NOT_SHOWN.get(fields["Type"], set())
        if fields["Type"] == "Pass" and "Result" in fields:
            self._not_shown = _NOT_SHOWN_WITH_RESULT
        self._originals: list[tuple[Any, str]] = []

    def remember(self, value: Any, text: str) -> Any:
        """The text that a value was read from: it is shown as it was written. Returns the value."""
        self._originals.append((value, text))
        return value

    def text(self, value: Any) -> str:
        """The value as JSON text."""
        return next((text for original, text in self._originals if original is value), None) or to_json(value)

    def record(self, name: str, value: Any) -> None:
        """Note the data that a step led to."""
        if name not in self._not_shown:
            self.members[name] = self.text(value)


def inspected(fields: dict[str, Any], is_jsonata: bool, inspection: Inspection) -> Dataflow:
    """A state's data flow that records its steps."""
    return _InspectedJSONata(fields, inspection) if is_jsonata else _InspectedJSONPath(fields, inspection)


class _InspectedJSONPath:
    """The steps of `JSONPathFlow`: each is a flow that has only the field of that step."""

    def __init__(self, fields: dict[str, Any], inspection: Inspection) -> None:
        def step(name: str) -> JSONPathFlow:
            return JSONPathFlow({name: fields[name]} if name in fields else {})

        self._whole = JSONPathFlow(fields)
        self._selector, self._assign = step("ResultSelector"), step("Assign")
        self._result_path, self._output_path = step("ResultPath"), step("OutputPath")
        self._inspection = inspection

    def effective(self, visit: Visit) -> Any:
        effective = self._whole.effective(visit)
        self._inspection.record("afterInputPath", effective)
        return effective

    def arguments(self, visit: Visit, effective: Any) -> Any:
        arguments = self._whole.arguments(visit, effective)
        self._inspection.record("afterParameters", arguments)
        return arguments

    def finish(self, visit: Visit, effective: Any, result: Any) -> Leaving:
        self._inspection.record("result", result)
        selected, _ = self._selector.finish(visit, effective, result)
        self._inspection.record("afterResultSelector", selected)
        _, assigned = self._assign.finish(visit, effective, selected)
        placed, _ = self._result_path.finish(visit, effective, selected)
        self._inspection.record("afterResultPath", placed)
        output, _ = self._output_path.finish(visit, effective, placed)
        return output, assigned

    def passthrough(self, visit: Visit, effective: Any) -> Leaving:
        return self._whole.passthrough(visit, effective)

    def caught(self, visit: Visit, failure: StateFailed) -> Leaving:
        return self._whole.caught(visit, failure)


class _InspectedJSONata(JSONataFlow):
    """The steps of `JSONataFlow`."""

    def __init__(self, fields: dict[str, Any], inspection: Inspection) -> None:
        super().__init__(fields)
        self._has_arguments = "Arguments" in fields
        self._inspection = inspection

    def arguments(self, visit: Visit, effective: Any) -> Any:
        arguments = super().arguments(visit, effective)
        if self._has_arguments:
            self._inspection.record("afterArguments", arguments)
        return arguments

    def finish(self, visit: Visit, effective: Any, result: Any) -> Leaving:
        self._inspection.record("result", result)
        return super().finish(visit, effective, result)
