"""What every committed notebook keeps to. nbval, beside this, runs each one and compares its outputs."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tools.execute import KERNEL, NOTEBOOKS, histories_of, machine_paths, picture_of, plans
from tools.slides import slides_of

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
#: A demonstration in front of a room: in the form, but for exercises.
DEMO = ("08",)
EXERCISED = [path for path in PATHS if not path.name.startswith(DEMO)]


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
    """Without the executions that its pictures are saved with, which nobody reads."""
    saved = re.sub(r'"record": "[^"]*"', "", path.read_text("utf-8"))
    assert len(saved.encode()) < 200_000


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
    for cell in code_cells(notebook):
        assert len(re.findall(r"^(?!\s*$|import |from )", cell.source, re.M)) <= 15, cell.source
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


# ---- The form, as CONTRIBUTING.md describes it


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def lesson(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def tagged(notebook: Any, tag: str) -> list[Any]:
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def prose(notebook: Any) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_no_more_than_two_cells_of_code_stand_without_prose_between(lesson: Any) -> None:
    for three in zip(lesson.cells, lesson.cells[1:], lesson.cells[2:], strict=False):
        assert {cell.cell_type for cell in three} != {"code"}, three[-1].source


def test_it_opens_with_the_picture_of_what_it_builds(path: Path, lesson: Any) -> None:
    """The cell with the tag `plan` draws it; `workshop.py notebooks` saves it beside the notebook."""
    (drawn,) = plans(lesson)
    assert f"](pictures/{path.stem}.svg)" in lesson.cells[0].source
    assert picture_of(path).read_bytes() == drawn


def test_it_has_the_parts_of_a_lesson_in_their_order(path: Path, lesson: Any) -> None:
    parts = (
        "What you'll do.",
        "What you'll learn.",
        "What you'll need.",
        "### Set up",
        "\n## 1. ",
        "\n## When it fails",
    )
    parts += ("\n## Your turn",) if path in EXERCISED else ()
    parts += ("\n## In practice", "\n## Recap", "### Clean up", "\nNext: [")
    places = [prose(lesson).find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_its_recap_answers_its_aims_line_for_line(lesson: Any) -> None:
    heads = "**What you'll learn.**", "## Recap"
    aims, recap = (next(cell.source for cell in lesson.cells if head in cell.source) for head in heads)
    assert len(re.findall(r"^\d\.", aims, re.M)) == len(re.findall(r"^\d\.", recap, re.M)) >= 3


@pytest.mark.parametrize("path", EXERCISED, ids=lambda path: path.stem)
def test_it_has_three_exercises_at_least_each_with_its_check_and_its_solution(path: Path, lesson: Any) -> None:
    stubs, solutions = tagged(lesson, "exercise"), tagged(lesson, "solution")
    assert len(stubs) >= 3
    assert all("..." in cell.source for cell in stubs)
    assert sum(cell.source.count("checks.") for cell in code_cells(lesson)) >= len(stubs)
    for cell in solutions:
        (name,) = re.fullmatch(r"# %load (solutions/\w+\.py)", cell.source).groups()
        assert (NOTEBOOKS / name).is_file()


def test_every_solution_belongs_to_a_notebook_and_stands_in_none() -> None:
    """Run All runs none, an export prints none."""
    texts = {path.name[:2]: path.read_text("utf-8") for path in PATHS}
    for solution in sorted(NOTEBOOKS.glob("solutions/*.py")):
        assert f"# %load solutions/{solution.name}" in texts[solution.name[:2]], solution.name


@pytest.mark.parametrize("path", EXERCISED, ids=lambda path: path.stem)
def test_the_answers_of_a_fresh_reader_are_open(path: Path, lesson: Any) -> None:
    """What is stored was run with every exercise open: no output gives an answer away."""
    printed = "".join(output.get("text", "") for cell in code_cells(lesson) for output in cell.outputs)
    assert "Not done yet" in printed
    assert "Right: " not in printed


def test_its_links_to_the_glossary_and_to_files_lead_somewhere(lesson: Any) -> None:
    heads = re.findall(r"^### (.*)$", (NOTEBOOKS / "glossary.md").read_text("utf-8"), re.M)
    anchors = {re.sub(r"[^\w-]", "", head.lower().replace(" ", "-")) for head in heads}
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(lesson)):
        name, _, anchor = target.partition("#")
        if not target.startswith("https://"):
            assert (NOTEBOOKS / name).is_file(), target
        if name == "glossary.md" and anchor:
            assert anchor in anchors, target


def test_its_code_names_things_for_what_they_hold(lesson: Any) -> None:
    riddles = r"\b(told|given|feel|there|ready|said)\b(?=\s*[=,)\].])"
    for cell in code_cells(lesson):
        assert not re.search(riddles, cell.source), cell.source
        assert "isort" not in cell.source


def test_its_minutes_agree_everywhere(path: Path, lesson: Any) -> None:
    """The first cell, the exercises' headings, and the running order in notebooks/README.md."""
    follow, exercises = re.findall(r"(\d+) minutes", lesson.cells[0].source)
    turns = re.findall(r"^## Your turn.*\((\d+) minutes\)", prose(lesson), re.M)
    assert sum(map(int, turns)) == int(exercises)
    assert f"]({path.name}) | {follow} min | {exercises} min |" in (NOTEBOOKS / "README.md").read_text("utf-8")


