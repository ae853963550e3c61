"""Each mistake a contributor can make is refused, with page and place.

Every case makes mistakes in a copy of this folder in which the chapters are replaced
by the small ones of tests/example, and expects a command to fail: the first of each
program as a contributor gives it, the others in a fork with all imports done.
"""

import shutil
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import pytest

from docs.plugins.pages import ROOT
from tests.trees import copy_machinery, forks, run

PAGE = "docs/chapters/example.md"
MODULE = "snippets/chapters/example.py"
OUTPUT = "docs/outputs/chapters/example.txt"
FIGURE = "docs/assets/figures/chapters/example/curve.svg"

NOTEBOOK = "docs/notebooks/chapters/example.ipynb"

RUN = ("pytest", PAGE)
STATIC = ("pytest", "tests/test_pages.py")
SITE = ("pytest", "tests/test_site.py", "-k", "not offline and not repository")
DESCRIPTIONS = ("pytest", "tests/test_descriptions.py")
BUILD = ("mkdocs", "build", "--strict")
ZENSICAL = ("zensical", "build", "--strict")
SAME_SITE = ("pytest", "tests/test_zensical.py", "-k", "same_site")
RECORD = ("pytest", PAGE, "--record")

CONTAINERS = {
    "admonition": "!!! note\n\n{}\n",
    "folded-answer": '??? question "Why?"\n\n{}\n',
}
FENCE = "    ```{.python continuation}"
ANSWER = "assert square(-3) == 9"
LITERAL = f"{FENCE}\n    1/0\n    ```\n"
HIDDEN = f'{FENCE}\n    --8<-- "{MODULE}:hidden"\n    ```\n'
SECTION = "# --8<-- [start:hidden]\n1 / 0\n# --8<-- [end:hidden]\n"


class Case(NamedTuple):
    """Mistakes: what to replace (or append, for ""), the command, its messages."""

    name: str
    edits: tuple[tuple[str, str, str], ...]
    command: tuple[str, ...]
    message: tuple[str, ...]
    unchanged: tuple[str, ...] = ()


def edit(file, old, new):
    return ((file, old, new),)


def append(file, text):
    return ((file, "", f"\n{text}"),)


def in_fence(name, opening, message):
    """Return the case of another opening of the page's second Python fence."""
    return Case(name, edit(PAGE, FENCE, opening), RUN, (f"{PAGE}:13: {message}",))


def in_block(name, code, *message):
    """Return the case of other code in the page's last block."""
    place = f"{PAGE}:31: block 'answer'"
    return Case(name, edit(MODULE, ANSWER, code), RUN, (place, *message))


