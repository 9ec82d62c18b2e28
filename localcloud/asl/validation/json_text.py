"""From the definition's text to a JSON value, or to the one diagnostic that AWS gives for broken JSON.

AWS reads definitions with Jackson and passes its messages on. Python's parser says where reading stopped; the
sentence is put into Jackson's words here.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from localcloud.asl.validation.report import Diagnostic

MAX_NESTING = 200  # brackets; far beyond any real definition, and within Python's own recursion limit
_EXCERPT = 500  # characters of the source that Jackson quotes
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_TOKEN = re.compile(r"[^\W]+", re.UNICODE)


class BrokenJson(Exception):
    """The text is no JSON that a definition could be.

    Args:
        diagnostic: what AWS answers for it.
    """

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def parse(text: str) -> Any:
    """The JSON value of `text`.

    Raises:
        BrokenJson: with the diagnostic for it.
    """
    if not text.strip():
        # Recorded from AWS: a blank definition is a schema error without a location, not a JSON error.
        raise BrokenJson(Diagnostic("ERROR", "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object"))
    if _nesting(text) > MAX_NESTING:
        raise BrokenJson(
            Diagnostic("ERROR", "TOO_DEEPLY_NESTED", f"The JSON is nested more than {MAX_NESTING} levels deep")
        )
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer)
    except _Repeated as repeated:
        end = _position_of_repeat(text, repeated.key)
        raise BrokenJson(_diagnostic(text, f"Duplicate field '{repeated.key}'", end)) from None
    except _Constant as constant:
        end = text.find(constant.name) + len(constant.name)
        raise BrokenJson(
            _diagnostic(text, f"Unrecognized token '{constant.name}': was expecting {_VALUES}", end)
        ) from None
    except json.JSONDecodeError as error:
        message, end = _in_jacksons_words(text, error)
        raise BrokenJson(_diagnostic(text, message, end)) from None


def complaint(text: str, problem: Exception) -> str:
    """What AWS says of an execution's input, or a task's output, that is no JSON: Jackson's exception, with its place.

    Users quote it: "com.fasterxml.jackson.core.JsonParseException: Unexpected character ('"' (code 34)): was expecting
    comma to separate Object entries at [Source: (String)...".

    Args:
        text: the text.
        problem: why Python does not read it.
    """
    if not isinstance(problem, json.JSONDecodeError):
        return str(problem)
    message, end = _in_jacksons_words(text, problem)
    kind = "io.JsonEOFException" if message.startswith("Unexpected end-of-input") else "JsonParseException"
    return f"com.fasterxml.jackson.core.{kind}: {_diagnostic(text, message, end).message}"


class _Repeated(Exception):
    def __init__(self, key: str) -> None:
        self.key = key


class _Constant(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _Repeated(key)
        result[key] = value
    return result


def _no_constant(name: str) -> NoReturn:
    """NaN and Infinity are Python's own, not JSON's."""
    raise _Constant(name)


def _integer(digits: str) -> int | float:
    """Python refuses integers of more than 4,300 digits; any that long is out of every range anyway."""
    return int(digits) if len(digits) < 1000 else float(digits)


def _nesting(text: str) -> int:
    depth = deepest = 0
    for character in _structure(text):
        if character in "{[":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _structure(text: str) -> str:
    """The brackets of `text`, without those inside strings."""
    return re.sub(r"[^{}\[\]]+", "", re.sub(r'"(?:[^"\\]|\\.)*(?:"|$)', "", text, flags=re.DOTALL))


def _position_of_repeat(text: str, key: str) -> int:
    """Where the second `"key":` ends: near enough for a reader to find it."""
    found = list(re.finditer(re.escape(json.dumps(key, ensure_ascii=False)) + r"(?=\s*:)", text))
    return (found[1] if len(found) > 1 else found[0]).end() if found else 0


def _in_jacksons_words(text: str, error: json.JSONDecodeError) -> tuple[str, int]:
    """Jackson's message, and the index of the character after the one it stumbled over."""
    at = error.pos
    if error.msg.startswith("Unterminated string"):
        return "Unexpected end-of-input in VALUE_STRING", len(text)
    if error.msg.startswith("Invalid control character"):
        return (
            f"Illegal unquoted character ((CTRL-CHAR, code {ord(text[at])})): has to be escaped using "
            "backslash to be included in string value",
            at + 1,
        )
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    if at >= len(text):
        container = "Array" if _structure(text).endswith("[") else "Object"
        return f"Unexpected end-of-input: expected close marker for {container}", len(text)
    character = text[at]
    described = f"Unexpected character ('{character}' (code {ord(character)}))"
    if error.msg.startswith("Expecting value") or error.msg.startswith("Extra data"):
        token = _TOKEN.match(text, at)
        if token and not character.isdigit():
            return f"Unrecognized token '{token.group()}': was expecting {_VALUES}", token.end()
        return f"{described}: expected a valid value {_VALUES}", at + 1
    if error.msg.startswith("Expecting property name"):
        return f"{described}: was expecting double-quote to start field name", at + 1
    if error.msg.startswith("Expecting ':'"):
        return f"{described}: was expecting a colon to separate field name and value", at + 1
    if error.msg.startswith("Expecting ','"):
        container = "Array" if _open_brackets(text[:at]).endswith("[") else "Object"
        return f"{described}: was expecting comma to separate {container} entries", at + 1
    return f"{described}: {error.msg}", at + 1


def _open_brackets(text: str) -> str:
    still_open: list[str] = []
    for character in _structure(text):
        if character in "{[":
            still_open.append(character)
        elif still_open:
            still_open.pop()
    return "".join(still_open)


def _diagnostic(text: str, message: str, end: int) -> Diagnostic:
    line = text.count("\n", 0, end) + 1
    column = end - (text.rfind("\n", 0, end) + 1) + 1
    excerpt = f'"{text[:_EXCERPT]}"'
    if len(text) > _EXCERPT:
        excerpt += f"[truncated {len(text) - _EXCERPT} chars]"
    location = f"[Source: (String){excerpt}; line: {line}, column: {column}]"
    return Diagnostic("ERROR", "INVALID_JSON_DESCRIPTION", f"{message}\n at {location}", location)
