"""Mark links to other hosts, which print styles spell out and browsers open apart."""

from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor


class LinkTreeprocessor(Treeprocessor):
    """Give each link to another host `rel="noopener"`."""

    def run(self, root: Element) -> None:
        """Mark the links below `root`."""
        for link in root.iter("a"):
            if urlsplit(link.get("href", "")).netloc:
                link.set("rel", "noopener")


class LinkExtension(Extension):
    """`rel="noopener"` for links to other hosts."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802, the API's name
        """Register the treeprocessor behind the inline patterns."""
        md.treeprocessors.register(LinkTreeprocessor(md), "links", 13)


def makeExtension(**options: object) -> LinkExtension:  # noqa: N802, the API's name
    """Return the extension; Python-Markdown calls it."""
    return LinkExtension(**options)
