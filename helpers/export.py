"""A deployed workflow as files for production: its definition, a SAM template, a template that a CDK app includes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from helpers import permissions, policies
from helpers.deploy import machine_of
from helpers.errors import WorkshopError
from helpers.resources import Function
from helpers.session import Session, current

Json = dict[str, Any]
_SETTINGS = ("Runtime", "Handler", "Timeout", "MemorySize")


def export(workflow: object, folder: str | Path, functions: Iterable[Function] = ()) -> list[Path]:
    """Writes a deployed workflow as files that deploy it to any account.

    In the definition, what belongs to one account stands as `${…}`, and each template says what it is there:

    - NAME.asl.json: the definition, for Workflow Studio, for CDK's DefinitionBody.from_file, for review;
    - template.yaml: a SAM template of the state machine, its functions and their roles, with `functions/` beside it:
      `sam deploy --guided`;
    - cloudformation.yaml: the state machine and its role; ARNs of functions are parameters. CDK's CfnInclude takes it.

    The roles may do what the definition and the functions' code need (`helpers.permissions`). Tables, topics and queues
    are not in the templates.

    Args:
        workflow: an SDK Workflow that was deployed, or what `deploy` returned.
        folder: where to write; files of these names are overwritten.
        functions: what `deploy` returned for each function that the workflow calls.

    Returns:
        What was written, in this order.

    Raises:
        WorkshopError: it is not deployed, it calls a function that is not among `functions`, or a service of which
            it is not known here what it needs.

    Sources: SAM developer guide, AWS::Serverless::StateMachine; CloudFormation, AWS::StepFunctions::StateMachine.
    """
    session, machine, folder = current(), machine_of(workflow), Path(folder)
    ids = {function.arn: logical_id(function.name) for function in functions}
    text, bound = _portable(json.dumps(json.loads(machine.definition), indent=2), ids, session)
    text_of, filled = _in_any_account(session)
    allowed = policies.document(_rights(machine.definition, machine.name), filled)
    bucket: Json = {"Type": "String", "Default": session.bucket, "Description": "Its name starts with workshop-"}
    parameters = {"Bucket": bucket} if "Bucket" in bound else {}
    asl = folder / f"{machine.name}.asl.json"

    sam: Json = {"AWSTemplateFormatVersion": "2010-09-09", "Transform": "AWS::Serverless-2016-10-31"}
    arns = {f"{name}Arn": {"Fn::GetAtt": [name, "Arn"]} for name in ids.values()}
    sam |= {"Parameters": parameters} if parameters else {}
    sam["Resources"] = {
        "StateMachine": {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {
                "Name": machine.name,
                "DefinitionUri": asl.name,
                "DefinitionSubstitutions": bound | arns,
                "Policies": [allowed],
            },
        }
    }
    written = [asl, folder / "template.yaml", folder / "cloudformation.yaml"]
    for function in functions:
        code = folder / "functions" / function.name / function.source.name
        code.parent.mkdir(parents=True, exist_ok=True)
        code.write_bytes(function.source.read_bytes())
        written.append(code)
        with session.alive():
            found = session.client("lambda").get_function_configuration(FunctionName=function.name)
        sam["Resources"][ids[function.arn]] = sam_function(found, [code.read_text("utf-8")], text_of, filled)

    plain: Json = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": parameters | {name: {"Type": "String"} for name in arns},
        "Resources": {
            "Role": role("states.amazonaws.com", allowed),
            "StateMachine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "StateMachineName": machine.name,
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "DefinitionString": text,
                    "DefinitionSubstitutions": bound | {name: {"Ref": name} for name in arns},
                },
            },
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in zip(written, (text + "\n", yaml_of(sam), yaml_of(plain)), strict=False):
        path.write_text(content, encoding="utf-8", newline="\n")
    return written


def _portable(text: str, ids: Mapping[str, str], session: Session) -> tuple[str, Json]:
    """A definition in which nothing is of one account, and what stands for `${…}` but ARNs of functions."""
    for arn, name in ids.items():
        text = text.replace(f'"{arn}"', f'"${{{name}Arn}}"')
    if unknown := re.search(r"arn:[^:\"]+:lambda:[^:\"]*:\d+:function:([^:\"]+)", text):
        raise WorkshopError(
            f"The workflow calls the function {unknown[1]}. Hand over what deploy returned for it: "
            "export(workflow, folder, functions=[...])."
        )
    bound: Json = {}
    for pattern, name, value in (
        (session.bucket, "Bucket", {"Ref": "Bucket"}),
        (session.account_id, "AccountId", {"Ref": "AWS::AccountId"}),
        (session.region, "Region", {"Ref": "AWS::Region"}),
    ):
        if pattern in text:
            text, bound[name] = text.replace(pattern, f"${{{name}}}"), value
    return text, bound


def _rights(definition: str, name: str) -> list[permissions.Permission]:
    """What the workflow's role needs; a name made at run time is one of the workshop's."""
    needed = permissions.of_definition(definition, name)
    if needed.unknown:
        raise WorkshopError(
            f"What a workflow needs that calls {', '.join(needed.unknown)} is not known here, so there is no policy to "
            "export. Write one: "
            "https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html"
        )
    return needed.states


def _in_any_account(session: Session) -> tuple[Callable[[str], Any], policies.Filled]:
    """Make a text, and a resource of a permission's form, in which nothing is of one account."""
    filled = policies.filler("${AWS::Partition}", "${AWS::AccountId}", "${AWS::Region}")
    here = {session.bucket: "${Bucket}", session.account_id: "${AWS::AccountId}", session.region: "${AWS::Region}"}

    def text_of(text: str) -> Any:
        text = text.replace("arn:aws:", "arn:${AWS::Partition}:")
        for known, name in here.items():
            text = text.replace(known, name)
        return {"Fn::Sub": text} if "${" in text else text

    return text_of, lambda form: text_of(filled(form))


