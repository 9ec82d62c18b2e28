"""Pages of text for a cell: HTML that untrusted notebooks show too, and the same for a terminal.

JupyterLab keeps `<table>`, `<details>`, `<pre>`, `<mark>` and `<del>` of an untrusted notebook, and drops styles and
scripts. So nothing here is styled, and what changed is marked by a sign as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

LONGEST = 160  # letters of a text inside JSON
MOST_ITEMS = 12  # of a list inside JSON
MOST_LETTERS = 3000  # of a whole JSON value


class Page:
    """Something to read: Jupyter shows the HTML, a terminal the text.

    Attributes:
        html, text: the same facts.
    """

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def row(tag: str, *cells: str) -> str:
    """A row of a table, of cells in HTML. JupyterLab aligns cells on the right, and lets a `<div>` say otherwise."""
    return "<tr>" + "".join(f'<{tag}><div align="left">{cell}</div></{tag}>' for cell in cells) + "</tr>"


def said(text: str) -> str:
    """Any text as HTML; letters that no file can hold are replaced."""
    return escape(text.encode("utf-8", "replace").decode())


def folded(summary: str, inside: str, opened: bool = False) -> str:
    """HTML that is shown on a click on its summary, which is HTML too."""
    return f"<details{' open' if opened else ''}><summary>{summary}</summary>{inside}</details>"


def value_of(text: str) -> Any:
    """JSON text as a value; text that is none, or that was cut off, as it stands."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def short(value: Any, letters: int = 60) -> str:
    """A JSON value on one line, its end cut off."""
    text = json.dumps(_cut(value), ensure_ascii=False)
    return text if len(text) <= letters else text[: letters - 1] + "…"


def pretty(value: Any) -> str:
    """A JSON value on several lines, with what is long cut."""
    text = json.dumps(_cut(value), ensure_ascii=False, indent=2)
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS] + f"\n… {len(text) - MOST_LETTERS} letters more"


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[: LONGEST - 1]}… ({len(value)} letters)"
    if isinstance(value, list):
        kept = [_cut(item) for item in value[:MOST_ITEMS]]
        return [*kept, f"… {len(value) - MOST_ITEMS} more"] if len(value) > MOST_ITEMS else kept
    if isinstance(value, dict):
        return {name: _cut(inner) for name, inner in value.items()}
    return value


Change = tuple[str, int, str]  # "+", "-" or " "; indent; a line of JSON


def changes(before: Any, after: Any, name: str = "", depth: int = 0) -> Iterator[Change]:
    """How one JSON value became another: lines gone ("-"), lines new ("+"), and what stayed, each on one line.

    Args:
        before, after: JSON values.
        name: the key under which they stand.
        depth: how deep.
    """
    label = f"{json.dumps(name, ensure_ascii=False)}: " if name else ""
    if (
        isinstance(before, dict)
        and isinstance(after, dict)
        and not _same(before, after)
        and before.keys() & after.keys()
    ):
        yield " ", depth, label + "{"
        for key, value in before.items():
            if key not in after:
                yield "-", depth + 1, f"{json.dumps(key, ensure_ascii=False)}: {short(value)}"
        for key, value in after.items():
            if key in before:
                yield from changes(before[key], value, key, depth + 1)
            else:
                for line in lines(value, f"{json.dumps(key, ensure_ascii=False)}: "):
                    yield "+", depth + 1, line
        yield " ", depth, "}"
    elif _same(before, after):
        yield " ", depth, label + short(after)
    else:
        yield "-", depth, label + short(before)
        for line in lines(after, label):
            yield "+", depth, line


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: in Python, True is 1."""
    return one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def lines(value: Any, label: str = "") -> list[str]:
    """A new value: on one line if it is short."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= 90:
        return [label + text]
    first, *others = pretty(value).splitlines()
    return [label + first, *others]


def marked(changed: list[Change]) -> str:
    """Changes as HTML: new lines marked, gone lines struck out, each with its sign."""
    told = []
    for sign, depth, line in changed:
        text = line.lstrip(" ")
        margin = f"{sign} {'  ' * depth}{' ' * (len(line) - len(text))}"
        element = {"+": "mark", "-": "del"}.get(sign)
        told.append(margin + (f"<{element}>{said(text)}</{element}>" if element else said(text)))
    return "<pre>" + "\n".join(told) + "</pre>"
