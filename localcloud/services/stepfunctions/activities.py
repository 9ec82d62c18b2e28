"""Activities: tasks that a worker outside fetches, does and answers with the task's token.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-activities.html
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.door.wire import ServiceError
from localcloud.services._regional import Regional
from localcloud.services.stepfunctions import arns, errors, settings, tags
from localcloud.services.stepfunctions.paging import PAGES
from localcloud.services.stepfunctions.tasks import TaskTokens
from localcloud.time.clock import PATIENCE

if TYPE_CHECKING:
    from localcloud.host import Host

#: How long AWS holds a poll for which there is no task.
POLL_SECONDS = 60.0


@dataclass(slots=True)
class Task:
    """A task in the queue of its activity.

    Args:
        on_start: called with the worker's name (or None) when a worker takes the task.
    """

    token: str
    input: str
    on_start: Callable[[str | None], None]


@dataclass(slots=True)
class _Poll:
    worker: str | None
    bell: threading.Event = field(default_factory=threading.Event)
    task: Task | None = None


@dataclass(slots=True)
class Activity:
    """An activity, the tasks that wait for workers and the workers that wait for tasks (never both)."""

    arn: str
    name: str
    created: float
    encryption: dict[str, Any]
    tags: dict[str, str]
    tasks: deque[Task] = field(default_factory=deque)
    polls: deque[_Poll] = field(default_factory=deque)


class Activities:
    """The registry and its actions. Everything but the waiting of a poll happens on the clock thread."""

    def __init__(self, cloud: Host, tokens: TaskTokens) -> None:
        self._cloud = cloud
        self._tokens = tokens
        self._activities: Regional[str, Activity] = Regional(cloud)

    def get(self, arn: str) -> Activity | None:
        """The activity, or None when there is none."""
        return self._activities.get(arn)

    def schedule(self, arn: str, task: Task) -> bool:
        """Give the task to a worker that waits, or keep it for the next one; False without an activity."""
        activity = self._activities.get(arn)
        if activity is None:
            return False
        if activity.polls:
            poll = activity.polls.popleft()
            self._hand_over(task, poll)
            poll.bell.set()
        else:
            activity.tasks.append(task)
        return True

    # ---- actions

    def create_activity(self, request: dict[str, Any]) -> dict[str, Any]:
        """Idempotent by name; the tags of the first call stay."""
        name = arns.check_name(request["name"])
        encryption = settings.encryption(request.get("encryptionConfiguration"))
        arn = f"arn:aws:states:{self._cloud.region}:{self._cloud.account_id}:activity:{name}"
        activity = self._activities.get(arn)
        if activity is None:
            given = tags.added({}, request.get("tags") or (), arn)
            activity = Activity(arn, name, self._cloud.clock.now(), encryption, given)
            self._activities[arn] = activity
        elif activity.encryption != encryption:
            raise ServiceError(
                "ActivityAlreadyExists",
                f"Activity Already Exists: '{arn}'. EncryptionConfiguration may not be updated.",
            )
        return {"activityArn": arn, "creationDate": activity.created}

    def describe_activity(self, request: dict[str, Any]) -> dict[str, Any]:
        """The activity; what waits in it is not told."""
        activity = self._find(request)
        return {
            "activityArn": activity.arn,
            "name": activity.name,
            "creationDate": activity.created,
            "encryptionConfiguration": activity.encryption,
        }

    def list_activities(self, request: dict[str, Any]) -> dict[str, Any]:
        """By name."""
        activities = sorted(self._activities.values(), key=lambda each: each.name)
        found, token = PAGES.page(activities, request, "ListActivities", lambda each: each.name)
        listed = [{"activityArn": each.arn, "name": each.name, "creationDate": each.created} for each in found]
        return {"activities": listed, "nextToken": token}

    def delete_activity(self, request: dict[str, Any]) -> dict[str, Any]:
        """Nothing happens when it is gone already. Its tasks wait until they time out, as on AWS."""
        activity = self._activities.pop(arns.activity(request["activityArn"]), None)
        for poll in activity.polls if activity is not None else ():
            poll.bell.set()
        return {}

    def get_activity_task(self, request: dict[str, Any]) -> dict[str, Any]:
        """The next task of the activity; waits for one. Without a task the answer has no token.

        AWS waits 60 seconds. Here they pass at the clock's speed, but a poll does not move virtual time: how
        often an idle worker asks must not show in anyone's timestamps. The shortest wait is a little longer
        than the clock's own patience with the outside, so that polls cannot hold it up for ever.
        """
        clock = self._cloud.clock
        poll = _Poll(request.get("workerName"))
        clock.call(self._take, request, poll)
        if poll.task is None and not clock.is_here:  # the clock thread must not wait for itself
            poll.bell.wait(min(POLL_SECONDS, max(2 * PATIENCE, POLL_SECONDS / clock.speed)))
        clock.call(self._leave, request["activityArn"], poll)
        return {} if poll.task is None else {"taskToken": poll.task.token, "input": poll.task.input}

    # ---- inside

    def _find(self, request: dict[str, Any]) -> Activity:
        arn = arns.activity(request["activityArn"])
        activity = self._activities.get(arn)
        if activity is None:
            raise errors.activity_does_not_exist(arn)
        return activity

    def _take(self, request: dict[str, Any], poll: _Poll) -> None:
        activity = self._find(request)
        while activity.tasks:
            task = activity.tasks.popleft()
            if self._tokens.is_open(task.token):  # else it timed out, or its execution ended, in the queue
                self._hand_over(task, poll)
                return
        activity.polls.append(poll)

    def _leave(self, arn: str, poll: _Poll) -> None:
        activity = self._activities.get(arn)
        if activity is not None and poll in activity.polls:
            activity.polls.remove(poll)

    def _hand_over(self, task: Task, poll: _Poll) -> None:
        poll.task = task
        self._tokens.beat(task.token)
        task.on_start(poll.worker)
