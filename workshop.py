#!/usr/bin/env python3
"""Set up the workshop and run it: `python3 workshop.py lab`. Needs Python 3.11 to 3.13 and nothing else.

The first use makes `.venv` beside this file from requirements.lock; later uses hand over at once. Standard
library only, and this file parses on Python 3.8: an older Python gets a line to read, not a SyntaxError.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import webbrowser
from pathlib import Path


def unfit(version: tuple[int, ...], largest: int) -> str | None:
    """Say in one line why the workshop cannot run on a Python; None when it can.

    Args:
        version: its sys.version_info; the lock has packages for 3.11 to 3.13.
        largest: its sys.maxsize; the lock's packages are 64-bit.
    """
    if (3, 11) <= version[:2] <= (3, 13) and largest > 2**32:
        return None
    name = f"{'' if largest > 2**32 else '32-bit '}Python {'.'.join(map(str, version[:3]))}"
    remedy = "Install Python 3.11, 3.12 or 3.13 (64-bit) from python.org, then run this file with it."
    return f"workshop: this is {name}; the workshop runs on 64-bit Python 3.11 to 3.13. {remedy}"


reason = unfit(sys.version_info[:3], sys.maxsize)
if reason:
    sys.exit(reason)

from collections.abc import Callable, Sequence  # noqa: E402 - what follows needs a fit Python

from tools import environment as env  # noqa: E402
from tools.lab import answers, first_page, lab_command  # noqa: E402
from tools.processes import ROOT, Stop, Terminated, choose_port, run, say  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` hands it down ignored
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _terminate)
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command is not test:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        return int(options.command(options))
    except Stop as stop:
        say(f"workshop: {stop}")
        return 1
    except KeyboardInterrupt:
        return 130
    except Terminated as end:
        return 128 + end.number


def _terminate(number: int, _frame: object) -> None:
    raise Terminated(number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="workshop.py", description="Set up the workshop and run it. To begin: `python3 workshop.py lab`."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=(run.__doc__ or summary).strip())
        sub.set_defaults(command=run)
        return sub

    sub = command("lab", lab, "open the notebooks in JupyterLab")
    sub.add_argument("--port", type=_port, help="port on 127.0.0.1 (default: the first free one from 8888)")
    sub.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    sub.add_argument("--from", dest="source", type=Path, metavar="DIR", help="install from a folder that `pack` filled")
    sub = command("pack", pack, "fetch every package into a folder, for machines without a network")
    sub.add_argument("folder", type=Path, metavar="DIR")
    sub.add_argument(
        "systems",
        nargs="*",
        metavar="SYSTEM",
        help="linux, windows, mac or mac-intel, or with one Python linux-3.12 (default: all)",
    )
    sub = command("class", classroom, "show a class's instructor who has come how far")
    sub.add_argument("--folder", type=Path, required=True, metavar="SHARED", help="what readers' WORKSHOP_CLASS names")
    sub.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1 (default: a free one)")
    sub = command("test", test, "check everything: lint, types, imports, tests, notebooks")
    sub.usage = "workshop.py test [PYTEST ARGUMENTS]"
    sub = command("cloud", cloud, "run the local cloud alone")
    sub.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1 (default: a free one)")
    sub.add_argument("--speed", help="`max` jumps over waiting; a number plays virtual time that many times faster")
    sub.add_argument(
        "--access-key", metavar="ID:SECRET", help="the key that calls are signed with (default: a new one)"
    )
    sub = command("check-aws", check_aws, "say whether the notebooks would run in your AWS account; creates nothing")
    sub.add_argument(
        "--policy", action="store_true", help="print the IAM policy that your user needs, and check nothing"
    )
    sub = command("clean-aws", clean_aws, "list what notebooks have left in your AWS account, and delete it")
    sub.add_argument("--yes", action="store_true", help="do not ask before deleting")
    sub.add_argument("runs", nargs="*", metavar="RUN", help="the id of a run, such as k3x9bc (default: this folder's)")
    sub = command("verify-aws", verify_aws, "run notebooks in your AWS account, and compare with what this machine did")
    sub.add_argument("names", nargs="*", metavar="NAME", help="a notebook, such as 03 (default: all)")
    sub = command("export", export, "write all that a notebook makes as a SAM template, into exported/")
    sub.add_argument("name", metavar="NAME", help="a notebook, such as 03")
    sub = command("notebooks", notebooks, "execute notebooks in place and save their outputs")
    sub.add_argument("names", nargs="*", metavar="NAME", help="a notebook, such as 03 (default: all)")
    sub = command("slides", slides, "write a deck of slides for each notebook, which needs no network")
    sub.add_argument("names", nargs="*", metavar="NAME", help="a notebook, such as 03 (default: all)")
    command("site", site, "write all notebooks as a site to read and search, which needs no network")
    sub = command("bench", bench, "measure, and print one JSON object of figures")
    sub.add_argument("what", nargs="?", choices=["lab"], help="lab: every notebook in JupyterLab, into its README.md")
    sub.add_argument("names", nargs="*", metavar="NAME", help="with lab: a notebook, such as 03 (default: all)")
    sub = command("soak", soak, "try for long what tests try for short")
    sub.add_argument("--minutes", type=float, help="for so long: kills, crowds, nonsense, odd places")
    sub.add_argument("--seed", type=int, default=0, help="of these trials (default: 0)")
    sub.add_argument("names", nargs="*", metavar="NAME", help="a notebook, such as 03, or a trial (default: all)")
    return parser


def _port(text: str) -> int:
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use a number from 0 to 65535")
    return number


def lab(options: argparse.Namespace) -> int:
    """Open the notebooks in JupyterLab, on 127.0.0.1 only. Ctrl-C ends it and every kernel."""
    port = choose_port(options.port)
    python = env.prepare(source=options.source)
    token = secrets.token_hex(16)
    environment = env.reader_environment(python)
    environment["JUPYTER_TOKEN"] = token
    command = lab_command(python, port)
    address = f"http://127.0.0.1:{port}/lab/tree/{first_page()}?token={token}"

    def announce() -> None:
        say(f"JupyterLab: {address}\nCtrl-C here ends it.")
        if not options.no_browser:
            webbrowser.open(address)

    # JupyterLab asks "are you sure?" on SIGINT; SIGTERM ends it, kernels first.
    return run(command, environment, gentle=signal.SIGTERM, ready=lambda: answers(port), announce=announce)


def pack(options: argparse.Namespace) -> int:
    """Fetch every package of the lock, hashes checked, for the systems named; `lab --from DIR` installs from there."""
    python = env.prepare()
    command = [python, "-m", "tools.pack", str(options.folder.resolve()), *options.systems]
    return run(command, dict(os.environ))


def classroom(options: argparse.Namespace) -> int:
    """Show a class's instructor, on 127.0.0.1, who has reached which checkpoint, who is stuck, what most get wrong.

    Readers' kernels append to a file of their own in the folder that their WORKSHOP_CLASS names, and not without it.
    """
    python = env.prepare()
    command = [python, "-m", "tools.classroom", "--folder", str(options.folder.resolve()), "--port", str(options.port)]
    return run(command, env.reader_environment(python))


def test(options: argparse.Namespace) -> int:
    """Check everything: ruff, mypy, the imports contract, tests, and every notebook under nbval, strict.

    With arguments, run pytest alone with these arguments.
    """
    python = env.prepare(tests=True)
    environment = env.tester_environment(python)
    if options.rest:
        return run([python, "-m", "pytest", *options.rest], environment)
    lint_imports = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    stages = {
        "ruff check": [python, "-m", "ruff", "check"],
        "ruff format": [python, "-m", "ruff", "format", "--check"],
        "mypy": [python, "-m", "mypy"],
        "import-linter": [python, "-c", lint_imports, "--no-logo"],
    }
    failed = []
    for name, command in stages.items():
        say(f"--- {name}")
        if run(command, environment):
            failed.append(name)
            say(f"--- {name} FAILED")
    say("--- pytest")
    if failed:
        say(f"Failed before pytest: {', '.join(failed)}.")
    # One more worker than CI has cores: a browser, a notebook and a job are waited for. Four took a tenth longer.
    code = run([python, "-m", "pytest", "-n", "3", "--no-loadscope-reorder"], environment)
    return code or (1 if failed else 0)


def cloud(options: argparse.Namespace) -> int:
    """Run the local cloud alone. When ready, prints one JSON line and, for a person at a shell, the lines to paste."""
    if options.port:
        choose_port(options.port)
    python = env.prepare()
    command = [python, "-m", "draw.screen", "--port", str(options.port)]
    if options.speed is not None:
        command += ["--speed", options.speed]
    if options.access_key is not None:
        command += ["--access-key", options.access_key]
    environment = env.reader_environment(python)
    if os.name != "nt":  # one process less between the reader and the cloud
        os.chdir(ROOT)
        os.execve(python, command, environment)
    return run(command, environment)


def check_aws(options: argparse.Namespace) -> int:
    """Say whether the notebooks would run in your AWS account, and what to mend where they would not.

    It creates nothing: who you are, whether the region has every service, the quotas, your permissions by simulation,
    what earlier runs have left. With the exit code 1 something stands in the way.
    """
    python = env.prepare()
    policy = ["--policy"] if options.policy else []
    return run([python, "-m", "tools.aws", "check", *policy], env.reader_environment(python))


def clean_aws(options: argparse.Namespace) -> int:
    """List what notebooks have left in your AWS account, ask, and delete it, what bills by the hour first.

    It knows the runs of this folder by `.aws-runs/`, and names those that have left something and are not of this
    folder. Exit code 1 when something is left.
    """
    python = env.prepare()
    yes = ["--yes"] if options.yes else []
    return run([python, "-m", "tools.aws", "clean", *yes, *options.runs], env.reader_environment(python))


def verify_aws(options: argparse.Namespace) -> int:
    """Run notebooks in your AWS account, and compare their executions, event by event, with those that the kit holds.

    Set WORKSHOP_TARGET=aws; without it they run on this machine. Each notebook cleans up after itself. It writes
    verify-aws.json, without account numbers, keys and data, to send in with an issue. Exit code 1 when one differs.
    """
    python = env.prepare()
    return run([python, "-m", "tools.verify", *options.names], env.reader_environment(python))


def export(options: argparse.Namespace) -> int:
    """Run a notebook on this machine, and write all that it makes as a SAM template: `sam deploy` makes it on AWS."""
    python = env.prepare()
    return run([python, "-m", "tools.export", options.name], env.reader_environment(python))


def notebooks(options: argparse.Namespace) -> int:
    """Execute notebooks in place, in order, and save their outputs."""
    python = env.prepare()
    return run([python, "-m", "tools.execute", *options.names], env.tester_environment(python))


def slides(options: argparse.Namespace) -> int:
    """Write a deck of slides for each notebook into build/slides: one HTML file each, which fetches nothing."""
    python = env.prepare(tests=True)
    return run([python, "-m", "tools.slides", *options.names], env.tester_environment(python))


def site(options: argparse.Namespace) -> int:
    """Write all notebooks as a site into build/site, which fetches nothing: open build/site/index.html."""
    python = env.prepare(tests=True)
    return run([python, "-m", "tools.site"], env.tester_environment(python))


def bench(options: argparse.Namespace) -> int:
    """Measure, and print one JSON object of figures.

    With `lab`, run notebooks as `workshop.py lab` does, in Chromium, and write each one's seconds and longest silence
    into notebooks/README.md.
    """
    python = env.prepare(tests=True)
    module = f"bench.{options.what}" if options.what else "bench"
    return run([python, "-m", module, *options.names], env.tester_environment(python))


def soak(options: argparse.Namespace) -> int:
    """Run notebooks' cells twice, from the middle, after clean_up; exit code 1 when a reader would be left alone.

    With --minutes instead: the cloud, its kernel, workers, jobs and model servers killed at random moments, twenty
    readers, fifty threads, changed definitions, random calls, hostile functions, odd places; a table of tried, good,
    lost, left.
    """
    python = env.prepare(tests=True)
    minutes = [] if options.minutes is None else ["--minutes", str(options.minutes), "--seed", str(options.seed)]
    return run([python, "-m", "tools.soak", *minutes, *options.names], env.tester_environment(python))


if __name__ == "__main__":
    sys.exit(main())
