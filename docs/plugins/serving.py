"""Keep what MkDocs would work out again at every save, while it serves.

MkDocs loads this file as a hook. What is kept depends on its arguments alone, so that
every change is seen.
"""

from copy import copy
from functools import cache

from jinja2 import Environment, FileSystemBytecodeCache
from material.plugins.search import plugin as search
from pymdownx.highlight import Highlight

from docs.plugins.pages import ROOT

TEMPLATES = ROOT / ".cache" / "templates"
highlight, Parser = Highlight.highlight, search.Parser
highlighted: dict[str, str] = {}


def on_startup(command: str, **_options: object) -> None:
    """Keep highlighted blocks, and what the search reads in each page."""
    if command == "serve":
        Highlight.highlight = highlight_once
        search.Parser = OnceParser


def on_env(env: Environment, **_options: object) -> Environment:
    """Keep the compiled templates."""
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(str(TEMPLATES))
    return env


def highlight_once(settings: Highlight, *code: object, **options: object) -> object:
    """Return a highlighted block, as the method of this class would."""
    if options.get("inline"):  # an element, which the page changes
        return highlight(settings, *code, **options)
    key = repr((vars(settings) | {"md": None}, code, options))
    if key not in highlighted:
        highlighted[key] = highlight(settings, *code, **options)
    return highlighted[key]


class OnceParser(Parser):
    """The search's parser, which reads each page's HTML once."""

    def feed(self, html: str) -> None:
        """Find the sections of a page."""
        self.data = [copy(section) for section in sections(html)]


@cache
def sections(html: str) -> list[search.Section]:
    """Return what the search's parser finds in a page."""
    parser = Parser()
    parser.feed(html)
    parser.close()
    return parser.data
