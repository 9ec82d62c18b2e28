"""A connected session for tests of the helpers' face."""

from __future__ import annotations

import os
from collections.abc import Iterator

import boto3
import pytest

from helpers import connect, session


@pytest.fixture(scope="module")
def workshop() -> Iterator[session.Session]:
    """A session of this process, connected to a local cloud of its own; its settings are put back afterwards."""
    before = dict(os.environ)
    yield connect()
    disconnect(before)


@pytest.fixture
def unconnected(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """No session yet, for tests of `connect` itself; what they start ends with them."""
    before, held = dict(os.environ), session._session
    session._session = None
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
