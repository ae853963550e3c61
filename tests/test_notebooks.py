"""Each page with code has its notebook: on disk, on the site, and to download."""

import re
import zipfile
from urllib.parse import urlsplit

import nbformat
import pytest

from docs.plugins.notebook_pages import ARCHIVE
from docs.plugins.notebooks import PACKAGES, pinned_versions
from docs.plugins.pages import pages_with_code, relative
from tests.notebooks import FOLDER
from tests.sites import ADDRESS, PAGES, article, html, html_file, parse
from tests.test_plain_pages import leads_to

LINK = re.compile(r"\]\(([^)\s]+)")
WITH_CODE = pages_with_code()


def sources(notebook, kind):
    """Return the text of a notebook, or its code with its modules."""
    return "\n".join(c.source for c in notebook.cells if c.cell_type == kind)


def test_every_page_with_code_has_its_notebook():
    assert set(FOLDER.rglob("*.ipynb")) == {page.notebook_file for page in WITH_CODE}


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.key)
def test_notebook_is_valid_and_names_its_versions(page):
    notebook = nbformat.read(page.notebook_file, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    code = sources(notebook, "code")
    imported = set(re.findall(r"^ *(?:import|from) (\w+)", code, re.M))
    pins = pinned_versions()
    needed = {f"{PACKAGES[n]}=={pins[PACKAGES[n]]}" for n in imported & set(PACKAGES)}
    assert needed == set(re.findall(r"[\w-]+==[\w.]+", notebook.cells[0].source))


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.key)
def test_links_of_a_notebook_lead_to_pages(page):
    notebook = nbformat.read(page.notebook_file, as_version=4)
    missing = [
        target
        for target in LINK.findall(sources(notebook, "markdown"))
        if not urlsplit(target).scheme
        and not (page.notebook_file.parent / urlsplit(target).path).is_file()
    ]
    assert not missing, f"{relative(page.notebook_file)} links to {missing}"


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.key)
def test_page_offers_its_notebook_and_its_script(site, page):
    offered = forms(site, page)
    notebook, script = page.notebook_file, page.module_file
    assert offered["Download notebook"].read_bytes() == notebook.read_bytes()
    assert offered["Download script"].read_bytes() == script.read_bytes()
    assert "Open in Colab" not in offered


def forms(site, page):
    """Return what the links to a page's other forms lead to, by their names."""
    links = html(site, page).xpath("//*[contains(@class, 'page-forms')]//a")
    file = html_file(site, page)
    return {a.text_content(): leads_to(a.get("href"), file, site) for a in links}


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.key)
def test_a_repository_and_an_address_make_a_notebook_at_home_in_colab(
    configured_site, page
):
    nav = html(configured_site, page).xpath("//nav//a")
    links = {a.text_content(): a.get("href") for a in nav}
    place = f"example/course/blob/main/docs/notebooks/{page.key}.ipynb"
    colab = f"https://colab.research.google.com/github/{place}"
    assert links["Open in Colab"] == colab
    file = configured_site / "downloads" / f"{page.key}.ipynb"
    text = sources(nbformat.read(file, as_version=4), "markdown")
    targets = LINK.findall(text)
    links = [t for t in targets if not t.startswith("attachment:")]
    assert all(urlsplit(target).netloc for target in links), links
    ours = [t.removeprefix(ADDRESS) for t in links if t.startswith(ADDRESS)]
    assert ours
    for target in ours:
        file = configured_site / urlsplit(target).path / "index.html"
        assert file.is_file(), f"{page.key}: {target}"


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.key)
def test_old_address_of_a_notebook_leads_to_its_page(site, page):
    assert moved_to(site, f"notebooks/{page.key}") == html_file(site, page)


def test_old_address_of_the_notebooks_leads_to_the_workbooks(site):
    assert moved_to(site, "notebooks") == site / "workbooks" / "index.html"


def moved_to(site, old):
    """Return the file that a browser is sent to from an old address."""
    refresh = parse(site / old / "index.html").find(".//meta[@http-equiv='refresh']")
    target = refresh.get("content").removeprefix("0; url=")
    return (site / old / target / "index.html").resolve()


def test_archive_holds_all_notebooks_and_modules(site):
    home = article(site, PAGES[[page.key for page in PAGES].index("index")])
    assert ARCHIVE in home.xpath(".//a/@href"), "the landing page has no link to it"
    with zipfile.ZipFile(site / ARCHIVE) as archive:
        assert archive.testzip() is None
        folder = f"{archive.namelist()[0].split('/')[0]}/"
        for page in WITH_CODE:
            notebook = archive.read(f"{folder}{page.key}.ipynb")
            assert notebook == page.notebook_file.read_bytes()
            module = f"snippets/{page.key.replace('-', '_')}.py"
            assert archive.read(folder + module) == page.module_file.read_bytes()
        versions = archive.read(f"{folder}requirements.txt").decode().split()
    pinned = {f"{name}=={pinned_versions()[name]}" for name in PACKAGES.values()}
    assert set(versions) == {"notebook", *pinned}
