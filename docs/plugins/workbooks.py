"""Make the notebook of a workbook from its module in `snippets/workbooks/`.

Its first code cell holds what the checks need, so that the notebook runs alone.
"""

import ast
import re
from importlib import import_module
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode, v4

from docs.plugins.extract import imported
from docs.plugins.notebooks import pinned, text_of
from docs.plugins.pages import DOCS, ROOT, PageError, relative

if TYPE_CHECKING:  # a copy of this folder for tests has no workbooks
    from snippets.workbooks.checking import Exercise, Workbook

MODULES = ROOT / "snippets" / "workbooks"
FOLDER = DOCS / "workbooks"
CHECKING = MODULES / "checking.py"
SETTINGS = ROOT / "mkdocs.yml"
CARRIED = "snippets.workbooks.checking"
TABLES = DOCS / "outputs" / "workbooks"
ORDER = "  # NameError? First run the notebook's first code cell."


def module_files() -> list[Path]:
    """Return the module of each workbook."""
    return sorted(set(MODULES.glob("[a-z]*.py")) - {CHECKING})


def notebook_file(module: Path) -> Path:
    """Return where the notebook of a workbook stands."""
    return FOLDER / f"{module.stem.replace('_', '-')}.ipynb"


def page_of(module: Path) -> Path:
    """Return the page that a workbook belongs to."""
    chapter = DOCS / "chapters" / notebook_file(module).with_suffix(".md").name
    return chapter if chapter.is_file() else DOCS / "errors" / "index.md"


def book_of(module: Path) -> "Workbook":
    """Return the workbook of a module.

    Raises
    ------
    PageError
        For what a notebook, its page or the terminal could not show or check.

    """
    book = getattr(import_module(f"snippets.workbooks.{module.stem}"), "BOOK", None)
    if not getattr(book, "exercises", None):
        problem = "expected BOOK = Workbook(title, [an exercise, …], then=…)"
        raise PageError(module, 1, problem)
    titles = {}
    for exercise in book.exercises:
        try:
            problem = _problem(exercise)
        except SyntaxError as error:
            problem = f"{error.msg} in {error.text!r}"
        if not problem and exercise.name in titles:
            first = titles[exercise.name]
            problem = f"its answer is {exercise.name!r}, as that of {first!r}"
        if problem:
            line = line_of(module, f'title="{exercise.title}"')
            raise PageError(module, line, f"{exercise.title!r}: {problem}")
        titles[exercise.name] = exercise.title
    return book


def line_of(file: Path, text: str) -> int:
    """Return the number of the first line that holds a text, or 1."""
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    return next((number for number, line in lines if text in line), 1)


def _problem(exercise: "Exercise") -> str:
    """Return what is wrong with an exercise as it is written, or nothing."""
    ast.parse(exercise.given)
    last = [None, *ast.parse(exercise.solution).body][-1]
    is_value = isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name)
    if not is_value and not isinstance(last, ast.FunctionDef | ast.ClassDef):
        return "its solution must end with a function, a class or `name = …`"
    wrong = [variant for variants in exercise.wrong.values() for variant in variants]
    variants = [*exercise.others, *wrong]
    for variant in variants:
        if isinstance(variant, tuple) and variant[0] not in exercise.solution:
            return f"a pair replaces {variant[0]!r}, which its solution does not hold"
    for code in [exercise.start, *map(exercise.code, variants)]:
        if exercise.name not in _defined(code):
            return f"{exercise.name!r} is not defined in {code!r}"
    return ""


def tables() -> dict[Path, str]:
    """Return the rows of the tables of all workbooks, by the file that holds them.

    Raises
    ------
    PageError
        For a workbook that is missing from `nav`, or stands there without its module.

    """
    modules = {
        notebook_file(module).relative_to(DOCS).as_posix(): module
        for module in module_files()
    }
    listed = re.findall(r"- (workbooks/.+\.ipynb)$", SETTINGS.read_text("utf-8"), re.M)
    for entry, module in modules.items():
        if entry not in listed:
            problem = f"`nav` lacks the workbook of {relative(module)}: write"
            place = line_of(SETTINGS, "- workbooks/")
            raise PageError(SETTINGS, place, f"{problem} `- {entry}` here")
    for entry in listed:
        if entry not in modules:
            problem = f"{entry} has no module in {relative(MODULES)}"
            raise PageError(SETTINGS, line_of(SETTINGS, entry), problem)
    places = {"index": FOLDER, "teaching": DOCS}
    return {
        TABLES / f"{name}.md": "".join(_row(modules[entry], place) for entry in listed)
        for name, place in places.items()
    }


