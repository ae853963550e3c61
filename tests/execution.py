"""Run a page's blocks, each once, and compare what they do with the record."""

import contextlib
import io
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import NamedTuple
from unittest import mock

import numpy as np
from matplotlib import pyplot

from docs.plugins.notebooks import Record, written
from docs.plugins.pages import Block, Page, relative
from tests.comparison import difference, same_drawing, same_text
from tests.figures import Drawing, use_style

RECORDED_SEEDS = 20
"""On how many seeds `make record` asks the doctor."""


class BlockError(Exception):
    """A block that fails, or does something other than its record says."""


class Outcome(NamedTuple):
    """What a block did: the text that it printed and the figure that it drew."""

    text: str
    figure: Drawing | None


@dataclass
class PageRun:
    """The run of one page: its namespace, and what its blocks did so far."""

    page: Page
    namespace: dict = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    broken: Block | None = None
    accepted: set[str] = field(default_factory=set)

    def start(self) -> None:
        """Give the page a namespace of its own."""
        as_new_program()
        self.namespace = ModuleType("__main__").__dict__

    def run_up_to(self, block: Block) -> Outcome:
        """Run `block`, and first whichever of its predecessors has not yet run.

        Raises
        ------
        BlockError
            When the block, or one before it, raises, warns, or writes to stderr.

        """
        for each in self.page.blocks:
            if self.broken:
                raise BlockError(f"{block}\nnot run: {self.broken} failed before it")
            if each.name not in self.outcomes:
                if each == self.page.blocks[0]:
                    self.start()
                self.broken = each
                self.outcomes[each.name] = _execute(each, self.namespace)
                self.broken = None
            if each == block:
                break
        return self.outcomes[block.name]

    def is_complete(self) -> bool:
        """Tell whether every block of the page ran and was accepted."""
        return self.accepted == {block.name for block in self.page.blocks}


def as_new_program() -> None:
    """Start as a program run by itself does, whatever earlier pages left behind."""
    for name in [name for name in sys.modules if name.split(".")[0] == "snippets"]:
        del sys.modules[name]
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
    np.set_printoptions(precision=8, suppress=False, threshold=1000, linewidth=75)
    use_style()


def compiled(block: Block) -> CodeType:
    """Return a block's code, whose lines are those of its module."""
    source = "\n" * block.section.start + block.code
    return compile(source, str(block.section.file), "exec", dont_inherit=True)


def _execute(block: Block, namespace: dict) -> Outcome:
    stdout, stderr = io.StringIO(), io.StringIO()
    try:
        with captured(stdout, stderr):
            exec(compiled(block), namespace)  # noqa: S102
            numbers = pyplot.get_fignums()
            drawn = [Drawing.of(pyplot.figure(n), block.name) for n in numbers]
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise BlockError(
            f"{block}\n{_traceback(error, str(block.section.file))}"
        ) from error
    finally:
        pyplot.close("all")
    text = stdout.getvalue()
    if stderr.getvalue():
        raise BlockError(f"{block}\nwrote to stderr:\n{stderr.getvalue()}")
    if len(drawn) > 1:
        raise BlockError(f"{block}\ndraws {len(drawn)} figures; one block, one figure")
    if "\r" in text or "8<--" in text:
        raise BlockError(f"{block}\nprints what a record cannot hold:\n{text!r}")
    return Outcome(ended(text), drawn[0] if drawn else None)


def ended(text: str) -> str:
    """Return a printed text with its last line ended, or nothing for blank lines."""
    if not text.strip():
        return ""
    return text if text.endswith("\n") else f"{text}\n"


@contextlib.contextmanager
def captured(stdout: io.StringIO, stderr: io.StringIO) -> Iterator[None]:
    """Take what is printed and drawn; let warnings be errors."""
    with (
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
        warnings.catch_warnings(),
        mock.patch("matplotlib.pyplot.show", return_value=None),
    ):
        warnings.simplefilter("error")
        yield


def _traceback(error: BaseException, file: str) -> str:
    def from_block(tb: TracebackType | None) -> TracebackType | None:
        while tb is not None and tb.tb_frame.f_code.co_filename != file:
            tb = tb.tb_next
        return tb

    tb = from_block(error.__traceback__)
    return "".join(traceback.format_exception(type(error), error, tb, chain=False))


def check(run: PageRun, block: Block) -> None:
    """Run `block` and compare its text and its figure with the record.

    Raises
    ------
    BlockError
        With page, line, section, and what was expected and found.

    """
    outcome = run.run_up_to(block)
    _check_shown(block, outcome)
    _check_text(run.page, block, outcome.text)
    _check_figure(run.page, block, outcome)
    run.accepted.add(block.name)


