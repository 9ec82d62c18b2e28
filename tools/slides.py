"""Decks of notebooks: `python3 workshop.py slides [NN]`. One HTML file each, which fetches nothing.

reveal.js shows them; sphinx-revealjs, a package of the lock for tests, carries it. What is a slide stands in a cell's
slideshow metadata: its type, and for the cell that a slide begins with, `notes` for the presenter and `minutes`.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import sphinx_revealjs
from nbconvert.filters import markdown2html
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from tools import films
from tools.execute import NOTEBOOKS, find
from tools.processes import ROOT

BUILT = ROOT / "build" / "slides"
REVEAL = Path(sphinx_revealjs.__file__).parent / "_static" / "revealjs"
ROOM = 640  # pixels of a slide's 720 between its margins
WIDE = 96  # letters of a line of code, beyond which they are smaller
MOST_LINES = 15  # of printed text
LONG = 230  # letters of a paragraph, beyond which a slide has its first sentences only
MINUTE = 60


@dataclass(slots=True)
class Piece:
    """What stands on a slide.

    Attributes:
        kind: prose, code, text, picture or page; the last two take what room is left.
        high: pixels that it needs at least.
    """

    kind: str
    html: str
    high: int


@dataclass(slots=True)
class Slide:
    """A slide, or what becomes several because it does not fit one.

    Attributes:
        top: it begins a part.
        part: the heading that it stands under, which all but the slide with the heading repeat in small.
        headed: it has that heading.
        minutes: None where the author has not said.
        shown_later: outputs come on a key: the room predicts first.
    """

    top: bool
    part: str
    headed: bool
    minutes: float | None
    shown_later: bool = False
    pieces: list[Piece] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def main(arguments: list[str] | None = None) -> int:
    """Write the decks of the named notebooks, or of all."""
    parser = argparse.ArgumentParser(prog="workshop.py slides")
    parser.add_argument("names", nargs="*", metavar="NAME")
    names = parser.parse_args(arguments).names
    paths = sorted({path for name in names for path in find(name)} if names else NOTEBOOKS.glob("*.ipynb"))
    for path in paths:
        deck = write(path, BUILT)
        print(f"{deck.relative_to(ROOT)}: {deck.stat().st_size / 2**20:.1f} MB", flush=True)
    print("Open one in a browser: arrow keys step, S opens the presenter's window.")
    return 0


def write(path: Path, folder: Path) -> Path:
    """Write the deck of one notebook into a folder; returns its path."""
    notebook = nbformat.read(path, as_version=4)
    slides = slides_of(notebook, path.parent)
    minutes = sum(map(int, re.findall(r"(\d+) minutes", notebook.cells[0].source)))  # to follow, and for exercises
    parts: list[list[str]] = []
    for slide in timed(slides, minutes):
        if slide.top or not parts:
            parts.append([])
        parts[-1] += sections(slide)
    inside = "\n".join(f"<section>{''.join(part)}</section>" for part in parts)
    folder.mkdir(parents=True, exist_ok=True)
    deck = folder / f"{path.stem}.html"
    deck.write_text(page(films.title(notebook), inside), encoding="utf-8")
    return deck


def slides_of(notebook: Any, folder: Path) -> list[Slide]:
    """The slides of a notebook, before they are fitted.

    Args:
        notebook: executed.
        folder: where the pictures of its prose are.
    """
    slides: list[Slide] = []
    part = ""
    for cell in notebook.cells:
        meta = cell.metadata.get("slideshow", {})
        kind = meta.get("slide_type")
        if {"exercise", "solution"} & set(cell.metadata.get("tags", [])) or kind == "skip":
            continue
        if kind in ("slide", "subslide"):
            heading = re.match(r"#+ (.*)", cell.source)
            part = heading[1] if heading else part
            predict, said = "**Predict" in cell.source, re.search(r"^## .*\((\d+) minutes\)", cell.source)
            minutes = meta.get("minutes", float(said[1]) if said else None)
            slides.append(Slide(kind == "slide", part, bool(heading), minutes, predict))
        if not slides:
            continue
        if kind == "notes":
            slides[-1].notes.append(re.sub(r"</?details>|<summary>.*?</summary>", "", cell.source))
            continue
        slides[-1].notes += [meta["notes"]] if meta.get("notes") else []
        if cell.cell_type == "markdown":
            short, whole = (cell.source, "") if "quiz" in cell.metadata.get("tags", []) else brief(cell.source)
            slides[-1].pieces.append(prose(short, folder))
            slides[-1].notes += [f"*On the page:* {whole}"] if whole else []
        else:
            source = re.sub(r"^checks\..*\n?", "", cell.source, flags=re.MULTILINE)  # what a reader is asked
            slides[-1].pieces += [*([code(source)] if source.strip() else []), *outputs(cell)]
    return joined(slides)


def joined(slides: list[Slide]) -> list[Slide]:
    """The slides, where a remark that follows a slide stands on it if it has room."""
    found: list[Slide] = []
    for slide in slides:
        remark = not slide.headed and slide.minutes is None and {each.kind for each in slide.pieces} == {"prose"}
        before = found[-1].pieces if found else []
        words = bool(before) and {each.kind for each in before} <= {"prose", "code", "code wide", "text", "text wide"}
        if remark and words and sum(each.high for each in [*before, *slide.pieces]) < ROOM:
            found[-1].pieces += slide.pieces
            found[-1].notes += slide.notes
        else:
            found.append(slide)
    return found


def brief(source: str) -> tuple[str, str]:
    """What a slide says of a cell of prose, and what of it is left to the presenter.

    Headings, lists, tables and short paragraphs stay; of a long paragraph its first sentences. What is folded is for
    readers.
    """
    kept, left = [], []
    for block in re.split(r"\n\s*\n", re.sub(r"<details>.*?</details>", "", source, flags=re.DOTALL).strip()):
        if (
            len(block) <= LONG
            or re.match(r"[#|>!]|[-*] |\d+\. |```", block)
            or re.search(r"^([-*]|\d+\.) ", block, re.M)
        ):
            kept.append(block)
            continue
        sentences = re.split(r"(?<=[.?!])\s+(?=[A-Z*`\[(])", block)
        first = sentences[0]
        for sentence in sentences[1:]:
            if len(first) + len(sentence) > LONG:
                break
            first = f"{first} {sentence}"
        kept.append(first)
        left.append(block)
    return "\n\n".join(kept), " ".join(left)


def prose(source: str, folder: Path) -> Piece:
    """Markdown, its pictures in the page, its links to other files as words."""
    html = markdown2html(source)
    html = re.sub(r'<a href="(?!https?:)[^"]*"[^>]*>(.*?)</a>', r"\1", html, flags=re.DOTALL)
    html = re.sub(r'<a class="anchor-link".*?</a>', "", html).replace("<th></th>", "<td></td>")
    picture = re.search(r'<img src="(?P<path>[^":]+)" alt="(?P<alt>[^"]*)"[^>]*>', html) or re.search(
        r'<img alt="(?P<alt>[^"]*)" src="(?P<path>[^":]+)"[^>]*>', html
    )
    text = re.sub(r"<[^>]+>", " ", html)
    lines = sum(-(-len(line) // 92) for line in text.splitlines() if line.strip())
    high = 34 * lines + 14 * html.count("</p>") + 30 * len(re.findall("<h[1-3]", html))
    if picture is None:
        return Piece("prose", html, high)
    svg = quote((folder / picture["path"]).read_text("utf-8"), safe=" =:/'")
    image = f'<img alt="{picture["alt"]}" src="data:image/svg+xml;charset=utf-8,{svg}">'
    return Piece("prose picture", html.replace(picture[0], image), high + 300)


def code(source: str) -> Piece:
    """A cell of code, coloured; smaller if its lines are long."""
    source = source.strip()
    lines = source.splitlines()
    wide = max(map(len, lines), default=0) > WIDE
    html = highlight(source, PythonLexer(), HtmlFormatter())
    return Piece("code wide" if wide else "code", html, (24 if not wide else 21) * len(lines) + 24)


def outputs(cell: Any) -> list[Piece]:
    """What a cell has printed and shown."""
    record = films.record_of(cell)
    pieces = []
    for output in cell.outputs:
        data = output.get("data", {})
        html = data.get("text/html", "") or markdown2html(data.get("text/markdown", ""))
        if record is not None and output.get("metadata", {}).get("record"):
            pieces.append(pictured(cell.source, record, html))
        elif html.startswith("<img"):
            pieces.append(Piece("picture", html, 330))
        elif html:
            pieces.append(Piece("page", films.heard(html), min(400, 60 + len(html) // 12)))
        elif text := output.get("text") or data.get("text/plain") or "\n".join(output.get("traceback", [])):
            pieces += [printed(text)] if not text.startswith("Not done yet") else []
    return pieces


def pictured(source: str, record: dict[str, Any], html: str) -> Piece:
    """What moves in the notebook plays; another picture lies from left to right."""
    if record["events"] and films.plays(source):
        return Piece("page film", films.film(record, landscape=True), 400)
    size = re.search(r'width="(\d+)" height="(\d+)"', html)
    if "Child workflow: " not in html and not (size and int(size[1]) > 1.4 * int(size[2])):
        html = films.landscape(record)
    return Piece("picture", html, 330)


def printed(text: str) -> Piece:
    """Printed text, its first lines."""
    lines = re.sub(r"\x1b\[[\d;]*m", "", text).rstrip().splitlines()
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"… {len(lines) - MOST_LINES + 1} lines more in the notebook"]
    wide = max(map(len, lines), default=0) > WIDE
    html = f"<pre>{escape(chr(10).join(lines))}</pre>"
    return Piece("text wide" if wide else "text", html, 24 * len(lines) + 20)


def timed(slides: list[Slide], minutes: float) -> list[Slide]:
    """The slides, each with its minutes: what authors have not said is shared out evenly."""
    free = [slide for slide in slides if slide.minutes is None]
    rest = minutes - sum(slide.minutes or 0 for slide in slides)
    for slide in free:
        slide.minutes = max(0.5, rest / len(free))
    return slides


def sections(slide: Slide) -> list[str]:
    """A slide as HTML; as several where its pieces need more room than one has."""
    pages: list[list[Piece]] = [[]]
    for unit in units(slide.pieces):
        if pages[-1] and sum(each.high for each in [*pages[-1], *unit]) > ROOM:
            pages.append([])
        for piece in unit:
            if pages[-1] and sum(each.high for each in pages[-1]) + piece.high > ROOM:
                pages.append([])
            pages[-1].append(piece)
    notes = markdown2html("\n\n".join(slide.notes)) if slide.notes else ""
    seconds = round((slide.minutes or 0) * MINUTE / len(pages))
    aside = f'<aside class="notes"><p><strong>{slide.minutes:.2g} min</strong></p>{notes}</aside>'
    found = []
    for pieces in pages:
        part = "" if slide.headed and pieces is pages[0] else slide.part
        inside = f'<p class="part">{escape(part)}</p>' if part else ""
        for piece in pieces:
            later = " fragment" if slide.shown_later and piece.kind not in ("prose", "code", "code wide") else ""
            reached = ' tabindex="0" role="group" aria-label="Output"' if piece.kind == "page" else ""  # it may scroll
            inside += f'<div class="{piece.kind}{later}"{reached}>{piece.html}</div>'
        found.append(f'<section data-timing="{seconds}"><div class="fit">{inside}</div>{aside}</section>')
    return found


def units(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces that belong together: code and what came of it."""
    found: list[list[Piece]] = []
    for piece in pieces:
        if piece.kind.startswith(("prose", "code")) or not found or found[-1][0].kind.startswith("prose"):
            found.append([piece])
        else:
            found[-1].append(piece)
    return found


def page(title: str, inside: str) -> str:
    """A whole HTML document."""
    style = [(REVEAL / "dist" / name).read_text("utf-8") for name in ("reset.css", "reveal.css")]
    style += [HtmlFormatter(style="default").get_style_defs(".highlight"), films.looks()]
    style.append((films.WEB / "slides.css").read_text("utf-8"))
    reveal = [(REVEAL / name).read_text("utf-8") for name in ("dist/reveal.js", "plugin/notes/notes.js")]
    scripts = "".join(f"<script>{text}</script>\n" for text in reveal)
    start = (films.WEB / "slides.js").read_text("utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{"".join(style)}</style>
</head>
<body>
<main><div class="reveal"><div class="slides">
{inside}
</div></div></main>
{scripts}<script>{start}</script>
<script>{films.scripts()}</script>
</body>
</html>
"""


if __name__ == "__main__":
    sys.exit(main())
