"""Show the workbooks as the site's own pages look, and offer the downloads.

MkDocs loads this file as a hook. mkdocs-jupyter converts the workbooks; what it makes
brings 575 KB of styles and scripts with each page. Here the cells get the markup of
the site's own blocks and formulas instead, before they are cached.
"""

import hashlib
import io
import logging
import os
import posixpath
import re
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from html import escape, unescape
from pathlib import Path
from urllib.parse import urlsplit

import lxml.html
from lxml.builder import E
from markdown.extensions.toc import nest_toc_tokens, slugify, unique
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as SitePage
from mkdocs.structure.toc import get_toc
from mkdocs_jupyter import convert

from docs.plugins import mathml, notebooks
from docs.plugins.pages import DOCS, ROOT, pages_with_code, relative

log = get_plugin_logger("notebooks")
WORKBOOKS = "workbooks"
NOTEBOOKS = "notebooks"  # below docs; the site showed them at such addresses once
DOWNLOADS = "downloads"
ARCHIVE = f"{DOWNLOADS}/neural-networks-from-scratch.zip"
CODE = re.compile(r"(<pre.*?</pre>|<code.*?</code>)", re.S)
FORMULA = re.compile(r"\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$<]+?)\$", re.S)
HEADING = re.compile(r'<h([1-3]) id="([^"]+)">(.*?)<a class="headerlink"')
PAGE_LINK = re.compile(r'href="(?P<path>[^"#:]+\.md)(?P<anchor>#[^"]*)?"')
SOURCE_LINK = re.compile(r"\]\(\.\./(?P<path>[\w/-]+?)(?:/index)?\.md")
HEADINGS = {f"h{level}" for level in range(1, 7)}
REDIRECT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Moved</title>
<meta http-equiv="refresh" content="0; url={address}"></head>
<body><p>This page has moved <a href="{address}">here</a>.</p></body>
</html>
"""
DESCRIPTION = (
    "Exercises to do yourself, with hints and with checks that answer in a sentence: "
    "right, or what the mistake is."
)
serving = False
convert_notebook = convert.nb2html


def cells_as_page(html: str) -> str:
    """Return nbconvert's HTML of a workbook in the markup of the site's own pages."""
    start, styles = html.index('<div class="jupyter-wrapper">'), html.rindex("<style>")
    end = html.rindex("</div>", start, styles) + len("</div>")
    root = lxml.html.fragment_fromstring(html[start:end])
    cells, used = root.xpath('//*[starts-with(@id, "cell-id=")]'), set()
    return "\n".join(_cell(cell, used) for cell in cells)


def _cell(cell: lxml.html.HtmlElement, used: set[str]) -> str:
    text = cell.find_class("jp-RenderedMarkdown")
    if text:
        return _text(text[0], used)
    code = _inner(cell.find_class("highlight-ipynb")[0].find("pre"))
    block = f"<pre><code>{code}</code></pre>"
    return f'<div class="language-python highlight">{block}</div>'


def _inner(element: lxml.html.HtmlElement) -> str:
    parts = [escape(element.text or "", quote=False)]
    parts += [lxml.html.tostring(child, encoding="unicode") for child in element]
    return "".join(parts)


def _text(element: lxml.html.HtmlElement, used: set[str]) -> str:
    for heading in element.iter(*HEADINGS):
        link = heading.find_class("anchor-link")[0]
        heading.remove(link)
        link.set("class", "headerlink")
        link.set("title", "Link to this section")
        heading.set("id", unique(slugify(heading.text_content(), "-"), used))
        link.set("href", f"#{heading.get('id')}")
        heading.append(link)
    for code in element.find_class("highlight"):
        code.set("class", "language-console highlight")
        pre = code.find("pre")
        pre.tag = "code"
        code.append(E.pre(pre))
    parts = CODE.split(_inner(element))
    parts[::2] = [FORMULA.sub(_formula, part) for part in parts[::2]]
    return "".join(parts)


def _formula(match: re.Match) -> str:
    display = match["display"] is not None
    formula = mathml.to_mathml(unescape(match["display"] or match["inline"]), display)
    if display:
        return f'<div class="math-display" tabindex="0">{formula}</div>'
    return f'<span class="math">{formula}</span>'


def workbook_as_page(path: str, **options: object) -> str:
    """Convert a workbook as mkdocs-jupyter does, then to the site's own markup."""
    return cells_as_page(convert_notebook(path, **options))


