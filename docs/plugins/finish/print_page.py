"""The whole course as one page, to be printed or read in one go."""

import os
from copy import deepcopy
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from jinja2 import Environment, FileSystemLoader
from lxml import html
from mkdocs.utils import get_build_datetime

from docs.plugins.finish.built import BuiltPage, Site, SiteError
from docs.plugins.notebooks import PACKAGES, pinned_versions

FILE = Path("print", "index.html")
MARK = "<!-- whole course -->"
ON_SCREEN_ONLY = (
    "descendant::*[self::script or self::live-blocks or contains(@class, 'headerlink')"
    " or contains(@class, 'md-content__button')"
    " or contains(@class, 'page-end') or contains(@class, 'page-forms')]"
)
REFERRING = ("for", "name", "aria-labelledby", "aria-describedby", "aria-controls")


def add(site: Site) -> None:
    """Write the whole course and link to it from the end of each page.

    Raises
    ------
    SiteError
        If the site has its whole course already.

    """
    file = site.folder / FILE
    if file.exists():
        raise SiteError(f"{site.folder} is finished already: build it anew")
    file.parent.mkdir()
    site.texts[file] = _document(site)
    for page in site.pages:
        site.texts[page.file] = _linked(page.file, file, site)


def _linked(page: Path, file: Path, site: Site) -> str:
    target = file.parent if site.has_folder_addresses else file
    address = Path(os.path.relpath(target, page.parent)).as_posix()
    address += "/" if site.has_folder_addresses else ""
    link = f'<a class="md-button" href="{address}">Print this course</a>'
    return site.texts[page].replace(MARK, link, 1)


def _document(site: Site) -> str:
    folder = Path(__file__).parent
    templates = Environment(loader=FileSystemLoader(folder), autoescape=True)
    anchors = {page.file.resolve(): page.key for page in site.pages}
    pins = pinned_versions()
    return templates.get_template("print_page.html").render(
        site=site,
        styles=_styles(site),
        articles=[_article(page, site, anchors) for page in site.pages],
        date=get_build_datetime().strftime("%Y-%m-%d"),
        versions=[f"{name} {pins[name]}" for name in PACKAGES.values()],
    )


def _styles(site: Site) -> list[str]:
    home = site.pages[0]
    return [
        Path(
            os.path.relpath(home.file.parent / link.get("href"), site.folder / "print")
        ).as_posix()
        for link in home.document.findall(".//link[@rel='stylesheet']")
    ]


def _article(page: BuiltPage, site: Site, anchors: dict[Path, str]) -> str:
    article = deepcopy(page.document.find(".//article"))
    for element in article.xpath(ON_SCREEN_ONLY):
        element.drop_tree()
    for folded in article.iter("details"):
        folded.set("open", "")
    for heading in article.iter("h1", "h2", "h3", "h4", "h5"):
        heading.tag = f"h{int(heading.tag[1]) + 1}"
    for element in article.iter(html.etree.Element):
        _prefix_names(element, page.key)
    for link in article.findall(".//a[@href]"):
        _point_inside(link, page, site, anchors)
    article.tag = "section"
    article.attrib.clear()
    article.set("id", page.key)
    article.tail = None
    return html.tostring(article, encoding="unicode")


def _prefix_names(element: html.HtmlElement, key: str) -> None:
    for name, value in element.attrib.items():
        if name == "id" or name in REFERRING:
            names = [_joined(key, part) for part in value.split()]
            element.set(name, " ".join(names))
        elif name in ("href", "xlink:href") and value.startswith("#"):
            element.set(name, f"#{_joined(key, value[1:])}")
        elif "url(#" in value:
            element.set(name, value.replace("url(#", f"url(#{key}--"))


def _point_inside(
    link: html.HtmlElement, page: BuiltPage, site: Site, anchors: dict[Path, str]
) -> None:
    parts = urlsplit(link.get("href"))
    if parts.scheme or not parts.path:
        return
    target = (page.file.parent / unquote(parts.path)).resolve()
    file = target / "index.html" if target.is_dir() else target
    if file in anchors:
        link.set("href", f"#{_joined(anchors[file], parts.fragment)}")
    elif site.address:
        place = target.relative_to(site.folder.resolve()).as_posix()
        link.set("href", urljoin(site.address, place))
    else:
        link.drop_tag()


def _joined(key: str, anchor: str) -> str:
    return f"{key}--{anchor}" if anchor else key
