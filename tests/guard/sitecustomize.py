"""Keeps tests, and every Python process that they start, off the network.

Python imports a module of this name by itself at start. conftest.py puts this folder on PYTHONPATH, so the
guard stands in kernels of notebooks, the local cloud and its workers too. An attempt fails where it is made,
and is written down, because much code swallows what a refused connection raises.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from pathlib import Path


class NetworkForbidden(RuntimeError):
    """A test, or a process that it started, asked for something beyond this machine."""


def _is_here(host: object) -> bool:
    if not isinstance(host, str):
        return True  # None: this machine; bytes: never used by Python code here
    if host in {"", "localhost", socket.gethostname()}:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # else a Unix socket's path
    else:
        return
    if not _is_here(host):
        message = f"{event} {host!r} by {' '.join(sys.orig_argv)[:200]}"
        with Path(os.environ["WORKSHOP_GUARD_LOG"]).open("a", encoding="utf-8") as log:
            log.write(f"{message}\n")
        raise NetworkForbidden(message)


if "WORKSHOP_GUARD_LOG" in os.environ:
    sys.addaudithook(_watch)
