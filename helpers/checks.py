"""Feedback on exercises. Each check says what is missing, what is wrong, or why it is right; none raises."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from helpers import deploy as _deploy
from helpers.errors import ExecutionFailed

#: What Textract answers when it is asked too often (Amazon Textract, "Handling throttled calls").
_THROTTLED = ("ThrottlingException", "ProvisionedThroughputExceededException")


def _check(look: Callable[[Any], str]) -> Callable[[Any], None]:
    """A check that prints what `look` finds; whatever goes wrong in it is the answer's doing."""

    @wraps(look)
    def check(answer: Any) -> None:
        if answer is ...:
            print("Not done yet: replace the three dots, run the cell, then run this one again.")
            return
        try:
            print(look(answer))
        except Exception as problem:
            print(f"Not yet: {type(problem).__name__}: {problem}")

    return check


@_check
def patient_retry(retry: Any) -> str:
    """Notebook 03: a Retry for a Textract that is asked too often."""
    rule = retry.to_dict() if hasattr(retry, "to_dict") else retry
    if not isinstance(rule, dict) or "ErrorEquals" not in rule:
        return "Not yet: that is no retrier. Make one with steps.Retry(error_equals=[...], ...)."
    names = [name.rpartition(".")[2] for name in rule["ErrorEquals"]]
    if "ALL" in names or "TaskFailed" in names:
        return "Not yet: that repeats every failure, also those that waiting does not mend. Name throttling."
    if not set(names) & set(_THROTTLED):
        return f"Not yet: {rule['ErrorEquals']} is not what Textract says when it is asked too often."
    # 1 second, 3 attempts and a rate of 2 are ASL's own values where a retrier is silent.
    wait, rate = rule.get("IntervalSeconds", 1), rule.get("BackoffRate", 2.0)
    waits = [wait * rate**turn for turn in range(rule.get("MaxAttempts", 3))]
    if rate <= 1:
        return "Not yet: it knocks at the same pace each time. A backoff_rate above 1 gives Textract air."
    if sum(waits) < 10:
        return f"Not yet: it gives up after {sum(waits):g} seconds. Try for ten seconds at least."
    told = ", ".join(f"{seconds:g}" for seconds in waits)
    return f"Right: it waits {told} seconds between tries, and only when Textract is busy."


def _try_rule(rule: Any, notebook: str, samples: Iterable[tuple[Any, bool, str]]) -> str | None:
    """What a Choice rule does wrong in the connected cloud, or None.

    Args:
        rule: a ChoiceRule of the SDK, or a dict.
        notebook: its number.
        samples: an input, what the rule should say to it, and that in words.
    """
    written = rule.to_dict() if hasattr(rule, "to_dict") else rule
    states = {
        "Try rule": {"Type": "Choice", "Choices": [{**written, "Next": "Yes"}], "Default": "No"},
        "Yes": {"Type": "Pass", "Result": True, "End": True},
        "No": {"Type": "Pass", "Result": False, "End": True},
    }
    machine = _deploy.deploy({"StartAt": "Try rule", "States": states}, f"workshop-{notebook}-check")
    for sample, expected, why in samples:
        try:
            decided = _deploy.run(machine, sample).output
        except ExecutionFailed as failure:
            return f"Not yet: {why}, but there the rule itself fails: {failure.cause}"
        if decided is not expected:
            return f"Not yet: {why}, but your rule says {'yes' if decided else 'no'}."
    return None


@_check
def manager_rule(rule: Any) -> str:
    """Notebook 03: a Choice rule for receipts that add up and are over 100. Tried out in the connected cloud."""
    samples = (
        ({"adds_up": True, "total": 266.5}, True, "a receipt of 266.50 that adds up goes to the manager"),
        ({"adds_up": True, "total": 100}, False, "exactly 100 is not over 100"),
        ({"adds_up": True, "total": 15.82}, False, "small receipts that add up need no manager"),
        ({"adds_up": False, "total": 266.5}, False, "a receipt that does not add up is rejected anyway"),
    )
    right = "Right: over 100 and adding up goes to the manager; everything else is decided as before."
    return _try_rule(rule, "03", samples) or right


@_check
def doubtful_photo(rule: Any) -> str:
    """Notebook 05: a Choice rule for photos in which anything unsafe was found. Tried out in the connected cloud."""
    samples = []
    for unsafe in ([], ["Alcoholic Beverages", "Alcohol"], ["Violence"]):
        tags = {"photo": "library/a.jpg", "labels": ["Bottle"], "words": [], "unsafe": unsafe}
        goes = "goes to a person" if unsafe else "is published"
        samples.append((tags, bool(unsafe), f"a photo with unsafe = {unsafe} {goes}"))
    right = "Right: whatever was found, a person looks at it; the rest is published."
    return _try_rule(rule, "05", samples) or right


