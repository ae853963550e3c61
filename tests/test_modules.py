"""Imported, no module does anything; run alone, it does what its page shows.

A page whose blocks are all of its module, each once and in order (test_pages.py), is
itself the module's run. Here run those whose pages show blocks of others as well.
"""

import runpy
import warnings
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from matplotlib import pyplot

from docs.plugins import pages
from docs.plugins.pages import relative
from tests.comparison import difference, same_text
from tests.processes import start

PAGES = pages.pages_with_code()
MIXED = [
    page
    for page in PAGES
    if {block.section.file for block in page.blocks} != {page.module_file}
]


def run(*names: str, as_program: bool = False) -> str:
    """Return what modules print that are imported, or run as a program, anew."""
    with TemporaryDirectory() as folder:
        printed = Path(folder) / "printed.txt"
        process = start(execute, names, as_program, str(printed))
        process.join()
        text = printed.read_text(encoding="utf-8")
    assert process.exitcode == 0, text
    return text


def execute(names: tuple[str, ...], as_program: bool, printed: str) -> None:
    """Run modules with everything that they print in one file; warnings are errors."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")
    pyplot.switch_backend("agg")
    with (
        Path(printed).open("w", encoding="utf-8") as file,
        redirect_stdout(file),
        redirect_stderr(file),
    ):
        for name in names:
            if as_program:
                runpy.run_module(name, run_name="__main__", alter_sys=True)
            else:
                import_module(name)


def module_name(page: pages.Page) -> str:
    return relative(page.module_file).removesuffix(".py").replace("/", ".")


@pytest.mark.parametrize("page", MIXED, ids=lambda page: page.key)
def test_module_prints_what_its_page_shows(page):
    actual = run(module_name(page), as_program=True)
    tolerance = max(block.tolerance for block in page.blocks)
    texts = page.recorded_texts()
    shown = [
        texts[block.name]
        for block in page.blocks
        if block.section.file == page.module_file and block.name in texts
    ]
    expected = "".join(shown)
    assert same_text(expected, actual, rel_tol=tolerance), (
        f"{relative(page.module_file)}, run alone:\n{difference(expected, actual)}"
    )


def test_importing_every_module_prints_nothing():
    assert run(*map(module_name, PAGES)) == ""
