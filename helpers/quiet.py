"""Makes `import stepfunctions` quick and quiet, once `helpers` is imported first.

As published, stepfunctions 2.3.0 takes 7 CPU seconds to import, prints warnings with paths of the reader's
home, sets the root logger to ERROR, and sagemaker-core behind it replaces tracebacks by its own. Here, an
import hook lets these packages load as they are, and undoes what they do to the rest of the process:

- `stepfunctions.steps.sagemaker` and `stepfunctions.template`, which need sagemaker, load at first use;
- `pkg_resources`, a second to import, serves one version number: a stand-in gives it during the import;
- `rfc3987_syntax` compiles a grammar at import for a check that nothing asks for: jsonschema does without;
- every step's constructor asks botocore for all regions of all partitions, 0.3 s each: a table answers;
- every object of sagemaker checks the schema of its configuration file again, 0.2 s for each of its defaults;
- sagemaker reports calls (`fit`) to its makers: not those of a local cloud;
- it names what it makes by the time of day: on a local cloud by a number, so that histories are the same in every run;
- it asks the real STS, whatever AWS_ENDPOINT_URL says, who it is (`get_execution_role`, `account_id`,
  `default_bucket`): here that address is asked, and a notebook's metadata are where NOTEBOOK_METADATA says;
"""

from __future__ import annotations

import importlib
import importlib.metadata
import itertools
import logging
import os
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

from helpers import sdk
from helpers.session import NOTEBOOK_METADATA

_SAGEMAKER_STEPS = (
    *("TrainingStep", "TransformStep", "ModelStep", "EndpointConfigStep", "EndpointStep", "TuningStep"),
    "ProcessingStep",
)
# Region prefixes of the partitions with Step Functions (AWS General Reference, "Step Functions endpoints").
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}


def install() -> None:
    """Installs the import hook, and closes the SDK's traps (see `sdk`), now if it is imported already."""
    if "stepfunctions.workflow" in sys.modules:
        sdk.mend(sys.modules["stepfunctions"])
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        os.environ.setdefault("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
        sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: importing it fails
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds the noisy packages where they are, and wraps the loaders of their top modules."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        surroundings = {
            "stepfunctions": _stepfunctions,
            "sagemaker": _sagemaker,
            "sagemaker_core": _undisturbed,
        }.get(fullname)
        spec = PathFinder.find_spec(fullname, path, target) if surroundings else None
        if spec is not None and spec.loader is not None and surroundings:
            spec.loader = _Loader(spec.loader, surroundings)
        return spec


class _Loader(Loader):
    """Runs another loader inside a context."""

    def __init__(self, real: Loader, surroundings: Callable[[types.ModuleType], Any]) -> None:
        self.real, self.surroundings = real, surroundings

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        return self.real.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        if module.__spec__ is not None:  # from here on it is a module like any other
            module.__spec__.loader = module.__loader__ = self.real
        with self.surroundings(module):
            self.real.exec_module(module)


@contextmanager
def _undisturbed(_module: types.ModuleType) -> Iterator[None]:
    """Whatever is imported inside leaves warnings, the root logger and tracebacks as they were.

    sagemaker makes a session at import: it must not look for an EC2 instance's credentials on the network, nor
    complain that there is no region yet, nor, where AWS is on this machine, open the reader's files.
    """
    root, level = logging.getLogger(), logging.getLogger().level
    # sagemaker gives this logger a handler on stdout, and would set INFO where it finds no level.
    logging.getLogger("sagemaker.config").setLevel(logging.WARNING)
    environment = dict(os.environ)
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    if os.environ.get("WORKSHOP_TARGET", "local") == "local":
        os.environ |= dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    boto3: Any = importlib.import_module("boto3")
    session = boto3.DEFAULT_SESSION
    with warnings.catch_warnings(), _plain_tracebacks():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            root.setLevel(level)
            boto3.DEFAULT_SESSION = session
            for name in [name for name in os.environ if name.startswith("AWS_") and name not in environment]:
                del os.environ[name]
            os.environ.update(environment)


