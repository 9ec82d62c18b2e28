"""Definitions in words: resources, choice rules, waits and errors as a reader would say them.

Nothing here fails on an odd definition: what it does not know it shortens and shows as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

SERVICES = {
    "athena": "Athena",
    "batch": "Batch",
    "bedrock": "Bedrock",
    "codebuild": "CodeBuild",
    "comprehend": "Comprehend",
    "dynamodb": "DynamoDB",
    "ecs": "ECS",
    "eks": "EKS",
    "elasticmapreduce": "EMR",
    "events": "EventBridge",
    "eventbridge": "EventBridge",
    "glue": "Glue",
    "http": "HTTP",
    "lambda": "Lambda",
    "polly": "Polly",
    "rekognition": "Rekognition",
    "s3": "S3",
    "sagemaker": "SageMaker",
    "sagemakerruntime": "SageMaker",
    "sfn": "Step Functions",
    "sns": "SNS",
    "sqs": "SQS",
    "states": "Step Functions",
    "textract": "Textract",
    "transcribe": "Transcribe",
    "translate": "Translate",
}

# Actions that are better known by another name than their own.
PHRASES = {
    "lambda:invoke": "Lambda function",
    "sns:publish": "SNS: publish message",
    "states:startExecution": "Child workflow",
    "sfn:startExecution": "Child workflow",
    "sfn:startSyncExecution": "Child workflow",
    "sagemaker:createTrainingJob": "SageMaker training job",
    "sagemaker:createProcessingJob": "SageMaker processing job",
    "sagemaker:createTransformJob": "SageMaker transform job",
    "sagemaker:createHyperParameterTuningJob": "SageMaker tuning job",
    "sagemaker:createModel": "SageMaker model",
    "sagemaker:createEndpointConfig": "SageMaker endpoint configuration",
    "sagemaker:createEndpoint": "SageMaker endpoint",
    "athena:startQueryExecution": "Athena query",
    "glue:startJobRun": "Glue job",
    "ecs:runTask": "ECS task",
    "batch:submitJob": "Batch job",
    "http:invoke": "HTTP call",
}

ICONS = {
    "athena": "search",
    "comprehend": "speech",
    "dynamodb": "table",
    "events": "event",
    "eventbridge": "event",
    "lambda": "lambda",
    "polly": "wave",
    "rekognition": "eye",
    "s3": "bucket",
    "sagemaker": "chip",
    "sagemakerruntime": "chip",
    "sfn": "workflow",
    "sns": "message",
    "sqs": "queue",
    "states": "workflow",
    "textract": "document",
    "transcribe": "wave",
}

COMPARISONS = {
    "Equals": "=",
    "LessThan": "<",
    "LessThanEquals": "≤",
    "GreaterThan": ">",
    "GreaterThanEquals": "≥",
    "Matches": "matches",
}

TESTS = {
    "IsPresent": ("is present", "is missing"),
    "IsNull": ("is null", "is not null"),
    "IsString": ("is text", "is not text"),
    "IsNumeric": ("is a number", "is not a number"),
    "IsBoolean": ("is true or false", "is not true or false"),
    "IsTimestamp": ("is a timestamp", "is not a timestamp"),
}

ERRORS = {
    "States.ALL": "any error",
    "States.TaskFailed": "task failed",
    "States.Timeout": "timeout",
    "States.HeartbeatTimeout": "no heartbeat",
    "States.DataLimitExceeded": "too much data",
    "States.Permissions": "no permission",
}


LONGEST_PATH = 22  # letters of a path in a rule


def shorten(text: str, limit: int) -> str:
    """`text` on one line and at most `limit` characters long, an ellipsis standing for the rest."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def service_of(resource: str) -> str:
    """The service that a Task's Resource calls ("lambda", "textract", …), or "" when it names none."""
    parts = resource.split(":")
    if resource.startswith("arn:") and len(parts) > 5 and parts[2] == "states" and parts[5]:
        return parts[6] if parts[5] == "aws-sdk" and len(parts) > 6 else parts[5]
    return parts[2] if resource.startswith("arn:") and len(parts) > 2 else ""


def starts_execution(resource: str) -> bool:
    """Whether a Task's Resource starts a workflow."""
    return service_of(resource) in ("states", "sfn") and "start" in resource and "Execution" in resource


def machine(arn: str) -> str:
    """The name in a state machine's ARN, without version or alias."""
    parts = arn.split(":")
    return parts[6] if len(parts) > 6 else arn


def resource(text: str) -> str:
    """A Task's Resource in words: "Lambda function", "Textract: detect document text"."""
    parts = text.split(":")
    if not text.startswith("arn:") or len(parts) < 6:
        return shorten(text, 40) or "task"
    if parts[2] == "lambda":
        return "Lambda function"
    if parts[2] == "states" and parts[5] == "activity":
        return "Activity: " + parts[-1]
    if parts[2] != "states" or len(parts) < 7:
        return shorten(text, 40)
    service, (action, _, pattern) = service_of(text), ":".join(parts[6:]).partition(".")
    if parts[5] == "aws-sdk":
        action, _, pattern = ":".join(parts[7:]).partition(".")
    name = SERVICES.get(service, service)
    said = PHRASES.get(f"{service}:{action}") or f"{name}: {camel_to_words(action)}"
    return said + (", waits for answer" if pattern == "waitForTaskToken" else "")


def icon_of(state: Mapping[str, Any]) -> str:
    """The name of the icon for a state: its service's for a Task, else its type's."""
    kind = str(state.get("Type", "Task"))
    return ICONS.get(service_of(str(state.get("Resource", ""))), "cloud") if kind == "Task" else kind.lower()


