"""Build the site for tests, once a run, and read what was built."""

import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import lxml.html
import pytest
from filelock import FileLock
from lxml.html import HtmlElement

from docs.plugins import pages
from docs.plugins.pages import ROOT
from docs.plugins.workbooks import module_files, notebook_file
from tests.trees import run

RESOURCES = {"script": "src", "img": "src", "link": "href", "iframe": "src"}
HARMLESS_LINKS = {"canonical", "next", "prev", "edit"}
ADDRESS = "https://course.example/nn/"
REPOSITORY = "https://github.com/example/course"
SETTINGS = {
    "site": {},
    "offline": {"OFFLINE": "true"},
    "configured": {
        "SITE_URL": ADDRESS,
        "REPO_URL": REPOSITORY,
        "EDIT_URI": "edit/main/docs/",
    },
}
PROSE = ".//text()[not(ancestor::pre or ancestor::code)]"
PARSER = lxml.html.HTMLParser(encoding="utf-8")


class Workbook(NamedTuple):
    """A workbook, as the site shows it."""

    module: Path

    @property
    def key(self) -> str:
        """Its address, and its notebook's path below docs."""
        return pages.page_key(notebook_file(self.module))


WORKBOOKS = [Workbook(module) for module in module_files()]
PAGES = [pages.read(path) for path in pages.page_files()]


def build(folder: Path, **settings: str) -> Path:
    """Build and finish the site; return its folder, or fail with the log."""
    for command in (
        ["mkdocs", "build", "--strict", "--site-dir", str(folder)],
        ["docs.plugins.finish", str(folder)],
    ):
        done = run(ROOT, *command, **settings)
        assert done.returncode == 0, done.stdout
    return folder


def built_once(name: str, factory: pytest.TempPathFactory) -> Path:
    """Return the site of these settings, built by whichever worker asks first.

    The first build keeps what the others would work out again.
    """
    if name != "site":
        built_once("site", factory)
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder, done = root / name, root / f"{name}.done"
    with FileLock(root / f"{name}.lock"):
        if not done.exists():
            build(folder, **SETTINGS[name])
            done.touch()
    return folder


def html(site: Path, page: pages.Page | Workbook) -> HtmlElement:
    """Return a page of a built site, parsed."""
    return parse(html_file(site, page))


def html_file(site: Path, page: pages.Page | Workbook) -> Path:
    """Return where a page of a built site stands."""
    return site / page.key.removesuffix("index") / "index.html"


@cache
def parse(file: Path) -> HtmlElement:
    """Return a page, parsed once: nobody may change it."""
    return lxml.html.document_fromstring(file.read_bytes(), parser=PARSER)


def article(site: Path, page: pages.Page | Workbook) -> HtmlElement:
    """Return what a page of a built site says, without what stands around it."""
    return html(site, page).find(".//article")


def link(document: HtmlElement, words: str) -> HtmlElement | None:
    """Return a page's first link with these words, or None."""
    return next((a for a in document.iter("a") if a.text == words), None)


def foreign_resources(folder: Path) -> list[str]:
    """Return what the pages and styles of a site would ask of other hosts."""
    foreign = []
    for file in folder.rglob("*.html"):
        for tag in parse(file).iter(*RESOURCES):
            address = tag.get(RESOURCES[tag.tag], "")
            harmless = HARMLESS_LINKS & set(tag.get("rel", "").split())
            if urlsplit(address).netloc and not harmless:
                foreign.append(f"{file.relative_to(folder)}: {address}")
    for file in folder.rglob("*.css"):
        style = file.read_text(encoding="utf-8")
        for address in re.findall(
            r"(?:url\(|@import\s+(?!url))\s*[\"']?([^\"')]+)", style
        ):
            if urlsplit(address).netloc:
                foreign.append(f"{file.relative_to(folder)}: {address}")
    return foreign
