"""A transform job's records: which part goes to the model, and which part of input and answer comes out.

https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from localcloud.asl import jsonpath
from localcloud.asl.data import Data, EvaluationError, ExpressionSyntaxError
from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally

_LINES = ("application/jsonlines", "application/json")


class BadRecord(Exception):
    """A record that cannot be filtered or joined, in SageMaker's words."""


@dataclass(frozen=True, slots=True)
class Filters:
    """DataProcessing of a transform job.

    Args:
        content_type: of the input: CSV or JSON Lines when there is anything to do.
        before_path, after_path: InputFilter and OutputFilter, None for all.
        join: whether the input record stands in the output.
    """

    content_type: str
    before_path: jsonpath.Path | None
    after_path: jsonpath.Path | None
    join: bool

    @classmethod
    def of(cls, request: Structure, what: str) -> Filters:
        """The filters of a request.

        Raises:
            ServiceError: a path is none.
            UnsupportedLocally: the content type has no records.
        """
        wanted = request.get("DataProcessing") or {}
        kind = request["TransformInput"].get("ContentType", "").partition(";")[0].strip().lower()
        join = wanted.get("JoinSource", "None") == "Input"
        paths: list[jsonpath.Path | None] = []
        for name in ("InputFilter", "OutputFilter"):
            text = wanted.get(name, "$")
            try:
                paths.append(None if text == "$" else jsonpath.parse(text, counts_back=True))
            except ExpressionSyntaxError as problem:
                raise ServiceError("ValidationException", f"Invalid {name} {text}: {problem}") from None
        if (join or any(paths)) and kind not in ("text/csv", *_LINES):
            raise UnsupportedLocally(
                f"{what} filters or joins {kind or 'data without a content type'}. Set content_type to text/csv or "
                "application/jsonlines, or set WORKSHOP_TARGET=aws."
            )
        return cls(kind, paths[0], paths[1], join)

    def before(self, records: list[bytes]) -> list[bytes]:
        """What of each record goes to the model."""
        if self.before_path is None:
            return records
        return [self._write(_pick(self.before_path, self._read(record))) for record in records]

    def after(self, records: list[bytes], answer: bytes, content_type: str) -> bytes:
        """What of the answer, and of the records, comes out."""
        if not self.join and self.after_path is None:
            return answer
        answers = _answers(answer, content_type, len(records))
        if len(answers) != len(records):
            raise BadRecord("Fail to join data: mismatched line count between the input and the output")
        lines = []
        for record, prediction in zip(records, answers, strict=True):
            value = self._joined(self._read(record), prediction) if self.join else prediction
            if self.after_path is not None:
                value = _pick(self.after_path, value)
            lines.append(self._write(value))
        return b"\n".join(lines) + b"\n"

    def _joined(self, record: Any, prediction: Any) -> Any:
        if self.content_type == "text/csv":
            return [*record, *(prediction if isinstance(prediction, list) else [prediction])]
        if isinstance(record, dict):
            return {**record, "SageMakerOutput": prediction}
        return {"SageMakerInput": record, "SageMakerOutput": prediction}

    def _read(self, record: bytes) -> Any:
        text = record.decode()
        if self.content_type == "text/csv":
            return next(csv.reader([text]))
        try:
            return json.loads(text)
        except ValueError as problem:
            raise BadRecord(f"Fail to parse the input as JSON: {problem}") from None

    def _write(self, value: Any) -> bytes:
        if self.content_type != "text/csv":
            return json.dumps(value).encode()
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(value if isinstance(value, list) else [value])
        return line.getvalue().encode()


def _pick(path: jsonpath.Path, value: Any) -> Any:
    try:
        return path.evaluate(Data(value, {}, {}))
    except EvaluationError as problem:
        raise BadRecord(f"Fail to apply the filter: {problem}") from None


def _answers(answer: bytes, content_type: str, records: int) -> list[Any]:
    """One value for each record."""
    kind = content_type.partition(";")[0].strip().lower()
    text = answer.decode()
    if kind == "application/json":
        value = json.loads(text)
        if isinstance(value, dict) and len(value) == 1 and isinstance(next(iter(value.values())), list):
            value = next(iter(value.values()))
        return value if isinstance(value, list) and len(value) == records else [value]
    lines = [line for line in text.splitlines() if line]
    if kind == "application/jsonlines":
        return [json.loads(line) for line in lines]
    return list(csv.reader(lines))
