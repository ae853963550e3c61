"""`--page` takes what concerns one page, and nothing else."""

import subprocess
import sys

from docs.plugins.pages import ROOT

KEY = "chapters/forward-pass"
MODULE = "snippets/chapters/forward_pass.py"


def collected(key):
    """Return what pytest says when it collects the tests of a page."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "--page", key],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_a_page_has_its_blocks_its_notebook_and_its_rules():
    names = [line for line in collected(KEY).stdout.splitlines() if "::" in line]
    for test, subject in {
        f"docs/{KEY}.md::": "two-layers",
        f"docs/notebooks/{KEY}.ipynb::current": "",
        f"docs/notebooks/{KEY}.ipynb::run": "",
        "test_page_shows_all_of_its_record": KEY,
        "test_every_statement_is_shown": MODULE,
        "test_numbers_in_prose_come_from_the_run": KEY,
        "test_page_has_a_description": f"docs/{KEY}.md",
        "test_a_chapter_is_short": "forward-pass",
        "test_terms_are_sorted_and_unique": "",
    }.items():
        assert [name for name in names if test in name and subject in name], test
    assert not [
        name for name in names if "chapters/one-neuron" in name or "one_neuron" in name
    ]


def test_a_page_that_does_not_exist_is_refused_with_those_near_it():
    refused = collected("chapters/forwardpass")
    assert refused.returncode != 0
    assert "no page docs/chapters/forwardpass.md; near it: " + KEY in refused.stderr