def camel_to_words(name: str) -> str:
    """`detectDocumentText` as "detect document text"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()


def state(definition: Mapping[str, Any]) -> str:
    """What a state does, in a few words, for the line under its name."""
    kind = definition.get("Type")
    if kind == "Task":
        return resource(str(definition.get("Resource", "")))
    if kind == "Wait":
        return _wait(definition)
    if kind == "Fail":
        error = definition.get("Error")
        return f"fail: {shorten(str(error), 32)}" if error else "fail"
    if kind == "Parallel":
        return f"parallel, {_count(len(definition.get('Branches', [])), 'branch', 'branches')}"
    if kind == "Map":
        return _map(definition)
    return str(kind or "unknown state").lower()


def _wait(definition: Mapping[str, Any]) -> str:
    if "Seconds" in definition:
        seconds = definition["Seconds"]
        return f"wait {duration(seconds) if isinstance(seconds, int) else value(seconds)}"
    if "SecondsPath" in definition:
        return f"wait {path(str(definition['SecondsPath']))} seconds"
    until = definition.get("Timestamp", definition.get("TimestampPath", ""))
    return f"wait until {value(until)}"


def _map(definition: Mapping[str, Any]) -> str:
    said = "distributed map" if is_distributed(definition) else "map"
    items = definition.get("ItemsPath", definition.get("Items"))
    if isinstance(items, str) and items != "$":
        said += f" over {value(items)}"
    at_once = definition.get("MaxConcurrency")
    return f"{said}, {at_once} at a time" if at_once else said


def is_distributed(definition: Mapping[str, Any]) -> bool:
    """Whether a state is a Map whose items run as executions of their own."""
    processor = definition.get("ItemProcessor") or definition.get("Iterator") or {}
    return definition.get("Type") == "Map" and (processor.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def duration(seconds: float) -> str:
    """Seconds as a reader would say them: "0.4 s", "30 s", "5 min", "2 h 5 min"."""
    # Three looks of 50 ms are 0.1 s or 0.2 s by the last bit of a sum: the half goes up, whichever way it was summed.
    seconds = round(seconds + 1e-6, 1)
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def path(text: str) -> str:
    """A JSONPath or JSONata expression without its ceremony: `$.job.status` as "job.status"."""
    text = text.strip()
    if text.startswith("{%") and text.endswith("%}"):
        text = text[2:-2].strip()
        return re.sub(r"\$states\.(input|result|context)\.", "", text)
    for prefix in ("$$.", "$.", "$"):
        if text.startswith(prefix) and len(text) > len(prefix):
            return text[len(prefix) :]
    return {"$": "the input", "$$": "the context"}.get(text, text)


def value(item: object) -> str:
    """A literal or an expression, as it reads in a sentence."""
    if isinstance(item, str):
        return path(item) if item.startswith(("$", "{%")) else item
    return json.dumps(item, ensure_ascii=False)


def rule(definition: Mapping[str, Any]) -> str:
    """A Choice rule in words: `{"Variable": "$.total", "NumericLessThan": 50}` as "total < 50"."""
    if "Condition" in definition:
        return re.sub(r"\w+(\.\w+)+", lambda match: _last_parts(match[0]), value(definition["Condition"]))
    for word in ("And", "Or"):
        if isinstance(definition.get(word), list):
            parts = [_bracketed(item) for item in definition[word]]
            return f" {word.lower()} ".join(parts)
    if isinstance(definition.get("Not"), Mapping):
        return f"not {_bracketed(definition['Not'])}"
    variable = _last_parts(value(definition.get("Variable", "")))
    for name, operand in definition.items():
        if name in TESTS:
            return f"{variable} {TESTS[name][0 if operand else 1]}"
        said = _comparison(name, operand, variable)
        if said:
            return said
    return variable or "a rule"


def _last_parts(text: str) -> str:
    """A long path by its last parts, so that what it is compared with is still to be read."""
    parts = text.split(".")
    while len(parts) > 1 and len(".".join(parts)) > LONGEST_PATH:
        parts = parts[1:]
    short = ".".join(parts)
    return short if short == text else f"…{short}"


def _bracketed(definition: Mapping[str, Any]) -> str:
    said = rule(definition)
    return f"({said})" if {"And", "Or"} & definition.keys() else said


def _comparison(name: str, operand: object, variable: str) -> str | None:
    match = re.fullmatch(r"(String|Numeric|Boolean|Timestamp)([A-Z][A-Za-z]*?)(Path)?", name)
    if not match or match[2] not in COMPARISONS:
        return None
    if match[1] == "Boolean" and not match[3]:
        return variable if operand else f"not {variable}"
    said = _last_parts(value(operand)) if match[3] else value(operand)
    if match[1] == "String" and not match[3] and (not said or said != said.strip()):
        said = f'"{said}"'
    return f"{variable} {COMPARISONS[match[2]]} {said}"


def error(name: str) -> str:
    """An error in words: "any error" for States.ALL, "BadDocument" for Textract.BadDocumentException."""
    if name in ERRORS:
        return ERRORS[name]
    last = name.rsplit(".", 1)[-1]
    return last.removesuffix("Exception") or last or name


def cause(text: str | None) -> str:
    """Why, in one line: a function's error message out of the JSON that Lambda wraps it in."""
    try:
        failure = json.loads(text or "")
    except ValueError:
        failure = None
    if isinstance(failure, dict) and "errorMessage" in failure:
        text = str(failure["errorMessage"])
    return shorten(text or "no cause given", 200)


def errors(names: list[str]) -> str:
    """The errors a catcher names, in words: all of them if they are short, else the first."""
    said = [shorten(error(name), 24) for name in names] or ["no error"]
    together = " or ".join(said)
    if len(said) == 1 or len(together) <= 26:
        return together
    return f"{said[0]} or {_count(len(said) - 1, 'other', 'others')}"
