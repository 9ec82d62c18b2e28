"""What CreateTrainingJob and its neighbours refuse of values that are right one by one and wrong together.

Each value alone is checked at the door (`door/constraints.py`). The rules are the API reference's, whose words these
are where no report of AWS's own was found; each function names its pages and reports.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from localcloud.door.constraints import sentence
from localcloud.door.wire import ServiceError, Structure, invalid

_28_DAYS = 28 * 86400

#: Families whose storage is NVMe on the instance, as ml.g4dn and ml.c5d: SageMaker adds no volume to them.
_NVME = re.compile(r"ml\.(p4d|p4de|p5\w*|g4dn|g5|g6e?|\w+\d[a-z]*d[a-z]*)\.")


def tags(request: Structure) -> None:
    """Tags have different keys: https://github.com/aws/sagemaker-python-sdk/pull/3608 has the words."""
    keys = [each["Key"] for each in request.get("Tags") or ()]
    if len(set(keys)) < len(keys):
        raise _refusal("Duplicate tag key")


def training(request: Structure) -> None:
    """What a training job says of its algorithm, channels, instances and time.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html, API_Channel.html,
    API_ResourceConfig.html and API_StoppingCondition.html.
    """
    for field in (
        "AlgorithmSpecification",
        "ResourceConfig",
        "StoppingCondition",
    ):  # optional for serverless jobs alone
        if field not in request:
            raise invalid("sagemaker", sentence(None, field, "Member must not be null"))
    specification, resources = request["AlgorithmSpecification"], request["ResourceConfig"]
    if ("TrainingImage" in specification) == ("AlgorithmName" in specification):
        raise _refusal(
            "You must specify either the algorithm name to the AlgorithmName parameter or the image URI of the "
            "algorithm container to the TrainingImage parameter. The AlgorithmName parameter is mutually exclusive "
            "with the TrainingImage parameter."
        )
    _unique("ChannelName", "InputDataConfig", (each["ChannelName"] for each in request.get("InputDataConfig", [])))
    if not resources.get("InstanceGroups"):
        # The model lets both be absent or 0, for instance groups and for instances that have storage of their own.
        _needed(resources, "InstanceType")
        _needed(resources, "InstanceCount", 1)
        if not _NVME.match(resources["InstanceType"]):
            _needed(resources, "VolumeSizeInGB", 1)
    runtime = request["StoppingCondition"].get("MaxRuntimeInSeconds", 86400)
    if runtime > _28_DAYS:
        rule = f"Member must have value less than or equal to {_28_DAYS}"
        raise invalid("sagemaker", sentence(runtime, "StoppingCondition.MaxRuntimeInSeconds", rule))
    _spot(request, runtime)


def _spot(request: Structure, runtime: int) -> None:
    """MaxWaitTimeInSeconds goes with spot instances, and is no less than MaxRuntimeInSeconds.

    The first sentence as in https://github.com/Kenza-AI/sagify/issues/111. Of the second no report was found: it says
    what API_StoppingCondition.html does ("must be equal to or greater than MaxRuntimeInSeconds").
    """
    wait = request["StoppingCondition"].get("MaxWaitTimeInSeconds")
    if not request.get("EnableManagedSpotTraining"):
        if wait is not None:
            raise _refusal(
                "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
            )
    elif wait is None or wait < runtime:
        raise _refusal(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
        )


def processing(request: Structure) -> None:
    """Inputs and outputs have names of their own, and no two inputs go to one folder.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingInput.html and API_ProcessingOutput.html; of
    the folders, https://github.com/aws/sagemaker-python-sdk/issues/4939.
    """
    inputs = request.get("ProcessingInputs", [])
    outputs = (request.get("ProcessingOutputConfig") or {}).get("Outputs", [])
    _unique("InputName", "ProcessingInputs", (each["InputName"] for each in inputs))
    _unique("OutputName", "ProcessingOutputConfig.Outputs", (each["OutputName"] for each in outputs))
    folders = (each["S3Input"]["LocalPath"].rstrip("/") for each in inputs if each.get("S3Input", {}).get("LocalPath"))
    _unique("LocalPath", "ProcessingInputs", folders)


