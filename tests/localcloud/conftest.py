"""An empty local cloud in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from localcloud.cloud import Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.close()
