"""Paths that need a search: unions, slices, wildcards, deep scans, filters, functions; compiled to closures.

Jayway's rules: a search never fails, it finds less; values keep document order; a deep scan visits a node
before its children; comparing unlike types is false, except that a number equals the string that writes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from localcloud.asl.data import java_text
from localcloud.asl.jsonpath_syntax import (
    Comparison,
    Condition,
    Filter,
    Function,
    Index,
    Literal,
    Logic,
    Names,
    Operand,
    Pattern,
    Scan,
    Slice,
    Step,
    Wildcard,
    has_scan,
)

MISSING: Any = object()

#: (value, root of the document, where results go)
_Visit = Callable[[Any, Any, list[Any]], None]
_Test = Callable[[Any, Any], bool]
_Get = Callable[[Any, Any], Any]


class Walk:
    """A compiled search.

    Attributes:
        is_definite: it gives one value (or MISSING), not a list.
    """

    __slots__ = ("_function", "_visit", "is_definite")

    def __init__(self, steps: Sequence[Step]) -> None:
        self._function: Callable[[Any], Any] | None = None
        if steps and isinstance(steps[-1], Function):
            self._function = _FUNCTIONS.get(steps[-1].name, lambda value: MISSING)
            steps = steps[:-1]
            # After a deep scan a function takes all that was found, elsewhere the one value before it.
            self.is_definite = has_scan(steps) or _is_definite(steps)
            if has_scan(steps):
                everything = _compile(steps)
                self._visit: _Visit = lambda value, root, out: out.append(_all(everything, value, root))
                return
        else:
            self.is_definite = _is_definite(steps)
        self._visit = _compile(steps)

    def find(self, value: Any, root: Any = MISSING) -> Any:
        """What is found in `value`; `root` is what `$` means inside a filter."""
        found = _all(self._visit, value, value if root is MISSING else root)
        if self._function is not None:
            found = [result for result in map(self._function, found) if result is not MISSING]
        if self.is_definite:
            return found[0] if found else MISSING
        return found


def compile_walk(steps: Sequence[Step]) -> Walk:
    """Compile steps into a search."""
    return Walk(steps)


def position_in(items: list[Any], index: int) -> int | None:
    """The index of an element, counted from the end when negative; None when there is none."""
    position = index + len(items) if index < 0 else index
    return position if 0 <= position < len(items) else None


def _all(visit: _Visit, value: Any, root: Any) -> list[Any]:
    out: list[Any] = []
    visit(value, root, out)
    return out


def _is_definite(steps: Sequence[Step]) -> bool:
    for number, step in enumerate(steps):
        if isinstance(step, Names):
            # Several names at the end select one object with those members.
            if len(step.names) > 1 and number < len(steps) - 1:
                return False
        elif not (isinstance(step, Index) and len(step.indices) == 1):
            return False
    return True


def _compile(steps: Sequence[Step]) -> _Visit:
    visit: _Visit = lambda value, root, out: out.append(value)  # noqa: E731 - the seed of a chain of closures
    is_leaf = True
    for number in range(len(steps) - 1, -1, -1):
        step = steps[number]
        visit = _scan(steps[number + 1], visit) if isinstance(step, Scan) else _step(step, visit, is_leaf)
        is_leaf = False
    return visit


def _step(step: Step, then: _Visit, is_leaf: bool) -> _Visit:
    if isinstance(step, Names):
        return _names(step.names, then, is_leaf)
    if isinstance(step, Index):
        return _indices([index for index in step.indices if index >= 0 or step.counts_back], then)
    if isinstance(step, Slice):
        return _slice(step.start, step.stop, then)
    if isinstance(step, Wildcard):
        return _wildcard(then)
    assert isinstance(step, Filter)
    return _filter(_condition(step.condition), then)


def _names(names: tuple[str, ...], then: _Visit, is_leaf: bool) -> _Visit:
    if len(names) > 1 and is_leaf:

        def pick(value: Any, root: Any, out: list[Any]) -> None:
            if isinstance(value, dict):
                then({name: value[name] for name in names if name in value}, root, out)

        return pick

    def visit(value: Any, root: Any, out: list[Any]) -> None:
        if isinstance(value, dict):
            for name in names:
                if name in value:
                    then(value[name], root, out)

    return visit


def _indices(indices: Sequence[int], then: _Visit) -> _Visit:
    def visit(value: Any, root: Any, out: list[Any]) -> None:
        if isinstance(value, list):
            for index in indices:
                position = position_in(value, index)
                if position is not None:
                    then(value[position], root, out)

    return visit


def _slice(start: int | None, stop: int | None, then: _Visit) -> _Visit:
    def visit(value: Any, root: Any, out: list[Any]) -> None:
        if isinstance(value, list):
            for item in value[start:stop]:
                then(item, root, out)

    return visit


def _wildcard(then: _Visit) -> _Visit:
    def visit(value: Any, root: Any, out: list[Any]) -> None:
        for item in _children(value):
            then(item, root, out)

    return visit


def _filter(test: _Test, then: _Visit) -> _Visit:
    def visit(value: Any, root: Any, out: list[Any]) -> None:
        for item in value if isinstance(value, list) else [value] if isinstance(value, dict) else ():
            if test(item, root):
                then(item, root, out)

    return visit


def _scan(target: Step, visit_target: _Visit) -> _Visit:
    """The step after `..` at every depth, a node before its children."""
    # A filter tests every object once, as itself; as an element of its array it would come up twice.
    skips_arrays = isinstance(target, Filter)

    def visit(value: Any, root: Any, out: list[Any]) -> None:
        if not (skips_arrays and isinstance(value, list)):
            visit_target(value, root, out)
        for item in _children(value):
            if isinstance(item, (dict, list)):
                visit(item, root, out)

    return visit


def _children(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


# filters


def _condition(condition: Condition) -> _Test:
    if isinstance(condition, Logic):
        tests = [_condition(term) for term in condition.terms]
        if condition.operator == "!":
            negated = tests[0]
            return lambda item, root: not negated(item, root)
        if condition.operator == "&&":
            return lambda item, root: all(test(item, root) for test in tests)
        return lambda item, root: any(test(item, root) for test in tests)
    return _comparison(condition)


def _comparison(comparison: Comparison) -> _Test:
    left = _operand(comparison.left)
    if comparison.operator is None:
        return lambda item, root: left(item, root) is not MISSING
    assert comparison.right is not None
    compare, right = _COMPARE[comparison.operator], _operand(comparison.right)
    return lambda item, root: compare(left(item, root), right(item, root))


def _operand(operand: Operand | Literal | Pattern) -> _Get:
    if isinstance(operand, Literal):
        constant = operand.value
        return lambda item, root: constant
    if isinstance(operand, Pattern):
        return lambda item, root: operand.regex
    if not operand.steps:
        return (lambda item, root: root) if operand.from_root else (lambda item, root: item)
    walk = Walk(operand.steps)
    if operand.from_root:
        return lambda item, root: walk.find(root, root)
    return lambda item, root: walk.find(item, root)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal(left: Any, right: Any) -> bool:
    if left is MISSING or right is MISSING:
        return False
    if _is_number(left) and isinstance(right, str):
        return _equal(right, left)
    if isinstance(left, str) and _is_number(right):
        try:
            return bool(float(left) == right)
        except ValueError:
            return False
    return json_equal(left, right)


def json_equal(left: Any, right: Any) -> bool:
    """Equality of JSON values, in which true is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(json_equal(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(json_equal, left, right))
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(left: Any, right: Any) -> bool:
        alike = (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str))
        return bool(alike and compare(left, right))

    return test


