"""What a run creates in an account, written down before each call that creates, so that nothing is forgotten.

A kernel may be killed at any moment, and its manifest is then all that says which runs there were: a file for each, a
JSON object a line. `clean_aws` reads them. They lie in `.aws-runs/` beside this checkout, or where WORKSHOP_RUNS says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from helpers.names import PREFIX, tags_of

_CREATES = ("Create", "Start", "PutRule")
_TAGS = {"Tags", "tags"}
_UNTAGGED = {"CreateCrawler"}  # known by its database


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has created something and has not been cleaned up since.

    Attributes:
        id: the end of its names.
        account_id, region: where.
        created: ISO 8601, when it began.
        path: its manifest.
    """

    id: str
    account_id: str
    region: str
    created: str
    path: Path

    def records(self) -> list[dict[str, Any]]:
        """Its lines: "action", as IAM writes it, and "names" of the call's parameters."""
        return [json.loads(line) for line in self.path.read_text("utf-8").splitlines()[1:]]


def folder() -> Path:
    """Where manifests lie."""
    return Path(os.environ.get("WORKSHOP_RUNS") or Path(__file__).resolve().parent.parent / ".aws-runs")


def runs() -> Iterator[Run]:
    """All runs that have a manifest, the oldest first."""
    found = []
    for path in folder().glob("*.jsonl"):
        first = path.read_text("utf-8").partition("\n")[0]
        if first:  # not of a kernel that was killed while it wrote this
            found.append(Run(**json.loads(first), path=path))
    yield from sorted(found, key=lambda run: run.created)


def begin(run: str, account_id: str, region: str) -> Run:
    """A new manifest."""
    folder().mkdir(parents=True, exist_ok=True)
    path = folder() / f"{run}.jsonl"
    begun = {"id": run, "account_id": account_id, "region": region, "created": datetime.now(UTC).isoformat()}
    _append(path, begun)
    return Run(**begun, path=path)


def recorder(run: Run) -> Callable[..., None]:
    """A handler of botocore's event provide-client-params, which comes before each call of any client.

    It writes down what the call would create, and adds the run's tags where the call takes tags, has none of its own
    and names something of this run: the SDK tags nothing.
    """

    def record(params: dict[str, Any], model: Any, **_: Any) -> None:
        if not model.name.startswith(_CREATES) or model.input_shape is None:
            return
        names = {key: value for key, value in params.items() if isinstance(value, str) and value.startswith(PREFIX)}
        names |= {"Bucket": params["Bucket"]} if "Bucket" in params else {}
        if not names:
            return
        _append(run.path, {"action": f"{model.service_model.service_name}:{model.name}", "names": names})
        member = next((name for name in model.input_shape.members if name in _TAGS), None)
        if model.name in _UNTAGGED:
            return
        if member and member not in params and any(value.endswith(run.id) for value in names.values()):
            params[member] = _in_form(model.input_shape.members[member], run.id)

    return record


def _in_form(shape: Any, run: str) -> Any:
    """The run's tags as a service writes them: a map, or a list of pairs whose members have other cases."""
    tags = tags_of(run)
    if shape.type_name == "map":
        return {tag["Key"]: tag["Value"] for tag in tags}
    key, value = sorted(shape.member.members)[:2]
    return [{key: tag["Key"], value: tag["Value"]} for tag in tags]


def _append(path: Path, record: dict[str, Any]) -> None:
    """On disk when this returns: what comes next costs money."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
        file.flush()
        os.fsync(file.fileno())
