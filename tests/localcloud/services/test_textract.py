"""Textract as the local cloud answers it: AWS's shapes, limits and errors."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator
from PIL import Image, ImageDraw, ImageFont

from localcloud.cloud import Cloud
from localcloud.door.wire import ServiceError
from localcloud.models import ocr
from localcloud.services.textract import analyze_expense, detect_text, pixels

RECEIPT = Path(__file__).resolve().parents[3] / "data" / "receipts" / "01-harbour-light.png"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="receipts")
    s3.put_object(Bucket="receipts", Key="one.png", Body=RECEIPT.read_bytes())
    s3.put_object(Bucket="receipts", Key="notes.txt", Body=b"Two coffees")
    yield cloud
    cloud.close()


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def note(text: str = "Thank you 42", mode: str = "RGB") -> Image.Image:
    image = Image.new(mode, (360, 90), "white")
    ImageDraw.Draw(image).text((30, 25), text, fill="black", font=ImageFont.load_default(34))
    return image


def refusal(content: bytes) -> str:
    with pytest.raises(ServiceError) as raised:
        pixels(content)
    return raised.value.code


def check_shape(cloud: Cloud, operation: str, answer: dict[str, Any]) -> None:
    """Against botocore's output shape, as boto3 checks input."""
    shape = cloud.client("textract").meta.service_model.operation_model(operation).output_shape
    answer = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    assert set(answer) <= set(shape.members)
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), report.generate_report()


# ---- DetectDocumentText


def test_text_comes_in_blocks_of_aws_s_shape_and_order(cloud: Cloud) -> None:
    answer = cloud.client("textract").detect_document_text(Document={"Bytes": RECEIPT.read_bytes()})
    check_shape(cloud, "DetectDocumentText", answer)
    kinds = [block["BlockType"] for block in answer["Blocks"]]
    lines, words = kinds.count("LINE"), kinds.count("WORD")
    assert kinds == ["PAGE"] + ["LINE"] * lines + ["WORD"] * words
    assert answer["DocumentMetadata"] == {"Pages": 1}
    texts = [block["Text"] for block in answer["Blocks"] if block["BlockType"] == "LINE"]
    assert {"HARBOUR LIGHT COFFEE", "Subtotal", "$15.82"} <= set(texts)


def test_a_page_has_its_lines_as_children_and_a_line_its_words() -> None:
    page, *rest = detect_text(RECEIPT.read_bytes())["Blocks"]
    by_id = {block["Id"]: block for block in rest}
    assert len(by_id) == len(rest)
    lines = [block for block in rest if block["BlockType"] == "LINE"]
    assert page["Relationships"] == [{"Type": "CHILD", "Ids": [line["Id"] for line in lines]}]
    for line in lines:
        (children,) = line["Relationships"]
        assert line["Text"] == " ".join(by_id[child]["Text"] for child in children["Ids"])


def test_boxes_are_shares_of_the_page_and_words_lie_in_their_lines() -> None:
    _, *rest = detect_text(RECEIPT.read_bytes())["Blocks"]
    by_id = {block["Id"]: block for block in rest}
    for block in rest:
        box = block["Geometry"]["BoundingBox"]
        assert 0 <= box["Left"] <= box["Left"] + box["Width"] <= 1
        assert 0 <= box["Top"] <= box["Top"] + box["Height"] <= 1
        assert box["Left"] == min(point["X"] for point in block["Geometry"]["Polygon"])
        assert 50 <= block["Confidence"] <= 100
        for child in block.get("Relationships", [{"Ids": []}])[0]["Ids"]:
            inner = by_id[child]["Geometry"]["BoundingBox"]
            assert inner["Left"] >= box["Left"] - 0.02
            assert inner["Left"] + inner["Width"] <= box["Left"] + box["Width"] + 0.02


