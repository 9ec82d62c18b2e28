"""Notebook 07's own scripts: what the local cloud makes of them equals, to the digit, the same scripts run by hand."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
SCRIPTS = ROOT / "notebooks" / "src" / "offers"
SESSIONS = ROOT / "data" / "clicks" / "sessions-1.csv"
HYPERPARAMETERS = {"max-depth": 5, "trees": 12}

PREDICT = """
import pathlib, sys, train
model = train.model_fn(sys.argv[1])
sys.stdout.write(train.output_fn(train.predict_fn(train.input_fn(sys.stdin.read(), "text/csv"), model), "text/csv")[0])
"""


def by_hand(*arguments: str, **named: Any) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=SCRIPTS, check=True, capture_output=True, text=True, **named).stdout


@pytest.fixture(scope="module")
def features(lab: Any) -> None:
    """In S3: what prepare.py makes of the sessions, as a processing job."""
    for script in SCRIPTS.glob("*.py"):
        lab.put(f"offers/code/{script.name}", script.read_bytes())
    lab.put("offers/sessions/sessions-1.csv", SESSIONS.read_bytes())
    inside = "/opt/ml/processing"
    inputs, outputs = ("code", "sessions"), ("train", "validation", "test")
    name = lab.name()
    lab.sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn="arn:aws:iam::123456789012:role/workshop-training",
        AppSpecification={
            "ImageUri": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
            "ContainerEntrypoint": ["python3", f"{inside}/code/prepare.py"],
        },
        ProcessingInputs=[
            {
                "InputName": each,
                "S3Input": {
                    "S3Uri": f"s3://lab/offers/{each}/",
                    "LocalPath": f"{inside}/{each}",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
            for each in inputs
        ],
        ProcessingOutputConfig={
            "Outputs": [
                {
                    "OutputName": each,
                    "S3Output": {
                        "S3Uri": f"s3://lab/offers/{each}",
                        "LocalPath": f"{inside}/{each}",
                        "S3UploadMode": "EndOfJob",
                    },
                }
                for each in outputs
            ]
        },
        ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}},
    )
    description = lab.ended("processing_job", name)
    assert description["ProcessingJobStatus"] == "Completed", description


def test_metric_endpoint_and_batch_equal_the_scripts_run_by_hand(
    lab: Any, features: None, new_archive: Any, tmp_path: Path
) -> None:
    for part in ("train", "validation"):
        (tmp_path / part).mkdir()
        (tmp_path / part / f"{part}.csv").write_bytes(lab.get(f"s3://lab/offers/{part}/{part}.csv"))
    arguments = [text for name, value in HYPERPARAMETERS.items() for text in (f"--{name}", str(value))]
    for channel in ("train", "validation"):
        arguments += [f"--{channel}", str(tmp_path / channel)]
    printed = by_hand("train.py", *arguments, "--model-dir", str(tmp_path))

    archive = new_archive({script.name: script.read_bytes() for script in SCRIPTS.glob("*.py")})
    source = lab.put("offers/sourcedir.tar.gz", archive)
    request = lab.training(
        "",
        hyperparameters=HYPERPARAMETERS,
        metrics={"accuracy": "accuracy=([0-9.]+);"},
        channels={part: f"s3://lab/offers/{part}/" for part in ("train", "validation")},
    )
    request["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(source)
    lab.sagemaker.create_training_job(**request)
    description = lab.ended("training_job", request["TrainingJobName"])
    assert description["TrainingJobStatus"] == "Completed", description
    accuracy = description["FinalMetricDataList"][0]["Value"]
    assert printed == f"accuracy={accuracy:.4f};\n"

    sessions = list(csv.reader(SESSIONS.read_text().splitlines()))[1:]
    kept_apart = list(csv.reader(lab.get("s3://lab/offers/test/test.csv").decode().splitlines()))
    assert kept_apart == sessions[1::5], "sessions that neither training nor tuning sees"
    rows = sessions[::5]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(row[:4] for row in rows)
    expected = by_hand("-c", PREDICT, str(tmp_path), input=text.getvalue())
    right = sum(row[4] == line.partition(",")[0] for row, line in zip(rows, expected.splitlines(), strict=True))
    assert round(right / len(rows), 4) == accuracy, "held-out score, by hand"

    model = lab.name()
    container = {
        "Image": description["AlgorithmSpecification"]["TrainingImage"],
        "ModelDataUrl": description["ModelArtifacts"]["S3ModelArtifacts"],
        "Environment": {"SAGEMAKER_PROGRAM": "train.py", "SAGEMAKER_SUBMIT_DIRECTORY": source},
    }
    lab.sagemaker.create_model(ModelName=model, ExecutionRoleArn=description["RoleArn"], PrimaryContainer=container)
    endpoint = lab.endpoint(**{model: 1})
    served = lab.invoke(endpoint, text.getvalue(), ContentType="text/csv", Accept="text/csv").decode()
    assert served == expected

    lab.put("offers/unseen/rows.csv", text.getvalue())
    job = lab.name()
    lab.sagemaker.create_transform_job(
        TransformJobName=job,
        ModelName=model,
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lab/offers/unseen/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": "s3://lab/offers/foretold", "Accept": "text/csv", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    assert lab.ended("transform_job", job)["TransformJobStatus"] == "Completed"
    assert lab.get("s3://lab/offers/foretold/rows.csv.out").decode() == expected
