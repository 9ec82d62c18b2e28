"""Lambda function of notebook 02: looks whether a receipt was handed in before, under another name.

Input: a record. Output: {"suspicious": true or false}; true for a vendor, date and total that are known already.
"""

import os

import boto3
from botocore.exceptions import ClientError

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    """Remember the record by what is on it, unless another one with the same is remembered already."""
    fingerprint = f"{event['vendor']} {event['date']} {event['total']}"
    try:
        dynamodb.put_item(
            TableName=os.environ["SEEN"],
            Item={"fingerprint": {"S": fingerprint}, "receipt": {"S": event["receipt"]}},
            ConditionExpression="attribute_not_exists(fingerprint) OR receipt = :receipt",
            ExpressionAttributeValues={":receipt": {"S": event["receipt"]}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return {"suspicious": True}
    return {"suspicious": False}
