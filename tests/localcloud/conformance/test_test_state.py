"""TestState runs one state on its own, mocked or for real, and shows what became of its data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.asl import test_state as trial
from localcloud.asl.environment import TaskFailure
from localcloud.asl.validation import InvalidDefinition
from localcloud.time.clock import EPOCH

Answer = dict[str, Any]

ROLE = "arn:aws:iam::123456789012:role/role"
LAMBDA = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
PASS = {"Type": "Pass", "End": True}
ITEMS = {"StartAt": "I", "States": {"I": PASS}}
MAP = {"Type": "Map", "ItemProcessor": ITEMS, "End": True}
DISTRIBUTED = {
    **MAP,
    "ItemProcessor": {**ITEMS, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}},
}
PARALLEL = {"Type": "Parallel", "Branches": [ITEMS, {"StartAt": "J", "States": {"J": PASS}}], "End": True}
BROKEN = {"errorOutput": {"error": "Broken", "cause": "on purpose"}}


def anything_goes(resource: str, result: Any, strict: bool) -> str | None:
    return None


@pytest.fixture
def attempt(world: Any) -> Callable[..., Answer]:
    """Tests a state: `data` is its input, `result` a mocked result; further members are the request's."""

    def run(state: Answer, data: Any = None, *, result: Any = None, **request: Any) -> Answer:
        request["definition"] = json.dumps(state)
        if data is not None:
            request["input"] = json.dumps(data)
        if result is not None:
            request["mock"] = {"result": json.dumps(result)}
        return trial.test_state(request, world.environment, anything_goes)

    return run


@pytest.fixture
def inspect(attempt: Callable[..., Answer]) -> Callable[..., Answer]:
    """The same, and returns inspectionData with its JSON texts read."""

    def run(*arguments: Any, **request: Any) -> Answer:
        found = attempt(*arguments, inspectionLevel="DEBUG", **request)["inspectionData"]
        return {name: json.loads(value) if isinstance(value, str) else value for name, value in found.items()}

    return run


@pytest.fixture
def refusal(attempt: Callable[..., Answer]) -> Callable[..., tuple[str, str]]:
    """The code and the message with which a request is refused."""

    def run(*arguments: Any, **request: Any) -> tuple[str, str]:
        with pytest.raises(trial.Refused) as caught:
            attempt(*arguments, **request)
        return caught.value.code, caught.value.message

    return run


# ---- what the answer says


def test_a_state_that_ends_the_machine_has_an_output_and_no_next_state(attempt: Any) -> None:
    assert attempt(PASS, {"a": 1}) == {"status": "SUCCEEDED", "output": '{"a": 1}'}


def test_the_next_state_is_named(attempt: Any) -> None:
    assert attempt({"Type": "Pass", "Next": "There"})["nextState"] == "There"


def test_a_choice_says_where_it_goes(attempt: Any) -> None:
    rule = {"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Many"}
    state = {"Type": "Choice", "Choices": [rule], "Default": "Few"}
    assert attempt(state, {"n": 2})["nextState"] == "Many"
    assert attempt(state, {"n": 1})["nextState"] == "Few"


def test_a_fail_state_fails_with_its_error_and_cause(attempt: Any) -> None:
    state = {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}
    assert attempt(state) == {"status": "FAILED", "error": "Broken", "cause": "on purpose"}


def test_a_failing_expression_gives_its_cause_without_an_event(attempt: Any) -> None:
    found = attempt({**PASS, "InputPath": "$.nowhere"}, {"a": 1})
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert "event id" not in found["cause"]
    assert "$.nowhere" in found["cause"]


def test_a_wait_takes_virtual_time(world: Any, attempt: Any) -> None:
    assert attempt({"Type": "Wait", "Seconds": 60, "End": True})["status"] == "SUCCEEDED"
    assert world.clock.now() == EPOCH + 60


def test_five_minutes_is_the_longest_that_a_state_may_take(attempt: Any) -> None:
    assert attempt({"Type": "Wait", "Seconds": 301, "End": True}) == {"status": "FAILED", "error": "States.Timeout"}


