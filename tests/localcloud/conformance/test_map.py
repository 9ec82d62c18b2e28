"""Map, inline and distributed."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from localcloud.asl.environment import TaskFailure
from localcloud.time.clock import EPOCH

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10, "End": True}}}
TASK = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::test:f", "End": True}}}
DISTRIBUTED = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def mapped(processor: dict[str, Any] = PASS, **fields: Any) -> dict[str, Any]:
    return {
        "StartAt": "M",
        "States": {"M": {"Type": "Map", "ItemProcessor": processor, **fields, "End": True}},
    }


def distributed(processor: dict[str, Any] = PASS, **fields: Any) -> dict[str, Any]:
    return mapped({**processor, "ProcessorConfig": DISTRIBUTED}, **fields)


def fails_for(*bad: Any) -> Any:
    def task(item: Any) -> Any:
        if item in bad:
            raise TaskFailure("Bad", str(item))
        return item

    return task


@pytest.mark.parametrize("spelling", ["Iterator", "ItemProcessor"])
def test_every_item_gets_its_iteration_and_the_outputs_keep_the_order(world: Any, spelling: str) -> None:
    definition = {"StartAt": "M", "States": {"M": {"Type": "Map", spelling: PASS, "End": True}}}
    assert world.output(definition, ["a", "b", "c"]) == ["a", "b", "c"]


@pytest.mark.parametrize("field", ["ItemSelector", "Parameters"])
def test_the_item_selector_sees_the_item_its_index_and_the_input(world: Any, field: str) -> None:
    selector = {"item.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index", "all.$": "$.n"}
    processor = {"Iterator": PASS} if field == "Parameters" else {"ItemProcessor": PASS}
    state = {"Type": "Map", "ItemsPath": "$.items", field: selector, **processor, "End": True}
    output = world.output({"StartAt": "M", "States": {"M": state}}, {"items": ["x"], "n": 9})
    assert output == [{"item": "x", "index": 0, "all": 9}]


def test_jsonata_items_and_item_selector(world: Any) -> None:
    definition = mapped(
        Items="{% $states.input.items[$ > 1] %}",
        ItemSelector={"twice": "{% $states.context.Map.Item.Value * 2 %}"},
    )
    definition["QueryLanguage"] = "JSONata"
    assert world.output(definition, {"items": [1, 2, 3]}) == [{"twice": 4}, {"twice": 6}]


def test_nothing_to_map_over_gives_an_empty_list(world: Any) -> None:
    assert world.output(mapped(), []) == []


@pytest.mark.parametrize(("limit", "seconds"), [(1, 40), (2, 20), (0, 10)])
def test_max_concurrency_bounds_how_many_run_at_once(world: Any, limit: int, seconds: int) -> None:
    execution = world.run(mapped(WAIT, MaxConcurrency=limit), [1, 2, 3, 4])
    assert seconds <= execution.stop_date - EPOCH < seconds + 1


def test_an_inline_map_runs_forty_at_once_at_the_most(world: Any) -> None:
    execution = world.run(mapped(WAIT), list(range(41)))
    assert 20 <= execution.stop_date - EPOCH < 21


def test_one_failing_iteration_fails_the_map_and_ends_the_others(world: Any) -> None:
    world.tasks["f"] = fails_for(2)
    execution = world.run(mapped(TASK), [1, 2, 3])
    assert (execution.error, execution.cause) == ("Bad", "2")
    kinds = [event["type"] for event in execution.history.events]
    assert kinds[-4:] == ["TaskStateAborted", "MapIterationAborted", "MapStateFailed", "ExecutionFailed"]


def test_a_map_over_something_else_than_an_array_is_refused(world: Any) -> None:
    execution = world.run(mapped(ItemsPath="$.items"), {"items": "text"})
    assert execution.error == "States.Runtime"
    assert 'Reference path "$.items" must point to array.' in execution.cause


def test_distributed_items_run_in_child_executions_of_their_own(world: Any) -> None:
    execution = world.run(distributed(Label="orders"), ["a", "b"])
    assert json.loads(execution.output) == ["a", "b"]
    (run,) = execution.map_runs
    assert [child.input for child in run.children] == ['"a"', '"b"']
    assert run.arn.startswith("arn:aws:states:us-east-1:123456789012:mapRun:machine/orders:")
    assert all(":execution:machine/orders:" in child.arn for child in run.children)
    assert run.counts(of_items=True)["succeeded"] == 2
    assert "MapRunSucceeded" in [event["type"] for event in execution.history.events]


@pytest.mark.parametrize(
    ("tolerated", "status"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 49}, "FAILED"),
        ({"ToleratedFailurePercentage": 50}, "SUCCEEDED"),
    ],
)
def test_tolerated_failures(world: Any, tolerated: dict[str, Any], status: str) -> None:
    world.tasks["f"] = fails_for(1, 3)
    execution = world.run(distributed(TASK, **tolerated), [0, 1, 2, 3])
    assert execution.status == status
    if status == "FAILED":
        assert execution.error == "States.ExceedToleratedFailureThreshold"
    else:
        assert json.loads(execution.output) == [0, 2]


@pytest.mark.parametrize(
    ("batcher", "sizes"),
    [
        ({"MaxItemsPerBatch": 2}, [2, 2, 1]),
        ({"MaxInputBytesPerBatch": 42}, [2, 2, 1]),
    ],
)
def test_items_are_batched_by_number_or_by_size(world: Any, batcher: dict[str, Any], sizes: list[int]) -> None:
    fields = {"ItemBatcher": {**batcher, "BatchInput": {"x.$": "$.x"}}, "ItemsPath": "$.items"}
    output = world.output(distributed(**fields), {"x": 1, "items": ["aa"] * 5})
    assert [len(batch["Items"]) for batch in output] == sizes
    assert output[0]["BatchInput"] == {"x": 1}


def reader(input_type: str, **config: Any) -> dict[str, Any]:
    return {
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": input_type, **config},
            "Parameters": {"Bucket": "b", "Key.$": "$.key"},
        }
    }


@pytest.mark.parametrize(
    ("fields", "body", "items"),
    [
        (reader("JSON"), b"[1, 2]", [1, 2]),
        (reader("JSONL"), b'{"a": 1}\n\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        (
            reader("CSV", CSVHeaderLocation="FIRST_ROW"),
            b"x,y\n1,2\n3\n",
            [{"x": "1", "y": "2"}, {"x": "3", "y": ""}],
        ),
        (reader("CSV", CSVHeaderLocation="GIVEN", CSVHeaders=["k"]), b"1,2\n", [{"k": "1"}]),
        (
            reader("CSV", CSVHeaderLocation="FIRST_ROW", CSVDelimiter="PIPE"),
            b"x|y\n1|2\n",
            [{"x": "1", "y": "2"}],
        ),
        (reader("JSON", MaxItems=1), b"[1, 2]", [1]),
    ],
)
def test_items_are_read_from_a_file(world: Any, fields: dict[str, Any], body: bytes, items: Any) -> None:
    world.stored["b", "file"] = body
    assert world.output(distributed(**fields), {"key": "file"}) == items


def test_items_are_listed_from_a_bucket(world: Any) -> None:
    world.stored |= {("b", "in/1.png"): b"1", ("b", "in/2.png"): b"22", ("b", "out/3.png"): b"3"}
    listing = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": "b", "Prefix": "in/"},
    }
    output = world.output(distributed(ItemReader=listing))
    assert [(item["Key"], item["Size"]) for item in output] == [("in/1.png", 1), ("in/2.png", 2)]


PAIRS = [{"Key": "web", "Value": 80}, {"Key": "db", "Value": [1]}]


def test_a_distributed_map_runs_once_for_each_member_of_an_object(world: Any) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemspath.html; floci-io/floci#1588."""
    servers = {"web": 80, "db": [1]}
    assert world.output(distributed(ItemsPath="$.servers"), {"servers": servers}) == PAIRS
    selector = {"k.$": "$$.Map.Item.Key", "v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"}
    selected = world.output(distributed(ItemSelector=selector), servers)
    assert selected == [{"k": "web", "v": 80, "i": 0}, {"k": "db", "v": [1], "i": 1}]
    batches = world.output(distributed(ItemBatcher={"MaxItemsPerBatch": 2}), servers)
    assert batches == [{"Items": PAIRS}]


