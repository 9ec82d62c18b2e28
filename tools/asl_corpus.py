"""Hold the interpreter against public definitions: `python tools/asl_corpus.py CHECKOUT...` (see the function `main`).

Each folder is a checkout of a repository, fetched by whoever runs this; nothing of it is kept. For every definition it
prints whether it is accepted, why it is not where it is not, and how an execution of it ends whose tasks give made-up
results of the shape that botocore's models say; at the end, the totals.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import yaml  # type: ignore[import-untyped]

from localcloud.asl import validation
from localcloud.asl.compiler import compile_machine
from localcloud.asl.environment import Environment, TaskCall, TaskFailure
from localcloud.asl.execution import StateMachineExecution
from localcloud.cloud import Cloud
from localcloud.integrations import LocalIntegrations, fields, naming
from localcloud.time.clock import Clock, Signal

#: Seconds of this process's computing for one execution, whatever else the machine has to do.
_PATIENCE = 30

#: How an API says that something has ended well.
_GOOD = re.compile(r"^(SUCCEEDED|COMPLETED|Completed|ACTIVE|Active|InService|SUCCESS|AVAILABLE|ISSUED|FINISHED)$")

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
}
_RESOURCE = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:(?P<service>(?:aws-sdk:)?[^:]+):(?P<action>[^:.]+)(?P<suffix>.*)")


class _Template(yaml.SafeLoader):  # type: ignore[misc]
    """YAML with CloudFormation's tags, each read as a placeholder."""


_Template.add_multi_constructor(
    "!",
    lambda loader, tag, node: (
        loader.construct_scalar(node) if tag == "Sub" and isinstance(node, yaml.ScalarNode) else f"${{{tag}}}"
    ),
)


def definitions(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The state machines in a folder's JSON and YAML files, templates and pages, each once."""
    seen = set()
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".json", ".yaml", ".yml", ".md") or "node_modules" in path.parts or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if "StartAt" not in text:
            continue
        for part in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) if path.suffix == ".md" else [text]:
            for machine in _machines(_read(part)):
                key = json.dumps(machine, default=str)
                if key not in seen:
                    seen.add(key)
                    yield path, machine


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return yaml.load(text, Loader=_Template)
    except (ValueError, TypeError, yaml.YAMLError):
        return None  # a template of something else, or an excerpt


def _machines(value: Any) -> Iterator[dict[str, Any]]:
    """The outermost state machines in a value."""
    if isinstance(value, dict) and isinstance(value.get("StartAt"), str) and isinstance(value.get("States"), dict):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _machines(each)
    elif isinstance(value, str) and "StartAt" in value and value.lstrip().startswith("{"):
        yield from _machines(_read(value))


def filled(value: Any, name: str = "") -> Any:
    """A definition with its `${placeholders}`, which a deployment replaces, replaced."""
    if isinstance(value, dict):
        return {key: filled(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, name) for each in value]
    if not isinstance(value, str) or not _PLACEHOLDER.search(value):
        return value
    if name == "Resource" and not value.startswith("arn:"):
        return "arn:aws:lambda:us-east-1:123456789012:function:placeholder"
    if re.search(r"(Seconds|Concurrency|Attempts)$", name):
        return 1
    return _PLACEHOLDER.sub(lambda match: _PSEUDO.get(match[1], match[1]), value)


def sample(shape: Any, spell: Any, depth: int = 0) -> Any:
    """A value of a shape of botocore's."""
    kind = "structure" if shape is None else shape.type_name
    if kind == "structure":
        members = {} if shape is None or depth > 5 else shape.members
        return {spell(name): sample(inner, spell, depth + 1) for name, inner in members.items()}
    if kind == "list":
        return [sample(shape.member, spell, depth + 1)] if depth < 5 else []
    if kind == "map":
        return {"key": sample(shape.value, spell, depth + 1)} if depth < 5 else {}
    if kind == "string":
        words = getattr(shape, "enum", None) or ["text"]
        return next((word for word in words if _GOOD.match(word)), words[0])
    return {"boolean": True, "timestamp": "2026-01-05T09:00:00Z", "blob": "{}"}.get(kind, 1)


def given(definition: Any) -> dict[str, Any]:
    """An input in which the definition's paths find something."""
    data: dict[str, Any] = {}
    for name, path in _paths(definition):
        leaf: Any = (
            [{}] if name == "ItemsPath" else 1 if re.search(r"(Seconds|Count|Percentage)Path$", name) else "text"
        )
        place: Any = data
        keys = re.findall(r"[A-Za-z_]\w*", path)
        for key in keys[:-1]:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                break
        if keys and isinstance(place, dict):
            place.setdefault(keys[-1], leaf)
    return data


