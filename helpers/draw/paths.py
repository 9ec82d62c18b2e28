"""The part of JSONPath and of payload templates that pictures can work out by themselves.

Names and positions only: `$.a.b[0]`, `$['a']`. Whatever else a definition says (wildcards, filters, functions, the
context object) is Unknown here rather than guessed; what the history recorded says it then.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

_PATH = re.compile(r"\$(?:\.[A-Za-z_][\w-]*|\['[^'\]]+'\]|\[\d+\])*")
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^'\]]+)'\]|\[(\d+)\]")


class Unknown(Enum):
    """A value that cannot be told from the definition and the history."""

    UNKNOWN = "not shown"


UNKNOWN = Unknown.UNKNOWN


def look_up(document: Any, path: str) -> Any:
    """What a path finds, or UNKNOWN."""
    steps = _steps(path)
    if steps is None:
        return UNKNOWN
    for step in steps:
        try:
            document = document[step]
        except (LookupError, TypeError):
            return UNKNOWN
    return document


def place(document: Any, path: str | None, value: Any) -> Any:
    """A document with the value at a path (ResultPath), as a new one; UNKNOWN if that cannot be told."""
    steps = [] if path is None else _steps(path)
    if path is None or document is UNKNOWN:
        return document
    if value is UNKNOWN or steps is None or any(isinstance(step, int) for step in steps):
        return UNKNOWN
    if not steps:
        return value
    top = at = dict(document) if isinstance(document, dict) else {}
    for step in steps[:-1]:
        inner = at.get(step)
        at[step] = dict(inner) if isinstance(inner, dict) else {}
        at = at[step]
    at[steps[-1]] = value
    return top


def fill(template: Any, document: Any) -> Any:
    """A payload template filled in (keys that end in `.$` are paths); UNKNOWN if a part of it is."""
    if document is UNKNOWN:
        return UNKNOWN
    if isinstance(template, list):
        values = [fill(item, document) for item in template]
        return UNKNOWN if UNKNOWN in values else values
    if not isinstance(template, dict):
        return template
    filled = {}
    for key, value in template.items():
        if key.endswith(".$"):
            filled[key[:-2]] = look_up(document, str(value))
        else:
            filled[key] = fill(value, document)
    return UNKNOWN if UNKNOWN in filled.values() else filled


def _steps(path: str) -> list[str | int] | None:
    if not _PATH.fullmatch(path):
        return None
    return [int(index) if index else name or quoted for name, quoted, index in _STEP.findall(path)]
