"""TestState: one state on its own, with its work done for real or mocked.

Sources: API reference, TestState; developer guide, "Testing state machines with TestState API"; for what the
answer holds for which state, answers of the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal

from localcloud.acting import acting_as
from localcloud.asl import errors
from localcloud.asl.data import to_json
from localcloud.asl.distributed.batcher import ItemBatcher
from localcloud.asl.distributed.items import map_item, plain
from localcloud.asl.distributed.reader import ItemReader
from localcloud.asl.distributed.run import is_too_much
from localcloud.asl.environment import Environment, Integration, TaskCall, TaskFailure
from localcloud.asl.errors import StateFailed
from localcloud.asl.execution import EXPRESS_SECONDS, StateMachineExecution
from localcloud.asl.machine import Outcome, State
from localcloud.asl.randomness import uuid4
from localcloud.asl.retry import handler_of
from localcloud.asl.running import Frame, Visit, iso
from localcloud.asl.states.map import Map
from localcloud.asl.states.parallel import Parallel
from localcloud.asl.test_state_request import Nonconformity, Refused, TrialRequest
from localcloud.time.clock import TimedOut

__all__ = ["Nonconformity", "Refused", "test_state"]

#: Steps that AWS takes but does not show: a Parallel's and a Map's result is the mock itself, and what a
#: Parallel makes of its input is not shown at all.
_NOT_SHOWN = {
    "Map": {"result"},
    "Parallel": {"afterInputPath", "afterParameters", "afterArguments", "result"},
    "Pass": {"result"},
}
#: A Pass that has a Result ignores its effective input.
_NOT_SHOWN_WITH_RESULT = {"afterInputPath", "afterParameters"}


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
    with acting_as(trial.role_arn):
        fiber = environment.clock.spawn(trial.run())
    fiber.join()
    return fiber.result()


class _Trial:
    """One visit of the state that a request asks for."""

    def __init__(self, request: TrialRequest, environment: Environment) -> None:
        self._request, self._state = request, request.state
        self._inspection = _Inspection(request.fields)
        self._inspection.remember(request.input, request.input_text)
        if request.result_text is not None:
            self._inspection.remember(request.result, request.result_text)
        if request.is_mocked:
            mocked, file = _Mocked(self._do_mock), _OneObject((request.reader_data or "").encode())
            environment = replace(environment, integrations=mocked, objects=file)
        self._environment = environment
        self.role_arn = self._request.role_arn

    async def run(self) -> dict[str, Any]:
        """Visit the state. Clock thread only."""
        visit = self._visit()
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

    def _visit(self) -> _TrialVisit:
        """The moment the state is entered, in an execution that nobody else knows of."""
        request, environment = self._request, self._environment
        machine, name = uuid4(environment.random), uuid4(environment.random)
        arn = f"arn:aws:states:{environment.region}:{environment.account_id}"
        execution = StateMachineExecution(
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
        execution.running.context = {
            "Execution": {
                "Id": execution.arn,
                "Input": request.input,
                "Name": name,
                "RoleArn": execution.role_arn,
                "StartTime": iso(execution.start_date),
            },
            "StateMachine": {"Id": execution.state_machine_arn, "Name": machine},
        }
        return _TrialVisit(Frame(execution.running, 0, request.variables, None), self._state, request, self._inspection)

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
        retry, catch = handler_of(failure, state.retriers), handler_of(failure, state.catchers)
        if retry is not None:
            self._inspection.members["errorDetails"] = details
            details["retryIndex"], retrier = retry
            delay = retrier.delay(visit.retry_count, visit.frame.running.random)
            if delay is not None:
                details["retryBackoffIntervalSeconds"] = int(delay)
                return {"status": "RETRIABLE"}
        if catch is not None:
            self._inspection.members["errorDetails"] = details
            details["catchIndex"], catcher = catch
            return self._answer("CAUGHT_ERROR", *state.catch(visit, failure, catcher))
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
            batcher = ItemBatcher(fields["ItemBatcher"], state.language)
            batches = [batch for batch, _ in batcher.batches(visit, effective, plain(items))]
            inspection.record("afterItemBatcher", batches)
        result = self._mocked_result()
        if intolerable:
            raise StateFailed(errors.TOLERATED_FAILURES, "The specified tolerated failure threshold was exceeded")
        return Outcome(state.next, *state.flow.finish(visit, effective, result))

    def _items(self, state: Map, visit: Visit, effective: Any) -> list[Any] | None:
        """What is mapped over; None where it would be read from S3 and the request does not give it."""
        if "ItemReader" not in self._request.fields:
            items: list[Any] = state.items(visit, effective)
            return items
        reader = self._request.fields["ItemReader"]
        is_one_file = reader.get("ReaderConfig", {}).get("InputType") not in (None, "MANIFEST")
        if self._request.reader_data is None or not is_one_file:
            return None
        item_reader = ItemReader(reader, state.language)
        items = item_reader.read(visit, effective, item_reader.limit(visit, effective))
        if "ItemsPointer" in reader.get("ReaderConfig", {}):
            self._inspection.record("afterItemsPointer", plain(items))
        return items

    def _intolerable(self, state: Map, visit: Visit, effective: Any) -> bool:
        """Whether more iterations failed than the Map says that it tolerates; one that says nothing tolerates all.

        (So the service answers in a test. In an execution such a Map fails with its first item.)
        """
        failed = self._request.failed_iterations
        count = state.language.number(state.fields, "ToleratedFailureCount")
        percentage = state.language.number(state.fields, "ToleratedFailurePercentage", fraction=True)
        if count is None and percentage is None:
            return False
        tolerated, share = 0, 0.0
        if count is not None:
            tolerated = self._inspection.members["toleratedFailureCount"] = count(visit, effective)
        if percentage is not None:
            share = self._inspection.members["toleratedFailurePercentage"] = float(percentage(visit, effective))
        result = self._request.result
        total = len(result) if isinstance(result, list) else 0
        return is_too_much(failed, max(total, failed), tolerated, share)


class _Inspection:
    """What a state did with its data on the way, as `inspectionData` shows it.

    Source: API reference, InspectionData.

    Args:
        fields: the state's.

    Attributes:
        members: inspectionData so far: JSON text for data, numbers as they are.
    """

    def __init__(self, fields: dict[str, Any]) -> None:
        self.members: dict[str, Any] = {}
        self._not_shown: set[str] = _NOT_SHOWN.get(fields["Type"], set())
        if fields["Type"] == "Pass" and "Result" in fields:
            self._not_shown = _NOT_SHOWN_WITH_RESULT
        self._originals: list[tuple[Any, str]] = []

    def remember(self, value: Any, text: str) -> None:
        """The text that a value was read from: it is shown as it was written."""
        self._originals.append((value, text))

    def text(self, value: Any) -> str:
        """The value as JSON text."""
        return next((text for original, text in self._originals if original is value), None) or to_json(value)

    def record(self, name: str, value: Any) -> None:
        """Note the data that a step led to."""
        if name not in self._not_shown:
            self.members[name] = self.text(value)


class _TrialVisit(Visit):
    """The visit under test: it tells of its steps, its context object may be given, its failures name no event."""

    __slots__ = ("_given",)

    def __init__(self, frame: Frame, state: State, request: TrialRequest, inspection: _Inspection) -> None:
        super().__init__(frame, state.name, state.kind, request.input, True)
        self.retry_count, self.note, self._given = request.retry_count, inspection.record, request.context

    @property
    def context(self) -> dict[str, Any]:
        return super().context if self._given is None else self._given

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

    def check(self, arguments: Any) -> None:
        pass

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
