"""The game day of notebook 10: each repaired workflow is run on samples that the reader does not see.

A verdict says what still happens, as the customer would, and never why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from draw import history
from helpers.checks._judge import NotYet, check, result_of

#: notebooks/src/game_day's GameDay.
Game = Any
Definition = Mapping[str, Any]


@check
def repaired(repair: Any, game: Game, number: int) -> str:
    """An incident's workflow after `repair(definition)`, which returns the definition that is to take its place."""
    definition = result_of(repair, "repair(definition)", game.definition(number))
    if not isinstance(definition, dict):
        raise NotYet(f"repair returns {definition!r}. Its last line is `return definition`.")
    game.tries[number] += 1
    why = _JUDGES[number](game, definition)
    return f"{why} {game.score(number)} points."


def _ended(execution: Any) -> str:
    """How an execution ended, as somebody who watches it would say."""
    if execution.status == "SUCCEEDED":
        return f"gave {json.dumps(execution.output)[:150]}"
    guilty = history.read(execution.events).failed()
    where = f' at "{guilty.state}"' if guilty else ""
    return f"ended {execution.status}{where}: {execution.error or (guilty and guilty.error) or 'no error name'}"


def _hold(true: Any, what: str, execution: Any) -> None:
    if not true:
        raise NotYet(f"{what}: the execution {_ended(execution)}.")


def _lost_order(game: Game, definition: Definition) -> str:
    for sample in range(3):
        chance = game.draw(1, sample)
        data = {"order": f"L-{sample}{chance.randrange(100, 999)}", "quantity": chance.randrange(1, 9)}
        data["price"] = chance.randrange(3, 30)
        ran, total = game.run(1, data, definition), data["quantity"] * data["price"]
        what = f"{data['order']}, {data['quantity']} at {data['price']}, should be stored with its total of {total}"
        item = game.item(f"order/{data['order']}") or {}
        _hold(ran.status == "SUCCEEDED" and item.get("total") == {"N": str(total)}, what, ran)
    return "Three orders are stored, each with its own total."


def _tries(execution: Any) -> int:
    return max((visit.tries for visit in history.read(execution.events).visits), default=0)


def _card(game: Game, number: int, card: str) -> dict[str, Any]:
    """An order that nobody has counted yet."""
    order = f"{card[0].upper()}-{number}{game.tries[number]}{game.draw(number, card).randrange(1000)}"
    return {"order": order, "card": card}


def _busy_bank(game: Game, definition: Definition) -> str:
    for card in ("busy", "good"):
        ran = game.run(2, _card(game, 2, card), definition)
        _hold(ran.status == "SUCCEEDED", f"a customer whose card is {card} should be charged", ran)
    for card in ("declined", "unknown"):
        ran = game.run(2, _card(game, 2, card), definition)
        _hold(ran.status == "FAILED", f"an order with the card {card!r} should end FAILED", ran)
        _hold(_tries(ran) == 1, f"the bank was asked {_tries(ran)} times about the card {card!r}", ran)
    return "The busy bank is asked again, and nobody asks twice about a card that is declined."


def _woken_person(game: Game, definition: Definition) -> str:
    for card, expected in (("declined", "another card"), ("unknown", "person"), ("good", "thanked")):
        ran = game.run(3, _card(game, 3, card), definition)
        given = ran.output.get("decision") if ran.status == "SUCCEEDED" else None
        _hold(given == expected, f"the decision for the card {card!r} should be {expected!r}", ran)
        _hold(ran.output.get("order") == ran.input["order"], "nobody knows whose order it was", ran)
    return "A declined card asks the customer, a fault of the bank's wakes somebody."


def _foreign_label(game: Game, definition: Definition) -> str:
    for city, country in (("Porto", "PT"), ("Graz", "AT"), ("Cork", "IE")):
        ran = game.run(4, {"order": "A-1", "address": {"city": city, "country": country}}, definition)
        expected = city if country == "PT" else f"{city}, {country}"
        made = ran.status == "SUCCEEDED" and ran.output == {"to": expected}
        _hold(made, f"the label should say {expected!r} and nothing else", ran)
    return "Labels for here and for abroad say where to."


def _round_sum(game: Game, definition: Definition) -> str:
    for total in (99.99, 100, game.draw(5).randrange(101, 900), 0):
        ran = game.run(5, {"order": "A-1", "total": total}, definition)
        expected = "courier" if total >= 100 else "parcel"
        sent = ran.status == "SUCCEEDED" and ran.output == {"order": "A-1", "total": total, "by": expected}
        _hold(sent, f"an order of {total} should go by {expected}", ran)
    return "Every sum has its way."


