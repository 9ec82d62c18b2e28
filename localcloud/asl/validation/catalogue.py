"""The optimised integrations that AWS has: services, actions, and how each can be called.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html (the patterns of each service)
and the page of each service there ("Optimized ... APIs"; an action with `.sync` is listed once more with it); what the
Data Science SDK writes (stepfunctions.steps.service.EksApi has Fargate profiles).
"""

from __future__ import annotations

_REQUEST = frozenset({""})
_JOB = frozenset({"", ".sync"})
_TOKEN = frozenset({"", ".waitForTaskToken"})
_BOTH = _JOB | _TOKEN

#: Service -> action -> the suffixes that a Resource may have.
OPTIMISED: dict[str, dict[str, frozenset[str]]] = {
    "apigateway": {"invoke": _TOKEN},
    "athena": {
        "getQueryExecution": _REQUEST,
        "getQueryResults": _REQUEST,
        "startQueryExecution": _JOB,
        "stopQueryExecution": _REQUEST,
    },
    "batch": {"submitJob": _JOB},
    "bedrock": {"createModelCustomizationJob": _JOB, "invokeModel": _TOKEN},
    "codebuild": {
        "batchDeleteBuilds": _REQUEST,
        "batchGetReports": _REQUEST,
        "deleteBuildBatch": _REQUEST,
        "retryBuildBatch": _JOB,
        "startBuild": _JOB,
        "startBuildBatch": _JOB,
        "stopBuild": _REQUEST,
        "stopBuildBatch": _REQUEST,
    },
    "databrew": {"startJobRun": _JOB},
    "dynamodb": dict.fromkeys(("deleteItem", "getItem", "putItem", "updateItem"), _REQUEST),
    "ecs": {"runTask": _BOTH},
    "eks": {
        "call": _TOKEN,
        "createCluster": _JOB,
        "createFargateProfile": _JOB,
        "createNodegroup": _JOB,
        "deleteCluster": _JOB,
        "deleteFargateProfile": _JOB,
        "deleteNodegroup": _JOB,
        "runJob": _BOTH,
    },
    "elasticmapreduce": {
        "addStep": _JOB,
        "cancelStep": _REQUEST,
        "createCluster": _JOB,
        "modifyInstanceFleetByName": _REQUEST,
        "modifyInstanceGroupByName": _REQUEST,
        "setClusterTerminationProtection": _REQUEST,
        "terminateCluster": _JOB,
    },
    "emr-containers": {"createVirtualCluster": _REQUEST, "deleteVirtualCluster": _JOB, "startJobRun": _JOB},
    "emr-serverless": dict.fromkeys(
        (
            "cancelJobRun",
            "createApplication",
            "deleteApplication",
            "startApplication",
            "startJobRun",
            "stopApplication",
        ),
        _JOB,
    ),
    "events": {"putEvents": _TOKEN},
    "glue": {"startJobRun": _JOB},
    "http": {"invoke": _REQUEST},
    "lambda": {"invoke": _TOKEN},
    "mediaconvert": {"createJob": _JOB},
    "sagemaker": {
        **dict.fromkeys(
            ("addTags", "createEndpoint", "createEndpointConfig", "createModel", "updateEndpoint"), _REQUEST
        ),
        **dict.fromkeys(
            (
                "createHyperParameterTuningJob",
                "createLabelingJob",
                "createProcessingJob",
                "createTrainingJob",
                "createTransformJob",
            ),
            _JOB,
        ),
    },
    "sns": {"publish": _TOKEN},
    "sqs": {"sendMessage": _TOKEN},
    "states": {"startExecution": _BOTH | {".sync:2"}},
}


_PATTERNS = _BOTH | {".sync:2"}


def exists(service: str, action: str, pattern: str) -> bool:
    """Whether AWS has `arn:aws:states:::<service>:<action><pattern>`."""
    return pattern in OPTIMISED.get(service, {}).get(action, ())


def may_exist(service: str, action: str, pattern: str) -> bool:
    """The same, for one who does not know which services there are."""
    return exists(service, action, pattern) if service in OPTIMISED else pattern in _PATTERNS
