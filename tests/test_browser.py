"""A reader's browser shows every page without a fault, and gets from page to page."""

import re

import pytest
from playwright.sync_api import Page, expect

from docs.plugins.finish import print_page
from tests.browser import (
    EXCUSES,
    HEIGHT,
    MENU,
    REMOVE,
    WIDTHS,
    inspect,
    too_wide,
    violations,
)
from tests.sites import PAGES, WORKBOOKS, parse

ADDRESSES = ["/404.html"] + [
    f"/{page.key.removesuffix('index')}".rstrip("/") + "/"
    for page in [*PAGES, WORKBOOKS[0]]
]
OFFLINE = (
    "index",
    "chapters/one-neuron",
    "chapters/training-lab",
    "errors/overfitting",
)
WITH_MENU = {"/", "/404.html", "/chapters/one-neuron/", "/errors/overfitting/"}
IN_COLOUR = {  # between them every kind of element; labs have tests of their own
    *WITH_MENU,
    "/chapters/why-neural-networks/",
    "/deeper/finite-differences/",
    "/errors/",
    "/errors/different-devices/",
    "/glossary/",
    f"/{WORKBOOKS[0].key}/",
}
SUM_SHIFTS = """
  window.shift = 0
  new PerformanceObserver(list => list.getEntries().forEach(e => shift += e.value))
    .observe({ type: "layout-shift", buffered: true })
"""
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


@pytest.mark.parametrize("address", ADDRESSES)
def test_page_has_no_fault(page, address):
    problems = inspect(page, address, address in WITH_MENU, address in IN_COLOUR)
    assert not problems, "\n".join(problems)


def test_whole_course_has_no_fault(page):
    """It repeats the pages, on which axe-core has looked."""
    page.set_viewport_size({"width": WIDTHS[1], "height": HEIGHT})
    page.goto(f"/{print_page.FILE.parent}/")
    assert not too_wide(page)


@pytest.mark.parametrize("excuse", EXCUSES, ids=lambda excuse: excuse.rule)
def test_excuse_is_still_needed(page, excuse):
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    page.goto(excuse.page)
    if "copy button" in excuse.reason:
        page.locator(MENU).evaluate_all(REMOVE)
    others = [other for other in EXCUSES if other != excuse]
    found = violations(page, excuses=others, rules=[excuse.rule])
    assert found, f"nothing needs this any more: {excuse}"
    assert all(f": {excuse.rule}: " in line for line in found), found


MISSING = {("mo", "", "¯"), ("mo", "", "‴")}  # the subset never had them
SHOW_LETTERS = """(article, letters) => article.replaceChildren(...letters.map(
  ([tag, variant, text]) => {
    const [math, token] = ["math", tag].map(
      (name) => document.createElementNS("http://www.w3.org/1998/Math/MathML", name));
    if (variant) token.setAttribute("mathvariant", variant);
    token.textContent = text;
    math.append(token);
    return math;
  }))"""


def test_navigation_keeps_the_style_sheet_that_is_there(page, instant_site):
    page.goto(f"{instant_site}/chapters/one-neuron/")
    sheets = page.locator("link[rel=stylesheet][href*='/site.']")  # not a lab's
    sheets.evaluate("sheet => { sheet.kept = true }")
    page.locator(".md-header a.md-logo").click()
    expect(page).to_have_url(f"{instant_site}/")
    expect(page.locator(".md-header__title")).not_to_contain_text("One neuron")
    assert sheets.evaluate_all("all => all.map(sheet => sheet.kept)") == [True]


def test_formulas_need_no_other_font(page, site):
    """Ask the browser which font drew each letter that stands in a formula."""
    letters = {
        (token.tag, token.get("mathvariant", ""), token.text.strip())
        for file in site.rglob("*.html")
        for token in parse(file).xpath("//math//*[self::mi or self::mo or self::mn]")
    }
    page.goto("/chapters/gradient-descent/")
    page.locator("article").evaluate(SHOW_LETTERS, sorted(letters))
    page.evaluate("document.fonts.ready.then(() => 0)")
    drawn = fonts_of(page, "article math > *")
    foreign = {
        letter: fonts
        for letter, fonts in zip(sorted(letters), drawn, strict=True)
        if fonts - {"STIX Two Math"}
    }
    assert any(drawn)
    assert set(foreign) == MISSING, "CONTRIBUTING says how to add letters to the font"


def fonts_of(page: Page, selector: str) -> list[set[str]]:
    """Ask the browser for the families in which it drew each of some elements."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    found = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})
    drawn = [
        session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        for node in found["nodeIds"]
    ]
    return [{font["familyName"] for font in fonts} for fonts in drawn]


def test_first_view_has_the_typeface_and_hardly_moves(page):
    page.set_viewport_size({"width": 412, "height": 823})
    page.add_init_script(SUM_SHIFTS)
    for address in ("/", "/chapters/gradient-descent/", "/chapters/training-lab/"):
        page.goto(address)
        page.evaluate("document.fonts.ready.then(() => 0)")
        assert fonts_of(page, "article h1") == [{"Atkinson Hyperlegible Next"}]
        assert page.evaluate("shift") < 0.05


def test_scrollbar_follows_the_scheme(page):
    page.goto("/glossary/")
    for scheme in ("dark", "light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expected = "dark" if scheme == "dark" else "normal"
        expect(page.locator("html")).to_have_css("color-scheme", expected)


def test_link_to_a_place_of_the_page_keeps_what_the_reader_did(page, instant_site):
    page.goto(f"{instant_site}/chapters/one-neuron/")
    page.evaluate("document.querySelector('article').kept = true")
    for k in (1, 2):
        page.locator(".md-sidebar--secondary .md-nav__link").nth(k).click()
        expect(page.locator("article :target")).to_have_count(1)
    page.go_back()
    assert page.evaluate("document.querySelector('article').kept")


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


def test_search_finds_a_term(page, searched_site):
    page.goto(searched_site)
    search(page)


def test_offline_site_opens_and_searches_from_a_folder(page, offline_site):
    for key in OFFLINE:
        page.goto((offline_site / f"{key}.html").as_uri())
        expect(page.locator("article h1")).to_have_count(1)
    search(page)


def test_code_in_a_fold_can_be_copied_once_it_shows(page):
    page.goto("/chapters/gradient-descent/")
    fold = page.locator("article details:has(pre)").first
    button = fold.get_by_title("Copy to clipboard").first
    expect(button).to_have_count(0)
    fold.locator("summary").first.click()
    expect(button).to_be_visible()


def test_keyboard_reaches_the_content_first_and_shows_where_it_is(page):
    page.goto("/chapters/one-neuron/")
    page.keyboard.press("Tab")
    skip = page.locator(".md-skip")
    expect(skip).to_be_focused()
    expect(skip).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(page.locator("article :target")).to_have_count(1)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('article') !== null")


def test_keyboard_focus_is_visible(page):
    page.goto("/chapters/one-neuron/")
    unseen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        unseen += page.evaluate(UNSEEN_FOCUS)
    assert not unseen, unseen
