"""What of a notebook is a slide: sentences, not paragraphs; code with what came of it; the minutes that there are."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from tools.slides import Piece, Slide, brief, sections, slides_of, timed, units

LONG = "The first sentence says it. " + "The second one has a great many words that nobody reads from a wall. " * 5


@pytest.mark.parametrize(
    ("source", "shown", "left"),
    [
        ("Short enough.", "Short enough.", ""),
        (LONG, "The first sentence says it.", LONG.strip()),
        (f"- {LONG}\n- {LONG}".strip(), f"- {LONG}\n- {LONG}".strip(), ""),
        ("Do it.\n\n<details><summary>Hint</summary>\n\nLook.\n</details>", "Do it.", ""),
    ],
    ids=["short", "long", "list", "folded"],
)
def test_a_slide_says_the_first_sentences_and_the_presenter_has_the_rest(source: str, shown: str, left: str) -> None:
    said, rest = brief(source)
    assert said.startswith(shown)
    assert len(said) <= max(len(shown), 230)
    assert rest == left


def test_code_stays_with_what_came_of_it() -> None:
    prose, code, text, more = (Piece(kind, kind, 100) for kind in ("prose", "code", "text", "code"))
    assert units([prose, code, text, more]) == [[prose], [code, text], [more]]


def test_what_does_not_fit_one_slide_becomes_several_with_the_same_notes() -> None:
    slide = Slide(top=True, part="Part", headed=True, minutes=2, notes=["Say it."])
    slide.pieces = [Piece("prose", "A", 100), Piece("code", "B", 300), Piece("text", "C", 200), Piece("code", "D", 300)]
    found = sections(slide)
    assert len(found) == 2
    assert all('data-timing="60"' in each and "Say it." in each for each in found)


def test_minutes_that_nobody_gave_are_shared_out() -> None:
    slides = [Slide(True, "", True, minutes) for minutes in (4, None, None)]
    assert [slide.minutes for slide in timed(slides, 10)] == [4, 3, 3]


def test_stubs_checks_and_solutions_of_exercises_are_no_slides() -> None:
    cells = [
        nbformat.v4.new_markdown_cell("## Your turn: try (5 minutes)", metadata={"slideshow": {"slide_type": "slide"}}),
        nbformat.v4.new_code_cell("answer = ...", metadata={"slideshow": {"slide_type": "-"}, "tags": ["exercise"]}),
        nbformat.v4.new_code_cell("checks.it(answer)", metadata={"slideshow": {"slide_type": "fragment"}}),
    ]
    (slide,) = slides_of(nbformat.v4.new_notebook(cells=cells), Path())
    assert [piece.kind for piece in slide.pieces] == ["prose"]
    assert slide.minutes == 5
