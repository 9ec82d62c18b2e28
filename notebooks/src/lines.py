"""Notebook 06: the lines of notebooks 03, 04 and 05 with what every stage made kept, in S3 and in the catalog.

A line takes {"day": …} and works on what lies in raw/LINE/DAY/. An object keeps its name from stage to stage:
raw/calls/monday/one.wav, processed/calls/monday/one.wav.json, and so on. The data holds only what the last stage
made, at `$.stage`: whatever came before can be had from S3.
"""

from pathlib import Path

from stepfunctions import steps

from src.catalog import TABLE

FUNCTIONS = ("keep_stage", "convert_receipt", "read_transcript", "flag_keywords", "build_index")
SDK = "arn:aws:states:::aws-sdk"


class Lines:
    """Builds them for one bucket.

    Attributes:
        bucket: its name.
        functions: the name of a file in src -> the ARN of the function that it became.
    """

    def __init__(self, workshop, deploy):
        self.bucket, self.role = workshop.bucket, workshop.roles.states
        self.job = workshop.name("workshop-06")
        table = {"Variables": {"TABLE": workshop.name(TABLE)}}
        sources = [Path(__file__).with_name(f"{name}.py") for name in FUNCTIONS]
        self.functions = {
            source.stem: deploy(source, f"workshop-06-{source.stem.replace('_', '-')}", Environment=table).arn
            for source in sources
        }

    # ---- what all lines are made of

    def each(self, line, work, output_path="$"):
        """A listing of raw/LINE/DAY/, and a Map that does the work for each object; what it made is at `$.stage`.

        An item has the input of the whole execution at `$.input`.
        """
        listing = steps.Task(
            f"List {line}",
            resource=f"{SDK}:s3:listObjectsV2",
            parameters={"Bucket": self.bucket, "Prefix.$": f"States.Format('raw/{line}/{{}}/', $.day)"},
            result_path="$.raw",
        )
        key = "$$.Map.Item.Value.Key"
        name = f"States.ArrayGetItem(States.StringSplit({key}, '/'), 3)"
        item = {
            "bucket": self.bucket,
            "key.$": key,
            "input.$": "$$.Execution.Input",
            "item.$": f"States.Format('{line}/{{}}/{{}}', $.day, {name})",
            "job.$": f"States.Format('{self.job}-{{}}-{{}}', $$.Execution.Name, $$.Map.Item.Index)",
        }
        each = steps.Map(
            f"Each of {line}",
            iterator=work,
            items_path="$.raw.Contents",
            parameters=item,
            result_path="$.stage",
            output_path=output_path,
        )
        return [listing, each]

    def keep(self, state, made, of, body="$.stage", words=False, output_path="$"):
        """A state that keeps what a stage made. What it says itself is dropped: the data goes on as it was.

        Args:
            state: its name.
            made, of: addresses, as expressions: of the object, and of those that it was made of.
            body: where the object is in the data; None if a service has written it to S3.
            words: people can find it by its words.
            output_path: what of the data goes on.
        """
        payload = {"made.$": made, "of.$": f"States.Array({of})", "words": words}
        payload |= {"body.$": body} if body else {}
        payload |= {"execution.$": "$$.Execution.Id", "state.$": "$$.State.Name"}
        return self.call(state, "keep_stage", payload, result_path=None, output_path=output_path)

    def call(self, state, function, payload, **more):
        parameters = {"FunctionName": self.functions[function], "Payload": payload}
        return steps.LambdaStep(state, parameters=parameters, **more)

    def at(self, stage, end=".json", of="$.item"):
        """The address of an object in a stage, as an expression."""
        return f"States.Format('s3://{self.bucket}/{stage}/{{}}{end}', {of})"

    # ---- the lines

    def media(self):
        """Photos > tags > index."""
        photo = {"Image": {"S3Object": {"Bucket.$": "$.bucket", "Name.$": "$.key"}}}
        look = steps.Parallel("Look at the photo", result_path="$.stage")
        for state, call in (
            ("Labels", "detectLabels"),
            ("Text", "detectText"),
            ("Unsafe content", "detectModerationLabels"),
        ):
            look.add_branch(steps.Task(state, resource=f"{SDK}:rekognition:{call}", parameters=photo))
        names = {
            "photo.$": "$.key",
            "labels.$": "$.stage[0].Labels[*].Name",
            "words.$": "$.stage[1].TextDetections[?(@.Type == 'LINE')].DetectedText",
            "unsafe.$": "$.stage[2].ModerationLabels[*].Name",
        }
        work = steps.Chain(
            [
                look,
                self.keep("Keep what was seen", self.at("processed"), self.at("raw", "")),
                steps.Pass("Take the names", parameters=names, result_path="$.stage"),
                self.keep("Keep tags", self.at("enriched"), self.at("processed"), words=True, output_path="$.stage"),
            ]
        )
        tags = self.at("enriched/media", "/", "$.day")
        index = self.at("served/media", "/index.json", "$.day")
        return steps.Chain(
            [
                *self.each("media", work),
                self.call("Build index", "build_index", {"photos.$": "$.stage"}, result_path="$.stage"),
                self.keep("Keep index", index, tags, "$.stage.Payload", output_path="$.stage.Payload"),
            ]
        )

    def calls(self, choose=None):
        """Calls > transcripts > flags > audit report.

        Args:
            choose: makes a Choice state that comes first, given two states: the one that starts a transcription, and
                the one that reads the transcript.
        """
        job = {"TranscriptionJobName.$": "$.job"}
        start = steps.Task(
            "Start transcription",
            resource=f"{SDK}:transcribe:startTranscriptionJob",
            parameters={
                **job,
                "LanguageCode": "en-US",
                "Media": {"MediaFileUri.$": self.at("raw", "")},
                "Settings": {"ChannelIdentification": True},
                "OutputBucketName": self.bucket,
                "OutputKey.$": "States.Format('processed/{}.json', $.item)",
            },
            result_path="$.stage",
        )
        wait = steps.Wait("Wait for it", seconds=30)
        look = steps.Task(
            "Get transcription",
            resource=f"{SDK}:transcribe:getTranscriptionJob",
            parameters=job,
            result_path="$.stage",
        )
        note = self.keep("Note transcript", self.at("processed"), self.at("raw", ""), body=None)
        status = "$.stage.TranscriptionJob.TranscriptionJobStatus"
        ended = steps.Choice("Ended?")
        ended.add_choice(steps.ChoiceRule.StringEquals(status, "COMPLETED"), next_step=note)
        ended.add_choice(steps.ChoiceRule.StringEquals(status, "FAILED"), next_step=steps.Fail("Not transcribed"))
        ended.default_choice(wait)

        transcript = {"bucket.$": "$.bucket", "transcript.$": "States.Format('processed/{}.json', $.item)"}
        words = {"Text.$": "$.texts.Payload.customer", "LanguageCode": "en"}
        understand = steps.Parallel("Understand", result_path="$.heard")
        for state, call in (("Sentiment", "detectSentiment"), ("Key phrases", "detectKeyPhrases")):
            understand.add_branch(steps.Task(state, resource=f"{SDK}:comprehend:{call}", parameters=words))
        heard = {"call.$": "$.key", "texts.$": "$.texts.Payload", "analysis.$": "$.heard"}
        flags = "$.stage.Payload"
        read = self.call("Read transcript", "read_transcript", transcript, result_path="$.texts")
        steps.Chain(
            [
                note,
                read,
                understand,
                self.call("Flag keywords", "flag_keywords", heard, result_path="$.stage"),
                self.keep("Keep flags", self.at("enriched"), self.at("processed"), flags, True, flags),
            ]
        )
        steps.Chain([start, wait, look, ended])
        work = steps.Chain([choose(start, read) if choose else start])
        report = {"calls.$": "$.stage", "listen_to.$": "$.stage[?(@.flagged == true)].call"}
        served = self.at("served/calls", "/audit.json", "$.day")
        return steps.Chain(
            [
                *self.each("calls", work),
                steps.Pass("Write report", parameters=report, result_path="$.stage"),
                self.keep("Keep report", served, self.at("enriched/calls", "/", "$.day"), output_path="$.stage"),
            ]
        )

    def receipts(self):
        """Receipts > text > records > approval."""
        document = {"Document": {"S3Object": {"Bucket.$": "$.bucket", "Name.$": "$.key"}}}
        read = steps.Parallel("Read receipt", result_path="$.stage")
        for state, call in (("Read text", "detectDocumentText"), ("Read fields", "analyzeExpense")):
            read.add_branch(steps.Task(state, resource=f"{SDK}:textract:{call}", parameters=document))
        record, readings = "$.stage.Payload", {"key.$": "$.key", "readings.$": "$.stage"}
        decide = steps.Choice("Sum agrees?")
        slip = {name: f"{record}.{name[:-2]}" for name in ("receipt.$", "vendor.$", "total.$", "reason.$")}
        write = steps.Pass("Write slip", parameters={**slip, "decision.$": "$.decision"}, result_path="$.stage")
        kept = self.keep("Keep slip", self.at("served"), self.at("enriched"), words=True, output_path="$.stage")
        steps.Chain([write, kept])
        ways = {}
        for state, decision in (("Approve", "approved"), ("Reject", "rejected")):
            ways[state] = steps.Pass(state, result=decision, result_path="$.decision")
            ways[state].next(write)
        decide.add_choice(steps.ChoiceRule.BooleanEquals(f"{record}.adds_up", True), next_step=ways["Approve"])
        decide.default_choice(ways["Reject"])
        work = steps.Chain(
            [
                read,
                self.keep("Keep reading", self.at("processed"), self.at("raw", "")),
                self.call("Convert to record", "convert_receipt", readings, result_path="$.stage"),
                self.keep("Keep record", self.at("enriched"), self.at("processed"), record, words=True),
                decide,
            ]
        )
        return steps.Chain(self.each("receipts", work, output_path="$.stage"))
