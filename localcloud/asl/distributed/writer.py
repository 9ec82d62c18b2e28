"""ResultWriter: the results of a map run, in S3 or shaped for the state's output.

Source: developer guide, "ResultWriter (Map)": manifest.json with one file for each status, the transformations
NONE, COMPACT and FLATTEN, and the output types JSON and JSONL.
"""

from __future__ import annotations

import json
from typing import Any

from localcloud.asl.data import to_json
from localcloud.asl.distributed.reader import text_argument
from localcloud.asl.distributed.run import Child, MapRun
from localcloud.asl.environment import TaskFailure
from localcloud.asl.errors import RESULT_WRITER_FAILED, StateFailed
from localcloud.asl.language import Fields, Language
from localcloud.asl.running import Visit, iso

_FILES = {"SUCCEEDED": ("SUCCEEDED",), "FAILED": ("FAILED", "TIMED_OUT", "ABORTED"), "PENDING": ("PENDING",)}


class ResultWriter:
    """The ResultWriter field of a Map state."""

    def __init__(self, fields: Fields, language: Language) -> None:
        self._exports = "Resource" in fields
        config = fields.get("WriterConfig", {})
        self._transformation: str = config.get("Transformation", "NONE")
        self._output_type: str = config.get("OutputType", "JSON")
        self._arguments = language.template(fields.get(language.arguments, {}), f"ResultWriter/{language.arguments}")

    def write(self, visit: Visit, effective: Any, run: MapRun) -> Any:
        """The state's result: where the manifest is, or the transformed results themselves.

        Raises:
            StateFailed: States.ResultWriterFailed, with what the store said.
        """
        if not self._exports:
            return self._shape([child for child in run.children if child.status == "SUCCEEDED"])
        arguments = self._arguments(visit, effective)
        try:
            given = arguments if isinstance(arguments, dict) else {}
            bucket = text_argument(given, "Bucket")
            key = self._export(visit, run, bucket, text_argument(given, "Prefix", ""))
        except TaskFailure as failure:
            raise StateFailed(RESULT_WRITER_FAILED, failure.cause) from failure
        return {"MapRunArn": run.arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}

    def _export(self, visit: Visit, run: MapRun, bucket: str, prefix: str) -> str:
        put = visit.frame.running.environment.objects.put
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        folder += run.arn.rpartition(":")[2]
        files: dict[str, list[dict[str, Any]]] = {}
        for name, statuses in _FILES.items():
            children = [child for child in run.children if child.status in statuses]
            files[name] = []
            if children:
                rows = self._shape(children) if name == "SUCCEEDED" else [_row(child) for child in children]
                is_lines = self._output_type == "JSONL"
                body = ("\n".join(to_json(row) for row in rows) if is_lines else to_json(rows)).encode()
                key = f"{folder}/{name}_0.{'jsonl' if is_lines else 'json'}"
                put(bucket, key, body)
                files[name].append({"Key": key, "Size": len(body)})
        manifest = {"DestinationBucket": bucket, "MapRunArn": run.arn, "ResultFiles": files}
        put(bucket, f"{folder}/manifest.json", to_json(manifest).encode())
        return f"{folder}/manifest.json"

    def _shape(self, children: list[Child]) -> list[Any]:
        if self._transformation == "NONE":
            return [_row(child) for child in children] if self._exports else _outputs(children)
        outputs = _outputs(children)
        if self._transformation == "COMPACT":
            return outputs
        flat: list[Any] = []
        for output in outputs:
            flat.extend(output) if isinstance(output, list) else flat.append(output)
        return flat


def _outputs(children: list[Child]) -> list[Any]:
    return [json.loads(child.output or "null") for child in children]


def _row(child: Child) -> dict[str, Any]:
    """A child execution as the result files give it."""
    row: dict[str, Any] = {
        "ExecutionArn": child.arn,
        "Input": child.input,
        "InputDetails": {"Included": True},
        "Name": child.name,
        "RedriveCount": child.redrive_count,
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": f"Execution is {child.status} and cannot be redriven",
        "StartDate": iso(child.start_date),
        "StateMachineArn": child.state_machine_arn,
        "Status": child.status,
        "StopDate": iso(child.stop_date or child.start_date),
    }
    if child.output is not None:
        row |= {"Output": child.output, "OutputDetails": {"Included": True}}
    row |= {key: text for key, text in (("Error", child.error), ("Cause", child.cause)) if text}
    return row
