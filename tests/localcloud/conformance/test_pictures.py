"""What the pictures infer from a history is what the steps of the data flow led to.

The pictures import nothing of the interpreter: they read definitions and histories of any Step Functions. So the order
of the steps stands in both, in `dataflow` as what is done and in the lens as what must have been done. Here the two
are held together: the lens looks at a run, TestState tells of the same state's steps.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from draw import lens
from localcloud.asl import test_state as trial

LAMBDA = "arn:aws:states:::lambda:invoke"
INPUT = {"order": {"id": 7, "lines": [{"price": 2}, {"price": 3}]}, "shop": "north"}
RESULT = {"Payload": {"total": 5, "tax": 1}, "StatusCode": 200}

#: The lens's stages by InspectionData's names; the last one of a state is its output.
INSPECTED = {
    "InputPath": "afterInputPath",
    "Parameters": "afterParameters",
    "Arguments": "afterArguments",
    "Result": "result",
    "ResultSelector": "afterResultSelector",
    "ResultPath": "afterResultPath",
    "OutputPath": "output",
    "Output": "output",
}

EVERYTHING = {
    "InputPath": "$.order",
    "Parameters": {"lines.$": "$.lines", "first.$": "$.lines[0].price"},
    "ResultSelector": {"total.$": "$.Payload.total"},
    "ResultPath": "$.sum",
    "OutputPath": "$.sum.total",
}
JSONATA = {
    "QueryLanguage": "JSONata",
    "Arguments": {"lines": "{% $states.input.order.lines %}"},
    "Output": "{% $states.result.Payload.total %}",
}


def without(*names: str) -> dict[str, Any]:
    return {name: field for name, field in EVERYTHING.items() if name not in names}


@pytest.mark.parametrize(
    "fields",
    [
        EVERYTHING,
        without("OutputPath"),
        without("ResultSelector", "OutputPath"),
        without("InputPath", "Parameters", "OutputPath"),
        {"InputPath": None, "ResultPath": None},
        {"ResultPath": None, "OutputPath": "$.order.lines[*].price"},
        {"ResultPath": "$.order.sum"},
        JSONATA,
    ],
)
def test_the_lens_shows_each_step_of_a_task_as_the_interpreter_took_it(world: Any, fields: dict[str, Any]) -> None:
    state = {"Type": "Task", "Resource": LAMBDA, "End": True, **fields}
    definition = {"StartAt": "Sum", "States": {"Sum": state}}
    world.tasks["invoke"] = lambda arguments: RESULT
    execution = world.run(definition, INPUT)
    (seen,) = lens.read(definition, execution.history.events)

    request = {"definition": json.dumps(state), "input": json.dumps(INPUT), "inspectionLevel": "DEBUG"}
    request["mock"] = {"result": json.dumps(RESULT)}
    answer = trial.test_state(request, world.environment, lambda resource, result, strict: None)
    steps = {name: json.loads(text) for name, text in answer["inspectionData"].items()}
    steps["output"] = json.loads(answer["output"])

    shown = [(INSPECTED[stage.name], stage.after) for stage in seen.stages]
    names = [name for name, _ in shown]
    assert names == [name for name in steps if name in names]  # in the order in which they were taken
    assert set(fields) - {"QueryLanguage"} <= {stage.name for stage in seen.stages}
    assert dict(shown) == {name: steps[name] for name in names}
    assert seen.agrees
