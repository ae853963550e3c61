"""What the finished site gives to searches, to shared links and to the printer."""

import re
import struct
from urllib.parse import urlsplit

import pytest

from docs.plugins.finish import print_page
from docs.plugins.finish.__main__ import finish
from docs.plugins.finish.built import Site, SiteError
from tests.sites import ADDRESS, FORMS, PAGES, html, html_file, parse
from tests.test_descriptions import description


@pytest.fixture(scope="module")
def course(configured_site):
    return parse(configured_site / print_page.FILE)


def address(site, page):
    """Return the address at which a page is served."""
    place = html_file(site, page).parent.relative_to(site).as_posix()
    return ADDRESS if place == "." else f"{ADDRESS}{place}/"


def meta(document, name):
    found = document.find("meta", attrs={"property": name})
    return found and found["content"]


def test_each_page_names_its_address(configured_site):
    for page in PAGES:
        document = html(configured_site, page)
        canonical = document.find("link", rel="canonical")["href"]
        assert canonical == meta(document, "og:url") == address(configured_site, page)


def test_sitemap_and_robots_name_the_pages(configured_site):
    sitemap = (configured_site / "sitemap.xml").read_text("utf-8")
    listed = re.findall("<loc>(.*)</loc>", sitemap)
    assert sorted(listed) == sorted(address(configured_site, form) for form in FORMS)
    robots = (configured_site / "robots.txt").read_text("utf-8").splitlines()
    assert robots == ["User-agent: *", "Allow: /", f"Sitemap: {ADDRESS}sitemap.xml"]


def test_without_an_address_nothing_claims_one(site):
    assert "Sitemap" not in (site / "robots.txt").read_text("utf-8")
    for page in PAGES:
        document = html(site, page)
        claims = [meta(document, name) for name in ("og:url", "og:image")]
        assert [*claims, document.find("link", rel="canonical")] == [None] * 3


def test_each_page_has_its_description_and_the_picture(configured_site):
    for page in PAGES:
        document = html(configured_site, page)
        text = document.find("meta", attrs={"name": "description"})["content"]
        assert text == meta(document, "og:description") == description(page.path)
        picture = meta(document, "og:image")
        assert picture.startswith(ADDRESS)
        header = (configured_site / picture.removeprefix(ADDRESS)).read_bytes()[:24]
        assert struct.unpack(">8x4x4sII", header) == (b"IHDR", 1200, 630)


def test_missing_page_leads_on(configured_site):
    base = urlsplit(ADDRESS).path
    article = parse(configured_site / "404.html").find("article")
    links = [link["href"] for link in article.find_all("a")]
    broken = [
        link
        for link in links
        if not (configured_site / link.removeprefix(base) / "index.html").is_file()
    ]
    assert all(link.startswith(base) for link in links), links
    assert not broken, f"404.html: {broken}"
    sections = {page.section or "Home" for page in Site.read(configured_site).pages}
    assert sections <= {link.get_text() for link in article.find_all("a")}
    assert len(links) >= len(sections) + 5, "too few error pages"


def test_whole_course_has_unique_anchors_and_its_links_hit_them(course):
    anchors = [tag["id"] for tag in course.find_all(id=True)]
    assert len(anchors) == len(set(anchors))
    links = [link["href"] for link in course.find_all(href=re.compile("^#"))]
    assert len(links) > len(PAGES)
    assert set(links) <= {f"#{anchor}" for anchor in anchors}
    uses = course.find_all("use")
    assert uses, "the figures have markers"
    for use in uses:
        assert (use.get("xlink:href") or use["href"])[1:] in anchors


def test_links_of_the_whole_course_stay_inside_or_are_whole(course):
    outside = [
        link["href"]
        for link in course.find("main").find_all("a", href=True)
        if not link["href"].startswith("#") and not urlsplit(link["href"]).netloc
    ]
    assert not outside


def test_whole_course_is_all_open_and_has_no_script(course):
    assert all(folded.has_attr("open") for folded in course.find_all("details"))
    assert course.find(["script", "button", "input"]) is None
    assert not course.find_all(class_=["headerlink", "page-end", "tabbed-set"])


def test_whole_course_begins_with_its_contents(configured_site, course):
    site = Site.read(configured_site)
    contents = course.find("nav").find_all("a")
    assert [link.get_text() for link in contents] == [page.title for page in site.pages]
    opening = course.find("header").get_text()
    assert ADDRESS in opening
    assert re.search(r"\d{4}-\d\d-\d\d, with .*numpy \d", opening)


def test_whole_course_is_found_by_no_search(configured_site, course):
    assert course.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert "print/" not in (configured_site / "search/search_index.json").read_text(
        "utf-8"
    )


def test_each_page_links_to_the_whole_course(configured_site):
    for page in PAGES:
        link = html(configured_site, page).find("a", string="Print this course")
        target = (html_file(configured_site, page).parent / link["href"]).resolve()
        assert target == (configured_site / print_page.FILE).parent.resolve()


def test_a_site_is_finished_once(configured_site):
    with pytest.raises(SiteError, match="finished already"):
        finish(configured_site)


def test_a_site_must_be_built(tmp_path):
    with pytest.raises(SiteError, match="run `mkdocs build` first"):
        finish(tmp_path)