def test_the_same_document_gives_the_same_answer_from_bytes_and_from_s3(cloud: Cloud) -> None:
    textract = cloud.client("textract")
    stored = textract.detect_document_text(Document={"S3Object": {"Bucket": "receipts", "Name": "one.png"}})
    sent = textract.detect_document_text(Document={"Bytes": RECEIPT.read_bytes()})
    assert stored["Blocks"] == sent["Blocks"]


def test_reading_in_many_threads_gives_what_reading_in_one_gives() -> None:
    documents = [encoded(note(f"Receipt {number}")) for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(detect_text, documents))
    assert together == [detect_text(document) for document in documents]


def test_a_blank_page_is_a_page_without_children(cloud: Cloud) -> None:
    blank = encoded(Image.new("RGB", (400, 300), "white"))
    (page,) = detect_text(blank)["Blocks"]
    assert page["BlockType"] == "PAGE"
    assert "Relationships" not in page
    answer = analyze_expense(blank)
    check_shape(cloud, "AnalyzeExpense", answer)
    assert answer["ExpenseDocuments"][0]["SummaryFields"] == []
    assert answer["ExpenseDocuments"][0]["LineItemGroups"] == []


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (2000, 5)])
def test_a_picture_of_any_proportions_is_read(size: tuple[int, int]) -> None:
    assert [block["BlockType"] for block in detect_text(encoded(Image.new("RGB", size, "white")))["Blocks"]] == ["PAGE"]


@pytest.mark.parametrize(
    "content",
    [
        encoded(note(mode="L"), "JPEG", quality=90),
        encoded(note(), "TIFF"),
        encoded(note(), "PDF", resolution=100),
        encoded(note().convert("P")),
        encoded(note().convert("CMYK"), "JPEG", quality=90),
        encoded(Image.fromarray(np.asarray(note(mode="L")).astype(np.uint16) * 257)),
        encoded(Image.merge("RGBA", (*[Image.new("L", (360, 90), 0)] * 3, note(mode="L").point(lambda v: 255 - v)))),
        encoded(note().transpose(Image.Transpose.ROTATE_90), exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0"
                b"\x01\0\0\0\x06\0\0\0\0\0\0\0"),
    ],
    ids=["grey JPEG", "TIFF", "PDF", "palette PNG", "CMYK JPEG", "16-bit PNG", "transparent PNG", "lying photo"],
)  # fmt: skip
def test_every_kind_of_picture_is_read(content: bytes) -> None:
    assert [b["Text"] for b in detect_text(content)["Blocks"] if b["BlockType"] == "LINE"] == ["Thank you 42"]


# ---- AnalyzeExpense


def test_a_receipt_comes_as_aws_s_expense_document(cloud: Cloud) -> None:
    answer = cloud.client("textract").analyze_expense(Document={"Bytes": RECEIPT.read_bytes()})
    check_shape(cloud, "AnalyzeExpense", answer)
    (document,) = answer["ExpenseDocuments"]
    found = {field["Type"]["Text"]: field for field in document["SummaryFields"]}
    total = found["TOTAL"]
    assert (total["LabelDetection"]["Text"], total["ValueDetection"]["Text"]) == ("TOTAL", "$15.82")
    assert total["Currency"]["Code"] == "USD"
    assert "LabelDetection" not in found["VENDOR_NAME"]
    assert found["ZIP_CODE"]["GroupProperties"] == found["NAME"]["GroupProperties"]
    assert found["NAME"]["GroupProperties"][0]["Types"] == ["VENDOR"]
    (group,) = document["LineItemGroups"]
    first = {f["Type"]["Text"]: f["ValueDetection"]["Text"] for f in group["LineItems"][0]["LineItemExpenseFields"]}
    assert first == {
        "ITEM": "Flat white", "QUANTITY": "2", "PRICE": "9.00", "EXPENSE_ROW": "2 x Flat white 9.00"
    }  # fmt: skip
    assert [block["BlockType"] for block in document["Blocks"]][:2] == ["PAGE", "LINE"]


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_receipt_on_its_side_or_head_is_read_and_its_boxes_lie_on_the_picture_as_it_came(angle: int) -> None:
    """Textract "supports all in-plane document rotations": limits-document.html."""
    with Image.open(RECEIPT) as image:
        upright = image.convert("RGB")
    document = analyze_expense(encoded(upright.rotate(angle, expand=True)))["ExpenseDocuments"][0]
    found = {field["Type"]["Text"]: field["ValueDetection"] for field in document["SummaryFields"]}
    assert (found["TOTAL"]["Text"], found["VENDOR_NAME"]["Text"]) == ("$15.82", "HARBOUR LIGHT COFFEE")
    first, last = found["VENDOR_NAME"]["Geometry"]["BoundingBox"], found["TOTAL"]["Geometry"]["BoundingBox"]
    edge = {90: "Left", 180: "Top", 270: "Left"}[angle]
    assert (first[edge] < last[edge]) is (angle == 90)
    assert (first["Height"] > first["Width"]) is (angle != 180)


