"""A notebook is brought to the end of a section, whatever was done to it before."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.soak.orders import execute, kernel

OPEN, WRONG = "limit = ...", "limit = 'seven'"


def write_notebook(folder: Path, answer: str) -> Path:
    (folder / "solutions").mkdir(exist_ok=True)
    (folder / "solutions" / "limit.py").write_text("limit = 7\n")
    cells = [
        new_markdown_cell("# Count\n\n### Set up"),
        new_code_cell("from helpers import clean_up, connect\nworkshop = connect()\ncount = 0"),
        new_markdown_cell("## 1. One"),
        new_code_cell(
            "queue = workshop.client('sqs').create_queue(QueueName='workshop-q', tags={'workshop': 'serverless-ml'})"
        ),
        new_code_cell("count += 1\nprint('Checkpoint: one')"),
        new_markdown_cell("### A part of one"),
        new_code_cell("part = count"),
        new_code_cell("count += 100", metadata={"tags": ["aside"]}),
        new_markdown_cell("## 2. Two"),
        new_code_cell(answer, metadata={"tags": ["exercise"]}),
        new_code_cell("# %load solutions/limit.py", metadata={"tags": ["solution"]}),
        new_code_cell("count += limit + 1"),
        new_markdown_cell("## When it fails"),
        new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
        new_markdown_cell("## A slip\n\nNot marked as one that fails."),
        new_code_cell("1 / 0"),
        new_markdown_cell("### Clean up"),
        new_code_cell("clean_up()"),
    ]
    path = folder / "notebook.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_it_goes_to_any_section_from_nothing_and_after_anything(tmp_path: Path) -> None:
    path = write_notebook(tmp_path, OPEN)
    with kernel(path) as (_, client):

        def go(place: str, more: str = "") -> str:
            ran = execute(client, 0, f"{more}\nhelpers.checkpoint({place!r})\nprint(count, 'limit' in globals())")
            return ran.text + ran.error

        listed = execute(client, 0, "import helpers; helpers.checkpoint()").text
        assert listed.split()[:2] == ['checkpoint("after', "Set"]
        text = go("after 2")
        assert text.startswith('You are where "2. Two" ends: 7 cells in ')
        assert "Go on with: When it fails." in text
        assert "Checkpoint: one" not in text
        assert text.endswith("9 True\n")  # 7 is the solution's, as the exercise is open
        assert go("after 1", "helpers.clean_up(); del count, part").endswith("1 True\n")
        assert go("after 1", "print(part)").startswith("1\n")
        assert go("When it", "queue = count = None").endswith("9 True\n")
        write_notebook(tmp_path, "limit = 4")
        assert go("after 2").endswith("6 True\n")  # the reader's own answer
        write_notebook(tmp_path, WRONG)
        assert go("after 2").endswith("9 True\n")  # the solution, where the reader's own makes a cell fail
        assert "Code cell 10 fails, which begins 1 / 0: ZeroDivisionError" in go("after A slip").replace("\n", " ")
        text = go("after 9").replace("\n", " ")
        assert "No section of this notebook begins with '9'. There are: Set up; 1. One; A part of one; 2. Two;" in text
