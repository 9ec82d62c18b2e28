"""How a state fails, and the names that errors have in the language.

Source: the Amazon States Language specification, appendix A, and the developer guide's "Handling errors".
"""

from __future__ import annotations

ALL = "States.ALL"
RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
TASK_FAILED = "States.TaskFailed"
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"
QUERY_EVALUATION = "States.QueryEvaluationError"
ITEM_READER_FAILED = "States.ItemReaderFailed"
RESULT_WRITER_FAILED = "States.ResultWriterFailed"
TOLERATED_FAILURES = "States.ExceedToleratedFailureThreshold"


class StateFailed(Exception):
    """A state failed with an error name and a cause; Retry and Catch decide what becomes of it.

    Args:
        error: the error's name; None where the failing side gave none (SendTaskFailure without an error).
        cause: its text; None where none was given.
        origin: the visit whose own fields failed, when it was not a task or a machine inside the state.
    """

    def __init__(self, error: str | None, cause: str | None, origin: object = None) -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause, self.origin = error, cause, origin

    def output(self) -> dict[str, str | None]:
        """The error output that a Catch receives."""
        return {"Error": self.error, "Cause": self.cause}

    def details(self) -> dict[str, str]:
        """The error as a history event and DescribeExecution carry it: what was not given is left out."""
        return {key: text for key, text in (("error", self.error), ("cause", self.cause)) if text}


class HeartbeatMissed(StateFailed):
    """No heartbeat came within HeartbeatSeconds."""

    def __init__(self) -> None:
        super().__init__(TIMEOUT, "")


def matches(error_equals: list[str], failure: StateFailed) -> bool:
    """Whether a Retry's or Catch's ErrorEquals names the error.

    States.ALL stands for every error but States.Runtime, States.TaskFailed for every one but States.Timeout
    (developer guide, "Error names"). A missed heartbeat reports States.Timeout and also answers to
    States.HeartbeatTimeout.
    """
    if failure.error == RUNTIME:
        return False
    for name in error_equals:
        if name == ALL or name == failure.error:
            return True
        if name == TASK_FAILED and failure.error != TIMEOUT:
            return True
        if name == HEARTBEAT_TIMEOUT and isinstance(failure, HeartbeatMissed):
            return True
    return False
