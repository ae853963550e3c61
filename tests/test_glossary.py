"""Each glossary term stands once, and the page that uses it first links to it."""

import re
from functools import cache

import pytest

from docs.plugins.pages import DOCS, settings

ENTRY = re.compile(r"^\*\*(?P<term>[^*]+)\*\*\{ #(?P<anchor>[\w-]+) \}$", re.MULTILINE)
NOT_PROSE = re.compile(
    r"^(?P<fence>`{3,})[^`]*?^(?P=fence)|^#.*?$|^!\[.*?$|\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]+`",
    re.MULTILINE | re.DOTALL,
)
OTHER_PAGE = re.compile(r"\]\((?!\.\./glossary)[^)]*\)")
TERMS = ENTRY.findall((DOCS / "glossary.md").read_text(encoding="utf-8"))
SECTIONS = {name: files for item in settings()["nav"] for name, files in item.items()}
CHAPTERS = [DOCS / file for file in SECTIONS["Chapters"]]


@cache
def chapters():
    """Return the chapters' prose by their files, in the order of the navigation."""
    return {file.name: prose(file.read_text(encoding="utf-8")) for file in CHAPTERS}


def prose(text):
    """Return the text without code, formulas, headings and images."""
    return NOT_PROSE.sub("", text)


def test_terms_are_sorted_and_unique():
    terms = [term.lower() for term, _anchor in TERMS]
    assert terms == sorted(set(terms))


def pattern(term):
    """Return what finds a term, or several of it, across a line break too."""
    spaced = r"\s+".join(map(re.escape, term.split()))
    return re.compile(rf"(?<![\w-]){spaced}s?(?![\w-])", re.IGNORECASE)


@pytest.mark.parametrize(("term", "anchor"), TERMS)
def test_first_use_links_to_the_glossary(term, anchor):
    words = pattern(term)
    for name, text in chapters().items():
        if words.search(OTHER_PAGE.sub("]", text)):
            link = f"](../glossary.md#{anchor})"
            assert link in text, f"{name} uses {term!r} first: link it to {link}"
            return
    pytest.fail(f"no chapter uses {term!r}")
