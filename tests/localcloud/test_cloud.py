"""What a local cloud holds, and that it leaves nothing behind."""

from __future__ import annotations

import pytest

from localcloud.cloud import ACCOUNT_ID, Cloud
from localcloud.host import Service


def test_the_account_is_motos_and_the_region_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    cloud = Cloud()
    try:
        identity = cloud.client("sts").get_caller_identity()
        assert identity["Account"] == cloud.account_id == ACCOUNT_ID
        assert cloud.client("sqs").meta.region_name == cloud.region == "eu-central-1"
    finally:
        cloud.close()


def test_clients_are_made_once() -> None:
    cloud = Cloud()
    try:
        assert cloud.client("sqs") is cloud.client("sqs")
    finally:
        cloud.close()


def test_ids_are_the_same_sequence_in_every_run() -> None:
    first, second = Cloud(), Cloud()
    try:
        drawn = [first.new_id() for _ in range(3)]
        assert drawn == [second.new_id() for _ in range(3)]
        assert len(set(drawn)) == 3
    finally:
        first.close()
        second.close()


def test_closing_ends_every_service_and_removes_the_scratch_directory(caplog: pytest.LogCaptureFixture) -> None:
    cloud = Cloud()
    ended = []

    def fail() -> None:
        raise OSError("busy")

    cloud.registry.add(Service("polly", {}, close=fail))
    cloud.registry.add(Service("textract", {}, close=lambda: ended.append("textract")))
    (cloud.scratch / "model.bin").write_bytes(b"x")
    cloud.close()
    assert ended == ["textract"]  # although polly's end failed
    assert "closing polly" in caplog.text
    assert not cloud.scratch.exists()


def test_the_lambda_service_loads_when_functions_are_first_asked_for() -> None:
    cloud = Cloud()
    try:
        assert cloud.functions is cloud.functions
        assert "Invoke" in cloud.service("lambda").actions
    finally:
        cloud.close()
