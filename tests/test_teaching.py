"""The page for teachers sends nobody to an exercise that needs what was left out."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.plugins.pages import DOCS, ROOT
from docs.plugins.workbooks import MODULES
from snippets.workbooks import checking
from tests.test_glossary import TERMS
from tests.test_workbooks import (
    BOOKS,
    NUMBERS,
    ONE_NEURON,
    later_words,
    unknown_calls,
)

PAGE = (DOCS / "teaching.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())
ORDERS = dict(
    section.split("\n", 1) for section in PAGE.split("\n## ")[1].split("\n### ")[1:]
)
CHAPTER = re.compile(r"\]\((chapters/[\w-]+\.md)\)")
WORKBOOK = re.compile(
    r"\]\(workbooks/([\w-]+)\.ipynb\)(?:, exercises? ([\d, and]*\d))?"
)


def rows(order):
    """Return the cells of an order's table, row by row, without its head."""
    lines = [line for line in ORDERS[order].splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in lines[1:]]


def exercises(cell):
    """Yield each exercise that a cell names, all of a workbook where it gives none."""
    for workbook, numbers in WORKBOOK.findall(cell):
        book = BOOKS[MODULES / f"{workbook.replace('-', '_')}.py"]
        chosen = [int(number) for number in re.findall(r"\d+", numbers)]
        yield from (
            book.exercises[number - 1]
            for number in chosen or range(1, len(book.exercises) + 1)
        )


def links_to_glossary(pages):
    """Return the terms whose explanation these pages link to."""
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    return {term for term, anchor in TERMS if f"glossary.md#{anchor})" in text}


@pytest.mark.parametrize("order", ORDERS)
def test_an_exercise_needs_only_what_its_order_has_read(order):
    read, asked = [], []
    for _time, chapters, tasks in rows(order):
        read += [DOCS / chapter for chapter in CHAPTER.findall(chapters)]
        known, linked = {page.stem for page in read}, links_to_glossary(read)
        for exercise in exercises(tasks):
            asked.append(exercise)
            later = [word for word, _page in later_words(exercise, known)]
            assert not {*later} - linked, exercise.title
            assert not unknown_calls(exercise, read), exercise.title
    assert asked


def test_hours_of_an_order_are_the_sum_of_its_minutes():
    order, day, _weeks = ORDERS
    hours = sum(int(row[0]) for row in rows(order)) / 60
    assert order.startswith(f"{NUMBERS[int(hours)]} hours:".capitalize())
    assert hours % 1 == 0
    minutes = sum(int(row[0]) for row in rows(day))
    lunch, pause, whole = re.search(
        r"lunch of (\d+) minutes and two breaks of (\d+), the day has (\w+) hours",
        WORDS,
    ).groups()
    assert minutes + int(lunch) + 2 * int(pause) == 60 * NUMBERS.index(whole)


def test_what_the_page_says_of_workbooks_is_so():
    hints = {
        len(exercise.hints) for book in BOOKS.values() for exercise in book.exercises
    }
    assert f" {NUMBERS[min(hints)]} to {NUMBERS[max(hints)]} hints" in WORDS
    assert f" {checking.SECONDS_ALLOWED:.0f} seconds of computing" in WORDS
    with_torch = [m for m in BOOKS if "import torch" in m.read_text(encoding="utf-8")]
    assert [module.stem for module in with_torch] == ["pytorch"]
    assert "on PyTorch has no such buttons" in WORDS


@pytest.mark.skipif(os.name == "nt", reason="the loop is one of Linux and macOS")
def test_loop_of_the_page_for_teachers_goes_through_a_class(tmp_path):
    (loop,) = re.findall(r"^\$ (for .*)$", PAGE, re.M)
    book = BOOKS[ONE_NEURON]
    solutions = "".join(exercise.solution for exercise in book.exercises)
    (tmp_path / "snippets").symlink_to(ROOT / "snippets")
    (tmp_path / "answers").mkdir()
    for name, code in {"ada": solutions, "ben": "", "cem": "def layer("}.items():
        file = tmp_path / "answers" / f"{name}.py"
        file.write_text(f"import numpy as np\n{code}", encoding="utf-8")
    folders = [str(Path(sys.executable).parent), os.environ["PATH"]]
    said = subprocess.run(
        ["/bin/sh", "-c", loop],
        cwd=tmp_path,
        env=os.environ | {"PATH": os.pathsep.join(folders)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    ).stdout
    ada, ben, cem = re.split(r"answers/\w+\.py:", said)[1:]
    assert ada.count(": right.") == len(book.exercises)
    assert ben.count(": not yet. ") == len(book.exercises)
    assert cem.startswith(" SyntaxError")