def transform(request: Structure) -> None:
    """How much goes to the model at once.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html and
    API_TransformResources.html.
    """
    payload, parallel = request.get("MaxPayloadInMB", 6), request.get("MaxConcurrentTransforms") or 1
    if payload > 100:
        raise _refusal("The value of MaxPayloadInMB cannot be greater than 100 MB.")
    if payload * parallel > 100:
        raise _refusal("The value of (MaxConcurrentTransforms * MaxPayloadInMB) cannot exceed 100 MB.")
    instances = request["TransformResources"]["InstanceCount"]
    if instances > 100:
        rule = "Member must have value less than or equal to 100"
        raise invalid("sagemaker", sentence(instances, "TransformResources.InstanceCount", rule))


def tuning(request: Structure) -> None:
    """Ranges that hold something, and hyperparameters that are tuned or left alone.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html; the SDK takes what it
    tunes out of the others (sagemaker.tuner, `_prepare_static_hyperparameters`).
    """
    ranges = request["HyperParameterTuningJobConfig"].get("ParameterRanges") or {}
    static = request["TrainingJobDefinition"].get("StaticHyperParameters", {})
    tuned = [each["Name"] for kind in ranges.values() if isinstance(kind, list) for each in kind]
    _unique("hyperparameter", "ParameterRanges and StaticHyperParameters", [*tuned, *static])
    for kind, number in (("IntegerParameterRanges", int), ("ContinuousParameterRanges", float)):
        for each in ranges.get(kind, []):
            try:
                low, high = number(each["MinValue"]), number(each["MaxValue"])
            except ValueError as problem:
                raise _refusal(f"The range of hyperparameter {each['Name']} is no number: {problem}") from None
            scaling = each.get("ScalingType", "Auto")
            if low > high:
                raise _refusal(f"The range of hyperparameter {each['Name']} has MinValue {low} above MaxValue {high}.")
            if scaling == "Logarithmic" and low <= 0:
                raise _refusal(
                    f"The range of hyperparameter {each['Name']} begins at {low}: Logarithmic scaling works only for "
                    "ranges that have values greater than 0."
                )
            if scaling == "ReverseLogarithmic" and not (number is float and low >= 0 and high < 1):
                raise _refusal(
                    f"The range of hyperparameter {each['Name']} is {low} to {high}: ReverseLogarithmic scaling works "
                    "only for continuous ranges that are entirely within the range 0 <= x < 1.0."
                )
    _enough_combinations(ranges, request["HyperParameterTuningJobConfig"]["ResourceLimits"])


def _enough_combinations(ranges: Structure, limits: Structure) -> None:
    """Where nothing is continuous there are as many different jobs as combinations of values.

    https://github.com/aws/amazon-sagemaker-operator-for-k8s/issues/123 has the words.
    """
    if not any(ranges.values()) or ranges.get("ContinuousParameterRanges"):
        return
    whole = [int(each["MaxValue"]) - int(each["MinValue"]) + 1 for each in ranges.get("IntegerParameterRanges", [])]
    named = [len(each["Values"]) for each in ranges.get("CategoricalParameterRanges", [])]
    combinations, jobs = math.prod([*whole, *named]), limits.get("MaxNumberOfTrainingJobs", 1)
    if combinations < jobs:
        raise _refusal(
            "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter "
            f"combinations for the provided ranges [{float(combinations)}] must be equal or greater than the value of "
            f"MaxNumberOfJobs, [{jobs}]. Provide additional ranges."
        )


def model(request: Structure) -> None:
    """One container or several: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html."""
    containers = request.get("PrimaryContainer"), request.get("Containers")
    if all(containers) or not any(containers):
        raise _refusal(f"You must specify PrimaryContainer or Containers{', not both' if all(containers) else ''}.")


def _needed(resources: Structure, field: str, least: int = 0) -> None:
    value, rule = resources.get(field), "Member must not be null"
    if value is not None:
        if not least or value >= least:
            return
        rule = f"Member must have value greater than or equal to {least}"
    raise invalid("sagemaker", sentence(value, f"ResourceConfig.{field}", rule))


def _unique(field: str, where: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _refusal(f"Each {field} in {where} must be unique: '{name}' is there twice.")
        seen.add(name)


def _refusal(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
