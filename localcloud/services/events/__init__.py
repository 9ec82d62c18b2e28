"""Amazon EventBridge: buses, rules that match events or come on a schedule, and their targets.

    patterns    event patterns, compiled and matched as Event Ruler does
    schedules   rate, cron and at expressions
    inputs      what of an event a target gets
    targets     delivery, retries, dead letters

Everything that changes anything runs on the clock thread, between two events of the executions, so that nothing in here
needs a lock. API reference: https://docs.aws.amazon.com/eventbridge/latest/APIReference/. Not here, and refused:
archives and replays, API destinations and connections, partner sources, endpoints, other accounts.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from localcloud.door import moto
from localcloud.door.wire import ServiceError
from localcloud.host import Service
from localcloud.services._on_clock import on_clock
from localcloud.services._regional import Regional
from localcloud.services.events import inputs, s3, schedules
from localcloud.services.events.patterns import BadPattern, Pattern, compile_pattern
from localcloud.services.events.targets import Arn, Delivery, Targets
from localcloud.time import durations
from localcloud.time.clock import Fiber

if TYPE_CHECKING:
    from localcloud.host import Host

Shape = dict[str, Any]

#: Bytes of the entries of one PutEvents together, entries in a call, targets of a rule
#: (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html; the first as botocore 1.43 documents it).
_MOST_BYTES, _MOST_ENTRIES, _MOST_TARGETS = 1 << 20, 10, 5

#: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html; that the entry fails, not
#: the request: https://github.com/segmentio/action-destinations/pull/2828. The reason is in our words.
_LONGEST_DETAIL_TYPE = 128

_PAGE = 100


_DISABLED = "DISABLED"


@dataclass(slots=True)
class Rule:
    """A rule of a bus.

    Args:
        name, bus, arn: which.
        settings: as PutRule took them: EventPattern, ScheduleExpression, State, Description, RoleArn.
        pattern: compiled, or None.
        targets: by their ids.
        ticking: the schedule's coroutine, while it is enabled.
    """

    name: str
    bus: str
    arn: str
    settings: Shape
    pattern: Pattern | None = None
    targets: dict[str, Shape] = field(default_factory=dict)
    ticking: Fiber[None] | None = None

    @property
    def enabled(self) -> bool:
        """Whether it reacts."""
        return bool(self.settings["State"] != _DISABLED)

    def describe(self) -> Shape:
        """As DescribeRule and ListRules say it."""
        return {"Name": self.name, "Arn": self.arn, "EventBusName": self.bus, **self.settings}


@dataclass(slots=True)
class Bus:
    """An event bus.

    Args:
        name, arn: which.
        created: in seconds since the Unix epoch.
        description: as it was created, or None.
        rules: by name.
    """

    name: str
    arn: str
    created: float
    description: str | None = None
    rules: dict[str, Rule] = field(default_factory=dict)

    def describe(self) -> Shape:
        """As DescribeEventBus and ListEventBuses say it."""
        said = {
            "Name": self.name,
            "Arn": self.arn,
            "Description": self.description,
            "CreationTime": self.created,
            "LastModifiedTime": self.created,
        }
        return {name: value for name, value in said.items() if value is not None}


def register(cloud: Host) -> Service:
    """The actions on buses, rules, targets and events."""
    events = Events(cloud)
    cloud.on_event = events.publish
    undo = moto.on_object(partial(s3.publish, cloud))
    names = (
        "create_event_bus", "delete_event_bus", "describe_event_bus", "list_event_buses",
        "put_rule", "delete_rule", "describe_rule", "list_rules", "enable_rule", "disable_rule",
        "put_targets", "remove_targets", "list_targets_by_rule", "list_rule_names_by_target",
        "put_events", "test_event_pattern", "tag_resource", "untag_resource", "list_tags_for_resource",
    )  # fmt: skip
    return Service(
        "events",
        {_action(name): on_clock(cloud, getattr(events, name)) for name in names},
        close=undo,
    )


def _action(method: str) -> str:
    return "".join(word.capitalize() for word in method.split("_"))


class Events:
    """The buses of one local cloud and what happens on them.

    Args:
        cloud: its clock and its services.
    """

    def __init__(self, cloud: Host) -> None:
        self._cloud, self._clock = cloud, cloud.clock
        self._targets = Targets(cloud, self.forward)
        self._tags: dict[str, dict[str, str]] = {}
        self._buses: Regional[str, Bus] = Regional(cloud, lambda: {"default": self._new_bus("default")})
        self._drawn: dict[bytes, int] = {}
        self._drawn_at = 0.0

    # ---- events

    def publish(self, source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]) -> None:
        """An event of AWS's own, on the default bus. From any thread."""
        self._clock.call(self._accept, self._event(source, detail_type, dict(detail), resources), "default")

    def forward(self, event: Shape, bus_arn: str) -> None:
        """An event from one bus to another. Clock thread only.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        with self._cloud.asked_in(bus_arn.split(":")[3]):
            self._accept(event, self._bus(bus_arn).name)

    def put_events(self, request: Shape) -> Shape:
        """PutEvents: each entry is taken or refused by itself."""
        entries = request["Entries"]
        if sum(_size(entry) for entry in entries) > _MOST_BYTES:
            raise _invalid("Total size of the entries in the request is over the limit.")
        answers = [self._put(entry) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}

    def _put(self, entry: Shape) -> Shape:
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):
                reason = f"Parameter {name} is not valid. Reason: {name} is a required argument."
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": reason}
        if len(entry["DetailType"]) > _LONGEST_DETAIL_TYPE:
            reason = f"Parameter DetailType is not valid. Reason: it is over {_LONGEST_DETAIL_TYPE} characters."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": reason}
        if entry["Source"].startswith("aws."):
            return {
                "ErrorCode": "NotAuthorizedForSourceException",
                "ErrorMessage": "Not authorized for the source.",
            }
        try:
            detail = json.loads(entry["Detail"])
        except (ValueError, RecursionError):
            detail = None
        if not isinstance(detail, dict):
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        event = self._event(entry["Source"], entry["DetailType"], detail, entry.get("Resources", ()), entry.get("Time"))
        bus = _bus_name(entry.get("EventBusName", "default"))
        if bus in self._buses:  # an event for a bus that is not there is taken, and lost
            self._accept(event, bus)
        return {"EventId": event["id"]}

    def _event(
        self, source: str, detail_type: str, detail: Shape, resources: Sequence[str], when: float | None = None
    ) -> Shape:
        """An event as it lies on a bus.

        https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
        """
        event = {
            "version": "0",
            "id": "",
            "detail-type": detail_type,
            "source": source,
            "account": self._cloud.account_id,
            "time": _iso(self._clock.now() if when is None else when),
            "region": self._cloud.region,
            "resources": list(resources),
            "detail": detail,
        }
        event["id"] = self._clock.call(self._new_id, inputs.compact(event))
        return event

    def _new_id(self, event: str) -> str:
        """An event's id, made from the event and the time, not drawn from a sequence: the same in every run."""
        now = self._clock.now()
        if now != self._drawn_at:
            self._drawn_at, self._drawn = now, {}
        digest = hashlib.blake2b(f"{now}{event}".encode(errors="surrogatepass"), digest_size=16).digest()
        number = self._drawn[digest] = self._drawn.get(digest, -1) + 1
        digest = hashlib.blake2b(digest + number.to_bytes(8, "big"), digest_size=16).digest()
        return str(uuid.UUID(bytes=digest, version=4))

    def _accept(self, event: Shape, bus: str) -> None:
        for rule in list(self._buses[bus].rules.values()):
            if rule.enabled and rule.pattern is not None and rule.pattern.matches(event):
                self._react(rule, event)

    def _react(self, rule: Rule, event: Shape) -> None:
        for target in list(rule.targets.values()):
            self._clock.spawn(self._deliver(rule, dict(target), event))

    async def _deliver(self, rule: Rule, target: Shape, event: Shape) -> None:
        await self._clock.sleep(durations.EVENT)
        text = inputs.text_for(target, event, rule.name, rule.arn)
        if "KinesisParameters" in target:
            path = target["KinesisParameters"]["PartitionKeyPath"]
            target["KinesisParameters"] = {"PartitionKey": inputs.fill("<key>", {"key": inputs.value(path, event)})}
        # One event may reach the same state machine twice: executions are named after the event and something more.
        key = f"{event['id']}_{uuid.uuid5(uuid.NAMESPACE_URL, rule.arn + target['Id'])}"
        marks = {"RULE_ARN": rule.arn}
        await self._targets.deliver(Delivery(target, text, event, key, inputs.compact(event), marks))

    async def _tick(self, rule: Rule, schedule: schedules.Rate | schedules.Cron) -> None:
        """The times of a scheduled rule. Those that pass while only schedules' own work goes on do not count."""
        when = schedule.after(self._clock.now())
        while when is not None:
            await self._clock.tick(when)
            if self._clock.now() == when:
                self._react(rule, self._event("aws.events", "Scheduled Event", {}, [rule.arn], when))
            when = schedule.after(when)
            while when is not None and when < self._clock.now():
                when = schedule.after(when)

    def test_event_pattern(self, request: Shape) -> Shape:
        """TestEventPattern."""
        pattern = _pattern(request["EventPattern"])
        try:
            event = json.loads(request["Event"])
        except ValueError:
            event = None
        if not isinstance(event, dict):
            raise _invalid("Parameter Event is not valid.")
        missing = [name for name in ("id", "account", "source", "time", "region", "detail-type") if name not in event]
        if missing:
            raise _invalid(f"Parameter Event is not valid. Reason: {missing[0]} is a required field.")
        return {"Result": pattern.matches(event)}

    # ---- buses

    def _new_bus(self, name: str, description: str | None = None) -> Bus:
        arn = f"arn:aws:events:{self._cloud.region}:{self._cloud.account_id}:event-bus/{name}"
        return Bus(name, arn, self._clock.now(), description)

    def _bus(self, name_or_arn: str | None) -> Bus:
        name = _bus_name(name_or_arn or "default")
        if name not in self._buses:
            raise ServiceError("ResourceNotFoundException", f"Event bus {name} does not exist.")
        return self._buses[name]

    def create_event_bus(self, request: Shape) -> Shape:
        """CreateEventBus: one for custom events."""
        name = request["Name"]
        if "EventSourceName" in request or name.startswith("aws.partner/"):
            raise ServiceError("ResourceNotFoundException", f"Event source {name} does not exist.")
        if "/" in name:
            raise _invalid("The name of a custom event bus must not contain /.")
        if name in self._buses:
            raise ServiceError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
        bus = self._buses[name] = self._new_bus(name, request.get("Description"))
        self._tag(bus.arn, request.get("Tags"))
        return {"EventBusArn": bus.arn, "Description": bus.description}

    def delete_event_bus(self, request: Shape) -> Shape:
        """DeleteEventBus."""
        name = _bus_name(request["Name"])
        if name == "default":
            raise _invalid("Cannot delete event bus default.")
        bus = self._buses.get(name)
        if bus is not None:
            if bus.rules:
                raise _invalid(f"Event bus {name} can't be deleted since it has rules.")
            del self._buses[name]
            self._tags.pop(bus.arn, None)
        return {}

    def describe_event_bus(self, request: Shape) -> Shape:
        """DescribeEventBus."""
        return self._bus(request.get("Name")).describe()

    def list_event_buses(self, request: Shape) -> Shape:
        """ListEventBuses."""
        prefix = request.get("NamePrefix", "")
        found = [bus.describe() for name, bus in sorted(self._buses.items()) if name.startswith(prefix)]
        return _page(request, found, "EventBuses")

    # ---- rules

    def _rule(self, request: Shape, key: str) -> Rule:
        bus = self._bus(request.get("EventBusName"))
        rule = bus.rules.get(request[key])
        if rule is None:
            raise ServiceError(
                "ResourceNotFoundException", f"Rule {request[key]} does not exist on EventBus {bus.name}."
            )
        return rule

    def put_rule(self, request: Shape) -> Shape:
        """PutRule: a new one, or new settings for one; its targets stay."""
        bus, name = self._bus(request.get("EventBusName")), request["Name"]
        text, expression = request.get("EventPattern"), request.get("ScheduleExpression")
        if not text and not expression:
            raise _invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
        schedule = None
        if expression:
            if bus.name != "default":
                raise _invalid("ScheduleExpression is supported only on the default event bus.")
            try:
                schedule = schedules.parse(expression)
            except schedules.BadSchedule:
                raise _invalid("Parameter ScheduleExpression is not valid.") from None
        pattern = _pattern(text) if text else None
        middle = "" if bus.name == "default" else f"{bus.name}/"
        arn = f"arn:aws:events:{self._cloud.region}:{self._cloud.account_id}:rule/{middle}{name}"
        rule = bus.rules.setdefault(name, Rule(name, bus.name, arn, {}))
        kept = ("EventPattern", "ScheduleExpression", "Description", "RoleArn")
        rule.settings = {key: request[key] for key in kept if request.get(key)}
        rule.settings["State"] = request.get("State", "ENABLED")
        rule.pattern = pattern
        self._restart(rule, schedule)
        self._tag(arn, request.get("Tags"))
        return {"RuleArn": arn}

    def _restart(self, rule: Rule, schedule: schedules.Schedule | None) -> None:
        """Start or end the rule's schedule, as it is enabled or not."""
        if rule.ticking is not None:
            rule.ticking.cancel()
            rule.ticking = None
        if rule.enabled and schedule is not None and not isinstance(schedule, schedules.At):
            rule.ticking = self._clock.spawn(self._tick(rule, schedule))

    def delete_rule(self, request: Shape) -> Shape:
        """DeleteRule; of one that is not there, too."""
        bus = self._bus(request.get("EventBusName"))
        rule = bus.rules.get(request["Name"])
        if rule is None:
            return {}
        if rule.targets:
            raise _invalid("Rule can't be deleted since it has targets.")
        self._restart(rule, None)
        del bus.rules[rule.name]
        self._tags.pop(rule.arn, None)
        return {}

    def describe_rule(self, request: Shape) -> Shape:
        """DescribeRule."""
        return self._rule(request, "Name").describe() | {"CreatedBy": self._cloud.account_id}

    def list_rules(self, request: Shape) -> Shape:
        """ListRules of a bus."""
        rules = self._bus(request.get("EventBusName")).rules
        prefix = request.get("NamePrefix", "")
        return _page(request, [rules[name].describe() for name in sorted(rules) if name.startswith(prefix)], "Rules")

    def enable_rule(self, request: Shape) -> Shape:
        """EnableRule."""
        return self._set_state(self._rule(request, "Name"), "ENABLED")

    def disable_rule(self, request: Shape) -> Shape:
        """DisableRule."""
        return self._set_state(self._rule(request, "Name"), _DISABLED)

    def _set_state(self, rule: Rule, state: str) -> Shape:
        if rule.settings["State"] != state:
            rule.settings["State"] = state
            expression = rule.settings.get("ScheduleExpression")
            self._restart(rule, schedules.parse(expression) if expression else None)
        return {}

    # ---- targets

    def put_targets(self, request: Shape) -> Shape:
        """PutTargets: added, or replaced where the id is known."""
        rule = self._rule(request, "Rule")
        wanted = {target["Id"]: target for target in request["Targets"]}
        for target in wanted.values():
            self._check(target)
        if len({**rule.targets, **wanted}) > _MOST_TARGETS:
            raise ServiceError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        rule.targets |= wanted
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _check(self, target: Shape) -> None:
        name, arn = target["Id"], target["Arn"]
        inputs.check(target)
        place = self._targets.check(arn, f"Target {name}")
        if place.kind == "state machine" and not target.get("RoleArn"):
            raise _invalid(f"RoleArn is required for target {arn}.")
        if place.kind == "sqs" and arn.endswith(".fifo") and "SqsParameters" not in target:
            raise _invalid(f"Parameter(s) SqsParameters must be specified for target: {name}.")
        letters = target.get("DeadLetterConfig", {}).get("Arn")
        if letters is not None and Arn.of(letters).kind != "sqs":
            raise _invalid(f"DeadLetterConfig of target {name} is not valid: {letters} is no Amazon SQS queue.")

    def remove_targets(self, request: Shape) -> Shape:
        """RemoveTargets; those that are not there, too."""
        rule = self._rule(request, "Rule")
        for name in request["Ids"]:
            rule.targets.pop(name, None)
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def list_targets_by_rule(self, request: Shape) -> Shape:
        """ListTargetsByRule."""
        return _page(request, list(self._rule(request, "Rule").targets.values()), "Targets")

    def list_rule_names_by_target(self, request: Shape) -> Shape:
        """ListRuleNamesByTarget on a bus."""
        rules = self._bus(request.get("EventBusName")).rules.values()
        arn = request["TargetArn"]
        found = [rule.name for rule in rules if any(target["Arn"] == arn for target in rule.targets.values())]
        return _page(request, sorted(found), "RuleNames")

    # ---- tags

    def _tag(self, arn: str, tags: Sequence[Mapping[str, str]] | None) -> None:
        self._tags.setdefault(arn, {}).update({tag["Key"]: tag["Value"] for tag in tags or ()})

    def _tagged(self, request: Shape) -> dict[str, str]:
        arn = request["ResourceARN"]
        if arn not in self._tags:
            name = arn.partition("/")[2]
            what = f"Rule {name}" if ":rule/" in arn else f"Event bus {name}"
            raise ServiceError("ResourceNotFoundException", f"{what} does not exist.")
        return self._tags[arn]

    def tag_resource(self, request: Shape) -> Shape:
        """TagResource: a rule or a bus."""
        self._tagged(request)
        self._tag(request["ResourceARN"], request["Tags"])
        return {}

    def untag_resource(self, request: Shape) -> Shape:
        """UntagResource."""
        for key in request["TagKeys"]:
            self._tagged(request).pop(key, None)
        return {}

    def list_tags_for_resource(self, request: Shape) -> Shape:
        """ListTagsForResource."""
        return {"Tags": [{"Key": key, "Value": value} for key, value in self._tagged(request).items()]}


# ---- requests


def _size(entry: Shape) -> int:
    """As https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html counts."""
    texts = [entry.get("Source", ""), entry.get("DetailType", ""), entry.get("Detail", "")]
    texts += entry.get("Resources", ())
    return sum(len(text.encode(errors="surrogatepass")) for text in texts) + (14 if "Time" in entry else 0)


def _bus_name(name_or_arn: str) -> str:
    return name_or_arn.rpartition(":event-bus/")[2]


def _iso(when: float) -> str:
    return f"{datetime.fromtimestamp(int(when), UTC):%Y-%m-%dT%H:%M:%SZ}"


def _pattern(text: str) -> Pattern:
    try:
        return compile_pattern(text)
    except BadPattern as problem:
        raise ServiceError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {problem}") from None


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


def _page(request: Shape, items: Sequence[Any], key: str) -> Shape:
    start = request.get("NextToken") or "0"
    if not start.isdecimal():
        raise _invalid("NextToken is not valid.")
    end = int(start) + (request.get("Limit") or _PAGE)
    return {key: items[int(start) : end], "NextToken": str(end) if end < len(items) else None}
