"""The policy of the built pages refuses what is foreign, and nothing of the site's."""

from tests.sites import parse

WATCH = """window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));"""
INJECT = """() => {
  const add = (name, content) => document.body.append(
    Object.assign(document.createElement(name), content));
  add("script", { textContent: "window.ran = true" });
  add("script", { src: "https://example.org/script.js" });
  add("style", { textContent: "body { display: none }" });
  document.body.insertAdjacentHTML("beforeend",
    '<button id="injected" onclick="window.ran = true">Click</button>');
  document.querySelector("#injected").click();
  fetch("https://example.org/").catch(() => {});
}"""
REFUSED = {
    "script-src-elem inline",
    "script-src-elem https://example.org/script.js",
    "style-src-elem inline",
    "script-src-attr inline",
    "connect-src https://example.org/",
}


def test_policy_allows_nothing_unsafe_and_stands_in_every_file(site):
    policies = {
        tuple(
            parse(file).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        )
        for file in site.rglob("*.html")
    }
    ((text,),) = policies
    directives = dict(part.split(" ", 1) for part in text.split("; "))
    unsafe = [name for name, value in directives.items() if "unsafe" in value]
    assert unsafe == ["style-src-attr"]
    assert directives["default-src"] == "'none'"
    assert "*" not in text
    assert "http" not in text


def test_search_breaks_no_rule_and_what_is_injected_is_refused(context, searched_site):
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(searched_site)
    page.keyboard.press("/")
    page.keyboard.type("sigmoid")
    page.locator(".md-search-result__item").first.wait_for()
    assert page.evaluate("window.violations") == []
    page.evaluate(INJECT)
    page.wait_for_function(f"window.violations.length >= {len(REFUSED)}")
    assert set(page.evaluate("window.violations")) == REFUSED
    assert page.evaluate("window.ran") is None
