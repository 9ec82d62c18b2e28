"""Textract, answered by a small local model (models/ocr.py) and rules over what it reads (models/expense.py).

Shapes, limits and errors are those of https://docs.aws.amazon.com/textract/latest/dg/API_Reference.html;
where AWS does not document a message, ours says what is wrong. Blocks are in AWS's order: the page, its
lines, their words.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from helpers.errors import UnsupportedLocally
from helpers.localcloud.clock import Fiber
from helpers.localcloud.host import Host, Service
from helpers.localcloud.services import _objects, _pictures
from helpers.localcloud.wire import ServiceError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from helpers.localcloud.models.expense_items import ItemField
    from helpers.localcloud.models.layout import Detection, Row
    from helpers.localcloud.models.ocr import Page, Quad

#: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
_MOST_BYTES = 10 * 1024 * 1024
_MOST_PIXELS = 10_000  # a side

#: Virtual seconds that a job takes. AWS publishes no figure; its samples for these operations poll every 5
#: seconds.
_JOB_SECONDS = 5.0

_MOST_RESULTS = 1000  # blocks in one answer of GetDocumentTextDetection
#: Pages kept, the oldest dropped first: workflows ask twice about a picture, for its text and for its fields.
_KEPT = 64
_pages: dict[str, Page] = {}
_reading = threading.Lock()  # the reader takes one page at a time anyway

_MODEL_VERSION = "1.0"  # what AWS answers today

#: Rules have no probability, so the confidence in a field's type is one of two constants: what a label names,
#: and what only its place or its form gives away.
_LABELLED, _UNLABELLED = 90.0, 70.0

Shape = dict[str, Any]


def register(cloud: Host) -> Service:
    """The actions of Textract that read text and receipts."""
    jobs = Jobs(cloud)
    actions: dict[str, Callable[[Shape], Mapping[str, Any]]] = {
        "DetectDocumentText": lambda request: detect_text(_document(cloud, request)),
        "AnalyzeExpense": lambda request: analyze_expense(_document(cloud, request)),
        "StartDocumentTextDetection": partial(jobs.start, "text", detect_text),
        "GetDocumentTextDetection": partial(jobs.get, "text"),
        "StartExpenseAnalysis": partial(jobs.start, "expense", analyze_expense),
        "GetExpenseAnalysis": partial(jobs.get, "expense"),
    }
    return Service("textract", actions)


# ---- the document


def _document(cloud: Host, request: Shape) -> bytes:
    document = request["Document"]
    content, place = document.get("Bytes"), document.get("S3Object")
    if (content is None) == (place is None):
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    return _from_s3(cloud, place) if content is None else content


def _from_s3(cloud: Host, place: Shape) -> bytes:
    bucket, key = place.get("Bucket"), place.get("Name")
    if not bucket or not key:
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    try:
        return _objects.fetch(cloud, bucket, key, version=place.get("Version"), most=_MOST_BYTES)
    except _objects.TooLarge as found:
        raise _too_large(found.size) from None
    except _objects.Missing:
        raise ServiceError(
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        ) from None


def _too_large(size: int) -> ServiceError:
    return ServiceError(
        "DocumentTooLargeException", f"The document has {size} bytes; Textract takes {_MOST_BYTES} at most."
    )


def pixels(content: bytes) -> npt.NDArray[np.uint8]:
    """A document's picture as height x width x 3, RGB.

    Raises:
        ServiceError: InvalidParameterException, DocumentTooLargeException, UnsupportedDocumentException or
            BadDocumentException, as AWS raises them.
    """
    if not content:
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    if len(content) > _MOST_BYTES:
        raise _too_large(len(content))
    kind = _pictures.kind(content)
    if kind is None:
        raise ServiceError("UnsupportedDocumentException", "Request has unsupported document format")
    if kind == "PDF":
        raise ServiceError(
            "UnsupportedDocumentException",
            "The document is a PDF, which AWS reads and the local cloud does not. "
            "Save its page as PNG or JPEG, or set WORKSHOP_TARGET=aws.",
        )
    try:
        return _pictures.pixels(content, kind, _MOST_PIXELS)
    except _pictures.TooWide as found:
        # AWS documents the limit, and not which of its errors answers for it.
        raise ServiceError(
            "InvalidParameterException",
            f"The picture is {found.width} x {found.height} pixels; {_MOST_PIXELS} a side are the most.",
        ) from None
    except _pictures.ManyPages:  # AWS takes one page in one request, too
        raise ServiceError("UnsupportedDocumentException", "Request has unsupported document format") from None
    except _pictures.Unreadable as problem:
        raise ServiceError(
            "BadDocumentException", f"Amazon Textract isn't able to read the document ({kind}): {problem}"
        ) from problem


# ---- the answers


def _read(content: bytes) -> tuple[Page, list[Row], Callable[[str], str]]:
    """What stands on the document, in rows, and a maker of ids, the same for the same document."""
    from helpers.localcloud.models import layout, ocr

    seed = hashlib.sha256(content).hexdigest()
    with _reading:
        page = _pages.get(seed)
        if page is None:
            page = ocr.read(pixels(content))
            if len(_pages) == _KEPT:
                del _pages[next(iter(_pages))]
            _pages[seed] = page
    return page, layout.rows(page), lambda name: str(uuid.uuid5(uuid.NAMESPACE_OID, f"{seed}/{name}"))


def detect_text(content: bytes) -> Shape:
    """DetectDocumentText's answer for a document's bytes."""
    return {
        "DocumentMetadata": {"Pages": 1},
        "Blocks": _blocks(*_read(content)),
        "DetectDocumentTextModelVersion": _MODEL_VERSION,
    }


def analyze_expense(content: bytes) -> Shape:
    """AnalyzeExpense's answer for a document's bytes."""
    from helpers.localcloud.models.expense import analyse

    page, rows, new_id = _read(content)
    expense = analyse(rows)
    currency = {"Code": expense.currency, "Confidence": _LABELLED} if expense.currency else None

    def field(kind: str, value: Detection, label: Detection | None, in_money: bool) -> Shape:
        shape: Shape = {"Type": {"Text": kind, "Confidence": _LABELLED if label else _UNLABELLED}}
        if label is not None:
            shape["LabelDetection"] = _detection(page, label)
        shape["ValueDetection"] = _detection(page, value)
        shape["PageNumber"] = 1
        if in_money and currency:
            shape["Currency"] = currency
        return shape

    def item(fields: tuple[ItemField, ...]) -> Shape:
        in_money = ("PRICE", "UNIT_PRICE")
        return {"LineItemExpenseFields": [field(f.type, f.value, f.label, f.type in in_money) for f in fields]}

    summary = []
    for found in expense.summary:
        summary.append(field(found.type, found.value, found.label, found.money))
        if found.group:
            summary[-1]["GroupProperties"] = [{"Types": [found.group], "Id": new_id(found.group)}]
    groups = [{"LineItemGroupIndex": 1, "LineItems": [item(fields) for fields in expense.items]}]
    document = {
        "ExpenseIndex": 1,
        "SummaryFields": summary,
        "LineItemGroups": groups if expense.items else [],
        "Blocks": [block | {"Page": 1} for block in _blocks(page, rows, new_id)],
    }
    return {"DocumentMetadata": {"Pages": 1}, "ExpenseDocuments": [document]}


def _blocks(page: Page, rows: list[Row], new_id: Callable[[str], str]) -> list[Shape]:
    lines: list[Shape] = []
    words: list[Shape] = []
    for number, line in enumerate(line for row in rows for line in row.lines):
        children = [
            {
                "BlockType": "WORD",
                "Confidence": _percent(word.confidence),
                "Text": word.text,
                "TextType": "PRINTED",  # the model does not tell handwriting apart
                "Geometry": _geometry(page, word.quad),
                "Id": new_id(f"line {number} word {place}"),
            }
            for place, word in enumerate(line.words)
        ]
        lines.append(
            {
                "BlockType": "LINE",
                "Confidence": _percent(line.confidence),
                "Text": line.text,
                "Geometry": _geometry(page, line.quad),
                "Id": new_id(f"line {number}"),
                "Relationships": [{"Type": "CHILD", "Ids": [child["Id"] for child in children]}],
            }
        )
        words += children
    everything = ((0.0, 0.0), (page.width, 0.0), (page.width, page.height), (0.0, page.height))
    whole: Shape = {"BlockType": "PAGE", "Geometry": _geometry(page, everything), "Id": new_id("page")}
    if lines:
        whole["Relationships"] = [{"Type": "CHILD", "Ids": [line["Id"] for line in lines]}]
    return [whole, *lines, *words]


def _detection(page: Page, found: Detection) -> Shape:
    return {
        "Text": found.text,
        "Geometry": _geometry(page, found.quad),
        "Confidence": _percent(found.confidence),
    }


def _geometry(page: Page, quad: Quad) -> Shape:
    return _pictures.geometry(quad, page.width, page.height)


def _percent(confidence: float) -> float:
    return round(100 * confidence, 3)


# ---- jobs


@dataclass(frozen=True, slots=True)
class _Job:
    kind: str
    request: Shape
    reading: Fiber[Shape]


class Jobs:
    """Asynchronous operations.

    Read at once in a thread, IN_PROGRESS until their virtual seconds have passed.
    """

    def __init__(self, cloud: Host) -> None:
        self._cloud = cloud
        self._jobs: dict[str, _Job] = {}
        self._tokens: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def start(self, kind: str, work: Callable[[bytes], Shape], request: Shape) -> Shape:
        """Check the document and start to read it."""
        for name in ("NotificationChannel", "OutputConfig", "KMSKeyId"):
            if name in request:
                raise UnsupportedLocally(
                    f"A Textract job with {name} is not run by the local cloud. "
                    "Ask for the job's result instead, or set WORKSHOP_TARGET=aws."
                )
        content = _from_s3(self._cloud, request["DocumentLocation"].get("S3Object") or {})
        pixels(content)
        with self._lock:
            token = request.get("ClientRequestToken")
            known = self._tokens.get((kind, token)) if token else None
            if known:
                if self._jobs[known].request != request:
                    raise ServiceError(
                        "IdempotentParameterMismatchException",
                        f"ClientRequestToken {token} was used with other parameters",
                    )
                return {"JobId": known}
            # AWS's job ids are 64 hexadecimal digits.
            job_id = hashlib.sha256(f"{kind}/{len(self._jobs)}".encode() + content).hexdigest()
            clock = self._cloud.clock
            self._jobs[job_id] = _Job(kind, request, clock.spawn(clock.work(work, content, seconds=_JOB_SECONDS)))
            if token:
                self._tokens[kind, token] = job_id
        return {"JobId": job_id}

    def get(self, kind: str, request: Shape) -> Shape:
        """The state of a job; when it is over, a page of its result."""
        job = self._jobs.get(request["JobId"])
        if job is None or job.kind != kind:
            raise ServiceError("InvalidJobIdException", "Request has invalid Job Id")
        if not job.reading.done:
            return {"JobStatus": "IN_PROGRESS"}
        result = job.reading.result()
        if kind == "expense":
            return {"JobStatus": "SUCCEEDED", **result, "AnalyzeExpenseModelVersion": _MODEL_VERSION}
        return {"JobStatus": "SUCCEEDED", **result, **dict(_page_of(result["Blocks"], request))}


def _page_of(blocks: list[Shape], request: Shape) -> Iterator[tuple[str, Any]]:
    most = min(request.get("MaxResults", _MOST_RESULTS), _MOST_RESULTS)
    token = request.get("NextToken", "0")
    if not token.isdecimal() or int(token) >= len(blocks):
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    end = int(token) + most
    yield "Blocks", [block | {"Page": 1} for block in blocks[int(token) : end]]
    if end < len(blocks):
        yield "NextToken", str(end)
