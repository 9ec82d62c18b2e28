"""A first engine on the jsonata-python library; see jsonata.py for what it must give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonata import Jsonata
from jsonata.jexception import JException
from jsonata.utils import Utils

from helpers.localcloud.asl.data import ExpressionSyntaxError

UNDEFINED: Any = object()


class QueryFailed(Exception):
    """The end of the sentence that names the expression and its field."""


class Program:
    def __init__(self, text: str) -> None:
        try:
            self._engine = Jsonata(text)
        except JException as error:
            raise ExpressionSyntaxError(text, error.location, str(error), error.error) from error
        self._engine.set_validate_input(False)
        self._engine.set_output_convert_nulls(False)
        self.free_variables: frozenset[str] = frozenset()

    def run(self, states: Mapping[str, Any], variables: Mapping[str, Any], random: Any, now: Any) -> Any:
        bindings = {key: _in(value) for key, value in variables.items()}
        bindings["states"] = _in(dict(states))
        try:
            result = self._engine.evaluate(None, bindings)
        except JException as error:
            raise QueryFailed(f"threw an error during evaluation. {error.error}: {error}") from error
        return UNDEFINED if result is None else _out(result)


def compile_program(text: str) -> Program:
    return Program(text)


def _in(value: Any) -> Any:
    if value is None:
        return Utils.NULL_VALUE
    if isinstance(value, Mapping):
        return {key: _in(item) for key, item in value.items()}
    return [_in(item) for item in value] if isinstance(value, list) else value


def _out(value: Any) -> Any:
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {key: _out(item) for key, item in value.items()}
    return [_out(value[index]) for index in range(len(value))] if isinstance(value, list) else value