def _paths(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _paths(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _paths(each, name)
    elif isinstance(value, str) and re.fullmatch(r"\$\.[\w.]+", value) and name not in ("ResultPath", "OutputPath"):
        yield name, value[2:]


class World:
    """Integrations that make their results up, tokens that are answered at once, objects that all hold one item."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.clock = cloud, Clock()
        self.clock.start()
        self.environment = Environment(self.clock, self, self, self)

    def resolve(self, resource: str) -> Any:
        return _Task(self.cloud, resource)

    def create(self, execution_arn: str, events: int, state_name: str, *, external: bool) -> Any:
        return f"token-{state_name}", _Answer(self.clock, answered=external)

    def discard(self, token: str) -> None: ...

    def get(self, bucket: str, key: str, owner: str | None) -> bytes:
        return b'[{"a": 1}]'

    def list(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        raise TaskFailure("S3.NoSuchBucketException", "made up")

    def put(self, bucket: str, key: str, body: bytes) -> None: ...

    def run(self, definition: dict[str, Any]) -> str:
        """How an execution ends: its status, or that it does not."""
        machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
        execution = StateMachineExecution(
            compile_machine(definition),
            arn="arn:aws:states:us-east-1:123456789012:execution:m:e",
            name="e",
            input=json.dumps(given(definition)),
            role_arn="arn:aws:iam::123456789012:role/r",
            state_machine_arn=machine,
            state_machine_name="m",
            environment=self.environment,
        )
        self.clock.call(execution.start)

        async def end() -> None:
            await execution.finished

        ending, started = self.clock.spawn(end()), time.process_time()
        while not ending.join(1):
            if time.process_time() - started > _PATIENCE:
                self.clock.call(execution.stop)
                return "NO END"
        if "The local cloud failed" in (execution.cause or ""):
            return f"CRASHED: {execution.cause}"
        why = f": {execution.error}: {' '.join((execution.cause or '').split())[:200]}"
        return execution.status + (why if execution.status != "SUCCEEDED" else "")


class _Answer:
    def __init__(self, clock: Clock, *, answered: bool) -> None:
        self.signal: Signal[Any] = Signal(clock)
        self.heartbeat_at = clock.now()
        if answered:
            self.signal.settle({}, None)


class _Task:
    kind = "Task"

    def __init__(self, cloud: Cloud, resource: str) -> None:
        match = _RESOURCE.fullmatch(resource)
        self.resource_type, self.resource = (match["service"], match["action"]) if match else ("lambda", "invoke")
        suffix = match["suffix"] if match else ""
        self.pattern = "callback" if suffix.startswith(".wait") else "sync" if suffix else "request"
        self._result: Any = {"statusCode": 200, "body": "{}"}
        sdk = self.resource_type.startswith("aws-sdk:")
        model = LocalIntegrations(cloud).model(self.resource_type) if match else None
        name = fields.BOTO_OPERATIONS.get(f"{self.resource_type}:{self.resource}", self.resource).lower()
        operation = next((each for each in (model.operation_names if model else ()) if each.lower() == name), None)
        if model is not None and operation is not None:
            shape = model.operation_model(operation).output_shape
            self._result = sample(shape, naming.member if sdk else naming.capitalised)
        if match and self.resource_type == "lambda":
            self._result = {"StatusCode": 200, "Payload": self._result if not model else {"statusCode": 200}}

    def check(self, arguments: Any) -> None:
        pass

    async def submit(self, call: TaskCall) -> Any:
        return self._result

    async def complete(self, call: TaskCall, response: Any) -> Any:
        return self._result

    async def cancel(self, call: TaskCall, response: Any) -> None: ...


def main(folders: list[str]) -> int:
    """Report on the definitions in checkouts of public repositories.

    For instance of aws-samples/step-functions-workflows-collection, aws-samples/aws-stepfunctions-examples and
    aws-samples/serverless-patterns: `git clone --depth 1 https://github.com/aws-samples/...`.
    """
    cloud = Cloud()
    all_counts: Counter[str] = Counter()
    for folder in map(Path, folders):
        counts: Counter[str] = Counter()
        commit = subprocess.run(["git", "-C", folder, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
        print(f"{folder.name} {commit.stdout.strip() or '(no repository)'}")
        for path, found in definitions(folder):
            definition = filled(found)
            problems = [
                f"{each.message} at {each.location}"
                for each in validation.diagnose(json.dumps(definition), "STANDARD", LocalIntegrations(cloud).problems)
                if each.severity == "ERROR"
            ]
            if problems:
                counts["refused"] += 1
                print(f"  {path.relative_to(folder)}: refused: {'; '.join(problems)[:400]}")
                continue
            counts["accepted"] += 1
            world = World(cloud)
            end = world.run(definition)
            world.clock.close()
            counts["no end" if end.startswith(("NO END", "CRASHED")) else "reached an end"] += 1
            counts[end.partition(":")[0]] += 1
            print(f"  {path.relative_to(folder)}: {end}", flush=True)
        print(f"{folder.name}: {dict(counts)}")
        all_counts += counts
    cloud.close()
    print(dict(all_counts))
    return 1 if all_counts["no end"] > 0.05 * all_counts["accepted"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