def _check_shown(block: Block, outcome: Outcome) -> None:
    if outcome.text and block.output_line is None:
        shown = f"prints, but the page shows no output of it:\n{outcome.text}"
        raise BlockError(f"{block}\n{shown}")
    if block.output_line is not None and not outcome.text:
        line = block.output_line
        raise BlockError(f"{block}\nprints nothing, but line {line} shows an output")


def _check_text(page: Page, block: Block, actual: str) -> None:
    expected = page.recorded_texts().get(block.name, "")
    if not same_text(expected, actual, rel_tol=block.tolerance):
        raise BlockError(
            f"{block}\nprints something other than {relative(page.output_file)} says "
            f"(numbers may differ by {block.tolerance:g}):\n"
            f"{difference(expected, actual)}\nif the new output is right: make record"
        )


def _check_figure(page: Page, block: Block, outcome: Outcome) -> None:
    file = page.figure_file(block)
    name = relative(file)
    if (outcome.figure is None) and file.exists():
        raise BlockError(f"{block}\ndraws no figure, but {name} is recorded")
    if outcome.figure is None:
        return
    try:
        recorded = Drawing.recorded(file)
    except ValueError as error:
        raise BlockError(f"{block}\n{error}") from error
    expected, actual = recorded.data, outcome.figure.data
    if not same_text(expected, actual, rel_tol=block.tolerance):
        raise BlockError(
            f"{block}\nthe data of its figure differ from {name}:\n"
            f"{difference(expected, actual)}\nif the new figure is right: make record"
        )


def record(run: PageRun, block: Block) -> list[Path]:
    """Run `block`; when it completes its page, write the page's record.

    Returns the files that changed. Until the whole page has run nothing is written,
    and when a block fails the old record stays as it was.

    Raises
    ------
    BlockError
        As `check` does, but for differences from the record.

    """
    outcome = run.run_up_to(block)
    _check_shown(block, outcome)
    run.outcomes[block.name] = _as_recorded(run.page, block, outcome)
    run.accepted.add(block.name)
    return _write(run) if run.is_complete() else []


def _as_recorded(page: Page, block: Block, outcome: Outcome) -> Outcome:
    """Return the outcome with whatever part of the record still says the same."""
    text, figure = outcome
    old = page.recorded_texts().get(block.name, "")
    if same_text(old, text, rel_tol=block.tolerance):
        text = old
    if figure is not None and page.figure_file(block).is_file():
        with contextlib.suppress(ValueError):
            recorded = Drawing.recorded(page.figure_file(block))
            same_data = same_text(recorded.data, figure.data, rel_tol=block.tolerance)
            if same_data and same_drawing(recorded.svg, figure.svg):
                figure = recorded
    return Outcome(text, figure)


def _write(run: PageRun) -> list[Path]:
    page = run.page
    old_folder = page.figure_folder
    old = {page.output_file, *old_folder.glob("*")}
    new: dict[Path, str] = {}
    record = Record({}, {})
    sections = []
    for block in page.blocks:
        outcome = run.outcomes[block.name]
        if outcome.text:
            start, end = (f"--8<-- [{word}:{block.name}]" for word in ("start", "end"))
            sections.append(f"{start}\n{outcome.text}{end}\n")
            record.texts[block.name] = outcome.text
        if outcome.figure is not None:
            new |= outcome.figure.files(page.figure_file(block))
            record.figures[block.name] = outcome.figure.svg
    if sections:
        new[page.output_file] = "".join(sections)
    new[page.notebook_file] = written(page, record)
    return replace_files(old, new)


def replace_files(old: set[Path], new: dict[Path, str | bytes]) -> list[Path]:
    """Write the `new` files, remove the `old` ones not among them; return changes.

    Each file is written beside its place and moved there when all are written.
    """
    contents = {
        path: content.encode() if isinstance(content, str) else content
        for path, content in new.items()
    }
    changed = [
        path
        for path, content in contents.items()
        if not path.exists() or path.read_bytes() != content
    ]
    written = {path: path.with_name(f".{path.name}.new") for path in changed}
    try:
        for path, temporary in written.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(contents[path])
        for path, temporary in written.items():
            os.replace(temporary, path)  # noqa: PTH105, Path.replace is the same
    finally:
        for temporary in written.values():
            temporary.unlink(missing_ok=True)
    gone = [path for path in old - new.keys() if path.exists()]
    for path in gone:
        path.unlink()
    return changed + gone