CASES = [
    Case(
        "a changed digit in a recorded output",
        edit(OUTPUT, "0.111111", "0.111112"),
        RUN,
        (f"{PAGE}:13: block 'worked-example'", "-x = 3, y = 9, third = 0.111112"),
    ),
    Case(
        "a changed constant in a snippet",
        edit(MODULE, "square(3)", "square(4)"),
        RUN,
        (f"{PAGE}:13: block 'worked-example'", "+x = 3, y = 16", "make record"),
    ),
    *(
        Case(
            f"1/0 written into a fence in a {name}",
            append(PAGE, container.format(LITERAL)),
            RUN,
            (f"{PAGE}:37: expected one include by section name", "'1/0'"),
        )
        for name, container in CONTAINERS.items()
    ),
    *(
        Case(
            f"1/0 included by a fence in a {name}",
            append(PAGE, container.format(HIDDEN)) + append(MODULE, SECTION),
            RUN,
            (f"{PAGE}:37: block 'hidden' ({MODULE}:31)", "ZeroDivisionError"),
        )
        for name, container in CONTAINERS.items()
    ),
    in_block(
        "a TypeError in a block",
        'square("three")',
        "TypeError: can't multiply",
        "return x * x",
    ),
    in_block(
        "a warning that no block catches",
        "import warnings; warnings.warn('odd')",
        "UserWarning: odd",
    ),
    in_block("a block that exits", "raise SystemExit(0)", "SystemExit"),
    in_block(
        "a block that prints, without its output",
        "print(square(-3))",
        "prints, but the page shows no output",
    ),
    in_fence("a block without a test", "    ```{.python .notest}", "write {.python}"),
    in_fence("Python under another name", "    ```py", "write {.python}"),
    in_fence(
        "a fence whose brace is not closed",
        FENCE.removesuffix("}"),
        "not a fence as SuperFences reads it",
    ),
    in_fence(
        "a tolerance without a bound",
        '    ```{.python continuation data-tolerance="inf"}',
        "data-tolerance is not between 0 and 1: 'inf'",
    ),
    Case(
        "a fence that is not closed",
        append(PAGE, "```python\n1/0\n"),
        RUN,
        (f"{PAGE}:35: not a fence as SuperFences reads it: '```python'",),
    ),
    Case(
        "a session typed into a console fence",
        append(PAGE, "```console\n>>> 1/0\n```"),
        RUN,
        (f"{PAGE}:35: each line of a console fence starts with '$ '",),
    ),
    Case(
        "what no run makes, on the site",
        append(PAGE, '<pre><code class="language-python">1/0</code></pre>')
        + append(PAGE, "Indented:\n\n    2/0\n")
        + append(PAGE, '<div><svg viewBox="0 0 1 1"><path d="M0 0"/></svg></div>')
        + append(PAGE, f"<!--\n\n{HIDDEN}\n-->")
        + append(MODULE, SECTION.replace("1 / 0", "one = 1"))
        + edit(PAGE, "![The curve", "[The curve")
        + append("docs/other.html", '<head><meta charset="utf-8"></head><pre>1/0</pre>')
        + append(
            "docs/assets/styles/site.css", '@import url("https://example.com/a.css");'
        ),
        SITE,
        (
            f"{PAGE} shows code that nothing runs",
            f"{PAGE} does not show all its code",
            "one = 1",
            f"{PAGE}: outputs that are shown, and recorded",
            "2/0",
            f"{PAGE}: nothing draws or checks this",
            "figures that are shown, and recorded",
            "curve.svg",
            "test_every_page_of_the_site_is_checked",
            "other.html",
            "assets/stylesheets/site.",
            ".css: https://example.com/a.css",
        ),
    ),
    Case(
        "a figure whose tick labels changed",
        edit(
            MODULE,
            "    plt.show()",
            '    ax.set_xticks([0, 1, 2], ["a", "b", "c"])\n    plt.show()',
        ),
        RUN,
        (f"{PAGE}:23: block 'curve'", f"data of its figure differ from {FIGURE}"),
    ),
    Case(
        "a recorded whole number that is nearly right",
        edit(MODULE, "y = {square(3)}", "y = {square(3) * 1_000_000}")
        + edit(OUTPUT, "y = 9", "y = 9000001"),
        RUN,
        (f"{PAGE}:13: block 'worked-example'", "-x = 3, y = 9000001"),
    ),
    Case(
        "a figure's data changed by hand",
        edit(FIGURE.replace(".svg", ".data"), "4.0", "4.1"),
        RUN,
        (f"{PAGE}:23: block 'curve'", f"data of its figure differ from {FIGURE}"),
    ),
    Case(
        "a literal line beside an include",
        edit(PAGE, ':square"\n', ':square"\nprint(square(2))\n'),
        RUN,
        (f"{PAGE}:5: expected one include by section name",),
    ),
    Case(
        "an include by line numbers",
        edit(PAGE, "example.py:square", "example.py:3:9"),
        RUN,
        (f"{PAGE}:5: includes go by section name", "example.py:3:9"),
    ),
    Case(
        "a missing file",
        edit(PAGE, "example.py:square", "exmaple.py:square"),
        RUN,
        (f"{PAGE}:5: ", "'snippets/chapters/exmaple.py' could not be found"),
    ),
    Case(
        "a missing section",
        edit(PAGE, "example.py:square", "example.py:cube"),
        RUN,
        (f"{PAGE}:5: ", "section 'cube' could not be located"),
    ),
    Case(
        "a misspelt end marker",
        edit(MODULE, "[end:square]", "[end:sqaure]"),
        RUN,
        (f"{MODULE}:12: end of section 'sqaure', but 'square' is open",),
    ),
    Case(
        "an end marker left out",
        edit(MODULE, "# --8<-- [end:square]\n", ""),
        RUN,
        (f"{MODULE}:14: section 'square' of line 3 has no end before this one",),
    ),
    Case(
        "a duplicate section name",
        edit(MODULE, "[start:answer]", "[start:square]"),
        RUN,
        (f"{MODULE}:26: duplicate section 'square', first at line 3",),
    ),
    Case(
        "a section shown on no page",
        append(MODULE, SECTION),
        STATIC,
        (f"{MODULE}:30: section 'hidden' is shown 0 times",),
    ),
    Case(
        "code outside every section",
        edit(MODULE, "import matplotlib", "import math\nimport matplotlib")
        + edit(
            MODULE, "# --8<-- [start:square]", "SECRET = 1\n# --8<-- [start:square]"
        ),
        STATIC,
        (f"{MODULE}:3: outside every section: SECRET = 1",),
    ),
    Case(
        "an output without its block",
        append(PAGE, f'```{{.text .output}}\n--8<-- "{OUTPUT}:worked-example"\n```'),
        RUN,
        (f"{PAGE}:35: output 'worked-example' without its block",),
    ),
    Case(
        "a recorded output that no page shows",
        append(OUTPUT, "--8<-- [start:old]\n1\n--8<-- [end:old]\n"),
        STATIC,
        (f"{PAGE} shows none of these {OUTPUT}", "old"),
    ),
    Case(
        "a figure whose data changed",
        edit(MODULE, "for x in (0, 1, 2)", "for x in (0, 1, 3)"),
        RUN,
        (
            f"{PAGE}:23: block 'curve'",
            f"data of its figure differ from {FIGURE}",
            '+"9.00000000e+00"',
        ),
    ),
    Case(
        "a figure changed by hand",
        edit(FIGURE, "stroke-linecap", "stroke-linejoin"),
        RUN,
        (f"{PAGE}:23: block 'curve'", f"{FIGURE} was changed by hand"),
    ),
    *(
        Case(f"{name}, built by {command[0]}", edits, command, (*page, message))
        for command, page in ((BUILD, ["chapters/example.md"]), (ZENSICAL, []))
        for name, edits, message in [
            (
                "a missing file",
                edit(PAGE, "example.py:square", "exmaple.py:square"),
                "'snippets/chapters/exmaple.py' could not be found",
            ),
            (
                "a figure that is not recorded",
                edit(PAGE, "example/curve.svg", "example/line.svg"),
                "docs/assets/figures/chapters/example/line.svg",
            ),
            (
                "a wrong formula",
                edit(PAGE, "$y = x^2$", r"$y = \sqare{x}$"),
                r"wrong formula 'y = \\sqare{x}'",
            ),
        ]
    ),
    *(
        Case(
            f"dead links, built by {command[0]}",
            edit("docs/index.md", "chapters/example.md", "chapters/exmaple.md")
            + append("docs/index.md", "[Nowhere](chapters/example.md#nowhere)"),
            command,
            ("index.md", *message),
        )
        for command, message in (
            (BUILD, ["chapters/exmaple.md", "#nowhere"]),
            (ZENSICAL, ["page does not exist", "anchor does not exist"]),
        )
    ),
    Case(
        "a page made by a hook, which Zensical ignores",
        append("mkdocs.yml", "hooks: [docs/plugins/hook.py]")
        + append(
            "docs/plugins/hook.py",
            "def on_page_content(html, **_):\n    return html + '<p>More.</p>'",
        ),
        SAME_SITE,
        ("words of chapters/example/index.html: ['More.'], []",),
    ),
    Case(
        "a page with a description that says nothing",
        edit(PAGE, "# Example", "---\ndescription: A page.\n---\n\n# Example"),
        DESCRIPTIONS,
        (f"{PAGE}: the description has 7 characters, not 70 to 160",),
    ),
    Case(
        "a failed record run",
        edit(MODULE, "square(3)", "square(4)")
        + edit(MODULE, "(0, 1, 2)])", "(0, 1, 3)])")
        + edit(MODULE, ANSWER, "assert square(-3) == 8"),
        RECORD,
        (f"{PAGE}:31: block 'answer'", "AssertionError", "0 files changed"),
        unchanged=(OUTPUT, FIGURE, NOTEBOOK),
    ),
    Case(
        "a snippet changed without its notebook",
        edit(MODULE, "square(3)", "square(4)"),
        ("pytest", NOTEBOOK),
        (f"{NOTEBOOK} is not what {PAGE}", '+    "print', "make record"),
    ),
    Case(
        "a page changed without its notebook",
        append(PAGE, "A sentence more.\n"),
        ("pytest", NOTEBOOK),
        (f"{NOTEBOOK} is not what {PAGE}", "A sentence more.", "make record"),
    ),
    Case(
        "a notebook that prints something else",
        edit(NOTEBOOK, "third = 0.111111", "third = 0.222222"),
        ("pytest", f"{NOTEBOOK}::run"),
        (f"{NOTEBOOK}: cell 'worked-example' does", "+x = 3, y = 9, third = 0.111111"),
    ),
    Case(
        "a notebook that raises",
        edit(NOTEBOOK, "square(3)", "cube(3)"),
        ("pytest", f"{NOTEBOOK}::run"),
        (f"{NOTEBOOK} does not run", "NameError", "cube(3)"),
    ),
    Case(
        "a notebook that needs the project's own folder",
        edit(NOTEBOOK, "square(3)", "__import__('docs.plugins') and square(3)"),
        ("pytest", f"{NOTEBOOK}::run"),
        (f"{NOTEBOOK} does not run", "No module named 'docs'"),
    ),
    Case(
        "a notebook without its page",
        append("docs/notebooks/chapters/gone.ipynb", "{}"),
        ("pytest", "docs/notebooks"),
        ("docs/notebooks/chapters/gone.ipynb has no page", "delete it"),
    ),
    Case(
        "a construct that has no form in plain Markdown",
        append(PAGE, "A word.[^1]\n\n[^1]: A note.\n"),
        RECORD,
        (f"{PAGE}:35: no form in plain Markdown", "0 files changed"),
        unchanged=(OUTPUT, FIGURE, NOTEBOOK),
    ),
]


