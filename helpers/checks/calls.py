"""The exercises of notebook 04: a prediction, a Choice to repair, limits, and questions to the history."""

from __future__ import annotations

from collections import Counter
from typing import Any

from draw import history
from helpers.checks._judge import NotYet, check, number, result_of
from helpers.checks._trial import TASK, attempt, way, written
from helpers.checks._visits import visits

LOOK = "Get transcription"
NEEDED, MOST = 30, 60  # seconds: what the typist may need, and the longest that anybody should wait
BEAT, NOTICED = 7, 10  # a heartbeat each five seconds comes up to two late; silence is noticed within ten
PREDICTIONS = ("sooner and cheaper", "sooner and dearer", "later and cheaper", "later and dearer")


@check
def looking_often(prediction: Any, rare: Any, often: Any) -> str:
    """What it does to look more often, held against two runs."""
    if prediction not in PREDICTIONS:
        raise NotYet(f"{prediction!r} is none of {', '.join(map(repr, PREDICTIONS))}.")
    costs, times = [len(visits(each)) for each in (rare, often)], [each.seconds for each in (rare, often)]
    found = f"{'sooner' if times[1] < times[0] else 'later'} and {'dearer' if costs[1] > costs[0] else 'cheaper'}"
    figures = f"{times[0]:.0f} s and {costs[0]} transitions, against {times[1]:.0f} s and {costs[1]}"
    if prediction != found:
        raise NotYet(f"it was {found}: {figures}.")
    return f"{figures}. Each look is three transitions, and the end is noticed up to one pause late."


@check
def status_choice(choose: Any) -> str:
    """A function that makes the Choice of a poll loop: out when the job has ended, round again until then."""
    from stepfunctions import steps

    choice = result_of(choose, "choose(wait, done, failed)", *[steps.Pass(name) for name in ("Wait", "Done", "Failed")])
    fields = written(choice, "A Choice state", 'steps.Choice("Ended?")')
    if fields.get("Type") != "Choice":
        raise NotYet(f"a Choice state is asked for, and this is of type {fields.get('Type')}.")
    for status, expected in (
        ("IN_PROGRESS", "Wait"),
        ("QUEUED", "Wait"),
        ("COMPLETED", "Done"),
        ("FAILED", "Failed"),
    ):
        went = way(fields, {"job": {"TranscriptionJob": {"TranscriptionJobStatus": status}}})
        if went != expected:
            raise NotYet(f"a job that is {status} should lead to {expected}, and leads to {went}.")
    return "a job that is queued or in progress is looked at again; the others lead out."


@check
def signs_of_life(limits: Any) -> str:
    """Limits of a task done by hand: the work may take 30 s, and silence is noticed within 10."""
    if not isinstance(limits, dict) or set(limits) != {"timeout_seconds", "heartbeat_seconds"}:
        raise NotYet('it takes both limits and nothing else: {"timeout_seconds": ..., "heartbeat_seconds": ...}.')
    if ... in limits.values():
        raise NotYet(...)
    whole, silence = (number(limits[name], f'"{name}": 99') for name in ("timeout_seconds", "heartbeat_seconds"))
    state = {**TASK, "TimeoutSeconds": whole, "HeartbeatSeconds": silence, "End": True}
    attempt(state, result={})  # whole numbers, and the second the smaller: Step Functions says so itself
    if whole < NEEDED:
        raise NotYet(f"work that takes {NEEDED} seconds is cut off after {whole}.")
    if whole > MOST:
        raise NotYet(f"a typist who sends heartbeats for ever is stopped after {whole} seconds only, not {MOST}.")
    if silence <= BEAT:
        raise NotYet(f"a heartbeat that comes after {BEAT} seconds, two late, is missed at {silence}.")
    if silence > NOTICED:
        raise NotYet(f"silence is noticed after {silence} seconds. {NOTICED} are the limit.")
    return f"{whole} seconds for the work, and silence is noticed after {silence}."


@check
def looks_at_the_job(answer: Any, execution: Any) -> str:
    """How often the loop looked."""
    looks = sum(visit.state == LOOK for visit in visits(execution))
    if number(answer, "looks = 9") != looks:
        raise NotYet(f'not {answer}. Count how often "{LOOK}" was entered: show.events(audited, state="{LOOK}").')
    return f'"{LOOK}" was entered {looks} times.'


@check
def longest_state(answer: Any, execution: Any) -> str:
    """The state in which the execution spent most of its time."""
    total: Counter[str] = Counter()
    for visit in visits(execution):
        total[visit.state] += round(1000 * ((visit.left or visit.entered) - visit.entered))
    longest, milliseconds = total.most_common(1)[0]
    if answer not in total:
        raise NotYet(f"{answer!r} is no state of this execution. {', '.join(list(total)[:3])} are three of them.")
    if answer != longest:
        raise NotYet(f"{answer} took {total[answer] / 1000:g} s in all; another state took more. Look at the timeline.")
    return f"{milliseconds / 1000:g} s of {execution.seconds:g}. Waiting costs time, and a transition each."


@check
def waiting_begins(answer: Any, execution: Any) -> str:
    """The event that says that the token is out, and the waiting begins."""
    kinds = [event["type"] for event in execution.events]
    if answer not in kinds:
        raise NotYet(f"{answer!r} is no type of an event here. show.events(held) lists them.")
    last = next(kind for kind in reversed(kinds) if history.FAILURE.search(kind) or kind == "TaskSucceeded")
    before = kinds[kinds.index(last) - 1]
    if answer != before:
        raise NotYet(f"not {answer}: which one is the last before the answer comes, in {last}?")
    return f"{before}: the service has taken the message, and from here on only the token counts."
