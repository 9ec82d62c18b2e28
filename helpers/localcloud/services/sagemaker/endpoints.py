"""Endpoint configurations and endpoints: production variants with weights, updates without a gap, invocations.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html, UpdateEndpoint, DescribeEndpoint,
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

import copy
import logging
import threading
from typing import Any

from moto.core.exceptions import JsonRESTError

from helpers.errors import UnsupportedLocally
from helpers.localcloud import durations
from helpers.localcloud.clock import Fiber
from helpers.localcloud.cloud import ServiceError
from helpers.localcloud.runtimes.model_servers import Crashed, NotLoaded, Reply
from helpers.localcloud.services.sagemaker import logs, status_events
from helpers.localcloud.services.sagemaker.jobs import Shape, Site, page, really
from helpers.localcloud.services.sagemaker.models import NotServing, Serving, containers_of

log = logging.getLogger(__name__)

#: Characters of a model server's log in an error.
_TAIL = 500


def create_endpoint_config(site: Site, request: Shape) -> Shape:
    """CreateEndpointConfig: moto keeps it; what would be ignored is refused.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
    """
    name, registry = request["EndpointConfigName"], site.moto
    what = f'endpoint configuration "{name}"'
    arn = site.arn("endpoint-config", name)
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
    try:
        made = registry.create_endpoint_config(
            endpoint_config_name=name,
            # moto knows the instance types of 2020 only.
            production_variants=[{**variant, "InstanceType": "ml.m5.large"} for variant in variants],
            data_capture_config=request.get("DataCaptureConfig"),
            async_inference_config=None,
            tags=list(request.get("Tags", [])),
            kms_key_id=request.get("KmsKeyId"),
        )
    except JsonRESTError as error:
        raise ServiceError("ValidationException", str(error.message)) from None
    made.production_variants = copy.deepcopy(variants)
    made.creation_time = site.clock.datetime()
    made.arn = arn  # moto has a tuple here, over which tagging stumbles
    return {"EndpointConfigArn": arn}


class Variant:
    """A production variant that serves.

    Args:
        site: where.
        settings: as in the configuration.
    """

    def __init__(self, site: Site, settings: Shape) -> None:
        self.name: str = settings["VariantName"]
        self.weight = float(settings.get("InitialVariantWeight", 1.0))
        self.count = int(settings.get("InitialInstanceCount", 1))
        self.serving = Serving(site, containers_of(site, settings["ModelName"]))
        self.logged = 0  # characters of its log that CloudWatch has
        self.credit = 0.0  # what it is owed of the requests, see Endpoint._next

    def describe(self) -> Shape:
        """As in DescribeEndpoint."""
        return {
            "VariantName": self.name,
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
            "CurrentInstanceCount": self.count,
            "DesiredInstanceCount": self.count,
        }


class Endpoint:
    """An endpoint.

    Attributes:
        status: Creating, InService, Updating, Failed or Deleting.
    """

    def __init__(self, site: Site, name: str, config: str, tags: list[Shape]) -> None:
        self.site, self.name, self.config, self.tags = site, name, config, tags
        self.arn = site.arn("endpoint", name)
        self.created = self.modified = site.clock.now()
        self.status = "Creating"
        self.failure: str | None = None
        self.variants: list[Variant] = []
        self._coming: list[Variant] = []
        self._fiber: Fiber[None] | None = None

    # ---- its life, on the clock thread

    def create(self) -> None:
        """Begin to come into service."""
        self.publish()
        self._fiber = self.site.clock.spawn(self._come(self.config, "endpoint"))

    def update(self, config: str) -> None:
        """Replace the variants by those of another configuration; the present ones answer meanwhile."""
        self._settled()
        self._change("Updating")
        self._fiber = self.site.clock.spawn(self._come(config, "update endpoint"))

    def weigh(self, wanted: list[Shape]) -> None:
        """UpdateEndpointWeightsAndCapacities."""
        self._settled()
        known = {variant.name: variant for variant in self.variants}
        for each in wanted:
            if each["VariantName"] not in known:
                raise ServiceError(
                    "ValidationException",
                    f'The variant name(s) "{each["VariantName"]}" is/are not present within endpoint configuration '
                    f'"{self.config}".',
                )
        self._change("Updating")
        self._fiber = self.site.clock.spawn(self._weigh(known, wanted))

    def delete(self) -> None:
        """End it, whatever it does."""
        if self._fiber is not None:
            self._fiber.cancel()
        self._change("Deleting")
        # Forgotten before they end: a request that loses its server then learns that the endpoint is gone.
        ending, self.variants, self._coming = self.variants + self._coming, [], []
        self._close(ending)

    def _settled(self) -> None:
        if self.status != "InService":
            raise ServiceError("ValidationException", f'Cannot update in-progress endpoint "{self.arn}".')

    def _change(self, status: str, failure: str | None = None) -> None:
        self.status, self.failure, self.modified = status, failure, self.site.clock.now()
        self.publish()

    def publish(self) -> None:
        """Tell EventBridge its status, which has changed."""
        status_events.publish(self.site.cloud, "Endpoint", {**self.describe(), "Tags": self.tags})

    async def _come(self, config: str, how: str) -> None:
        try:
            found = self.site.moto.endpoint_configs[config].production_variants
            self._coming = [Variant(self.site, settings) for settings in found]
            await really(self.site.clock, self._start, seconds=durations.SAGEMAKER[how])
        except (NotServing, ServiceError) as problem:
            failure = str(problem)
            self._close(self._coming)
            self._coming = []
            # An update that fails leaves what was there in service.
            self._change("InService" if self.variants else "Failed", failure)
            return
        except Exception as problem:
            log.exception("endpoint %s ended in a mistake of ours", self.name)
            self._close(self._coming)
            self._change("Failed", f"InternalServerError: {type(problem).__name__}: {problem}")
            return
        before, self.variants, self._coming = self.variants, self._coming, []
        self.config = config
        self._change("InService")
        for variant in before:  # requests that they have are answered, which may take a while
            threading.Thread(target=self._retire, args=(variant,), daemon=True).start()

    async def _weigh(self, known: dict[str, Variant], wanted: list[Shape]) -> None:
        await self.site.clock.sleep(durations.SAGEMAKER["weights"])
        for each in wanted:
            variant = known[each["VariantName"]]
            variant.weight = float(each.get("DesiredWeight", variant.weight))
            variant.count = int(each.get("DesiredInstanceCount", variant.count))
        self._change("InService")

    def _start(self) -> None:
        """Load all models. In a worker thread."""
        for variant in list(self._coming):
            try:
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
        logs.write(self.site.cloud, f"Endpoints/{self.name}", f"{variant.name}/i-local", output)

    # ---- requests, on any thread

    def invoke(self, request: Shape) -> tuple[Variant, Reply]:
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
            raise _gone(self.site, self.name)
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
        group = f"/aws/sagemaker/Endpoints/{self.name}"
        url = (
            f"https://{self.site.cloud.region}.console.aws.amazon.com/cloudwatch/home?region={self.site.cloud.region}"
            f"#logEventViewer:group={group}"
        )
        kind = "server" if status >= 500 else "client"
        text = (
            f'Received {kind} error ({status}) from primary with message "{message}". '
            f"See {url} in account {self.site.cloud.account_id} for more information."
        )
        details = {
            "OriginalStatusCode": status,
            "OriginalMessage": message,
            "LogStreamArn": f"arn:aws:logs:{self.site.cloud.region}:{self.site.cloud.account_id}:log-group:{group}",
        }
        return ServiceError("ModelError", text, 424, details)

    # ---- how it is described

    def summary(self) -> Shape:
        """As in a list."""
        return {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "EndpointStatus": self.status,
        }

    def describe(self) -> Shape:
        """As DescribeEndpoint answers."""
        told: dict[str, Any] = {**self.summary(), "EndpointConfigName": self.config}
        if self.variants:
            told["ProductionVariants"] = [variant.describe() for variant in self.variants]
        if self.failure:
            told["FailureReason"] = self.failure
        return told


class Endpoints:
    """All endpoints of a local cloud, by name. Its methods are called on the clock thread, but for `invoke`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.known: dict[str, Endpoint] = {}

    def create(self, request: Shape) -> Shape:
        """CreateEndpoint."""
        name = request["EndpointName"]
        if name in self.known:
            arn = self.known[name].arn
            raise ServiceError("ValidationException", f'Cannot create already existing endpoint "{arn}".')
        self._config(request)
        endpoint = Endpoint(self._site, name, request["EndpointConfigName"], list(request.get("Tags", [])))
        self.known[name] = self._site.moto.endpoints[name] = endpoint  # moto asks it for `arn` and `tags`
        endpoint.create()
        return {"EndpointArn": endpoint.arn}

    def update(self, request: Shape) -> Shape:
        """UpdateEndpoint."""
        endpoint = self._find(request)
        self._config(request)
        endpoint.update(request["EndpointConfigName"])
        return {"EndpointArn": endpoint.arn}

    def weigh(self, request: Shape) -> Shape:
        """UpdateEndpointWeightsAndCapacities."""
        endpoint = self._find(request)
        endpoint.weigh(request["DesiredWeightsAndCapacities"])
        return {"EndpointArn": endpoint.arn}

    def describe(self, request: Shape) -> Shape:
        """DescribeEndpoint."""
        return self._find(request).describe()

    def delete(self, request: Shape) -> Shape:
        """DeleteEndpoint: what is under way with it gets an error."""
        endpoint = self._find(request)
        endpoint.delete()
        del self.known[endpoint.name]
        self._site.moto.endpoints.pop(endpoint.name, None)
        return {}

    def listed(self, request: Shape) -> Shape:
        """ListEndpoints."""
        return page(request, [each.summary() for each in self.known.values()], "Endpoint", "Endpoints")

    def invoke(self, request: Shape) -> Shape:
        """InvokeEndpoint. On any thread."""
        name = request["EndpointName"]
        endpoint = self.known.get(name)
        if endpoint is None or endpoint.status == "Failed":
            raise _gone(self._site, name)
        variant, reply = endpoint.invoke(request)
        return {
            "Body": reply.body,
            "ContentType": reply.content_type,
            "InvokedProductionVariant": variant.name,
            "CustomAttributes": request.get("CustomAttributes"),
        }

    def close(self) -> None:
        """End all model servers."""
        for endpoint in list(self.known.values()):
            for variant in [*endpoint.variants, *endpoint._coming]:
                variant.serving.close()

    def _find(self, request: Shape) -> Endpoint:
        name = request["EndpointName"]
        if name not in self.known:
            arn = self._site.arn("endpoint", name)
            raise ServiceError("ValidationException", f'Could not find endpoint "{arn}".')
        return self.known[name]

    def _config(self, request: Shape) -> None:
        name = request["EndpointConfigName"]
        if name not in self._site.moto.endpoint_configs:
            arn = self._site.arn("endpoint-config", name)
            raise ServiceError("ValidationException", f'Could not find endpoint configuration "{arn}".')


def _gone(site: Site, name: str) -> ServiceError:
    return ServiceError("ValidationError", f"Endpoint {name} of account {site.cloud.account_id} not found.")
