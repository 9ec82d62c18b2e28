"""requirements.txt: installed from the reader's own index, into the job's folder; or the job says what is missing."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the wheel of `greetings` 1.0, which needs numpy, as the only index there is."""
    described = "Metadata-Version: 2.1\nName: greetings\nVersion: 1.0\nRequires-Dist: numpy\n"
    files = {
        "greetings.py": "HELLO = 'hello from greetings'\n",
        "greetings-1.0.dist-info/METADATA": described,
        "greetings-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={_digest(text)},{len(text)}\n" for name, text in files.items())
    with zipfile.ZipFile(tmp_path / "greetings-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in {**files, "greetings-1.0.dist-info/RECORD": record}.items():
            wheel.writestr(name, text)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return tmp_path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def train(lab: Any, new_archive: Any, requirements: str, script: str) -> dict[str, Any]:
    request = lab.training(script)
    uri = lab.put(f"code/{lab.name()}.tar.gz", new_archive({"train.py": script, "requirements.txt": requirements}))
    request["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(uri)
    lab.sagemaker.create_training_job(**request)
    description: dict[str, Any] = lab.ended("training_job", request["TrainingJobName"])
    return description


def test_package_is_installed_into_the_job_and_nowhere_else(lab: Any, index: Path, new_archive: Any) -> None:
    script = "import greetings, numpy; print(greetings.HELLO, greetings.__file__, 'packages' in numpy.__file__)"
    description = train(lab, new_archive, "greetings>=1\n", script)
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    log = lab.log(f"TrainingJobs/{description['TrainingJobName']}")
    assert "Successfully installed greetings==1.0" in log
    # numpy, which greetings needs, is this environment's
    assert log[-1].startswith("hello from greetings /usr/lib/python3/greetings.py")
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version("greetings")


def test_packages_of_this_environment_count(lab: Any, index: Path, new_archive: Any) -> None:
    version = importlib.metadata.version("numpy")
    description = train(lab, new_archive, f"# what AWS would install\nnumpy=={version}\njoblib\n", "import numpy")
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    assert "All requirements are satisfied already." in lab.log(f"TrainingJobs/{description['TrainingJobName']}")


def test_job_fails_and_names_the_package_that_cannot_be_had(lab: Any, index: Path, new_archive: Any) -> None:
    description = train(lab, new_archive, "no-such-package-zzz==1.0\n", "print('trained')")
    assert description["TrainingJobStatus"] == "Failed"
    reason = description["FailureReason"]
    assert reason.startswith("AlgorithmError: InstallRequirementsError:\nExitCode 1\nErrorMessage ")
    assert "No matching distribution found for no-such-package-zzz==1.0" in reason
    assert "set PIP_FIND_LINKS to a folder with its wheel" in reason
    assert "trained" not in lab.log(f"TrainingJobs/{description['TrainingJobName']}")


@pytest.mark.parametrize(("requirement", "status"), [("greetings", "InService"), ("no-such-package-zzz", "Failed")])
def test_inference_code_has_its_requirements_too(lab: Any, index: Path, requirement: str, status: str) -> None:
    script = """
        import greetings
        def model_fn(folder): return greetings.HELLO
        def input_fn(data, kind): return data
        def predict_fn(data, model): return model
        def output_fn(answer, accept): return answer
    """
    model = lab.model({"code/inference.py": script, "code/requirements.txt": requirement})
    name = lab.name()
    lab.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=lab.config(**{model: 1}))
    description = lab.ended("endpoint", name)
    assert description["EndpointStatus"] == status, description
    if status == "InService":
        assert lab.invoke(name, "x") == b"hello from greetings"
    else:
        assert "No matching distribution found for no-such-package-zzz" in description["FailureReason"]


def test_log_says_which_version_runs_in_place_of_the_images(lab: Any) -> None:
    description = lab.train("print('trained')")
    version = importlib.metadata.version("scikit-learn")
    expected = f"The image has scikit-learn 1.2; the local cloud runs this job with scikit-learn {version}."
    assert lab.log(f"TrainingJobs/{description['TrainingJobName']}") == [expected, "trained"]


def test_training_toolkit_can_be_imported(lab: Any) -> None:
    script = (
        "from sagemaker_training import environment\n"
        "job = environment.Environment()\n"
        "print(job.job_name, job.hyperparameters, job.is_main, job.to_cmd_args(), environment.read_hyperparameters())\n"
    )
    description = lab.train(script, hyperparameters={"depth": 3})
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    log = lab.log(f"TrainingJobs/{description['TrainingJobName']}")
    assert log[-1] == f"{description['TrainingJobName']} {{'depth': 3}} True ['--depth', '3'] {{'depth': 3}}"
