"""How Step Functions spells what it gets from AWS's APIs: with the names of the AWS SDKs for Java, capitalised.

The service runs on these SDKs: optimised integrations on version 1, `aws-sdk` integrations on version 2. Their
names shine through in parameters, results and errors ("SsekmsKeyId", "DynamoDb.ResourceNotFoundException").
Sources: the developer guide, "Using AWS SDK service integrations" (names are in Pascal case, errors always
end in "Exception"), and the naming rules of the SDK for Java v2.
"""

from __future__ import annotations

import re
from functools import cache

#: Members whose names Java forbids, so that the SDK appends "Value"; the guide names `EqualsValue`.
_RESERVED = frozenset(
    """
    abstract assert boolean break builder byte case catch char class const continue default do double
    else enum equals extends false final finalize finally float for getClass goto hashCode if implements
    import instanceof int interface long native new notify notifyAll null overrideConfiguration package
    private protected public return sdkFields sdkHttpResponse short static strictfp super switch
    synchronized this throw throws toBuilder toString transient true try void volatile wait while
    """.split()  # noqa: SIM905 - seventy quoted words would be harder to read
)

#: Where the SDK's package name, without its hyphens, is not botocore's.
_BOTO_NAMES = {
    "applicationdiscovery": "discovery",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntimev2": "lexv2-runtime",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "pinpointsmsvoice": "sms-voice",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "simpledb": "sdb",
}


def boto_service(name: str, available: list[str]) -> str | None:
    """Botocore's name of the service that a resource `aws-sdk:<name>:...` means; None when there is none."""
    if name in _BOTO_NAMES:
        return _BOTO_NAMES[name]
    return next((each for each in available if each.replace("-", "") == name), None)


def capitalised(name: str) -> str:
    """`jobName` is "JobName": how optimised integrations spell members."""
    return name[:1].upper() + name[1:]


def title(name: str) -> str:
    """The API's own name where it begins with a capital, else one that nobody writes: AWS refuses lower case."""
    return name if name[:1].isupper() else capitalised(name)


@cache
def member(name: str) -> str:
    """How `aws-sdk` integrations spell a shape's member: "ETag" stays, "SSEKMSKeyId" is "SsekmsKeyId"."""
    head = 1
    while head < len(name) and name[head].isupper() and not name[head + 1 : head + 2].islower():
        head += 1
    if name == "NULL":  # of DynamoDB's AttributeValue: the SDK's own exception to its rule
        return "Nul"
    java = name[:head].lower() + name[head:]
    return capitalised(f"{java}Value" if java in _RESERVED else java)


@cache
def pascal(name: str) -> str:
    """One capital a word: "DynamoDB" is "DynamoDb", "DBInstanceNotFound" is "DbInstanceNotFound"."""
    text = re.sub(r"[^A-Za-z0-9]+", " ", name)
    text = re.sub(r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 ", text)
    text = re.sub(r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 ", text)
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])", " ", text)
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", text)
    text = re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", text)
    return "".join(capitalised(word.lower()) for word in text.split())


def service(service_id: str) -> str:
    """The service's name in errors, from its serviceId: "SFN" is "Sfn", "ACM PCA" is "AcmPca"."""
    return pascal(service_id).removeprefix("Amazon").removeprefix("Aws").removesuffix("Service")


def exception(shape: str) -> str:
    """The SDK's (v2) name of a modelled error: "NoSuchKey" is "NoSuchKeyException"."""
    return pascal(shape.removesuffix("Fault").removesuffix("Exception")) + "Exception"
