"""Text to a tree: jsonata-python's parser, held to JSONata 2.0.6 and to the reference implementation's words.

The library parses a later JSONata. AWS documents 2.0.6, and refuses `?:` and `??` when a definition is handed in.
"""

from __future__ import annotations

import re
from typing import Any

from jsonata.jexception import JException
from jsonata.parser import Parser as LibraryParser
from jsonata.regex_engine import RegexFlags
from jsonata.tokenizer import Tokenizer

from localcloud.asl.data import ExpressionSyntaxError
from localcloud.asl.query.values import library_error, uncoded_error

_NUMBER = re.compile(r"[-+.\w]+")


class _Tokens(Tokenizer):  # type: ignore[misc] # ships no types
    """The library's tokens, with what it forgets of 2.0.6's."""

    def __init__(self, text: str) -> None:
        super().__init__(text, _pattern)
        # It looks one character ahead without looking whether there is one; `length` keeps it inside the text.
        self.path = text + "\0\0"

    def next(self, prefix: bool) -> Any:
        try:
            token = super().next(prefix)
        except JException as error:
            if error.error == "S0301" and error.current is not None:
                raise JException("S0103", error.location, error.current.strip("\0")) from error
            if error.error == "S0102":
                number = _NUMBER.match(self.path, self.position)
                raise JException("S0102", error.location, number and number.group()) from error
            raise
        if token is not None and token.type == "operator":
            if token.value in ("!", "~"):
                raise JException("S0204", token.position, token.value)
            if token.value in ("?:", "??"):  # two tokens in 2.0.6
                self.position -= 1
                return self.create("operator", "?")
        return token


class _Parser(LibraryParser):  # type: ignore[misc] # ships no types
    def parse(self, text: str) -> Any:
        self.source = text
        self.lexer = _Tokens(text)
        self.advance()
        tree = self.expression(0)
        if self.node.id != "(end)":
            raise JException("S0201", self.node.position, self.node.value)
        tree = self.process_ast(tree)
        if tree.type == "parent" or tree.seeking_parent is not None:
            raise JException("S0217", tree.position, tree.type)
        return tree


def parse(text: str) -> Any:
    """The tree of an expression: the library's symbols.

    Raises:
        ExpressionSyntaxError: it cannot be parsed; carries JSONata's code and position.
    """
    try:
        return _Parser().parse(text)
    except JException as error:
        if error.error == "S0208":  # the library names the parameter, the reference its number
            opened = text.rfind("(", 0, error.location)
            error.current = text.count(",", opened, error.location) + 1
        problem = library_error(error)
        raise ExpressionSyntaxError(text, max(error.location, 0), problem.message, problem.code) from error
    except RecursionError as error:
        raise ExpressionSyntaxError(text, 0, "The expression is nested too deeply") from error
    except RuntimeError as error:  # of a function's signature
        problem = uncoded_error(error)
        raise ExpressionSyntaxError(text, 0, problem.message, problem.code) from error
    except (LookupError, TypeError, ValueError, AttributeError, re.error) as error:
        # The parser is a translation of another language's and fails in Python's ways on some broken input.
        raise ExpressionSyntaxError(text, 0, f"Syntax error: {error}") from error


def _pattern(text: str, flags: RegexFlags) -> re.Pattern[str]:
    """A regular expression between slashes; on AWS `\\s` is ASCII's white space, as in Java."""
    options = re.ASCII | (re.IGNORECASE if flags.case_insensitive else 0) | (re.MULTILINE if flags.multiline else 0)
    return re.compile(text, options)
