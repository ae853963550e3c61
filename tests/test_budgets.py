"""No page asks for more than `tests/budgets.toml` allows, nor before it is needed."""

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Page, Request

from docs.plugins.pages import DOCS, ROOT, relative
from tests.browser import serve
from tests.weights import account, asked_for, weight

TABLE = ROOT / "tests" / "budgets.toml"
BUDGETS = tomllib.loads(TABLE.read_text(encoding="utf-8"))
FONT = Path("assets", "fonts", "stix-two-math.woff2")
INDEX = Path("search", "search_index.json")
PAGES = {
    "a lab, math and figures": "chapters/backpropagation/",
    "the training lab": "chapters/training-lab/",
    "a lab with a preset": "errors/loss-is-nan/",
    "no math": "errata/",
    "a notebook": "notebooks/chapters/backpropagation/",
    "the whole course": "print/",
    "not found": "404.html",
}
ICON = "assets/favicon.svg"  # asked for whenever the browser likes
HAS_PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"


def too_heavy(what: str, size: int, budget: dict[str, int], key: str) -> Iterator[str]:
    """Yield a message if a size is above its limit."""
    if size > budget[key]:
        yield f"{what}: {key} {size:,} bytes, limit {budget[key]:,}"


def heavy_pages(site: Path) -> list[str]:
    """Return which pages of a site are above which limit."""
    found = []
    for file in sorted(site.rglob("*.html")):
        name = file.relative_to(site).as_posix()
        kind = {"notebooks": "notebook", "print": "whole-course"}.get(
            name.split("/")[0], "page"
        )
        for key, size in account(site, file).items():
            found += too_heavy(name, size, BUDGETS[kind], key)
    return found


def heavy_files(site: Path, assets: Path) -> list[str]:
    """Return which figures, and whether font or search index, are above their limit."""
    budget = BUDGETS["file"]
    found = []
    for kind in ("figures", "diagrams"):
        for file in sorted((assets / kind).rglob("*.svg")):
            name = file.relative_to(assets).as_posix()
            found += too_heavy(name, weight(file), budget, "figure")
    for file, key in ((FONT, "math-font"), (INDEX, "search-index")):
        found += too_heavy(file.as_posix(), weight(site / file), budget, key)
    return found


def test_pages_keep_their_budgets(site):
    heavy = heavy_pages(site)
    assert not heavy, f"{relative(TABLE)}:\n" + "\n".join(heavy)


def test_files_keep_their_budgets(site):
    heavy = heavy_files(site, DOCS / "assets")
    assert not heavy, f"{relative(TABLE)}:\n" + "\n".join(heavy)


def address(request: Request) -> str:
    """Return the path of a request, without the slash before it."""
    return urlsplit(request.url).path.lstrip("/")


def addresses(site: Path, files: set[Path]) -> set[str]:
    """Return the addresses of files of a site, but for its icon."""
    names = {file.relative_to(site).as_posix() for file in files}
    return {name.removesuffix("index.html") for name in names} - {ICON}


@pytest.mark.parametrize("key", PAGES.values(), ids=PAGES)
def test_account_is_what_the_browser_asks_for(page, site, key):
    """Compare what is weighed above with the requests of a browser."""
    asked = []
    page.on("request", lambda request: asked.append(address(request)))
    page.goto(f"/{key}", wait_until="networkidle")
    expected = asked_for(site, page_file(site, key))
    assert set(asked) - {ICON} == addresses(site, expected)


def page_file(site: Path, key: str) -> Path:
    return site / key / "index.html" if key.endswith("/") else site / key


@pytest.mark.parametrize("key", PAGES.values(), ids=PAGES)
def test_first_paint_waits_for_no_script(page, site, key):
    """Hold back every script until the page shows something, and see what it took."""
    asked, held = requests_until_paint(page, f"/{key}")
    assert bool(held) == (key != "print/"), "which pages have scripts"
    needed = {
        name
        for name in addresses(site, asked_for(site, page_file(site, key)))
        if name.endswith((".css", ".woff2")) and "/labs/" not in name
    }
    assert set(asked) - {key, ICON} == needed


