"""The exercises of notebook 05."""

from __future__ import annotations

import json
from typing import Any

from helpers.checks import _trial
from helpers.checks._judge import NotYet, check


@check
def doubtful_photo(rule: Any) -> str:
    """A Choice rule for photos in which anything unsafe was found."""
    samples = []
    for unsafe in ([], ["Alcoholic Beverages", "Alcohol"], ["Violence"]):
        tags = {"photo": "library/a.jpg", "labels": ["Bottle"], "words": [], "unsafe": unsafe}
        goes = "goes to a person" if unsafe else "is published"
        samples.append((tags, bool(unsafe), f"a photo with unsafe = {unsafe} {goes}"))
    _trial.rule(rule, samples)
    return "whatever was found, a person looks at it; the rest is published."


@check
def one_in_twenty(tolerance: Any) -> str:
    """How many items of a distributed Map may fail: 5 %, and not one more, of any number."""
    if not isinstance(tolerance, dict) or not any(str(field).startswith("Tolerated") for field in tolerance):
        raise NotYet(f'a dict with one field is asked for, not {tolerance!r}: {{"Tolerated...": ...}}.')
    for broken, photos, enough in (
        *((1, 20, True), (2, 20, False), (2, 40, True), (3, 40, False)),
        *((5, 100, True), (6, 100, False), (50, 1000, True), (51, 1000, False)),
    ):
        inside = {"StartAt": "Look", "States": {"Look": {"Type": "Pass", "End": True}}}
        processor = {**inside, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
        trial = {"Type": "Map", "ItemsPath": "$.photos", "ItemProcessor": processor, **tolerance, "End": True}
        answer = _trial.attempt(
            trial,
            {"photos": list(range(photos))},
            mock={"result": json.dumps([0] * photos)},
            stateConfiguration={"mapIterationFailureCount": broken},
        )
        went = answer["status"] == "SUCCEEDED"
        if not went and answer.get("error") != "States.ExceedToleratedFailureThreshold":
            raise NotYet(f"the Map itself fails: {answer.get('error')}: {answer.get('cause')}")
        if went is not enough:
            may, did = ("may", "fails") if enough else ("may not", "succeeds")
            raise NotYet(f"{broken} of {photos} {may} fail, but with your field the Map {did}.")
    return "one in twenty may fail, of twenty photos as of a million."