def test_the_context_object_is_that_of_an_execution_nobody_knows(attempt: Any) -> None:
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.context %}", "End": True}
    context = json.loads(attempt(state, {"a": 1}, roleArn=ROLE)["output"])
    execution, machine = context["Execution"], context["StateMachine"]
    assert execution["Id"] == f"arn:aws:states:us-east-1:123456789012:express:{machine['Name']}:{execution['Name']}"
    assert (execution["Input"], execution["RoleArn"]) == ({"a": 1}, ROLE)
    assert context["State"] == {"EnteredTime": "2026-01-05T09:00:00.000Z", "Name": "StateName", "RetryCount": 0}


def test_variables_can_be_given_and_are_shown_with_what_was_assigned(inspect: Any, attempt: Any) -> None:
    state = {**PASS, "Parameters": {"sum.$": "States.MathAdd($n, 1)"}, "Assign": {"m.$": "$.sum"}}
    variables = json.dumps({"n": 1})
    assert json.loads(attempt(state, variables=variables)["output"]) == {"sum": 2}
    assert inspect(state, variables=variables)["variables"] == {"n": 1, "m": 2}


# ---- a state of a whole machine


def test_a_state_is_found_by_name_and_knows_the_machines_language(attempt: Any) -> None:
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": {**PASS, "Output": "{% 1 + 1 %}"}},
    }
    assert attempt(machine, stateName="A")["output"] == "2"


@pytest.mark.parametrize("container", [MAP, PARALLEL])
def test_a_state_is_found_inside_another(attempt: Any, container: Answer) -> None:
    machine = {"StartAt": "C", "States": {"C": container}}
    assert attempt(machine, {"a": 1}, stateName="I")["output"] == '{"a": 1}'


def test_a_name_that_no_state_has_is_refused(refusal: Any) -> None:
    machine = {"StartAt": "A", "States": {"A": PASS}}
    assert refusal(machine, stateName="B") == ("ValidationException", "State not found in definition")


def test_a_definition_that_is_not_valid_is_refused(attempt: Any) -> None:
    with pytest.raises(InvalidDefinition, match="MISSING_TRANSITION_TARGET"):
        attempt({"StartAt": "B", "States": {"A": PASS}}, stateName="A")


def test_a_single_state_may_lead_where_nobody_knows(attempt: Any) -> None:
    with pytest.raises(InvalidDefinition, match="at /Type"):
        attempt({"Type": "Passs", "Next": "There"})


# ---- what happened to the data


def test_jsonpath_shows_the_data_after_each_field(inspect: Any) -> None:
    state = {
        **LAMBDA,
        "InputPath": "$.in",
        "Parameters": {"arguments.$": "$.x"},
        "ResultSelector": {"selected.$": "$.Payload"},
        "ResultPath": "$.out",
        "OutputPath": "$.out",
    }
    data = {"in": {"x": 1}}
    assert inspect(state, data, result={"Payload": "p"}) == {
        "input": data,
        "afterInputPath": {"x": 1},
        "afterParameters": {"arguments": 1},
        "result": {"Payload": "p"},
        "afterResultSelector": {"selected": "p"},
        "afterResultPath": {"in": {"x": 1}, "out": {"selected": "p"}},
    }


def test_jsonata_shows_the_arguments_and_the_result(inspect: Any) -> None:
    state = {**LAMBDA, "QueryLanguage": "JSONata", "Arguments": {"a": "{% $states.input.n %}"}, "Output": 1}
    assert inspect(state, {"n": 2}, result={"Payload": "p"}) == {
        "input": {"n": 2},
        "afterArguments": {"a": 2},
        "result": {"Payload": "p"},
    }


def test_a_pass_with_a_result_shows_it_in_place_of_its_effective_input(inspect: Any) -> None:
    plain = inspect(PASS, 1)
    assert plain.keys() == {"input", "afterInputPath", "afterParameters", "afterResultSelector", "afterResultPath"}
    fixed = inspect({**PASS, "Result": 2}, 1)
    assert fixed == {"input": 1, "result": 2, "afterResultSelector": 2, "afterResultPath": 2}