def requests_until_paint(
    page: Page, key: str, limit: int = 10_000
) -> tuple[list[str], list[str]]:
    """Open a page; return what it gets until it shows, and the scripts held back."""
    asked, held = [], []
    page.route("**/*.js", lambda route: held.append(address(route.request)))
    page.on("request", lambda request: asked.append(address(request)))
    page.goto(key, wait_until="commit")
    page.wait_for_function(HAS_PAINTED, timeout=limit)
    return [name for name in asked if name not in held], held


PAGE = """<link rel="stylesheet" href="assets/site.css"><script src="theme.js"></script>
<math></math><training-lab></training-lab><script src="assets/labs/labs.js"></script>"""
STYLE = "@font-face{font-family:'M';src:url(fonts/stix-two-math.woff2)}"
SMALL_SITE = {
    "index.html": PAGE,
    "assets/site.css": f"{STYLE} math{{font-family:'M',math}}",
    "theme.js": "",
    "assets/labs/labs.js": "",
    "assets/labs/training-lab.js": 'import { a } from "./lab.js";',
    "assets/labs/lab.js": 'new URL("data.json", import.meta.url)',
    "assets/labs/data.json": "",
    "assets/figures/curve.svg": "",
    FONT.as_posix(): "",
    INDEX.as_posix(): "",
}


def small_site(folder: Path, heavy: str = "") -> list[str]:
    """Return what is too heavy on a small site; one of its files is `heavy`."""
    noise = hashlib.shake_256(b"noise").hexdigest(600_000)
    for name, text in SMALL_SITE.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}<!--{noise}-->" if name == heavy else text, "utf-8")
    return heavy_pages(folder) + heavy_files(folder, folder / "assets")


@pytest.mark.parametrize(
    ("heavy", "message"),
    [
        ("index.html", "index.html: html "),
        ("index.html", "index.html: total "),
        ("assets/site.css", "index.html: css "),
        ("theme.js", "index.html: javascript "),
        ("assets/labs/lab.js", "index.html: javascript "),
        ("assets/labs/data.json", "index.html: other "),
        (FONT.as_posix(), "index.html: fonts "),
        (FONT.as_posix(), f"{FONT.as_posix()}: math-font "),
        (INDEX.as_posix(), f"{INDEX.as_posix()}: search-index "),
        ("assets/figures/curve.svg", "figures/curve.svg: figure "),
    ],
)
def test_heavy_file_is_reported(tmp_path, heavy, message):
    assert small_site(tmp_path) == []
    found = small_site(tmp_path / "heavy", heavy)
    assert any(line.startswith(message) for line in found), found


@pytest.mark.parametrize(
    ("head", "extra"),
    [
        ("", set()),
        ("<link rel=preload as=fetch href=/search.json>", {"search.json"}),
        ("<link rel=stylesheet href=/labs.css>", {"labs.css"}),
        ("<script src=/blocks.js></script>", None),
    ],
    ids=["nothing", "a preload", "a stylesheet", "a script that blocks"],
)
def test_needless_request_is_reported(plain_page, tmp_path, head, extra):
    for name in ("search.json", "labs.css", "blocks.js", "favicon.ico"):
        (tmp_path / name).touch()
    text = (
        f"<!doctype html><title>Page</title>{head}<p>Text<script src=/end.js></script>"
    )
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    with serve(tmp_path) as host:
        if extra is None:
            with pytest.raises(Error, match="Timeout"):
                requests_until_paint(plain_page, f"{host}/page.html", limit=1_000)
        else:
            asked, _held = requests_until_paint(plain_page, f"{host}/page.html")
            assert set(asked) - {"page.html", "favicon.ico"} == extra
