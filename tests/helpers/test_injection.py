"""`faults`, as notebooks use it: what it prints, what pictures say, what it does on AWS."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.error import URLError

import pytest

from helpers import WorkshopError, deploy, faults, run, show
from helpers.errors import LocalCloudDied
from helpers.session import Session

LIST = {
    "StartAt": "List",
    "States": {
        "List": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets",
            "Parameters": {},
            "Retry": [{"ErrorEquals": ["S3.SlowDown", "S3.S3Exception"], "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}],
            "Next": "Done",
        },
        "Done": {"Type": "Pass", "End": True},
    },
}


def test_the_picture_and_a_line_below_say_what_was_injected(
    workshop: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = deploy(LIST, "workshop-faulty")
    with faults("s3:ListBuckets", error="SlowDown", times=1):
        execution = run(machine)
    assert capsys.readouterr().out == "Injected into s3:ListBuckets: SlowDown, 1 time.\n"
    assert "List (1 retry, injected)" in show(execution).alt
    assert "1 retry, injected" in show(execution).svg
    assert "injected" not in show(run(machine)).alt


def test_a_picture_says_so_of_a_failure_that_was_not_overcome(workshop: Session) -> None:
    machine = deploy(LIST, "workshop-faulty")
    with faults("s3:ListBuckets", error="SlowDown"):
        execution = run(machine)
    assert "List (2 retries, injected, caught: S3)" in show(execution).alt
    assert "S3, injected<" in show(execution).svg


def test_a_fault_that_cannot_be_is_an_error_of_the_kit(workshop: Session) -> None:
    with pytest.raises(WorkshopError, match="Did you mean ListBuckets"), faults("s3:ListBucket", error="SlowDown"):
        pass


def test_on_aws_the_block_runs_as_it_is_and_a_line_says_so(
    workshop: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workshop, "cloud", None)
    with faults("s3:ListBuckets", error="SlowDown"):
        workshop.client("s3").list_buckets()
    assert capsys.readouterr().out == "On AWS nothing is injected into s3:ListBuckets: the block runs as it is.\n"


def test_of_a_cloud_that_is_gone_it_says_so(workshop: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(on: str, **what: object) -> None:
        raise URLError(ConnectionRefusedError(111, "Connection refused"))

    gone = SimpleNamespace(faults=refuse, alive=False, died=lambda: "It was killed.")
    monkeypatch.setattr(workshop, "cloud", gone)
    with pytest.raises(LocalCloudDied, match="It was killed"), faults("s3:ListBuckets", error="SlowDown"):
        pass
