"""Batch transform: records, filters, joins, and errors that leave nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"

#: Sums each row; says how many rows came at once.
SCRIPT = """
    import json
    def model_fn(model_dir): return None
    def input_fn(data, content_type):
        lines = data.decode() if isinstance(data, bytes) else data
        if content_type == "text/csv":
            return [[float(cell) for cell in line.split(",")] for line in lines.splitlines()]
        return [json.loads(line)["features"] for line in lines.splitlines()]
    def predict_fn(rows, model):
        print(len(rows), "rows")
        return [sum(row) for row in rows]
    def output_fn(sums, accept):
        if accept == "application/jsonlines":
            return "\\n".join(json.dumps({"sum": each}) for each in sums), accept
        return "\\n".join(map(str, sums)) + "\\n", "text/csv"
"""


@pytest.fixture(scope="module")
def model(lab: Any) -> str:
    made: str = lab.model({"code/inference.py": SCRIPT})
    return made


def transform(lab: Any, model: str, content: str, kind: str = "text/csv", **changes: Any) -> dict[str, Any]:
    name = lab.name()
    lab.put(f"{name}/in/rows", content)
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://lab/{name}/in"}
    request: dict[str, Any] = {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {"DataSource": {"S3DataSource": source}, "ContentType": kind, "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": f"s3://lab/{name}/out", "Accept": kind, "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **changes,
    }
    lab.sagemaker.create_transform_job(**request)
    description: dict[str, Any] = lab.ended("transform_job", name)
    return description


def result(lab: Any, description: dict[str, Any]) -> str:
    assert description["TransformJobStatus"] == "Completed", description
    text: str = lab.get(f"{description['TransformOutput']['S3OutputPath']}/rows.out").decode()
    return text


def test_rows_go_together_and_come_out_in_order(lab: Any, model: str) -> None:
    description = transform(lab, model, "1,2\n3,4\n5,6\n")
    assert result(lab, description) == "3.0\n7.0\n11.0\n"
    assert "3 rows" in lab.log(f"TransformJobs/{description['TransformJobName']}")


def test_single_records_go_alone(lab: Any, model: str) -> None:
    description = transform(lab, model, "1,2\n3,4\n", BatchStrategy="SingleRecord")
    assert result(lab, description) == "3.0\n7.0\n"
    assert lab.log(f"TransformJobs/{description['TransformJobName']}") == ["1 rows", "1 rows"]


@pytest.mark.parametrize(
    ("processing", "expected"),
    [
        ({"InputFilter": "$[1:]"}, "5.0\n9.0\n"),
        ({"InputFilter": "$[1:]", "JoinSource": "Input"}, "7,2,3,5.0\n8,4,5,9.0\n"),
        ({"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}, "7,5.0\n8,9.0\n"),
    ],
)
def test_csv_is_filtered_and_joined(lab: Any, model: str, processing: dict[str, str], expected: str) -> None:
    assert result(lab, transform(lab, model, "7,2,3\n8,4,5\n", DataProcessing=processing)) == expected


def test_json_lines_are_joined_by_name(lab: Any, model: str) -> None:
    rows = '{"id": 1, "features": [1, 2]}\n{"id": 2, "features": [3, 4]}\n'
    processing = {"JoinSource": "Input", "OutputFilter": "$['id', 'SageMakerOutput']"}
    description = transform(lab, model, rows, "application/jsonlines", DataProcessing={"JoinSource": "Input"})
    assert result(lab, description).splitlines()[0] == '{"id": 1, "features": [1, 2], "SageMakerOutput": {"sum": 3}}'
    description = transform(
        lab, model, rows, "application/jsonlines", DataProcessing=processing | {"OutputFilter": "$.id"}
    )
    assert result(lab, description) == "1\n2\n"


def test_row_that_the_model_refuses_fails_the_job_and_leaves_no_output(lab: Any, model: str) -> None:
    description = transform(lab, model, "1,2\n1,many\n")
    assert description["TransformJobStatus"] == "Failed"
    assert description["FailureReason"] == "AlgorithmError: See job logs for more information"
    log = lab.log(f"TransformJobs/{description['TransformJobName']}")
    assert any("Bad HTTP status received from algorithm: 500" in line for line in log)
    assert lab.keys(f"{description['TransformJobName']}/out") == []


def test_missing_input_is_named(lab: Any, model: str) -> None:
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://lab/none"}
    description = transform(lab, model, "", TransformInput={"DataSource": {"S3DataSource": source}})
    assert description["FailureReason"].startswith('ClientError: No S3 objects found under S3 URL "s3://lab/none"')
