"""`fork`: an execution goes on from a moment of its past, with something changed, beside the one that it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from draw import history
from helpers.deploy import definition_of, deploy, known_execution
from helpers.errors import WorkshopError
from helpers.resources import Execution, StateMachine
from helpers.session import current
from helpers.watching import follow

KEPT: Any = object()  # what is not changed


def fork(
    execution: object,
    state: str,
    *,
    visit: int | None = None,
    input: Any = KEPT,
    variables: Mapping[str, Any] | None = None,
    result: Any = KEPT,
    workflow: object = None,
) -> Execution:
    """Goes on from a visit of a state in a new execution, in the local cloud; waits until it ends, however it ends.

    What came before is kept and not done again: no task before it is called, and its time is not waited for. What comes
    after really runs. Without a change the new history is the old one, but for the execution's name. On AWS nothing is
    forked, and it says so.

    Args:
        execution: see `show`; or {"definition": …, "events": …} of one that was recorded elsewhere, on AWS.
        state: where.
        visit: which visit of it, 1 for the first, counted over all items of a Map; None for the last.
        input: the state's new input, a JSON value.
        variables: variables with new values, from there on.
        result: what its task brings, in place of how its last try ended. The task is not called.
        workflow: whose definition is followed from there on.

    Raises:
        WorkshopError: it cannot be forked there; the message says why.
    """
    session = current()
    if session.cloud is None:
        print("On AWS nothing is forked: this is the execution as it was.")
        return known_execution(execution)
    request: dict[str, Any] = {"state": state, "visit": visit, "variables": variables}
    request |= {"input": input} if input is not KEPT else {}
    request |= {"result": result} if result is not KEPT else {}
    if isinstance(execution, Mapping):
        machine = deploy(json.loads(definition_of(execution["definition"])), "workshop-recorded")
        events = [{**each, "timestamp": history.seconds(each["timestamp"])} for each in execution["events"]]
        arn = machine.arn.replace(":stateMachine:", ":execution:") + ":recorded"
        request |= {"stateMachineArn": machine.arn, "events": events, "executionArn": arn}
    else:
        known = known_execution(execution)
        machine = known.machine
        request["executionArn"] = known.arn
    if workflow is not None:
        machine = StateMachine(machine.name, machine.arn, definition_of(workflow))
        request["definition"] = machine.definition
    with session.alive():
        try:
            arn = session.cloud.fork(**request)
        except ValueError as problem:
            raise WorkshopError(str(problem)) from None
    forked = Execution(arn, machine)
    follow(forked)
    return forked
