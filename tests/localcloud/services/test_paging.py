"""Pages of any service's lists, and the tokens between them."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.door.wire import ServiceError
from localcloud.services._paging import Pages

PAGES = Pages(lambda: ServiceError("Invalid", "no token of ours"), default=2, most=3)


def walked(items: list[int], request: dict[str, Any], **options: Any) -> list[list[int]]:
    """All pages."""
    pages = []
    token = None
    while token is not None or not pages:
        page, token = PAGES.page(items, request | ({"NextToken": token} if token else {}), "List", **options)
        pages.append(list(page))
    return pages


def test_pages_have_the_size_asked_for_up_to_the_most_and_the_default_for_none() -> None:
    items = [1, 2, 3, 4, 5]
    assert walked(items, {}) == [[1, 2], [3, 4], [5]]
    assert walked(items, {"MaxResults": 0}) == [[1, 2], [3, 4], [5]]
    assert walked(items, {"MaxResults": 9}) == [[1, 2, 3], [4, 5]]
    assert walked([], {}) == [[]]


def test_with_a_key_an_item_added_meanwhile_neither_repeats_nor_hides_one() -> None:
    page, token = PAGES.page([10, 20, 30], {}, "List", key=int)
    assert page == [10, 20]
    assert PAGES.page([5, 10, 15, 20, 30], {"NextToken": token}, "List", key=int) == ([30], None)


@pytest.mark.parametrize("token", ["7", "{}", "bm9uZQ=="])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    with pytest.raises(ServiceError, match="no token of ours"):
        PAGES.page([1, 2, 3], {"NextToken": token}, "List")


def test_a_token_holds_for_its_call_and_its_request_only() -> None:
    _, token = PAGES.page([1, 2, 3], {"Of": "a"}, "List")
    assert PAGES.page([1, 2, 3], {"Of": "a", "NextToken": token, "MaxResults": 1}, "List") == ([3], None)
    with pytest.raises(ServiceError):
        PAGES.page([1, 2, 3], {"Of": "b", "NextToken": token}, "List")
    with pytest.raises(ServiceError):
        PAGES.page([1, 2, 3], {"Of": "a", "NextToken": token}, "ListOthers")
