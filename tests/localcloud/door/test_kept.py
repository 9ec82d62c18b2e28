"""What moto keeps does what it says: for each action of `registry.KEPT`, a call and its effect.

A scenario is a function that takes a cloud, calls, and asserts what another call then shows. Each service's scenarios
together call every action of its list: the list cannot outgrow its proof.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from werkzeug.test import Client

from localcloud.cloud import Cloud
from localcloud.door import registry
from localcloud.door.front import INSIDE
from tests.localcloud.services.answers import error

Calls = set[tuple[str, str]]


def names(found: list[dict[str, Any]], key: str) -> set[str]:
    return {each[key] for each in found}


# ---- S3


def s3_buckets(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert names(s3.list_buckets()["Buckets"], "Name") == {"kept"}
    assert s3.get_bucket_location(Bucket="kept")["LocationConstraint"] == "eu-west-1"
    assert s3.head_bucket(Bucket="kept")["BucketRegion"] == "eu-west-1"
    tags = [{"Key": "workshop", "Value": "yes"}]
    s3.put_bucket_tagging(Bucket="kept", Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket="kept")["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket="kept")
    assert error(s3.get_bucket_tagging, Bucket="kept")[0] == "NoSuchTagSet"
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    s3.put_bucket_encryption(Bucket="kept", ServerSideEncryptionConfiguration={"Rules": [rule]})
    kept = s3.get_bucket_encryption(Bucket="kept")["ServerSideEncryptionConfiguration"]["Rules"]
    assert kept[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    s3.delete_bucket_encryption(Bucket="kept")
    assert error(s3.get_bucket_encryption, Bucket="kept")[0] == "ServerSideEncryptionConfigurationNotFoundError"
    s3.delete_bucket(Bucket="kept")
    assert error(s3.head_bucket, Bucket="kept")[0] == "404"


def s3_objects(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="a/1", Body=b"0123456789", ContentType="text/csv", Metadata={"made": "here"})
    found = s3.get_object(Bucket="kept", Key="a/1")
    assert (found["Body"].read(), found["ContentType"], found["Metadata"]) == (
        b"0123456789",
        "text/csv",
        {"made": "here"},
    )
    assert s3.get_object(Bucket="kept", Key="a/1", Range="bytes=2-4")["Body"].read() == b"234"
    head = s3.head_object(Bucket="kept", Key="a/1")
    assert (head["ContentLength"], head["ETag"]) == (10, found["ETag"])
    assert error(s3.put_object, Bucket="kept", Key="a/1", Body=b"x", IfNoneMatch="*")[0] == "PreconditionFailed"
    s3.copy_object(Bucket="kept", Key="b/1", CopySource="kept/a/1")
    assert s3.get_object(Bucket="kept", Key="b/1")["Body"].read() == b"0123456789"
    assert names(s3.list_objects_v2(Bucket="kept", Prefix="a/")["Contents"], "Key") == {"a/1"}
    folders = s3.list_objects(Bucket="kept", Delimiter="/")["CommonPrefixes"]
    assert names(folders, "Prefix") == {"a/", "b/"}
    tags = [{"Key": "kind", "Value": "digits"}]
    s3.put_object_tagging(Bucket="kept", Key="a/1", Tagging={"TagSet": tags})
    assert s3.get_object_tagging(Bucket="kept", Key="a/1")["TagSet"] == tags
    s3.delete_object_tagging(Bucket="kept", Key="a/1")
    assert s3.get_object_tagging(Bucket="kept", Key="a/1")["TagSet"] == []
    parts = s3.get_object_attributes(Bucket="kept", Key="a/1", ObjectAttributes=["ObjectSize", "ETag"])
    assert (parts["ObjectSize"], parts["ETag"]) == (10, found["ETag"].strip('"'))
    s3.delete_object(Bucket="kept", Key="a/1")
    assert error(s3.get_object, Bucket="kept", Key="a/1")[0] == "NoSuchKey"
    assert names(s3.delete_objects(Bucket="kept", Delete={"Objects": [{"Key": "b/1"}]})["Deleted"], "Key") == {"b/1"}
    assert s3.list_objects_v2(Bucket="kept")["KeyCount"] == 0


def s3_versions(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
    first = s3.put_object(Bucket="kept", Key="k", Body=b"one")["VersionId"]
    s3.put_object(Bucket="kept", Key="k", Body=b"two")
    s3.delete_object(Bucket="kept", Key="k")
    assert error(s3.get_object, Bucket="kept", Key="k")[0] == "NoSuchKey"
    assert s3.get_object(Bucket="kept", Key="k", VersionId=first)["Body"].read() == b"one"
    listed = s3.list_object_versions(Bucket="kept")
    assert (len(listed["Versions"]), len(listed["DeleteMarkers"])) == (2, 1)


def s3_uploads_in_parts(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="source", Body=b"tail")
    upload = s3.create_multipart_upload(Bucket="kept", Key="k")["UploadId"]
    here = {"Bucket": "kept", "Key": "k", "UploadId": upload}
    one = s3.upload_part(**here, PartNumber=1, Body=b"x" * (5 << 20))["ETag"]
    two = s3.upload_part_copy(**here, PartNumber=2, CopySource="kept/source")["CopyPartResult"]["ETag"]
    assert names(s3.list_multipart_uploads(Bucket="kept")["Uploads"], "UploadId") == {upload}
    assert [part["ETag"] for part in s3.list_parts(**here)["Parts"]] == [one, two]
    parts = [{"PartNumber": 1, "ETag": one}, {"PartNumber": 2, "ETag": two}]
    s3.complete_multipart_upload(**here, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket="kept", Key="k", Range="bytes=-5")["Body"].read() == b"xtail"
    other = s3.create_multipart_upload(Bucket="kept", Key="k2")["UploadId"]
    s3.abort_multipart_upload(Bucket="kept", Key="k2", UploadId=other)
    assert not s3.list_multipart_uploads(Bucket="kept").get("Uploads")


def s3_notifications(cloud: Cloud) -> None:
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    s3.create_bucket(Bucket="kept")
    arn = f"arn:aws:sqs:{cloud.region}:{cloud.account_id}:told"
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".csv"}]
    queue = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}
    s3.put_bucket_notification_configuration(Bucket="kept", NotificationConfiguration={"QueueConfigurations": [queue]})
    kept = s3.get_bucket_notification_configuration(Bucket="kept")["QueueConfigurations"]
    assert [each["QueueArn"] for each in kept] == [arn]
    for key in ("in/1.csv", "in/1.txt", "out/1.csv"):
        s3.put_object(Bucket="kept", Key=key, Body=b"x")
    bodies = [
        json.loads(each["Body"]) for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    ]
    records = [each["Records"][0] for each in bodies if each.get("Event") != "s3:TestEvent"]
    assert [unquote_plus(each["s3"]["object"]["key"]) for each in records] == ["in/1.csv"]


def s3_rights(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="kept")
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    s3.put_bucket_policy(Bucket="kept", Policy=policy)
    assert s3.get_bucket_policy(Bucket="kept")["Policy"] == policy
    s3.delete_bucket_policy(Bucket="kept")
    assert error(s3.get_bucket_policy, Bucket="kept")[0] == "NoSuchBucketPolicy"
    block = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    s3.put_public_access_block(Bucket="kept", PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(Bucket="kept")["PublicAccessBlockConfiguration"] == block
    s3.delete_public_access_block(Bucket="kept")
    assert error(s3.get_public_access_block, Bucket="kept")[0] == "NoSuchPublicAccessBlockConfiguration"


# ---- DynamoDB


def table(cloud: Cloud, **settings: Any) -> Any:
    dynamodb = cloud.client("dynamodb")
    dynamodb.create_table(
        TableName="kept",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
        **settings,
    )
    return dynamodb


def item(number: int, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": "p"}, "sk": {"N": str(number)}, **more}


def dynamodb_tables(cloud: Cloud) -> None:
    dynamodb = table(cloud)
    assert dynamodb.list_tables()["TableNames"] == ["kept"]
    described = dynamodb.describe_table(TableName="kept")["Table"]
    assert (described["TableStatus"], described["BillingModeSummary"]["BillingMode"]) == ("ACTIVE", "PAY_PER_REQUEST")
    dynamodb.update_table(TableName="kept", DeletionProtectionEnabled=True)
    assert error(dynamodb.delete_table, TableName="kept")[0] == "ValidationException"
    dynamodb.update_table(TableName="kept", DeletionProtectionEnabled=False)
    arn, tags = described["TableArn"], [{"Key": "a", "Value": "1"}]
    dynamodb.tag_resource(ResourceArn=arn, Tags=tags)
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == tags
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == []
    dynamodb.delete_table(TableName="kept")
    assert error(dynamodb.describe_table, TableName="kept")[0] == "ResourceNotFoundException"


def dynamodb_items(cloud: Cloud) -> None:
    dynamodb = table(cloud)
    for number in (1, 2, 3):
        dynamodb.put_item(TableName="kept", Item=item(number, v={"S": "x"}))
    assert dynamodb.get_item(TableName="kept", Key=item(2))["Item"] == item(2, v={"S": "x"})
    condition = {"ConditionExpression": "attribute_not_exists(pk)"}
    assert error(dynamodb.put_item, TableName="kept", Item=item(1), **condition)[0] == "ConditionalCheckFailedException"
    updated = dynamodb.update_item(
        TableName="kept",
        Key=item(2),
        UpdateExpression="ADD n :one SET v = :v",
        ExpressionAttributeValues={":one": {"N": "1"}, ":v": {"S": "y"}},
        ReturnValues="ALL_NEW",
    )
    assert updated["Attributes"] == item(2, n={"N": "1"}, v={"S": "y"})
    found = dynamodb.query(
        TableName="kept",
        KeyConditionExpression="pk = :p AND sk >= :two",
        ExpressionAttributeValues={":p": {"S": "p"}, ":two": {"N": "2"}},
        ScanIndexForward=False,
    )
    assert [each["sk"]["N"] for each in found["Items"]] == ["3", "2"]
    filtered = dynamodb.scan(TableName="kept", FilterExpression="v = :v", ExpressionAttributeValues={":v": {"S": "y"}})
    assert (filtered["Count"], filtered["ScannedCount"]) == (1, 3)
    dynamodb.delete_item(TableName="kept", Key=item(2))
    assert "Item" not in dynamodb.get_item(TableName="kept", Key=item(2))


def dynamodb_items_together(cloud: Cloud) -> None:
    dynamodb = table(cloud)
    dynamodb.batch_write_item(RequestItems={"kept": [{"PutRequest": {"Item": item(n)}} for n in (1, 2)]})
    found = dynamodb.batch_get_item(RequestItems={"kept": {"Keys": [item(1), item(2), item(9)]}})
    assert len(found["Responses"]["kept"]) == 2
    fails = {
        "TableName": "kept",
        "Key": item(9),
        "ConditionExpression": "attribute_exists(pk)",
    }
    with pytest.raises(ClientError) as caught:
        dynamodb.transact_write_items(
            TransactItems=[{"Put": {"TableName": "kept", "Item": item(3)}}, {"ConditionCheck": fails}]
        )
    assert caught.value.response["Error"]["Code"] == "TransactionCanceledException"
    dynamodb.transact_write_items(TransactItems=[{"Delete": {"TableName": "kept", "Key": item(1)}}])
    read = dynamodb.transact_get_items(
        TransactItems=[{"Get": {"TableName": "kept", "Key": item(n)}} for n in (1, 2, 3)]
    )
    assert [each.get("Item") for each in read["Responses"]] == [None, item(2), None]


def dynamodb_partiql(cloud: Cloud) -> None:
    dynamodb = table(cloud)
    dynamodb.execute_statement(Statement="INSERT INTO kept VALUE {'pk': 'p', 'sk': 1, 'v': 'x'}")
    found = dynamodb.execute_statement(Statement="SELECT v FROM kept WHERE pk = ?", Parameters=[{"S": "p"}])
    assert found["Items"] == [{"v": {"S": "x"}}]


def dynamodb_streams(cloud: Cloud) -> None:
    dynamodb = table(cloud, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    streams = cloud.client("dynamodbstreams")
    arn = dynamodb.describe_table(TableName="kept")["Table"]["LatestStreamArn"]
    assert names(streams.list_streams(TableName="kept")["Streams"], "StreamArn") == {arn}
    dynamodb.put_item(TableName="kept", Item=item(1, v={"S": "x"}))
    dynamodb.delete_item(TableName="kept", Key=item(1))
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
    assert [each["eventName"] for each in records] == ["INSERT", "REMOVE"]
    assert records[0]["dynamodb"]["NewImage"] == records[1]["dynamodb"]["OldImage"] == item(1, v={"S": "x"})


# ---- IAM, STS: kept, never enforced (the door's key may do everything)

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
MAY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
POLICY = json.dumps(MAY)


def iam_roles(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    arn = iam.create_role(RoleName="kept", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    assert iam.get_role(RoleName="kept")["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert names(iam.list_roles()["Roles"], "Arn") == {arn}
    iam.update_role(RoleName="kept", Description="new", MaxSessionDuration=7200)
    iam.update_assume_role_policy(RoleName="kept", PolicyDocument=TRUST.replace("states", "lambda"))
    role = iam.get_role(RoleName="kept")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("new", 7200)
    assert "lambda.amazonaws.com" in json.dumps(role["AssumeRolePolicyDocument"])
    iam.tag_role(RoleName="kept", Tags=[{"Key": "a", "Value": "1"}])
    assert iam.list_role_tags(RoleName="kept")["Tags"] == [{"Key": "a", "Value": "1"}]
    iam.untag_role(RoleName="kept", TagKeys=["a"])
    assert iam.list_role_tags(RoleName="kept")["Tags"] == []
    iam.put_role_policy(RoleName="kept", PolicyName="inline", PolicyDocument=POLICY)
    assert iam.list_role_policies(RoleName="kept")["PolicyNames"] == ["inline"]
    assert iam.get_role_policy(RoleName="kept", PolicyName="inline")["PolicyDocument"] == MAY
    iam.delete_role_policy(RoleName="kept", PolicyName="inline")
    assert iam.list_role_policies(RoleName="kept")["PolicyNames"] == []
    iam.delete_role(RoleName="kept")
    assert error(iam.get_role, RoleName="kept")[0] == "NoSuchEntity"


def iam_policies(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.create_role(RoleName="kept", AssumeRolePolicyDocument=TRUST)
    arn = iam.create_policy(PolicyName="kept", PolicyDocument=POLICY)["Policy"]["Arn"]
    assert names(iam.list_policies(Scope="Local")["Policies"], "Arn") == {arn}
    iam.attach_role_policy(RoleName="kept", PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert names(iam.list_attached_role_policies(RoleName="kept")["AttachedPolicies"], "PolicyArn") == {arn}
    assert names(iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"], "RoleName") == {"kept"}
    iam.detach_role_policy(RoleName="kept", PolicyArn=arn)
    assert iam.list_attached_role_policies(RoleName="kept")["AttachedPolicies"] == []
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=POLICY.replace("Get", "Put"))
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["IsDefaultVersion"] is False
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    assert names(iam.list_policy_versions(PolicyArn=arn)["Versions"], "VersionId") == {"v2"}
    iam.delete_policy(PolicyArn=arn)
    assert error(iam.get_policy, PolicyArn=arn)[0] == "NoSuchEntity"


def sts_identity(cloud: Cloud) -> None:
    assert cloud.client("sts").get_caller_identity()["Account"] == cloud.account_id


# ---- SNS and SQS


def sns_topics(cloud: Cloud) -> None:
    sns = cloud.client("sns")
    arn = sns.create_topic(Name="kept", Tags=[{"Key": "a", "Value": "1"}])["TopicArn"]
    assert names(sns.list_topics()["Topics"], "TopicArn") == {arn}
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="Kept")
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "Kept"
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    sns.delete_topic(TopicArn=arn)
    assert sns.list_topics()["Topics"] == []


def sns_subscriptions(cloud: Cloud) -> None:
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = sns.create_topic(Name="kept")["TopicArn"]
    url = sqs.create_queue(QueueName="kept")["QueueUrl"]
    queue = f"arn:aws:sqs:{cloud.region}:{cloud.account_id}:kept"
    raw = {"RawMessageDelivery": "true"}
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=raw)["SubscriptionArn"]
    assert names(sns.list_subscriptions()["Subscriptions"], "Endpoint") == {queue}
    assert names(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"], "SubscriptionArn") == {arn}
    wanted = json.dumps({"kind": ["good"]})
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue=wanted)
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["FilterPolicy"] == wanted
    kinds = {kind: {"kind": {"DataType": "String", "StringValue": kind}} for kind in ("good", "bad")}
    for kind, attributes in kinds.items():
        sns.publish(TopicArn=topic, Message=kind, MessageAttributes=attributes)
    entries = [{"Id": "1", "Message": "together", "MessageAttributes": kinds["good"]}]
    assert names(sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)["Successful"], "Id") == {"1"}
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert names(messages, "Body") == {"good", "together"}
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions()["Subscriptions"] == []


def sqs_queues(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="kept", Attributes={"VisibilityTimeout": "7"})["QueueUrl"]
    assert sqs.get_queue_url(QueueName="kept")["QueueUrl"] == url
    assert sqs.list_queues()["QueueUrls"] == [url]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "3"})
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["VisibilityTimeout"], attributes["DelaySeconds"]) == ("7", "3")
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}
    sqs.delete_queue(QueueUrl=url)
    assert "QueueUrls" not in sqs.list_queues()


def sqs_messages(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="kept")["QueueUrl"]
    kind = {"kind": {"DataType": "String", "StringValue": "x"}}
    sqs.send_message(QueueUrl=url, MessageBody="one", MessageAttributes=kind)
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": n, "MessageBody": n} for n in ("two", "three")])
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    assert names(messages, "Body") == {"one", "two", "three"}
    assert [each["MessageAttributes"] for each in messages if each["Body"] == "one"] == [kind]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)  # they are in flight
    one, two, three = (each["ReceiptHandle"] for each in messages)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=one)
    sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "2", "ReceiptHandle": two}])
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=three, VisibilityTimeout=0)
    (again,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    entries = [{"Id": "3", "ReceiptHandle": again["ReceiptHandle"], "VisibilityTimeout": 0}]
    sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert counted["Attributes"]["ApproximateNumberOfMessages"] == "1"
    sqs.purge_queue(QueueUrl=url)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def sqs_dead_letters(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:{cloud.region}:{cloud.account_id}:dead", "maxReceiveCount": 1}
    settings = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "0"}
    url = sqs.create_queue(QueueName="kept", Attributes=settings)["QueueUrl"]
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "poison"
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert sqs.receive_message(QueueUrl=dead)["Messages"][0]["Body"] == "poison"


def sqs_fifo(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="kept.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    for number in (1, 2, 2, 3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number), MessageGroupId="g", MessageDeduplicationId=f"d{number}")
    bodies = [each["Body"] for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
    assert bodies == ["1", "2", "3"]


# ---- Kinesis and CloudWatch


def kinesis_streams(cloud: Cloud) -> None:
    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName="kept", ShardCount=2, Tags={"of": "mine"})
    assert kinesis.list_tags_for_stream(StreamName="kept")["Tags"] == [{"Key": "of", "Value": "mine"}]
    kinesis.remove_tags_from_stream(StreamName="kept", TagKeys=["of"])
    assert kinesis.list_streams()["StreamNames"] == ["kept"]
    assert kinesis.describe_stream_summary(StreamName="kept")["StreamDescriptionSummary"]["OpenShardCount"] == 2
    kinesis.put_record(StreamName="kept", Data=b"one", PartitionKey="k")
    put = kinesis.put_records(StreamName="kept", Records=[{"Data": b"two", "PartitionKey": "k"}])
    assert put["FailedRecordCount"] == 0
    shards = kinesis.list_shards(StreamName="kept")["Shards"]
    assert shards == kinesis.describe_stream(StreamName="kept")["StreamDescription"]["Shards"]
    read = []
    for shard in shards:
        start = kinesis.get_shard_iterator(
            StreamName="kept", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        read += [each["Data"] for each in kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]]
    assert read == [b"one", b"two"]
    kinesis.add_tags_to_stream(StreamName="kept", Tags={"a": "1", "b": "2"})
    kinesis.remove_tags_from_stream(StreamName="kept", TagKeys=["a"])
    assert kinesis.list_tags_for_stream(StreamName="kept")["Tags"] == [{"Key": "b", "Value": "2"}]
    kinesis.delete_stream(StreamName="kept")
    assert kinesis.list_streams()["StreamNames"] == []


def glue_tables(cloud: Cloud) -> None:
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": "kept"})
    glue.update_database(Name="kept", DatabaseInput={"Name": "kept", "Description": "of a test"})
    assert glue.get_database(Name="kept")["Database"]["Description"] == "of a test"
    assert names(glue.get_databases()["DatabaseList"], "Name") == {"kept"}
    here: dict[str, Any] = {"DatabaseName": "kept"}
    table = {"Name": "t", "PartitionKeys": [{"Name": "day", "Type": "string"}], "Parameters": {"a": "1"}}
    glue.create_table(**here, TableInput=table)
    assert error(glue.create_table, **here, TableInput=table)[0] == "AlreadyExistsException"
    glue.update_table(**here, TableInput=table | {"Parameters": {"a": "2"}})
    found = glue.get_table(**here, Name="t")["Table"]
    assert (found["Parameters"], found["VersionId"]) == ({"a": "2"}, "2")
    first = glue.get_table_version(**here, TableName="t", VersionId="1")["TableVersion"]["Table"]
    assert first["Parameters"] == {"a": "1"}
    glue.delete_table_version(**here, TableName="t", VersionId="1")
    assert names(glue.get_table_versions(**here, TableName="t")["TableVersions"], "VersionId") == {"2"}
    assert names(glue.get_tables(**here, Expression="t.*")["TableList"], "Name") == {"t"}
    glue.delete_table(**here, Name="t")
    assert error(glue.get_table, **here, Name="t")[0] == "EntityNotFoundException"
    glue.create_table(**here, TableInput=table)
    glue.batch_delete_table(**here, TablesToDelete=["t"])
    assert glue.get_tables(**here)["TableList"] == []
    glue.delete_database(Name="kept")
    assert glue.get_databases()["DatabaseList"] == []


def glue_partitions(cloud: Cloud) -> None:
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": "kept"})
    here: dict[str, Any] = {"DatabaseName": "kept", "TableName": "t"}
    key = [{"Name": "day", "Type": "string"}]
    glue.create_table(DatabaseName="kept", TableInput={"Name": "t", "PartitionKeys": key})
    glue.create_partition(**here, PartitionInput={"Values": ["1"]})
    glue.batch_create_partition(**here, PartitionInputList=[{"Values": ["2"]}, {"Values": ["3"]}])
    glue.update_partition(**here, PartitionValueList=["1"], PartitionInput={"Values": ["1"], "Parameters": {"a": "b"}})
    assert glue.get_partition(**here, PartitionValues=["1"])["Partition"]["Parameters"] == {"a": "b"}
    entry = {"PartitionValueList": ["2"], "PartitionInput": {"Values": ["2"], "Parameters": {"a": "c"}}}
    glue.batch_update_partition(**here, Entries=[entry])
    (found,) = glue.batch_get_partition(**here, PartitionsToGet=[{"Values": ["2"]}])["Partitions"]
    assert found["Parameters"] == {"a": "c"}
    assert [each["Values"] for each in glue.get_partitions(**here, Expression="day > '1'")["Partitions"]] == [
        ["2"],
        ["3"],
    ]
    glue.delete_partition(**here, PartitionValues=["1"])
    glue.batch_delete_partition(**here, PartitionsToDelete=[{"Values": ["2"]}])
    assert [each["Values"] for each in glue.get_partitions(**here)["Partitions"]] == [["3"]]


def logs_groups(cloud: Cloud) -> None:
    import time

    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/kept", tags={"a": "1"})
    assert names(logs.describe_log_groups(logGroupNamePrefix="/k")["logGroups"], "logGroupName") == {"/kept"}
    logs.create_log_stream(logGroupName="/kept", logStreamName="s")
    assert names(logs.describe_log_streams(logGroupName="/kept")["logStreams"], "logStreamName") == {"s"}
    now = int(time.time() * 1000)  # PutLogEvents takes what is about as old as its reader's clock says
    events = [{"timestamp": now, "message": "an ERROR"}, {"timestamp": now + 1, "message": "fine"}]
    logs.put_log_events(logGroupName="/kept", logStreamName="s", logEvents=events)
    got = logs.get_log_events(logGroupName="/kept", logStreamName="s", startFromHead=True)["events"]
    assert [each["message"] for each in got] == ["an ERROR", "fine"]
    found = logs.filter_log_events(logGroupName="/kept")["events"]
    assert names(found, "message") == {"an ERROR", "fine"}
    arn = f"arn:aws:logs:{cloud.region}:{cloud.account_id}:log-group:/kept"
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    logs.delete_log_stream(logGroupName="/kept", logStreamName="s")
    assert logs.describe_log_streams(logGroupName="/kept")["logStreams"] == []
    logs.delete_log_group(logGroupName="/kept")
    assert logs.describe_log_groups()["logGroups"] == []


def cloudwatch_metrics(cloud: Cloud) -> None:
    from datetime import UTC, datetime, timedelta

    cloudwatch, now = cloud.client("cloudwatch"), datetime(2026, 1, 5, 9, tzinfo=UTC)
    data = [{"MetricName": "loss", "Value": value, "Timestamp": now} for value in (1.0, 3.0)]
    cloudwatch.put_metric_data(Namespace="Kept", MetricData=data)
    assert names(cloudwatch.list_metrics(Namespace="Kept")["Metrics"], "MetricName") == {"loss"}
    span = {"StartTime": now - timedelta(minutes=1), "EndTime": now + timedelta(minutes=1)}
    (point,) = cloudwatch.get_metric_statistics(
        Namespace="Kept", MetricName="loss", Period=60, Statistics=["Average", "Maximum"], **span
    )["Datapoints"]
    assert (point["Average"], point["Maximum"]) == (2.0, 3.0)
    stat = {"Metric": {"Namespace": "Kept", "MetricName": "loss"}, "Period": 60, "Stat": "Sum"}
    (result,) = cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "q", "MetricStat": stat}], **span)[
        "MetricDataResults"
    ]
    assert result["Values"] == [4.0]


# ---- Lambda: what is kept of a function is what runs


def package(code: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", code)
    return packed.getvalue()


def function(cloud: Cloud, code: str = "def handler(event, context): return 1", **settings: Any) -> Any:
    cloud.client("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST)
    lambda_ = cloud.client("lambda")
    lambda_.create_function(
        FunctionName="kept",
        Role=f"arn:aws:iam::{cloud.account_id}:role/runs",
        Runtime="python3.12",
        Handler="app.handler",
        Code={"ZipFile": package(code)},
        **settings,
    )
    return lambda_


def answer(lambda_: Any, qualifier: str = "$LATEST") -> Any:
    return json.loads(lambda_.invoke(FunctionName="kept", Qualifier=qualifier)["Payload"].read())


def lambda_functions(cloud: Cloud) -> None:
    code = "import os\ndef handler(event, context): return [1, os.environ.get('WORD')]"
    lambda_ = function(cloud, code, Tags={"a": "1"})
    assert names(lambda_.list_functions()["Functions"], "FunctionName") == {"kept"}
    assert lambda_.get_function(FunctionName="kept")["Tags"] == {"a": "1"}
    lambda_.update_function_configuration(FunctionName="kept", Timeout=9, Environment={"Variables": {"WORD": "w"}})
    assert lambda_.get_function_configuration(FunctionName="kept")["Timeout"] == 9
    assert answer(lambda_) == [1, "w"]
    lambda_.publish_version(FunctionName="kept")
    lambda_.update_function_code(FunctionName="kept", ZipFile=package(code.replace("[1", "[2")))
    assert names(lambda_.list_versions_by_function(FunctionName="kept")["Versions"], "Version") == {"$LATEST", "1"}
    assert (answer(lambda_), answer(lambda_, "1")) == ([2, "w"], [1, "w"])
    arn = lambda_.get_function(FunctionName="kept")["Configuration"]["FunctionArn"]
    lambda_.tag_resource(Resource=arn, Tags={"b": "2"})
    lambda_.untag_resource(Resource=arn, TagKeys=["a"])
    assert lambda_.list_tags(Resource=arn)["Tags"] == {"b": "2"}


def lambda_aliases(cloud: Cloud) -> None:
    lambda_ = function(cloud)
    lambda_.publish_version(FunctionName="kept")
    lambda_.update_function_code(
        FunctionName="kept", ZipFile=package("def handler(event, context): return 2"), Publish=True
    )
    lambda_.create_alias(FunctionName="kept", Name="live", FunctionVersion="1")
    assert answer(lambda_, "live") == 1
    lambda_.update_alias(FunctionName="kept", Name="live", FunctionVersion="2")
    assert lambda_.get_alias(FunctionName="kept", Name="live")["FunctionVersion"] == "2"
    assert names(lambda_.list_aliases(FunctionName="kept")["Aliases"], "Name") == {"live"}
    assert answer(lambda_, "live") == 2
    lambda_.delete_alias(FunctionName="kept", Name="live")
    assert error(lambda_.get_alias, FunctionName="kept", Name="live")[0] == "ResourceNotFoundException"


def lambda_layers(cloud: Cloud) -> None:
    lambda_ = cloud.client("lambda")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("python/shared.py", "WORD = 'layer'")
    published = lambda_.publish_layer_version(LayerName="shared", Content={"ZipFile": packed.getvalue()})
    assert names(lambda_.list_layers()["Layers"], "LayerName") == {"shared"}
    arn = published["LayerVersionArn"]
    assert names(lambda_.list_layer_versions(LayerName="shared")["LayerVersions"], "LayerVersionArn") == {arn}
    assert lambda_.get_layer_version(LayerName="shared", VersionNumber=1)["LayerVersionArn"] == arn
    function(cloud, "import shared\ndef handler(event, context): return shared.WORD", Layers=[arn])
    assert answer(lambda_) == "layer"
    lambda_.delete_layer_version(LayerName="shared", VersionNumber=1)
    assert lambda_.list_layer_versions(LayerName="shared")["LayerVersions"] == []


def lambda_settings(cloud: Cloud) -> None:
    lambda_ = function(cloud)
    lambda_.put_function_concurrency(FunctionName="kept", ReservedConcurrentExecutions=0)
    assert lambda_.get_function_concurrency(FunctionName="kept")["ReservedConcurrentExecutions"] == 0
    assert error(lambda_.invoke, FunctionName="kept")[0] == "TooManyRequestsException"
    lambda_.delete_function_concurrency(FunctionName="kept")
    assert answer(lambda_) == 1
    lambda_.put_function_event_invoke_config(FunctionName="kept", MaximumRetryAttempts=0)
    assert lambda_.get_function_event_invoke_config(FunctionName="kept")["MaximumRetryAttempts"] == 0
    lambda_.put_function_event_invoke_config(FunctionName="kept", MaximumRetryAttempts=1)
    listed = lambda_.list_function_event_invoke_configs(FunctionName="kept")["FunctionEventInvokeConfigs"]
    assert [each["MaximumRetryAttempts"] for each in listed] == [1]
    lambda_.delete_function_event_invoke_config(FunctionName="kept")
    assert error(lambda_.get_function_event_invoke_config, FunctionName="kept")[0] == "ResourceNotFoundException"
    may = {"StatementId": "s3", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    lambda_.add_permission(FunctionName="kept", **may)
    assert "s3.amazonaws.com" in lambda_.get_policy(FunctionName="kept")["Policy"]
    lambda_.remove_permission(FunctionName="kept", StatementId="s3")
    assert error(lambda_.get_policy, FunctionName="kept")[0] == "ResourceNotFoundException"


# ---- Secrets Manager, KMS, Systems Manager's parameters


def secrets(cloud: Cloud) -> None:
    manager = cloud.client("secretsmanager")
    manager.create_secret(Name="kept", SecretString="one", Tags=[{"Key": "a", "Value": "1"}])
    assert manager.get_secret_value(SecretId="kept")["SecretString"] == "one"
    assert names(manager.list_secrets()["SecretList"], "Name") == {"kept"}
    manager.put_secret_value(SecretId="kept", SecretBinary=b"two")
    assert manager.get_secret_value(SecretId="kept")["SecretBinary"] == b"two"
    assert manager.get_secret_value(SecretId="kept", VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert len(manager.list_secret_version_ids(SecretId="kept")["Versions"]) == 2
    manager.update_secret(SecretId="kept", Description="new", SecretString="three")
    assert manager.batch_get_secret_value(SecretIdList=["kept"])["SecretValues"][0]["SecretString"] == "three"
    manager.tag_resource(SecretId="kept", Tags=[{"Key": "b", "Value": "2"}])
    manager.untag_resource(SecretId="kept", TagKeys=["a"])
    described = manager.describe_secret(SecretId="kept")
    assert (described["Description"], described["Tags"]) == ("new", [{"Key": "b", "Value": "2"}])
    manager.delete_secret(SecretId="kept")
    assert error(manager.get_secret_value, SecretId="kept")[0] == "InvalidRequestException"
    manager.restore_secret(SecretId="kept")
    assert manager.get_secret_value(SecretId="kept")["SecretString"] == "three"
    drawn = {manager.get_random_password(PasswordLength=20)["RandomPassword"] for _ in range(2)}
    assert sorted(map(len, drawn)) == [20, 20]


def kms_keys(cloud: Cloud) -> None:
    kms = cloud.client("kms")
    key = kms.create_key(Description="kept")["KeyMetadata"]["KeyId"]
    assert key in names(kms.list_keys()["Keys"], "KeyId")
    kms.create_alias(AliasName="alias/kept", TargetKeyId=key)
    assert kms.describe_key(KeyId="alias/kept")["KeyMetadata"]["KeyId"] == key
    assert "alias/kept" in names(kms.list_aliases()["Aliases"], "AliasName")
    secret = kms.encrypt(KeyId=key, Plaintext=b"word", EncryptionContext={"a": "1"})["CiphertextBlob"]
    assert b"word" not in secret
    assert kms.decrypt(CiphertextBlob=secret, EncryptionContext={"a": "1"})["Plaintext"] == b"word"
    assert error(kms.decrypt, CiphertextBlob=secret)[0] == "InvalidCiphertextException"
    data = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=data["CiphertextBlob"])["Plaintext"] == data["Plaintext"]
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    again = kms.re_encrypt(CiphertextBlob=secret, SourceEncryptionContext={"a": "1"}, DestinationKeyId=other)[
        "CiphertextBlob"
    ]
    assert kms.decrypt(CiphertextBlob=again)["Plaintext"] == b"word"
    kms.update_alias(AliasName="alias/kept", TargetKeyId=other)
    assert kms.describe_key(KeyId="alias/kept")["KeyMetadata"]["KeyId"] == other
    kms.delete_alias(AliasName="alias/kept")
    assert "alias/kept" not in names(kms.list_aliases()["Aliases"], "AliasName")


def ssm_parameters(cloud: Cloud) -> None:
    ssm = cloud.client("ssm")
    ssm.put_parameter(Name="/kept/one", Value="1", Type="String")
    assert error(ssm.put_parameter, Name="/kept/one", Value="2", Type="String")[0] == "ParameterAlreadyExists"
    ssm.put_parameter(Name="/kept/one", Value="2", Type="String", Overwrite=True)
    ssm.put_parameter(Name="/kept/two", Value="s", Type="SecureString")
    found = ssm.get_parameter(Name="/kept/one")["Parameter"]
    assert (found["Value"], found["Version"]) == ("2", 2)
    assert [each["Value"] for each in ssm.get_parameter_history(Name="/kept/one")["Parameters"]] == ["1", "2"]
    both = ssm.get_parameters(Names=["/kept/one", "/kept/two", "/no"], WithDecryption=True)
    assert ({each["Value"] for each in both["Parameters"]}, both["InvalidParameters"]) == ({"2", "s"}, ["/no"])
    assert ssm.get_parameter(Name="/kept/two")["Parameter"]["Value"] != "s"
    assert names(ssm.get_parameters_by_path(Path="/kept")["Parameters"], "Name") == {"/kept/one", "/kept/two"}
    assert names(ssm.describe_parameters()["Parameters"], "Name") == {"/kept/one", "/kept/two"}
    ssm.label_parameter_version(Name="/kept/one", ParameterVersion=1, Labels=["old"])
    assert ssm.get_parameter(Name="/kept/one:old")["Parameter"]["Value"] == "1"
    it = {"ResourceType": "Parameter", "ResourceId": "/kept/one"}
    ssm.add_tags_to_resource(**it, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    ssm.remove_tags_from_resource(**it, TagKeys=["a"])
    assert ssm.list_tags_for_resource(**it)["TagList"] == [{"Key": "b", "Value": "2"}]
    ssm.delete_parameter(Name="/kept/one")
    assert error(ssm.get_parameter, Name="/kept/one")[0] == "ParameterNotFound"
    assert ssm.delete_parameters(Names=["/kept/two"])["DeletedParameters"] == ["/kept/two"]


# ---- SageMaker: what our jobs and endpoints are made from


def sagemaker_models(cloud: Cloud) -> None:
    sagemaker = cloud.client("sagemaker")
    image = f"683313688378.dkr.ecr.{cloud.region}.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
    role = f"arn:aws:iam::{cloud.account_id}:role/r"
    arn = sagemaker.create_model(ModelName="kept", PrimaryContainer={"Image": image}, ExecutionRoleArn=role)["ModelArn"]
    assert sagemaker.describe_model(ModelName="kept")["PrimaryContainer"]["Image"] == image
    assert names(sagemaker.list_models()["Models"], "ModelArn") == {arn}
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    variant = {"VariantName": "v", "ModelName": "kept", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName="kept", ProductionVariants=[variant])
    described = sagemaker.describe_endpoint_config(EndpointConfigName="kept")
    assert described["ProductionVariants"] == [variant]
    assert names(sagemaker.list_endpoint_configs()["EndpointConfigs"], "EndpointConfigName") == {"kept"}
    sagemaker.delete_endpoint_config(EndpointConfigName="kept")
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []
    sagemaker.delete_model(ModelName="kept")
    assert sagemaker.list_models()["Models"] == []


SCENARIOS: dict[str, tuple[Callable[[Cloud], None], ...]] = {
    "cloudwatch": (cloudwatch_metrics,),
    "dynamodb": (dynamodb_tables, dynamodb_items, dynamodb_items_together, dynamodb_partiql),
    "dynamodbstreams": (dynamodb_streams,),
    "glue": (glue_tables, glue_partitions),
    "iam": (iam_roles, iam_policies),
    "kinesis": (kinesis_streams,),
    "kms": (kms_keys,),
    "lambda": (lambda_functions, lambda_aliases, lambda_layers, lambda_settings),
    "logs": (logs_groups,),
    "s3": (s3_buckets, s3_objects, s3_versions, s3_uploads_in_parts, s3_notifications, s3_rights),
    "sagemaker": (sagemaker_models,),
    "secretsmanager": (secrets,),
    "sns": (sns_topics, sns_subscriptions),
    "sqs": (sqs_queues, sqs_messages, sqs_dead_letters, sqs_fifo),
    "ssm": (ssm_parameters,),
    "sts": (sts_identity,),
}


def calls_of(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What this cloud from now on answers without an error, as (service, action)."""
    seen: Calls = set()
    make = cloud.client

    def client(service: str) -> Any:
        def note(http_response: Any, event_name: str, **_: Any) -> None:
            if http_response.status_code < 400:
                seen.add((service, event_name.rpartition(".")[2]))

        made = make(service)
        made.meta.events.register("after-call", note, unique_id="kept")
        return made

    monkeypatch.setattr(cloud, "client", client)
    return seen