def test_items_of_jsonata_may_be_an_object_of_a_distributed_map_only(world: Any) -> None:
    fields = {"QueryLanguage": "JSONata", "Items": "{% $states.input.servers %}"}
    given = {"servers": {"web": 80, "db": [1]}}
    assert world.output(distributed(**fields), given) == PAIRS
    assert world.run(mapped(**fields), given).error == "States.QueryEvaluationError"


def test_a_json_file_may_hold_an_object(world: Any) -> None:
    world.stored["b", "file"] = b'{"web": 80, "db": [1]}'
    assert world.output(distributed(**reader("JSON")), {"key": "file"}) == PAIRS
    world.stored["b", "file"] = b'{"in": {"web": 80, "db": [1]}}'
    assert world.output(distributed(**reader("JSON", ItemsPointer="/in")), {"key": "file"}) == PAIRS
    selector = {"k.$": "$$.Map.Item.Key"}
    found = world.output(distributed(ItemSelector=selector, **reader("JSON", MaxItems=1)), {"key": "file"})
    assert found == [{"k": "in"}]


@pytest.mark.parametrize(
    ("config", "files", "items"),
    [
        (reader("JSONL", ManifestType="ATHENA_DATA"), [b'{"a": 1}\n', b'{"a": 2}\n'], [{"a": 1}, {"a": 2}]),
        (
            reader("CSV", ManifestType="ATHENA_DATA", CSVHeaderLocation="GIVEN", CSVHeaders=["n"]),
            [b"1\n", b"2\n"],
            [{"n": "1"}, {"n": "2"}],
        ),
    ],
)
def test_items_are_read_from_the_files_of_an_athena_manifest(
    world: Any, config: dict[str, Any], files: list[bytes], items: Any
) -> None:
    """UNLOAD's manifest: one S3 URI a line; what it writes is compressed unless asked otherwise."""
    world.stored["b", "m.csv"] = b"s3://data/1.gz\ns3://data/2\n"
    world.stored |= {("data", "1.gz"): gzip.compress(files[0]), ("data", "2"): files[1]}
    assert world.output(distributed(**config), {"key": "m.csv"}) == items


