"""Less work for the browser that shows a page, and nothing lost for who reads it."""

import re

from docs.plugins.finish.built import Site, SiteError

SPAN = r'<span class="(?:{})">([^<]*)</span>'
COLOURLESS = re.compile(SPAN.format("fm|kc|n|sa|vm|w"))
ALIKE = [
    re.compile(rf"{token}(?: *{token})+")
    for token in map(SPAN.format, ("o|ow|p", "s1|s2|si"))
]
BELOW = "below-heading"
SUBHEADING = re.compile(r"(</h2>\s*<h3)( id=)")
TAG = re.compile(r"<[^>]*>")
SCRIPT = "assets/javascripts/bundle.*.js"
OWN_SCRIPTS = "assets/l*/*.js"  # the laboratories and the live blocks
COMMENT = re.compile(r"^ */\*\*.*?\*/\n", re.DOTALL | re.MULTILINE)
QUICKER = {
    # The theme's script tells the scrollbar its scheme by a tag, which restyles the
    # page twice. A property of the root does it once, where the scheme is not light.
    r'\{name:"color-scheme"\}': "{}",
    r"\w+\.content=(\w+\.colorScheme)\b": (
        r'document.documentElement.style.colorScheme=\1.replace("light","")'
    ),
    # For instant navigation it makes all addresses whole, which loads the style sheet
    # anew. The sheet's name says as well whether the next page has the same.
    r'"\[href\], \[src\]"(?=,\w\)\)for)': '"[href]:not([rel=stylesheet]), [src]"',
    r"\.set\((\w)\.outerHTML,": (
        r'.set(\1.rel==="stylesheet"?\1.href.split("/").pop():\1.outerHTML,'
    ),
    # It measures a code block and gives it a button, block by block, so that each lays
    # the page out anew. The buttons come after all are measured; code in a closed fold
    # is measured when it shows, as `content.lazy` does with all code.
    r"(\w\.insertBefore\(\w,\w\))(?=\}return \w+\()": r"queueMicrotask(()=>\1)",
    r'\w\("content\.lazy"\)(?=\?\w+\((\w)\))': r'\1.closest("details:not([open])")',
}


def lighten(site: Site) -> None:
    """Take out what costs a browser time and shows nothing.

    Raises
    ------
    SiteError
        If the theme's script is not the one that this step knows.

    """
    for file, text in site.texts.items():
        text = SUBHEADING.sub(rf'\1 class="{BELOW}"\2', text)
        site.texts[file] = merged(text)
    for file in site.folder.glob(SCRIPT):
        script = replaced(file.read_text(encoding="utf-8"), QUICKER, file.name)
        file.write_text(script, encoding="utf-8")
    for file in site.folder.glob(OWN_SCRIPTS):
        script = COMMENT.sub("", file.read_text(encoding="utf-8"))
        file.write_text(script, encoding="utf-8")


def replaced(text: str, table: dict[str, str], name: str) -> str:
    """Replace each pattern of a table; SiteError if the text `name` lacks one."""
    for pattern, instead in table.items():
        text, count = re.subn(pattern, instead, text)
        if not count:
            raise SiteError(f"{name}: nothing matches {pattern}")
    return text


def merged(page: str) -> str:
    """Return a page with one element for neighbouring tokens of the same colour."""
    page = COLOURLESS.sub(r"\1", page)
    for tokens in ALIKE:
        page = tokens.sub(_one, page)
    return page


def _one(tokens: re.Match) -> str:
    opening = tokens[0][: tokens[0].index(">") + 1]
    return f"{opening}{TAG.sub('', tokens[0])}</span>"
