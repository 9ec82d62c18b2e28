"""What a handler's invocation comes to: its response, its errors, its log, its surroundings."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from localcloud import aws_settings
from localcloud.errors import UnsupportedLocally
from localcloud.runtimes.function_code import BadPackage, Function, Packages
from localcloud.runtimes.functions import Functions, Outcome

ARN = "arn:aws:lambda:us-east-1:123456789012:function:check-sum"
REQUEST = "00000000-0000-4000-8000-000000000001"

NO_REASON = "Runtime exited without providing a reason"


def package(**modules: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, source in modules.items():
            opened.writestr(name.replace("__", "/") + ".py", source)
    return archive.getvalue()


def function(source: str = "", **changes: Any) -> Function:
    settings: dict[str, Any] = {
        "arn": ARN,
        "version": "$LATEST",
        "handler": "handler.handler",
        "runtime": "python3.12",
        "memory": 128,
        "timeout": 10,
        "environment": {},
        "code": package(handler=source),
    }
    return Function(**(settings | changes))


@pytest.fixture
def functions(tmp_path: Path) -> Iterator[Functions]:
    made = Functions(
        tmp_path / "functions",
        aws_settings.variables("http://here", "us-east-1", "the cloud's", "the cloud's"),
        lambda: datetime(2026, 1, 5, 9, tzinfo=UTC),
    )
    yield made
    made.close()


def run(functions: Functions, what: Function, event: Any = None) -> Outcome:
    return functions.invoke(what, json.dumps(event).encode(), request_id=REQUEST, arn=ARN)


def error(outcome: Outcome) -> dict[str, Any]:
    assert outcome.failed
    found: dict[str, Any] = json.loads(outcome.payload)
    return found


def test_a_handler_gets_the_event_and_its_return_value_is_the_payload(functions: Functions) -> None:
    outcome = run(functions, function("def handler(event, context):\n    return [event, 1.5, 'é']"), {"a": None})
    assert (outcome.payload, outcome.failed) == ('[{"a": null}, 1.5, "é"]'.encode(), False)


def test_an_exception_is_reported_with_the_reader_s_frames_at_their_place_on_lambda(
    functions: Functions,
) -> None:
    source = "class TooLow(Exception):\n    pass\ndef handler(event, context):\n    raise TooLow('sum is 3')"
    assert error(run(functions, function(source))) == {
        "errorMessage": "sum is 3",
        "errorType": "TooLow",
        "requestId": REQUEST,
        "stackTrace": ["  File \"/var/task/handler.py\", line 4, in handler\n    raise TooLow('sum is 3')\n"],
    }


def test_a_handler_that_takes_no_event_fails_in_lambda_s_bootstrap_not_in_a_file_of_ours(functions: Functions) -> None:
    found = error(run(functions, function("def handler():\n    return 1")))
    assert (found["errorType"], [line.split('"')[1] for line in found["stackTrace"]]) == (
        "TypeError",
        ["/var/runtime/bootstrap.py"],
    )


def test_frames_of_libraries_and_messages_name_no_directory_of_this_machine(functions: Functions) -> None:
    source = "import json\ndef handler(event, context):\n    return json.loads(open(__file__).name)"
    outcome = run(functions, function(source))
    assert [line.split('"')[1] for line in error(outcome)["stackTrace"]] == [
        "/var/task/handler.py",
        *[f"/var/lang/lib/python3.{sys.version_info[1]}/json/{name}.py" for name in ("__init__", "decoder", "decoder")],
    ]


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        (
            "import nope",
            "handler.handler",
            "ImportModuleError",
            "Unable to import module 'handler': No module named 'nope'",
        ),
        (
            "",
            "other.handler",
            "ImportModuleError",
            "Unable to import module 'other': No module named 'other'",
        ),
        ("", "handler.handler", "HandlerNotFound", "Handler 'handler' missing on module 'handler'"),
        (
            "def (:",
            "handler.handler",
            "UserCodeSyntaxError",
            "Syntax error in module 'handler': invalid syntax (handler.py, line 1)",
        ),
        ("", "sys.exit", "BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
    ],
)
def test_a_handler_that_cannot_be_loaded_says_why(
    functions: Functions, source: str, handler: str, kind: str, message: str
) -> None:
    found = error(run(functions, function(source, handler=handler)))
    assert (found["errorType"], found["errorMessage"]) == (f"Runtime.{kind}", message)


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", NO_REASON),
        pytest.param(
            "os.kill(os.getpid(), 9)",
            "Runtime exited with error: signal: killed",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals"),
        ),
    ],
)
@pytest.mark.parametrize("where", ["import", "handler"])
def test_a_handler_that_ends_the_process_fails_and_the_next_call_gets_a_new_one(
    functions: Functions, ending: str, message: str, where: str
) -> None:
    body = f"    if event == 'end': {ending}\n    return 'alive'"
    source = f"import os, sys\ndef handler(event, context):\n{body}"
    broken = function(f"import os, sys\n{ending}") if where == "import" else function(source)
    outcome = run(functions, broken, "end")
    assert error(outcome) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {REQUEST} Error: {message}",
    }
    assert f"RequestId: {REQUEST} Error: {message}\nRuntime.ExitError\n" in outcome.lines
    assert run(functions, function(source)).payload == b'"alive"'


def test_a_handler_that_takes_too_long_is_killed_and_the_next_call_gets_a_new_worker(
    functions: Functions,
) -> None:
    source = "import time\ndef handler(event, context):\n    print('in')\n    time.sleep(event)\n    return 'done'"
    slow = function(source, timeout=1)
    outcome = run(functions, slow, 60)
    assert error(outcome) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {REQUEST} Error: Task timed out after 1.00 seconds",
    }
    assert outcome.lines[1:4] == [
        f"START RequestId: {REQUEST} Version: $LATEST\n",
        "in\n",
        f"END RequestId: {REQUEST}\n",
    ]
    assert outcome.lines[-1] == f"2026-01-05T09:00:00.000Z {REQUEST} Task timed out after 1.00 seconds\n"
    assert run(functions, slow, 0).payload == b'"done"'


def test_the_time_that_importing_takes_does_not_count_towards_the_timeout(functions: Functions) -> None:
    source = "import time\ntime.sleep(1.2)\ndef handler(event, context):\n    return 'done'"
    assert run(functions, function(source, timeout=1)).payload == b'"done"'


def test_a_response_that_is_not_json_is_refused(functions: Functions) -> None:
    found = error(run(functions, function("def handler(event, context):\n    return {1}")))
    assert (found["errorType"], found["stackTrace"]) == ("Runtime.MarshalError", [])
    assert found["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


def test_a_response_above_the_limit_is_refused_and_the_worker_stays(functions: Functions) -> None:
    source = "import os\ndef handler(event, context):\n    return 'x' * event + str(os.getpid())"
    large = function(source)
    before = run(functions, large, 0).payload
    found = error(run(functions, large, 6_400_000))
    assert found["errorType"] == "Function.ResponseSizeTooLarge"
    assert "exceeded maximum allowed payload size (6291556 bytes)" in found["errorMessage"]
    assert run(functions, large, 0).payload == before


def test_a_response_of_six_megabytes_passes(functions: Functions) -> None:
    outcome = run(functions, function("def handler(event, context):\n    return event"), "x" * 6_000_000)
    assert (outcome.failed, len(outcome.payload)) == (False, 6_000_002)


def test_numbers_of_dynamodb_are_numbers_in_the_response(functions: Functions) -> None:
    imports = "from decimal import Decimal as D\n"
    source = f"{imports}def handler(event, context):\n    return {{'sum': D('12.30'), 'n': [D(7)]}}"
    assert run(functions, function(source)).payload == b'{"sum": 12.30, "n": [7]}'


def test_the_context_is_lambda_s(functions: Functions) -> None:
    source = """
