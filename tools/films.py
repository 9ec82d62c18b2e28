"""What plays without a kernel: executions that outputs were saved with, as HTML for slides and for the site."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from typing import Any

import draw
from helpers.inspector import CODE, LOOKS
from tools.execute import NOTEBOOKS
from tools.processes import ROOT

WEB = ROOT / "tools" / "web"


def record_of(cell: Any) -> dict[str, Any] | None:
    """The execution, or the workflow, that a cell's picture was saved with."""
    for output in cell.get("outputs", []):
        if "record" in output.get("metadata", {}):
            return draw.replayed(output.metadata.record)
    return None


def plays(source: str) -> bool:
    """Whether a cell's picture is one that moves: an execution that is watched or inspected."""
    return re.search(r"show\.inspector|watch=True", source) is not None


def title(notebook: Any) -> str:
    """A notebook's."""
    return str(notebook.cells[0].source.partition("\n")[0].removeprefix("# "))


def film(record: dict[str, Any], *, landscape: bool = False) -> str:
    """A place for an inspector, with all that it plays: films.js brings it to life."""
    played = draw.film(record["definition"], record["events"], name=record["name"], landscape=landscape)
    text = json.dumps(played, separators=(",", ":")).replace("<", "\\u003c")  # nothing in it ends the element
    return f'<div class="ws-film"><script type="application/json">{text}</script></div>'


def landscape(record: dict[str, Any]) -> str:
    """The same picture from left to right."""
    return draw.graph(record["definition"], record["events"], name=record["name"], landscape=True).html


@cache
def scripts() -> str:
    """The inspector and what starts it: a plain script, because a page from a disk may load no module."""
    code = CODE.replace("export default {", "void {").replace("export function", "function")
    return f"(() => {{\n{code}{(WEB / 'films.js').read_text('utf-8')}}})();\n"


@cache
def looks() -> str:
    """Style sheets of what the script shows."""
    return LOOKS + (WEB / "films.css").read_text("utf-8")


def heard(html: str) -> str:
    """An output with its recording in it, where a stored notebook has a line in its place (src/recordings.py)."""

    def audio(found: re.Match[str]) -> str:
        path = NOTEBOOKS / found[1]
        kind = {".wav": "audio/wav", ".mp3": "audio/mpeg"}[path.suffix]
        sound = base64.b64encode(path.read_bytes()).decode()
        return f'<audio controls aria-label="{path.name}" src="data:{kind};base64,{sound}"></audio>'

    return re.sub(r'<p data-recording="([^"]+)">.*?</p>', audio, html)
