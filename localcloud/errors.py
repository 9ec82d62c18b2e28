"""What this package raises on purpose. Imports nothing, so that anything may raise from it."""

from __future__ import annotations


class UnsupportedLocally(Exception):
    """The local cloud does not run what was asked of it, and does not pretend to. A client sees it as an error code."""


class LocalCloudDied(Exception):
    """The local cloud's process ended, or never became ready."""