@_check
def start_in_the_middle(rule: Any) -> str:
    """Notebook 06: a Choice rule for an execution that begins after a stage. Tried out in the connected cloud."""
    samples = (
        ({"day": "tuesday", "from": "processed"}, True, "from processed on, nothing is transcribed again"),
        ({"day": "tuesday"}, False, "on a day without a `from`, calls are transcribed"),
        ({"day": "tuesday", "from": "raw"}, False, "from raw on, calls are transcribed"),
    )
    return _try_rule(rule, "06", samples) or "Right: the good stages are skipped, and only where the input says so."


@_check
def higher_bar(rule: Any) -> str:
    """Notebook 07: a Choice rule for a model that is good, of a tuning job that went well. Tried out in the cloud."""
    samples = []
    for accuracy, failed, expected in ((0.65, 0, True), (0.65, 1, True), (0.65, 2, False), (0.6, 0, False)):
        metric = {"MetricName": "accuracy", "Type": "Maximize", "Value": accuracy}
        best = {"FinalHyperParameterTuningJobObjectiveMetric": metric}
        tuned = {"BestTrainingJob": best, "TrainingJobStatusCounters": {"Completed": 3, "NonRetryableError": failed}}
        verdict = "is good enough" if expected else "is not good enough"
        why = f"an accuracy of {accuracy}, with a count of {failed} failed jobs, {verdict}"
        samples.append(({"tuned": tuned}, expected, why))
    return _try_rule(rule, "07", samples) or "Right: good enough is good, and not by luck."


@_check
def one_in_twenty(tolerance: Any) -> str:
    """Notebook 05: how many items of a distributed Map may fail. Tried out in the connected cloud."""
    inside = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Broken?",
        "States": {
            "Broken?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.broken", "BooleanEquals": True, "Next": "Fails"}],
                "Default": "Works",
            },
            "Fails": {"Type": "Fail"},
            "Works": {"Type": "Succeed"},
        },
    }
    trial = {"Type": "Map", "ItemsPath": "$.photos", "ItemProcessor": inside, **tolerance, "End": True}
    machine = _deploy.deploy({"StartAt": "Try tolerance", "States": {"Try tolerance": trial}}, "workshop-05-check")
    for broken, photos, enough in ((1, 20, True), (2, 20, False), (2, 40, True), (3, 40, False)):
        pile = [{"broken": number < broken} for number in range(photos)]
        try:
            _deploy.run(machine, {"photos": pile})
            went = True
        except ExecutionFailed as failure:
            if failure.error != "States.ExceedToleratedFailureThreshold":
                return f"Not yet: the Map itself fails: {failure.error}: {failure.cause}"
            went = False
        if went is not enough:
            may, did = ("may", "failed") if enough else ("may not", "succeeded")
            return f"Not yet: {broken} of {photos} {may} fail, but with your field the Map {did}."
    return "Right: one in twenty may fail, of twenty photos as of a million."


@_check
def wait_by_estimate(wait: Any) -> str:
    """Notebook 04: a Wait of as many seconds as the input says in `estimate`. Tried out in the connected cloud."""
    written = wait.to_dict() if hasattr(wait, "to_dict") else wait
    if not isinstance(written, dict) or written.get("Type") != "Wait":
        return 'Not yet: that is no Wait state. Make one with steps.Wait("Wait", ...).'
    if "SecondsPath" not in written:
        return "Not yet: it waits the same for every recording. A seconds_path takes the seconds from the input."
    alone = {name: value for name, value in written.items() if name != "Next"} | {"End": True}
    machine = _deploy.deploy({"StartAt": "Try wait", "States": {"Try wait": alone}}, "workshop-04-check")
    for seconds in (15, 60):
        try:
            waited = _deploy.run(machine, {"estimate": seconds}).seconds or 0.0
        except ExecutionFailed as failure:
            return f"Not yet: with estimate = {seconds} the Wait itself fails: {failure.cause}"
        if abs(waited - seconds) > seconds / 10:
            return f"Not yet: with estimate = {seconds} it waits {waited:.0f} seconds."
    return "Right: 15 seconds for a short call, 60 for a longer one, and no look too many."


@_check
def signs_of_life(limits: Any) -> str:
    """Notebook 04: limits of a task that is done by hand: two hours, a heartbeat each minute."""
    if not isinstance(limits, dict) or not {"timeout_seconds", "heartbeat_seconds"} <= limits.keys():
        return "Not yet: it takes both, timeout_seconds and heartbeat_seconds."
    whole, silence = limits["timeout_seconds"], limits["heartbeat_seconds"]
    if whole < 7200:
        return f"Not yet: the typist has two hours, which are 7200 seconds, not {whole}."
    if silence >= whole:
        return "Not yet: a heartbeat that may take as long as the work says nothing; AWS refuses it."
    if silence <= 60:
        return f"Not yet: a heartbeat each minute is missed at {silence} seconds when it is a little late."
    if silence > 300:
        return f"Not yet: silence is noticed after {silence} seconds. It should be within five minutes, 300 seconds."
    return f"Right: {whole} seconds for the work, and silence is noticed after {silence}."
