"""What is saved while `mkdocs serve` runs is served, and browsers reload."""

import re
import shutil

import pytest

from docs.plugins.pages import ROOT
from tests.trees import copy_machinery, serving

PAGE = "chapters/example/"
FIGURE = "docs/assets/figures/chapters/example/curve.svg"
NOTEBOOK = "docs/notebooks/chapters/example.ipynb"
MADE = {
    "docs/outputs/chapters/example.txt": (
        "# --8<-- [start:worked-example]\nprinted\n# --8<-- [end:worked-example]\n"
    ),
    FIGURE: '<svg xmlns="http://www.w3.org/2000/svg"><text>drawn</text></svg>',
    NOTEBOOK: "{}",
}
EDITS = [  # file, what stands there, where it is served
    ("snippets/chapters/example.py", "third", PAGE),
    ("docs/chapters/example.md", "The square", PAGE),
    ("docs/outputs/chapters/example.txt", "printed", PAGE),
    (FIGURE, "drawn", PAGE),
    ("docs/assets/styles/site.css", "figure", "assets/styles/site.css"),
    ("docs/chapters/example.md", "What is the", "search/search_index.json"),
    ("mkdocs.yml", "Start", PAGE),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Make a copy of the project with the example's page and a record of it."""
    tree = copy_machinery(
        tmp_path_factory.mktemp("serve") / "tree",
        "[Start: index.md, chapters/example.md]",
    )
    shutil.copytree(ROOT / "tests" / "example", tree, dirs_exist_ok=True)
    for name, text in MADE.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8")
    return tree


def test_every_save_is_served(tree, tmp_path):
    with serving(tree, tmp_path / "log") as server:
        first = server.wait_for("</html>", PAGE)
        epoch = re.search(r"livereload\((\d+)", first)[1]
        assert 'href="../../downloads/chapters/example.ipynb"' in first
        assert server.get("downloads/chapters/example.ipynb") == MADE[NOTEBOOK]
        for number, (name, old, path) in enumerate(EDITS):
            assert old in server.get(path)
            text = (tree / name).read_text(encoding="utf-8")
            (tree / name).write_text(text.replace(old, f"saved{number}"), "utf-8")
            server.wait_for(f"saved{number}", path)
        assert int(server.get(f"livereload/{epoch}/0")) > int(epoch)
