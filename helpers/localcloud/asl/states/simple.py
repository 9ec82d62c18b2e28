"""Pass, Succeed, Fail, Wait and Choice: states that need nothing but the clock."""

from __future__ import annotations

from typing import Any

from helpers.localcloud.asl import choice, jsonata, templates
from helpers.localcloud.asl.data import to_json
from helpers.localcloud.asl.dataflow import dataflow, evaluate_jsonata, parse_number, wrong_type
from helpers.localcloud.asl.errors import NO_CHOICE_MATCHED, StateFailed
from helpers.localcloud.asl.frame import Visit
from helpers.localcloud.asl.states.base import Outcome, State
from helpers.localcloud.asl.timestamps import parse_timestamp

#: Seconds that a Wait may last: 24,855 days were let pass by AWS, 24,856 were not. (A Seconds has its own limit.)
_LONGEST_DELAY = 2**31 - 1


class Pass(State):
    """Hands its input on, or a fixed Result, or what Parameters or Output make of it."""

    kind = "Pass"

    async def perform(self, visit: Visit) -> Outcome:
        effective = self.flow.effective(visit)
        if self.is_jsonata:
            return Outcome(self.next, *self.flow.passthrough(visit, effective))
        result = self.fields["Result"] if "Result" in self.fields else self.flow.arguments(visit, effective)
        return Outcome(self.next, *self.flow.finish(visit, effective, result))


class Succeed(State):
    """Ends its machine with its input, or with Output."""

    kind = "Succeed"

    async def perform(self, visit: Visit) -> Outcome:
        return Outcome(None, *self.flow.passthrough(visit, self.flow.effective(visit)))


class Fail(State):
    """Fails with Error and Cause, each fixed, from a path, or from JSONata."""

    kind = "Fail"

    def __init__(self, name: str, fields: dict[str, Any], is_jsonata: bool) -> None:
        super().__init__(name, fields, is_jsonata)
        self._texts = {field: self._compile(field) for field in ("Error", "Cause")}

    def _compile(self, field: str) -> Any:
        if self.is_jsonata:
            text = self.fields.get(field)
            return jsonata.compile_template(text, field) if text is not None else None
        if field + "Path" in self.fields:
            return templates.compile_expression(self.fields[field + "Path"])
        return None

    async def perform(self, visit: Visit) -> Outcome:
        raise StateFailed(self._text(visit, "Error"), self._text(visit, "Cause"))

    def _text(self, visit: Visit, field: str) -> str | None:
        compiled = self._texts[field]
        if compiled is None:
            text: str | None = self.fields.get(field)
            return text
        if self.is_jsonata:
            value = evaluate_jsonata(visit, compiled)
            if not isinstance(value, str):
                raise wrong_type(visit, self.fields[field], field, "string", value)
            return value
        value = visit.evaluate(compiled, visit.input)
        if not isinstance(value, str):
            raise visit.failure(
                f"The {field}Path field refers to a value that is not a string: {self.fields[field + 'Path']}"
            )
        return value


class Wait(State):
    """Waits for Seconds or until Timestamp, each fixed, from a path, or from JSONata."""

    kind = "Wait"

    def __init__(self, name: str, fields: dict[str, Any], is_jsonata: bool) -> None:
        super().__init__(name, fields, is_jsonata)
        self._field = next(f for f in ("Seconds", "SecondsPath", "Timestamp", "TimestampPath") if f in fields)
        text = fields[self._field]
        self._expression: Any = None
        if self._field.endswith("Path"):
            self._expression = templates.compile_expression(text)
        elif is_jsonata and isinstance(text, str):
            self._expression = jsonata.compile_template(text, self._field)

    async def perform(self, visit: Visit) -> Outcome:
        effective = self.flow.effective(visit)
        clock = visit.frame.execution.clock
        value = self._value(visit, effective)
        if self._field.startswith("Seconds"):
            await clock.sleep(self._seconds(visit, value))
        else:
            until = self._timestamp(visit, value)
            if until - clock.now() > _LONGEST_DELAY:
                raise visit.failure("Wait state delay is too long.")
            await clock.sleep_until(until)
        return Outcome(self.next, *self.flow.passthrough(visit, effective))

    def _value(self, visit: Visit, effective: Any) -> Any:
        if self._expression is None:
            return self.fields[self._field]
        if self.is_jsonata:
            return evaluate_jsonata(visit, self._expression)
        try:
            return visit.evaluate(self._expression, effective)
        except StateFailed:
            raise visit.failure(
                f"The {self._field} parameter does not reference an input value: {self.fields[self._field]}"
            ) from None

    def _seconds(self, visit: Visit, value: Any) -> float:
        if isinstance(value, str) and not self.is_jsonata:
            value = parse_number(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 99_999_999:
            return value
        text = self.fields[self._field]
        if self.is_jsonata:
            if isinstance(value, int | float) and not isinstance(value, bool):
                if value < 0 or value > 99_999_999:
                    raise visit.evaluation_failure(
                        f"The {self._field} field must be between 0 and 99999999 but was: {value}", "Seconds"
                    )
                return int(value)
            raise wrong_type(visit, text, "Seconds", "number", value)
        if isinstance(value, int) and not isinstance(value, bool):
            problem = "references a negative value" if value < 0 else "must be between 0 and 99999999"
            raise visit.failure(f"The {self._field} parameter {problem}: {text} == {value}")
        raise visit.failure(f"The {self._field} parameter cannot be parsed as a long value: {text} == {_shown(value)}")

    def _timestamp(self, visit: Visit, value: Any) -> float:
        parsed = parse_timestamp(value) if isinstance(value, str) else None
        if parsed is not None:
            return parsed
        if self.is_jsonata:
            raise visit.evaluation_failure(
                "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: "
                f"{_shown(value)}",
                "Timestamp",
                early=False,
            )
        raise visit.failure(
            f"The {self._field} parameter does not reference a valid ISO-8601 extended offset date-time format "
            f"string: {self.fields[self._field]} == {_shown(value)}"
        )


class Choice(State):
    """Goes where the first rule that holds says, or to Default."""

    kind = "Choice"

    def __init__(self, name: str, fields: dict[str, Any], is_jsonata: bool) -> None:
        super().__init__(name, fields, is_jsonata)
        self._rules = [_Rule(index, rule, fields, is_jsonata) for index, rule in enumerate(fields["Choices"])]

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
    def __init__(self, index: int, rule: dict[str, Any], fields: dict[str, Any], is_jsonata: bool) -> None:
        self.next: str = rule["Next"]
        # A rule's own Assign and Output replace the state's; its paths are the state's.
        own: dict[str, Any] = {key: rule[key] for key in ("Assign", "Output") if key in rule}
        shared: dict[str, Any] = {key: fields[key] for key in ("InputPath", "OutputPath", "Output") if key in fields}
        self.flow = dataflow({**shared, **own}, is_jsonata)
        self._is_jsonata = is_jsonata
        self._rule = choice.compile_rule(rule, is_jsonata, f"Choices[{index}]/Condition")

    def holds(self, visit: Visit, effective: Any) -> bool:
        if not self._is_jsonata:
            return visit.evaluate(self._rule, effective)
        return evaluate_jsonata(visit, self._rule) is True


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value)
