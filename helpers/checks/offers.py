"""The exercises of notebook 07: predictions, a rule and a filter to write, and questions to a tuning job."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from draw import words
from helpers.checks import _trial
from helpers.checks._judge import NotYet, check, number
from helpers.checks._visits import visits

ERRORS = ("ValueError", "AlgorithmError", "States.TaskFailed")
MEANWHILE = ("errors", "old, then new", "old and new by turns")
ROW = ["s00007", "phone", "2", "sale:30 boots:5", "boots", "voucher", "0.41"]
COLUMNS = ("session", "device", "visits", "clicks", "offer taken", "offer predicted", "chance")


@check
def error_of_the_step(prediction: Any, execution: Any) -> str:
    """Which error the workflow sees when a training script fails, held against the run."""
    if prediction not in ERRORS:
        raise NotYet(f"{prediction!r} is none of {', '.join(map(repr, ERRORS))}.")
    found = getattr(execution, "error", None)
    if found is None:
        raise NotYet('this execution did not fail. Run the cell under "When it fails", then this one.')
    if prediction != found:
        raise NotYet(f"it was {found}. {prediction} stands in the cause, and no Catch looks there.")
    return f"{found}, whatever went wrong inside. The reason stands in the cause."


@check
def answers_meanwhile(prediction: Any, answers: Sequence[str], old: str, new: str) -> str:
    """What visitors meet while an endpoint is updated, held against the answers that they had."""
    if prediction not in MEANWHILE:
        raise NotYet(f"{prediction!r} is none of {', '.join(map(repr, MEANWHILE))}.")
    strange = [answer for answer in answers if answer not in (old, new)]
    turns = sum(one != other for one, other in pairwise(answers))
    found = "errors" if strange else "old, then new" if turns <= 1 else "old and new by turns"
    if prediction != found:
        changed = {0: "never", 1: "once"}.get(turns, f"{turns} times")
        raise NotYet(
            f"it was {found!r}: {len(answers)} questions, {len(strange)} errors, the answer changed {changed}."
        )
    return f"{len(answers)} questions, {len(strange)} errors. The new model takes over once it is in service."


@check
def higher_bar(rule: Any) -> str:
    """A Choice rule for a model whose accuracy is over 0.6, of a tuning job with at most one failed training job."""
    samples = []
    for accuracy, failed, expected in (
        (0.65, 0, True),
        (0.601, 0, True),
        (0.61, 1, True),
        (0.65, 1, True),
        (0.99, 0, True),
        (0.65, 2, False),
        (0.99, 3, False),
        (0.6, 0, False),
        (0.599, 1, False),
        (0.4, 0, False),
    ):
        metric = {"MetricName": "accuracy", "Type": "Maximize", "Value": accuracy}
        best = {"FinalHyperParameterTuningJobObjectiveMetric": metric}
        tuned = {"BestTrainingJob": best, "TrainingJobStatusCounters": {"Completed": 3, "NonRetryableError": failed}}
        verdict = "is good enough" if expected else "is not good enough"
        why = f"an accuracy of {accuracy}, with a count of {failed} failed jobs, {verdict}"
        samples.append(({"tuned": tuned}, expected, why))
    _trial.rule(rule, samples)
    return "good enough is good, and not by luck."


@check
def columns_to_compare(output_filter: Any) -> str:
    """An output filter that leaves the session, the offer taken and the offer predicted, of a joined row."""
    if not isinstance(output_filter, str):
        raise NotYet(f'a JSONPath is asked for, as text: "$[1,2]" has the form. {output_filter!r} is none.')
    answer = _trial.attempt({"Type": "Pass", "Parameters": {"row.$": output_filter}, "End": True}, ROW)
    if answer["status"] != "SUCCEEDED":
        raise NotYet(f"it fails on a row of seven columns: {answer.get('cause') or answer.get('error')}")
    row = answer["output"]["row"]
    names = [COLUMNS[ROW.index(value)] for value in row] if isinstance(row, list) else [COLUMNS[ROW.index(row)]]
    if names != [COLUMNS[0], COLUMNS[4], COLUMNS[5]]:
        raise NotYet(f"it leaves {', '.join(names) or 'nothing'}.")
    return f"each line has the {', '.join(names)}."


@check
def jobs_of_the_tuning(answer: Any, execution: Any) -> str:
    """How many training jobs a tuning job ran."""
    counters = _tuned(execution)["TrainingJobStatusCounters"]
    ran = sum(counters.get(end, 0) for end in ("Completed", "NonRetryableError", "Stopped"))
    if number(answer, "jobs = 9") != ran:
        raise NotYet(f'not {answer}. Look for TrainingJobStatusCounters in show.data(autumn, state="Tune model").')
    return f"{ran}, two at a time."


@check
def depth_of_the_best(answer: Any, execution: Any) -> str:
    """The maximum depth of the trees in the best model."""
    depth = int(_tuned(execution)["BestTrainingJob"]["TunedHyperParameters"]["max-depth"])
    if number(answer, "depth = 99") != depth:
        raise NotYet(f"not {answer}. BestTrainingJob has its TunedHyperParameters; the chart shows them, too.")
    return f"{depth}. The tuning job chose it by the validation part."


def _tuned(execution: Any) -> dict[str, Any]:
    output = getattr(execution, "output", None)
    if not isinstance(output, dict) or "tuned" not in output:
        raise NotYet("the execution is missing, or has no tuning job: run the cell that starts it, then this one.")
    found: dict[str, Any] = output["tuned"]
    return found


@check
def longest_step(answer: Any, execution: Any) -> str:
    """The state in which a workflow spent most of its time."""
    took: dict[str, float] = {}
    for visit in visits(execution):
        took[visit.state] = took.get(visit.state, 0) + (visit.left or visit.entered) - visit.entered
    longest = max(took, key=lambda state: took[state])
    if answer not in took:
        raise NotYet(f"{answer!r} is no state of this execution. {', '.join(list(took)[:3])} are three of them.")
    if answer != longest:
        raise NotYet(f"{answer} took {words.duration(took[answer])}; another state took longer. Look at the timeline.")
    return f"{longest} took {words.duration(took[longest])}, most of which is machines that start."
