"""Notebook 01: one AI service for each kind of data, in one workflow; and the answers side by side."""

import json

from stepfunctions import steps

from src.lake import objects

SDK = "arn:aws:states:::aws-sdk"
FOLDER = "lake/files"


def see(bucket):
    photo = {"Image": {"S3Object": {"Bucket": bucket, "Name": f"{FOLDER}/coffee.jpg"}}, "MaxLabels": 3}
    return steps.Task("See the photo", resource=f"{SDK}:rekognition:detectLabels", parameters=photo)


def read(bucket):
    receipt = {"Document": {"S3Object": {"Bucket": bucket, "Name": f"{FOLDER}/receipt.png"}}}
    return steps.Task("Read the receipt", resource=f"{SDK}:textract:analyzeExpense", parameters=receipt)


def understand():
    text = {"Text.$": "$.review", "LanguageCode": "en"}
    return steps.Task("Understand the review", resource=f"{SDK}:comprehend:detectSentiment", parameters=text)


def hear(bucket):
    """Transcribe takes a while: start, wait, look again. Notebook 04 says more."""
    name = {"TranscriptionJobName.$": "$$.Execution.Name"}
    job = {**name, "LanguageCode": "en-US", "Media": {"MediaFileUri": f"s3://{bucket}/{FOLDER}/call.wav"}}
    job |= {"OutputBucketName": bucket, "OutputKey": f"{FOLDER}/transcript.json"}
    start = steps.Task("Hear the call", resource=f"{SDK}:transcribe:startTranscriptionJob", parameters=job)
    wait = steps.Wait("Wait for the transcript", seconds=15)
    look = steps.Task("Look for it", resource=f"{SDK}:transcribe:getTranscriptionJob", parameters=name)
    heard = steps.Choice("Heard?")
    status = "$.TranscriptionJob.TranscriptionJobStatus"
    heard.add_choice(steps.ChoiceRule.StringEquals(status, "COMPLETED"), steps.Succeed("Heard"))
    heard.add_choice(steps.ChoiceRule.StringEquals(status, "FAILED"), steps.Fail("Not heard"))
    heard.default_choice(wait)
    return steps.Chain([start, wait, look, heard])


def answers(workshop, output):
    """What each service said of its data, in a few words: the kind of data -> the answer."""
    photo, receipt, review, _ = output
    fields = {
        field["Type"]["Text"]: field["ValueDetection"]["Text"]
        for field in receipt["ExpenseDocuments"][0]["SummaryFields"]
    }
    (key,) = objects(workshop, f"{FOLDER}/transcript.json")
    body = workshop.client("s3").get_object(Bucket=workshop.bucket, Key=key)["Body"].read()
    return {
        "photo": ", ".join(label["Name"] for label in photo["Labels"]),
        "call": json.loads(body)["results"]["transcripts"][0]["transcript"],
        "receipt": f"{fields['VENDOR_NAME']}, {fields['TOTAL']}",
        "review": review["Sentiment"],
    }
