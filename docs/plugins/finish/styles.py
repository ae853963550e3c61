"""One style sheet instead of four: a browser paints nothing before it has them all."""

import hashlib
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from docs.plugins.finish.built import Site, SiteError

LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
# The theme sets and removes this mark on every page that opens. The rule stops fades
# while the colours change, at the price of every element's style worked out twice.
SWITCHING = re.compile(r"\[data-md-color-switching\] \*[^{}]*\{[^{}]*\}")


def join(site: Site) -> None:
    """Join the style sheets of all pages, which are the same on each.

    Raises
    ------
    SiteError
        If the site is finished, or its pages have different style sheets.

    """
    files = sorted(site.folder.rglob("*.html"))
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    home = site.folder / "index.html"
    sheets = [home.parent / unquote(address) for address in LINK.findall(texts[home])]
    styles, count = SWITCHING.subn("", "\n".join(map(_read, sheets)))
    if count != 1:
        raise SiteError(f"{home} is finished already, or its styles lack {SWITCHING}")
    digest = hashlib.sha256(styles.encode()).hexdigest()[:8]
    joined = sheets[0].with_name(f"site.{digest}.css")
    joined.write_text(styles, encoding="utf-8")
    for file, text in texts.items():
        file.write_text(_linked(file, text, sheets, joined), encoding="utf-8")
    for sheet in sheets:
        sheet.unlink()


def _read(sheet: Path) -> str:
    try:
        return sheet.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SiteError(f"{sheet} is linked, but not built") from error


def _linked(file: Path, text: str, sheets: list[Path], joined: Path) -> str:
    addresses = LINK.findall(text)
    if [Path(urlsplit(address).path).name for address in addresses] != [
        sheet.name for sheet in sheets
    ]:
        raise SiteError(f"{file} has other style sheets than the first page")
    first, *others = LINK.finditer(text)
    for link in reversed(others):
        text = text[: link.start()] + text[link.end() :]
    address = first[1].replace(sheets[0].name, joined.name)
    return text.replace(first[1], address, 1)
