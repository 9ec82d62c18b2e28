"""An action's turn on the clock: nothing else of the cloud happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.host import Host


def on_clock(
    cloud: Host, action: Callable[[dict[str, Any]], dict[str, Any] | None]
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An action that takes its turn on the clock's thread, whichever thread asks; nothing is an empty answer."""
    return lambda request: cloud.clock.call(action, request) or {}
