"""Show the notebooks on the site as its own pages look, and offer the downloads.

MkDocs loads this file as a hook. mkdocs-jupyter converts the notebooks; what it makes
brings 575 KB of styles and scripts with each page. Here the cells get the markup of
the site's own blocks, outputs, figures and formulas instead, before they are cached.
"""

import hashlib
import io
import os
import posixpath
import re
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from html import escape, unescape
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

import lxml.html
from lxml.builder import E
from markdown.extensions.toc import slugify, unique
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as SitePage
from mkdocs.structure.toc import get_toc
from mkdocs_jupyter import convert

from docs.plugins import figures, mathml, notebooks
from docs.plugins.pages import DOCS, ROOT, Page, pages_with_code, read, relative

log = get_plugin_logger("notebooks")
NOTEBOOKS = "notebooks"
DOWNLOADS = "downloads"
ARCHIVE = f"{DOWNLOADS}/neural-networks-from-scratch.zip"
IMAGE = re.compile(r"^!\[(?P<alt>.*)\]\((?P<path>[^ )]+)", re.M)
CODE = re.compile(r"(<pre.*?</pre>|<code.*?</code>)", re.S)
FORMULA = re.compile(r"\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$<]+?)\$", re.S)
HEADING = re.compile(r'<h([1-6]) id="([^"]+)">(.*?)<a class="headerlink"')
PAGE_LINK = re.compile(r'href="(?P<path>[^"#:]+\.md)(?P<anchor>#[^"]*)?"')
HEADINGS = {f"h{level}" for level in range(1, 7)}
serving = False


def page_of(file: Path) -> Page:
    """Return the page that a notebook is made of."""
    page = (DOCS / file.relative_to(DOCS / NOTEBOOKS)).with_suffix(".md")
    return read(page)


def cells_as_page(html: str, page: Page) -> str:
    """Return nbconvert's HTML of a notebook in the markup of the site's own pages."""
    start, styles = html.index('<div class="jupyter-wrapper">'), html.rindex("<style>")
    end = html.rindex("</div>", start, styles) + len("</div>")
    root = lxml.html.fragment_fromstring(html[start:end])
    cells = root.xpath('//*[starts-with(@id, "cell-id=")]')
    parts, used = [], set()
    for is_solution, group in groupby(cells, _is_solution):
        made = "\n".join(_cell(cell, page, used) for cell in group)
        if is_solution:
            summary = "<summary>Code of the solution</summary>"
            made = f'<details class="success">{summary}\n{made}\n</details>'
        parts.append(made)
    return "\n".join(parts)


def _is_solution(cell: lxml.html.HtmlElement) -> bool:
    return "celltag_solution" in cell.get("class")


def _cell(cell: lxml.html.HtmlElement, page: Page, used: set[str]) -> str:
    text = cell.find_class("jp-RenderedMarkdown")
    if text:
        return _text(text[0], page, used)
    code = cell.find_class("highlight-ipynb")[0].find("pre")
    parts = [_highlighted("python", _inner(code))]
    for output in cell.find_class("jp-OutputArea-output"):
        if output.get("data-mime-type") == "image/svg+xml":
            name = cell.get("id").removeprefix("cell-id=")
            parts.append(_recorded_figure(f"{name}.svg", page))
        else:
            printed = escape(output.text_content(), quote=False)
            parts.append(_highlighted("text output", printed))
    return "\n".join(parts)


def _highlighted(classes: str, code: str) -> str:
    pre = f"<pre><code>{code}</code></pre>"
    return f'<div class="language-{classes} highlight">{pre}</div>'


def _inner(element: lxml.html.HtmlElement) -> str:
    parts = [escape(element.text or "", quote=False)]
    parts += [lxml.html.tostring(child, encoding="unicode") for child in element]
    return "".join(parts)


def _recorded_figure(wanted: str, page: Page) -> str:
    """Return the figure of a page that has this file name or alternative text."""
    for image in IMAGE.finditer(page.path.read_text(encoding="utf-8")):
        if wanted in (image["alt"], posixpath.basename(image["path"])):
            path = image["path"].replace("../", "")
            svg = figures.inlined(path, image["alt"])
            return f'<figure class="figure">{svg}</figure>'
    raise figures.FigureError(f"{relative(page.path)} shows no figure {wanted}")


