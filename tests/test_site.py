"""The built site shows exactly what was executed, and asks no other host."""

import re
import textwrap
from collections import Counter
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

from docs.plugins import pages
from docs.plugins.pages import DOCS, PYTHON_NAMES, relative
from tests.execution import recorded_texts
from tests.sites import build

PAGES = [pages.read(path) for path in pages.page_files()]
RESOURCES = {"script": "src", "img": "src", "link": "href", "iframe": "src"}
UNCHECKED = ["svg", "object", "embed", "iframe", "textarea", "samp", "style", "script"]
UNCHECKED += ["video", "audio", "picture", "canvas", "form"]
HARMLESS_LINKS = {"canonical", "next", "prev", "edit"}


def html(site: Path, page: pages.Page) -> BeautifulSoup:
    return parse(html_file(site, page))


def html_file(site: Path, page: pages.Page) -> Path:
    return site / page.key.removesuffix("index") / "index.html"


def parse(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text(encoding="utf-8"), "lxml")


def code_language(pre) -> str:
    """Return the language of a code element, from whichever element names it."""
    around = [pre, pre.find("code"), *pre.parents]
    names = [name for tag in around if tag for name in tag.get("class", [])]
    languages = [n.removeprefix("language-") for n in names if "language-" in n]
    return languages[0] if languages else "none"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_html_shows_exactly_the_executed_blocks(site, page):
    shown = Counter(
        pre.get_text().strip()
        for pre in html(site, page).find_all("pre")
        if code_language(pre) in PYTHON_NAMES
    )
    executed = Counter(block.code.strip() for block in page.blocks)
    name = relative(page.path)
    assert shown - executed == Counter(), f"{name} shows code that nothing executes"
    assert executed - shown == Counter(), f"{name} executes code that it does not show"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_html_shows_exactly_the_recorded_outputs(site, page):
    texts = recorded_texts(page)
    recorded = [texts[block.name] for block in page.blocks if block.output_line]
    shown = [
        pre.get_text()
        for pre in html(site, page).find_all("pre")
        if code_language(pre) not in PYTHON_NAMES | {"console"}
    ]
    assert list(map(as_shown, shown)) == list(map(as_shown, recorded)), (
        f"{relative(page.path)}: outputs that are shown, and recorded"
    )


def as_shown(text: str) -> str:
    """Return a text as Snippets and the highlighter leave it: dedented, stripped."""
    return textwrap.dedent(text.expandtabs(4)).strip("\n ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_html_has_nothing_that_no_run_makes(site, page):
    article = html(site, page).find("article")
    made = [
        str(tag)[:200]
        for tag in article.find_all(UNCHECKED)
        if not (tag.name == "svg" and tag.find_parent("figure"))
    ]
    assert not made, f"{relative(page.path)}: nothing draws or checks this: {made}"


def test_every_page_of_the_site_is_checked(site):
    built = set(site.rglob("*.html"))
    expected = {html_file(site, page) for page in PAGES} | {site / "404.html"}
    assert built == expected, {str(file) for file in built ^ expected}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_html_has_no_unconverted_math(site, page):
    article = html(site, page).find("article")
    for code in article.find_all(["pre", "code"]):
        code.decompose()
    text = article.get_text()
    left = re.findall(r"\\[(\[a-zA-Z].{0,30}|\$[^$\n]{1,40}\$|&\w+;", text)
    assert not left, f"{relative(page.path)}: LaTeX was not converted: {left}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_html_has_no_broken_table(site, page):
    broken = [
        paragraph.get_text()[:80]
        for paragraph in html(site, page).find("article").find_all("p")
        if paragraph.get_text().lstrip().startswith("|")
    ]
    assert not broken, f"{relative(page.path)}: rows outside a table: {broken}"


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
    foreign = []
    for file in folder.rglob("*.html"):
        for tag in parse(file).find_all(list(RESOURCES)):
            address = tag.get(RESOURCES[tag.name]) or ""
            harmless = HARMLESS_LINKS & set(tag.get("rel", []))
            if urlsplit(address).netloc and not harmless:
                foreign.append(f"{file.relative_to(folder)}: {address}")
    for file in folder.rglob("*.css"):
        style = file.read_text(encoding="utf-8")
        for address in re.findall(
            r"(?:url\(|@import\s+(?!url))\s*[\"']?([^\"')]+)", style
        ):
            if urlsplit(address).netloc:
                foreign.append(f"{file.relative_to(folder)}: {address}")
    assert not foreign, "\n".join(foreign)


def test_offline_links_open_from_a_folder(offline_site):
    broken = []
    for file in offline_site.rglob("*.html"):
        if file.name == "404.html":
            continue
        for link in parse(file).find_all(["a", "link", "script"]):
            address = link.get("href") or link.get("src") or ""
            target = urlsplit(urljoin(file.as_uri(), address))
            if target.scheme == "file" and not Path(target.path).is_file():
                broken.append(f"{file.relative_to(offline_site)}: {address}")
    assert not broken, "\n".join(broken)


def test_without_a_repository_there_are_no_edit_links(site):
    page = html(site, PAGES[0])
    assert page.find("a", attrs={"rel": "edit"}) is None
    assert page.find(class_="md-source") is None


def test_with_a_repository_each_page_can_be_edited(tmp_path):
    repository = "https://github.com/example/course"
    folder = build(tmp_path, REPO_URL=repository, EDIT_URI="edit/main/docs/")
    for page in PAGES:
        built = html(folder, page)
        place = page.path.relative_to(DOCS).as_posix()
        edit = built.find("a", attrs={"rel": "edit"})
        assert edit["href"] == f"{repository}/edit/main/docs/{place}"
        assert built.find(class_="md-source")["href"] == repository
        asks = built.find(attrs={"data-md-component": "source"})
        assert asks is None, "Material would ask the code host for its facts"
