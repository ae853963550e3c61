"""A real browser for the tests: find it, serve a folder to it, see what it says."""

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import lxml.html
from playwright.sync_api import (
    ConsoleMessage,
    Page,
    Request,
    Response,
    Route,
    expect,
)

FLAGS = [
    "--no-sandbox",  # a container's user may not make one
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",  # glyphs as wide as on a phone
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
OWN_HOSTS = {"127.0.0.1", "course.example", ""}
COLOUR_RULES = ["color-contrast", "link-in-text-block", "target-size"]
STYLE_RULES = [*COLOUR_RULES, "scrollable-region-focusable"]  # colours, and width
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIND_TOO_WIDE = """() => {
  const root = document.documentElement
  const wide = [...document.body.querySelectorAll("*")].filter(
    element => element.getBoundingClientRect().right > root.clientWidth)
  const innermost = element => !wide.some(
    other => other !== element && element.contains(other))
  return root.scrollWidth > root.clientWidth
    ? ["the document", ...wide.filter(innermost).map(e => e.outerHTML.slice(0, 120))]
    : []
}"""
STILL = """() => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync("*, ::before, ::after { transition: none !important }")
  document.adoptedStyleSheets = [sheet]
}"""
SETTLE = """() => Promise.allSettled(document.getAnimations()
  .filter(a => a.effect.getComputedTiming().endTime < Infinity).map(a => a.finished))"""
KEEP_ONE_OF_A_KIND = """() => {
  const seen = new Set()
  for (const token of document.querySelectorAll("pre code span[class]")) {
    if (seen.has(token.className)) token.replaceWith(...token.childNodes)
    else seen.add(token.className)
  }
  document.querySelectorAll("pre code").forEach(code => code.normalize())
  document.querySelectorAll("figure > svg").forEach(svg => svg.replaceChildren())
  for (const math of [...document.querySelectorAll("math")].slice(1)) {
    math.replaceChildren(math.textContent)
  }
}"""
NO_ENTRIES = Path(__file__).with_name("search_index.json")
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
RUN_AXE = """([within, options]) => axe.run(within ?? document, options)"""
MENU = ".md-sidebar--primary"
ELSEWHERE = "//*[@data-md-component='sidebar' or @data-md-component='search']"
REMOVE = "menus => menus.map(menu => menu.remove())"
SCHEMES = {"light": "default", "dark": "slate"}
SWITCHED = "body[data-md-color-scheme={}]:not([data-md-color-switching])"
DARK = SWITCHED.format("slate")
WIDTHS = (1280, 390)
HEIGHT = 2000  # what the end of the sidebar cuts off, axe-core takes for too small


@dataclass(frozen=True)
class Excuse:
    """A finding of axe-core that is not this site's to mend, on which page, and why."""

    rule: str
    html: re.Pattern
    page: str
    reason: str

    def covers(self, rule: str, html: str) -> bool:
        """Say whether this is the finding; `html` is the element's opening."""
        return rule == self.rule and self.html.match(html) is not None


EXCUSES = [
    Excuse(
        "landmark-unique",
        re.compile(r'<nav [^>]*aria-labelledby="__nav_\d+_label"'),
        "/errors/overfitting/",
        "Material names a section's list by a label that holds only an icon when the "
        "section has a page of its own (navigation.indexes)",
    ),
    Excuse(
        "landmark-unique",
        re.compile(r'<nav class="md-code__nav"'),
        "/chapters/pytorch/",
        "Material puts each block's copy button into a nav without a name",
    ),
    Excuse(
        "empty-table-header",
        re.compile(r'<th[^>]*><span class="math"><math'),
        "/chapters/optimisers/",
        "axe-core takes no text from MathML; readers' software does",
    ),
]


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve a folder without a line per request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: what fails, the browser reports."""

    def translate_path(self, path: str) -> str:
        """Serve axe-core too: a browser keeps what it has compiled of a file."""
        return str(AXE) if path == f"/{AXE.name}" else super().translate_path(path)


class UnsearchedHandler(QuietHandler):
    """Serve a site whose search finds nothing: reading its index takes half a load."""

    def translate_path(self, path: str) -> str:
        """Serve for the index one without entries."""
        is_index = path.endswith("/search_index.json")
        return str(NO_ENTRIES) if is_index else super().translate_path(path)


@contextmanager
def serve(
    folder: Path, handler_class: type[QuietHandler] = QuietHandler
) -> Iterator[str]:
    """Serve `folder` on a free port of this machine; yield the address."""
    handler = partial(handler_class, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def watch(page: Page) -> list[str]:
    """Return a list that fills with what goes wrong on `page` from now on.

    That is: errors and warnings in the console, exceptions that no script catches,
    requests that fail, and requests to another host, each with the page's address.
    """
    problems = []

    def report(problem: str) -> None:
        problems.append(f"{urlsplit(page.url).path}: {problem}")

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            report(f"console {message.type}: {message.text}")

    def on_request(request: Request) -> None:
        if (
            urlsplit(request.url).scheme not in {"data", "blob"}
            and (urlsplit(request.url).hostname or "") not in OWN_HOSTS
        ):
            report(f"request to another host: {request.url}")

    def on_response(response: Response) -> None:
        if response.status >= 400:
            report(f"status {response.status}: {response.url}")

    def on_failure(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the reader went on before it came
            report(f"failed request: {request.url} {request.failure}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: report(f"uncaught: {error}"))
    page.on("request", on_request)
    page.on("requestfailed", on_failure)
    page.on("response", on_response)
    return problems


def open_only(page: Page, address: str, name: str) -> None:
    """Open a page of which only the elements of one name are there, without a menu.

    A laboratory stands so in a tenth of the time that its whole chapter takes.
    """

    def serve_less(route: Route) -> None:
        response = route.fetch()
        document = lxml.html.document_fromstring(response.text())
        article = document.find(".//article")
        article[:] = article.findall(f".//{name}")
        for other in document.xpath(ELSEWHERE):
            other.drop_tree()
        route.fulfill(response=response, body=lxml.html.tostring(document))

    path = re.escape(address.partition("?")[0])
    page.route(re.compile(rf"{path}(\?.*)?$"), serve_less)
    page.goto(address)


def violations(
    page: Page,
    within: str | None = None,
    excuses: list[Excuse] = EXCUSES,
    rules: list[str] = RULES,
    without: Iterable[str] = (),
) -> list[str]:
    """Return what axe-core finds on `page` now: rule, element, what to change.

    `within` is the selector of the only element to look at, `rules` are rules or tags,
    `without` names rules to leave out.
    """
    page.evaluate(SETTLE)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    options["rules"] = {rule: {"enabled": False} for rule in without}
    page.add_script_tag(url=f"/{AXE.name}")
    result = page.evaluate(RUN_AXE, [within, options])
    return [
        f"{urlsplit(page.url).path}: {rule['id']}: {node['target'][0]}: "
        f"{node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"]
        if not any(excuse.covers(rule["id"], node["html"]) for excuse in excuses)
    ]


def too_wide(page: Page) -> list[str]:
    """Return the innermost elements that make the document scroll sideways."""
    page.evaluate(SETTLE)
    return [
        f"{urlsplit(page.url).path}: wider than the window: {element}"
        for element in page.evaluate(FIND_TOO_WIDE)
    ]


def inspect(
    page: Page, address: str, with_menu: bool = True, in_colour: bool = True
) -> list[str]:
    """Open a page and look at it as narrow and as axe-core; return what is wrong.

    What a page shares with others, only some need to show: the site's menu, and
    `in_colour` whatever colours and a wide window can change. axe-core gets one token
    of each kind, one formula and empty drawings, whose parts are all alike to it: on a
    page full of code this makes it ten times as fast.
    """
    problems = watch(page)
    wide, narrow = ({"width": width, "height": HEIGHT} for width in WIDTHS)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(narrow)
    page.goto(address)
    page.evaluate(STILL)
    found = too_wide(page)
    if in_colour:
        page.set_viewport_size(wide)
        found += too_wide(page)
    page.evaluate(KEEP_ONE_OF_A_KIND)
    if not with_menu:
        page.locator(MENU).evaluate_all(REMOVE)
    found += violations(page, without=[] if in_colour else COLOUR_RULES)
    if in_colour:
        page.set_viewport_size(narrow)
        page.emulate_media(color_scheme="dark")
        if page.locator("body").get_attribute("data-md-color-scheme") is not None:
            expect(page.locator(DARK)).to_have_count(1)
        found += violations(page, rules=STYLE_RULES)
    return problems + found
