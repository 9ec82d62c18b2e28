"""What every committed notebook keeps to. nbval, beside this, runs each one and compares its outputs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tools.execute import KERNEL, NOTEBOOKS, machine_paths

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> Any:
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks() -> None:
    assert PATHS


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_its_name_is_a_number_and_what_it_does(path: Path) -> None:
    assert re.fullmatch(r"\d\d(_[a-z0-9]+)+\.ipynb", path.name)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_it_is_small_enough_to_review(path: Path) -> None:
    assert path.stat().st_size < 200_000


def test_it_was_executed_from_top_to_bottom(notebook: Any) -> None:
    """Nbval passes a notebook without outputs; this is what makes its silence worth something."""
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert any(cell.outputs for cell in code_cells(notebook))


def test_it_names_the_kernel_that_every_reader_has(notebook: Any) -> None:
    assert notebook.metadata.kernelspec == KERNEL


def test_its_outputs_name_no_path_of_a_machine(notebook: Any) -> None:
    assert machine_paths(notebook) == []


def test_its_outputs_hold_no_warning(notebook: Any) -> None:
    streams = [
        output.text
        for cell in code_cells(notebook)
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert streams == []


def test_only_a_cell_that_announces_it_ends_in_an_error(notebook: Any) -> None:
    for cell in code_cells(notebook):
        if any(output.output_type == "error" for output in cell.outputs):
            assert "raises-exception" in cell.metadata.get("tags", []), cell.source


def test_its_cells_are_short(notebook: Any) -> None:
    assert len(notebook.cells) <= 45
    for cell in code_cells(notebook):
        assert len(cell.source.splitlines()) <= 15, cell.source
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"```.*?```|<[^>]+>|\]\([^)]*\)", " ", cell.source, flags=re.DOTALL)
            assert len(prose.split()) <= 130, cell.source


def test_every_cell_says_what_it_is_on_a_slide(notebook: Any) -> None:
    for cell in notebook.cells:
        assert cell.metadata.get("slideshow", {}).get("slide_type"), cell.source


def test_every_picture_has_an_alternative_text(notebook: Any) -> None:
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    outputs = [output.get("data", {}) for cell in code_cells(notebook) for output in cell.outputs]
    text += "\n".join(str(data.get("text/html", "")) for data in outputs)
    for image in re.findall(r"<img\b[^>]*>", text):
        assert re.search(r"""alt=(["'])\s*\S""", image), image[:200]
    # JupyterLab shows an image output without its words: src/pictures.py gives it as HTML.
    assert [kind for data in outputs for kind in data if kind.startswith("image/")] == []
    assert not re.search(r"!\[\s*\]\(", text)


def test_it_installs_nothing_and_asks_for_no_editing(notebook: Any) -> None:
    for cell in code_cells(notebook):
        assert not re.search(r"^\s*[!%]\s*(pip|conda)|<your|<execution-role|TODO", cell.source, re.M), cell.source


def test_a_cell_whose_output_is_not_compared_says_why(notebook: Any) -> None:
    for cell in code_cells(notebook):
        if "nbval-ignore-output" in json.dumps(cell.metadata) or "NBVAL_IGNORE_OUTPUT" in cell.source:
            assert cell.metadata.get("reason"), cell.source
