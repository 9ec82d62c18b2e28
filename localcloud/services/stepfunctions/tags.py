"""Tags of state machines and activities: at most 50 of them, in the order in which they came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from localcloud.door.wire import ServiceError
from localcloud.services.stepfunctions import errors

#: https://docs.aws.amazon.com/step-functions/latest/dg/limits-overview.html: "Max tags for each resource".
MAXIMUM = 50

_ALLOWED = re.compile(r"[\w\s.:/=+\-@]*")  # Unicode letters and digits, white space, and _ . : / = + - @


def added(tags: Mapping[str, str], more: Iterable[Mapping[str, str]], arn: str) -> dict[str, str]:
    """The tags with `more` set among them; the ones given are left alone.

    Raises:
        ServiceError: TooManyTags, or ValidationException for a character that a tag may not have.
    """
    result = dict(tags)
    for tag in more:
        key, value = tag.get("key"), tag.get("value", "")
        if not key:
            raise errors.validation("Tag key must not be empty")
        for text in (key, value):
            if not _ALLOWED.fullmatch(text):
                raise errors.validation(
                    f"Tag '{text}' has a character that is not allowed. Tags may only contain Unicode "
                    "letters, digits, white space, or these symbols: _ . : / = + - @"
                )
        result[key] = value
    if len(result) > MAXIMUM:
        raise ServiceError(
            "TooManyTags", f"Too Many Tags: '{arn}' may have {MAXIMUM} tags", details={"resourceName": arn}
        )
    return result


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The tags as the API lists them."""
    return [{"key": key, "value": value} for key, value in tags.items()]
