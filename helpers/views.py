"""Looking at workflows and executions: the graph, the timeline, the events, the data, and the graph as it goes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import draw
from helpers import costs, graphs, logs
from helpers.asking import Asking, history_of, runs_of
from helpers.attended import attended
from helpers.deploy import definition_of, execution_of, known_execution
from helpers.forking import fork
from helpers.inspector import Inspector, kept
from helpers.previews import Previews
from helpers.resources import Function
from helpers.review import Review
from helpers.session import current
from helpers.watching import follow


class Show:
    """Draws a workflow, or an execution with what happened in it: `show(what)` is the graph.

    An execution is what `run` returned, the ExecutionFailed that it raised, an execution's ARN, or the SDK's own from
    `workflow.execute(…)`.
    """

    def __call__(self, what: object, *, landscape: bool = False, children: bool = True) -> draw.Picture:
        """The graph of a workflow, or of an execution with what happened in it; child workflows are opened in it.

        Args:
            what: a Workflow (or a State, a Chain, or what else has a definition), or an execution.
            landscape: from left to right, for slides.
            children: open child workflows; without, a large parent fits a screen.
        """
        what = graphs.unwrapped(what)
        execution = execution_of(what)
        definition = execution.machine.definition if execution else definition_of(what)
        name = execution.machine.name if execution else str(getattr(what, "name", ""))
        events = execution.events if execution else None
        picture = draw.graph(definition, events, name=name, landscape=landscape, source=Asking(children=children))
        return kept(picture, definition, events, name)

    def timeline(self, execution: object, *, children: bool = True) -> draw.Picture:
        """When each state was at work, waited or failed; child executions stand inside the states that began them.

        Args:
            execution: see `show`.
            children: open child executions; without, a large parent fits a screen.
        """
        known = known_execution(execution)
        return draw.timeline(known.events, name=known.machine.name, children=_child if children else None, runs=runs_of)

    def events(self, execution: object, *, state: str = "", type: str = "") -> draw.Page:
        """The history as a table, its details on a click.

        Args:
            execution: see `show`.
            state: only what happened in this state.
            type: only events whose type has this in it: "Failed", "Task", "StateExited".
        """
        known = known_execution(execution)
        return draw.events(known.events, name=known.machine.name, state=state, type=type)

    def data(self, execution: object, *, state: str = "") -> draw.Page:
        """What each state did to its data, field by field, with previews of the objects in S3 that it names.

        The objects are shown as they are now, which may be later than the state.

        Args:
            execution: see `show`.
            state: this state alone, on every visit; else every state, on the visit that failed or the last.
        """
        known = known_execution(execution)
        look = Previews(current().client("s3"))
        return draw.data(known.machine.definition, known.events, name=known.machine.name, state=state, look=look)

    def logs(self, what: object) -> draw.Page:
        """What Lambda functions printed: one that `deploy` returned, or those that an execution called meanwhile."""
        if isinstance(what, Function):
            return logs.of_function(what.name)
        return logs.of_execution(known_execution(what).events)

    def inspector(self, execution: object) -> Inspector:
        """The graph to explore: choose a state to see each visit's input and output, play it event by event."""
        known = known_execution(execution)

        def forked(state: str, visit: int, input: Any) -> dict[str, Any]:
            new = fork(known, state, visit=visit, input=input)
            return draw.film(new.machine.definition, new.events, name=f"{new.machine.name}, forked")

        may_fork = forked if current().cloud is not None else None
        return Inspector(self(known), known.machine.definition, known.events, known.machine.name, may_fork)

    def compare(self, first: object, second: object, *, landscape: bool = False) -> draw.Page:
        """Two executions side by side, of one workflow or of two versions: where they part, and all that differs.

        Args:
            first, second: see `show`; or {"definition": …, "events": …}, as AWS's DescribeStateMachine and
                GetExecutionHistory give them, of an execution that was recorded elsewhere.
            landscape: graphs from left to right, one above the other.
        """
        sides = [_side(what, name) for what, name in ((first, _BOTH[0]), (second, _BOTH[1]))]
        if sides[0].name == sides[1].name:
            sides = [replace(side, name=which) for side, which in zip(sides, _BOTH, strict=True)]

        def cost(events: Iterable[Mapping[str, Any]]) -> float:
            return sum(costs.of_history(events).values())

        return draw.compare(*sides, landscape=landscape, cost=cost)

    def review(self, workflow: object) -> Review:
        """What the definition lets happen that nobody wants, without running it; its cost, and what its role needs.

        Args:
            workflow: see `show`; a definition will do.
        """
        workflow = graphs.unwrapped(workflow)
        return Review(json.loads(definition_of(workflow)), str(getattr(workflow, "name", "")))

    def flow(self, state: Any) -> draw.Picture:
        """How data flows through one state: what each of its fields from InputPath to OutputPath does.

        Args:
            state: one of the SDK, in JSONPath.
        """
        return draw.data_flow(state.to_dict(), name=state.state_id)

    def services(
        self, title: str, columns: Sequence[str], services: Sequence[Mapping[str, Any]], *, new: Collection[str] = ()
    ) -> draw.Picture:
        """Services in columns, and the data that flows between them: an architecture, which may grow.

        Args:
            title: a line at the top.
            columns: the heading of each column.
            services: each with name, does, icon, column, row and feeds (names); arrows to absent ones are left out.
            new: names of those that stand out.
        """
        return draw.services(title, columns, [draw.Service(**each) for each in services], new=new)

    def page(self) -> draw.Page:
        """Where all of this kernel's executions are shown as they run: a page for a second screen.

        Its address changes with each kernel, so it is told only where somebody can follow it. On AWS it is the console
        of Step Functions.
        """
        address = current().page
        if address is None:
            region = current().region
            return _link(f"https://{region}.console.aws.amazon.com/states/home?region={region}#/statemachines")
        if not attended():
            return draw.Page(
                "<p>/workshop, at the local cloud's address</p>", "/workshop, at the local cloud's address"
            )
        return _link(address)

    def live(self, execution: object) -> None:
        """The graph, drawn again in this cell whenever something happens, until the execution ends."""
        follow(known_execution(execution), watch=True)


show = Show()
_BOTH = ("first", "second")


def _link(address: str) -> draw.Page:
    return draw.Page(f'<a href="{address}" target="_blank" rel="noopener">{address}</a>', address)


def _side(what: object, name: str) -> draw.Side:
    if isinstance(what, Mapping):
        definition, events = what["definition"], list(what["events"])
        return draw.Side(str(what.get("name", name)), json.loads(definition_of(definition)), events)
    known = known_execution(what)
    return draw.Side(known.machine.name, json.loads(known.machine.definition), known.events, (known.arn, known.name))


def _child(arn: str) -> Iterable[Mapping[str, Any]] | None:
    """The history of a child execution; an Express one has none to ask for."""
    client = current().client("stepfunctions")
    try:
        return history_of(arn)
    except (client.exceptions.ExecutionDoesNotExist, client.exceptions.InvalidArn):
        return None
