"""Training jobs: what the script finds, what comes out, and what AWS says when it goes wrong."""

from __future__ import annotations

import json
import os
import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from localcloud.time import durations

#: Says what it found, leaves it as the model.
LOOK = """
    import json, os, pathlib, sys
    inside = pathlib.Path("/opt/ml")
    found = {
        "arguments": sys.argv[1:],
        "variables": dict(os.environ),
        "channel": {str(p.relative_to("/opt/ml/input/data")): p.read_text()
                    for p in sorted(inside.glob("input/data/**/*.*"))},
        "config": {p.stem: json.loads(p.read_text()) for p in (inside / "input/config").iterdir()},
        "here": os.getcwd(),
    }
    os.makedirs("/opt/ml/model/deep")
    with open("/opt/ml/model/deep/found.json", "w") as file:
        json.dump(found, file)
    (inside / "output/data/note.txt").write_text("kept")
    print("loss=0.5;"); print("loss=0.25;")
"""


@pytest.fixture(scope="module")
def looked(lab: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A job's description, and what its script found."""
    lab.put("look/train/a.txt", "first")
    lab.put("look/train/sub/b.txt", "second")
    manifest = lab.put("look/list.manifest", json.dumps([{"prefix": "s3://lab/look/train/"}, "sub/b.txt"]))
    request = lab.training(
        LOOK,
        channels={"train": "s3://lab/look/train", "listed": manifest},
        hyperparameters={"epochs": 3, "name": '"a b"', "flags": '["x", 1]', "n": 2},
        metrics={"loss": r"loss=(\S+);", "never": "accuracy=(.*)"},
        Environment={"COLOUR": "blue", "WHERE": "/opt/ml/model"},
    )
    request["InputDataConfig"][1]["DataSource"]["S3DataSource"]["S3DataType"] = "ManifestFile"
    request["InputDataConfig"][0]["ContentType"] = "text/plain"
    lab.sagemaker.create_training_job(**request)
    description = lab.ended("training_job", request["TrainingJobName"])
    assert description["TrainingJobStatus"] == "Completed", description
    files = lab.unpacked(description["ModelArtifacts"]["S3ModelArtifacts"])
    return description, json.loads(files["deep/found.json"])


def test_channels_keep_their_folders(looked: Any) -> None:
    assert looked[1]["channel"] == {"train/a.txt": "first", "train/sub/b.txt": "second", "listed/sub/b.txt": "second"}


def test_hyperparameters_are_arguments_by_name(looked: Any) -> None:
    assert looked[1]["arguments"] == ["--epochs", "3", "--flags", "['x', 1]", "-n", "2", "--name", "a b"]


def test_script_mode_has_the_toolkits_variables(looked: Any) -> None:
    """https://github.com/aws/sagemaker-training-toolkit: what to_env_vars() sets, and the container's own."""
    variables = looked[1]["variables"]
    names = """
        CHANNELS CHANNEL_LISTED CHANNEL_TRAIN CURRENT_HOST CURRENT_INSTANCE_GROUP CURRENT_INSTANCE_GROUP_HOSTS
        CURRENT_INSTANCE_TYPE DISTRIBUTION_INSTANCE_GROUPS FRAMEWORK_MODULE FRAMEWORK_PARAMS HOSTS HPS HP_EPOCHS
        HP_FLAGS HP_N HP_NAME INPUT_CONFIG_DIR INPUT_DATA_CONFIG INPUT_DIR INSTANCE_GROUPS INSTANCE_GROUPS_DICT
        IS_HETERO LOG_LEVEL MODEL_DIR MODULE_DIR MODULE_NAME NETWORK_INTERFACE_NAME NUM_CPUS NUM_GPUS
        NUM_NEURONS OUTPUT_DATA_DIR OUTPUT_DIR OUTPUT_INTERMEDIATE_DIR RESOURCE_CONFIG TRAINING_ENV USER_ARGS
        USER_ENTRY_POINT
    """
    assert {name for name in variables if name.startswith("SM_")} == {f"SM_{name}" for name in names.split()}
    assert json.loads(variables["SM_HPS"]) == {"epochs": 3, "flags": ["x", 1], "n": 2, "name": "a b"}
    assert (variables["SM_HP_FLAGS"], variables["SM_CHANNELS"]) == ('["x",1]', '["listed","train"]')
    assert json.loads(variables["SM_TRAINING_ENV"])["job_name"] == looked[0]["TrainingJobName"]
    assert variables["SM_MODEL_DIR"].endswith("/opt/ml/model")
    assert variables["WHERE"] == variables["SM_MODEL_DIR"], "container paths in variables are real ones"


def test_config_files_are_those_of_the_container_contract(looked: Any) -> None:
    config = looked[1]["config"]
    assert config["hyperparameters"]["epochs"] == "3"
    assert config["inputdataconfig"]["train"]["ContentType"] == "text/plain"
    assert config["resourceconfig"]["hosts"] == ["algo-1"]


def test_nothing_of_the_readers_settings_reaches_the_script(looked: Any) -> None:
    variables = looked[1]["variables"]
    assert variables["COLOUR"] == "blue"
    assert variables["HOME"] != os.environ["HOME"]
    assert "WORKSHOP_TEST_HOME" not in variables
    assert variables["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")


def test_metrics_are_the_last_that_the_log_shows(looked: Any) -> None:
    """And one whose expression matches nothing is not there."""
    assert [(each["MetricName"], each["Value"]) for each in looked[0]["FinalMetricDataList"]] == [("loss", 0.25)]


def test_output_has_an_archive_of_its_own(lab: Any, looked: Any) -> None:
    artifacts = looked[0]["ModelArtifacts"]["S3ModelArtifacts"]
    assert lab.unpacked(artifacts.replace("model.tar.gz", "output.tar.gz")) == {"note.txt": b"kept"}


def test_log_is_in_cloudwatch(lab: Any, looked: Any) -> None:
    assert lab.log(f"TrainingJobs/{looked[0]['TrainingJobName']}")[1:] == ["loss=0.5;", "loss=0.25;"]


def test_phases_follow_each_other_on_the_virtual_clock(looked: Any) -> None:
    steps = looked[0]["SecondaryStatusTransitions"]
    assert [step["Status"] for step in steps] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all(before["EndTime"] == after["StartTime"] for before, after in pairwise(steps))
    took = (looked[0]["TrainingEndTime"] - looked[0]["CreationTime"]).total_seconds()
    assert took == 90 + 15 + 60 + 10
    assert looked[0]["TrainingTimeInSeconds"] == 85


def test_model_archive_is_the_same_in_every_run(lab: Any) -> None:
    script = 'open("/opt/ml/model/m", "w").write("same")'
    first, second = (lab.train(script)["ModelArtifacts"]["S3ModelArtifacts"] for _ in range(2))
    assert lab.get(first) == lab.get(second)


def test_checkpoints_come_back_in_the_next_job(lab: Any) -> None:
    script = """
        from pathlib import Path
        folder = Path("/opt/ml/checkpoints")
        print("before:", sorted(path.name for path in folder.iterdir()))
        (folder / f"epoch-{len(list(folder.iterdir()))}").write_text("state")
    """
    config = {"S3Uri": "s3://lab/checkpoints/here", "LocalPath": "/opt/ml/checkpoints"}
    stopping = {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}
    spot = {"EnableManagedSpotTraining": True, "StoppingCondition": stopping}
    jobs = [lab.train(script, CheckpointConfig=config, **spot) for _ in range(2)]
    assert lab.log(f"TrainingJobs/{jobs[1]['TrainingJobName']}")[1:] == ["before: ['epoch-0']"]
    assert lab.keys("checkpoints/here") == ["checkpoints/here/epoch-0", "checkpoints/here/epoch-1"]


# ---- what goes wrong


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            "import os; os.environ['SM_CHANNEL_TRAIN']",
            ["\"KeyError: 'SM_CHANNEL_TRAIN'\"", "exit code: 1"],
        ),
        ("print('x'", ["SyntaxError: '(' was never closed", "exit code: 1"]),
        ("import sys; print('so long'); sys.exit(3)", ['ExitCode 3\nErrorMessage "so long"', "exit code: 3"]),
        ("raise ValueError('two\\nlines')", ["ValueError: two\nlines"]),
        ("open('/opt/ml/output/failure', 'w').write('too few rows'); exit(2)", ["AlgorithmError: too few rows, exit"]),
    ],
)
def test_script_that_fails_gives_its_last_words(lab: Any, script: str, words: list[str]) -> None:
    description = lab.train(script)
    assert (description["TrainingJobStatus"], description["SecondaryStatus"]) == ("Failed", "Failed")
    assert description["FailureReason"].startswith("AlgorithmError: ")
    assert all(word in description["FailureReason"] for word in words), description["FailureReason"]


