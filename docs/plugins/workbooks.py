"""Make the notebook of a workbook from its module in `snippets/workbooks/`.

Its first code cell holds what the checks need, so that the notebook runs alone.
"""

import ast
from importlib import import_module
from os.path import relpath
from pathlib import Path

import nbformat
from nbformat import v4

from docs.plugins.extract import imported
from docs.plugins.notebooks import METADATA, pinned
from docs.plugins.pages import DOCS, ROOT, PageError

MODULES = ROOT / "snippets" / "workbooks"
FOLDER = DOCS / "workbooks"
CHECKING = MODULES / "checking.py"
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


def tables() -> dict[Path, str]:
    """Return the rows of the tables of all workbooks, by the file that holds them."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    order = {
        module: text.index(notebook_file(module).name) for module in module_files()
    }
    modules = sorted(order, key=order.get)
    places = {"index": FOLDER, "teaching": DOCS}
    return {
        TABLES / f"{name}.md": "".join(_row(module, place) for module in modules)
        for name, place in places.items()
    }


def _row(module: Path, place: Path) -> str:
    """Return a workbook's row: a link to it, and the titles of its exercises."""
    book = import_module(f"snippets.workbooks.{module.stem}").BOOK
    link = Path(relpath(notebook_file(module), place)).as_posix()
    titles = "; ".join(exercise.title for exercise in book.exercises)
    return f"| [{book.title}]({link}) | {titles} |\n"


def checks(module: Path) -> str:
    """Return the code that a notebook's checks need, as one cell.

    Raises
    ------
    PageError
        For a name that both files define: one would take the other's place.

    """
    if twice := _defined(CHECKING) & _defined(module):
        raise PageError(module, 1, f"{CHECKING.name} defines {sorted(twice)} too")
    return "\n\n".join([_own_code(CHECKING), _own_code(module)]).strip("\n")


def _defined(file: Path) -> set[str]:
    """Return the names that a module defines itself."""
    names = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            named = (part for target in node.targets for part in ast.walk(target))
            names |= {part.id for part in named if isinstance(part, ast.Name)}
    return names


def _own_code(file: Path) -> str:
    """Return a module's code without what it imports from here or runs as a program."""
    text = file.read_text(encoding="utf-8")
    left_out = set()
    for node in ast.parse(text).body:
        is_ours = isinstance(node, ast.ImportFrom) and "snippets" in node.module
        if is_ours or isinstance(node, ast.If):
            left_out |= {*range(node.lineno, node.end_lineno + 1)}
    lines = enumerate(text.splitlines(), 1)
    return "\n".join(line for number, line in lines if number not in left_out)


def written(module: Path) -> str:
    """Return the notebook of a workbook as the text of its file."""
    book = import_module(f"snippets.workbooks.{module.stem}").BOOK
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
    made = v4.new_notebook(cells=cells, metadata=METADATA)
    nbformat.validate(made)
    return nbformat.writes(made, version=4) + "\n"


def ladder(hints: tuple[str, ...]) -> str:
    """Return hints folded one into the other."""
    text = ""
    for number, hint in reversed([*enumerate(hints, 1)]):
        summary = f"<summary>Hint {number} of {len(hints)}</summary>"
        text = f"<details>\n{summary}\n\n{hint}\n\n{text}</details>\n\n"
    return text.strip()


def _code(
    source: str, name: str, metadata: dict | None = None
) -> nbformat.NotebookNode:
    return v4.new_code_cell(source, id=name, metadata=metadata or {})
