"""Two executions side by side: where they part, and what each state did otherwise. Definition and history suffice.

A visit of one execution belongs to the visit of the other that has the same state, in the same item of the same Map,
and as many visits of that state before it. What differs from run to run and means nothing (the SDK's wrapping around
answers, the execution's own name) does not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

from draw import history, page, rows, trace, values, words
from draw.canvas import CARD, INK, LOOKS, Canvas, tag
from draw.history import Event, RecordedVisit
from draw.model import END, START

Json = dict[str, Any]
#: Where a visit stands: for the states around it and itself, the item of the Map around, the name, which visit it is.
Key = tuple[tuple[int | None, str, int], ...]

NOTHING = object()  # a value that one side does not have
GAP, STEP, LONGEST = 24, 0.4, 4.8  # pixels between the pictures; seconds a state, and in all
MOST = 4  # differences that are shown in full: the table names the others
FIRST, OTHER, PLAYED = LOOKS["failed"].border, LOOKS["caught"].border, LOOKS["running"].border
FACETS = ("input", "tries", "error", "output", "variables", "status", "next")


@dataclass(frozen=True)
class Side:
    """One of the two.

    Args:
        name: what to call it.
        definition: the state machine's.
        events: the execution's history so far.
        own: what only this execution is called: its ARN and name.
    """

    name: str
    definition: Mapping[str, Any]
    events: Sequence[Event]
    own: tuple[str, ...] = ()

    @cached_property
    def trace(self) -> history.Trace:
        """What happened."""
        return history.read(self.events)

    @cached_property
    def states(self) -> dict[str, Json]:
        """Every state's own fields, without the states that it holds."""
        return dict(_states(self.definition))

    @cached_property
    def visits(self) -> dict[Key, RecordedVisit]:
        """By where they stand, in the order of entry."""
        by_id = {int(event["id"]): event for event in self.events}
        item, keys = rows.items(self.trace, by_id), dict[int, Key]()
        counts: Counter[Key] = Counter()
        found: dict[Key, RecordedVisit] = {}
        for visit in self.trace.visits:
            inside = visit.holder is not None and visit.holder.kind == "Map"
            around = keys[id(visit.holder)] if visit.holder is not None else ()
            place = (item.get(id(visit)) if inside else None, visit.state)
            counts[(*around, (*place, 0))] += 1
            key = keys[id(visit)] = (*around, (*place, counts[(*around, (*place, 0))]))
            found[key] = visit
        return found

    @cached_property
    def facts(self) -> dict[Key, Json]:
        """What is compared of each visit."""
        by_id = {int(event["id"]): event for event in self.events}
        key_of = {number: key for key, visit in self.visits.items() for number in visit.events}
        found: dict[Key, Json] = {}
        for key, visit in self.visits.items():
            said = {"status": visit.status, "tries": visit.tries}
            if visit.error is not None and visit.status != "succeeded":
                said["error"] = f"{visit.error}: {values.why(visit.cause)}"
            for event in (by_id[number] for number in visit.events):
                details = history.details(event)
                if str(event["type"]).endswith("StateEntered"):
                    said["input"] = self._clean(values.value_of(str(details.get("input", "null"))))
                    before = key_of.get(int(event.get("previousEventId", 0)))
                    if before is not None and before[:-1] == key[:-1]:
                        found[before]["next"] = visit.state
                elif str(event["type"]).endswith("StateExited"):
                    said["output"] = self._clean(values.value_of(str(details.get("output", "null"))))
                    given = details.get("assignedVariables") or {}
                    said |= {"variables": {name: values.value_of(str(text)) for name, text in given.items()}}
            found[key] = said
        return found

    def _clean(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._clean(inner) for name, inner in value.items() if name not in values.NOISE}
        if isinstance(value, list):
            return [self._clean(inner) for inner in value]
        if isinstance(value, str):
            for own in self.own:
                value = value.replace(own, "(this execution)")
        return value


@dataclass(frozen=True)
class Difference:
    """Something that the two did otherwise.

    Args:
        key: where.
        what: "input", "tries", "error", "output", "variables", "status", "next" (the state after it); or "visit", which
            only one of them has; or "definition" of the state, which no execution has to have entered.
        first, second: the two values; NOTHING where there is none.
    """

    key: Key
    what: str
    first: Any = field(default=NOTHING)
    second: Any = field(default=NOTHING)

    @property
    def state(self) -> str:
        """Its name."""
        return self.key[-1][1]

    @property
    def where(self) -> str:
        """The state, and which item and which visit it was."""
        _, name, number = self.key[-1]
        items = [f"item {each[0]}" for each in self.key if each[0] is not None]
        return ", ".join([name, *items, *([f"visit {number}"] if number > 1 else [])])

    @property
    def lines(self) -> list[values.Line]:
        """The difference as lines gone and lines new."""
        if self.what == "visit":
            return [values.Line("-" if self.second is NOTHING else "+", 0, "entered")]
        if NOTHING in (self.first, self.second):
            sign, value = ("+", self.second) if self.first is NOTHING else ("-", self.first)
            return [values.Line(sign, line.depth, line.text) for line in values.lines(value)]
        return values.changes(self.first, self.second)


