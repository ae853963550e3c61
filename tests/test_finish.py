"""What the finished site gives to searches, to shared links and to the printer."""

import re
import struct
from urllib.parse import urlsplit

import pytest

from docs.plugins.finish import lighter, print_page, styles
from docs.plugins.finish.__main__ import finish
from docs.plugins.finish.built import Site, SiteError
from docs.plugins.pages import DOCS
from tests.sites import ADDRESS, PAGES, WORKBOOKS, html, html_file, link, parse
from tests.test_descriptions import description


@pytest.fixture(scope="module")
def course(configured_site):
    return parse(configured_site / print_page.FILE)


def address(site, page):
    """Return the address at which a page is served."""
    place = html_file(site, page).parent.relative_to(site).as_posix()
    return ADDRESS if place == "." else f"{ADDRESS}{place}/"


def meta(document, name):
    return next(iter(document.xpath(f"//meta[@property='{name}']/@content")), None)


def canonical(document):
    return next(iter(document.xpath("//link[@rel='canonical']/@href")), None)


def test_each_page_names_its_address(configured_site):
    for page in PAGES:
        document = html(configured_site, page)
        expected = address(configured_site, page)
        assert canonical(document) == meta(document, "og:url") == expected


def test_sitemap_and_robots_name_the_pages(configured_site):
    sitemap = (configured_site / "sitemap.xml").read_text("utf-8")
    listed = re.findall("<loc>(.*)</loc>", sitemap)
    shown = [*PAGES, *WORKBOOKS]
    assert sorted(listed) == sorted(address(configured_site, page) for page in shown)
    robots = (configured_site / "robots.txt").read_text("utf-8").splitlines()
    assert robots == ["User-agent: *", "Allow: /", f"Sitemap: {ADDRESS}sitemap.xml"]


def test_without_an_address_nothing_claims_one(site):
    assert "Sitemap" not in (site / "robots.txt").read_text("utf-8")
    for page in PAGES:
        document = html(site, page)
        claims = [meta(document, name) for name in ("og:url", "og:image")]
        assert [*claims, canonical(document)] == [None] * 3


def test_each_page_has_its_description_and_the_picture(configured_site):
    for page in PAGES:
        document = html(configured_site, page)
        (text,) = document.xpath("//meta[@name='description']/@content")
        assert text == meta(document, "og:description") == description(page.path)
        picture = meta(document, "og:image")
        assert picture.startswith(ADDRESS)
        header = (configured_site / picture.removeprefix(ADDRESS)).read_bytes()[:24]
        assert struct.unpack(">8x4x4sII", header) == (b"IHDR", 1200, 630)


def test_missing_page_leads_on(configured_site):
    base = urlsplit(ADDRESS).path
    article = parse(configured_site / "404.html").find(".//article")
    links = article.xpath(".//a/@href")
    broken = [
        link
        for link in links
        if not (configured_site / link.removeprefix(base) / "index.html").is_file()
    ]
    assert all(link.startswith(base) for link in links), links
    assert not broken, f"404.html: {broken}"
    sections = {page.section or "Home" for page in Site.read(configured_site).pages}
    assert sections <= {a.text_content() for a in article.iter("a")}
    assert len(links) >= len(sections) + 5, "too few error pages"


def test_whole_course_has_unique_anchors_and_its_links_hit_them(course):
    anchors = course.xpath("//@id")
    assert len(anchors) == len(set(anchors))
    links = course.xpath("//a[starts-with(@href, '#')]/@href")
    assert len(links) > len(PAGES)
    uses = [use.get("xlink:href") or use.get("href") for use in course.iter("use")]
    assert uses, "the figures have markers"
    assert {*links, *uses} <= {f"#{anchor}" for anchor in anchors}


def test_links_of_the_whole_course_stay_inside_or_are_whole(course):
    outside = [
        address
        for address in course.xpath("//main//a/@href")
        if not address.startswith("#") and not urlsplit(address).netloc
    ]
    assert not outside


