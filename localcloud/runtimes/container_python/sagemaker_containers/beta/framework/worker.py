"""What an `output_fn` may return besides a body or a pair: `worker.Response`."""

from __future__ import annotations

from typing import Any


class Response:
    """A body with its media type."""

    def __init__(self, response: Any = None, accept: str | None = None, status: int = 200, mimetype: str | None = None):
        self.response, self.mimetype, self.status_code = response, accept or mimetype, status
