"""Each module prints, run alone, what its page shows; imported, it does nothing."""

import os
import subprocess
import sys

import pytest

from docs.plugins import pages
from docs.plugins.pages import ROOT, relative
from tests.comparison import difference, same_text

PAGES = [page for page in map(pages.read, pages.page_files()) if page.blocks]


def run(*arguments: str) -> str:
    environment = os.environ | {"MPLBACKEND": "agg", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore:FigureCanvasAgg is non-interactive", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def module_name(page: pages.Page) -> str:
    return relative(page.module_file).removesuffix(".py").replace("/", ".")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_module_prints_what_its_page_shows(page):
    actual = run("-m", module_name(page))
    tolerance = max(block.tolerance or 1e-6 for block in page.blocks)
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
    names = [module_name(page) for page in PAGES]
    assert run("-c", f"import {', '.join(names)}") == ""
