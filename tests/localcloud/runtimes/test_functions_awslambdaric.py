"""Our client of the Lambda Runtime API held against AWS's: the same handlers, the same answers and log."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcloud.runtimes import function_worker
from localcloud.runtimes.function_code import Function
from localcloud.runtimes.functions import Functions

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="awslambdaric has wheels for Linux only")

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f:live"

EVENT = {"text": "é\u2028\U0001f600", "number": 1.0, "nothing": None}

HANDLERS = {
    "returns the event": "def handler(event, context):\n    return event",
    "returns nothing": "def handler(event, context):\n    pass",
    "returns bytes": "def handler(event, context):\n    return b'[1]'",
    "returns other types": "def handler(event, context):\n    return {1: (True, 2.50), None: float('nan')}",
    "returns decimals": "from decimal import Decimal as D\ndef handler(event, context):\n"
    "    return [D('1.10'), D('NaN'), {'a': D('1E+3')}, '\\x00']",
    "returns a set": "def handler(event, context):\n    return {1}",
    "returns a circle": "def handler(event, context):\n    event['self'] = event\n    return event",
    "shows its context": "def handler(event, context):\n    return {n: getattr(context, n) for n in ("
    "'aws_request_id', 'function_name', 'function_version', 'invoked_function_arn', 'memory_limit_in_mb', "
    "'log_group_name', 'log_stream_name', 'tenant_id')} | {'client': context.client_context.custom, "
    "'identity': context.identity.cognito_identity_id, "
    "'in time': 0 < context.get_remaining_time_in_millis() <= 60_000}",
    "raises": "class Odd(Exception):\n    pass\ndef inner():\n    raise Odd('é')\n\n"
    "def handler(event, context):\n    inner()",
    "raises without a message": "def handler(event, context):\n    raise KeyError",
    "raises from another": "def handler(event, context):\n    try:\n        1 / 0\n"
    "    except ArithmeticError as e:\n"
    "        raise ValueError('lines\\nof text') from e",
    "raises in the library": "import json\ndef handler(event, context):\n    return json.loads('{')",
    "fails at import": "total = 1 / 0",
    "imports what is not there": "import nope",
    "imports a name that is not there": "from json import nope",
    "is no Python": "def handler(event, context):\n  return (",
    "is missing": "def other(event, context):\n    pass",
    "logs": "import logging\nlogging.getLogger().setLevel('INFO')\nprint('one', 'two')\n"
    "def handler(event, context):\n    logging.info('%s items', 3)\n    print('a\\n\\nb')\n"
    "    logging.getLogger('mine').error('bad', exc_info=False)",
    "exits": "import sys\ndef handler(event, context):\n    sys.exit(7)",
    "exits with a text": "import sys\ndef handler(event, context):\n    sys.exit('over')",
    "exits as if well": "import sys\ndef handler(event, context):\n    sys.exit()",
    "exits at import": "import sys\nsys.exit(4)",
}

OTHER_NAMES = {
    "has no dot": "handler",
    "is in no module": "absent.handler",
    "is in a built-in module": "sys.exit",
    "is in a folder": "folder/inner.handler",
}


def observe(root: Path, source: str, handler: str, runtime: str) -> tuple[str, bool, list[str]]:
    """What an invocation of a handler answers and logs, without what differs from run to run."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("handler.py", source)
        opened.writestr("folder/inner.py", "def handler(event, context):\n    return 'inner'")
    what = Function(ARN.rpartition(":")[0], "$LATEST", handler, runtime, 128, 60, {}, archive.getvalue())
    functions = Functions(root, {}, lambda: datetime(2026, 1, 5, tzinfo=UTC))
    try:
        outcome = functions.invoke(
            what,
            json.dumps(EVENT).encode(),
            request_id="id-1",
            arn=ARN,
            client_context='{"custom": {"a": 1}}',
        )
    finally:
        functions.close()
    text = "".join(outcome.lines)
    text = re.sub(r"LAMBDA_WARNING: .*\r?\n?|\[WARNING\].*LAMBDA_WARNING.*\n?", "", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME", text)
    text = re.sub(r"REPORT .*\n", "", text)
    return placed(outcome.payload.decode(), root), outcome.failed, placed(text, root).splitlines()


def placed(text: str, root: Path) -> str:
    """A text with the directories as they are called on Lambda: AWS's client does not do that."""
    text = re.sub(rf"{re.escape(str(root.resolve()))}/[0-9a-f]{{16}}", "/var/task", text)
    return text.replace(str(Path(os.__file__).parent), f"/var/lang/lib/python3.{sys.version_info[1]}")


#: AWS's client takes an address with a path, where the worker's secret stands, for all calls but those of http.client.
THEIRS = """
import http.client, sys
from awslambdaric.__main__ import main

class Connection(http.client.HTTPConnection):
    def __init__(self, address):
        address, _, self.secret = address.partition("/")
        super().__init__(address)

    def request(self, method, url, *arguments, **options):
        super().request(method, f"/{self.secret}{url}", *arguments, **options)

http.client.HTTPConnection = Connection
main(["", *sys.argv[1:]])
"""


@pytest.mark.parametrize("runtime", ["python3.11", "python3.12"])
@pytest.mark.parametrize(
    ("source", "handler"),
    [pytest.param(source, "handler.handler", id=name) for name, source in HANDLERS.items()]
    + [pytest.param("", handler, id=name) for name, handler in OTHER_NAMES.items()],
)
def test_a_handler_answers_and_logs_as_with_aws_s_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, handler: str, runtime: str
) -> None:
    ours = observe(tmp_path / "ours", source, handler, runtime)
    theirs_command = (sys.executable, "-u", "-X", "utf8", "-c", THEIRS, handler)
    monkeypatch.setattr(function_worker, "CLIENT_COMMAND", theirs_command)
    assert ours == observe(tmp_path / "theirs", source, handler, runtime)
