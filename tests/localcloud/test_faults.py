"""What goes wrong inside the local cloud: where its traceback is, and what the caller is told."""

from __future__ import annotations

import errno
import os

import pytest

from localcloud import faults


def fail() -> None:
    raise ValueError("seven\nlines")


def report(where: str) -> str:
    with pytest.raises(ValueError, match="seven") as caught:
        fail()
    return faults.report(where, caught.value)


def test_the_message_names_the_log_entry_that_has_the_traceback(caplog: pytest.LogCaptureFixture) -> None:
    message = report("transcription job call-1")
    (record,) = caplog.records
    fault = record.getMessage().split()[1].rstrip(":")
    assert message == f"ValueError: seven (fault {fault} in the local cloud's log)"
    assert record.getMessage() == f"fault {fault}: transcription job call-1 failed"
    assert "in fail" in caplog.text


def test_the_same_fault_has_the_same_id_in_every_run_and_another_place_has_another() -> None:
    assert report("here") == report("here") != report("there")


def test_a_full_disk_is_no_fault_but_said_with_what_to_do() -> None:
    message = faults.report("s3:PutObject", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert message.startswith("the disk of ")
    assert message.endswith(" is full. Make room there, then repeat the call.")
