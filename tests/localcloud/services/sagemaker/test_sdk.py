"""The SDK's own way: its steps and its templates against a local cloud, and the same scripts run by hand."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import helpers  # first: it makes the SDK's import quick and quiet  # noqa: F401

ROOT = Path(__file__).resolve().parents[4]

TRAIN = """
import argparse
import os

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def predict_fn(rows, model):
    return model.predict_proba(rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    given = parser.parse_args()
    rows = np.loadtxt(os.path.join(given.train, os.listdir(given.train)[0]), delimiter=",")
    model = LogisticRegression(C=given.strength).fit(rows[:, 1:], rows[:, 0])
    print(f"accuracy={model.score(rows[:, 1:], rows[:, 0])};")
    joblib.dump(model, os.path.join(given.model_dir, "model.joblib"))


if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    random = np.random.default_rng(7)
    features = random.normal(size=(120, 3)).round(3)
    label = features[:, 0] - 0.5 * features[:, 1] + 0.4 * random.normal(size=120) > 0
    return np.column_stack([label, features])


@pytest.fixture(scope="module")
def sdk(local_cloud: Any, rows: np.ndarray, tmp_path_factory: Any) -> Iterator[Any]:
    """A sagemaker session on the local cloud, the scripts, the role, and a bucket with rows."""
    import boto3
    import sagemaker

    settings = pytest.MonkeyPatch()
    for name, value in {
        "AWS_ACCESS_KEY_ID": local_cloud.access_key_id,
        "AWS_SECRET_ACCESS_KEY": local_cloud.secret_access_key,
        "AWS_DEFAULT_REGION": local_cloud.region,
        "AWS_ENDPOINT_URL": local_cloud.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        settings.setenv(name, value)
    boto3.DEFAULT_SESSION = None
    folder: Path = tmp_path_factory.mktemp("scripts")
    (folder / "train.py").write_text(TRAIN)
    (folder / "rows").mkdir()
    np.savetxt(folder / "rows" / "rows.csv", rows, delimiter=",", fmt="%g")
    s3 = local_cloud.client("s3")
    s3.create_bucket(Bucket="sdk")
    s3.upload_file(str(folder / "rows" / "rows.csv"), "sdk", "rows/rows.csv")
    session = sagemaker.Session(default_bucket="sdk")
    states = local_cloud.client("stepfunctions")
    role = local_cloud.client("iam").create_role(RoleName="sdk", AssumeRolePolicyDocument="{}")["Role"]["Arn"]

    class Sdk:
        def estimator(self, script: str = "train.py", **changes: Any) -> Any:
            from sagemaker.sklearn import SKLearn

            return SKLearn(
                script,
                source_dir=str(folder),
                framework_version="1.2-1",
                role=role,
                instance_type="ml.m5.large",
                instance_count=1,
                sagemaker_session=session,
                output_path="s3://sdk/models",
                **changes,
            )

        def ended(self, arn: str) -> dict[str, Any]:
            while (description := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
                time.sleep(0.02)
            return description

    made = Sdk()
    made.folder, made.s3, made.states, made.role, made.cloud = folder, s3, states, role, local_cloud
    yield made
    settings.undo()
    boto3.DEFAULT_SESSION = None


def in_service(sdk: Any, name: str) -> Any:
    client = sdk.cloud.client("sagemaker")
    while client.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Creating":
        threading.Event().wait(0.02)
    return client.describe_endpoint(EndpointName=name)["EndpointStatus"]


def test_training_pipeline_serves_what_the_script_trains_by_hand(sdk: Any, rows: np.ndarray, tmp_path: Path) -> None:
    """The endpoint's and the transform job's answers equal, digit for digit, those of train.py run by hand."""
    from stepfunctions.template.pipeline import TrainingPipeline

    pipeline = TrainingPipeline(
        estimator=sdk.estimator(hyperparameters={"strength": 0.5}),
        role=sdk.role,
        inputs={"train": "s3://sdk/rows"},
        s3_bucket="sdk",
        client=sdk.states,
        pipeline_name="workshop-pipeline",
    )
    pipeline.create()
    description = sdk.ended(pipeline.execute(job_name="by-template").execution_arn)
    assert description["status"] == "SUCCEEDED", description.get("cause")
    assert in_service(sdk, "by-template") == "InService"
    body = json.dumps(rows[:, 1:].tolist())
    runtime = sdk.cloud.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName="by-template", ContentType="application/json", Body=body)
    served = json.loads(answer["Body"].read())

    command = [sys.executable, str(sdk.folder / "train.py"), "--strength", "0.5"]
    command += ["--train", str(sdk.folder / "rows"), "--model-dir", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    import joblib

    model = joblib.load(tmp_path / "model.joblib")
    by_hand = model.predict_proba(rows[:, 1:].astype(np.float32)).tolist()
    assert served == by_hand

    sdk.s3.put_object(
        Bucket="sdk", Key="batch/rows.csv", Body="\n".join(",".join(map(str, row)) for row in rows[:, 1:])
    )
    client = sdk.cloud.client("sagemaker")
    client.create_transform_job(
        TransformJobName="by-template",
        ModelName="by-template",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://sdk/batch"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": "s3://sdk/transformed", "Accept": "text/csv", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    while client.describe_transform_job(TransformJobName="by-template")["TransformJobStatus"] == "InProgress":
        threading.Event().wait(0.02)
    lines = sdk.s3.get_object(Bucket="sdk", Key="transformed/rows.csv.out")["Body"].read().decode().splitlines()
    assert [[float(cell) for cell in line.split(",")] for line in lines] == by_hand
    client.delete_endpoint(EndpointName="by-template")


def test_an_inference_pipeline_of_preprocessor_and_xgboost_predicts_as_both_by_hand(sdk: Any, tmp_path: Path) -> None:
    """Notebook 07 shows it: as_features.py before SageMaker's own XGBoost, on the sessions of data/clicks."""
    import xgboost
    from sagemaker.estimator import Estimator
    from sagemaker.image_uris import retrieve
    from stepfunctions.template.pipeline import InferencePipeline

    offers, sessions = ROOT / "notebooks" / "src" / "offers", ROOT / "data" / "clicks" / "sessions-1.csv"
    sdk.s3.upload_file(str(sessions), "sdk", "sessions-1/sessions-1.csv")
    preprocessor = sdk.estimator("as_features.py")
    preprocessor.source_dir = str(offers)
    booster = Estimator(
        retrieve("xgboost", "us-east-1", "1.7-1"),
        sdk.role,
        instance_type="ml.m5.large",
        instance_count=1,
        output_path="s3://sdk/models",
        sagemaker_session=preprocessor.sagemaker_session,
    )
    booster.set_hyperparameters(objective="multi:softmax", num_class=6, num_round=5)
    pipeline = InferencePipeline(
        preprocessor,
        booster,
        {"train": "s3://sdk/sessions-1"},
        "sdk",
        sdk.role,
        client=sdk.states,
        content_type="text/csv",
        pipeline_name="workshop-chained",
    )
    pipeline.create()
    description = sdk.ended(pipeline.execute(job_name="foretelling").execution_arn)
    assert description["status"] == "SUCCEEDED", description.get("cause")
    assert in_service(sdk, "foretelling") == "InService"
    lines = [line.rpartition(",")[0] for line in sessions.read_text().splitlines()[1:51]]
    answer = sdk.cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="foretelling", ContentType="text/csv", Accept="text/csv", Body="\n".join(lines)
    )
    served = [float(each) for each in answer["Body"].read().decode().split(",")]
    sdk.cloud.client("sagemaker").delete_endpoint(EndpointName="foretelling")

    program = f"import sys; sys.path.insert(0, {str(offers)!r}); import as_features as a\n"
    program += "print(a.output_fn(a.predict_fn(a.input_fn(sys.stdin.read(), 'text/csv'), a.model_fn('')), '')[0])"
    made = subprocess.run(
        [sys.executable, "-c", program], input=sessions.read_text(), text=True, capture_output=True, check=True
    )
    rows = [line.split() for line in made.stdout.strip().splitlines()]
    features = np.array([[float(cell.partition(":")[2]) for cell in row[1:]] for row in rows], np.float32)
    settings = {"objective": "multi:softmax", "num_class": 6}
    by_hand = xgboost.train(settings, xgboost.DMatrix(features, label=[int(row[0]) for row in rows]), 5)
    assert served == by_hand.predict(xgboost.DMatrix(features[:50])).tolist()


def test_training_step_uploads_its_source(sdk: Any) -> None:
    """The constructor does, through the estimator; nothing is left for us to upload."""
    from stepfunctions.steps import TrainingStep

    step = TrainingStep("Train", sdk.estimator(), job_name="uploaded", data={"train": "s3://sdk/rows"})
    uri = json.loads(step.parameters["HyperParameters"]["sagemaker_submit_directory"])
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    assert sdk.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
