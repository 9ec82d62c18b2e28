"""Models: what CreateModel takes, and the model servers that they become."""

from __future__ import annotations

import copy
import io
import tarfile
import threading
import zlib
from hashlib import sha256

from localcloud import acting
from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally
from localcloud.runtimes import archives, requirements
from localcloud.runtimes.containers import CALLED
from localcloud.runtimes.model_servers import Crashed, ModelServer, NotLoaded, Reply
from localcloud.services._jobs import JobFailed
from localcloud.services.sagemaker import contradictions, recalled
from localcloud.services.sagemaker.backend import Backend
from localcloud.services.sagemaker.images import image_of
from localcloud.services.sagemaker.storage import NoData


class NotServing(Exception):
    """A model does not come up: SageMaker's sentence about it.

    Args:
        reason: the sentence.
        output: what the model server printed.
    """

    def __init__(self, reason: str, output: str = "") -> None:
        super().__init__(reason)
        self.output = output


def create_model(backend: Backend, request: Structure) -> Structure:
    """CreateModel: moto keeps it; images that do not run and data that is not there are refused here.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html
    """
    name, registry = request["ModelName"], backend.moto
    if name in registry._models:
        raise ServiceError(
            "ValidationException", f'Cannot create already existing model "{backend.arn("model", name)}".'
        )
    contradictions.model(request)
    containers = _containers(request)
    for container in containers:
        _check(backend, name, container)
    model = registry.create_model(
        model_name=name,
        execution_role_arn=request.get("ExecutionRoleArn"),
        primary_container=copy.deepcopy(request.get("PrimaryContainer")),
        vpc_config=request.get("VpcConfig"),
        containers=copy.deepcopy(request.get("Containers")),
        tags=list(request.get("Tags", [])),
    )
    model.creation_time = backend.clock.datetime()
    return {"ModelArn": model.arn}


def containers_of(backend: Backend, name: str) -> list[Structure]:
    """The containers of a model, in order.

    Raises:
        ServiceError: there is no such model.
    """
    model = backend.moto._models.get(name)
    if model is None:
        raise ServiceError("ValidationException", f'Could not find model "{backend.arn("model", name)}".')
    return [model.primary_container] if model.primary_container else list(model.containers)


def role_of(backend: Backend, name: str) -> str | None:
    """The role that a model's containers run as."""
    model = backend.moto._models.get(name)
    return None if model is None else model.execution_role_arn


def _containers(request: Structure) -> list[Structure]:
    primary = request.get("PrimaryContainer")
    return [primary] if primary else list(request.get("Containers", []))


def _check(backend: Backend, name: str, container: Structure) -> None:
    what = f'model "{name}"'
    if "Image" not in container:
        raise UnsupportedLocally(
            f"{what} is made of a model package. Give its container an Image, or set WORKSHOP_TARGET=aws."
        )
    image_of(container["Image"], what)
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise UnsupportedLocally(
            f"{what} is a multi-model container, which the local cloud does not run. Create one model for each, or set "
            "WORKSHOP_TARGET=aws."
        )
    for uri, _ in _sources(container):
        try:
            backend.storage.keys(uri)
        except NoData:
            raise ServiceError("ValidationException", f"Could not find model data at {uri}.") from None


def _digest(content: bytes) -> object:
    """Of the files in an archive, whenever it was packed; or of what is none."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            files = [(each.name, archive.extractfile(each)) for each in archive if each.isfile()]
            return sorted((name, sha256(file.read()).hexdigest()) for name, file in files if file is not None)
    except (tarfile.TarError, EOFError, OSError, zlib.error):
        return sha256(content).hexdigest()


def _sources(container: Structure) -> list[tuple[str, bool]]:
    """Where the model's data are, and whether as a tar.gz."""
    if container.get("ModelDataUrl"):
        return [(container["ModelDataUrl"], True)]
    source = (container.get("ModelDataSource") or {}).get("S3DataSource")
    return [(source["S3Uri"], source.get("CompressionType") == "Gzip")] if source else []


