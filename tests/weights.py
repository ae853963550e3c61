"""What a page of the built site asks for, and what that weighs on the way."""

import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from lxml import html

from docs.plugins.labs import ELEMENTS

KINDS = {".html": "html", ".css": "css", ".js": "javascript", ".woff2": "fonts"}
ALREADY_PACKED = {".woff2", ".png", ".zip", ".gz"}
LABS = Path("assets", "labs", "labs.js")
LINKED = {"stylesheet", "icon"}
FONT_FACE = re.compile(r"@font-face\s*{([^}]*)}")
FAMILY = re.compile(r"font-family:\s*[\"']?([^\"';,}]+)")
ADDRESS = re.compile(r"url\([\"']?(?!data:)([^\"')]+)[\"']?\)")
IMPORTED = re.compile(
    r"from \"(\.[^\"]+)\"|new URL\(\"([^\"`]+)\", import\.meta\.url\)"
)
ELEMENT = re.compile(r"[a-z][a-z0-9-]*")


@cache
def weight(file: Path) -> int:
    """Return the bytes of a file as hosts of static sites send it, gzipped."""
    content = file.read_bytes()
    packed = file.suffix in ALREADY_PACKED
    return len(content if packed else gzip.compress(content, compresslevel=6))


def account(site: Path, page: Path) -> dict[str, int]:
    """Return what a page and all that it asks for weigh, by kind and in total."""
    sums = dict.fromkeys([*KINDS.values(), "other"], 0)
    for file in asked_for(site, page):
        sums[KINDS.get(file.suffix, "other")] += weight(file)
    return sums | {"total": sum(sums.values())}


def asked_for(site: Path, page: Path) -> set[Path]:
    """Return the files that a browser gets to show a page, the page among them."""
    document = html.document_fromstring(page.read_bytes())
    files = {_file(site, page, name) for name in _named(document)}
    for style in [file for file in files if file.suffix == ".css"]:
        files |= _fonts(site, style, document)
    labs = site / LABS
    if labs in files:
        for lab in {element.tag for element in document.iter(*ELEMENTS)}:
            files |= _modules(site, labs.with_name(f"{lab}.js"))
    return files | {page}


def _named(document: html.HtmlElement) -> Iterator[str]:
    for link in document.iter("link"):
        if LINKED & set(link.get("rel", "").split()):
            yield link.get("href")
    for element in document.iter("script", "img"):
        if element.get("src"):
            yield element.get("src")
    for settings in document.xpath("//script[@id='__config']"):
        yield from _asked_by_theme(json.loads(settings.text))


def _asked_by_theme(settings: dict) -> Iterator[str]:
    base = f"{settings['base'].rstrip('/')}/"
    yield settings["search"]
    yield f"{base}search/search_index.json"
    if "navigation.instant" in settings["features"]:
        yield f"{base}sitemap.xml"


def _file(site: Path, source: Path, address: str) -> Path:
    place = urljoin(f"/{source.relative_to(site).as_posix()}", address)
    file = site / unquote(urlsplit(place).path).lstrip("/")
    if not file.is_file():
        raise FileNotFoundError(f"{source.relative_to(site)} asks for {address}")
    return file


def _fonts(site: Path, style: Path, document: html.HtmlElement) -> set[Path]:
    text = style.read_text(encoding="utf-8")
    rules = [rule.rpartition("{") for rule in FONT_FACE.sub("", text).split("}")]
    fonts = set()
    for face in FONT_FACE.findall(text):
        family = FAMILY.search(face)[1]
        users = {selector.strip() for selector, _, body in rules if family in body}
        if any(_is_used(selector, document) for selector in users):
            fonts |= {_file(site, style, name) for name in ADDRESS.findall(face)}
    return fonts


def _is_used(selector: str, document: html.HtmlElement) -> bool:
    if not ELEMENT.fullmatch(selector):
        raise ValueError(f"cannot tell which pages have {selector!r}, a font's user")
    return next(document.iter(selector), None) is not None


def _modules(site: Path, module: Path) -> set[Path]:
    found, queue = set(), [module]
    while queue:
        file = queue.pop()
        if file in found:
            continue
        found.add(file)
        if file.suffix == ".js":
            names = IMPORTED.findall(file.read_text(encoding="utf-8"))
            queue += [_file(site, file, "".join(pair)) for pair in names]
    return found
