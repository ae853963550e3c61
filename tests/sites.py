"""Read a built site."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, SoupStrainer

RESOURCES = {"script": "src", "img": "src", "link": "href", "iframe": "src"}
HARMLESS_LINKS = {"canonical", "next", "prev", "edit"}


def parse(file: Path, only: list[str] | None = None) -> BeautifulSoup:
    """Return a page, or of its elements `only` those with these names."""
    part = SoupStrainer(only) if only else None
    text = file.read_text(encoding="utf-8")
    return BeautifulSoup(text, "lxml", parse_only=part)


def foreign_resources(folder: Path) -> list[str]:
    """Return what the pages and styles of a site would ask of other hosts."""
    foreign = []
    for file in folder.rglob("*.html"):
        for tag in parse(file, only=list(RESOURCES)).find_all():
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
    return foreign
