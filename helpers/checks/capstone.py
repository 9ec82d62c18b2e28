"""The capstone's rubric: a line of the reader's own, in a folder, held against what capstone.md asks for."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from helpers import costs
from helpers.asking import history_of, runs_of
from helpers.checks._judge import NotYet, check
from helpers.checks._visits import visits
from helpers.deploy import deploy, run
from helpers.errors import ExecutionFailed
from helpers.session import current

#: Run in place of the line's own definition: what a test says of a workflow in which nothing is repeated or caught.
_BROKEN = """
import sys, line
def stripped(value):
    if isinstance(value, dict):
        return {key: stripped(each) for key, each in value.items() if key not in ("Retry", "Catch")}
    return [stripped(each) for each in value] if isinstance(value, list) else value
whole = line.definition
line.definition = lambda bucket: stripped(whole(bucket))
"""
_TESTS = "import pytest; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '.']))"


@check
def capstone(folder: Any) -> str:
    """A folder with line.py, README.md and tests, as capstone.md describes it."""
    folder = Path(folder)
    for name in ("line.py", "README.md"):
        if not (folder / name).is_file():
            raise NotYet(f"{folder} has no {name}. capstone.md says what stands in it.")
    line = _load(folder / "line.py")
    parts = [name for name in ("PATTERN", "THROTTLED", "ITEMS", "BAD", "definition") if not hasattr(line, name)]
    if parts:
        raise NotYet(f"line.py has no {' and no '.join(parts)}. capstone.md says what each is.")
    bucket = current().bucket
    machine = deploy(line.definition(bucket), "workshop-capstone")
    ran = _ended(machine, [*line.ITEMS, line.BAD])
    rubric: dict[str, Callable[[], str]] = {
        "pattern used": lambda: _pattern(line, ran),
        "failure handled": lambda: _failure(line, machine, ran),
        "data kept": lambda: _kept(line, ran, bucket),
        "cost stated": lambda: _cost(folder, line, ran),
        "tests pass": lambda: _tests(folder),
    }
    lines, good = [], 0
    for name, judge in rubric.items():
        try:
            lines.append(f"  yes  {name}: {judge()}")
            good += 1
        except NotYet as problem:
            lines.append(f"  no   {name}: {problem}")
    verdict = "\n".join([f"{good} of {len(rubric)}.", *lines])
    if good < len(rubric):
        raise NotYet(verdict)
    return verdict


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("line", path)
    if spec is None or spec.loader is None:
        raise NotYet(f"{path} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _ended(machine: Any, items: list[Any]) -> Any:
    try:
        return run(machine, {"items": items})
    except ExecutionFailed as failure:
        return failure.execution


def _histories(ran: Any) -> Iterator[list[dict[str, Any]]]:
    """Of an execution, and of those that its distributed Maps started."""
    yield ran.events
    for event in ran.events:
        arn = event.get("mapRunStartedEventDetails", {}).get("mapRunArn")
        for each in runs_of(arn) or [] if arn else []:
            yield history_of(each["executionArn"])


def _scheduled(ran: Any) -> list[tuple[str, str]]:
    """The service and the action of every task."""
    found = [event.get("taskScheduledEventDetails", {}) for events in _histories(ran) for event in events]
    return [(details["resourceType"], details["resource"]) for details in found if details]


def _pattern(line: Any, ran: Any) -> str:
    scheduled = _scheduled(ran)
    services = {service.removeprefix("aws-sdk:") for service, _ in scheduled}
    states = [visit.state for visit in visits(ran) if visit.kind == "Wait"]
    signs = {
        "services": (len(services) > 1, f"several services: {', '.join(sorted(services))}"),
        "wait": (
            any(".sync" in action or "waitForTaskToken" in action for _, action in scheduled)
            or len(states) > len(set(states)),
            "it waits for work to end",
        ),
        "children": (
            any(event["type"] == "MapRunStarted" for event in ran.events)
            or any(action.startswith("startExecution.sync") for _, action in scheduled),
            "children that it waits for",
        ),
    }
    if line.PATTERN not in signs:
        raise NotYet(f"PATTERN is {line.PATTERN!r}. It is one of {', '.join(signs)}.")
    seen, words = signs[line.PATTERN]
    if not seen:
        raise NotYet(f"PATTERN is {line.PATTERN!r}, and the run shows nothing of it.")
    return words


def _sorted_out(ran: Any, done: list[str], failed: list[str], when: str) -> None:
    output = ran.output if isinstance(ran.output, dict) else {}
    if ran.status != "SUCCEEDED":
        raise NotYet(f"{when}, the execution ended {ran.status}: {ran.error}.")
    if sorted(output.get("done", [])) != sorted(done) or sorted(output.get("failed", [])) != sorted(failed):
        raise NotYet(f"{when}, done should be {done} and failed {failed}; the output is {json.dumps(output)[:200]}.")


def _failure(line: Any, machine: Any, ran: Any) -> str:
    good, bad = [item["id"] for item in line.ITEMS], line.BAD["id"]
    _sorted_out(ran, good, [bad], "With BAD among the items")
    cloud = current().cloud
    if cloud is None:
        return "one bad item is one bad item (throttling is injected on this machine only)"
    with cloud.faults(**line.THROTTLED, times=2) as fault:
        throttled = _ended(machine, line.ITEMS)
    if not fault.hits:
        raise NotYet(f"the run never calls {line.THROTTLED['on']}, which THROTTLED names.")
    _sorted_out(throttled, good, [], f"Throttled {fault.hits} times")
    return "one bad item is one bad item, and throttling passes"


def _kept(line: Any, ran: Any, bucket: str) -> str:
    s3, objects = current().client("s3"), 0
    for item in [*line.ITEMS, line.BAD]:
        prefix = f"kept/{ran.name}/{item['id']}/"
        keys = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
        bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
        if not any(_json(body) == item for body in bodies):
            raise NotYet(f"nothing under {prefix} has the item {item['id']} as it came in.")
        if item != line.BAD and len(keys) < 2:
            raise NotYet(f"{prefix} has one object: what came in, and not what came of it.")
        objects += len(keys)
    return f"{objects} objects for {len(line.ITEMS) + 1} items"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _cost(folder: Path, line: Any, ran: Any) -> str:
    stated = re.search(r"\$(\d+(?:\.\d+)?) for 1,000 items", (folder / "README.md").read_text(encoding="utf-8"))
    if stated is None:
        raise NotYet('README.md does not say "$X for 1,000 items".')
    counted = sum(sum(costs.of_history(events).values()) for events in _histories(ran))
    thousand = 1000 * counted / (len(line.ITEMS) + 1)
    if not thousand / 2 <= float(stated[1]) <= thousand * 2:
        raise NotYet(f"README.md says ${stated[1]}, and this run's history comes to ${thousand:.2f} for 1,000 items.")
    return f"${stated[1]} for 1,000 items; this run's history comes to ${thousand:.2f}"


def _tests(folder: Path) -> str:
    whole, text = _pytest(folder, "import sys")
    passed = re.search(r"(\d+) passed", text)
    if whole or passed is None:
        raise NotYet(f"pytest says: {text.strip().splitlines()[-1] if text.strip() else 'nothing'}")
    broken, _ = _pytest(folder, _BROKEN)
    if not broken:
        raise NotYet("they pass as well when every Retry and every Catch is taken out of the definition.")
    return f"{passed[0]}, and they fail without Retry and Catch"


def _pytest(folder: Path, before: str) -> tuple[int, str]:
    """The exit code and the words of pytest on a folder, with line.py on its path."""
    command = [sys.executable, "-B", "-c", f"import sys; sys.path.insert(0, '.')\n{before}\n{_TESTS}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stdout + done.stderr
