"""Notebook 09: a file of texts rated by one job of Comprehend."""

import io
import json
import tarfile
import time

from helpers.status import doing

from src.roles import all_of, make_role


def rate_in_one_job(workshop, texts):
    """Have Comprehend rate texts, a line of a file each, in one job; returns a word for each.

    Args:
        workshop: what connect() returned.
        texts: without line breaks.
    """
    comprehend, s3, bucket = workshop.client("comprehend"), workshop.client("s3"), workshop.bucket
    s3.put_object(Bucket=bucket, Key="texts/all.txt", Body="\n".join(texts).encode())
    may = {"s3:*": all_of(bucket)}
    job = comprehend.start_sentiment_detection_job(
        InputDataConfig={"S3Uri": f"s3://{bucket}/texts/all.txt", "InputFormat": "ONE_DOC_PER_LINE"},
        OutputDataConfig={"S3Uri": f"s3://{bucket}/texts/rated/"},
        DataAccessRoleArn=make_role(workshop, "workshop-09-comprehend", ["comprehend.amazonaws.com"], may),
        LanguageCode="en",
        JobName=workshop.name("workshop-09-rate"),
    )["JobId"]
    with doing("Waiting until Comprehend has rated the file"):
        while True:
            found = comprehend.describe_sentiment_detection_job(JobId=job)["SentimentDetectionJobProperties"]
            if found["JobStatus"] not in ("SUBMITTED", "IN_PROGRESS"):
                break
            time.sleep(workshop.pause)
    if found["JobStatus"] != "COMPLETED":
        raise ValueError(found["Message"])
    where = found["OutputDataConfig"]["S3Uri"].removeprefix(f"s3://{bucket}/")
    packed = s3.get_object(Bucket=bucket, Key=where)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        (member,) = archive.getmembers()
        lines = [json.loads(line) for line in archive.extractfile(member).read().splitlines()]
    return [line["Sentiment"] for line in sorted(lines, key=lambda line: line["Line"])]
