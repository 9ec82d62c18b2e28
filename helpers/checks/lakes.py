"""The exercises of notebook 01: predictions, a query and an answer to write, questions to histories."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from draw import words
from helpers.checks._judge import NotYet, check, number, result_of
from helpers.checks._visits import visits

KINDS = ("See the photo", "Read the receipt", "Understand the review", "Hear the call")
LOOK, QUERY = "Look for it", "Athena"
LESS = 3  # times fewer bytes


@check
def files_in_the_lake(prediction: Any, keys: list[str]) -> str:
    """How many files Firehose makes of records that come together, held against the lake."""
    folders = {key.rpartition("/")[0] for key in keys}
    if number(prediction, "files = 7") != len(keys):
        raise NotYet(f"it was {len(keys)}, in {len(folders)} folders. What has a file of its own?")
    return f"{len(keys)}: the records came within one buffer's 60 seconds, and each shop has its own."


@check
def answers_last(prediction: Any, execution: Any) -> str:
    """Which of the four services answers last, held against the run."""
    if prediction not in KINDS:
        raise NotYet(f"{prediction!r} is none of the four: {', '.join(KINDS)}.")
    seen = visits(execution)
    took = {visit.state: (visit.left or visit.entered) - visit.entered for visit in seen if visit.state in KINDS}
    if len(took) < len(KINDS):
        raise NotYet("this execution did not call all four services. Run the cell that starts it, then this one.")
    took["Hear the call"] = max(visit.left or visit.entered for visit in seen if visit.state in ("Heard?", "Heard"))
    took["Hear the call"] -= next(visit.entered for visit in seen if visit.state == "Hear the call")
    last = max(took, key=lambda state: took[state])
    if prediction != last:
        raise NotYet(f"{prediction} took {words.duration(took[prediction])}, and {last} {words.duration(took[last])}.")
    return f"{last} took {words.duration(took[last])}: the others answer the call itself, this one works on a job."


@check
def orders_kept(prediction: Any, stored: list[int]) -> str:
    """How many orders of a batch with a bad one are stored, held against the table."""
    if number(prediction, "kept = 7") != len(stored):
        raise NotYet(f"it was {len(stored)}. The batch fails as a whole, and what it had gathered is not written.")
    return f"{len(stored)}: one bad record, and the good ones of its batch are lost with it."


@check
def frugal_query(query: Any, wasteful: str, ask: Callable[..., Any]) -> str:
    """A query with the answer of another one that scans a third of its bytes at the most."""
    from helpers.session import current

    if not isinstance(query, str):
        raise NotYet(f'a query is text, not {query!r}. frugal = "SELECT ..." would have the form.')
    try:
        mine, theirs = ask(current(), query), ask(current(), wasteful)
    except ValueError as problem:
        raise NotYet(f"Athena says: {problem}") from None
    if mine.rows != theirs.rows:
        raise NotYet(f"the answer should be {_shown(theirs.rows)}, and is {_shown(mine.rows)}.")
    if mine.scanned * LESS > theirs.scanned:
        raise NotYet(f"the answer is right, and {mine.read} are scanned. Of {theirs.read}, a third is the most.")
    return f"the same answer for {mine.read} in place of {theirs.read}. On AWS, bytes are what a query costs."


def _shown(rows: list[Any]) -> str:
    return json.dumps(rows[:2]) + (f" and {len(rows) - 2} rows more" if len(rows) > 2 else "")


@check
def reports_failures(report: Any) -> str:
    """A function that makes the answer of a handler; Lambda reads it as its guide says."""
    for failed in ([], [3], [7, 3], [1, 2, 3]):
        records = [{"kinesis": {"sequenceNumber": str(each)}} for each in failed]
        answer = result_of(report, "report(failed)", records)
        again, expected = _tried_again(answer), min(failed, default=None)
        if again != expected:
            shown = json.dumps(answer, default=repr)[:100]
            wanted = "nothing" if expected is None else f"the records from {expected} on"
            got = "nothing" if again is None else "the whole batch" if again == 0 else f"those from {again} on"
            raise NotYet(f"if {failed} failed, Lambda should try {wanted} again. By {shown} it tries {got}.")
    return "Lambda tries again from the first record that failed, and nothing where none did."


def _tried_again(answer: Any) -> int | None:
    """From which sequence number Lambda tries a batch again: 0 is all of it, None nothing.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html, "Success and
    failure conditions".
    """
    if answer in (None, {}):
        return None
    if not isinstance(answer, Mapping):
        return None if not answer else 0
    failures = answer.get("batchItemFailures")
    if not failures:
        return None
    names = [each.get("itemIdentifier") if isinstance(each, Mapping) else None for each in failures]
    known = [int(name) for name in names if isinstance(name, str) and name.isdecimal()]
    return min(known) if len(known) == len(names) else 0


@check
def looks_for_the_transcript(answer: Any, execution: Any) -> str:
    """How often the workflow looked whether the transcript was there."""
    looks = sum(visit.state == LOOK for visit in visits(execution))
    if number(answer, "looks = 9") != looks:
        raise NotYet(f'not {answer}. Count how often it was entered: show.events(understood, state="{LOOK}").')
    return f'"{LOOK}" was entered {looks} times, each after a pause of 15 seconds.'


@check
def milliseconds_of_the_engine(answer: Any, execution: Any) -> str:
    """How long Athena's engine took for the task, as its result says."""
    found = [
        json.loads(event["taskSucceededEventDetails"]["output"])["QueryExecution"]["Statistics"]
        for event in getattr(execution, "events", [])
        if event.get("taskSucceededEventDetails", {}).get("resourceType") == "athena"
    ]
    if not found:
        raise NotYet("this execution asked Athena nothing. Run the cell that starts it, then this one.")
    took = found[0]["EngineExecutionTimeInMillis"]
    if number(answer, "milliseconds = 9") != took:
        raise NotYet(f'not {answer}. show.data(asked, state="{QUERY}") has the result, and in it Statistics.')
    return f"{took:,} of the engine's time. The rest of the state is waiting: in a queue, and until the end is noticed."
