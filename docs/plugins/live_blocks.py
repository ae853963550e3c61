"""Let a reader run the blocks of a page in the browser.

MkDocs loads this file as a hook. Where `make live` has made the pack, the site gets it,
with the course's modules beside it, and each page whose blocks can run gets an element
that tells the page's script where they are.
"""

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as SitePage

from docs.plugins.extract import imported, needed_modules, without
from docs.plugins.live.browser.dependencies import needed
from docs.plugins.live.pack import BROWSER, SHARED, zipped
from docs.plugins.pages import ROOT, TOLERANCE, Block, Page, read

log = get_plugin_logger("live")
PACK = ROOT / ".cache" / "live" / "pack"
FOLDER = "assets/live"
UNWARNED = "WebAssembly gives no floating-point warnings"
DIFFERENT = {  # blocks of pages that print otherwise in a browser, for this reason
    "deeper/stable-forms": {"naive-sigmoid", "naive-softmax", "log-of-softmax"},
    "errors/constant-column": {"reproduction"},
    "errors/log-of-zero": {"reproduction", "overflow", "guard"},
}
WORKBOOK = """import numpy as np
from workbook import opened
check, progress = opened("{}")"""
CELL = 'class="language-python '
course = ""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pack and the course's modules to the site."""
    global course
    course = ""
    if not config.use_directory_urls:  # from a folder a browser starts no worker
        return files
    if not PACK.is_dir():
        log.info(
            "no page's blocks can be run: `make live` makes what they need, by npm"
        )
        return files
    for file in sorted(path for path in PACK.rglob("*") if path.is_file()):
        name = f"{FOLDER}/{file.relative_to(PACK).as_posix()}"
        files.append(File.generated(config, name, abs_src_path=str(file)))
    content = zipped(course_files())
    course = f"course-{hashlib.sha256(content).hexdigest()[:8]}.zip"
    files.append(File.generated(config, f"{FOLDER}/{course}", content=content))
    return files


def course_files() -> dict[str, bytes]:
    """Return the modules that blocks import, and what runs them, by their names."""
    modules = sorted((ROOT / "snippets").rglob("*.py"))
    contents = {path.relative_to(ROOT).as_posix(): path for path in modules}
    own = [path for path in BROWSER.rglob("*") if path.suffix in {".py", ".z"}]
    contents |= {path.relative_to(BROWSER).as_posix(): path for path in own}
    contents |= {path.name: path for path in SHARED}
    found = {name: path.read_bytes() for name, path in contents.items()}
    for path in modules:
        if "torch" in imported(path.read_text(encoding="utf-8")):
            name = path.relative_to(ROOT).as_posix()
            found[name] = without(path, {"torch"}).encode()
    return found


def on_page_content(html: str, page: SitePage, **_options: object) -> str:
    """Add the element to a page whose blocks can run."""
    file = Path(page.file.abs_src_path)
    if not course:
        return html
    if file.suffix == ".ipynb" and needs_nothing(file):
        before = WORKBOOK.format(file.stem.replace("-", "_"))
        data = {"before": before, "blocks": [{}] * html.count(CELL)}
    elif file.suffix == ".md" and is_live(source := read(file)):
        data = {"blocks": facts(source)}
    else:
        return html
    (pack,) = (folder.name for folder in PACK.iterdir())
    data |= {"pack": pack, "course": course}
    data["blocks"] = json.dumps(data["blocks"], separators=(",", ":"))
    written = "".join(f' data-{name}="{escape(text)}"' for name, text in data.items())
    html = html.replace(CELL, f"{CELL}live ")  # leaves room for the buttons
    return f"{html}\n<live-blocks{written}></live-blocks>"


def needs_nothing(notebook: Path) -> bool:
    """Tell whether a workbook's cells can run in a browser."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return not any("torch" in reached(code) for code in codes)


def is_live(page: Page) -> bool:
    """Tell whether most of a page's blocks can run in a browser."""
    running = [block for block in page.blocks if not needs_torch(page, block)]
    return len(running) > len(page.blocks) / 2


def facts(page: Page) -> list[dict]:
    """Return what the page's script must know of each block."""
    return [dict(_facts(page, block)) for block in page.blocks]


def _facts(page: Page, block: Block) -> Iterator[tuple[str, object]]:
    if page.figure_file(block).is_file():
        yield "figure", block.name
    if block.tolerance != float(TOLERANCE):
        yield "tolerance", block.tolerance
    if needs_torch(page, block):
        yield "needs", "PyTorch"
    if block.name in DIFFERENT.get(page.key, ()):
        yield "differs", UNWARNED


def needs_torch(page: Page, block: Block) -> bool:
    """Tell whether a block needs PyTorch, which no browser runs."""
    codes = [each.code for each in page.blocks]
    places = needed(codes, page.blocks.index(block))
    return any("torch" in reached(codes[place]) for place in places)


@cache
def reached(code: str) -> frozenset[str]:
    """Return the packages that a block imports, itself or by the course's modules."""
    return frozenset(imported(code, *needed_modules([code]).values()))
