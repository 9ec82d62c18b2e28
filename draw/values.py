"""JSON values as lines to read: compact, cut where they are long, with what changed and where it came from.

A line says one member of an object or one item of a list. There are no commas at the ends: what is shown is cut,
and meant for eyes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from draw import words

WIDE = 92  # letters of a line, indent included
LONGEST = 120  # letters of a text inside JSON
MOST_ITEMS = 2  # of a list that takes many lines
MOST_LINES = 26  # of a value
DEEPEST = 4  # levels; below, a value has one line
MESSAGES = ("errorMessage", "FailureReason", "ExitMessage", "Cause", "Error")
# The SDK's wrapping around an answer, which AWS passes on to the state and nobody reads.
NOISE = {"SdkHttpMetadata", "SdkResponseMetadata", "ResponseMetadata"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a JSON value.

    Args:
        sign: "+" it is new, "-" it is gone, "x" it went wrong, "<" it was taken from somewhere, " " none of that.
        depth: how far it is indented.
        text: the line.
        note: where it was taken from: a path or an expression.
    """

    sign: str
    depth: int
    text: str
    note: str = ""

    def __str__(self) -> str:
        note = f"  <- {self.note}" if self.note else ""
        return f"{' ' if self.sign == '<' else self.sign} {'  ' * self.depth}{self.text}{note}"


def value_of(text: str) -> Any:
    """JSON text as a value; text that is none, or that was cut off, as it stands."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def why(cause: Any) -> str:
    """An error's cause in one line: the message out of what Lambda, a job or a child execution wraps it in."""
    message = value_of(cause) if isinstance(cause, str) else cause
    if isinstance(message, dict):
        message = next((message[name] for name in MESSAGES if isinstance(message.get(name), str)), short(message, 200))
    return words.shorten(str(message or "no cause given"), 200)


def short(value: Any, letters: int = 60) -> str:
    """A JSON value on one line, its end cut off."""
    text = _text(value)
    return text if len(text) <= letters else text[: letters - 1] + "…"


def lines(value: Any, template: Any = None) -> list[Line]:
    """A value on its own.

    Args:
        value: a JSON value.
        template: the payload template (or JSONata template) that made it; lines say which part of it they are from.
    """
    found = list(_lines(value, "", 0, template))
    if len(found) > MOST_LINES and isinstance(value, dict) and _inside(template):
        found = list(_lines(value, "", 0, template, brief=True))
    return _fitting(found)


def changes(before: Any, after: Any) -> list[Line]:
    """How one JSON value became another: lines gone, lines new, and what stayed on as few lines as can be."""
    return _fitting(_changes(before, after, "", 0))


def picked(before: Any, steps: Sequence[str | int | None], after: Any) -> list[Line]:
    """What a path took out of a value: what it left behind by name, then what it took."""
    left = list(_left(before, steps))
    removed = [Line("-", 0, ", ".join(left[:8]) + (f", {len(left) - 8} more" if len(left) > 8 else ""))] if left else []
    return [*removed, *lines(after)]


def expression(says: str) -> list[Line]:
    """One expression that gives a whole value, on a line of its own."""
    return [Line("<", 0, "", _dynamic(says))] if _dynamic(says) else []


def difference(before: Any, after: Any) -> list[tuple[str, str]]:
    """What changed at the top of an object: ("+", "-" or "~", name); of anything else, whether it did ("~", "")."""
    if _same(before, after):
        return []
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return [("~", "")]
    changes = [("+", name) for name in after if name not in before]
    changes += [("~", name) for name in after if name in before and not _same(before[name], after[name])]
    return changes + [("-", name) for name in before if name not in after]


def _left(before: Any, steps: Sequence[str | int | None], above: str = "") -> Iterator[str]:
    """The names of what a path passes by, from the top down."""
    if not steps or not isinstance(before, dict | list):
        return
    step, *further = steps
    if step is None:  # all items: nothing is left behind there
        return
    if isinstance(before, dict):
        yield from (above + name for name in before if name != step)
        inner, above = before.get(str(step)), f"{above}{step}."
    else:
        inner = before[step] if isinstance(step, int) and step < len(before) else None
        yield from [f"{above}{len(before) - 1} more items"] if len(before) > 1 else []
        above = f"{above}{step}."
    yield from _left(inner, further, above)