def handler(event, context):
    assert 0 < context.get_remaining_time_in_millis() <= 10_000
    return {name: getattr(context, name) for name in (
        "aws_request_id", "function_name", "function_version", "invoked_function_arn", "memory_limit_in_mb",
        "log_group_name", "log_stream_name", "client_context")}
"""
    outcome = run(functions, function(source))
    assert json.loads(outcome.payload) == {
        "aws_request_id": REQUEST,
        "function_name": "check-sum",
        "function_version": "$LATEST",
        "invoked_function_arn": ARN,
        "memory_limit_in_mb": "128",
        "log_group_name": "/aws/lambda/check-sum",
        "log_stream_name": outcome.stream,
        "client_context": None,
    }
    assert outcome.stream.startswith("2026/01/05/[$LATEST]")


def test_the_environment_is_lambda_s_and_the_function_s_and_nothing_of_the_reader_s(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the reader's")
    monkeypatch.setenv("HOME", "/home/reader")
    source = "import os\ndef handler(event, context):\n    return dict(os.environ)"
    found = json.loads(run(functions, function(source, environment={"TABLE": "orders"})).payload)
    expected = {
        "TABLE": "orders",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://here",
        "AWS_LAMBDA_FUNCTION_NAME": "check-sum",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "_HANDLER": "handler.handler",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert "AWS_PROFILE" not in found
    assert found["AWS_SECRET_ACCESS_KEY"] == "the cloud's"
    assert found["HOME"] != "/home/reader"
    assert found["AWS_LAMBDA_RUNTIME_API"].startswith("127.0.0.1:")


def test_the_log_has_prints_logging_and_what_a_child_process_says_between_start_and_report(
    functions: Functions,
) -> None:
    source = """
