"""SageMaker as tasks: `.sync` waits, Catch gets the reason, stopping the execution stops the job."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import Any

import psutil
import pytest


def machine(lab: Any, states: dict[str, Any], start: str) -> str:
    arn: str = lab.cloud.client("stepfunctions").create_state_machine(
        name=lab.name(),
        definition=json.dumps({"StartAt": start, "States": states}),
        roleArn="arn:aws:iam::123456789012:role/workshop-states",
    )["stateMachineArn"]
    return arn


def ended(lab: Any, arn: str) -> dict[str, Any]:
    client = lab.cloud.client("stepfunctions")
    while (description := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
        threading.Event().wait(0.02)
    answer: dict[str, Any] = description
    return answer


def training_state(lab: Any, script: str, **more: Any) -> tuple[dict[str, Any], str]:
    request = lab.training(script)
    resource = "arn:aws:states:::sagemaker:createTrainingJob.sync"
    return {"Type": "Task", "Resource": resource, "Parameters": request, **more}, request["TrainingJobName"]


def processing(lab: Any, script: str) -> dict[str, Any]:
    code = lab.put(f"{lab.name()}/script.py", script)
    source = {"S3Uri": code, "LocalPath": "/opt/ml/processing/code", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {
        "ProcessingJobName": lab.name(),
        "RoleArn": "arn:aws:iam::123456789012:role/workshop-training",
        "AppSpecification": {
            "ImageUri": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/script.py"],
        },
        "ProcessingInputs": [{"InputName": "code", "S3Input": source}],
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
        },
    }


def tuning(lab: Any, script: str) -> dict[str, Any]:
    """Two jobs at a time, with a metric whose expression matches nothing."""
    training = lab.training(script, metrics={"loss": "never=(.*)"})
    definition = {key: training[key] for key in training if key not in ("TrainingJobName", "HyperParameters")}
    return {
        "HyperParameterTuningJobName": lab.name(),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "8"}]},
        },
        "TrainingJobDefinition": {**definition, "StaticHyperParameters": training["HyperParameters"]},
    }


def transforming(lab: Any, model: str) -> dict[str, Any]:
    lab.put("bad/rows/rows.csv", "1,2\n")
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://lab/bad/rows/"}
    return {
        "TransformJobName": lab.name(),
        "ModelName": model,
        "TransformInput": {"DataSource": {"S3DataSource": source}, "ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": "s3://lab/bad/out", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }


def test_sync_returns_the_description_after_the_jobs_minutes(lab: Any) -> None:
    state, name = training_state(lab, "print('x')", End=True)
    client = lab.cloud.client("stepfunctions")
    started = client.start_execution(stateMachineArn=machine(lab, {"Train": state}, "Train"))
    description = ended(lab, started["executionArn"])
    assert description["status"] == "SUCCEEDED", description
    output = json.loads(description["output"])
    assert output["TrainingJobName"] == name
    assert output["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://lab/out/{name}/output/model.tar.gz"
    assert 175 <= (description["stopDate"] - description["startDate"]).total_seconds() < 180


def test_catch_gets_the_failure_reason(lab: Any) -> None:
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Keep the old model", "ResultPath": "$.problem"}]
    state, _ = training_state(lab, "raise RuntimeError('bad data')", End=True, Catch=catch)
    states = {"Train": state, "Keep the old model": {"Type": "Pass", "End": True}}
    started = lab.cloud.client("stepfunctions").start_execution(stateMachineArn=machine(lab, states, "Train"))
    description = ended(lab, started["executionArn"])
    cause = json.loads(json.loads(description["output"])["problem"]["Cause"])
    assert "RuntimeError: bad data" in cause["FailureReason"]


def test_stopped_execution_stops_its_job(lab: Any) -> None:
    ready = lab.cloud.scratch / "ready-to-be-stopped"
    script = f"import pathlib, time; pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    state, name = training_state(lab, script, End=True)
    client = lab.cloud.client("stepfunctions")
    started = client.start_execution(stateMachineArn=machine(lab, {"Train": state}, "Train"))
    pause = threading.Event()
    while not ready.exists():
        pause.wait(0.02)
    client.stop_execution(executionArn=started["executionArn"])
    assert ended(lab, started["executionArn"])["status"] == "ABORTED"
    assert lab.ended("training_job", name)["TrainingJobStatus"] == "Stopped"
    assert lab.processes() == []


@pytest.mark.parametrize("kind", ["processing_job", "hyper_parameter_tuning_job", "transform_job"])
def test_stopped_execution_stops_every_kind_of_job(lab: Any, kind: str) -> None:
    ready = lab.cloud.scratch / f"{kind}-is-at-work"
    hang = f"import pathlib, time; pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    words = {"processing_job": "Processing", "hyper_parameter_tuning_job": "HyperParameterTuning"}.get(
        kind, "Transform"
    )
    request = {
        "processing_job": lambda: processing(lab, hang),
        "hyper_parameter_tuning_job": lambda: tuning(lab, hang),
        "transform_job": lambda: transforming(
            lab, lab.model({"code/inference.py": f"def model_fn(model_dir): return 1\ndef input_fn(*_): {hang}"})
        ),
    }[kind]()
    resource = f"arn:aws:states:::sagemaker:create{words}Job.sync"
    state = {"Type": "Task", "Resource": resource, "Parameters": request, "End": True}
    client = lab.cloud.client("stepfunctions")
    started = client.start_execution(stateMachineArn=machine(lab, {"Work": state}, "Work"))
    while not ready.exists():
        threading.Event().wait(0.02)
    client.stop_execution(executionArn=started["executionArn"])
    assert ended(lab, started["executionArn"])["status"] == "ABORTED"
    assert lab.ended(kind, request[f"{words}JobName"])[f"{words}JobStatus"] == "Stopped"
    assert running() == []


def test_task_that_times_out_stops_its_job(lab: Any) -> None:
    state, name = training_state(lab, "import time; time.sleep(600)", End=True, TimeoutSeconds=100)
    started = lab.cloud.client("stepfunctions").start_execution(stateMachineArn=machine(lab, {"Train": state}, "Train"))
    description = ended(lab, started["executionArn"])
    assert (description["status"], description["error"]) == ("FAILED", "States.Timeout")
    assert lab.ended("training_job", name)["TrainingJobStatus"] == "Stopped"


def test_endpoint_is_polled_the_same_number_of_times_in_every_run(lab: Any) -> None:
    """A loop of Wait and Describe sees Creating until the endpoint's minutes have passed, whatever else goes on."""
    script = "def model_fn(model_dir): return None"
    config = lab.config(**{lab.model({"code/inference.py": script}): 1})
    lengths = []
    for _ in range(2):
        name = lab.name()
        states = {
            "Create": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sagemaker:createEndpoint",
                "Parameters": {"EndpointName": name, "EndpointConfigName": config},
                "Next": "Wait",
            },
            "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Look"},
            "Look": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
                "Parameters": {"EndpointName": name},
                "Next": "Ready?",
            },
            "Ready?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.EndpointStatus", "StringEquals": "Creating", "Next": "Wait"}],
                "Default": "Done",
            },
            "Done": {"Type": "Pass", "End": True},
        }
        client = lab.cloud.client("stepfunctions")
        started = client.start_execution(stateMachineArn=machine(lab, states, "Create"))
        description = ended(lab, started["executionArn"])
        assert json.loads(description["output"])["EndpointStatus"] == "InService", description
        events = client.get_execution_history(executionArn=started["executionArn"], maxResults=1000)["events"]
        lengths.append([event["type"] for event in events].count("WaitStateEntered"))
        lab.sagemaker.delete_endpoint(EndpointName=name)
    assert lengths == [3, 3]


