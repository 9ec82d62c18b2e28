"""`python -m localcloud`: AWS on this machine, in one process, on 127.0.0.1 only.

When it is ready it prints one JSON line: `endpoint` (for AWS clients: its `local@` takes the prefix that some put
before the host; leave it out for others, like urllib), `region`, `account_id`, the key with which calls must be signed
(`access_key_id`, `secret_access_key`), where faults are injected (`faults`) and executions forked (`what_if`), and,
where one is mounted, the address of a page (`page`). It serves until SIGINT, SIGTERM or SIGHUP (CTRL_BREAK on
Windows), or, with --parent-pipe, until its standard input ends.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import math
import os
import re
import shlex
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from localcloud import aws_settings, memory, scratch

if TYPE_CHECKING:
    from localcloud.door.front import Front
    from localcloud.door.server import Page
    from localcloud.host import Host

_REGION = "us-east-1"


def _speed(text: str) -> float:
    try:
        speed = math.inf if text == "max" else float(text)
    except ValueError:
        speed = 0
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed: use max, or a number above 0 such as 10")
    return speed


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 65536:
        raise ValueError
    return port


def _key(text: str) -> Any:
    from localcloud.door.access import Key

    access_key_id, _, secret = text.partition(":")
    if not re.fullmatch(r"\w{1,128}", access_key_id) or not secret:
        raise ValueError
    return Key(access_key_id, secret)


def _policy(path: str) -> Any:
    try:
        policy = json.loads(Path(path).read_text("utf-8"))
        assert policy["Statement"]
    except (OSError, ValueError, LookupError, TypeError, AssertionError):
        raise argparse.ArgumentTypeError(f"{path} has no policy of IAM: a JSON object with a Statement") from None
    return policy


def keep_away_from_aws(endpoint: str) -> None:
    """Point every AWS client of this process and its children at `endpoint`, with a key that opens nothing."""
    region = os.environ.get("AWS_DEFAULT_REGION") or _REGION
    aws_settings.replace(
        aws_settings.variables(endpoint, region, "local", "local")
        | {
            "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime would report its use to its maker
            "MOTO_PORT": endpoint.rpartition(":")[2],
        }
    )


def main(arguments: list[str] | None = None, mount: tuple[str, Callable[[Host], Page]] | None = None) -> int:
    """Serve until told to end; returns the exit code.

    Args:
        arguments: of the command line.
        mount: a path, and what makes the page that answers there.
    """
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--port", type=_port, default=0, help="the port; 0, the default, takes a free one")
    parser.add_argument("--speed", type=_speed, default=math.inf, help="virtual seconds a real second, or max")
    parser.add_argument(
        "--access-key",
        type=_key,
        metavar="ID:SECRET",
        help="the key to sign with (default: a new one); others on this machine can read it off the process list",
    )
    parser.add_argument(
        "--policy",
        type=_policy,
        metavar="FILE",
        help="look at permissions: who calls may do what this policy of IAM allows, a role what its own do",
    )
    parser.add_argument(
        "--late",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="be late, as AWS is: what changes is not known everywhere for so long",
    )
    parser.add_argument("--parent-pipe", action="store_true", help="end when standard input ends")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="localcloud: %(message)s")

    from localcloud.door.access import Access
    from localcloud.door.server import Server

    access = Access(options.access_key)
    try:
        server = Server(options.port, access, _not_yet)
    except OSError as problem:
        print(
            f"localcloud: port {options.port} cannot be used ({problem.strerror}). "
            "Stop the program that has it, or choose another with --port.",
            file=sys.stderr,
        )
        return 1
    endpoint = f"http://127.0.0.1:{server.port}"
    keep_away_from_aws(endpoint)

    from localcloud.cloud import Cloud
    from localcloud.door import control

    memory.leave_out_documentation()
    cloud = Cloud(server.port, speed=options.speed, access=access, policy=options.policy, late=options.late)
    server.app = cloud.front
    server.pages[control.PATH] = control.Control(cloud, cloud.registry)
    server.pages[control.WHAT_IF] = control.WhatIf(cloud)
    server.pages[control.RECALL] = control.Recall(cloud)
    if mount is not None:
        server.pages[mount[0]] = mount[1](cloud)
    ends = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    for number in ends:
        signal.signal(number, _end)
    if options.parent_pipe:
        threading.Thread(target=_until_stdin_ends, args=(server,), daemon=True).start()
    # What the first request needs takes a second to import: it is done while the client gets ready.
    threading.Thread(target=_warm, args=(cloud.front,), daemon=True).start()
    ready = {
        "endpoint": aws_settings.prefixable(endpoint),
        "region": cloud.region,
        "account_id": cloud.account_id,
        "access_key_id": access.reader.access_key_id,
        "secret_access_key": access.reader.secret_access_key,
        "faults": f"{endpoint}{control.PATH}?token={access.page_token}",
        "what_if": f"{endpoint}{control.WHAT_IF}?token={access.page_token}",
        "recall": f"{endpoint}{control.RECALL}?token={access.page_token}",
        **({"page": f"{endpoint}{mount[0]}?token={access.page_token}"} if mount else {}),
    }
    if not options.parent_pipe:
        print(_to_paste(ready | {"endpoint": endpoint}), file=sys.stderr, flush=True)
    print(json.dumps(ready), flush=True)
    try:
        server.serve_forever(poll_interval=0.1)
    except SystemExit:
        pass
    finally:
        for number in ends:
            signal.signal(number, signal.SIG_IGN)
        cloud.close()
        scratch.sweep()  # of whoever started this one and was killed
    return 0


def _to_paste(ready: dict[str, str]) -> str:
    """What a person at a shell needs: the lines after which every AWS client there calls this cloud."""
    assign, quoted = ("set", str) if sys.platform == "win32" else ("export", shlex.quote)
    variables = aws_settings.variables(
        ready["endpoint"], ready["region"], ready["access_key_id"], ready["secret_access_key"]
    )
    lines = [f"    {assign} {name}={quoted(value)}" for name, value in variables.items()]
    pages = [f"Its page, for a second screen: {ready['page']}"] if "page" in ready else []
    return "\n".join(["Paste this into a shell that is to call this cloud:", *lines, *pages, "Ctrl-C here ends it."])


def _warm(front: Front) -> None:
    front.warm()
    gc.freeze()  # moto and botocore are so many objects that stay: no collection needs to look at them again
    gc.set_threshold(10_000)  # histories grow by as many in a moment, and are no garbage: at 700, a tenth of the time


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