@pytest.mark.parametrize("path", [path for path in PATHS if path not in EXERCISED], ids=lambda path: path.stem)
def test_a_demonstration_has_a_note_for_every_slide_that_runs_code(path: Path, lesson: Any) -> None:
    slides: list[list[Any]] = []
    for cell in lesson.cells:
        if cell.metadata.slideshow.slide_type in ("slide", "subslide"):
            slides.append([])
        if slides:
            slides[-1].append(cell)
    for slide in slides:
        kinds = {cell.metadata.slideshow.slide_type for cell in slide}
        assert "fragment" not in kinds or "notes" in kinds, slide[0].source


def test_every_slide_has_the_presenter_s_notes(path: Path, lesson: Any) -> None:
    for slide in slides_of(lesson, path.parent):
        assert len(" ".join(slide.notes).split()) > 5, [piece.html for piece in slide.pieces]


def test_no_cell_needs_a_name_that_checkpoint_leaves_out(lesson: Any) -> None:
    left_out: set[str] = set()
    for cell in code_cells(lesson):
        nodes = ast.walk(ast.parse(re.sub("^%.*", "", cell.source, flags=re.M)))
        names = [node for node in nodes if isinstance(node, ast.Name)]
        made = {name.id for name in names if isinstance(name.ctx, ast.Store)}
        if "aside" in cell.metadata.get("tags", []):
            left_out |= made
        else:
            assert left_out.isdisjoint({name.id for name in names} - made), cell.source


def test_its_quiz_has_five_questions_each_with_one_right_answer_and_reasons(path: Path, lesson: Any) -> None:
    questions = tagged(lesson, "quiz")
    assert len(questions) == (15 if path.name.startswith("09") else 5)
    for number, cell in enumerate(questions, 1):
        assert f"**{number}.** " in cell.source
        answers = re.findall(r"<summary>([abc])\. .+</summary>\n\n(✓ Right|✗ No)\. (.{20,})", cell.source)
        assert [letter for letter, *_ in answers] == ["a", "b", "c"]
        assert [verdict for _, verdict, _ in answers].count("✓ Right") == 1


def test_its_notes_for_the_presenter_are_folded(lesson: Any) -> None:
    notes = [cell.source for cell in lesson.cells if cell.metadata.slideshow.slide_type == "notes"]
    assert notes
    assert all(note.startswith("<details>") for note in notes)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_histories_of_its_executions_are_kept_to_compare_another_cloud_with(path: Path) -> None:
    text = histories_of(path).read_text("utf-8")
    kept = json.loads(text)
    assert [name for name in kept if not name.startswith(f"workshop-{path.name[:2]}-")] == []
    assert any(kept.values())
    assert re.findall(r"\d{12}|\barn:", text) == []
