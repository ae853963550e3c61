"""Chapters keep the form that CONTRIBUTING.md describes: idea first, proof folded."""

import ast
import re
from functools import cache

import lxml.html
import pytest
from markdown import Markdown
from mkdocs.utils.meta import get_data

from docs.plugins.pages import DOCS, settings
from tests.test_glossary import CHAPTERS, ENTRY, SECTIONS, pattern, prose

CONFIG = settings()
PAGES = CHAPTERS + [DOCS / file for file in SECTIONS["Deeper"]]
WORDS, LINES, OPENING = 1800, 150, 30
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", re.DOTALL)
WORDING = re.compile(r"\\(?:mathrm|text|operatorname)\{[^}]*\}")
ATOM = re.compile(r"\\[a-zA-Z]+|[^\s{}]")
PAGE_LINK = re.compile(r"\]\(chapters/([\w-]+)\.md")
LINK = re.compile(r"\[[^]]*\]\([^)]*\.md[^)]*\)")


def name_of(page):
    return page.stem


@cache
def article(page):
    """Return a page's content as the site renders it."""
    text, _meta = get_data(page.read_text(encoding="utf-8"))
    renderer = Markdown(
        extensions=CONFIG["markdown_extensions"],
        extension_configs=CONFIG["mdx_configs"],
    )
    return lxml.html.fragment_fromstring(renderer.convert(text), create_parent=True)


def blocks(page, visible=False):
    """Return the code of a page's Python blocks, all or those outside every fold."""
    found = article(page).xpath(
        ".//*[contains(@class, 'language-python')]"
        + ("[not(ancestor::details)]" if visible else "")
    )
    return [block.text_content() for block in found]


def words(page):
    """Return the words that a page shows, folded parts and code left out."""
    texts = article(page).xpath(
        ".//text()[not(ancestor::details or ancestor::math or ancestor::figure"
        " or ancestor::*[contains(@class, 'highlight')])]"
    )
    return re.findall(r"\w[\w'’-]*", " ".join(texts))


@pytest.mark.parametrize("page", CHAPTERS, ids=name_of)
def test_a_chapter_is_short(page):
    lines = [line for code in blocks(page, visible=True) for line in code.split("\n")]
    n_lines, n_words = sum(bool(line.strip()) for line in lines), len(words(page))
    assert n_words <= WORDS, f"{page.name} shows {n_words} words, at most {WORDS}"
    assert n_lines <= LINES, f"{page.name} shows {n_lines} lines, at most {LINES}"


def kind(code):
    """Return what a block does if it shows no idea."""
    kinds = ast.Assert | ast.Import | ast.ImportFrom
    if all(isinstance(statement, kinds) for statement in ast.parse(code).body):
        return "imports or asserts"
    return "draws" if "plt.show()" in code else None


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_visible_code_is_the_idea(page):
    for code in blocks(page, visible=True):
        assert kind(code) is None, f"{page.name}: fold this, it {kind(code)}:\n{code}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_idea_comes_before_the_code(page):
    before = page.read_text(encoding="utf-8").partition("```{")[0].partition("```py")[0]
    story = before.partition("**You need**")[2].partition("\n\n")[2]
    n_words = len(story.split())
    assert not blocks(page) or n_words >= OPENING, (
        f"{page.name}: {n_words} words come before its first block, at least {OPENING}"
    )


@pytest.mark.parametrize("page", CHAPTERS, ids=name_of)
def test_a_chapter_speaks_of_no_other_course(page):
    assert "errata" not in page.read_text(encoding="utf-8")


def atoms(formula):
    """Return the letters, commands and signs of a formula."""
    return ATOM.findall(WORDING.sub("", formula))


def formulas(text):
    return [atoms("".join(pair)) for pair in FORMULA.findall(text)]


def holds(formula, symbol):
    n = len(symbol)
    return any(formula[i : i + n] == symbol for i in range(len(formula) - n + 1))


def uses(text, symbol):
    return any(holds(formula, atoms(symbol)) for formula in formulas(text))


def symbols():
    """Yield each symbol of the table, and the name of the page that introduces it.

    A single small letter is left out: it stands for something else in each derivation.
    """
    for line in (DOCS / "symbols.md").read_text(encoding="utf-8").splitlines():
        page = PAGE_LINK.search(line)
        if line.startswith("| $") and page:
            found = [symbol[1] for symbol in FORMULA.findall(line.split(" | ")[0])]
            names = [symbol.split(" = ")[0] for symbol in found]
            yield from ((n, page[1]) for n in names if not re.fullmatch("[a-z]", n))


