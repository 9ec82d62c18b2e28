"""Search: training and tuning jobs by what their descriptions say.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Search.html and API_SearchExpression, API_Filter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally
from localcloud.services.sagemaker.jobs import PAGES, Jobs

_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda found, wanted: found == wanted,
    "NotEquals": lambda found, wanted: found != wanted,
    "GreaterThan": lambda found, wanted: found > wanted,
    "GreaterThanOrEqualTo": lambda found, wanted: found >= wanted,
    "LessThan": lambda found, wanted: found < wanted,
    "LessThanOrEqualTo": lambda found, wanted: found <= wanted,
    "Contains": lambda found, wanted: str(wanted) in str(found),
}


def search(jobs: Mapping[str, Jobs[Any]], request: Structure) -> Structure:
    """A page of descriptions.

    Args:
        jobs: Search's resource -> all of them.
        request: as botocore has it.
    """
    resource = request["Resource"]
    if resource not in jobs:
        raise UnsupportedLocally(
            f"sagemaker:Search looks for {resource}; the local cloud searches {' and '.join(jobs)}. Use a List action, "
            "or set WORKSHOP_TARGET=aws."
        )
    if request.get("VisibilityConditions") or request.get("CrossAccountFilterOption") == "CrossAccount":
        raise UnsupportedLocally(
            "sagemaker:Search looks into other accounts, of which the local cloud has none. Leave "
            "VisibilityConditions and CrossAccountFilterOption out, or set WORKSHOP_TARGET=aws."
        )
    searched = [(_searched(job), job) for job in jobs[resource].all()]
    found = [each for each in searched if _fits(each[0], request.get("SearchExpression") or {})]
    by = request.get("SortBy", "LastModifiedTime").split(".")
    there = [each for each in found if _values(each[0], by)]
    there.sort(key=lambda each: _values(each[0], by)[0], reverse=request.get("SortOrder", "Descending") == "Descending")
    there += [each for each in found if not _values(each[0], by)]
    listed, token = PAGES.page(there, request, "Search")
    results = [{resource: {**job.describe(), "Tags": job.tags}} for _, job in listed]
    return {"Results": results, "NextToken": token, "TotalHits": {"Value": len(found), "Relation": "EqualTo"}}


def _searched(job: Any) -> Structure:
    """A description, with tags and metrics under the names that filters have for them."""
    description: Structure = job.describe()
    metrics = {each["MetricName"]: each["Value"] for each in description.get("FinalMetricDataList", [])}
    return {**description, "Tags": {tag["Key"]: tag["Value"] for tag in job.tags}, "Metrics": metrics}


def _fits(description: Any, expression: Structure) -> bool:
    results: list[bool] = [
        *(_passes(description, each) for each in expression.get("Filters", [])),
        *(_nested(description, each) for each in expression.get("NestedFilters", [])),
        *(_fits(description, each) for each in expression.get("SubExpressions", [])),
    ]
    if not results:
        return True
    return any(results) if expression.get("Operator") == "Or" else all(results)


def _nested(description: Any, nested: Structure) -> bool:
    """One item of a list that passes all filters, whose names begin with the list's."""
    prefix = nested["NestedPropertyName"]
    filters = [{**each, "Name": each["Name"].removeprefix(f"{prefix}.")} for each in nested["Filters"]]
    items = [each for value in _values(description, prefix.split(".")) for each in _listed(value)]
    return any(all(_passes(item, each) for each in filters) for item in items)


def _passes(description: Any, wanted: Structure) -> bool:
    found = _values(description, wanted["Name"].split("."))
    operator: str = wanted.get("Operator", "Equals")
    if operator in ("Exists", "NotExists"):
        return bool(found) == (operator == "Exists")
    if "Value" not in wanted:
        raise ServiceError(
            "ValidationException", f"The filter {wanted['Name']} has the operator {operator} and no Value."
        )
    if operator == "In":
        return any(str(each) in wanted["Value"].split(",") for each in found)
    if operator == "NotEquals":
        return all(_compare("NotEquals", each, wanted["Value"]) for each in found)
    return any(_compare(operator, each, wanted["Value"]) for each in found)


def _compare(operator: str, found: Any, wanted: str) -> bool:
    """As numbers or times where the description has one, else as text."""
    if isinstance(found, bool):
        return _COMPARED[operator](str(found).lower(), wanted.lower())
    if isinstance(found, int | float):
        try:
            return _COMPARED[operator](float(found), _number(wanted))
        except ValueError:
            return False
    return _COMPARED[operator](str(found), wanted)


def _number(text: str) -> float:
    """A number, or a time as seconds since 1970."""
    try:
        return float(text)
    except ValueError:
        time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _values(value: Any, path: list[str]) -> list[Any]:
    """All that a dotted name leads to, through lists; the rest of it may be one key with dots in it."""
    if isinstance(value, list):
        return [found for each in value for found in _values(each, path)]
    if not path:
        return [value]
    if not isinstance(value, Mapping):
        return []
    whole = ".".join(path)
    return [value[whole]] if whole in value else _values(value[path[0]], path[1:]) if path[0] in value else []


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]