def _row(module: Path, place: Path) -> str:
    """Return a workbook's row: a link to it, and its exercises as they are numbered."""
    book = book_of(module)
    link = Path(relpath(notebook_file(module), place)).as_posix()
    titles = (
        f"{number}.\N{NO-BREAK SPACE}{exercise.title}"
        for number, exercise in enumerate(book.exercises, 1)
    )
    return f"| [{book.title}]({link}) | {'; '.join(titles)} |\n"


def checks(module: Path) -> str:
    """Return the code that a notebook's checks need, as one cell.

    Raises
    ------
    PageError
        For a name that both files define: one would take the other's place. For an
        import from here that the notebook does not carry.

    """
    codes = [file.read_text(encoding="utf-8") for file in (CHECKING, module)]
    if twice := set.intersection(*map(_defined, codes)):
        raise PageError(module, 1, f"{CHECKING.name} defines {sorted(twice)} too")
    for node in ast.parse(codes[1]).body:
        if _is_ours(node) and getattr(node, "module", "") != CARRIED:
            problem = f"a notebook carries only {CARRIED}: {ast.unparse(node)}"
            raise PageError(module, node.lineno, problem)
    return "\n\n".join([_own_code(CHECKING), _own_code(module)]).strip("\n")


def _defined(code: str) -> set[str]:
    """Return the names that code defines itself."""
    names = set()
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            named = (part for target in node.targets for part in ast.walk(target))
            names |= {part.id for part in named if isinstance(part, ast.Name)}
    return names


def _is_ours(node: ast.stmt) -> bool:
    """Tell whether a statement imports something from here."""
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or node.module.startswith("snippets")
    return isinstance(node, ast.Import) and "snippets" in ast.unparse(node)


def _own_code(file: Path) -> str:
    """Return a module's code without what it imports from here or runs as a program."""
    text = file.read_text(encoding="utf-8")
    left_out = set()
    for node in ast.parse(text).body:
        if _is_ours(node) or isinstance(node, ast.If):
            left_out |= {*range(node.lineno, node.end_lineno + 1)}
    lines = enumerate(text.splitlines(), 1)
    return "\n".join(line for number, line in lines if number not in left_out)


def written(module: Path) -> str:
    """Return the notebook of a workbook as the text of its file."""
    book = book_of(module)
    page = page_of(module)
    title = page.read_text(encoding="utf-8").split("\n# ", 1)[1].split("\n")[0]
    link = f"[{title}]({Path(relpath(page, FOLDER)).as_posix()})"
    codes = [code for each in book.exercises for code in (each.given, each.start)]
    install = " ".join(
        ["pip install notebook", *pinned(imported(checks(module), *codes), module)]
    )
    head = f"""# Workbook: {book.title}

*Exercises on {link}. The notebook runs alone, in an empty folder, with Python 3.11 to
3.13 and these versions:*

```console
$ {install}
```

Run the first code cell of the notebook, which holds the checks. Then write what an
exercise asks for into its cell, and run it: `check` says whether it is right, and if it
is not, what the mistake is. Hints are folded, from a nudge to nearly the answer."""
    cells = [
        v4.new_markdown_cell(head, id="head"),
        _code(
            f'{checks(module)}\n\nprint("The checks are ready.")',
            "checks",
            {"tags": ["checks"], "jupyter": {"source_hidden": True}},
        ),
    ]
    shown = {""}
    for number, exercise in enumerate(book.exercises, 1):
        task = [f"## {number}. {exercise.title}", exercise.task.strip()]
        task.append(ladder(exercise.hints))
        cells.append(v4.new_markdown_cell("\n\n".join(task), id=f"task-{number}"))
        if exercise.given not in shown:
            shown.add(exercise.given)
            cells.append(_code(exercise.given.strip(), f"given-{number}"))
        gap = "\n" if exercise.asks_for_a_value else "\n\n\n"
        call = f"check({number}, {exercise.name}){ORDER}"
        cells.append(_code(f"{exercise.start}{gap}{call}", f"exercise-{number}"))
    cells.append(v4.new_markdown_cell("## Where you are", id="where"))
    cells.append(_code(f"progress(){ORDER}", "progress"))
    return text_of(cells)


def ladder(hints: tuple[str, ...]) -> str:
    """Return hints folded one into the other."""
    text = ""
    for number, hint in reversed([*enumerate(hints, 1)]):
        summary = f"<summary>Hint {number} of {len(hints)}</summary>"
        text = f"<details>\n{summary}\n\n{hint}\n\n{text}</details>\n\n"
    return text.strip()


def _code(source: str, name: str, metadata: dict | None = None) -> NotebookNode:
    return v4.new_code_cell(source, id=name, metadata=metadata or {})
