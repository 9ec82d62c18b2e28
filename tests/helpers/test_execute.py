"""What `workshop.py notebooks` saves: the same bytes on a busy machine as on an idle one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.execute import normalise, picture_of, plans


def printed(*pieces: str, name: str = "stdout") -> list[Any]:
    return [new_output("stream", name=name, text=piece) for piece in pieces]


def test_text_that_was_printed_in_pieces_is_saved_in_one() -> None:
    result = new_output("execute_result", {"text/plain": "3"}, execution_count=9)
    outputs = [*printed("a", " b\n"), *printed("oh", name="stderr"), *printed("c\n"), result, *printed("d", "e")]
    notebook = new_notebook(cells=[new_code_cell("1 + 2", outputs=outputs)])
    normalise(notebook)
    (cell,) = notebook.cells
    texts = [(output.get("name"), output.get("text")) for output in cell.outputs]
    assert texts == [("stdout", "a b\n"), ("stderr", "oh"), ("stdout", "c\n"), (None, None), ("stdout", "de")]
    assert cell.outputs[3].execution_count == cell.execution_count == 1


def test_the_plan_is_the_picture_of_the_cell_with_that_tag() -> None:
    image = '<img alt="a" src="data:image/svg+xml;charset=utf-8,%3Csvg a=&#x27;1&#x27;/>">'
    output = new_output("execute_result", {"text/html": image})
    cell = new_code_cell("show(it)", outputs=[output])
    assert plans(new_notebook(cells=[new_markdown_cell("# It"), cell])) == []
    cell.metadata["tags"] = ["plan"]
    assert plans(new_notebook(cells=[new_markdown_cell("# It"), cell])) == [b"<svg a='1'/>"]
    assert picture_of(Path("notebooks/03_a.ipynb")) == Path("notebooks/pictures/03_a.svg")