def _endless_print(game: Game, definition: Definition) -> str:
    def job(kind: str) -> Any:
        return game.run(6, {"job": f"{kind}-{game.tries[6]}-{game.seed}", "kind": kind}, definition)

    short = job("short")
    _hold(short.status == "SUCCEEDED", "a job that is done at the third look should be delivered", short)
    torn = job("torn")
    _hold(torn.error == "PrintFailed", "a job that failed after a minute should end with PrintFailed", torn)
    late = f"the customer was told after {torn.seconds or 0:.0f} s, and should be in five minutes"
    _hold((torn.seconds or 0) < 300, late, torn)
    stuck = job("stuck")
    _hold(stuck.status != "SUCCEEDED", "a job that is never done should not be delivered", stuck)
    _hold((stuck.seconds or 0) <= 3700, "a job that is never done should be given up after an hour", stuck)
    return "Done is delivered, failed is told at once, and what is never done ends after an hour."


def _silent_warehouse(game: Game, definition: Definition) -> str:
    for sample in range(2):
        order = f"W-{game.draw(7, sample).randrange(100, 999)}"
        messages: list[Any] = []
        ran = game.run(7, {"order": order}, definition, meanwhile=lambda to=messages: to.append(game.warehouse()))
        _hold(messages[0] is not None, "no message came to the warehouse", ran)
        answered = ran.status == "SUCCEEDED" and ran.output.get("shelf") == 7 and ran.output.get("order") == order
        _hold(answered, f"the warehouse answers for {order}, and the workflow should go on with its answer", ran)
    return "The warehouse's answer comes to the execution that asked."


def _crowded_packers(game: Game, definition: Definition) -> str:
    for number in (3, game.draw(8).randrange(30, 45)):
        items = [f"item {each}" for each in range(number)]
        ran = game.run(8, {"items": items}, definition)
        packed = ran.status == "SUCCEEDED" and ran.output == items
        _hold(packed, f"{number} items should be packed, in their order", ran)
    return "Few or many, all are packed."


def _long_recording(game: Game, definition: Definition) -> str:
    for minutes in (2, 90, game.draw(9).randrange(380, 480)):
        ran = game.run(9, {"minutes": minutes}, definition)
        counted = ran.status == "SUCCEEDED" and ran.output == {"words": 150 * minutes}
        what = f"a recording of {minutes} minutes has {150 * minutes} words, which should be all of the output"
        _hold(counted, what, ran)
    return "A recording of any length is counted."


def _charged_twice(game: Game, definition: Definition) -> str:
    customer = {"customer": "Ada", "line": "bad"}
    for sample in range(2):
        data = customer | {"order": f"T-{game.tries[10]}{game.draw(10, sample).randrange(1000)}-{sample}", "total": 20}
        ran = game.run(10, data, definition)
        _hold(ran.status == "SUCCEEDED", "an order should go through though the bank's answer is lost once", ran)
        times = game.bookings().count(data["order"])
        _hold(times == 1, f"Ada's order {sample + 1} should be booked once, and is booked {times} times", ran)
    return "One order is one booking, however often the bank is asked."


def _slow_carrier(game: Game, definition: Definition) -> str:
    for delay, by in ((0, "carrier"), (game.draw(11).randrange(70, 85), "carrier"), (3600, "person")):
        faults = {"on": "dynamodb:GetItem", "delay": delay} if delay else None
        ran = game.run(11, {"order": "A-1"}, definition, faults=faults)
        slow = f"a carrier that answers after {delay} s"
        sent = ran.status == "SUCCEEDED" and ran.output.get("by") == by
        _hold(sent, f"with {slow}, the order should go to the {by}", ran)
        _hold((ran.seconds or 0) <= 300, f"with {slow}, it took {ran.seconds or 0:.0f} s, and may take 300", ran)
    return "The carrier has the time that it needs, and a person has the order in five minutes."


def _unread_child(game: Game, definition: Definition) -> str:
    good = game.run(12, {"book": "B", "part": f"part {game.draw(12).randrange(9)}"}, definition)
    child = good.output.get("child", {}) if good.status == "SUCCEEDED" else {}
    pages = child.get("Output") if isinstance(child, dict) else None
    _hold(isinstance(pages, dict) and pages.get("pages") == 12, "the report should have 12 at child.Output.pages", good)
    broken = game.run(12, {"book": "B", "part": "broken part"}, definition)
    _hold(broken.status == "FAILED", "a report says done of a part that was never printed", broken)
    return "The report waits for the part, and has its pages."


_JUDGES: dict[int, Callable[[Game, Definition], str]] = dict(
    enumerate(
        (
            _lost_order,
            _busy_bank,
            _woken_person,
            _foreign_label,
            _round_sum,
            _endless_print,
            _silent_warehouse,
            _crowded_packers,
            _long_recording,
            _charged_twice,
            _slow_carrier,
            _unread_child,
        ),
        1,
    )
)
