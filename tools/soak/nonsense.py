"""Nonsense: definitions with something changed in them, and calls of every action with random values."""

from __future__ import annotations

import copy
import json
import logging
import random
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cloud import Cloud
from localcloud.door.registry import KEPT
from tests.localcloud.asl.test_validation_hostile import JSONATA, JSONPATH
from tools.soak.kills import ROLE
from tools.soak.machines import machine
from tools.soak.trials import Try

BATCH = 100
#: Seconds that an execution may take, and then two for its end once it is stopped.
PATIENCE = 3
TEXTS = ("", "x", "soak", "a b", "é\U0001f600", "\ud800", "\0", "../..", "x" * 300, "$.a[?(@.b>1)]", "{% $a %}", "null")
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    1e308,
    [],
    {},
    [[]],
    *TEXTS,
    "States.ALL",
    "arn:aws:states:::lambda:invoke",
)


def definitions(chance: random.Random) -> Generator[Try]:
    """A changed definition is refused with a reason, or its execution ends; nothing ends in a mistake of ours."""
    while True:
        with closing(Cloud()) as cloud:
            states = cloud.client("stepfunctions")
            with _mistakes() as mistakes:
                for number in range(BATCH):
                    source = chance.choice([JSONPATH, JSONATA, machine(chance.randrange(1000))])
                    definition = copy.deepcopy(source)
                    for _ in range(chance.randint(1, 3)):
                        change(definition, chance)
                    text = json.dumps(definition)
                    problem = _tried(states, f"m{number}", text) or next(iter(mistakes), None)
                    mistakes.clear()
                    yield Try(lost=(f"{problem}: {text}"[:2000],) if problem else ())


def change(value: Any, chance: random.Random) -> None:
    """One place of a JSON value gets another value, another's value, another name, or goes."""
    places = _places(value)
    if not places:  # all of it has gone
        return
    (container, key), (other, where) = chance.choice(places), chance.choice(places)
    kind = chance.randrange(4)
    if kind == 0:
        container[key] = copy.deepcopy(chance.choice(VALUES))
    elif kind == 1:
        container[key] = copy.deepcopy(other[where])
    elif kind == 2 and isinstance(container, dict) and isinstance(where, str):
        container[where] = container.pop(key)
    else:
        del container[key]


def _places(value: Any) -> list[tuple[Any, Any]]:
    items: list[tuple[Any, Any]] = list(value.items()) if isinstance(value, dict) else []
    items = list(enumerate(value)) if isinstance(value, list) else items
    return [place for key, item in items for place in [(value, key), *_places(item)]]


def _tried(states: Any, name: str, text: str) -> str | None:
    """What goes wrong with a definition, if anything does."""
    try:
        arn = states.create_state_machine(name=name, definition=text, roleArn=ROLE)["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=arn, input='{"n": 1, "items": [1, 2]}')["executionArn"]
        until, stopped = time.monotonic() + PATIENCE, False
        while (status := states.describe_execution(executionArn=execution)["status"]) == "RUNNING":
            if time.monotonic() > until:
                if stopped:
                    return "it cannot be stopped"
                stopped, until = True, time.monotonic() + 2
                states.stop_execution(executionArn=execution)
            time.sleep(0.001)
        json.dumps(states.get_execution_history(executionArn=execution), default=str).encode()
        return None if status in ("SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT") else status
    except ClientError as problem:
        return None if problem.response["Error"]["Code"] != "InternalFailure" else str(problem)
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"


@contextmanager
def _mistakes() -> Iterator[list[str]]:
    """What is logged as an error while the block runs: a fault of ours, with its traceback's end."""
    found: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(f"{record.getMessage()} {record.exc_info and record.exc_info[1]!r}")

    handler = Handler(logging.ERROR)
    logging.getLogger("localcloud").addHandler(handler)
    try:
        yield found
    finally:
        logging.getLogger("localcloud").removeHandler(handler)


def calls(chance: random.Random) -> Generator[Try]:
    """Every action that is ours or kept is answered, or refused; names that others made come again."""
    while True:
        with closing(Cloud()) as cloud:
            ours = {name: set(cloud.service(name).actions) for name in cloud.registry.names}
            actions = sorted({(name, action) for kept in (ours, KEPT) for name in kept for action in kept[name]})
            names: list[str] = ["soak"]
            with _mistakes() as mistakes:
                for _ in range(200):
                    lost = []
                    for _ in range(BATCH):
                        service, action = chance.choice(actions)
                        problem = _called(cloud, service, action, names, chance) or next(iter(mistakes), None)
                        mistakes.clear()
                        lost += [f"{service}:{action}: {problem}"] if problem else []
                    yield Try(BATCH, tuple(lost))


#: They wait for real time to pass: GetActivityTask for a minute.
_WAITS = {"GetActivityTask"}


def _called(cloud: Cloud, service: str, action: str, names: list[str], chance: random.Random) -> str | None:
    if action in _WAITS:
        return None
    client = cloud.client(service)
    methods = {operation: method for method, operation in client.meta.method_to_api_mapping.items()}
    if action not in methods:  # a browser's form (PostObject)
        return None
    shape = client.meta.service_model.operation_model(action).input_shape
    request = {} if shape is None else _value(shape, names, chance)
    try:
        answer = getattr(client, methods[action])(**request)
    except ClientError as problem:
        error = problem.response["Error"]
        if error["Code"] == "InternalFailure" or problem.response["ResponseMetadata"]["HTTPStatusCode"] == 500:
            return f"{request} {problem}"[:1500]
    except (BotoCoreError, UnicodeError):  # what botocore itself cannot send is none of ours
        return None
    except Exception as problem:
        return f"{request} {type(problem).__name__}: {problem}"[:1500]
    else:
        names += [text for text in _texts(answer) if len(text) < 200][:5]
        del names[: max(0, len(names) - 300)]
    return None


def _texts(answer: Any) -> list[str]:
    if isinstance(answer, dict):
        return [text for key, each in answer.items() if key != "ResponseMetadata" for text in _texts(each)]
    if isinstance(answer, list):
        return [text for each in answer for text in _texts(each)]
    return [answer] if isinstance(answer, str) and answer else []


def _value(shape: Any, names: list[str], chance: random.Random, depth: int = 0) -> Any:
    """A value of a shape as botocore accepts it, if not more."""
    kind = shape.type_name
    if kind == "structure":
        share = 0.3 if depth < 4 else 0
        members = [name for name in shape.members if name in shape.required_members or chance.random() < share]
        return {name: _value(shape.members[name], names, chance, depth + 1) for name in members if depth < 9}
    if kind == "list":
        count = chance.choice((0, 1, 1, 2)) if depth < 6 else 0
        return [_value(shape.member, names, chance, depth + 1) for _ in range(count)]
    if kind == "map":
        return {str(chance.choice(names)): _value(shape.value, names, chance, depth + 1)} if depth < 6 else {}
    if kind == "string":
        if "enum" in shape.metadata and chance.random() < 0.9:
            return chance.choice(shape.metadata["enum"])
        return chance.choice(TEXTS if chance.random() < 0.3 else names)
    if kind in ("integer", "long"):
        low, high = (shape.metadata.get(each, default) for each, default in (("min", 0), ("max", 100)))
        return chance.choice((0, 1, low, min(high, 2**31 - 1), 3)) if "Wait" not in shape.name else 0
    if kind == "timestamp":
        return datetime(2026, 1, chance.randint(1, 28), tzinfo=UTC)
    others = {"boolean": (True, False), "blob": (b"", b"x", b"\xff\0")}
    return chance.choice(others.get(kind, (0.0, 1.5, -1.0, 1e300)))