COMMANDS = [case.command[0] for case in CASES]
BY_COMMAND_LINE = {CASES[COMMANDS.index(command)].name for command in set(COMMANDS)}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Make a copy of the project with the example's pages."""
    tree = tmp_path_factory.mktemp("guards") / "example"
    copy_machinery(tree, "[index.md, chapters/example.md]")
    shutil.copytree(ROOT / "tests" / "example", tree, dirs_exist_ok=True)
    (tree / "docs" / "assets" / "diagrams").mkdir()
    return tree


@pytest.fixture(scope="module")
def run_in_fork(tree):
    with forks(tree) as run_in_fork:
        yield run_in_fork


@pytest.fixture(scope="module")
def succeeding(run_in_fork):
    """Return a function that runs a command, which must succeed."""

    def succeeding(*command):
        done = run_in_fork(*command)
        assert done.returncode == 0, done.stdout
        return done.stdout

    return succeeding


@pytest.fixture(scope="module")
def example(tree, succeeding):
    """Return the copy, recorded and built."""
    succeeding(*RECORD)
    succeeding(*BUILD, "--site-dir", str(tree.parent / "site"))
    return tree


@pytest.mark.usefixtures("example")
def test_example_without_a_mistake_is_accepted(succeeding):
    assert " passed" in succeeding(*RUN, *STATIC[1:], *SITE[1:])
    succeeding(*SAME_SITE)


