"""An outside client accepts the answers: the AWS CLI, a call for each AI service, of what `workshop.py cloud` runs."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import boto3
import pytest
from awscli.clidriver import create_clidriver

import localcloud
from localcloud.models import audio

DATA = Path(__file__).resolve().parents[3] / "data"
Aws = Callable[..., Any]


@pytest.fixture(scope="module")
def cloud() -> Iterator[localcloud.LocalCloud]:
    with localcloud.start() as started:
        yield started


@pytest.fixture(scope="module")
def aws(cloud: localcloud.LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """`aws` with the settings of a cloud of its own: takes the other words, gives the JSON that it prints."""
    home = str(tmp_path_factory.mktemp("home"))
    settings = pytest.MonkeyPatch()
    for name, value in (cloud.environment() | {"HOME": home, "USERPROFILE": home}).items():
        settings.setenv(name, value)

    def call(*words: str) -> Any:
        printed, said = io.StringIO(), io.StringIO()
        with redirect_stdout(printed), redirect_stderr(said):
            code = create_clidriver().main(["--output", "json", *words])
        assert code == 0, said.getvalue()
        return json.loads(printed.getvalue()) if printed.getvalue().startswith("{") else printed.getvalue()

    call("s3", "mb", "s3://own")
    chosen = [f"--include={path}" for path in ("photos/cat.jpg", "receipts/09-fern-field.png", "calls/question.wav")]
    call("s3", "cp", str(DATA), "s3://own", "--recursive", "--exclude", "*", *chosen)
    yield call
    settings.undo()


def test_rekognition_labels_a_photo_of_s3(aws: Aws) -> None:
    place = '{"S3Object": {"Bucket": "own", "Name": "photos/cat.jpg"}}'
    answer = aws("rekognition", "detect-labels", "--image", place, "--max-labels", "5")
    assert "Cat" in [label["Name"] for label in answer["Labels"]]


def test_textract_reads_a_receipt_of_s3(aws: Aws) -> None:
    place = '{"S3Object": {"Bucket": "own", "Name": "receipts/09-fern-field.png"}}'
    answer = aws("textract", "analyze-expense", "--document", place)
    assert answer["ExpenseDocuments"][0]["SummaryFields"]
    blocks = aws("textract", "detect-document-text", "--document", place)["Blocks"]
    assert {block["BlockType"] for block in blocks} == {"PAGE", "LINE", "WORD"}


def test_transcribe_does_a_job_that_can_be_waited_for(aws: Aws, cloud: localcloud.LocalCloud, tmp_path: Path) -> None:
    words = ["--language-code", "en-US", "--media", "MediaFileUri=s3://own/calls/question.wav"]
    name = ["--transcription-job-name", "asked"]
    started = aws("transcribe", "start-transcription-job", *name, *words, "--output-bucket-name", "own")
    assert started["TranscriptionJob"]["TranscriptionJobStatus"] in ("IN_PROGRESS", "COMPLETED")
    transcribe = boto3.client("transcribe", **cloud.settings())  # or `wait` would look once in ten real seconds
    while transcribe.get_transcription_job(TranscriptionJobName="asked")["TranscriptionJob"].get("Transcript") is None:
        time.sleep(0.05)
    aws("transcribe", "wait", "transcription-job-completed", *name)
    job = aws("transcribe", "get-transcription-job", *name)["TranscriptionJob"]
    assert job["TranscriptionJobStatus"] == "COMPLETED"
    aws("s3", "cp", "s3://own/asked.json", str(tmp_path))
    assert "address" in json.loads((tmp_path / "asked.json").read_text())["results"]["transcripts"][0]["transcript"]


def test_comprehend_rates_a_text(aws: Aws) -> None:
    answer = aws("comprehend", "detect-sentiment", "--language-code", "en", "--text", "I love this wonderful kettle.")
    assert answer["Sentiment"] == "POSITIVE"


def test_polly_speaks_into_a_file(aws: Aws, tmp_path: Path) -> None:
    words = ["--voice-id", "Joanna", "--output-format", "mp3", "--text", "Good morning."]
    answer = aws("polly", "synthesize-speech", *words, str(tmp_path / "morning.mp3"))
    assert answer["ContentType"] == "audio/mpeg"
    assert 0.3 < audio.decode((tmp_path / "morning.mp3").read_bytes(), 16_000).seconds < 3


def test_an_error_is_one_that_the_client_knows(aws: Aws) -> None:
    with pytest.raises(AssertionError, match="InvalidS3ObjectException"):
        aws("rekognition", "detect-labels", "--image", '{"S3Object": {"Bucket": "own", "Name": "nothing"}}')
