"""A printed page shows all of its content in light colours, and so does the PDF."""

import pytest

from docs.plugins.finish import pdf, print_page

ON_SCREEN = [".md-header", ".md-sidebar--primary", ".md-footer", ".page-end"]
ON_SCREEN += [".md-code__nav", ".headerlink"]
VISIBLE = """selector => [...document.querySelectorAll(selector)]
  .filter((one) => one.checkVisibility({ contentVisibilityAuto: true })).length"""
CUT = """() => [...document.querySelectorAll("article pre > code")]
  .filter((code) => code.scrollWidth > code.clientWidth + 1)
  .map((code) => code.innerText)"""
COLOURS = """() => ["--figure-1", "--md-default-fg-color", "--md-code-bg-color"]
  .map((name) => getComputedStyle(document.body).getPropertyValue(name))"""
LETTER = {"width": 816, "height": 1056}
DOCUMENT = "<!doctype html><title>Two</title><h1>First</h1><h1>Second</h1>"


@pytest.fixture
def printed(page):
    """Return a function that opens a page as the printer sees it."""
    page.set_viewport_size(LETTER)

    def printed(place, scheme="light"):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"/{place}")
        page.emulate_media(media="print", color_scheme=scheme)
        return page

    return printed


def test_content_is_printed_in_full_and_what_serves_the_screen_is_not(printed):
    page = printed("chapters/pytorch/")
    for selector in ON_SCREEN:
        assert page.locator(selector).count() > 0
        assert page.evaluate(VISIBLE, selector) == 0, selector
    folded = "details > *:not(summary)"
    assert page.evaluate(VISIBLE, folded) == page.locator(folded).count() > 0
    assert page.evaluate(CUT) == []
    assert printed("errors/loss-is-nan/").evaluate(CUT) == []


def test_dark_pages_are_printed_in_light_colours(printed):
    light = printed("errors/overfitting/").evaluate(COLOURS)
    assert printed("errors/overfitting/", "dark").evaluate(COLOURS) == light


def test_pdf_has_an_outline_and_tags(browser, tmp_path):
    file = tmp_path / "course.pdf"
    (tmp_path / print_page.FILE).parent.mkdir()
    (tmp_path / print_page.FILE).write_text(DOCUMENT, encoding="utf-8")
    pdf.make(browser, tmp_path, file)
    written = file.read_bytes()
    assert written.startswith(b"%PDF-")
    assert b"/Outlines" in written
    assert b"/StructTreeRoot" in written


def test_pdf_needs_a_finished_site(browser, tmp_path):
    with pytest.raises(FileNotFoundError, match="print"):
        pdf.make(browser, tmp_path, tmp_path / "course.pdf")
