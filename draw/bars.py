"""A timeline's rows as SVG and as text: what waits is hatched, what failed is crossed."""

from __future__ import annotations

from draw import metrics, trace, words
from draw.canvas import CARD, GREY, INK, LOOKS, MARGIN, SMALL, TIMES, TITLE, WHITE, Canvas, Look
from draw.history import Trace
from draw.rows import Bar, Part, Row
from draw.scale import Scale

WIDE = 900
ROW, HIGH, SLIM = 24, 16, 6
INDENT, LABEL_WIDEST = 14, 230
AXIS, LEGEND = 26, 30
REMARKS, MOST_REMARKS = 150, 250  # room on the right for what is said beside bars
NAMED = 60  # how wide an item's bar is for a part of its state's name to be in it; a short name needs less
MANY = 60  # bars in a row from which those that touch are drawn as one
TEXT_BAR = 40  # letters
GRID, BAND, RULE = "#e3e8ee", "#f1f4f7", "#7c8998"
WORST_FIRST = ("failed", "timed out", "aborted", "running", "caught", "succeeded")


def render(happened: Trace, rows: list[Row], title: str) -> tuple[str, int, int]:
    """The timeline as a picture: the SVG, its width and its height in pixels."""
    lines = [pair for row in rows for pair in row.walk()]
    drawing = _Drawing(lines, happened.seconds)
    top = (TITLE if title else MARGIN // 2) + AXIS
    low = top + ROW * len(lines)
    if title:
        drawing.title(title, happened.status)
    drawing.axis(top, low, lines)
    y = top
    for depth, row in lines:
        drawing.row(depth, row, y)
        y += ROW
    drawing.legend(low + 12)
    high = low + LEGEND + 8
    return drawing.document(WIDE, high), WIDE, high


class _Drawing(Canvas):
    def __init__(self, lines: list[tuple[int, Row]], seconds: float) -> None:
        super().__init__()
        named = [MARGIN + INDENT * depth + metrics.width(_label(row), 12, True) for depth, row in lines]
        self.left = min(max([80, *named]) + 16, LABEL_WIDEST)
        bars = [bar for _, row in lines for bar in row.bars]
        moments = [seconds, *(moment for bar in bars for moment in (bar.start, bar.end))]
        moments += [moment for bar in bars for part in bar.parts for moment in (part.start, part.end)]
        errors = (f"{_length(bar.end - bar.start)}, {bar_said(bar)}" for bar in bars if bar.error)
        room = max((metrics.width(said, SMALL) + MARGIN for said in errors), default=0)
        self.scale = Scale(moments, self.left, WIDE - min(max(REMARKS, room), MOST_REMARKS))
        self.used: set[str] = set()

    def axis(self, top: int, low: int, lines: list[tuple[int, Row]]) -> None:
        """Bands behind every other top row with what is in it, lines for the ticks, folds."""
        y, odd = top, False
        for depth, _ in lines:
            odd = odd if depth else not odd
            if not odd:
                self.add("rect", x=MARGIN // 2, y=y, width=WIDE - MARGIN, height=ROW, fill=BAND)
            y += ROW
        for x, said in self.scale.ticks():
            self.add("path", d=f"M{x} {top - 4}V{low}", stroke=GRID)
            if said:
                self.text(x, top - 10, said, GREY, anchor="middle")
        for stretch in self.scale.stretches:
            if stretch.folded:
                self.used.add("fold")
                middle = (stretch.left + stretch.right) // 2
                for x in (middle - 3, middle + 3):
                    zigzag = "".join(f"l{4 if at % 2 else -4} 6" for at in range((low - top) // 6))
                    self.add("path", d=f"M{x + 2} {top}{zigzag}", stroke=RULE, fill="none")

    def row(self, depth: int, row: Row, y: int) -> None:
        """One row, its upper edge at `y`."""
        x, middle = MARGIN + INDENT * depth, y + ROW // 2
        strong = depth == 0 or bool(row.rows)
        said = metrics.cut(_label(row), self.left - x - 10, 12, strong)
        self.text(x, middle + 4, said, INK if row.kind in ("state", "child") else GREY, size=12, bold=strong)
        if row.kind in ("rest", "more"):
            self._together(row, y)
            return
        bars = self._merged(row.bars)
        for bar in bars:
            if row.rows and row.kind != "item":
                self._bracket(bar, middle)
            else:
                self._bar(bar, y + (ROW - HIGH) // 2, named=row.kind == "item")
        self._remark(row, bars, middle)

    def _merged(self, bars: list[Bar]) -> list[Bar]:
        """Bars that would stand on one another as one, with the worst status among them."""
        merged: list[Bar] = []
        for bar in sorted(bars, key=lambda bar: bar.start):
            last = merged[-1] if merged else None
            close = last is not None and self.scale.x(bar.start) < self._reach(last)
            if last is None or not close or (self._reach(last) - self.scale.x(last.start) > 6 and len(bars) <= MANY):
                merged.append(bar)
                continue
            status = min(last.status, bar.status, key=WORST_FIRST.index)
            merged[-1] = Bar(
                bar.state, last.start, max(last.end, bar.end), status, parts=last.parts + bar.parts, error=bar.error
            )
        return merged

    def _reach(self, bar: Bar) -> int:
        """The pixel where a bar ends: it is at least 4 wide."""
        return max(self.scale.x(bar.end), self.scale.x(bar.start) + 4)

    def _names(self, bar: Bar) -> bool:
        """Whether an item's bar has its state's name in it."""
        wide = self._reach(bar) - self.scale.x(bar.start)
        return bool(bar.state) and not bar.parts and wide >= min(NAMED, metrics.width(bar.state, SMALL) + 8)

    def _bar(self, bar: Bar, y: int, named: bool) -> None:
        look = LOOKS[bar.status]
        x, end = self.scale.x(bar.start), self._reach(bar)
        frame = {"x": x, "y": y, "width": end - x, "height": HIGH, "rx": min(3, (end - x) // 2)}
        self.add("rect", **frame, fill=look.fill)
        for part in bar.parts:
            self._part(part, y, end)
        thin = min(look.thick, 1.5)
        self.add("rect", **frame, fill="none", stroke=look.border, stroke_width=thin, stroke_dasharray=look.dashes)
        if bar.status == "running":
            self.add("path", d=f"M{end} {y + 2}l7 {HIGH // 2 - 2}l-7 {HIGH // 2 - 2}z", fill=look.border)
        if named and self._names(bar):
            self.text(x + 5, y + 12, metrics.cut(bar.state, end - x - 8, SMALL), look.word)

    def _part(self, part: Part, y: int, end: int) -> None:
        x = self.scale.x(part.start)
        right = min(max(self.scale.x(part.end), x + (4 if part.kind == "failed" else 0)), end)
        x = min(x, right - 4) if part.kind == "failed" else x
        self.used.add(part.kind)
        if part.kind == "wait":
            self._hatch(x, y, right - x, HIGH)
            return
        look = LOOKS["failed"]
        self.add("rect", x=x, y=y, width=right - x, height=HIGH, fill=look.border)
        if right - x >= 11:
            self._cross((x + right) // 2, y + HIGH // 2)

    def _cross(self, x: int, y: int) -> None:
        cross = f"M{x - 3} {y - 3}l6 6m0 -6l-6 6"
        self.add("path", d=cross, stroke=WHITE, stroke_width=1.8, stroke_linecap="round", fill="none")

    def _hatch(self, x: int, y: int, wide: int, high: int) -> None:
        """Diagonal lines, cut at the edges by hand: a pattern would need an id, which other pictures share."""
        lines = []
        for at in range(x - high + 6, x + wide, 6):
            left, right = max(at, x), min(at + high, x + wide)
            if right > left:
                lines.append(f"M{left} {y + high - (left - at)}L{right} {y + high - (right - at)}")
        self.add("rect", x=x, y=y, width=wide, height=high, fill=WHITE)
        if lines:
            self.add("path", d="".join(lines), stroke="#7c8998", stroke_width=1.1)

    def _bracket(self, bar: Bar, middle: int) -> None:
        """A bar over those of the rows below: what holds them."""
        look = LOOKS[bar.status]
        x, end = self.scale.x(bar.start), self._reach(bar)
        top = middle - SLIM
        foot = min(5, (end - x) // 2)
        shape = f"M{x} {top}H{end}v{SLIM + 6}l-{foot} -6H{x + foot}l-{foot} 6z"
        self.add("path", d=shape, fill=look.border)
        for part in bar.parts:
            if part.kind == "wait":
                left, right = self.scale.x(part.start), self.scale.x(part.end)
                self._hatch(left, top, right - left, SLIM)
                self.used.add("wait")

    def _together(self, row: Row, y: int) -> None:
        """How many bars there are at each moment, as a profile."""
        self.used.add("together")
        edges = sorted((time, change) for bar in row.bars for time, change in ((bar.start, 1), (bar.end, -1)))
        most = at = 0
        counts: dict[int, int] = {}
        for time, change in edges:
            at += change
            most = max(most, at)
            x = self.scale.x(time)
            counts[x] = at
        most = max(most, 1)
        low = y + ROW - 4
        first, *others = counts.items()
        path = f"M{first[0]} {low}V{low - first[1] * HIGH // most}"
        path += "".join(f"H{x}V{low - count * HIGH // most}" for x, count in others)
        look = LOOKS["succeeded"]
        self.add("path", d=f"{path}V{low}z", fill=look.fill, stroke=look.border)
        bad = sum(1 for bar in row.bars if bar.status not in ("succeeded", "running"))
        said = f"up to {most} at once" + (f", {bad} not succeeded" if bad else "")
        self._beside(min(counts), max(counts), low - 4, said, LOOKS["failed" if bad else "succeeded"])

    def _remark(self, row: Row, bars: list[Bar], middle: int) -> None:
        """How long, and what went wrong, beside the last bar."""
        bad = next((bar for bar in reversed(row.bars) if bar.status not in ("succeeded", "running")), None)
        last = bad or row.bars[-1]
        tries = sum(bar.tries for bar in row.bars)
        total = sum(bar.end - bar.start for bar in row.bars)
        said = []
        if row.kind == "item":
            names = dict.fromkeys(bar.state for bar in row.bars)
            named = all(map(self._names, row.bars))
            said += [bar_said(bad)] if bad else []
            said.append("" if named else " → ".join(filter(None, names)))
        else:
            said.append(_length(total) + (" in all" if len(row.bars) > 1 else "") if total else "")
            said.append(f"{tries} tries" if tries > len(row.bars) else "")
            said.append(bar_said(bad) if bad else "")
        said.append(f"{row.hidden} rows inside not drawn" if row.hidden else "")
        together = ", ".join(filter(None, said))
        if together:
            self._beside(self.scale.x(bars[0].start), self._reach(bars[-1]), middle + 4, together, LOOKS[last.status])

    def _beside(self, left: int, right: int, y: int, said: str, look: Look) -> None:
        colour = look.word if look is not LOOKS["succeeded"] else GREY
        right += 10 if look is LOOKS["running"] else 6
        room, before = WIDE - MARGIN // 2 - right, left - 6 - self.left
        turned = metrics.width(said, SMALL) > room and before > room
        said = metrics.cut(said, before if turned else room, SMALL)
        wide = metrics.width(said, SMALL)
        start = left - 6 - wide if turned else right
        if any(one.folded and start < one.right and one.left < start + wide for one in self.scale.stretches):
            self.add("rect", x=start - 2, y=y - 11, width=wide + 4, height=14, fill=CARD)  # no zigzag through words
        self.text(left - 6 if turned else right, y, said, colour, anchor="end" if turned else "")

    def legend(self, y: int) -> None:
        """What the signs in this picture mean."""
        x = self.left
        signs = {
            "wait": "waiting",
            "failed": "a try that failed",
            "fold": "time folded",
            "together": "how many at work",
        }
        for sign, said in signs.items():
            if sign not in self.used:
                continue
            if sign == "wait":
                self._hatch(x, y, 22, 12)
                self.add("rect", x=x, y=y, width=22, height=12, fill="none", stroke=RULE)
            elif sign == "failed":
                self.add("rect", x=x, y=y, width=22, height=12, fill=LOOKS["failed"].border)
                self._cross(x + 11, y + 6)
            elif sign == "fold":
                zigzag = "l-4 6l4 6"
                self.add("path", d=f"M{x + 10} {y}{zigzag}M{x + 16} {y}{zigzag}", stroke=GREY, fill="none")
            else:
                look = LOOKS["succeeded"]
                self.add("path", d=f"M{x} {y + 12}v-6h6v-6h8v4h8v8z", fill=look.fill, stroke=look.border)
            self.text(x + 28, y + 10, said, GREY)
            x += 28 + metrics.width(said, SMALL) + 24


def bar_said(bar: Bar) -> str:
    """What became of a visit that did not go well: "caught: task failed"."""
    return f"{bar.status}: {words.error(bar.error)}" if bar.error else bar.status


def _length(seconds: float) -> str:
    return f"{round(seconds * 1000)} ms" if 0 < seconds < 0.1 else words.duration(seconds)


def _label(row: Row) -> str:
    times = f" {TIMES}{len(row.bars)}" if row.kind == "state" and len(row.bars) > 1 else ""
    return ("+" if row.kind in ("rest", "more") else "") + row.label + times


def table(happened: Trace, rows: list[Row], name: str) -> str:
    """The timeline for a terminal: a line a row, its bar in letters."""
    lines = [pair for row in rows for pair in row.walk()]
    widest = min(max((2 * depth + len(_label(row)) for depth, row in lines), default=0), 48)
    total = max([happened.seconds, *(bar.end for _, row in lines for bar in row.bars)])
    written = [f"{name or 'execution'}: {trace.outcome(happened)}"]
    for depth, row in lines:
        label = words.shorten(_label(row), 48 - 2 * depth)
        start, lasted = row.bars[0].start, sum(bar.end - bar.start for bar in row.bars)
        long = "" if row.kind in ("item", "rest", "more") else words.duration(lasted)
        bad = next((f"  {bar_said(bar)}" for bar in row.bars if bar.status != "succeeded"), "")
        written.append(
            f"{start:9.1f} s  {'  ' * depth + label:<{widest}}  {long:>12}  |{_letters(row.bars, total)}|{bad}"
        )
    return "\n".join(written)


def _letters(bars: list[Bar], total: float) -> str:
    line = [" "] * TEXT_BAR
    stretches = [(bar.start, bar.end, "=") for bar in bars]
    signs = {"wait": ".", "failed": "x"}
    stretches += [(part.start, part.end, signs[part.kind]) for bar in bars for part in bar.parts]
    for start, end, sign in stretches:
        first = min(int(start / total * TEXT_BAR), TEXT_BAR - 1) if total else 0
        last = max(first + 1, round(end / total * TEXT_BAR)) if total else 1
        line[first:last] = [sign] * (min(last, TEXT_BAR) - first)
    return "".join(line)


def sentence(happened: Trace, rows: list[Row], name: str) -> str:
    """What the timeline shows, in one sentence."""
    states = [row for row in rows if row.kind == "state"]
    lasting = sorted(states, key=lambda row: -sum(bar.end - bar.start for bar in row.bars))[:3]
    longest = [f"{_label(row)} ({words.duration(sum(bar.end - bar.start for bar in row.bars))})" for row in lasting]
    bad = [f"{row.label} {bar_said(bar)}" for row in states for bar in row.bars[-1:] if bar.status != "succeeded"]
    text = f"Timeline of {name or 'an execution'}, which {_past(trace.outcome(happened))}"
    text += f"; most time went to {', '.join(longest)}" if longest else ""
    return text + (f"; {', '.join(bad[:3])}" if bad else "") + "."


def _past(outcome: str) -> str:
    return outcome if not outcome.startswith("running") else f"is {outcome}"