@pytest.mark.parametrize(("symbol", "introduced"), [*symbols()])
def test_a_symbol_is_introduced_before_it_is_used(symbol, introduced):
    texts = ((page.stem, page.read_text(encoding="utf-8")) for page in CHAPTERS)
    used = (name for name, text in texts if uses(text, symbol))
    first = next(used, "no chapter")
    assert first == introduced, (
        f"{first} uses {symbol}, which docs/symbols.md says {introduced} introduces"
    )


def terms():
    """Yield each term of the glossary, and the name of the page that introduces it."""
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    _head, *parts = ENTRY.split(text)  # term, anchor and explanation in turn
    for term, explanation in zip(parts[::3], parts[2::3], strict=True):
        page = PAGE_LINK.search(explanation)
        if page:
            yield term, page[1]


@pytest.mark.parametrize(("term", "introduced"), [*terms()])
def test_a_term_is_introduced_before_it_is_used(term, introduced):
    """Naming a later term in a link to its page or to the glossary is no use of it."""
    words = pattern(term)
    order = [page.stem for page in CHAPTERS]
    for page in CHAPTERS[: order.index(introduced)]:
        text = LINK.sub("", prose(page.read_text(encoding="utf-8")))
        use = words.search(text)
        assert use is None, (
            f"{page.stem} uses {term!r}, which {introduced} introduces: "
            f"{text[max(use.start() - 60, 0) : use.end()]}"
        )


ERRORS = sorted((DOCS / "errors").glob("*.md"))
APART = {"index", "diagnose", "laboratory"}
IN_A_HURRY = [page for page in ERRORS if page.stem not in APART]
RIGHT_WITHIN, SHORT = 220, 8
FIRST_SCREEN = ("You see", "Because", "Wrong", "Right", "Is it this?", "Looks alike")


def in_a_hurry(page):
    """Return the elements of a page's first section."""
    elements = [*article(page)]
    headings = [i for i, element in enumerate(elements) if element.tag == "h2"]
    first = elements[headings[0]].text_content() if headings else "nothing"
    assert first.startswith("In a hurry"), f"{page.name} begins with {first!r}"
    return elements[headings[0] + 1 : headings[1]]


def labels(elements):
    """Return the words in bold that begin the paragraphs, without their colons."""
    strong = [e.find("strong") for e in elements if e.tag == "p" and not (e.text or "")]
    return [s.text_content().rstrip(":,") for s in strong if s is not None]


def code_behind(label, elements):
    """Yield the Python blocks that a label such as "Right" announces."""
    is_behind = False
    for element in elements:
        if element.tag == "p" and (labels([element]) or [None])[0] in FIRST_SCREEN:
            is_behind = labels([element]) == [label]
        for block in element.xpath("self::div[contains(@class, 'language-python')]"):
            if is_behind:
                yield block


@pytest.mark.parametrize("page", IN_A_HURRY, ids=name_of)
def test_an_error_page_begins_with_all_that_a_hurry_needs(page):
    found = labels(in_a_hurry(page))
    assert tuple(name for name in found if name in FIRST_SCREEN) == FIRST_SCREEN, found


@pytest.mark.parametrize("page", IN_A_HURRY, ids=name_of)
def test_wrong_and_right_are_short_and_need_nothing_of_ours(page):
    for label in ("Wrong", "Right"):
        found = list(code_behind(label, in_a_hurry(page)))
        assert found, f"{page.name} has no {label}"
        for code in (block.text_content().strip() for block in found):
            n_lines = sum(bool(line.strip()) for line in code.split("\n"))
            assert n_lines <= SHORT, f"{page.name}: {label} has {n_lines} lines"
            assert "snippets" not in code, f"{page.name}: {label} needs what is ours"


@pytest.mark.parametrize("page", IN_A_HURRY, ids=name_of)
def test_the_right_code_stands_within_the_first_words(page):
    right = next(code_behind("Right", in_a_hurry(page)))
    text = " ".join([*right.xpath("preceding::text()"), right.text_content()])
    n_words = len(re.findall(r"\w[\w'’.-]*", text))
    assert n_words <= RIGHT_WITHIN, f"{page.name}: right code ends at word {n_words}"
