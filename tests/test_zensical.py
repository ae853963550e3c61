"""Zensical builds the site that MkDocs builds; DIFFERENCES lists where it does not."""

import json
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import lxml.html
import pytest
from lxml import etree

from docs.plugins.notebook_pages import write_downloads
from docs.plugins.pages import DOCS, ROOT
from tests.sites import HARMLESS_LINKS, foreign_resources
from tests.trees import run

HOST = "https://site.invalid/"
SKIP_TARGET = "__skip"  # an empty anchor that Zensical's theme puts into each article
HOOKED = "page-forms"  # made by a hook, which Zensical ignores
HEADING = re.compile("h[1-6]")


@dataclass(frozen=True)
class Difference:
    """Which aspects differ, at which places, and why.

    A place is a page's address, "" for the first page, or what the aspect has instead.
    """

    aspects: tuple[str, ...]
    pattern: str
    reason: str


DIFFERENCES = (
    Difference(
        ("page", "menu", "neighbours", "links", "sitemap", "files"),
        "*notebooks/*",
        "Zensical renders no notebooks",
    ),
    Difference(
        ("headings", "links", "text", "structure"),
        "404.html*",
        "Zensical's templates do not know the pages of a section",
    ),
    Difference(("title",), "", "Zensical's theme has no case for the first page"),
)


@dataclass(frozen=True)
class Site:
    """A built site, by the addresses of its pages."""

    folder: Path

    @cached_property
    def pages(self) -> dict:
        """The parsed pages, without the links to their notebooks; see HOOKED."""
        parsed = {
            self.address(file): lxml.html.document_fromstring(
                file.read_bytes(), parser=lxml.html.HTMLParser(encoding="utf-8")
            )
            for file in self.folder.rglob("*.html")
        }
        for page in parsed.values():
            for element in page.find_class(HOOKED):
                element.drop_tree()
        return parsed

    def address(self, file: Path) -> str:
        """Return where a reader finds a file; the first page is ""."""
        return file.relative_to(self.folder).as_posix().removesuffix("index.html")

    @cached_property
    def ids(self) -> dict:
        """The ids that each page has, in its article and around it."""
        return {
            address: set(page.xpath("//@id")) for address, page in self.pages.items()
        }

    def elements(self, *names: str) -> dict:
        """Return the elements of these names in each page's article."""
        return {
            address: [
                element
                for element in page.find(".//article").iter(*names)
                if element.get("id") != SKIP_TARGET
            ]
            for address, page in self.pages.items()
        }


def built_pages(site: Site) -> dict:
    return dict.fromkeys(site.pages, "a page")


def title(site: Site) -> dict:
    return {address: page.findtext(".//title") for address, page in site.pages.items()}


def code(site: Site) -> dict:
    """Return each block and output, with the classes that say which it is."""
    return {
        address: [
            (*(a.get("class") for a in pre.iterancestors("div")), pre.text_content())
            for pre in blocks
        ]
        for address, blocks in site.elements("pre").items()
    }


def markup(element: etree.ElementBase) -> str:
    """Return an element in canonical form: attributes sorted, no tail."""
    return etree.tostring(element, method="c14n", with_tail=False).decode()


def formulas(site: Site) -> dict:
    return {
        address: [markup(math) for math in all_]
        for address, all_ in site.elements("math").items()
    }


def headings(site: Site) -> dict:
    return {
        address: [
            (element.tag, element.get("id"), element.text_content())
            for element in elements
            if HEADING.fullmatch(element.tag)
        ]
        for address, elements in site.elements("*").items()
    }


def anchors(site: Site) -> dict:
    return {
        address: [element.get("id") for element in elements if element.get("id")]
        for address, elements in site.elements("*").items()
    }


def figures(site: Site) -> dict:
    return {
        address: [markup(figure) for figure in all_]
        for address, all_ in site.elements("figure").items()
    }


def links(site: Site) -> dict:
    """Count each article's links, "page -> target"."""
    return Counter(
        f"{address} -> {urljoin(HOST + address, a.get('href'))}"
        for address, all_ in site.elements("a").items()
        for a in all_
        if a.get("href")
    )


def resources(site: Site) -> dict:
    """Return the scripts and styles that each page takes from docs, in order."""
    return {
        address: [
            (target, element.get("type"))
            for element in page.iter("link", "script")
            if element.get("rel") not in HARMLESS_LINKS
            and (link := element.get("href") or element.get("src"))
            and (target := urljoin(HOST + address, link)).startswith(HOST)
            and (DOCS / target.removeprefix(HOST)).is_file()
        ]
        for address, page in site.pages.items()
    }


