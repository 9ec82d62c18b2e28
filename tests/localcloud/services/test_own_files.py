"""A reader's own files: a photo, a receipt and recordings that are not the kit's, nor made as the kit's were."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from localcloud.cloud import Cloud
from localcloud.models import audio
from tests.localcloud.services import answers

#: In the wheel of matplotlib: an officer's portrait (U.S. Navy, public domain).
PORTRAIT = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"

SENTENCE = (
    "The parcel arrived on Tuesday, but the blue lamp inside was cracked. Please send a replacement to my office."
)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    for bucket in ("mine", "transcripts"):
        cloud.client("s3").create_bucket(Bucket=bucket)
    yield cloud
    cloud.close()


# ---- a photo


def test_a_photo_shows_a_person_with_one_face(cloud: Cloud) -> None:
    rekognition = answers.client(cloud, "rekognition")
    image = {"Bytes": PORTRAIT.read_bytes()}
    labels = {label["Name"]: label for label in rekognition.detect_labels(Image=image)["Labels"]}
    assert labels["Person"]["Confidence"] > 75
    assert labels["Person"]["Instances"]
    (face,) = rekognition.detect_faces(Image=image)["FaceDetails"]
    box = face["BoundingBox"]
    assert 0.2 < box["Left"] < box["Left"] + box["Width"] < 0.8
    assert rekognition.detect_moderation_labels(Image=image)["ModerationLabels"] == []


# ---- a receipt

ROWS = (("Day pass adult", "14.00"), ("Bike rental 3h", "21.50"), ("Helmet", "4.00"))


def receipt() -> bytes:
    """A wide slip in Pillow's own font, the prices before the words, photographed on a dark table by a shaky hand."""
    slip = Image.new("L", (900, 620), 244)
    draw = ImageDraw.Draw(slip)

    def write(x: int, y: int, text: str, size: int = 30) -> None:
        draw.text((x, y), text, fill=35, font=ImageFont.load_default(size))

    write(40, 30, "LAKESIDE CYCLE PARK", 48)
    write(40, 92, "Boathouse Road 3, Milford, CT 06460")
    write(40, 136, "Receipt no. 90417")
    write(560, 136, "07/19/2025 10:32")
    for place, (name, price) in enumerate(ROWS):
        write(40, 220 + 52 * place, name)
        write(760, 220 + 52 * place, price)
    draw.line((40, 390, 860, 390), fill=35, width=2)
    write(40, 405, "Subtotal")
    write(760, 405, "39.50")
    write(40, 450, "Sales tax 6.35%")
    write(760, 450, "2.51")
    write(40, 505, "Total USD", 36)
    write(740, 505, "42.01", 36)
    table = Image.new("L", (1060, 780), 60)
    table.paste(slip, (80, 80))
    table = table.rotate(2.5, resample=Image.Resampling.BICUBIC, fillcolor=60)
    grain = np.random.default_rng(5).normal(0, 6, (table.height, table.width))
    photo = Image.fromarray(np.clip(np.asarray(table) + grain, 0, 255).astype(np.uint8))
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def test_a_receipt_gives_its_vendor_date_total_and_items(cloud: Cloud) -> None:
    cloud.client("s3").put_object(Bucket="mine", Key="cycle.jpg", Body=receipt())
    textract = answers.client(cloud, "textract")
    (document,) = textract.analyze_expense(Document={"S3Object": {"Bucket": "mine", "Name": "cycle.jpg"}})[
        "ExpenseDocuments"
    ]
    fields = {field["Type"]["Text"]: field["ValueDetection"]["Text"] for field in document["SummaryFields"]}
    assert fields["VENDOR_NAME"] == "LAKESIDE CYCLE PARK"
    assert (fields["SUBTOTAL"], fields["TAX"], fields["TOTAL"]) == ("39.50", "2.51", "42.01")
    assert "07/19/2025" in fields["INVOICE_RECEIPT_DATE"]
    items = [
        {field["Type"]["Text"]: field["ValueDetection"]["Text"] for field in line["LineItemExpenseFields"]}
        for line in document["LineItemGroups"][0]["LineItems"]
    ]
    assert [(item["ITEM"], item["PRICE"]) for item in items] == list(ROWS)


# ---- recordings


def recorded(cloud: Cloud, form: str, rate: int) -> bytes:
    """The sentence, as Polly says it, in a room that hums, at a studio's rate, with a second of silence before."""
    said = cloud.client("polly").synthesize_speech(Text=SENTENCE, VoiceId="Joanna", OutputFormat="pcm")
    samples = np.frombuffer(said["AudioStream"].read(), "<i2").astype(np.float32) / 32768
    samples = audio.resampled(samples, 16_000, rate)
    samples = np.concatenate([np.zeros(rate, np.float32), samples * 0.6])
    seconds = np.arange(len(samples)) / rate
    hum = 0.004 * np.sin(2 * np.pi * 50 * seconds) + np.random.default_rng(3).normal(0, 0.002, len(samples))
    return audio.encode(((samples + hum).astype(np.float32),), rate, form)


@pytest.mark.parametrize(("form", "rate"), [("wav", 44_100), ("mp3", 22_050), ("flac", 16_000)])
def test_a_recording_is_heard_and_its_first_word_after_the_silence(cloud: Cloud, form: str, rate: int) -> None:
    key = f"lamp.{form}"
    cloud.client("s3").put_object(Bucket="mine", Key=key, Body=recorded(cloud, form, rate))
    transcribe = answers.client(cloud, "transcribe")
    transcribe.start_transcription_job(
        TranscriptionJobName=key,
        LanguageCode="en-US",
        Media={"MediaFileUri": f"s3://mine/{key}"},
        OutputBucketName="transcripts",
    )
    answers.pass_seconds(cloud, 120)
    job = transcribe.get_transcription_job(TranscriptionJobName=key)["TranscriptionJob"]
    assert (job["TranscriptionJobStatus"], job["MediaFormat"], job["MediaSampleRateHertz"]) == ("COMPLETED", form, rate)
    written = cloud.client("s3").get_object(Bucket="transcripts", Key=f"{key}.json")["Body"].read()
    results = json.loads(written)["results"]
    heard = set(re.findall(r"[a-z]+", results["transcripts"][0]["transcript"].lower()))
    assert {"parcel", "tuesday", "blue", "lamp", "cracked", "replacement", "office"} <= heard
    assert 0.8 < float(results["items"][0]["start_time"]) < 1.6
