"""What goes into a state and what comes out of it (specification, "Input and Output Processing")."""

from __future__ import annotations

from typing import Any

import pytest

DATA = {"order": {"id": 7, "lines": [1, 2, 3]}, "note": "keep"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, DATA, id="a Pass hands its input on"),
        pytest.param({"InputPath": "$.order"}, DATA["order"], id="InputPath selects"),
        pytest.param({"InputPath": None}, {}, id="a null InputPath is an empty object"),
        pytest.param({"OutputPath": "$.order.id"}, 7, id="OutputPath selects"),
        pytest.param({"OutputPath": None}, {}, id="a null OutputPath is an empty object"),
        pytest.param({"Result": [1]}, [1], id="Result replaces the input"),
        pytest.param({"Result": 1, "ResultPath": None}, DATA, id="a null ResultPath discards the result"),
        pytest.param(
            {"Result": 1, "ResultPath": "$.order.sum"},
            {"order": {"id": 7, "lines": [1, 2, 3], "sum": 1}, "note": "keep"},
            id="ResultPath adds to the input",
        ),
        pytest.param(
            {"Result": 1, "ResultPath": "$.a.b.c"},
            {**DATA, "a": {"b": {"c": 1}}},
            id="ResultPath makes its way",
        ),
        pytest.param(
            {"InputPath": "$.order", "Result": 1, "ResultPath": "$.sum"},
            {**DATA, "sum": 1},
            id="ResultPath goes into the raw input, not what InputPath selected",
        ),
        pytest.param(
            {"Parameters": {"first.$": "$.order.lines[0]", "name.$": "$$.State.Name", "fixed": "$.order"}},
            {"first": 1, "name": "S", "fixed": "$.order"},
            id="Parameters evaluate only names that end in a dollar",
        ),
        pytest.param(
            {"Parameters": {"text.$": "States.Format('{}-{}', $.order.id, 'x')"}},
            {"text": "7-x"},
            id="Parameters take intrinsic functions",
        ),
    ],
)
def test_jsonpath_dataflow_of_a_pass(world: Any, fields: dict[str, Any], expected: Any) -> None:
    assert world.one({"Type": "Pass", **fields}, DATA) == expected


def test_result_selector_shapes_the_result_before_it_is_placed(world: Any) -> None:
    world.tasks["f"] = lambda arguments: {"Payload": {"n": 5}, "Noise": 1}
    fields = {
        "Type": "Task",
        "Resource": "arn:aws:states:::test:f",
        "ResultSelector": {"n.$": "$.Payload.n"},
        "ResultPath": "$.answer",
    }
    assert world.one(fields, {"a": 1}) == {"a": 1, "answer": {"n": 5}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, DATA, id="input by default"),
        pytest.param({"Output": "{% $states.input.order.id + 1 %}"}, 8, id="an expression"),
        pytest.param(
            {
                "Output": {
                    "n": "{% $count($states.input.order.lines) %}",
                    "who": "{% $states.context.State.Name %}",
                }
            },
            {"n": 3, "who": "S"},
            id="expressions inside a value",
        ),
        pytest.param({"Output": [1, "plain"]}, [1, "plain"], id="a plain value"),
    ],
)
def test_jsonata_output_of_a_pass(world: Any, fields: dict[str, Any], expected: Any) -> None:
    assert world.one({"Type": "Pass", "QueryLanguage": "JSONata", **fields}, DATA) == expected


def test_jsonata_arguments_and_result_of_a_task(world: Any) -> None:
    world.tasks["double"] = lambda arguments: {"twice": arguments["n"] * 2}
    fields = {
        "Type": "Task",
        "QueryLanguage": "JSONata",
        "Resource": "arn:aws:states:::test:double",
        "Arguments": {"n": "{% $states.input.n %}"},
        "Output": "{% $states.result.twice + $states.input.n %}",
    }
    assert world.one(fields, {"n": 4}) == 12


