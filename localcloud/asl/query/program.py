"""A compiled expression and its runs."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

from localcloud.asl.query.compiler import Compiler
from localcloud.asl.query.functions import BUILT_IN
from localcloud.asl.query.parser import parse
from localcloud.asl.query.run import MAX_DEPTH, TOO_DEEP, Run
from localcloud.asl.query.scopes import Scope
from localcloud.asl.query.values import (
    UNDEFINED,
    Function,
    JsonataError,
    LimitExceeded,
)


class QueryFailed(Exception):
    """An evaluation failed; its text ends the sentence "The JSONata expression '...' ..."."""


class UnsupportedResult(QueryFailed):
    """The value is a function, or has one in it."""


class Program:
    """A compiled expression.

    Args:
        text: the expression without its delimiters.

    Raises:
        ExpressionSyntaxError: it cannot be parsed.
    """

    def __init__(self, text: str) -> None:
        tree = parse(text)
        compiler = Compiler()
        self._node = compiler.compile(tree)
        self._too_deep = compiler.deepest > MAX_DEPTH
        self._is_path = compiler.is_plain_path(tree)
        self._names = frozenset(compiler.read)
        #: The workflow variables that it reads.
        self.free_variables = self._names - compiler.bound - BUILT_IN.keys() - {"states"}

    def run(
        self,
        states: Mapping[str, Any],
        variables: Mapping[str, Any],
        source: random.Random | None,
        now: float | None,
        document: Any = UNDEFINED,
    ) -> Any:
        """The value as plain JSON, or UNDEFINED.

        Args:
            document: what `$` is: nothing on AWS, the input of a case in jsonata-js's own suite.

        Raises:
            QueryFailed: with the end of AWS's sentence.
        """
        run = Run(states, source, now)
        bindings = {name: variables[name] for name in self._names if name in variables}
        if "states" in self._names:
            bindings["states"] = {key: _plain_mapping(value) for key, value in states.items()}
        scope = Scope(bindings, Scope(BUILT_IN, None, run))
        try:
            if self._too_deep:
                raise LimitExceeded(TOO_DEEP)
            value = self._node(document, scope)
            if self._is_path and type(value) in (dict, list):
                return value  # a part of the input: nothing to tidy up, and it may be large
            return UNDEFINED if value is UNDEFINED else plain(value)
        except JsonataError as error:
            raise QueryFailed(f"threw an error during evaluation. {error}") from error
        except LimitExceeded as error:
            raise QueryFailed(f"threw an error during evaluation: {error}") from error
        except RecursionError as error:
            raise QueryFailed(f"threw an error during evaluation: {TOO_DEEP}") from error
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            # AWS has this sentence for what its engine did not foresee.
            raise QueryFailed("threw an internal error during evaluation.") from error


def _plain_mapping(value: Any) -> Any:
    """The context object may come as a Mapping that is made when it is read."""
    return dict(value) if type(value) is not dict and isinstance(value, Mapping) else value


def plain(value: Any) -> Any:
    """A value without sequences: new where one was in it, shared with the input where not.

    Raises:
        UnsupportedResult: there is a function in it.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**63 else float(value)
    if kind is float:
        return value if math.isfinite(value) else _non_finite(value)
    if kind is dict:
        changed = {}
        for key, item in value.items():
            made = plain(item)
            if made is not item:
                changed[key] = made
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        items = [plain(item) for item in value]
        if kind is list and all(made is item for made, item in zip(items, value, strict=True)):
            return value
        return items
    if isinstance(value, Function):
        raise UnsupportedResult("returned an unsupported result type.")
    return None


def _non_finite(value: float) -> str:
    """AWS writes what JSON cannot as text."""
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
