"""Decks as a room sees them: every slide whole on a small projector, pictures that play, notes in a second window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched, violations
from tools.execute import NOTEBOOKS
from tools.slides import write

OVERFLOW = """async () => {
    const found = [];
    for (const number of Array(Reveal.getTotalSlides()).keys()) {
        const fit = Reveal.getCurrentSlide().querySelector(".fit");
        const { bottom, right } = fit.getBoundingClientRect();
        const inner = [...fit.children, ...fit.querySelectorAll(":scope > :not(.page) *")];
        const boxes = inner.map((each) => each.getBoundingClientRect());
        const far = boxes.filter((box) => box.bottom > bottom || box.right > right);
        const texts = [...fit.querySelectorAll(":scope > :is(.code, .text) pre")];
        const narrow = texts.some((text) => text.scrollWidth > text.clientWidth);
        if (far.length || narrow || fit.scrollHeight > 720 || !fit.textContent.trim()) found.push(number + 1);
        while (Reveal.availableFragments().next) Reveal.nextFragment();
        Reveal.next();
    }
    return found;
}"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("decks")
    return {name: write(next(NOTEBOOKS.glob(f"{name}*.ipynb")), folder) for name in ("03", "08")}


def opened(deck: Path, watch: Callable[..., Watched]) -> Page:
    page = watch().page
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(deck.as_uri())
    page.wait_for_function("window.Reveal?.isReady()")
    return page


@pytest.mark.parametrize("name", ["03", "08"])
def test_every_slide_fits_a_projector_and_none_fetches_anything(
    name: str, decks: dict[str, Path], watch: Callable[..., Watched]
) -> None:
    page = opened(decks[name], watch)
    assert page.evaluate("Reveal.getTotalSlides()") > 20
    assert page.evaluate(OVERFLOW) == []


def test_an_execution_plays_on_its_slide(decks: dict[str, Path], watch: Callable[..., Watched]) -> None:
    page = opened(decks["03"], watch)
    film = page.locator("section section.present .ws-inspector")
    place = page.locator("section section.present .film:not(.fragment)")
    while not place.count():
        page.keyboard.press("ArrowRight")
    ended = film.locator(".ws-said").inner_text()
    film.get_by_role("button", name="To the first event").click()
    assert film.locator(".ws-said").inner_text() != ended
    here = page.url
    film.get_by_role("slider").press("ArrowRight")
    assert page.url == here
    assert violations(page) == []


def test_arrow_keys_go_from_state_to_state_and_say_where(decks: dict[str, Path], watch: Callable[..., Watched]) -> None:
    page = opened(decks["03"], watch)
    place = page.locator("section section.present .film:not(.fragment)")
    while not place.count():
        page.keyboard.press("ArrowRight")
    here, film = page.url, page.locator("section section.present .ws-inspector")
    film.locator(".ws-state").first.press("ArrowRight")
    chosen = film.locator(".ws-state:focus")
    expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(film.get_by_role("status")).to_have_text(str(chosen.get_attribute("aria-label")))
    assert film.locator("h3").inner_text() == chosen.get_attribute("title")
    assert page.url == here


def test_a_recording_is_heard_and_read(decks: dict[str, Path], watch: Callable[..., Watched]) -> None:
    page = opened(decks["08"], watch)
    while not page.locator("section section.present audio").count():
        page.keyboard.press("ArrowRight")
    player = page.locator("section section.present audio")
    player.evaluate("sound => new Promise(done => { sound.oncanplay = done; sound.load(); })")
    assert player.evaluate("sound => Math.round(sound.duration)") == 11
    page.get_by_text("Transcript", exact=True).press("Enter")
    expect(page.get_by_text("violin").locator("visible=true").last).to_be_visible()


def test_a_quiz_marks_itself_by_keyboard(decks: dict[str, Path], watch: Callable[..., Watched]) -> None:
    page = opened(decks["03"], watch)
    while not page.locator("section section.present details.quiz").count():
        page.keyboard.press("ArrowRight")
    answers = page.locator("section section.present details.quiz")
    wrong = answers.filter(has_text="✗").first
    wrong.locator("summary").press("Enter")
    expect(wrong.locator("p")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="at the first try")).to_have_text(
        "0 of 1 right at the first try; 4 to go."
    )
    assert violations(page) == []


def test_the_presenter_has_notes_a_clock_and_the_minutes_in_a_window_of_their_own(
    decks: dict[str, Path], watch: Callable[..., Watched]
) -> None:
    page = opened(decks["08"], watch)
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    window = popup.value
    expect(window.locator(".clock-value")).to_contain_text("M")
    expect(window.locator(".pacing")).to_be_visible()
    expect(window.locator(".speaker-controls-notes .value")).to_contain_text("min")
    expect(window.locator(".speaker-controls-notes .value")).to_contain_text("Before the room fills")
    window.close()
