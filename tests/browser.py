"""A real browser for the tests: find it, serve a folder to it, see what it says."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request, Response

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = (
    "no Chromium found: run `.venv/bin/playwright install chromium`, "
    f"or install one of {', '.join(BROWSERS)}"
)
FLAGS = [
    "--no-sandbox",  # a container's user may not make one
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
OWN_HOSTS = {"127.0.0.1", ""}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIND_TOO_WIDE = """() => {
  const root = document.documentElement
  if (root.scrollWidth <= root.clientWidth) return []
  const wide = [...document.body.querySelectorAll("*")].filter(
    element => element.getBoundingClientRect().right > root.clientWidth)
  return ["document"].concat(wide
    .filter(element => !wide.some(other => other !== element && element.contains(other)))
    .map(element => element.outerHTML.slice(0, 120)))
}"""


def find_browser(downloaded: str) -> str | None:
    """Return the path of Playwright's own Chromium, or of the system's, or None."""
    if Path(downloaded).is_file():
        return downloaded
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve a folder without a line per request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: what fails, the browser reports."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve `folder` on a free port of this machine; yield the address."""
    handler = partial(QuietHandler, directory=folder)
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

    page.on("console", on_console)
    page.on("pageerror", lambda error: report(f"uncaught: {error}"))
    page.on("request", on_request)
    page.on("requestfailed", lambda r: report(f"failed request: {r.url} {r.failure}"))
    page.on("response", on_response)
    return problems


def violations(page: Page) -> list[str]:
    """Return what axe-core finds on `page` now: rule, element, what to change."""
    result = Axe().run(page, options={"runOnly": RULES}).response
    return [
        f"{urlsplit(page.url).path}: {rule['id']}: {node['target']}: "
        f"{node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    """Return the innermost elements that make the document scroll sideways."""
    return [
        f"{urlsplit(page.url).path}: wider than the window: {element}"
        for element in page.evaluate(FIND_TOO_WIDE)
    ]
