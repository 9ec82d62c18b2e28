"""The seams between moto and us: they are there, and one that is gone is told at start-up."""

from __future__ import annotations

import logging
from importlib import metadata

import pytest

from localcloud.door import moto


def test_every_seam_that_is_used_exists_in_the_locked_moto() -> None:
    assert moto.gone() == []
    assert metadata.version("moto") == moto.TESTED


def test_a_seam_that_is_gone_is_told_with_the_version_that_had_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from moto.awslambda.models import LambdaFunction

    monkeypatch.delattr(LambdaFunction, "_invoke_lambda")
    moto.check("6.0.0")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "moto 6.0.0 has no moto.awslambda.models.LambdaFunction._invoke_lambda" in caplog.text
    assert f"moto=={moto.TESTED}" in caplog.text


def test_the_tested_moto_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    moto.check()
    assert not caplog.records
