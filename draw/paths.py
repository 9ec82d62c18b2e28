"""The part of JSONPath and of payload templates that pictures can work out by themselves.

Names, positions and all items: `$.a.b[0]`, `$['a']`, `$.a[*].b`, the same in a variable (`$count`) and in what is known
of the context object (`$$.State.Name`). Whatever else a definition says (filters, slices, functions) is UNKNOWN here
rather than guessed; what the history recorded says it then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

_PATH = re.compile(r"\$(\$|[A-Za-z_]\w*)?(?:\.[A-Za-z_][\w-]*|\['[^'\]]+'\]|\[\d+\]|\[\*\])*")
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^'\]]+)'\]|\[(\d+)\]|(\[\*\])")


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
    found_all, many = [document], False
    for step in steps(path):
        if step is None:
            many = True
            found_all = [item for value in found_all for item in _items(value)]
            continue
        inner = [value[step] for value in found_all if _has(value, step)]
        if not inner and not many:
            return UNKNOWN
        found_all = inner
    return found_all if many else found_all[0]


def place(document: Any, path: str | None, value: Any) -> Any:
    """A document with the value at a path (ResultPath), as a new one; UNKNOWN if that cannot be told."""
    if path is None or document is UNKNOWN:
        return document
    way = steps(path)
    if value is UNKNOWN or not _PATH.fullmatch(path) or any(not isinstance(step, str) for step in way):
        return UNKNOWN
    if not way:
        return value
    top = at = dict(document) if isinstance(document, dict) else {}
    names = [str(step) for step in way]
    for step in names[:-1]:
        inner = at.get(step)
        at[step] = dict(inner) if isinstance(inner, dict) else {}
        at = at[step]
    at[names[-1]] = value
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


def steps(path: str) -> list[str | int | None]:
    """A path's names, positions and (None) all items, from the top down; none of a path that is not made of them."""
    if not _PATH.fullmatch(path):
        return []
    found = _STEP.findall(path)
    return [None if every else int(index) if index else name or quoted for name, quoted, index, every in found]


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []


def _has(value: Any, step: str | int) -> bool:
    if isinstance(step, int):
        return isinstance(value, list) and step < len(value)
    return isinstance(value, dict) and step in value
