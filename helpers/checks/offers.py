"""The exercise of notebook 07."""

from __future__ import annotations

from typing import Any

from helpers.checks import _trial
from helpers.checks._judge import check


@check
def higher_bar(rule: Any) -> str:
    """A Choice rule for a model whose accuracy is over 0.6, of a tuning job with at most one failed training job."""
    samples = []
    for accuracy, failed, expected in (
        (0.65, 0, True),
        (0.61, 1, True),
        (0.65, 1, True),
        (0.9, 0, True),
        (0.65, 2, False),
        (0.6, 0, False),
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
