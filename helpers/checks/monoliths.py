"""The exercises of notebook 02: a prediction, errors to retry, and questions to histories."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from draw import history
from helpers.checks._judge import NotYet, check, number
from helpers.checks._trial import TASK, attempt
from helpers.checks._visits import visits

READ, ASK, NOTIFY = "Read fields", "Ask for a new photo", "Notify the sender"

#: What Textract's API can answer -> whether the same call may succeed a moment later.
ERRORS = {
    "Textract.ThrottlingException": True,
    "Textract.ProvisionedThroughputExceededException": True,
    "Textract.InternalServerErrorException": True,
    "Textract.UnsupportedDocumentException": False,
    "Textract.BadDocumentException": False,
    "Textract.AccessDeniedException": False,
}


@check
def records_at_the_end(prediction: Any, stored: int) -> str:
    """How many of a pile's records a function had stored when it was ended, held against the table."""
    if number(prediction, "records = 7") != stored:
        raise NotYet(f"{stored} is in the table. The function stored the first receipt, and was ended while it waited.")
    return f"{stored}. It stored the first receipt, could not notify, waited, and was ended before the second."


@check
def errors_that_pass(names: Any) -> str:
    """A list for error_equals: Textract's errors that pass by themselves, and no other."""
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise NotYet(f'a list of names is asked for, not {names!r}. ["Textract.ThrottlingException"] has the form.')
    state = {**TASK, "Retry": [{"ErrorEquals": list(names)}], "End": True}
    for error, passes in ERRORS.items():
        tried = attempt(state, error=error)["status"] == "RETRIABLE"
        if passes and not tried:
            raise NotYet(f"{error} is not retried, and it passes by itself. Mind the names: Textract.…Exception.")
        if tried and not passes:
            raise NotYet(f"{error} is retried, and no waiting mends that.")
    return "three errors that pass by themselves are retried, and what no waiting mends is not."


@check
def tries_to_read(answer: Any, execution: Any) -> str:
    """How many times a state was tried in all, on every visit."""
    tries = [visit.tries for visit in visits(execution) if visit.state == READ]
    if number(answer, "tries = 9") != sum(tries):
        raise NotYet(f'not {answer}. Count TaskScheduled in show.events(throttled, state="{READ}").')
    return f"{sum(tries)}: {len(tries)} first ones, and {sum(tries) - len(tries)} after a call that was throttled."


@check
def error_of_the_file(answer: Any, execution: Any) -> str:
    """The error that led to the request for a new photo."""
    asked = [visit for visit in visits(execution) if visit.state == ASK]
    if not asked:
        raise NotYet(f'this execution never entered "{ASK}". Run the cell that starts it, then this one.')
    entered = next(event for event in execution.events if event["id"] == asked[-1].events[0])
    problem = json.loads(history.details(entered)["input"])["problem"]
    if answer != problem["Error"]:
        raise NotYet(f'not {answer!r}. It stands in the input of "{ASK}", under `problem`.')
    return f"{answer}: {problem['Cause'][:70]} …"


@check
def longest_pause(answer: Any, execution: Any) -> str:
    """The longest pause between a failed try of a state and the next one, to the nearest second."""
    times = {event["id"]: (event["type"], event["timestamp"]) for event in execution.events}
    pauses = [0]
    for visit in visits(execution):
        own = [times[number] for number in visit.events] if visit.state == NOTIFY else []
        for (kind, failed), (following, tried) in pairwise(own):
            if history.FAILURE.search(kind) and following in history.TRIES:
                pauses.append(round((tried - failed).total_seconds()))
    if round(number(answer, "pause = 99")) != max(pauses):
        raise NotYet(f'not {answer}. Look at the gaps in the timeline, or at show.events(held, state="{NOTIFY}").')
    return f"{max(pauses)} s. Each pause is twice the one before: interval_seconds and backoff_rate say so."
