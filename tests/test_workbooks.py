"""The workbooks' checks know every right answer, and name each mistake."""

import ast
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib import import_module

import nbformat
import numpy as np
import pytest
from nbformat import v4

from docs.plugins import pages, workbooks
from docs.plugins.pages import ROOT, PageError, relative
from docs.plugins.workbooks import (
    ORDER,
    book_of,
    checks,
    module_files,
    notebook_file,
    page_of,
    tables,
    written,
)
from snippets.workbooks import checking
from snippets.workbooks.checking import judge, known_outcomes, outcomes, verdict_on
from tests.notebooks import NotebookError, begin, code_cells, outcomes_of
from tests.sites import PROSE, WORKBOOKS, article, html, html_file
from tests.test_form import LINK, blocks, symbols, terms, uses
from tests.test_glossary import CHAPTERS, pattern, prose

MODULES = module_files()
NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"]
BOOKS = {module: book_of(module) for module in MODULES}
EXERCISES = [
    pytest.param(exercise, id=f"{module.stem}-{exercise.name}")
    for module, book in BOOKS.items()
    for exercise in book.exercises
]
ONE_NEURON = ROOT / "snippets/workbooks/one_neuron.py"
SUM = BOOKS[ONE_NEURON].exercises[0]
PAIRS = {
    ast.Add: ast.Sub,
    ast.Mult: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Gt: ast.GtE,
    ast.Lt: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.Is: ast.IsNot,
    ast.In: ast.NotIn,
    ast.And: ast.Or,
}
OPPOSITES = PAIRS | {right: left for left, right in PAIRS.items()}
OPPOSITES |= {ast.MatMult: ast.Mult, ast.Pow: ast.Mult}
OPPOSITES |= {ast.USub: ast.UAdd, ast.Not: ast.UAdd}


MADE = {notebook_file(module): partial(written, module) for module in MODULES}
MADE |= {file: partial(str, rows) for file, rows in tables().items()}


@pytest.mark.parametrize("file", MADE, ids=relative)
def test_file_is_what_the_modules_make(file, check_record):
    check_record(file, MADE[file]())


@pytest.mark.parametrize(
    ("book", "message"),
    [
        (None, r"py:1: expected BOOK = Workbook\("),
        ([], r"py:1: expected BOOK = Workbook\("),
        ([replace(SUM, solution="")], "'The weighted sum': its solution must end with"),
        ([replace(SUM, solution="a, b = 1, 2")], "its solution must end with"),
        ([replace(SUM, solution="def f(:")], "invalid syntax in 'def f"),
        ([replace(SUM, stub="x = 1")], "'pre_activation' is not defined in 'x = 1'"),
        ([replace(SUM, others=(("y", "x"),))], "a pair replaces 'y', which its"),
        ([replace(SUM, wrong={"No.": ("f = 1",)})], "is not defined in 'f = 1'"),
        ([SUM, replace(SUM, title="A neuron with ReLU")], "as that of 'The weighted"),
    ],
)
def test_exercise_that_nobody_could_do_is_refused_with_its_line(
    monkeypatch, book, message
):
    module = import_module("snippets.workbooks.one_neuron")
    made = None if book is None else checking.Workbook("One neuron", book, then="")
    monkeypatch.setattr(module, "BOOK", made)
    with pytest.raises(PageError, match=message) as caught:
        book_of(ONE_NEURON)
    file, line, _ = str(caught.value).split(":", 2)
    code = (ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert not book or f'title="{book[-1].title}"' in code


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "      - workbooks/one-neuron.ipynb\n",
            "",
            r":\d+: `nav` lacks the workbook of snippets/workbooks/one_neuron.py: "
            "write `- workbooks/one-neuron.ipynb` here",
        ),
        (
            "workbooks/one-neuron.ipynb\n",
            "workbooks/one-neuron.ipynb\n      - workbooks/two.ipynb\n",
            r":\d+: workbooks/two.ipynb has no module in snippets/workbooks",
        ),
    ],
)
def test_nav_names_just_the_workbooks_that_there_are(
    monkeypatch, tmp_path, old, new, message
):
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert old in settings
    file = tmp_path / "mkdocs.yml"
    file.write_text(settings.replace(old, new), encoding="utf-8")
    monkeypatch.setattr(workbooks, "SETTINGS", file)
    with pytest.raises(PageError, match=message):
        tables()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("from . import checking", "m.py:1: a notebook carries only"),
        ("import snippets.doctor", "m.py:1: a notebook carries only"),
        ("from snippets.doctor import explain", "m.py:1: a notebook carries only"),
        ("def judge(): ...", r"m.py:1: checking.py defines \['judge'\] too"),
    ],
)
def test_module_that_a_notebook_cannot_carry_is_refused(tmp_path, line, message):
    module = tmp_path / "m.py"
    module.write_text(line, encoding="utf-8")
    with pytest.raises(PageError, match=message):
        checks(module)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_right_answers_pass(exercise, seeds):
    codes = {exercise.code(variant) for variant in exercise.others} - {
        exercise.solution
    }
    assert len(codes) >= 3
    for code in [exercise.solution, *codes]:
        answer = exercise.made(code)
        for seed in seeds:
            found = outcomes(exercise, answer, seed)
            assert verdict_on(exercise, found, seed).right, (seed, code)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_wrong_answers_get_their_sentence(exercise, seeds):
    wrong = [(s, exercise.code(v)) for s, vs in exercise.wrong.items() for v in vs]
    codes = {code for _sentence, code in wrong}
    assert len(codes - {exercise.solution}) == len(wrong) >= 5
    for sentence, code in wrong:
        assert judge(exercise, exercise.made(code)) == (False, sentence), code
    for seed in seeds:
        for sentence, code in wrong:
            said = verdict_on(exercise, known_outcomes(exercise, code, seed), seed)
            assert said == (False, sentence), (seed, code)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_mutants_are_refused(exercise):
    accepted = {
        line
        for line, code in mutants(exercise.solution)
        if judge(exercise, exercise.made(code)).right
    }
    assert accepted == {*exercise.equivalent}


