"""A reader's browser shows every page without a fault, and gets from page to page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from docs.plugins.finish import print_page
from tests.browser import (
    EXCUSES,
    HEIGHT,
    HIDE,
    MENU,
    SCHEMES,
    WIDTHS,
    inspect,
    violations,
)
from tests.sites import FORMS, NOTEBOOKS, PAGES

WHOLE = f"/{print_page.FILE.parent}/"
ADDRESSES = ["/404.html", WHOLE] + [
    f"/{form.key.removesuffix('index')}".rstrip("/") + "/" for form in FORMS
]
SAME_AS_OTHERS = {WHOLE, *(f"/{form.key}/" for form in NOTEBOOKS[1:])}
WITH_MENU = {"/", "/404.html", "/chapters/one-neuron/", "/errors/overfitting/"}
AXE_WIDTHS = {"light": WIDTHS[:1], "dark": WIDTHS[1:]}
UNSEEN_FOCUS = """() => {
  const element = document.activeElement
  const shown = element.matches(".md-option") ? element.nextElementSibling : element
  const style = getComputedStyle(shown)
  const box = shown.getBoundingClientRect()
  const seen = element.matches(":focus-visible") && box.width && box.height
    && style.outlineStyle !== "none" && parseFloat(style.outlineWidth)
  const showsItself = element.matches("body, .md-search__input")
  return seen || showsItself ? [] : [element.outerHTML.slice(0, 200)]
}"""


@pytest.fixture(scope="module", params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> str:
    """Return what the reader's system asks for."""
    return request.param


@pytest.fixture(scope="module")
def shared_context(
    browser: Browser, browser_context_args: dict, scheme: str
) -> Iterator[BrowserContext]:
    """Keep one cache for all pages of a colour scheme."""
    context = browser.new_context(**browser_context_args, color_scheme=scheme)
    yield context
    context.close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_page_has_no_fault(shared_context, scheme, address):
    page = shared_context.new_page()
    widths = WIDTHS if address == "/" else AXE_WIDTHS[scheme]
    if address in SAME_AS_OTHERS:
        widths = ()
    shown = "light" if address == WHOLE else scheme  # it is made for paper
    problems = inspect(page, address, shown, widths, address in WITH_MENU)
    page.close()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    ("excuse", "address"),
    [
        *zip(
            EXCUSES,
            [
                "/errors/overfitting/",
                "/chapters/pytorch/",
                "/chapters/optimisers/",
            ],
            strict=True,
        )
    ],
    ids=[excuse.rule for excuse in EXCUSES],
)
def test_excuse_is_still_needed(page, excuse, address):
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    page.goto(address)
    if "copy button" in excuse.reason:
        page.locator(MENU).evaluate_all(HIDE)
    others = [other for other in EXCUSES if other != excuse]
    found = violations(page, excuses=others)
    assert found, f"nothing needs this any more: {excuse}"
    assert all(f": {excuse.rule}: " in line for line in found), found


def test_navigation_replaces_the_page_without_loading_it(page, instant_site):
    page.goto(f"{instant_site}/chapters/one-neuron/")
    page.evaluate("window.sameDocument = true")
    page.locator(".md-footer__link--next").click()
    expect(page).to_have_url(re.compile("/chapters/derivatives/$"))
    expect(page.locator("h1")).to_contain_text("Derivatives")
    page.go_back()
    expect(page).to_have_url(re.compile("/chapters/one-neuron/$"))
    expect(page.locator("h1")).to_contain_text("neuron")
    assert page.evaluate("window.sameDocument")


def search(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator(".md-search__input")).to_be_focused()
    page.keyboard.type("dying relu", delay=20)
    hit = page.locator(".md-search-result__item").first
    expect(hit).to_be_visible()
    expect(hit).to_contain_text(re.compile("relu", re.IGNORECASE))
    page.keyboard.press("ArrowDown")
    expect(hit.locator("a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?h="))


def test_search_finds_a_term(page):
    page.goto("/")
    search(page)


def test_offline_site_opens_and_searches_from_a_folder(
    page: Page, offline_site: Path
) -> None:
    page.goto((offline_site / "index.html").as_uri())
    expect(page.locator("h1")).to_contain_text("Neural Networks from Scratch")
    search(page)


def test_offline_pages_are_quiet(page, offline_site):
    for form in FORMS[: len(PAGES)]:
        page.goto((offline_site / f"{form.key}.html").as_uri())
        assert page.locator("article h1").count() == 1, form.key


def test_keyboard_reaches_the_content_first_and_shows_where_it_is(page):
    page.goto("/chapters/one-neuron/")
    page.keyboard.press("Tab")
    skip = page.locator(".md-skip")
    expect(skip).to_be_focused()
    expect(skip).to_have_css("opacity", "1")
    page.evaluate("addEventListener('popstate', e => (moved = e.timeStamp))")
    page.keyboard.press("Enter")
    # Material goes to an anchor again, a moment after the browser
    while not page.evaluate("window.moved && performance.now() - moved > 500"):
        page.wait_for_timeout(50)
    page.keyboard.press("Tab")
    expect(page.locator("article :focus")).to_have_count(1)


def test_keyboard_focus_is_visible(page):
    page.goto("/chapters/one-neuron/")
    unseen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        unseen += page.evaluate(UNSEEN_FOCUS)
    assert not unseen, unseen
