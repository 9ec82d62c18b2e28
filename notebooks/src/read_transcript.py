"""Lambda function of notebook 04: the agent's and the customer's text, from a two-channel transcript in S3.

Input: {"bucket": …, "transcript": the key of the document that Transcribe wrote}.
"""

import json

import boto3

SPEAKERS = {"ch_0": "agent", "ch_1": "customer"}  # who is on which channel of our recordings

s3 = boto3.client("s3")  # once for each worker, not for each event


def handler(event, context):
    """One text for each speaker."""
    stored = s3.get_object(Bucket=event["bucket"], Key=event["transcript"])
    results = json.load(stored["Body"])["results"]
    texts = {speaker: [] for speaker in SPEAKERS.values()}
    for segment in results["audio_segments"]:
        texts[SPEAKERS[segment["channel_label"]]].append(segment["transcript"])
    return {speaker: " ".join(parts) for speaker, parts in texts.items()}
