"""JSON values with evaluated parts, in whichever query language is in force."""

from __future__ import annotations

from typing import Any

from localcloud.asl.validation import jsonata_rules, paths
from localcloud.asl.validation.shapes import Scope


def check_payload(value: Any, location: str, scope: Scope) -> None:
    """A payload template in a JSONPath state; any value with expressions in a JSONata state."""
    if scope.language == "JSONata":
        jsonata_rules.check_template(value, location, scope)
    else:
        paths.template(value, location, scope)
