"""TagResource, UntagResource and ListTagsForResource, for state machines and activities."""

from __future__ import annotations

from typing import Any

from localcloud.services.stepfunctions import errors, tags
from localcloud.services.stepfunctions.activities import Activities, Activity
from localcloud.services.stepfunctions.machines import Machines, StateMachine


class Tagging:
    """The tag actions. What has tags is found among state machines and activities."""

    def __init__(self, machines: Machines, activities: Activities) -> None:
        self._machines = machines
        self._activities = activities

    def tag_resource(self, request: dict[str, Any]) -> dict[str, Any]:
        """Set tags; those of the same key are replaced."""
        tagged = self._find(request["resourceArn"])
        tagged.tags = tags.added(tagged.tags, request["tags"], tagged.arn)
        return {}

    def untag_resource(self, request: dict[str, Any]) -> dict[str, Any]:
        """Remove tags; keys that are not there do not matter."""
        tagged = self._find(request["resourceArn"])
        tagged.tags = {key: value for key, value in tagged.tags.items() if key not in request["tagKeys"]}
        return {}

    def list_tags_for_resource(self, request: dict[str, Any]) -> dict[str, Any]:
        """All tags."""
        return {"tags": tags.listed(self._find(request["resourceArn"]).tags)}

    def _find(self, arn: str) -> StateMachine | Activity:
        if not arn.startswith("arn:"):
            raise errors.invalid_arn(f"Invalid ARN prefix: {arn}")
        found = self._machines.get(arn) or self._activities.get(arn)
        if found is None:
            raise errors.resource_not_found(arn)
        return found
