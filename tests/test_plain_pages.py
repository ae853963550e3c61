"""Each page stands as plain Markdown beside its HTML, and can be copied."""

import re
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt

from docs.plugins.finish import plain_pages
from docs.plugins.pages import PYTHON_NAMES, relative
from tests.sites import ADDRESS, PAGES, html, html_file
from tests.test_site import as_shown

COMMONMARK = MarkdownIt().enable("table")
SITE_ONLY = re.compile(r"--8<--|^ *(\?\?\?|!!!|===) |\{ ?[.#:][\w .#-]*\}|\]\(\)", re.M)
COPY = "[data-copy-page]"
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined });"


def plain_file(site, page):
    return html_file(site, page).with_suffix(".md")


def parsed(file):
    """Return what a reader of CommonMark sees: every token, at any depth."""
    for token in COMMONMARK.parse(file.read_text("utf-8")):
        yield token
        yield from token.children or ()


@pytest.fixture(params=PAGES, ids=lambda page: page.key)
def page_of_site(request):
    return request.param


def test_plain_page_shows_the_code_and_the_outputs_in_their_order(site, page_of_site):
    fences = [t for t in parsed(plain_file(site, page_of_site)) if t.type == "fence"]
    shown = [as_shown(t.content) for t in fences]
    expected = [
        as_shown(pre.text_content()) for pre in html(site, page_of_site).iter("pre")
    ]
    assert shown == expected
    python = {t.content.strip() for t in fences if t.info in PYTHON_NAMES}
    assert python == {block.code.strip() for block in page_of_site.blocks}


def test_plain_page_has_nothing_of_the_site_alone(site, page_of_site):
    file = plain_file(site, page_of_site)
    words = [t for t in parsed(file) if t.type.startswith(("text", "html"))]
    left = [
        t.content
        for t in words
        if SITE_ONLY.search(t.content) or (t.type != "text" and t.content != "<br>")
    ]
    assert not left, f"{relative(page_of_site.path)} as Markdown: {left}"


def test_plain_page_has_every_figure_with_its_words(site, page_of_site):
    images = [t for t in parsed(plain_file(site, page_of_site)) if t.type == "image"]
    figures = html(site, page_of_site).xpath("//figure[@data-figure]")
    shown = [
        (re.sub(r"^(\.\./)*", "", image.attrs["src"]), image.content)
        for image in images
    ]
    expected = [
        (f.get("data-figure"), f.find("svg").get("aria-label")) for f in figures
    ]
    assert shown == expected


@pytest.mark.parametrize("which", ["site", "offline_site", "configured_site"])
def test_links_of_plain_pages_lead_somewhere(which, request):
    folder = request.getfixturevalue(which)
    files = [*folder.rglob("*.md"), folder / plain_pages.LIST]
    assert len(files) == len(PAGES) + 1
    broken = []
    for file in files:
        links = [t.attrs.get("href") or t.attrs.get("src") for t in parsed(file)]
        for link in filter(None, links):
            if which == "configured_site":
                assert urlsplit(link).scheme, f"{file}: {link} is not absolute"
            target = leads_to(link, file, folder)
            if target and not target.is_file():
                broken.append(f"{file.relative_to(folder)}: {link}")
    assert not broken, "\n".join(broken)


def leads_to(link, file, folder):
    """Return the file of the site that a link leads to, or None."""
    parts = urlsplit(unquote(link))
    if link.startswith(ADDRESS):
        target = folder / parts.path.removeprefix(urlsplit(ADDRESS).path)
    elif parts.scheme:
        return None
    else:
        target = file.parent / parts.path if parts.path else file
    return target / "index.html" if target.is_dir() else target


def test_the_list_names_every_page_in_its_section(configured_site):
    text = (configured_site / plain_pages.LIST).read_text("utf-8")
    assert text.startswith("# Neural Networks from Scratch\n\n> ")
    listed = re.findall(r"^- \[.+\]\(([^)]+)\): .{70,}$", text, re.M)
    files = [plain_file(configured_site, page) for page in PAGES]
    places = [file.relative_to(configured_site).as_posix() for file in files]
    assert sorted(listed) == sorted(ADDRESS + place for place in places)
    assert "## Chapters" in text


def test_each_page_names_its_markdown(site, page_of_site):
    document = html(site, page_of_site)
    (link,) = document.xpath("//head/link[@type='text/markdown']/@href")
    (button,) = document.xpath("//*[@data-copy-page]/@data-copy-page")
    assert link == button == plain_file(site, page_of_site).name


def test_button_copies_the_page(page, site):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/errors/overfitting/")
    page.locator(COPY).click()
    page.get_by_role("status").get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == (site / "errors/overfitting/index.md").read_text("utf-8")


def test_button_opens_the_page_where_nothing_can_copy(page):
    page.add_init_script(NO_CLIPBOARD)
    page.goto("/errors/overfitting/")
    page.locator(COPY).click()
    page.wait_for_url("**/errors/overfitting/index.md")
