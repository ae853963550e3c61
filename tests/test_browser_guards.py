"""Each fault that the browser's tests look for is reported, with its page's name.

Every case is a small page with one fault, served from a folder of its own.
"""

import os
import subprocess
import sys

import pytest

from docs.plugins.finish.pdf import NO_BROWSER, find_browser
from docs.plugins.pages import ROOT
from tests.browser import inspect, serve

GOOD = "<h1>Page</h1><p>Text.</p>"
WIDE = "<table><tr><td><div class='wide'>1</div></td></tr></table>"
CASES = {
    "an error in the console": ("<script>console.error('oh')</script>", "error: oh"),
    "a warning in the console": ("<script>console.warn('ah')</script>", "warning: ah"),
    "an uncaught exception": ("<script>throw Error('eh')</script>", "uncaught: eh"),
    "a missing file": ("<img src='no.png' alt='no'>", "status 404: http://127.0.0.1"),
    "an image from another host": (
        "<img src='https://images.test/a.png' alt='a'>",
        "request to another host: https://images.test/a.png",
    ),
    "a request that fails": (
        "<script>fetch('http://127.0.0.1:9/').catch(() => {})</script>",
        "failed request: http://127.0.0.1:9/",
    ),
    "a table wider than the window": (WIDE, "wider than the window: <div class="),
    "an input without a label": ("<input>", "label: input"),
    "grey on grey": ("<p class='pale'>Pale.</p>", "color-contrast: .pale"),
    "a heading left out": ("<h4>Deep</h4>", "heading-order: h4"),
}
TEST_OF_A_PAGE = "tests/test_browser.py::test_search_finds_a_term"
STYLE = ".wide { width: 500px } .pale { color: #aaa; background: #bbb }"


def inspected(page, folder, content):
    (folder / "favicon.ico").touch()
    (folder / "fault.html").write_text(
        "<!doctype html><html lang='en'><title>Page</title>"
        "<meta name='viewport' content='width=device-width'>"
        f"<style>{STYLE}</style><body><main>{GOOD}{content}</main></body></html>",
        encoding="utf-8",
    )
    with serve(folder) as address:
        return inspect(page, f"{address}/fault.html")


def test_page_without_a_fault_is_accepted(plain_page, tmp_path):
    assert inspected(plain_page, tmp_path, "") == []


@pytest.mark.parametrize("name", CASES)
def test_fault_is_reported(plain_page, tmp_path, name):
    content, message = CASES[name]
    problems = inspected(plain_page, tmp_path, content)
    assert any(
        problem.startswith("/fault.html: ") and message in problem
        for problem in problems
    ), problems


def test_playwrights_own_browser_comes_first(tmp_path):
    own = tmp_path / "chrome"
    own.touch()
    assert find_browser(str(own)) == str(own)


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 error")])
def test_missing_browser_is_a_skip_or_in_ci_a_failure(tmp_path, ci, outcome):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            TEST_OF_A_PAGE,
            "-q",
            "-p",
            "no:cacheprovider",
        ],
        cwd=ROOT,
        env=os.environ
        | {"CI": ci, "PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert outcome in done.stdout, done.stdout
    assert NO_BROWSER in done.stdout
    assert (done.returncode != 0) is bool(ci)