def _matches(left: Any, right: Any) -> bool:
    text = java_text(left) if isinstance(left, str) or _is_number(left) else None
    return text is not None and isinstance(right, re.Pattern) and right.fullmatch(text) is not None


def _in(left: Any, right: Any) -> bool:
    return left is not MISSING and isinstance(right, list) and any(_equal(left, item) for item in right)


def _subset(left: Any, right: Any) -> bool:
    return isinstance(left, list) and isinstance(right, list) and all(_in(item, right) for item in left)


def _any_of(left: Any, right: Any) -> bool:
    return isinstance(left, list) and isinstance(right, list) and any(_in(item, right) for item in left)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return _in(right, left)


def _size(left: Any, right: Any) -> bool:
    return isinstance(left, (str, list)) and _is_number(right) and len(left) == right


def _empty(left: Any, right: Any) -> bool:
    return isinstance(left, (str, list, dict)) and (len(left) == 0) is right


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "=~": _matches,
    "in": _in,
    "nin": lambda left, right: not _in(left, right),
    "subsetof": _subset,
    "anyof": _any_of,
    "noneof": lambda left, right: not _any_of(left, right),
    "contains": _contains,
    "size": _size,
    "empty": _empty,
}


# functions


def _numbers(fold: Callable[[list[float]], float]) -> Callable[[Any], Any]:
    def function(value: Any) -> Any:
        numbers = [item for item in value if _is_number(item)] if isinstance(value, list) else []
        return fold(numbers) if numbers else None

    return function


def _length(value: Any) -> Any:
    return len(value) if isinstance(value, (list, dict, str)) else None


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def _deviation(numbers: list[float]) -> float:
    mean = _mean(numbers)
    return math.sqrt(sum((number - mean) ** 2 for number in numbers) / len(numbers))


#: AWS has these; it accepts a path with any other (`$.jobs.sum()`) and finds nothing when it runs.
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "length": _length,
    "min": _numbers(lambda numbers: float(min(numbers))),
    "max": _numbers(lambda numbers: float(max(numbers))),
    "avg": _numbers(lambda numbers: float(_mean(numbers))),
    "stddev": _numbers(_deviation),
}
