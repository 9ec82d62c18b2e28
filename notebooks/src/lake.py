"""Notebook 01: a stream, its way into the lake, and the catalog. Made once: a cell that is run again finds them."""

import contextlib
import json
import time

from helpers.errors import WorkshopError
from helpers.session import current
from helpers.status import doing

from src import roles

STREAM, DELIVERY, CLEANED, CRAWLER, DATABASE = (
    "workshop-01-checkouts",
    "workshop-01-lake",
    "workshop-01-cleaned",
    "workshop-01-lake",
    "workshop_01_shop",
)
ROLE, CLEANER = "workshop-lake", "workshop-01-cleaner"
#: Each day has a folder, by when the record arrived, and in it each shop, by the field `shop` of the record.
PREFIX = "lake/checkouts/day=!{timestamp:yyyy-MM-dd}/shop=!{partitionKeyFromQuery:shop}/"
ERRORS = "lake-errors/!{firehose:error-output-type}/"


def make_stream(workshop):
    """The stream's ARN."""
    kinesis, stream = workshop.client("kinesis"), workshop.name(STREAM)
    with contextlib.suppress(kinesis.exceptions.ResourceInUseException):
        kinesis.create_stream(StreamName=stream, ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream)
    kinesis.add_tags_to_stream(StreamName=stream, Tags={tag["Key"]: tag["Value"] for tag in workshop.tags})
    return kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]


def make_delivery(workshop, stream_arn, seconds=60):
    """The delivery stream that takes what arrives in a stream from now on, and puts it into the lake."""
    firehose, role = workshop.client("firehose"), make_role(workshop)
    partition = {"MetadataExtractionQuery": "{shop: .shop}", "JsonParsingEngine": "JQ-1.6"}
    processors = [processor("MetadataExtraction", **partition), processor("AppendDelimiterToRecord", Delimiter="\\n")]
    destination = {
        "RoleARN": role,
        "BucketARN": f"arn:aws:s3:::{workshop.bucket}",
        "Prefix": PREFIX,
        "ErrorOutputPrefix": ERRORS,
        "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": seconds},
        "CompressionFormat": "GZIP",
        "DynamicPartitioningConfiguration": {"Enabled": True},
        "ProcessingConfiguration": {"Enabled": True, "Processors": processors},
    }
    with contextlib.suppress(firehose.exceptions.ResourceInUseException):
        firehose.create_delivery_stream(
            DeliveryStreamName=workshop.name(DELIVERY),
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={"KinesisStreamARN": stream_arn, "RoleARN": role},
            ExtendedS3DestinationConfiguration=destination,
            Tags=workshop.tags,
        )
    until(workshop, "the delivery stream is active", lambda: status(workshop, workshop.name(DELIVERY)) == "ACTIVE")


def make_cleaned_delivery(workshop, function):
    """A delivery stream of its own for old tills, which has a function look at each record before it delivers."""
    firehose, role = workshop.client("firehose"), make_role(workshop)
    name = workshop.name(CLEANED)
    processors = [processor("Lambda", LambdaArn=f"{function.arn}:$LATEST")]
    destination = {
        "RoleARN": role,
        "BucketARN": f"arn:aws:s3:::{workshop.bucket}",
        "Prefix": "lake/cleaned/",
        "ErrorOutputPrefix": "lake/unreadable/",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
        "ProcessingConfiguration": {"Enabled": True, "Processors": processors},
    }
    with contextlib.suppress(firehose.exceptions.ResourceInUseException):
        firehose.create_delivery_stream(
            DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination, Tags=workshop.tags
        )
    until(workshop, "the delivery stream is active", lambda: status(workshop, name) == "ACTIVE")


def send_lines(workshop, lines):
    """Send lines of old tills, and wait until they are delivered; what lies in the lake of them, and what apart."""
    firehose, s3 = workshop.client("firehose"), workshop.client("s3")
    records = [{"Data": line.encode()} for line in lines]
    firehose.put_record_batch(DeliveryStreamName=workshop.name(CLEANED), Records=records)
    places = ("lake/cleaned/", "lake/unreadable/")
    until(workshop, "Firehose has delivered", lambda: all(objects(workshop, place) for place in places))
    keys = [max(objects(workshop, place)) for place in places]
    cleaned, apart = (s3.get_object(Bucket=workshop.bucket, Key=key)["Body"].read().decode() for key in keys)
    return cleaned.splitlines(), [json.loads(line) for line in apart.splitlines()]


def processor(kind, **parameters):
    named = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    return {"Type": kind, "Parameters": named}


def status(workshop, name):
    described = workshop.client("firehose").describe_delivery_stream(DeliveryStreamName=name)
    return described["DeliveryStreamDescription"]["DeliveryStreamStatus"]


def objects(workshop, prefix="lake/checkouts/"):
    """The objects below a prefix: key -> bytes."""
    found = workshop.client("s3").list_objects_v2(Bucket=workshop.bucket, Prefix=prefix).get("Contents", [])
    return {each["Key"]: each["Size"] for each in found}


