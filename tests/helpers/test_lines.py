"""The lines of notebook 06: what a stage made is kept with its lineage, found by its words, held to its checksum."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stepfunctions.workflow import Workflow

from helpers import deploy, run
from helpers.session import Session

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
CONTEXT = None  # handlers of the workshop do not look at it


@pytest.fixture(scope="module")
def src(workshop: Session) -> Iterator[Any]:
    """Imports a module of notebooks/src, which makes its clients when it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(NOTEBOOKS))
        patch.setenv("TABLE", "workshop-06-catalog")
        yield lambda name: importlib.import_module(f"src.{name}")


@pytest.fixture
def catalog(workshop: Session, src: Any) -> Iterator[Any]:
    """An empty catalog."""
    module = src("catalog")
    src("tables").make_table(workshop, module.TABLE, key="object")
    yield module
    workshop.client("dynamodb").delete_table(TableName=module.TABLE)


@pytest.fixture
def keep(workshop: Session, src: Any, catalog: Any) -> Any:
    """Calls the function with short addresses: "raw/a.txt" is s3://bucket/raw/a.txt."""

    def kept(made: str, of: list[str], **more: Any) -> dict[str, Any]:
        event = {"made": at(workshop, made), "of": [at(workshop, one) for one in of]}
        event |= {"execution": "arn:execution", "state": f"Keep {made}", **more}
        answer: dict[str, Any] = src("keep_stage").handler(event, CONTEXT)
        return answer

    return kept


def at(workshop: Session, key: str) -> str:
    return f"s3://{workshop.bucket}/{key}"


def put(workshop: Session, key: str, content: bytes) -> str:
    """Writes an object; returns its checksum."""
    workshop.client("s3").put_object(Bucket=workshop.bucket, Key=key, Body=content)
    return hashlib.sha256(content).hexdigest()


def test_what_a_stage_made_is_written_with_the_checksums_of_itself_and_of_its_inputs(
    workshop: Session, catalog: Any, keep: Any
) -> None:
    raw = put(workshop, "raw/one/a.txt", b"delivered")
    answer = keep("processed/one/a.txt.json", ["raw/one/a.txt"], body={"text": "read"})
    s3 = workshop.client("s3")
    stored = s3.get_object(Bucket=workshop.bucket, Key="processed/one/a.txt.json")["Body"].read()
    address = at(workshop, "processed/one/a.txt.json")
    assert json.loads(stored) == {"text": "read"}
    assert answer == {"object": address, "sha256": {address: hashlib.sha256(stored).hexdigest()}}
    entry = catalog.entries(workshop.client("dynamodb"))[address]
    assert entry["execution"] == {"S": "arn:execution"}
    assert entry["state"] == {"S": "Keep processed/one/a.txt.json"}
    assert entry["inputs"] == {"M": {at(workshop, "raw/one/a.txt"): {"S": raw}}}
    assert "words" not in entry


def test_what_a_service_wrote_is_noted_object_by_object_without_what_it_hides(
    workshop: Session, catalog: Any, keep: Any
) -> None:
    put(workshop, "raw/two/sessions.csv", b"a,b")
    keys = ("processed/two/train.csv", "processed/two/validation.csv")
    sums = {at(workshop, key): put(workshop, key, key.encode()) for key in keys}
    put(workshop, "processed/two/.write_access_check_file.temp", b"")
    answer = keep("processed/two/", ["raw/two/"])
    assert answer["sha256"] == sums
    assert set(catalog.entries(workshop.client("dynamodb"))) == set(sums)


