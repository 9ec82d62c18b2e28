"""What an object of the language may hold: fields as data, and the function that checks an object by them.

The order of the findings is AWS's: first what is wrong with the object (reported at the object), then what is
wrong with each field's value (reported at the field).
Source: answers of ValidateStateMachineDefinition, and the Amazon States Language specification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from localcloud.asl.validation.report import Report

Language = Literal["JSONPath", "JSONata"]
MachineType = Literal["STANDARD", "EXPRESS"]

#: (Resource, Parameters or Arguments) of a task -> what AWS refuses of them, each with the field that it is in.
TaskProblems = Callable[[str, Any], Iterable[tuple[Literal["Resource", "Parameters"], str]]]


def no_problems(resource: str, arguments: Any) -> Iterable[tuple[Literal["Resource", "Parameters"], str]]:
    """Of one who knows no integrations."""
    return ()


@dataclass(slots=True, frozen=True)
class Scope:
    """What a check has to know about the place it is in.

    Args:
        report: where findings go.
        machine_language: the query language of the whole state machine.
        language: the one in force here (a state may choose its own).
        machine_type: EXPRESS also inside a Distributed Map whose children are Express.
        reserved: the fields of `$states` beyond input and context that exist here: "result", "errorOutput".
        variables: names assigned around this place, which may not be assigned again in a machine inside it.
        outer_variables: names assigned around the machine that this place belongs to.
        siblings: the field States that this place is in.
        names: every state name seen so far; shared by the whole definition.
        labels: likewise for Map labels.
        task_problems: what is wrong with a task's Resource and Parameters beyond their form.
    """

    report: Report
    machine_language: Language = "JSONPath"
    language: Language = "JSONPath"
    machine_type: MachineType = "STANDARD"
    reserved: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    outer_variables: frozenset[str] = frozenset()
    siblings: Any = None
    names: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    task_problems: TaskProblems = no_problems

    def with_reserved(self, *names: str) -> Scope:
        return replace(self, reserved=frozenset(names))


Check = Callable[[Any, str, Scope], None]


@dataclass(slots=True, frozen=True)
class Field:
    """One field of an object.

    Args:
        check: what its value has to be.
        only: the query language that has this field, where just one does.
    """

    check: Check
    only: Language | None = None


@dataclass(slots=True, frozen=True)
class Shape:
    """The fields of one kind of object.

    Args:
        fields: by name.
        required: names that must be there.
        one_of: groups of which exactly one member must be there.
        at_most_one_of: groups of which no two members may be there.
        open: True where AWS lets other fields pass.
    """

    fields: Mapping[str, Field]
    required: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    at_most_one_of: tuple[tuple[str, ...], ...] = ()
    open: bool = False


def check_object(shape: Shape, value: Any, location: str, scope: Scope, *, languages: bool = True) -> bool:
    """Reports all that is wrong with `value` as an object of `shape`.

    Args:
        languages: False leaves out fields of the other query language (AWS does so for a state whose
            QueryLanguage is itself refused).

    Returns:
        Whether it is an object at all.
    """
    report = scope.report
    if not isinstance(value, dict):
        report.schema("Expected value of type [OBJECT]", location)
        return False
    if not shape.open:
        for name in value:
            if name not in shape.fields:
                report.schema(f"Field '{name}' is not supported", location)
    foreign = {name for name in value if name in shape.fields and shape.fields[name].only not in (None, scope.language)}
    if languages:
        for name in value:
            if name in foreign:
                report.schema(
                    f"The QueryLanguage is set to '{scope.language}', but field '{name}' is only supported "
                    f"for the '{shape.fields[name].only}' QueryLanguage",
                    location,
                )
    missing = [name for name in shape.required if name not in value]
    if missing:
        report.schema(f"These fields are required: [{', '.join(missing)}]", location)
    for group in shape.one_of:
        present = [name for name in group if name in value]
        usable = [name for name in group if shape.fields[name].only in (None, scope.language)]
        if not present:
            report.schema(f"This object should have only one of the following fields: [{', '.join(usable)}]", location)
        _not_two(group, value, location, report)
    for group in shape.at_most_one_of:
        _not_two(group, value, location, report)
    for name, item in value.items():
        if name in shape.fields and name not in foreign:
            shape.fields[name].check(item, f"{location}/{name}", scope)
    return True


def _not_two(group: tuple[str, ...], value: dict[str, Any], location: str, report: Report) -> None:
    if sum(name in value for name in group) > 1:
        report.schema(f"There should only be one of the following fields: [{', '.join(group)}]", location)


def check_each(check: Check, *, may_be_empty: bool = False) -> Check:
    """An array whose elements all pass `check`."""

    def check_array(value: Any, location: str, scope: Scope) -> None:
        if not isinstance(value, list):
            scope.report.schema("Expected value of type [ARRAY]", location)
        elif not value and not may_be_empty:
            scope.report.schema("Value cannot be empty", location)
        else:
            for index, item in enumerate(value):
                check(item, f"{location}[{index}]", scope)

    return check_array


def check_shape(shape: Shape) -> Check:
    """A nested object of `shape`."""

    def check(value: Any, location: str, scope: Scope) -> None:
        check_object(shape, value, location, scope)

    return check