def _text(element: lxml.html.HtmlElement, page: Page, used: set[str]) -> str:
    for heading in element.iter(*HEADINGS):
        link = heading.find_class("anchor-link")[0]
        heading.remove(link)
        link.set("class", "headerlink")
        link.set("title", "Link to this section")
        heading.set("id", unique(slugify(heading.text_content(), "-"), used))
        link.set("href", f"#{heading.get('id')}")
        heading.append(link)
    drawings = {}
    for paragraph in element.xpath(".//p[img]"):
        mark = f"[figure {len(drawings)}]"
        drawings[mark] = _recorded_figure(paragraph.find("img").get("alt"), page)
        paragraph.getparent().replace(paragraph, E.figure(mark))
    for code in element.find_class("highlight"):
        code.set("class", "language-console highlight")
        pre = code.find("pre")
        pre.tag = "code"
        code.append(E.pre(pre))
    parts = CODE.split(_inner(element))
    parts[::2] = [FORMULA.sub(_formula, part) for part in parts[::2]]
    html = "".join(parts)
    for mark, drawing in drawings.items():
        html = html.replace(f"<figure>{mark}</figure>", drawing)
    return html


def _formula(match: re.Match) -> str:
    display = match["display"] is not None
    formula = mathml.to_mathml(unescape(match["display"] or match["inline"]), display)
    if display:
        return f'<div class="math-display" tabindex="0">{formula}</div>'
    return f'<span class="math">{formula}</span>'


def _converter(original: Callable[..., str]) -> Callable[..., str]:
    def nb2html(path: str, **options: object) -> str:
        return cells_as_page(original(path, **options), page_of(Path(path)))

    return nb2html


def on_startup(command: str, **_options: object) -> None:
    """Note whether MkDocs serves: then notebooks are files, which pages link to."""
    global serving
    serving = command == "serve"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Convert as this file says, and cache what it makes by what makes it."""
    if serving:
        config.plugins["mkdocs-jupyter"].config["include"] = []
        config.nav = without_notebooks(config.nav)
        return config
    original = getattr(convert.nb2html, "original", convert.nb2html)
    convert.nb2html = _converter(original)
    convert.nb2html.original = original
    sources = b"".join(Path(m.__file__).read_bytes() for m in (figures, mathml))
    digest = hashlib.sha256(sources + Path(__file__).read_bytes()).hexdigest()[:12]
    options = config.plugins["mkdocs-jupyter"].config
    options["cache_dir"] = str(ROOT / ".cache" / "notebooks" / digest)
    return config


def without_notebooks(nav: list) -> list:
    """Return a navigation without its notebooks, and the sections of these alone."""
    kept = []
    for entry in nav:
        named = entry if isinstance(entry, dict) else {"": entry}
        title, content = next(iter(named.items()))
        if isinstance(content, list):
            content = without_notebooks(content)
        if content and not str(content).endswith(".ipynb"):
            kept.append({title: content} if title else content)
    return kept


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the downloads to the site."""
    for page in pages_with_code():
        if not page.notebook_file.is_file():
            log.warning(f"{relative(page.notebook_file)} is missing: run `make record`")
    for name, content in downloads("" if serving else config.site_url or "").items():
        files.append(File.generated(config, name, content=content))
    return files


def downloads(site_url: str = "") -> dict[str, bytes]:
    """Return every notebook and script, and the archive of all, by their addresses."""
    notebook_files, doctor = {}, ROOT / "snippets" / "doctor.py"
    scripts = {doctor.name: doctor.read_bytes()} if doctor.is_file() else {}
    for page in pages_with_code():
        name = f"{page.key}.ipynb"
        scripts[f"{page.key.replace('-', '_')}.py"] = page.module_file.read_bytes()
        if site_url:
            notebook_files[name] = notebooks.written(page, site_url=site_url).encode()
        elif page.notebook_file.is_file():
            notebook_files[name] = page.notebook_file.read_bytes()
    files = {f"{DOWNLOADS}/{n}": c for n, c in (notebook_files | scripts).items()}
    return files | {ARCHIVE: _archive(notebook_files)}