def text(site: Site) -> dict:
    """Return the words of each article."""
    return {
        address: page.find(".//article").text_content().split()
        for address, page in site.pages.items()
    }


def structure(site: Site) -> dict:
    """Return each article's elements: tabs, folded answers, tables, highlighting."""
    return {
        address: [(element.tag, element.get("class")) for element in elements]
        for address, elements in site.elements("*").items()
    }


def menu(site: Site) -> dict:
    """Return the entries of the first page's menu, by where they lead."""
    entries = site.pages[""].xpath(
        "//nav[contains(@class, 'md-nav--primary')]"
        "//a[contains(@class, 'md-nav__link')]"
    )
    return {
        urljoin(HOST, a.get("href")): " ".join(a.text_content().split())
        for a in entries
    }


def neighbours(site: Site) -> dict:
    """Return the names of the pages before and after, "page -> target"."""
    return {
        f"{address} -> {urljoin(HOST + address, a.get('href'))}": a.get("aria-label")
        for address, page in site.pages.items()
        for a in page.xpath("//footer//a[contains(@class, 'md-footer__link')]")
    }


def search(site: Site) -> dict:
    """Return what the search knows of each place."""
    by_zensical = site.folder / "search.json"
    by_mkdocs = site.folder / "search" / "search_index.json"
    file = by_zensical if by_zensical.exists() else by_mkdocs
    index = json.loads(file.read_text(encoding="utf-8"))
    entries = index["items" if file == by_zensical else "docs"]
    return {entry["location"]: (entry["title"], entry["text"]) for entry in entries}


def sitemap(site: Site) -> dict:
    tree = etree.parse(site.folder / "sitemap.xml")
    return dict.fromkeys(tree.xpath("//*[local-name() = 'loc']/text()"), "an address")