def crawl(workshop):
    """Have a crawler look at the lake, and wait for its end; its description."""
    glue, crawler, database = workshop.client("glue"), workshop.name(CRAWLER), workshop.name(DATABASE)
    try:
        tag = {tag["Key"]: tag["Value"] for tag in workshop.tags}
        glue.create_database(DatabaseInput={"Name": database, "Parameters": tag})
        target = {"S3Targets": [{"Path": f"s3://{workshop.bucket}/lake/checkouts/"}]}
        glue.create_crawler(Name=crawler, Role=make_role(workshop), DatabaseName=database, Targets=target)
    except glue.exceptions.AlreadyExistsException:
        pass
    glue.start_crawler(Name=crawler)
    until(
        workshop,
        "the crawler has looked",
        lambda: glue.get_crawler(Name=crawler)["Crawler"]["State"] == "READY",
    )
    return glue.get_crawler(Name=crawler)["Crawler"]


def drop_table(workshop, name):
    """Take a table out of the catalog, if it is there; its files stay."""
    glue = workshop.client("glue")
    with contextlib.suppress(glue.exceptions.EntityNotFoundException):
        glue.delete_table(DatabaseName=workshop.name(DATABASE), Name=name)


def projected(workshop, shops):
    """The statement that makes a table of the lake whose partitions are worked out, not looked up."""
    return f"""
        CREATE EXTERNAL TABLE projected (order_id bigint, item string, price double)
        PARTITIONED BY (day string, shop string)
        ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
        LOCATION 's3://{workshop.bucket}/lake/checkouts/'
        TBLPROPERTIES (
            'projection.enabled' = 'true',
            'projection.day.type' = 'date',
            'projection.day.format' = 'yyyy-MM-dd',
            'projection.day.range' = '2026-01-01,NOW',
            'projection.shop.type' = 'enum',
            'projection.shop.values' = '{",".join(shops)}'
        )
    """


def until(workshop, what, holds):
    """Wait until something holds; the line below the cell says for what.

    Raises:
        WorkshopError: it takes much longer than ever: what is waited for was not sent, or was fetched before.
    """
    patience = 60 + 170 * workshop.pause
    end, pause = time.monotonic() + patience, min(0.5, workshop.pause)  # a query of Athena takes a second
    with doing(f"Waiting until {what}"):
        while not holds():
            if time.monotonic() > end:
                cure = "Run again the cell above that sends checkouts, then this one."
                raise WorkshopError(f"Waited {patience:.0f} seconds until {what}, and nothing came. {cure}")
            time.sleep(pause)
            pause = min(1.5 * pause, workshop.pause)


def make_role(workshop):
    """The role of Firehose and of the crawler: they read the stream, and write the lake and its catalog."""
    account, database = workshop.account_id, workshop.name(DATABASE)
    function = f"arn:aws:lambda:*:{account}:function:{workshop.name(CLEANER)}*"  # its versions too
    may = {
        "s3:*": roles.all_of(workshop.bucket),
        "kinesis:*": f"arn:aws:kinesis:*:{account}:stream/{workshop.name(STREAM)}",
        "lambda:InvokeFunction": function,
        "lambda:GetFunctionConfiguration": function,
        "glue:*": [
            f"arn:aws:glue:*:{account}:{it}" for it in ("catalog", f"database/{database}", f"table/{database}/*")
        ],
        "logs:*": f"arn:aws:logs:*:{account}:log-group:/aws-glue/*",
    }
    return roles.make_role(workshop, ROLE, ["firehose.amazonaws.com", "glue.amazonaws.com"], may)


def is_enabled(functions, mapping):
    """Whether an event source mapping reads, with the settings that it was given last."""
    return functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Enabled"


def given_up(workshop, queue):
    """What Lambda tells the queue about a batch that it has given up, once it has."""
    sqs, found = workshop.client("sqs"), []

    def arrived():
        found.extend(sqs.receive_message(QueueUrl=queue).get("Messages", []))
        return bool(found)

    until(workshop, "Lambda has given up", arrived)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=found[0]["ReceiptHandle"])
    return json.loads(found[0]["Body"])


def stored(dynamodb, orders):
    """The numbers of those of these orders that are in the table."""
    table = current().name("workshop-01-orders")
    keys = {table: {"Keys": [{"order_id": {"S": str(order["order_id"])}} for order in orders]}}
    items = dynamodb.batch_get_item(RequestItems=keys)["Responses"][table]
    return sorted(int(item["order_id"]["S"]) for item in items)


def errors_of(workshop, function):
    """The last line of each error that a function logged, once each."""
    logs = workshop.client("logs")
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}", filterPattern="ERROR")["events"]
    for line in dict.fromkeys(event["message"].splitlines()[0] for event in events):
        print(line.partition("\t")[0])
