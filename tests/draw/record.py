"""Records the histories that the pictures are tested with.

Run it as `python -m tests.draw.record`.
The interpreter runs each workflow with tasks that take a told time and fail when they are told to. What it writes
is the input of the tests, which do not run it: `histories/NAME.json` holds a definition and the events.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from localcloud.asl.compiler import compile_machine
from localcloud.asl.environment import Environment, TaskCall, TaskFailure
from localcloud.asl.execution import StateMachineExecution
from localcloud.time.clock import Clock, Signal
from tests.draw.machines import LAMBDA, TRAIN, catch, task
from tests.draw.machines import Machine as Definition

FOLDER = Path(__file__).parent / "histories"
HOUR = 3600
ARN = "arn:aws:states:us-east-1:123456789012:execution"


class Answer:
    """What a task token is answered with: never."""

    def __init__(self, clock: Clock) -> None:
        self.signal: Signal[Any] = Signal(clock)
        self.heartbeat_at = clock.now()


class Tasks:
    """Every task: how long a call takes, and which of its calls fail; answers with what it was given."""

    kind, pattern = "Task", "request"

    def __init__(self, clock: Clock, seconds: dict[str, float], fails: dict[str, str], answers: dict[str, Any]) -> None:
        self.clock, self.seconds, self.fails, self.answers = clock, seconds, fails, answers
        self.calls: Counter[str] = Counter()
        self.resource_type = self.resource = ""

    def resolve(self, resource: str) -> Tasks:
        parts = resource.split(":")
        found = Tasks(self.clock, self.seconds, self.fails, self.answers)
        found.calls = self.calls
        aws_sdk = parts[5] == "aws-sdk"
        found.resource_type = ":".join(parts[5:7]) if aws_sdk else parts[5]
        found.resource = ":".join(parts[7 if aws_sdk else 6 :])
        found.pattern = "sync" if ".sync" in resource else "request"
        return found

    def check(self, arguments: Any) -> None:
        pass

    async def submit(self, call: TaskCall) -> Any:
        name = call.state_name
        number, self.calls[name] = self.calls[name], self.calls[name] + 1
        if self.pattern == "request":
            await self.clock.sleep(self.seconds.get(name, 1))
        if self.fails.get(name, "")[number : number + 1] == "x":
            raise TaskFailure("Model.Busy", f"{name} is busy: try again")
        return self.answers.get(name, call.arguments)

    async def complete(self, call: TaskCall, response: Any) -> Any:
        await self.clock.sleep(self.seconds.get(call.state_name, 1))
        return {**response, "Output": {"rows": 3}, "Status": "SUCCEEDED"}

    def create(self, *_: object, external: bool) -> tuple[str, Answer]:
        return "token", Answer(self.clock)

    def discard(self, token: str) -> None: ...

    async def cancel(self, call: TaskCall, response: Any) -> None: ...


def trained() -> Definition:
    """TRAIN with its status held in its data, so that its loop goes round three times."""
    definition: Definition = json.loads(json.dumps(TRAIN))
    states = definition["States"]
    for name in ("Validate input", "Start training", "Get status", "Notify failure"):
        states[name]["ResultPath"] = None
    states["Get status"] |= {"ResultPath": "$.rounds", "Parameters": {"n.$": "States.MathAdd($.rounds.n, 1)"}}
    states["Training done?"]["Choices"][0] = {"Variable": "$.rounds.n", "NumericEquals": 3, "Next": "Evaluate"}
    states["Evaluate"]["ResultPath"] = None
    states["Evaluate"]["Branches"][1]["States"]["Bias report"]["Retry"] = [{"ErrorEquals": ["States.ALL"]}]
    retried = states["Score batches"]["ItemProcessor"]["States"]["Score batch"]
    retried["Retry"] = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 4}]
    return definition


def many() -> Definition:
    """A Map of sixty items, at most twelve at a time, of which a few are caught."""
    handler = {"Type": "Pass", "End": True}
    inside = {"StartAt": "Read", "States": {"Read": task("Keep"), "Keep": task(Catch=[catch("Ask")]), "Ask": handler}}
    each = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 12, "ItemProcessor": inside, "End": True}
    return {"StartAt": "Each receipt", "States": {"Each receipt": each}}


NIGHT = {
    "StartAt": "Collect",
    "States": {
        "Collect": task("Wait for the night"),
        "Wait for the night": {"Type": "Wait", "Seconds": 14 * HOUR, "Next": "Convert"},
        "Convert": task("Score", "arn:aws:states:::states:startExecution.sync:2", ResultPath="$.child"),
        "Score": task(),
    },
}
CHILD = {"StartAt": "Read", "States": {"Read": task("Write"), "Write": task()}}

PLAIN = {
    "StartAt": "Read text",
    "States": {
        "Read text": task(
            "Convert",
            "arn:aws:states:::aws-sdk:textract:detectDocumentText",
            InputPath="$.photo",
            Parameters={"Document": {"S3Object": {"Bucket.$": "$.bucket", "Name.$": "$.key"}}},
            ResultSelector={"text.$": "$.Blocks[0].Text", "pages": 1},
            ResultPath="$.read",
        ),
        "Convert": task(
            "Label",
            LAMBDA,
            Parameters={"FunctionName": "convert", "Payload.$": "$.read"},
            OutputPath="$.Payload",
        ),
        "Label": {"Type": "Pass", "Result": "receipt", "ResultPath": "$.kind", "Next": "Both"},
        "Both": {
            "Type": "Parallel",
            "ResultPath": "$.both",
            "Branches": [
                {"StartAt": "Sum", "States": {"Sum": {"Type": "Pass", "OutputPath": "$.total", "End": True}}},
                {"StartAt": "Tax", "States": {"Tax": {"Type": "Pass", "Result": 0.82, "End": True}}},
            ],
            "Next": "Each line",
        },
        "Each line": {
            "Type": "Map",
            "ItemsPath": "$.lines",
            "ResultPath": "$.lines",
            "ItemSelector": {"line.$": "$$.Map.Item.Value", "vendor.$": "$.vendor"},
            "ItemProcessor": {"StartAt": "Trim", "States": {"Trim": {"Type": "Pass", "End": True}}},
            "End": True,
        },
    },
}

JSONATA = {
    "QueryLanguage": "JSONata",
    "StartAt": "Read text",
    "States": {
        "Read text": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:textract:detectDocumentText",
            "Arguments": {"Document": "{% $states.input.photo.key %}"},
            "Assign": {"pages": "{% $count($states.result.Blocks) %}"},
            "Output": "{% $states.result.Blocks[0].Text %}",
            "Next": "Done",
        },
        "Done": {"Type": "Succeed", "Output": {"text": "{% $states.input %}", "pages": "{% $pages %}"}},
    },
}


def record(
    name: str,
    definition: Definition,
    input: Any,
    seconds: dict[str, float] | None = None,
    fails: dict[str, str] | None = None,
    answers: dict[str, Any] | None = None,
    begins: float = 0,
) -> None:
    """Runs a workflow and writes its history."""
    clock = Clock()
    clock.start()
    tasks: Any = Tasks(clock, seconds or {}, fails or {}, answers or {})
    nothing: Any = None
    execution = StateMachineExecution(
        compile_machine(definition),
        arn=f"{ARN}:{name}:run",
        name="run",
        input=json.dumps(input),
        role_arn="arn:aws:iam::123456789012:role/states",
        state_machine_arn=ARN.replace("execution", "stateMachine") + ":" + name,
        state_machine_name=name,
        environment=Environment(clock, tasks, tasks, nothing),
    )

    async def whole() -> None:
        await clock.sleep(begins)
        execution.start()
        await execution.finished

    clock.spawn(whole()).join(30)
    clock.close()
    lines = ",\n".join(json.dumps(event, ensure_ascii=False) for event in execution.history.events)
    answer = f'{{"definition": {json.dumps(definition, ensure_ascii=False)},\n"events": [\n{lines}\n]}}\n'
    (FOLDER / f"{name}.json").write_text(answer, encoding="utf-8", newline="\n")
    print(name, execution.status, len(execution.history.events), "events", file=sys.stderr)


def main() -> None:
    """Writes all histories anew."""
    data = {"status": "InProgress", "rounds": {"n": 0}, "accuracy": 0.94, "batches": [[1, 2], [3, 4], [5, 6]]}
    seconds = {
        "Validate input": 2.0,
        "Start training": 5,
        "Get status": 1.2,
        "Accuracy": 12,
        "Sample": 6,
        "Explain": 9,
        "Bias report": 6,
        "Load batch": 3,
        "Score batch": 8,
        "Notify failure": 1,
    }
    fails = {"Start training": "x", "Bias report": "x", "Score batch": ".x"}
    record("train", trained(), data, seconds, fails)
    record("refused", trained(), data, seconds, {"Start training": "xxxx"})
    record("many", many(), {"items": list(range(60))}, {"Keep": 1.5}, {"Keep": "." * 30 + "xx" + "." * 20 + "x"})
    began = {"Convert": {"ExecutionArn": f"{ARN}:child:run", "StartDate": 1}}
    record("night", NIGHT, {}, {"Collect": 40, "Convert": 12, "Score": 20}, answers=began)
    record("child", CHILD, {}, {"Read": 4, "Write": 7.5}, begins=14 * HOUR + 40.5)
    photo = {"photo": {"bucket": "workshop", "key": "receipts/01.png"}, "sender": "ada@example.com"}
    lines = [{"item": "Latte", "price": 4.5}, {"item": "Scone", "price": 3.25}]
    answers = {
        "Read text": {"Blocks": [{"Text": "HARBOUR LIGHT COFFEE", "Type": "LINE"}, {"Text": "15.82", "Type": "LINE"}]},
        "Convert": {"StatusCode": 200, "Payload": {"vendor": "HARBOUR LIGHT", "total": 15.82, "lines": lines}},
    }
    record("plain", PLAIN, photo, answers=answers)
    record("jsonata", JSONATA, photo, answers=answers)


if __name__ == "__main__":
    main()
