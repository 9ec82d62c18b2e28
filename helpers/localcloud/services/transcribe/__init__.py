"""Transcribe's batch jobs, answered by a small local model for English (models/speech.py).

Shapes, limits and errors are those of https://docs.aws.amazon.com/transcribe/latest/APIReference/; the transcript has
the form of https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html#how-output. A job runs on the virtual clock;
what is wrong with its media shows, as on AWS, in its FailureReason.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from helpers.errors import UnsupportedLocally
from helpers.localcloud.cloud import Cloud, Service, ServiceError
from helpers.localcloud.services import _objects
from helpers.localcloud.services.transcribe.transcript import transcript

if TYPE_CHECKING:
    from helpers.localcloud.models.audio import Sound

Shape = dict[str, Any]

#: Virtual seconds: until the media is read, and from then on, with a share of its length. AWS publishes no figure;
#: short recordings take a good half minute.
_READING, _LEAST, _SHARE = 5.0, 30.0, 0.25

_MOST_BYTES = 2 * 1024**3
_MOST_SECONDS = 4 * 3600
_RATES = range(8_000, 48_001)

#: What MediaFormat can say and models/audio.py reads.
_FORMS = ("flac", "mp3", "ogg", "wav")

#: How a file begins that Transcribe reads and the local cloud does not: place, bytes, MediaFormat.
_NOT_READ = (
    (4, b"ftyp", "mp4 or m4a"),
    (0, b"\x1aE\xdf\xa3", "webm"),
    (0, b"#!AMR", "amr"),
)

_NOT_RUN = (
    "ContentRedaction",
    "IdentifyLanguage",
    "IdentifyMultipleLanguages",
    "JobExecutionSettings",
    "KMSEncryptionContext",
    "ModelSettings",
    "OutputEncryptionKMSKeyId",
    "Subtitles",
    "ToxicityDetection",
)
_SETTINGS_NOT_RUN = ("ShowAlternatives", "ShowSpeakerLabels", "VocabularyFilterName")

_NAME = re.compile(r"[0-9a-zA-Z._-]{1,200}")


class _Failed(Exception):
    """The job ends in FAILED, for this reason."""


def register(cloud: Cloud) -> Service:
    """The actions for batch jobs and their vocabularies."""
    jobs = Jobs(cloud)
    return Service(
        "transcribe",
        {
            "StartTranscriptionJob": jobs.start,
            "GetTranscriptionJob": jobs.get,
            "ListTranscriptionJobs": jobs.list_jobs,
            "DeleteTranscriptionJob": jobs.delete,
            "CreateVocabulary": jobs.create_vocabulary,
            "GetVocabulary": jobs.get_vocabulary,
            "DeleteVocabulary": jobs.delete_vocabulary,
        },
    )


class Jobs:
    """The transcription jobs and the vocabularies of one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._jobs: dict[str, Shape] = {}
        self._vocabularies: dict[str, Shape] = {}
        self._lock = threading.Lock()

    # ---- jobs

    def start(self, request: Shape) -> Shape:
        """StartTranscriptionJob."""
        name, settings = request["TranscriptionJobName"], request.get("Settings", {})
        _check(request, settings)
        bucket, key = _media(request)
        self._check_media(bucket, key)
        self._check_output(request)
        if "VocabularyName" in settings and settings["VocabularyName"] not in self._vocabularies:
            raise ServiceError(
                "BadRequestException", "The requested vocabulary couldn't be found. Check the vocabulary name."
            )
        now = self._cloud.clock.now()
        job = {
            "TranscriptionJobName": name,
            "TranscriptionJobStatus": "IN_PROGRESS",
            "LanguageCode": request["LanguageCode"],
            "Media": request["Media"],
            "StartTime": now,
            "CreationTime": now,
            "Settings": {"ChannelIdentification": False, "ShowAlternatives": False, **settings},
        } | {part: request[part] for part in ("MediaFormat", "MediaSampleRateHertz", "Tags") if part in request}
        with self._lock:
            if name in self._jobs:
                raise ServiceError("ConflictException", "The requested job name already exists.")
            self._jobs[name] = job
        self._cloud.clock.spawn(self._run(job, request))
        return {"TranscriptionJob": dict(job)}

    def get(self, request: Shape) -> Shape:
        """GetTranscriptionJob."""
        return {"TranscriptionJob": dict(self._job(request))}

    def list_jobs(self, request: Shape) -> Shape:
        """ListTranscriptionJobs: the newest first."""
        part = request.get("JobNameContains", "").lower()
        found = [
            _summary(job)
            for job in reversed(self._jobs.values())
            if part in job["TranscriptionJobName"].lower()
            and request.get("Status", job["TranscriptionJobStatus"]) == job["TranscriptionJobStatus"]
        ]
        token, most = request.get("NextToken", "0"), request.get("MaxResults", 5)
        if not token.isdecimal():
            raise ServiceError("BadRequestException", "The NextToken that you provided isn't valid.")
        end = int(token) + most
        answer: Shape = {"TranscriptionJobSummaries": found[int(token) : end]}
        answer |= {"Status": request["Status"]} if "Status" in request else {}
        return answer | ({"NextToken": str(end)} if end < len(found) else {})

    def delete(self, request: Shape) -> Shape:
        """DeleteTranscriptionJob; the transcript stays where it is."""
        with self._lock:
            if self._jobs.pop(request["TranscriptionJobName"], None) is None:
                raise ServiceError("BadRequestException", "The requested job couldn't be found. Check the job name.")
        return {}

    def _job(self, request: Shape) -> Shape:
        try:
            return self._jobs[request["TranscriptionJobName"]]
        except KeyError:
            raise ServiceError(
                "NotFoundException",
                "The requested job couldn't be found. Check the job name and try your request again.",
            ) from None

    def _check_media(self, bucket: str, key: str) -> None:
        if not _objects.is_near(self._cloud, bucket):
            raise ServiceError(
                "BadRequestException",
                "The specified S3 bucket isn't in the same region. Make sure the bucket is in the "
                f"{self._cloud.region} region and try your request again.",
            )
        try:
            found = self._cloud.client("s3").get_object(Bucket=bucket, Key=key)
        except ClientError:
            raise ServiceError(
                "BadRequestException",
                "The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your "
                "request again.",
            ) from None
        start = found["Body"].read(16)
        for place, magic, form in _NOT_READ:
            if start[place:].startswith(magic):
                raise UnsupportedLocally(
                    f"s3://{bucket}/{key} is {form}, which the local cloud does not read. Convert it to wav, mp3, flac "
                    "or ogg (`ffmpeg -i recording.m4a recording.wav`), or set WORKSHOP_TARGET=aws."
                )

    def _check_output(self, request: Shape) -> None:
        if "OutputBucketName" in request:
            try:
                self._cloud.client("s3").head_bucket(Bucket=request["OutputBucketName"])
            except ClientError:
                raise ServiceError(
                    "BadRequestException",
                    "The specified S3 bucket can't be accessed. Make sure that it exists, that you have write "
                    "permission, and try your request again.",
                ) from None

    # ---- the work

    async def _run(self, job: Shape, request: Shape) -> None:
        clock = self._cloud.clock
        try:
            sound = await clock.work(self._read, job, seconds=_READING)
            name = job["Settings"].get("VocabularyName", "")
            phrases = self._vocabularies.get(name, {}).get("Phrases", ())
            both = job["Settings"]["ChannelIdentification"]
            results = await clock.work(transcript, sound, both, phrases, seconds=_LEAST + _SHARE * sound.seconds)
            uri = self._write(job, request, results)
        except _Failed as reason:
            job |= {"TranscriptionJobStatus": "FAILED", "FailureReason": str(reason)}
        except Exception as problem:
            job |= {"TranscriptionJobStatus": "FAILED", "FailureReason": f"Internal failure: {problem}"}
        else:
            job |= {"TranscriptionJobStatus": "COMPLETED", "Transcript": {"TranscriptFileUri": uri}}
        job["CompletionTime"] = clock.now()
        self._publish(job)

    def _publish(self, job: Shape) -> None:
        """Tell EventBridge how a job ended.

        https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html
        """
        told = ("TranscriptionJobName", "TranscriptionJobStatus", "FailureReason")
        detail = {name: job[name] for name in told if name in job}
        self._cloud.publish("aws.transcribe", "Transcribe Job State Change", detail)

    def _read(self, job: Shape) -> Sound:
        from helpers.localcloud.models import audio, speech

        try:
            bucket, key = _media(job)
            content = _objects.fetch(self._cloud, bucket, key, most=_MOST_BYTES)
            sound = audio.decode(content, speech.RATE)
        except _objects.Missing:
            raise _Failed("The S3 object that you specified can't be accessed.") from None
        except _objects.TooLarge:
            raise _Failed("Invalid file size: file size too large") from None
        except audio.Unreadable:
            raise _Failed("Failed to parse audio file.") from None
        if sound.form not in _FORMS:
            raise _Failed("Unsupported media format")
        if job.get("MediaFormat", sound.form) != sound.form:
            raise _Failed("The media format provided does not match the detected media format")
        if sound.rate not in _RATES:
            raise _Failed("Invalid sample rate for audio file")
        if job.get("MediaSampleRateHertz", sound.rate) != sound.rate:
            raise _Failed("The sample rate provided does not match the detected sample rate")
        if job["Settings"]["ChannelIdentification"] and len(sound.channels) > 2:
            raise _Failed("Invalid number of channels: number of channels too large")
        if sound.seconds > _MOST_SECONDS:
            raise _Failed("Invalid file size: the recording is longer than four hours")
        job |= {"MediaFormat": sound.form, "MediaSampleRateHertz": sound.rate}
        return sound

    def _write(self, job: Shape, request: Shape, results: Shape) -> str:
        """Put the transcript where the request says, or into the service's own bucket; returns its URI."""
        cloud, name = self._cloud, job["TranscriptionJobName"]
        document = {"jobName": name, "accountId": cloud.account_id, "status": "COMPLETED", "results": results}
        bucket, key = request.get("OutputBucketName"), request.get("OutputKey", "")
        more = {}
        if key == "" or key.endswith("/"):
            key += f"{name}.json"
        start = f"https://s3.{cloud.region}.amazonaws.com"
        if bucket is None:
            # On AWS a signed address in a bucket of the service's; here one of the local cloud, which needs none.
            bucket, start = f"aws-transcribe-{cloud.region}-prod", cloud.endpoint
            key = f"{cloud.account_id}/{name}/asrOutput.json"
            cloud.client("s3").create_bucket(Bucket=bucket)
            more = {"ACL": "public-read"}
        cloud.client("s3").put_object(
            Bucket=bucket, Key=key, Body=json.dumps(document).encode(), ContentType="application/json", **more
        )
        return f"{start}/{bucket}/{key}"

    # ---- vocabularies

    def create_vocabulary(self, request: Shape) -> Shape:
        """CreateVocabulary, from phrases; what it says is likelier to be heard."""
        name = request["VocabularyName"]
        if "VocabularyFileUri" in request or "Phrases" not in request:
            raise UnsupportedLocally(
                "A vocabulary from a file is not read by the local cloud. Give its Phrases, or set WORKSHOP_TARGET=aws."
            )
        with self._lock:
            if name in self._vocabularies:
                raise ServiceError("ConflictException", "The requested vocabulary name already exists.")
            self._vocabularies[name] = {
                "VocabularyName": name,
                "LanguageCode": request["LanguageCode"],
                "VocabularyState": "READY",
                "LastModifiedTime": self._cloud.clock.now(),
                "Phrases": [phrase.replace("-", " ") for phrase in request["Phrases"]],
            }
        return self.get_vocabulary(request)

    def get_vocabulary(self, request: Shape) -> Shape:
        """GetVocabulary."""
        found = self._vocabularies.get(request["VocabularyName"])
        if found is None:
            raise ServiceError(
                "NotFoundException", "The requested vocabulary couldn't be found. Check the vocabulary name."
            )
        return {name: value for name, value in found.items() if name != "Phrases"}

    def delete_vocabulary(self, request: Shape) -> Shape:
        """DeleteVocabulary."""
        self.get_vocabulary(request)
        del self._vocabularies[request["VocabularyName"]]
        return {}


