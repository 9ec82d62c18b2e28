"""Many at once: twenty readers of one notebook, fifty threads at one cloud."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
import nbformat
import psutil
from botocore.config import Config

import localcloud
from tools.execute import NOTEBOOKS, normalise, run
from tools.soak.kills import execute, make
from tools.soak.trials import Try

READERS, THREADS, SECONDS = 20, 50, 60.0
NOTEBOOK = "03_*.ipynb"


def readers(_chance: random.Random) -> Generator[Try]:
    """They run all cells at the same time, and see the same; prints what the fullest moment took of the memory."""
    (path,) = NOTEBOOKS.glob(NOTEBOOK)
    while True:
        most = Counter[str]()
        with ThreadPoolExecutor(READERS) as threads:
            runs = [threads.submit(run, path, 900, then=DIGESTS) for _ in range(READERS)]
            while not all(each.done() for each in runs):
                most |= Counter(_memory())
                time.sleep(1)
        print({name: f"{size / 2**20:,.0f} MB" for name, size in most.items()}, flush=True)
        lost = [f"{type(each.exception()).__name__}: {each.exception()}"[-600:] for each in runs if each.exception()]
        seen = Counter(_seen(*each.result()) for each in runs if not each.exception())
        lost += [f"{count} of {READERS} saw or did something else" for _, count in seen.most_common()[1:]]
        yield Try(READERS, tuple(lost))


#: A kernel prints, in JSON, a digest of each execution's events.
DIGESTS = """
import boto3, hashlib, json
states = boto3.client("stepfunctions")
found = {}
for machine in states.get_paginator("list_state_machines").paginate().build_full_result()["stateMachines"]:
    if states.describe_state_machine(stateMachineArn=machine["stateMachineArn"])["type"] == "STANDARD":
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine["stateMachineArn"])
        for execution in pages.build_full_result()["executions"]:
            arn = execution["executionArn"]
            pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
            events = json.dumps(pages.build_full_result()["events"], default=str)
            found[arn] = hashlib.sha256(events.encode()).hexdigest()
print(json.dumps(found))
"""


def _seen(notebook: Any, histories: dict[str, str]) -> str:
    normalise(notebook)
    return re.sub(r"127\.0\.0\.1(:|%3A)\d+", "HERE", nbformat.writes(notebook)) + json.dumps(histories, sort_keys=True)


def _memory() -> dict[str, int]:
    """Bytes: of the machine, and of all readers' processes, what they share counted once (PSS)."""
    pss = 0
    for each in [*psutil.Process().children(recursive=True)]:
        try:
            pss += each.memory_full_info().pss
        except (psutil.Error, AttributeError):  # it has ended; PSS is Linux's
            continue
    machine = psutil.virtual_memory()
    return {"machine": machine.total - machine.available, "readers": pss, "a reader": pss // READERS}


def threads(chance: random.Random) -> Generator[Try]:
    """For a minute, each does this and that in one cloud, and reads it again."""
    while True:
        with localcloud.start() as cloud:
            settings: dict[str, Any] = cloud.settings()
            settings["config"] = Config(retries={"max_attempts": 0}, read_timeout=120)
            clients = {
                name: boto3.client(name, **settings) for name in ("s3", "dynamodb", "sqs", "lambda", "stepfunctions")
            }
            make(
                partial(boto3.client, **settings),
                source="def handler(event, context): return event['n'] ** 2",
            )
            clients["s3"].create_bucket(Bucket="soak")
            keys = [{"AttributeName": "id", "AttributeType": "S"}], [{"AttributeName": "id", "KeyType": "HASH"}]
            clients["dynamodb"].create_table(
                TableName="soak", AttributeDefinitions=keys[0], KeySchema=keys[1], BillingMode="PAY_PER_REQUEST"
            )
            queue = clients["sqs"].create_queue(QueueName="soak")["QueueUrl"]
            worker = _Worker(clients, queue, time.monotonic() + SECONDS)
            seeds = [chance.random() for _ in range(THREADS)]
            with ThreadPoolExecutor(THREADS) as pool:
                lost = [problem for problems in pool.map(worker.run, seeds) for problem in problems]
            sent = int(
                clients["sqs"].get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"][
                    "ApproximateNumberOfMessages"
                ]
            )
            if sent != worker.done["sqs"]:
                lost.append(f"{worker.done['sqs']} messages were sent, {sent} are there")
            print(dict(worker.done), flush=True)
        yield Try(sum(worker.done.values()), tuple(lost))


class _Worker:
    def __init__(self, clients: dict[str, Any], queue: str, until: float) -> None:
        self.clients, self.queue, self.until = clients, queue, until
        self.done: Counter[str] = Counter()
        self._lock = threading.Lock()

    def run(self, seed: float) -> list[str]:
        chance, lost = random.Random(seed), []
        while time.monotonic() < self.until:
            name, n = chance.choice([*self.clients]), chance.randrange(1000)
            try:
                answer = getattr(self, f"a_{name}")(f"{seed}-{n}", n)
            except Exception as problem:
                answer = f"{type(problem).__name__}: {problem}"
            if answer != n:
                lost.append(f"{name}: {n} came back as {answer}")
            with self._lock:
                self.done[name] += 1
        return lost

    def a_s3(self, key: str, n: int) -> Any:
        self.clients["s3"].put_object(Bucket="soak", Key=key, Body=str(n).encode())
        return int(self.clients["s3"].get_object(Bucket="soak", Key=key)["Body"].read())

    def a_dynamodb(self, key: str, n: int) -> Any:
        self.clients["dynamodb"].put_item(TableName="soak", Item={"id": {"S": key}, "n": {"N": str(n)}})
        return int(self.clients["dynamodb"].get_item(TableName="soak", Key={"id": {"S": key}})["Item"]["n"]["N"])

    def a_sqs(self, _key: str, n: int) -> Any:
        self.clients["sqs"].send_message(QueueUrl=self.queue, MessageBody=str(n))
        return n

    def a_lambda(self, _key: str, n: int) -> Any:
        answer = self.clients["lambda"].invoke(FunctionName="soak", Payload=json.dumps({"n": n}))
        return round(json.load(answer["Payload"]) ** 0.5)

    def a_stepfunctions(self, _key: str, n: int) -> Any:
        found = execute(self.clients["stepfunctions"], json.dumps([n, n]))
        return round(json.loads(found.get("output", "[0]"))[-1] ** 0.5)
