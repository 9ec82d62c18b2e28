"""Portrait and landscape: which way a graph runs, and what follows for the sizes of states and labels.

The layout always thinks of a graph that runs down. For landscape it is given states and labels whose width and height
are exchanged, and what it returns is turned: so there is one layout, and its guarantees hold for both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from draw import folds, metrics
from draw.canvas import SMALL
from draw.model import Edge, Graph, Node
from draw.plan import HEADER, LABEL_LINE, NAME, STRIP, Box, Label, Plan

BESIDE_NAME = 44 + 36  # icon on the left, status on the right
PADDING, BETWEEN = 16, 24  # inside a box that holds others
BROADEST = 1300  # of scopes side by side
PILL = (64, 30)
COUNT = 26  # room for a count in a loop's label
TILE = 26  # an icon
CARD_SIDE = 11  # of a state in landscape: between its border and its words


@dataclass(frozen=True, slots=True)
class Form:
    """How a graph runs.

    Args:
        landscape: from left to right.
        widths: of plain states, the narrowest and the widest.
        label: how wide a label may be, and how many lines it may have.
        caught: the same for a catch's label.
        gap: between two rows of states, at least.
        feet: how far from a state's middle flow, catches and loops leave it at its foot.
    """

    landscape: bool
    widths: tuple[int, int]
    label: tuple[int, int]
    caught: tuple[int, int]
    gap: int
    feet: tuple[int, int, int]

    # Labels

    def lines(self, edge: Edge) -> tuple[str, ...]:
        """An edge's words, in as many lines as they take."""
        if not edge.labels:
            return ()
        widest, most = self.caught if edge.kind == "catch" else self.label
        return metrics.wrap(edge.label, widest, SMALL, lines=most)

    def extent(self, edge: Edge, counted: bool = False) -> tuple[int, int]:
        """What its words take across the edge's way and along it, with the space around them; 0 without words.

        Args:
            counted: there may be a count behind the words.
        """
        lines = self.lines(edge)
        if not lines and not counted:
            return 0, 0
        wide = max((metrics.width(line, SMALL, True) + 10 for line in lines), default=0) + COUNT * counted
        high = LABEL_LINE * max(1, len(lines)) + 6
        return (high, wide) if self.landscape else (wide, high)

    def beside(self, lines: tuple[str, ...], across: int, along: int, side: int) -> Label:
        """Words beside an edge, on one side of it."""
        if self.landscape:
            return Label(lines, across + side * (LABEL_LINE * len(lines) // 2 + 2), along, "middle", False)
        return Label(lines, across + 6 * side, along, "start" if side > 0 else "end", False)

    def at_exit(self, lines: tuple[str, ...], across: int, along: int, side: int) -> Label:
        """Words where a catch leaves a state's side: above its line, or right of it."""
        if self.landscape:
            return Label(lines, across + side * (LABEL_LINE * len(lines) // 2 + 5), along + 6, "start", False)
        return Label(lines, across + 8 * side, along - 9, "start" if side > 0 else "end", False)

    def at_foot(self, lines: tuple[str, ...], across: int, along: int, side: int) -> Label:
        """Words where a catch leaves a state's foot: beside its line."""
        if self.landscape:
            return Label(lines, across + 9 * side, along + 5, "start", False)
        return Label(lines, across + 5 * side, along + 17, "start" if side > 0 else "end", False)

    # States

    def boxes(self, graph: Graph, place: Callable[[Graph, Form, int], Plan], least: int) -> dict[str, Box]:
        """Every state with its size: one for all plain states of a scope, so that columns are tidy.

        Args:
            graph: the scope.
            place: what places the scopes inside.
            least: how wide a plain state is at least.
        """
        common = max(least, self._common(graph))
        boxes = {}
        for name, node in graph.nodes.items():
            if node.kind in ("Start", "End"):
                boxes[name] = Box(node, (node.kind,), *PILL)
            elif node.scopes:
                boxes[name] = self._holding(node, common, self._inside(node, place))
            elif self.landscape:
                lines = metrics.wrap(name, common - 2 * CARD_SIDE, NAME, True, 3)
                said = metrics.wrap(node.words, common - 2 * CARD_SIDE, SMALL, lines=2)
                boxes[name] = Box(node, lines, common, _card(len(lines), len(said)), said=len(said))
            else:
                lines = metrics.wrap(name, common - BESIDE_NAME, NAME, True, 3)
                boxes[name] = Box(node, lines, common, 46 + 16 * (len(lines) - 1))
        cards = [box for box in boxes.values() if box.said]
        tallest = max((box.h for box in cards), default=0)
        for box in cards:
            box.h = tallest
            while box.said < 3 and _card(len(box.name), box.said + 1) <= tallest:
                box.said += 1
        for box in boxes.values():
            box.port = HEADER // 2 if box.inner and not self.landscape else (box.w if self.landscape else box.h) // 2
        return boxes

    def _inside(self, node: Node, place: Callable[[Graph, Form, int], Plan]) -> list[Plan]:
        """The scopes of a state; in landscape they stand one below the other, and their states are equally wide."""
        least = max(self._common(scope) for scope in node.scopes) if self.landscape else 0
        plans = [place(scope, self, least) for scope in node.scopes]
        return [folds.fold(plan, folds.INSIDE) for plan in plans] if len(plans) == 1 else plans

    def _common(self, graph: Graph) -> int:
        low, high = self.widths
        plain = [node for node in graph.nodes.values() if node.kind not in ("Start", "End") and not node.scopes]
        if not self.landscape:
            said = [metrics.width(node.words, SMALL) for node in plain]
            said += [metrics.width(f"caught: {edge.label}", SMALL) for edge in graph.edges if edge.kind == "catch"]
            named = [metrics.width(node.name, NAME, True) for node in plain]
            return min(max([low, *(BESIDE_NAME + text for text in said + named)]), high) // 2 * 2 + 2
        for wide in range(low, high, 8):
            room = wide - 2 * CARD_SIDE
            if all(
                len(metrics.wrap(node.name, room, NAME, True, 9)) < 3
                and max(metrics.width(word, NAME, True) for word in [*node.name.split(), ""]) <= room
                and len(metrics.wrap(node.words, room, SMALL, lines=9)) < 3
                for node in plain
            ):
                return wide
        return high

    def _holding(self, node: Node, common: int, plans: list[Plan]) -> Box:
        """A Parallel, a Map, an opened child workflow: its scopes side by side, across the way they run."""
        head = HEADER + (STRIP if node.distributed else 0)
        sizes = [(plan.h, plan.w) if self.landscape else (plan.w, plan.h) for plan in plans]
        bands = _bands([across for across, _ in sizes])
        across = max(sum(sizes[at][0] for at in band) + BETWEEN * (len(band) - 1) for band in bands)
        along = sum(max(sizes[at][1] for at in band) for band in bands) + BETWEEN * (len(bands) - 1)
        w, h = (along, across) if self.landscape else (across, along)
        named = max(metrics.width(node.name, NAME, True), metrics.width(node.words, SMALL))
        wide = max(w + 2 * PADDING, common, min(BESIDE_NAME + COUNT + named, 300), 372 * node.distributed)
        wide += wide % 2
        left, top = (wide - w) // 2, head + PADDING
        box = Box(node, metrics.wrap(node.name, wide - BESIDE_NAME, NAME, True, 1), wide, top + PADDING + h + h % 2)

        def point(one: int, other: int) -> tuple[int, int]:
            return (left + other, top + one) if self.landscape else (left + one, top + other)

        low = 0
        for number, band in enumerate(bands):
            at, deep = 0, max(sizes[index][1] for index in band)
            if number:
                box.rules.append((point(0, low - BETWEEN // 2), point(across, low - BETWEEN // 2)))
            for index in band:
                if at:
                    box.rules.append((point(at - BETWEEN // 2, low), point(at - BETWEEN // 2, low + deep)))
                box.inner.append((*point(at, low), plans[index]))
                at += sizes[index][0] + BETWEEN
            low += deep + BETWEEN
        return box


def _bands(sizes: list[int]) -> list[list[int]]:
    """Which scopes stand side by side: all of them, unless that is more than a page can show."""
    bands: list[list[int]] = [[]]
    for index, size in enumerate(sizes):
        if bands[-1] and sum(sizes[at] + BETWEEN for at in bands[-1]) + size > BROADEST:
            bands.append([])
        bands[-1].append(index)
    return bands


def _card(name: int, said: int) -> int:
    """The height of a state in landscape, for so many lines of name and of words."""
    return (CARD_SIDE + TILE + 7 + 16 * name + 14 * said + 10) // 2 * 2


PORTRAIT = Form(False, (164, 264), (170, 2), (170, 1), 36, (20, 36, 24))
LANDSCAPE = Form(True, (112, 168), (104, 4), (84, 2), 32, (10, 18, 14))
