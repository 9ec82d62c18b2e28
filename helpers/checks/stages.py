"""The exercises of notebook 06: predictions, a state and a Choice to write, questions to histories and a lineage."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from draw import words
from helpers.checks._judge import NotYet, check, number, result_of
from helpers.checks._trial import attempt, way, written
from helpers.checks._visits import last_visit, visits

LINES = ("Media", "Calls", "Receipts", "Clicks")
TRANSCRIBE, FLAG = "Start transcription", "Flag keywords"
SENTIMENT = {"Sentiment": "NEGATIVE", "SentimentScore": {"Negative": 0.9}}


@check
def slowest_line(prediction: Any, day: Any) -> str:
    """Which of the four lines ends last, held against the run."""
    if prediction not in LINES:
        raise NotYet(f"{prediction!r} is none of the four: {', '.join(LINES)}.")
    took = {visit.state: (visit.left or visit.entered) - visit.entered for visit in visits(day) if visit.state in LINES}
    if len(took) < len(LINES):
        raise NotYet("this execution did not start all four lines. Run the cell that starts the day, then this one.")
    last = max(took, key=lambda line: took[line])
    if prediction != last:
        raise NotYet(f"{prediction} took {words.duration(took[prediction])}, and {last} {words.duration(took[last])}.")
    return f"{last} took {words.duration(took[last])}. The day is as long as its slowest line."


@check
def transcriptions_in_all(prediction: Any, execution: Any) -> str:
    """How many transcriptions a redriven execution started, the part before its failure included."""
    if not any(event["type"] == "ExecutionRedriven" for event in getattr(execution, "events", [])):
        raise NotYet("this execution was not redriven. Run the cell that redrives it, then this one.")
    started = sum(visit.tries for visit in visits(execution) if visit.state == TRANSCRIBE)
    if number(prediction, "transcriptions = 7") != started:
        raise NotYet(f'it was {started}. "{TRANSCRIBE}" had succeeded, so the redrive did not run it again.')
    return f'{started}: "{TRANSCRIBE}" had succeeded, and a redrive starts at the state that failed.'


@check
def mood_task(make: Any) -> str:
    """A function that makes the state that asks Comprehend for the sentiment, and puts the answer at `$.found`."""
    state = result_of(make, "find_mood()")
    fields = written(state, "A state", 'steps.Task("Find the mood", ...)')
    if not str(fields.get("Resource")).endswith(":comprehend:detectSentiment"):
        raise NotYet(f"its resource is {fields.get('Resource')}, which does not end in comprehend:detectSentiment.")
    alone = {name: value for name, value in fields.items() if name not in ("Next", "End", "Catch")}
    for text in ("I am most grateful.", "This is the third time that it broke."):
        data = {"call": "processed/calls/monday/a.wav.json", "transcript": _transcript(text)}
        _request(fields, data, text)
        answer = attempt({**alone, "End": True}, data, result=SENTIMENT)
        if answer["status"] != "SUCCEEDED":
            raise NotYet(f"the state fails: {answer.get('cause') or answer.get('error')}")
        output = answer["output"]
        if output.get("call") != data["call"]:
            raise NotYet("afterwards nobody knows which call it was: the result took the place of the input.")
        if output.get("found") != SENTIMENT:
            raise NotYet(f"the next state looks for the answer at $.found, and there is only {', '.join(output)}.")
    return "Comprehend gets the text, and its answer stands beside the name of the call."


def _transcript(text: str) -> dict[str, Any]:
    return {"results": {"transcripts": [{"transcript": text}]}}


def _request(fields: dict[str, Any], data: dict[str, Any], text: str) -> None:
    """Raises NotYet if the state's parameters, filled in, are not what DetectSentiment takes for this text."""
    trial = {"Type": "Pass", "Parameters": fields.get("Parameters", {}), "End": True}
    filled = attempt(trial, data)
    if filled["status"] != "SUCCEEDED":
        raise NotYet(f"its parameters cannot be filled in: {filled.get('cause') or filled.get('error')}")
    request = filled["output"]
    if request.get("Text") != text:
        raise NotYet(f'of a call whose text is "{text}", it sends {json.dumps(request)[:120]}.')
    if request.get("LanguageCode") != "en":
        raise NotYet("Comprehend wants to know the language: LanguageCode is missing, or is not en.")


@check
def start_in_the_middle(choose: Any) -> str:
    """A function that makes the Choice at the beginning of an execution that may begin after a stage."""
    from stepfunctions import steps

    choice = result_of(choose, "choose(start, read)", steps.Pass("Start"), steps.Pass("Read"))
    fields = written(choice, "A Choice state", 'steps.Choice("Transcribed already?")')
    if fields.get("Type") != "Choice":
        raise NotYet(f"a Choice state is asked for, and this is of type {fields.get('Type')}.")
    for asked, expected in (
        ({"day": "tuesday", "from": "processed"}, "Read"),
        ({"day": "tuesday"}, "Start"),
        ({"day": "tuesday", "from": "raw"}, "Start"),
        ({"day": "friday", "from": "processed"}, "Read"),
    ):
        went = way(fields, {"key": "raw/calls/a.wav", "input": asked})
        if went != expected:
            raise NotYet(f"the input {json.dumps(asked)} should lead to {expected}, and leads to {went}.")
    return "the good stages are skipped, and only where the input says so."


@check
def goes_on_with(answer: Any, execution: Any) -> str:
    """The type of the event with which a failed execution goes on."""
    kinds = [event["type"] for event in getattr(execution, "events", [])]
    if "ExecutionRedriven" not in kinds:
        raise NotYet("this execution was not redriven. Run the cell that redrives it, then this one.")
    if answer not in kinds:
        raise NotYet(f"{answer!r} is no type of an event here. show.events(tuesday) lists them.")
    if answer != "ExecutionRedriven":
        raise NotYet(f"not {answer}. Look at what comes right after ExecutionFailed.")
    return "ExecutionRedriven, and the history goes on: one execution, one history."


@check
def tries_to_flag(answer: Any, execution: Any) -> str:
    """How often the state that failed was tried, before the redrive and after."""
    visit = last_visit(execution, FLAG)
    if number(answer, "tries = 7") != visit.tries:
        raise NotYet(f'not {answer}. show.data(tuesday, state="{FLAG}") says how many tries there were.')
    return f"{visit.tries}: once before the function was there again, and once after."


@check
def delivered_files(answer: Any, ancestors: Iterable[tuple[int, str, Any]]) -> str:
    """How many delivered files an object was made of, all stages down."""
    delivered = sorted({address.rpartition("/")[2] for _, address, entry in ancestors if entry is None})
    if number(answer, "delivered = 9") != len(delivered):
        raise NotYet(f'not {answer}. Count the different objects that the lineage table calls "delivered".')
    return f"{len(delivered)}: {', '.join(delivered)}."
