"""`workshop.py export NN`: all that a notebook makes as one SAM template, to be deployed without the kit.

The notebook runs on this machine; what stands in its account before it cleans up is written down: state machines with
their definitions, functions with their code, tables, topics, queues, the bucket, and roles that may do what is needed
(`helpers.permissions`). Names stay; accounts and regions are SAM's pseudo parameters.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpers import permissions, policies
from helpers.cleaning import Account, machines
from helpers.export import logical_id, role, sam_function, yaml_of
from helpers.names import PREFIX
from helpers.session import Session, current
from tools import execute

Json = dict[str, Any]
_TABLE = ("TableName", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "StreamSpecification")


def main(arguments: list[str] | None = None) -> int:
    """Runs one notebook and writes `exported/NAME/`."""
    parser = argparse.ArgumentParser(prog="workshop.py export")
    parser.add_argument("name", metavar="NAME")
    (path,) = execute.find(parser.parse_args(arguments).name)
    folder = execute.NOTEBOOKS.parent / "exported" / path.stem
    written = execute.run(path, 300, then=f"print(__import__('tools.export').export.write({str(folder)!r}))")[1]
    print("\n".join(written))
    print(f"To deploy it: cd {folder} && sam deploy --guided --capabilities CAPABILITY_NAMED_IAM")
    return 0


def write(folder: str | Path) -> str:
    """Writes the connected account's template, definitions and code; the files, as JSON."""
    session, folder = current(), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    account = Account(session, {session.run})
    portable = _Portable(session)
    resources: Json = {}
    written = [folder / "template.yaml"]
    for _, name, arn, kind in machines(account):
        described = session.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
        definition = portable(json.dumps(json.loads(described["definition"]), indent=2))
        written.append(folder / f"{name}.asl.json")
        written[-1].write_text(definition + "\n", "utf-8", newline="\n")
        needed = permissions.of_definition(described["definition"], name)
        resources[logical_id(name)] = {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {
                "Name": name,
                "Type": kind,
                "DefinitionUri": written[-1].name,
                "DefinitionSubstitutions": portable.bound(definition),
                **portable.policies(needed.states),
            },
        }
    jobs = session.grants.given.get("jobs")
    if jobs:
        allowed = policies.document(sorted(jobs), portable.resource)
        resources["Jobs"] = role("sagemaker.amazonaws.com", allowed, RoleName=session.roles.jobs.rpartition("/")[2])
    for name, function, files in _functions(account):
        for path, content in files.items():
            written.append(folder / "functions" / name / path)
            written[-1].parent.mkdir(parents=True, exist_ok=True)
            written[-1].write_bytes(content)
        sources = [content.decode() for path, content in files.items() if path.endswith(".py")]
        resources[logical_id(name) + "Function"] = sam_function(function, sources, portable.text, portable.resource)
    resources |= dict(_stores(account, portable))
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": f"What the notebook {folder.name} of the serverless ML workshop makes",
        "Resources": resources,
    }
    written[0].write_text(yaml_of(template), "utf-8", newline="\n")
    return json.dumps({str(path): "" for path in written})


class _Portable:
    """Turns texts of this account into texts of any.

    Args:
        session: whose account.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._names = {session.account_id: "AccountId", session.region: "Region"}
        self._filled = policies.filler("${AWS::Partition}", "${AWS::AccountId}", "${AWS::Region}")

    def __call__(self, text: str) -> str:
        """A definition with `${AccountId}` and `${Region}`."""
        session = self._session
        text = re.sub(rf"https?://[^/\"]+/{session.account_id}/", self._queues("${Region}", "${AccountId}"), text)
        for known, name in self._names.items():
            text = text.replace(known, f"${{{name}}}")
        return text

    def bound(self, definition: str) -> Json:
        """What DefinitionSubstitutions says of those."""
        return {name: {"Ref": f"AWS::{name}"} for name in self._names.values() if f"${{{name}}}" in definition}

    def text(self, text: str) -> Any:
        """Any other text, in a template."""
        text = re.sub(
            rf"https?://[^/\"]+/{self._session.account_id}/", self._queues("${AWS::Region}", "${AWS::AccountId}"), text
        )
        for known, name in self._names.items():
            text = text.replace(known, f"${{AWS::{name}}}")
        return {"Fn::Sub": text} if "${AWS::" in text else text

    def policies(self, needed: list[permissions.Permission]) -> Json:
        """The property of a role that may do this."""
        if not needed:
            return {}
        return {"Policies": [policies.document(needed, self.resource)]}

    def resource(self, form: str) -> Any:
        """A resource of a permission's form."""
        return self.text(self._filled(form))

    def _queues(self, region: str, account: str) -> str:
        return f"https://sqs.{region}.amazonaws.com/{account}/"


def _functions(account: Account) -> Iterator[tuple[str, Json, dict[str, bytes]]]:
    """Name, configuration and files of each function."""
    for item in account.pages("lambda", "list_functions", "Functions"):
        if item["FunctionName"] in account.session.grants.code:
            yield item["FunctionName"], item, _files(account.session, item["FunctionName"])


def _files(session: Session, name: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(session.grants.code[name])) as archive:
        return {each: archive.read(each) for each in archive.namelist()}


def _stores(account: Account, portable: _Portable) -> Iterator[tuple[str, Json]]:
    """Tables, topics, queues and the bucket."""
    client = account.client("dynamodb")
    for name in account.pages("dynamodb", "list_tables", "TableNames"):
        if name.startswith(PREFIX):
            table = client.describe_table(TableName=name)["Table"]
            properties: Json = {key: table[key] for key in _TABLE if table.get(key)}
            for index in properties.get("GlobalSecondaryIndexes", ()):
                for key in set(index) - {"IndexName", "KeySchema", "Projection"}:
                    del index[key]
            properties.get("StreamSpecification", {}).pop("StreamEnabled", None)
            properties["BillingMode"] = "PAY_PER_REQUEST"
            yield logical_id(name) + "Table", {"Type": "AWS::DynamoDB::Table", "Properties": properties}
    for item in account.pages("sns", "list_topics", "Topics"):
        name = item["TopicArn"].rpartition(":")[2]
        yield logical_id(name) + "Topic", {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}
    for url in account.pages("sqs", "list_queues", "QueueUrls", QueueNamePrefix=PREFIX):
        name = url.rpartition("/")[2]
        yield logical_id(name) + "Queue", {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
    name = portable.text(account.session.bucket)
    yield "Bucket", {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}


if __name__ == "__main__":
    sys.exit(main())
