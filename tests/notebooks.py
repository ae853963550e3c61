"""Run a notebook as a reader does: its file alone, in an empty folder."""

from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from docs.plugins.notebooks import written
from docs.plugins.pages import DOCS, Page, read, relative
from tests.comparison import difference, same_text
from tests.figures import Drawing
from tests.notebook_kernel import LonelyKernel

FOLDER = DOCS / "notebooks"


class NotebookError(Exception):
    """A notebook that is stale, or does something other than its record says."""


class Outputs(NamedTuple):
    """What a cell printed and plotted."""

    text: str
    plotted: str


def page_of(file: Path) -> Page:
    """Return the page that a notebook is made of."""
    page = (DOCS / file.relative_to(FOLDER)).with_suffix(".md")
    if not page.is_file():
        raise NotebookError(f"{relative(file)} has no page {relative(page)}: delete it")
    return read(page)


def check_current(file: Path, _folder: Path) -> None:
    """Compare a notebook with what its page makes now."""
    page = page_of(file)
    recorded, made = file.read_text(encoding="utf-8"), written(page)
    if recorded != made:
        raise NotebookError(
            f"{relative(file)} is not what {relative(page.path)}, its module and its "
            f"record make: make record\n{difference(recorded, made)[:2000]}"
        )


def check_run(file: Path, folder: Path) -> None:
    """Run a notebook in an empty folder; compare what its cells do with the record.

    Raises
    ------
    NotebookError
        With notebook, cell, and what was expected and found.

    """
    page = page_of(file)
    recorded = nbformat.read(file, as_version=4)
    ran = _run(recorded, file, folder)
    tolerances = {block.name: block.tolerance for block in page.blocks}
    blocks = {block.name: block for block in page.blocks}
    for cell, expected in zip(ran.cells, recorded.cells, strict=True):
        if cell.cell_type == "code":
            place = f"{relative(file)}: cell {cell.id!r}"
            found = _outputs(cell, place)
            block = blocks.get(cell.id)
            svg = page.figure_file(block) if block else None
            plotted = Drawing.recorded(svg).data if svg and svg.is_file() else ""
            tolerance = tolerances.get(cell.id, 0.0)
            for old, new in zip((_text(expected), plotted), found, strict=True):
                if not same_text(old, new, rel_tol=tolerance):
                    problem = "does something other than the record says"
                    raise NotebookError(f"{place} {problem}:\n{difference(old, new)}")


def _run(recorded: NotebookNode, file: Path, folder: Path) -> NotebookNode:
    notebook = nbformat.from_dict(recorded)
    for cell in notebook.cells:
        cell.pop("outputs", None)
        if cell.cell_type == "code":
            cell.outputs = []
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_manager_class=LonelyKernel,
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        return client.execute()
    except CellExecutionError as error:
        raise NotebookError(f"{relative(file)} does not run:\n{error}") from error


def _text(cell: NotebookNode) -> str:
    return "".join(o.text for o in cell.outputs if o.output_type == "stream")


def _outputs(cell: NotebookNode, place: str) -> Outputs:
    text, plotted = "", ""
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stdout":
            text += output.text
        elif output.output_type == "display_data":
            plotted += output.data["application/json"]["plotted"]
        else:
            raise NotebookError(f"{place} puts out what its page does not:\n{output}")
    if text.strip() and not text.endswith("\n"):
        text += "\n"
    return Outputs(text if text.strip() else "", plotted)
