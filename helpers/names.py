"""Names of what the workshop makes in an account, and the tags that say whose it is.

On AWS, two readers share an account and one reader runs a notebook twice. There every name ends in the id of a run,
which is one kernel: `workshop-03-receipts-k3x9ab`. A local cloud is an account of one run, and names are as they were
typed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from helpers.errors import WorkshopError

PREFIX = "workshop-"
TAG = {"Key": "workshop", "Value": "serverless-ml"}
RUN_TAG = "workshop-run"
#: Until when who shares the account need not wonder: a day after it was made.
EXPIRY_TAG = "workshop-expires"

#: Of endpoints, models and jobs of SageMaker and of buckets (API references); what else is named here may be longer.
LONGEST = 63
#: No vowel, so that no word comes about; nothing that is taken for something else when it is read out.
_LETTERS = "bcdfghjkmnpqrstvwxz23456789"


def new_run() -> str:
    """The id of a run: six characters, one of 387 million."""
    return "".join(secrets.choice(_LETTERS) for _ in range(6))


def of_run(name: str, run: str) -> str:
    """A name in the account: with the run's id at its end, unless it is there already or there is no run.

    Raises:
        WorkshopError: it would be longer than some service takes.
    """
    join = "_" if name.startswith(PREFIX.replace("-", "_")) else "-"
    if not run or name.endswith(join + run):
        return name
    if len(name) + 1 + len(run) > LONGEST:
        raise WorkshopError(f"{name!r} is too long for a name on AWS: with its run's id it has more than {LONGEST}.")
    return f"{name}{join}{run}"


def tags_of(run: str) -> list[dict[str, str]]:
    """What everything that a run makes is tagged with."""
    if not run:
        return [dict(TAG)]
    expiry = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    return [dict(TAG), {"Key": RUN_TAG, "Value": run}, {"Key": EXPIRY_TAG, "Value": expiry}]


def run_of(name: str, tags: object, runs: Iterable[str] = ()) -> str | None:
    """The run that made something: "" for the run of a local cloud, None for what the workshop did not make.

    Args:
        name: its name.
        tags: in any of the ways that services write them, or an empty list for what has none.
        runs: ids that are known: whose name ends in one is of that run, tagged or not. (A kernel may end between two
            calls, and not every service takes tags in the call that creates.)
    """
    if isinstance(tags, Mapping):
        pairs = {str(key): str(value) for key, value in tags.items()}
    else:
        assert isinstance(tags, Iterable)
        lower = [{key.lower(): str(value) for key, value in tag.items()} for tag in tags]
        pairs = {tag["key"]: tag["value"] for tag in lower}
    if pairs.get(TAG["Key"]) == TAG["Value"]:
        return pairs.get(RUN_TAG, "")
    return next((run for run in runs if run and name.endswith(("-" + run, "_" + run))), None)
