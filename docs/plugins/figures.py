"""Put recorded SVG figures into the page itself, where they follow its colours."""

import re
from html import escape
from pathlib import Path
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

DOCS = Path(__file__).parents[1]
RECORDED_SVG = re.compile(r"(?:\.\./)*(assets/(?:figures|diagrams)/[^\s\")]+\.svg)")


class FigureError(ValueError):
    """A figure that is not recorded, or has no text alternative."""


class FigureTreeprocessor(Treeprocessor):
    """Replace images of recorded SVG files by their content.

    `![alt](../assets/figures/chapters/one-neuron/line.svg "caption")` becomes a
    `figure` with the SVG, its alternative text, and the caption.

    Raises
    ------
    FigureError
        When the file does not exist or the alternative text is empty.

    """

    def run(self, root: Element) -> None:
        """Replace the images that stand alone in their paragraph."""
        for paragraph in root.iter("p"):
            if [child.tag for child in paragraph] != ["img"]:
                continue
            image = paragraph[0]
            match = RECORDED_SVG.fullmatch(image.get("src", ""))
            if match:
                paragraph.remove(image)
                paragraph.tag = "figure"
                paragraph.set("class", "figure")
                paragraph.set("data-figure", match[1])
                paragraph.text = self.md.htmlStash.store(_figure(match[1], image))


def _figure(path: str, image: Element) -> str:
    file, caption = DOCS / path, image.get("title")
    alternative = image.get("alt", "").strip()
    if not file.is_file():
        raise FigureError(f"no recorded figure docs/{path}: run `make record`")
    if not alternative:
        raise FigureError(f"the figure docs/{path} has no alternative text")
    opening = f'<svg role="img" aria-label="{escape(alternative)}" '
    svg = file.read_text(encoding="utf-8").replace("<svg ", opening, 1)
    return svg + (f"<figcaption>{escape(caption)}</figcaption>" if caption else "")


class FigureExtension(Extension):
    """Inline SVG for recorded figures and diagrams."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802, the API's name
        """Register the treeprocessor behind the inline patterns."""
        md.treeprocessors.register(FigureTreeprocessor(md), "figures", 14)


makeExtension = FigureExtension  # the name that Python-Markdown calls
