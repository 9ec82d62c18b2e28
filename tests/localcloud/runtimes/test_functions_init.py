"""How long importing a handler's module may take: Lambda's init phase, and the function's timeout once it starts over.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, "Init phase" and "Failures during
the init phase".
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcloud.runtimes import function_worker
from localcloud.runtimes.function_code import Function
from localcloud.runtimes.functions import Functions, Outcome

REQUEST = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def functions(tmp_path: Path) -> Iterator[Functions]:
    made = Functions(tmp_path / "functions", {}, lambda: datetime(2026, 1, 5, 9, tzinfo=UTC))
    yield made
    made.close()


def run(functions: Functions, source: str, timeout: int) -> Outcome:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("handler.py", source)
    arn = "arn:aws:lambda:us-east-1:123456789012:function:slow"
    what = Function(arn, "$LATEST", "handler.handler", "python3.12", 128, timeout, {}, archive.getvalue())
    return functions.invoke(what, b"{}", request_id=REQUEST, arn=arn)


def test_the_init_phase_takes_ten_seconds_at_most() -> None:
    assert function_worker.INIT_SECONDS == 10


def test_an_import_without_end_is_ended_by_the_functions_own_timeout(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function_worker, "INIT_SECONDS", 0.5)
    began = time.monotonic()
    outcome = run(functions, "while True: pass", timeout=1)
    assert time.monotonic() - began < 20
    assert outcome.failed
    assert json.loads(outcome.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {REQUEST} Error: Task timed out after 1.00 seconds",
    }
    phases = [line.split("\t")[1:] for line in outcome.lines if line.startswith("INIT_REPORT")]
    assert phases == [["Phase: init", "Status: timeout\n"], ["Phase: invoke", "Status: timeout\n"]]
    assert functions._alive == 0


def test_an_import_that_starts_over_and_is_quicker_then_leaves_the_handler_the_rest(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(function_worker, "INIT_SECONDS", 1.0)
    mark = tmp_path / "second"
    source = f"""
import pathlib, time
mark = pathlib.Path({str(mark)!r})
if not mark.exists():
    mark.touch()
    time.sleep(60)
time.sleep(0.2)
def handler(event, context):
    return context.get_remaining_time_in_millis()
"""
    outcome = run(functions, source, timeout=30)
    assert not outcome.failed
    assert json.loads(outcome.payload) <= 29_800
    assert any("Phase: init\tStatus: timeout" in line for line in outcome.lines)
    assert "Init Duration" not in outcome.lines[-1]
