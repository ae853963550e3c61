"""Each page says in one sentence what it gives, for search results and shared links."""

import pytest
from mkdocs.utils.meta import get_data

from docs.plugins import pages
from docs.plugins.pages import relative

SHORTEST, LONGEST = 70, 160
FILES = pages.page_files()


def description(file) -> str:
    """Return the description in a page's front matter, or an empty text."""
    _text, settings = get_data(file.read_text(encoding="utf-8"))
    return settings.get("description", "")


@pytest.mark.parametrize("file", FILES, ids=relative)
def test_page_has_a_description(file):
    length = len(description(file))
    assert SHORTEST <= length <= LONGEST, (
        f"{relative(file)}: the description has {length} characters, "
        f"not {SHORTEST} to {LONGEST}"
    )


@pytest.mark.parametrize("file", FILES, ids=relative)
def test_description_is_plain_text(file):
    marks = set("`*$<>[]|\n") & set(description(file))
    assert not marks, f"{relative(file)}: the description has markup: {marks}"
    assert description(file).endswith("."), f"{relative(file)}: no whole sentence"


def test_descriptions_are_unique():
    texts = [description(file) for file in FILES]
    repeated = {text for text in texts if texts.count(text) > 1}
    assert not repeated, f"descriptions that several pages have: {repeated}"
