"""`workshop.py bench`: run every module of this folder that has a `measure()`, print one JSON object.

A figure is a dict: the unit is in its key (`ready_seconds`). Beside it stand the floor, what no such program
can beat on this machine, and their ratio.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import random
import sys
from pathlib import Path


def main() -> int:
    """Print the figures; each module's name is a key."""
    figures: dict[str, object] = {
        "machine": {
            "system": platform.platform(),
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        }
    }
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        print(f"measuring {path.stem}", file=sys.stderr, flush=True)
        random.seed(0)
        figures[path.stem] = importlib.import_module(f"bench.{path.stem}").measure()
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
