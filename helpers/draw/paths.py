"""The part of JSONPath and of payload templates that pictures can work out by themselves.

Names and positions only: `$.a.b[0]`, `$['a']`, the same in a variable (`$count`) and in what is known of the context
object (`$$.State.Name`). Whatever else a definition says (wildcards, filters, functions) is UNKNOWN here rather than
guessed; what the history recorded says it then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

_PATH = re.compile(r"\$(\$|[A-Za-z_]\w*)?(?:\.[A-Za-z_][\w-]*|\['[^'\]]+'\]|\[\d+\])*")
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^'\]]+)'\]|\[(\d+)\]")


class Unknown(Enum):
    """A value that cannot be told from the definition and the history."""

    UNKNOWN = "not shown"


UNKNOWN = Unknown.UNKNOWN


Names = Mapping[str, Any]  # variables by name; under "$" the context object, as far as it is known


def look_up(document: Any, path: str, names: Names | None = None) -> Any:
    """What a path finds, or UNKNOWN."""
    found = _PATH.fullmatch(path)
    if found is None:
        return UNKNOWN
    if found[1]:
        document = (names or {}).get(found[1], UNKNOWN)
    for step in steps(path):
        try:
            document = document[step]
        except (LookupError, TypeError):
            return UNKNOWN
    return document


def place(document: Any, path: str | None, value: Any) -> Any:
    """A document with the value at a path (ResultPath), as a new one; UNKNOWN if that cannot be told."""
    if path is None or document is UNKNOWN:
        return document
    way = steps(path)
    if value is UNKNOWN or not _PATH.fullmatch(path) or any(isinstance(step, int) for step in way):
        return UNKNOWN
    if not way:
        return value
    top = at = dict(document) if isinstance(document, dict) else {}
    for step in way[:-1]:
        inner = at.get(step)
        at[step] = dict(inner) if isinstance(inner, dict) else {}
        at = at[step]
    at[way[-1]] = value
    return top


def fill(template: Any, document: Any, names: Names | None = None) -> Any:
    """A payload template filled in (keys that end in `.$` are paths); UNKNOWN if a part of it is."""
    if document is UNKNOWN:
        return UNKNOWN
    if isinstance(template, list):
        values = [fill(item, document, names) for item in template]
        return UNKNOWN if UNKNOWN in values else values
    if not isinstance(template, dict):
        return template
    filled = {}
    for key, value in template.items():
        if key.endswith(".$"):
            filled[key[:-2]] = look_up(document, str(value), names)
        else:
            filled[key] = fill(value, document, names)
    return UNKNOWN if UNKNOWN in filled.values() else filled


def steps(path: str) -> list[str | int]:
    """The names and positions of a path, from the top down; none of a path that is not made of them."""
    if not _PATH.fullmatch(path):
        return []
    return [int(index) if index else name or quoted for name, quoted, index in _STEP.findall(path)]