def differences(first: Side, second: Side) -> list[Difference]:
    """All that differs between visits, in the order in which it came about; the first is where the two part."""
    visits = second.visits | first.visits
    found = []
    for key, visit in visits.items():
        one, other = first.facts.get(key), second.facts.get(key)
        if one is None or other is None:
            around = key[:-1]
            if not around or (around in first.visits and around in second.visits):
                found.append((visit.events[0], Difference(key, "visit", one or NOTHING, other or NOTHING)))
            continue
        for what in FACETS:
            a, b = one.get(what, NOTHING), other.get(what, NOTHING)
            if a is not b and (NOTHING in (a, b) or values.difference(a, b)):
                # What a state got is known when it is entered, all else when it is left: a Map's output comes last.
                found.append((visit.events[0 if what == "input" else -1], Difference(key, what, a, b)))
    return [each for _, each in sorted(found, key=lambda pair: pair[0])]


def changed(first: Side, second: Side) -> list[Difference]:
    """The states whose own fields differ, or that only one definition has."""
    found = []
    for name in [*first.states, *(name for name in second.states if name not in first.states)]:
        a, b = first.states.get(name, NOTHING), second.states.get(name, NOTHING)
        if NOTHING in (a, b) or values.difference(a, b):
            found.append(Difference(((None, name, 1),), "definition", a, b))
    return found


