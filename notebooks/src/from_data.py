"""Notebook 09: fields whose values come from the data, in both languages, and what is said of a value that is none."""

import json
from textwrap import shorten

DATA = {"seconds": 5, "until": "2026-01-05T09:00:00Z", "shop": "Larkspur", "why": "No soup", "few": 2, "orders": [7, 8]}
INNER = {"StartAt": "Look", "States": {"Look": {"Type": "Pass", "End": True}}}
CHILDREN = {"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, **INNER}}

#: Type and field of a state, and members of the data to take its value from: the first ones are right.
FIELDS = [
    ("Wait", "Seconds", ["seconds", "shop", "nothing"]),
    ("Wait", "Timestamp", ["until", "shop"]),
    ("Fail", "Error", ["why", "few"]),
    ("Map", "MaxConcurrency", ["few", "shop"]),
    ("Map", "ToleratedFailurePercentage", ["few", "shop"]),
    ("Map", "Items", ["orders", "shop"]),
]


def in_both(kind, field, member):
    """The state in JSONPath, where the field's name ends in Path, and in JSONata, where its value is an expression."""
    common = {"Type": kind} | ({} if kind == "Fail" else {"End": True})
    path, expression = dict(common), common | {"QueryLanguage": "JSONata"}
    if kind == "Map":
        path |= {"ItemsPath": "$.orders", **CHILDREN}
        expression |= {"Items": "{% $states.input.orders %}", **CHILDREN}
    return path | {f"{field}Path": f"$.{member}"}, expression | {field: f"{{% $states.input.{member} %}}"}


def from_data(workshop):
    """Print each field, and what TestState says."""
    states = workshop.client("stepfunctions")
    for kind, field, members in FIELDS:
        mock = {"mock": {"result": "[1, 2]"}} if kind == "Map" else {}  # a Map is mocked as a whole
        for member in members:
            for state in in_both(kind, field, member):
                answer = states.test_state(definition=json.dumps(state), input=json.dumps(DATA), **mock)
                name, value = next((name, value) for name, value in reversed(state.items()) if name.startswith(field))
                print(f"{kind:5} {name:31} {value:31} {answer['status']}")
                if "error" in answer:
                    said = ": ".join(filter(None, (answer["error"], answer.get("cause"))))
                    print("   ", shorten(said, 111, placeholder=" …"))