#: No client sends it: the upload of a form, see its test below.
FORM = {("s3", "PostObject")}


@pytest.mark.parametrize("service", sorted(registry.KEPT))
def test_every_action_that_is_kept_is_shown_to_do_what_it_says(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: Calls = set()
    for scenario in SCENARIOS[service]:
        cloud = Cloud()
        try:
            seen = calls_of(cloud, monkeypatch)
            scenario(cloud)
            called |= seen
        finally:
            cloud.close()
    kept = {(service, action) for action in registry.KEPT[service]} - FORM
    assert kept - called == set(), "nothing shows their effect"


def test_the_form_that_a_browser_uploads_is_an_object(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="kept")
    form = s3.generate_presigned_post("kept", "by/form")
    response = Client(cloud.front).post(
        "/kept", data={**form["fields"], "file": (io.BytesIO(b"a receipt"), "r.txt")}, environ_overrides={INSIDE: "s3"}
    )
    assert response.status_code == 204
    assert s3.get_object(Bucket="kept", Key="by/form")["Body"].read() == b"a receipt"


# ---- settings that moto would drop

OBJECT: dict[str, Any] = {
    "ObjectLockLegalHoldStatus": {"ObjectLockLegalHoldStatus": "ON"},
    "ObjectLockMode": {"ObjectLockMode": "GOVERNANCE"},
    "SSECustomerAlgorithm": {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32},
    "StorageClass": {"StorageClass": "GLACIER"},
}
ACCESS_POINT = f"arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-{'0' * 17}"
FUNCTION: dict[str, Any] = {
    "DurableConfig": {"DurableConfig": {"ExecutionTimeout": 3600}},
    "FileSystemConfigs": {"FileSystemConfigs": [{"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/x"}]},
    "SnapStart.ApplyOn": {"SnapStart": {"ApplyOn": "PublishedVersions"}},
    "TracingConfig.Mode": {"TracingConfig": {"Mode": "Active"}},
    "VpcConfig.SubnetIds": {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
}
KEY: dict[str, Any] = {
    "KeySpec": {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"},
    "KeyUsage": {"KeyUsage": "SIGN_VERIFY"},
    "MultiRegion": {"MultiRegion": True},
    "Origin": {"Origin": "EXTERNAL"},
}
ATTRIBUTES = "keys(Attributes || `{}`)"
TOPIC, QUEUE = "arn:aws:sns:us-east-1:123456789012:t", "arn:aws:sqs:us-east-1:123456789012:q"
URL = "http://127.0.0.1:4566/123456789012/q"
ROUTES = {"FunctionName": "f", "Name": "a", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}}

#: (service, action) -> the rest of the request, and for each setting the part that is refused.
SETTINGS: dict[tuple[str, str], tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {
    ("cloudwatch", "GetMetricData"): (
        {"StartTime": 0, "EndTime": 60},
        {"MetricDataQueries[].Expression": {"MetricDataQueries": [{"Id": "q", "Expression": "m1 + m2"}]}},
    ),
    ("dynamodb", "UpdateTable"): (
        {"TableName": "t"},
        {"ReplicaUpdates": {"ReplicaUpdates": [{"Create": {"RegionName": "eu-west-1"}}]}},
    ),
    ("glue", "CreateDatabase"): (
        {},
        {
            "DatabaseInput.TargetDatabase": {
                "DatabaseInput": {"Name": "d", "TargetDatabase": {"CatalogId": "1", "DatabaseName": "e"}}
            },
            "DatabaseInput.FederatedDatabase": {
                "DatabaseInput": {"Name": "d", "FederatedDatabase": {"Identifier": "x", "ConnectionName": "c"}}
            },
        },
    ),
    ("glue", "CreateTable"): (
        {"DatabaseName": "d", "TableInput": {"Name": "t"}},
        {
            "OpenTableFormatInput": {"OpenTableFormatInput": {"IcebergInput": {"MetadataOperation": "CREATE"}}},
            "PartitionIndexes": {"PartitionIndexes": [{"Keys": ["k"], "IndexName": "i"}]},
            "TableInput.TargetTable": {"TableInput": {"Name": "t", "TargetTable": {"CatalogId": "1", "Name": "u"}}},
        },
    ),
    ("glue", "GetPartitions"): (
        {"DatabaseName": "d", "TableName": "t"},
        {
            "QueryAsOfTime": {"QueryAsOfTime": 0},
            "Segment": {"Segment": {"SegmentNumber": 0, "TotalSegments": 2}},
        },
    ),
    ("kms", "CreateKey"): ({}, KEY),
    ("lambda", "CreateAlias"): ({"FunctionVersion": "1"}, {"RoutingConfig.AdditionalVersionWeights": ROUTES}),
    ("lambda", "CreateFunction"): (
        {"FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/r", "Code": {"ZipFile": b"x"}},
        FUNCTION,
    ),
    ("lambda", "UpdateAlias"): ({}, {"RoutingConfig.AdditionalVersionWeights": ROUTES}),
    ("lambda", "UpdateFunctionCode"): ({"FunctionName": "f", "ZipFile": b"x"}, {"DryRun": {"DryRun": True}}),
    ("lambda", "UpdateFunctionConfiguration"): ({"FunctionName": "f"}, FUNCTION),
    ("logs", "FilterLogEvents"): ({"logGroupName": "g"}, {"filterPattern": {"filterPattern": "{ $.level = 1 }"}}),
    ("s3", "CopyObject"): ({"Bucket": "b", "Key": "k", "CopySource": "b/j"}, OBJECT),
    ("s3", "CreateBucket"): ({"Bucket": "bbb"}, {"ObjectLockEnabledForBucket": {"ObjectLockEnabledForBucket": True}}),
    ("s3", "CreateMultipartUpload"): ({"Bucket": "b", "Key": "k"}, OBJECT),
    ("s3", "PutObject"): ({"Bucket": "b", "Key": "k", "Body": b"x"}, OBJECT),
    ("secretsmanager", "CreateSecret"): (
        {"Name": "s"},
        {"AddReplicaRegions": {"AddReplicaRegions": [{"Region": "eu-west-1"}]}},
    ),
    ("sns", "CreateTopic"): ({"Name": "t"}, {ATTRIBUTES: {"Attributes": {"FifoTopic": "true"}}}),
    ("sns", "Publish"): (
        {"Message": "m"},
        {
            "MessageStructure": {"TopicArn": TOPIC, "MessageStructure": "json"},
            "PhoneNumber": {"PhoneNumber": "+15550100"},
            "TargetArn": {"TargetArn": TOPIC},
        },
    ),
    ("sns", "SetSubscriptionAttributes"): (
        {"SubscriptionArn": TOPIC},
        {"AttributeName": {"AttributeName": "RedrivePolicy"}},
    ),
    ("sns", "SetTopicAttributes"): ({"TopicArn": TOPIC}, {"AttributeName": {"AttributeName": "DeliveryPolicy"}}),
    ("sns", "Subscribe"): (
        {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE},
        {"Protocol": {"Protocol": "email"}, ATTRIBUTES: {"Attributes": {"RedrivePolicy": "{}"}}},
    ),
    ("sqs", "CreateQueue"): ({"QueueName": "q"}, {ATTRIBUTES: {"Attributes": {"RedriveAllowPolicy": "{}"}}}),
    ("sqs", "SetQueueAttributes"): ({"QueueUrl": URL}, {ATTRIBUTES: {"Attributes": {"RedriveAllowPolicy": "{}"}}}),
    ("ssm", "PutParameter"): (
        {"Name": "p", "Value": "v", "Type": "String"},
        {"AllowedPattern": {"AllowedPattern": "[a-z]"}, "Policies": {"Policies": "[1]"}},
    ),
}


def test_every_setting_without_effect_is_tried_below() -> None:
    tried = {action: set(parts) for action, (_, parts) in SETTINGS.items()}
    assert tried == {action: set(paths) for action, paths in registry.SETTINGS.items()}


@pytest.mark.parametrize(("service", "action"), sorted(SETTINGS))
def test_a_setting_that_moto_would_drop_is_refused_by_name(cloud: Cloud, service: str, action: str) -> None:
    rest, parts = SETTINGS[service, action]
    for part in parts.values():
        code, message = error(getattr(cloud.client(service), xform_name(action)), **{**rest, **part})
        assert code == "UnsupportedLocally", message
        assert f"{service}:{action} with " in message
        assert any(name.partition(".")[0] in message for name in ("Attributes", "Targets", *part)), message
        assert "WORKSHOP_TARGET=aws" in message
