"""Tags of state machines and activities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Refused = Callable[..., str]
MakeMachine = Callable[..., str]


def tags(**pairs: str) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in pairs.items()]


def test_tags_are_set_replaced_and_removed(sfn: Any, machine: MakeMachine) -> None:
    arn = machine(tags=tags(a="1", b="2"))
    sfn.tag_resource(resourceArn=arn, tags=tags(b="3", c=""))
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == tags(a="1", b="3", c="")
    sfn.untag_resource(resourceArn=arn, tagKeys=["a", "unknown"])
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == tags(b="3", c="")


def test_a_resource_has_fifty_tags_at_most(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    arn = machine(tags=tags(**{f"k{number}": "" for number in range(50)}))
    sfn.tag_resource(resourceArn=arn, tags=tags(k1="again"))
    refused("TooManyTags", sfn.tag_resource, resourceArn=arn, tags=tags(one_more=""))
    assert len(sfn.list_tags_for_resource(resourceArn=arn)["tags"]) == 50


@pytest.mark.parametrize("call", ["tag_resource", "untag_resource", "list_tags_for_resource"])
def test_what_is_not_there_has_no_tags(sfn: Any, refused: Refused, call: str) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:missing"
    more: dict[str, Any] = {"tag_resource": {"tags": []}, "untag_resource": {"tagKeys": []}}.get(call, {})
    message = refused("ResourceNotFound", getattr(sfn, call), resourceArn=arn, **more)
    assert message == f"Resource not found: '{arn}'"
    refused("InvalidArn", getattr(sfn, call), resourceArn="no", **more)


def test_a_character_that_tags_may_not_have_is_refused(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    refused("ValidationException", sfn.tag_resource, resourceArn=machine(), tags=tags(**{"a*": ""}))
    refused("ValidationException", sfn.tag_resource, resourceArn=machine(), tags=[{"key": "", "value": ""}])


def test_a_refused_tag_leaves_no_machine_behind(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    refused("ValidationException", machine, tags=tags(**{"a*": ""}))
    assert sfn.list_state_machines()["stateMachines"] == []
