"""Amazon EventBridge Scheduler: schedules on the virtual clock, and what they invoke.

API reference: https://docs.aws.amazon.com/scheduler/latest/APIReference/; user guide:
https://docs.aws.amazon.com/scheduler/latest/UserGuide/. A one-time schedule drives the clock, which jumps to it when
nothing runs and nobody has done anything for a second (`clock.PATIENCE`): two that are made one after the other for one
time both see it come. A recurring one never drives it (`Clock.tick`): it comes when something else lets time pass. A
flexible time window is kept, and its schedule invokes at the window's start, which is within it. Templated targets are
those of EventBridge's rules; universal ones (`arn:aws:scheduler:::aws-sdk:sqs:sendMessage`) call an API of this cloud.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from localcloud.door.wire import ServiceError
from localcloud.errors import UnsupportedLocally
from localcloud.host import Service
from localcloud.integrations import naming, shapes
from localcloud.services._on_clock import on_clock
from localcloud.services._regional import Regional
from localcloud.services.events import schedules
from localcloud.services.events.inputs import compact
from localcloud.services.events.targets import Arn, Delivery, Targets, Undeliverable
from localcloud.time import durations
from localcloud.time.clock import Fiber

if TYPE_CHECKING:
    from localcloud.host import Host

Shape = dict[str, Any]

_UNIVERSAL = re.compile(r"arn:[^:]+:scheduler:::aws-sdk:([a-z0-9]+):([a-z][A-Za-z0-9]*)")

#: Actions that a universal target cannot call, since they only read (user guide, "Using universal targets").
_READS = (
    "get",
    "describe",
    "list",
    "poll",
    "receive",
    "search",
    "scan",
    "query",
    "select",
    "read",
    "lookup",
    "batchGet",
)

_DEFAULTS = {"ScheduleExpressionTimezone": "UTC", "State": "ENABLED", "ActionAfterCompletion": "NONE"}
_RETRY = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}

_PAGE = 100


@dataclass(slots=True)
class Schedule:
    """One schedule.

    Args:
        name, group, arn: which.
        settings: as it was created or updated last.
        created, modified: in seconds since the Unix epoch.
        running: its coroutine, while it is enabled.
    """

    name: str
    group: str
    arn: str
    settings: Shape
    created: float
    modified: float
    running: Fiber[None] | None = None

    def describe(self) -> Shape:
        """As GetSchedule says it."""
        return {
            "Arn": self.arn,
            "GroupName": self.group,
            "Name": self.name,
            "CreationDate": self.created,
            "LastModificationDate": self.modified,
            **self.settings,
        }

    def summary(self) -> Shape:
        """As ListSchedules says it."""
        said = self.describe()
        names = ("Arn", "GroupName", "Name", "CreationDate", "LastModificationDate", "State")
        return {**{name: said[name] for name in names}, "Target": {"Arn": self.settings["Target"]["Arn"]}}


def register(cloud: Host) -> Service:
    """The actions on schedules, their groups and tags."""
    scheduler = Scheduler(cloud)
    actions: dict[str, Callable[[Shape], Shape]] = {
        "CreateSchedule": scheduler.create,
        "UpdateSchedule": scheduler.update,
        "GetSchedule": lambda request: scheduler.find(request).describe(),
        "DeleteSchedule": scheduler.delete,
        "ListSchedules": scheduler.listed,
        "CreateScheduleGroup": scheduler.create_group,
        "GetScheduleGroup": scheduler.get_group,
        "DeleteScheduleGroup": scheduler.delete_group,
        "ListScheduleGroups": scheduler.list_groups,
        "TagResource": scheduler.tag,
        "UntagResource": scheduler.untag,
        "ListTagsForResource": scheduler.tags,
    }
    return Service("scheduler", {name: on_clock(cloud, action) for name, action in actions.items()})


class Scheduler:
    """The schedules of one local cloud.

    Args:
        cloud: its clock and its services.
    """

    def __init__(self, cloud: Host) -> None:
        self._cloud, self._clock = cloud, cloud.clock
        self._targets = Targets(cloud)
        self._schedules: Regional[tuple[str, str], Schedule] = Regional(cloud)
        self._groups: Regional[str, Shape] = Regional(cloud, lambda: {"default": self._new_group("default", [])})

    # ---- schedules

    def create(self, request: Shape) -> Shape:
        """CreateSchedule."""
        group, name = request.get("GroupName", "default"), request["Name"]
        self._group(group)
        if (group, name) in self._schedules:
            raise ServiceError("ConflictException", f"Schedule {name} already exists.", 409)
        settings = self._settings(request)
        now = self._clock.now()
        arn = f"arn:aws:scheduler:{self._cloud.region}:{self._cloud.account_id}:schedule/{group}/{name}"
        schedule = self._schedules[group, name] = Schedule(name, group, arn, settings, now, now)
        self._start(schedule)
        return {"ScheduleArn": arn}

    def update(self, request: Shape) -> Shape:
        """UpdateSchedule: all settings anew; what the request leaves out is as if it had never been set."""
        schedule = self.find(request)
        schedule.settings = self._settings(request)
        schedule.modified = self._clock.now()
        self._start(schedule)
        return {"ScheduleArn": schedule.arn}

    def find(self, request: Shape) -> Schedule:
        """The schedule that a request names.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        group, name = request.get("GroupName", "default"), request["Name"]
        found = self._schedules.get((group, name))
        if found is None:
            raise _missing(f"Schedule {name} does not exist.")
        return found

    def delete(self, request: Shape) -> Shape:
        """DeleteSchedule."""
        self._forget(self.find(request))
        return {}

    def listed(self, request: Shape) -> Shape:
        """ListSchedules, by name."""
        found = [
            schedule.summary()
            for _, schedule in sorted(self._schedules.items())
            if schedule.name.startswith(request.get("NamePrefix", ""))
            and schedule.group == request.get("GroupName", schedule.group)
            and schedule.settings["State"] == request.get("State", schedule.settings["State"])
        ]
        return _page(request, found, "Schedules")

    def _settings(self, request: Shape) -> Shape:
        expression, zone = request["ScheduleExpression"], request.get("ScheduleExpressionTimezone", "UTC")
        try:
            schedules.parse(expression, once=True)
        except schedules.BadSchedule:
            raise _invalid(f"Invalid Schedule Expression {expression}.") from None
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise _invalid(f"Invalid Time Zone {zone}.") from None
        window = request["FlexibleTimeWindow"]
        if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
            said = "required" if window["Mode"] == "FLEXIBLE" else "not allowed"
            raise _invalid(f"MaximumWindowInMinutes is {said} when FlexibleTimeWindow Mode is {window['Mode']}.")
        start, end = request.get("StartDate"), request.get("EndDate")
        if start is not None and end is not None and end < start:
            raise _invalid("The StartDate you specify must be earlier than the EndDate.")
        if end is not None and end < self._clock.now():
            raise _invalid("The EndDate you specify must be in the future.")
        self._check_target(request["Target"])
        kept = ("Description", "ScheduleExpression", "StartDate", "EndDate", "KmsKeyArn", "FlexibleTimeWindow")
        target = {**request["Target"], "RetryPolicy": _RETRY | request["Target"].get("RetryPolicy", {})}
        settings = {name: request[name] for name in kept if name in request}
        return settings | {name: request.get(name, value) for name, value in _DEFAULTS.items()} | {"Target": target}

    def _check_target(self, target: Shape) -> None:
        arn = target["Arn"]
        if arn.startswith("arn:aws:scheduler:::"):
            self._universal(arn)
            try:
                json.loads(target.get("Input", "{}"))
            except ValueError:
                raise _invalid("Input is not valid JSON.") from None
            return
        if not arn.startswith("arn:"):
            raise _invalid(f"Provided Arn is not in correct format: {arn}")
        place = self._targets.check(arn, "The schedule's target")
        if place.kind == "event bus" and "EventBridgeParameters" not in target:
            raise _invalid("EventBridgeParameters are required for an event bus target.")
        if place.kind == "kinesis" and "KinesisParameters" not in target:
            raise _invalid("KinesisParameters are required for a Kinesis target.")
        if place.kind == "logs":
            raise _invalid(f"Provided Arn is not a supported target: {arn}")
        letters = target.get("DeadLetterConfig", {}).get("Arn")
        if letters is not None and Arn.of(letters).kind != "sqs":
            raise _invalid(f"The DeadLetterConfig's Arn is no Amazon SQS queue: {letters}")

    def _universal(self, arn: str) -> tuple[str, str]:
        """Botocore's service and operation of a universal target."""
        found = _UNIVERSAL.fullmatch(arn)
        available = self._cloud.session.get_available_services()
        service = naming.boto_service(found[1], available) if found else None
        if found is None or service is None:
            raise _invalid(f"{arn} is not a valid target.")
        if found[2].startswith(_READS):
            raise _invalid(f"The API action {found[2]} is not supported for {found[1]}.")
        model = self._cloud.client(service).meta.service_model
        operation = next((each for each in model.operation_names if each.lower() == found[2].lower()), None)
        if operation is None:
            raise _invalid(f"{arn} is not a valid target: {found[1]} has no API action {found[2]}.")
        return service, operation

    # ---- their lives, on the clock thread

    def _start(self, schedule: Schedule) -> None:
        if schedule.running is not None:
            schedule.running.cancel()
        enabled = schedule.settings["State"] == "ENABLED"
        schedule.running = self._clock.spawn(self._run(schedule)) if enabled else None

    def _forget(self, schedule: Schedule) -> None:
        if schedule.running is not None:
            schedule.running.cancel()
        self._schedules.pop((schedule.group, schedule.name), None)

    async def _run(self, schedule: Schedule) -> None:
        settings, clock = schedule.settings, self._clock
        zone = ZoneInfo(settings["ScheduleExpressionTimezone"])
        plan = schedules.parse(settings["ScheduleExpression"], once=True)
        end = settings.get("EndDate")
        if isinstance(plan, schedules.At):
            when = plan.time(zone)  # when it has passed, AWS invokes at once (CONTRIBUTING, decisions)
            with clock.awaiting_outside():
                await clock.sleep_until(when)
            self._invoke(schedule, when)
        else:
            first = max(settings.get("StartDate", clock.now()), clock.now())
            next_time: float | None = first if isinstance(plan, schedules.Rate) else plan.after(first - 1e-6, zone)
            while next_time is not None and (end is None or next_time <= end):
                await clock.tick(next_time)
                if clock.now() == next_time:
                    self._invoke(schedule, next_time)
                next_time = plan.after(next_time, zone)
                while next_time is not None and next_time < clock.now():
                    next_time = plan.after(next_time, zone)
        if settings["ActionAfterCompletion"] == "DELETE":
            await clock.sleep(durations.EVENT)
            self._schedules.pop((schedule.group, schedule.name), None)

    def _invoke(self, schedule: Schedule, when: float) -> None:
        self._clock.spawn(self._deliver(schedule, when))

    async def _deliver(self, schedule: Schedule, when: float) -> None:
        await self._clock.sleep(durations.EVENT)
        target = schedule.settings["Target"]
        execution = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{schedule.arn} {when}"))
        known = {
            "<aws.scheduler.schedule-arn>": schedule.arn,
            "<aws.scheduler.scheduled-time>": _iso(when),
            "<aws.scheduler.execution-id>": execution,
            "<aws.scheduler.attempt-number>": "1",
        }
        text = target.get("Input")
        if text is None:
            text = compact(self._event(schedule, when, execution))
        for name, value in known.items():
            text = text.replace(name, value)
        marks = {"SCHEDULE_ARN": schedule.arn, "SCHEDULED_TIME": _iso(when), "EXECUTION_ID": execution}
        marks["IS_PAYLOAD_TRUNCATED"] = "false"
        send = self._call if target["Arn"].startswith("arn:aws:scheduler:::") else self._targets.send
        await self._targets.deliver(Delivery(target, text, None, execution, text, marks), send)

    def _event(self, schedule: Schedule, when: float, execution: str) -> Shape:
        """What a target gets whose schedule has no Input."""
        return {
            "version": "0",
            "id": execution,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": self._cloud.account_id,
            "time": _iso(when),
            "region": self._cloud.region,
            "resources": [schedule.arn],
            "detail": "{}",
        }

    def _call(self, delivery: Delivery) -> None:
        """Call the API of a universal target, whose members are spelled as by `aws-sdk` task resources."""
        service, operation = self._universal(delivery.target["Arn"])
        client = self._cloud.client(service)
        shape = client.meta.service_model.operation_model(operation).input_shape
        problems: list[str] = []
        given = json.loads(delivery.text) if "Input" in delivery.target else {}
        request = {} if shape is None else shapes.to_request(shape, given, naming.member, problems)
        if problems:
            raise Undeliverable("ValidationException", "; ".join(problems))
        try:
            getattr(client, xform_name(operation))(**request)
        except ClientError as error:
            details = error.response["Error"]
            raise Undeliverable(details.get("Code", ""), details.get("Message", "")) from None
        except (ParamValidationError, UnsupportedLocally) as error:
            raise Undeliverable("ValidationException", str(error)) from None

    # ---- groups and tags

    def _new_group(self, name: str, tags: list[dict[str, str]]) -> Shape:
        now = self._clock.now()
        arn = f"arn:aws:scheduler:{self._cloud.region}:{self._cloud.account_id}:schedule-group/{name}"
        group = {"Arn": arn, "Name": name, "State": "ACTIVE", "CreationDate": now, "LastModificationDate": now}
        return {"described": group, "tags": {tag["Key"]: tag["Value"] for tag in tags}}

    def _group(self, name: str) -> Shape:
        if name not in self._groups:
            raise _missing(f"Schedule group {name} does not exist.")
        return self._groups[name]

    def create_group(self, request: Shape) -> Shape:
        """CreateScheduleGroup."""
        name = request["Name"]
        if name in self._groups:
            raise ServiceError("ConflictException", f"Schedule group {name} already exists.", 409)
        group = self._groups[name] = self._new_group(name, request.get("Tags", []))
        return {"ScheduleGroupArn": group["described"]["Arn"]}

    def get_group(self, request: Shape) -> Shape:
        """GetScheduleGroup."""
        return dict(self._group(request["Name"])["described"])

    def delete_group(self, request: Shape) -> Shape:
        """DeleteScheduleGroup, with its schedules."""
        name = request["Name"]
        if name == "default":
            raise _invalid("The default schedule group cannot be deleted.")
        self._group(name)
        for schedule in [each for each in self._schedules.values() if each.group == name]:
            self._forget(schedule)
        del self._groups[name]
        return {}

    def list_groups(self, request: Shape) -> Shape:
        """ListScheduleGroups."""
        prefix = request.get("NamePrefix", "")
        found = [group["described"] for name, group in sorted(self._groups.items()) if name.startswith(prefix)]
        return _page(request, found, "ScheduleGroups")

    def _tags(self, request: Shape) -> dict[str, str]:
        name = request["ResourceArn"].rpartition(":schedule-group/")[2]
        tags: dict[str, str] = self._group(name)["tags"]
        return tags

    def tag(self, request: Shape) -> Shape:
        """TagResource: a group."""
        self._tags(request).update({tag["Key"]: tag["Value"] for tag in request["Tags"]})
        return {}

    def untag(self, request: Shape) -> Shape:
        """UntagResource."""
        for key in request["TagKeys"]:
            self._tags(request).pop(key, None)
        return {}

    def tags(self, request: Shape) -> Shape:
        """ListTagsForResource."""
        return {"Tags": [{"Key": key, "Value": value} for key, value in self._tags(request).items()]}


def _iso(when: float) -> str:
    return f"{datetime.fromtimestamp(int(when), UTC):%Y-%m-%dT%H:%M:%SZ}"


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


def _missing(message: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", message, 404)


def _page(request: Shape, items: list[Shape], key: str) -> Shape:
    start = request.get("NextToken") or "0"
    if not start.isdecimal():
        raise _invalid("Invalid nextToken.")
    end = int(start) + int(request.get("MaxResults") or _PAGE)
    return {key: items[int(start) : end], "NextToken": str(end) if end < len(items) else None}
