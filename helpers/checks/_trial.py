"""Trying out a state, or a part of one, in the connected cloud: TestState, which starts no execution."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from helpers.checks._judge import NotYet
from helpers.session import current

Json = Mapping[str, Any]

#: A task whose work is always mocked here: the resource is never called.
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "any"}}


def written(answer: Any, kind: str, example: str) -> dict[str, Any]:
    """An answer of the SDK as Amazon States Language; a dict is taken as it is.

    Raises:
        NotYet: it is neither.
    """
    found = answer.to_dict() if hasattr(answer, "to_dict") else answer
    if not isinstance(found, dict):
        raise NotYet(f"{kind} is asked for, not {answer!r}. It begins with {example}.")
    return found


def attempt(state: Json, data: Any = None, **request: Any) -> dict[str, Any]:
    """What TestState answers: status, output (as a value), nextState, error, cause, inspectionData.

    Args:
        state: Amazon States Language.
        data: its input.
        request: `result` or `error`, which stand for the work of a task; `retries`, how often it was retried before;
            others as the API has them.

    Raises:
        botocore.exceptions.ClientError: the state is refused.
    """
    if "result" in request:
        request["mock"] = {"result": json.dumps(request.pop("result")), "fieldValidationMode": "NONE"}
    if "error" in request:
        request["mock"] = {"errorOutput": {"error": request.pop("error"), "cause": "for the check"}}
    if "retries" in request:
        request["stateConfiguration"] = {"retrierRetryCount": request.pop("retries")}
    session = current()
    with session.alive():
        answer: dict[str, Any] = session.client("stepfunctions").test_state(
            definition=json.dumps(state), input=json.dumps({} if data is None else data), **request
        )
    return answer | {"output": json.loads(answer.get("output", "null"))}


def way(choice: Json, data: Any) -> str:
    """Where a Choice state sends an input.

    Raises:
        NotYet: it fails on it.
    """
    answer = attempt(choice, data)
    if "nextState" not in answer:
        raise NotYet(f"on {json.dumps(data)} it fails: {answer.get('cause') or answer.get('error')}")
    return str(answer["nextState"])


def rule(answer: Any, samples: Iterable[tuple[Any, bool, str]]) -> None:
    """A Choice rule, tried out.

    Args:
        answer: a ChoiceRule of the SDK, or a dict.
        samples: an input, what the rule should say to it, and that in words.

    Raises:
        NotYet: it says something else, or fails.
    """
    fields = written(answer, "A Choice rule", "steps.ChoiceRule.")
    choice = {"Type": "Choice", "Choices": [{**fields, "Next": "Yes"}], "Default": "No"}
    for data, expected, why in samples:
        decided = way(choice, data)
        if (decided == "Yes") is not expected:
            raise NotYet(f"{why}, but on {json.dumps(data)} your rule says {decided.lower()}.")
