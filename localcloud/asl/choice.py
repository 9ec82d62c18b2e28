"""Choice rules: the thirty-nine comparison operators of JSONPath, And, Or and Not, and JSONata's Condition.

A comparison of unlike types is false, not an error. A Variable that points at nothing fails the state, except
under IsPresent. Source: the Amazon States Language specification, "Choice State".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from localcloud.asl import jsonata, jsonpath
from localcloud.asl.data import Data, EvaluationError, ExpressionSyntaxError
from localcloud.asl.jsonpath import Path, PathNotFound
from localcloud.asl.timestamps import parse_timestamp

Rule = Callable[[Data], bool]


def compile_condition(text: Any, field: str) -> Callable[..., bool]:
    """Compile the Condition of a JSONata rule: a jsonata.Expression that gives a bool.

    Args:
        field: where it stands ("Choices[1]/Condition"), for causes.

    Raises:
        ExpressionSyntaxError: it cannot be read.
    """
    expression = jsonata.compile_template(text, field)

    def test(*scope: Any) -> bool:
        value = expression(*scope)
        if not isinstance(value, bool):
            message = jsonata.wrong_type(text, field, "boolean", value)
            raise EvaluationError("States.QueryEvaluationError", message, field)
        return value

    return test


def compile_rule(rule: Mapping[str, Any]) -> Rule:
    """Compile one entry of Choices in JSONPath; its Next, Assign, Output and Comment are not looked at.

    Raises:
        ExpressionSyntaxError: a path cannot be read, or it is no rule.
    """
    if "And" in rule:
        rules = [compile_rule(inner) for inner in rule["And"]]
        return lambda data: all(test(data) for test in rules)
    if "Or" in rule:
        rules = [compile_rule(inner) for inner in rule["Or"]]
        return lambda data: any(test(data) for test in rules)
    if "Not" in rule:
        negated = compile_rule(rule["Not"])
        return lambda data: not negated(data)
    return _compile_comparison(rule)


def _compile_comparison(rule: Mapping[str, Any]) -> Rule:
    names = [name for name in rule if name in OPERATORS]
    if "Variable" not in rule or len(names) != 1:
        raise ExpressionSyntaxError(
            str(sorted(rule)), 0, "A choice rule has a Variable and exactly one comparison operator"
        )
    name, variable = names[0], jsonpath.parse(rule["Variable"])
    expected = rule[name]
    if name == "IsPresent":
        return lambda data: _is_present(variable, data) is expected
    if name.startswith("Is"):
        is_type = _TYPES[name]
        return lambda data: is_type(_value(variable, data)) is expected
    if name == "StringMatches":
        matches = _pattern(expected).fullmatch
        return lambda data: isinstance(value := _value(variable, data), str) and matches(value) is not None
    read, compare = _COMPARISONS[name.removesuffix("Path")]
    if name.endswith("Path"):
        other = jsonpath.parse(expected)
        return lambda data: _compare(read, compare, _value(variable, data), read(_value(other, data)))
    constant = read(expected)
    return lambda data: _compare(read, compare, _value(variable, data), constant)


def _compare(read: Callable[[Any], Any], compare: Callable[[Any, Any], bool], value: Any, expected: Any) -> bool:
    left = read(value)
    return left is not None and expected is not None and compare(left, expected)


def _value(path: Path, data: Data) -> Any:
    try:
        return path.evaluate(data)
    except PathNotFound as missing:
        raise EvaluationError(
            "States.Runtime",
            f"Invalid path '{path.text}': The choice state's condition path references an invalid value.",
        ) from missing


def _is_present(path: Path, data: Data) -> bool:
    """Whether the path finds anything; null counts, an empty list of an indefinite path does not."""
    if path.variable is not None and path.variable not in data.variables:
        return False
    try:
        found = path.evaluate(data)
    except PathNotFound:
        return False
    return path.is_definite or bool(found)


# What an operator makes of a value: something to compare, or None when it is of another type.


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _timestamp(value: Any) -> float | None:
    return parse_timestamp(value) if isinstance(value, str) else None


_TYPES: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: isinstance(value, str),
    "IsNumeric": lambda value: _number(value) is not None,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: _timestamp(value) is not None,
}

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}

_COMPARISONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], bool]]] = {
    "BooleanEquals": (_boolean, operator.eq),
    **{
        kind + order: (read, compare)
        for kind, read in (("String", _string), ("Numeric", _number), ("Timestamp", _timestamp))
        for order, compare in _ORDER.items()
    },
}

#: The names of all comparison operators.
OPERATORS = frozenset([*_COMPARISONS, *(f"{name}Path" for name in _COMPARISONS), *_TYPES, "IsPresent", "StringMatches"])


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    """StringMatches: `*` stands for any characters, `\\\\*` for an asterisk, `\\\\\\\\` for a backslash."""
    parts: list[str] = []
    characters = iter(text)
    for character in characters:
        if character == "\\":
            parts.append(re.escape(next(characters, "\\")))
        else:
            parts.append(".*" if character == "*" else re.escape(character))
    return re.compile("".join(parts), re.DOTALL)
