"""Transcribe's batch jobs, answered by a small local model for English (models/speech.py).

Shapes, limits and errors are those of https://docs.aws.amazon.com/transcribe/latest/APIReference/; the transcript has
the form of https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html#how-output. A job runs on the virtual clock;
what is wrong with its media shows, as on AWS, in its FailureReason.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.acting import acting_as
from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally
from localcloud.host import Host, Service
from localcloud.services import _objects
from localcloud.services._jobs import Job, JobFailed, Statuses
from localcloud.services._paging import Pages
from localcloud.services._regional import Regional
from localcloud.services.transcribe.transcript import transcript

if TYPE_CHECKING:
    from localcloud.models.audio import Sound


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


_PAGES = Pages(
    lambda: ServiceError("BadRequestException", "The NextToken that you provided isn't valid."), default=5, most=100
)


def register(cloud: Host) -> Service:
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

    def __init__(self, cloud: Host) -> None:
        self._cloud = cloud
        self._jobs: Regional[str, TranscriptionJob] = Regional(cloud)
        self._vocabularies: Regional[str, Structure] = Regional(cloud)
        self._lock = threading.Lock()

    # ---- jobs

    def start(self, request: Structure) -> Structure:
        """StartTranscriptionJob."""
        name, settings = request["TranscriptionJobName"], request.get("Settings", {})
        _check(request, settings)
        bucket, key = _media(request)
        self._check_media(bucket, key)
        self._check_output(request)
        vocabulary = self._vocabularies.get(settings.get("VocabularyName"), {})
        if "VocabularyName" in settings and not vocabulary:
            raise ServiceError(
                "BadRequestException", "The requested vocabulary couldn't be found. Check the vocabulary name."
            )
        job = TranscriptionJob(self._cloud, request, vocabulary.get("Phrases", ()))
        with self._lock:
            if name in self._jobs:
                raise ServiceError("ConflictException", "The requested job name already exists.")
            self._jobs[name] = job
        answer = {"TranscriptionJob": job.describe()}
        job.start()
        return answer

    def get(self, request: Structure) -> Structure:
        """GetTranscriptionJob."""
        return {"TranscriptionJob": self._job(request).describe()}

    def list_jobs(self, request: Structure) -> Structure:
        """ListTranscriptionJobs: the newest first."""
        part = request.get("JobNameContains", "").lower()
        found = [
            job.summary()
            for job in reversed(list(self._jobs.values()))
            if part in job.name.lower() and request.get("Status", job.status) == job.status
        ]
        listed, token = _PAGES.page(found, request, "ListTranscriptionJobs")
        return {"TranscriptionJobSummaries": listed, "Status": request.get("Status"), "NextToken": token}

    def delete(self, request: Structure) -> Structure:
        """DeleteTranscriptionJob; the transcript stays where it is."""
        with self._lock:
            if self._jobs.pop(request["TranscriptionJobName"], None) is None:
                raise ServiceError("BadRequestException", "The requested job couldn't be found. Check the job name.")
        return {}

    def _job(self, request: Structure) -> TranscriptionJob:
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

    def _check_output(self, request: Structure) -> None:
        if "OutputBucketName" in request:
            try:
                with acting_as(None):
                    self._cloud.client("s3").head_bucket(Bucket=request["OutputBucketName"])
            except ClientError:
                raise ServiceError(
                    "BadRequestException",
                    "The specified S3 bucket can't be accessed. Make sure that it exists, that you have write "
                    "permission, and try your request again.",
                ) from None

    # ---- vocabularies

    def create_vocabulary(self, request: Structure) -> Structure:
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

    def get_vocabulary(self, request: Structure) -> Structure:
        """GetVocabulary."""
        found = self._vocabularies.get(request["VocabularyName"])
        if found is None:
            raise ServiceError(
                "NotFoundException", "The requested vocabulary couldn't be found. Check the vocabulary name."
            )
        return {name: value for name, value in found.items() if name != "Phrases"}

    def delete_vocabulary(self, request: Structure) -> Structure:
        """DeleteVocabulary."""
        self.get_vocabulary(request)
        del self._vocabularies[request["VocabularyName"]]
        return {}


class TranscriptionJob(Job):
    """A transcription job.

    Args:
        cloud: whose it is.
        request: StartTranscriptionJob's, checked.
        phrases: those of its vocabulary.
    """

    statuses = Statuses("IN_PROGRESS", "COMPLETED", "FAILED")
    title, internal = "transcription job", "Internal failure: "

    def __init__(self, cloud: Host, request: Structure, phrases: Sequence[str]) -> None:
        super().__init__(cloud.clock, request["TranscriptionJobName"])
        self._cloud, self._request, self._phrases = cloud, request, phrases
        defaults = {"ChannelIdentification": False, "ShowAlternatives": False}
        self._settings: Structure = {**defaults, **request.get("Settings", {})}
        self._sound: Sound | None = None
        self._uri: str | None = None  # of the transcript

    async def run(self) -> None:
        """The media is read and transcribed, the transcript written."""
        sound, results = await self.work(self._begin, seconds=_READING)
        self._uri = self._write(await self.work(results, seconds=_LEAST + _SHARE * sound.seconds))

    def _end(self, status: str, failure: str | None = None) -> None:
        """The end, of which EventBridge hears.

        https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html
        """
        super()._end(status, failure)
        detail = {"TranscriptionJobName": self.name, "TranscriptionJobStatus": status}
        reason = {"FailureReason": failure} if failure else {}
        self._cloud.publish("aws.transcribe", "Transcribe Job State Change", detail | reason)

    def _begin(self) -> tuple[Sound, Callable[[], Structure]]:
        """The recording, and what waits for its transcript, which is begun at once: a core may be free."""
        sound = self._sound = self._read()
        both = self._settings["ChannelIdentification"]
        return sound, self._cloud.clock.begin(transcript, sound, both, self._phrases)

    def _read(self) -> Sound:
        from localcloud.models import audio, speech

        try:
            bucket, key = _media(self._request)
            content = _objects.fetch(self._cloud, bucket, key, most=_MOST_BYTES)
            sound = audio.decode(content, speech.RATE)
        except _objects.Missing:
            raise JobFailed("The S3 object that you specified can't be accessed.") from None
        except _objects.TooLarge:
            raise JobFailed("Invalid file size: file size too large") from None
        except audio.Unreadable:
            raise JobFailed("Failed to parse audio file.") from None
        if sound.form not in _FORMS:
            raise JobFailed("Unsupported media format")
        if self._request.get("MediaFormat", sound.form) != sound.form:
            raise JobFailed("The media format provided does not match the detected media format")
        if sound.rate not in _RATES:
            raise JobFailed("Invalid sample rate for audio file")
        if self._request.get("MediaSampleRateHertz", sound.rate) != sound.rate:
            raise JobFailed("The sample rate provided does not match the detected sample rate")
        if self._settings["ChannelIdentification"] and len(sound.channels) > 2:
            raise JobFailed("Invalid number of channels: number of channels too large")
        if sound.seconds > _MOST_SECONDS:
            raise JobFailed("Invalid file size: the recording is longer than four hours")
        return sound

    def _write(self, results: Structure) -> str:
        """Put the transcript where the request says, or into the service's own bucket; returns its URI."""
        cloud, name = self._cloud, self.name
        document = {"jobName": name, "accountId": cloud.account_id, "status": "COMPLETED", "results": results}
        bucket, key = self._request.get("OutputBucketName"), self._request.get("OutputKey", "")
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

    def describe(self) -> Structure:
        """As GetTranscriptionJob answers."""
        sound, request = self._sound, self._request
        transcribed = self.status == self.statuses.completed
        return _given(
            {
                "TranscriptionJobName": self.name,
                "TranscriptionJobStatus": self.status,
                "LanguageCode": request["LanguageCode"],
                "MediaSampleRateHertz": sound.rate if sound else request.get("MediaSampleRateHertz"),
                "MediaFormat": sound.form if sound else request.get("MediaFormat"),
                "Media": request["Media"],
                "Transcript": {"TranscriptFileUri": self._uri} if transcribed else None,
                "StartTime": self.created,
                "CreationTime": self.created,
                "CompletionTime": self.ended,
                "FailureReason": self.failure,
                "Settings": self._settings,
                "Tags": request.get("Tags"),
            }
        )

    def summary(self) -> Structure:
        """As in a list."""
        service = self._uri is not None and "OutputBucketName" not in self._request
        return _given(
            {
                "TranscriptionJobName": self.name,
                "CreationTime": self.created,
                "StartTime": self.created,
                "CompletionTime": self.ended,
                "LanguageCode": self._request["LanguageCode"],
                "TranscriptionJobStatus": self.status,
                "FailureReason": self.failure,
                "OutputLocationType": "SERVICE_BUCKET" if service else "CUSTOMER_BUCKET",
            }
        )


def _given(members: Structure) -> Structure:
    return {name: value for name, value in members.items() if value is not None}


# ---- requests


def _check(request: Structure, settings: Mapping[str, Any]) -> None:
    refused = [name for name in _NOT_RUN if request.get(name)]
    refused += [f"Settings.{name}" for name in _SETTINGS_NOT_RUN if settings.get(name)]
    if refused:
        raise UnsupportedLocally(
            f"A transcription job with {', '.join(refused)} is not run by the local cloud. Leave it out (a two-channel "
            "recording with ChannelIdentification tells speakers apart), or set WORKSHOP_TARGET=aws."
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


def _media(request: Structure) -> tuple[str, str]:
    bucket, key = _objects.place(request["Media"].get("MediaFileUri", "")) or ("", "")
    if not bucket or not key:
        raise ServiceError(
            "BadRequestException",
            "The S3 URI that you provided isn't valid. Check the MediaFileUri and try your request again.",
        )
    return bucket, key
