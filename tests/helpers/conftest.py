"""A connected session for tests of the helpers' face."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from helpers import connect, session
from tests.conftest import LocalCloud


@pytest.fixture(scope="module")
def workshop() -> Iterator[session.Session]:
    """A session of this process, connected to a local cloud of its own; its settings are put back afterwards."""
    before = dict(os.environ)
    yield connect()
    disconnect(before)


@pytest.fixture
def new_kernel(unconnected: pytest.MonkeyPatch, local_cloud: LocalCloud, tmp_path: Path) -> Callable[[str], None]:
    """Makes this process a new kernel of a reader on AWS, for which a local cloud stands: `new_kernel("ada")`."""
    for name, value in (local_cloud.environment() | {"AWS_DEFAULT_REGION": "eu-west-1"}).items():
        unconnected.setenv(name, value)
    unconnected.setenv("WORKSHOP_TARGET", "aws")
    unconnected.setattr(time, "sleep", lambda seconds: None)

    def kernel(reader: str) -> None:
        session._session = boto3.DEFAULT_SESSION = None
        unconnected.setenv("WORKSHOP_RUNS", str(tmp_path / reader))

    return kernel


@pytest.fixture
def unconnected(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """No session yet, for tests of `connect` itself; what they start ends with them."""
    before, held = dict(os.environ), session._session
    session._session = boto3.DEFAULT_SESSION = None  # boto3's may hold the settings of the module's
    for name in [name for name in before if name.startswith("AWS_")]:  # a session of the module's is alive
        del os.environ[name]
    yield monkeypatch
    disconnect(before)
    session._session = held


def disconnect(environment: dict[str, str]) -> None:
    """Ends the session and gives the process these settings."""
    if session._session is not None and session._session.cloud is not None:
        session._session.cloud.close()
    session._session = None
    os.environ.clear()
    os.environ.update(environment)
    boto3.DEFAULT_SESSION = None
