"""Notebook 04: what starts a workflow without anybody (a time, an event), and a worker who asks for tasks."""

import contextlib
import json
import time

from helpers.status import doing

from src.roles import make_role
from src.supervisor import make_queue, queue_arn


def starter_role(workshop):
    """The role by which EventBridge and its Scheduler start workflows and send to queues of the workshop; its ARN."""
    account, ours = workshop.account_id, workshop.name("workshop-04-*")
    may = {
        "states:StartExecution": f"arn:aws:states:*:{account}:stateMachine:{ours}",
        "sqs:SendMessage": f"arn:aws:sqs:*:{account}:{ours}",
    }
    return make_role(workshop, "workshop-04-starter", ["events.amazonaws.com", "scheduler.amazonaws.com"], may)


def start_at(workshop, name, when, start):
    """Have Scheduler start an execution once, or change when it does; the schedule then deletes itself.

    Args:
        workshop: what connect() returned.
        name: the schedule's, and that of the group in which it is (of the two, only a group has tags).
        when: a datetime in UTC; to the second.
        start: what StartExecution is called with.
    """
    scheduler, name = workshop.client("scheduler"), workshop.name(name)
    with contextlib.suppress(scheduler.exceptions.ConflictException):
        scheduler.create_schedule_group(Name=name, Tags=workshop.tags)
    schedule = {
        "Name": name,
        "GroupName": name,
        "ScheduleExpression": f"at({when:%Y-%m-%dT%H:%M:%S})",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": "arn:aws:scheduler:::aws-sdk:sfn:startExecution",  # any action of AWS, by its name
            "RoleArn": starter_role(workshop),
            "Input": json.dumps(start),
        },
    }
    try:
        scheduler.create_schedule(**schedule)
    except scheduler.exceptions.ConflictException:
        scheduler.update_schedule(**schedule)


def make_rule(workshop, name, pattern, **target):
    """Make a rule of EventBridge that hands the events which match a pattern to a target, or change it.

    Args:
        workshop: what connect() returned.
        name: the rule's.
        pattern: as a dict.
        target: PutTargets' fields of a target, but its Id.
    """
    events, name = workshop.client("events"), workshop.name(name)
    try:  # its tags can only be given when it is made
        events.describe_rule(Name=name)
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    except events.exceptions.ResourceNotFoundException:
        events.put_rule(Name=name, EventPattern=json.dumps(pattern), Tags=workshop.tags)
    events.put_targets(Rule=name, Targets=[{"Id": "target", **target}])


def wait_for_start(workshop, machine, patience=300):
    """Wait until somebody has started an execution of a machine and it has ended; DescribeExecution's answer.

    Args:
        workshop: what connect() returned.
        machine: what deploy() returned.
        patience: how many seconds to wait.
    """
    states, end = workshop.client("stepfunctions"), time.monotonic() + patience
    with doing(f"Waiting until somebody starts {machine.name}"):
        while time.monotonic() < end:
            found = states.list_executions(stateMachineArn=machine.arn, maxResults=1)["executions"]
            if found and found[0]["status"] != "RUNNING":
                return states.describe_execution(executionArn=found[0]["executionArn"])
            time.sleep(workshop.pause)
    raise TimeoutError(f"nobody started {machine.name} in {patience} s: run the cells above again")


def make_activity(workshop, name):
    """An activity, made or found; its ARN."""
    tags = [{key.lower(): value for key, value in tag.items()} for tag in workshop.tags]
    states = workshop.client("stepfunctions")
    return states.create_activity(name=workshop.name(name), tags=tags)["activityArn"]


#: Schedules -> the time zone in which they are meant.
SCHEDULES = {
    "rate(10 days)": "UTC",
    "cron(30 9 ? * MON-FRI *)": "Europe/Berlin",
    "cron(0/30 22-23 1,15 * ? *)": "UTC",
    "cron(0 6 ? * MON#2 *)": "America/New_York",
    "cron(0 18 LW * ? *)": "UTC",
    "cron(0 12 11W * ? *)": "UTC",
    "cron(15 7 ? JAN FRIL 2026)": "UTC",
    "cron(0 0 L * ? *)": "Asia/Tokyo",
}


