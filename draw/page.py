"""Pages of text for a cell: HTML that untrusted notebooks show too, and the same for a terminal.

JupyterLab keeps an untrusted notebook's `style` attributes where their values are plain (no variables, no functions but
`rgba`), and drops `<style>`, `<svg>` and scripts; GitHub keeps tags alone. So a page is tags that mean what they say
(`<details>`, `<pre>`, `<ins>`, `<del>`), styled in place, with colours half transparent to stand on white and on
black, and a sign wherever there is a colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby

from draw.canvas import LOOKS, WHITE
from draw.values import Line

EDGE = "rgba(128,128,128,0.35)"
MONO = "font-family:monospace;font-size:12px;line-height:1.5"
FAINT = "opacity:0.65"
NEW, GONE, TAKEN = "rgba(0,158,115,0.25)", "rgba(213,94,0,0.25)", "rgba(0,114,178,0.2)"
SIGNS = {"+": "+", "-": "\N{MINUS SIGN}", "x": "\N{MULTIPLICATION SIGN}"}
GLYPHS = {
    "succeeded": "\N{CHECK MARK}",
    "running": "\N{BLACK RIGHT-POINTING TRIANGLE}\ufe0e",
    "caught": "!",
    "failed": "\N{MULTIPLICATION SIGN}",
    "timed out": "\N{MULTIPLICATION SIGN}",
    "aborted": "\N{BLACK SQUARE}\ufe0e",
}


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


def said(text: str) -> str:
    """Any text as HTML between tags; letters that no file can hold are replaced."""
    return escape(text.encode("utf-8", "replace").decode(), quote=False)


def quoted(text: str) -> str:
    """Any text as an attribute's value."""
    return escape(text.encode("utf-8", "replace").decode())


def tagged(name: str, inside: str, style: str = "") -> str:
    """An element with HTML in it."""
    return f'<{name} style="{escape(style)}">{inside}</{name}>' if style else f"<{name}>{inside}</{name}>"


def title(text: str, status: str, aside: str = "") -> str:
    """The first line of a page: how it ended, what it is of, and in small what the signs mean (HTML)."""
    strong = tagged("b", said(text), "font-size:14px")
    small = tagged("div", aside, "margin:6px 0 0 18px") if aside else ""
    return tagged("div", f"{badge(status)} {strong}{small}", "margin:2px 0 10px 0")


def badge(status: str) -> str:
    """A status as a disc with its glyph, as in the graph."""
    paint = f"background-color:{LOOKS[status].word};color:{WHITE};border-radius:9px;display:inline-block"
    paint += ";vertical-align:middle;width:18px;height:18px;line-height:18px"
    shape = "text-align:center;font-size:11px;font-weight:bold"
    return f'<span title="{quoted(status)}" style="{paint};{shape}">{GLYPHS[status]}</span>'


def chip(text: str, colour: str) -> str:
    """A few words on a colour."""
    style = f"background-color:{colour};border-radius:4px;padding:1px 6px"
    return " " + tagged("code", said(text), f"{style};font-family:monospace;font-size:12px;white-space:nowrap")


def folded(summary: str, inside: str, status: str, depth: int = 0, opened: bool = False) -> str:
    """A card that opens on a click on its summary; both are HTML."""
    frame = f"border:1px solid {EDGE};border-left:4px solid {LOOKS[status].border};border-radius:6px"
    head = tagged("summary", summary, "padding:6px 10px;cursor:pointer;line-height:1.6")
    body = tagged("div", inside, "padding:2px 12px 8px 12px")
    place = f"margin:6px 0 6px {22 * min(depth, 6)}px"
    return f'<details{" open" if opened else ""} style="{frame};{place}">{head}{body}</details>'


def part(name: str, about: str, inside: str) -> str:
    """A part of a card: its name and what it is about on the left, HTML on the right."""
    small = f"{FAINT};font-size:11px;overflow-wrap:break-word;line-height:1.35"
    left = tagged("b", said(name), "font-size:12px") + (tagged("div", said(about), small) if about else "")
    left = tagged("div", left, "float:left;width:136px;padding:4px 8px 0 0;box-sizing:border-box")
    right = tagged("div", inside, "margin-left:140px")
    return tagged("div", left + right + tagged("div", "", "clear:both"), f"border-top:1px solid {EDGE};padding:5px 0")


def pre(inside: str, extra: str = "") -> str:
    """Text in letters of one width that never is wider than the page; it is HTML."""
    return tagged("pre", inside, f"{MONO};white-space:pre-wrap;overflow-wrap:break-word;margin:0;padding:4px 0{extra}")


def words(text: str) -> str:
    """A remark instead of a value."""
    return tagged("div", said(text), f"{FAINT};font-size:12px;padding:4px 0")


def marked(lines: Iterable[Line], faint: bool = False) -> str:
    """Lines of JSON as HTML, those with a sign on their colour.

    Args:
        lines: the lines.
        faint: the others stand back, because what counts is what changed.
    """
    blocks = []
    for sign, group in groupby(lines, key=lambda line: line.sign):
        name, colour = MARKS.get(sign, ("span", ""))
        inside = "\n".join(map(_line, group))
        if colour:
            inside = tagged(name, inside, f"background-color:{colour};text-decoration:none{_WIDE}")
        blocks.append(tagged("span", inside, FAINT) if faint and not colour else inside)
    return pre("\n".join(blocks))


MARKS = {"+": ("ins", NEW), "-": ("del", GONE), "x": ("span", GONE), "<": ("span", TAKEN)}
_WIDE = ";display:inline-block;width:100%;border-radius:3px"


def _line(line: Line) -> str:
    sign = SIGNS.get(line.sign, " ")
    note = tagged("i", "  \N{LEFTWARDS ARROW} " + said(line.note), "opacity:0.7") if line.note else ""
    return f"{sign} {'  ' * line.depth}{said(line.text)}{note}"


def cells(tag: str, *inside: str) -> str:
    """A row of a table, of cells in HTML. JupyterLab aligns them on the right unless each says otherwise."""
    return f"<tr>{''.join(tagged(tag, cell, 'text-align:left;vertical-align:top') for cell in inside)}</tr>"


def table(*rows: str, wide: bool = False) -> str:
    """A table of rows in HTML, the first of them its head."""
    size = ";width:100%;table-layout:auto" if wide else ""
    return tagged("table", "".join(rows), f"margin:0;border-collapse:collapse;font-size:12px{size}")
