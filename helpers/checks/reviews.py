"""The exercises of notebook 00: a prediction, a result path, a state to write, and questions to the history."""

from __future__ import annotations

import json
from typing import Any

from draw import history
from helpers.checks._judge import NotYet, check, number, result_of
from helpers.checks._trial import TASK, attempt, written
from helpers.checks._visits import last_visit, visits

STATES = ("Find sentiment", "Wait 30 seconds", "Store review")
REVIEW = {"customer": "ada", "text": "The tent came two days late."}
FOUND = {"Sentiment": "NEGATIVE", "SentimentScore": {"Negative": 0.9}}


@check
def state_that_fails(prediction: Any, execution: Any) -> str:
    """Which state fails once the customer is lost, held against the run."""
    if prediction not in STATES:
        raise NotYet(f"{prediction!r} is none of {', '.join(map(repr, STATES))}.")
    failed = [visit.state for visit in visits(execution) if visit.status == "failed"]
    if not failed:
        raise NotYet('this execution did not fail. Run the cell under "When it fails", then this one.')
    if prediction != failed[-1]:
        raise NotYet(f'it was "{failed[-1]}": a state that loses data succeeds, and a later one misses it.')
    return f'"{failed[-1]}" is the first state that needs the customer. The mistake is two states before it.'


@check
def keeps_the_review(path: Any) -> str:
    """A result_path that keeps the review, and Comprehend's answer with it."""
    if path is not None and not isinstance(path, str):
        raise NotYet(f'a path is text that starts with $. {path!r} is not; "$.readings" has the form.')
    answer = attempt({**TASK, "ResultPath": path, "End": True}, REVIEW, result=FOUND)
    if answer["status"] != "SUCCEEDED":
        raise NotYet(f"the state fails: {answer.get('cause') or answer.get('error')}")
    output = answer["output"]
    lost = [name for name in REVIEW if output.get(name) != REVIEW[name]]
    if len(lost) == len(REVIEW):
        raise NotYet(f"Comprehend's answer takes the place of the whole review: {json.dumps(output)} goes on.")
    if lost:
        raise NotYet(f"Comprehend's answer overwrites `{lost[0]}`, and the record needs that.")
    if output == REVIEW:
        raise NotYet("the review is kept, but None drops Comprehend's answer: the record would have no sentiment.")
    return f"the review goes on, and Comprehend's answer stands beside it, at {path}."


@check
def marks_as_new(make: Any) -> str:
    """A function that makes a Pass state which adds the status and keeps the rest."""
    state = result_of(make, "mark_as_new()")
    if state is None:
        raise NotYet("the function returns nothing. Its last line begins with return.")
    fields = {**written(state, "A state", 'steps.Pass("Mark as new", ...)'), "End": True}
    answer = attempt({name: value for name, value in fields.items() if name != "Next"}, REVIEW)
    if answer["status"] != "SUCCEEDED":
        raise NotYet(f"the state fails: {answer.get('cause') or answer.get('error')}")
    output = answer["output"]
    if not isinstance(output, dict) or any(output.get(name) != REVIEW[name] for name in REVIEW):
        raise NotYet(f"the review is lost: {json.dumps(output)} goes on. Where does the result go?")
    if output.get("status") != "new":
        raise NotYet(f'"status": "new" is asked for, and this goes on: {json.dumps(output)}.')
    return "the review goes on, with its status beside it."


@check
def answer_arrives(answer: Any, execution: Any) -> str:
    """The number of the event in which Comprehend's answer arrives."""
    arrival = _answer(execution)
    if number(answer, "arrives = 99") != arrival["id"]:
        raise NotYet(f'not {answer}. Which event of "Find sentiment" says that its task succeeded?')
    return f"{arrival['id']}, {arrival['type']}: its details hold the answer, whole and for good."


@check
def seconds_waited(answer: Any, execution: Any) -> str:
    """How long the Wait took, to the nearest second."""
    visit = last_visit(execution, "Wait 30 seconds")
    waited = round((visit.left or visit.entered) - visit.entered)
    if round(number(answer, "waited = 7")) != waited:
        raise NotYet(f"not {answer}. Subtract the time of WaitStateEntered from that of WaitStateExited.")
    return f"{waited} s on the workflow's clock, as its definition says."


@check
def percent_negative(answer: Any, execution: Any) -> str:
    """How sure Comprehend was that a review is negative, in whole percent."""
    score = json.loads(history.details(_answer(execution))["output"])["SentimentScore"]["Negative"]
    if round(number(answer, "percent = 7")) != round(100 * score):
        raise NotYet(f'not {answer}. Look for SentimentScore in show.data(first, state="Find sentiment").')
    return f"{round(100 * score)} %. Every answer of a model comes with such a number, and a workflow can decide on it."


def _answer(execution: Any) -> Any:
    """The event with Comprehend's answer."""
    visit = last_visit(execution, "Find sentiment")
    return next(event for event in execution.events if event["id"] in visit.events and event["type"] == "TaskSucceeded")