class Serving:
    """The model servers of one model: one, or the chain of a PipelineModel.

    Args:
        backend: where they run.
        containers: as in the model.
        variables: for every container: those of a transform job.
    """

    def __init__(self, backend: Backend, containers: list[Structure], variables: dict[str, str] | None = None) -> None:
        self._backend, self._containers, self._variables = backend, containers, variables or {}
        self._servers: list[ModelServer] = []
        self._closed = False
        self._role = acting.role()
        self._content: object = None  # what its answers depend on, in a cloud that recalls
        self._lock = threading.Lock()

    def start(self) -> None:
        """Fetch the models and load them. In a worker thread. One that is recalled is loaded when it is asked news.

        Raises:
            NotServing: one does not come up.
        """
        cloud, self._role = self._backend.cloud, acting.role()
        self._content = self._contents() if cloud.recalls else None
        if self._content is None or not recalled.found(cloud, "models", self._content):
            self._load()
            if self._content is not None:
                recalled.keep(cloud, "models", self._content, True)

    def _contents(self) -> object:
        """Images, variables but for places, and what is in the files; None when they cannot be had."""
        get = self._backend.storage.get
        found = []
        try:
            for container in self._containers:
                variables = {**container.get("Environment", {}), **self._variables}
                places = [variables.pop("SAGEMAKER_SUBMIT_DIRECTORY", "")]
                for uri, packed in _sources(container):
                    places += [uri] if packed else self._backend.storage.keys(uri)
                files = [_digest(get(uri)) for uri in places if uri.startswith("s3://")]
                found.append((container["Image"], sorted(variables.items()), files))
        except NoData:
            return None
        return found

    def _load(self) -> None:
        try:
            for number, container in enumerate(self._containers, 1):
                server = self._server(container, f"container_{number}")
                self._servers.append(server)
                if self._closed:
                    server.close()
                try:
                    server.start()
                except (NotLoaded, Crashed) as problem:
                    raise NotServing(str(problem), server.log) from None
        except BaseException:
            self.close()
            raise

    def invoke(self, body: bytes, content_type: str, accept: str) -> Reply:
        """One request through the chain: each container gets what the one before it answered.

        Raises:
            Crashed, NotLoaded: a server ended on it.
        """
        cloud, question = self._backend.cloud, (self._content, body, content_type, accept)
        if self._content is not None and (known := recalled.found(cloud, "replies", question)):
            return Reply(*known)
        with self._lock, acting.acting_as(self._role):
            if not self._servers:
                try:
                    self._load()
                except NotServing as problem:
                    raise NotLoaded(str(problem)) from None
        reply = Reply(200, content_type, body)
        for server in self._servers:
            last = server is self._servers[-1]
            reply = server.invoke(reply.body, reply.content_type, accept if last else "*/*")
            if reply.status != 200:
                break
        if self._content is not None and not any((each.container.root / CALLED).exists() for each in self._servers):
            recalled.keep(cloud, "replies", question, (reply.status, reply.content_type, reply.body))
        return reply

    @property
    def log(self) -> str:
        """What the servers printed."""
        return "".join(server.log for server in self._servers)

    def retire(self) -> None:
        """End them once they have answered what they were asked. Blocks until then; `close` removes their folders."""
        for server in self._servers:
            server.retire()

    def close(self) -> None:
        """End them and remove their folders."""
        self._closed = True
        for server in self._servers:
            server.close()
            server.container.remove()

    def _server(self, container: Structure, label: str) -> ModelServer:
        """A server with its model and its script in place."""
        try:
            place = self._backend.container(container["Image"])
        except JobFailed as problem:
            raise NotServing(str(problem)) from None
        model = place.folder("/opt/ml/model")
        for uri, packed in _sources(container):
            try:
                if packed:
                    archives.unpack(self._backend.storage.get(uri), model)
                else:
                    self._backend.storage.download({"S3Uri": uri}, model)
            except NoData:
                place.remove()
                raise NotServing(
                    f'Failed to download model data for container "{label}" from URL: "{uri}". Please ensure that '
                    "there is an object located at the URL and that the role passed to CreateModel has permissions to "
                    "download the object."
                ) from None
            except archives.BadArchive as problem:
                place.remove()
                raise NotServing(
                    f'Failed to extract model data archive for container "{label}" from URL: "{uri}". Please ensure '
                    f"that the object located at the URL is a valid tar.gz archive ({problem})."
                ) from None
        variables = {**container.get("Environment", {}), **self._variables}
        code = None
        if variables.get("SAGEMAKER_PROGRAM"):
            code = model / "code"
            source = variables.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
            if source.startswith(("s3://", "https://")):
                code = place.folder("/opt/ml/code")
                try:
                    archives.unpack(self._backend.storage.get(source), code)
                except (NoData, archives.BadArchive) as problem:
                    place.remove()
                    raise NotServing(f'Failed to fetch the script of container "{label}": {problem}') from None
            try:
                requirements.install(place, code, self._backend.run)
            except requirements.NotInstalled as problem:
                place.remove()
                raise NotServing(f"{problem}.", problem.output) from None
        settings = {
            "SM_MODEL_DIR": str(model),
            "SAGEMAKER_REGION": self._backend.cloud.region,
            **variables,
        }
        return ModelServer(place, image_of(container["Image"], "a model"), settings, code)
