"""Endpoint configurations and endpoints: production variants with weights, updates without a gap, invocations.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html, UpdateEndpoint, DescribeEndpoint,
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

import copy
import threading
from typing import Any

from localcloud import faults
from localcloud.acting import acting_as
from localcloud.door import moto
from localcloud.door.constraints import sentence
from localcloud.door.wire import ServiceError, Structure, invalid
from localcloud.errors import UnsupportedLocally
from localcloud.runtimes.model_servers import Crashed, NotLoaded, Reply
from localcloud.services._jobs import STANDSTILL
from localcloud.services._regional import Regional
from localcloud.services.sagemaker import status_events
from localcloud.services.sagemaker.backend import Backend
from localcloud.services.sagemaker.jobs import page
from localcloud.services.sagemaker.models import NotServing, Serving, containers_of, role_of
from localcloud.time import durations
from localcloud.time.clock import Fiber

#: Characters of a model server's log in an error.
_TAIL = 500


def create_endpoint_config(backend: Backend, request: Structure) -> Structure:
    """CreateEndpointConfig: moto keeps it; what would be ignored is refused.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
    """
    name, registry = request["EndpointConfigName"], backend.moto
    what = f'endpoint configuration "{name}"'
    arn = backend.arn("endpoint-config", name)
    if name in registry.endpoint_configs:
        raise ServiceError("ValidationException", f'Cannot create already existing endpoint configuration "{arn}".')
    for field in ("AsyncInferenceConfig", "ShadowProductionVariants", "ExplainerConfig"):
        if request.get(field):
            raise UnsupportedLocally(
                f"{what} has {field}, which the local cloud does not do. Remove it, or set WORKSHOP_TARGET=aws."
            )
    if (request.get("DataCaptureConfig") or {}).get("EnableCapture"):
        raise UnsupportedLocally(
            f"{what} captures data, which the local cloud does not do. Set EnableCapture to false, or set "
            "WORKSHOP_TARGET=aws."
        )
    variants = request["ProductionVariants"]
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise ServiceError("ValidationException", "The variant names within an endpoint configuration must be unique.")
    for variant in variants:
        _check_variant(backend, variant)
    config = moto.create_endpoint_config(
        registry,
        endpoint_config_name=name,
        # moto knows the instance types of 2020 only.
        production_variants=[{**variant, "InstanceType": "ml.m5.large"} for variant in variants],
        data_capture_config=request.get("DataCaptureConfig"),
        async_inference_config=None,
        tags=list(request.get("Tags", [])),
        kms_key_id=request.get("KmsKeyId"),
    )
    config.production_variants = copy.deepcopy(variants)
    config.creation_time = backend.clock.datetime()
    config.arn = arn  # moto has a tuple here, over which tagging stumbles
    return {"EndpointConfigArn": arn}


#: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantServerlessConfig.html: "Valid values
#: are in 1 GB increments: 1024 MB, 2048 MB, ... 6144 MB". No report of AWS's refusal was found.
_MEMORY = range(1024, 6145, 1024)


def _check_variant(backend: Backend, variant: Structure) -> None:
    """A model that is there, on instances or serverless.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
    """
    name, serverless = variant["VariantName"], variant.get("ServerlessConfig")
    if "ModelName" not in variant:
        raise UnsupportedLocally(
            f'variant "{name}" has no ModelName: inference components do not run in the local cloud. Name a model, or '
            "set WORKSHOP_TARGET=aws."
        )
    containers_of(backend, variant["ModelName"])
    instances = [field for field in ("InstanceType", "InitialInstanceCount") if field in variant]
    if serverless is None and len(instances) < 2:
        raise ServiceError(
            "ValidationException",
            f'Variant "{name}" must specify either ServerlessConfig, or InstanceType and InitialInstanceCount.',
        )
    if serverless is None:
        return
    if instances:
        raise ServiceError(
            "ValidationException",
            f'Variant "{name}" has ServerlessConfig and {" and ".join(instances)}: a variant is serverless or runs on '
            "instances, not both.",
        )
    if serverless["MemorySizeInMB"] not in _MEMORY:
        rule = f"Member must satisfy enum value set: {list(_MEMORY)}"
        raise invalid("sagemaker", sentence(serverless["MemorySizeInMB"], "ServerlessConfig.MemorySizeInMB", rule))
    provisioned = serverless.get("ProvisionedConcurrency")
    if provisioned is not None and provisioned > serverless["MaxConcurrency"]:
        raise ServiceError(
            "ValidationException", "ProvisionedConcurrency must be less than or equal to MaxConcurrency."
        )


class Variant:
    """A production variant that serves.

    Args:
        backend: where.
        settings: as in the configuration.
    """

    def __init__(self, backend: Backend, settings: Structure) -> None:
        self.name: str = settings["VariantName"]
        self.weight = float(settings.get("InitialVariantWeight", 1.0))
        self.count = int(settings.get("InitialInstanceCount", 1))
        self.serverless: Structure | None = settings.get("ServerlessConfig")
        self.serving = Serving(backend, containers_of(backend, settings["ModelName"]))
        self.role = role_of(backend, settings["ModelName"])
        self.logged = 0  # characters of its log that CloudWatch has
        self.credit = 0.0  # what it is owed of the requests, see Endpoint._next

    def describe(self) -> Structure:
        """As in DescribeEndpoint."""
        described = {"VariantName": self.name, "CurrentWeight": self.weight, "DesiredWeight": self.weight}
        if self.serverless is not None:
            # Its instances are SageMaker's affair; the count is 0: API_ProductionVariantSummary.
            return {**described, "CurrentInstanceCount": 0, "CurrentServerlessConfig": dict(self.serverless)}
        return {**described, "CurrentInstanceCount": self.count, "DesiredInstanceCount": self.count}


class Endpoint:
    """An endpoint.

    Attributes:
        status: Creating, InService, Updating, Failed or Deleting.
    """

    def __init__(self, backend: Backend, name: str, config: str, tags: list[Structure]) -> None:
        self.backend, self.name, self.config, self.tags = backend, name, config, tags
        self.arn = backend.arn("endpoint", name)
        self.created = self.modified = backend.clock.now()
        self.status = "Creating"
        self.failure: str | None = None
        self.variants: list[Variant] = []
        self._loading: list[Variant] = []
        self._fiber: Fiber[None] | None = None

    # ---- its life, on the clock thread

    def create(self) -> None:
        """Begin to come into service."""
        self.publish()
        self._fiber = self.backend.clock.spawn(self._deploy(self.config, "endpoint"))

    def update(self, config: str) -> None:
        """Replace the variants by those of another configuration; the present ones answer meanwhile."""
        self._check_in_service()
        self._change("Updating")
        self._fiber = self.backend.clock.spawn(self._deploy(config, "update endpoint"))

    def weigh(self, wanted: list[Structure]) -> None:
        """UpdateEndpointWeightsAndCapacities."""
        self._check_in_service()
        known = {variant.name: variant for variant in self.variants}
        for each in wanted:
            if each["VariantName"] not in known:
                raise ServiceError(
                    "ValidationException",
                    f'The variant name(s) "{each["VariantName"]}" is/are not present within endpoint configuration '
                    f'"{self.config}".',
                )
        self._change("Updating")
        self._fiber = self.backend.clock.spawn(self._weigh(known, wanted))

    def delete(self) -> None:
        """End it, whatever it does."""
        if self._fiber is not None:
            self._fiber.cancel()
        self._change("Deleting")
        # Forgotten before they end: a request that loses its server then learns that the endpoint is gone.
        ending, self.variants, self._loading = self.variants + self._loading, [], []
        self._close(ending)

    def _check_in_service(self) -> None:
        if self.status != "InService":
            raise ServiceError("ValidationException", f'Cannot update in-progress endpoint "{self.arn}".')

    def _change(self, status: str, failure: str | None = None) -> None:
        self.status, self.failure, self.modified = status, failure, self.backend.clock.now()
        self.publish()

    def publish(self) -> None:
        """Tell EventBridge its status, which has changed."""
        status_events.publish(self.backend.cloud, "Endpoint", {**self.describe(), "Tags": self.tags})

    async def _deploy(self, config: str, how: str) -> None:
        try:
            found = self.backend.moto.endpoint_configs[config].production_variants
            self._loading = [Variant(self.backend, settings) for settings in found]
            seconds = durations.SAGEMAKER[how]
            await self.backend.clock.work(self._start, seconds=seconds, limit=STANDSTILL)
        except (NotServing, ServiceError) as problem:
            failure = str(problem)
            self._close(self._loading)
            self._loading = []
            # An update that fails leaves what was there in service.
            self._change("InService" if self.variants else "Failed", failure)
            return
        except Exception as problem:
            self._close(self._loading)
            self._change("Failed", f"InternalServerError: {faults.report(f'endpoint {self.name}', problem)}")
            return
        before, self.variants, self._loading = self.variants, self._loading, []
        self.config = config
        self._change("InService")
        for variant in before:  # requests that they have are answered, which may take a while
            threading.Thread(target=self._retire, args=(variant,), daemon=True).start()

    async def _weigh(self, known: dict[str, Variant], wanted: list[Structure]) -> None:
        await self.backend.clock.sleep(durations.SAGEMAKER["weights"])
        for each in wanted:
            variant = known[each["VariantName"]]
            variant.weight = float(each.get("DesiredWeight", variant.weight))
            variant.count = int(each.get("DesiredInstanceCount", variant.count))
        self._change("InService")

    def _start(self) -> None:
        """Load all models. In a worker thread."""
        for variant in list(self._loading):
            try:
                with acting_as(variant.role):
                    variant.serving.start()
            except NotServing as problem:
                self._write(variant, problem.output)
                if not problem.output:
                    raise
                raise NotServing(
                    f"The primary container for production variant {variant.name} did not pass the ping health check. "
                    f"Please check CloudWatch logs for this endpoint. The model was not loaded: {problem}",
                    problem.output,
                ) from None

    def _close(self, variants: list[Variant]) -> None:
        for variant in variants:
            self._write(variant, variant.serving.log)
            variant.serving.close()

    def _retire(self, variant: Variant) -> None:
        variant.serving.retire()
        self._close([variant])

    def _write(self, variant: Variant, output: str) -> None:
        output, variant.logged = output[variant.logged :], len(output)
        self.backend.write_log(f"Endpoints/{self.name}", f"{variant.name}/i-local", output)

    # ---- requests, on any thread

    def invoke(self, request: Structure) -> tuple[Variant, Reply]:
        """Send a request to a variant.

        Raises:
            ServiceError: ModelError, with the end of the model server's log.
        """
        variant = self._variant(request.get("TargetVariant"))
        content_type = request.get("ContentType") or ""
        try:
            reply = variant.serving.invoke(request.get("Body", b""), content_type, request.get("Accept") or "*/*")
        except (Crashed, NotLoaded):
            if variant not in self.variants:
                # Updated meanwhile: it was not asked, ask the new one. Deleted meanwhile: there is none.
                return self.invoke(request)
            tail = variant.serving.log[-_TAIL:]
            raise self._model_error(variant, 500, f"Worker died. The end of its log:\n{tail}") from None
        if reply.status != 200:
            raise self._model_error(variant, reply.status, reply.body.decode(errors="replace"))
        return variant, reply

    def _variant(self, target: str | None) -> Variant:
        """The variant named, or the one that is owed a request most: over time each gets its weight's share."""
        if not self.variants:
            raise _gone(self.backend, self.name)
        if target is not None:
            for variant in self.variants:
                if variant.name == target:
                    return variant
            raise ServiceError("ValidationError", f"Variant {target} not found in endpoint {self.name}.")
        total = sum(variant.weight for variant in self.variants) or 1.0
        for variant in self.variants:
            variant.credit += variant.weight / total
        chosen = max(self.variants, key=lambda variant: variant.credit)
        chosen.credit -= 1.0
        return chosen

    def _model_error(self, variant: Variant, status: int, message: str) -> ServiceError:
        self._write(variant, variant.serving.log)
        cloud = self.backend.cloud
        group = f"/aws/sagemaker/Endpoints/{self.name}"
        url = (
            f"https://{cloud.region}.console.aws.amazon.com/cloudwatch/home?region={cloud.region}"
            f"#logEventViewer:group={group}"
        )
        kind = "server" if status >= 500 else "client"
        text = (
            f'Received {kind} error ({status}) from primary with message "{message}". '
            f"See {url} in account {cloud.account_id} for more information."
        )
        details = {
            "OriginalStatusCode": status,
            "OriginalMessage": message,
            "LogStreamArn": f"arn:aws:logs:{cloud.region}:{cloud.account_id}:log-group:{group}",
        }
        return ServiceError("ModelError", text, 424, details)

    # ---- how it is described

    def summary(self) -> Structure:
        """As in a list."""
        return {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "EndpointStatus": self.status,
        }

    def describe(self) -> Structure:
        """As DescribeEndpoint answers."""
        description: dict[str, Any] = {**self.summary(), "EndpointConfigName": self.config}
        if self.variants:
            description["ProductionVariants"] = [variant.describe() for variant in self.variants]
        if self.failure:
            description["FailureReason"] = self.failure
        return description


