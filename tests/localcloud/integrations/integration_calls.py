"""Calling an integration without a workflow around it."""

from __future__ import annotations

from typing import Any

from localcloud.asl.environment import TaskCall, TaskFailure
from localcloud.cloud import Cloud
from localcloud.integrations import LocalIntegrations

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:orders:run-1"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"


def task_call(resource: str, arguments: Any, token: str | None = None) -> TaskCall:
    return TaskCall(resource, arguments, token, EXECUTION, MACHINE, "arn:aws:iam::123456789012:role/r", "Do it", None)


def perform(cloud: Cloud, resource: str, arguments: Any) -> Any:
    """What the resource's task results in; raises its TaskFailure."""
    call = task_call(resource, arguments)

    async def run() -> Any:
        integration = LocalIntegrations(cloud).resolve(resource)
        response = await integration.submit(call)
        return await integration.complete(call, response) if integration.pattern == "sync" else response

    return wait(cloud, run())


def wait(cloud: Cloud, coroutine: Any) -> Any:
    """The coroutine's result, or its exception raised."""

    async def settled() -> tuple[Any, Exception | None]:
        try:
            return await coroutine, None
        except Exception as problem:
            return None, problem

    fiber = cloud.clock.spawn(settled())
    assert fiber.join(30)
    value, problem = fiber.result()
    if problem is not None:
        raise problem
    return value


def failure(cloud: Cloud, resource: str, arguments: Any) -> tuple[str | None, str]:
    """Error and cause of a task that must fail."""
    try:
        value = perform(cloud, resource, arguments)
    except TaskFailure as problem:
        return problem.error, problem.cause or ""
    raise AssertionError(f"it gave {value}")
