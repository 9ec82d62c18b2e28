"""The exercise of notebook 06."""

from __future__ import annotations

from typing import Any

from helpers.checks import _trial
from helpers.checks._judge import check


@check
def start_in_the_middle(rule: Any) -> str:
    """A Choice rule for an execution that begins after a stage."""
    samples = (
        ({"day": "tuesday", "from": "processed"}, True, "from processed on, nothing is transcribed again"),
        ({"day": "tuesday"}, False, "on a day without a `from`, calls are transcribed"),
        ({"day": "tuesday", "from": "raw"}, False, "from raw on, calls are transcribed"),
    )
    _trial.rule(rule, samples)
    return "the good stages are skipped, and only where the input says so."