class Endpoints:
    """All endpoints of a local cloud, by name. Its methods are called on the clock thread, but for `invoke`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.known: Regional[str, Endpoint] = Regional(backend.cloud)

    def create(self, request: Structure) -> Structure:
        """CreateEndpoint."""
        name = request["EndpointName"]
        if name in self.known:
            arn = self.known[name].arn
            raise ServiceError("ValidationException", f'Cannot create already existing endpoint "{arn}".')
        self._config(request)
        endpoint = Endpoint(self._backend, name, request["EndpointConfigName"], list(request.get("Tags", [])))
        self.known[name] = self._backend.moto.endpoints[name] = endpoint  # moto asks it for `arn` and `tags`
        endpoint.create()
        return {"EndpointArn": endpoint.arn}

    def update(self, request: Structure) -> Structure:
        """UpdateEndpoint."""
        endpoint = self._find(request)
        self._config(request)
        endpoint.update(request["EndpointConfigName"])
        return {"EndpointArn": endpoint.arn}

    def weigh(self, request: Structure) -> Structure:
        """UpdateEndpointWeightsAndCapacities."""
        endpoint = self._find(request)
        endpoint.weigh(request["DesiredWeightsAndCapacities"])
        return {"EndpointArn": endpoint.arn}

    def describe(self, request: Structure) -> Structure:
        """DescribeEndpoint."""
        return self._find(request).describe()

    def delete(self, request: Structure) -> Structure:
        """DeleteEndpoint: what is under way with it gets an error."""
        endpoint = self._find(request)
        endpoint.delete()
        del self.known[endpoint.name]
        self._backend.moto.endpoints.pop(endpoint.name, None)
        return {}

    def listed(self, request: Structure) -> Structure:
        """ListEndpoints."""
        return page(request, [each.summary() for each in self.known.values()], "Endpoint", "Endpoints")

    def invoke(self, request: Structure) -> Structure:
        """InvokeEndpoint. On any thread."""
        name = request["EndpointName"]
        endpoint = self.known.get(name)
        if endpoint is None or endpoint.status == "Failed":
            raise _gone(self._backend, name)
        if request.get("TargetModel") is not None:
            # https://github.com/aws/amazon-sagemaker-examples/issues/1026
            raise ServiceError(
                "ValidationError",
                f"Endpoint {name} is not a multi-model endpoint and does not support target model header.",
            )
        variant, reply = endpoint.invoke(request)
        return {
            "Body": reply.body,
            "ContentType": reply.content_type,
            "InvokedProductionVariant": variant.name,
            "CustomAttributes": request.get("CustomAttributes"),
        }

    def close(self) -> None:
        """End all model servers."""
        for endpoint in self.known.everywhere():
            for variant in [*endpoint.variants, *endpoint._loading]:
                variant.serving.close()

    def _find(self, request: Structure) -> Endpoint:
        name = request["EndpointName"]
        if name not in self.known:
            arn = self._backend.arn("endpoint", name)
            raise ServiceError("ValidationException", f'Could not find endpoint "{arn}".')
        return self.known[name]

    def _config(self, request: Structure) -> None:
        name = request["EndpointConfigName"]
        if name not in self._backend.moto.endpoint_configs:
            arn = self._backend.arn("endpoint-config", name)
            raise ServiceError("ValidationException", f'Could not find endpoint configuration "{arn}".')


def _gone(backend: Backend, name: str) -> ServiceError:
    return ServiceError("ValidationError", f"Endpoint {name} of account {backend.cloud.account_id} not found.")
