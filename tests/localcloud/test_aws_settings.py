"""A process that is pointed at a local cloud: its own AWS settings are gone, and no proxy gets its calls."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import mock

import boto3
import pytest

from localcloud import aws_settings


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    before = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "secret", "AWS_ENDPOINT_URL_S3": "https://s3.example"}
    with mock.patch.dict(os.environ, before | {"NO_PROXY": "example.org"}):
        aws_settings.replace(aws_settings.variables("http://127.0.0.1:4566", "eu-west-1", "key", "word"))
        yield


def test_nothing_of_the_readers_is_left() -> None:
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & set(os.environ)
    assert os.environ["AWS_CONFIG_FILE"] == os.environ["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_every_client_calls_the_local_cloud_with_its_key() -> None:
    session = boto3.Session()
    for service in ("s3", "stepfunctions"):
        client = session.client(service)
        assert (client.meta.endpoint_url, client.meta.region_name) == ("http://127.0.0.1:4566", "eu-west-1")
    credentials = session.get_credentials()
    assert credentials is not None
    assert (credentials.access_key, credentials.secret_key, credentials.token) == ("key", "word", None)


def test_local_calls_pass_by_proxies_and_the_readers_exceptions_stay() -> None:
    assert os.environ["NO_PROXY"] == "example.org,127.0.0.1,localhost"
