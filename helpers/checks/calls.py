"""The exercises of notebook 04."""

from __future__ import annotations

from typing import Any

from helpers.checks import _trial
from helpers.checks._judge import NotYet, check


@check
def wait_by_estimate(wait: Any) -> str:
    """A Wait of as many seconds as the input says in `estimate`."""
    fields = _trial.written(wait, "A Wait state", 'steps.Wait("Wait"')
    if fields.get("Type") != "Wait":
        raise NotYet('that is no Wait state. Make one with steps.Wait("Wait", ...).')
    if "SecondsPath" not in fields:
        raise NotYet("it waits the same for every recording. A seconds_path takes the seconds from the input.")
    return "15 seconds for a short call, 60 for a longer one, and no look too many."


@check
def signs_of_life(limits: Any) -> str:
    """Limits of a task that is done by hand: two hours, a heartbeat each minute."""
    raise NotYet("to be rewritten with notebook 04")
