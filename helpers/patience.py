"""Asks AWS again while it does not know yet what was made, or deleted, a moment ago, and while it is asked too much.

A handler of botocore's event needs-retry, so that it holds for every call of a kernel: the SDK's and a cell's own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

#: Real seconds after which a thing is no longer new, and for which a call is repeated at most.
NEW = 90.0
LONGEST_PAUSE = 5.0

#: Codes of what is not there: right, unless it was made a moment ago.
_MISSING = re.compile(r"NotFound|NoSuch|DoesNotExist|NonExistent|^404$")
#: Codes of what cannot be made yet, as one of that name was deleted a moment ago, or is being changed.
_BLOCKED = re.compile(r"StateMachineDeleting|DeletedRecently|OperationAborted|ConcurrentModification|Conflict$")
#: Messages about a role that is not known everywhere yet.
_ASSUMED = re.compile(
    r"cannot be assumed|authorized to assume|[Cc]ould not assume|not authorized to create managed-rule"
)
_THROTTLED = re.compile(r"Throttl|TooManyRequests|SlowDown|RequestLimitExceeded|ProvisionedThroughputExceeded")


class Patience:
    """What this kernel made a moment ago."""

    def __init__(self) -> None:
        self._new: dict[tuple[str, str], float] = {}  # by service and name

    def see(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """A handler of provide-client-params: note what is about to be made, or started."""
        for value in params.values():
            name = re.split("[:/]", value)[-1] if isinstance(value, str) else ""
            key = model.service_model.service_name, name
            if name.startswith("workshop") and model.name.startswith(("Create", "Start", "Put", "Update")):
                self._new[key] = time.monotonic()
            elif model.name.startswith("Delete"):
                self._new.pop(key, None)

    def again(
        self, response: tuple[Any, dict[str, Any]] | None, operation: Any, request_dict: dict[str, Any], **_: Any
    ) -> float | None:
        """A handler of needs-retry: the seconds after which to ask again; None for an answer that stands."""
        error = {} if response is None else response[1].get("Error", {})
        code, message = str(error.get("Code", "")), str(error.get("Message", ""))
        context = request_dict["context"]
        began = context.setdefault("workshop_began", time.monotonic())
        passed = time.monotonic() - began
        if not code or passed > NEW or not self._passes(code, message, operation, request_dict):
            return None
        return float(min(LONGEST_PAUSE, 0.5 + passed / 2))

    def _passes(self, code: str, message: str, operation: Any, request: Mapping[str, Any]) -> bool:
        if _THROTTLED.search(code) or _ASSUMED.search(message):
            return True
        if _BLOCKED.search(code):
            return bool(operation.name.startswith("Create"))
        if not _MISSING.search(code) or operation.name.startswith(("Delete", "List")):
            return False
        asked, of = f"{request.get('url', '')}{request.get('body', '')}", operation.service_model.service_name
        now = time.monotonic()
        return any(service == of and name in asked and now - made < NEW for (service, name), made in self._new.items())
