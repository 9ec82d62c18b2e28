"""Models and endpoints: what comes into service, what answers, what AWS says when it does not."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

#: Answers its own name and what it was asked; does as it is told.
SCRIPT = """
    import os, pathlib, time
    def model_fn(model_dir):
        return pathlib.Path(model_dir, "name").read_text()
    def input_fn(data, content_type):
        return data.decode() if isinstance(data, bytes) else data
    def predict_fn(data, model):
        if data == "crash":
            print("about to crash"); os._exit(7)
        if data == "raise":
            raise ValueError("no such visitor")
        if data == "hang":
            pathlib.Path(os.environ["TMPDIR"], "hangs").write_text(""); time.sleep(600)
        return f"{model}: {data}"
    def output_fn(prediction, accept):
        return prediction, "text/plain"
"""


def files(name: str, script: str = SCRIPT) -> dict[str, str]:
    return {"name": name, "code/inference.py": script}


@pytest.fixture(scope="module")
def endpoint(lab: Any) -> str:
    made: str = lab.endpoint(**{lab.model(files("one")): 1})
    return made


def refused(call: Any, **request: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        call(**request)
    response: dict[str, Any] = raised.value.response
    return response


def test_endpoint_answers_with_the_readers_functions(lab: Any, endpoint: str) -> None:
    assert lab.invoke(endpoint, "hello") == b"one: hello"


def test_it_is_creating_until_its_time_has_come(lab: Any) -> None:
    config = lab.config(**{lab.model(files("slow")): 1})
    name = lab.name()
    lab.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert refused(lab.invoke, endpoint=name, body="x")["Error"]["Code"] == "ValidationError"
    description = lab.ended("endpoint", name)
    assert (description["LastModifiedTime"] - description["CreationTime"]).total_seconds() == 180


def test_variants_share_requests_by_weight(lab: Any) -> None:
    one, two = lab.model(files("one")), lab.model(files("two"))
    name = lab.endpoint(**{one: 3, two: 1})
    assert Counter(lab.invoke(name, "x") for _ in range(20)) == {b"one: x": 15, b"two: x": 5}
    assert lab.invoke(name, "x", TargetVariant=f"V{two}") == b"two: x"
    lab.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": f"V{one}", "DesiredWeight": 0}]
    )
    lab.ended("endpoint", name)
    assert {lab.invoke(name, "x") for _ in range(5)} == {b"two: x"}


def test_update_swaps_the_model_without_a_gap(lab: Any) -> None:
    name = lab.endpoint(**{lab.model(files("old")): 1})
    config = lab.config(**{lab.model(files("new")): 1})
    lab.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
    answers = []
    while lab.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Updating":
        answers.append(lab.invoke(name, "x"))
    assert answers
    assert answers == sorted(answers, reverse=True), "old: x ... new: x"
    assert lab.invoke(name, "x") == b"new: x"
    assert lab.sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] == config


def test_update_that_fails_leaves_the_old_model_in_service(lab: Any) -> None:
    name = lab.endpoint(**{lab.model(files("old")): 1})
    bad = lab.config(**{lab.model({"code/inference.py": SCRIPT}): 1})
    lab.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=bad)
    description = lab.ended("endpoint", name)
    assert description["EndpointStatus"] == "InService"
    assert "FileNotFoundError" in description["FailureReason"]
    assert lab.invoke(name, "x") == b"old: x"


def test_model_that_does_not_load_fails_with_the_reason(lab: Any) -> None:
    model, name = lab.model({"code/inference.py": SCRIPT}), lab.name()
    lab.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=lab.config(**{model: 1}))
    description = lab.ended("endpoint", name)
    assert description["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in description["FailureReason"]
    assert "FileNotFoundError" in description["FailureReason"]
    assert "Traceback (most recent call last):" in lab.log(f"Endpoints/{name}/V{model}")


@pytest.mark.parametrize("content", [b"not an archive", b"\x1f\x8b\x08\x00cut"])
def test_corrupt_archive_is_named(lab: Any, content: bytes) -> None:
    model = lab.model(files("x"))
    lab.put(f"{model}/model.tar.gz", content)
    name = lab.name()
    lab.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=lab.config(**{model: 1}))
    description = lab.ended("endpoint", name)
    assert description["EndpointStatus"] == "Failed"
    assert 'Failed to extract model data archive for container "container_1"' in description["FailureReason"]


def test_archive_may_not_leave_its_folder(lab: Any, new_archive: Any) -> None:
    model = lab.model(files("x"))
    lab.put(f"{model}/model.tar.gz", new_archive({"../../../evil": "x"}))
    name = lab.name()
    lab.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=lab.config(**{model: 1}))
    assert 'its entry "../../../evil" leads out of the folder' in lab.ended("endpoint", name)["FailureReason"]


def test_error_in_the_script_is_a_model_error(lab: Any, endpoint: str) -> None:
    response = refused(lab.invoke, endpoint=endpoint, body="raise")
    assert response["Error"]["Code"] == "ModelError"
    assert (response["OriginalStatusCode"], response["OriginalMessage"]) == (500, "no such visitor")
    assert lab.invoke(endpoint, "again") == b"one: again"


def test_crash_is_a_model_error_with_the_logs_end_and_the_next_request_is_served(lab: Any, endpoint: str) -> None:
    response = refused(lab.invoke, endpoint=endpoint, body="crash")
    assert response["Error"]["Code"] == "ModelError"
    assert "about to crash" in response["OriginalMessage"]
    assert lab.invoke(endpoint, "again") == b"one: again"


def test_endpoint_deleted_while_it_is_invoked(lab: Any) -> None:
    """The request ends with an error, and the model server's process with it."""
    name = lab.endpoint(**{lab.model(files("gone")): 1})
    codes: list[str] = []

    def invoke() -> None:
        codes.append(refused(lab.invoke, endpoint=name, body="hang")["Error"]["Code"])

    thread = threading.Thread(target=invoke)
    thread.start()
    pause = threading.Event()
    while not list(lab.cloud.scratch.rglob("home/hangs")):
        pause.wait(0.02)
    lab.sagemaker.delete_endpoint(EndpointName=name)
    thread.join(20)
    assert codes == ["ValidationError"]
    assert not list(lab.cloud.scratch.rglob("home/hangs")), "its folder is gone"
    assert "Could not find endpoint" in refused(lab.sagemaker.describe_endpoint, EndpointName=name)["Error"]["Message"]


