"""The only file that touches moto's insides: its server, its log streams, its Lambda and SageMaker registries.

What is used here is no public API of moto, and may change with any release. So `SEAMS` lists all of it, and `gone`
tells at start-up what the installed release no longer has, rather than the first call that needs it.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from typing import Any, ClassVar

log = logging.getLogger(__name__)

#: The release that this file was written for and tested with.
TESTED = "5.2.5"

#: What is used of moto, as "module:attribute.attribute"; of instances, what their class defines.
SEAMS = (
    "moto.awslambda.models:LambdaBackend.delete_function",
    "moto.awslambda.models:LambdaBackend.get_function",
    "moto.awslambda.models:LambdaBackend.invoke",
    "moto.awslambda.models:LambdaBackend.layers_versions_by_arn",
    "moto.awslambda.models:LambdaFunction._invoke_lambda",
    "moto.awslambda.utils:get_backend",
    "moto.awslambda_simple.models:LambdaSimpleBackend.invoke",
    "moto.core.config:default_user_config",
    "moto.core.exceptions:JsonRESTError",
    "moto.logs.models:LogGroup.create_log_stream",
    "moto.logs.models:LogStream.put_log_events",
    "moto.logs.models:LogsBackend.ensure_log_group",
    "moto.logs.models:logs_backends",
    "moto.moto_api._internal.models:moto_api_backend.reset",
    "moto.moto_api._internal:mock_random.seed",
    "moto.moto_server.werkzeug_app:DomainDispatcherApplication.get_backend_for_host",
    "moto.moto_server.werkzeug_app:create_backend_app",
    "moto.sagemaker.models:SageMakerModelBackend.create_endpoint_config",
    "moto.sagemaker.models:SageMakerModelBackend.create_model",
    "moto.sagemaker.models:SageMakerModelBackend.describe_model",
    "moto.sagemaker.models:sagemaker_backends",
)

_SEED = 20260105


def gone(seams: Iterable[str] = SEAMS) -> list[str]:
    """Those of `seams` that the installed moto does not have. Imports what they name."""
    lost = []
    for seam in seams:
        module, _, path = seam.partition(":")
        try:
            found: Any = importlib.import_module(module)
            for name in path.split("."):
                found = getattr(found, name)
        except (ImportError, AttributeError):
            lost.append(seam)
    return lost


def check(version: str | None = None) -> None:
    """Log an error for each seam that another release of moto than `TESTED` has lost; nothing is imported for TESTED.

    Args:
        version: moto's; None asks the installed package.
    """
    version = version or metadata.version("moto")
    if version == TESTED:
        return
    for seam in gone():
        log.error(
            "moto %s has no %s, which the local cloud needs (it was tested with moto %s): what rests on it will fail. "
            "Install moto==%s (`python3 workshop.py` does).",
            version,
            seam.replace(":", "."),
            TESTED,
            TESTED,
        )


# ---- the server


class NoService(Exception):
    """moto has no such service."""


def application() -> Any:
    """moto's services as one WSGI application, random numbers from our seed. Imports moto's server, for half a second.

    A call of it raises NoService when moto lacks the service that the request is for.
    """
    from moto.core.config import default_user_config
    from moto.moto_api._internal import mock_random
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    default_user_config["lambda"]["use_docker"] = False
    default_user_config["batch"]["use_docker"] = False
    mock_random.seed(_SEED)

    class Moto(DomainDispatcherApplication):
        """moto's dispatcher; which backend serves a host is looked up once for each host."""

        known: ClassVar[dict[str, Any]] = {}

        def get_backend_for_host(self, host: str | None) -> Any:
            if host is None:
                return None
            if host not in self.known:
                aws = host.endswith((".amazonaws.com", ".api.aws"))
                if aws and not any(p.match(f"http://{host}") for _, p in self.backend_url_patterns):
                    raise NoService(host)
                self.known[host] = super().get_backend_for_host(host)
            return self.known[host]

    return Moto(create_backend_app)


def reset() -> None:
    """Empty the account, which belongs to the process: its next cloud starts from nothing."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()


# ---- CloudWatch Logs


def append_log_events(
    account_id: str,
    region: str,
    group: str,
    stream: str,
    events: Sequence[Mapping[str, Any]],
    *,
    make_group: bool = True,
) -> None:
    """Add events to a log stream, which is made when it is missing; no events make no stream.

    Straight to the stream: PutLogEvents would compare virtual times with today's date and drop the events.

    Args:
        events: each with `timestamp` (milliseconds since the Unix epoch, virtual) and `message`, oldest first.
        make_group: whether a group that is missing is made, as AWS makes those of its own services; else nothing is
            written.
    """
    from moto.logs.models import logs_backends

    if not events:
        return
    backend = logs_backends[account_id][region]
    if make_group:
        backend.ensure_log_group(group)
    found = backend.groups.get(group)
    if found is None:
        return
    if stream not in found.streams:
        found.create_log_stream(stream)
    found.streams[stream].put_log_events([dict(event) for event in events])


# ---- Lambda


def take_over_invocations(post: Callable[[str, bytes], None]) -> Callable[[], None]:
    """Hand what invokes functions inside moto (SNS, S3, event source mappings, log subscriptions) to `post`.

    Args:
        post: takes a function's ARN and the event as JSON, and returns at once.

    Returns:
        how to undo that.
    """
    import json

    from moto.awslambda.models import LambdaBackend, LambdaFunction
    from moto.awslambda_simple.models import LambdaSimpleBackend

    before = LambdaFunction._invoke_lambda, LambdaSimpleBackend.invoke

    def invoke(function: LambdaFunction, event: str | None = None) -> tuple[str, bool, str]:
        post(function.function_arn, json.dumps(event).encode())
        return "null", False, ""

    LambdaFunction._invoke_lambda = invoke  # type: ignore[assignment, method-assign]
    LambdaSimpleBackend.invoke = LambdaBackend.invoke  # type: ignore[method-assign]

    def undo() -> None:
        LambdaFunction._invoke_lambda, LambdaSimpleBackend.invoke = before  # type: ignore[method-assign]

    return undo


# ---- SageMaker


def sagemaker_registry(account_id: str, region: str) -> Any:
    """Where moto keeps SageMaker's models, endpoint configurations, endpoints and jobs of one account and region."""
    from moto.sagemaker.models import sagemaker_backends

    return sagemaker_backends[account_id][region]
