"""How Step Functions spells what it passes to and from AWS's APIs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.session import Session

from localcloud.asl.validation.catalogue import OPTIMISED
from localcloud.integrations import fields, naming, shapes
from localcloud.integrations.jobs import JOBS
from localcloud.integrations.optimised import SERVICES


@pytest.mark.parametrize(
    ("member", "spelled"),
    [
        ("stateMachineArn", "StateMachineArn"),
        ("Bucket", "Bucket"),
        ("ETag", "ETag"),
        ("ACL", "Acl"),
        ("SSEKMSKeyId", "SsekmsKeyId"),
        ("DBInstanceIdentifier", "DbInstanceIdentifier"),
        ("ChecksumCRC32", "ChecksumCRC32"),
        ("MD5OfMessageBody", "Md5OfMessageBody"),
        ("Equals", "EqualsValue"),
        ("Default", "DefaultValue"),
    ],
)
def test_members_have_the_names_of_the_java_sdk(member: str, spelled: str) -> None:
    assert naming.member(member) == spelled


@pytest.mark.parametrize(
    ("service_id", "spelled"),
    [
        ("S3", "S3"),
        ("SFN", "Sfn"),
        ("SQS", "Sqs"),
        ("DynamoDB", "DynamoDb"),
        ("CloudWatch Logs", "CloudWatchLogs"),
        ("SageMaker Runtime", "SageMakerRuntime"),
        ("ACM PCA", "AcmPca"),
        ("Database Migration Service", "DatabaseMigration"),
    ],
)
def test_services_in_errors_are_spelled_in_pascal_case(service_id: str, spelled: str) -> None:
    assert naming.service(service_id) == spelled


@pytest.mark.parametrize(
    ("shape", "spelled"),
    [
        ("NoSuchKey", "NoSuchKeyException"),
        ("BucketAlreadyExists", "BucketAlreadyExistsException"),
        ("ResourceNotFoundException", "ResourceNotFoundException"),
        ("DBInstanceNotFoundFault", "DbInstanceNotFoundException"),
    ],
)
def test_errors_always_end_in_exception(shape: str, spelled: str) -> None:
    assert naming.exception(shape) == spelled


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("sfn", "stepfunctions"),
        ("dynamodb", "dynamodb"),
        ("cloudwatchlogs", "logs"),
        ("eventbridge", "events"),
        ("sagemakerruntime", "sagemaker-runtime"),
        ("elasticloadbalancingv2", "elbv2"),
        ("cognitoidentityprovider", "cognito-idp"),
        ("stepfunctions", "stepfunctions"),
        ("teapot", None),
    ],
)
def test_a_resource_names_services_as_the_sdk_does(name: str, service: str | None) -> None:
    assert naming.boto_service(name, Session().get_available_services()) == service


def test_every_renamed_service_exists() -> None:
    assert set(naming._BOTO_NAMES.values()) <= set(Session().get_available_services())


def test_every_action_and_job_of_the_tables_exists() -> None:
    session = Session()
    for service, actions in OPTIMISED.items():
        for action in actions:
            if (name := f"{service}:{action}") not in fields.OWN:
                model = session.get_service_model(fields.BOTO_SERVICES.get(service, service))
                assert fields.BOTO_OPERATIONS.get(name, naming.capitalised(action)) in model.operation_names
    assert OPTIMISED.keys() >= SERVICES
    for (service, action), job in JOBS.items():
        model = session.get_service_model(service)
        assert ".sync" in OPTIMISED[service][action]
        assert {job.describe, job.stop} <= set(model.operation_names)
        shape = model.operation_model(job.describe).output_shape
        for member in job.status:
            shape = shape.members[member]
        assert job.succeeded | job.failed <= set(shape.metadata["enum"])


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (datetime(2026, 1, 5, 9, tzinfo=UTC), "2026-01-05T09:00:00Z"),
        (datetime(2026, 1, 5, 9, 0, 0, 120_000, tzinfo=UTC), "2026-01-05T09:00:00.120Z"),
    ],
)
def test_sdk_integrations_give_times_as_iso_text_and_optimised_ones_as_milliseconds(when: datetime, text: str) -> None:
    assert shapes.iso(when) == text
    assert shapes.milliseconds(when) == round(when.timestamp() * 1000)
