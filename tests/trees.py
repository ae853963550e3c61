"""Copies of this folder to make mistakes in, and to measure.

`python -m tests.trees` waits inside such a copy, with the heavy packages imported, and
forks for each command that it is given.
"""

import gc
import json
import os
import runpy
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from urllib.request import urlopen

from docs.plugins.pages import ROOT, parse

SETTINGS = {
    "NO_MKDOCS_2_WARNING": "1",
    "NO_PRELOAD": "1",  # a small page needs no PyTorch
    "PYTHONDONTWRITEBYTECODE": "1",
}
SECONDS = 60  # after which a state of a server is not waited for any longer
PRELOADED = (
    "execnet",
    "lxml.html",
    "mkdocs.commands.build",
    "mkdocs_jupyter.plugin",
    "nbclient",
    "nbconvert",
    "playwright.sync_api",
    "pytest",
    "tests.execution",
)


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
        "workbooks",
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
    return subprocess.run(
        [sys.executable, "-m", *_whole(command)],
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


def _whole(command: tuple[str, ...]) -> list[str]:
    return [*command, *(["-p", "no:cacheprovider"] if command[0] == "pytest" else [])]


@contextmanager
def forks(tree: Path) -> Iterator[Callable[..., subprocess.CompletedProcess]]:
    """Yield a `run` for one tree that pays for the imports once."""
    if not hasattr(os, "fork"):
        yield partial(run, tree)
        return
    with subprocess.Popen(
        [sys.executable, "-m", "tests.trees"],
        cwd=tree,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as server:

        def run_in_fork(*command: str) -> subprocess.CompletedProcess:
            print(json.dumps(_whole(command)), file=server.stdin, flush=True)
            code, output = json.loads(server.stdout.readline())
            return subprocess.CompletedProcess(command, code, output)

        yield run_in_fork
        server.stdin.close()


def _serve() -> None:
    """Run each command that stdin names in a fork; print its exit code and output."""
    for module in PRELOADED:
        import_module(module)
    parse(ROOT, "")  # loads the settings of the site, and no page: those will change
    gc.freeze()  # memory that no collection touches is shared with the forks
    for line in sys.stdin:
        with TemporaryFile("w+", encoding="utf-8") as output:
            child = os.fork()
            if child == 0:
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
                sys.argv = json.loads(line)
                runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
                return
            _, status = os.waitpid(child, 0)
            output.seek(0)
            done = os.waitstatus_to_exitcode(status), output.read()
        print(json.dumps(done), flush=True)


if __name__ == "__main__":
    _serve()
