"""Copies of this folder to make mistakes in, and to measure."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from docs.plugins.pages import ROOT

SETTINGS = {
    "NO_MKDOCS_2_WARNING": "1",
    "NO_PRELOAD": "1",  # a small page needs no PyTorch
    "PYTHONDONTWRITEBYTECODE": "1",
}


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
