"""What a training script can ask of its job. https://github.com/aws/sagemaker-training-toolkit, environment.py."""

from __future__ import annotations

import json
import os
from typing import Any


class Environment:
    """The job, by the names that the toolkit has: `channel_input_dirs`, `hyperparameters`, `model_dir`, `num_cpus` ...

    Raises:
        KeyError: there is no training job around.
    """

    def __init__(self, resource_config: Any = None, input_data_config: Any = None, hyperparameters: Any = None) -> None:
        self._known: dict[str, Any] = json.loads(os.environ["SM_TRAINING_ENV"])
        given = {
            "resource_config": resource_config,
            "input_data_config": input_data_config,
            "hyperparameters": hyperparameters,
        }
        self._known |= {name: value for name, value in given.items() if value is not None}
        self._known["is_main"] = self._known["is_master"]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._known:
            raise AttributeError(f"'Environment' object has no attribute '{name}'")
        return self._known[name]

    def to_cmd_args(self) -> list[str]:
        """The script's command line."""
        arguments: list[str] = json.loads(os.environ["SM_USER_ARGS"])
        return arguments


def read_hyperparameters() -> dict[str, Any]:
    """The script's own hyperparameters, as values."""
    own: dict[str, Any] = json.loads(os.environ["SM_HPS"])
    return own
