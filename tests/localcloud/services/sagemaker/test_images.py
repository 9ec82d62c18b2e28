"""Which images run: every version that the SDK's own table has, in regions of two partitions."""

from __future__ import annotations

import pytest

import helpers  # first: it makes the SDK's import quick and quiet  # noqa: F401
from localcloud.errors import UnsupportedLocally
from localcloud.services.sagemaker.images import image_of


@pytest.mark.parametrize("framework", ["sklearn", "xgboost"])
def test_every_uri_that_the_sdk_gives_has_its_runner(framework: str) -> None:
    from sagemaker.image_uris import config_for_framework, retrieve

    config = config_for_framework(framework)
    versions = config.get("versions") or config["training"]["versions"]
    seen = set()
    for version, settings in versions.items():
        for region in {"us-east-1", "eu-central-1", "cn-north-1"} & settings["registries"].keys():
            uri = retrieve(framework, region, version, instance_type="ml.m5.large")
            assert image_of(uri, "a job") == framework, uri
            seen.add(uri)
    assert len(seen) >= 15


def test_the_error_lists_what_runs() -> None:
    with pytest.raises(UnsupportedLocally, match=r"sagemaker-scikit-learn, .*sagemaker-xgboost, "):
        image_of("763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.0", 'training job "x"')
