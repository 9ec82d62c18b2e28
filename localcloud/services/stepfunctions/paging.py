"""Pages and their tokens, the same way for every list of the API.

A token names the last item of its page, so that items added meanwhile neither repeat nor hide one, and the
call
that it came from: AWS refuses a token given to another call, and so do we.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from localcloud.services.stepfunctions import errors

#: How many items a page has when the caller does not say, or says 0.
DEFAULT = 100

T = TypeVar("T")


def page(
    items: Sequence[T], request: Mapping[str, Any], key: Callable[[T], Any], call: str
) -> tuple[Sequence[T], str | None]:
    """The page of `items` that `request` asks for, and the token for the next one.

    Args:
        items: all items, in the order of the keys (ascending).
        request: maxResults and nextToken count; the other members are what the token holds for.
        key: what an item is found again by: something JSON can say, ordered as the items are.
        call: the action's name.

    Raises:
        ServiceError: InvalidToken.
    """
    size = request.get("maxResults") or DEFAULT
    token = request.get("nextToken")
    start = 0 if token is None else _after(items, _read(token, request, call), key)
    end = start + size
    if end >= len(items):
        return items[start:], None
    return items[start:end], _write(key(items[end - 1]), request, call)


def position(request: Mapping[str, Any], call: str) -> int:
    """Where a list that only grows at its end goes on: 0, or what `position_token` noted.

    Raises:
        ServiceError: InvalidToken.
    """
    token = request.get("nextToken")
    if token is None:
        return 0
    noted = _read(token, request, call)
    if not isinstance(noted, int):
        raise errors.invalid_token()
    return noted


def position_token(number: int, request: Mapping[str, Any], call: str) -> str:
    """The token from which `position` reads `number` again."""
    return _write(number, request, call)


def _after(items: Sequence[T], last: Any, key: Callable[[T], Any]) -> int:
    low, high = 0, len(items)
    try:
        while low < high:  # bisect, on keys that came through JSON (a tuple is a list there)
            middle = (low + high) // 2
            if _plain(key(items[middle])) <= last:
                low = middle + 1
            else:
                high = middle
    except TypeError:
        raise errors.invalid_token() from None
    return low


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _scope(request: Mapping[str, Any], call: str) -> str:
    rest = {name: value for name, value in request.items() if name not in ("maxResults", "nextToken")}
    return hashlib.sha256(f"{call}{json.dumps(rest, sort_keys=True)}".encode()).hexdigest()[:16]


def _write(last: Any, request: Mapping[str, Any], call: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([_scope(request, call), last]).encode()).decode()


def _read(token: str, request: Mapping[str, Any], call: str) -> Any:
    try:
        scope, last = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError):
        raise errors.invalid_token() from None
    if scope != _scope(request, call):
        raise errors.invalid_token()
    return last
