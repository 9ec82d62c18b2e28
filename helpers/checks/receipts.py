"""The exercises of notebook 03: predictions, a Retry, a Choice, and questions to the history."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from draw import history
from helpers.checks._judge import NotYet, check, number, result_of
from helpers.checks._trial import TASK, attempt, way, written
from helpers.checks._visits import last_visit, visits

BUSY = "BooksBusy"  # what src/post_to_books.py raises
POST = "Post to the books"
OTHERS = ("UnreadableReceipt", "KeyError", "States.Timeout", "Lambda.Unknown")


@check
def way_of_the_receipt(prediction: Any, execution: Any) -> str:
    """Which way a receipt went, held against the run."""
    went = next(visit.state for visit in visits(execution) if visit.state in ("Approve", "Reject"))
    if prediction not in ("Approve", "Reject"):
        raise NotYet(f'{prediction!r} is no state of this Choice. It goes to "Approve" or to "Reject".')
    reason = _reason(execution)
    if prediction != went:
        adds_up = "true" if went == "Approve" else "false"
        made = f"That made `adds_up` {adds_up}, and the Choice looks at nothing else."
        raise NotYet(f"it went to {went}. {reason} {made}")
    if went == "Approve":
        return f"{reason} So `adds_up` is true, and the rule leads to Approve."
    return f"{reason} So `adds_up` is false, no rule is true, and the default leads to Reject."


def _reason(execution: Any) -> str:
    exits = [json.loads(found["output"]) for found in _exits(execution, "Convert to record")]
    return str(exits[-1]["reason"])


@check
def handled_receipts(prediction: Any, execution: Any) -> str:
    """How many of a pile's receipts reached "Store record", held against the run."""
    stored = sum(visit.state == "Store record" and visit.status == "succeeded" for visit in visits(execution))
    if number(prediction, "handled = 5") != stored:
        raise NotYet(f"{stored} reached the table. One iteration failed, so its Map failed and stopped the others.")
    return f"{stored} reached the table: one failed iteration fails the Map, and the Map stops the others."


@check
def patient_retry(retry: Any) -> str:
    """A Retry for BooksBusy alone, which waits longer each time, ten seconds or more in all."""
    fields = written(retry, "A retrier", "steps.Retry(error_equals=[...]")
    if isinstance(retry, dict):
        raise NotYet("the fields may be right, but add_retry takes a steps.Retry(...), not a dict.")
    state = {**TASK, "Retry": [fields], "End": True}
    if _retried(state, BUSY, 0) != "RETRIABLE":
        raise NotYet(f"{BUSY} is not retried. Name it in error_equals; max_attempts must not be 0.")
    for name in OTHERS:
        if _retried(state, name, 0) == "RETRIABLE":
            raise NotYet(f"it also repeats {name}, which no waiting mends. Name {BUSY} alone.")
    waits = _waits(fields)
    shown = ", ".join(f"{seconds:g}" for seconds in waits)
    if any(later <= sooner for sooner, later in pairwise(waits)):
        raise NotYet(f"it waits {shown} seconds: not longer each time. Look at backoff_rate.")
    if len(waits) == 1:
        raise NotYet(f"it tries once more, after {shown} s, and gives up. The books may be busy longer.")
    if sum(waits) < 10:
        raise NotYet(f"it waits {shown} seconds, {sum(waits):g} in all, and gives up. Ten at least are asked for.")
    return f"it waits {shown} seconds between tries, and it repeats {BUSY} alone."


def _waits(fields: dict[str, Any]) -> list[float]:
    # 1 second, 3 attempts and a rate of 2 are the language's own values where a retrier is silent.
    first, rate = fields.get("IntervalSeconds", 1), fields.get("BackoffRate", 2.0)
    return [first * rate**turn for turn in range(min(fields.get("MaxAttempts", 3), 50))]


def _retried(state: dict[str, Any], error: str, retries: int) -> str:
    return str(attempt(state, error=error, retries=retries)["status"])


@check
def manager_choice(decide: Any) -> str:
    """A function that makes a Choice state with three ways: over 100 and adding up goes to the manager."""
    from stepfunctions import steps

    ways = [steps.Pass(name) for name in ("Approve", "Reject", "Hold")]
    choice = result_of(decide, "choose(approve, reject, hold)", *ways)
    if choice is None:
        raise NotYet("the function returns nothing. Its last line is `return choice`.")
    fields = written(choice, "A Choice state", 'steps.Choice("Sum agrees?")')
    if fields.get("Type") != "Choice":
        raise NotYet(f"a Choice state is asked for, and this is of type {fields.get('Type')}.")
    for adds_up, total, expected in (
        (True, 266.5, "Hold"),
        (True, 100, "Approve"),
        (True, 100.01, "Hold"),
        (True, 150, "Hold"),
        (True, 15.82, "Approve"),
        (False, 266.5, "Reject"),
        (False, 15.82, "Reject"),
    ):
        went = way(fields, {"adds_up": adds_up, "total": total})
        if went != expected:
            agrees = "adds up" if adds_up else "does not add up"
            raise NotYet(f"a receipt of {total:.2f} that {agrees} should go to {expected}, and goes to {went}.")
    return "over 100 and adding up goes to the manager, and every other receipt goes where it went before."


@check
def tries_to_post(answer: Any, execution: Any) -> str:
    """How often the task was tried."""
    visit = last_visit(execution, POST)
    if number(answer, "tries = 7") != visit.tries:
        raise NotYet(f'not {answer}. Count the events of type LambdaFunctionScheduled or TaskScheduled at "{POST}".')
    return f"{visit.tries} tries, one TaskScheduled event each; the first {visit.tries - 1} ended in TaskFailed."


@check
def first_pause(answer: Any, execution: Any) -> str:
    """Seconds between the first failure and the second try, to the nearest second."""
    visit = last_visit(execution, POST)
    events = {event["id"]: event for event in execution.events}
    own = [events[number] for number in visit.events]
    failed = [event["timestamp"] for event in own if history.FAILURE.search(event["type"])]
    tried = [event["timestamp"] for event in own if event["type"] in history.TRIES]
    if len(tried) < 2:
        raise NotYet("this run has no second try. Write the Retry first, and run the books again.")
    pause = round((tried[1] - failed[0]).total_seconds())
    if round(number(answer, "pause = 30")) != pause:
        raise NotYet(f"not {answer} s. Subtract the first TaskFailed's time from that of the second TaskScheduled.")
    return f"{pause} s, as your interval_seconds says; the later pauses are that times backoff_rate."


@check
def events_of_a_task(answer: Any, execution: Any) -> str:
    """How many events a Task writes that succeeds at once."""
    visit = next(found for found in visits(execution) if found.kind == "Task" and found.tries == 1)
    if number(answer, "events = 20") != len(visit.events):
        raise NotYet(f"not {answer}. Filter the table: show.events(execution, state={visit.state!r}).")
    kinds = {event["id"]: event["type"] for event in execution.events}
    return f"{len(visit.events)}: {', '.join(kinds[number] for number in visit.events)}."


def _exits(execution: Any, state: str) -> list[dict[str, Any]]:
    left = [event.get("stateExitedEventDetails", {}) for event in execution.events]
    return [details for details in left if details.get("name") == state]
