"""InvokeEndpoint: a request to the model server of an endpoint.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.localcloud.host import Service
from helpers.localcloud.services.sagemaker import sagemaker_of

if TYPE_CHECKING:
    from helpers.localcloud.host import Host


def register(cloud: Host) -> Service:
    """The one action that runs here; asynchronous and streaming invocations do not."""
    cloud.service("sagemaker")  # its end is the model servers' end
    return Service("sagemaker-runtime", {"InvokeEndpoint": sagemaker_of(cloud).endpoints.invoke})
