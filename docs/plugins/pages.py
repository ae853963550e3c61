"""Read the code blocks of a page as the site itself reads them.

The fences are found by the site's own SuperFences and the includes are expanded by
the site's own Snippets, both set up from mkdocs.yml, so a block that the site shows
is a block that is found here, however deep it stands.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from markdown import Markdown
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from pymdownx.snippets import SnippetMissingError, SnippetPreprocessor

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PYTHON_NAMES = {"py", "py3", "python", "python3", "pycon", "ipython", "ipython3"}
FENCE_MARK = re.compile(r"`{3,}|~{3,}")
INCLUDE = re.compile(r'--8<-- "(?P<path>[^":]+)(?::(?P<section>[^"]+))?"')
TOLERANCE = "1e-6"  # of recorded numbers, where a fence does not say another
SECTION_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class PageError(ValueError):
    """A page or a snippet that breaks a rule; the message names file and line."""

    def __init__(self, file: Path, line: int, problem: str) -> None:
        super().__init__(f"{relative(file)}:{line}: {problem}")


def relative(path: Path) -> str:
    """Return `path` relative to the project's root, with forward slashes."""
    return path.relative_to(ROOT).as_posix() if ROOT in path.parents else str(path)


@dataclass(frozen=True)
class Section:
    """A named part of a snippet file; `start` and `end` are its markers' lines."""

    file: Path
    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Fence:
    """A fenced block as SuperFences sees it, from its opening `line` to its `end`."""

    page: Path
    line: int
    end: int
    language: str
    classes: tuple[str, ...]
    attributes: dict[str, str | None]
    lines: tuple[str, ...]

    def error(self, problem: str) -> PageError:
        """Return an error that names this fence's page and line."""
        return PageError(self.page, self.line, problem)


@dataclass(frozen=True)
class Block:
    """A Python block of a page, with the code of the section that it includes."""

    page: Path
    line: int
    section: Section
    code: str
    tolerance: float
    output_line: int | None

    @property
    def name(self) -> str:
        """The section's name, unique on its page."""
        return self.section.name

    def __str__(self) -> str:
        """Page, line, section and source, as every message shows them."""
        source = f"{relative(self.section.file)}:{self.section.start + 1}"
        return f"{relative(self.page)}:{self.line}: block {self.name!r} ({source})"


@dataclass(frozen=True)
class Page:
    """A page's Python blocks, in order, and where its record stands."""

    path: Path
    blocks: tuple[Block, ...]

    @property
    def key(self) -> str:
        """The path that page, module, output, figures and notebook share."""
        return page_key(self.path)

    @property
    def module_file(self) -> Path:
        """The module that the page shows."""
        return ROOT / "snippets" / f"{self.key.replace('-', '_')}.py"

    @property
    def output_file(self) -> Path:
        """The file of recorded outputs."""
        return output_file(self.path)

    @property
    def figure_folder(self) -> Path:
        """The folder of recorded figures."""
        return DOCS / "assets" / "figures" / self.key

    @property
    def notebook_file(self) -> Path:
        """The notebook that is made from the page."""
        return DOCS / "notebooks" / f"{self.key}.ipynb"

    def figure_file(self, block: Block) -> Path:
        """Return where the figure of `block` is recorded."""
        return self.figure_folder / f"{block.name}.svg"

    def recorded_texts(self) -> dict[str, str]:
        """Return the recorded outputs, by section."""
        if not self.output_file.exists():
            return {}
        lines = self.output_file.read_text(encoding="utf-8").splitlines(keepends=True)
        return {
            section.name: "".join(lines[section.start : section.end - 1])
            for section in sections(self.output_file)
        }


def page_key(page: Path) -> str:
    """Return a page's path below docs, without its suffix."""
    return page.relative_to(DOCS).with_suffix("").as_posix()


def output_file(page: Path) -> Path:
    """Return where the outputs of `page` are recorded."""
    return DOCS / "outputs" / f"{page_key(page)}.txt"


def page_files() -> list[Path]:
    """Return every Markdown page of the site, sorted."""
    folders = ("", "chapters", "deeper", "errors", "workbooks")
    return sorted(page for name in folders for page in (DOCS / name).glob("*.md"))


def pages_with_code() -> list["Page"]:
    """Return the pages that have Python blocks, and so a module and a notebook."""
    return [page for page in map(read, page_files()) if page.blocks]


def settings() -> MkDocsConfig:
    """Return the site's settings without its plugins, which take long to import."""
    return load_config(str(ROOT / "mkdocs.yml"), plugins=[], hooks=[])


@cache
def _markdown() -> Markdown:
    config = settings()
    options = config["mdx_configs"]
    options["pymdownx.snippets"]["base_path"] = [str(ROOT)]  # from any folder
    return Markdown(extensions=config["markdown_extensions"], extension_configs=options)


def sections(file: Path) -> list[Section]:
    """Return the sections of a snippet or output file, in order.

    Raises
    ------
    PageError
        For a start without its end, an end without its start, a section inside
        another, a duplicate name, or a name that is not lower-case-with-hyphens.

    """
    return _sections(file, file.read_text(encoding="utf-8"))