def test_default_functions_read_and_write_json_csv_and_npy(lab: Any) -> None:
    script = """
        import numpy as np
        class Sum:
            def predict(self, rows): return np.asarray(rows).sum(axis=1)
        def model_fn(model_dir): return Sum()
    """
    name = lab.endpoint(**{lab.model({"code/inference.py": script}): 1})
    rows = np.array([[1.5, 2], [3, 4.5]])
    npy = io.BytesIO()
    np.save(npy, rows)
    assert json.loads(lab.invoke(name, "[[1.5, 2], [3, 4.5]]", ContentType="application/json")) == [3.5, 7.5]
    assert lab.invoke(name, "1.5,2.0\n3.0,4.5\n", ContentType="text/csv", Accept="text/csv") == b"3.5\n7.5\n"
    answer = lab.invoke(name, npy.getvalue(), ContentType="application/x-npy", Accept="application/x-npy")
    assert np.load(io.BytesIO(answer)).tolist() == [3.5, 7.5]
    response = refused(lab.invoke, endpoint=name, body="x", ContentType="image/png")
    assert "Content type image/png is not supported by this framework" in response["OriginalMessage"]


def test_pipeline_model_passes_answers_on(lab: Any) -> None:
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
    first, second = lab.model(files("first")), lab.model(files("second"))
    containers = [
        lab.sagemaker.describe_model(ModelName=model)["PrimaryContainer"] | {"Image": image}
        for model in (first, second)
    ]
    name = lab.name()
    lab.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn="arn:aws:iam::123456789012:role/workshop-training", Containers=containers
    )
    assert lab.invoke(lab.endpoint(**{name: 1}), "x") == b"second: first: x"


def test_names_and_references_are_checked(lab: Any, endpoint: str) -> None:
    sagemaker = lab.sagemaker
    taken = refused(sagemaker.create_endpoint, EndpointName=endpoint, EndpointConfigName="none")
    assert "Cannot create already existing endpoint" in taken["Error"]["Message"]
    missing = refused(sagemaker.create_endpoint, EndpointName="new", EndpointConfigName="none")
    assert "Could not find endpoint configuration" in missing["Error"]["Message"]
    assert "Could not find model" in refused(lab.config, none=1)["Error"]["Message"]
    gone = refused(lab.invoke, endpoint="nobody", body="x")
    assert gone["Error"]["Message"] == "Endpoint nobody of account 123456789012 not found."
    without = refused(
        sagemaker.create_model,
        ModelName="new",
        ExecutionRoleArn="arn:aws:iam::123456789012:role/workshop-training",
        PrimaryContainer={
            "Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
            "ModelDataUrl": "s3://lab/none/model.tar.gz",
        },
    )
    assert without["Error"]["Message"] == "Could not find model data at s3://lab/none/model.tar.gz."


def test_script_may_import_what_the_images_framework_has(lab: Any) -> None:
    """As the public featurizer examples do, which use two of the six modules."""
    script = """
        from sagemaker_containers.beta.framework import (
            content_types, encoders, env, modules, transformer, worker,
        )
        def model_fn(model_dir): return None
        def predict_fn(data, model): return data
        def output_fn(data, accept): return worker.Response(encoders.encode(data, content_types.JSON), mimetype=accept)
    """
    name = lab.endpoint(**{lab.model({"code/inference.py": script}): 1})
    assert json.loads(lab.invoke(name, "[[1, 2]]", ContentType="application/json")) == [[1.0, 2.0]]
