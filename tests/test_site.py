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
from docs.plugins.pages import DOCS, PYTHON_NAMES, relative
from tests.sites import (
    FORMS,
    PAGES,
    REPOSITORY,
    foreign_resources,
    html,
    html_file,
    parse,
)

UNCHECKED = ["svg", "object", "embed", "iframe", "textarea", "samp", "style", "script"]
UNCHECKED += ["video", "audio", "picture", "canvas", "form"]
LINKS = ["a", "link", "script"]


@pytest.fixture(scope="module", params=FORMS, ids=lambda form: form.key)
def form(request):
    return request.param


@pytest.fixture(scope="module")
def built(site, form):
    return html(site, form)


def code_language(pre) -> str:
    """Return the language of a code element, from whichever element names it."""
    around = [pre, pre.find("code"), *pre.parents]
    names = [name for tag in around if tag for name in tag.get("class", [])]
    languages = [n.removeprefix("language-") for n in names if "language-" in n]
    return languages[0] if languages else "none"


def test_html_shows_exactly_the_executed_blocks(form, built):
    shown = Counter(
        pre.get_text().strip()
        for pre in built.find_all("pre")
        if code_language(pre) in PYTHON_NAMES
    )
    executed = Counter(block.code.strip() for block in form.page.blocks)
    assert shown - executed == Counter(), f"{form.name} shows code that nothing runs"
    assert executed - shown == Counter(), f"{form.name} does not show all its code"


def test_html_shows_exactly_the_recorded_outputs(form, built):
    texts = form.page.recorded_texts()
    recorded = [texts[block.name] for block in form.page.blocks if block.output_line]
    shown = [
        pre.get_text()
        for pre in built.find_all("pre")
        if code_language(pre) not in PYTHON_NAMES | {"console"}
    ]
    assert list(map(as_shown, shown)) == list(map(as_shown, recorded)), (
        f"{form.name}: outputs that are shown, and recorded"
    )


def as_shown(text: str) -> str:
    """Return a text as Snippets and the highlighter leave it: dedented, stripped."""
    return textwrap.dedent(text.expandtabs(4)).strip("\n ")


def test_html_has_nothing_that_no_run_makes(form, built):
    article = built.find("article")
    made = [
        str(tag)[:200]
        for tag in article.find_all(UNCHECKED)
        if not (tag.name == "svg" and tag.find_parent("figure"))
    ]
    assert not made, f"{form.name}: nothing draws or checks this: {made}"


def test_whole_course_shows_every_executed_block_in_order(site):
    shown = [
        pre.get_text().strip()
        for pre in parse(site / print_page.FILE).find_all("pre")
        if code_language(pre) in PYTHON_NAMES
    ]
    in_order = [pages.read(DOCS / page.source) for page in Site.read(site).pages]
    executed = [block.code.strip() for page in in_order for block in page.blocks]
    assert {page.path for page in in_order} == {page.path for page in PAGES}
    assert shown == executed, "the whole course shows other code than the pages"


def test_every_page_of_the_site_is_checked(site):
    built = set(site.rglob("*.html"))
    expected = {html_file(site, form) for form in FORMS}
    expected |= {site / "404.html", site / print_page.FILE}
    assert built == expected, {str(file) for file in built ^ expected}


def test_html_has_no_unconverted_math(form, built):
    strings = built.find("article").strings
    text = "".join(s for s in strings if not s.find_parent(["pre", "code"]))
    left = re.findall(r"\\[(\[a-zA-Z].{0,30}|\$[^$\n]{1,40}\$|&\w+;", text)
    assert not left, f"{form.name}: LaTeX was not converted: {left}"


def test_html_has_no_broken_table(form, built):
    broken = [
        paragraph.get_text()[:80]
        for paragraph in built.find("article").find_all("p")
        if paragraph.get_text().lstrip().startswith("|")
    ]
    assert not broken, f"{form.name}: rows outside a table: {broken}"


def test_every_recorded_figure_is_shown_on_its_page(site):
    shown = {}
    for page in PAGES:
        for figure in html(site, page).find_all("figure", attrs={"data-figure": True}):
            shown.setdefault(figure["data-figure"], []).append(page.key)
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
        f"{relative(page.path)}: {image['src']}"
        for page in PAGES
        for image in html(site, page).find("article").find_all("img")
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
        for link in parse(file, LINKS).find_all(LINKS):
            address = link.get("href") or link.get("src") or ""
            target = urlsplit(urljoin(file.as_uri(), address))
            if target.scheme == "file" and not Path(target.path).is_file():
                broken.append(f"{file.relative_to(offline_site)}: {address}")
    assert not broken, "\n".join(broken)


def test_without_a_repository_there_are_no_edit_links(site):
    page = html(site, PAGES[0])
    assert page.find("a", attrs={"rel": "edit"}) is None
    assert page.find(class_="md-source") is None


def test_with_a_repository_each_page_can_be_edited(configured_site):
    for page in PAGES:
        built = html(configured_site, page)
        place = page.path.relative_to(DOCS).as_posix()
        edit = built.find("a", attrs={"rel": "edit"})
        assert edit["href"] == f"{REPOSITORY}/edit/main/docs/{place}"
        assert built.find(class_="md-source")["href"] == REPOSITORY
        asks = built.find(attrs={"data-md-component": "source"})
        assert asks is None, "Material would ask the code host for its facts"
