"""Every decimal number in the prose of a page is one that its run shows or asserts."""

import re

import pytest

from docs.plugins import pages
from docs.plugins.pages import DOCS, relative

NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?:e[+-]?\d+)?(?![\w.]*\d)")
ANY_NUMBER = re.compile(r"\d+\.?\d*(?:e[+-]?\d+)?")
NOT_PROSE = re.compile(r"^ *(`{3,}).*?^ *\1|`[^`\n]+`|\]\([^)\s]*", re.M | re.S)
LINK = re.compile(r"\]\(([\w-]+)\.md")
PAGES = {page.key: page for page in pages.pages_with_code()}
QUOTING = DOCS / "chapters" / "key-takeaways.md"


def run_numbers(*shown):
    """Return the numbers in the code and in the outputs of pages."""
    code = [block.code for page in shown for block in page.blocks]
    outputs = [text for page in shown for text in page.recorded_texts().values()]
    return [float(n) for text in code + outputs for n in ANY_NUMBER.findall(text)]


def quoted_numbers(path):
    """Return the lines and the decimal numbers of a page's prose."""
    text = path.read_text(encoding="utf-8")
    prose = NOT_PROSE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for line, words in enumerate(prose.splitlines(), 1):
        for number in NUMBER.findall(words):
            yield line, number


def is_backed(number, numbers):
    """Tell whether a number of the run rounds to `number`, or to it as a percentage."""
    digits = len(number.split("e")[0].split(".")[1])
    exponent = int(number.split("e")[1]) if "e" in number else 0
    half = 0.5 * 10 ** (exponent - digits) * (1 + 1e-9)
    value = float(number)
    return any(abs(n - value) <= half or abs(100 * n - value) <= half for n in numbers)


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.key)
def test_numbers_in_prose_come_from_the_run(page):
    numbers, name = run_numbers(page), relative(page.path)
    missing = [
        f"{name}:{line}: {number} is neither printed nor asserted by a block"
        for line, number in quoted_numbers(page.path)
        if not is_backed(number, numbers)
    ]
    assert not missing, "\n".join(missing)


def test_each_takeaway_quotes_the_pages_that_it_links_to():
    text = QUOTING.read_text(encoding="utf-8")
    wrong = []
    for takeaway in re.split(r"\n(?=- |\n)", text):
        linked = {f"chapters/{name}" for name in LINK.findall(takeaway)}
        numbers = run_numbers(*(PAGES[key] for key in linked & {*PAGES}))
        quoted = NUMBER.findall(NOT_PROSE.sub(" ", takeaway))
        wrong += [n for n in quoted if not is_backed(n, numbers)]
    assert not wrong, f"{relative(QUOTING)}: on none of the linked pages: {wrong}"


def test_convolution_quotes_what_the_first_chapter_measured():
    texts = PAGES["chapters/why-neural-networks"].recorded_texts()
    row = re.search("^pixels, network (.*)%(.*)%$", texts["accuracy-when-moved"], re.M)
    in_place, moved = (f"{float(share):.0f}%" for share in row.groups())
    said = f"read {in_place} of the test pictures in place, but only {moved} of the"
    assert said in PAGES["chapters/convolution"].path.read_text(encoding="utf-8")


def test_the_table_of_planted_mistakes_is_the_one_that_ran():
    page = PAGES["deeper/planted-mistakes"]
    printed = page.recorded_texts()["mistakes-table"]
    assert f"|---|---|---|---|\n{printed}\n" in page.path.read_text(encoding="utf-8")
