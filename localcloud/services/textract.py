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
from localcloud.services._jobs import Job, JobFailed, RequestTokens, Statuses
from localcloud.services._paging import Pages
from localcloud.services._regional import Regional
from localcloud.services._remembered import Remembered

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from localcloud.models.expense import ItemField
    from localcloud.models.layout import Detection, Row
    from localcloud.models.ocr import Page, Quad

#: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
_MOST_BYTES = 10 * 1024 * 1024
_MOST_BYTES_OF_JOB = 500 * 1024 * 1024  # of a PDF or TIFF
_MOST_PAGES_OF_JOB = 3000
_MOST_PIXELS = 10_000  # a side

#: Virtual seconds that a job takes. AWS publishes no figure; its samples for these operations poll every 5
#: seconds.
_JOB_SECONDS = 5.0

_INVALID = "InvalidParameterException", "Request has invalid parameters"
_UNSUPPORTED = "UnsupportedDocumentException", "Request has unsupported document format"

#: Of blocks, in the answers of GetDocumentTextDetection, and of documents, in those of GetExpenseAnalysis.
_BLOCKS = Pages(lambda: ServiceError(*_INVALID), default=1000, most=1000)
_DOCUMENTS = Pages(lambda: ServiceError(*_INVALID), default=20, most=20)

#: Workflows ask twice about a picture, for its text and for its fields.
_pages: Remembered[Page] = Remembered(64, "pages")

_MODEL_VERSION = "1.0"  # what AWS answers today

#: Rules have no probability, so the confidence in a field's type is one of two constants: what a label names,
#: and what only its place or its form gives away.
_LABELLED, _UNLABELLED = 90.0, 70.0


def register(cloud: Host) -> Service:
    """The actions of Textract that read text and receipts."""
    texts, expenses = Jobs(cloud, "text", _texts), Jobs(cloud, "expense", _expenses)
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
        raise ServiceError(*_INVALID)
    return _from_s3(cloud, place) if content is None else content


def _from_s3(cloud: Host, place: Structure, most: int = _MOST_BYTES) -> bytes:
    if not place.get("Bucket") or not place.get("Name"):
        raise ServiceError(*_INVALID)
    return _objects.picture(cloud, place, most, _too_large)


def _too_large(size: int, most: int) -> ServiceError:
    return ServiceError("DocumentTooLargeException", f"The document has {size} bytes; Textract takes {most} at most.")


def _checked(content: bytes, *, of_job: bool = False) -> tuple[str, int]:
    """A document's kind and how many pages it has.

    Raises:
        ServiceError: InvalidParameterException, DocumentTooLargeException, UnsupportedDocumentException or
            BadDocumentException, as AWS raises them.
    """
    if not content:
        raise ServiceError(*_INVALID)
    kind = _pictures.kind(content)
    has_pages = kind in ("PDF", "TIFF")
    most = _MOST_BYTES_OF_JOB if of_job and has_pages else _MOST_BYTES
    if len(content) > most:
        raise _too_large(len(content), most)
    if kind is None:
        raise ServiceError(*_UNSUPPORTED)
    try:
        pages = _pictures.page_count(content, kind)
    except _pictures.Locked:  # "PDFs cannot be password protected"; AWS does not document which error says so
        raise ServiceError(*_UNSUPPORTED) from None
    except _pictures.Unreadable as problem:
        raise _bad(kind, str(problem)) from problem
    if not of_job and pages > 1:
        raise ServiceError(*_UNSUPPORTED)
    if not 0 < pages <= _MOST_PAGES_OF_JOB:
        raise _bad(kind, f"it has {pages} pages, and {_MOST_PAGES_OF_JOB} are the most")
    return kind, pages


def _bad(kind: str, problem: str) -> ServiceError:
    return ServiceError("BadDocumentException", f"Amazon Textract isn't able to read the document ({kind}): {problem}")


def pixels(content: bytes, number: int | None = None) -> npt.NDArray[np.uint8]:
    """A page of a document as height x width x 3, RGB.

    Args:
        content: the document.
        number: of the page, from 1; None for the one page that a synchronous operation takes.

    Raises:
        ServiceError: as AWS raises it.
    """
    kind, _ = _checked(content, of_job=number is not None)
    try:
        return _pictures.page(content, kind, number or 1, _MOST_PIXELS)
    except _pictures.TooWide as found:
        if kind == "PDF":
            raise _bad(kind, f"a page is {found.width} x {found.height} points, and 9000 are the most") from None
        # AWS documents the limit, and not which of its errors answers for it.
        raise ServiceError(
            "InvalidParameterException",
            f"The picture is {found.width} x {found.height} pixels; {_MOST_PIXELS} a side are the most.",
        ) from None
    except _pictures.Unreadable as problem:
        raise _bad(kind, str(problem)) from problem


