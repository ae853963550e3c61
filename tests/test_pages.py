"""What must hold of pages, snippets and records, without running anything."""

import ast
import itertools
from collections import Counter

import pytest

from docs.plugins import pages
from docs.plugins.pages import DOCS, ROOT, relative

SNIPPETS = sorted(
    {*(ROOT / "snippets").rglob("*.py")} - {*(ROOT / "snippets/workbooks").glob("*.py")}
)  # pages show all but the workbooks
PAGES = [pages.read(path) for path in pages.page_files()]
BLOCKS = [block for page in PAGES for block in page.blocks]


@pytest.mark.parametrize("file", SNIPPETS, ids=relative)
def test_every_section_is_shown_once(file):
    shown = Counter(b.section.name for b in BLOCKS if b.section.file == file)
    wrong = {
        f"{relative(file)}:{section.start}: section {section.name!r} is shown "
        f"{shown[section.name]} times, not once"
        for section in pages.sections(file)
        if shown[section.name] != 1
    }
    assert not wrong, "\n".join(sorted(wrong))


@pytest.mark.parametrize("file", SNIPPETS, ids=relative)
def test_sections_stand_in_page_order(file):
    shown = [b for b in BLOCKS if b.section.file == file]
    wrong = [
        f"{after} stands above {before.name!r}"
        for before, after in itertools.pairwise(shown)
        if after.section.start < before.section.start
    ]
    assert not wrong, "\n".join(wrong)


DOWNLOADED = ROOT / "snippets" / "doctor.py"  # the reader gets it as a whole file


@pytest.mark.parametrize("file", [f for f in SNIPPETS if f != DOWNLOADED], ids=relative)
def test_every_statement_is_shown(file):
    sections = pages.sections(file)
    hidden = [
        f"{relative(file)}:{node.lineno}: outside every section: {ast.unparse(node)}"
        for node in _statements(ast.parse(file.read_text(encoding="utf-8")))
        if not any(s.start < node.lineno <= node.end_lineno < s.end for s in sections)
    ]
    assert not hidden, "\n".join(hidden)


def _statements(module: ast.Module) -> list[ast.stmt]:
    found = []
    for node in module.body[1 if ast.get_docstring(module) else 0 :]:
        is_main = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        found += [*node.body, *node.orelse] if is_main else [node]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_page_shows_all_of_its_record(page):
    shown = {block.name for block in page.blocks if block.output_line}
    recorded = set(page.recorded_texts())
    assert recorded - shown == set(), (
        f"{relative(page.path)} shows none of these {relative(page.output_file)}"
    )


def test_every_record_has_its_page():
    outputs = {page.output_file for page in PAGES}
    figures = {page.figure_file(block) for page in PAGES for block in page.blocks}
    recorded = {
        *(DOCS / "outputs").rglob("*.txt"),
        *(DOCS / "assets" / "figures").rglob("*.svg"),
        *(p.with_suffix(".svg") for p in (DOCS / "assets/figures").rglob("*.data")),
    }
    orphans = sorted(map(relative, recorded - outputs - figures))
    assert not orphans, f"no page or block has these records; delete them: {orphans}"
