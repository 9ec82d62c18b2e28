"""Transcribe as the local cloud answers it: AWS's shapes, limits and errors; what it hears in the kit's calls."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from werkzeug.test import Client

from localcloud.cloud import Cloud
from localcloud.models import audio, voice
from localcloud.services.transcribe import transcript
from tests.localcloud.services import answers

CALLS = Path(__file__).resolve().parents[3] / "data" / "calls"
SENTENCE = "Please cancel my order, and send me a letter."


@pytest.fixture(scope="module")
def spoken() -> Any:
    return audio.resampled(voice.speak(SENTENCE), voice.RATE, 8000)


@pytest.fixture(scope="module")
def cloud(spoken: Any) -> Iterator[Cloud]:
    cloud = Cloud()
    s3 = cloud.client("s3")
    for bucket in ("calls", "transcripts"):
        s3.create_bucket(Bucket=bucket)
    silence = np.zeros_like(spoken)
    for key, content in {
        "mono.wav": audio.encode((spoken,), 8000, "wav"),
        "mono.mp3": audio.encode((spoken,), 8000, "mp3"),
        "two.wav": audio.encode((np.concatenate([spoken, silence]), np.concatenate([silence, spoken])), 8000, "wav"),
        "silence.wav": audio.encode((silence,), 8000, "wav"),
        "low.wav": audio.encode((silence,), 6000, "wav"),
        "empty.wav": b"",
        "notes.txt": b"Please cancel my order.",
    }.items():
        s3.put_object(Bucket="calls", Key=key, Body=content)
    yield cloud
    cloud.close()


@pytest.fixture(scope="module")
def transcribe(cloud: Cloud) -> Any:
    return answers.client(cloud, "transcribe")


def request(name: str, key: str, **more: Any) -> dict[str, Any]:
    settings = {
        "TranscriptionJobName": name,
        "LanguageCode": "en-US",
        "Media": {"MediaFileUri": f"s3://calls/{key}"},
        "OutputBucketName": "transcripts",
    }
    return settings | more


def done(cloud: Cloud, transcribe: Any, name: str, key: str, **more: Any) -> dict[str, Any]:
    """Start a job and wait, on the virtual clock, until it is over."""
    transcribe.start_transcription_job(**request(name, key, **more))
    answers.pass_seconds(cloud, 120)
    job: dict[str, Any] = transcribe.get_transcription_job(TranscriptionJobName=name)["TranscriptionJob"]
    return job


def result(cloud: Cloud, key: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(cloud.client("s3").get_object(Bucket="transcripts", Key=key)["Body"].read())
    return document


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


# ---- a job


def test_a_job_writes_what_is_said_with_the_time_of_each_word(cloud: Cloud, transcribe: Any) -> None:
    job = done(cloud, transcribe, "mono", "mono.wav")
    assert (job["TranscriptionJobStatus"], job["MediaFormat"], job["MediaSampleRateHertz"]) == (
        "COMPLETED",
        "wav",
        8000,
    )
    assert job["Transcript"]["TranscriptFileUri"] == "https://s3.us-east-1.amazonaws.com/transcripts/mono.json"
    document = result(cloud, "mono.json")
    assert (document["jobName"], document["accountId"], document["status"]) == ("mono", "123456789012", "COMPLETED")
    results = document["results"]
    (whole,) = results["transcripts"]
    assert {"cancel", "order", "letter"} <= set(words(whole["transcript"]))
    assert [item["id"] for item in results["items"]] == list(range(len(results["items"])))
    spoken = [item for item in results["items"] if item["type"] == "pronunciation"]
    assert [item["alternatives"][0]["content"].lower() for item in spoken] == words(whole["transcript"])
    starts = [float(item["start_time"]) for item in spoken]
    assert starts == sorted(starts)
    assert all(float(item["start_time"]) < float(item["end_time"]) for item in spoken)
    assert all(0 < float(item["alternatives"][0]["confidence"]) <= 1 for item in spoken)
    marks = [item for item in results["items"] if item["type"] == "punctuation"]
    assert marks[-1] == {"id": len(results["items"]) - 1, "type": "punctuation",
                         "alternatives": [{"confidence": "0.0", "content": "."}]}  # fmt: skip
    assert results["audio_segments"][0]["items"][0] == 0


def test_two_channels_are_written_apart_and_merged_in_time(cloud: Cloud, transcribe: Any) -> None:
    done(cloud, transcribe, "two", "two.wav", Settings={"ChannelIdentification": True}, OutputKey="calls/")
    results = result(cloud, "calls/two.json")["results"]
    labels = results["channel_labels"]
    assert labels["number_of_channels"] == 2
    for channel in labels["channels"]:
        content = [item["alternatives"][0]["content"].lower() for item in channel["items"]]
        assert {"cancel", "order", "letter"} <= set(content)
        assert {item["channel_label"] for item in channel["items"]} == {channel["channel_label"]}
    assert [segment["channel_label"] for segment in results["audio_segments"]] == ["ch_0", "ch_1"]
    assert words(results["transcripts"][0]["transcript"]).count("cancel") == 2


def test_without_a_bucket_the_transcript_is_at_an_address_of_the_local_cloud(cloud: Cloud, transcribe: Any) -> None:
    plain = request("own", "mono.mp3", OutputKey="x")
    del plain["OutputBucketName"], plain["OutputKey"]
    transcribe.start_transcription_job(**plain)
    answers.pass_seconds(cloud, 120)
    job = transcribe.get_transcription_job(TranscriptionJobName="own")["TranscriptionJob"]
    assert job["MediaFormat"] == "mp3"
    uri = job["Transcript"]["TranscriptFileUri"]
    assert uri.startswith(cloud.endpoint)
    fetched = Client(cloud.front).get(urllib.parse.urlsplit(uri).path, base_url=cloud.endpoint)  # nobody's signature
    assert "cancel" in json.loads(fetched.data)["results"]["transcripts"][0]["transcript"]


def test_silence_is_a_transcript_without_words(cloud: Cloud, transcribe: Any) -> None:
    assert done(cloud, transcribe, "silence", "silence.wav")["TranscriptionJobStatus"] == "COMPLETED"
    results = result(cloud, "silence.json")["results"]
    assert (results["transcripts"], results["items"]) == ([{"transcript": ""}], [])


def test_a_workflow_s_poll_loop_makes_two_rounds_every_time(cloud: Cloud) -> None:
    name, task = {"TranscriptionJobName.$": "$$.Execution.Name"}, "arn:aws:states:::aws-sdk:transcribe:"
    job = request("", "mono.wav") | name
    del job["TranscriptionJobName"]
    over = {"Variable": "$.TranscriptionJob.TranscriptionJobStatus", "StringEquals": "COMPLETED", "Next": "End"}
    states = {
        "Start": {"Type": "Task", "Resource": f"{task}startTranscriptionJob", "Parameters": job, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Look"},
        "Look": {"Type": "Task", "Resource": f"{task}getTranscriptionJob", "Parameters": name, "Next": "Over?"},
        "Over?": {"Type": "Choice", "Choices": [over], "Default": "Wait"},
        "End": {"Type": "Succeed"},
    }
    workflows = cloud.client("stepfunctions")
    machine = workflows.create_state_machine(
        name="polling",
        definition=json.dumps({"StartAt": "Start", "States": states}),
        roleArn="arn:aws:iam::123456789012:role/workshop",
    )["stateMachineArn"]
    for run in ("polled-1", "polled-2"):
        execution = workflows.start_execution(stateMachineArn=machine, name=run)["executionArn"]
        answers.pass_seconds(cloud, 300)
        events = workflows.get_execution_history(executionArn=execution)["events"]
        assert events[-1]["type"] == "ExecutionSucceeded"
        assert [event["type"] for event in events].count("WaitStateExited") == 2


# ---- what fails, and what is refused


@pytest.mark.parametrize(
    ("key", "more", "reason"),
    [
        ("empty.wav", {}, "Failed to parse audio file."),
        ("notes.txt", {}, "Failed to parse audio file."),
        ("low.wav", {}, "Invalid sample rate for audio file"),
        ("mono.wav", {"MediaFormat": "mp3"}, "The media format provided does not match the detected media format"),
        (
            "mono.wav",
            {"MediaSampleRateHertz": 16000},
            "The sample rate provided does not match the detected sample rate",
        ),
    ],
)
def test_media_that_cannot_be_heard_fail_the_job_with_aws_s_reason(
    cloud: Cloud, transcribe: Any, key: str, more: dict[str, Any], reason: str
) -> None:
    job = done(cloud, transcribe, re.sub(r"\W+", "-", f"{key}-{more}"), key, **more)
    assert (job["TranscriptionJobStatus"], job["FailureReason"]) == ("FAILED", reason)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"Media": {"MediaFileUri": "s3://calls/nothing.wav"}}, "can't be accessed"),
        ({"Media": {"MediaFileUri": "ftp://calls/mono.wav"}}, "at 'media.mediaFileUri' failed"),
        ({"OutputBucketName": "nowhere"}, "specified S3 bucket can't be accessed"),
        ({"TranscriptionJobName": "a name"}, "at 'transcriptionJobName' failed"),
        ({"Settings": {"VocabularyName": "missing"}}, "vocabulary couldn't be found"),
    ],
)
def test_a_request_that_cannot_start_is_a_bad_request(transcribe: Any, change: dict[str, Any], part: str) -> None:
    code, message = answers.error(transcribe.start_transcription_job, **request("bad", "mono.wav") | change)
    assert code == "BadRequestException"
    assert part in message


@pytest.mark.parametrize(
    ("start", "form"),
    [(b"\0\0\0\x20ftypM4A ", "m4a"), (b"\x1aE\xdf\xa3\x01", "webm"), (b"#!AMR\n", "amr")],
)
def test_a_format_that_is_not_read_here_is_refused_with_what_to_do(
    cloud: Cloud, transcribe: Any, start: bytes, form: str
) -> None:
    cloud.client("s3").put_object(Bucket="calls", Key="phone", Body=start + bytes(100))
    code, message = answers.error(transcribe.start_transcription_job, **request("phone", "phone"))
    assert code == "UnsupportedLocally"
    assert form in message
    assert "Convert it to wav" in message


def test_a_name_is_taken_once(cloud: Cloud, transcribe: Any) -> None:
    transcribe.start_transcription_job(**request("once", "silence.wav"))
    code, message = answers.error(transcribe.start_transcription_job, **request("once", "silence.wav"))
    assert (code, message) == ("ConflictException", "The requested job name already exists.")
    answers.pass_seconds(cloud, 120)


@pytest.mark.parametrize(
    "change",
    [
        {"LanguageCode": "de-DE"},
        {"IdentifyLanguage": True},
        {"Settings": {"ShowSpeakerLabels": True, "MaxSpeakerLabels": 2}},
        {"ContentRedaction": {"RedactionType": "PII", "RedactionOutput": "redacted"}},
    ],
)
def test_what_the_small_model_cannot_do_is_refused(transcribe: Any, change: dict[str, Any]) -> None:
    code, message = answers.error(transcribe.start_transcription_job, **request("refused", "mono.wav") | change)
    assert code == "UnsupportedLocally"
    assert "WORKSHOP_TARGET=aws" in message


# ---- lists and vocabularies


def test_jobs_are_listed_and_deleted(cloud: Cloud, transcribe: Any) -> None:
    for number in range(3):
        transcribe.start_transcription_job(**request(f"listed-{number}", "silence.wav"))
    answers.pass_seconds(cloud, 120)
    page = transcribe.list_transcription_jobs(JobNameContains="LISTED", Status="COMPLETED", MaxResults=2)
    assert [job["TranscriptionJobName"] for job in page["TranscriptionJobSummaries"]] == ["listed-2", "listed-1"]
    rest = transcribe.list_transcription_jobs(JobNameContains="LISTED", Status="COMPLETED", NextToken=page["NextToken"])
    assert [job["TranscriptionJobName"] for job in rest["TranscriptionJobSummaries"]] == ["listed-0"]
    transcribe.delete_transcription_job(TranscriptionJobName="listed-0")
    code, _ = answers.error(transcribe.get_transcription_job, TranscriptionJobName="listed-0")
    assert code == "NotFoundException"


def test_a_fault_of_our_own_ends_the_job_and_leaves_its_traceback_in_the_log(
    cloud: Cloud, transcribe: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("localcloud.models.audio.decode", lambda *_: 1 / 0)
    job = done(cloud, transcribe, "faulty", "silence.wav")
    assert job["TranscriptionJobStatus"] == "FAILED"
    assert job["FailureReason"].startswith("Internal failure: ZeroDivisionError: division by zero (fault ")
    (record,) = caplog.records
    assert record.getMessage().split(":")[0] in job["FailureReason"]
    assert record.getMessage().endswith("transcription job faulty failed")
    assert "ZeroDivisionError" in caplog.text


def test_a_vocabulary_s_phrases_are_heard(cloud: Cloud, transcribe: Any) -> None:
    made = transcribe.create_vocabulary(VocabularyName="names", LanguageCode="en-US", Phrases=["cancel-my-order"])
    assert made["VocabularyState"] == "READY"
    job = done(cloud, transcribe, "with-names", "mono.wav", Settings={"VocabularyName": "names"})
    assert job["TranscriptionJobStatus"] == "COMPLETED"
    assert "cancel my order" in result(cloud, "with-names.json")["results"]["transcripts"][0]["transcript"]
    transcribe.delete_vocabulary(VocabularyName="names")
    assert answers.error(transcribe.get_vocabulary, VocabularyName="names")[0] == "NotFoundException"


# ---- the kit's calls


def test_a_call_of_the_kit_is_heard_nearly_word_for_word() -> None:
    sound = audio.decode((CALLS / "cancellation.wav").read_bytes(), 16_000)
    assert (len(sound.channels), sound.rate) == (2, 8000)
    heard = transcript(sound, True)
    customer = [segment["transcript"] for segment in heard["audio_segments"] if segment["channel_label"] == "ch_1"]
    script = (CALLS / "cancellation.txt").read_text(encoding="utf-8").splitlines()
    said = {word for line in script if line.startswith("Customer: ") for word in words(line[10:])}
    assert len(said - set(words(" ".join(customer)))) <= len(said) // 10


# ---- last, because a cloud that closes empties moto for all of its process


def test_a_job_is_in_progress_for_its_virtual_seconds() -> None:
    cloud = Cloud(speed=1)
    try:
        s3, transcribe = cloud.client("s3"), answers.client(cloud, "transcribe")
        s3.create_bucket(Bucket="calls")
        s3.put_object(Bucket="calls", Key="a.wav", Body=b"RIFF")
        s3.create_bucket(Bucket="transcripts")
        started = transcribe.start_transcription_job(**request("slow", "a.wav"))["TranscriptionJob"]
        assert started["TranscriptionJobStatus"] == "IN_PROGRESS"
        job = transcribe.get_transcription_job(TranscriptionJobName="slow")["TranscriptionJob"]
        assert job["TranscriptionJobStatus"] == "IN_PROGRESS"
        assert "Transcript" not in job
    finally:
        cloud.close()
