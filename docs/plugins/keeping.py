"""Keep what MkDocs would work out again at every save and at every build.

MkDocs loads this file as a hook. What is kept depends on its arguments, and a page on
the files that it includes, so that every change is seen; highlighted blocks stand in
`.cache/` from one build to the next.
"""

import json
import logging
from collections.abc import Iterator
from copy import copy
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile

from jinja2 import Environment, FileSystemBytecodeCache
from material.plugins.search import plugin as search
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from mkdocs.utils import CountHandler
from pymdownx.highlight import Highlight

from docs.plugins.figures import RECORDED_SVG
from docs.plugins.pages import DOCS, INCLUDE, ROOT

TEMPLATES = ROOT / ".cache" / "templates"
KEPT = ROOT / ".cache" / "highlighted.json"
MAKERS = f"{version('pygments')}, {version('pymdown-extensions')}"
RENDERED = ("content", "toc", "_title_from_render", "present_anchor_ids")
highlight, Parser, render = Highlight.highlight, search.Parser, Page.render
kept: dict[str, str] = {}
used: dict[str, str] = {}
pages: dict[str, tuple[list, dict, dict]] = {}


def on_startup(**_options: object) -> None:
    """Keep highlighted blocks, rendered pages, and what the search reads in them."""
    Highlight.highlight = highlight_once
    Page.render = render_once
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


def render_once(page: Page, config: MkDocsConfig, files: Files) -> None:
    """Give a page its content, as the method of this class would.

    A page that was warned of is rendered again, so that its warnings are seen again.
    """
    settings = repr((config.markdown_extensions, config.mdx_configs, config.validation))
    made_of = [settings, [(file.src_uri, file.url) for file in files]]
    made_of += sources(page.markdown)
    before, result, links = pages.get(page.file.src_uri, ([], {}, {}))
    if made_of == before:
        vars(page).update(result)
        page.links_to_anchors = {files.src_uris[to]: links[to] for to in links}
        return
    warned = CountHandler(level=logging.WARNING)
    logging.getLogger("mkdocs").addHandler(warned)
    try:
        render(page, config, files)
    finally:
        logging.getLogger("mkdocs").removeHandler(warned)
    if not warned.get_counts():
        links = {to.src_uri: each for to, each in (page.links_to_anchors or {}).items()}
        result = {name: getattr(page, name) for name in RENDERED}
        pages[page.file.src_uri] = made_of, result, links


def sources(text: str) -> Iterator[str]:
    """Yield a text, and that of each file that it includes or shows as a figure."""
    yield text
    for name in sorted({include["path"] for include in INCLUDE.finditer(text)}):
        if (file := ROOT / name).is_file():
            yield from sources(file.read_text(encoding="utf-8"))
    for name in sorted(set(RECORDED_SVG.findall(text))):
        if (file := DOCS / name).is_file():
            yield file.read_text(encoding="utf-8")


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
