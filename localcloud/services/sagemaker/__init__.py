"""Amazon SageMaker: jobs that really run, endpoints that really predict, on the virtual clock.

images      which container images run
training, processing, tuning, transform      the jobs; `jobs` has what they share
models, endpoints      what serves; `runtimes/model_servers.py` has the processes
backend, storage, records      what all share, S3, a transform job's records
search      Search

moto keeps models, endpoint configurations and tags, and answers what is not in `register`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from localcloud.door.wire import Structure
from localcloud.host import Service
from localcloud.services.sagemaker import contradictions
from localcloud.services.sagemaker.backend import Backend
from localcloud.services.sagemaker.endpoints import Endpoints, create_endpoint_config
from localcloud.services.sagemaker.jobs import Jobs
from localcloud.services.sagemaker.models import create_model
from localcloud.services.sagemaker.processing import ProcessingJob
from localcloud.services.sagemaker.search import search
from localcloud.services.sagemaker.training import TrainingJob
from localcloud.services.sagemaker.transform import TransformJob
from localcloud.services.sagemaker.tuning import TuningJob

if TYPE_CHECKING:
    from localcloud.host import Host

Action = Callable[[Structure], Structure]


class SageMaker:
    """The SageMaker of one local cloud: what both its services, `sagemaker` and `sagemaker-runtime`, answer from."""

    def __init__(self, cloud: Host) -> None:
        self.backend = Backend(cloud)
        self.endpoints = Endpoints(self.backend)
        training = Jobs(self.backend, TrainingJob)
        tuning = Jobs(self.backend, TuningJob, partial(TuningJob, training_jobs=training))
        actions: dict[str, Action] = {
            "CreateModel": partial(create_model, self.backend),
            "CreateEndpointConfig": partial(create_endpoint_config, self.backend),
            "CreateEndpoint": self.endpoints.create,
            "UpdateEndpoint": self.endpoints.update,
            "UpdateEndpointWeightsAndCapacities": self.endpoints.weigh,
            "DescribeEndpoint": self.endpoints.describe,
            "DeleteEndpoint": self.endpoints.delete,
            "ListEndpoints": self.endpoints.listed,
            "Search": partial(search, {"TrainingJob": training, "HyperParameterTuningJob": tuning}),
            "ListTrainingJobsForHyperParameterTuningJob": lambda request: tuning.find(request).summaries(request),
        }
        processing = Jobs(self.backend, ProcessingJob)
        for jobs in (training, tuning, processing, Jobs(self.backend, TransformJob)):
            actions |= _actions(jobs)
        # A transform job's record stays for good, as on AWS.
        actions |= {f"Delete{jobs.job_class.kind}": partial(_delete, jobs) for jobs in (training, tuning, processing)}
        # One at a time and on the clock thread, so that what they see and what happens keep one order.
        self.actions = {name: partial(cloud.clock.call, _act, action) for name, action in actions.items()}

    def close(self) -> None:
        """End every process."""
        self.backend.close()
        self.endpoints.close()


def _act(action: Action, request: Structure) -> Structure:
    contradictions.tags(request)
    return action(request)


def _delete(jobs: Jobs[Any], request: Structure) -> Structure:
    jobs.delete(request)
    return {}


def _actions(jobs: Jobs[Any]) -> dict[str, Action]:
    """Create, Describe, Stop and List of one kind."""
    kind = jobs.job_class.kind

    def create(request: Structure) -> Structure:
        job = jobs.create(request)
        job.start()
        return {f"{kind}Arn": job.arn}

    def stop(request: Structure) -> Structure:
        jobs.find(request).stop()
        return {}

    return {
        f"Create{kind}": create,
        f"Describe{kind}": lambda request: jobs.find(request).describe(),
        f"Stop{kind}": stop,
        f"List{kind}s": jobs.listed,
    }


@dataclass(frozen=True, slots=True)
class _SageMakerService(Service):
    """The control plane, with what the runtime answers from."""

    sagemaker: SageMaker = field(kw_only=True)


def sagemaker_of(cloud: Host) -> SageMaker:
    """The SageMaker of a local cloud, which its first use registers."""
    service = cloud.service("sagemaker")
    assert isinstance(service, _SageMakerService)
    return service.sagemaker


def register(cloud: Host) -> Service:
    """The control plane's actions."""
    sagemaker = SageMaker(cloud)
    return _SageMakerService("sagemaker", sagemaker.actions, sagemaker.close, sagemaker=sagemaker)