def mutants(code: str) -> Iterator[tuple[str, str]]:
    """Yield code with one operator, comparison or number changed, and the line."""
    original = ast.unparse(ast.parse(code)).splitlines()
    for number in range(len([*ast.walk(ast.parse(code))])):
        tree = ast.parse(code)
        node = [*ast.walk(tree)][number]
        if not mutated(node):
            continue
        changed = ast.unparse(tree)
        lines = zip(original, changed.splitlines(), strict=True)
        yield next(new.strip() for old, new in lines if old != new), changed


def mutated(node: ast.AST) -> bool:
    """Change a node; return whether there was anything to change."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        is_truth = isinstance(node.value, bool)
        node.value = not node.value if is_truth else node.value + 1
    elif isinstance(node, ast.Compare):
        node.ops[0] = OPPOSITES[type(node.ops[0])]()
    elif isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp | ast.UnaryOp):
        node.op = OPPOSITES[type(node.op)]()
    else:
        return False
    return True


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_a_page_leads_to_its_workbook_and_counts_its_exercises(module):
    text = page_of(module).read_text(encoding="utf-8")
    link = f"](../workbooks/{notebook_file(module).name})"
    paragraph = next((each for each in text.split("\n\n") if link in each), "")
    assert f" {NUMBERS[len(BOOKS[module].exercises)]} " in paragraph


def called(code):
    """Return the names of the functions and methods that code uses of others."""
    tree, used, own = ast.parse(code), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.Attribute):
            (own if isinstance(node.ctx, ast.Store) else used).add(node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            used.add(node.func.id)
    return used - own


def in_backticks(text):
    return " ".join(re.findall(r"`([^`\n]+)`", text))


def code_words(code):
    return set(re.findall(r"\w+", code))


def texts_of(exercise):
    """Return all that a learner may read of an exercise."""
    return [exercise.title, exercise.task, *exercise.hints, *exercise.wrong]


def chapters_until(module):
    """Return the chapters that a workbook may build on; after all, every one."""
    page = page_of(module)
    return CHAPTERS[: CHAPTERS.index(page) + 1] if page in CHAPTERS else CHAPTERS


def later_words(exercise, known):
    """Yield each term and symbol of an exercise that no page of these introduces."""
    text = "\n\n".join(texts_of(exercise))
    plain = LINK.sub("", prose(text))
    for term, page in terms():
        if page not in known and pattern(term).search(plain):
            yield term, page
    for symbol, page in symbols():
        if page not in known and uses(text, symbol):
            yield symbol, page


def unknown_calls(exercise, pages):
    """Return what a solution calls and neither these pages nor the exercise show."""
    texts = [in_backticks(page.read_text(encoding="utf-8")) for page in pages]
    codes = [code for page in pages for code in blocks(page, visible=True)]
    shown = code_words("\n".join(texts + codes))
    explained = code_words(in_backticks("\n".join(texts_of(exercise))))
    return called(exercise.given + exercise.solution) - shown - explained


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_a_workbook_needs_nothing_that_comes_later(module):
    chapters = chapters_until(module)
    known = {page.stem for page in chapters}
    for exercise in BOOKS[module].exercises:
        assert not [*later_words(exercise, known)], exercise.title
        assert not unknown_calls(exercise, chapters), exercise.title


class Hostile:
    """An object that raises whatever one does with it."""

    def __getattr__(self, name):  # noqa: D105
        raise RuntimeError(name)

    def __array__(self):  # noqa: D105
        raise RuntimeError


def contains_itself():
    endless = []
    endless.append(endless)
    return endless


HOSTILE = {
    "None": None,
    "a text": "x",
    "a list": [1, "x", None],
    "not filled in": ...,
    "NaN": np.nan,
    "infinity": np.inf,
    "an object that raises": Hostile(),
    "a list that contains itself": contains_itself(),
    "a class": int,
    "no arguments": lambda: 1,
    "returns nothing": lambda *_: None,
    "returns a text": lambda *_: "x",
    "returns NaN": lambda *_: np.full((2, 2), np.nan),
    "returns what raises": lambda *_: Hostile(),
    "returns itself": lambda *_: contains_itself(),
    "returns objects": lambda *_: np.array([object()]),
    "raises": lambda *_: 1 / 0,
    "leaves": lambda *_: sys.exit(),
    "knows a name that is not there": lambda *_: nowhere,  # noqa: F821
    "recurs": lambda *_: recur(0),
    "keeps its argument": lambda *arguments: arguments[:1],
}


def recur(depth):
    return recur(depth + 1)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_any_answer_gets_a_sentence_without_the_solution(exercise):
    body = ast.parse(exercise.solution).body[-1]
    solution = [ast.unparse(node) for node in getattr(body, "body", [body])]
    for kind, answer in HOSTILE.items():
        right, sentence = judge(exercise, answer)
        assert not right, kind
        assert re.search(r"[^.: ]\.$", sentence), (kind, sentence)
        assert not [line for line in solution if line in sentence], kind


@pytest.mark.parametrize("exercise", EXERCISES)
def test_stub_is_not_yet_an_answer_and_its_mistake_is_not_told(exercise):
    verdict = judge(exercise, exercise.made(exercise.start))
    assert not verdict.right
    assert verdict.sentence not in exercise.wrong


def computes(*_arguments):
    while True:
        with suppress(Exception):
            pass


def waits(*_arguments):
    while True:
        with suppress(Exception):
            time.sleep(0.001)


@pytest.mark.parametrize("endless", [computes, waits])
def test_endless_loop_is_stopped(monkeypatch, endless):
    monkeypatch.setattr(checking, "SECONDS_ALLOWED", 0.3)
    verdict = judge(SUM, endless)
    assert "did not end" in verdict.sentence


def computes_in_every_case(*_arguments):
    try:
        computes()
    except BaseException:  # noqa: BLE001, as a learner may write it
        return 0


def test_answer_that_goes_on_when_it_is_stopped_is_stopped_again(monkeypatch):
    monkeypatch.setattr(checking, "SECONDS_ALLOWED", 0.3)
    running = {*threading.enumerate()}
    assert not judge(SUM, computes_in_every_case).right
    assert {*threading.enumerate()} <= running


def compute_three_seconds():
    while time.thread_time() < 3:
        pass


@pytest.mark.parametrize(
    ("work", "patience"), [(compute_three_seconds, 1000), (partial(time.sleep, 3), 1)]
)
def test_computing_and_waiting_have_each_a_limit(monkeypatch, work, patience):
    monkeypatch.setattr(checking, "PATIENCE", patience)
    with pytest.raises(TimeoutError):
        checking._within(0.3, work)


def test_time_that_other_programs_take_is_not_counted(monkeypatch):
    monkeypatch.setattr(checking, "SECONDS_ALLOWED", 0.3)
    monkeypatch.setattr(checking, "PATIENCE", 100)

    def slow(x, w, b):
        time.sleep(0.2)
        return x @ w + b

    assert judge(SUM, slow).right


def test_an_exception_is_known_by_its_message_without_its_numbers():
    def raises(message):
        return checking._Raised("ValueError", message)

    known = raises("shapes (2,3) and (4,) do not fit")
    assert checking._same(raises("shapes (5,1) and (6,) do not fit"), known, 0)
    assert not checking._same(raises("shapes (5,1) and (6,7) do not fit"), known, 0)
    assert not checking._same(raises("bias is missing"), known, 0)
    object_at = raises("<object at 0x7fa>")
    assert checking._same(raises("<object at 0x5bc>"), object_at, 0)


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_nan_is_like_nan_and_leaves_the_other_numbers_their_tolerance(special):
    known = np.array([special, 1.0])
    assert checking._same(np.array([special, 1 + 1e-9]), known, 1e-6)
    assert not checking._same(np.array([special, 1.1]), known, 1e-6)
    assert not checking._same(np.array([0.0, 1.0]), known, 1e-6)


def exercise_of(workbook, number):
    return BOOKS[ROOT / f"snippets/workbooks/{workbook}.py"].exercises[number]


RELU, SLOPE = (exercise_of("activation_functions", number) for number in (0, 2))
SHAPE, NETWORK = exercise_of("forward_pass", -1), exercise_of("pytorch", 4)


def evaluated(code):
    return lambda _Z: eval(code, {})  # noqa: S307


@pytest.mark.parametrize(
    ("exercise", "answer", "sentence"),
    [
        (RELU, lambda Z: max(Z, 0), "ask for one answer"),
        (RELU, lambda Z: Z @ Z, "as many columns as the second has rows"),
        (RELU, lambda Z: np.dot(Z, Z), "as many columns as the second has rows"),
        (RELU, lambda Z: Z + np.ones(7), "shapes must be alike"),
        (RELU, lambda Z: np.maximum(Z, 0) * float(Z), "functions take arrays"),
        (RELU, lambda Z: Z.median(), "`np.median(…)`"),
        (RELU, lambda Z: 2 * np.maximum(Z, 0), "In every case it is 2 times"),
        (RELU, lambda Z: -np.maximum(Z, 0) / 4, "In every case it is 1/-4 of"),
        (RELU, lambda Z: np.maximum(Z, 0).T, "It is the transpose"),
        (RELU, evaluated("exp(1)"), "NumPy's is `np.exp`"),
        (SLOPE, evaluated("sigmoid"), "Run the cell that defines it first."),
        (SLOPE, evaluated("sigmiod"), "typo"),
        (SUM, ..., "`pre_activation` is not filled in."),
        (SUM, 3, "`pre_activation` is a number, it must be a function."),
        (NETWORK, print, "type builtin_function_or_method, it must be a class."),
        (SHAPE, (32, 8, 6), "`shape` holds 3 and not 2 numbers."),
        (SHAPE, "(32, 6)", "is a text"),
        (SHAPE, (3, 2), "[3, 2] is not it."),
    ],
)
def test_advice_without_a_sentence_of_the_exercise(exercise, answer, sentence):
    assert sentence in judge(exercise, answer).sentence


def test_lists_of_numbers_are_read_as_arrays():
    assert judge(RELU, lambda Z: np.maximum(Z, 0).tolist()).right
    assert not judge(RELU, lambda Z: [*np.maximum(Z, 0)]).right


def test_smallest_case_on_which_an_answer_differs_is_shown():
    exercise = replace(
        SUM,
        solution="def double(X):\n    return 2 * X\n",
        wrong={},
        cases=lambda _rng: [(np.arange(n),) for n in (20, 1, 3, 2)],
    )
    said = partial(judge, exercise)
    assert said(lambda X: 2 * X).right
    assert said(lambda X: 2 * X if len(X) < 3 else X * 0).sentence == (
        "With X = [0, 1, 2], the result is [0, 0, 0], expected [0, 2, 4]."
    )
    assert said(lambda X: 2 * X + (len(X) == 20) * (X == 7)).sentence == (
        "With X = an array of shape (20,), the result[7] is 15, expected 14."
    )
    assert said(lambda X: X.__imul__(2)).sentence == (
        "The result is right, but it changes X in place."
    )
    assert said(lambda X: X / 0).sentence.startswith(
        "With X = [0], the result is [nan]"
    )
    assert said(lambda X: 2 * X if len(X) < 20 else 1 / 0).sentence == (
        "With X = an array of shape (20,), it raises ZeroDivisionError: "
        "division by zero."
    )


def test_solution_that_raises_is_refused():
    with pytest.raises(RuntimeError, match="the solution of 'The weighted sum' raises"):
        judge(replace(SUM, cases=lambda _rng: [(1, 2)]), lambda *_: 1)


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_workbook_alone_says_not_yet_and_with_solutions_right(module, tmp_path):
    file, book = notebook_file(module), BOOKS[module]
    cells = {cell.id: cell for cell in code_cells(file)}
    shipped = printed(run_alone([*cells.values()], tmp_path))
    for number, exercise in enumerate(book.exercises, 1):
        assert f"Exercise {number}: not yet" in shipped
        cell = cells[f"exercise-{number}"]
        assert exercise.start in cell.source
        cell.source = cell.source.replace(exercise.start, exercise.solution)
    assert "Go on with exercise 1." in shipped
    solved = printed(run_alone([*cells.values()], tmp_path))
    for number in range(1, len(book.exercises) + 1):
        assert f"Exercise {number}: right." in solved
    assert book.then in solved


def run_alone(cells, folder):
    """Run cells as a notebook of their own."""
    file = folder / "workbook.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), file)
    return outcomes_of(begin(file), cells, file)


def printed(outcomes):
    return "".join(text for text, _plotted in outcomes)


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_cell_that_runs_too_early_says_which_comes_first(module, tmp_path):
    file = notebook_file(module)
    cells = [cell for cell in code_cells(file) if "check(" in cell.source]
    with pytest.raises(NotebookError, match="First run the notebook's first code cell"):
        run_alone(cells[1:2], tmp_path)
    progress = code_cells(file)[-1]
    assert progress.source.endswith(ORDER)


def in_terminal(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "snippets.workbooks.backpropagation", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_terminal_checks_a_file(tmp_path):
    file = tmp_path / "my_answers.py"
    book = BOOKS[ROOT / "snippets/workbooks/backpropagation.py"]
    stubs = in_terminal()
    assert stubs.returncode == 0
    file.write_text(stubs.stdout, encoding="utf-8")
    unchanged = in_terminal(file)
    assert unchanged.returncode == 1
    assert unchanged.stdout.count("not yet. ") == len(book.exercises)
    solutions = "".join(exercise.solution for exercise in book.exercises)
    file.write_text(f"import numpy as np\n{solutions}", encoding="utf-8")
    solved = in_terminal(file)
    assert solved.returncode == 0, solved.stderr
    assert solved.stdout.count(": right.") == len(book.exercises)
    file.write_text("def bias_gradient(dZ:", encoding="utf-8")
    broken = in_terminal(file)
    assert broken.returncode == 1
    assert "SyntaxError" in broken.stderr
    assert "Traceback" not in broken.stderr
    assert "one file" in in_terminal(file, file).stderr


@pytest.mark.parametrize("book", WORKBOOKS, ids=lambda book: book.key)
def test_site_shows_a_workbook_without_its_checks(site, book):
    shown = article(site, book)
    file = notebook_file(book.module)
    cells = [cell.source for cell in code_cells(file) if cell.id != "checks"]
    code = shown.xpath(".//div[contains(@class, 'language-python')]//pre")
    assert [each.text_content().strip() for each in code] == cells
    text = "".join(shown.xpath(PROSE))
    assert "$" not in text
    assert "\\" not in text
    contents = "//*[@data-md-component='toc']//a[contains(@class, 'md-nav__link')]"
    links = html(site, book).xpath(f"{contents}/@href")
    headings = shown.xpath(".//h2/@id")
    assert {*links} == {f"#{heading}" for heading in headings}
    assert len(headings) == len(BOOKS[book.module].exercises) + 1
    page = page_of(book.module)
    leads = html(site, pages.read(page)).xpath("//*[@class='page-forms']//a/@href")
    if page.parent.name == "chapters":
        assert f"../../{book.key}/" in leads
    download = site / "downloads" / f"{book.key}.ipynb"
    assert download.read_bytes() == file.read_bytes()
    assert len(html_file(site, book).read_bytes()) < 200_000


def test_links_of_a_downloaded_workbook_are_whole(configured_site):
    for book in WORKBOOKS:
        file = configured_site / "downloads" / f"{book.key}.ipynb"
        cells = nbformat.read(file, as_version=4).cells
        assert not [cell.source for cell in cells if "](.." in cell.source]
