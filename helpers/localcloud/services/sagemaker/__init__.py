"""Amazon SageMaker: jobs that really run, endpoints that really predict, on the virtual clock.

images      which container images run
training, processing, tuning, transform      the jobs; `jobs` has what they share
models, endpoints      what serves; `runtimes/model_servers.py` has the processes
storage, records, logs      S3, a transform job's records, CloudWatch Logs

moto keeps models, endpoint configurations and tags, and answers what is not in `register`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from helpers.localcloud.host import Service
from helpers.localcloud.services.sagemaker.endpoints import Endpoints, create_endpoint_config
from helpers.localcloud.services.sagemaker.jobs import Jobs, Shape, Site
from helpers.localcloud.services.sagemaker.models import create_model
from helpers.localcloud.services.sagemaker.processing import ProcessingJob
from helpers.localcloud.services.sagemaker.training import TrainingJob
from helpers.localcloud.services.sagemaker.transform import TransformJob
from helpers.localcloud.services.sagemaker.tuning import TuningJob

if TYPE_CHECKING:
    from helpers.localcloud.host import Host

Action = Callable[[Shape], Shape]


class SageMaker:
    """The SageMaker of one local cloud: what both its services, `sagemaker` and `sagemaker-runtime`, answer from."""

    def __init__(self, cloud: Host) -> None:
        self.site = Site(cloud)
        self.endpoints = Endpoints(self.site)
        training = Jobs(self.site, TrainingJob, {})
        tuning = Jobs(self.site, _tuning_with(training), {})
        actions: dict[str, Action] = {
            "CreateModel": partial(create_model, self.site),
            "CreateEndpointConfig": partial(create_endpoint_config, self.site),
            "CreateEndpoint": self.endpoints.create,
            "UpdateEndpoint": self.endpoints.update,
            "UpdateEndpointWeightsAndCapacities": self.endpoints.weigh,
            "DescribeEndpoint": self.endpoints.describe,
            "DeleteEndpoint": self.endpoints.delete,
            "ListEndpoints": self.endpoints.listed,
            "ListTrainingJobsForHyperParameterTuningJob": lambda request: tuning.find(request).summaries(request),
        }
        for jobs in (training, tuning, Jobs(self.site, ProcessingJob, {}), Jobs(self.site, TransformJob, {})):
            actions |= _actions(jobs)
        # One at a time and on the clock thread, so that what they see and what happens keep one order.
        self.actions = {name: partial(cloud.clock.call, action) for name, action in actions.items()}

    def close(self) -> None:
        """End every process."""
        self.site.close()
        self.endpoints.close()


def _tuning_with(training: Jobs[TrainingJob]) -> type[TuningJob]:
    class Tuning(TuningJob):
        training_jobs = training

    return Tuning


def _actions(jobs: Jobs[Any]) -> dict[str, Action]:
    """Create, Describe, Stop and List of one kind."""
    kind = jobs.make.kind

    def create(request: Shape) -> Shape:
        job = jobs.create(request)
        job.start()
        return {f"{kind}Arn": job.arn}

    def stop(request: Shape) -> Shape:
        jobs.find(request).stop()
        return {}

    return {
        f"Create{kind}": create,
        f"Describe{kind}": lambda request: jobs.find(request).describe(),
        f"Stop{kind}": stop,
        f"List{kind}s": jobs.listed,
    }


_made: dict[Host, SageMaker] = {}


def sagemaker_of(cloud: Host) -> SageMaker:
    """The SageMaker of a local cloud, made at first use by either of its services."""
    found = _made.get(cloud)
    if found is None:
        found = _made[cloud] = SageMaker(cloud)
    return found


def register(cloud: Host) -> Service:
    """The control plane's actions."""
    sagemaker = sagemaker_of(cloud)

    def close() -> None:
        _made.pop(cloud, None)
        sagemaker.close()

    return Service("sagemaker", sagemaker.actions, close)