def test_what_came_before_a_failure_is_shown(inspect: Any) -> None:
    state = {**LAMBDA, "Parameters": {"a.$": "$.nowhere"}}
    assert inspect(state, {"b": 1}, result={}) == {"input": {"b": 1}, "afterInputPath": {"b": 1}}


def test_a_parallel_shows_only_what_became_of_its_result(inspect: Any) -> None:
    state = {**PARALLEL, "ResultSelector": {"first.$": "$[0]"}}
    assert inspect(state, {"a": 1}, result=[1, 2]) == {
        "input": {"a": 1},
        "afterResultSelector": {"first": 1},
        "afterResultPath": {"first": 1},
    }


def test_a_map_shows_what_its_iterations_would_be_given(inspect: Any) -> None:
    state = {
        **MAP,
        "ItemsPath": "$.items",
        "MaxConcurrency": 3,
        "ItemSelector": {"item.$": "$$.Map.Item.Value", "all.$": "$.n"},
    }
    found = inspect(state, {"items": ["a", "b"], "n": 7}, result=[1, 2])
    assert found["afterItemsPath"] == ["a", "b"]
    assert found["afterItemSelector"] == [{"item": "a", "all": 7}, {"item": "b", "all": 7}]
    assert found["maxConcurrency"] == 3
    assert found["afterResultPath"] == [1, 2]


def test_a_map_reads_the_data_that_stand_for_its_file(inspect: Any) -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/rows"},
        "Parameters": {"Bucket": "b", "Key": "k"},
    }
    state = {
        **DISTRIBUTED,
        "ItemReader": reader,
        "ItemSelector": {"row.$": "$$.Map.Item.Value"},
        "ItemBatcher": {"MaxItemsPerBatch": 2},
    }
    data = json.dumps({"rows": [1, 2, 3]})
    found = inspect(state, result=[0, 0, 0], stateConfiguration={"mapItemReaderData": data})
    assert found["afterItemsPointer"] == [1, 2, 3]
    assert found["afterItemSelector"] == [{"row": 1}, {"row": 2}, {"row": 3}]
    assert found["afterItemBatcher"] == [{"Items": [{"row": 1}, {"row": 2}]}, {"Items": [{"row": 3}]}]
    assert "afterItemsPath" not in found


def test_nothing_is_inspected_unless_it_is_asked_for(attempt: Any) -> None:
    assert "inspectionData" not in attempt(PASS)
    assert "inspectionData" in attempt(PASS, inspectionLevel="TRACE")


def test_data_are_shown_as_they_were_written(world: Any) -> None:
    request = {"definition": json.dumps(PASS), "input": '{ "a":1 }', "inspectionLevel": "DEBUG"}
    found = trial.test_state(request, world.environment, anything_goes)
    assert (found["output"], found["inspectionData"]["input"]) == ('{ "a":1 }', '{ "a":1 }')


# ---- errors, retried and caught


def test_a_mocked_error_fails_the_state(attempt: Any) -> None:
    assert attempt(LAMBDA, mock=BROKEN) == {"status": "FAILED", "error": "Broken", "cause": "on purpose"}


@pytest.mark.parametrize(("count", "seconds"), [(0, 2), (1, 6), (2, 18)])
def test_an_error_can_be_retried_after_a_growing_interval(attempt: Any, count: int, seconds: int) -> None:
    retry = [{"ErrorEquals": ["Other"]}, {"ErrorEquals": ["Broken"], "IntervalSeconds": 2, "BackoffRate": 3}]
    found = attempt(
        {**LAMBDA, "Retry": retry},
        mock=BROKEN,
        stateConfiguration={"retrierRetryCount": count},
        inspectionLevel="DEBUG",
    )
    assert (found["status"], found["error"], found["cause"]) == ("RETRIABLE", "Broken", "on purpose")
    details = found["inspectionData"]["errorDetails"]
    assert details == {"retryIndex": 1, "retryBackoffIntervalSeconds": seconds}


