"""`workshop.py verify-aws`: notebooks in your account, and their executions beside those that the kit holds."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellExecutionError

from helpers.session import target_wanted
from tools import execute, histories

PACKAGES = ("boto3", "botocore", "sagemaker", "stepfunctions")
REPORT = execute.NOTEBOOKS.parent / "verify-aws.json"


def main(arguments: list[str] | None = None) -> int:
    """Runs the named notebooks, or all, and writes the report; returns 1 when anything fails or differs."""
    parser = argparse.ArgumentParser(prog="workshop.py verify-aws")
    parser.add_argument("names", nargs="*", metavar="NAME")
    names = parser.parse_args(arguments).names
    paths = sorted({path for name in names for path in execute.find(name)} or execute.NOTEBOOKS.glob("*.ipynb"))
    report: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "target": target_wanted(),
        "region": os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or "of the profile",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "notebooks": {},
    }
    for path in paths:
        print(f"{path.stem}: …", flush=True)
        found = verified(path)
        report["notebooks"][path.stem] = found
        REPORT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        print(f"{path.stem}: {summary(found)}", flush=True)
        for line in filter(None, [found["failed"], *found["differences"]]):
            print(f"  {line}", flush=True)
    print(f"{REPORT.resolve()} has it all, without account numbers, keys or data. Send it in with an issue.")
    return int(any(found["failed"] or found["differences"] for found in report["notebooks"].values()))


def verified(path: Path) -> dict[str, Any]:
    """What a notebook did here, beside what it did when it was saved.

    Returns:
        "seconds"; "failed", the error of the cell that failed, or ""; "executions", how many were compared;
        "differences", a line each.
    """
    begun, failed = time.monotonic(), ""
    found: histories.Histories = {}
    try:
        _, found = execute.run(path)
    except CellExecutionError as error:
        failed = without_ids(str(error).strip().splitlines()[-1])
        if target_wanted() == "aws":  # its own clean_up was not reached
            subprocess.run([sys.executable, "-m", "tools.aws", "clean", "--yes"], check=False)
    expected = json.loads(execute.histories_of(path).read_text("utf-8"))
    return {
        "seconds": round(time.monotonic() - begun),
        "failed": failed,
        "executions": sum(map(len, found.values())),
        "differences": [] if failed else list(map(without_ids, histories.differences(expected, found))),
    }


def without_ids(line: str) -> str:
    """Without account numbers and access keys."""
    return re.sub(r"\b(AKIA|ASIA)\w+", "(key)", re.sub(r"\b\d{12}\b", "(account)", line))


def summary(found: dict[str, Any]) -> str:
    """A line for people."""
    if found["failed"]:
        return f"FAILED after {found['seconds']} s"
    how = f"{len(found['differences'])} DIFFERENCES" if found["differences"] else "the same as on this machine"
    return f"{found['executions']} executions, {how}, {found['seconds']} s"


if __name__ == "__main__":
    sys.exit(main())
