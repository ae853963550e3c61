"""What the notebooks carry, and that one runs in a kernel of Jupyter's own."""

import nbformat
from nbclient import NotebookClient

from docs.plugins.pages import DOCS, pages_with_code, read
from tests.comparison import same_text
from tests.notebooks import code_cells, recorded_text

PAGE = read(DOCS / "chapters" / "forward-pass.md")  # carries modules, and draws


def test_notebook_runs_in_a_kernel(tmp_path):
    notebook = nbformat.read(PAGE.notebook_file, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    folder = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, resources=folder).execute()
    ran = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for expected, cell in zip(code_cells(PAGE.notebook_file), ran, strict=True):
        assert same_text(recorded_text(expected), recorded_text(cell)), cell.id
    drawn = [o for c in ran for o in c.outputs if o.output_type == "display_data"]
    assert len(drawn) == len(list(PAGE.figure_folder.glob("*.svg")))


def test_notebooks_carry_no_more_lines_of_modules_than_they_show():
    lines = {"module": 0, "own": 0}
    for page in pages_with_code():
        for cell in code_cells(page.notebook_file):
            kind = "module" if "module" in cell.metadata.get("tags", []) else "own"
            lines[kind] += len(cell.source.splitlines())
    assert 0 < lines["module"] <= lines["own"], lines