def page_of(
    sides: tuple[Side, Side], picture: Callable[[str], str], cost: Callable[[Iterable[Event]], float] | None
) -> tuple[str, str]:
    """The page of two executions, as HTML and as text.

    Args:
        picture: makes HTML of the two graphs, given what they show in a sentence.
        cost: of some events of an execution, in dollars.
    """
    first, second = sides
    found, definitions = differences(*sides), changed(*sides)
    title = f"{first.name} and {second.name}: {_count(len(found))}"
    same = not found and not definitions
    html = [page.title(title, "succeeded" if same else "caught", _legend(*sides)), picture(_sentence(title, found))]
    text = [title, f"- {first.name}: {trace.outcome(first.trace)}", f"+ {second.name}: {trace.outcome(second.trace)}"]
    shown = [*found[:MOST], *definitions]
    cards = []
    for where, group in groupby(
        shown, key=lambda each: (each.where, each.what == "definition", bool(found) and each is found[0])
    ):
        several = list(group)
        chips = "".join(page.chip(each.what, page.GONE if where[2] else page.TAKEN) for each in several)
        inside = "".join(page.part(each.what, "", page.marked(each.lines, faint=True)) for each in several)
        head = f"<b>{'First: ' if where[2] else ''}{page.said(where[0])}</b>{chips}"
        cards.append(page.folded(head, inside, "caught" if where[2] else "succeeded", opened=where[2]))
        for each in several:
            text += ["", f"{'first: ' if where[2] else ''}{each.where}: {each.what}", *map(str, each.lines)]
    if len(found) > MOST:
        more = len(found) - MOST
        rest = f"{more} more differences follow from these." if more > 1 else "One more difference follows from these."
        cards.append(page.words(rest))
        text += ["", rest]
    table = list(_table(sides, found, definitions, cost))
    cells = [page.cells("th" if at == 0 else "td", *map(page.said, row)) for at, row in enumerate(table)]
    html += [*cards[:1], page.tagged("div", page.table(*cells, wide=True), "margin:10px 0"), *cards[1:]]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    text += ["", *("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)]
    return page.tagged("div", "".join(html), "max-width:1000px;font-size:13px"), "\n".join(text)


def _table(
    sides: tuple[Side, Side],
    found: list[Difference],
    definitions: list[Difference],
    cost: Callable[[Iterable[Event]], float] | None,
) -> Iterable[tuple[str, ...]]:
    """Of each state how often it was visited, how long in all, and what differs."""
    first, second = sides
    yield ("State", first.name, second.name, "Time", "Cost", "Differs in")
    names = dict.fromkeys([each.state for side in sides for each in side.visits.values()])
    for name in [*names, *(each.state for each in definitions if each.state not in names)]:
        times, dollars, said = [], [], []
        for side in sides:
            visits = [visit for visit in side.visits.values() if visit.state == name]
            times.append(sum((visit.left or side.trace.seconds) - visit.entered for visit in visits))
            events = {number for visit in visits for number in visit.events}
            dollars.append(cost(event for event in side.events if event["id"] in events) if cost else 0.0)
            often = f" in {len(visits)} visits" if len(visits) > 1 else ""
            absent = "\N{EN DASH}" if name in side.states else "not in it"
            said.append(f"{words.duration(times[-1])}{often}" if visits else absent)
        whats = dict.fromkeys(each.what for each in [*found, *definitions] if each.state == name)
        time, spent = times[1] - times[0], 1000 * (dollars[1] - dollars[0])
        yield (
            name,
            *said,
            _signed(time, words.duration(abs(time))) if abs(time) >= 0.05 else "",
            _signed(spent, f"${abs(spent):.3f} a thousand") if abs(spent) >= 0.0005 else "",
            ", ".join(whats),
        )


def svg(
    sides: tuple[Side, Side], drawn: list[tuple[str, int, int]], placed: list[Json], stacked: bool
) -> tuple[str, int, int]:
    """Both graphs in one picture, that lights the states one after the other up to where the two part.

    Args:
        drawn: each graph as SVG, its width and its height.
        placed: where its states stand: left, top, width, height.
        stacked: one above the other, else side by side.
    """
    found, canvas = differences(*sides), Canvas()
    first_state = found[0].state if found else ""
    others = {each.state for each in found[1:]} | {each.state for each in changed(*sides)}
    wide = max(each[1] for each in drawn) if stacked else sum(each[1] for each in drawn) + GAP
    high = sum(each[2] for each in drawn) + GAP if stacked else max(each[2] for each in drawn)
    x = y = 0
    for side, other, (picture, width, height), places in zip(sides, reversed(sides), drawn, placed, strict=True):
        inner = Canvas()
        inner.parts.append(picture)
        steps = [key[-1][1] for key in side.visits if key[-1][1] in places]
        steps = [name for name, _ in groupby(steps)]
        if first_state in steps:
            steps = steps[: steps.index(first_state) + 1]
        pace = min(STEP, LONGEST / max(1, len(steps)))
        for at, name in enumerate(steps):
            _ring(inner, places[name], PLAYED, "", begin=at * pace, lasts=pace)
        for name, place in places.items():
            if name in (START, END):
                continue
            if name == first_state:
                _ring(inner, place, FIRST, "first difference")
            elif name not in other.states:
                _ring(inner, place, OTHER, "only here")
            elif name in others:
                _ring(inner, place, OTHER, "\N{NOT EQUAL TO}")
        canvas.add("g", "".join(inner.parts), transform=f"translate({x} {y})")
        x, y = (0, y + height + GAP) if stacked else (x + width + GAP, 0)
    return canvas.document(wide, high), wide, high


def _ring(
    canvas: Canvas, place: tuple[int, int, int, int], colour: str, said: str, begin: float = 0, lasts: float = 0
) -> None:
    """A frame around a state, with words on its upper edge; or one that is there for a moment only."""
    left, top, width, height = place
    frame = {"x": left - 5, "y": top - 5, "width": width + 10, "height": height + 10, "rx": 12}
    if lasts:
        moves = {"begin": f"{begin:.2f}s", "dur": f"{lasts:.2f}s", "values": "0;1;1;0"}
        moving = tag("animate", attributeName="opacity", **moves)
        canvas.add("rect", moving, **frame, fill="none", stroke=colour, stroke_width=5, opacity=0)
        return
    strong = said == "first difference"
    dashes = "2 4" if said == "only here" else None
    canvas.add("rect", **frame, fill="none", stroke=colour, stroke_width=4 if strong else 2.5, stroke_dasharray=dashes)
    wide = 8 + round(6.2 * len(said))
    canvas.add(
        "rect", x=left + 8, y=top - 14, width=wide, height=17, rx=8, fill=colour if strong else CARD, stroke=colour
    )
    canvas.text(left + 8 + wide // 2, top - 2, said, "#fff" if strong else INK, bold=strong, anchor="middle")


def _states(machine: Mapping[str, Any]) -> Iterable[tuple[str, Json]]:
    for name, state in machine.get("States", {}).items():
        yield name, {key: value for key, value in state.items() if key not in ("Branches", "ItemProcessor", "Iterator")}
        processor = state.get("ItemProcessor") or state.get("Iterator")
        for inner in [*state.get("Branches", []), *([processor] if processor else [])]:
            yield from _states(inner)


def _count(number: int) -> str:
    return "no difference" if number == 0 else f"{number} difference{'s' if number > 1 else ''}"


def _signed(number: float, said: str) -> str:
    return f"+{said}" if number > 0 else f"\N{MINUS SIGN}{said}"


def _sentence(title: str, found: list[Difference]) -> str:
    """What the picture shows, for those who hear it."""
    return f"{title}; the first at {found[0].where}, in its {found[0].what}." if found else f"{title}."


def _legend(first: Side, second: Side) -> str:
    said = ((f"\N{MINUS SIGN} {first.name}", page.GONE), (f"+ {second.name}", page.NEW))
    outcomes = f" {trace.outcome(first.trace)}; {trace.outcome(second.trace)}"
    return "".join(page.chip(words.shorten(text, 60), colour) for text, colour in said) + page.said(outcomes)
