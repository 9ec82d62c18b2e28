"""Whose permissions count for what the cloud does on its own: the role that a workflow, a job or a delivery runs as.

A context variable, so that fibers and worker threads inherit it from what started them, as with a client's region.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: In place of a role's ARN, for what a service reads with the rights of a reader who called it.
READER = "reader"

_role: ContextVar[str | None] = ContextVar("role", default=None)


def role() -> str | None:
    """The ARN of the role that acts, or READER; None for a service that does its own work."""
    return _role.get()


@contextmanager
def acting_as(arn: str | None) -> Iterator[None]:
    """Around what is done with a role's permissions, and what that starts."""
    token = _role.set(arn)
    try:
        yield
    finally:
        _role.reset(token)
