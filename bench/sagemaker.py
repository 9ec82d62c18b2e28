"""A training step next to the same script started by hand; an invocation next to `predict`; a batch of 1,000 rows."""

from __future__ import annotations

import functools
import io
import json
import os
import pickle
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localcloud.cloud import Cloud

ROUNDS = 5
ROLE = "arn:aws:iam::123456789012:role/workshop"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"

SCRIPT = """
import os
import pickle
import numpy as np
from sklearn.ensemble import RandomForestClassifier

def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.pkl"), "rb") as file:
        return pickle.load(file)

if __name__ == "__main__":
    rows = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "rows.csv"), delimiter=",")
    model = RandomForestClassifier(100, random_state=0).fit(rows[:, 1:], rows[:, 0])
    with open(os.path.join(os.environ["SM_MODEL_DIR"], "model.pkl"), "wb") as file:
        pickle.dump(model, file)
"""


def measure() -> dict[str, float]:
    """Return medians in seconds, with what the work alone takes as the floor."""
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder))


def _measure(folder: Path) -> dict[str, float]:
    (folder / "train.py").write_text(SCRIPT)
    rows = _rows()
    (folder / "rows.csv").write_text("\n".join(rows) + "\n")
    environment = {**os.environ, "SM_CHANNEL_TRAIN": str(folder), "SM_MODEL_DIR": str(folder)}
    command = [sys.executable, str(folder / "train.py")]
    cloud = Cloud()
    try:
        step = _training_step(cloud, folder)
        step()  # imports and moto's first answers are not the step's
        # By turns, so that a busy moment hits both alike.
        pairs = [
            (_time(lambda: subprocess.run(command, env=environment, check=True)), _time(step)) for _ in range(ROUNDS)
        ]
        by_hand, by_step = (statistics.median(column) for column in zip(*pairs, strict=True))
        return {
            "training_by_hand_seconds": round(by_hand, 3),
            "training_step_seconds": round(by_step, 3),
            "training_step_ratio": round(by_step / by_hand, 2),
            **_serving(cloud, folder, [row.partition(",")[2] for row in rows]),
        }
    finally:
        cloud.close()


def _rows() -> list[str]:
    import numpy as np

    random = np.random.default_rng(0)
    features = random.normal(size=(1000, 8))
    label = features[:, 0] + features[:, 1] ** 2 > 1
    return [",".join(map(str, [int(y), *x])) for y, x in zip(label, features, strict=True)]


def _training_step(cloud: Cloud, folder: Path) -> Callable[[], None]:
    """What runs a workflow of one training step to its end."""
    s3, states = cloud.client("s3"), cloud.client("stepfunctions")
    s3.create_bucket(Bucket="bench")
    s3.put_object(Bucket="bench", Key="train/rows.csv", Body=(folder / "rows.csv").read_bytes())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(folder / "train.py", "train.py")
    s3.put_object(Bucket="bench", Key="sourcedir.tar.gz", Body=packed.getvalue())
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://bench/train/"}
    parameters = {
        "TrainingJobName.$": "$.job",
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": '"s3://bench/sourcedir.tar.gz"',
        },
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": "s3://bench/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    resource = "arn:aws:states:::sagemaker:createTrainingJob.sync"
    train = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    machine = states.create_state_machine(
        name="bench", definition=json.dumps({"StartAt": "Train", "States": {"Train": train}}), roleArn=ROLE
    )["stateMachineArn"]
    numbers = iter(range(100))

    def run() -> None:
        job = f"bench-{next(numbers)}"
        started = states.start_execution(stateMachineArn=machine, input=json.dumps({"job": job}))["executionArn"]
        _until(lambda: states.describe_execution(executionArn=started)["status"], "RUNNING", "SUCCEEDED")

    return run


def _serving(cloud: Cloud, folder: Path, rows: list[str]) -> dict[str, float]:
    import numpy as np

    sagemaker, runtime = cloud.client("sagemaker"), cloud.client("sagemaker-runtime")
    script = {"SAGEMAKER_PROGRAM": "train.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://bench/sourcedir.tar.gz"}
    data = "s3://bench/models/bench-0/output/model.tar.gz"
    container = {"Image": IMAGE, "ModelDataUrl": data, "Environment": script}
    sagemaker.create_model(ModelName="bench", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {"VariantName": "one", "ModelName": "bench", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName="bench", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="bench", EndpointConfigName="bench")
    _until(lambda: sagemaker.describe_endpoint(EndpointName="bench")["EndpointStatus"], "Creating", "InService")
    model: Any = pickle.loads((folder / "model.pkl").read_bytes())
    one = np.array([[float(cell) for cell in rows[0].split(",")]], np.float32)
    body = json.dumps(one.tolist())

    def invoke() -> None:
        runtime.invoke_endpoint(EndpointName="bench", ContentType="application/json", Body=body)["Body"].read()

    invoke()
    pairs = [(_time(lambda: model.predict(one)), _time(invoke)) for _ in range(100)]
    predict, served = (statistics.median(column) for column in zip(*pairs, strict=True))
    cloud.client("s3").put_object(Bucket="bench", Key="batch/rows.csv", Body="\n".join(rows))

    def transform() -> None:
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bench/batch/"}}
        sagemaker.create_transform_job(
            TransformJobName="bench",
            ModelName="bench",
            TransformInput={"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
            TransformOutput={"S3OutputPath": "s3://bench/out", "Accept": "text/csv", "AssembleWith": "Line"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )
        describe = functools.partial(sagemaker.describe_transform_job, TransformJobName="bench")
        _until(lambda: describe()["TransformJobStatus"], "InProgress", "Completed")

    return {
        "predict_p50_seconds": round(predict, 5),
        "invoke_endpoint_p50_seconds": round(served, 5),
        "invoke_endpoint_ratio": round(served / predict, 2),
        "transform_1000_rows_seconds": round(_time(transform), 3),
    }


def _until(look: Callable[[], str], while_: str, wanted: str) -> None:
    status = look()
    while status == while_:
        time.sleep(0.005)
        status = look()
    if status != wanted:
        raise RuntimeError(f"{status} instead of {wanted}")


def _time(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
