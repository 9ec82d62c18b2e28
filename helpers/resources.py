"""What `deploy` and `run` give: a state machine, a function, an execution."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from draw import words
from helpers.asking import history_of
from helpers.errors import WorkshopError
from helpers.session import current


class StateMachine(NamedTuple):
    """A deployed workflow.

    Attributes:
        name, arn: as Step Functions knows it.
        definition: Amazon States Language, as JSON text.
    """

    name: str
    arn: str
    definition: str


class Function(NamedTuple):
    """A deployed Lambda function.

    Attributes:
        name, arn: as Lambda knows it.
        source: the file that has its handler.
    """

    name: str
    arn: str
    source: Path


class Execution:
    """One execution, as far as it has come.

    Attributes:
        arn, name: as Step Functions knows it.
        status: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        input, output: JSON values; output is None unless it succeeded.
        error, cause: of an execution that did not succeed.
        seconds: how long it took, on the cloud's clock; None while it runs.
        machine: the state machine that it is an execution of.

    Raises:
        WorkshopError: by `output` and `events`, after clean_up: what it did is gone, and an old result is not to pass
            for a new one.
    """

    def __init__(self, arn: str, machine: StateMachine) -> None:
        self.arn, self.machine = arn, machine
        self._clean_ups = current().clean_ups
        self.name = arn.rpartition(":")[2]
        self.refresh()

    def refresh(self) -> None:
        """Asks for its status again."""
        session = current()
        with session.alive():
            described = session.client("stepfunctions").describe_execution(executionArn=self.arn)
        self.status: str = described["status"]
        self.input: Any = json.loads(described.get("input", "null"))
        self._output: Any = json.loads(described.get("output", "null"))
        self.error: str | None = described.get("error")
        self.cause: str | None = described.get("cause")
        stop = described.get("stopDate")
        self.seconds: float | None = (stop - described["startDate"]).total_seconds() if stop else None
        self.__dict__.pop("_history", None)

    @property
    def output(self) -> Any:
        """What it put out."""
        self._check_that_it_exists()
        return self._output

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its history so far, every page of it."""
        self._check_that_it_exists()
        return self._history

    @cached_property
    def _history(self) -> list[dict[str, Any]]:
        return history_of(self.arn)

    def _check_that_it_exists(self) -> None:
        if self._clean_ups != current().clean_ups:
            raise WorkshopError(f"clean_up() has deleted this execution of {self.machine.name}. Run its cell again.")

    def __repr__(self) -> str:
        took = "" if self.seconds is None else f" after {words.duration(self.seconds)}"
        return f"Execution of {self.machine.name}: {self.status}{took}"
