"""InvokeEndpoint: a request to the model server of an endpoint.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.host import Service
from localcloud.services.sagemaker import sagemaker_of

if TYPE_CHECKING:
    from localcloud.host import Host


def register(cloud: Host) -> Service:
    """The one action that runs here; asynchronous and streaming invocations do not."""
    return Service("sagemaker-runtime", {"InvokeEndpoint": sagemaker_of(cloud).endpoints.invoke})