# ---- the answers


def _read(content: bytes, number: int | None) -> tuple[Page, list[Row], Callable[[str], str]]:
    """What stands on a page, in rows, and a maker of ids, the same for the same document."""
    from localcloud.models import layout, ocr

    seed, at = hashlib.sha256(content).hexdigest(), number or 1
    page = _pages.get((seed, at), lambda: ocr.read_turned(pixels(content, number)))
    prefix = seed if at == 1 else f"{seed}/{at}"
    return page, layout.rows(page), lambda name: str(uuid.uuid5(uuid.NAMESPACE_OID, f"{prefix}/{name}"))


def detect_text(content: bytes) -> Structure:
    """DetectDocumentText's answer for a document's bytes."""
    return {
        "DocumentMetadata": {"Pages": 1},
        "Blocks": _blocks(*_read(content, None)),
        "DetectDocumentTextModelVersion": _MODEL_VERSION,
    }


def analyze_expense(content: bytes) -> Structure:
    """AnalyzeExpense's answer for a document's bytes."""
    return {"DocumentMetadata": {"Pages": 1}, "ExpenseDocuments": [_expense(content, None)]}


def _texts(content: bytes) -> Structure:
    """What a job of StartDocumentTextDetection finds: the blocks of one page after the other."""
    _, pages = _checked(content, of_job=True)
    blocks = [block | {"Page": number} for number in range(1, pages + 1) for block in _blocks(*_read(content, number))]
    return {
        "DocumentMetadata": {"Pages": pages},
        "Blocks": blocks,
        "DetectDocumentTextModelVersion": _MODEL_VERSION,
    }


def _expenses(content: bytes) -> Structure:
    """What a job of StartExpenseAnalysis finds: each page is a document of its own."""
    _, pages = _checked(content, of_job=True)
    documents = [_expense(content, number) for number in range(1, pages + 1)]
    return {"DocumentMetadata": {"Pages": pages}, "ExpenseDocuments": documents}


def _expense(content: bytes, number: int | None) -> Structure:
    from localcloud.models.expense import analyse

    page, rows, new_id = _read(content, number)
    at = number or 1
    expense = analyse(rows)
    currency = {"Code": expense.currency, "Confidence": _LABELLED} if expense.currency else None

    def field(kind: str, value: Detection, label: Detection | None, in_money: bool) -> Structure:
        shape: Structure = {"Type": {"Text": kind, "Confidence": _LABELLED if label else _UNLABELLED}}
        if label is not None:
            shape["LabelDetection"] = _detection(page, label)
        shape["ValueDetection"] = _detection(page, value)
        shape["PageNumber"] = at
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
    return {
        "ExpenseIndex": at,
        "SummaryFields": summary,
        "LineItemGroups": groups if expense.items else [],
        "Blocks": [block | {"Page": at} for block in _blocks(page, rows, new_id)],
    }


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
        answer: what is found in a document.
        content: the document.
    """

    statuses = Statuses("IN_PROGRESS", "SUCCEEDED", "FAILED")
    title, internal = "Textract job", "Internal server error: "

    def __init__(self, cloud: Host, name: str, answer: Callable[[bytes], Structure], content: bytes) -> None:
        super().__init__(cloud.clock, name)
        self._answer, self._content = answer, content
        self.result: Structure = {}

    async def run(self) -> None:
        try:
            self.result = await self.work(self._answer, self._content, seconds=_JOB_SECONDS)
        except ServiceError as problem:  # of a page behind the first
            raise JobFailed(problem.message) from problem


class Jobs:
    """The jobs of one asynchronous operation.

    Args:
        cloud: whose they are.
        kind: "text" or "expense".
        answer: what is found in a document.
    """

    def __init__(self, cloud: Host, kind: str, answer: Callable[[bytes], Structure]) -> None:
        self._cloud, self._kind, self._answer = cloud, kind, answer
        self._jobs: Regional[str, _Job] = Regional(cloud)
        self._tokens: RequestTokens[_Job] = RequestTokens(
            cloud,
            lambda token: ServiceError(
                "IdempotentParameterMismatchException", f"ClientRequestToken {token} was used with other parameters"
            ),
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
        place = request["DocumentLocation"].get("S3Object") or {}
        content = _from_s3(self._cloud, place, _MOST_BYTES_OF_JOB)
        pixels(content, 1)
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
            documents, token = _DOCUMENTS.page(job.result["ExpenseDocuments"], request, "GetExpenseAnalysis")
            answer |= {"ExpenseDocuments": documents, "AnalyzeExpenseModelVersion": _MODEL_VERSION}
        else:
            blocks, token = _BLOCKS.page(job.result["Blocks"], request, "GetDocumentTextDetection")
            answer |= {"Blocks": blocks}
        return answer | {"NextToken": token}