@contextmanager
def _sagemaker(module: types.ModuleType) -> Iterator[None]:
    with _undisturbed(module):
        yield
    config: Any = sys.modules["sagemaker.config.config"]
    config.jsonschema = types.SimpleNamespace(validate=_validate)
    telemetry: Any = sys.modules["sagemaker.telemetry.telemetry_logging"]
    send = telemetry._send_telemetry_request

    def send_from_aws(*args: Any, **named: Any) -> None:
        if not os.environ.get("AWS_ENDPOINT_URL"):
            send(*args, **named)

    telemetry._send_telemetry_request = send_from_aws
    utils: Any = sys.modules["sagemaker.utils"]
    timestamp, numbers = utils.sagemaker_timestamp, itertools.count(1)

    def same_in_every_run() -> str:
        return f"2026-01-05-09-00-00-{next(numbers):03}" if os.environ.get("AWS_ENDPOINT_URL") else str(timestamp())

    utils.sagemaker_timestamp = same_in_every_run
    session: Any = sys.modules["sagemaker.session"]
    session.NOTEBOOK_METADATA_FILE = _Metadata(session.NOTEBOOK_METADATA_FILE)
    name = "sts_regional_endpoint"
    regional: Callable[[str], str] = utils.__dict__[name]

    def endpoint(region: str) -> str:
        return os.environ.get("AWS_ENDPOINT_URL") or regional(region)

    for loaded in [each for module_name, each in sys.modules.items() if module_name.startswith("sagemaker.")]:
        if getattr(loaded, name, None) is regional:
            loaded.__dict__[name] = endpoint


class _Metadata(os.PathLike[str]):
    """The file in which a SageMaker notebook finds its execution role: NOTEBOOK_METADATA, else the usual one."""

    def __init__(self, usual: str) -> None:
        self._usual = usual

    def __fspath__(self) -> str:
        return os.environ.get(NOTEBOOK_METADATA, self._usual)


def _validate(instance: object, schema: dict[str, Any]) -> None:
    """`jsonschema.validate` of a schema that is known to be one."""
    jsonschema: Any = importlib.import_module("jsonschema")
    validator = jsonschema.validators.validator_for(schema)(schema)
    error = jsonschema.exceptions.best_match(validator.iter_errors(instance))
    if error is not None:
        raise error


@contextmanager
def _plain_tracebacks() -> Iterator[None]:
    """sagemaker-core calls `rich.traceback.install`; the function that it takes hold of here does nothing."""
    try:
        rich: Any = importlib.import_module("rich.traceback")
    except ImportError:
        yield
        return
    install, rich.install = rich.install, lambda *_, **__: None
    try:
        yield
    finally:
        rich.install = install


@contextmanager
def _stepfunctions(module: types.ModuleType) -> Iterator[None]:
    """Loads the SDK without what needs sagemaker, which comes when it is first asked for."""
    late: dict[str, Any] = {
        "stepfunctions.steps.sagemaker": types.ModuleType("stepfunctions.steps.sagemaker"),
        "stepfunctions.template": types.ModuleType("stepfunctions.template"),
    }
    for name in _SAGEMAKER_STEPS:
        setattr(late["stepfunctions.steps.sagemaker"], name, None)
    if "pkg_resources" not in sys.modules:
        late["pkg_resources"] = types.ModuleType("pkg_resources")
        late["pkg_resources"].require = lambda name: [importlib.metadata.distribution(name)]
    level = logging.getLogger().level
    sys.modules.update(late)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.getLogger().setLevel(level)
        for name in late:
            sys.modules.pop(name, None)
    steps = sys.modules["stepfunctions.steps"]
    _load_late(steps, dict.fromkeys(_SAGEMAKER_STEPS, "stepfunctions.steps.sagemaker"))
    steps.__dict__.pop("sagemaker", None)
    _load_late(module, {"template": "stepfunctions.template"})
    resources: Any = sys.modules["stepfunctions.steps.integration_resources"]
    resources.get_aws_partition = _partition(resources.get_aws_partition)
    sdk.mend(module)


def _load_late(package: types.ModuleType, names: dict[str, str]) -> None:
    """Lets a package import `names` (name -> module that has or is it) when they are asked for (PEP 562)."""
    for name in names:
        package.__dict__.pop(name, None)

    def load(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package.__name__!r} has no attribute {name!r}")
        loaded = importlib.import_module(names[name])
        if "TuningStep" in names:
            sdk.mend_made(loaded)
        if names[name] == f"{package.__name__}.{name}":
            return loaded
        package.__dict__.update({other: getattr(loaded, other) for other in names})
        return getattr(loaded, name)

    public = [name for name in package.__dict__ if not name.startswith("_")]
    package.__dict__.update({"__getattr__": load, "__all__": [*public, *names]})


def _partition(ask_botocore: Callable[[], str]) -> Callable[[], str]:
    """The partition of the region in the environment; where there is none, what the SDK would find out."""

    def partition() -> str:
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if not region:
            return ask_botocore()
        return next((name for prefix, name in _PARTITIONS.items() if region.startswith(prefix)), "aws")

    return partition