import logging, subprocess, sys
print("imported")
def handler(event, context):
    print("printed é")
    logging.warning("careful")
    logging.info("not shown: the level is WARNING")
    subprocess.run([sys.executable, "-c", "print('child')"])
    sys.stderr.write("no line end")
"""
    lines = run(functions, function(source)).lines
    assert lines[0].startswith("INIT_START Runtime Version: python:3.")
    assert lines[1:4] == [f"START RequestId: {REQUEST} Version: $LATEST\n", "imported\n", "printed é\n"]
    assert lines[4].startswith("[WARNING]\t")
    assert lines[4].endswith(f"Z\t{REQUEST}\tcareful\n")
    assert lines[5:8] == ["child\n", "no line end\n", f"END RequestId: {REQUEST}\n"]
    assert lines[8].startswith(f"REPORT RequestId: {REQUEST}\tDuration: ")
    assert len(lines) == 9


def test_an_error_is_one_entry_of_the_log(functions: Functions) -> None:
    lines = run(functions, function("def handler(event, context):\n    raise ValueError('no')")).lines
    assert lines[2] == (
        "[ERROR] ValueError: no\rTraceback (most recent call last):\r"
        "\xa0\xa0File \"/var/task/handler.py\", line 2, in handler\r\xa0\xa0\xa0\xa0raise ValueError('no')\n"
    )


def test_modules_of_the_package_and_of_its_layers_are_importable(functions: Functions) -> None:
    code = package(app__rules="import tax\ndef handler(event, context):\n    return tax.RATE")
    layers = (package(python__tax="RATE = 1"), package(python__tax="RATE = 2"))
    what = function(code=code, handler="app/rules.handler", layers=layers)
    assert run(functions, what).payload == b"2"


def test_another_runtime_is_refused_with_what_to_do(functions: Functions) -> None:
    with pytest.raises(
        UnsupportedLocally, match=r'"check-sum" has the runtime nodejs22\.x.* Write its handler in Python'
    ):
        run(functions, function(runtime="nodejs22.x"))


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return made.getvalue()


@pytest.mark.parametrize(
    "code",
    [b"def handler(event, context): pass", zipped("app.py", "a" * 300), zipped("app.py", "app.py/inner.py")],
    ids=["no zip", "a name that is too long", "a file as a folder"],
)
def test_a_package_that_cannot_be_unzipped_is_refused_and_leaves_nothing_behind(
    functions: Functions, code: bytes
) -> None:
    for _ in range(2):
        with pytest.raises(BadPackage):
            run(functions, function(code=code))


def test_a_disk_that_fills_while_a_package_is_unzipped_leaves_no_half_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages, code = Packages(tmp_path), zipped("app.py", "more.py")
    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "extractall", raising(OSError(errno.ENOSPC, "No space left on device")))
        with pytest.raises(OSError, match="No space left"):
            packages.unzip(code)
    assert list(tmp_path.iterdir()) == []
    assert sorted(path.name for path in packages.unzip(code).iterdir()) == ["app.py", "more.py"]


def raising(problem: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise problem

    return fail
