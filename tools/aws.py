"""`workshop.py check-aws` and `clean-aws`: before and after notebooks run in an account."""

from __future__ import annotations

import argparse
import json
import sys

from helpers import policies
from helpers.checking import check_aws
from helpers.cleaning import clean_aws
from helpers.errors import WorkshopError
from helpers.session import reach_aws


def main(arguments: list[str] | None = None) -> int:
    """Returns 1 when something stands in the way, or is left."""
    parser = argparse.ArgumentParser(prog="workshop.py")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check")
    check.add_argument("--policy", action="store_true")
    clean = commands.add_parser("clean")
    clean.add_argument("--yes", action="store_true")
    clean.add_argument("runs", nargs="*")
    options = parser.parse_args(arguments)
    try:
        if options.command == "clean":
            return 0 if clean_aws(options.runs, (lambda _: True) if options.yes else _confirmed) else 1
        account = reach_aws()
        if options.policy:
            print(json.dumps(policies.reader(account.account_id), indent=2))
            return 0
        findings = check_aws(account)
        for finding in findings:
            print(finding)
        return 1 if any(finding.sign == "TO DO" for finding in findings) else 0
    except WorkshopError as problem:
        print(f"workshop: {problem}", file=sys.stderr)
        return 1


def _confirmed(question: str) -> bool:
    try:
        return input(f"{question} Type yes: ").strip().lower() == "yes"
    except EOFError:  # nobody is there to answer
        return False


if __name__ == "__main__":
    sys.exit(main())
