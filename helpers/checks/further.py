"""The exercises of notebook 09: a prediction, a reader to write, an expression to repair, the history."""

from __future__ import annotations

import json
import re
from typing import Any

from helpers.checks._judge import NotYet, check, number
from helpers.checks._trial import attempt
from helpers.checks._visits import last_visit
from helpers.session import current

#: The rows of a file, and what a reader with a header in its first line makes of them.
_ROWS = [{"shop": "Larkspur", "text": "Cold, and late"}, {"shop": "Pinewood", "text": "Good"}] * 8
_FILE = "shop;text\n" + "".join(f"{row['shop']};{row['text']}\n" for row in _ROWS)
_SHOPS = (
    [{"shop": "Fern Field", "share": 6}, {"shop": "Larkspur", "share": 34}, {"shop": "Pinewood", "share": 14}],
    [{"shop": "Pinewood", "share": 51}, {"shop": "Larkspur", "share": 34}],
    [{"shop": "A", "share": 9}, {"shop": "B", "share": 3}, {"shop": "C", "share": 10}],
)


@check
def child_executions(prediction: Any, execution: Any) -> str:
    """How many child executions a Map Run had."""
    children = len(_children(execution))
    if number(prediction, "children = 1") != children:
        raise NotYet(f"there were {children}. Each has a batch of 25 comments.")
    return f"{children}, one for each batch of 25."


@check
def csv_reader(reader: Any) -> str:
    """An ItemReader for a CSV file with semicolons and a header, which stops after ten rows."""
    if not isinstance(reader, dict):
        raise NotYet(
            f'a dict is asked for, not {reader!r}: {{"Resource": ..., "ReaderConfig": ..., "Parameters": ...}}.'
        )
    inside = {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}}
    processor = {**inside, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    trial = {"Type": "Map", "ItemReader": reader, "ItemSelector": {"row.$": "$$.Map.Item.Value"}, "End": True}
    answer = attempt(
        trial | {"ItemProcessor": processor},
        mock={"result": "[]"},
        inspectionLevel="DEBUG",
        stateConfiguration={"mapItemReaderData": _FILE},
    )
    if answer["status"] != "SUCCEEDED":
        raise NotYet(f"the Map fails: {answer.get('error')}: {answer.get('cause')}")
    rows = [item["row"] for item in json.loads(answer["inspectionData"]["afterItemSelector"])]
    if rows and rows[0] != _ROWS[0]:
        raise NotYet(f"the first item is {json.dumps(rows[0])}, and should be {json.dumps(_ROWS[0])}.")
    if len(rows) != 10:
        raise NotYet(f"of a file of {len(_ROWS)} rows it reads {len(rows)}, not ten.")
    key = reader.get("Parameters", {}).get("Key")
    if key != "today.csv":
        raise NotYet(f"its Key is {key!r}, and the file is today.csv.")
    return "each item is a row with the names of the header, and it stops after ten."


@check
def worst_shop(expression: Any) -> str:
    """An expression in JSONata: the name of the shop with the largest share."""
    if not isinstance(expression, str) or not re.fullmatch(r"\{%.*%\}", expression.strip(), re.DOTALL):
        raise NotYet(f'an expression is text between {{% and %}}, and this is {expression!r}: "{{% $shops %}}".')
    for shops in _SHOPS:
        state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": expression.strip(), "End": True}
        answer = attempt(state, variables=json.dumps({"shops": shops}))
        if answer["status"] != "SUCCEEDED":
            raise NotYet(f"it fails: {answer.get('cause') or answer.get('error')}")
        worst = max(shops, key=lambda shop: int(str(shop["share"])))["shop"]
        if answer["output"] != worst:
            raise NotYet(f"of {json.dumps(shops)} it makes {json.dumps(answer['output'])}, not {json.dumps(worst)}.")
    return "it names the worst shop, wherever it stands in the list."


@check
def run_again(answer: Any, execution: Any) -> str:
    """How many child executions a redrive ran again."""
    again = sum(child.get("redriveCount", 0) > 0 for child in _children(execution))
    if number(answer, "again = 9") != again:
        raise NotYet(f"not {answer}. It runs again what had not succeeded: count the statuses that are printed there.")
    return f"{again}: whatever had not succeeded, the failed one and those that its failure stopped."


@check
def tries_to_rate(answer: Any, execution: Any) -> str:
    """How often a task was tried."""
    visit = last_visit(execution, "Rate the comment")
    if number(answer, "tries = 9") != visit.tries:
        raise NotYet(f"not {answer}. Count TaskScheduled in show.events(throttled).")
    return f"{visit.tries}: the last one was answered."


@check
def days_of_the_execution(answer: Any, execution: Any) -> str:
    """How many days an execution lasted, on the cloud's clock."""
    last_visit(execution, "Give it some days")
    days = round(execution.seconds / 86400)
    if number(answer, "days = 9") != days:
        raise NotYet(f"not {answer}. Look at followed.seconds, or at the first and last event.")
    return f"{days} in the history, and moments at your desk."


def _children(execution: Any) -> list[dict[str, Any]]:
    """The child executions of the Map Run that an execution started.

    Raises:
        NotYet: it is no execution, or started none.
    """
    if not hasattr(execution, "events"):
        raise NotYet("the execution is missing: run the cell that starts it, then this one.")
    started = [event for event in execution.events if event["type"] == "MapRunStarted"]
    if not started:
        raise NotYet("this execution has no Map Run: run the cell that starts it, then this one.")
    session = current()
    with session.alive():
        found: list[dict[str, Any]] = session.client("stepfunctions").list_executions(
            mapRunArn=started[0]["mapRunStartedEventDetails"]["mapRunArn"], maxResults=1000
        )["executions"]
    return found
