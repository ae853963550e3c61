"""Build the site for tests."""

import os
import subprocess
import sys
from pathlib import Path

from docs.plugins.pages import ROOT


def build(folder: Path, **settings: str) -> Path:
    """Build the site into `folder`; return it. Raises AssertionError with the log."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--site-dir",
            str(folder),
        ],
        cwd=ROOT,
        env={"NO_MKDOCS_2_WARNING": "1"} | os.environ | settings,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder
