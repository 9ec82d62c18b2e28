"""Every error that a reader can meet, in one tree. Imports nothing of ours, so that anything may raise from it.

WorkshopError
├── UnsupportedLocally   the local cloud does not run this; the message says what to do instead
├── ExecutionFailed      a workflow ended in FAILED, TIMED_OUT or ABORTED
└── LocalCloudDied       the process behind `connect()` is gone

The two that a notebook catches, WorkshopError and ExecutionFailed, come from `helpers` too. A boto3 client or the SDK,
called directly, knows a refusal as botocore's ClientError, whose code is UnsupportedLocally; and an execution that was
refused in one of its states has FAILED, with that as its `error`.
"""

from __future__ import annotations

import json


class WorkshopError(Exception):
    """The root: `except WorkshopError` catches whatever this kit raises on purpose."""


class UnsupportedLocally(WorkshopError):
    """The local cloud does not run what was asked of it, and does not pretend to."""


class LocalCloudDied(WorkshopError):
    """The local cloud's process ended, or never became ready."""


class ExecutionFailed(WorkshopError):
    """An execution ended in anything but SUCCEEDED. Where a SageMaker job did, `str` is three lines: state, job, why.

    Args:
        status: FAILED, TIMED_OUT or ABORTED, as DescribeExecution gives it.
        state: the name of the state that failed last, or None when none did (a stopped execution).
        error: the error's name, as Catch would see it.
        cause: the error's cause, as the failing service worded it.
    """

    def __init__(self, status: str, state: str | None, error: str | None, cause: str | None) -> None:
        self.status, self.state, self.error, self.cause = status, state, error, cause
        self.execution: object = None  # what `run` started, for `show`
        where = f'at state "{state}"' if state else "before any state ended"
        sentence = f"The execution ended {status} {where}: {error or 'no error name'}:"
        super().__init__(sentence + (_of_a_job(cause) or f" {cause or 'no cause given'}"))


def _of_a_job(cause: str | None) -> str | None:
    """The job and why it failed, in a line each; None when the cause is not a SageMaker job's description."""
    try:
        described = json.loads(cause or "")
        kind = next(key.removesuffix("JobName") for key in described if key.endswith("JobName"))
        reason = described.get("FailureReason") or described.get("ExitMessage") or "no reason given"
        name, status = described[f"{kind}JobName"], described.get(f"{kind}JobStatus", "Failed")
    except (ValueError, AttributeError, StopIteration, TypeError):
        return None
    words = {"HyperParameterTuning": "hyperparameter tuning"}.get(kind, kind.lower())
    return f'\n{words} job "{name}" ended {status}:\n{" ".join(str(reason).split())}'
