"""/opt/ml in a job: no function that takes a path is forgotten, on the Python that runs the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from localcloud.runtimes import containers
from localcloud.runtimes.containers import PYTHON, Container

SITECUSTOMIZE = Path(containers.__file__).parent / "container_python" / "sitecustomize.py"
CALLS = Path(__file__).with_name("opt_ml_calls.py")


@pytest.fixture
def container(tmp_path: Path) -> Container:
    made = Container(tmp_path / "container", {}, "eu-west-1")
    made.folder("/opt/ml/model")
    return made


def run(container: Container, *arguments: str) -> str:
    command = [*PYTHON, "-W", "ignore", *arguments]
    environment = container.environment({})
    ended = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, text=True, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the calls are those of POSIX")
@pytest.mark.parametrize(("which", "at_least"), [("stdlib", 140), ("libraries", 40)])
def test_every_function_that_takes_a_path_sees_opt_ml(container: Container, which: str, at_least: int) -> None:
    printed = run(container, str(CALLS), which)
    found: dict[str, Any] = json.loads(printed[printed.index("RESULT ") + 7 :])
    assert found["failed"] == {}
    assert found["forgotten"] == []
    assert found["called"] >= at_least


def test_folder_of_the_job_stays_out_of_what_a_script_finds(container: Container) -> None:
    """`relative_to` of what glob, walk, scandir and resolve gave: on a container all of it begins with /opt/ml."""
    container.folder("/opt/ml/code/deep").joinpath("a.py").write_text("")
    script = (
        "import glob, os, pathlib, shutil\n"
        "shutil.copytree('/opt/ml/code', '/opt/ml/model/code')\n"
        "found = [*pathlib.Path('/opt/ml/model').rglob('*.py'), *map(pathlib.Path, glob.glob('/opt/ml/*/*/*.py'))]\n"
        "found += [pathlib.Path(top) / name for top, _, names in os.walk('/opt/ml/model') for name in names]\n"
        "found += [each.resolve() for each in found]\n"
        "print(sorted({each.relative_to('/opt/ml').as_posix() for each in found}))\n"
    )
    assert run(container, "-c", script) == "['code/deep/a.py', 'model/code/deep/a.py']\n"


def test_a_module_that_was_there_before_sees_opt_ml_as_well(container: Container) -> None:
    """What a `.pth` file imports is there first; tempfile's default arguments are functions of os."""
    early = "import tempfile, runpy; methods = vars(tempfile._TemporaryFileCloser).values(); "
    early += "assert any(getattr(each, '__defaults__', None) for each in methods); "  # close's, cleanup's on 3.13
    script = early + (
        f"import os; os.environ['_OPT_ML'] = {str(container.path('/opt/ml'))!r}; "
        f"runpy.run_path({str(SITECUSTOMIZE)!r}, run_name='sitecustomize_again'); "
        "tempfile.NamedTemporaryFile(dir='/opt/ml/model').close()"
    )
    ended = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_programs_that_a_script_starts_get_the_real_paths(container: Container) -> None:
    container.folder("/opt/ml/code").joinpath("inner.py").write_text("import sys; print(open(sys.argv[1]).read())")
    container.path("/opt/ml/model/f").write_text("found")
    script = (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '/opt/ml/code/inner.py', '/opt/ml/model/f'], cwd='/opt/ml/model', check=True)"
    )
    assert run(container, "-c", script) == "found\n"