@cache
def _sections(file: Path, text: str) -> list[Section]:
    found: dict[str, Section] = {}
    name, start = None, 0
    for line, words in enumerate(text.splitlines(), 1):
        marker = SnippetPreprocessor.RE_SNIPPET_SECTION.match(words)
        if marker is None:
            continue
        if marker["type"].lower() == "start":
            if name is not None:
                problem = f"section {name!r} of line {start} has no end before this one"
                raise PageError(file, line, problem)
            name, start = marker["name"], line
            if not SECTION_NAME.fullmatch(name):
                problem = f"section name {name!r} is not lower-case-with-hyphens"
                raise PageError(file, line, problem)
            if name in found:
                first = found[name].start
                problem = f"duplicate section {name!r}, first at line {first}"
                raise PageError(file, line, problem)
        elif marker["name"] != name:
            problem = f"end of section {marker['name']!r}, but {name!r} is open"
            raise PageError(file, line, problem)
        else:
            found[name] = Section(file, name, start, line)
            name = None
    if name is not None:
        raise PageError(file, start, f"section {name!r} has no end")
    return list(found.values())


def fences(page: Path, text: str) -> list[Fence]:
    """Return every fence of a page, at any depth, unexpanded."""
    found: list[Fence] = []
    finder = _markdown().preprocessors["fenced_code_block"]
    lines = text.split("\n")
    inside: set[int] = set()

    def note(_space: str, _content: str, start: int, end: int) -> None:
        inside.update(range(start + 1, end + 1))
        fence = Fence(
            page=page,
            line=start + 1,
            end=end,
            language=finder.lang or "",
            classes=tuple(finder.classes),
            attributes=dict(finder.attrs),
            lines=tuple(line.strip() for line in finder.code if line.strip()),
        )
        found.append(fence)
        finder.clear()

    finder.process_nested_block = note
    finder.run(lines)
    for line, words in enumerate(lines, 1):
        if line not in inside and FENCE_MARK.search(words):
            problem = f"not a fence as SuperFences reads it: {words.strip()!r}"
            raise PageError(page, line, problem)
    return found


def read(page: Path) -> Page:
    """Read a page's blocks.

    Raises
    ------
    PageError
        For a fence that breaks a rule of CONTRIBUTING.md, with page and line.

    """
    return parse(page, page.read_text(encoding="utf-8"))


@cache
def parse(page: Path, text: str) -> Page:
    """Read the blocks of `page` from its `text`."""
    blocks: list[Block] = []
    for fence in fences(page, text):
        if fence.language in PYTHON_NAMES:
            blocks.append(_block(fence, blocks))
        elif "output" in fence.classes:
            _check_output(fence, blocks[-1] if blocks else None)
            blocks[-1] = replace(blocks[-1], output_line=fence.line)
        elif fence.language != "console":
            problem = f"a fence of language {fence.language!r}"
            raise fence.error(f"{problem}; allowed are python, console, .text .output")
        elif not all(command.startswith("$ ") for command in fence.lines):
            raise fence.error("each line of a console fence starts with '$ '")
    return Page(page, tuple(blocks))


def _include(fence: Fence, folder: str) -> tuple[str, str]:
    expected = f'one include by section name, --8<-- "{folder}<path>:<section>"'
    match = INCLUDE.fullmatch(fence.lines[0]) if fence.lines else None
    if match is None or len(fence.lines) > 1:
        found = fence.lines[0] if match is None and fence.lines else len(fence.lines)
        raise fence.error(f"expected {expected}; found {found!r}")
    path, section = match["path"], match["section"]
    if not path.startswith(folder):
        raise fence.error(f"expected {expected}; found the path {path!r}")
    if section is None or not SECTION_NAME.fullmatch(section):
        problem = "includes go by section name, not by line numbers or whole files"
        raise fence.error(f"{problem}; found {fence.lines[0]!r}")
    return path, section


def _block(fence: Fence, before: list[Block]) -> Block:
    if fence.language != "python" or fence.classes:
        raise fence.error("write {.python} or {.python continuation}")
    options = fence.attributes
    unknown = options.keys() - {"continuation", "data-tolerance"}
    if unknown:
        raise fence.error(f"unknown options {sorted(unknown)}; no block is exempt")
    if ("continuation" in options) != bool(before):
        raise fence.error("the first block is plain python, all others continuation")
    path, name = _include(fence, "snippets/")
    if name in {block.name for block in before}:
        raise fence.error(f"section {name!r} is shown twice")
    preprocessor = _markdown().preprocessors["snippet"]
    try:
        code = "\n".join(preprocessor.run([fence.lines[0]]))
    except SnippetMissingError as error:
        raise fence.error(str(error)) from error
    section = next(s for s in sections(ROOT / path) if s.name == name)
    return Block(
        page=fence.page,
        line=fence.line,
        section=section,
        code=code,
        tolerance=_tolerance(fence, options.get("data-tolerance", TOLERANCE)),
        output_line=None,
    )


def _tolerance(fence: Fence, text: str) -> float:
    try:
        tolerance = float(text)
    except ValueError as error:
        raise fence.error(f"data-tolerance is not a number: {text!r}") from error
    if not 0 < tolerance < 1:
        raise fence.error(f"data-tolerance is not between 0 and 1: {text!r}")
    return tolerance


def _check_output(fence: Fence, block: Block | None) -> None:
    path, name = _include(fence, "docs/outputs/")
    expected = relative(output_file(fence.page))
    if path != expected:
        raise fence.error(f"the outputs of this page are in {expected}, not {path}")
    if block is None or block.name != name:
        last = block and block.name
        raise fence.error(f"output {name!r} without its block: before it is {last!r}")
    if block.output_line is not None:
        raise fence.error(f"output {name!r} is shown twice")
