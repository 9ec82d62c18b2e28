"""AWS on this machine: Step Functions, Lambda, SageMaker and AI services that do their work, in one process.

    import localcloud

    with localcloud.start() as cloud:
        boto3.client("stepfunctions", **cloud.settings())

Importing it loads the standard library only; what the cloud is made of is loaded in the cloud's own process.
"""

from __future__ import annotations

from localcloud.errors import LocalCloudDied, UnsupportedLocally
from localcloud.process import LocalCloud, start

__all__ = ["LocalCloud", "LocalCloudDied", "UnsupportedLocally", "start"]
