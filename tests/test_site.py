"""The built site shows exactly what was executed, and asks no other host."""

import re
import textwrap
from collections import Counter
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from docs.plugins import pages
from docs.plugins.finish import print_page
from docs.plugins.finish.built import Site
from docs.plugins.notebook_pages import redirects
from docs.plugins.pages import DOCS, PYTHON_NAMES, relative
from tests.sites import (
    PAGES,
    PROSE,
    REPOSITORY,
    WORKBOOKS,
    article,
    foreign_resources,
    html,
    html_file,
    parse,
)

UNCHECKED = ["svg", "object", "embed", "iframe", "textarea", "samp", "style", "script"]
UNCHECKED += ["video", "audio", "picture", "canvas", "form"]
LINKS = ["a", "link", "script"]


@pytest.fixture(scope="module", params=PAGES, ids=lambda page: page.key)
def shown_page(request):
    return request.param


def code_language(pre) -> str:
    """Return the language of a code element, from whichever element names it."""
    around = [pre, *pre.iter("code"), *pre.iterancestors()]
    names = [name for tag in around for name in tag.get("class", "").split()]
    languages = [n.removeprefix("language-") for n in names if "language-" in n]
    return languages[0] if languages else "none"


def shown_code(document) -> list[str]:
    """Return the Python blocks of a built page."""
    return [
        pre.text_content().strip()
        for pre in document.iter("pre")
        if code_language(pre) in PYTHON_NAMES
    ]


def test_html_shows_exactly_the_executed_blocks(site, shown_page):
    shown = Counter(shown_code(html(site, shown_page)))
    executed = Counter(block.code.strip() for block in shown_page.blocks)
    differences = {
        f"{relative(shown_page.path)} shows code that nothing runs": shown - executed,
        f"{relative(shown_page.path)} does not show all its code": executed - shown,
    }
    wrong = {name: code for name, code in differences.items() if code}
    assert not wrong, wrong


def test_html_shows_exactly_the_recorded_outputs(site, shown_page):
    texts = shown_page.recorded_texts()
    recorded = [texts[block.name] for block in shown_page.blocks if block.output_line]
    shown = [
        pre.text_content()
        for pre in html(site, shown_page).iter("pre")
        if code_language(pre) not in PYTHON_NAMES | {"console"}
    ]
    assert list(map(as_shown, shown)) == list(map(as_shown, recorded)), (
        f"{relative(shown_page.path)}: outputs that are shown, and recorded"
    )


def as_shown(text: str) -> str:
    """Return a text as Snippets and the highlighter leave it: dedented, stripped."""
    return textwrap.dedent(text.expandtabs(4)).strip("\n ")


def test_html_has_nothing_that_no_run_makes(site, shown_page):
    made = [
        (tag.tag, *tag.attrib.items())
        for tag in article(site, shown_page).iter(*UNCHECKED)
        if not (
            tag.tag == "svg" and next(tag.iterancestors("figure"), None) is not None
        )
    ]
    assert not made, (
        f"{relative(shown_page.path)}: nothing draws or checks this: {made}"
    )


def test_whole_course_shows_every_executed_block_in_order(site):
    shown = shown_code(parse(site / print_page.FILE))
    in_order = [pages.read(DOCS / page.source) for page in Site.read(site).pages]
    executed = [block.code.strip() for page in in_order for block in page.blocks]
    assert {page.path for page in in_order} == {page.path for page in PAGES}
    assert shown == executed, "the whole course shows other code than the pages"


def test_every_page_of_the_site_is_checked(site):
    built = set(site.rglob("*.html"))
    expected = {html_file(site, page) for page in [*PAGES, *WORKBOOKS]}
    expected |= {site / name for name in redirects()}
    expected |= {site / "404.html", site / print_page.FILE}
    assert built == expected, {str(file) for file in built ^ expected}


def test_html_has_no_unconverted_math(site, shown_page):
    text = "".join(article(site, shown_page).xpath(PROSE))
    left = re.findall(r"\\[(\[a-zA-Z].{0,30}|\$[^$\n]{1,40}\$|&\w+;", text)
    assert not left, f"{relative(shown_page.path)}: LaTeX was not converted: {left}"


def test_html_has_no_broken_table(site, shown_page):
    paragraphs = [
        p.text_content().lstrip() for p in article(site, shown_page).iter("p")
    ]
    broken = [text[:80] for text in paragraphs if text.startswith("|")]
    assert not broken, f"{relative(shown_page.path)}: rows outside a table: {broken}"


def test_every_recorded_figure_is_shown_on_its_page(site):
    shown = {}
    for page in PAGES:
        for path in html(site, page).xpath("//figure/@data-figure"):
            shown.setdefault(path, []).append(page.key)
    recorded = {
        relative(file).removeprefix("docs/"): file
        for folder in ("figures", "diagrams")
        for file in (DOCS / "assets" / folder).rglob("*.svg")
    }
    assert set(shown) == set(recorded), "figures that are shown, and recorded"
    for page in PAGES:
        text = html_file(site, page).read_text("utf-8")
        for path in re.findall(r'data-figure="([^"]+)"', text):
            _opening, drawing = recorded[path].read_text("utf-8").split("<svg ", 1)
            assert drawing in text, f"{relative(page.path)} shows another {path}"
    for path, keys in shown.items():
        if path.startswith("assets/figures/"):
            owner = path.removeprefix("assets/figures/").rsplit("/", 1)[0]
            assert keys == [owner], f"{path} is shown on {keys}, not once on {owner}"


def test_every_image_is_a_recorded_figure(site):
    images = {
        f"{relative(page.path)}: {image.get('src')}"
        for page in PAGES
        for image in article(site, page).iter("img")
    }
    assert images == set(), "images that no block and no diagram draws"


@pytest.mark.parametrize("which", ["site", "offline_site"])
def test_no_resource_comes_from_another_host(which, request):
    folder = request.getfixturevalue(which)
    foreign = foreign_resources(folder)
    assert not foreign, "\n".join(foreign)


def test_offline_links_open_from_a_folder(offline_site):
    broken = []
    for file in offline_site.rglob("*.html"):
        if file.name == "404.html":
            continue
        for link in parse(file).iter(*LINKS):
            address = link.get("href") or link.get("src") or ""
            target = urlsplit(urljoin(file.as_uri(), address))
            if target.scheme == "file" and not Path(target.path).is_file():
                broken.append(f"{file.relative_to(offline_site)}: {address}")
    assert not broken, "\n".join(broken)


def test_without_a_repository_there_are_no_edit_links(site):
    page = html(site, PAGES[0])
    assert not page.xpath("//a[@rel='edit']")
    assert not page.find_class("md-source")


def test_with_a_repository_each_page_can_be_edited(configured_site):
    for page in PAGES:
        built = html(configured_site, page)
        place = page.path.relative_to(DOCS).as_posix()
        edit = {a.get("href") for a in built.xpath("//a[@rel='edit']")}
        assert edit == {f"{REPOSITORY}/edit/main/docs/{place}"}
        assert built.find_class("md-source")[0].get("href") == REPOSITORY
        asks = built.xpath("//*[@data-md-component='source']")
        assert not asks, "Material would ask the code host for its facts"
