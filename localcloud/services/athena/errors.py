"""How Athena words what is wrong with a query.

Engine version 3 words as Trino does, behind the name of the error: `COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be
resolved or requester is not authorized to access requested resources`; statements of DDL word as Hive does. DuckDB's
and sqlglot's messages are turned into these; one that has no such form keeps its text behind GENERIC_USER_ERROR.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

#: https://docs.aws.amazon.com/athena/latest/ug/error-reference.html has the categories and what each type means, not
#: which error has which: that follows from the meanings. 1003 is "DDL task failed", 1009 "Query failed".
SYSTEM, USER = 1, 2
_ENGINE, _QUERY = 200, 1009
_TYPES = {
    "FAILED": 1003,
    **dict.fromkeys(("AMBIGUOUS_NAME", "COLUMN_NOT_FOUND", "EXPRESSION_NOT_AGGREGATE", "TYPE_MISMATCH"), 1006),
    **dict.fromkeys(("DIVISION_BY_ZERO", "INVALID_CAST_ARGUMENT", "NUMERIC_VALUE_OUT_OF_RANGE"), 1001),
    **dict.fromkeys(("HIVE_BAD_DATA", "HIVE_CURSOR_ERROR"), 1001),
    "INVALID_TABLE_PROPERTY": 1103,
    "INVALID_FUNCTION_ARGUMENT": 1106,
    "TABLE_NOT_FOUND": 1110,
    "NOT_SUPPORTED": 1200,
    "SCHEMA_NOT_FOUND": 1301,
    "FUNCTION_NOT_FOUND": 1303,
    "PERMISSION_DENIED": 1500,
}


class QueryFailed(Exception):
    """A query's end.

    Args:
        reason: StateChangeReason.
        category: ErrorCategory.
    """

    def __init__(self, reason: str, category: int = USER) -> None:
        self.reason, self.category = reason, category
        super().__init__(reason)

    def describe(self) -> dict[str, Any]:
        """As AthenaError."""
        user = _TYPES.get(self.reason.partition(":")[0], _QUERY)
        return {
            "ErrorCategory": self.category,
            "ErrorType": user if self.category == USER else _ENGINE,
            "Retryable": False,
            "ErrorMessage": self.reason,
        }


def column_not_found(where: str, name: str) -> QueryFailed:
    """A column that no table of the query has."""
    return QueryFailed(
        f"COLUMN_NOT_FOUND: {where}: Column '{name}' cannot be resolved or requester is not authorized to access "
        "requested resources"
    )


_KINDS = {"INT8": "TINYINT", "INT16": "SMALLINT", "INT32": "INTEGER", "INT64": "BIGINT", "INT128": "BIGINT"}
_KINDS |= {"FLOAT": "REAL", "BOOL": "BOOLEAN"}


def _kind(name: str) -> str:
    return _KINDS.get(name, name)


#: A message of DuckDB's -> what Athena says; {where} is the place of the name that the first group is.
_FORMS: tuple[tuple[str, Callable[[re.Match[str], Callable[[str], str]], str]], ...] = (
    (r"Invalid Input Error: ((?:[A-Z]+_)+[A-Z]+: .*)", lambda m, _: m[1]),
    (
        r"Catalog Error: (?:\w+ )?Function with name (\w+) does not exist",
        lambda m, at: (
            f"FUNCTION_NOT_FOUND: {at(m[1])}: Function '{m[1]}' not registered (the local cloud's Athena runs on "
            "DuckDB, which has no such function)"
        ),
    ),
    (
        r"Conversion Error: Could not convert string '(.*)' to (\w+)",
        lambda m, _: f"INVALID_CAST_ARGUMENT: Cannot cast '{m[1]}' to {_kind(m[2])}",
    ),
    (
        r"Conversion Error: invalid (date|timestamp) field format: \"(.*?)\"",
        lambda m, _: f"INVALID_CAST_ARGUMENT: Value cannot be cast to {m[1]}: {m[2]}",
    ),
    (
        r"Conversion Error: Type \w+ with value (\S+) can't be cast because the value is out of range for the "
        r"destination type (\w+)",
        lambda m, _: f"INVALID_CAST_ARGUMENT: Out of range for {_kind(m[2]).lower()}: {m[1]}",
    ),
    (
        r"Invalid Input Error: Could not parse string \"(.*?)\" according to format",
        lambda m, _: f'INVALID_FUNCTION_ARGUMENT: Invalid format: "{m[1]}"',
    ),
    (
        r"Binder Error: column \"(.*?)\" must appear in the GROUP BY",
        lambda m, at: (
            f"EXPRESSION_NOT_AGGREGATE: {at(m[1])}: '{m[1]}' must be an aggregate expression or appear in GROUP BY "
            "clause"
        ),
    ),
    (r"Binder Error: Ambiguous reference to column name \"(.*?)\"", lambda m, at: _ambiguous(m[1], at)),
    (
        r"Binder Error: (?:No function matches|Could not choose a best candidate function for the function call)\D*?"
        r"['\"](\w+)\((.*?)\)['\"]",
        lambda m, at: f"FUNCTION_NOT_FOUND: {at(m[1])}: Unexpected parameters ({m[2].lower()}) for function {m[1]}",
    ),
    (r"Out of Range Error: (?:Overflow|Cannot).*", lambda m, _: f"NUMERIC_VALUE_OUT_OF_RANGE: {m[0][20:]}"),
)


def _ambiguous(name: str, at: Callable[[str], str]) -> str:
    return f"AMBIGUOUS_NAME: {at(name)}: Column '{name}' is ambiguous"


def ambiguous(name: str, at: Callable[[str], str]) -> QueryFailed:
    """A column that several tables of the query have."""
    return QueryFailed(_ambiguous(name, at))


def of_duckdb(problem: Exception, at: Callable[[str], str]) -> QueryFailed:
    """What Athena says where DuckDB says something.

    Args:
        problem: DuckDB's error.
        at: finds where a name stands in the query: "line 1:8".
    """
    text = str(problem).partition("\n")[0]
    for form, said in _FORMS:
        if match := re.match(form, text):
            return QueryFailed(said(match, at))
    return QueryFailed(f"GENERIC_USER_ERROR: {text}")