def _lines(value: Any, label: str, depth: int, template: Any = None, brief: bool = False) -> Iterator[Line]:
    """A value; if `brief`, what its template has as it stands takes a line each."""
    note = _dynamic(template)
    sign = "<" if note else " "
    if depth >= DEEPEST or (not _inside(template) and len(_text(value)) + len(label) + 2 * depth <= WIDE):
        yield Line(sign, depth, label + short(value, max(30, WIDE - 2 * depth - len(label))), note)
    elif isinstance(value, dict) and value:
        yield Line(sign, depth, label + "{", note)
        for name, inner in value.items():
            start = _quoted(name) + ": "
            made = _member(template, name)
            if name in NOISE:
                yield Line(" ", depth + 1, start + "{…}")
            elif brief and not _dynamic(made) and not _inside(made):
                yield Line(" ", depth + 1, start + short(inner, max(30, WIDE - 2 * depth - len(start))))
            else:
                yield from _lines(inner, start, depth + 1, made, brief)
        yield Line(" ", depth, "}")
    elif isinstance(value, list) and value and not _inside(template) and (some := _some(value, label, depth)):
        yield Line(sign, depth, some, note)
    elif isinstance(value, list) and value:
        yield Line(sign, depth, label + "[", note)
        for at, item in enumerate(value[:MOST_ITEMS] if len(value) > MOST_ITEMS + 1 else value):
            made = template[at] if isinstance(template, list) and at < len(template) else None
            yield from _lines(item, "", depth + 1, made, brief)
        if len(value) > MOST_ITEMS + 1:
            yield Line(" ", depth + 1, f"… {len(value) - MOST_ITEMS} more")
        yield Line(" ", depth, "]")
    else:
        yield Line(sign, depth, label + _text(value), note)


def _some(value: list[Any], label: str, depth: int) -> str:
    """A list of plain values on one line, as many as fit; "" if that would be few."""
    if any(isinstance(item, dict | list) for item in value):
        return ""
    kept: list[str] = []
    for item in value:
        joined = ", ".join([*kept, _text(item)])
        if 2 * depth + len(label) + len(joined) + 14 > WIDE:
            break
        kept.append(_text(item))
    return f"{label}[{', '.join(kept)}, … {len(value) - len(kept)} more]" if len(kept) > 2 else ""


def _changes(before: Any, after: Any, label: str, depth: int) -> Iterator[Line]:
    if _same(before, after):
        yield Line(" ", depth, label + short(after, WIDE - 2 * depth - len(label)))
    elif isinstance(before, dict) and isinstance(after, dict) and before.keys() & after.keys():
        yield Line(" ", depth, label + "{")
        for name, value in before.items():
            if name not in after:
                yield Line("-", depth + 1, f"{_quoted(name)}: {short(value)}")
        for name, value in after.items():
            if name in before:
                yield from _changes(before[name], value, _quoted(name) + ": ", depth + 1)
            else:
                yield from _new(value, _quoted(name) + ": ", depth + 1)
        yield Line(" ", depth, "}")
    elif isinstance(before, list) and isinstance(after, list) and 0 < len(before) == len(after) <= 2 * MOST_ITEMS:
        yield Line(" ", depth, label + "[")
        for one, other in zip(before, after, strict=True):
            yield from _changes(one, other, "", depth + 1)
        yield Line(" ", depth, "]")
    else:
        yield Line("-", depth, label + short(before))
        yield from _new(after, label, depth)


def _new(value: Any, label: str, depth: int) -> Iterator[Line]:
    return (replace(line, sign="+") for line in _lines(value, label, depth))


def _fitting(found: Iterable[Line]) -> list[Line]:
    """At most MOST_LINES: what stayed goes first, then the end."""
    kept = list(found)
    if len(kept) > MOST_LINES and " " in (signs := {line.sign for line in kept}) and signs & {"+", "-"}:
        kept = list(_near_changes(kept))
    if len(kept) <= MOST_LINES + 1:
        return kept
    return [*kept[:MOST_LINES], Line(" ", 0, f"… {len(kept) - MOST_LINES} more lines")]


def _near_changes(found: list[Line]) -> Iterator[Line]:
    """Without what stayed the same, except what stands around changes."""
    skipped = 0
    for at, line in enumerate(found):
        near = any(other.sign != " " for other in found[max(0, at - 2) : at + 3])
        if near or line.text.endswith(("{", "[")):
            if skipped:
                yield Line(" ", line.depth, f"… {skipped} lines the same")
            skipped = 0
            yield line
        else:
            skipped += 1
    if skipped:
        yield Line(" ", 0, f"… {skipped} lines the same")


def _dynamic(template: Any) -> str:
    """The path or expression that a template gives a value with, "" if it is a literal."""
    if isinstance(template, _Path):
        return str(template)
    if isinstance(template, str) and template.startswith("{%"):
        return template[2:].removesuffix("%}").strip()
    return ""


class _Path(str):
    """What stands behind a key that ends in `.$`."""


def _member(template: Any, name: str) -> Any:
    if not isinstance(template, dict):
        return None
    path = template.get(name + ".$")
    return _Path(path) if isinstance(path, str) else template.get(name)


def _inside(template: Any) -> bool:
    """Whether a template has a path or an expression below its top: its parts then have a line each."""
    if isinstance(template, list):
        return any(_dynamic(item) or _inside(item) for item in template)
    if isinstance(template, dict):
        return any(name.endswith(".$") or _dynamic(inner) or _inside(inner) for name, inner in template.items())
    return False


def _text(value: Any) -> str:
    return json.dumps(_cut(value), ensure_ascii=False)


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[: LONGEST - 1]}… ({len(value)} letters)"
    if isinstance(value, list):
        return [_cut(item) for item in value]
    if isinstance(value, dict):
        return {name: _cut(inner) for name, inner in value.items()}
    return value


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: in Python, True is 1."""
    return one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
