"""The child workflow of notebook 08: it transcribes one recording, understands the text, and writes it to the index.

Its input is an episode: {"bucket": …, "key": of the recording, "title": …}. Notebook 04 builds the same loop step by
step.
"""

from helpers.session import current

from stepfunctions import steps

from src.search_episodes import INDEX

SDK = "arn:aws:states:::aws-sdk"
NAME = {"TranscriptionJobName.$": "$$.Execution.Name"}
TEXT = "$.file.json.results.transcripts[0].transcript"


def start_transcription():
    """The child's first state."""
    job = {
        **NAME,
        "LanguageCode": "en-US",
        "Media": {"MediaFileUri.$": "States.Format('s3://{}/{}', $.bucket, $.key)"},
        "OutputBucketName.$": "$.bucket",
        "OutputKey": "transcripts/",
    }
    resource = f"{SDK}:transcribe:startTranscriptionJob"
    return steps.Task("Start transcription", resource=resource, parameters=job, result_path="$.job")


def child_states(start, indexer):
    """All its states.

    Args:
        start: what start_transcription returned.
        indexer: the ARN of src/index_episode.py, deployed.
    """
    done = steps.Chain([*read_transcript(), understand(), *write_to_index(indexer)])
    return poll(start, done)


def poll(start, done):
    """Start the job, then wait, look and decide until it has ended."""
    resource = f"{SDK}:transcribe:getTranscriptionJob"
    wait = steps.Wait("Wait 10 seconds", seconds=10)
    look = steps.Task("Get transcription", resource=resource, parameters=NAME, result_path="$.job")
    failed = steps.Fail("Not transcribed", error="NotTranscribed", cause="Transcribe could not read the recording.")
    ended = steps.Choice("Ended?")
    for status, state in (("COMPLETED", done), ("FAILED", failed)):
        rule = steps.ChoiceRule.StringEquals("$.job.TranscriptionJob.TranscriptionJobStatus", status)
        ended.add_choice(rule, next_step=state)
    ended.default_choice(wait)
    return steps.Chain([start, wait, look, ended])


def read_transcript():
    """The transcript out of S3, as JSON."""
    file = {"Bucket.$": "$.bucket", "Key.$": "States.Format('transcripts/{}.json', $$.Execution.Name)"}
    resource = f"{SDK}:s3:getObject"
    json = {"json.$": "States.StringToJson($.file.Body)"}
    return [
        steps.Task("Get transcript", resource=resource, parameters=file, result_path="$.file"),
        steps.Pass("Read transcript", parameters=json, result_path="$.file"),
    ]


def understand():
    """Three looks at the text at once."""
    parallel = steps.Parallel("Understand", result_path="$.analysis")
    for state, call in (("Sentiment", "Sentiment"), ("Names", "Entities"), ("Key phrases", "KeyPhrases")):
        text = {"Text.$": TEXT, "LanguageCode": "en"}
        parallel.add_branch(steps.Task(state, resource=f"{SDK}:comprehend:detect{call}", parameters=text))
    return parallel


def write_to_index(indexer):
    """The episode's entry, made and stored; it is the child's output."""
    payload = {"episode.$": "$.key", "title.$": "$.title", "text.$": TEXT, "analysis.$": "$.analysis"}
    parameters = {"FunctionName": indexer, "Payload": payload}
    item = {name: {"S.$": f"$.{name}"} for name in ("episode", "title", "sentiment")} | {"words": {"SS.$": "$.words"}}
    put = {"TableName": current().name(INDEX), "Item": item}
    return [
        steps.LambdaStep("Make entry", parameters=parameters, output_path="$.Payload"),
        steps.DynamoDBPutItemStep("Write to index", parameters=put, result_path=None),
    ]
