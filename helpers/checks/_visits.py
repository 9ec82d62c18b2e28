"""What an execution did, read from its history."""

from __future__ import annotations

from typing import Any

from draw import history
from helpers.checks._judge import NotYet


def visits(execution: Any) -> list[history.RecordedVisit]:
    """Every visit of every state.

    Raises:
        NotYet: it is no execution.
    """
    if not hasattr(execution, "events"):
        raise NotYet("the execution is missing: run the cell that starts it, then this one.")
    return history.read(execution.events).visits


def last_visit(execution: Any, state: str) -> history.RecordedVisit:
    """The last visit of a state.

    Raises:
        NotYet: it was never entered.
    """
    found = [visit for visit in visits(execution) if visit.state == state]
    if not found:
        raise NotYet(f'this execution never entered "{state}". Run the cell that starts it, then this one.')
    return found[-1]
