"""An outside client accepts the answers: the AWS SDK for JavaScript v3."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from localcloud import aws_settings
from tests.conftest import LocalCloud

CLIENTS = Path(__file__).resolve().parents[2] / "clients"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None or not (CLIENTS / "node_modules").is_dir(),
    reason="needs Node.js and the SDK for JavaScript; .ci/run installs it (npm ci --prefix tests/clients)",
)


def test_plain_clients_of_javascript_call_the_cloud_with_its_key(local_cloud: LocalCloud) -> None:
    settings = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        **aws_settings.variables(
            local_cloud.endpoint, local_cloud.region, local_cloud.access_key_id, local_cloud.secret_access_key
        )
    }
    assert NODE
    ended = subprocess.run(
        [NODE, str(CLIENTS / "calls.mjs")], env=settings, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    got = json.loads(ended.stdout)
    assert "javascript" in got.pop("tables")
    assert got == {
        "text": "text",
        "output": '{"a": 1}',
        "refused": "UnrecognizedClientException",
        "started": "SUCCEEDED",
        "tried": "SUCCEEDED",
    }
