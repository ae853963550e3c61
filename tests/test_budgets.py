"""No page asks for more than `tests/budgets.toml` allows, and no file is above it."""

import gzip
import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from docs.plugins.csv_reader import PACKAGE
from docs.plugins.pages import ROOT
from tests.browser import serve
from tests.sites import PAGES as SITE_PAGES
from tests.sites import WORKBOOKS, html, html_file

BUDGETS = tomllib.loads((ROOT / "tests" / "budgets.toml").read_text("utf-8"))
SEARCH = ("search_index.json", "sitemap.xml")
CSV_LAB = ("predict.py",) if PACKAGE.is_dir() else ()
ALL_PAGES = [*SITE_PAGES, *WORKBOOKS]
PAGES = {
    "chapters/training-lab/": ("page", (*SEARCH, "deliveries.json")),
    "chapters/own-data-lab/": ("page", (*SEARCH, *CSV_LAB)),
    "errors/loss-is-nan/": ("page", SEARCH),  # the longest
    "errata/": ("page", SEARCH),  # no math
    "print/": ("whole-course", ()),
}
"""For each page its budget, and the files that it asks for last."""
HAS_PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"
RESTYLED = "UpdateLayoutTree"
KINDS = {".html": "html", ".css": "css", ".js": "javascript", ".woff2": "fonts"}
PACKED = {".woff2", ".png", ".zip", ".gz"}
FILES = {
    "assets/figures/**/*.svg": "figure",
    "assets/diagrams/*.svg": "figure",
    "assets/fonts/*.woff2": "font",
    "search/search_index.json": "search-index",
}


@cache
def weight(file: Path) -> int:
    """Return the bytes of a file as hosts of static sites send it, gzipped."""
    content = file.read_bytes()
    return len(content if file.suffix in PACKED else gzip.compress(content, 6))


def place(address: str) -> Path:
    """Return where below the site an address leads."""
    path = Path(urlsplit(address).path.lstrip("/"))
    return path if path.suffix else path / "index.html"


def weigh(page: Page, site: Path, address: str, last: tuple = ()) -> dict[str, int]:
    """Return what the browser gets to show a page, by kind and in total."""
    files = set()
    page.on("request", lambda request: files.add(place(request.url)))
    with ExitStack() as stack:
        for name in last:
            stack.enter_context(page.expect_response(f"**/{name}"))
        page.goto(address)
    sizes = Counter(dict.fromkeys([*KINDS.values(), "other"], 0))
    for file in files:
        sizes[KINDS.get(file.suffix, "other")] += weight(site / file)
    return sizes | {"total": sizes.total()}


def too_heavy(what: str, sizes: dict[str, int], budget: dict[str, int]) -> list[str]:
    """Return which sizes are above their limit."""
    return [
        f"{what}: {key} {size:,} bytes, limit {budget[key]:,}"
        for key, size in sizes.items()
        if size > budget[key]
    ]


def heavy_files(site: Path) -> Iterator[str]:
    """Yield which figures, and whether font or search index, are above their limit."""
    for pattern, key in FILES.items():
        files = list(site.glob(pattern))
        assert files, f"the site has no {pattern}"
        for file in files:
            name = file.relative_to(site).as_posix()
            yield from too_heavy(name, {key: weight(file)}, BUDGETS["file"])


@pytest.mark.parametrize("address", PAGES)
def test_page_keeps_its_budget(page, site, address):
    kind, last = PAGES[address]
    sizes = weigh(page, site, f"/{address}", last)
    assert all(sizes[kind] for kind in ("html", "css", "total")), sizes
    assert not too_heavy(address, sizes, BUDGETS[kind])


def test_files_keep_their_budgets(site):
    assert not list(heavy_files(site))


def test_html_of_every_page_keeps_its_budget(site):
    heavy = [
        line
        for page in ALL_PAGES
        for file in [html_file(site, page)]
        for line in too_heavy(page.key, {"html": weight(file)}, BUDGETS["page"])
    ]
    assert not heavy, "\n".join(heavy)


def test_first_paint_waits_for_no_script(page):
    """Hold back every script until the page shows something, and see what it took."""
    asked = []
    page.route("**/*.js", lambda _route: None)
    page.on("request", lambda request: asked.append(place(request.url)))
    with page.expect_request("**/*.js"), page.expect_request("**/*.woff2"):
        page.goto("/chapters/backpropagation/", wait_until="commit")
        page.wait_for_function(HAS_PAINTED)
    kinds = {file.suffix for file in asked} - {".svg"}
    assert kinds == {".html", ".css", ".woff2", ".js"}


def styled(browser: Browser, page: Page, address: str) -> float:
    """Return how often, on average, an element's style is worked out to open a page."""
    browser.start_tracing(page=page, categories=["devtools.timeline"])
    page.goto(address)
    page.locator(".md-code__nav").last.wait_for(state="attached")
    events = json.loads(browser.stop_tracing())["traceEvents"]
    counts = [e["args"].get("elementCount", 0) for e in events if e["name"] == RESTYLED]
    return sum(counts) / page.locator("*").count()


def test_opening_a_page_seldom_styles_an_element_again(browser, page):
    times = styled(browser, page, "/chapters/gradient-descent/")
    assert 0.5 < times < BUDGETS["work"]["styled"]


def test_no_page_has_too_many_elements(site):
    counts = {page.key: len([*html(site, page).iter()]) for page in ALL_PAGES}
    limit = BUDGETS["work"]["elements"]
    assert not {key: count for key, count in counts.items() if count > limit}


HEAVY = {
    "index.html": "",
    "site.css": "@font-face { font-family: M; src: url(/assets/fonts/m.woff2) }"
    "p { font-family: M }",
    "site.js": "",
    "assets/fonts/m.woff2": "",
    "assets/figures/curve.svg": "",
    "assets/diagrams/map.svg": "",
    "search/search_index.json": "",
}
HEAVY["index.html"] = """<!doctype html><title>Page</title>
<link rel="stylesheet" href="site.css"><script src="site.js"></script>
<p>Text</p><img src="search/search_index.json" alt="none">"""


def test_heavy_page_and_files_are_reported(plain_page, tmp_path):
    noise = hashlib.shake_256(b"noise").hexdigest(600_000)
    for name, text in HEAVY.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        comment = f"<!--{noise}-->" if name.endswith("html") else f"/*{noise}*/"
        (tmp_path / name).write_text(text + comment, encoding="utf-8")
    (tmp_path / "favicon.ico").touch()
    with serve(tmp_path) as host:
        sizes = weigh(plain_page, tmp_path, f"{host}/")
    reported = {line.split()[1] for line in too_heavy("page:", sizes, BUDGETS["page"])}
    assert reported == {*BUDGETS["page"]}
    reported = {line.split()[1] for line in heavy_files(tmp_path)}
    assert reported == {*FILES.values()}
