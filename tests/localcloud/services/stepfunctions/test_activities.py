"""Activities, their workers, and task tokens."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.cloud import Cloud

Refused = Callable[..., str]
MakeMachine = Callable[..., str]
Ended = Callable[[str], dict[str, Any]]

ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:work"


def waiting(**fields: Any) -> dict[str, Any]:
    state = {"Type": "Task", "Resource": ACTIVITY, "End": True} | fields
    return {"StartAt": "Work", "States": {"Work": state}}


def kinds(sfn: Any, arn: str) -> list[str]:
    return [event["type"] for event in sfn.get_execution_history(executionArn=arn)["events"]]


@pytest.fixture
def activity(sfn: Any) -> str:
    arn: str = sfn.create_activity(name="work")["activityArn"]
    return arn


def test_activities_are_created_once_described_listed_and_deleted(sfn: Any, refused: Refused) -> None:
    first = sfn.create_activity(name="b", tags=[{"key": "k", "value": "v"}])
    assert sfn.create_activity(name="b")["creationDate"] == first["creationDate"]
    sfn.create_activity(name="a")
    found = sfn.describe_activity(activityArn=first["activityArn"])
    assert (found["name"], found["encryptionConfiguration"]) == ("b", {"type": "AWS_OWNED_KEY"})
    assert [each["name"] for each in sfn.list_activities()["activities"]] == ["a", "b"]
    assert sfn.list_tags_for_resource(resourceArn=first["activityArn"])["tags"] == [{"key": "k", "value": "v"}]
    for _ in range(2):
        sfn.delete_activity(activityArn=first["activityArn"])
    message = refused("ActivityDoesNotExist", sfn.describe_activity, activityArn=first["activityArn"])
    assert message == f"Activity Does Not Exist: '{first['activityArn']}'"


def test_another_key_for_the_same_activity_is_refused(sfn: Any, activity: str, refused: Refused) -> None:
    managed = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/mine"}
    refused("ActivityAlreadyExists", sfn.create_activity, name="work", encryptionConfiguration=managed)


def test_a_worker_takes_a_task_and_its_answer_is_the_result(
    sfn: Any, activity: str, machine: MakeMachine, ended: Ended
) -> None:
    arn = sfn.start_execution(stateMachineArn=machine(waiting()), input='{"n": 1}')["executionArn"]
    task = sfn.get_activity_task(activityArn=activity, workerName="me")
    assert json.loads(task["input"]) == {"n": 1}
    sfn.send_task_success(taskToken=task["taskToken"], output='{"done": true}')
    found = ended(arn)
    assert json.loads(found["output"]) == {"done": True}
    assert kinds(sfn, arn)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    started = sfn.get_execution_history(executionArn=arn)["events"][3]
    assert started["activityStartedEventDetails"] == {"workerName": "me"}


def test_a_worker_that_waits_gets_the_task_when_it_comes(
    sfn: Any, activity: str, machine: MakeMachine, ended: Ended
) -> None:
    got: list[dict[str, Any]] = []
    worker = threading.Thread(target=lambda: got.append(sfn.get_activity_task(activityArn=activity)))
    worker.start()
    arn = sfn.start_execution(stateMachineArn=machine(waiting()))["executionArn"]
    worker.join(10)
    sfn.send_task_success(taskToken=got[0]["taskToken"], output="1")
    assert ended(arn)["output"] == "1"


def test_a_failure_can_be_caught_by_its_name(sfn: Any, activity: str, machine: MakeMachine, ended: Ended) -> None:
    definition = waiting(Catch=[{"ErrorEquals": ["Bad"], "Next": "Caught"}])
    definition["States"]["Caught"] = {"Type": "Pass", "End": True}
    arn = sfn.start_execution(stateMachineArn=machine(definition))["executionArn"]
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.send_task_failure(taskToken=token, error="Bad", cause="luck")
    assert json.loads(ended(arn)["output"]) == {"Error": "Bad", "Cause": "luck"}


def test_a_token_is_answered_once(sfn: Any, activity: str, machine: MakeMachine, refused: Refused) -> None:
    sfn.start_execution(stateMachineArn=machine(waiting()))
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.send_task_heartbeat(taskToken=token)
    sfn.send_task_success(taskToken=token, output="1")
    said = "Task Timed Out: 'Provided task does not exist anymore'"
    assert refused("TaskTimedOut", sfn.send_task_success, taskToken=token, output="2") == said
    assert refused("TaskTimedOut", sfn.send_task_failure, taskToken=token) == said
    assert refused("TaskTimedOut", sfn.send_task_heartbeat, taskToken=token) == said


def test_a_token_of_a_stopped_execution_has_timed_out(
    sfn: Any, activity: str, machine: MakeMachine, refused: Refused
) -> None:
    arn = sfn.start_execution(stateMachineArn=machine(waiting()))["executionArn"]
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.stop_execution(executionArn=arn)
    refused("TaskTimedOut", sfn.send_task_success, taskToken=token, output="1")


@pytest.mark.parametrize("token", ["x", "ä", base64.b64encode(bytes(128)).decode()])
def test_what_was_never_a_token_is_invalid(sfn: Any, refused: Refused, token: str) -> None:
    assert refused("InvalidToken", sfn.send_task_heartbeat, taskToken=token) == "Invalid Token: 'Invalid token'"


def test_an_answer_must_be_json(sfn: Any, activity: str, machine: MakeMachine, refused: Refused) -> None:
    sfn.start_execution(stateMachineArn=machine(waiting()))
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    assert refused("InvalidOutput", sfn.send_task_success, taskToken=token, output="{").startswith("Invalid Output")
    sfn.send_task_success(taskToken=token, output="{}")  # the refused answer did not use the token up


def test_a_task_nobody_takes_times_out_and_is_not_given_to_a_later_worker(
    sfn: Any, activity: str, machine: MakeMachine, ended: Ended
) -> None:
    arn = machine(waiting(TimeoutSeconds=60))
    late = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    assert (ended(late)["status"], ended(late)["error"]) == ("FAILED", "States.Timeout")
    second = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.send_task_success(taskToken=token, output="2")
    assert ended(second)["output"] == "2"


def test_a_worker_that_stays_silent_misses_its_heartbeat(
    cloud: Cloud, sfn: Any, activity: str, machine: MakeMachine, ended: Ended
) -> None:
    arn = sfn.start_execution(stateMachineArn=machine(waiting(HeartbeatSeconds=30)))["executionArn"]
    sfn.get_activity_task(activityArn=activity)
    found = ended(arn)
    assert (found["status"], found["error"]) == ("FAILED", "States.Timeout")
    assert kinds(sfn, arn)[-2:] == ["ActivityTimedOut", "ExecutionFailed"]


def test_tasks_go_to_workers_in_the_order_they_came(
    sfn: Any, activity: str, machine: MakeMachine, ended: Ended
) -> None:
    arn = machine(waiting())
    for number in range(3):
        sfn.start_execution(stateMachineArn=arn, input=str(number))
    assert [sfn.get_activity_task(activityArn=activity)["input"] for _ in range(3)] == ["0", "1", "2"]


def test_an_idle_poll_has_no_token_and_leaves_virtual_time_alone(cloud: Cloud, sfn: Any, activity: str) -> None:
    before = cloud.clock.now()
    found = sfn.get_activity_task(activityArn=activity)
    assert "taskToken" not in found
    assert cloud.clock.now() == before


def test_a_poll_of_no_activity_is_refused(sfn: Any, refused: Refused) -> None:
    refused("ActivityDoesNotExist", sfn.get_activity_task, activityArn=ACTIVITY)
    refused("InvalidArn", sfn.get_activity_task, activityArn="work")


def test_an_execution_whose_activity_does_not_exist_fails(sfn: Any, machine: MakeMachine, ended: Ended) -> None:
    found = ended(sfn.start_execution(stateMachineArn=machine(waiting()))["executionArn"])
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert found["cause"] == (
        "An error occurred while executing the state 'Work' (entered at the event id #2). "
        f"The activity {ACTIVITY} does not exist."
    )


def test_tokens_are_the_same_in_every_run(
    sfn: Any, activity: str, machine: MakeMachine, time_passes: Callable[[float], None]
) -> None:
    def token(name: str) -> str:
        arn = machine(waiting())
        sfn.start_execution(stateMachineArn=arn, name=name)
        found: str = sfn.get_activity_task(activityArn=activity)["taskToken"]
        sfn.send_task_success(taskToken=found, output="1")
        sfn.delete_state_machine(stateMachineArn=arn)
        time_passes(1)  # the execution ends, and its machine with it
        return found

    assert token("one") == token("one") != token("two")
