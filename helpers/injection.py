"""`faults`: something goes wrong on purpose, while a block runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from helpers.errors import WorkshopError
from helpers.session import current


@contextmanager
def faults(on: str, **what: Any) -> Iterator[None]:
    """While the block runs, calls of one action of a service go wrong, in the local cloud.

    Pictures say "injected" where it shows. At its end it prints how many calls were hit. On AWS nothing is injected,
    and it says so: the block runs as it is.

    Args:
        on: service and action as boto3 has them: "textract:AnalyzeExpense".
        what: one of
            error="ThrottlingException": the service answers with this error, and does nothing;
            delay=90: it answers 90 seconds later (virtual ones for a workflow, real ones for a function's code);
            corrupt=True: the bytes that it answers with break off in the middle;
            kill=True: the function that makes the call ends there; of "lambda:Invoke", the function that is called.
            Besides, `times`: to how many calls (all, when left out); or `probability` from 0 to 1, with a `seed`.

    Raises:
        WorkshopError: there is no such action, or it cannot have this fault; the message says what to write.
        LocalCloudDied: the local cloud is gone.
    """
    session = current()
    cloud = session.cloud
    if cloud is None:
        print(f"On AWS nothing is injected into {on}: the block runs as it is.")
        yield
        return
    with ExitStack() as block:
        try:
            with session.alive():
                fault = block.enter_context(cloud.faults(on, **what))
        except ValueError as problem:
            raise WorkshopError(str(problem)) from None
        kind = what.get("error") or next(name for name in ("delay", "corrupt", "kill") if what.get(name))
        try:
            yield
        finally:
            with session.alive():
                block.close()
            print(f"Injected into {on}: {kind}, {fault.hits} {'time' if fault.hits == 1 else 'times'}.")
