"""A local cloud for the tests of any project: `pytest_plugins = ["localcloud.pytest_plugin"]` in its conftest.py."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.process import LocalCloud, start


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCloud]:
    """An empty local cloud, at its highest speed, which every AWS client of the test calls and no other."""
    with start() as started:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in started.environment().items():
            monkeypatch.setenv(name, value)
        boto3: Any = sys.modules.get("boto3")
        if boto3 is not None:  # its session may hold the settings from before
            monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        yield started
