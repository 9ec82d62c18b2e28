"""What the AI services say of an object in a bucket of another region: on AWS they read in their own alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from localcloud.cloud import Cloud
from tests.localcloud.services import answers

UNREACHED = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
PLACE = {"S3Object": {"Bucket": "far-away", "Name": "thing"}}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="far-away", Key="thing", Body=b"a good day")
    s3.create_bucket(Bucket="near")
    yield cloud
    cloud.close()


@pytest.mark.parametrize("call", ["detect_labels", "detect_faces", "detect_text", "detect_moderation_labels"])
def test_rekognition_cannot_get_it(cloud: Cloud, call: str) -> None:
    """As https://docs.aws.amazon.com/rekognition/latest/dg/error-handling.html says."""
    refused = answers.error(getattr(cloud.client("rekognition"), call), Image=PLACE)
    assert refused == ("InvalidS3ObjectException", UNREACHED)


@pytest.mark.parametrize("call", ["detect_document_text", "analyze_expense"])
def test_textract_cannot_get_it(cloud: Cloud, call: str) -> None:
    """As https://docs.aws.amazon.com/textract/latest/dg/API_AnalyzeExpense.html says."""
    refused = answers.error(getattr(cloud.client("textract"), call), Document=PLACE)
    assert refused == ("InvalidS3ObjectException", UNREACHED)


def test_textract_s_jobs_do_not_start_on_it(cloud: Cloud) -> None:
    code, _ = answers.error(cloud.client("textract").start_document_text_detection, DocumentLocation=PLACE)
    assert code == "InvalidS3ObjectException"


def test_transcribe_names_the_region_that_it_wants(cloud: Cloud) -> None:
    code, message = answers.error(
        cloud.client("transcribe").start_transcription_job,
        TranscriptionJobName="far",
        LanguageCode="en-US",
        Media={"MediaFileUri": "s3://far-away/thing"},
    )
    assert code == "BadRequestException"
    assert "isn't in the same region. Make sure the bucket is in the us-east-1 region" in message


def test_comprehend_s_job_fails_for_want_of_access(cloud: Cloud) -> None:
    """Its InputDataConfig must be in the region of the endpoint (API reference, InputDataConfig)."""
    comprehend = answers.client(cloud, "comprehend")
    started = comprehend.start_sentiment_detection_job(
        InputDataConfig={"S3Uri": "s3://far-away/thing"},
        OutputDataConfig={"S3Uri": "s3://near/"},
        DataAccessRoleArn="arn:aws:iam::123456789012:role/workshop",
        LanguageCode="en",
    )
    answers.pass_seconds(cloud, 600)
    job = comprehend.describe_sentiment_detection_job(JobId=started["JobId"])["SentimentDetectionJobProperties"]
    assert job["JobStatus"] == "FAILED"
    assert job["Message"].startswith("NO_READ_ACCESS_TO_INPUT")