def test_once_retries_are_used_up_a_catch_takes_over(attempt: Any) -> None:
    state = {
        **LAMBDA,
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],
        "Catch": [
            {"ErrorEquals": ["Other"], "Next": "There"},
            {"ErrorEquals": ["States.ALL"], "ResultPath": "$.why", "Next": "Here"},
        ],
    }
    found = attempt(state, {"a": 1}, mock=BROKEN, stateConfiguration={"retrierRetryCount": 1}, inspectionLevel="DEBUG")
    assert (found["status"], found["nextState"], found["error"]) == ("CAUGHT_ERROR", "Here", "Broken")
    assert json.loads(found["output"]) == {"a": 1, "why": {"Error": "Broken", "Cause": "on purpose"}}
    assert found["inspectionData"]["errorDetails"] == {"retryIndex": 0, "catchIndex": 1}


@pytest.mark.parametrize("container", [MAP, PARALLEL])
def test_a_map_and_a_parallel_can_be_made_to_fail(attempt: Any, container: Answer) -> None:
    state = {**container, "Catch": [{"ErrorEquals": ["Broken"], "Next": "Here"}]}
    assert attempt(state, [1, 2], mock=BROKEN)["status"] == "CAUGHT_ERROR"


@pytest.mark.parametrize(
    ("tolerated", "failed", "status"),
    [
        ({}, 0, "SUCCEEDED"),
        ({}, 1, "SUCCEEDED"),
        ({"ToleratedFailureCount": 0}, 1, "FAILED"),
        ({"ToleratedFailureCount": 1}, 1, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, 2, "FAILED"),
        ({"ToleratedFailurePercentage": 50}, 2, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 50}, 3, "FAILED"),
    ],
)
def test_more_failed_iterations_than_a_map_tolerates_fail_it(
    attempt: Any, tolerated: Answer, failed: int, status: str
) -> None:
    configuration = {"mapIterationFailureCount": failed}
    found = attempt({**DISTRIBUTED, **tolerated}, [1, 2, 3, 4], result=[0, 0, 0, 0], stateConfiguration=configuration)
    assert found["status"] == status
    assert found.get("error") == ("States.ExceedToleratedFailureThreshold" if status == "FAILED" else None)


# ---- mocks and real tasks


def test_a_task_without_a_mock_is_really_run(world: Any, attempt: Any) -> None:
    world.tasks["double"] = lambda arguments: arguments * 2
    state = {"Type": "Task", "Resource": "arn:aws:states:::test:double", "End": True}
    assert attempt(state, 21, roleArn=ROLE)["output"] == "42"


def test_the_error_of_a_real_task_is_handled_like_a_mocked_one(world: Any, attempt: Any) -> None:
    def break_down(arguments: Any) -> Any:
        raise TaskFailure("Broken", "really")

    world.tasks["break"] = break_down
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::test:break",
        "Retry": [{"ErrorEquals": ["Broken"]}],
        "End": True,
    }
    assert attempt(state, roleArn=ROLE) == {"status": "RETRIABLE", "error": "Broken", "cause": "really"}


def test_a_mock_calls_nothing(world: Any, attempt: Any) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::test:double", "End": True}
    assert json.loads(attempt(state, result={"a": 1})["output"]) == {"a": 1}
    assert world.calls == []


def test_a_mocked_callback_takes_its_token_from_the_context(attempt: Any, inspect: Any) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::test:ask.waitForTaskToken",
        "Parameters": {"token.$": "$$.Task.Token"},
        "End": True,
    }
    context = json.dumps({"Task": {"Token": "t"}})
    assert inspect(state, result={"yes": True}, context=context)["afterParameters"] == {"token": "t"}
    assert attempt(state, result={"yes": True})["error"] == "States.Runtime"


@pytest.mark.parametrize("kind", ["Pass", "Succeed", "Fail", "Wait", "Choice"])
def test_only_work_can_be_mocked(refusal: Any, kind: str) -> None:
    fields: Answer = {
        "Pass": {"End": True},
        "Wait": {"Seconds": 1, "End": True},
        "Choice": {"Choices": [{"Variable": "$", "IsNull": True, "Next": "A"}]},
    }.get(kind, {})
    code, message = refusal({"Type": kind, **fields}, mock=BROKEN)
    assert (code, message) == (
        "ValidationException",
        f"State type '{kind}' is not supported when a mock is specified",
    )


