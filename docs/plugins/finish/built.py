"""A built site as the finishing step reads it: its pages, in the menu's order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path

from lxml import html

from docs.plugins.pages import settings


class SiteError(ValueError):
    """A built site that cannot be finished."""


@dataclass(frozen=True)
class BuiltPage:
    """A page of the navigation: its source below docs, its section, its HTML file."""

    source: str
    section: str
    file: Path
    texts: dict[Path, str] = field(repr=False)

    @property
    def key(self) -> str:
        """A name for anchors and files, such as `errors-overfitting`."""
        return self.source.removesuffix(".md").replace("/", "-")

    @cached_property
    def document(self) -> html.HtmlElement:
        """The parsed HTML."""
        return html.document_fromstring(self.texts[self.file])

    @property
    def title(self) -> str:
        """The text of the first heading, without its permanent link."""
        heading = self.document.find(".//h1")
        return "".join(heading.xpath("text() | *[not(@class='headerlink')]//text()"))

    @property
    def description(self) -> str:
        """What the page gives, in a sentence."""
        return self.document.xpath("string(//meta[@name='description']/@content)")


@dataclass(frozen=True)
class Site:
    """A built site: `texts` holds every HTML file, for the steps to change."""

    folder: Path
    name: str
    description: str
    address: str
    pages: tuple[BuiltPage, ...]
    texts: dict[Path, str] = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> "Site":
        """Read a built site, whose navigation stands in mkdocs.yml.

        Raises
        ------
        SiteError
            If a page of the navigation was not built.

        """
        config = settings()
        texts = read(folder)
        pages = (
            BuiltPage(source, section, built_file(folder, source), texts)
            for source, section in _sources(config["nav"], "")
            if source.endswith(".md")
        )
        return cls(
            folder,
            config["site_name"],
            config["site_description"] or "",
            config["site_url"] or "",
            tuple(pages),
            texts,
        )

    def write(self) -> None:
        """Write every HTML file."""
        for file, text in self.texts.items():
            file.write_text(text, encoding="utf-8")

    @property
    def sections(self) -> dict[str, list[BuiltPage]]:
        """The pages of each section of the menu; "" is that of the home page."""
        sections = groupby(self.pages, lambda page: page.section)
        return {section: list(pages) for section, pages in sections}

    @property
    def has_folder_addresses(self) -> bool:
        """Tell whether pages are addressed as folders, which takes a server."""
        return all(page.file.name == "index.html" for page in self.pages)


def read(folder: Path) -> dict[Path, str]:
    """Return the text of every HTML file in a folder."""
    files = sorted(folder.rglob("*.html"))
    return {file: file.read_text(encoding="utf-8") for file in files}


def _sources(items: list, section: str) -> Iterator[tuple[str, str]]:
    for item in items:
        pair = ("", item) if isinstance(item, str) else next(iter(item.items()))
        title, content = pair
        if isinstance(content, str):
            yield content, section
        else:
            yield from _sources(content, section or title)


def built_file(folder: Path, source: str) -> Path:
    """Return the HTML of a page, by its source below docs.

    Raises SiteError if it was not built.
    """
    name = source.rsplit(".", 1)[0]
    candidates = [folder / f"{name}.html", folder / name / "index.html"]
    for file in candidates:
        if file.is_file():
            return file
    raise SiteError(f"docs/{source} is not built in {folder}: run `mkdocs build` first")
