"""Whether a mocked result of a task is one that the API could have given.

TestState's fieldValidationMode holds a mock against the model of the API that the task calls: STRICT wants the
required fields and right types, PRESENT right types only. Fields that the model does not know are let through,
so that tests outlive new fields. Sources: API reference, MockInput; answers of the service.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from localcloud.integrations import naming
from localcloud.integrations.jobs import JOBS

if TYPE_CHECKING:
    from localcloud.host import Host

Spelling = Callable[[str], str]

_RESOURCE = re.compile(
    r"arn:[^:]+:states:[^:]*:[^:]*:(?P<service>(?:aws-sdk:)?[^:]+):(?P<action>[^:.]+)(?P<rest>\..+)?"
)

#: Optimised integrations whose name is not botocore's. `apigateway` and `http` are calls of anybody's API.
_BOTO_NAMES = {"states": "stepfunctions", "elasticmapreduce": "emr", "apigateway": None, "http": None}

#: Types in JSON, by botocore's: (classes, how AWS calls it). A timestamp and bytes are text in a mock.
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "a string"),
    "character": ((str,), "a string"),
    "timestamp": ((str,), "a string"),
    "blob": ((str,), "a string"),
    "integer": ((int,), "a number"),
    "long": ((int,), "a number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
    "boolean": ((bool,), "a boolean"),
    "list": ((list,), "an array"),
    "map": ((dict,), "an object"),
    "structure": ((dict,), "an object"),
}


def nonconformity(cloud: Host, resource: str, result: Any, strict: bool) -> str | None:
    """What the result breaks of the API's model: the first problem, in AWS's words, or None.

    Args:
        resource: the task's Resource. What comes of a task token, a function's ARN or an unknown API has no
            model: anything goes.
        strict: whether required fields must be there.
    """
    found = _output_shape(cloud, resource)
    if found is None:
        return None
    shape, spell = found
    if not isinstance(result, dict):
        return "The result must be an object"
    return _structure(shape, result, spell, strict)


def _output_shape(cloud: Host, resource: str) -> tuple[Any, Spelling] | None:
    match = _RESOURCE.fullmatch(resource)
    if match is None or match["rest"] == ".waitForTaskToken":
        return None
    service, action = match["service"], match["action"]
    name: str | None
    spell: Spelling
    if service.startswith("aws-sdk:"):
        services = cloud.session.get_available_services()
        name, spell = naming.boto_service(service.removeprefix("aws-sdk:"), services), naming.member
    else:
        name, spell = _BOTO_NAMES.get(service, service), naming.capitalised
        if match["rest"] is not None:  # a job's result is its description
            job = JOBS.get((service, action))
            described = "DescribeExecution" if service == "states" else job and job.describe
            if described is None:
                return None
            action = described
    if name is None or name not in cloud.session.get_available_services():
        return None
    model = cloud.session.get_service_model(name)
    operation = next((each for each in model.operation_names if each.lower() == action.lower()), None)
    shape = model.operation_model(operation).output_shape if operation is not None else None
    return None if shape is None else (shape, spell)


def _structure(shape: Any, value: dict[str, Any], spell: Spelling, strict: bool) -> str | None:
    if strict:
        for name in map(spell, shape.required_members):
            if name not in value:
                return f"Required field '{name}' is missing"
    members = {spell(name): member for name, member in shape.members.items()}
    problems = (_value(members[key], each, key, spell, strict) for key, each in value.items() if key in members)
    return next((problem for problem in problems if problem is not None), None)


def _value(shape: Any, value: Any, field: str, spell: Spelling, strict: bool) -> str | None:
    if getattr(shape, "is_document_type", False):
        return None
    classes, noun = _TYPES[shape.type_name]
    # In Python, true and false are integers.
    is_right: bool = isinstance(value, classes) and (not isinstance(value, bool) or bool in classes)
    if not is_right:
        return f"Field '{field}' must be {noun}"
    if shape.type_name == "structure":
        return _structure(shape, value, spell, strict)
    if shape.type_name in ("list", "map"):
        inner = shape.member if shape.type_name == "list" else shape.value
        items = value if shape.type_name == "list" else value.values()
        problems = (_value(inner, each, field, spell, strict) for each in items)
        return next((problem for problem in problems if problem is not None), None)
    if getattr(shape, "enum", None) and value not in shape.enum:
        return f"Field '{field}' is not an expected value"
    return None
