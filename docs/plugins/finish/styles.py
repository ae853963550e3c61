"""One style sheet instead of four: a browser paints nothing before it has them all.

Nor does it have to work out the style of a whole page more than once.
"""

import hashlib
import re
from pathlib import Path

from docs.plugins.finish.built import Site, SiteError
from docs.plugins.finish.lighter import BELOW, replaced

LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
REST = r"[^{}]*\{[^{}]*\}"
# For these selectors a browser works out the style of a whole page anew. The first
# rules are not needed: no fades while the colours change; tabs, which no page has; what
# stands beside a table before the theme's script boxes it. The others get narrower
# selectors: as the theme writes them, a change of an element's class restyles all that
# it holds, and a new element all that stands around it.
QUICKER = {
    rf"\[data-md-color-switching\] \*{REST}": "",
    rf"(?<=[{{}}])[^{{}},]*\.tabbed-{REST}": "",
    rf"(?<=[{{}}])[^{{}},]*table:not\(\[class\]\)\+\*{REST}": "",
    r"table:not\(\[class\]\)": "table:not(.highlighttable)",
    r"h2\+h3": f".{BELOW}",
}


def join(site: Site) -> None:
    """Join the style sheets of all pages that have some: the same on each.

    Raises
    ------
    SiteError
        If the site is finished, its pages have different style sheets, or the theme's
        are not those that this step knows.

    """
    texts = {file: text for file, text in site.texts.items() if LINK.search(text)}
    home = site.folder / "index.html"
    sheets = [home.parent / address for address in LINK.findall(texts[home])]
    if len(sheets) == 1:
        raise SiteError(f"{home} is finished already")
    styles = replaced("\n".join(map(_read, sheets)), QUICKER, "the style sheets")
    digest = hashlib.sha256(styles.encode()).hexdigest()[:8]
    joined = sheets[0].with_name(f"site.{digest}.css")
    linked = {f: _linked(f, text, sheets, joined) for f, text in texts.items()}
    site.texts.update(linked)
    joined.write_text(styles, encoding="utf-8")
    for sheet in sheets:
        sheet.unlink()


def _read(sheet: Path) -> str:
    try:
        return sheet.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SiteError(f"{sheet} is linked, but not built") from error


def _linked(file: Path, text: str, sheets: list[Path], joined: Path) -> str:
    links = list(LINK.finditer(text))
    if [Path(link[1]).name for link in links] != [sheet.name for sheet in sheets]:
        raise SiteError(f"{file} has other style sheets than the first page")
    only = iter([links[0][0].replace(sheets[0].name, joined.name)])
    return LINK.sub(lambda _link: next(only, ""), text)
