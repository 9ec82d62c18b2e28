"""What a run's executions did, without ids, times and values: the same on every cloud that keeps to the language.

One line a visit of a state: where it is, its events in their order, its errors. Of a loop one round counts: how often a
job is looked at is the service's affair. What was injected (on this machine alone) is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from draw import history
from helpers.cleaning import Account, machines
from helpers.session import current

#: Name of a state machine, without its run's id -> its executions' lines.
Histories = dict[str, list[list[str]]]


def of_this_run() -> Histories:
    """Of all Standard state machines of the connected kernel's run that are there, by name; executions in any order."""
    session = current()
    account = Account(session, {session.run})
    found: Histories = {}
    for run, name, machine, kind in machines(account):
        if run == session.run and kind == "STANDARD":
            runs = (lines(account.history(execution)) for execution in account.executions(machine))
            found[name.removesuffix(session.run).rstrip("-")] = sorted(filter(None, runs))
    return found


def lines(events: Iterable[history.Event]) -> list[str]:
    """An execution's lines; none of one into which faults were injected.

    Args:
        events: as GetExecutionHistory gives them.
    """
    events = list(events)
    trace = history.read(events)
    if any(visit.injected for visit in trace.visits):
        return []
    by_id = {int(event["id"]): event for event in events}
    outside = [_line(visit, by_id) for visit in trace.visits if visit.holder is None]
    inside = Counter(_line(visit, by_id) for visit in trace.visits if visit.holder is not None)
    items = sum(visit.iterations[1] for visit in trace.visits) + sum(visit.kind == "Parallel" for visit in trace.visits)
    counted = [f"{line} x{number}" if 1 < number <= items else line for line, number in sorted(inside.items())]
    return [*_once(outside), *counted, f"{trace.status} {trace.error or ''}".rstrip()]


def _line(visit: history.RecordedVisit, by_id: Mapping[int, history.Event]) -> str:
    around, holder = [visit.state], visit.holder
    while holder is not None:
        around.append(holder.state)
        holder = holder.holder
    events = (by_id[number] for number in visit.events)
    return f"{' / '.join(reversed(around))}: {', '.join(dict.fromkeys(map(_event, events)))}"


def _event(event: history.Event) -> str:
    details = history.details(event)
    resource = str(details.get("resource", "")).partition(":")[0]  # of an ARN, nothing that is one account's
    return " ".join(filter(None, [str(event["type"]), resource, str(details.get("error") or "")]))


def _once(steps: list[str]) -> Iterator[str]:
    """Steps in which what stands twice in a row, a step or a round of several, stands once."""
    kept: list[str] = []
    for step in steps:
        kept.append(step)
        for long in range(1, len(kept) // 2 + 1):
            if kept[-long:] == kept[-2 * long : -long]:
                del kept[-long:]
                break
    yield from kept


def differences(expected: Histories, found: Histories) -> list[str]:
    """Where two runs of one notebook differ, a line each."""
    return list(_differences(expected, found))


def _differences(expected: Histories, found: Histories) -> Iterator[str]:
    for name in sorted(expected.keys() | found.keys()):
        if name not in found or name not in expected:
            yield f"{name}: {'not made' if name not in found else 'not known'}"
            continue
        missing, more = list(expected[name]), []
        for execution in found[name]:
            if execution in missing:
                missing.remove(execution)
            else:
                more.append(execution)
        for execution in missing:
            other = max(more, key=lambda each: len(set(each) & set(execution)), default=None)
            if other is None:
                yield f"{name}: an execution less that ended {execution[-1]}"
                continue
            more.remove(other)
            yield from (f"{name}: not there: {line}" for line in execution if line not in other)
            yield from (f"{name}: instead: {line}" for line in other if line not in execution)
            if sorted(execution) == sorted(other):
                yield f"{name}: the same steps in another order"
        yield from (f"{name}: an execution more that ended {execution[-1]}" for execution in more)
