"""A model solution of the capstone: customers' reviews, rated by Comprehend. Pattern 1, several services."""

PATTERN = "services"
THROTTLED = {"on": "comprehend:DetectSentiment", "error": "TooManyRequestsException"}
ITEMS = [
    {"id": "r-1", "text": "The bread was warm and the staff were kind."},
    {"id": "r-2", "text": "An awful, cold soup."},
    {"id": "r-3", "text": "It opens at nine."},
]
BAD = {"id": "r-4", "text": ""}  # Comprehend refuses an empty text


def keep(bucket, stage, body, **fields):
    """A stage of an item, in S3."""
    key = f"States.Format('kept/{{}}/{{}}/{stage}.json', $$.Execution.Name, $.id)"
    parameters = {"Bucket": bucket, "Key.$": key, "Body.$": body}
    return {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:putObject", "Parameters": parameters, **fields}


def rate():
    busy = ["Comprehend.TooManyRequestsException", "Comprehend.ThrottlingException"]
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:comprehend:detectSentiment",
        "Parameters": {"Text.$": "$.text", "LanguageCode": "en"},
        "ResultSelector": {"sentiment.$": "$.Sentiment"},
        "ResultPath": "$.rated",
        "Retry": [{"ErrorEquals": busy, "IntervalSeconds": 2, "BackoffRate": 2, "MaxAttempts": 4}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.problem", "Next": "Set aside"}],
        "Next": "Keep the rating",
    }


def definition(bucket):
    """The workflow, as Amazon States Language."""
    each = {
        "StartAt": "Keep the review",
        "States": {
            "Keep the review": keep(bucket, "review", "$", ResultPath=None, Next="Rate"),
            "Rate": rate(),
            "Keep the rating": keep(bucket, "rating", "$.rated", ResultPath=None, Next="Done"),
            "Done": {"Type": "Pass", "Parameters": {"id.$": "$.id", "good": True}, "End": True},
            "Set aside": {"Type": "Pass", "Parameters": {"id.$": "$.id", "good": False}, "End": True},
        },
    }
    sorted_out = {"done.$": "$[?(@.good == true)].id", "failed.$": "$[?(@.good == false)].id"}
    return {
        "StartAt": "Each review",
        "States": {
            "Each review": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "MaxConcurrency": 5,
                "ItemProcessor": each,
                "Next": "Sort out",
            },
            "Sort out": {"Type": "Pass", "Parameters": sorted_out, "End": True},
        },
    }