def test_a_search_finds_values_in_every_line_and_no_field_names(workshop: Session, catalog: Any, keep: Any) -> None:
    put(workshop, "served/clicks/monday/visitors.csv.out", b"s1,Tent,0.5\n")
    seen = {"labels": ["Coffee Cup", "Tent"], "more": {"deep": "inside"}}
    keep("enriched/media/monday/a.jpg.json", [], body=seen, words=True)
    keep("enriched/calls/monday/b.wav.json", [], body={"phrases": ["my tent"]}, words=True)
    keep("served/clicks/monday/", [], words=True)
    keep("processed/calls/monday/b.wav.json", [], body={"said": "tent"})
    search = catalog.search
    dynamodb = workshop.client("dynamodb")
    assert search(dynamodb, "Tent") == {"calls": ["b.wav"], "clicks": ["visitors.csv"], "media": ["a.jpg"]}
    assert search(dynamodb, "coffee") == {"media": ["a.jpg"]}
    assert search(dynamodb, "inside") == {"media": ["a.jpg"]}
    assert search(dynamodb, "labels") == {}


def test_a_lineage_goes_down_to_what_was_delivered(workshop: Session, catalog: Any, keep: Any) -> None:
    put(workshop, "raw/three/a.txt", b"delivered")
    keep("processed/three/a.json", ["raw/three/a.txt"], body=1)
    keep("enriched/three/a.json", ["processed/three/a.json", "raw/three/a.txt"], body=2)
    answer = catalog.lineage(workshop.client("dynamodb"), at(workshop, "enriched/three/a.json"))
    assert [(depth, catalog.key(address), entry is None) for depth, address, entry in answer] == [
        (0, "enriched/three/a.json", False),
        (1, "processed/three/a.json", False),
        (2, "raw/three/a.txt", True),
        (1, "raw/three/a.txt", True),
    ]


@pytest.mark.parametrize("key", ["raw/four/a.txt", "processed/four/a.json"])
def test_an_object_that_is_no_longer_what_it_was_or_gone_is_named(
    workshop: Session, catalog: Any, keep: Any, key: str
) -> None:
    put(workshop, "raw/four/a.txt", b"delivered")
    keep("processed/four/a.json", ["raw/four/a.txt"], body={"text": "read"})
    s3, dynamodb = workshop.client("s3"), workshop.client("dynamodb")
    assert catalog.changed(s3, dynamodb) == []
    put(workshop, key, b"tampered with")
    assert catalog.changed(s3, dynamodb) == [at(workshop, key)]
    s3.delete_object(Bucket=workshop.bucket, Key=key)
    assert catalog.changed(s3, dynamodb) == [at(workshop, key)]


def test_a_receipt_leaves_every_stage_behind_and_only_the_last_in_its_data(
    workshop: Session, catalog: Any, src: Any
) -> None:
    lines = src("lines").Lines(workshop, deploy)
    photo = NOTEBOOKS.parent / "data" / "receipts" / "08-pinewood-wrong-sum.png"
    workshop.client("s3").upload_file(str(photo), workshop.bucket, f"raw/receipts/monday/{photo.name}")
    machine = deploy(Workflow("workshop-06-receipts", lines.receipts(), workshop.roles.states))
    done = run(machine, {"day": "monday"})
    assert [(slip["vendor"], slip["decision"]) for slip in done.output] == [("Pinewood Grocers", "rejected")]
    served = at(workshop, f"served/receipts/monday/{photo.name}.json")
    answer = catalog.lineage(workshop.client("dynamodb"), served)
    by = [(catalog.key(address).split("/")[0], entry and entry["state"]["S"]) for _, address, entry in answer]
    assert by == [("served", "Keep slip"), ("enriched", "Keep record"), ("processed", "Keep reading"), ("raw", None)]
    entry = catalog.entries(workshop.client("dynamodb"))[served]
    assert entry["execution"]["S"] == done.arn


def test_every_line_is_a_definition_that_step_functions_accepts(workshop: Session, src: Any) -> None:
    lines = src("lines").Lines(workshop, deploy)
    states = workshop.client("stepfunctions")
    chains = (lines.media(), lines.calls(), lines.receipts(), src("click_line").click_line(lines, workshop))
    for chain in chains:
        definition = Workflow("workshop-06-line", chain, workshop.roles.states).definition.to_json()
        judged = states.validate_state_machine_definition(definition=definition)
        assert (judged["result"], judged["diagnostics"]) == ("OK", [])