# ---- what is refused


@pytest.mark.parametrize("place", [("receipts", "two.png"), ("nowhere", "one.png")])
def test_an_object_that_is_not_there_is_an_invalid_s3_object(cloud: Cloud, place: tuple[str, str]) -> None:
    bucket, key = place
    with pytest.raises(ClientError) as raised:
        cloud.client("textract").detect_document_text(Document={"S3Object": {"Bucket": bucket, "Name": key}})
    assert raised.value.response["Error"] == {
        "Code": "InvalidS3ObjectException",
        "Message": "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
    }


@pytest.mark.parametrize("place", [{"S3Object": {"Bucket": "receipts"}}, {}])
def test_a_document_that_is_nowhere_is_an_invalid_parameter(cloud: Cloud, place: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        cloud.client("textract").analyze_expense(Document=place)


def test_a_text_file_is_an_unsupported_document(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="Request has unsupported document format") as raised:
        cloud.client("textract").analyze_expense(Document={"S3Object": {"Bucket": "receipts", "Name": "notes.txt"}})
    assert raised.value.response["Error"]["Code"] == "UnsupportedDocumentException"


@pytest.mark.parametrize("form", ["TIFF", "PDF"])
def test_two_pages_are_more_than_a_synchronous_operation_takes(form: str) -> None:
    """https://github.com/aws/aws-sdk-js-v3/issues/7124."""
    assert refusal(encoded(note(), form, save_all=True, append_images=[note()])) == "UnsupportedDocumentException"


#: One blank page, which opens with a password that nobody knows.
LOCKED = b"""%%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 200 200]>> endobj
4 0 obj <</Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s>>> endobj
trailer <</Root 1 0 R /Encrypt 4 0 R /ID [<00> <00>]>>
%%%%EOF
""" % (b"41" * 32, b"42" * 32)


def test_a_pdf_with_a_password_is_unsupported() -> None:
    assert refusal(LOCKED) == "UnsupportedDocumentException"


@pytest.mark.parametrize("part", [0.2, 0.9])
def test_a_pdf_that_breaks_off_is_a_bad_document(part: float) -> None:
    content = encoded(note(), "PDF")
    assert refusal(b"%PDF-1.7 " + b"no more" * 40) == "BadDocumentException"
    assert refusal(content[: int(len(content) * part)]) == "BadDocumentException"


def test_a_page_of_more_than_nine_thousand_points_is_a_bad_document() -> None:
    assert refusal(encoded(Image.new("1", (9_001, 90), 1), "PDF", resolution=72)) == "BadDocumentException"


@pytest.mark.parametrize("part", [0.02, 0.5])
def test_a_picture_that_breaks_off_is_a_bad_document(part: float) -> None:
    content = RECEIPT.read_bytes()
    assert refusal(content[: int(len(content) * part)]) == "BadDocumentException"


def test_limits_are_ten_megabytes_and_ten_thousand_pixels_a_side() -> None:
    assert refusal(RECEIPT.read_bytes() + b"\0" * 10 * 1024 * 1024) == "DocumentTooLargeException"
    assert refusal(encoded(Image.new("1", (10_001, 4)))) == "InvalidParameterException"
    assert refusal(b"") == "InvalidParameterException"


def test_an_object_over_the_limit_is_not_fetched(cloud: Cloud) -> None:
    cloud.client("s3").put_object(Bucket="receipts", Key="big.png", Body=b"\0" * (10 * 1024 * 1024 + 1))
    with pytest.raises(ClientError, match="DocumentTooLargeException"):
        cloud.client("textract").detect_document_text(Document={"S3Object": {"Bucket": "receipts", "Name": "big.png"}})


# ---- jobs


PLACE = {"S3Object": {"Bucket": "receipts", "Name": "one.png"}}


def pass_seconds(cloud: Cloud, seconds: float) -> None:
    async def sleep() -> None:
        await cloud.clock.sleep(seconds)

    cloud.clock.spawn(sleep()).join()


def test_a_job_is_in_progress_until_its_virtual_seconds_have_passed(cloud: Cloud) -> None:
    textract = cloud.client("textract")

    def start() -> tuple[str, str]:
        job = textract.start_document_text_detection(DocumentLocation=PLACE)["JobId"]
        return job, textract.get_document_text_detection(JobId=job)["JobStatus"]

    job, status = cloud.clock.call(start)  # on the clock's thread, so that no time passes between the two
    assert status == "IN_PROGRESS"
    pass_seconds(cloud, 5)
    done = textract.get_document_text_detection(JobId=job)
    check_shape(cloud, "GetDocumentTextDetection", done)
    assert done["JobStatus"] == "SUCCEEDED"
    at_once = textract.detect_document_text(Document=PLACE)["Blocks"]
    assert done["Blocks"] == [block | {"Page": 1} for block in at_once]


def test_a_job_s_blocks_come_in_pages(cloud: Cloud) -> None:
    textract = cloud.client("textract")
    job = textract.start_document_text_detection(DocumentLocation=PLACE)["JobId"]
    pass_seconds(cloud, 5)
    whole = textract.get_document_text_detection(JobId=job)["Blocks"]
    parts, token = [], {}
    while True:
        part = textract.get_document_text_detection(JobId=job, MaxResults=40, **token)
        assert len(part["Blocks"]) <= 40
        parts += part["Blocks"]
        if "NextToken" not in part:
            break
        token = {"NextToken": part["NextToken"]}
    assert parts == whole


def test_an_expense_job_gives_what_the_synchronous_operation_gives(cloud: Cloud) -> None:
    textract = cloud.client("textract")
    job = textract.start_expense_analysis(DocumentLocation=PLACE)["JobId"]
    pass_seconds(cloud, 5)
    done = textract.get_expense_analysis(JobId=job)
    check_shape(cloud, "GetExpenseAnalysis", done)
    assert done["ExpenseDocuments"] == textract.analyze_expense(Document=PLACE)["ExpenseDocuments"]
    with pytest.raises(ClientError, match="InvalidJobIdException"):
        textract.get_document_text_detection(JobId=job)


def pages_of(cloud: Cloud, form: str, texts: list[str]) -> dict[str, Any]:
    """A document in the bucket, with a page for each text."""
    first, *rest = map(note, texts)
    options: dict[str, Any] = {"resolution": 100} if form == "PDF" else {}
    content = encoded(first, form, save_all=True, append_images=rest, **options)
    cloud.client("s3").put_object(Bucket="receipts", Key=f"pages.{form}", Body=content)
    return {"S3Object": {"Bucket": "receipts", "Name": f"pages.{form}"}}


@pytest.mark.parametrize("form", ["PDF", "TIFF"])
def test_a_job_reads_every_page_of_a_document(cloud: Cloud, form: str) -> None:
    textract = cloud.client("textract")
    place = pages_of(cloud, form, ["First 11", "Second 22", "Third 33"])
    job = textract.start_document_text_detection(DocumentLocation=place)["JobId"]
    pass_seconds(cloud, 5)
    done = textract.get_document_text_detection(JobId=job)
    check_shape(cloud, "GetDocumentTextDetection", done)
    assert done["DocumentMetadata"] == {"Pages": 3}
    lines = [(block["Page"], block["Text"]) for block in done["Blocks"] if block["BlockType"] == "LINE"]
    assert lines == [(1, "First 11"), (2, "Second 22"), (3, "Third 33")]
    assert len({block["Id"] for block in done["Blocks"]}) == len(done["Blocks"])


def test_an_expense_job_gives_a_document_a_page_twenty_at_a_time(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/textract/latest/dg/API_GetExpenseAnalysis.html: MaxResults is 20 at the most."""
    textract = cloud.client("textract")
    place = pages_of(cloud, "PDF", [f"Total ${number}.50" for number in range(1, 22)])
    job = textract.start_expense_analysis(DocumentLocation=place)["JobId"]
    pass_seconds(cloud, 5)
    first = textract.get_expense_analysis(JobId=job)
    check_shape(cloud, "GetExpenseAnalysis", first)
    last = textract.get_expense_analysis(JobId=job, NextToken=first["NextToken"])
    assert (len(first["ExpenseDocuments"]), len(last["ExpenseDocuments"])) == (20, 1)
    (document,) = last["ExpenseDocuments"]
    assert document["ExpenseIndex"] == 21
    (total,) = [field for field in document["SummaryFields"] if field["Type"]["Text"] == "TOTAL"]
    assert (total["ValueDetection"]["Text"], total["PageNumber"]) == ("$21.50", 21)


def test_a_request_token_starts_one_job_and_no_other(cloud: Cloud) -> None:
    textract = cloud.client("textract")
    once = textract.start_document_text_detection(DocumentLocation=PLACE, ClientRequestToken="t1")
    again = textract.start_document_text_detection(DocumentLocation=PLACE, ClientRequestToken="t1")
    assert again["JobId"] == once["JobId"]
    with pytest.raises(ClientError, match="IdempotentParameterMismatchException"):
        textract.start_document_text_detection(DocumentLocation=PLACE, ClientRequestToken="t1", JobTag="other")


def test_a_job_on_a_broken_document_does_not_start(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="UnsupportedDocumentException"):
        cloud.client("textract").start_expense_analysis(
            DocumentLocation={"S3Object": {"Bucket": "receipts", "Name": "notes.txt"}}
        )


def test_a_job_that_should_notify_is_refused_by_name(cloud: Cloud) -> None:
    channel = {
        "SNSTopicArn": "arn:aws:sns:us-east-1:123456789012:done",
        "RoleArn": "arn:aws:iam::123456789012:role/textract",
    }
    with pytest.raises(ClientError, match="NotificationChannel is not run by the local cloud"):
        cloud.client("textract").start_expense_analysis(DocumentLocation=PLACE, NotificationChannel=channel)


def test_a_cloud_that_closes_leaves_no_thread_of_a_job_behind() -> None:
    before = set(threading.enumerate())
    cloud = Cloud()
    cloud.client("s3").create_bucket(Bucket="closing")
    cloud.client("s3").put_object(Bucket="closing", Key="a.png", Body=encoded(note()))
    place = {"S3Object": {"Bucket": "closing", "Name": "a.png"}}
    cloud.client("textract").start_document_text_detection(DocumentLocation=place)
    cloud.close()
    left = set(threading.enumerate()) - before
    assert not [thread for thread in left if thread.name.startswith("textract")]


def test_one_reading_serves_both_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workflow asks for text and fields of the same bytes; reading is what takes the time."""
    read, readings = ocr.read, []
    monkeypatch.setattr(ocr, "read", lambda image: readings.append(image.shape) or read(image))
    picture = note("Only once 17").resize((720, 180))  # a job of another test may still be reading
    content = encoded(picture)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda operation: operation(content), (detect_text, analyze_expense)))
    assert readings.count((180, 720, 3)) == 1
