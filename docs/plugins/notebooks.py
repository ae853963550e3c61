"""Make a notebook of a page: its prose, its code, and its recorded outputs.

The notebook runs from its file alone. It carries the modules of the course that the
page imports, cut down to what they need.
"""

import base64
import hashlib
import re
import sys
from dataclasses import dataclass, field
from itertools import count
from os.path import relpath
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode, v4

from docs.plugins.extract import imported, needed_modules
from docs.plugins.pages import DOCS, ROOT, Block, Fence, Page, PageError
from docs.plugins.translate import Line, Translator, stripped

PACKAGES = {
    "matplotlib": "matplotlib",
    "numpy": "numpy",
    "sklearn": "scikit-learn",
    "torch": "torch",
}
PIN = re.compile(r"^([\w-]+)==([\w.]+)", re.M)
SETUP = '''\
"""Let cells define the modules that this notebook imports, without any file."""

import linecache
import sys
from types import ModuleType


def module(name, code):
    """Make a cell's code importable as the module of this name."""
    made = sys.modules[name] = ModuleType(name)
    package, _, child = name.rpartition(".")
    setattr(sys.modules.setdefault(package, ModuleType(package)), child, made)
    linecache.cache[name] = len(code), None, code.splitlines(True), name
    exec(compile(code, name, "exec"), made.__dict__)


get_ipython().register_magic_function(module, "cell")
sys.modules["snippets"] = ModuleType("snippets")'''
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}


def pinned_versions() -> dict[str, str]:
    """Return the version that each pinned package has, by its name."""
    return dict(PIN.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")))


def used_packages(page: Page) -> list[str]:
    """Return the packages that a page's code and its modules import, as pinned."""
    codes = [block.code for block in page.blocks]
    found = imported(*codes, *needed_modules(codes).values()) - {"snippets"}
    return pinned(found, page.module_file)


def pinned(found: set[str], module: Path) -> list[str]:
    """Return the packages among the names that a module imports, as pinned.

    Raises
    ------
    PageError
        When requirements.txt does not pin one of them.

    """
    packages = found - sys.stdlib_module_names
    if unknown := packages - PACKAGES.keys():
        raise PageError(module, 1, f"imports {sorted(unknown)}, not pinned")
    pins = pinned_versions()
    names = sorted(PACKAGES[package] for package in packages)
    return [f"{name}=={pins[name]}" for name in names]


def site_address(file: Path) -> str:
    """Return a page's address below the site's own."""
    address = file.relative_to(DOCS).with_suffix("").as_posix()
    return "" if address == "index" else f"{address.removesuffix('/index')}/"


def text_of(cells: list[NotebookNode]) -> str:
    """Return a notebook of these cells, checked, as the text of its file."""
    made = v4.new_notebook(cells=cells, metadata=METADATA)
    nbformat.validate(made)
    return nbformat.writes(made, version=4) + "\n"


class Record(NamedTuple):
    """What the blocks of a page printed, and drew as SVG, by their names."""

    texts: dict[str, str]
    figures: dict[str, str]


def recorded(page: Page) -> Record:
    """Return the record of a page."""
    files = {block.name: page.figure_file(block) for block in page.blocks}
    figures = {
        name: file.read_text(encoding="utf-8")
        for name, file in files.items()
        if file.is_file()
    }
    return Record(page.recorded_texts(), figures)


@dataclass
class _Maker(Translator):
    """Turns the lines of one page into cells."""

    record: Record
    site_url: str
    cells: list[NotebookNode] = field(default_factory=list)
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)
    folded: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.counter = count(1)
        self.modules = needed_modules([block.code for block in self.page.blocks])

    def make(self) -> str:
        self.translate(self.lines)
        self._end_of_text()
        self.cells[0].source = _with_head(self.page, self.cells[0].source, self)
        return text_of(self.cells)

    def address(self, file: Path) -> str:
        """Return how the notebook links to a page, or to its own for a download."""
        if not file.is_file():
            file = self.page.path
        if self.site_url and file.suffix in (".md", ".ipynb"):
            return self.site_url.rstrip("/") + "/" + site_address(file)
        return Path(relpath(file, self.page.notebook_file.parent)).as_posix()

    def heading(self) -> None:
        """Let a cell of its own begin with a heading."""
        self._end_of_text()

    def fence(self, fence: Fence, body: list[Line]) -> None:
        """Add a block as a cell, with its outputs."""
        if fence.line in self.blocks:
            self._end_of_text()
            self._code(self.blocks[fence.line])
        elif "output" not in fence.classes:
            self.text += [line.text for line in body]

    def _code(self, block: Block) -> None:
        if self.modules and "snippets" in block.code:
            self._carry()
        outputs = []
        if block.name in self.record.texts:
            text = self.record.texts[block.name]
            outputs.append(v4.new_output("stream", text=text))
        if block.name in self.record.figures:
            svg = standalone(self.record.figures[block.name])
            plain = f"<figure {block.name}>"
            outputs.append(
                v4.new_output(
                    "display_data", {"image/svg+xml": svg, "text/plain": plain}
                )
            )
        tag = "solution" if self.folded else ""
        self._add_code(block.name, block.code, outputs, tag)

    def _add_code(self, name: str, code: str, outputs: list, tag: str = "") -> None:
        metadata = {"tags": [tag], "jupyter": {"source_hidden": True}} if tag else {}
        if tag == "solution":
            metadata["jupyter"]["outputs_hidden"] = True
        cell = v4.new_code_cell(
            code.strip("\n"),
            id=name[:64],
            execution_count=next(self.counter),
            outputs=outputs,
            metadata=metadata,
        )
        self.cells.append(cell)

    def _carry(self) -> None:
        """Add the modules of the course that the page stands on."""
        what = f"{len(self.modules)} modules of this course"
        if len(self.modules) < 5:
            what = ", ".join(f"`{name}`" for name in self.modules)
        self.text = [
            f"*The code from here on imports {what}. In the "
            "notebook's file, folded cells hold what it takes of them.*"
        ]
        self._end_of_text()
        self._add_code("modules", SETUP, [], "module")
        for name, source in self.modules.items():
            cell = re.sub(r"\W", "-", name)
            self._add_code(cell, f"%%module {name}\n{source}", [], "module")
        self.modules = {}

    def special(self, start: re.Match, body: list[Line]) -> None:
        """Fold in the notebook what is folded on the page."""
        if not start["mark"].startswith("?"):
            super().special(start, body)
            return
        title = start["title"] or start["kind"].capitalize()
        if start["kind"] == "question":
            self.text += ["", f"**{title}**", ""]
        self._fold("Answer" if start["kind"] == "question" else title, body)

    def _fold(self, title: str, body: list[Line]) -> None:
        if any(line.number in self.blocks for line in body):
            self._end_of_text()
            self.folded = title
            self.translate(body)
            self._end_of_text()
            self.folded = None
        else:
            inside = self.inside(body)
            self.text += [*_details(title, inside), ""]

    def image(self, line: Line, image: re.Match) -> None:
        """Attach a diagram; a figure is an output of its block."""
        file = (self.page.path.parent / image["path"]).resolve()
        own = {self.page.figure_file(block) for block in self.page.blocks}
        if file not in own:
            drawing = file.with_suffix(".png")
            if not drawing.is_file():
                problem = f"no recorded picture {drawing.name}: run `make record`"
                raise PageError(self.page.path, line.number, problem)
            data = base64.b64encode(drawing.read_bytes()).decode()
            self.attachments[drawing.name] = {"image/png": data}
            self.text += [f"![{image['alt']}](attachment:{drawing.name})", ""]
        if image["caption"]:
            self.text.append(f"*{image['caption']}*")

    def _end_of_text(self) -> None:
        lines, self.text = stripped(self.text), []
        if not lines:
            return
        if self.folded:
            lines = _details(self.folded, lines)
        source = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
        digest = hashlib.sha256(source.encode()).hexdigest()[:12]
        same = sum(cell.id.startswith(f"text-{digest}") for cell in self.cells)
        name = f"text-{digest}-{same}" if same else f"text-{digest}"
        cell = v4.new_markdown_cell(source, id=name)
        if self.attachments:
            cell.attachments, self.attachments = self.attachments, {}
        self.cells.append(cell)


