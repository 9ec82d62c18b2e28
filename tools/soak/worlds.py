"""`python -m tools.soak.worlds 1000`: how long so many worlds of notebook 03's pile take, careless and made sound."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from tools.execute import NOTEBOOKS

_PASSING = [
    "Lambda.TooManyRequestsException",
    "Lambda.SdkClientException",
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "Textract.ThrottlingException",
    "DynamoDB.ThrottlingException",
    "DynamoDB.SdkClientException",
    "SNS.ThrottledException",
]


def pile() -> dict[str, Any]:
    """What notebook 03 has defined once its careful receipt is there: its cells are run so far."""
    sys.path.insert(0, str(NOTEBOOKS))
    os.chdir(NOTEBOOKS)
    shell: Any = InteractiveShell.instance()
    for cell in nbformat.read(next(NOTEBOOKS.glob("03_*.ipynb")), as_version=4).cells:
        if cell.cell_type == "code":
            with capture_output():
                shell.run_cell(cell.source)
        if "handle_receipt_carefully" in shell.user_ns:
            break
    return dict(shell.user_ns)


def sound(definition: Any) -> Any:
    """The definition with a Retry on all that passes, in every task."""
    if isinstance(definition, dict):
        definition = {name: sound(inner) for name, inner in definition.items()}
        if definition.get("Type") == "Task":
            definition["Retry"] = [{"ErrorEquals": _PASSING, "MaxAttempts": 6}]
    return [sound(inner) for inner in definition] if isinstance(definition, list) else definition


def main() -> int:
    """Explore both; returns 1 when the sound one does not hold, or a thousand worlds take over a minute."""
    worlds, made = int(sys.argv[1]), pile()
    from helpers import deploy, explore

    careless = deploy(made["pile_workflow"]("workshop-03-worlds", made["handle_receipt_carefully"]()))
    mended = deploy(sound(json.loads(careless.definition)), "workshop-03-sound")
    explore(careless, made["pile"], seeds=1)  # the models are read, the photos for the first time
    bad = False
    for machine in (careless, mended):
        started = time.monotonic()
        exploration = explore(machine, made["pile"], seeds=worlds)
        took = time.monotonic() - started
        bad = bad or (machine is mended and bool(exploration.found)) or took > 0.06 * worlds
        print(exploration, f"{worlds:,} worlds in {took:.0f} s", sep="\n")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
