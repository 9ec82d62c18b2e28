"""Lambda function of notebook 04: takes jobs out of a queue, and reports those that it could not take yet."""

import json


def handler(event, context):
    """Of a batch's messages, the failed ones come again; the others are done."""
    failed = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        tries = int(record["attributes"]["ApproximateReceiveCount"])
        if job["name"].endswith("late") and tries < 3:
            failed.append({"itemIdentifier": record["messageId"]})
        else:
            print(f"TAKEN {job['name']}, {job['seconds']} s, try {tries}")
    return {"batchItemFailures": failed}
