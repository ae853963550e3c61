"""Zensical builds the site that MkDocs builds, but for what a hook makes.

The theme of today ends in May 2027: this keeps the way out open.
"""

import copy
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from docs.plugins.finish import print_page
from docs.plugins.notebook_pages import write_made_files
from docs.plugins.pages import ROOT
from tests.sites import ADDRESS, SETTINGS, foreign_resources, parse
from tests.test_plain_pages import leads_to
from tests.trees import run

HOOKED = ("page-forms", "page-end")  # made by a hook and by finishing
WORKBOOKS = "workbooks/"
MOVED = "notebooks/"
KEPT = {"workbooks/index.html"}
BLOCKS = ["pre", "math", "figure", "table", "details", "h1", "h2", "h3", "h4"]


@pytest.fixture(scope="module")
def zensical(tmp_path_factory):
    """Build with Zensical, which does so inside its folder only."""
    tree = tmp_path_factory.mktemp("zensical")
    ignored = shutil.ignore_patterns("__pycache__", "*.data", "*.png")
    for folder in ("docs", "snippets"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    for file in ("mkdocs.yml", "LICENSE", "requirements.txt"):
        shutil.copy(ROOT / file, tree)
    settings = SETTINGS["configured"]
    done = run(tree, "zensical", "build", "--strict", SITE_DIR="site", **settings)
    assert done.returncode == 0, done.stdout
    write_made_files(tree / "site", ADDRESS)
    return tree / "site"


def places(site: Path) -> set[str]:
    """Return the HTML files of a site that both programs make."""
    names = {file.relative_to(site).as_posix() for file in site.rglob("*.html")}
    made = {n for n in names if not n.startswith((WORKBOOKS, MOVED))} | (names & KEPT)
    return made - {print_page.FILE.as_posix(), "404.html"}


def words(article) -> list[str]:
    return article.text_content().split()


def blocks(article) -> list[tuple[str, str]]:
    """Return each block, output, formula, figure and heading."""
    return [(e.tag, e.get("id"), e.text_content()) for e in article.iter(*BLOCKS)]


def links(article) -> list[str]:
    """Return where links lead; Zensical leaves workbooks as files."""
    hrefs = article.xpath(".//a/@href")
    return [
        href.replace(".ipynb", "/") if WORKBOOKS in href else href for href in hrefs
    ]


def article(site: Path, place: str):
    """Return what a page says, its links whole, without what only one program makes."""
    article = copy.deepcopy(parse(site / place).find(".//article"))
    for name in HOOKED:
        for element in article.find_class(name):
            element.drop_tree()
    article.make_links_absolute(ADDRESS + place.removesuffix("index.html"))
    return article


def differences(one: Path, other: Path) -> list[str]:
    """Return where two sites say different things."""
    found = [f"only one has {place}" for place in sorted(places(one) ^ places(other))]
    for place in sorted(places(one) & places(other)):
        both = article(one, place), article(other, place)
        for part in (words, blocks, links):
            a, b = map(part, both)
            if a != b:
                found.append(
                    f"{part.__name__} of {place}: {first(a, b)}, {first(b, a)}"
                )
    if menu(one) != menu(other):
        found.append(f"menu: {menu(one).items() ^ menu(other).items()}")
    return found


def first(one, other) -> str:
    return str([*(Counter(one) - Counter(other))][:1])[:300]


def menu(site: Path) -> dict[str, str]:
    """Return the entries of the menu, by where they lead."""
    entries = parse(site / "index.html").xpath(
        "//nav[contains(@class, 'md-nav--primary')]"
        "//a[contains(@class, 'md-nav__link')]"
    )
    targets = {
        urljoin(ADDRESS, a.get("href")): a.text_content().split() for a in entries
    }
    place = f"{ADDRESS}{WORKBOOKS}"
    return {
        target: " ".join(text)
        for target, text in targets.items()
        if not target.startswith(place) or target == place
    }


def test_same_site(configured_site, zensical):
    found = differences(configured_site, zensical)
    assert not found, "\n".join(found)


def test_links_of_the_same_site_lead_somewhere(zensical):
    broken = []
    for file in zensical.rglob("*.html"):
        base = ADDRESS + file.relative_to(zensical).as_posix().removesuffix(
            "index.html"
        )
        for element, _attribute, link, _position in parse(file).iterlinks():
            target = urljoin(base, link)
            if target.startswith(ADDRESS) and not leads_somewhere(zensical, target):
                broken.append(f"{base}: {element.tag} {link}")
    assert not broken, "\n".join(broken)


@cache
def leads_somewhere(site: Path, target: str) -> bool:
    file, fragment = leads_to(target, site, site), unquote(urlsplit(target).fragment)
    return file.is_file() and (not fragment or fragment in ids(file))


@cache
def ids(file: Path) -> set[str]:
    return set(parse(file).xpath("//@id"))


def test_same_site_asks_no_other_host(zensical):
    foreign = foreign_resources(zensical)
    assert not foreign, "\n".join(foreign)
