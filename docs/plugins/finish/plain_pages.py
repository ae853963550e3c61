"""Each page as plain Markdown beside its HTML, and llms.txt, which lists them.

In it stand the code, the outputs and the formulas as they are written, so it can be
handed to an assistant, or read where nothing shows HTML.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from os.path import relpath
from pathlib import Path
from typing import ClassVar
from urllib.parse import urljoin

from docs.plugins.finish.built import BuiltPage, Site, SiteError, built_file
from docs.plugins.pages import DOCS, Fence, read
from docs.plugins.translate import Line, Translator, stripped

MARK = "<!-- plain Markdown -->"
LIST = "llms.txt"
# With a space, because the theme takes a link of [rel=alternate] for a translation.
LINK = '<link rel="alternate " type="text/markdown" href="{}">'
BUTTON = (
    '<button type="button" data-copy-page="{}">Copy as Markdown</button>'
    '<span role="status"></span>'
)


def add(site: Site) -> None:
    """Write the pages and their list, and offer each on its page.

    Raises
    ------
    SiteError
        If a page has no place for the offer, or has it already.

    """
    for page in site.pages:
        file = plain_file(page)
        file.write_text(plain(page, site), encoding="utf-8")
        text = site.texts[page.file]
        if text.count(MARK) != 1:
            raise SiteError(f"{page.file} has no place for {MARK}")
        text = text.replace("</head>", LINK.format(file.name) + "</head>", 1)
        site.texts[page.file] = text.replace(MARK, BUTTON.format(file.name))
    (site.folder / LIST).write_text("\n".join(_list(site)), encoding="utf-8")


def plain_file(page: BuiltPage) -> Path:
    """Return where a page's Markdown stands: beside its HTML."""
    return page.file.with_suffix(".md")


def plain(page: BuiltPage, site: Site) -> str:
    """Return a page of the site as plain Markdown."""
    translator = _Plain(read(DOCS / page.source), page.file.parent, site)
    translator.translate(translator.lines)
    parts = stripped(translator.text)
    shown = [p for before, p in pairwise(["", *parts]) if p.strip() or before.strip()]
    return "\n".join(shown) + "\n"


def _list(site: Site) -> list[str]:
    lines = [f"# {site.name}", "", f"> {site.description}"]
    for section, pages in site.sections.items():
        lines += ["", f"## {section or 'Start'}", ""]
        for page in pages:
            address = _address(plain_file(page), site.folder, site)
            lines.append(f"- [{page.title}]({address}): {page.description}")
    return [*lines, ""]


def _address(file: Path, folder: Path, site: Site) -> str:
    """Return the whole address of a file, or its address as seen from a folder."""
    if site.address:
        address = urljoin(site.address, file.relative_to(site.folder).as_posix())
    else:
        address = Path(relpath(file, folder)).as_posix()
    return address.removesuffix("index.html") if site.has_folder_addresses else address


@dataclass
class _Plain(Translator):
    """Turns the lines of a page into Markdown that stands in a folder of the site."""

    folder: Path
    site: Site
    refuses: ClassVar[bool] = False

    def address(self, file: Path) -> str:
        """Return how the page links to another page, to a figure or a download."""
        source = file.relative_to(DOCS).as_posix()
        target = self.site.folder / source
        if file.suffix == ".md" or (file.suffix == ".ipynb" and not target.is_file()):
            target = built_file(self.site.folder, source)
        return _address(target, self.folder, self.site)

    def fence(self, fence: Fence, body: list[Line]) -> None:
        """Add a block's code, an output, or what else is fenced."""
        if block := self.blocks.get(fence.line):
            self.text += ["```python", block.code.strip("\n"), "```"]
        elif "output" in fence.classes:
            self.text += ["```text", self._output(fence), "```"]
        else:
            self.text += [line.text for line in body]

    def _output(self, fence: Fence) -> str:
        (block,) = (b for b in self.page.blocks if b.output_line == fence.line)
        return self.page.recorded_texts()[block.name].strip("\n")

    def image(self, line: Line, image: re.Match) -> None:
        """Add a figure as a link, with its caption below it."""
        self.text.append(
            self.prose(Line(line.number, f"![{image['alt']}]({image['path']})"))
        )
        if image["caption"]:
            self.text += ["", f"*{image['caption']}*"]