@pytest.mark.parametrize("container", [MAP, PARALLEL])
def test_a_map_and_a_parallel_need_a_mock(refusal: Any, container: Answer) -> None:
    assert refusal(container)[0] == "InvalidDefinition"


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:us-east-1:123456789012:activity:a",
        "arn:aws:states:::test:job.sync",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:::test:ask.waitForTaskToken",
    ],
)
def test_work_that_ends_elsewhere_needs_a_mock(refusal: Any, resource: str) -> None:
    code, message = refusal({"Type": "Task", "Resource": resource, "End": True}, roleArn=ROLE)
    assert code == "ValidationException"
    assert "only when a mock is specified" in message


MOCK_RULES = [
    (LAMBDA, {}, "RoleArn must be specified when testing a Task state"),
    (LAMBDA, {"mock": {"result": "{}", **BROKEN}}, "should have only one of"),
    (LAMBDA, {"mock": {}}, "should have only one of"),
    (LAMBDA, {"mock": {"result": "{nonsense"}}, "Mocked result must be valid JSON"),
    (LAMBDA, {"mock": {"result": "NaN"}}, "Mocked result must be valid JSON"),
    (LAMBDA, {"mock": BROKEN, "revealSecrets": True}, "does not support RevealSecrets when a mock is specified"),
    (LAMBDA, {"mock": BROKEN, "context": "[]"}, "Invalid Context object provided"),
    (LAMBDA, {"mock": BROKEN, "context": "{"}, "Invalid Context object provided"),
    (LAMBDA, {"mock": BROKEN, "variables": "1"}, "Invalid variables provided"),
    (PASS, {"context": "{}"}, "does not support Context when a mock is not specified"),
    (PASS, {"stateConfiguration": {"mapIterationFailureCount": 1}}, "does not support MapIterationFailureCount"),
    (MAP, {"mock": {"result": "{}"}}, "Mocked result must be an array."),
    (PARALLEL, {"mock": {"result": "{}"}}, "Mocked result must be an array."),
    (PARALLEL, {"mock": {"result": "[1]"}}, "same number of items as number of Parallel branches"),
    (
        MAP,
        {"mock": {"result": "[1]"}, "stateConfiguration": {"mapIterationFailureCount": 2}},
        "less than or equal to the number of Map iterations",
    ),
]


@pytest.mark.parametrize(("state", "request_members", "expected"), MOCK_RULES)
def test_a_request_that_breaks_a_rule_is_refused(
    refusal: Any, state: Answer, request_members: Answer, expected: str
) -> None:
    code, message = refusal(state, **request_members)
    assert code == "ValidationException"
    assert expected in message


def test_a_map_that_writes_its_results_is_mocked_with_an_object(refusal: Any, attempt: Any) -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}}
    state = {**DISTRIBUTED, "ResultWriter": writer}
    assert refusal(state, [], result=[1]) == ("ValidationException", "Mocked result must be a JSON object.")
    assert attempt(state, [], result={"MapRunArn": "arn"})["status"] == "SUCCEEDED"


def test_an_input_that_is_not_json_is_refused(world: Any) -> None:
    with pytest.raises(trial.Refused) as caught:
        trial.test_state({"definition": json.dumps(PASS), "input": "{"}, world.environment, anything_goes)
    assert caught.value.code == "InvalidExecutionInput"


@pytest.mark.parametrize(("mode", "asked"), [(None, [True]), ("STRICT", [True]), ("PRESENT", [False]), ("NONE", [])])
def test_a_mocked_result_is_held_against_the_api_unless_told_otherwise(
    world: Any, mode: str | None, asked: list[bool]
) -> None:
    seen: list[bool] = []

    def complain(resource: str, result: Any, strict: bool) -> str | None:
        seen.append(strict)
        return "Field 'StatusCode' must be a number"

    mock = {"result": "{}"} if mode is None else {"result": "{}", "fieldValidationMode": mode}
    request = {"definition": json.dumps(LAMBDA), "mock": mock}
    if asked:
        with pytest.raises(trial.Refused, match=r"^Mock result schema validation error: Field 'StatusCode' must be"):
            trial.test_state(request, world.environment, complain)
    else:
        assert trial.test_state(request, world.environment, complain)["status"] == "SUCCEEDED"
    assert seen == asked