def test_listed_objects_may_be_loaded_and_their_items_mapped_over(world: Any) -> None:
    world.stored |= {("b", "in/1"): b'{"a": 1}\n{"a": 2}\n', ("b", "in/2"): b'{"a": 3}\n', ("b", "out/3"): b"x"}
    listing = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "ReaderConfig": {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
        "Parameters": {"Bucket": "b", "Prefix": "in/"},
    }
    assert world.output(distributed(ItemReader=listing)) == [{"a": 1}, {"a": 2}, {"a": 3}]


@pytest.mark.parametrize(
    ("bucket", "cause"),
    [
        ({"name": "b"}, "The value for the field 'Bucket' must be a STRING"),
        (None, 'The field "Bucket" is required but was missing'),
    ],
)
def test_a_bucket_that_is_no_name_fails_the_run_by_name(world: Any, bucket: Any, cause: str) -> None:
    fields = reader("JSON")
    fields["ItemReader"]["Parameters"] = {"Bucket.$": "$.bucket", "Key": "file"}
    execution = world.run(distributed(**fields), {"bucket": bucket})
    assert (execution.error, execution.cause) == ("States.ItemReaderFailed", cause)
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket.$": "$.bucket"}}
    execution = world.run(distributed(ItemsPath="$.items", ResultWriter=writer), {"bucket": bucket, "items": [1]})
    assert (execution.error, execution.cause) == ("States.ResultWriterFailed", cause)


