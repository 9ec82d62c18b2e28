"""What SageMaker refuses before anything runs, in its words."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ROLE, SKLEARN


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


PATTERN = "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9])"


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("under_score", PATTERN),
        ("with.dot", PATTERN),
        ("ends-", PATTERN),
        ("w" * 64, "Member must have length less than or equal to 63"),
    ],
)
def test_names_keep_to_their_pattern_and_length(lab: Any, name: str, rule: str) -> None:
    request = {**lab.training("print(1)"), "TrainingJobName": name}
    code, message = refusal(lab.sagemaker.create_training_job, **request)
    assert code == "ValidationException"
    assert f"Value '{name}' at 'trainingJobName' failed to satisfy constraint: {rule}" in message


def test_every_member_is_checked_where_it_stands(lab: Any) -> None:
    variant = {"VariantName": "a", "ModelName": "my_model", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    create = lab.sagemaker.create_endpoint_config
    _, message = refusal(create, EndpointConfigName="bad_name", ProductionVariants=[variant])
    assert message.startswith("2 validation errors detected: Value 'bad_name' at 'endpointConfigName' failed")
    assert "Value 'my_model' at 'productionVariants.1.member.modelName' failed to satisfy constraint" in message
    # 2,500 characters: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
    request = lab.training("print(1)", hyperparameters={"long": "x" * 2501})
    _, message = refusal(lab.sagemaker.create_training_job, **request)
    assert message.endswith("Map value must satisfy constraint: [Member must have length less than or equal to 2500]")


def test_tuning_jobs_have_shorter_names(lab: Any) -> None:
    request = {
        **_tuning(lab, {"IntegerParameterRanges": [_range("x", "1", "2", "Auto")]}),
        "HyperParameterTuningJobName": "w" * 33,
    }
    _, message = refusal(lab.sagemaker.create_hyper_parameter_tuning_job, **request)
    assert "Member must have length less than or equal to 32" in message


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 100, "MaxWaitTimeInSeconds": 200}}, "It is only supported when"),
        ({"EnableManagedSpotTraining": True}, "It must be present and be greater than or equal to MaxRuntimeInSeconds"),
        (
            {
                "EnableManagedSpotTraining": True,
                "StoppingCondition": {"MaxRuntimeInSeconds": 100, "MaxWaitTimeInSeconds": 50},
            },
            "It must be present and be greater than or equal to MaxRuntimeInSeconds",
        ),
    ],
)
def test_waiting_time_belongs_to_spot_instances(lab: Any, changes: dict[str, Any], rule: str) -> None:
    code, message = refusal(lab.sagemaker.create_training_job, **lab.training("print(1)", **changes))
    assert code == "ValidationException"
    assert message.startswith(f"Invalid MaxWaitTimeInSeconds. {rule}")


#: Each with its page in localcloud/services/sagemaker/contradictions.py.
_CHANNEL = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lab/x"}}, "ChannelName": "train"}
_RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1}
_IMAGE = {"TrainingImage": SKLEARN, "TrainingInputMode": "File"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"InputDataConfig": [_CHANNEL, _CHANNEL]}, "Each ChannelName in InputDataConfig must be unique: 'train'"),
        ({"AlgorithmSpecification": {**_IMAGE, "AlgorithmName": "a"}}, "AlgorithmName parameter is mutually exclusive"),
        ({"AlgorithmSpecification": {"TrainingInputMode": "File"}}, "You must specify either the algorithm name"),
        ({"ResourceConfig": {**_RESOURCES, "VolumeSizeInGB": 0}}, "Value '0' at 'resourceConfig.volumeSizeInGB'"),
        ({"ResourceConfig": {**_RESOURCES, "InstanceCount": 0, "VolumeSizeInGB": 5}}, "'resourceConfig.instanceCount'"),
        ({"ResourceConfig": _RESOURCES}, "Value null at 'resourceConfig.volumeSizeInGB'"),
        ({"ResourceConfig": {"InstanceCount": 1, "VolumeSizeInGB": 5}}, "Value null at 'resourceConfig.instanceType'"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 2_419_201}}, "value less than or equal to 2419200"),
    ],
)
def test_a_training_job_that_contradicts_itself_is_refused(lab: Any, changes: dict[str, Any], said: str) -> None:
    code, message = refusal(lab.sagemaker.create_training_job, **lab.training("print(1)", **changes))
    assert code == "ValidationException"
    assert said in message


@pytest.mark.parametrize("field", ["AlgorithmSpecification", "ResourceConfig", "StoppingCondition"])
def test_only_a_serverless_job_does_without(lab: Any, field: str) -> None:
    request = lab.training("print(1)")
    del request[field]  # botocore 1.41 required it, before there were serverless jobs
    said = f"Value null at '{field[:1].lower()}{field[1:]}' failed to satisfy constraint: Member must not be null"
    assert said in refusal(lab.sagemaker.create_training_job, **request)[1]


def test_an_instance_with_storage_of_its_own_needs_no_volume(lab: Any) -> None:
    resources = {"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1}
    assert lab.train("print(1)", ResourceConfig=resources)["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("inputs", "outputs", "said"),
    [
        ({"a": "/x", "b": "/x/"}, {}, "Each LocalPath in ProcessingInputs must be unique"),
        ({"a": "/x", "a ": "/y"}, {}, "Each InputName in ProcessingInputs must be unique"),
        ({}, {"a": "/x", "a ": "/y"}, "Each OutputName in ProcessingOutputConfig.Outputs must be unique"),
    ],
)
def test_inputs_and_outputs_of_a_processing_job_are_apart(
    lab: Any, inputs: dict[str, str], outputs: dict[str, str], said: str
) -> None:
    s3 = {"S3Uri": "s3://lab/x", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    out = {"S3Uri": "s3://lab/x", "S3UploadMode": "EndOfJob"}
    root = "/opt/ml/processing"
    code, message = refusal(
        lab.sagemaker.create_processing_job,
        ProcessingJobName=lab.name(),
        RoleArn=ROLE,
        AppSpecification={"ImageUri": SKLEARN, "ContainerEntrypoint": ["python3", "/opt/ml/processing/s.py"]},
        ProcessingResources={"ClusterConfig": {**_RESOURCES, "VolumeSizeInGB": 1}},
        ProcessingInputs=[
            {"InputName": name.strip(), "S3Input": {**s3, "LocalPath": root + path}} for name, path in inputs.items()
        ],
        ProcessingOutputConfig={
            "Outputs": [
                {"OutputName": name.strip(), "S3Output": {**out, "LocalPath": root + path}}
                for name, path in outputs.items()
            ]
        },
    )
    assert code == "ValidationException"
    assert said in message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"MaxPayloadInMB": 101}, "MaxPayloadInMB cannot be greater than 100 MB"),
        ({"MaxPayloadInMB": 50, "MaxConcurrentTransforms": 3}, "cannot exceed 100 MB"),
        ({"TransformResources": {**_RESOURCES, "InstanceCount": 101}}, "value less than or equal to 100"),
    ],
)
def test_a_transform_job_keeps_to_its_sizes(lab: Any, changes: dict[str, Any], said: str) -> None:
    request = {
        "TransformJobName": lab.name(),
        "ModelName": "any",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lab/x"}}},
        "TransformOutput": {"S3OutputPath": "s3://lab/out"},
        "TransformResources": _RESOURCES,
    }
    assert said in refusal(lab.sagemaker.create_transform_job, **{**request, **changes})[1]


@pytest.mark.parametrize(
    ("kind", "low", "high", "scaling", "said"),
    [
        ("Continuous", "0.3", "0.2", "Auto", "has MinValue 0.3 above MaxValue 0.2"),
        ("Continuous", "0", "0.2", "Logarithmic", "only for ranges that have values greater than 0"),
        ("Continuous", "0", "1", "ReverseLogarithmic", "entirely within the range 0 <= x < 1.0"),
        ("Integer", "0", "1", "ReverseLogarithmic", "only for continuous ranges"),
        ("Integer", "1.5", "2", "Auto", "is no number"),
    ],
)
def test_ranges_of_a_tuning_job_hold_something(
    lab: Any, kind: str, low: str, high: str, scaling: str, said: str
) -> None:
    assert (
        said
        in refusal(
            lab.sagemaker.create_hyper_parameter_tuning_job,
            **_tuning(lab, {f"{kind}ParameterRanges": [_range("x", low, high, scaling)]}),
        )[1]
    )


def test_a_hyperparameter_is_tuned_or_left_alone(lab: Any) -> None:
    ranges = {"IntegerParameterRanges": [_range("x", "1", "2", "Auto")]}
    request = _tuning(lab, ranges, x="1")
    assert "'x' is there twice" in refusal(lab.sagemaker.create_hyper_parameter_tuning_job, **request)[1]


def test_a_tuning_job_has_no_more_jobs_than_combinations(lab: Any) -> None:
    ranges: dict[str, Any] = {"IntegerParameterRanges": [_range("x", "1", "3", "Auto")]}
    request = _tuning(lab, ranges)
    request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = 10
    call = lab.sagemaker.create_hyper_parameter_tuning_job
    assert (
        "the provided ranges [3.0] must be equal or greater than the value of MaxNumberOfJobs, [10]"
        in (refusal(call, **request)[1])
    )
    ranges["CategoricalParameterRanges"] = [{"Name": "y", "Values": ["a", "b", "c"]}]
    assert "ranges [9.0]" in refusal(call, **request)[1]


def test_a_tag_has_one_value(lab: Any) -> None:
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    calls = {
        lab.sagemaker.create_training_job: lab.training("print(1)"),
        lab.sagemaker.create_endpoint: {"EndpointName": lab.name(), "EndpointConfigName": "any"},
    }
    for call, request in calls.items():
        assert refusal(call, **request, Tags=twice) == ("ValidationException", "Duplicate tag key")


def _range(name: str, low: str, high: str, scaling: str) -> dict[str, str]:
    return {"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scaling}


def _tuning(lab: Any, ranges: dict[str, Any], **static: str) -> dict[str, Any]:
    definition = lab.training("print('a=1')", metrics={"a": "a=(.*)"})
    del definition["TrainingJobName"]
    hyperparameters = {"StaticHyperParameters": {**definition.pop("HyperParameters"), **static}}
    return {
        "HyperParameterTuningJobName": lab.name(),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "a"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": ranges,
        },
        "TrainingJobDefinition": {**definition, **hyperparameters},
    }


def test_spot_training_with_enough_time_to_wait_trains(lab: Any) -> None:
    stopping = {"MaxRuntimeInSeconds": 100, "MaxWaitTimeInSeconds": 100}
    description = lab.train("print(1)", EnableManagedSpotTraining=True, StoppingCondition=stopping)
    assert (description["TrainingJobStatus"], description["EnableManagedSpotTraining"]) == ("Completed", True)


MODEL = "def model_fn(folder): return 2\ndef predict_fn(data, model): return data * model\n"


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ({}, "must specify either ServerlessConfig, or InstanceType and InitialInstanceCount"),
        ({"InstanceType": "ml.m5.large"}, "must specify either ServerlessConfig, or InstanceType and"),
        ({"ServerlessConfig": {"MemorySizeInMB": 1500, "MaxConcurrency": 5}}, "enum value set: [1024, 2048, "),
        ({"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 201}}, "less than or equal to 200"),
        (
            {
                "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            },
            "serverless or runs on instances, not both",
        ),
    ],
)
def test_variants_are_serverless_or_run_on_instances(lab: Any, variant: dict[str, Any], said: str) -> None:
    model = lab.model({"code/inference.py": MODEL})
    variants = [{"VariantName": "A", "ModelName": model, **variant}]
    create = lab.sagemaker.create_endpoint_config
    code, message = refusal(create, EndpointConfigName=lab.name(), ProductionVariants=variants)
    assert code == "ValidationException"
    assert said in message


def test_serverless_endpoint_predicts_and_describes_its_configuration(lab: Any) -> None:
    model, name = lab.model({"code/inference.py": MODEL}), lab.name()
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    variant = {"VariantName": "A", "ModelName": model, "ServerlessConfig": serverless}
    lab.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    lab.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    described = lab.ended("endpoint", name)["ProductionVariants"][0]
    assert described["CurrentServerlessConfig"] == serverless
    assert "DesiredInstanceCount" not in described
    assert lab.invoke(name, "[3]", ContentType="application/json") == b"[6.0]"
    # https://github.com/aws/amazon-sagemaker-examples/issues/1026
    code, message = refusal(lab.runtime.invoke_endpoint, EndpointName=name, Body=b"[3]", TargetModel="a.tar.gz")
    expected = f"Endpoint {name} is not a multi-model endpoint and does not support target model header."
    assert (code, message) == ("ValidationError", expected)


def test_missing_model_is_named(lab: Any) -> None:
    expected = 'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/absent".'
    variant = {"VariantName": "A", "ModelName": "absent", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    create = lab.sagemaker.create_endpoint_config
    assert refusal(create, EndpointConfigName=lab.name(), ProductionVariants=[variant])[1] == expected
    code, message = refusal(
        lab.sagemaker.create_transform_job,
        TransformJobName=lab.name(),
        ModelName="absent",
        TransformInput={"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lab/x"}}},
        TransformOutput={"S3OutputPath": "s3://lab/out"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    assert (code, message) == ("ValidationException", expected)


def test_pipelines_are_refused_with_the_steps_that_do_the_same(lab: Any) -> None:
    request = {"PipelineName": "p", "ClientRequestToken": "x" * 32, "RoleArn": ROLE, "PipelineDefinition": "{}"}
    with pytest.raises(ClientError, match=r"stepfunctions\.steps: ProcessingStep, TrainingStep, .*Choice for a Condi"):
        lab.sagemaker.create_pipeline(**request)


def test_search_finds_training_jobs_by_what_they_are(lab: Any) -> None:
    tags = [{"Key": "project", "Value": "search"}]
    metrics = {"loss": "loss=(.*)"}
    jobs = [
        lab.train(f"print('loss={depth}.5')", hyperparameters={"depth": depth}, metrics=metrics, Tags=tags)
        for depth in (1, 2, 3)
    ]
    names = [job["TrainingJobName"] for job in jobs]
    failed = lab.train("exit(1)", Tags=tags)["TrainingJobName"]

    def found(*filters: tuple[str, str, str], **request: Any) -> list[str]:
        listed = [{"Name": name, "Operator": operator, "Value": value} for name, operator, value in filters]
        expression = {"Filters": [{"Name": "Tags.project", "Operator": "Equals", "Value": "search"}, *listed]}
        answer = lab.sagemaker.search(Resource="TrainingJob", SearchExpression=expression, **request)
        return [each["TrainingJob"]["TrainingJobName"] for each in answer["Results"]]

    assert sorted(found()) == sorted([*names, failed])
    assert found(("TrainingJobStatus", "Equals", "Failed")) == [failed]
    ordered = {"SortBy": "Metrics.loss", "SortOrder": "Ascending"}
    assert found(("TrainingJobStatus", "Equals", "Completed"), SortBy="CreationTime", SortOrder="Ascending") == names
    assert found(("HyperParameters.depth", "In", "1,3"), **ordered) == [names[0], names[2]]
    assert found(("Metrics.loss", "GreaterThan", "1.5"), **ordered) == names[1:]
    assert found(("Metrics.loss", "GreaterThan", "1.5"), SortBy="Metrics.loss") == names[:0:-1]
    assert found(("TrainingJobName", "Contains", names[1]), ("TrainingJobStatus", "NotEquals", "Failed")) == [names[1]]
    page = lab.sagemaker.search(Resource="TrainingJob", MaxResults=1)
    assert len(page["Results"]) == 1
    assert page["NextToken"]
    assert page["TotalHits"]["Value"] >= 4
    with pytest.raises(ClientError, match="the local cloud searches TrainingJob and HyperParameterTuningJob"):
        lab.sagemaker.search(Resource="FeatureGroup")
