"""What a run costs on AWS at list prices, counted from histories, jobs and the kernel's own calls.

What is not in the tables costs less than a cent in any notebook: S3, DynamoDB, SNS, SQS, EventBridge, logs, seconds of
Lambda. Endpoints and streams bill by the hour while they stand: their price is said, their hours are not known here.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from draw import history

#: When AWS's price pages (https://aws.amazon.com/SERVICE/pricing/, us-east-1, no free tier) had these prices.
AS_OF = "November 2025"
#: Dollars of a transition of a Standard workflow.
TRANSITION = 0.025 / 1000
_CALLS = {
    ("textract", "AnalyzeExpense"): 0.01,  # a page
    ("textract", "DetectDocumentText"): 0.0015,
    ("textract", "StartExpenseAnalysis"): 0.01,
    ("textract", "StartDocumentTextDetection"): 0.0015,
    ("transcribe", "StartTranscriptionJob"): 0.024 / 4,  # a minute; at least 15 seconds, and ours are not much longer
    ("athena", "StartQueryExecution"): 5.0 / 100_000,  # a terabyte; at least 10 MB, and ours read less
    ("glue", "StartCrawler"): 0.44 * 2 / 6,  # an hour of a DPU; two of them for at least ten minutes
    ("lambda", "Invoke"): 0.2 / 1_000_000,
}
_PICTURE = 0.001  # any of Rekognition's Detect calls
_TEXT = 0.0001  # a hundred characters, at least three times, of any of Comprehend's Detect calls
_SPOKEN = 4.0 / 1_000_000  # a character that Polly's standard voices say; its neural ones cost four times as much
#: Dollars an hour of SageMaker's instances, for jobs and endpoints alike.
INSTANCES = {"ml.m5.large": 0.115, "ml.m5.xlarge": 0.23, "ml.m5.2xlarge": 0.461, "ml.c5.xlarge": 0.204}

#: The service as people call it -> dollars.
Cost = Counter[str]
_NAMES = {"stepfunctions": "Step Functions", "sagemaker": "SageMaker"}


def of_call(service: str, operation: str, request: Mapping[str, Any]) -> Cost:
    """What one call of an API costs.

    Args:
        service, operation: botocore's names.
        request: its parameters, whichever way their names are spelled.
    """
    dollars = _CALLS.get((service, operation), 0.0)
    if operation.startswith(("Detect", "BatchDetect")) and service in ("rekognition", "comprehend"):
        texts = request.get("TextList") or [request.get("Text", "")]
        units = sum(max(3, math.ceil(len(str(text)) / 100)) for text in texts)
        dollars = _PICTURE if service == "rekognition" else _TEXT * units
    if (service, operation) == ("polly", "SynthesizeSpeech"):
        dollars = _SPOKEN * len(str(request.get("Text", ""))) * (4 if request.get("Engine") == "neural" else 1)
    return Counter({_NAMES.get(service, service.capitalize()): dollars}) if dollars else Counter()


def of_history(events: Iterable[history.Event]) -> Cost:
    """What a Standard execution costs, without the executions and jobs that it started.

    A transition is billed each time that a state is entered, and each time that its work is tried again.
    """
    cost: Cost = Counter()
    kinds: Counter[str] = Counter()
    for event in events:
        kind, details = str(event["type"]), history.details(event)
        kinds[kind] += 1
        if kind == "TaskScheduled":
            service = str(details.get("resourceType", "")).removeprefix("aws-sdk:")
            operation = str(details.get("resource", "")).partition(".")[0]
            request = json.loads(details.get("parameters") or "{}")
            cost += of_call(service, operation[:1].upper() + operation[1:], request)
        elif kind == "LambdaFunctionScheduled":
            cost += of_call("lambda", "Invoke", {})
    entered = sum(number for kind, number in kinds.items() if kind.endswith("StateEntered"))
    tries = sum(kinds[f"{kind}Scheduled"] for kind in ("Task", "LambdaFunction", "Activity"))
    transitions = entered + max(0, tries - kinds["TaskStateEntered"])
    return cost + Counter({_NAMES["stepfunctions"]: TRANSITION * transitions})


def of_job(job: Mapping[str, Any]) -> Cost:
    """What one of SageMaker's jobs costs.

    Args:
        job: the description of a training, a processing or a transform job.
    """
    cluster = job.get("ResourceConfig") or job.get("TransformResources")
    cluster = cluster or job.get("ProcessingResources", {}).get("ClusterConfig", {})
    kind = "Transform" if "TransformResources" in job else "Processing"
    start, end = job.get(f"{kind}StartTime"), job.get(f"{kind}EndTime")
    seconds = job.get("BillableTimeInSeconds") or ((end - start).total_seconds() if start and end else 0)
    hourly = INSTANCES.get(cluster.get("InstanceType"), 0.0)
    return Counter({_NAMES["sagemaker"]: hourly * cluster.get("InstanceCount", 1) * seconds / 3600})


def of_notebook(path: str | Path) -> tuple[str, float] | None:
    """What a notebook costs, run once, as its last cell counted when it was saved: in words and in dollars.

    None when it was not counted, or there is no such file.
    """
    try:
        text = Path(path).read_text("utf-8")
    except OSError:
        return None
    found = re.search(r"this run (?:would cost|costs) (less than a cent|about \$([\d.]+))", text)
    return (found[1], float(found[2] or 0.01)) if found else None


def said(cost: Cost) -> str:
    """A cost in words, the largest shares first: "about $0.31 (Textract $0.28, Step Functions $0.03)"."""
    total = sum(cost.values())
    if total < 0.01:
        return "less than a cent"
    shares = [f"{name} {_dollars(part)}" for name, part in cost.most_common() if part >= 0.005]
    return f"about {_dollars(total)} ({', '.join(shares)})"


def _dollars(amount: float) -> str:
    return f"${max(amount, 0.01):.2f}"
