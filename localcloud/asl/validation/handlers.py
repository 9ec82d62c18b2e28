"""Retry and Catch.

Source: developer guide, "Handling errors in Step Functions workflows"; specification, "Retrying after error".
"""

from __future__ import annotations

from typing import Any

from localcloud.asl.validation import jsonata_rules, paths, values
from localcloud.asl.validation.shapes import Check, Field, Scope, Shape, check_each, check_object
from localcloud.asl.validation.variables import check_assign

MAX_ATTEMPTS = 99_999_999
MAX_DELAY = 31_622_400  # seconds: a leap year

_RETRIER = Shape(
    fields={
        "ErrorEquals": Field(check_each(values.text)),
        # AWS accepts 0 here, although its documentation asks for a positive number.
        "IntervalSeconds": Field(values.integer(0, values.MAX_SECONDS, expressions=False)),
        "MaxAttempts": Field(values.integer(0, MAX_ATTEMPTS, expressions=False)),
        "BackoffRate": Field(values.number(1, expressions=False)),
        "MaxDelaySeconds": Field(values.integer(1, MAX_DELAY, expressions=False)),
        "JitterStrategy": Field(values.one_of("NONE", "FULL")),
        "Comment": Field(values.text),
    },
    required=("ErrorEquals",),
)


def _assign(value: Any, location: str, scope: Scope) -> None:
    check_assign(value, location, scope.with_reserved("errorOutput"))


def _output(value: Any, location: str, scope: Scope) -> None:
    jsonata_rules.check_template(value, location, scope.with_reserved("errorOutput"))


_CATCHER = Shape(
    fields={
        "ErrorEquals": Field(check_each(values.text)),
        "Next": Field(values.text),
        "ResultPath": Field(paths.result_path, only="JSONPath"),
        "Output": Field(_output, only="JSONata"),
        "Assign": Field(_assign),
        "Comment": Field(values.text),
    },
    required=("ErrorEquals", "Next"),
)


def _handlers(shape: Shape) -> Check:
    def check_handler(value: Any, location: str, scope: Scope) -> None:
        check_object(shape, value, location, scope)

    def check(value: Any, location: str, scope: Scope) -> None:
        check_each(check_handler, may_be_empty=True)(value, location, scope)
        entries = value if isinstance(value, list) else []
        for index, entry in enumerate(entries):
            names = entry.get("ErrorEquals") if isinstance(entry, dict) else None
            if not isinstance(names, list) or "States.ALL" not in names:
                continue
            if len(names) > 1 or index < len(entries) - 1:
                scope.report.schema(
                    "States.ALL must appear alone and at end of list",
                    f"{location}[{index}]/ErrorEquals[{names.index('States.ALL')}]",
                )

    return check


check_retry = _handlers(_RETRIER)
check_catch = _handlers(_CATCHER)