def role(service: str, allowed: Json, **properties: str) -> Json:
    """A role that a service takes on."""
    policy = {"PolicyName": "workflow", "PolicyDocument": allowed}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            **properties,
            "AssumeRolePolicyDocument": policies.trust(service, {"Ref": "AWS::AccountId"}),
            "Policies": [policy],
        },
    }


def sam_function(found: Json, sources: Iterable[str], text_of: Callable[[str], Any], filled: policies.Filled) -> Json:
    """A function with the role that it needs.

    Args:
        found: what GetFunctionConfiguration answers.
        sources: its Python text.
        text_of, filled: make a text, and a resource of a permission's form, that are of no account.
    """
    name, variables = found["FunctionName"], found.get("Environment", {}).get("Variables", {})
    properties: Json = {"FunctionName": name, "CodeUri": f"functions/{name}/"}
    properties |= {setting: found[setting] for setting in _SETTINGS}
    if variables:
        properties["Environment"] = {"Variables": {key: text_of(value) for key, value in variables.items()}}
    properties["Policies"] = [policies.document(permissions.of_function(sources, name, variables), filled)]
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


def logical_id(name: str) -> str:
    """`workshop-09-read-comments` as a name in a template, ReadComments: letters and figures alone."""
    parts = re.sub(r"^workshop-(\d+-)?", "", name).split("-")
    return re.sub(r"\W|_", "", "".join(part[:1].upper() + part[1:] for part in parts))


def yaml_of(template: Json) -> str:
    """A template's text."""
    import yaml  # type: ignore[import-untyped]  # comes with the SDK

    class Plain(yaml.SafeDumper):  # type: ignore[misc]
        """Without references to parts that occur twice, which CloudFormation does not read; long texts as they are."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Plain.add_representer(str, text)
    return str(yaml.dump(template, Dumper=Plain, sort_keys=False, width=100))
