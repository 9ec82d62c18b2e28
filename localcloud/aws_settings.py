"""The AWS settings of a process that is to call one local cloud, and nothing else. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def variables(endpoint: str, region: str, access_key_id: str, secret_access_key: str) -> dict[str, str]:
    """What any AWS client of a process reads.

    Args:
        endpoint: the local cloud's address.
        region: its region.
        access_key_id, secret_access_key: what to sign with.
    """
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # boto3 would send StartSyncExecution to the host `sync-127.0.0.1`.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "NODE_OPTIONS": _node_options(os.environ.get("NODE_OPTIONS", "")),
        # A proxy would get every call, and its data.
        **{name: _bypass(os.environ.get(name, "")) for name in ("NO_PROXY", "no_proxy")},
    }


def prefixable(endpoint: str) -> str:
    """The endpoint for a boto3 client or AWS CLI that lacks the variables above.

    They put `sync-` before StartSyncExecution's and TestState's host, more exactly before what stands first in the
    endpoint: a user's name takes it, and goes nowhere. No name resolves to this machine with and without a prefix on
    every system.
    """
    return endpoint.replace("://", "://local@")


def replace(settings: Mapping[str, str]) -> None:
    """Give this process, and those that it starts, these settings in place of all that it has of AWS.

    The reader's own settings and credentials are out of reach afterwards, so that no call can go to AWS by mistake.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(settings)


def _node_options(options: str) -> str:
    """Options of Node.js with which the SDK for JavaScript's host prefix does no harm, beside those there are."""
    own = f'--require "{Path(__file__).with_name("host_prefix.cjs").as_posix()}"'
    return options if own in options else f"{options} {own}".strip()


def _bypass(hosts: str) -> str:
    return ",".join(dict.fromkeys([*filter(None, hosts.split(",")), "127.0.0.1", "localhost"]))
