"""The data lens as a page: one state after the other, each stage with what it changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from draw import history, page, paths, trace, values, words
from draw.history import Event
from draw.lens import Seen, Stage, read
from draw.objects import MOST as MOST_OBJECTS
from draw.objects import Box, Place, boxes, named
from draw.paths import UNKNOWN
from draw.previews import Look, Preview, captioned, figure
from draw.values import Line

MOST, LARGEST = 40, 60_000  # states, letters of HTML
FIGURES, MOST_FIGURES = 70_000, 24  # letters of HTML that previews may take, and how many objects are looked at
FEW = 3  # states that are all open
GOOD = ("succeeded", "running")
DISAGREES = "What is worked out here differs from what the history recorded: trust the output."
NOT_SHOWN = "not shown: the history does not record it"
ENDINGS = {"running": "none yet: the state has not ended", "caught": "none"}
# The fields whose result is the output, the last of them in a state; what they did is shown as the output.
LAST = ("ResultPath", "OutputPath", "Output", "Catch")
CHIPS = {"+": page.NEW, "~": page.TAKEN, "-": page.GONE}

Figures = list[tuple[Place, Preview, list[Box]]]


def page_of(
    definition: Mapping[str, Any], events: Iterable[Event], name: str, state: str, look: Look | None = None
) -> page.Page:
    """Each state's data on one of its visits, or one state's on all of them, with previews of the objects in S3."""
    everything = list(events)
    visits: dict[str, list[Seen]] = {}
    for seen in read(definition, everything):
        visits.setdefault(seen.visit.state, []).append(seen)
    if state and state not in visits:
        missing = f'No visit of a state "{state}". States entered: {", ".join(visits) or "none"}.'
        return page.Page(f"<p>{page.said(missing)}</p>", missing)
    chosen = visits[state] if state else [_telling(same) for same in visits.values()]
    happened = history.read(everything)
    title = f"{name or 'execution'}: {trace.outcome(happened)}, the data of "
    title += f"{state}" if state else f"{len(chosen)} state{'s' if len(chosen) != 1 else ''}"
    html, lines = [page.title(title, happened.status, _legend())], [title]
    shelf = _Shelf(look)
    for at, seen in enumerate(chosen):
        if at == MOST or sum(map(len, html)) - shelf.size > LARGEST:
            more = f"{len(chosen) - at} more: give state=… to see one state."
            html.append(page.words(more))
            lines.append(more)
            break
        same = visits[seen.visit.state]
        about = _about(seen, next(at for at, other in enumerate(same) if other is seen), len(same))
        figures = shelf.take(seen)
        opened = len(chosen) <= FEW or seen.visit.status not in GOOD
        summary = f"{page.badge(seen.visit.status)} <b>{page.said(seen.visit.state)}</b> {_aside(seen, about)}"
        # What there is to see stands in the part of a card that is never folded: on paper and GitHub nobody clicks.
        strip = "".join(figure(*shown) for shown in figures if shown[1].shows)
        strip = page.tagged("div", strip, "margin:6px 0 0 36px") if strip else ""
        inside = "".join(_html(seen, [shown for shown in figures if not shown[1].shows]))
        html.append(page.folded(summary + _chips(seen) + strip, inside, seen.visit.status, seen.visit.depth, opened))
        lines += ["", f"{seen.visit.state} {about}", *(f"  {line}".rstrip() for line in _text(seen, figures))]
    return page.Page(page.tagged("div", "".join(html), "max-width:1000px;font-size:13px"), "\n".join(lines))


class _Shelf:
    """The previews of a page: each once, and no more than there is room for."""

    def __init__(self, look: Look | None) -> None:
        self.look, self.size = look, 0
        self.shown: set[tuple[Place, int]] = set()
        self.looked_at: set[Place] = set()

    def take(self, seen: Seen) -> Figures:
        """The objects that a state was the first to name, and those that it found something on."""
        if self.look is None:
            return []
        found = boxes(seen.result)
        first = named(seen.asked, seen.input)
        taken: Figures = []
        for at, place in enumerate(dict.fromkeys([*first, *named(seen.output, seen.result)])):
            on_it = found if at == 0 and first else []
            enough = len(taken) == MOST_OBJECTS or self.size > FIGURES or len(self.looked_at) == MOST_FIGURES
            if (place, len(on_it)) in self.shown or enough:
                continue
            self.looked_at.add(place)
            preview = self.look(place.bucket, place.key)
            self.shown |= {(place, len(on_it)), (place, 0)}
            taken.append((place, preview, on_it))
            self.size += len(figure(place, preview, on_it))
        return taken


def _telling(same: list[Seen]) -> Seen:
    """The visit to show of a state: the first that did not go well, or else the last."""
    return next((seen for seen in same if seen.visit.status not in GOOD), same[-1])


def _about(seen: Seen, at: int, of: int) -> str:
    facts = [f"at {words.duration(seen.visit.entered)}"]
    in_map = seen.visit.holder is not None and seen.visit.holder.kind == "Map"
    facts += [f"item #{seen.item}"] if seen.item is not None and in_map else []
    facts += [f"visit {at + 1} of {of}"] if of > 1 else []
    facts += [f"{seen.visit.tries} tries"] if seen.visit.tries > 1 and seen.visit.kind == "Task" else []
    facts += [seen.visit.status] if seen.visit.status not in GOOD else []
    return ", ".join(facts)


def _aside(seen: Seen, about: str) -> str:
    does = words.state(seen.state) if seen.state.get("Type") else seen.visit.kind
    return page.tagged("span", page.said(f"{does}, {about}"), f"{page.FAINT};font-size:12px")


def _chips(seen: Seen) -> str:
    """What a state changed, in names, so that a closed card tells it too."""
    if seen.visit.error and seen.visit.status not in GOOD:
        message = f" {words.shorten(values.why(seen.visit.cause), 80)}" if seen.visit.cause else ""
        error = page.chip(f"{page.GLYPHS['failed']} {words.error(seen.visit.error)}", page.GONE)
        return error + page.tagged("span", page.said(message), "font-size:12px")
    if seen.output is UNKNOWN:
        return ""
    if seen.visit.kind == "Choice":
        return "".join(page.chip(f"→ {stage.after}", page.TAKEN) for stage in seen.stages if stage.kind == "choice")
    changed = values.difference(seen.input, seen.output)
    if changed == [("~", "")]:
        return page.chip(f"→ {values.short(seen.output, 40)}", page.NEW)
    kept = [page.chip(f"{_sign(sign)} {words.shorten(name, 24)}", CHIPS[sign]) for sign, name in changed[:5]]
    return "".join(kept) + (page.chip(f"{len(changed) - 5} more", page.TAKEN) if len(changed) > 5 else "")


def _sign(sign: str) -> str:
    return "\N{MINUS SIGN}" if sign == "-" else sign


def _legend() -> str:
    signs = (("+ new", page.NEW), ("\N{MINUS SIGN} gone", page.GONE), ("\N{LEFTWARDS ARROW} taken from", page.TAKEN))
    return "".join(page.chip(said, colour) for said, colour in signs)


def _html(seen: Seen, unseen: Figures) -> Iterator[str]:
    yield page.part("Input", "", page.marked(values.lines(seen.input)) if seen.input is not UNKNOWN else "")
    if unseen:
        yield page.part("In S3", "", "".join(figure(*shown) for shown in unseen))
    last = _last(seen)
    for stage in seen.stages:
        if stage is not last:
            how = "" if stage.recorded or stage.after is UNKNOWN else " (worked out)"
            yield page.part(stage.name, _says(stage) + how, _shown(stage))
    if last is not None:
        by = f"{last.name} {_says(last)}" if last.name != "Output" else ""
        yield page.part("Output", by, _shown(last))
    else:
        yield page.part("Output", "", _output(seen))
    if not seen.agrees:
        yield page.words(DISAGREES)


def _shown(stage: Stage) -> str:
    if stage.kind == "tries":
        failed = [Line("x", 0, f"{at}  {_problem(error)}") for at, error in enumerate(stage.after, 1)]
        return page.marked(failed)
    if stage.kind == "error":
        return page.marked(_error(stage.after))
    if stage.kind == "choice":
        return page.pre(page.said(f"→ {stage.after}"))
    if stage.after is UNKNOWN:
        written = page.marked(values.lines(stage.says)) if stage.kind == "template" else ""
        return written + page.words(NOT_SHOWN)
    return page.marked(_lines(stage), faint=stage.kind in ("place", "variables"))


def _lines(stage: Stage) -> list[Line]:
    if stage.kind == "pick" and stage.before is not UNKNOWN:
        return values.picked(stage.before, paths.steps(str(stage.says)), stage.after)
    if stage.kind in ("place", "variables") and stage.before is not UNKNOWN:
        return values.changes(stage.before, stage.after) if stage.before else _all_new(stage.after)
    if stage.kind == "template" and stage.name == "Output" and isinstance(stage.says, str):
        return [*values.expression(stage.says), *values.changes(stage.before, stage.after)]
    if stage.kind == "template":
        return values.lines(stage.after, stage.says)
    return values.lines(stage.after)


def _all_new(value: Any) -> list[Line]:
    return [Line("+", line.depth, line.text) for line in values.lines(value)]


def _error(error: Mapping[str, Any]) -> list[Line]:
    first = Line("x", 0, _problem(error))
    return [first, *values.lines(error["Cause"])] if isinstance(error["Cause"], dict) else [first]


def _problem(error: Mapping[str, Any]) -> str:
    return f"{error['Error']}: {values.why(error['Cause'])}" if error["Cause"] else str(error["Error"])


def _says(stage: Stage) -> str:
    """What a field says, where that is short and not told line by line."""
    if stage.says is UNKNOWN or stage.kind in ("template", "variables", "tries"):
        return ""
    if stage.name == "Catch":
        caught = words.errors(list(stage.says.get("ErrorEquals", []))) if stage.says else ""
        return f"{caught} {stage.says.get('ResultPath', '') or ''}".strip()
    return stage.says if isinstance(stage.says, str) else words.shorten(json.dumps(stage.says), 80)


def _last(seen: Seen) -> Stage | None:
    """The stage whose result is the output."""
    fitting = [stage for stage in seen.stages if stage.name in LAST and seen.output is not UNKNOWN]
    return fitting[-1] if fitting and fitting[-1].after is not UNKNOWN else None


def _output(seen: Seen) -> str:
    """The output of a state that has no field for it."""
    if seen.output is UNKNOWN:
        return page.words(ENDINGS.get(seen.visit.status, f"none: the state {seen.visit.status}"))
    if not values.difference(seen.input, seen.output):
        return page.words("the same as the input")
    if seen.result is not UNKNOWN and not values.difference(seen.result, seen.output):
        return page.words("the same as the result")
    return page.marked(values.changes(seen.input, seen.output), faint=True)


def _text(seen: Seen, figures: Figures) -> Iterator[str]:
    yield f"{'Input':<14}  {values.short(seen.input, 100) if seen.input is not UNKNOWN else 'none'}"
    yield from (f"{'In S3':<14}  {captioned(*shown)}" for shown in figures)
    for stage in seen.stages:
        how = "" if stage.recorded else "  (worked out)"
        yield f"{stage.name:<14}  {_says(stage)}{how}".rstrip()
        if stage.kind == "tries":
            yield from (f"{'':16}x {_problem(failed)}" for failed in stage.after)
        elif stage.kind == "error":
            yield from (f"{'':14}{line}" for line in _error(stage.after))
        elif stage.after is UNKNOWN or stage.kind == "choice":
            yield f"{'':16}{NOT_SHOWN if stage.after is UNKNOWN else stage.after}"
        else:
            yield from (f"{'':14}{line}" for line in _lines(stage))
    yield f"{'Output':<14}  {values.short(seen.output, 100) if seen.output is not UNKNOWN else 'none'}"
    if not seen.agrees:
        yield DISAGREES
