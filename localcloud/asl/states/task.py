"""Task: one call of a service, a function or an activity, with its timeout, heartbeat and token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from localcloud.asl import errors
from localcloud.asl.environment import Integration, TaskCall, TaskFailure, TokenAnswer
from localcloud.asl.errors import HeartbeatMissed, StateFailed
from localcloud.asl.history import NOT_TRUNCATED, too_large
from localcloud.asl.language import Expression, Fields, Language
from localcloud.asl.machine import Machine, Outcome, State
from localcloud.asl.past import Past
from localcloud.asl.running import Visit
from localcloud.time.clock import TimedOut


class Task(State):
    """Calls its Resource with what Parameters or Arguments make of its input."""

    kind = "Task"

    def __init__(self, name: str, fields: Fields, language: Language, machines: Sequence[Machine]) -> None:
        super().__init__(name, fields, language, machines)
        self.resource: str = fields["Resource"]
        self._timeout = language.number(fields, "TimeoutSeconds")
        self._heartbeat = language.number(fields, "HeartbeatSeconds")

    async def perform(self, visit: Visit) -> Outcome:
        effective = self.flow.effective(visit)
        attempt = _Attempt(visit, self.resource)
        try:
            attempt.arguments = self.flow.arguments(visit, effective)
            attempt.timeout = self._seconds("TimeoutSeconds", self._timeout, visit, effective)
            attempt.heartbeat = self._seconds("HeartbeatSeconds", self._heartbeat, visit, effective)
            result = await attempt.run()
        finally:
            attempt.close()
        return Outcome(self.next, *self.flow.finish(visit, effective, result))

    def _seconds(self, field: str, expression: Expression | None, visit: Visit, effective: Any) -> int | None:
        """The field's value, which must be positive (specification, "Timeouts")."""
        if expression is None:
            return None
        value: int = expression(visit, effective)
        if value > 0:
            return value
        raise self.language.failure(visit, f"{field} must be a positive integer, but was: {value}", field)


