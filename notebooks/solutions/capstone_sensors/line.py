"""A model solution of the capstone: readings of sensors, in JSONata. Pattern 3: a distributed Map starts children."""

PATTERN = "children"
THROTTLED = {"on": "s3:PutObject", "error": "SlowDown"}
ITEMS = [{"id": f"s-{number}", "celsius": celsius} for number, celsius in enumerate(("19.5", "-4", "71.25"), 1)]
BAD = {"id": "s-9", "celsius": "ERR"}  # what a sensor sends whose battery is low


def keep(bucket, stage, body, following):
    """A stage of an item, in S3; what goes wrong in it sets the item aside."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
        "Arguments": {"Bucket": bucket, "Key": f"{{% $folder & '/{stage}.json' %}}", "Body": body},
        "Output": "{% $states.context.Execution.Input %}",
        "Retry": [{"ErrorEquals": ["S3.SlowDown", "S3.S3Exception"], "IntervalSeconds": 2, "MaxAttempts": 4}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Set aside"}],
        "Next": following,
    }


def definition(bucket):
    """The workflow, as Amazon States Language."""
    end = {"Type": "Pass", "End": True}
    fahrenheit = {"fahrenheit": "{% $number($item.celsius) * 9 / 5 + 32 %}"}
    remember = {
        "item": "{% $states.input.item %}",
        "folder": "{% 'kept/' & $states.input.run & '/' & $states.input.item.id %}",
    }
    each = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Remember",
        "States": {
            "Remember": {"Type": "Pass", "Assign": remember, "Next": "Keep the reading"},
            "Keep the reading": keep(bucket, "reading", "{% $item %}", "Keep the conversion"),
            "Keep the conversion": keep(bucket, "converted", fahrenheit, "Done"),
            "Done": {**end, "Output": {"id": "{% $item.id %}", "good": True}},
            "Set aside": {**end, "Output": {"id": "{% $item.id %}", "good": False}},
        },
    }
    run = {"run": "{% $states.context.Execution.Name %}", "item": "{% $states.context.Map.Item.Value %}"}
    ids = "{{% [$states.result[good = {}].id] %}}"
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Each reading",
        "States": {
            "Each reading": {
                "Type": "Map",
                "Items": "{% $states.input.items %}",
                "ItemSelector": run,
                "MaxConcurrency": 5,
                "ItemProcessor": each,
                "Output": {"done": ids.format("true"), "failed": ids.format("false")},
                "End": True,
            },
        },
    }
