"""The data lens as a page: one state after the other, each stage with what it changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from helpers.draw import history, page, trace, words
from helpers.draw.history import Event
from helpers.draw.lens import Seen, Stage, read
from helpers.draw.paths import UNKNOWN

MOST, LARGEST = 40, 60_000  # visits, letters
GOOD = ("succeeded", "running")
DISAGREES = "What is worked out here differs from what the history recorded: trust the output."


def told(definition: Mapping[str, Any], events: Iterable[Event], name: str, state: str) -> page.Page:
    """Each state's data on one of its visits, or one state's on all of them."""
    everything = list(events)
    visits: dict[str, list[Seen]] = {}
    for seen in read(definition, everything):
        visits.setdefault(seen.visit.state, []).append(seen)
    if state and state not in visits:
        missing = f'No visit of a state "{state}". States entered: {", ".join(visits) or "none"}.'
        return page.Page(f"<p>{page.said(missing)}</p>", missing)
    chosen = visits[state] if state else [_telling(same) for same in visits.values()]
    title = f"{name or 'execution'}: {trace.outcome(history.read(everything))}, the data of "
    title += f"{state}" if state else f"{len(chosen)} states"
    html, lines = [f"<p><b>{page.said(title)}</b></p>"], [title]
    for at, seen in enumerate(chosen):
        if at == MOST or sum(map(len, html)) > LARGEST:
            more = f"{len(chosen) - at} more: give state=… to see one state."
            html.append(f"<p>{page.said(more)}</p>")
            lines.append(more)
            break
        same = visits[seen.visit.state]
        heading = _heading(seen, next(at for at, other in enumerate(same) if other is seen), len(same))
        summary = f"<b>{page.said(seen.visit.state)}</b>{page.said(heading)}"
        html.append(page.folded(summary, "".join(_html(seen)), opened=len(chosen) == 1))
        lines += ["", seen.visit.state + heading, *(f"  {line}" for line in _text(seen))]
    return page.Page("".join(html), "\n".join(lines))


def _telling(same: list[Seen]) -> Seen:
    """The visit to show of a state: the first that did not go well, or else the last."""
    return next((seen for seen in same if seen.visit.status not in GOOD), same[-1])


def _heading(seen: Seen, at: int, of: int) -> str:
    told = [f" at {words.duration(round(seen.visit.entered, 1))}"]
    told += [f"item #{seen.item}"] if seen.item is not None and seen.visit.holder is not None else []
    told += [f"visit {at + 1} of {of}"] if of > 1 else []
    told += [seen.visit.status] if seen.visit.status not in GOOD else []
    fields = [stage.name for stage in seen.stages if stage.name not in ("result", "error")]
    return ", ".join(told) + (": " + ", ".join(fields) if fields else "")


def _html(seen: Seen) -> Iterator[str]:
    yield f"<p>input</p><pre>{page.said(_value(seen.input))}</pre>"
    for stage in seen.stages:
        how = "" if stage.recorded else " <i>worked out</i>"
        written = f" <code>{page.said(_written(stage))}</code>" if stage.says is not UNKNOWN else ""
        yield f"<p>{page.said(stage.name)}{written}{how}</p>{page.marked(_changes(stage))}"
    yield f"<p>output</p><pre>{page.said(_value(seen.output))}</pre>"
    if not seen.agrees:
        yield f"<p>{DISAGREES}</p>"


def _text(seen: Seen) -> Iterator[str]:
    yield f"input           {_line(seen.input)}"
    for stage in seen.stages:
        how = "" if stage.recorded else "  (worked out)"
        yield f"{stage.name:<14}  {_written(stage) if stage.says is not UNKNOWN else ''}{how}".rstrip()
        for sign, depth, line in _changes(stage):
            yield f"              {sign} {'  ' * depth}{line}"
    yield f"output          {_line(seen.output)}"
    if not seen.agrees:
        yield DISAGREES


def _changes(stage: Stage) -> list[page.Change]:
    if stage.after is UNKNOWN:
        return [(" ", 0, "not shown: the history does not record it")]
    if stage.before is UNKNOWN or stage.name in ("Arguments", "Parameters", "ItemSelector", "Output"):
        return [(" ", 0, line) for line in page.lines(stage.after)]
    return list(page.changes(stage.before, stage.after))


def _written(stage: Stage) -> str:
    return stage.says if isinstance(stage.says, str) else words.shorten(json.dumps(stage.says, ensure_ascii=False), 120)


def _value(value: Any) -> str:
    return "none" if value is UNKNOWN else "\n".join(f"  {line}" for line in page.lines(value))


def _line(value: Any) -> str:
    return "none" if value is UNKNOWN else page.short(value, 100)
