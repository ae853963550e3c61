"""The site's search puts the right page first, for what a visitor types."""

import re
import tomllib

import pytest

from docs.plugins.pages import DOCS, ROOT
from docs.plugins.searching import OTHER_NAMES
from tests.test_messages import KNOWN, filled

TYPED = tomllib.loads((ROOT / "tests" / "typed.toml").read_text("utf-8"))
AS_GOOD = {
    "CUDA error: device-side assert triggered": "errors/different-devices",
    "expected 4D input (got *D input)": "errors/shape-mismatch",
}
"""Messages that a second page treats under a heading of its own."""
QUOTED = re.compile(r'"[^"]*"')
"""The search takes what stands in double quotes for words that a hit must have."""
TYPE = """async (queries) => {
  const input = document.querySelector(".md-search__input")
  const results = document.querySelector(".md-search-result__list")
  const type = async (text, hasCome) => {
    input.value = text
    const come = new Promise(resolve => {
      const observer = new MutationObserver(() => hasCome() && resolve())
      observer.observe(results, { childList: true })
      setTimeout(resolve, 5000)
    })
    input.dispatchEvent(new KeyboardEvent("keyup"))
    if (!hasCome()) await come
  }
  const first = () => results.querySelector("a")
  const hits = []
  for (const query of queries) {
    await type("", () => !first())
    await type(query, first)
    hits.push(first()?.pathname.replaceAll(/^\\/|\\/$/g, "") ?? "nothing")
  }
  return hits
}"""


def expected() -> dict[str, set[str]]:
    """Return for each thing to type the pages that may come first."""
    typed = {text: {*pages.split(" or ")} for pages in TYPED for text in TYPED[pages]}
    for message, explanation in KNOWN:
        typed[QUOTED.sub("", filled(message))] = {
            explanation.page,
            AS_GOOD.get(message),
        }
    return typed


def test_the_right_page_comes_first(page, searched_site):
    typed = expected()
    page.goto(searched_site)
    page.locator(".md-search__input").focus()
    hits = dict(zip(typed, page.evaluate(TYPE, [*typed]), strict=True))
    wrong = [f"{q!r} finds {hits[q]}" for q in typed if hits[q] not in typed[q]]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_a_page_with_other_names_is_there(name):
    assert (DOCS / f"{name}.md").is_file()


def test_every_error_page_is_looked_for():
    pages = {f"errors/{file.stem}" for file in (DOCS / "errors").glob("*.md")}
    pages -= {"errors/index", "errors/laboratory"}
    looked_for = {page for pages in TYPED for page in pages.split(" or ")}
    assert not pages - looked_for, "name them in tests/typed.toml"
    assert not pages - {*OTHER_NAMES}, "name them in docs/plugins/searching.py"


def test_what_stands_in_figures_and_code_is_not_in_the_index(site):
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert "import numpy" not in index
    assert "<pre" not in index
