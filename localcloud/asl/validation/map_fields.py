"""The fields that only a Map has: where its items come from, how they are grouped, where results go.

Source: developer guide, "Using Map state in Distributed mode", ItemReader, ItemBatcher and ResultWriter. AWS
accepts these three also in an inline Map, and so do we.
"""

from __future__ import annotations

import re
from typing import Any

from localcloud.asl.validation import jsonata_rules, paths, values
from localcloud.asl.validation.payloads import check_payload
from localcloud.asl.validation.shapes import (
    Check,
    Field,
    Scope,
    Shape,
    check_each,
    check_object,
    check_shape,
)

MAX_ITEMS = 100_000_000
MAX_LABEL = 40

#: What the name of a state machine may not hold, a part of which a label becomes (developer guide, "Map state in
#: Distributed mode"; API reference, CreateStateMachine).
_NOT_IN_LABELS = re.compile(
    r"""[\s<>{}\[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff\U0010ffff]"""
)


def _service(*allowed: str) -> Check:
    """A resource of S3, in any partition."""

    def check(value: Any, location: str, scope: Scope) -> None:
        if not isinstance(value, str):
            scope.report.schema("Expected value of type [STRING]", location)
        elif not re.fullmatch(rf"arn:[^:]+:states:::({'|'.join(allowed)})", value):
            examples = ", ".join(f"arn:<partition>:states:::{name}" for name in allowed)
            scope.report.schema(
                f"The field 'Resource' does not match any of the allowed values. Examples: [{examples}]",
                location,
            )

    return check


_READER_CONFIG = Shape(
    {
        "InputType": Field(values.named_one_of("InputType", "MANIFEST", "JSON", "CSV", "JSONL", "PARQUET")),
        "ManifestType": Field(values.named_one_of("ManifestType", "ATHENA_DATA", "S3_INVENTORY")),
        "Transformation": Field(values.named_one_of("Transformation", "NONE", "LOAD_AND_FLATTEN")),
        "CSVHeaderLocation": Field(values.named_one_of("CSVHeaderLocation", "FIRST_ROW", "GIVEN")),
        "CSVHeaders": Field(check_each(values.text)),
        "CSVDelimiter": Field(values.named_one_of("CSVDelimiter", "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")),
        "ItemsPointer": Field(values.text),
        "MaxItems": Field(values.integer(0, MAX_ITEMS)),
        "MaxItemsPath": Field(paths.reference(context=False), only="JSONPath"),
    },
    at_most_one_of=(("MaxItems", "MaxItemsPath"),),
)


def _reader_config(value: Any, location: str, scope: Scope) -> None:
    if not check_object(_READER_CONFIG, value, location, scope):
        return
    kind = value.get("InputType")
    if kind == "CSV" and "CSVHeaderLocation" not in value:
        scope.report.schema("The field 'CSVHeaderLocation' is required but was missing", location)
    if kind in ("JSON", "JSONL", "PARQUET"):
        for name in ("CSVHeaderLocation", "CSVHeaders", "CSVDelimiter"):
            if name in value:
                scope.report.schema(f"Field '{name}' is not supported", location)
    if value.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in value:
        scope.report.schema("These fields are required: [CSVHeaders]", location)


_READER = Shape(
    {
        "Resource": Field(_service("s3:getObject", "s3:listObjectsV2")),
        "ReaderConfig": Field(_reader_config),
        "Parameters": Field(check_payload, only="JSONPath"),
        "Arguments": Field(check_payload, only="JSONata"),
        "Comment": Field(values.text),
    },
    required=("Resource",),
)

_BATCHER = Shape(
    {
        "MaxItemsPerBatch": Field(values.integer(0)),
        "MaxItemsPerBatchPath": Field(paths.reference(context=False), only="JSONPath"),
        "MaxInputBytesPerBatch": Field(values.integer(0)),
        "MaxInputBytesPerBatchPath": Field(paths.reference(context=False), only="JSONPath"),
        "BatchInput": Field(check_payload),
        "Comment": Field(values.text),
    },
    at_most_one_of=(
        ("MaxItemsPerBatch", "MaxItemsPerBatchPath"),
        ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"),
    ),
)

_WRITER_CONFIG = Shape(
    {
        "Transformation": Field(values.named_one_of("Transformation", "NONE", "COMPACT", "FLATTEN")),
        "OutputType": Field(values.named_one_of("OutputType", "JSON", "JSONL")),
    }
)

_WRITER = Shape(
    {
        "Resource": Field(_service("s3:putObject")),
        "WriterConfig": Field(check_shape(_WRITER_CONFIG)),
        "Parameters": Field(check_payload, only="JSONPath"),
        "Arguments": Field(check_payload, only="JSONata"),
        "Comment": Field(values.text),
    }
)


def _label(value: Any, location: str, scope: Scope) -> None:
    report = scope.report
    if not isinstance(value, str):
        report.schema("Expected value of type [STRING]", location)
    elif len(value) > MAX_LABEL:
        report.error(
            "INVALID_LABEL_NAME",
            f"Invalid Label name: Label '{value}' exceeds the {MAX_LABEL}-character limit allowed by the service",
            location,
        )
    elif not value or _NOT_IN_LABELS.search(value):
        problem = "contains invalid characters" if value else "cannot be empty"
        report.error("INVALID_LABEL_NAME", f"Invalid Label name: Label '{value}' {problem}", location)
    elif value in scope.labels:
        report.error("DUPLICATE_LABEL_NAME", f"Duplicate Label name: {value}", location)
    else:
        scope.labels.add(value)


def _items(value: Any, location: str, scope: Scope) -> None:
    """An array, an object, or an expression that gives one."""
    if isinstance(value, str):
        jsonata_rules.check_expression(value, location, scope)
    elif isinstance(value, (list, dict)):
        jsonata_rules.check_template(value, location, scope)
    else:
        scope.report.schema("Expected value of type [ARRAY, OBJECT, STRING]", location)


FIELDS: dict[str, Field] = {
    "Items": Field(_items, only="JSONata"),
    "ItemsPath": Field(paths.reference(), only="JSONPath"),
    "ItemSelector": Field(check_payload),
    "ItemReader": Field(check_shape(_READER)),
    "ItemBatcher": Field(check_shape(_BATCHER)),
    "ResultWriter": Field(check_shape(_WRITER)),
    "MaxConcurrency": Field(values.integer(0)),
    "MaxConcurrencyPath": Field(paths.reference(context=False), only="JSONPath"),
    "ToleratedFailureCount": Field(values.integer(0)),
    "ToleratedFailureCountPath": Field(paths.reference(context=False), only="JSONPath"),
    "ToleratedFailurePercentage": Field(values.number(0, 100)),
    "ToleratedFailurePercentagePath": Field(paths.reference(context=False), only="JSONPath"),
    "Label": Field(_label),
}

EXCLUSIVE = tuple(
    (name, f"{name}Path") for name in ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage")
)
