"""One evaluation of an expression: how deep it is, what it draws from, what time it is."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from localcloud.asl.query.values import Function, JsonataError, LimitExceeded

#: AWS fails expressions that nest deeper; all measured boundaries lie between 99 and 101.
MAX_DEPTH = 100
#: Tail calls before an expression counts as endless. AWS counts seconds; steps are the same on every machine.
MAX_TAIL_CALLS = 250_000

TOO_DEEP = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive."
_TIMEOUT = "Expression evaluation timeout: Check for infinite loop"


class Run:
    """One evaluation.

    Attributes:
        depth: how deep the evaluation is nested where the current function was called.
    """

    __slots__ = ("_millis", "_random", "depth", "states", "tail_calls")

    def __init__(self, states: Mapping[str, Any], source: random.Random | None, now: float | None) -> None:
        self.depth = 0
        self.tail_calls = 0
        self.states = states
        self._random = source
        self._millis = None if now is None else round(now * 1000)

    @property
    def random(self) -> random.Random:
        """The seeded generator."""
        if self._random is None:
            self._random = random.Random(0)
        return self._random

    @property
    def millis(self) -> int:
        """The moment of the evaluation in milliseconds since the epoch, the same at every call."""
        if self._millis is None:
            entered = self.states["context"]["State"]["EnteredTime"]
            self._millis = round(datetime.fromisoformat(entered).timestamp() * 1000)
        return self._millis

    def check_depth(self) -> None:
        """Refuse to nest deeper than AWS does."""
        if self.depth > MAX_DEPTH:
            raise LimitExceeded(TOO_DEEP)

    def tail_call(self) -> None:
        """Count a call that a function ends with; refuse to go on for ever."""
        self.tail_calls += 1
        if self.tail_calls > MAX_TAIL_CALLS:
            raise LimitExceeded(_TIMEOUT)

    def apply(self, function: Any, arguments: list[Any], context: Any) -> Any:
        """Call a function; `context` stands in for arguments that its signature takes from there."""
        if isinstance(function, Function):
            return function.apply(self, arguments, context)
        raise JsonataError("T1006")
