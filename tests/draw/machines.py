"""Workflows to draw, each with something that a layout can get wrong, and histories of executions."""

from __future__ import annotations

from typing import Any

LAMBDA = "arn:aws:states:::lambda:invoke"
ANY = ["States.ALL"]

Machine = dict[str, Any]


def task(following: str | None = None, resource: str = LAMBDA, **fields: Any) -> dict[str, Any]:
    """A Task that goes on to another state, or ends."""
    way = {"Next": following} if following else {"End": True}
    return {"Type": "Task", "Resource": resource, **way, **fields}


def catch(handler: str, *errors: str) -> dict[str, Any]:
    return {"ErrorEquals": list(errors) or ANY, "Next": handler}


def chain(*names: str) -> Machine:
    """Tasks one after the other."""
    following = [*names[1:], None]
    return {
        "StartAt": names[0],
        "States": {name: task(after) for name, after in zip(names, following, strict=True)},
    }


ONE = {"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}

# A loop, a Parallel, a Map, two choices, three catches into one handler: the reference picture's machine.
TRAIN = {
    "StartAt": "Validate input",
    "States": {
        "Validate input": task("Start training", Catch=[catch("Notify failure")]),
        "Start training": task(
            "Wait",
            "arn:aws:states:::sagemaker:createTrainingJob",
            Retry=[{"ErrorEquals": ANY, "MaxAttempts": 3}],
            Catch=[catch("Notify failure", "States.TaskFailed")],
        ),
        "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Get status"},
        "Get status": task("Training done?"),
        "Training done?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.status", "StringEquals": "Completed", "Next": "Evaluate"},
                {"Variable": "$.status", "StringEquals": "Failed", "Next": "Notify failure"},
            ],
            "Default": "Wait",
        },
        "Evaluate": {
            "Type": "Parallel",
            "Branches": [chain("Accuracy"), chain("Sample", "Bias report"), chain("Explain")],
            "Catch": [catch("Notify failure")],
            "Next": "Good enough?",
        },
        "Good enough?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.accuracy", "NumericGreaterThanEquals": 0.9, "Next": "Score batches"}],
            "Default": "Rejected",
        },
        "Score batches": {
            "Type": "Map",
            "ItemsPath": "$.batches",
            "MaxConcurrency": 2,
            "ItemProcessor": chain("Load batch", "Score batch"),
            "Next": "Published",
        },
        "Published": {"Type": "Succeed"},
        "Notify failure": task("Rejected", "arn:aws:states:::sns:publish"),
        "Rejected": {"Type": "Fail", "Error": "Rejected"},
    },
}

NESTED = {
    "StartAt": "Outer",
    "States": {
        "Outer": {
            "Type": "Parallel",
            "End": True,
            "Branches": [
                {
                    "StartAt": "Each",
                    "States": {
                        "Each": {
                            "Type": "Map",
                            "End": True,
                            "ItemProcessor": {
                                "StartAt": "Both",
                                "States": {
                                    "Both": {
                                        "Type": "Parallel",
                                        "End": True,
                                        "Branches": [chain("A", "A2"), chain("B")],
                                    }
                                },
                            },
                        }
                    },
                },
                chain("Beside"),
            ],
        }
    },
}

KINDS = ("image", "audio", "receipt", "clicks", "text")

# Six ways out of one Choice, five catches into one handler, a loop from the handler back to the top.
ROUTES: Machine = {
    "StartAt": "Route",
    "States": {
        "Route": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.kind", "StringEquals": kind, "Next": f"Do {kind}"} for kind in KINDS],
            "Default": "Unknown kind",
        },
        **{f"Do {kind}": task("Index", Catch=[catch("Apologise")]) for kind in KINDS},
        "Unknown kind": {"Type": "Fail", "Error": "UnknownKind"},
        "Index": task("Done"),
        "Done": {"Type": "Succeed"},
        "Apologise": task("Again?"),
        "Again?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.again", "BooleanEquals": True, "Next": "Route"}],
            "Default": "Done",
        },
    },
}

LONG_NAME = "A very long state name that goes on and on until it is eighty characters in all!"

# Names that are long, right to left, emoji or markup; a state that loops to itself; one that nothing leads to;
# one that is named but not defined.
ODD = {
    "StartAt": "One",
    "States": {
        "One": {"Type": "Pass", "Next": LONG_NAME},
        LONG_NAME: task("قراءة الإيصال"),
        "قراءة الإيصال": task("🧾 <script>alert(1)</script>"),
        "🧾 <script>alert(1)</script>": task("Not there"),
        "Lost": task("One"),
        "Self": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "Self"}],
            "Default": "One",
        },
    },
}


def sixty() -> Machine:
    """Sixty states: a Choice that jumps ahead now and then, every Task with a catch."""
    states: Machine = {"Oops": {"Type": "Fail"}}
    for i in range(59):
        after, ahead = f"S{i + 1}", f"S{min(i + 3, 58)}"
        if i % 7 or i == 58:
            states[f"S{i}"] = task(after if i < 58 else None, Catch=[catch("Oops")])
        else:
            rule = {"Variable": "$.a", "NumericGreaterThan": i, "Next": ahead}
            states[f"S{i}"] = {"Type": "Choice", "Choices": [rule], "Default": after}
    return {"StartAt": "S0", "States": states}


def compared(name: str, value: Any, following: str, variable: str = "$.a") -> dict[str, Any]:
    """A Choice rule."""
    return {"Variable": variable, name: value, "Next": following}


