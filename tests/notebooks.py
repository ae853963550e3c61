"""Run a notebook as a reader does: its file alone, in an empty folder."""

import contextlib
import io
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from matplotlib import pyplot
from nbformat import NotebookNode
from traitlets.config import Config

from docs.plugins.notebooks import written
from docs.plugins.pages import DOCS, Page, read, relative
from tests.comparison import difference, same_text
from tests.execution import captured, ended
from tests.figures import Drawing
from tests.processes import start

Outcome = tuple[str, str]  # what a cell printed and plotted
FOLDER = DOCS / "notebooks"
SHELL = Config(
    InteractiveShell={"colors": "nocolor"}, HistoryManager={"enabled": False}
)
LIMIT = 120  # seconds


class Alone(NamedTuple):
    """A notebook that runs in a process of its own, and where it will answer."""

    process: BaseProcess
    answer: Connection


class NotebookError(Exception):
    """A notebook that is stale, or does something other than its record says."""


def page_of(file: Path) -> Page:
    """Return the page that a notebook is made of."""
    page = (DOCS / file.relative_to(FOLDER)).with_suffix(".md")
    if not page.is_file():
        raise NotebookError(f"{relative(file)} has no page {relative(page)}: delete it")
    return read(page)


def check_current(file: Path) -> None:
    """Compare a notebook with what its page makes now."""
    page = page_of(file)
    recorded, made = file.read_text(encoding="utf-8"), written(page)
    if recorded != made:
        raise NotebookError(
            f"{relative(file)} is not what {relative(page.path)}, its module and its "
            f"record make: make record\n{difference(recorded, made)[:2000]}"
        )


def check_run(file: Path, alone: Alone) -> None:
    """Compare what a notebook's cells do, run alone, with the record.

    Raises
    ------
    NotebookError
        With notebook, cell, and what was expected and found.

    """
    page = page_of(file)
    blocks = {block.name: block for block in page.blocks}
    cells = code_cells(file)
    for cell, found in zip(cells, outcomes_of(alone, cells, file), strict=True):
        block = blocks.get(cell.id)
        svg = page.figure_file(block) if block else None
        plotted = Drawing.recorded(svg).data if svg and svg.is_file() else ""
        tolerance = block.tolerance if block else 0.0
        for old, new in zip((recorded_text(cell), plotted), found, strict=True):
            if not same_text(old, new, rel_tol=tolerance):
                raise NotebookError(
                    f"{relative(file)}: cell {cell.id!r} does something other than "
                    f"the record says:\n{difference(old, new)}"
                )


def code_cells(file: Path) -> list[NotebookNode]:
    """Return the code cells of a notebook."""
    cells = nbformat.read(file, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def recorded_text(cell: NotebookNode) -> str:
    """Return what a cell printed when it was recorded."""
    return "".join(o.text for o in cell.outputs if o.output_type == "stream")


def begin(file: Path) -> Alone:
    """Start a notebook in a process that knows nothing of this project."""
    answer, sender = Pipe(duplex=False)
    process = start(run_cells, file, sender)
    sender.close()
    return Alone(process, answer)


def outcomes_of(alone: Alone, cells: list[NotebookNode], file: Path) -> list[Outcome]:
    """Wait until a notebook has run; return what its cells did.

    Raises NotebookError when a cell raises, warns, or writes to stderr.
    """
    process, answer = alone
    try:
        late = [], f"took more than {LIMIT} s"
        outcomes, problem = answer.recv() if answer.poll(LIMIT) else late
    except EOFError:
        outcomes, problem = [], "ended its process"
    process.kill()
    process.join()
    if problem:
        name = cells[len(outcomes)].id
        raise NotebookError(f"{relative(file)} does not run: cell {name!r} {problem}")
    return outcomes


def run_cells(file: Path, answer: Connection) -> None:
    """Run a notebook's cells in an empty folder; send outcomes, and what went wrong."""
    codes = [cell.source for cell in code_cells(file)]
    forget_project()
    pyplot.switch_backend("agg")
    shell = InteractiveShell.instance(config=Config(SHELL))
    outcomes, problem = [], ""
    with TemporaryDirectory() as folder, contextlib.chdir(folder):
        for code in codes:
            outcome, problem = run_cell(shell, code)
            if problem:
                break
            outcomes.append(outcome)
    answer.send((outcomes, problem))


def run_cell(shell: InteractiveShell, code: str) -> tuple[Outcome, str]:
    """Run a cell; return its outcome and what went wrong."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with captured(stdout, stderr):
        result = shell.run_cell(code)
        figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
        plotted = "".join(Drawing.of(figure, "figure").data for figure in figures)
        pyplot.close("all")
    problem = "" if result.success else f"raises:\n{stdout.getvalue()}"
    if stderr.getvalue():
        problem = f"writes to stderr:\n{stderr.getvalue()}"
    return (ended(stdout.getvalue()), plotted), problem


def forget_project() -> None:
    """Make `snippets`, installed or beside this file, impossible to import."""
    sys.path[:] = [path for path in sys.path if not Path(path, "snippets").is_dir()]
    ours = ("docs", "tests", "snippets")
    for name in [name for name in sys.modules if name.split(".")[0] in ours]:
        del sys.modules[name]
