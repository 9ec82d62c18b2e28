"""How an object in S3 may be named to a service: `^(https|s3)://([^/]+)/?(.*)$` in SageMaker's API reference."""

from __future__ import annotations

import pytest

from localcloud.services.sagemaker.storage import NoData, split


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("s3://b/a/k.csv", ("b", "a/k.csv")),
        ("s3://b", ("b", "")),
        ("https://s3.amazonaws.com/b/a/k.csv", ("b", "a/k.csv")),
        ("https://s3-eu-west-1.amazonaws.com/b/a/", ("b", "a/")),  # the SDK's abalone notebook
        ("https://s3.eu-west-1.amazonaws.com/b/a%20b", ("b", "a b")),
        ("https://s3.dualstack.us-east-1.amazonaws.com/b/k", ("b", "k")),
        ("https://s3.cn-north-1.amazonaws.com.cn/b/k", ("b", "k")),
        ("https://my.bucket.s3.us-east-1.amazonaws.com/a/k", ("my.bucket", "a/k")),
        ("https://b.s3.amazonaws.com/k", ("b", "k")),
        ("https://b.s3-us-west-2.amazonaws.com", ("b", "")),
    ],
)
def test_a_bucket_and_a_key_are_read_off_every_form(uri: str, place: tuple[str, str]) -> None:
    assert split(uri) == place


@pytest.mark.parametrize("uri", ["http://s3.amazonaws.com/b/k", "https://example.com/b/k", "b/k", "s3:/b/k"])
def test_what_is_no_uri_of_s3_is_refused_with_the_forms_there_are(uri: str) -> None:
    with pytest.raises(NoData, match=r"s3://bucket/key or https://s3\.REGION\.amazonaws\.com/bucket/key"):
        split(uri)