def files(site: Site) -> dict:
    """Return what stands in the site as it stands in docs."""
    return {
        path: sha256((site.folder / path).read_bytes()).hexdigest()
        for path in (file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*"))
        if (site.folder / path).is_file()
    }


ASPECTS = {
    "page": built_pages,
    "title": title,
    "code": code,
    "formulas": formulas,
    "headings": headings,
    "anchors": anchors,
    "figures": figures,
    "links": links,
    "resources": resources,
    "text": text,
    "structure": structure,
    "menu": menu,
    "neighbours": neighbours,
    "search": search,
    "sitemap": sitemap,
    "files": files,
}
PARTS = ("title", "code", "formulas", "headings", "anchors", "figures", "resources")
PARTS += ("text", "structure")
"""Aspects whose places are pages: they compare the pages that both sites have."""


@cache
def shown(aspect: str, site: Site) -> dict:
    return ASPECTS[aspect](site)


def differences(aspect: str, mkdocs: Site, zensical: Site) -> dict[str, str]:
    """Return where two sites differ in one aspect, and how it shows there first."""
    one, other = shown(aspect, mkdocs), shown(aspect, zensical)
    places = one.keys() & other.keys() if aspect in PARTS else one.keys() | other.keys()
    return {
        place: first_difference(one.get(place), other.get(place))
        for place in sorted(places)
        if one.get(place) != other.get(place)
    }


def first_difference(one, other) -> str:
    if isinstance(one, list) and isinstance(other, list):
        one, other = (
            next(iter((Counter(a) - Counter(b)).elements()), f"{len(a)} in this order")
            for a, b in ((one, other), (other, one))
        )
    return f"MkDocs has {str(one)[:300]!r}, Zensical has {str(other)[:300]!r}"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Copy what a site is built from: Zensical builds inside its folder only."""
    tree = tmp_path_factory.mktemp("zensical")
    for folder in ("docs", "snippets", ".cache/notebooks"):
        ignored = shutil.ignore_patterns("__pycache__")
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    for file in ("mkdocs.yml", "LICENSE", "requirements.txt"):
        shutil.copy(ROOT / file, tree)
    return tree


def build(tree: Path, *command: str) -> Site:
    folder = f"site-{command[0]}"
    done = run(tree, *command, SITE_DIR=folder, SITE_URL=HOST)
    assert done.returncode == 0, done.stdout
    return Site(tree / folder)


@pytest.fixture(scope="module")
def mkdocs(tree):
    return build(tree, "mkdocs", "build", "--strict")


@pytest.fixture(scope="module")
def zensical(tree):
    site = build(tree, "zensical", "build", "--strict")
    write_downloads(site.folder, HOST)
    return site


@pytest.mark.parametrize("aspect", ASPECTS)
def test_same_site(aspect, mkdocs, zensical):
    patterns = [d.pattern for d in DIFFERENCES if aspect in d.aspects]
    unlisted = [
        f"{aspect} of {place!r}: {difference}"
        for place, difference in differences(aspect, mkdocs, zensical).items()
        if not any(fnmatchcase(place, pattern) for pattern in patterns)
    ]
    assert not unlisted, "\n".join(unlisted)


@pytest.mark.parametrize(
    ("aspect", "listed"), [(aspect, d) for d in DIFFERENCES for aspect in d.aspects]
)
def test_listed_difference_exists(aspect, listed, mkdocs, zensical):
    found = differences(aspect, mkdocs, zensical)
    assert any(fnmatchcase(place, listed.pattern) for place in found), (
        f"no {aspect} differs at {listed.pattern!r}: take it out of DIFFERENCES"
    )


def test_what_a_hook_makes_is_missing(mkdocs, zensical):
    shown = [
        any(f'class="{HOOKED}"' in f.read_text("utf-8") for f in folder.rglob("*.html"))
        for folder in (mkdocs.folder, zensical.folder)
    ]
    assert shown == [True, False], "compare the links to notebooks as well"


def test_same_site_links_resolve(zensical):
    broken = []
    for address, page in zensical.pages.items():
        for element, _attribute, link, _position in page.iterlinks():
            target = urlsplit(urljoin(HOST + address, link))
            if f"{target.scheme}://{target.netloc}/" == HOST and not leads_somewhere(
                zensical, target.path, target.fragment
            ):
                broken.append(f"{address}: {element.tag} {link}")
    assert not broken, "\n".join(broken)


def leads_somewhere(site: Site, path: str, fragment: str) -> bool:
    address = unquote(path).removeprefix("/")
    if address not in site.pages:
        return (site.folder / address).is_file() and not fragment
    return not fragment or unquote(fragment) in site.ids[address]


def test_same_site_asks_no_other_host(zensical):
    foreign = foreign_resources(zensical.folder)
    assert not foreign, "\n".join(foreign)


PAGE = "chapters/one-neuron/index.html"
MISTAKES = {
    "page": ("errata/index.html", None, ""),
    "title": (PAGE, "<title>", "<title>The "),
    "code": (PAGE, 'class="language-python', 'class="language-text'),
    "formulas": (PAGE, "<mo>=</mo>", "<mo>≈</mo>"),
    "headings": (PAGE, "<h2 ", "<h3 "),
    "anchors": (PAGE, '<h2 id="', '<h2 id="the-'),
    "figures": (PAGE, "<svg role", '<svg opacity="0" role'),
    "resources": (PAGE, "assets/styles/site.css", "assets/styles/other.css"),
    "links": (PAGE, 'href="../../glossary/#', 'href="../../symbols/#'),
    "text": (PAGE, "</p>", "</p><p>One more.</p>"),
    "structure": (PAGE, "<details", "<div"),
    "menu": ("index.html", 'href="./errata/"', 'href="./symbols/"'),
    "neighbours": (PAGE, "md-footer__link md-footer__link--next", "other"),
    "search": ("search.json", '"location":"errata/"', '"location":"erratum/"'),
    "sitemap": ("sitemap.xml", "/errata/</loc>", "/erratum/</loc>"),
    "files": ("assets/styles/site.css", "--figure-1", "--figure-9"),
}
"""For each aspect a mistake in Zensical's site: a file, what to replace, by what."""


@pytest.mark.parametrize("aspect", ASPECTS)
def test_comparison_notices_a_mistake(aspect, mkdocs, zensical, tmp_path):
    name, old, new = MISTAKES[aspect]
    folder = shutil.copytree(zensical.folder, tmp_path / "site")
    content = (folder / name).read_text(encoding="utf-8")
    if old is None:
        (folder / name).unlink()
    else:
        assert old in content, f"{name} has no {old!r}: the mistake is out of date"
        (folder / name).write_text(content.replace(old, new, 1), encoding="utf-8")
    before = differences(aspect, mkdocs, zensical)
    assert differences(aspect, mkdocs, Site(folder)).keys() - before.keys()


def test_missing_target_is_a_broken_link(zensical):
    assert leads_somewhere(zensical, "/errata/", "")
    assert not leads_somewhere(zensical, "/erratum/", "")
    assert not leads_somewhere(zensical, "/errata/", "nowhere")
