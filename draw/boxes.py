"""States as SVG: pills, plain states, and boxes that hold others, each with its icon, its words and its status."""

from __future__ import annotations

from collections.abc import Mapping

from draw import metrics, words
from draw.canvas import GREY, IDLE, INK, LOOKS, SMALL, TIMES, WHITE, Look
from draw.forms import CARD_SIDE, TILE
from draw.history import Summary
from draw.model import END, START
from draw.plan import HEADER, NAME, Box
from draw.scene import Scene
from draw.strata import Level, Strata

TASK, STEP = "#2f5d8a", "#5b6b7d"  # tiles of icons: calls a service, or only steers
HEAD, OTHERS = "#f1f4f7", "#f4f7fa"  # behind a header; behind what belongs to another machine
MISSING = Look("#d55e00", "#fdebdf", "#a34300", 2, "2 3")


class Boxes(Strata):
    """Draws the states of one scope, in the light of a scene; `svg` draws the edges."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene

    def box(self, box: Box) -> None:
        """A state, but not what it holds."""
        node = box.node
        if node.kind in ("Start", "End"):
            self._pill(box)
            return
        summary = self.scene.states.get(node.name)
        look = LOOKS[summary.status] if summary else MISSING if node.kind == "Missing" else IDLE
        frame = {"x": box.x, "y": box.y, "width": box.w, "height": box.h, "rx": 8}
        border = {"stroke": look.border, "stroke_width": look.thick, "stroke_dasharray": look.dashes}
        self.level = Level.FRAMES
        if box.inner:
            self.add("rect", **frame, fill=OTHERS if node.child or node.distributed else WHITE)
            self._header(box, look.fill if summary else HEAD)
            self.level = Level.BORDERS
            self.add("rect", **frame, fill="none", **border)
            self._rules(box)
            if node.distributed:
                self._progress(box, self.scene.map_runs.get(node.name))
        else:
            self.add("rect", **frame, fill=look.fill, **border)
        said, colour = self._said(box, summary, look)
        if box.said:
            self._card(box, said, colour)
        else:
            count = _count(summary) if box.inner else ""
            marks = 30 + (metrics.width(count, SMALL, True) + 8 if count else 0) if summary else 8
            self._row(box, said, colour, box.w - 44 - marks)
        if node.name in self.scene.gone:
            self._gone(box, self.scene.gone[node.name])
        if summary:
            self._status(box, summary, look)
        if summary and summary.retries:
            retried = f"{summary.retries} {'retry' if summary.retries == 1 else 'retries'}"
            retried += ", injected" if summary.injected and not summary.error else ""
            self._retries(box, retried, LOOKS["caught"].border, LOOKS["caught"].word)
        elif node.retries:
            self._retries(box, f"up to {node.retries}", "#7c8998", GREY)

    def _pill(self, box: Box) -> None:
        name = START if box.node.kind == "Start" else END
        reached = not self.scene.runs or any(name in key[:2] for key in self.scene.taken)
        fill, ink, border = ("#2f3d4d", WHITE, "#2f3d4d") if reached else (WHITE, GREY, IDLE.border)
        self.level = Level.FRAMES
        self.add("rect", x=box.x, y=box.y, width=box.w, height=box.h, rx=15, fill=fill, stroke=border)
        self.level = Level.WORDS
        self.text(box.middle, box.y + 19, box.node.kind, ink, size=12, bold=True, anchor="middle")

    def _header(self, box: Box, fill: str) -> None:
        self.level, low = Level.HEADERS, box.y + HEADER
        top = f"V{box.y + 8}a8 8 0 0 1 8 -8H{box.x + box.w - 8}a8 8 0 0 1 8 8"
        self.add("path", d=f"M{box.x} {low}{top}V{low}z", fill=fill)

    def _rules(self, box: Box) -> None:
        lines = "".join(f"M{box.x + x} {box.y + y}L{box.x + right} {box.y + low}" for (x, y), (right, low) in box.rules)
        if lines:
            self.add("path", d=lines, stroke="#7c8998", stroke_dasharray="2 4")

    def _said(self, box: Box, summary: Summary | None, look: Look) -> tuple[tuple[str, ...], str]:
        """The words under a state's name, shorter ones after, and their colour: what it does, or what went wrong."""
        node = box.node
        if summary is None:
            return (node.words,), GREY
        if summary.error:
            error = words.error(summary.error) + (", injected" if summary.injected else "")
            return (f"{summary.status}: {error}", error), look.word
        if node.name in self.scene.notes:
            note = self.scene.notes[node.name]
            return (f"{node.words}: {note}", note), look.word
        counts = self.scene.map_runs.get(node.name)
        if counts:
            done = f"{_done(counts):,} of {counts.get('total', 0):,} items done"
            return (f"{node.words}: {done}", done), GREY
        if summary.iterations and not node.distributed:
            done = f"{summary.iterations[0]:,} of {summary.iterations[1]:,} done"
            return (f"{node.words}: {done}", done), GREY
        return (node.words,), GREY

    def _icon(self, box: Box, x: int, y: int) -> None:
        node = box.node
        self.level = Level.TILES
        self.add("rect", x=x, y=y, width=TILE, height=TILE, rx=6, fill=TASK if node.kind == "Task" else STEP)
        self.level = Level.ICONS
        self.icon(node.icon, x + 3, y + 3)
        self.level = Level.WORDS

    def _row(self, box: Box, said: tuple[str, ...], colour: str, room: int) -> None:
        """Icon, name and words side by side."""
        tall = HEADER if box.inner else box.h
        self._icon(box, box.x + 10, box.y + (tall - TILE) // 2)
        left, line = box.x + 44, box.y + (tall - 16 * len(box.name) - 14) // 2 + 12
        for name in box.name:
            self.text(left, line, name, INK, size=NAME, bold=True)
            line += 16
        fits = next((text for text in said if metrics.width(text, SMALL) <= room), said[-1])
        self.text(left, line - 1, metrics.cut(fits, room, SMALL), colour)

    def _card(self, box: Box, said: tuple[str, ...], colour: str) -> None:
        """Icon, name and words one below the other: narrow, for landscape."""
        left, line = box.x + CARD_SIDE, box.y + CARD_SIDE
        self._icon(box, left, line)
        line += TILE + 18
        for name in box.name:
            self.text(left, line, name, INK, size=NAME, bold=True)
            line += 16
        wrapped = [metrics.wrap(text, box.w - 2 * CARD_SIDE, SMALL, lines=9) for text in said]
        fits = next((lines for lines in wrapped if len(lines) <= box.said), ())
        for part in fits or metrics.wrap(said[-1], box.w - 2 * CARD_SIDE, SMALL, lines=box.said):
            self.text(left, line - 1, part, colour)
            line += 14

    def _status(self, box: Box, summary: Summary, look: Look) -> None:
        tall = HEADER if box.inner else 2 * CARD_SIDE + TILE if box.said else box.h
        x, y = box.x + box.w - 18, box.y + tall // 2
        self.disc(x, y, summary.status, look)
        said = _count(summary)
        self.level = Level.WORDS
        if said and (box.inner or box.said):
            longest = max(metrics.width(name, NAME, True) for name in box.name)
            beside = box.w - 32 - 44 - metrics.width(said, SMALL, True)
            aside = 12 if box.inner and longest + 6 > beside else 4  # a long name reaches so far: beside its words
            self.text(x - 14, y + aside, said, look.word, bold=True, anchor="end")
        elif said:
            wide = metrics.width(said, 10, True) + 14
            self._badge(box.x + box.w - wide - 8, box.y + box.h - 8, wide, look.border)
            self.text(box.x + box.w - wide // 2 - 8, box.y + box.h + 4, said, look.word, 10, bold=True, anchor="middle")

    def _gone(self, box: Box, part: float) -> None:
        """Along the lower border, how much of its time is over: hatched, as waiting is on the timeline."""
        x, y, wide = box.x + 8, box.y + box.h - 7, round((box.w - 16) * part)
        self.level = Level.BARS
        self.add("rect", x=x, y=y, width=box.w - 16, height=5, fill=WHITE)
        self.level = Level.MARKS
        strokes = "".join(f"M{at} {y + 5}l4 -5" for at in range(x, x + wide - 3, 5))
        self.add("path", d=strokes or None, stroke=LOOKS["running"].border, stroke_width=1.5)

    def _badge(self, x: int, y: int, wide: int, border: str) -> None:
        self.level = Level.BADGES
        self.add("rect", x=x, y=y, width=wide, height=17, rx=8.5, fill=WHITE, stroke=border, stroke_width=1.2)
        self.level = Level.BADGE_WORDS

    def _retries(self, box: Box, said: str, border: str, ink: str) -> None:
        """A badge on the upper right corner: an arrow that turns back, and how often."""
        wide = metrics.width(said, 10, True) + 26
        x, y = box.x + box.w - wide - 8, box.y - 9
        self._badge(x, y, wide, border)
        arrow = "M3.2 -2.4a4 4 0 1 0 .6 3.4M3.8 -4.6v2.6h-2.6"
        place = f"translate({x + 11} {y + 8.5})"
        self.add("path", d=arrow, transform=place, fill="none", stroke=ink, stroke_width=1.3)
        self.text(x + 19, y + 12, said, ink, size=10, bold=True)

    def _progress(self, box: Box, counts: Mapping[str, int] | None) -> None:
        """How far a distributed Map is: a bar of its items, and their numbers with a glyph each."""
        left, top, wide = box.x + 16, box.y + HEADER + 10, box.w - 32
        bar = {"x": left, "y": top, "width": wide, "height": 10, "rx": 5}
        self.level = Level.FRAMES
        self.add("rect", **bar, fill=WHITE)
        parts = _parts(counts or {})
        total = max(1, (counts or {}).get("total", 0))
        x, count = left, 0
        for status, number in parts:
            if status != "pending":
                count += number
                end = left + max(wide * count // total, min(x - left + 3, wide))
                self.level = Level.BARS
                self.add("rect", x=x, y=top, width=end - x, height=10, fill=_FILLS[status], rx=2)
                if status == "failed":  # crossed, for those who do not see its hue
                    strokes = "".join(f"M{at} {top + 10}l4 -10" for at in range(x + 1, end - 4, 6))
                    self.level = Level.MARKS
                    self.add("path", d=strokes or None, stroke=WHITE, stroke_width=1.3)
                x = end
        self.level = Level.OUTLINES
        self.add("rect", **bar, fill="none", stroke=LOOKS["running"].word if x > left else IDLE.border)
        self.level = Level.WORDS
        x, y = left, top + 25
        if counts is None:
            self.text(x, y, "each item in an execution of its own", GREY)
        elif not counts.get("total"):
            self.text(x, y, "no items", GREY)
        labels = [f"{number:,} {status}" for status, number in parts]
        if sum(metrics.width(said, SMALL) + 28 for said in labels) > wide + 12:
            labels = [f"{number:,}" for _, number in parts]
        for (status, _), said in zip(parts, labels, strict=True):
            look = LOOKS.get(status, IDLE)
            self._dot(x + 6, y - 4, status, look)
            self.level = Level.WORDS
            self.text(x + 16, y, said, look.word)
            x += metrics.width(said, SMALL) + 28

    def _dot(self, x: int, y: int, status: str, look: Look) -> None:
        if status == "pending":
            self.level = Level.DISCS
            self.add("circle", cx=x, cy=y, r=5, fill=WHITE, stroke=look.border, stroke_width=1.2)
        else:
            self.disc(x, y, status, look, small=True)


def _count(summary: Summary | None) -> str:
    """How often a state was visited, if more than once; or how many of its visits ended as its colour says."""
    if summary is None or summary.visits < 2:
        return ""
    some, all_of_them = summary.share
    return f"{TIMES}{summary.visits:,}" if some == all_of_them else f"{some:,} of {all_of_them:,}"


_FILLS = {"succeeded": "#009e73", "failed": "#d55e00", "running": "#2f8cc6"}


def _done(counts: Mapping[str, int]) -> int:
    return sum(number for status, number in _parts(counts) if status in ("succeeded", "failed"))


def _parts(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Items by what became of them, without those that none is of."""
    lost = sum(counts.get(key, 0) for key in ("failed", "timedOut", "aborted"))
    found = {"succeeded": counts.get("succeeded", 0), "failed": lost}
    found |= {"running": counts.get("running", 0), "pending": counts.get("pending", 0)}
    return [(status, number) for status, number in found.items() if number]
