"""Share and discuss: what the end of each page offers, in a browser."""

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tests.sites import PAGES, build, html

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
BUTTON = "[data-share]"
STATUS = "[data-share-status]"
SHARING = "navigator.share = async (data) => { window.shared = data; };"
NO_SHARING = "navigator.share = undefined;"
CANCELLED = """navigator.share = async () => {
  throw new DOMException("The reader closed the dialogue", "AbortError");
};"""
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined });"


@pytest.fixture(scope="module")
def built_site(tmp_path_factory):
    return build(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def served_site(built_site):
    """Serve the built site; return its address."""
    handler = partial(Quiet, directory=str(built_site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    """Serve files without a line for each."""

    def log_message(self, *_arguments) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        assert program, "these tests need Chromium"
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


def share(page, address, script):
    page.add_init_script(script)
    page.goto(f"{address}errors/overfitting/?h=loss#measure-it")
    page.locator(BUTTON).click()


def test_share_opens_the_dialogue_of_the_system(page, served_site):
    share(page, served_site, SHARING)
    assert page.evaluate("window.shared") == {
        "title": page.title(),
        "url": f"{served_site}errors/overfitting/",
    }
    assert page.locator(STATUS).text_content() == ""


def test_share_copies_the_link_where_nothing_can_share(page, served_site):
    share(page, served_site, NO_SHARING)
    page.get_by_role("status").get_by_text("Link copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{served_site}errors/overfitting/"


def test_share_shows_the_link_where_nothing_can_copy(page, served_site):
    share(page, served_site, NO_SHARING + NO_CLIPBOARD)
    shown = f"Copy this link: {served_site}errors/overfitting/"
    page.get_by_role("status").get_by_text(shown).wait_for()


def test_share_says_nothing_when_the_reader_cancels(page, served_site):
    share(page, served_site, CANCELLED)
    page.wait_for_timeout(200)
    assert page.locator(STATUS).text_content() == ""


def test_button_is_hidden_without_javascript(chromium, served_site):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served_site}glossary/")
    assert page.locator(BUTTON).count() == 1
    assert not page.locator(BUTTON).is_visible()
    context.close()


def test_without_a_repository_there_is_nothing_to_discuss(built_site):
    assert not [page.key for page in PAGES if discussion(built_site, page)]


def test_discussion_begins_with_the_title_of_the_page(tmp_path):
    repository = "https://github.com/example/course"
    folder = build(tmp_path, REPO_URL=repository)
    for page in PAGES:
        link = discussion(folder, page)
        parts = urlsplit(link["href"])
        title = html(folder, page).find("h1").find(string=True, recursive=False)
        assert link["href"].startswith(f"{repository}/discussions/new?")
        assert link["rel"] == ["noopener"]
        assert parse_qs(parts.query)["category"] == ["general"]
        assert parse_qs(parts.query)["title"] == [expected_title(page, title)]


def discussion(folder, page):
    return html(folder, page).find("a", string="Discuss this page")


def expected_title(page, title):
    """Return the page's title; the home page is called Home in the navigation."""
    return "Home" if page.key == "index" else title
