"""The AWS settings of a process that is to call one local cloud, and nothing else."""

from __future__ import annotations

import os


def point_at(endpoint: str, region: str, access_key_id: str, secret_access_key: str) -> None:
    """Replace every AWS setting of this process, which its children inherit.

    The reader's own settings and credentials are out of reach afterwards, so that no call can go to AWS by mistake.

    Args:
        endpoint: the local cloud's address.
        region: its region.
        access_key_id, secret_access_key: what to sign with.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # boto3 would send StartSyncExecution to the host `sync-127.0.0.1`.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }
    for name in ("NO_PROXY", "no_proxy"):  # a proxy would get every call, and its data
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(dict.fromkeys([*hosts, "127.0.0.1", "localhost"]))
