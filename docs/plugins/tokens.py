"""Leave out the elements around tokens that no style colours: names and spaces.

They are a quarter of a page of code, and a browser styles each of them anew whenever
the theme sets its colours.
"""

import re

from markdown import Markdown
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor

COLOURLESS = re.compile(r'<span class="(?:n|w)">([^<]*)</span>')


def without_colourless(html: str) -> str:
    """Return highlighted code without the elements that make no difference."""
    return COLOURLESS.sub(r"\1", html)


class TokensPostprocessor(Postprocessor):
    """Leave out those elements of every block of a page."""

    def run(self, text: str) -> str:
        """Return the page's HTML without them."""
        return without_colourless(text)


class TokensExtension(Extension):
    """Fewer elements in highlighted code."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802, the API's name
        """Register the postprocessor behind the one that puts the blocks in."""
        md.postprocessors.register(TokensPostprocessor(md), "tokens", 1)


def makeExtension(**options: object) -> TokensExtension:  # noqa: N802, the API's name
    """Return the extension; Python-Markdown calls it."""
    return TokensExtension(**options)
