"""What holds for every test: no network, nobody's settings, a home of its own, one local cloud."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

import localcloud

ROOT = Path(__file__).resolve().parent.parent
GUARD = ROOT / "tests" / "guard"


def _enter_clean_room() -> Path:
    """Replace this process's settings, and so its children's; returns the file where the guard writes."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    if "WORKSHOP_TEST_HOME" not in os.environ:  # xdist's workers share the controller's
        home = tempfile.mkdtemp(prefix="workshop-test-home-")
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        os.environ |= {"WORKSHOP_TEST_HOME": home, "HOME": home, "USERPROFILE": home}
        os.environ["LOCALCLOUD_REMEMBER"] = str(Path(home, "answers"))  # each photo is read once in all the tests
    log = Path(os.environ["WORKSHOP_TEST_HOME"]) / f"network-{os.getpid()}.log"
    log.touch()
    os.environ |= {
        "WORKSHOP_GUARD_LOG": str(log),
        "PYTHONPATH": os.pathsep.join([str(GUARD), str(ROOT)]),
    }
    for name in ("WORKSHOP_TARGET", "WORKSHOP_SPEED"):
        os.environ.pop(name, None)
    sys.path.insert(0, str(GUARD))
    sys.modules.pop("sitecustomize", None)  # the system may have one of its own
    __import__("sitecustomize")
    return log


NETWORK_LOG = _enter_clean_room()


class ByFile(LoadFileScheduling):
    """Gives each worker whole files, whose fixtures serve all their tests, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/browser/"):
            return "tests/browser/"  # one Chromium, one JupyterLab
        if nodeid.startswith("tests/notebooks/test_solutions.py"):
            return nodeid  # a kernel and a cloud for each
        return str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest first: the browser, for half of all the time; notebooks, whose jobs their tests recall."""

    def order(item: pytest.Item) -> tuple[bool, bool, bool]:
        parts = item.path.relative_to(ROOT).parts
        return "browser" not in parts, "notebooks" not in parts, "tests" in parts

    items.sort(key=order)


def pytest_collection_finish() -> None:
    """Spare collections of garbage what stays: modules, and thousands of tests; they took a twelfth of all the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail the test, or the notebook's cell, during which anything asked for the network."""
    before = NETWORK_LOG.stat().st_size
    result = yield
    attempts = NETWORK_LOG.read_bytes()[before:].decode()
    if attempts:
        pytest.fail(f"the network was asked for:\n{attempts}", pytrace=False)
    return result


class LocalCloud(localcloud.LocalCloud):
    """A local cloud in a process of its own, with the page for a second screen."""

    def client(self, service: str) -> Any:
        """Return a boto3 client of this cloud."""
        import boto3
        from botocore.config import Config

        config = Config(inject_host_prefix=False, retries={"max_attempts": 0})
        return boto3.client(service, **self.settings(), config=config)


@pytest.fixture(scope="session")
def local_cloud() -> Iterator[LocalCloud]:
    """One local cloud for all tests of a worker: what a test makes there bears its own name."""
    with LocalCloud("max", "draw.screen") as cloud:
        yield cloud
    assert cloud.process.returncode == 0
