"""What is saved while `mkdocs serve` runs is served, and browsers reload."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

import pytest

from docs.plugins.pages import ROOT
from tests.trees import copy_machinery, environment

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
SECONDS = 60  # after which a state is not waited for any longer


class Server:
    """A running `mkdocs serve` of a tree."""

    def __init__(self, tree: Path, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mkdocs", "serve", "--dev-addr", self.address],
                cwd=tree,
                env=environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def get(self, path: str) -> str:
        """Return what is served at an address, or "" if nothing answers there."""
        try:
            with urlopen(f"http://{self.address}/{path}", timeout=SECONDS) as answer:
                return answer.read().decode()
        except (OSError, HTTPException):
            return ""

    def wait_for(self, words: str, path: str) -> str:
        """Return what is served at an address as soon as it holds the words."""
        end = time.monotonic() + SECONDS
        while words not in (text := self.get(path)):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, f"no {words!r}: {self.log.read_text()}"
            time.sleep(0.05)
        return text


@contextmanager
def serving(tree: Path, log: Path) -> Iterator[Server]:
    """Serve a tree until the context ends."""
    server = Server(tree, log)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Make a copy of the project with the example's page and a record of it."""
    tree = copy_machinery(
        tmp_path_factory.mktemp("serve") / "tree",
        f"[Start: index.md, chapters/example.md, {NOTEBOOK.removeprefix('docs/')}]",
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
        assert 'href="../../notebooks/chapters/example.ipynb"' in first
        assert server.get("notebooks/chapters/example.ipynb") == MADE[NOTEBOOK]
        for number, (name, old, path) in enumerate(EDITS):
            assert old in server.get(path)
            text = (tree / name).read_text(encoding="utf-8")
            (tree / name).write_text(text.replace(old, f"saved{number}"), "utf-8")
            server.wait_for(f"saved{number}", path)
        assert int(server.get(f"livereload/{epoch}/0")) > int(epoch)