def write_downloads(folder: Path, site_url: str = "") -> None:
    """Add the downloads to a site that was built without this hook."""
    for name, content in downloads(site_url).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _archive(contents: dict[str, bytes]) -> bytes:
    for module in sorted((ROOT / "snippets").rglob("*.py")):
        contents[module.relative_to(ROOT).as_posix()] = module.read_bytes()
    pins = notebooks.pinned_versions()
    names = ["notebook", *(f"{n}=={pins[n]}" for n in notebooks.PACKAGES.values())]
    contents["requirements.txt"] = "".join(f"{name}\n" for name in names).encode()
    contents["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(f"{Path(ARCHIVE).stem}/{name}")
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def on_page_markdown(
    markdown: str, page: SitePage, config: MkDocsConfig, files: Files
) -> str:
    """Tell the template which other forms a page has; keep notebooks out of search."""
    source = page.file.src_uri
    if source.endswith(".ipynb"):
        key = source.removeprefix(f"{NOTEBOOKS}/").removesuffix(".ipynb")
        original = files.get_file_from_path(f"{key}.md")
        page.meta["search"] = {"exclude": True}
        page.meta["description"] = original.page.meta.get("description", "")
        page.edit_url = None
        page.meta["forms"] = {
            "Page": original.url,
            "Download notebook": f"{DOWNLOADS}/{key}.ipynb",
            "Download script": f"{DOWNLOADS}/{key.replace('-', '_')}.py",
        }
        colab = colab_address(source, config)
        if colab:
            page.meta["forms"]["Open in Colab"] = colab
    else:
        key = source.removesuffix(".md")
        notebook = files.get_file_from_path(f"{NOTEBOOKS}/{key}.ipynb")
        if notebook:
            page.meta["forms"] = {
                "Notebook": notebook.url,
                "Download script": f"{DOWNLOADS}/{key.replace('-', '_')}.py",
            }
    return markdown


def colab_address(source: str, config: MkDocsConfig) -> str:
    """Return where Colab opens a notebook, or "" without a repository that it reads."""
    address = urlsplit(config.repo_url or "")
    if address.netloc != "github.com":
        return ""
    branch = re.match(r"(?:edit|blob|raw)/([^/]+)/", config.edit_uri or "")
    place = f"{address.path.strip('/')}/blob/{branch[1] if branch else 'main'}"
    return f"https://colab.research.google.com/github/{place}/docs/{source}"


def on_page_content(
    html: str,
    page: SitePage,
    config: MkDocsConfig,  # noqa: ARG001, the hook's signature
    files: Files,
) -> str:
    """Let a notebook's links and its table of contents lead to the right place."""
    if not page.file.src_uri.endswith(".ipynb"):
        return html
    tokens = [
        {"level": int(level), "id": anchor, "name": name, "children": []}
        for level, anchor, name in HEADING.findall(html)
        if level in "123"
    ]
    page.toc = get_toc(_nested(tokens))
    return PAGE_LINK.sub(partial(_site_link, page=page, files=files), html)


def _nested(tokens: list[dict]) -> list[dict]:
    """Put each heading below the last one of a lower level."""
    roots, path = [], []
    for token in tokens:
        while path and path[-1]["level"] >= token["level"]:
            path.pop()
        (path[-1]["children"] if path else roots).append(token)
        path.append(token)
    return roots


def _site_link(match: re.Match, page: SitePage, files: Files) -> str:
    folder = posixpath.dirname(page.file.src_uri)
    target = posixpath.normpath(posixpath.join(folder, match["path"]))
    file = files.get_file_from_path(target)
    if file is None:
        log.warning(f"{page.file.src_uri} links to {target}, which does not exist")
        return match[0]
    return f'href="{file.url_relative_to(page.file)}{match["anchor"] or ""}"'


if __name__ == "__main__":
    write_downloads(Path(sys.argv[1]), os.environ.get("SITE_URL", ""))