def test_variables_are_assigned_when_the_state_is_left_and_read_ever_after(world: Any) -> None:
    first = {"Type": "Pass", "Assign": {"n.$": "$.n", "old": 0}}
    second = {"Type": "Pass", "Assign": {"n": 100, "old.$": "$n"}}
    third = {"Type": "Pass", "Parameters": {"n.$": "$n", "old.$": "$old"}}
    definition = {
        "StartAt": "A",
        "States": {"A": {**first, "Next": "B"}, "B": {**second, "Next": "C"}, "C": {**third, "End": True}},
    }
    assert world.output(definition, {"n": 1}) == {"n": 100, "old": 1}


def test_a_branch_reads_outer_variables_and_its_own_stay_inside(world: Any) -> None:
    def branch(name: str) -> dict[str, Any]:
        inner = {"Type": "Pass", "Assign": {"mine.$": "$outer"}, "Next": f"Read {name}"}
        read = {"Type": "Pass", "Parameters": {"mine.$": "$mine"}, "End": True}
        return {"StartAt": f"Set {name}", "States": {f"Set {name}": inner, f"Read {name}": read}}

    definition = {
        "StartAt": "Set",
        "States": {
            "Set": {"Type": "Pass", "Assign": {"outer": 1}, "Next": "Both"},
            "Both": {"Type": "Parallel", "Branches": [branch("A"), branch("B")], "End": True},
        },
    }
    execution = world.run(definition)
    assert execution.output == '[{"mine":1},{"mine":1}]'
    assert "mine" not in execution._root.variables


@pytest.mark.parametrize(
    ("fields", "error", "cause"),
    [
        ({"InputPath": "$.none"}, "States.Runtime", "Invalid path '$.none'"),
        (
            {"Parameters": {"a.$": "$.none"}},
            "States.Runtime",
            "The JSONPath '$.none' specified for the field 'a.$' could not be found in the input",
        ),
        (
            {"QueryLanguage": "JSONata", "Output": "{% $states.input.none %}"},
            "States.QueryEvaluationError",
            "returned nothing (undefined)",
        ),
    ],
)
def test_what_cannot_be_evaluated_fails_the_state_and_says_where(
    world: Any, fields: dict[str, Any], error: str, cause: str
) -> None:
    got, text = world.failure({"Type": "Pass", **fields})
    assert got == error
    assert text.startswith("An error occurred while executing the state 'S' (entered at the event id #2). ")
    assert cause in text


def test_the_context_object_names_the_execution_the_machine_and_the_state(world: Any) -> None:
    context = world.one({"Type": "Pass", "Parameters": {"c.$": "$$"}}, {"in": 1})["c"]
    assert context["Execution"] | {"StartTime": ""} == {
        "Id": "arn:aws:states:us-east-1:123456789012:execution:machine:run",
        "Input": {"in": 1},
        "Name": "run",
        "RoleArn": "arn:aws:iam::123456789012:role/role",
        "StartTime": "",
        "RedriveCount": 0,
    }
    assert context["StateMachine"]["Name"] == "machine"
    assert context["State"] == {"EnteredTime": "2026-01-05T09:00:00.020Z", "Name": "S"}


INNER = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"id.$": "$.order.id"}, "End": True}}}


@pytest.mark.parametrize(
    ("around", "data"),
    [
        ({"Type": "Parallel", "Branches": [INNER]}, DATA),
        ({"Type": "Map", "ItemProcessor": INNER}, [DATA]),
        ({"Type": "Map", "ItemProcessor": INNER, "Items": "{% [$states.input] %}"}, DATA),
    ],
)
def test_states_inside_one_in_jsonata_have_the_language_of_the_machine(
    world: Any, around: dict[str, Any], data: Any
) -> None:
    assert world.one({"QueryLanguage": "JSONata", "Output": "{% $states.result %}", **around}, data) == [{"id": 7}]
