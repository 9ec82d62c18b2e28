"""What the SDK's objects say: the definition in them, the input that they ask for, what they do not send."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from helpers.errors import WorkshopError

#: An estimator's settings that sagemaker's `training_config` leaves out -> where CreateTrainingJob has them.
_TRAINING = {
    "environment": "Environment",
    "checkpoint_s3_uri": "CheckpointConfig",
    "enable_network_isolation": "EnableNetworkIsolation",
    "encrypt_inter_container_traffic": "EnableInterContainerTrafficEncryption",
    "max_retry_attempts": "RetryStrategy",
    "tensorboard_output_config": "TensorBoardOutputConfig",
    "container_entry_point": "AlgorithmSpecification.ContainerEntrypoint",
    "container_arguments": "AlgorithmSpecification.ContainerArguments",
    "training_repository_access_mode": "AlgorithmSpecification.TrainingImageConfig",
    "_enable_remote_debug": "RemoteDebugConfig",
    "_enable_session_tag_chaining": "SessionChainingConfig",
    "enable_infra_check": "InfraCheckConfig",
}

#: Each step that leaves settings out: of what it is made, and those settings.
_UNSENT = {
    "TrainingStep": ("estimator", _TRAINING),
    "TuningStep": ("estimator", _TRAINING),
    "ProcessingStep": ("processor", {"output_kms_key": "ProcessingOutputConfig.KmsKeyId"}),
    "ModelStep": ("model", {"enable_network_isolation": "EnableNetworkIsolation"}),
}


def unwrapped(what: object) -> Any:
    """The Workflow inside one of the SDK's templates; anything else as it is."""
    return getattr(what, "workflow", what) if hasattr(what, "get_workflow") else what


def graph_of(what: Any) -> Any:
    """The SDK's Graph of a State, a Chain, a Graph or a Workflow; None for anything else."""
    states: Any = sys.modules.get("stepfunctions.steps.states")  # without it, nothing is any of these
    if states is None:
        return None
    if isinstance(what, states.State | states.Chain):
        return states.Graph(what)
    graph = what if isinstance(what, states.Graph) else getattr(what, "definition", None)
    return graph if isinstance(graph, states.Graph) else None


def definition_of(graph: Any) -> str:
    """A Graph as JSON text.

    Raises:
        WorkshopError: a state holds a value that JSON has no form for.
    """
    try:
        return str(graph.to_json())
    except TypeError as problem:
        for name, state in graph.to_dict().get("States", {}).items():
            try:
                json.dumps(state)
            except TypeError:
                raise WorkshopError(
                    f'State "{name}" cannot be written as JSON: {problem}. Give it text, numbers, lists and dicts.'
                ) from problem
        raise


def misfit(schema: Any, data: Any) -> str:
    """What is wrong with an input for an ExecutionInput with a schema; empty when it fits."""
    if data is not None and not isinstance(data, Mapping):
        return f"it is a {type(data).__name__}, not a dict"
    result = schema.validate(data or {})
    missing = [f"{name} is missing" for name in result.keys_missing]
    wrong = [f"{name} is {found.__name__}, not {wanted.__name__}" for name, wanted, found in result.keys_type_mismatch]
    return "; ".join([*missing, *wrong])


def unsent(graph: Any) -> Iterator[str]:
    """A line for each setting of an estimator, a processor or a model that the SDK's step does not send to SageMaker.

    Each is sent once the step has it in its `parameters`.
    """
    for state in _states(getattr(graph, "branch", None)):
        kind = next((each.__name__ for each in type(state).__mro__ if each.__name__ in _UNSENT), "")
        made_of, settings = _UNSENT.get(kind, ("", {}))
        source = state.__dict__.get(made_of)
        request = state.fields.get("parameters") or {}
        if kind == "TuningStep":
            request = request.get("TrainingJobDefinition") or {}
        for setting, field in settings.items():
            value = getattr(source, setting, None)
            if (value() if callable(value) else value) and not _has(request, field):
                yield (
                    f'State "{state.state_id}": the SDK does not send the {made_of}\'s {setting.lstrip("_")}. '
                    f"Give the step {field} in its parameters, too."
                )


def _has(request: Mapping[str, Any], field: str) -> bool:
    outer, _, inner = field.rpartition(".")
    there = request.get(outer, {}) if outer else request
    return inner in there or f"{inner}.$" in there


def _states(branch: Any) -> Iterator[Any]:
    """Every state of a branch, and those inside its Maps and Parallels."""
    found: dict[str, Any] = {}

    class Visitor:
        def is_visited(self, state: Any) -> bool:
            return state.state_id in found

        def visit(self, state: Any) -> None:
            found[state.state_id] = state

    if branch is not None:
        branch.accept(Visitor())
    for state in found.values():
        yield state
        inside = [state.fields.get("iterator"), state.__dict__.get("iterator"), *state.__dict__.get("branches", ())]
        for each in inside:
            yield from _states(each)
