"""The policy of the built pages refuses foreign scripts, and nothing of the site's."""

# ruff: noqa: F811, fixtures are imported

from urllib.parse import urlsplit

import pytest

from docs.plugins.finish import policy
from docs.plugins.finish.built import Site, SiteError
from tests.sites import build, parse
from tests.test_share import built_site, chromium, page, served_site  # noqa: F401

WATCH = """window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));"""
SCRIPT = """() => {
  const script = document.createElement("script");
  script.textContent = "window.ran = true";
  document.body.append(script);
}"""
HANDLER = """() => {
  document.body.insertAdjacentHTML("beforeend",
    '<button id="injected" onclick="window.ran = true">Click</button>');
  document.querySelector("#injected").click();
}"""
FOREIGN = """() => {
  const script = document.createElement("script");
  script.src = "https://example.org/script.js";
  document.body.append(script);
}"""
STYLE = """() => {
  const style = document.createElement("style");
  style.textContent = "body { display: none }";
  document.head.append(style);
}"""
FETCH = """() => fetch("https://example.org/").catch(() => {})"""


@pytest.fixture(scope="module")
def documents(built_site):
    return {file: parse(file) for file in sorted(built_site.rglob("*.html"))}


@pytest.fixture
def watched(page):
    page.add_init_script(WATCH)
    return page


def violations(page):
    page.wait_for_timeout(100)
    return page.evaluate("window.violations")


def search(page, words):
    page.keyboard.press("/")
    page.keyboard.type(words)
    page.locator(".md-search-result__item").first.wait_for()


def test_all_files_have_one_policy_that_allows_nothing_unsafe(documents):
    policies = {
        tuple(
            tag["content"]
            for tag in document.find_all("meta", attrs={"http-equiv": True})
        )
        for document in documents.values()
    }
    ((text,),) = policies
    directives = dict(part.split(" ", 1) for part in text.split("; "))
    unsafe = [name for name, value in directives.items() if "unsafe" in value]
    assert unsafe == ["style-src-attr"]
    assert directives["default-src"] == "'none'"
    assert "*" not in text
    assert "http" not in text


def test_pages_break_no_rule_of_their_policy(
    watched, served_site, built_site, documents
):
    broken = {}
    for file in documents:
        place = file.relative_to(built_site).as_posix().removesuffix("index.html")
        watched.goto(served_site + place)
        broken[place] = violations(watched)
    assert not any(broken.values()), broken


def test_search_breaks_no_rule(watched, served_site):
    watched.goto(served_site)
    search(watched, "sigmoid")
    assert violations(watched) == []


def test_search_works_from_a_folder(watched, tmp_path):
    folder = build(tmp_path, OFFLINE="true")
    watched.goto((folder / "index.html").as_uri())
    search(watched, "sigmoid")
    assert violations(watched) == []


@pytest.mark.parametrize(
    ("injected", "refused"),
    [
        (SCRIPT, "script-src-elem inline"),
        (HANDLER, "script-src-attr inline"),
        (FOREIGN, "script-src-elem https://example.org/script.js"),
        (STYLE, "style-src-elem inline"),
        (FETCH, "connect-src https://example.org/"),
    ],
    ids=["script", "handler", "foreign script", "style", "request"],
)
def test_what_is_injected_is_refused(watched, served_site, injected, refused):
    watched.goto(served_site)
    watched.evaluate(injected)
    assert violations(watched) == [refused]
    assert watched.evaluate("window.ran") is None


def test_pages_have_no_event_handlers(documents):
    handlers = [
        f"{file.name}: {name}"
        for file, document in documents.items()
        for tag in document.find_all(True)
        for name in tag.attrs
        if name.startswith("on")
    ]
    assert not handlers, handlers


def test_links_to_other_hosts_have_no_opener(documents):
    open_links = [
        f"{file}: {link['href']}"
        for file, document in documents.items()
        for link in document.find_all("a", href=True)
        if urlsplit(link["href"]).netloc and "noopener" not in link.get("rel", [])
    ]
    assert not open_links, "\n".join(open_links)


def test_policy_needs_its_place(tmp_path):
    (tmp_path / "index.html").write_text("<p>No head</p>", encoding="utf-8")
    with pytest.raises(SiteError, match="has no place for its policy"):
        policy.add(Site(tmp_path, "Course", "", "", ()))
