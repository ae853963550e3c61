"""Tokens stand bare in the code where the theme gives them the colour of code."""

import re

from docs.plugins.tokens import without_colourless

NAME_COLOUR = "--md-code-hl-name-color"


def test_only_names_and_spaces_lose_their_element():
    keyword = '<span class="k">def</span>'
    html = f'{keyword}<span class="w"> </span><span class="n">f&lt;</span>'
    assert without_colourless(html) == f"{keyword} f&lt;"


def test_no_page_has_an_element_around_them(site):
    pages = [file.read_text(encoding="utf-8") for file in site.rglob("*.html")]
    assert not [text for text in pages if re.search('<span class="[nw]">', text)]
    assert any('<span class="k">' in text for text in pages)


def test_theme_gives_names_the_colour_of_code_and_spaces_none(site):
    styles = "".join(
        file.read_text(encoding="utf-8") for file in site.glob("assets/style*/*.css")
    )
    values = set(re.findall(rf"{NAME_COLOUR}:([^;}}]+)", styles))
    assert values == {"var(--md-code-fg-color)"}
    rules = [rule.partition("{") for rule in styles.split("}")]
    bodies = {
        selector[-1]: body
        for selectors, _, body in rules
        for selector in [selectors.split(".highlight .")]
        if selector[-1] in {"n", "w"}
    }
    assert bodies == {"n": f"color:var({NAME_COLOUR})"}
