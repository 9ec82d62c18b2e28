"""A cloud of one's own, and a client whose every answer is held against botocore's model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session

from localcloud.cloud import Cloud
from localcloud.door import inprocess

ROLE = "arn:aws:iam::123456789012:role/workshop"

PASS = json.dumps({"StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": True}}})
FAIL = json.dumps({"StartAt": "Stop", "States": {"Stop": {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}}})


@pytest.fixture(scope="session")
def models() -> Session:
    """Botocore's service models, read once: reading them takes longer than most tests."""
    return Session()


@pytest.fixture
def cloud(models: Session) -> Iterator[Cloud]:
    cloud = Cloud()
    cloud.session = models
    yield cloud
    cloud.close()


@pytest.fixture
def sfn(cloud: Cloud) -> Any:
    """A client that is called in process, and lets the service see parameters that botocore would refuse."""
    client = inprocess.client(cloud.front, cloud.session, "stepfunctions", endpoint=cloud.endpoint, region=cloud.region)
    client.meta.events.register("before-parse.stepfunctions.*", hold_against_model)
    client._serializer = client._serializer._serializer  # without botocore's own check of the parameters
    return client


@pytest.fixture
def machine(sfn: Any) -> Callable[..., str]:
    """Creates a state machine and returns its ARN."""

    def create(definition: Any = PASS, name: str = "machine", **more: Any) -> str:
        text = definition if isinstance(definition, str) else json.dumps(definition)
        answer = sfn.create_state_machine(name=name, definition=text, roleArn=ROLE, **more)
        arn: str = answer["stateMachineArn"]
        return arn

    return create


@pytest.fixture
def ended(cloud: Cloud, sfn: Any) -> Callable[[str], dict[str, Any]]:
    """Describes an execution once it has ended. Virtual time passes meanwhile, real time hardly."""

    def wait(arn: str) -> dict[str, Any]:
        async def until() -> None:
            for _ in range(10_000):
                if sfn.describe_execution(executionArn=arn)["status"] != "RUNNING":
                    return
                await cloud.clock.sleep(1)
            raise AssertionError(f"{arn} does not end")

        fiber = cloud.clock.spawn(until())
        assert fiber.join(30)
        fiber.result()
        description: dict[str, Any] = sfn.describe_execution(executionArn=arn)
        return description

    return wait


@pytest.fixture
def time_passes(cloud: Cloud) -> Callable[[float], None]:
    """Lets virtual seconds pass."""

    def wait(seconds: float) -> None:
        async def sleep() -> None:
            await cloud.clock.sleep(seconds)

        assert cloud.clock.spawn(sleep()).join(30)

    return wait


@pytest.fixture
def refused() -> Callable[..., str]:
    """Makes a call that must be refused with a code; returns the message."""

    def check(code: str, call: Callable[..., Any], **arguments: Any) -> str:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        error = caught.value.response["Error"]
        assert error["Code"] == code, error
        message: str = error["Message"]
        return message

    return check


def hold_against_model(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Every answer has the members that the model requires, and none that it does not know."""
    if response_dict["status_code"] == 200 and operation_model.output_shape is not None:
        _check(operation_model.output_shape, json.loads(response_dict["body"]), operation_model.name)


def _check(shape: Any, value: Any, where: str) -> None:
    kind = shape.type_name
    if kind == "structure":
        assert isinstance(value, dict), where
        assert set(value) <= set(shape.members), f"{where}: {set(value) - set(shape.members)} is not in the model"
        assert set(shape.required_members) <= set(value), f"{where}: required members are missing"
        for name, inner in value.items():
            _check(shape.members[name], inner, f"{where}.{name}")
    elif kind == "list":
        assert isinstance(value, list), where
        for number, inner in enumerate(value):
            _check(shape.member, inner, f"{where}[{number}]")
    elif kind == "map":
        for inner in value.values():
            _check(shape.value, inner, where)
    else:
        expected = {
            "string": str,
            "boolean": bool,
            "timestamp": (int, float),
            "float": (int, float),
            "double": (int, float),
        }.get(kind, int)
        assert isinstance(value, expected), f"{where}: {value!r} is no {kind}"
        if kind == "string" and shape.metadata.get("enum"):
            assert value in shape.metadata["enum"], f"{where}: {value!r}"