class _Attempt:
    """One attempt: the call, its events, and the wait for its end."""

    def __init__(self, visit: Visit, resource: str) -> None:
        self.visit, self.resource = visit, resource
        self.running = visit.frame.running
        self.arguments: Any = None
        self.timeout: int | None = None
        self.heartbeat: int | None = None
        try:
            self.integration: Integration = self.running.environment.integrations.resolve(resource)
        except TaskFailure as failure:
            raise visit.failure(failure.cause or "", failure.error or errors.RUNTIME) from failure
        self.answer: TokenAnswer | None = None
        if self.integration.pattern != "request":
            token, self.answer = self.running.environment.tokens.create(
                self.running.context["Execution"]["Id"],
                len(self.running.history.events),
                visit.name,
                external=self.integration.pattern == "callback",
            )
            visit.renew(token=token)

    def close(self) -> None:
        """The token is of no use any more."""
        if self.visit.token is not None:
            self.running.environment.tokens.discard(self.visit.token)

    async def run(self) -> Any:
        """Leave the events of the attempt and return its result. Raises StateFailed."""
        clock = self.running.clock
        try:
            self.integration.check(self.arguments)
        except TaskFailure as failure:
            raise self.visit.failure(failure.cause or "", failure.error or errors.RUNTIME) from failure
        self._scheduled()
        try:
            past = self.running.past
            if past is not None and not past.over:
                result = await self._again(past)
            elif self.timeout is None:
                result = await self._call()
            else:
                result = await clock.timeout(self._call(), self.timeout)
        except TaskFailure as failure:
            raise self._failed(failure.error, failure.cause) from failure
        except TimedOut:
            raise self._timed_out(StateFailed(errors.TIMEOUT, "")) from None
        except HeartbeatMissed as missed:
            raise self._timed_out(missed) from None
        text = self.running.history.text(result)
        if too_large(text):
            name = self.resource if self.integration.kind != "Task" else self.integration.resource_type
            raise self._failed(
                errors.DATA_LIMIT_EXCEEDED,
                f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes "
                "service limit.",
            )
        self._event("Succeeded", {"output": text, "outputDetails": NOT_TRUNCATED})
        return result

    async def _again(self, past: Past) -> Any:
        """The result that it had, in a fork; where nobody knows it, the task is called."""
        begun = self.visit.frame.previous
        try:
            return await past.outcome(self.visit.frame)
        except LookupError:
            self.visit.frame.previous = begun
        call = self._call()
        return await (call if self.timeout is None else self.running.clock.timeout(call, self.timeout))

    async def _call(self) -> Any:
        context = self.running.context
        call = TaskCall(
            self.resource,
            self.arguments,
            self.visit.token,
            context["Execution"]["Id"],
            context["StateMachine"]["Id"],
            context["Execution"]["RoleArn"],
            self.visit.name,
            self.timeout,
        )
        integration = self.integration
        if integration.kind != "Activity":  # an activity starts when a worker takes it
            self._started()
        response = await integration.submit(call)
        if integration.kind == "Activity":
            self._started(response)
        if integration.pattern == "request":
            return response
        if integration.kind != "Activity":
            text = self.running.history.text(response)
            self._event("Submitted", {"output": text, "outputDetails": NOT_TRUNCATED})
        assert self.answer is not None
        if integration.pattern == "callback":
            return await self._answered(self.answer)
        return await self._completed(call, response, self.answer)

    async def _completed(self, call: TaskCall, response: Any, answer: TokenAnswer) -> Any:
        """The job's end, or the token's answer should somebody have been given the token."""

        async def relay() -> None:
            try:
                answer.signal.set(await self.integration.complete(call, response))
            except Exception as error:  # handed to the waiting task, which sorts it out
                answer.signal.fail(error)

        fiber = self.running.clock.spawn(relay())
        try:
            return await self._answered(answer)
        finally:
            if not fiber.done:
                fiber.cancel()
                # Nobody waits for the job to be stopped.
                self.running.clock.spawn_next(self.integration.cancel(call, response))

    async def _answered(self, answer: TokenAnswer) -> Any:
        if self.heartbeat is None:
            return await answer.signal
        clock = self.running.clock
        answer.heartbeat_at = clock.now()
        while True:
            try:
                return await clock.timeout(_wait(answer), answer.heartbeat_at + self.heartbeat - clock.now())
            except TimedOut:
                if answer.heartbeat_at + self.heartbeat <= clock.now():
                    raise HeartbeatMissed from None

    # ---- events, in the family of the integration

    def _event(self, suffix: str, details: dict[str, Any] | None) -> None:
        kind = self.integration.kind
        if details is not None and kind == "Task":
            details = {
                "resourceType": self.integration.resource_type,
                "resource": self.integration.resource,
                **details,
            }
        name = f"{kind}{suffix}"
        member = f"{kind[0].lower()}{kind[1:]}{suffix}EventDetails"
        self.visit.frame.event(name, (member, details) if details is not None else None)

    def _scheduled(self) -> None:
        text = self.running.history.text(self.arguments)
        if self.integration.kind == "Task":
            region = self.running.context["Execution"]["Id"].split(":")[3]
            details: dict[str, Any] = {"region": region, "parameters": text}
        else:
            details = {"resource": self.resource, "input": text, "inputDetails": NOT_TRUNCATED}
        if self.timeout is not None:
            details["timeoutInSeconds"] = self.timeout
        if self.heartbeat is not None:
            details["heartbeatInSeconds"] = self.heartbeat
        self._event("Scheduled", details)

    def _started(self, worker_name: str | None = None) -> None:
        if self.integration.kind == "Activity":
            self._event("Started", {"workerName": worker_name} if worker_name else {})
        else:
            self._event("Started", {} if self.integration.kind == "Task" else None)

    def _failed(self, error: str | None, cause: str | None) -> StateFailed:
        failure = StateFailed(error, cause)
        self._event("Failed", failure.details())
        return failure

    def _timed_out(self, failure: StateFailed) -> StateFailed:
        self._event("TimedOut", failure.details())
        return failure


async def _wait(answer: TokenAnswer) -> Any:
    return await answer.signal
