"""What runs cost: the arithmetic, against prices written down here a second time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpers import clean_up, connect, costs, deploy, run
from helpers.session import Session
from tests.draw.machines import History


@pytest.mark.parametrize(
    ("service", "operation", "request_", "name", "dollars"),
    [
        ("textract", "AnalyzeExpense", {}, "Textract", 0.01),
        ("rekognition", "DetectLabels", {}, "Rekognition", 0.001),
        ("comprehend", "DetectSentiment", {"Text": "short"}, "Comprehend", 0.0003),
        ("comprehend", "DetectSentiment", {"Text": "x" * 301}, "Comprehend", 0.0004),
        ("comprehend", "BatchDetectSentiment", {"TextList": ["a", "b"]}, "Comprehend", 0.0006),
        ("polly", "SynthesizeSpeech", {"Text": "x" * 1000}, "Polly", 0.004),
        ("polly", "SynthesizeSpeech", {"Text": "x" * 1000, "Engine": "neural"}, "Polly", 0.016),
    ],
)
def test_a_call_costs_its_units(service: str, operation: str, request_: Any, name: str, dollars: float) -> None:
    assert costs.of_call(service, operation, request_) == {name: pytest.approx(dollars)}


def test_what_costs_nothing_to_speak_of_has_no_share() -> None:
    assert costs.of_call("dynamodb", "PutItem", {"Item": {}}) == {}


def test_an_execution_costs_its_calls_and_a_transition_for_each_try() -> None:
    recorded = History()
    recorded.visit("Read", tries=("Busy", "Busy", None))
    recorded.add("ExecutionSucceeded", recorded.visit("Read again"))
    for event in recorded.events:
        if event["type"] == "TaskScheduled":
            event["taskScheduledEventDetails"] = {
                "resourceType": "aws-sdk:textract",
                "resource": "detectDocumentText",
                "parameters": json.dumps({"Document": {}}),
            }
    cost = costs.of_history(recorded.events)
    assert cost == {"Textract": pytest.approx(4 * 0.0015), "Step Functions": pytest.approx(4 * 0.000025)}


def test_a_job_costs_its_machines_by_the_second() -> None:
    machine = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
    assert costs.of_job({"ResourceConfig": machine, "BillableTimeInSeconds": 1800}) == {
        "SageMaker": pytest.approx(0.115)
    }
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    processing = {"ProcessingResources": {"ClusterConfig": machine}, "ProcessingStartTime": begun}
    assert costs.of_job(processing | {"ProcessingEndTime": begun + timedelta(hours=1)}) == {
        "SageMaker": pytest.approx(0.23)
    }
    transform = {"TransformResources": machine, "TransformStartTime": begun}
    assert costs.of_job(transform | {"TransformEndTime": begun + timedelta(hours=1)}) == {
        "SageMaker": pytest.approx(0.23)
    }


def test_a_cost_is_said_with_its_largest_shares_first() -> None:
    assert costs.said(costs.Cost({"Step Functions": 0.03, "Textract": 0.281, "Lambda": 0.001})) == (
        "about $0.31 (Textract $0.28, Step Functions $0.03)"
    )
    assert costs.said(costs.Cost({"Lambda": 0.009})) == "less than a cent"


def test_clean_up_says_once_what_the_run_would_have_cost(workshop: Session, capsys: pytest.CaptureFixture[str]) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:comprehend:detectDominantLanguage", "End": True}
    machine = {"StartAt": "A", "States": {"A": state | {"Parameters": {"Text": "tea " * 1000}}}}
    deployed = deploy(machine, "workshop-costs")
    for _ in range(3):
        run(deployed)
    connect().client("comprehend").detect_dominant_language(Text="x")
    clean_up()
    assert "On AWS this run would cost about $0.01 (Comprehend $0.01), at list prices" in capsys.readouterr().out
    clean_up()
    assert capsys.readouterr().out == "Nothing to delete.\n"
