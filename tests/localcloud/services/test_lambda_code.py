"""What CreateFunction and UpdateFunctionCode refuse, in Lambda's words; a call that fails leaves nothing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from moto.moto_api._internal.models import moto_api_backend

from localcloud.cloud import Cloud
from localcloud.services import _lambda_code
from tests.localcloud.services import answers
from tests.localcloud.services.waiting import ROLE, create_function


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.close()
    moto_api_backend.reset()


def archive(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(f"{name}.py", content)
    return packed.getvalue()


NO_SOURCE = "Please provide a source for function code."
NO_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."
EMPTY = "Uploaded file must be a non-empty zip"
GONE = "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: The specified {} does not exist."


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ({}, NO_SOURCE),
        ({"S3Bucket": "code"}, NO_SOURCE),
        ({"S3Bucket": "code", "S3Key": "gone.zip"}, GONE.format("NoSuchKey", "key")),
        ({"S3Bucket": "gone", "S3Key": "f.zip"}, GONE.format("NoSuchBucket", "bucket")),
        ({"S3Bucket": "code", "S3Key": "notes.txt"}, NO_ZIP),
        ({"ZipFile": b""}, EMPTY),
        ({"ZipFile": archive()}, EMPTY),
        ({"ZipFile": b"no zip"}, NO_ZIP),
        (
            {"ZipFile": archive(handler="x"), "S3Bucket": "code", "S3Key": "f.zip"},
            "Please do not provide other FunctionCode parameters when providing a ZipFile.",
        ),
    ],
)
def test_code_that_is_none_is_refused_and_leaves_nothing(cloud: Cloud, code: dict[str, Any], message: str) -> None:
    client, s3 = cloud.client("lambda"), cloud.client("s3")
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="notes.txt", Body=b"no zip")
    refused = answers.error(
        client.create_function,
        FunctionName="f",
        Runtime="python3.12",
        Role=ROLE,
        Handler="handler.handler",
        Code=code,
    )
    assert refused == ("InvalidParameterValueException", message)
    assert client.list_functions()["Functions"] == []
    create_function(cloud, "def handler(event, context):\n    return 1")
    before = client.get_function(FunctionName="f")["Configuration"]["CodeSha256"]
    assert answers.error(client.update_function_code, FunctionName="f", **code) == refused
    assert client.get_function(FunctionName="f")["Configuration"]["CodeSha256"] == before


def test_code_that_is_too_large_unzipped_is_refused(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html says: 250 MB, layers included."""
    large = archive(handler="#" * _lambda_code.MOST_UNZIPPED)
    message = answers.error(
        cloud.client("lambda").create_function,
        FunctionName="f",
        Runtime="python3.12",
        Role=ROLE,
        Handler="handler.handler",
        Code={"ZipFile": large},
    )[1]
    assert message == "Unzipped size must be smaller than 262144000 bytes"


def test_layers_count_against_the_size(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = cloud.client("lambda").publish_layer_version(LayerName="l", Content={"ZipFile": archive(rates="#" * 1000)})
    monkeypatch.setattr(_lambda_code, "MOST_UNZIPPED", 1010)
    with pytest.raises(Exception, match="Function code combined with layers exceeds the maximum allowed size of 1010"):
        create_function(cloud, "#" * 20, Layers=[layer["LayerVersionArn"]])
    assert cloud.client("lambda").list_functions()["Functions"] == []


def test_a_layer_is_checked_as_well(cloud: Cloud) -> None:
    client = cloud.client("lambda")
    cloud.client("s3").create_bucket(Bucket="code")
    content = {"S3Bucket": "code", "S3Key": "gone.zip"}
    refused = answers.error(client.publish_layer_version, LayerName="l", Content=content)
    assert refused == ("InvalidParameterValueException", GONE.format("NoSuchKey", "key"))
    assert client.list_layers()["Layers"] == []


def test_a_function_needs_a_handler_and_a_runtime(cloud: Cloud) -> None:
    client = cloud.client("lambda")
    code = {"ZipFile": archive(handler="x")}
    refused = answers.error(client.create_function, FunctionName="f", Role=ROLE, Code=code)
    assert refused == (
        "InvalidParameterValueException",
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
    )


def test_function_urls_are_refused_with_what_to_do(cloud: Cloud) -> None:
    create_function(cloud, "def handler(event, context):\n    return 1")
    code, message = answers.error(cloud.client("lambda").create_function_url_config, FunctionName="f", AuthType="NONE")
    assert (code, "lambda:Invoke" in message) == ("UnsupportedLocally", True)
