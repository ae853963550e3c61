"""Every decimal number in the prose of a page is one that its run shows or asserts."""

import re

import pytest

from docs.plugins import pages
from docs.plugins.pages import DOCS, relative

NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?:e[+-]?\d+)?(?![\w.]*\d)")
ANY_NUMBER = re.compile(r"\d+\.?\d*(?:e[+-]?\d+)?")
NOT_PROSE = re.compile(r"^ *(`{3,}).*?^ *\1|`[^`\n]+`|\]\([^)\s]*", re.M | re.S)
LINK = re.compile(r"\]\(([\w-]+)\.md")
PAGES = pages.pages_with_code()
QUOTING = DOCS / "chapters" / "key-takeaways.md"


def run_numbers(*shown):
    """Return the numbers in the code and in the outputs of pages."""
    code = [block.code for page in shown for block in page.blocks]
    outputs = [text for page in shown for text in page.recorded_texts().values()]
    return [float(n) for text in code + outputs for n in ANY_NUMBER.findall(text)]


def quoted_numbers(path):
    """Return the lines and the decimal numbers of a page's prose."""
    text = path.read_text(encoding="utf-8")
    for match in NOT_PROSE.finditer(text):
        blank = re.sub(r"[^\n]", " ", match[0])
        text = text[: match.start()] + blank + text[match.end() :]
    for line, words in enumerate(text.splitlines(), 1):
        for number in NUMBER.findall(words):
            yield line, number


def is_backed(number, numbers):
    """Tell whether a number of the run rounds to `number`, or to it as a percentage."""
    digits = len(number.split("e")[0].split(".")[1])
    exponent = int(number.split("e")[1]) if "e" in number else 0
    half = 0.5 * 10 ** (exponent - digits) * (1 + 1e-9)
    value = float(number)
    return any(abs(n - value) <= half or abs(100 * n - value) <= half for n in numbers)


def assert_backed(path, numbers):
    missing = [
        f"{relative(path)}:{line}: {number} is neither printed nor asserted by a block"
        for line, number in quoted_numbers(path)
        if not is_backed(number, numbers)
    ]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_numbers_in_prose_come_from_the_run(page):
    assert_backed(page.path, run_numbers(page))


def test_each_takeaway_quotes_the_pages_that_it_links_to():
    chapters = {page.path.stem: page for page in PAGES}
    text = QUOTING.read_text(encoding="utf-8")
    wrong = []
    for takeaway in re.split(r"\n(?=- |\n)", text):
        linked = [chapters[name] for name in LINK.findall(takeaway) if name in chapters]
        numbers = run_numbers(*linked)
        quoted = NUMBER.findall(NOT_PROSE.sub(" ", takeaway))
        wrong += [n for n in quoted if not is_backed(n, numbers)]
    assert not wrong, f"{relative(QUOTING)}: on none of the linked pages: {wrong}"


def test_convolution_quotes_what_the_first_chapter_measured():
    pages_by_name = {page.path.stem: page for page in PAGES}
    texts = pages_by_name["why-neural-networks"].recorded_texts()
    row = re.search("^pixels, network (.*)%(.*)%$", texts["accuracy-when-moved"], re.M)
    in_place, moved = (f"{float(share):.0f}%" for share in row.groups())
    said = f"read {in_place} of the test pictures in place, but only {moved} of the"
    assert said in pages_by_name["convolution"].path.read_text(encoding="utf-8")


def test_the_table_of_planted_mistakes_is_the_one_that_ran():
    page = next(page for page in PAGES if page.path.stem == "planted-mistakes")
    printed = page.recorded_texts()["mistakes-table"]
    assert f"|---|---|---|---|\n{printed}\n" in page.path.read_text(encoding="utf-8")
