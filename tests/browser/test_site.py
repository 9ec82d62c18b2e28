"""The site as it is read: from a disk, on a telephone, without a kernel, a network or a mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched, violations
from tools.execute import NOTEBOOKS
from tools.site import build

SCROLL_TO = """name => [...document.querySelectorAll('.ws-film')]
    .find(film => film.textContent.includes(name)).scrollIntoView()"""
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert build([next(NOTEBOOKS.glob("03*.ipynb"))], folder) == 0
    return folder / "site"


@pytest.mark.parametrize("name", ["index", "03_orchestrate_multiple_services", "glossary", "reading", "licence"])
def test_a_page_fits_a_telephone_is_accessible_and_fetches_nothing(
    name: str, site: Path, watch: Callable[..., Watched]
) -> None:
    page = watch().page
    page.set_viewport_size(PHONE)
    page.goto((site / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(page) == []


def test_an_execution_plays_and_a_solution_is_folded(site: Path, watch: Callable[..., Watched]) -> None:
    page = watch().page
    page.goto((site / "03_orchestrate_multiple_services.html").as_uri())
    page.locator(".ws-film").first.scroll_into_view_if_needed()
    film = page.locator(".ws-inspector").first
    film.get_by_role("button", name="To the first event").press("Enter")
    expect(film.locator(".ws-said")).to_contain_text("Event 1 of")
    answer = page.locator("details", has_text="A solution").first
    expect(answer.locator("pre")).to_be_hidden()
    answer.locator("summary").press("Enter")
    expect(answer.locator("pre")).to_be_visible()


@pytest.mark.parametrize(("wish", "motion"), [("reduce", {"auto"}), ("no-preference", {"smooth"})])
def test_a_graph_follows_its_replay_as_calmly_as_the_reader_wishes(
    wish: str, motion: set[str], site: Path, watch: Callable[..., Watched]
) -> None:
    page = watch(reduced_motion=wish).page
    page.set_viewport_size(PHONE)
    page.add_init_script("Element.prototype.scrollTo = ({ behavior }) => (window.scrolls ??= []).push(behavior)")
    page.goto((site / "03_orchestrate_multiple_services.html").as_uri())
    page.evaluate(SCROLL_TO, "workshop-03-careful-pile")
    film = page.get_by_role("group", name="Inspector of workshop-03-careful-pile")
    film.get_by_label("Speed").select_option("5")
    film.get_by_role("button", name="To the first event").click()
    for _ in range(40):
        film.get_by_role("button", name="One event on").click()
    assert set(page.evaluate("window.scrolls ?? []")) == motion


def test_a_quiz_marks_itself_by_keyboard(site: Path, watch: Callable[..., Watched]) -> None:
    page = watch().page
    page.goto((site / "03_orchestrate_multiple_services.html").as_uri())
    right = page.locator("details.quiz", has_text="✓").first
    right.locator("summary").press("Enter")
    expect(right.locator("p")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="try")).to_have_text("1 of 1 right at the first try; 4 to go.")


def test_words_are_searched_in_the_browser(site: Path, watch: Callable[..., Watched]) -> None:
    page = watch().page
    page.goto((site / "search.html").as_uri() + "?q=catch")
    expect(page.locator(".search li").first).to_contain_text("Catch")
