"""Copies of this folder to make mistakes in, and to measure."""

import os
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

from docs.plugins.pages import ROOT

SETTINGS = {
    "NO_MKDOCS_2_WARNING": "1",
    "NO_PRELOAD": "1",  # a small page needs no PyTorch
    "PYTHONDONTWRITEBYTECODE": "1",
}
SECONDS = 60  # after which a state of a server is not waited for any longer


def copy_machinery(tree: Path, navigation: str) -> Path:
    """Copy all but the pages, their modules and their records; return the copy."""
    content = (
        "chapters",
        "deeper",
        "errors",
        "outputs",
        "figures",
        "diagrams",
        "notebooks",
    )
    ignored = shutil.ignore_patterns("*.md", "__pycache__", "example", *content)
    for folder in ("docs", "tests"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    for file in ("conftest.py", "pyproject.toml", "requirements.txt", "LICENSE"):
        shutil.copy(ROOT / file, tree)
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    before_navigation, _ = settings.split("\nnav:\n")
    (tree / "mkdocs.yml").write_text(
        f"{before_navigation}\nnav: {navigation}\n", encoding="utf-8"
    )
    return tree


def environment() -> dict[str, str]:
    """Return the variables for a command in a tree."""
    variables = os.environ | SETTINGS
    variables.pop("PYTEST_XDIST_WORKER", None)
    return variables


def run(tree: Path, *command: str, **settings: str) -> subprocess.CompletedProcess:
    """Run a Python module's command in a tree; its output is in `stdout`."""
    extra = ["-p", "no:cacheprovider"] if command[0] == "pytest" else []
    return subprocess.run(
        [sys.executable, "-m", *command, *extra],
        cwd=tree,
        env=environment() | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


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
