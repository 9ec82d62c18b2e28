"""Lambda function of notebook 08: the newest episodes of a podcast, from its feed in S3.

Input: {"bucket": …, "feed": the key of an RSS file, the newest episode first, "latest": how many episodes}.
"""

from xml.etree import ElementTree

import boto3

s3 = boto3.client("s3")  # once for each worker, not for each event


def handler(event, context):
    """The episodes: {"bucket": …, "key": of the recording, "title": …}."""
    feed = s3.get_object(Bucket=event["bucket"], Key=event["feed"])["Body"].read()
    items = ElementTree.fromstring(feed).findall("channel/item")
    return [
        {"bucket": event["bucket"], "key": item.find("enclosure").get("url"), "title": item.findtext("title")}
        for item in items[: event["latest"]]
    ]