def on_startup(command: str, **_options: object) -> None:
    """Convert as this file says. Served, the downloads stay as they are recorded."""
    global serving
    serving = command == "serve"
    convert.nb2html = workbook_as_page
    logging.getLogger("mkdocs.plugins.mkdocs_jupyter").setLevel(logging.WARNING)


def on_config(config: MkDocsConfig) -> None:
    """Cache what this file makes of workbooks by what makes it."""
    sources = b"".join(Path(file).read_bytes() for file in (mathml.__file__, __file__))
    digest = hashlib.sha256(sources).hexdigest()[:12]
    options = config.plugins["mkdocs-jupyter"].config
    options["cache_dir"] = str(ROOT / ".cache" / "notebooks" / digest)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the downloads to the site, and what leads from old addresses to the new."""
    for page in pages_with_code():
        if not page.notebook_file.is_file():
            log.warning(f"{relative(page.notebook_file)} is missing: run `make record`")
    made = downloads("" if serving else config.site_url or "")
    if config.use_directory_urls:
        made |= redirects()
    for name, content in made.items():
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
    for file in sorted((DOCS / WORKBOOKS).glob("*.ipynb")):
        text = file.read_text(encoding="utf-8")
        text = SOURCE_LINK.sub(f"]({site_url}\\g<path>/", text) if site_url else text
        notebook_files[f"{WORKBOOKS}/{file.name}"] = text.encode()
    files = {f"{DOWNLOADS}/{n}": c for n, c in (notebook_files | scripts).items()}
    return files | {ARCHIVE: _archive(notebook_files)}


def redirects() -> dict[str, bytes]:
    """Return pages that lead from where notebooks stood to what takes their place."""
    moved = {f"{NOTEBOOKS}/{page.key}": page.key for page in pages_with_code()}
    if (DOCS / WORKBOOKS / "index.md").is_file():
        moved[NOTEBOOKS] = WORKBOOKS
    return {
        f"{old}/index.html": REDIRECT.format(
            address=f"{posixpath.relpath(new, old)}/"
        ).encode()
        for old, new in moved.items()
    }


def write_made_files(folder: Path, site_url: str = "") -> None:
    """Add downloads and redirects to a site that was built without this hook."""
    for name, content in (downloads(site_url) | redirects()).items():
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
    """Tell the template which other forms a page has."""
    if page.file.src_uri.endswith(".ipynb"):
        page.meta |= {"search": {"exclude": True}, "description": DESCRIPTION}
        page.edit_url = None
    page.meta["forms"] = dict(_forms(Path(page.file.src_uri), config, files))
    return markdown


def _forms(
    source: Path, config: MkDocsConfig, files: Files
) -> Iterator[tuple[str, str]]:
    """Yield the name and the address of each other form of a page."""
    key = source.with_suffix("").as_posix()
    is_workbook = source.suffix == ".ipynb"
    addresses = {
        "Download notebook": f"{DOWNLOADS}/{key}.ipynb",
        "Download script": f"{DOWNLOADS}/{key.replace('-', '_')}.py",
    }
    if is_workbook:
        addresses = {"Chapter": f"chapters/{source.stem}.md"} | addresses
    elif source.parent.name == "chapters":
        addresses = {"Workbook": f"{WORKBOOKS}/{source.stem}.ipynb"} | addresses
    for name, address in addresses.items():
        if file := files.get_file_from_path(address):
            yield name, file.url
    if files.get_file_from_path(addresses["Download notebook"]):
        folder = "" if is_workbook else f"{NOTEBOOKS}/"
        if colab := colab_address(f"{folder}{key}.ipynb", config):
            yield "Open in Colab", colab


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
        {"level": int(level), "id": anchor, "name": name}
        for level, anchor, name in HEADING.findall(html)
    ]
    page.toc = get_toc(nest_toc_tokens(tokens))
    return PAGE_LINK.sub(partial(_site_link, page=page, files=files), html)


def _site_link(match: re.Match, page: SitePage, files: Files) -> str:
    folder = posixpath.dirname(page.file.src_uri)
    target = posixpath.normpath(posixpath.join(folder, match["path"]))
    file = files.get_file_from_path(target)
    if file is None:
        log.warning(f"{page.file.src_uri} links to {target}, which does not exist")
        return match[0]
    return f'href="{file.url_relative_to(page.file)}{match["anchor"] or ""}"'


if __name__ == "__main__":
    write_made_files(Path(sys.argv[1]), os.environ.get("SITE_URL", ""))