@pytest.mark.parametrize(
    ("manifest", "cause"),
    [
        ([], "not one of an S3 inventory"),
        ({"files": []}, "not one of an S3 inventory"),
        ({"fileSchema": "Key", "fileFormat": "ORC", "files": []}, "does not read inventories in the format ORC"),
    ],
)
def test_a_manifest_that_is_none_fails_the_run(world: Any, manifest: Any, cause: str) -> None:
    world.stored["b", "m.json"] = json.dumps(manifest).encode()
    execution = world.run(distributed(**reader("MANIFEST")), {"key": "m.json"})
    assert execution.error == "States.ItemReaderFailed"
    assert cause in execution.cause


def test_items_are_read_from_the_files_of_an_inventory_manifest(world: Any) -> None:
    manifest = {"fileSchema": "Bucket, Key", "files": [{"key": "inventory.csv"}]}
    world.stored |= {("b", "m.json"): json.dumps(manifest).encode(), ("b", "inventory.csv"): b'"b","a.png"\n'}
    assert world.output(distributed(**reader("MANIFEST")), {"key": "m.json"}) == [{"Bucket": "b", "Key": "a.png"}]


@pytest.mark.parametrize(
    ("fields", "body", "cause"),
    [
        (reader("JSON"), b'"text"', "Attempting to map over non-iterable node."),
        (reader("JSON"), b"[1,", "The file is not valid JSON"),
        (
            reader("CSV", CSVHeaderLocation="FIRST_ROW"),
            b"x,x\n1,2\n",
            "CSV headers cannot contain duplicates.",
        ),
        (reader("JSON"), None, "The specified key does not exist."),
        (reader("JSON", MaxItemsPath="$.limit"), b"[1, 2]", "field MaxItems must be positive"),
    ],
)
def test_a_file_that_cannot_be_read_fails_the_run(
    world: Any, fields: dict[str, Any], body: bytes | None, cause: str
) -> None:
    if body is not None:
        world.stored["b", "file"] = body
    execution = world.run(distributed(**fields), {"key": "file", "limit": -1})
    assert execution.error == "States.ItemReaderFailed"
    assert cause in execution.cause
    assert [event["type"] for event in execution.history.events][-3:] == [
        "MapRunFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]


def test_a_limit_that_is_no_number_fails_before_the_map_run(world: Any) -> None:
    execution = world.run(distributed(**reader("JSON", MaxItemsPath="$.limit")), {"key": "file", "limit": "few"})
    assert execution.error == "States.Runtime"
    assert 'The MaxItemsPath field refers to value "few" which is not a valid integer: $.limit' in execution.cause
    assert [event["type"] for event in execution.history.events][1:] == [
        "MapStateEntered",
        "MapStateStarted",
        "ExecutionFailed",
    ]


def test_results_are_written_with_a_manifest(world: Any) -> None:
    world.tasks["f"] = fails_for("b")
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "runs"}}
    output = world.output(distributed(TASK, ResultWriter=writer, ToleratedFailureCount=1), ["a", "b"])
    details = output["ResultWriterDetails"]
    manifest = json.loads(world.stored[details["Bucket"], details["Key"]])
    assert manifest["MapRunArn"] == output["MapRunArn"]
    (succeeded,) = manifest["ResultFiles"]["SUCCEEDED"]
    (row,) = json.loads(world.stored["out", succeeded["Key"]])
    assert (row["Status"], row["Output"]) == ("SUCCEEDED", '"a"')
    (failed,) = manifest["ResultFiles"]["FAILED"]
    assert json.loads(world.stored["out", failed["Key"]])[0]["Error"] == "Bad"


def test_a_stopped_parent_stops_its_children(world: Any) -> None:
    definition = distributed(WAIT) | {"TimeoutSeconds": 5}
    execution = world.run(definition, [1, 2])
    assert execution.status == "TIMED_OUT"
    (run,) = execution.map_runs
    assert run.status == "ABORTED"
    assert [child.status for child in run.children] == ["ABORTED", "ABORTED"]
