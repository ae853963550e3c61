"""Print the whole course to a PDF with Chromium: run this module."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from docs.plugins.finish import whole

NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
HINT = (
    "Chromium is needed to make the PDF and none of these is installed: "
    f"{', '.join(NAMES)}. On Debian and Ubuntu: apt-get install chromium; "
    "on macOS: brew install --cask chromium. Or open the page print/ of the site in "
    "any browser and print it to a file."
)
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)
LIMIT = 600  # seconds


def make(folder: Path, pdf: Path) -> None:
    """Print the whole course of a finished site to `pdf`.

    Raises
    ------
    FileNotFoundError
        If Chromium is not installed, or the site is not finished.
    RuntimeError
        If Chromium writes no PDF.

    """
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        raise FileNotFoundError(HINT)
    page = (folder / whole.FILE).resolve(strict=True)
    pdf.unlink(missing_ok=True)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    done = subprocess.run(  # noqa: S603
        [
            browser,
            *FLAGS,
            *(["--no-sandbox"] if is_root else []),
            f"--print-to-pdf={pdf.resolve()}",
            page.as_uri(),
        ],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=LIMIT,
        check=False,
    )
    if done.returncode or not pdf.is_file():
        raise RuntimeError(f"Chromium wrote no {pdf}:\n{done.stderr}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m docs.plugins.finish.pdf")
    parser.add_argument("folder", type=Path, help="the finished site")
    parser.add_argument("pdf", type=Path, help="the file to write")
    arguments = parser.parse_args()
    try:
        make(arguments.folder, arguments.pdf)
    except (FileNotFoundError, RuntimeError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
