"""Textract, answered by a small local model (models/ocr.py) and rules over what it reads (models/expense.py).

Shapes, limits and errors are those of https://docs.aws.amazon.com/textract/latest/dg/API_Reference.html;
where AWS does not document a message, ours says what is wrong. Blocks are in AWS's order: the page, its
lines, their words.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally
from localcloud.host import Host, Service
from localcloud.services import _objects, _pictures
from localcloud.services._jobs import Job, RequestTokens, Statuses
from localcloud.services._paging import Pages

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from localcloud.models.expense import ItemField
    from localcloud.models.layout import Detection, Row
    from localcloud.models.ocr import Page, Quad

#: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
_MOST_BYTES = 10 * 1024 * 1024
_MOST_PIXELS = 10_000  # a side

#: Virtual seconds that a job takes. AWS publishes no figure; its samples for these operations poll every 5
#: seconds.
_JOB_SECONDS = 5.0

#: Of blocks, in the answers of GetDocumentTextDetection.
_PAGES = Pages(
    lambda: ServiceError("InvalidParameterException", "Request has invalid parameters"), default=1000, most=1000
)

#: Pages kept, the oldest dropped first: workflows ask twice about a picture, for its text and for its fields.
_KEPT = 64
_pages: dict[str, Page] = {}
_reading = threading.Lock()  # the reader takes one page at a time anyway

_MODEL_VERSION = "1.0"  # what AWS answers today

#: Rules have no probability, so the confidence in a field's type is one of two constants: what a label names,
#: and what only its place or its form gives away.
_LABELLED, _UNLABELLED = 90.0, 70.0


def register(cloud: Host) -> Service:
    """The actions of Textract that read text and receipts."""
    texts, expenses = Jobs(cloud, "text", detect_text), Jobs(cloud, "expense", analyze_expense)
    actions: dict[str, Callable[[Structure], Mapping[str, Any]]] = {
        "DetectDocumentText": lambda request: detect_text(_document(cloud, request)),
        "AnalyzeExpense": lambda request: analyze_expense(_document(cloud, request)),
        "StartDocumentTextDetection": texts.start,
        "GetDocumentTextDetection": texts.get,
        "StartExpenseAnalysis": expenses.start,
        "GetExpenseAnalysis": expenses.get,
    }
    return Service("textract", actions)


# ---- the document


def _document(cloud: Host, request: Structure) -> bytes:
    document = request["Document"]
    content, place = document.get("Bytes"), document.get("S3Object")
    if (content is None) == (place is None):
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    return _from_s3(cloud, place) if content is None else content


def _from_s3(cloud: Host, place: Structure) -> bytes:
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
    from localcloud.models import layout, ocr

    seed = hashlib.sha256(content).hexdigest()
    with _reading:
        page = _pages.get(seed)
        if page is None:
            page = ocr.read(pixels(content))
            if len(_pages) == _KEPT:
                del _pages[next(iter(_pages))]
            _pages[seed] = page
    return page, layout.rows(page), lambda name: str(uuid.uuid5(uuid.NAMESPACE_OID, f"{seed}/{name}"))


def detect_text(content: bytes) -> Structure:
    """DetectDocumentText's answer for a document's bytes."""
    return {
        "DocumentMetadata": {"Pages": 1},
        "Blocks": _blocks(*_read(content)),
        "DetectDocumentTextModelVersion": _MODEL_VERSION,
    }


def analyze_expense(content: bytes) -> Structure:
    """AnalyzeExpense's answer for a document's bytes."""
    from localcloud.models.expense import analyse

    page, rows, new_id = _read(content)
    expense = analyse(rows)
    currency = {"Code": expense.currency, "Confidence": _LABELLED} if expense.currency else None

    def field(kind: str, value: Detection, label: Detection | None, in_money: bool) -> Structure:
        shape: Structure = {"Type": {"Text": kind, "Confidence": _LABELLED if label else _UNLABELLED}}
        if label is not None:
            shape["LabelDetection"] = _detection(page, label)
        shape["ValueDetection"] = _detection(page, value)
        shape["PageNumber"] = 1
        if in_money and currency:
            shape["Currency"] = currency
        return shape

    def item(fields: tuple[ItemField, ...]) -> Structure:
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


def _blocks(page: Page, rows: list[Row], new_id: Callable[[str], str]) -> list[Structure]:
    lines: list[Structure] = []
    words: list[Structure] = []
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
    whole: Structure = {"BlockType": "PAGE", "Geometry": _geometry(page, everything), "Id": new_id("page")}
    if lines:
        whole["Relationships"] = [{"Type": "CHILD", "Ids": [line["Id"] for line in lines]}]
    return [whole, *lines, *words]


def _detection(page: Page, found: Detection) -> Structure:
    return {
        "Text": found.text,
        "Geometry": _geometry(page, found.quad),
        "Confidence": _percent(found.confidence),
    }


def _geometry(page: Page, quad: Quad) -> Structure:
    return _pictures.geometry(quad, page.width, page.height)


def _percent(confidence: float) -> float:
    return round(100 * confidence, 3)


# ---- jobs


class _Job(Job):
    """One document, read at once in a thread; IN_PROGRESS until the virtual seconds have passed.

    Args:
        cloud: whose it is.
        name: its JobId.
        answer: what the synchronous action answers for a document.
        content: the document.
    """

    statuses = Statuses("IN_PROGRESS", "SUCCEEDED", "FAILED")
    title, internal = "Textract job", "Internal server error: "

    def __init__(self, cloud: Host, name: str, answer: Callable[[bytes], Structure], content: bytes) -> None:
        super().__init__(cloud.clock, name)
        self._answer, self._content = answer, content
        self.result: Structure = {}

    async def run(self) -> None:
        self.result = await self.work(self._answer, self._content, seconds=_JOB_SECONDS)


class Jobs:
    """The jobs of one asynchronous operation.

    Args:
        cloud: whose they are.
        kind: "text" or "expense".
        answer: what the synchronous action answers for a document.
    """

    def __init__(self, cloud: Host, kind: str, answer: Callable[[bytes], Structure]) -> None:
        self._cloud, self._kind, self._answer = cloud, kind, answer
        self._jobs: dict[str, _Job] = {}
        self._tokens: RequestTokens[_Job] = RequestTokens(
            lambda token: ServiceError(
                "IdempotentParameterMismatchException", f"ClientRequestToken {token} was used with other parameters"
            )
        )
        self._lock = threading.Lock()

    def start(self, request: Structure) -> Structure:
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
            job = self._tokens.job(request)
            if job is None:
                # AWS's job ids are 64 hexadecimal digits.
                job_id = hashlib.sha256(f"{self._kind}/{len(self._jobs)}".encode() + content).hexdigest()
                job = self._jobs[job_id] = _Job(self._cloud, job_id, self._answer, content)
                self._tokens.add(request, job)
                job.start()
        return {"JobId": job.name}

    def get(self, request: Structure) -> Structure:
        """The state of a job; when it is over, its result: of text a page."""
        job = self._jobs.get(request["JobId"])
        if job is None:
            raise ServiceError("InvalidJobIdException", "Request has invalid Job Id")
        if job.status != job.statuses.completed:
            return {"JobStatus": job.status, "StatusMessage": job.failure}
        answer = {"JobStatus": job.status, **job.result}
        if self._kind == "expense":
            return {**answer, "AnalyzeExpenseModelVersion": _MODEL_VERSION}
        blocks, token = _PAGES.page(job.result["Blocks"], request, "GetDocumentTextDetection")
        return {**answer, "Blocks": [block | {"Page": 1} for block in blocks], "NextToken": token}
