"""Processing jobs: container paths, arguments, inputs and outputs."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"


def process(lab: Any, script: str, *, arguments: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    """Run a script with the input /opt/ml/processing/input and the output /opt/ml/processing/output."""
    name = lab.name()
    code = lab.put(f"{name}/code/script.py", script)
    inputs = {"code": (code, "/opt/ml/processing/input/code"), "data": ("s3://lab/rows", "/opt/ml/processing/input")}
    lab.put("rows/a.csv", "1,2\n")
    target = {"S3Uri": f"s3://lab/{name}/out", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    request: dict[str, Any] = {
        "ProcessingJobName": name,
        "RoleArn": "arn:aws:iam::123456789012:role/workshop-training",
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"],
            **({"ContainerArguments": list(arguments)} if arguments else {}),
        },
        "ProcessingInputs": [
            {
                "InputName": key,
                "S3Input": {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"},
            }
            for key, (uri, path) in inputs.items()
        ],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": target}]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
        },
        **changes,
    }
    lab.sagemaker.create_processing_job(**request)
    description: dict[str, Any] = lab.ended("processing_job", name)
    return description


#: Everything that touches files, with paths as they stand in scripts for SageMaker.
SCRIPT = """
import csv, glob, os, pathlib, shutil, sys, subprocess
import numpy as np
sys.path.insert(0, "/opt/ml/processing/input/code")
source, target = sys.argv[sys.argv.index("--in") + 1], "/opt/ml/processing/output"
assert pathlib.Path(source).is_dir() and os.path.exists("/opt/ml/processing/input/a.csv")
assert os.listdir("/opt/ml/processing/input") and glob.glob("/opt/ml/processing/input/*.csv")
rows = np.loadtxt("/opt/ml/processing/input/a.csv", delimiter=",")
with open("/opt/ml/processing/input/a.csv") as file:
    assert next(csv.reader(file)) == ["1", "2"]
os.makedirs(f"{target}/deep/er", exist_ok=True)
pathlib.Path(target, "deep", "er", "sum.txt").write_text(str(rows.sum()))
np.save(f"{target}/rows.npy", rows)
shutil.copy("/opt/ml/processing/input/a.csv", f"{target}/copied.csv")
shutil.move(f"{target}/copied.csv", f"{target}/moved.csv")
print(sorted(name for _, _, names in os.walk(target) for name in names))
print(subprocess.run([sys.executable, "-c", "print(open('/opt/ml/processing/input/a.csv').read())"],
                     capture_output=True, text=True, check=True).stdout.strip())
print(os.environ["WHERE"], source, os.path.isfile("/opt/ml/config/processingjobconfig.json"))
"""


def test_script_with_hard_coded_container_paths_runs_unchanged(lab: Any) -> None:
    description = process(
        lab,
        SCRIPT,
        arguments=("--in", "/opt/ml/processing/input"),
        Environment={"WHERE": "/opt/ml/processing/output"},
    )
    assert description["ProcessingJobStatus"] == "Completed", description
    name = description["ProcessingJobName"]
    assert lab.keys(f"{name}/out") == [f"{name}/out/{each}" for each in ("deep/er/sum.txt", "moved.csv", "rows.npy")]
    assert lab.get(f"s3://lab/{name}/out/deep/er/sum.txt") == b"3.0"
    # Real paths go in; the log has the container's again.
    about, *log = lab.log(f"ProcessingJobs/{name}")
    assert about.startswith("The image has scikit-learn 1.2; the local cloud runs this job with scikit-learn 1.")
    assert log == [
        "['moved.csv', 'rows.npy', 'sum.txt']",
        "1,2",
        "/opt/ml/processing/output /opt/ml/processing/input True",
    ]


def test_failure_says_to_look_and_what_the_script_said(lab: Any) -> None:
    description = process(lab, "raise KeyError('session')")
    assert description["ProcessingJobStatus"] == "Failed"
    assert description["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert description["ExitMessage"] == "KeyError: 'session'"


def test_exit_message_is_the_scripts_own(lab: Any) -> None:
    description = process(lab, "open('/opt/ml/output/message', 'w').write('12 rows dropped')")
    assert (description["ProcessingJobStatus"], description["ExitMessage"]) == ("Completed", "12 rows dropped")


def test_deleted_job_frees_its_name(lab: Any) -> None:
    description = process(lab, "pass")
    name = {"ProcessingJobName": description["ProcessingJobName"]}
    lab.sagemaker.delete_processing_job(**name)
    with pytest.raises(ClientError, match="Requested resource not found"):
        lab.sagemaker.describe_processing_job(**name)
    again = {
        key: description[key] for key in ("RoleArn", "AppSpecification", "ProcessingInputs", "ProcessingResources")
    }
    lab.sagemaker.create_processing_job(**name, **again)
    with pytest.raises(ClientError, match="InProgress cannot be deleted"):
        lab.sagemaker.delete_processing_job(**name)
    assert lab.ended("processing_job", name["ProcessingJobName"])["ProcessingJobStatus"] == "Completed"


def test_runtime_that_is_passed_stops_the_job(lab: Any) -> None:
    description = process(lab, "import time; time.sleep(600)", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert description["ProcessingJobStatus"] == "Stopped"
    assert lab.processes() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["/bin/bash", "x.sh"]}},
            "runs Python scripts",
        ),
        ({"AppSpecification": {"ImageUri": "my-image:latest"}}, "images that run are"),
    ],
)
def test_what_does_not_run_is_refused(lab: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        process(lab, "", **changes)
