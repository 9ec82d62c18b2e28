"""How long the local cloud takes to be ready and to answer first, next to what importing moto costs."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import localcloud

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5


def measure() -> dict[str, float]:
    """Return medians over five rounds, in seconds, and the ratio of `ready` to its floor."""
    rounds = [_start() for _ in range(ROUNDS)]
    ready = statistics.median(first for first, _ in rounds)
    answer = statistics.median(second for _, second in rounds)
    floor = statistics.median(_import_moto() for _ in range(ROUNDS))
    return {
        "ready_seconds": round(ready, 3),
        "first_answer_seconds": round(answer, 3),
        "floor_seconds": round(floor, 3),
        "ready_to_floor": round(ready / floor, 2),
    }


def _start() -> tuple[float, float]:
    """Start a local cloud; return the seconds until it is ready, and until its first answer (ListBuckets)."""
    started = time.perf_counter()
    with localcloud.start() as cloud:
        ready = time.perf_counter() - started
        listing = AWSRequest("GET", f"{cloud.endpoint}/")
        SigV4Auth(Credentials(cloud.access_key_id, cloud.secret_access_key), "s3", cloud.region).add_auth(listing)
        request = urllib.request.Request(listing.url, headers=dict(listing.headers))
        with urllib.request.urlopen(request, timeout=60) as reply:
            reply.read()
        answer = time.perf_counter() - started
    return ready, answer


def _import_moto() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import moto.server"], cwd=ROOT, check=True)
    return time.perf_counter() - started
