"""Checks of single values: types, ranges, choices among words, timestamps."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from localcloud.asl.validation.jsonata_rules import check_expression, is_expression
from localcloud.asl.validation.shapes import Check, Scope

MAX_SECONDS = 99_999_999  # the longest wait or timeout (AWS documentation of Task and Wait)

_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII)


def anything(value: Any, location: str, scope: Scope) -> None:
    """Any JSON value, never evaluated."""


def text(value: Any, location: str, scope: Scope) -> None:
    """A string."""
    if not isinstance(value, str):
        scope.report.schema("Expected value of type [STRING]", location)


def boolean(value: Any, location: str, scope: Scope) -> None:
    """A truth value."""
    if not isinstance(value, bool):
        scope.report.schema("Expected value of type [BOOLEAN]", location)


def one_of(*words: str) -> Check:
    """One of a few words."""

    def check(value: Any, location: str, scope: Scope) -> None:
        if not isinstance(value, str):
            scope.report.schema("Expected value of type [STRING]", location)
        elif value not in words:
            scope.report.schema(f"Value should be one of the following: [{', '.join(words)}]", location)

    return check


def named_one_of(name: str, *words: str) -> Check:
    """One of a few words, in the wording that names the field."""

    def check(value: Any, location: str, scope: Scope) -> None:
        if not isinstance(value, str):
            scope.report.schema("Expected value of type [STRING]", location)
        elif value not in words:
            scope.report.schema(f"The field '{name}' should have one of these values: [{', '.join(words)}]", location)

    return check


def integer(low: int, high: int | None = None, *, expressions: bool = True) -> Check:
    """A whole number within limits; in a JSONata state also an expression, where the field takes one."""

    def check(value: Any, location: str, scope: Scope) -> None:
        if expressions and scope.language == "JSONata" and isinstance(value, str):
            check_expression(value, location, scope)
        elif isinstance(value, bool) or not isinstance(value, int):
            scope.report.schema("Expected value of type Integer", location)
        elif value < low:
            scope.report.schema(f"Minimum value is {low}", location)
        elif high is not None and value > high:
            scope.report.schema(f"Maximum value is {high}", location)

    return check


def number(low: float, high: float | None = None, *, expressions: bool = True) -> Check:
    """A number within limits, which AWS words with a fraction: 'Minimum value is 0.0'."""

    def check(value: Any, location: str, scope: Scope) -> None:
        if expressions and scope.language == "JSONata" and isinstance(value, str):
            check_expression(value, location, scope)
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            scope.report.schema("Expected value of type [NUMBER]", location)
        elif value < low:
            scope.report.schema(f"Minimum value is {float(low)}", location)
        elif high is not None and value > high:
            scope.report.schema(f"Maximum value is {float(high)}", location)

    return check


def timestamp(value: Any, location: str, scope: Scope) -> None:
    """An RFC 3339 time with an uppercase T and a zone; in a JSONata state also an expression."""
    if not isinstance(value, str):
        scope.report.schema("Expected value of type [STRING]", location)
    elif scope.language == "JSONata" and is_expression(value):
        check_expression(value, location, scope)
    elif not _is_timestamp(value):
        scope.report.schema("String does not match RFC3339 timestamp", location)


def _is_timestamp(value: str) -> bool:
    if not _TIMESTAMP.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", value))
    except ValueError:
        return False
    return True


def text_or_expression(value: Any, location: str, scope: Scope) -> None:
    """A string; in a JSONata state possibly an expression."""
    if not isinstance(value, str):
        scope.report.schema("Expected value of type [STRING]", location)
    elif scope.language == "JSONata":
        check_expression(value, location, scope, literal=True)
