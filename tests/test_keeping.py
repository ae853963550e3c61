"""A page that is kept from one save to the next is made anew when it must be."""

import logging

import pytest
from mkdocs.config import load_config
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.plugins import keeping

TEXT = """## A section

[other](other.md)

--8<-- "snippets/one.py"

![A line](assets/figures/line.svg)
"""
CHANGES = {
    "the page": ("docs/index.md", TEXT + "More.\n"),
    "an included file": ("snippets/one.py", "changed"),
    "what an included file includes": ("snippets/two.py", "changed"),
    "a figure": ("docs/assets/figures/line.svg", "<svg><title/></svg>"),
}


class Site:
    """A page, and how often it was rendered."""

    def __init__(self, root):
        """Write the page and what it is made of."""
        self.root, self.count = root, 0
        self.write("docs/index.md", TEXT)
        self.write("docs/other.md", "# Other")
        self.write("docs/assets/figures/line.svg", "<svg></svg>")
        self.write("snippets/one.py", '--8<-- "snippets/two.py"')
        self.write("snippets/two.py", "two")
        self.write("mkdocs.yml", "site_name: A site")

    def write(self, name, text):
        """Write a file of the site."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def save(self, **settings):
        """Render the page as a save does; return it and how often it was rendered."""
        snippets = {"pymdownx.snippets": {"base_path": [str(self.root)]}}
        config = load_config(
            str(self.root / "mkdocs.yml"),
            docs_dir=str(self.root / "docs"),
            markdown_extensions=[snippets, "attr_list"],
            **settings,
        )
        names = ("index.md", "other.md", "assets/figures/line.svg")
        folders = config.docs_dir, config.site_dir, config.use_directory_urls
        files = Files([File(name, *folders) for name in names])
        page = Page("A page", files.src_uris["index.md"], config)
        page.read_source(config)
        before = self.count
        keeping.render_once(page, config, files)
        return page, self.count - before


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Make a site, with nothing kept."""
    made = Site(tmp_path)
    real = keeping.render

    def counted(*arguments):
        made.count += 1
        real(*arguments)

    monkeypatch.setattr(keeping, "render", counted)
    monkeypatch.setattr(keeping, "pages", {})
    monkeypatch.setattr(keeping, "ROOT", tmp_path)
    monkeypatch.setattr(keeping, "DOCS", tmp_path / "docs")
    return made


def test_a_page_that_stayed_is_rendered_once(site):
    first, _count = site.save()
    second, count = site.save()
    assert count == 0
    assert second is not first
    assert second.content == first.content
    assert "two" in second.content
    assert [link.title for link in second.toc] == ["A section"]
    assert "a-section" in second.present_anchor_ids


@pytest.mark.parametrize("change", CHANGES)
def test_a_page_is_rendered_again_when_it_changes(site, change):
    site.save()
    site.write(*CHANGES[change])
    assert site.save()[1] == 1


def test_a_page_is_rendered_again_when_addresses_change(site):
    assert "other/" in site.save()[0].content
    assert "other.html" in site.save(use_directory_urls=False)[0].content


def test_links_lead_to_the_pages_of_the_last_save(site):
    site.write("docs/index.md", "[other](other.md#here)")
    (first,), (second,) = (site.save()[0].links_to_anchors for _save in range(2))
    assert site.count == 1
    assert second.src_uri == first.src_uri
    assert second is not first


def test_a_page_that_is_warned_of_warns_at_every_save(site, caplog):
    site.write("docs/index.md", "[nowhere](nowhere.md)")
    for _save in range(2):
        with caplog.at_level(logging.WARNING, "mkdocs"):
            site.save()
        assert "nowhere.md" in caplog.text
        caplog.clear()
