"""What is read from events alone: visits, tries, transitions, and who is to blame."""

from __future__ import annotations

from datetime import UTC, datetime

from draw import history
from draw.model import END, START
from tests.draw.machines import History


def test_a_retry_and_then_success_is_one_visit_with_two_tries() -> None:
    recording = History()
    last = recording.visit("Train", tries=("Busy", None))
    recording.add("ExecutionSucceeded", last)
    trace = history.read(recording.events)
    assert trace.status == "succeeded"
    assert [(visit.state, visit.status, visit.tries) for visit in trace.visits] == [("Train", "succeeded", 2)]
    assert trace.states()["Train"].retries == 1
    assert trace.taken == {(START, "Train", "flow"): 1, ("Train", END, "flow"): 1}


def test_an_error_that_was_caught_leaves_by_the_catch() -> None:
    recording = History()
    recording.visit("Train", tries=("Busy", "Busy"))
    recording.visit("Mend")
    trace = history.read(recording.events)
    train = trace.states()["Train"]
    assert (train.status, train.error, train.retries) == ("caught", "Busy", 1)
    assert trace.taken["Train", "Mend", "catch"] == 1
    assert trace.failed() is None


def test_a_loop_is_counted() -> None:
    recording = History()
    for _ in range(3):
        recording.enter("Wait", "Wait")
        recording.leave("Wait", "Wait")
        recording.enter("Done?", "Choice")
        recording.leave("Done?", "Choice")
    trace = history.read(recording.events)
    assert trace.states()["Wait"].visits == 3
    assert trace.taken["Done?", "Wait", "flow"] == 2


def test_interleaved_branches_come_apart() -> None:
    recording = History()
    both = recording.enter("Both", "Parallel")
    started = recording.add("ParallelStateStarted", both)
    first = recording.enter("First", previous=started)
    second = recording.enter("Second", previous=started)
    first = recording.attempt(first)
    second = recording.attempt(second)
    recording.leave("Second", previous=second)
    first = recording.leave("First", previous=first)
    third = recording.visit("Third", previous=first)
    done = recording.add("ParallelStateSucceeded", third)
    recording.leave("Both", "Parallel", previous=done)
    trace = history.read(recording.events)
    holders = {visit.state: visit.holder.state if visit.holder else None for visit in trace.visits}
    assert holders == {"Both": None, "First": "Both", "Second": "Both", "Third": "Both"}
    assert trace.taken["First", "Third", "flow"] == 1
    assert ("Second", "Third", "flow") not in trace.taken
    assert {visit.status for visit in trace.visits} == {"succeeded"}


def test_iterations_of_a_map_are_counted_and_told_apart() -> None:
    recording = History()
    each = recording.enter("Each", "Map")
    begun = recording.add("MapStateStarted", each, length=3)
    ends = []
    for index in range(3):
        opened = recording.add("MapIterationStarted", begun, name="Each", index=index)
        last = recording.visit("Work", previous=opened, tries=("Boom",) if index == 1 else (None,))
        ends.append(recording.add("MapIterationSucceeded", last, name="Each", index=index))
    done = recording.add("MapStateSucceeded", ends[-1])
    recording.leave("Each", "Map", previous=done)
    states = history.read(recording.events).states()
    assert states["Each"].iterations == (3, 3)
    assert (states["Work"].visits, states["Work"].status, states["Work"].error) == (3, "caught", "Boom")
    assert states["Work"].share == (1, 3)
    assert states["Each"].status == "succeeded"


def test_the_innermost_failed_state_is_named_and_its_neighbours_are_aborted() -> None:
    recording = History()
    both = recording.enter("Both", "Parallel")
    started = recording.add("ParallelStateStarted", both)
    first = recording.enter("First", previous=started)
    recording.enter("Second", previous=started)
    failed = recording.attempt(first, error="Boom")
    given_up = recording.add("ParallelStateFailed", failed, error="Boom", cause="it did not work")
    recording.add("ExecutionFailed", given_up, error="Boom", cause="it did not work")
    trace = history.read(recording.events)
    assert {name: state.status for name, state in trace.states().items()} == {
        "Both": "failed",
        "First": "failed",
        "Second": "aborted",
    }
    guilty = trace.failed()
    assert guilty is not None
    assert (guilty.state, guilty.error) == ("First", "Boom")


def test_a_failure_inside_a_parallel_that_was_caught_does_not_blame_its_inside() -> None:
    recording = History()
    both = recording.enter("Both", "Parallel")
    started = recording.add("ParallelStateStarted", both)
    first = recording.attempt(recording.enter("First", previous=started), error="Boom")
    given_up = recording.add("ParallelStateFailed", first, error="Boom")
    recording.leave("Both", "Parallel", previous=given_up)
    failing = recording.enter("Give up", "Fail")
    recording.add("ExecutionFailed", failing, error="Final", cause="no more")
    trace = history.read(recording.events)
    assert trace.states()["Both"].status == "caught"
    assert trace.states()["First"].status == "failed"
    guilty = trace.failed()
    assert guilty is not None
    assert guilty.state == "Give up"
    assert trace.taken["Both", "Give up", "catch"] == 1
    assert trace.taken["Give up", END, "flow"] == 1


def test_a_stopped_execution_failed_nowhere() -> None:
    recording = History()
    entered = recording.enter("Wait", "Wait")
    recording.add("ExecutionAborted", entered, 5.0)
    trace = history.read(recording.events)
    assert (trace.status, trace.seconds, trace.failed()) == ("aborted", 5.0, None)
    assert trace.states()["Wait"].status == "aborted"


def test_boto3_datetimes_and_plain_numbers_are_read_alike() -> None:
    recording = History()
    recording.visit("Train")
    dated = [{**event, "timestamp": datetime.fromtimestamp(event["timestamp"], tz=UTC)} for event in recording.events]
    assert history.read(dated) == history.read(recording.events)


def test_every_prefix_of_a_history_is_an_execution_that_runs() -> None:
    recording = History()
    recording.visit("Train", tries=("Busy", None))
    last = recording.visit("Use")
    recording.add("ExecutionSucceeded", last)
    for end in range(len(recording.events)):
        assert history.read(recording.events[:end]).status == "running"


def test_a_redrive_goes_on_in_the_states_that_it_failed_in() -> None:
    """Every event after ExecutionRedriven links to one before it, as the API does after a redrive."""
    recording = History()
    each = recording.enter("Each", "Map")
    begun = recording.add("MapStateStarted", each, length=1)
    opened = recording.add("MapIterationStarted", begun, name="Each", index=0)
    lost = recording.attempt(recording.enter("Work", previous=opened), error="Boom")
    recording.add("MapIterationFailed", lost, name="Each", index=0)
    given_up = recording.add("MapStateFailed", lost)
    ended = recording.add("ExecutionFailed", given_up, error="Boom")
    recording.add("ExecutionRedriven", ended, redriveCount=1)
    assert history.read(recording.events).status == "running"
    good = recording.leave("Work", previous=recording.attempt(lost))
    done = recording.add("MapIterationSucceeded", good, name="Each", index=0)
    recording.add("MapStateSucceeded", done)
    recording.add("ExecutionSucceeded", recording.leave("Each", "Map", previous=done))
    trace = history.read(recording.events)
    states = trace.states()
    assert (trace.status, trace.failed()) == ("succeeded", None)
    assert (states["Each"].status, states["Each"].iterations) == ("succeeded", (1, 1))
    assert (states["Work"].status, states["Work"].retries, states["Work"].visits) == ("succeeded", 1, 1)
