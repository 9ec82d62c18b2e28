"""TestState: one state on its own, with its work done for real or mocked.

Sources: API reference, TestState; developer guide, "Testing state machines with TestState API"; for what the
answer holds for which state, answers of the service.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal

from helpers.localcloud.asl import errors
from helpers.localcloud.asl.dataflow import number
from helpers.localcloud.asl.distributed.batcher import ItemBatcher
from helpers.localcloud.asl.distributed.items import map_item, plain
from helpers.localcloud.asl.distributed.reader import ItemReader
from helpers.localcloud.asl.environment import Environment, Integration, TaskCall, TaskFailure
from helpers.localcloud.asl.errors import StateFailed
from helpers.localcloud.asl.execution import EXPRESS_SECONDS, Execution
from helpers.localcloud.asl.frame import Frame, Visit, iso
from helpers.localcloud.asl.inspection import Inspection, inspected
from helpers.localcloud.asl.retry import Retrier
from helpers.localcloud.asl.states.base import Outcome
from helpers.localcloud.asl.states.map import Map
from helpers.localcloud.asl.states.parallel import Parallel
from helpers.localcloud.asl.test_state_request import Nonconformity, Refused, TrialRequest
from helpers.localcloud.clock import TimedOut

__all__ = ["Nonconformity", "Refused", "test_state"]


def test_state(request: dict[str, Any], environment: Environment, nonconformity: Nonconformity) -> dict[str, Any]:
    """Run one state and return what TestState answers. Not on the clock thread: it waits for the state's end.

    Args:
        request: as botocore's TestStateInput.
        environment: where a task without a mock is really run.
        nonconformity: what a mocked result of a task breaks of the API's model.

    Raises:
        validation.InvalidDefinition: the definition, or the single state, is not valid.
        Refused: another part of the request is not.
    """
    trial = _Trial(TrialRequest(request, nonconformity), environment)
    fiber = environment.clock.spawn(trial.run())
    fiber.join()
    return fiber.result()


class _Trial:
    """One visit of the state that a request asks for."""

    def __init__(self, request: TrialRequest, environment: Environment) -> None:
        self._request, self._state = request, request.state
        self._inspection = Inspection(request.fields)
        self._inspection.remember(request.input, request.input_text)
        if request.result_text is not None:
            self._inspection.remember(request.result, request.result_text)
        if request.is_mocked:
            mocked, file = _Mocked(self._do_mock), _OneObject((request.reader_data or "").encode())
            environment = replace(environment, integrations=mocked, objects=file)
        self._environment = environment

    async def run(self) -> dict[str, Any]:
        """Visit the state. Clock thread only."""
        visit = self._visit()
        self._state.flow = inspected(self._request.fields, self._state.is_jsonata, self._inspection)
        self._inspection.record("input", visit.input)
        try:
            answer = await self._environment.clock.timeout(self._attempt(visit), EXPRESS_SECONDS)
        except TimedOut:
            answer = {"status": "FAILED", "error": errors.TIMEOUT}
        if self._request.wants_inspection:
            if visit.frame.variables:
                self._inspection.record("variables", visit.frame.variables)
            answer["inspectionData"] = self._inspection.members
        return answer

    def _visit(self) -> _Visit:
        """The moment the state is entered, in an execution that nobody else knows of."""
        request, environment = self._request, self._environment
        machine, name = (str(uuid.UUID(int=environment.random.getrandbits(128), version=4)) for _ in range(2))
        arn = f"arn:aws:states:{environment.region}:{environment.account_id}"
        execution = Execution(
            request.machine,
            arn=f"{arn}:express:{machine}:{name}",
            name=name,
            input=request.input_text,
            role_arn=request.role_arn,
            state_machine_arn=f"{arn}:stateMachine:{machine}",
            state_machine_name=machine,
            environment=environment,
            is_express=True,
        )
        execution.context = {
            "Execution": {
                "Id": execution.arn,
                "Input": request.input,
                "Name": name,
                "RoleArn": execution.role_arn,
                "StartTime": iso(execution.start_date),
            },
            "StateMachine": {"Id": execution.state_machine_arn, "Name": machine},
        }
        visit = _Visit(Frame(execution, 0, request.variables, None), self._state, request.input)
        visit.retry_count, visit.given = request.retry_count, request.context
        return visit

    async def _attempt(self, visit: Visit) -> dict[str, Any]:
        """One attempt, and what Retry and Catch would make of its failure."""
        state = self._state
        try:
            if isinstance(state, Map):
                outcome = self._map(state, visit)
            elif isinstance(state, Parallel):
                outcome = self._parallel(state, visit)
            else:
                if state.kind == "Fail":  # it has no InputPath, and the service shows one all the same
                    state.flow.effective(visit)
                outcome = await state.perform(visit)
            visit.leave(outcome.output, outcome.assigned)
            return self._answer("SUCCEEDED", outcome.next, outcome.output)
        except StateFailed as failure:
            try:
                answer = self._handled(visit, failure)
            except StateFailed as failing_catch:
                failure, answer = failing_catch, {"status": "FAILED"}
            texts = {"error": failure.error, "cause": failure.cause}
            return answer | {name: text for name, text in texts.items() if text is not None}

    def _answer(self, status: str, next_state: str | None, output: Any) -> dict[str, Any]:
        answer = {"status": status, "output": self._inspection.text(output)}
        return answer if next_state is None else {**answer, "nextState": next_state}

    def _handled(self, visit: Visit, failure: StateFailed) -> dict[str, Any]:
        """Retriable, caught or failed; raises StateFailed when the Catch itself fails."""
        state, details = self._state, dict[str, int]()
        for index, entry in enumerate(self._request.fields.get("Retry") or []):
            if errors.matches(entry["ErrorEquals"], failure):
                self._inspection.members["errorDetails"] = details
                details["retryIndex"], retrier = index, Retrier(entry)
                if visit.retry_count < retrier.max_attempts:
                    delay = retrier.delay(visit.retry_count, visit.frame.execution.random)
                    details["retryBackoffIntervalSeconds"] = int(delay)
                    return {"status": "RETRIABLE"}
                break
        for index, catcher in enumerate(state.catchers):
            if errors.matches(catcher.error_equals, failure):
                self._inspection.members["errorDetails"] = details
                details["catchIndex"] = index
                output, assigned = catcher.flow.caught(visit, failure)
                visit.leave(output, assigned)
                return self._answer("CAUGHT_ERROR", catcher.next, output)
        return {"status": "FAILED"}

    # ---- states whose work is always mocked

    def _do_mock(self) -> Any:
        error_output = self._request.error_output
        if error_output is not None:
            raise TaskFailure(error_output.get("error"), error_output.get("cause"))
        return self._request.result

    def _mocked_result(self) -> Any:
        try:
            return self._do_mock()
        except TaskFailure as failure:
            raise StateFailed(failure.error, failure.cause) from failure

    def _parallel(self, state: Parallel, visit: Visit) -> Outcome:
        effective = state.flow.effective(visit)
        state.flow.arguments(visit, effective)
        return Outcome(state.next, *state.flow.finish(visit, effective, self._mocked_result()))

    def _map(self, state: Map, visit: Visit) -> Outcome:
        inspection, fields = self._inspection, self._request.fields
        effective = state.flow.effective(visit)
        items = self._items(state, visit, effective)
        inspection.members["maxConcurrency"] = state.concurrency(visit, effective)
        intolerable = self._intolerable(state, visit, effective)
        if items is not None and ("ItemSelector" in fields or "Parameters" in fields):
            items = [state.item_input(visit, effective, map_item(index, item)) for index, item in enumerate(items)]
            inspection.record("afterItemSelector", items)
        if items is not None and "ItemBatcher" in fields:
            batcher = ItemBatcher(fields["ItemBatcher"], state.is_jsonata)
            batches = [batch for batch, _ in batcher.batches(visit, effective, plain(items))]
            inspection.record("afterItemBatcher", batches)
        result = self._mocked_result()
        if intolerable:
            raise StateFailed(errors.TOLERATED_FAILURES, "The specified tolerated failure threshold was exceeded")
        return Outcome(state.next, *state.flow.finish(visit, effective, result))

    def _items(self, state: Map, visit: Visit, effective: Any) -> list[Any] | None:
        """What is mapped over; None where it would be read from S3 and the request does not give it."""
        if "ItemReader" not in self._request.fields:
            items = state.items(visit, effective)
            if not state.is_jsonata:
                self._inspection.record("afterItemsPath", plain(items))
            return items
        reader = self._request.fields["ItemReader"]
        is_one_file = reader.get("ReaderConfig", {}).get("InputType") not in (None, "MANIFEST")
        if self._request.reader_data is None or not is_one_file:
            return None
        item_reader = ItemReader(reader, state.is_jsonata)
        items = item_reader.read(visit, effective, item_reader.limit(visit, effective))
        if "ItemsPointer" in reader.get("ReaderConfig", {}):
            self._inspection.record("afterItemsPointer", plain(items))
        return items

    def _intolerable(self, state: Map, visit: Visit, effective: Any) -> bool:
        """Whether more iterations failed than the Map says that it tolerates."""
        failed = self._request.failed_iterations
        count = number(state.fields, "ToleratedFailureCount", state.is_jsonata)
        percentage = number(state.fields, "ToleratedFailurePercentage", state.is_jsonata, fraction=True)
        intolerable = False
        if count is not None:
            tolerated = count(visit, effective)
            self._inspection.members["toleratedFailureCount"] = tolerated
            intolerable = failed > tolerated
        if percentage is not None:
            tolerated = float(percentage(visit, effective))
            self._inspection.members["toleratedFailurePercentage"] = tolerated
            result = self._request.result
            total = len(result) if isinstance(result, list) else 0
            intolerable = intolerable or failed * 100 > tolerated * max(total, failed)
        return intolerable


class _Visit(Visit):
    """A visit whose context object may be given, and whose failures name no event: there is no history."""

    __slots__ = ("given",)

    given: dict[str, Any] | None

    @property
    def context(self) -> dict[str, Any]:
        if self.given is not None:
            return self.given
        context = super().context
        context["State"].setdefault("RetryCount", self.retry_count)
        return context

    def failure(self, message: str, error: str = errors.RUNTIME) -> StateFailed:
        return StateFailed(error, message, self)


class _Mocked:
    """Integrations that all do what the mock says, at once and without a token."""

    kind: Literal["Task", "LambdaFunction", "Activity"] = "Task"
    resource_type = resource = "mock"
    pattern: Literal["request", "sync", "callback"] = "request"

    def __init__(self, do_mock: Callable[[], Any]) -> None:
        self._do_mock = do_mock

    def resolve(self, resource: str) -> Integration:
        return self

    async def submit(self, call: TaskCall) -> Any:
        return self._do_mock()

    async def complete(self, call: TaskCall, response: Any) -> Any:
        raise AssertionError("a mock is no job")

    async def cancel(self, call: TaskCall, response: Any) -> None:
        raise AssertionError("a mock is no job")


class _OneObject:
    """An object store in which every object is the data that the request gives for the ItemReader."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get(self, bucket: str, key: str, owner: str | None) -> bytes:
        return self._body

    def list(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        raise AssertionError("mapItemReaderData is not read through a listing")

    def put(self, bucket: str, key: str, body: bytes) -> None:
        raise AssertionError("a mocked Map writes nothing")
