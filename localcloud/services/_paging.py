"""Pages and their tokens, the same way for every list of every service.

A token holds for the call that it came from: AWS refuses a token given to another call, and so do we. It names the
place after its page, or, for a list that has a key, the page's last item, so that items added meanwhile neither repeat
nor hide one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from localcloud.door.wire import ServiceError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pages:
    """How one service pages its lists.

    Args:
        invalid: its error for a token that is none, or another call's.
        default: how many items a page has when the caller does not say, or says 0.
        most: how many it has at the most.
        size, token: the members of a request that say how many items, and after which token.
    """

    invalid: Callable[[], ServiceError]
    default: int
    most: int
    size: str = "MaxResults"
    token: str = "NextToken"

    def page(
        self, items: Sequence[T], request: Mapping[str, Any], call: str, key: Callable[[T], Any] | None = None
    ) -> tuple[Sequence[T], str | None]:
        """The page of `items` that `request` asks for, and the token for the next one.

        Args:
            items: all items, in order; with a key, in the order of the keys (ascending).
            request: its other members are what the token holds for.
            call: the action's name.
            key: what an item is found again by: something JSON can say, ordered as the items are.

        Raises:
            ServiceError: the token is none of this call's.
        """
        if key is None:
            start = self.position(request, call)
        else:
            last = self._read(request, call)
            start = 0 if last is None else self._after(items, last, key)
        end = start + self.length(request)
        if end >= len(items):
            return items[start:], None
        return items[start:end], self.write(end if key is None else key(items[end - 1]), request, call)

    def length(self, request: Mapping[str, Any]) -> int:
        """How many items a page has."""
        return min(request.get(self.size) or self.default, self.most)

    def position(self, request: Mapping[str, Any], call: str) -> int:
        """Where a list that only grows at its end goes on: 0, or the number that `write` noted.

        Raises:
            ServiceError: the token is none of this call's.
        """
        noted = self._read(request, call)
        if noted is not None and not isinstance(noted, int):
            raise self.invalid()
        return noted or 0

    def write(self, last: Any, request: Mapping[str, Any], call: str) -> str:
        """The token from which `last` is read again, by the same call only."""
        return base64.urlsafe_b64encode(json.dumps([self._scope(request, call), last]).encode()).decode()

    def _read(self, request: Mapping[str, Any], call: str) -> Any:
        token = request.get(self.token)
        if token is None:
            return None
        try:
            scope, last = json.loads(base64.urlsafe_b64decode(token.encode()))
        except (ValueError, TypeError):
            raise self.invalid() from None
        if scope != self._scope(request, call):
            raise self.invalid()
        return last

    def _scope(self, request: Mapping[str, Any], call: str) -> str:
        rest = {name: value for name, value in request.items() if name not in (self.size, self.token)}
        return hashlib.sha256(f"{call}{json.dumps(rest, sort_keys=True, default=str)}".encode()).hexdigest()[:16]

    def _after(self, items: Sequence[T], last: Any, key: Callable[[T], Any]) -> int:
        low, high = 0, len(items)
        try:
            while low < high:  # bisect, on keys that came through JSON (a tuple is a list there)
                middle = (low + high) // 2
                if _plain(key(items[middle])) <= last:
                    low = middle + 1
                else:
                    high = middle
        except TypeError:
            raise self.invalid() from None
        return low


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
