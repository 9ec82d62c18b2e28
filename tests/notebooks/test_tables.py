"""The tables of notebooks/README.md that say where something is taught: each place exists, and has what the row says.

A place is written as a link to a notebook and, after a comma, a heading in it:
`[03](03_orchestrate_multiple_services.ipynb), 1. Read one receipt with two services`. A row without a link says why.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache

import nbformat
import pytest

from helpers import quiet
from tools.execute import NOTEBOOKS

README = (NOTEBOOKS / "README.md").read_text("utf-8")
PLACE = re.compile(r"\[\d\d\]\((\d\d_\w+\.ipynb)\), ([^;|]+)")


def rows(table: str) -> list[list[str]]:
    """The cells of each row of a table between `<!-- TABLE: begin -->` and `<!-- TABLE: end -->`."""
    found = re.search(rf"<!-- {table}: begin -->\n(.*?)<!-- {table}: end -->", README, re.DOTALL)
    assert found, f"notebooks/README.md has no table marked {table}"
    lines = found[1].strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@cache
def sections(notebook: str) -> dict[str, str]:
    """The code under each heading of a notebook, without solutions."""
    found: dict[str, str] = {}
    heading = ""
    for cell in nbformat.read(NOTEBOOKS / notebook, as_version=4).cells:
        if cell.cell_type == "code" and "solution" not in cell.metadata.get("tags", []):
            found[heading] = found.get(heading, "") + cell.source + "\n"
        elif cell.cell_type == "markdown":
            for heading in re.findall(r"^#{1,3} (.*)$", cell.source, re.M):
                found.setdefault(heading, "")
    return found


def places(cell: str) -> Iterator[tuple[str, str]]:
    """The notebook and the heading of each place in a cell of a table."""
    for notebook, heading in PLACE.findall(cell):
        assert (NOTEBOOKS / notebook).is_file(), cell
        assert heading.strip() in sections(notebook), f"{notebook} has no heading {heading.strip()!r}"
        yield notebook, heading.strip()


def test_every_class_of_the_sdk_is_in_its_table() -> None:
    quiet.install()
    from stepfunctions import steps, template

    public = {name for module in (steps, template) for name, value in vars(module).items() if inspect.isclass(value)}
    assert {cell[0].strip("`") for cell in rows("sdk")} == public


@pytest.mark.parametrize("row", rows("sdk"), ids=lambda row: str(row[0]))
def test_a_class_is_used_where_the_table_says(row: list[str]) -> None:
    name, where = row[0].strip("`"), row[1]
    for notebook, heading in places(where):
        assert re.search(rf"\b{name}\b", sections(notebook)[heading]), f"{notebook}, {heading}"
    assert "](" in where or len(where) > 20, "a class without a place has a reason"


@pytest.mark.parametrize("row", rows("talk"), ids=lambda row: str(row[0]))
def test_what_the_talk_says_is_shown_by_code_where_the_table_says(row: list[str]) -> None:
    found = list(places(row[1]))
    assert found
    for notebook, heading in found:
        assert sections(notebook)[heading].strip(), f"{notebook}, {heading} runs nothing"


@cache
def code_of_notebooks() -> dict[str, str]:
    """All that runs in a kernel beside the packages, by the file's name."""
    code = {path.name: path.read_text("utf-8") for path in NOTEBOOKS.glob("s[ro]*/**/*.py")}
    for path in NOTEBOOKS.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        code[path.name] = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return code


def test_every_request_passes_botocores_validation() -> None:
    helpers = NOTEBOOKS.parent.glob("helpers/**/*.py")
    code = code_of_notebooks() | {path.name: path.read_text("utf-8") for path in helpers}
    passing_it_by = re.compile(r"parameter_validation|urlopen|import (requests|httpx|urllib3|http\.client)|socket\.")
    assert not [name for name, text in code.items() if passing_it_by.search(text)]


def test_no_notebook_asks_where_it_runs() -> None:
    code = code_of_notebooks()
    assert len(code) > 50
    assert not [name for name, text in code.items() if ".target" in text or "WORKSHOP_TARGET" in text]
