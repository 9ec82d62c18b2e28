"""One cloud for each test, whose account starts empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.moto_api._internal.models import moto_api_backend

from localcloud.cloud import Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.close()
    moto_api_backend.reset()  # the registry is the process's, not the cloud's
