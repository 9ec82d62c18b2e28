"""Whether an execution can be redriven, and the idempotency of asking for it.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html and the reference of
RedriveExecution and DescribeExecution, from which the reasons are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from localcloud.services.stepfunctions.records import Record

_DAY = 86_400.0
_REDRIVABLE_SECONDS = 14 * _DAY
_OPEN_SECONDS = 365 * _DAY
_MAX_EVENTS = 24_999

_TOKENS = 10
_TOKEN_SECONDS = 15 * 60.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An execution that is asked to be redriven, and what decides whether it can be.

    Args:
        events: the length of the history.
    """

    record: Record
    now: float
    is_deleting: bool
    events: int


def refusal(candidate: Candidate) -> str | None:
    """Why the execution cannot be redriven, as redriveStatusReason words it, or None when it can."""
    record = candidate.record
    if candidate.is_deleting:
        return "State machine is in DELETING status"
    if record.run.status in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {record.run.status} and cannot be redriven"
    if candidate.events >= _MAX_EVENTS:
        return "Execution history event limit exceeded"
    if candidate.now - record.run.start_date > _OPEN_SECONDS:
        return "Execution has exceeded the max execution time"
    if candidate.now - (record.run.stop_date or candidate.now) > _REDRIVABLE_SECONDS:
        return "Execution redrivable period exceeded"
    return None


def members(candidate: Candidate) -> dict[str, Any]:
    """The redrive members of DescribeExecution."""
    record, reason = candidate.record, refusal(candidate)
    status = "NOT_REDRIVABLE" if reason is not None else "REDRIVABLE"
    if reason is None and record.map_run_arn is not None:
        status = "REDRIVABLE_BY_MAP_RUN"
    return {
        "redriveCount": record.run.redrive_count,
        "redriveDate": record.run.redrive_date,
        "redriveStatus": status,
        "redriveStatusReason": reason,
    }


def repeated(tokens: dict[str, float], token: str | None, now: float) -> float | None:
    """The redrive date of an earlier call with the same client token, while that counts; else None."""
    date = tokens.get(token or "")
    return date if date is not None and now - date <= _TOKEN_SECONDS else None


def note(tokens: dict[str, float], token: str | None, now: float) -> None:
    """Remember a client token; the last ten count."""
    if token is not None:
        tokens.pop(token, None)
        tokens[token] = now
        while len(tokens) > _TOKENS:
            del tokens[next(iter(tokens))]
