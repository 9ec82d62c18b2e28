"""Assign: the names of workflow variables, and their scopes.

Source: developer guide, "Passing data between states with variables".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localcloud.asl.validation.payloads import check_payload
from localcloud.asl.validation.shapes import Scope

MAX_NAME = 80


def check_assign(value: Any, location: str, scope: Scope) -> None:
    """The Assign of a state, a Choice rule or a Catch."""
    if not isinstance(value, dict):
        scope.report.schema("Expected value of type [OBJECT]", location)
        return
    for key in value:
        _check_name(_name(key), f"{location}/{key}", scope)
    check_payload(value, location, scope)


def assigned_names(states: Any, *, besides: Any = None) -> frozenset[str]:
    """The names assigned by the states of one machine, leaving out the machines inside them.

    Args:
        states: the field States.
        besides: a state that does not count. A Parallel or Map assigns after its inner states are done, so
            AWS lets both use a name.
    """
    if not isinstance(states, dict):
        return frozenset()
    return frozenset(name for state in states.values() if state is not besides for name in _names_assigned_by(state))


def _names_assigned_by(state: Any) -> Iterator[str]:
    if not isinstance(state, dict):
        return
    holders = [state]
    for field in ("Choices", "Catch"):
        entries = state.get(field)
        if isinstance(entries, list):
            holders += [entry for entry in entries if isinstance(entry, dict)]
    for holder in holders:
        assign = holder.get("Assign")
        if isinstance(assign, dict):
            yield from map(_name, assign)


def _name(key: str) -> str:
    return key.removesuffix(".$")


def _check_name(name: str, location: str, scope: Scope) -> None:
    report = scope.report
    if name == "states":
        report.error("RESERVED_VARIABLE_NAME", "Cannot assign to reserved variable '$states'.", location)
    elif len(name) > MAX_NAME:
        report.error(
            "INVALID_VARIABLE_NAME",
            f"Invalid variable name '{name}': the variable name exceeds the {MAX_NAME}-character limit.",
            location,
        )
    elif not name.isidentifier() or name.startswith("_"):
        # Python's identifiers are Unicode's (UAX 31), as AWS's are, plus the leading underscore.
        report.error(
            "INVALID_VARIABLE_NAME",
            f"Invalid variable name '{name}': the variable name contains invalid characters.",
            location,
        )
    elif name in scope.outer_variables:
        report.error(
            "DUPLICATE_VARIABLE_NAME",
            f"The variable name '{name}' was already defined in a parent scope.",
            location,
        )
