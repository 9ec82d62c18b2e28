"""The game of notebook 10: its world, its runs, its score."""

import json
import random
import time
from contextlib import ExitStack, suppress
from copy import deepcopy
from pathlib import Path

from helpers import ExecutionFailed, deploy, run
from helpers.resources import Execution

from botocore.exceptions import ParamValidationError

from src.game_day.incidents import INCIDENTS, printing
from src.tables import make_table

HERE = Path(__file__).parent
MOST_SECONDS = 7200  # for a workflow that would not end
EACH_WRONG = 2  # points that a wrong repair costs


class GameDay:
    """A game: the same seed gives the same orders, the same troubles, the same verdicts.

    Args:
        workshop: what connect() returned.
        seed: any whole number.

    Attributes:
        tries: for each incident, how many repairs were judged.
        solved: the incident -> its points and the minutes since the game began.
    """

    def __init__(self, workshop, seed=0):
        self.workshop, self.seed, self.began = workshop, seed, time.monotonic()
        self.tries, self.solved = [0] * len(INCIDENTS), {}
        self.world = self._make()

    def _make(self):
        name = self.workshop.name
        make_table(self.workshop, "workshop-10-desk", key="id")
        places = {"Variables": {"TABLE": name("workshop-10-desk"), "BUCKET": self.workshop.bucket}}
        desk = deploy(HERE / "desk.py", "workshop-10-desk", Environment=places)
        packers = deploy(HERE / "desk.py", "workshop-10-packers", Environment=places)
        functions = self.workshop.client("lambda")
        functions.put_function_concurrency(FunctionName=packers.name, ReservedConcurrentExecutions=5)
        tags = {tag["Key"]: tag["Value"] for tag in self.workshop.tags}
        queue = self.workshop.client("sqs").create_queue(QueueName=name("workshop-10-warehouse"), tags=tags)["QueueUrl"]
        child = deploy(printing({}), "workshop-10-printing")
        world = {"desk": desk.arn, "packers": packers.arn, "queue": queue, "child": child.arn, "home": "PT"}
        return world | {"table": name("workshop-10-desk")}

    def definition(self, number):
        """The definition of an incident's workflow, for you to change."""
        return deepcopy(INCIDENTS[number][0](self.world))

    def draw(self, number, *more):
        """A source of chance that is the same for the same seed."""
        return random.Random(f"{self.seed}/{number}/{more}")

    def run(self, number, data, definition=None, meanwhile=None, faults=None):
        """An execution of an incident's workflow, however it ends.

        Args:
            number: the incident's.
            data: its input.
            definition: a repaired one; the broken one if there is none.
            meanwhile: called while it runs.
            faults: what the local cloud injects meanwhile, as `helpers.faults` takes it.
        """
        made = {"TimeoutSeconds": MOST_SECONDS, **(definition or self.definition(number))}
        machine = deploy(made, f"workshop-10-incident-{number:02}")
        with ExitStack() as block:
            if faults and self.workshop.cloud:
                block.enter_context(self.workshop.cloud.faults(**faults))
            if meanwhile:
                return self._with_others(machine, data, meanwhile)
            try:
                return run(machine, data)
            except ExecutionFailed as failure:
                return failure.execution

    def _with_others(self, machine, data, meanwhile):
        states = self.workshop.client("stepfunctions")
        arn = states.start_execution(stateMachineArn=machine.arn, input=json.dumps(data))["executionArn"]
        execution = Execution(arn, machine)
        meanwhile()
        while execution.status == "RUNNING":
            time.sleep(0.05)
            execution.refresh()
        return execution

    def warehouse(self):
        """What the warehouse does: reads a message, and answers to the `token` in it; returns the message."""
        sqs, states = self.workshop.client("sqs"), self.workshop.client("stepfunctions")
        queue = self.world["queue"]
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            answer = json.dumps({"order": body.get("order"), "shelf": 7})
            with suppress(states.exceptions.InvalidToken, states.exceptions.TaskTimedOut, ParamValidationError):
                states.send_task_success(taskToken=body.get("token"), output=answer)
            return body
        return None

    def bookings(self):
        """What the bank has booked: the order of each booking."""
        pages = self.workshop.client("dynamodb").get_paginator("scan").paginate(TableName=self.world["table"])
        items = [item for page in pages for item in page["Items"]]
        return [item["order"]["S"] for item in items if item["id"]["S"].startswith("booking/")]

    def item(self, key):
        """What the table has under a key, or None."""
        found = self.workshop.client("dynamodb").get_item(TableName=self.world["table"], Key={"id": {"S": key}})
        return found.get("Item")

    def score(self, number):
        """Counts an incident as solved: the first time only."""
        points = max(1, INCIDENTS[number][1] - EACH_WRONG * (self.tries[number] - 1))
        self.solved.setdefault(number, (points, (time.monotonic() - self.began) / 60))
        return self.solved[number][0]

    def board(self):
        """The score, a line for each incident."""
        lines = ["incident          points  wrong repairs  solved after"]
        for number, (make, worth) in list(enumerate(INCIDENTS))[1:]:
            name, wrong = make.__name__.replace("_", " "), self.tries[number] - (number in self.solved)
            points, minutes = self.solved.get(number, (None, None))
            end = "open" if points is None else f"{minutes:.0f} min"
            lines.append(f"{number:2} {name:17}{points or 0:2} of {worth}{wrong:12}  {end}")
        total, most = sum(points for points, _ in self.solved.values()), sum(worth for _, worth in INCIDENTS)
        return "\n".join([*lines, f"{total} of {most} points, {len(self.solved)} of {len(INCIDENTS) - 1} incidents."])
