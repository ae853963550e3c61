"""One style sheet instead of four: a browser paints nothing before it has them all."""

import hashlib
import re
from pathlib import Path

from docs.plugins.finish.built import Site, SiteError

LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
# The theme sets and removes this mark on every page that opens. The rule stops fades
# while the colours change, at the price of every element's style worked out twice.
SWITCHING = re.compile(r"\[data-md-color-switching\] \*[^{}]*\{[^{}]*\}")


def join(site: Site) -> None:
    """Join the style sheets of all pages that have some: the same on each.

    Raises
    ------
    SiteError
        If the site is finished, or its pages have different style sheets.

    """
    files = sorted(site.folder.rglob("*.html"))
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    texts = {file: text for file, text in texts.items() if LINK.search(text)}
    home = site.folder / "index.html"
    sheets = [home.parent / address for address in LINK.findall(texts[home])]
    styles, count = SWITCHING.subn("", "\n".join(map(_read, sheets)))
    if count != 1:
        raise SiteError(f"{home} is finished already, or its styles lack {SWITCHING}")
    digest = hashlib.sha256(styles.encode()).hexdigest()[:8]
    joined = sheets[0].with_name(f"site.{digest}.css")
    linked = {f: _linked(f, text, sheets, joined) for f, text in texts.items()}
    for file, text in (linked | {joined: styles}).items():
        file.write_text(text, encoding="utf-8")
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
