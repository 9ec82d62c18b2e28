"""Fetch every package of the lock for machines without a network, where `lab --from DIR` installs them."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.markers import Marker

from tools.environment import LOCK

PYTHONS = ("3.11", "3.12", "3.13")
#: A system -> the platforms whose wheels it takes, and what its Python says of it (PEP 508).
SYSTEMS = {
    "linux": (
        [f"manylinux_2_{number}_x86_64" for number in range(28, 4, -1)]
        + ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"],
        {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"},
    ),
    "windows": (
        ["win_amd64"],
        {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
    ),
    "mac": (
        ["macosx_14_0_arm64", "macosx_14_0_universal2"],
        {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix", "platform_machine": "arm64"},
    ),
    "mac-intel": (
        ["macosx_14_0_x86_64", "macosx_14_0_universal2"],
        {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix", "platform_machine": "x86_64"},
    ),
}


def main(arguments: list[str] | None = None) -> int:
    """Fetch the wheels for the systems named, or for all; returns 1 when one is missing."""
    parser = argparse.ArgumentParser(prog="workshop.py pack")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("systems", nargs="*", metavar="SYSTEM")
    options = parser.parse_args(arguments)
    wanted = [each for name in options.systems or SYSTEMS for each in targets(name)]
    options.folder.mkdir(parents=True, exist_ok=True)
    lock = LOCK.read_text(encoding="utf-8")
    for system, python in wanted:
        print(f"Fetching for {system}, Python {python}", file=sys.stderr, flush=True)
        fetched: set[str] = set()
        for release in (f"{python}.0", f"{python}.99"):  # a few pins differ between the first and the last of them
            pins = [pin for pin in for_system(lock, system, release) if pin not in fetched]
            fetched.update(pins)
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "requirements.lock"
                file.write_text("".join(pins), encoding="utf-8")
                if code := subprocess.run(download(file, options.folder, system, release), check=False).returncode:
                    return code
    files = [path for path in options.folder.iterdir() if path.suffix in (".whl", ".gz", ".zip")]
    size = sum(path.stat().st_size for path in files) / 1_000_000
    print(f"{len(files)} packages, {size:,.0f} MB. There: python3 workshop.py lab --from {options.folder}")
    return 0


def targets(name: str) -> list[tuple[str, str]]:
    """Systems and Pythons that a name means: `linux`, or with one Python `linux-3.12`; exits when there is none."""
    found = re.fullmatch(rf"({'|'.join(SYSTEMS)})(?:-({'|'.join(map(re.escape, PYTHONS))}))?", name)
    if found is None:
        sys.exit(
            f"workshop: no system is called {name!r}. There are: {', '.join(SYSTEMS)}; and linux-3.12, for instance."
        )
    return [(found[1], python) for python in ([found[2]] if found[2] else PYTHONS)]


def for_system(lock: str, system: str, release: str) -> Iterator[str]:
    """The pins of a lock that a system installs, without their markers: pip would hold those against this machine."""
    python = release.rpartition(".")[0]
    environment = {**SYSTEMS[system][1], "python_version": python, "python_full_version": release}
    environment |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    for pin in re.findall(r"^[a-z0-9].*?(?=^\S|\Z)", lock, re.M | re.S):
        head, _, hashes = pin.partition("\\\n")
        requirement, _, marker = head.partition(" ; ")
        if not marker or Marker(marker.strip()).evaluate(environment):
            yield f"{requirement.strip()} \\\n{re.sub(r'^ *#.*$', '', hashes, flags=re.M).rstrip()}\n"


def download(pins: Path, folder: Path, system: str, release: str) -> list[str]:
    """The words of pip that fetch these pins for another machine, hashes checked."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--require-hashes"]
    command += ["--no-deps", "--no-build-isolation", "--only-binary", ":all:", "--no-binary", "stepfunctions"]
    command += ["--implementation", "cp", "--python-version", release, "--dest", str(folder), "-r", str(pins)]
    return [*command, *(word for platform in SYSTEMS[system][0] for word in ("--platform", platform))]


if __name__ == "__main__":
    sys.exit(main())
