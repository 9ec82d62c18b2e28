"""What SageMaker refuses before anything runs, in its words."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ROLE


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
    definition = lab.training("print('a=1')", metrics={"a": "a=(.*)"})
    del definition["TrainingJobName"]
    static = {"StaticHyperParameters": definition.pop("HyperParameters")}
    config = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "a"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
        "ParameterRanges": {"IntegerParameterRanges": [{"Name": "x", "MinValue": "1", "MaxValue": "2"}]},
    }
    _, message = refusal(
        lab.sagemaker.create_hyper_parameter_tuning_job,
        HyperParameterTuningJobName="w" * 33,
        HyperParameterTuningJobConfig=config,
        TrainingJobDefinition={**definition, **static},
    )
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


def test_spot_training_with_enough_time_to_wait_trains(lab: Any) -> None:
    stopping = {"MaxRuntimeInSeconds": 100, "MaxWaitTimeInSeconds": 100}
    told = lab.train("print(1)", EnableManagedSpotTraining=True, StoppingCondition=stopping)
    assert (told["TrainingJobStatus"], told["EnableManagedSpotTraining"]) == ("Completed", True)


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