def test_reason_names_the_command(lab: Any) -> None:
    description = lab.train("exit(1)", hyperparameters={"depth": 3})
    assert description["FailureReason"].endswith('Command "python train.py --depth 3", exit code: 1')


def test_killed_process_fails_with_dockers_exit_code(lab: Any) -> None:
    description = lab.train("import os; os.kill(os.getpid(), 9)")
    assert "ExitCode 137" in description["FailureReason"]


def test_channel_without_objects_fails_while_downloading(lab: Any) -> None:
    description = lab.train("", channels={"train": "s3://lab/nothing/here"})
    assert description["FailureReason"].startswith(
        'ClientError: No S3 objects found under S3 URL "s3://lab/nothing/here" given in input data source.'
    )
    assert description["SecondaryStatusTransitions"][-2]["Status"] == "Downloading"


def test_source_archive_may_not_leave_its_folder(lab: Any, new_archive: Any) -> None:
    request = lab.training("")
    uri = lab.put("bad/sourcedir.tar.gz", new_archive({"../../escaped.py": "x = 1"}))
    request["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(uri)
    lab.sagemaker.create_training_job(**request)
    description = lab.ended("training_job", request["TrainingJobName"])
    assert 'its entry "../../escaped.py" leads out of the folder' in description["FailureReason"]
    assert not list(Path(lab.cloud.scratch).rglob("escaped.py"))


def test_passed_runtime_stops_the_job_and_keeps_its_model(lab: Any) -> None:
    script = "import time; open('/opt/ml/model/half', 'w').write('half'); time.sleep(600)"
    description = lab.train(script, StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (description["TrainingJobStatus"], description["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert lab.unpacked(description["ModelArtifacts"]["S3ModelArtifacts"]) == {"half": b"half"}
    assert lab.processes() == []


def test_history_is_the_same_however_long_the_work_takes(lab: Any) -> None:
    """More real seconds than a stop has virtual ones: time stands still at the end of the phase until it is done."""
    script = """
        import signal, pathlib, os, sys, time
        def end(*_):
            time.sleep(1.5)
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        pathlib.Path(os.environ["READY"]).write_text("ready")
        time.sleep(600)
    """
    took = set()
    for number in range(2):
        ready = lab.cloud.scratch / f"ready-{number}"
        request = lab.training(script, Environment={"READY": str(ready)})
        lab.sagemaker.create_training_job(**request)
        waited = threading.Event()
        while not ready.exists():
            waited.wait(0.02)
        lab.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])
        description = lab.ended("training_job", request["TrainingJobName"])
        stopping = description["SecondaryStatusTransitions"][-2]
        assert stopping["Status"] == "Stopping"
        took.add((stopping["EndTime"] - stopping["StartTime"]).total_seconds())
    assert took == {5.0 + 10.0}


def test_work_that_hangs_lets_time_go_on(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workflow's timeout fires although the script never ends."""
    monkeypatch.setattr("localcloud.services._jobs.STANDSTILL", 0.1)
    monkeypatch.setitem(durations.SAGEMAKER, "train", 1.0)
    request = lab.training("import time; time.sleep(600)")
    lab.sagemaker.create_training_job(**request)
    description = lab.sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"])
    waited = threading.Event()
    while lab.cloud.clock.now() <= description["CreationTime"].timestamp() + 90 + 15 + 1:
        waited.wait(0.02)
    lab.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])
    assert lab.ended("training_job", request["TrainingJobName"])["TrainingJobStatus"] == "Stopped"
    assert lab.processes() == []


def test_passed_runtime_is_what_the_job_took(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where that is more than a training takes by the table."""
    monkeypatch.setitem(durations.SAGEMAKER, "train", 0.5)
    description = lab.train("import time; time.sleep(600)", StoppingCondition={"MaxRuntimeInSeconds": 2})
    assert description["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert description["TrainingTimeInSeconds"] == 15 + 2 + 10


def test_stopped_job_gets_sigterm_and_leaves_no_process(lab: Any) -> None:
    script = """
        import pathlib, signal, subprocess, sys, time
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        def end(*_):
            pathlib.Path("/opt/ml/model/state").write_text("saved")
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        import urllib.request, os
        pathlib.Path(os.environ["READY"]).write_text("ready")
        time.sleep(600)
    """
    ready = lab.cloud.scratch / "ready"
    request = lab.training(script, Environment={"READY": str(ready)})
    name = request["TrainingJobName"]
    lab.sagemaker.create_training_job(**request)
    waited = threading.Event()
    while not ready.exists():
        waited.wait(0.02)
    group = lab.processes()
    lab.sagemaker.stop_training_job(TrainingJobName=name)
    description = lab.ended("training_job", name)
    assert (description["TrainingJobStatus"], description["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert lab.unpacked(description["ModelArtifacts"]["S3ModelArtifacts"]) == {"state": b"saved"}
    assert lab.processes() == []
    assert sys.platform == "win32" or not _alive(group[0])
    with pytest.raises(ClientError, match="is in status Stopped"):
        lab.sagemaker.stop_training_job(TrainingJobName=name)


def _alive(group: int) -> bool:
    """Whether a member of the process group is left, other than as a zombie that nobody has reaped yet."""
    for each in psutil.process_iter(["status"]):
        try:
            if os.getpgid(each.pid) == group and each.info["status"] != psutil.STATUS_ZOMBIE:
                return True
        except ProcessLookupError:
            continue
    return False


def test_name_is_taken_once(lab: Any) -> None:
    request = lab.training("")
    lab.sagemaker.create_training_job(**request)
    with pytest.raises(lab.sagemaker.exceptions.ResourceInUse, match="already exists"):
        lab.sagemaker.create_training_job(**request)
    lab.ended("training_job", request["TrainingJobName"])


def test_unknown_job_is_not_found(lab: Any) -> None:
    with pytest.raises(ClientError, match="Requested resource not found"):
        lab.sagemaker.describe_training_job(TrainingJobName="nobody")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.0"}, "sagemaker-xgboost, every"),
        ({"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}}, "2 instances"),
    ],
)
def test_what_does_not_run_is_refused_with_what_does(lab: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words) as raised:
        lab.sagemaker.create_training_job(**lab.training("", **changes))
    assert raised.value.response["Error"]["Code"] == "UnsupportedLocally"


def test_metric_that_is_no_expression_is_refused(lab: Any) -> None:
    with pytest.raises(ClientError, match="Invalid regular expression for metric broken"):
        lab.sagemaker.create_training_job(**lab.training("", metrics={"broken": "("}))


def test_jobs_are_listed_and_tagged(lab: Any) -> None:
    request = lab.training("", Tags=[{"Key": "workshop", "Value": "yes"}])
    lab.sagemaker.create_training_job(**request)
    description = lab.ended("training_job", request["TrainingJobName"])
    assert lab.sagemaker.list_tags(ResourceArn=description["TrainingJobArn"])["Tags"] == request["Tags"]
    newest = lab.sagemaker.list_training_jobs(MaxResults=1)
    assert newest["TrainingJobSummaries"][0]["TrainingJobName"] == request["TrainingJobName"]
    assert "NextToken" in newest
