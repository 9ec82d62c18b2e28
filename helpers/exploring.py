"""`explore`: a workflow in a thousand worlds, with other things going wrong in each; what breaks it, in words."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from draw import page
from helpers import costs
from helpers.attended import attended
from helpers.deploy import machine_of
from helpers.errors import WorkshopError
from helpers.resources import Execution
from helpers.review import Place, cost_of, retries_of, walk
from helpers.session import current
from helpers.views import show


@dataclass(frozen=True, slots=True)
class Found:
    """A problem of a workflow.

    Attributes:
        state, error: where, and with which error it showed; "" for the execution as a whole.
        missing: what the definition lacks, in words.
        seed: of the world in which it showed first.
        faults: the fewest things that have to go wrong for it, in words.
        execution: that world, for `show` in all its forms.
    """

    state: str
    error: str
    missing: str
    seed: int
    faults: tuple[str, ...]
    execution: Execution


class Exploration(page.Page):
    """What `explore` gives. Displayed, it opens the first world that broke in the inspector.

    Attributes:
        found: each problem once; empty for a workflow that held.
    """

    def __init__(self, name: str, worlds: int, found: list[Found]) -> None:
        self.found = found
        held = f"held in all {worlds:,} worlds" if not found else f"breaks in {len(found)} ways, in {worlds:,} worlds"
        html, lines = [page.title(f"{name} {held}", "failed" if found else "succeeded")], [f"{name} {held}"]
        for each in found:
            takes = "; ".join(each.faults)
            head = f"<b>{page.said(each.missing)}</b>{page.chip(takes, page.GONE)}"
            inside = page.part("World", f"seed {each.seed}", page.pre(page.said(repr(each.execution))))
            html.append(page.folded(head, inside, "failed"))
            lines += [f"- {each.missing}", f"  when: {takes} (seed {each.seed})"]
        super().__init__(page.tagged("div", "".join(html), "max-width:1000px;font-size:13px"), "\n".join(lines))

    def _ipython_display_(self) -> None:
        from IPython import display

        give: Any = display.display
        give(self._repr_mimebundle_(), raw=True)
        if self.found and attended():
            give(show.inspector(self.found[0].execution))


def explore(
    workflow: object,
    input: Any = None,
    *,
    faults: Collection[str] | None = None,
    seeds: int = 1000,
    answers: Mapping[str, Any] | None = None,
    within: float | None = None,
    max_usd: float | None = None,
) -> Exploration:
    """Runs a deployed workflow in many worlds, each with other faults, on the local cloud's virtual time.

    First each fault by itself, then two and three together: throttled, timed out, lost callback, delivered twice,
    killed, slow, partial batch. What breaks the workflow (it fails, waits for ever, does something twice, loses
    something, takes too long, costs too much) is cut down to the fewest faults and kept as an execution. What the
    workflow calls is really called once; later worlds remember the answer. A seed is the same world every time. On AWS
    nothing is explored, and it says so.

    Args:
        workflow: an SDK Workflow that was deployed, or what `deploy` returned.
        input: a JSON value.
        faults: some of those above; None for all.
        seeds: how many worlds.
        answers: what the callbacks and activities bring, by state.
        within: virtual seconds that it may take.
        max_usd: dollars that it may cost on AWS, its transitions and calls at list prices (`costs.AS_OF`).

    Raises:
        WorkshopError: it fails where nothing goes wrong, or is not deployed; or there is no such fault.
    """
    session = current()
    machine = machine_of(workflow)
    request = {"stateMachineArn": machine.arn, "input": json.dumps({} if input is None else input), "seeds": seeds}
    places = {place.name: place for place in walk(json.loads(machine.definition))}
    limits = {"seconds": within, "dollars": max_usd, "prices": {"": costs.TRANSITION} | _prices(places.values())}
    request |= {"kinds": list(faults) if faults is not None else None, "answers": answers, "limits": limits}
    if session.cloud is None:
        print("On AWS nothing is explored: a thousand worlds would be paid for.")
        return Exploration(machine.name, 0, [])
    with session.alive():
        try:
            answer = session.cloud.explore(**request)
        except ValueError as problem:
            raise WorkshopError(str(problem)) from None
    if answer["calm"] != "SUCCEEDED":
        raise WorkshopError(
            f"Where nothing goes wrong, the workflow ends {answer['calm']} ({answer['error']}). Mend that first; of a "
            'state that waits for a callback, say what comes: explore(…, answers={"Ask": {…}}).'
        )
    found = [
        Found(
            each["state"],
            each["error"],
            _missing(each, places.get(each["state"])),
            each["seed"],
            tuple(f"call {number} of '{state}' is {_said(kind)}" for state, number, kind in each["faults"]),
            Execution(each["executionArn"], machine),
        )
        for each in answer["found"]
    ]
    return Exploration(machine.name, answer["worlds"], found)


def _prices(places: Iterable[Place]) -> dict[str, float]:
    """Dollars of a call, by its Resource."""
    tasks = {str(place.state["Resource"]): place for place in places if place.call}
    return {resource: sum(cost_of(place.state).values()) - costs.TRANSITION for resource, place in tasks.items()}


def _said(kind: str) -> str:
    words = {"lost callback": "never answered", "partial batch": "done in part", "timed out": "not answered"}
    words["delivered twice"] = "done, and its answer lost"
    return words.get(kind, kind)


def _missing(found: Mapping[str, Any], place: Place | None) -> str:
    """What the definition lacks, so that this could happen."""
    state, error, kinds = found["state"], found["error"], {kind for _, _, kind in found["faults"]}
    if found["kind"] == "costs too much":
        return "costs more than it may"
    if found["kind"] == "takes too long" or place is None:
        return "takes longer than it may"
    if found["kind"] == "waits for ever":
        return f"no TimeoutSeconds or HeartbeatSeconds at '{state}', and nobody answers"
    if found["kind"] == "does twice":
        return f"'{state}' is tried again and does its work twice: it is not idempotent"
    if found["kind"] == "loses":
        part = "looks at what was left undone" if "partial batch" in kinds else "does what was to be done"
        return f"the workflow succeeds, and nothing {part} at '{state}'"
    most = retries_of(place, error)
    if most:
        return f"Retry on {error} at '{state}' gives up after {most} {'try' if most == 1 else 'tries'}"
    return f"no Retry on {error} at '{state}'" + ("" if place.state.get("Catch") else ", and no Catch")
