"""The seams between moto and us: they are there, and one that is gone is told at start-up."""

from __future__ import annotations

import logging
from collections import defaultdict
from importlib import metadata

import pytest

from localcloud.cloud import Cloud
from localcloud.door import moto


def test_every_seam_that_is_used_exists_in_the_locked_moto() -> None:
    assert moto.gone() == []
    assert metadata.version("moto") == moto.TESTED


def test_a_seam_that_is_gone_is_told_when_a_cloud_starts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import moto as package
    from moto.awslambda.models import LambdaFunction

    monkeypatch.setattr(moto, "_checked", False)
    monkeypatch.setattr(package, "__version__", "6.0.0")
    monkeypatch.delattr(LambdaFunction, "_invoke_lambda")
    cloud = Cloud()
    try:
        cloud.front.warm()
    finally:
        cloud.close()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "moto 6.0.0 has no moto.awslambda.models.LambdaFunction._invoke_lambda" in caplog.text
    assert f"moto=={moto.TESTED}" in caplog.text


def test_the_tested_moto_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    moto.check(metadata.version("moto"))
    assert not caplog.records


def test_what_a_request_draws_at_random_does_not_depend_on_others() -> None:
    def publish(*messages: str) -> dict[str, list[str]]:
        cloud, drawn = Cloud(), defaultdict(list)
        try:
            topic = cloud.client("sns").create_topic(Name="t")["TopicArn"]
            for message in messages:
                drawn[message].append(cloud.client("sns").publish(TopicArn=topic, Message=message)["MessageId"])
        finally:
            cloud.close()
        return drawn

    ids = publish("a", "b", "a")
    assert len({number for each in ids.values() for number in each}) == 3
    assert publish("b", "a", "c", "a").items() >= ids.items()
