"""Print the whole course to a PDF with Chromium: run this module."""

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from docs.plugins.finish import print_page

BROWSERS = (
    "chromium-headless-shell",  # opens a page three times as fast as the next
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
NO_BROWSER = (
    "no Chromium found: run `.venv/bin/playwright install chromium`, "
    f"or install one of {', '.join(BROWSERS)}"
)
LIMIT = 600_000  # milliseconds


def find_browser(downloaded: str) -> str | None:
    """Return the path of Playwright's own Chromium, or of the system's, or None."""
    if Path(downloaded).is_file():
        return downloaded
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def make(browser: Browser, folder: Path, pdf: Path) -> None:
    """Print the whole course of a site to `pdf`; without one, FileNotFoundError."""
    course = (folder / print_page.FILE).resolve(strict=True)
    page = browser.new_page()
    page.goto(course.as_uri(), timeout=LIMIT)
    page.pdf(
        path=pdf,
        outline=True,
        tagged=True,
        prefer_css_page_size=True,
        print_background=True,
    )
    page.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m docs.plugins.finish.pdf")
    parser.add_argument("folder", type=Path, help="the finished site")
    parser.add_argument("pdf", type=Path, help="the file to write")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        path = find_browser(playwright.chromium.executable_path)
        if path is None:
            sys.exit(NO_BROWSER)
        browser = playwright.chromium.launch(executable_path=path)
        make(browser, arguments.folder, arguments.pdf)


if __name__ == "__main__":
    main()
