"""Pass, Succeed, Fail, Wait and Choice: states that need nothing but the clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from localcloud.asl.dataflow import dataflow
from localcloud.asl.errors import NO_CHOICE_MATCHED, StateFailed
from localcloud.asl.language import Fields, Language
from localcloud.asl.machine import Machine, Outcome, State
from localcloud.asl.running import Visit

#: Seconds that a Wait may last: 24,855 days were let pass by AWS, 24,856 were not. (A Seconds has its own limit.)
_LONGEST_DELAY = 2**31 - 1


class Pass(State):
    """Hands its input on, or a fixed Result, or what Parameters or Output make of it."""

    kind = "Pass"

    async def perform(self, visit: Visit) -> Outcome:
        return Outcome(self.next, *self.flow.passed(visit, self.flow.effective(visit)))


class Succeed(State):
    """Ends its machine with its input, or with Output."""

    kind = "Succeed"

    async def perform(self, visit: Visit) -> Outcome:
        return Outcome(None, *self.flow.passthrough(visit, self.flow.effective(visit)))


class Fail(State):
    """Fails with Error and Cause, each fixed, from a path, or from JSONata."""

    kind = "Fail"

    def __init__(self, name: str, fields: Fields, language: Language, machines: Sequence[Machine]) -> None:
        super().__init__(name, fields, language, machines)
        self._error, self._cause = language.text(fields, "Error"), language.text(fields, "Cause")

    async def perform(self, visit: Visit) -> Outcome:
        error = self._error(visit, visit.input) if self._error else None
        raise StateFailed(error, self._cause(visit, visit.input) if self._cause else None)


class Wait(State):
    """Waits for Seconds or until Timestamp, each fixed, from a path, or from JSONata."""

    kind = "Wait"

    def __init__(self, name: str, fields: Fields, language: Language, machines: Sequence[Machine]) -> None:
        super().__init__(name, fields, language, machines)
        is_span = "Seconds" in fields or "SecondsPath" in fields
        self._seconds = language.seconds(fields) if is_span else None
        self._timestamp = None if is_span else language.timestamp(fields)

    async def perform(self, visit: Visit) -> Outcome:
        effective = self.flow.effective(visit)
        clock = visit.frame.running.clock
        if self._seconds is not None:
            await visit.frame.running.wait(visit.frame, self._seconds(visit, effective), "StateExited")
        if self._timestamp is not None:
            until = self._timestamp(visit, effective)
            if until - clock.now() > _LONGEST_DELAY:
                raise visit.failure("Wait state delay is too long.")
            await visit.frame.running.wait(visit.frame, until - clock.now(), "StateExited")
        return Outcome(self.next, *self.flow.passthrough(visit, effective))


class Choice(State):
    """Goes where the first rule that holds says, or to Default."""

    kind = "Choice"

    def __init__(self, name: str, fields: Fields, language: Language, machines: Sequence[Machine]) -> None:
        super().__init__(name, fields, language, machines)
        self._rules = [_Rule(index, rule, fields, language) for index, rule in enumerate(fields["Choices"])]

    async def perform(self, visit: Visit) -> Outcome:
        effective = self.flow.effective(visit)
        for rule in self._rules:
            if rule.holds(visit, effective):
                return Outcome(rule.next, *rule.flow.passthrough(visit, effective))
        if "Default" in self.fields:
            return Outcome(self.fields["Default"], *self.flow.passthrough(visit, effective))
        raise visit.failure(
            "Failed to transition out of the state. The state does not point to a next state.",
            NO_CHOICE_MATCHED,
        )


class _Rule:
    def __init__(self, index: int, rule: Fields, fields: Fields, language: Language) -> None:
        self.next: str = rule["Next"]
        self.holds = language.condition(rule, f"Choices[{index}]/Condition")
        # A rule's own Assign and Output replace the state's; its paths are the state's.
        own: dict[str, Any] = {key: rule[key] for key in ("Assign", "Output") if key in rule}
        shared: dict[str, Any] = {key: fields[key] for key in ("InputPath", "OutputPath", "Output") if key in fields}
        self.flow = dataflow({**shared, **own}, language)
