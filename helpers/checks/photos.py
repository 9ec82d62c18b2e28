"""The exercises of notebook 05: a prediction, a state to repair, a Choice, a tolerance, questions to the history."""

from __future__ import annotations

import json
from typing import Any

from helpers.checks._judge import NotYet, check, number, result_of
from helpers.checks._trial import attempt, way, written
from helpers.checks._visits import visits
from helpers.session import current

TAGS = {"photo": "library/a.jpg", "labels": ["Bottle"], "words": ["Chianti"], "unsafe": ["Alcohol"]}
STARTED = {"ExecutionArn": "arn:aws:states:us-east-1:123456789012:execution:child:1", "StartDate": 1.0}


@check
def children_at_the_end(prediction: Any, parent: Any) -> str:
    """How many children had ended when a parent that fires and forgets ended."""
    session = current()
    states, arns = session.client("stepfunctions"), [answer["ExecutionArn"] for answer in parent.output["tagged"]]
    end = parent.events[-1]["timestamp"]
    with session.alive():
        stops = [states.describe_execution(executionArn=arn).get("stopDate") for arn in arns]
    ended = sum(stop is not None and stop <= end for stop in stops)
    if number(prediction, "children_ended = 1") != ended:
        raise NotYet(
            f"{ended} of {len(arns)} had. The parent ended after {parent.seconds:.1f} s; it only started them."
        )
    return f"{ended} of {len(arns)}: the parent ended after {parent.seconds:.1f} s, and its children had hardly begun."


@check
def childs_answer(make: Any) -> str:
    """A function that makes the state that starts the child, waits for it, and puts out its answer alone."""
    state = result_of(make, "tag_for_front_page()")
    fields = written(state, "A state", "start_child(IntegrationPattern.")
    if "startExecution" not in str(fields.get("Resource")):
        raise NotYet("that state starts no execution. Make it with start_child(...).")
    data = {"bucket": "workshop", "key": TAGS["photo"]}
    answer = attempt({**_without_next(fields), "End": True}, data, result=_result(fields["Resource"]))
    if answer["status"] != "SUCCEEDED":
        raise NotYet(f"the state fails: {answer.get('cause') or answer.get('error')}")
    output = answer["output"]
    if output == TAGS:
        return "the state waits for the child, and its output is the child's answer."
    if not isinstance(output, dict):
        raise NotYet(f"the output is {json.dumps(output)[:80]}, which is text: .sync gives text, .sync:2 gives JSON.")
    if fields["Resource"].endswith("startExecution"):
        raise NotYet(f"it does not wait. All that the parent has is {', '.join(output)}.")
    if TAGS in output.values():
        raise NotYet(f"the answer is inside the output, which is {', '.join(output)}. Let the answer alone go on.")
    raise NotYet(f"the output is {', '.join(output) or 'empty'}, and the child's answer is not in it.")


def _without_next(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in ("Next", "End", "Catch")}


def _result(resource: str) -> dict[str, Any]:
    """What startExecution answers: at once, when the child has ended, or the same with its output as JSON."""
    if not resource.partition("startExecution")[2]:
        return STARTED
    output: Any = TAGS if resource.endswith(".sync:2") else json.dumps(TAGS)
    return {**STARTED, "Output": output, "Status": "SUCCEEDED"}


@check
def doubtful_photo(choose: Any) -> str:
    """A function that makes a Choice: whatever is unsafe goes to a person, the rest is published."""
    from stepfunctions import steps

    choice = result_of(choose, "choose(publish, ask_a_person)", steps.Pass("Publish"), steps.Pass("Ask a person"))
    fields = written(choice, "A Choice state", 'steps.Choice("Fit for everybody?")')
    if fields.get("Type") != "Choice":
        raise NotYet(f"a Choice state is asked for, and this is of type {fields.get('Type')}.")
    for unsafe in ([], ["Alcoholic Beverages", "Alcohol"], ["Violence"], ["Gambling", "Weapons", "Smoking"]):
        went = way(fields, {**TAGS, "unsafe": unsafe})
        expected = "Ask a person" if unsafe else "Publish"
        if went != expected:
            raise NotYet(f"a photo with unsafe = {unsafe} should lead to {expected}, and leads to {went}.")
    return "whatever was found, a person looks at it; the rest is published."


@check
def one_in_twenty(tolerance: Any) -> str:
    """How many items of a distributed Map may fail: 5 %, and not one more, of any number."""
    from stepfunctions import steps

    from helpers.steps import DistributedMap

    if not isinstance(tolerance, dict) or not any(str(name).startswith("tolerated_") for name in tolerance):
        raise NotYet(f'a dict with one argument is asked for, not {tolerance!r}: {{"tolerated_...": ...}}.')
    library = DistributedMap("Look at all", iterator=steps.Pass("Look"), items_path="$.photos", **tolerance)
    trial = {**library.to_dict(), "End": True}
    for broken, photos, enough in (
        *((1, 20, True), (2, 20, False), (2, 40, True), (3, 40, False)),
        *((5, 100, True), (6, 100, False), (50, 1000, True), (51, 1000, False)),
    ):
        answer = attempt(
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
            raise NotYet(f"{broken} of {photos} {may} fail, but with your argument the Map {did}.")
    return "one in twenty may fail, of twenty photos as of a million."


@check
def children_started(answer: Any, parent: Any) -> str:
    """How many child executions a parent started."""
    children = sum(visit.state == "Tag the photo" for visit in visits(parent))
    if number(answer, "children = 9") != children:
        raise NotYet(f'not {answer}. How often was "Tag the photo" entered?')
    return f"{children}, one for each photo."


@check
def words_written(answer: Any, parent: Any) -> str:
    """How many words a parent wrote to the catalog."""
    words = sum(visit.state == "Write the word" for visit in visits(parent))
    if number(answer, "words = 99") != words:
        raise NotYet(f'not {answer}. The Map "Each word" has an iteration for each; show(catalogued) counts them.')
    return f"{words}, an iteration of the second Map for each."


@check
def error_of_the_child(answer: Any, parent: Any) -> str:
    """The error of the child that failed, which stands in the cause that its parent has."""
    if not getattr(parent, "cause", None):
        raise NotYet('this execution did not fail. Run the cell under "When it fails", then this one.')
    error = json.loads(parent.cause)["Error"]
    if answer == parent.error:
        raise NotYet(f"{answer} is what the parent says. The child's own error stands in the cause.")
    if answer != error:
        raise NotYet(f"not {answer!r}. Look at the field Error in the JSON of outcome.cause.")
    return f"{error}. The parent can only catch States.TaskFailed; what it means stands in the cause."
