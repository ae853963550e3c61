"""The policy of the built pages refuses foreign scripts, and nothing of the site's."""

import lxml.html
import pytest

from docs.plugins.finish import policy
from docs.plugins.finish.built import Site, SiteError

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
def documents(site):
    return {
        file.relative_to(site).as_posix(): lxml.html.parse(file).getroot()
        for file in sorted(site.rglob("*.html"))
    }


@pytest.fixture
def watched(context):
    page = context.new_page()
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
        tuple(document.xpath("//meta[@http-equiv]/@content"))
        for document in documents.values()
    }
    ((text,),) = policies
    directives = dict(part.split(" ", 1) for part in text.split("; "))
    unsafe = [name for name, value in directives.items() if "unsafe" in value]
    assert unsafe == ["style-src-attr"]
    assert directives["default-src"] == "'none'"
    assert "*" not in text
    assert "http" not in text


def test_search_breaks_no_rule(watched):
    watched.goto("/")
    search(watched, "sigmoid")
    assert violations(watched) == []


def test_search_works_from_a_folder(watched, offline_site):
    watched.goto((offline_site / "index.html").as_uri())
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
def test_what_is_injected_is_refused(watched, injected, refused):
    watched.goto("/")
    watched.evaluate(injected)
    assert violations(watched) == [refused]
    assert watched.evaluate("window.ran") is None


def test_pages_have_no_event_handlers(documents):
    found = {
        name: document.xpath("//*/@*[starts-with(name(), 'on')]")
        for name, document in documents.items()
    }
    handlers = {name: values for name, values in found.items() if values}
    assert not handlers, handlers


def test_policy_needs_its_place(tmp_path):
    (tmp_path / "index.html").write_text("<p>No head</p>", encoding="utf-8")
    with pytest.raises(SiteError, match="has no place for its policy"):
        policy.add(Site(tmp_path, "Course", "", "", ()))
