"""Notebook 09: definitions that are wrong, and what ValidateStateMachineDefinition says of each."""

import json

END = {"Type": "Pass", "End": True}
ONLY = {"StartAt": "Only"}


def only(**state):
    """A workflow of one state."""
    return {**ONLY, "States": {"Only": state}}


INNER = {"StartAt": "Inner", "States": {"Inner": END}}
LAMBDA = "arn:aws:states:::lambda:invoke"
#: What somebody did -> the definition.
BROKEN = {
    "forgot a comma": '{"StartAt": "Only" "States": {}}',
    "began at a state that is not there": {"StartAt": "First", "States": {"Only": END}},
    "led to a state that is not there": only(Type="Pass", Next="Nowhere"),
    "left a state that nothing leads to": {**ONLY, "States": {"Only": END, "Lost": END}},
    "never ends": {**ONLY, "States": {"Only": {"Type": "Pass", "Next": "Only"}}},
    "said neither Next nor End": only(Type="Pass"),
    "misspelt a type": only(Type="Tsak", End=True),
    "invented a field": only(Type="Wait", Seconds=3, Minutes=1, End=True),
    "waits for two times": only(Type="Wait", Seconds=3, Timestamp="2026-01-05T09:00:00Z", End=True),
    "waits until no time": only(Type="Wait", Timestamp="tomorrow", End=True),
    "forgot .$": only(Type="Pass", Parameters={"name": "$.name"}, End=True),
    "wrote a path that is none": only(Type="Pass", InputPath="$.orders[", End=True),
    "called a function that is none": only(Type="Pass", Parameters={"a.$": "States.Sum($.a)"}, End=True),
    "chose without rules": only(Type="Choice", Choices=[], Default="Only"),
    "compared with two operators": only(
        Type="Choice", Choices=[{"Variable": "$.a", "StringEquals": "x", "IsNull": True, "Next": "Only"}]
    ),
    "retried with a heartbeat too long": only(
        Type="Task", Resource=LAMBDA, HeartbeatSeconds=60, TimeoutSeconds=30, End=True
    ),
    "retries more slowly than never": only(
        Type="Task", Resource=LAMBDA, Retry=[{"ErrorEquals": ["States.ALL"], "BackoffRate": 0.5}], End=True
    ),
    "caught all before one": only(
        Type="Task",
        Resource=LAMBDA,
        Catch=[
            {"ErrorEquals": ["States.ALL"], "Next": "Only"},
            {"ErrorEquals": ["Busy"], "Next": "Only"},
        ],
        End=True,
    ),
    "called something that is no ARN": only(Type="Task", Resource="textract", End=True),
    "waits for a call that has no .sync": only(
        Type="Task", Resource="arn:aws:states:::aws-sdk:textract:analyzeExpense.sync", End=True
    ),
    "named the same state twice": {
        **ONLY,
        "States": {"Only": {"Type": "Parallel", "Branches": [{**ONLY, "States": {"Only": END}}], "End": True}},
    },
    "mixed the languages": only(Type="Pass", QueryLanguage="JSONata", InputPath="$.a", End=True),
    "did not close an expression": only(Type="Pass", QueryLanguage="JSONata", Output="{% $sum( %}", End=True),
    "assigned to $states": only(Type="Pass", Assign={"states": 1}, End=True),
    "maps over a file without its header": only(
        Type="Map",
        ItemReader={
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV"},
            "Parameters": {"Bucket": "b", "Key": "k"},
        },
        ItemProcessor={
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            **INNER,
        },
        End=True,
    ),
}


def broken(workshop):
    """Print each mistake, and the first that Step Functions finds in it."""
    states = workshop.client("stepfunctions")
    for mistake, definition in BROKEN.items():
        text = definition if isinstance(definition, str) else json.dumps(definition)
        answer = states.validate_state_machine_definition(definition=text, severity="WARNING")
        found = answer["diagnostics"][0] if answer["diagnostics"] else {"code": "-", "message": "nothing is wrong"}
        message = found["message"].splitlines()[0]
        print(f"{mistake}\n    {found['code']}: {message if len(message) < 130 else message[:130] + '…'}")