# ---- what goes wrong: the workflow's Catch gets AWS's words, and nothing is left running

OTHER_IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.0"


def running() -> list[str]:
    """Command lines of the jobs' and model servers' processes: children of this one, but for zombies."""
    found = []
    for each in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # it has just ended
            if each.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(each.cmdline()))
    return [args for args in found if "-X utf8" in args]


def caught(lab: Any, resource: str, parameters: dict[str, Any]) -> dict[str, str]:
    """Error and cause with which a task's Catch went on."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Keep the old model", "ResultPath": "$.problem"}]
    task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "Catch": catch, "End": True}
    states = {"Try": task, "Keep the old model": {"Type": "Pass", "End": True}}
    started = lab.cloud.client("stepfunctions").start_execution(stateMachineArn=machine(lab, states, "Try"))
    description = ended(lab, started["executionArn"])
    assert description["status"] == "SUCCEEDED", description
    problem: dict[str, str] = json.loads(description["output"])["problem"]
    return problem


def unpackable(lab: Any, new_archive: Any) -> dict[str, Any]:
    request: dict[str, Any] = lab.training("")
    uri = lab.put("bad/sourcedir.tar.gz", new_archive({"../../escaped.py": "x = 1"}))
    request["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(uri)
    return request


BAD = {
    "missing channel": (
        lambda lab, _: lab.training("import os; os.environ['SM_CHANNEL_TRAIN']"),
        ["AlgorithmError: ExecuteUserScriptError:", "KeyError: 'SM_CHANNEL_TRAIN'"],
    ),
    "channel without objects": (
        lambda lab, _: lab.training("", channels={"train": "s3://lab/nothing/"}),
        ['ClientError: No S3 objects found under S3 URL "s3://lab/nothing/"'],
    ),
    "syntax error": (lambda lab, _: lab.training("print('x'"), ["SyntaxError: '(' was never closed", "exit code: 1"]),
    "exit code": (lambda lab, _: lab.training("exit(3)"), ["ExitCode 3", "exit code: 3"]),
    "killed": (lambda lab, _: lab.training("import os; os.kill(os.getpid(), 9)"), ["ExitCode 137"]),
    "path escape": (unpackable, ["ClientError: ", 'its entry "../../escaped.py" leads out of the folder']),
}


@pytest.mark.parametrize(("make", "words"), BAD.values(), ids=BAD)
def test_catch_gets_what_sagemaker_says_of_a_training_job(
    lab: Any, new_archive: Any, make: Any, words: list[str]
) -> None:
    problem = caught(lab, "arn:aws:states:::sagemaker:createTrainingJob.sync", make(lab, new_archive))
    assert problem["Error"] == "States.TaskFailed"
    description = json.loads(problem["Cause"])
    assert description["TrainingJobStatus"] == "Failed"
    assert all(word in description["FailureReason"] for word in words), description["FailureReason"]
    assert running() == []


def test_catch_gets_a_job_that_passed_its_runtime(lab: Any) -> None:
    request = lab.training("import time; time.sleep(600)", StoppingCondition={"MaxRuntimeInSeconds": 1})
    problem = caught(lab, "arn:aws:states:::sagemaker:createTrainingJob.sync", request)
    description = json.loads(problem["Cause"])
    assert (problem["Error"], description["SecondaryStatus"]) == ("States.TaskFailed", "MaxRuntimeExceeded")
    assert running() == []


def test_catch_gets_an_image_that_does_not_run(lab: Any) -> None:
    problem = caught(lab, "arn:aws:states:::sagemaker:createTrainingJob.sync", lab.training("", image=OTHER_IMAGE))
    assert "UnsupportedLocally" in problem["Error"] + problem["Cause"]
    assert "sagemaker-scikit-learn, every version" in problem["Cause"]


def test_catch_gets_a_tuning_job_whose_metric_matches_nothing(lab: Any) -> None:
    request = tuning(lab, "print('loss: 1')")
    problem = caught(lab, "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync", request)
    assert problem["Error"] == "States.TaskFailed"
    assert json.loads(problem["Cause"])["FailureReason"].startswith(
        "No objective metrics found after running 2 training jobs."
    )
    assert running() == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda _: b"not an archive", "Failed to extract model data archive"),
        (lambda new: new({"../../evil": "x"}), 'its entry "../../evil" leads out of the folder'),
    ],
    ids=["corrupt", "path escape"],
)
def test_catch_gets_a_model_that_cannot_be_unpacked(lab: Any, new_archive: Any, content: Any, words: str) -> None:
    model = lab.model({"code/inference.py": "def model_fn(model_dir): return None"})
    lab.put(f"{model}/model.tar.gz", content(new_archive))
    request = transforming(lab, model)
    problem = caught(lab, "arn:aws:states:::sagemaker:createTransformJob.sync", request)
    reason = json.loads(problem["Cause"])["FailureReason"]
    assert reason.startswith("ClientError: ")
    assert words in reason
    assert running() == []


def test_catch_gets_a_processing_job_that_fails(lab: Any) -> None:
    request = processing(lab, "exit(3)")
    problem = caught(lab, "arn:aws:states:::sagemaker:createProcessingJob.sync", request)
    assert json.loads(problem["Cause"])["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert running() == []


def test_catch_gets_an_endpoint_that_is_deleted_while_it_answers(lab: Any) -> None:
    ready = lab.cloud.scratch / "asked"
    script = f"""
        import pathlib, time
        def model_fn(model_dir): return None
        def input_fn(data, content_type):
            pathlib.Path({str(ready)!r}).touch(); time.sleep(600)
    """
    name = lab.endpoint(**{lab.model({"code/inference.py": script}): 1})
    assert len(running()) == 1

    def delete() -> None:
        while not ready.exists():
            threading.Event().wait(0.02)
        lab.sagemaker.delete_endpoint(EndpointName=name)

    thread = threading.Thread(target=delete)
    thread.start()
    parameters = {"EndpointName": name, "Body": {"visitor": 1}}
    problem = caught(lab, "arn:aws:states:::aws-sdk:sagemakerruntime:invokeEndpoint", parameters)
    thread.join(20)
    assert problem["Error"].startswith("SageMakerRuntime.ValidationError")
    assert f"Endpoint {name} of account 123456789012 not found." in problem["Cause"]
    assert running() == []