@pytest.mark.usefixtures("example")
def test_recording_again_changes_nothing(succeeding):
    assert "0 files changed" in succeeding(*RECORD)


def test_several_workers_record_a_whole_page(example, succeeding):
    with mistakes(example, edit(MODULE, "square(3)", "square(4)")):
        done = run(example, *RECORD, "-n", "2")
    succeeding(*RECORD)
    assert f"changed {OUTPUT}" in done.stdout


def test_recording_writes_nothing_at_home(example, tmp_path, monkeypatch):
    for name in ("MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    done = run(example, *RECORD)
    assert done.returncode == 0, done.stdout
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.usefixtures("example")
def test_one_block_runs_alone(succeeding):
    assert "1 passed" in succeeding(*RUN, "-k", "answer")
    assert "1 passed" in succeeding("pytest", f"{PAGE}::worked-example")


@contextmanager
def mistakes(tree, edits):
    """Make mistakes in a tree, and mend them."""
    before = {tree / file: contents(tree / file) for file, _old, _new in edits}
    for file, old, new in edits:
        text = contents(tree / file) or ""
        assert old in text, f"{old!r} is not in {file}: the case is out of date"
        changed = text.replace(old, new, 1) if old else text + new
        (tree / file).write_text(changed, encoding="utf-8")
    try:
        yield
    finally:
        for path, text in before.items():
            path.unlink() if text is None else path.write_text(text, encoding="utf-8")


def contents(path):
    return path.read_text(encoding="utf-8") if path.exists() else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mistake_is_refused(case, example, run_in_fork):
    with mistakes(example, case.edits):
        before = {file: contents(example / file) for file in case.unchanged}
        by_command_line = case.name in BY_COMMAND_LINE
        command = partial(run, example) if by_command_line else run_in_fork
        done = command(*case.command)
        assert {file: contents(example / file) for file in case.unchanged} == before
    assert done.returncode != 0, done.stdout
    for part in case.message:
        assert part in done.stdout