def _with_head(page: Page, text: str, maker: _Maker) -> str:
    heading, _, rest = text.partition("\n")
    install = " ".join(["pip install notebook", *used_packages(page)])
    head = (
        f"*This notebook is the page [{heading.removeprefix('# ')}]"
        f"({maker.address(page.path)}), with the outputs that its code was checked "
        "against. It runs alone, in an empty folder, with Python 3.11 to 3.13 and "
        "these versions:*"
    )
    return f"{heading}\n\n{head}\n\n```console\n$ {install}\n```\n{rest}"


def _details(title: str, lines: list[str]) -> list[str]:
    body = stripped(lines)
    summary = f"<summary>{title}</summary>"
    return ["<details>", summary, "", *body, "", "</details>"]


def standalone(svg: str) -> str:
    """Return a recorded figure with a size, a paper and a colour of its own.

    On the site a figure follows the theme; in a notebook it stands on white.
    """
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    svg = svg.replace("<svg ", f'<svg width="{width}pt" height="{height}pt" ', 1)
    svg = svg.replace("currentColor", "#1f2328")
    return svg.replace('style="fill: none"', 'style="fill: #ffffff"', 1)


def written(page: Page, record: Record | None = None, site_url: str = "") -> str:
    """Return a page and its record as the text of a notebook that looks executed.

    Links are absolute where `site_url` is given, otherwise relative to the page's
    place in the repository.

    Raises
    ------
    PageError
        For a construct that has no form in a notebook, with page and line.

    """
    return _Maker(page, record or recorded(page), site_url).make()
