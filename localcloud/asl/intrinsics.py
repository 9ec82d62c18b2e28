"""Intrinsic functions of JSONPath states, `States.Format(...)` and its seventeen siblings: parsed, compiled.

Sources: the Amazon States Language specification ("Intrinsic Functions", appendix B) and the Step Functions
developer guide ("Intrinsic functions for JSONPath states"). Failures carry the sentence
"The function '...' had the following error: ..."; what follows the colon is ours where AWS documents no
wording.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from localcloud.asl import intrinsic_functions as functions
from localcloud.asl.data import Data, EvaluationError, ExpressionSyntaxError, PathExpression, to_json
from localcloud.asl.intrinsic_functions import IntrinsicError
from localcloud.asl.jsonpath import Path, PathNotFound
from localcloud.asl.jsonpath_syntax import Parser

#: "You can nest up to 10 intrinsic functions within a field in your workflows."
MAX_NESTED = 10

_NAME = re.compile(r"States\.([A-Za-z0-9]+)\s*\(")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=\s*[,)])")
_WORD = re.compile(r"(?:true|false|null)(?=\s*[,)])")
_BLANKS = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class _Text:
    """A string literal: as a value, and cut at its `{}` when it is States.Format's template."""

    value: str
    pieces: tuple[str, ...]
    open_brace: int | None


def is_call(text: str) -> bool:
    """Whether `text` means an intrinsic function rather than a path."""
    return text.startswith("States.")


def parse(text: str) -> PathExpression:
    """Compile a call.

    Args:
        text: "States.Format('{} of {}', $.done, States.ArrayLength($.items))".

    Returns:
        A function of Data. It raises EvaluationError: "States.IntrinsicFailure" for arguments that the
        function does not take, "States.Runtime" for a path that finds nothing.

    Raises:
        ExpressionSyntaxError: no such function, a wrong number of arguments, or no valid call at all.
    """
    return _parse(text)[0]


def variables_in(text: str) -> frozenset[str]:
    """The workflow variables that a call reads.

    Raises:
        ExpressionSyntaxError: as parse.
    """
    return frozenset(path.variable for path in paths_in(text) if path.variable)


def paths_in(text: str) -> tuple[Path, ...]:
    """The paths among a call's arguments, nested ones included, in order.

    Raises:
        ExpressionSyntaxError: as parse.
    """
    return _parse(text)[1]


@lru_cache(maxsize=4096)
def _parse(text: str) -> tuple[PathExpression, tuple[Path, ...]]:
    reader = _Reader(text)
    call = reader.call()
    if reader.at < len(text):
        raise reader.error(f"Unexpected character {text[reader.at]!r} after the call")
    return call, tuple(reader.paths)


class _Reader:
    """Recursive descent over one call."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.calls = 0
        self.paths: list[Path] = []

    def call(self) -> PathExpression:
        start = self.at
        match = _NAME.match(self.text, self.at)
        if not match:
            raise self.error("Expected a call such as States.Format('Hello {}', $.name)")
        name = match.group(1)
        function = functions.BY_NAME.get(name)
        if function is None:
            raise self.error(f"There is no intrinsic function States.{name}")
        self.calls += 1
        if self.calls > MAX_NESTED:
            raise self.error(f"More than {MAX_NESTED} intrinsic functions are nested in one field")
        self.at = match.end()
        arguments: list[PathExpression | _Text] = []
        self.blanks()
        if not self.accept(")"):
            arguments.append(self.argument())
            while self.accept(","):
                arguments.append(self.argument())
            if not self.accept(")"):
                raise self.error("Expected ',' or ')'")
        if not function.least <= len(arguments) <= function.most:
            self.at = start
            raise self.error(f"States.{name} takes {function.arity}, not {len(arguments)}")
        return _compile(self.text[start : self.at], name, function.body, arguments, self)

    def argument(self) -> PathExpression | _Text:
        self.blanks()
        value = self.value()
        self.blanks()
        return value

    def value(self) -> PathExpression | _Text:
        if self.accept("'"):
            return self.string()
        if self.text.startswith("$", self.at):
            return self.path()
        if is_call(self.text[self.at :]):
            return self.call()
        if literal := _NUMBER.match(self.text, self.at) or _WORD.match(self.text, self.at):
            self.at = literal.end()
            constant = json.loads(literal.group())
            return lambda data: constant
        raise self.error("An argument is a 'string', a number, true, false, null, a path or another call")

    def path(self) -> PathExpression:
        start = self.at
        parser = Parser(self.text, start)
        root, steps = parser.path_before(stop=",)")
        self.at = parser.at
        path = Path(self.text[start : self.at], root, steps)
        self.paths.append(path)
        return path.evaluate

    def string(self) -> _Text:
        """A string literal; `\\'`, `\\{`, `\\}` and `\\\\` stand for themselves."""
        start = self.at - 1
        pieces, piece, open_brace = [], "", None
        while not self.accept("'"):
            if self.at >= len(self.text):
                self.at = start
                raise self.error("The string is not closed")
            if self.accept("{}"):
                pieces.append(piece)
                piece = ""
                continue
            is_escaped = self.accept("\\")
            if is_escaped and self.text[self.at : self.at + 1] not in tuple("'{}\\"):
                # AWS refuses an "open escape backslash"; ours would be silently lost otherwise.
                raise self.error("A backslash must be followed by one of ' { } \\")
            if self.text[self.at] == "{" and self.text[self.at - 1] != "\\":
                open_brace = self.at
            piece += self.text[self.at : self.at + 1]
            self.at += 1
        pieces.append(piece)
        return _Text("{}".join(pieces), tuple(pieces), open_brace)

    def accept(self, literal: str) -> bool:
        if self.text.startswith(literal, self.at):
            self.at += len(literal)
            return True
        return False

    def blanks(self) -> None:
        match = _BLANKS.match(self.text, self.at)
        assert match
        self.at = match.end()

    def error(self, message: str) -> ExpressionSyntaxError:
        return ExpressionSyntaxError(self.text, self.at, message)


def _compile(
    text: str,
    name: str,
    body: Callable[[Data, list[Any]], Any],
    arguments: list[PathExpression | _Text],
    reader: _Reader,
) -> PathExpression:
    template = arguments[0] if name == "Format" else None
    if isinstance(template, _Text):
        # The usual case: the template is written out, so it is cut up once.
        if template.open_brace is not None:
            reader.at = template.open_brace
            raise reader.error("matching '}' not found for '{'")
        pieces, arguments = template.pieces, arguments[1:]
        if len(pieces) - 1 != len(arguments):
            raise reader.error(f"The template has {len(pieces) - 1} '{{}}' for {len(arguments)} arguments")
        body = functions.format_pieces(pieces)
    getters = [_constant(argument.value) if isinstance(argument, _Text) else argument for argument in arguments]

    def evaluate(data: Data) -> Any:
        try:
            return body(data, [get(data) for get in getters])
        except PathNotFound as missing:
            reason = (
                f"The JsonPath argument for the field '{missing.path}' could not be found in the input "
                f"'{to_json(missing.root)}'"
            )
            raise EvaluationError("States.Runtime", _sentence(text, reason)) from missing
        except IntrinsicError as error:
            raise EvaluationError("States.IntrinsicFailure", _sentence(text, str(error))) from error

    return evaluate


def _sentence(text: str, reason: str) -> str:
    return f"The function '{text}' had the following error: {reason}"


def _constant(value: Any) -> PathExpression:
    return lambda data: value