def see_schedules(workshop, waiting, days):
    """Print when each schedule comes while an execution waits for days, where that takes no time.

    Args:
        workshop: what connect() returned.
        waiting: a state machine that waits so long.
        days: how many.
    """
    if not workshop.can_wait(days):
        return
    scheduler, name = workshop.client("scheduler"), workshop.name("workshop-04-month")
    queue = make_queue(workshop, "workshop-04-month")
    with contextlib.suppress(scheduler.exceptions.ConflictException):
        scheduler.create_schedule_group(Name=name, Tags=workshop.tags)
    forget_schedules(scheduler, name)
    role, arn = starter_role(workshop), queue_arn(workshop, queue)
    for number, (expression, zone) in enumerate(SCHEDULES.items()):
        said = json.dumps({"number": number, "time": "<aws.scheduler.scheduled-time>"})
        scheduler.create_schedule(
            Name=f"{name}-{number}",
            GroupName=name,
            ScheduleExpression=expression,
            ScheduleExpressionTimezone=zone,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role, "Input": said},
        )
    states = workshop.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=waiting.arn)["executionArn"]
    while states.describe_execution(executionArn=execution)["status"] == "RUNNING":
        time.sleep(0.1)
    forget_schedules(scheduler, name)
    sqs, times = workshop.client("sqs"), {}
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            body = json.loads(message["Body"])
            times.setdefault(body["number"], []).append(body["time"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    for number, (expression, zone) in enumerate(SCHEDULES.items()):
        came = sorted(times.get(number, []))
        often = f"{len(came):2} {'times,' if len(came) > 1 else 'time, '}"
        print(f"{expression:29} {zone:17} {often} first {', '.join(came[:2])}")


def forget_schedules(scheduler, group):
    """Delete the schedules of a group."""
    for schedule in scheduler.list_schedules(GroupName=group)["Schedules"]:
        scheduler.delete_schedule(Name=schedule["Name"], GroupName=group)


#: Patterns of one field -> values of it.
PATTERNS = {
    '["COMPLETED", "FAILED"]': ["FAILED", "IN_PROGRESS"],
    '[{"prefix": "call-"}]': ["call-7", "recall-7"],
    '[{"suffix": {"equals-ignore-case": ".WAV"}}]': ["7.wav", "7.mp3"],
    '[{"wildcard": "call-*-en"}]': ["call-7-en", "call-7-fr"],
    '[{"equals-ignore-case": "failed"}]': ["FAILED", "FAIL"],
    '[{"anything-but": ["QUEUED", "IN_PROGRESS"]}]': ["FAILED", "QUEUED"],
    '[{"anything-but": {"prefix": "test-"}}]': ["call-7", "test-7"],
    '[{"numeric": [">=", 0.5, "<", 1]}]': [0.5, 1],
    '[{"exists": false}]': [None, "anything"],
    '[{"cidr": "10.0.0.0/24"}]': ["10.0.0.7", "10.0.1.7"],
    '["call-7", {"numeric": ["<", 8]}]': [7, 8],
    '[null, true, {"prefix": {"equals-ignore-case": "TEST"}}]': [True, "a test"],
}


#: What people write, and is no pattern.
NO_PATTERNS = [
    '{"source": "aws.transcribe"}',
    '{"source": []}',
    '{"source": ["aws.transcribe"',
    '{"detail": {"seconds": [{"numeric": ["~", 60]}]}}',
    '{"detail": {"seconds": [{"numeric": [">", 60, "<", 30]}]}}',
    '{"detail": {"name": [{"sufix": ".wav"}]}}',
    '{"detail": {"name": [{"prefix": 7}]}}',
    '{"detail": {"name": [{"wildcard": "a**b"}]}}',
    '{"detail": {"name": [{"anything-but": ["a", 1]}]}}',
    '{"detail": {"name": [{"exists": "yes"}]}}',
    '{"detail": {"from": [{"cidr": "10.0.0.0"}]}}',
    '{"$or": [{"source": ["aws.s3"]}]}',
]


def patterns(workshop):
    """Print which values each pattern of a field picks, by TestEventPattern, and what is wrong with what is none."""
    events = workshop.client("events")
    about = {"id": "1", "source": "workshop", "detail-type": "Try", "account": workshop.account_id}
    about |= {"time": "2026-01-05T09:00:00Z", "region": workshop.region, "resources": []}
    for pattern, values in PATTERNS.items():
        words = []
        for value in values:
            event = about | {"detail": {} if value is None else {"field": value}}
            wanted = json.dumps({"detail": {"field": json.loads(pattern)}})
            picks = events.test_event_pattern(EventPattern=wanted, Event=json.dumps(event))["Result"]
            words.append(f"{'picks' if picks else 'leaves'} {'no field' if value is None else json.dumps(value)}")
        print(f"{pattern:57} {words[0]:20} {words[1]}")
    for pattern in NO_PATTERNS:
        try:
            events.test_event_pattern(EventPattern=pattern, Event=json.dumps(about))
        except events.exceptions.InvalidEventPatternException as refusal:
            reason = refusal.response["Error"]["Message"].splitlines()[0].partition("Reason: ")[2]
            print(f"{pattern}\n    {reason}")