# Every form of a Choice rule, in three Choices that come one after the other.
CHOICES: Machine = {
    "StartAt": "Numbers and times",
    "States": {
        "Numbers and times": {
            "Type": "Choice",
            "Choices": [
                compared("NumericLessThanPath", "$.limits.lowest", "Low"),
                compared("TimestampGreaterThan", "2026-01-05T09:00:00Z", "Late", "$.received.from.the.customer.at"),
                {
                    "And": [
                        {"Variable": "$.total", "NumericGreaterThanEquals": 50},
                        {"Not": {"Variable": "$.total", "NumericGreaterThan": 100}},
                        {"Or": [{"Variable": "$.vip", "BooleanEquals": True}, {"Variable": "$.n", "NumericEquals": 1}]},
                    ],
                    "Next": "Text",
                },
            ],
            "Default": "Text",
        },
        "Low": {"Type": "Pass", "Next": "Text"},
        "Late": {"Type": "Fail", "Error": "TooLate"},
        "Text": {
            "Type": "Choice",
            "Choices": [
                compared("StringMatches", "receipts/*.png", "Types", "$.key"),
                compared("StringEquals", "", "Empty", "$.note"),
                compared("BooleanEquals", False, "Empty", "$.wanted"),
            ],
        },
        "Empty": {"Type": "Succeed"},
        "Types": {
            "Type": "Choice",
            "Choices": [
                compared("IsPresent", False, "Nothing"),
                compared("IsNull", True, "Nothing"),
                compared("IsTimestamp", True, "Text"),
                {
                    "Condition": "{% $states.input.lines[0].price > $threshold and $exists($states.input.sum) %}",
                    "Next": "End it",
                },
            ],
            "Default": "Nothing",
        },
        "Nothing": {"Type": "Pass", "End": True},
        "End it": {"Type": "Wait", "Seconds": 3, "End": True},
    },
}

STATES = "arn:aws:states:us-east-1:123456789012"
START_CHILD = "arn:aws:states:::states:startExecution.sync:2"

CHILD = {
    "StartAt": "Read",
    "States": {
        "Read": task("Readable?"),
        "Readable?": {"Type": "Choice", "Choices": [compared("BooleanEquals", True, "Keep")], "Default": "Refuse"},
        "Keep": task(),
        "Refuse": {"Type": "Fail", "Error": "Unreadable"},
    },
}
PARENT: Machine = {
    "StartAt": "Each receipt",
    "States": {
        "Each receipt": {
            "Type": "Map",
            "ItemsPath": "$.receipts",
            "Next": "Report",
            "ItemProcessor": {
                "StartAt": "Convert",
                "States": {
                    "Convert": task(
                        resource=START_CHILD,
                        Parameters={"StateMachineArn": f"{STATES}:stateMachine:convert", "Input.$": "$"},
                        Catch=[catch("Set aside", "States.TaskFailed")],
                    ),
                    "Set aside": {"Type": "Pass", "End": True},
                },
            },
        },
        "Report": task(),
    },
}

MANY: Machine = {
    "StartAt": "Score all",
    "States": {
        "Score all": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 40,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, **chain("Read", "Score")},
            "Next": "Sum up",
        },
        "Sum up": task(),
    },
}

MACHINES: dict[str, Machine] = {
    "one": ONE,
    "train": TRAIN,
    "nested": NESTED,
    "routes": ROUTES,
    "odd": ODD,
    "choices": CHOICES,
    "many": MANY,
    "sixty": sixty(),
}


class History:
    """Builds a history as GetExecutionHistory gives it: each call adds events and returns the last one's id."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.now = 1_767_603_600.0  # any moment will do
        self.add("ExecutionStarted", 0)

    def add(self, kind: str, previous: int, after: float = 0.0, **details: Any) -> int:
        """One event, `after` seconds later."""
        self.now += after
        number = len(self.events) + 1
        event = {"id": number, "previousEventId": previous, "timestamp": self.now, "type": kind}
        if details:
            event[kind[0].lower() + kind[1:] + "EventDetails"] = details
        self.events.append(event)
        return number

    def enter(self, name: str, kind: str = "Task", previous: int | None = None) -> int:
        previous = len(self.events) if previous is None else previous
        self.add(f"{kind}StateEntered", previous)
        self.events[-1]["stateEnteredEventDetails"] = {"name": name}
        return len(self.events)

    def leave(self, name: str, kind: str = "Task", previous: int | None = None) -> int:
        previous = len(self.events) if previous is None else previous
        self.add(f"{kind}StateExited", previous)
        self.events[-1]["stateExitedEventDetails"] = {"name": name}
        return len(self.events)

    def attempt(self, previous: int, seconds: float = 2.0, error: str | None = None) -> int:
        """A Task's try, from TaskScheduled to its end."""
        scheduled = self.add("TaskScheduled", previous)
        started = self.add("TaskStarted", scheduled)
        if error is None:
            return self.add("TaskSucceeded", started, seconds)
        return self.add("TaskFailed", started, seconds, error=error, cause="it did not work")

    def visit(self, name: str, previous: int | None = None, tries: tuple[str | None, ...] = (None,)) -> int:
        """A Task state from entry to exit, with the error of each try (None: it succeeded)."""
        last = self.enter(name, previous=previous)
        for error in tries:
            last = self.attempt(last, error=error)
        return self.leave(name, previous=last)