# ---- requests


def _check(request: Shape, settings: Mapping[str, Any]) -> None:
    refused = [name for name in _NOT_RUN if request.get(name)]
    refused += [f"Settings.{name}" for name in _SETTINGS_NOT_RUN if settings.get(name)]
    if refused:
        raise UnsupportedLocally(
            f"A transcription job with {', '.join(refused)} is not run by the local cloud. Leave it out (a two-channel "
            "recording with ChannelIdentification tells speakers apart), or set WORKSHOP_TARGET=aws."
        )
    if not _NAME.fullmatch(request["TranscriptionJobName"]):
        raise ServiceError(
            "BadRequestException",
            "The job name that you provided isn't valid: letters, digits, '.', '_' and '-', 200 at the most.",
        )
    code = request.get("LanguageCode")
    if code is None:
        raise ServiceError(
            "BadRequestException",
            "You must specify one of LanguageCode, IdentifyLanguage or IdentifyMultipleLanguages.",
        )
    if not code.startswith("en-"):
        raise UnsupportedLocally(
            f"Transcribe in language {code!r} is not answered by the local cloud, whose small model knows English. "
            "Use LanguageCode en-US, or set WORKSHOP_TARGET=aws."
        )


def _media(request: Shape) -> tuple[str, str]:
    bucket, key = _objects.place(request["Media"].get("MediaFileUri", "")) or ("", "")
    if not bucket or not key:
        raise ServiceError(
            "BadRequestException",
            "The S3 URI that you provided isn't valid. Check the MediaFileUri and try your request again.",
        )
    return bucket, key


def _summary(job: Shape) -> Shape:
    names = (
        "TranscriptionJobName", "CreationTime", "StartTime", "CompletionTime", "LanguageCode",
        "TranscriptionJobStatus", "FailureReason",
    )  # fmt: skip
    uri = job.get("Transcript", {}).get("TranscriptFileUri", "https://")
    own = "CUSTOMER_BUCKET" if uri.startswith("https://") else "SERVICE_BUCKET"
    return {name: job[name] for name in names if name in job} | {"OutputLocationType": own}
