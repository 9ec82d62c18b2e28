"""`python -m helpers.localcloud`: AWS on this machine, in one process, on 127.0.0.1 only.

Prints one JSON line, {"endpoint": ..., "region": ..., "account_id": ...}, when it is ready, and serves until
SIGINT or SIGTERM (CTRL_BREAK on Windows), or, with --parent-pipe, until its standard input ends.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import signal
import sys
import threading
from typing import Any, NoReturn

_REGION = "us-east-1"


def _speed(text: str) -> float:
    speed = math.inf if text == "max" else float(text)
    if not speed > 0:
        raise ValueError
    return speed


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 65536:
        raise ValueError
    return port


def keep_away_from_aws(endpoint: str) -> None:
    """Point every AWS client of this process and its children at `endpoint`, with throw-away credentials.

    The reader's own settings are out of reach, so that no call can go to AWS by mistake.
    """
    for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_DEFAULT_REGION"]:
        del os.environ[name]
    region = os.environ.get("AWS_DEFAULT_REGION") or _REGION
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # of `sync-`, for StartSyncExecution and TestState
        "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime would report its use to its maker
        "MOTO_PORT": endpoint.rpartition(":")[2],
    }


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m helpers.localcloud", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--port", type=_port, default=0, help="the port; 0, the default, takes a free one")
    parser.add_argument("--speed", type=_speed, default=math.inf, help="virtual seconds a real second, or max")
    parser.add_argument("--parent-pipe", action="store_true", help="end when standard input ends")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="localcloud: %(message)s")

    from helpers.localcloud.server import Server

    try:
        server = Server(options.port, _not_yet)
    except OSError as problem:
        print(
            f"localcloud: port {options.port} cannot be used ({problem.strerror}). "
            "Stop the program that has it, or choose another with --port.",
            file=sys.stderr,
        )
        return 1
    endpoint = f"http://127.0.0.1:{server.port}"
    keep_away_from_aws(endpoint)

    from helpers.localcloud.cloud import Cloud

    cloud = Cloud(server.port, speed=options.speed)
    server.app = cloud.front
    ends = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]
    for number in ends:
        signal.signal(number, _end)
    if options.parent_pipe:
        threading.Thread(target=_until_stdin_ends, args=(server,), daemon=True).start()
    # What the first request needs takes a second to import: it is done while the client gets ready.
    threading.Thread(target=cloud.front.warm, daemon=True).start()
    print(json.dumps({"endpoint": endpoint, "region": cloud.region, "account_id": cloud.account_id}), flush=True)
    try:
        server.serve_forever(poll_interval=0.1)
    except SystemExit:
        pass
    finally:
        for number in ends:
            signal.signal(number, signal.SIG_IGN)
        cloud.close()
    return 0


def _not_yet(_environ: Any, _start_response: Any) -> NoReturn:
    raise RuntimeError("no request is read before the application is set")


def _end(_number: int, _frame: Any) -> NoReturn:
    raise SystemExit(0)


def _until_stdin_ends(server: Any) -> None:
    while os.read(0, 4096):  # not sys.stdin: its lock, held here, would abort the interpreter's end
        pass
    server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