def test_whole_course_is_all_open_and_has_no_script(course):
    assert not course.xpath("//details[not(@open)]")
    assert not [*course.iter("script", "button", "input")]
    for name in ("headerlink", "page-end"):
        assert not course.find_class(name)


def test_whole_course_begins_with_its_contents(configured_site, course):
    site = Site.read(configured_site)
    contents = [a.text_content() for a in course.find(".//nav").iter("a")]
    assert contents == [page.title for page in site.pages]
    opening = course.find(".//header").text_content()
    assert ADDRESS in opening
    assert re.search(r"\d{4}-\d\d-\d\d, with .*numpy \d", opening)


def test_whole_course_is_found_by_no_search(configured_site, course):
    assert course.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert "print/" not in (configured_site / "search/search_index.json").read_text(
        "utf-8"
    )


def test_each_page_links_to_the_whole_course(configured_site):
    for page in PAGES:
        printed = link(html(configured_site, page), "Print this course").get("href")
        target = (html_file(configured_site, page).parent / printed).resolve()
        assert target == (configured_site / print_page.FILE).parent.resolve()


def test_each_page_waits_for_one_style_sheet(configured_site):
    for page in PAGES:
        text = html_file(configured_site, page).read_text("utf-8")
        assert len(styles.LINK.findall(text)) == 1, page
    (sheet,) = configured_site.glob("assets/stylesheets/*.css")
    text = sheet.read_text("utf-8")
    assert "STIX Two Math" in text
    assert "@media print" in text


def test_pages_with_other_style_sheets_are_refused(tmp_path):
    sheet = """p { margin: 0 } [data-md-color-switching] * { transition: none }
    .tabbed-set { color: red } table:not([class])+* { margin: 0 } h2+h3 { margin: 0 }
    table:not([class]) { margin: 0 }"""
    (tmp_path / "a.css").write_text(sheet, "utf-8")
    (tmp_path / "b.css").write_text("", "utf-8")
    one, two = (f'<link rel="stylesheet" href="{name}.css">' for name in "ab")
    texts = {tmp_path / "index.html": one + two, tmp_path / "other.html": two}
    with pytest.raises(SiteError, match=r"other\.html has other style sheets"):
        styles.join(Site(tmp_path, "", "", "", (), texts))
    assert (tmp_path / "a.css").read_text("utf-8") == sheet
    (tmp_path / "a.css").write_text("", "utf-8")
    with pytest.raises(SiteError, match="the style sheets: nothing matches"):
        styles.join(Site(tmp_path, "", "", "", (), texts))


def test_neighbouring_tokens_of_one_colour_become_one_element():
    code = (
        '<span class="n">a</span><span class="p">[</span><span class="mi">1</span>'
        '<span class="p">:]</span> <span class="o">==</span> <span class="n">b</span>'
        '<span class="p">)</span>\n<span class="p">(</span>'
    )
    assert lighter.merged(code) == (
        'a<span class="p">[</span><span class="mi">1</span>'
        '<span class="p">:] ==</span> b'
        '<span class="p">)</span>\n<span class="p">(</span>'
    )


def test_a_site_is_finished_once(configured_site):
    with pytest.raises(SiteError, match="finished already"):
        finish(configured_site)


def test_a_site_must_be_built(tmp_path):
    with pytest.raises(SiteError, match="run `mkdocs build` first"):
        finish(tmp_path)


@pytest.mark.parametrize("name", ["labs/network.js", "live/live-blocks.js"])
def test_served_scripts_are_the_sources_without_their_comments(site, name):
    source = (DOCS / "assets" / name).read_text("utf-8")
    served = (site / "assets" / name).read_text("utf-8").splitlines()
    assert "/**" in source
    comment = ("/**", "*")
    lines = source.splitlines()
    assert served == [line for line in lines if not line.lstrip().startswith(comment)]
