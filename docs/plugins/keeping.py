"""Keep what MkDocs would work out again at every save and at every build.

MkDocs loads this file as a hook. What is kept depends on its arguments alone, so that
every change is seen; highlighted blocks stand in `.cache/` from one build to the next.
"""

import json
from copy import copy
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile

from jinja2 import Environment, FileSystemBytecodeCache
from material.plugins.search import plugin as search
from pymdownx.highlight import Highlight

from docs.plugins.pages import ROOT

TEMPLATES = ROOT / ".cache" / "templates"
KEPT = ROOT / ".cache" / "highlighted.json"
MAKERS = f"{version('pygments')}, {version('pymdown-extensions')}"
highlight, Parser = Highlight.highlight, search.Parser
kept: dict[str, str] = {}
used: dict[str, str] = {}


def on_startup(**_options: object) -> None:
    """Keep highlighted blocks, and what the search reads in each page."""
    Highlight.highlight = highlight_once
    search.Parser = OnceParser
    if KEPT.is_file():
        kept.update(json.loads(KEPT.read_text("utf-8")).get(MAKERS, {}))


def on_env(env: Environment, **_options: object) -> Environment:
    """Keep the compiled templates."""
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(str(TEMPLATES))
    return env


def on_shutdown() -> None:
    """Leave to the next build what this one used."""
    if used.keys() == kept.keys():
        return
    with NamedTemporaryFile("w", dir=KEPT.parent, delete=False, encoding="utf-8") as f:
        json.dump({MAKERS: used}, f)
    Path(f.name).replace(KEPT)


def highlight_once(settings: Highlight, *code: object, **options: object) -> object:
    """Return a highlighted block, as the method of this class would."""
    if options.get("inline"):  # an element, which the page changes
        return highlight(settings, *code, **options)
    key = repr((vars(settings) | {"md": None}, code, options))
    if key not in used:
        used[key] = kept.get(key) or highlight(settings, *code, **options)
    return used[key]


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
