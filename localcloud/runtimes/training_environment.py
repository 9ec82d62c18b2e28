"""What a training script finds: command line, SM_ variables, /opt/ml/input/config. As the public toolkit has it.

https://github.com/aws/sagemaker-training-toolkit (environment.py, mapping.py, params.py): the toolkit inside the
framework images reads the same three files and sets the same variables.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.runtimes.containers import Container

HOST = "algo-1"

#: Hyperparameters of the SDK's own, for the toolkit and not for the script; besides all that start with
#: "sagemaker_", which the script sees in SM_FRAMEWORK_PARAMS.
_OWN = frozenset(
    {
        *("sagemaker_program", "sagemaker_submit_directory", "sagemaker_job_name", "sagemaker_region"),
        *("sagemaker_container_log_level", "sagemaker_s3_output", "sagemaker_enable_cloudwatch_metrics"),
        "_tuning_objective_metric",
    }
)

_FRAMEWORK = {
    "sklearn": "sagemaker_sklearn_container.training:main",
    "xgboost": "sagemaker_xgboost_container.training:main",
}


@dataclass(frozen=True, slots=True)
class Training:
    """A training job, as far as its container knows it.

    Args:
        name, arn: of the job.
        image: "sklearn" or "xgboost".
        hyperparameters: as in the request: text, in JSON where the SDK wrote it.
        channels: name -> content type, or None.
        instance_type: e.g. "ml.m5.large".
    """

    name: str
    arn: str
    image: str
    hyperparameters: Mapping[str, str]
    channels: Mapping[str, str | None]
    instance_type: str

    @property
    def decoded(self) -> dict[str, Any]:
        """Hyperparameters as values: what is JSON is read as such, what is not stays text."""
        return {key: _decode(value) for key, value in self.hyperparameters.items()}

    @property
    def program(self) -> str | None:
        """The script to run, in script mode."""
        program = self.decoded.get("sagemaker_program")
        return None if program is None else str(program)

    @property
    def source(self) -> str | None:
        """The S3 URI of sourcedir.tar.gz, in script mode."""
        source = self.decoded.get("sagemaker_submit_directory")
        return None if source is None else str(source)

    @property
    def own(self) -> dict[str, Any]:
        """The script's own hyperparameters."""
        decoded = self.decoded
        return {key: decoded[key] for key in decoded if not key.startswith("sagemaker_") and key not in _OWN}

    def arguments(self) -> list[str]:
        """The script's command line: hyperparameters by name."""
        listed: list[str] = []
        for key in sorted(self.own):
            value = self.own[key]
            if isinstance(value, dict):
                value = ",".join(f"{name}={each}" for name, each in sorted(value.items()))
            listed += [f"--{key}" if len(key) > 1 else f"-{key}", "" if value is None else str(value)]
        return listed


def write_config(training: Training, container: Container) -> None:
    """hyperparameters.json, inputdataconfig.json and resourceconfig.json.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
    """
    folder = container.folder("/opt/ml/input/config")
    for name, value in (
        ("hyperparameters", dict(training.hyperparameters)),
        ("inputdataconfig", _channels(training)),
        ("resourceconfig", _resources(training)),
    ):
        (folder / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")


def variables(training: Training, container: Container) -> dict[str, str]:
    """The SM_ variables of script mode, and those that SageMaker sets for every container."""
    decoded, own = training.decoded, training.own
    program = training.program or ""
    module = program.removesuffix(".py")
    resources = _resources(training)
    group = resources["instance_groups"][0]
    framework_params = {
        key: value for key, value in decoded.items() if key.startswith("sagemaker_") and key not in _OWN
    }
    channels = {name: _real(container, f"input/data/{name}") for name in sorted(training.channels)}
    settings: dict[str, Any] = {
        "hosts": resources["hosts"],
        "network_interface_name": resources["network_interface_name"],
        "hps": own,
        "user_entry_point": program,
        "framework_params": framework_params,
        "resource_config": resources,
        "input_data_config": _channels(training),
        "output_data_dir": _real(container, "output/data"),
        "channels": sorted(channels),
        "current_host": HOST,
        "current_instance_type": training.instance_type,
        "current_instance_group": group["instance_group_name"],
        "current_instance_group_hosts": group["hosts"],
        "instance_groups": [group["instance_group_name"]],
        "instance_groups_dict": {group["instance_group_name"]: group},
        "distribution_instance_groups": [],
        "is_hetero": False,
        "module_name": module,
        "log_level": decoded.get("sagemaker_container_log_level", 20),
        "framework_module": _FRAMEWORK[training.image],
        "input_dir": _real(container, "input"),
        "input_config_dir": _real(container, "input/config"),
        "output_dir": _real(container, "output"),
        "num_cpus": os.cpu_count() or 1,
        "num_gpus": 0,
        "num_neurons": 0,
        "model_dir": _real(container, "model"),
        "module_dir": training.source or _real(container, "code"),
        "user_args": training.arguments(),
        "output_intermediate_dir": _real(container, "output/intermediate"),
    }
    settings["training_env"] = _training_env(training, settings, channels)
    settings |= {f"channel_{name}": path for name, path in channels.items()}
    settings |= {f"hp_{name}": value for name, value in own.items()}
    return {
        **{f"SM_{name.upper()}": _text(value) for name, value in settings.items()},
        "TRAINING_JOB_NAME": training.name,
        "TRAINING_JOB_ARN": training.arn,
        "SAGEMAKER_JOB_NAME": str(decoded.get("sagemaker_job_name", training.name)),
        "SAGEMAKER_REGION": str(decoded.get("sagemaker_region", "")),
        "CURRENT_HOST": HOST,
    }


def _training_env(training: Training, settings: Mapping[str, Any], channels: Mapping[str, str]) -> dict[str, Any]:
    """SM_TRAINING_ENV: the same again, under the names of the toolkit's properties."""
    same = (
        *("current_host", "current_instance_type", "current_instance_group", "current_instance_group_hosts"),
        *("distribution_instance_groups", "framework_module", "hosts", "input_config_dir", "input_data_config"),
        *("input_dir", "instance_groups", "instance_groups_dict", "is_hetero", "log_level", "model_dir"),
        *("module_dir", "module_name", "network_interface_name", "num_cpus", "num_gpus", "output_data_dir"),
        *("output_dir", "output_intermediate_dir", "resource_config", "user_entry_point"),
    )
    return {
        **{name: settings[name] for name in same},
        "additional_framework_parameters": settings["framework_params"],
        "channel_input_dirs": dict(channels),
        "hyperparameters": settings["hps"],
        "is_master": True,
        "job_name": training.name,
        "master_hostname": HOST,
    }


def _channels(training: Training) -> dict[str, dict[str, str]]:
    return {
        name: {
            **({"ContentType": kind} if kind else {}),
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
        for name, kind in sorted(training.channels.items())
    }


def _resources(training: Training) -> dict[str, Any]:
    group = "homogeneousCluster"
    return {
        "current_host": HOST,
        "current_instance_type": training.instance_type,
        "current_group_name": group,
        "hosts": [HOST],
        "instance_groups": [{"instance_group_name": group, "instance_type": training.instance_type, "hosts": [HOST]}],
        "network_interface_name": "eth0",
    }


def _real(container: Container, inside: str) -> str:
    return str(container.path(f"/opt/ml/{inside}"))


def _decode(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
